/**
 * The living screen: state of the controller and of the line editor, keys, pastes, resizes.
 */
import { useApp, useInput, usePaste, useWindowSize } from 'ink'
import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactElement } from 'react'
import type { ChatController } from './chat-controller.ts'
import { messagesShown } from './chat-state.ts'
import { ChatScreen, layoutOf } from './components/chat-screen.ts'
import { h } from './components/h.ts'
import { linesOfState } from './components/message-pane.ts'
import { actionOf, markedActionOf, pasted } from './keys.ts'
import * as edit from './line-editor.ts'
import { scrollTo } from './message-lines.ts'

export function ChatApp ({ controller }: { controller: ChatController }): ReactElement {
  const { exit } = useApp()
  const { columns, rows } = useWindowSize()
  const state = useSyncExternalStore((listener) => controller.shown.subscribe(listener), () => controller.state)
  const [editor, setEditor] = useState(() => edit.withText(edit.emptyEditor, controller.drafts.of(controller.state.selected)))
  // Several keys may come in one turn, before React has drawn the first: the newest line is kept beside the state.
  const latest = useRef(editor)
  const set = (next: edit.LineEditor): void => { latest.current = next; setEditor(next) }
  /** By the person's hand: others are told that somebody types, and it is kept. */
  const typed = (next: edit.LineEditor): void => {
    const before = edit.textOf(latest.current)
    set(next)
    if (edit.textOf(next) !== before) controller.typed(edit.textOf(next))
  }
  const { paneWidth, bodyHeight } = layoutOf(columns, rows)
  const messages = messagesShown(state)
  const { nameOf } = state
  const today = Math.floor(state.nowMs / 60_000)
  // Laid out again only when messages, names or the width change: not at every key.
  const lines = useMemo(() => linesOfState(state, paneWidth, controller.own), [messages, nameOf, paneWidth, today])
  const most = Math.max(0, lines.length - bodyHeight)

  // What stands on the screen stays there while messages come in below.
  const seen = useRef({ selected: state.selected, newest: messages.at(-1)?.id, lines: lines.length })
  useEffect(() => {
    const { selected, newest, lines: before } = seen.current
    const isSame = selected === state.selected
    seen.current = { selected: state.selected, newest: messages.at(-1)?.id, lines: lines.length }
    if (isSame && state.scroll > 0 && newest !== messages.at(-1)?.id && lines.length > before) controller.scroll(lines.length - before, most)
  }, [controller, state.selected, state.scroll, messages, lines, most])

  // Each conversation has its own begun line. Keys may come before the screen was drawn anew: they ask for it as well.
  const editing = useRef(state.selected)
  const changeLine = (): void => {
    const before = editing.current
    const { selected } = controller.state
    if (before === selected) return
    editing.current = selected
    const text = edit.textOf(latest.current)
    // What was typed before there was a conversation goes with the first that opens.
    if (before === undefined && text !== '') return
    if (before !== undefined) controller.drafts.keep(before, text)
    set(edit.withText(latest.current, controller.drafts.of(selected)))
  }
  useEffect(changeLine, [controller, state.selected])

  useEffect(() => {
    if (state.marked === undefined) return
    const by = scrollTo(lines, state.marked, { height: bodyHeight, scroll: state.scroll })
    if (by !== 0) controller.scroll(by, most)
  }, [controller, state.marked, lines])

  const leave = (): void => {
    const { selected, question } = controller.state
    if (selected !== undefined && question === undefined) controller.drafts.keep(selected, edit.textOf(latest.current))
    exit()
  }
  useEffect(() => { controller.onQuit(() => { exit() }) }, [controller, exit])

  useInput((input, key) => {
    // Some terminals hand over several keys at once: everything up to a line end is a line. What was typed before the
    // chat had the terminal ends in \n instead of \r. (Pasted line ends do not come here.)
    const parts = key.return ? [input] : input.split(/(?<=[\r\n\t])|(?=[\r\n\t])/)
    if (key.meta && state.overlay !== undefined) controller.closeOverlay()
    for (const part of parts) {
      changeLine()
      if (controller.state.marked !== undefined) {
        const action = markedActionOf(part, part === '\r' || part === '\n' ? { ...key, return: true } : key)
        if (action.kind === 'move') controller.mark(action.step)
        else if (action.kind === 'quit') leave()
        else if (action.kind === 'act') {
          const begun = controller.actOnMarked(action.act)
          if (begun !== undefined && begun !== '') set(edit.withText(latest.current, begun))
        }
        continue
      }
      if (part === '\t' || (key.tab && !key.shift)) {
        const before = latest.current.chars.slice(0, latest.current.cursor).join('')
        const completed = controller.complete(before)
        if (completed !== undefined) {
          const after = latest.current.chars.slice(latest.current.cursor).join('')
          const whole = edit.withText(latest.current, completed)
          typed({ ...edit.withText(whole, completed + after), cursor: whole.cursor })
          continue
        }
      }
      const action = actionOf(latest.current, part, part === '\r' || part === '\n' ? { ...key, return: true } : part === '\t' ? { ...key, tab: true } : key)
      switch (action.kind) {
        case 'edit': typed(action.editor); break
        case 'mark': controller.mark('older'); break
        case 'submit': {
          const { editor: next, text } = edit.submit(latest.current)
          set(next)
          void controller.enter(text)
          break
        }
        case 'neighbour': void controller.openNeighbour(action.step); break
        case 'scroll': controller.scroll(action.pages * Math.max(1, bodyHeight - 2), most); break
        case 'close':
          if (state.overlay !== undefined) controller.closeOverlay()
          else if (controller.state.replyTo !== undefined) controller.cancelReply()
          else typed(edit.clear(latest.current))
          break
        case 'quit': leave(); break
        case 'nothing': break
      }
    }
  })
  usePaste((text) => { typed(edit.insert(latest.current, pasted(text))) })

  return h(ChatScreen, { state, editor, lines, columns, rows })
}
