/** The people and groups, most recent first; the open one marked, unread counts at the right, requests of strangers below. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import { listed, type ChatState, type Conversation } from '../chat-state.ts'
import { ends } from '../text-layout.ts'
import { h } from './h.ts'

type Row = { readonly kind: 'conversation', readonly one: Conversation } | { readonly kind: 'heading', readonly text: string }

function rowsOf (state: ChatState): Row[] {
  const all = listed(state)
  const requests = all.filter((one) => one.isRequest === true)
  const hidden = state.conversations.length - all.length
  const rows = (some: readonly Conversation[]): Row[] => some.map((one) => ({ kind: 'conversation', one }))
  return [
    ...rows(all.filter((one) => one.isRequest !== true)),
    ...(requests.length === 0 ? [] : [{ kind: 'heading' as const, text: ' requests' }, ...rows(requests)]),
    ...(hidden === 0 ? [] : [{ kind: 'heading' as const, text: ` ${hidden} archived` }])
  ]
}

/** The part of the list that holds the selected one. */
function visible (rows: readonly Row[], selectedAt: number, height: number): readonly Row[] {
  const from = Math.max(0, Math.min(rows.length - height, selectedAt - Math.floor(height / 2)))
  return rows.slice(from, from + height)
}

export function ConversationList ({ state, width, height }: { state: ChatState, width: number, height: number }): ReactElement {
  const all = rowsOf(state)
  const at = Math.max(0, all.findIndex((row) => row.kind === 'conversation' && row.one.chat === state.selected))
  return h(Box, { width, height, flexDirection: 'column', flexShrink: 0 },
    ...(all.length === 0 ? [h(Text, { key: 'none', dimColor: true, wrap: 'truncate' }, ' nobody yet: /add')] : []),
    ...visible(all, at, height).map((row) => row.kind === 'heading'
      ? h(Text, { key: row.text, dimColor: true, wrap: 'truncate' }, row.text)
      : h(ConversationRow, { key: row.one.chat, state, one: row.one, width })))
}

function ConversationRow ({ state, one, width }: { state: ChatState, one: Conversation, width: number }): ReactElement {
  const isSelected = one.chat === state.selected
  const isTyping = (state.typing.get(one.chat)?.length ?? 0) > 0
  const count = isTyping ? ' … ' : one.unread === 0 ? '' : ` ${one.unread > 999 ? '999+' : one.unread} `
  const presence = state.presence.get(one.chat)?.state
  const mark = one.kind === 'group' ? '#' : presence === 'online' ? '●' : presence === 'away' ? '○' : ' '
  const isLoud = one.unread > 0 && one.isMuted !== true
  // The mark takes no room where nobody has one: a list of names is quieter.
  const hasMarks = state.conversations.some(({ kind, chat }) => kind === 'group' || ['online', 'away'].includes(state.presence.get(chat)?.state ?? ''))
  const line = ends(`${isSelected ? '▸' : ' '}${hasMarks ? mark : ''}${hasMarks && mark === '#' ? '' : ' '}${printableName(one.name)}${one.isVerified ? ' ✔' : ''}${one.isMuted === true ? ' (muted)' : ''}`, count, width - 1)
  return h(Text, { bold: isSelected || isLoud, wrap: 'truncate', ...(isSelected ? { color: 'cyan' } : isLoud ? { color: 'yellow' } : {}), ...(one.isMuted === true || one.isBlocked === true ? { dimColor: true } : {}) }, line)
}
