/** The people, most recent first; the open one marked, unread counts at the right. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import type { ChatState, Conversation } from '../chat-state.ts'
import { ends } from '../text-layout.ts'
import { h } from './h.ts'

/** The part of the list that holds the selected one. */
function visible (conversations: readonly Conversation[], selectedAt: number, height: number): readonly Conversation[] {
  const from = Math.max(0, Math.min(conversations.length - height, selectedAt - Math.floor(height / 2)))
  return conversations.slice(from, from + height)
}

export function ConversationList ({ state, width, height }: { state: ChatState, width: number, height: number }): ReactElement {
  const { conversations, selected } = state
  const at = Math.max(0, conversations.findIndex((one) => one.chat === selected))
  const rows = visible(conversations, at, height)
  return h(Box, { width, height, flexDirection: 'column', flexShrink: 0 },
    ...(rows.length === 0 ? [h(Text, { key: 'none', dimColor: true, wrap: 'truncate' }, ' nobody yet: /add')] : []),
    ...rows.map((one) => {
      const isSelected = one.chat === selected
      const count = one.unread === 0 ? '' : ` ${one.unread > 999 ? '999+' : one.unread} `
      const line = ends(`${isSelected ? '▸' : ' '} ${printableName(one.name)}${one.isVerified ? ' ✔' : ''}`, count, width - 1)
      return h(Text, { key: one.chat, bold: isSelected || one.unread > 0, wrap: 'truncate', ...(isSelected ? { color: 'cyan' } : one.unread > 0 ? { color: 'yellow' } : {}) }, line)
    }))
}
