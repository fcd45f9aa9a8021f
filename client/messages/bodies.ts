/**
 * What a message can say, and who takes which of it. The wire form of each is content.ts; fields and limits as in
 * protocol/wire/content.proto.
 */
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Place } from '../../protocol/groups/membership.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft } from '../store/ledger.ts'

export interface Quote { readonly messageId: MessageId, readonly author: AccountId, readonly excerpt: string }
/** UTF-16 units of the text. */
export interface Mention { readonly account: AccountId, readonly start: number, readonly length: number }
export interface Location { readonly latitude: number, readonly longitude: number, readonly accuracyM: number, readonly label: string }
export interface ContactCard { readonly name: string, readonly account: AccountId, readonly handle: string }
export interface Poll { readonly question: string, readonly options: readonly string[], readonly allowsSeveral: boolean }

/** Stands in the conversation as a message of its own. Absent fields: not so. */
export interface TextBody {
  readonly kind: 'text'
  /** Empty when a location, contact or poll stands in its place. */
  readonly text: string
  /** Sent again: the id that it had first, then those of earlier tries. */
  readonly standsFor?: readonly MessageId[]
  /** Sent again: where it stands in the log as its sender has it. */
  readonly standsAt?: { readonly epoch: number, readonly seq: number }
  readonly replyTo?: Quote
  readonly mentions?: readonly Mention[]
  readonly forwarded?: number
  readonly expiresAfterS?: number
  readonly viewOnce?: boolean
  readonly location?: Location
  readonly contact?: ContactCard
  readonly poll?: Poll
}

/** What a text has beside its words; the same fields stand in the history. */
export type TextExtras = Omit<TextBody, 'kind' | 'text' | 'standsFor' | 'standsAt'>

/** Only the fields that are there: nothing else of a message gets into a body, or of a body into the history. */
export function extrasOf ({ replyTo, mentions, forwarded, expiresAfterS, viewOnce, location, contact, poll }: TextExtras): TextExtras {
  return {
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(forwarded === undefined ? {} : { forwarded }),
    ...(expiresAfterS === undefined ? {} : { expiresAfterS }),
    ...(viewOnce === undefined ? {} : { viewOnce }),
    ...(location === undefined ? {} : { location }),
    ...(contact === undefined ? {} : { contact }),
    ...(poll === undefined ? {} : { poll })
  }
}

export interface SyncFact { readonly key: string, readonly value: string, readonly madeAtMs: number }

/** Of a log: what stands after one place, up to another. */
export interface Stretch { readonly after: Place, readonly through: Place }

export type Body =
  | TextBody
  | { readonly kind: 'receipt', readonly stage: number, readonly ids: readonly MessageId[], readonly through?: Place }
  | { readonly kind: 'reaction', readonly messageId: MessageId, readonly emoji: string }
  | { readonly kind: 'edit', readonly messageId: MessageId, readonly text: string, readonly mentions: readonly Mention[] }
  | { readonly kind: 'deletion', readonly messageId: MessageId }
  | { readonly kind: 'vote', readonly poll: MessageId, readonly options: readonly number[] }
  | { readonly kind: 'timer', readonly expiresAfterS: number }
  | { readonly kind: 'pin', readonly messageId: MessageId, readonly isPinned: boolean }
  | { readonly kind: 'viewedOnce', readonly messageId: MessageId }
  | { readonly kind: 'groupKeys', readonly group: GroupConversation, readonly distribution?: Uint8Array, readonly receiptKey?: Uint8Array, readonly profileKeyId?: Uint8Array, readonly profileKey?: Uint8Array, readonly forDevice: DeviceId, readonly name?: string }
  | { readonly kind: 'resend', readonly group: GroupConversation, readonly ids: readonly MessageId[], readonly stretch?: Stretch }
  | { readonly kind: 'copy', readonly group: GroupConversation, readonly messageId: MessageId, readonly content: Uint8Array, readonly stoodAt?: Stretch['after'] }
  | { readonly kind: 'welcome', readonly snapshot: Uint8Array, readonly profileKeyId: Uint8Array, readonly profileKey: Uint8Array, readonly shared: readonly Uint8Array[] }
  | { readonly kind: 'profile', readonly name: string, readonly about: string, readonly picture: Uint8Array, readonly version: number }
  | { readonly kind: 'sync', readonly facts: readonly SyncFact[] }
  /** 0 stopped, 1 typing, 2 recording */
  | { readonly kind: 'typing', readonly state: number }
  /** of a newer version */
  | { readonly kind: 'unknown' }

export type BodyKind = Body['kind']

/** A message that was opened, checked and belongs to its place in the log. */
export interface OpenedMessage {
  readonly chat: ChatId
  readonly id: MessageId
  readonly sender: AccountId
  readonly senderDevice: DeviceId
  /** Sent by another device of this account. */
  readonly isOwn: boolean
  readonly place: { readonly epoch: number, readonly seq: number }
  readonly sentAtMs: number
  readonly receivedAtMs: number
  readonly body: Body
}

/**
 * Does with bodies of its kinds what they say. Runs once for each message, in log order, in the batch that moves the log on: so it
 * writes to the draft only, and what it throws stops the log (store failures). What a peer got wrong it ignores or reports.
 */
export interface BodyTaker {
  readonly kinds: readonly BodyKind[]
  take (draft: Draft, opened: OpenedMessage): Promise<void>
}
