/** The first line: who you are, and how the connection is. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import type { ChatState } from '../chat-state.ts'
import { connectionText } from '../connection-text.ts'
import { cellWidth, cut } from '../text-layout.ts'
import { h } from './h.ts'

const colours = { good: 'green', busy: 'yellow', bad: 'red' } as const

export function Header ({ state, width }: { state: ChatState, width: number }): ReactElement {
  const { text, level } = connectionText(state)
  // The connection is what a person looks for; the name gives way.
  const right = cut(text, width - 2)
  const left = cut(` ☀ Heliograph  ${printableName(state.me.name)}`, Math.max(0, width - cellWidth(right) - 2))
  return h(Box, { width, height: 1, justifyContent: 'space-between' },
    h(Text, { bold: true, color: 'cyan', wrap: 'truncate' }, left),
    h(Text, { color: colours[level], wrap: 'truncate' }, `${right} `))
}
