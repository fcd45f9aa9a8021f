/** One line above the input: what just happened, what keys do, or who you are talking to and whether they are there. */
import { Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import { presenceText } from '../../describe-presence.ts'
import { durationText } from '../../durations.ts'
import { selectedConversation, type ChatState, type Conversation } from '../chat-state.ts'
import { markedHelp } from '../keys.ts'
import { cut, fit } from '../text-layout.ts'
import { h } from './h.ts'

export function NoticeLine ({ state, width }: { state: ChatState, width: number }): ReactElement {
  const line = (text: string, look: { color?: string, dimColor?: boolean }): ReactElement => h(Text, { wrap: 'truncate', ...look }, fit(cut(` ${text.replaceAll('\n', ' ')}`, width), width))
  if (state.question !== undefined) return line(state.question, { color: 'yellow' })
  if (state.notice !== undefined) return line(state.notice.text, { color: state.notice.level === 'warning' ? 'yellow' : 'green' })
  if (state.marked !== undefined) return line(markedHelp, { color: 'cyan' })
  const current = selectedConversation(state)
  if (current === undefined) return line('/help lists what you can do', { dimColor: true })
  if (state.replyTo?.chat === current.chat) return line(`Answering ┃ ${state.replyTo.line}  (Esc: not any more)`, { color: 'cyan' })
  const typing = typingText(state, current)
  if (typing !== undefined) return line(typing, { color: 'green' })
  if (current.isRequest === true) return line(`${printableName(current.name)} is not a contact. /accept, /decline or /block; they do not learn that this has come.`, { color: 'yellow' })
  return line([...aboutOf(state, current), ...(state.scroll === 0 ? [] : [`↑ ${state.scroll} lines`]), '/help'].join(' · '), { dimColor: true })
}

function aboutOf (state: ChatState, current: Conversation): string[] {
  const presence = state.presence.get(current.chat)
  const there = presence === undefined ? '' : presenceText(presence, state.nowMs)
  return [
    printableName(current.name),
    ...(current.handle === undefined || current.handle === current.name ? [] : [printableName(current.handle)]),
    ...(current.kind === 'group' ? [`${current.memberCount ?? 0} members`, ...onlineIn(state)] : there === '' ? [] : [there]),
    ...(current.isBlocked === true ? ['blocked (/unblock)'] : []),
    ...((current.timerS ?? 0) > 0 ? [`disappears after ${durationText(current.timerS!)}`] : []),
    ...((current.pins ?? []).length > 0 ? [`${current.pins!.length} pinned (/pins)`] : []),
    ...(current.isMuted === true ? ['muted'] : []),
    ...(current.kind === 'group' || current.kind === 'self' ? [] : [current.isVerified ? 'verified' : 'not verified (/verify)'])
  ]
}

/** Of the members that are watched: everybody who is watched without a conversation of their own is in the open group. */
function onlineIn (state: ChatState): string[] {
  const pairs = new Set(state.conversations.map(({ chat }) => chat))
  const online = [...state.presence.values()].filter((one) => one.state === 'online' && !pairs.has(one.account)).length
  return online === 0 ? [] : [`${online} more online`]
}

function typingText (state: ChatState, current: Conversation): string | undefined {
  const typing = state.typing.get(current.chat) ?? []
  if (typing.length === 0) return undefined
  const names = typing.slice(0, 3).map(({ account }) => printableName(state.nameOf(account))).join(', ')
  if (typing.length > 3) return `${names} and others are typing …`
  return `${names} ${typing.length === 1 ? 'is' : 'are'} ${typing.every((one) => one.state === 'recording') ? 'recording' : 'typing'} …`
}
