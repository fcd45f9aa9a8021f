/**
 * The whole screen of a given size. Draws a ChatState and the line being typed; has no state of its own.
 */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import type { ChatState } from '../chat-state.ts'
import type { LineEditor } from '../line-editor.ts'
import type { PaneLine } from '../message-lines.ts'
import { ConversationList } from './conversation-list.ts'
import { h } from './h.ts'
import { Header } from './header.ts'
import { InputLine } from './input-line.ts'
import { MessagePane } from './message-pane.ts'
import { NoticeLine } from './notice-line.ts'
import { OverlayPane } from './overlay.ts'

export interface Layout { readonly listWidth: number, readonly paneWidth: number, readonly bodyHeight: number }

/** header, line, body, line, notice, input */
const chromeRows = 5
/** Narrower than this, the list gives its place to the messages. */
const listFromColumns = 60

export function layoutOf (columns: number, rows: number): Layout {
  const listWidth = columns < listFromColumns ? 0 : Math.min(28, Math.floor(columns / 4))
  return { listWidth, paneWidth: Math.max(24, columns - (listWidth === 0 ? 0 : listWidth + 2)), bodyHeight: Math.max(3, rows - chromeRows) }
}

export interface ChatScreenProps { readonly state: ChatState, readonly editor: LineEditor, readonly lines: readonly PaneLine[], readonly columns: number, readonly rows: number }

export function ChatScreen ({ state, editor, lines, columns, rows }: ChatScreenProps): ReactElement {
  const { listWidth, paneWidth, bodyHeight } = layoutOf(columns, rows)
  const hint = state.selected === undefined ? 'Add a person with /add, or give others your link: /invite' : 'No messages yet. Say hello.'
  const rule = (join: string): ReactElement => h(Text, { dimColor: true, wrap: 'truncate' }, listWidth === 0 ? '─'.repeat(columns) : '─'.repeat(listWidth) + join + '─'.repeat(columns - listWidth - 1))
  return h(Box, { flexDirection: 'column', width: columns, height: bodyHeight + chromeRows },
    h(Header, { state, width: columns }),
    rule('┬'),
    h(Box, { height: bodyHeight, width: columns },
      listWidth === 0 ? null : h(ConversationList, { state, width: listWidth, height: bodyHeight }),
      listWidth === 0 ? null : h(Text, { dimColor: true }, Array.from({ length: bodyHeight }, () => '│ ').join('\n')),
      state.overlay === undefined
        ? h(MessagePane, { state, lines, width: paneWidth, height: bodyHeight, hint })
        : h(OverlayPane, { overlay: state.overlay, width: paneWidth, height: bodyHeight })),
    rule('┴'),
    h(NoticeLine, { state, width: columns }),
    h(InputLine, { editor, width: columns, hint: state.question !== undefined ? 'y or n' : state.selected === undefined ? 'type /help' : 'type a message' }))
}
