/** The open conversation: what message-lines.ts laid out, with colours. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import type { AccountId } from '../../context.ts'
import { isGroupChat } from '../../../client/chat-id.ts'
import { messagesShown, type ChatState } from '../chat-state.ts'
import { messageLines, windowOf, type PaneLine } from '../message-lines.ts'
import { h } from './h.ts'

const tickColours = { pending: 'yellow', sent: 'gray', delivered: 'gray', read: 'cyan', failed: 'red' } as const
/** Of the names in a group, so that one sees who speaks. Own words are cyan. */
const nameColours = ['magenta', 'green', 'yellow', 'blue', 'magentaBright', 'greenBright', 'blueBright'] as const

export function linesOfState (state: ChatState, width: number, own: AccountId | undefined): PaneLine[] {
  return messageLines(messagesShown(state), { nameOf: state.nameOf, width, nowMs: state.nowMs, ...(own === undefined ? {} : { own }) })
}

export interface MessagePaneProps { readonly state: ChatState, readonly lines: readonly PaneLine[], readonly width: number, readonly height: number, readonly hint: string }

export function MessagePane ({ state, lines, width, height, hint }: MessagePaneProps): ReactElement {
  const shown = windowOf(lines, height, state.scroll)
  const isGroup = state.selected !== undefined && isGroupChat(state.selected)
  return h(Box, { width, height, flexDirection: 'column', flexGrow: 0, flexShrink: 0 },
    ...shown.map((line, index) => {
      const isHint = lines.length === 0 && index === shown.length - 1
      return h(Line, { key: index, line: isHint ? { kind: 'empty', text: hint } : line, isMarked: line.kind === 'text' && line.id === state.marked, isGroup })
    }))
}

const colourOf = (account: AccountId): string => nameColours[[...account].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 9973, 7) % nameColours.length]!

function Line ({ line, isMarked, isGroup }: { line: PaneLine, isMarked: boolean, isGroup: boolean }): ReactElement {
  if (line.kind === 'empty') return h(Text, { dimColor: true, wrap: 'truncate' }, line.text === '' ? ' ' : line.text)
  if (line.kind === 'day') return h(Text, { dimColor: true, wrap: 'truncate' }, line.text)
  const textLook = line.isProblem ? { color: 'red' } : line.look === 'quiet' ? { dimColor: true } : line.look === 'mention' ? { color: 'yellow', bold: true } : line.state === 'pending' && line.isOwn ? { dimColor: true } : {}
  return h(Text, { wrap: 'truncate', ...(isMarked ? { inverse: true } : {}) },
    h(Text, { dimColor: true }, line.time), ' ',
    h(Text, { color: line.isOwn ? 'cyan' : isGroup ? colourOf(line.sender) : 'magenta' }, line.author), ' ',
    h(Text, textLook, line.text), ' ',
    h(Text, { color: tickColours[line.state], bold: line.state === 'read' }, line.tick))
}
