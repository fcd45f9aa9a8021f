/**
 * Something that a person does with a message that is there, or with the timer of a chat.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Body } from '../messages/bodies.ts'

export const targetKinds = ['reaction', 'edit', 'deletion', 'vote', 'pin', 'viewedOnce'] as const
export type TargetBody = Extract<Body, { kind: (typeof targetKinds)[number] }>
export type TimerBody = Extract<Body, { kind: 'timer' }>

/** Who did it, when by their own clock, and what they were then. */
export interface Act<B extends Body = TargetBody> {
  readonly chat: ChatId
  readonly sender: AccountId
  readonly isOwn: boolean
  readonly sentAtMs: number
  /** Of the group, where the act stands in its log. */
  readonly isAdmin: boolean
  readonly body: B
}

export const targetOf = (body: TargetBody): MessageId => body.kind === 'vote' ? body.poll : body.messageId
export const isTargetBody = (body: Body): body is TargetBody => targetKinds.some((kind) => kind === body.kind)
