/** One line above the input: what just happened, or who you are talking to. */
import { Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import { selectedConversation, type ChatState } from '../chat-state.ts'
import { cut, fit } from '../text-layout.ts'
import { h } from './h.ts'

export function NoticeLine ({ state, width }: { state: ChatState, width: number }): ReactElement {
  if (state.notice !== undefined) {
    return h(Text, { wrap: 'truncate', color: state.notice.level === 'warning' ? 'yellow' : 'green' }, fit(` ${state.notice.text.replaceAll('\n', ' ')}`, width))
  }
  const current = selectedConversation(state)
  if (current === undefined) return h(Text, { dimColor: true, wrap: 'truncate' }, fit(' /help lists what you can do', width))
  const scrolled = state.scroll === 0 ? '' : ` · ↑ ${state.scroll} lines`
  const handle = current.handle === undefined || current.handle === current.name ? '' : ` · ${printableName(current.handle)}`
  const verified = current.isVerified ? 'verified' : 'not verified (/verify)'
  return h(Text, { dimColor: true, wrap: 'truncate' }, fit(cut(` ${printableName(current.name)}${handle} · ${verified}${scrolled} · /help`, width), width))
}
