/** The open conversation: what message-lines.ts laid out, with colours. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { messagesShown, selectedConversation, type ChatState } from '../chat-state.ts'
import { messageLines, windowOf, type PaneLine } from '../message-lines.ts'
import { h } from './h.ts'

const tickColours = { pending: 'yellow', sent: 'gray', delivered: 'gray', read: 'cyan', failed: 'red' } as const

export function linesOfState (state: ChatState, width: number): PaneLine[] {
  return messageLines(messagesShown(state), { peerName: selectedConversation(state)?.name ?? '', width, nowMs: state.nowMs })
}

export function MessagePane ({ lines, width, height, scroll, hint }: { lines: readonly PaneLine[], width: number, height: number, scroll: number, hint: string }): ReactElement {
  const shown = windowOf(lines, height, scroll)
  return h(Box, { width, height, flexDirection: 'column', flexGrow: 0, flexShrink: 0 },
    ...shown.map((line, index) => {
      const isHint = lines.length === 0 && index === shown.length - 1
      return h(Line, { key: index, line: isHint ? { kind: 'empty', text: hint } : line })
    }))
}

function Line ({ line }: { line: PaneLine }): ReactElement {
  if (line.kind === 'empty') return h(Text, { dimColor: true, wrap: 'truncate' }, line.text === '' ? ' ' : line.text)
  if (line.kind === 'day') return h(Text, { dimColor: true, wrap: 'truncate' }, line.text)
  return h(Text, { wrap: 'truncate' },
    h(Text, { dimColor: true }, line.time), ' ',
    h(Text, { color: line.isOwn ? 'cyan' : 'magenta' }, line.author), ' ',
    h(Text, line.isProblem ? { color: 'red' } : line.state === 'pending' && line.isOwn ? { dimColor: true } : {}, line.text), ' ',
    h(Text, { color: tickColours[line.state], bold: line.state === 'read' }, line.tick))
}
