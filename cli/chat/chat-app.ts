/**
 * The living screen: state of the controller and of the line editor, keys, pastes, resizes.
 */
import { useApp, useInput, usePaste, useWindowSize } from 'ink'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from 'react'
import type { ChatController } from './chat-controller.ts'
import { messagesShown, selectedConversation } from './chat-state.ts'
import { ChatScreen, layoutOf } from './components/chat-screen.ts'
import { h } from './components/h.ts'
import { linesOfState } from './components/message-pane.ts'
import { actionOf, pasted } from './keys.ts'
import * as edit from './line-editor.ts'

export function ChatApp ({ controller }: { controller: ChatController }): ReactElement {
  const { exit } = useApp()
  const { columns, rows } = useWindowSize()
  const state = useSyncExternalStore((listener) => controller.subscribe(listener), () => controller.state)
  const [editor, setEditor] = useState(edit.emptyEditor)
  // Several keys may come in one turn, before React has drawn the first: the newest line is kept beside the state.
  const latest = useRef(editor)
  const set = (next: edit.LineEditor): void => { latest.current = next; setEditor(next) }
  const { paneWidth, bodyHeight } = layoutOf(columns, rows)
  const messages = messagesShown(state)
  const peerName = selectedConversation(state)?.name
  const today = Math.floor(state.nowMs / 60_000)
  // Laid out again only when messages, names or the width change: not at every key.
  const lines = useMemo(() => linesOfState(state, paneWidth), [messages, peerName, paneWidth, today])
  const most = Math.max(0, lines.length - bodyHeight)

  // What stands on the screen stays there while messages come in below.
  const seen = useRef({ selected: state.selected, newest: messages.at(-1)?.id, lines: lines.length })
  useEffect(() => {
    const { selected, newest, lines: before } = seen.current
    const isSame = selected === state.selected
    seen.current = { selected: state.selected, newest: messages.at(-1)?.id, lines: lines.length }
    if (isSame && state.scroll > 0 && newest !== messages.at(-1)?.id && lines.length > before) controller.scroll(lines.length - before, most)
  }, [controller, state.selected, state.scroll, messages, lines, most])

  useEffect(() => { controller.onQuit(() => { exit() }) }, [controller, exit])

  useInput((input, key) => {
    // Some terminals hand over several keys at once: everything up to a line end is a line. What was typed before the
    // chat had the terminal ends in \n instead of \r. (Pasted line ends do not come here.)
    const parts = key.return ? [input] : input.split(/(?<=[\r\n])|(?=[\r\n])/)
    if (key.meta && state.overlay !== undefined) controller.closeOverlay()
    for (const part of parts) {
      const action = actionOf(latest.current, part, part === '\r' || part === '\n' ? { ...key, return: true } : key)
      switch (action.kind) {
        case 'edit': set(action.editor); break
        case 'submit': {
          const { editor: next, text } = edit.submit(latest.current)
          set(next)
          void controller.enter(text)
          break
        }
        case 'neighbour': void controller.openNeighbour(action.step); break
        case 'scroll': controller.scroll(action.pages * Math.max(1, bodyHeight - 2), most); break
        case 'close':
          if (state.overlay === undefined) set(edit.clear(latest.current))
          else controller.closeOverlay()
          break
        case 'quit': exit(); break
        case 'nothing': break
      }
    }
  })
  usePaste((text) => { set(edit.insert(latest.current, pasted(text))) })

  return h(ChatScreen, { state, editor, lines, columns, rows })
}
