/**
 * What messages need of groups (client/groups/), as a port: the log, the outbox and the sealer know that there are groups,
 * not how they work.
 */
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import type { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft } from '../store/ledger.ts'
import type { Hole, OutboxRow } from '../store/tables.ts'
import type { Body } from './bodies.ts'
import type { ChainPoint } from './chain.ts'
import type { GroupMark } from './content.ts'
import type { Item, Sealed } from './queues.ts'

export interface GroupPlace { readonly epoch: number, readonly seq: number }

export interface GroupPort {
  /** Its log may begin anywhere: where this account comes in. */
  mayStart (chat: ChatId, draft?: Draft): boolean
  /**
   * Before an entry is taken.
   * @param envelope of this entry, when its bytes are known
   * @returns known: go on · entered: go on, this account has just come in · unknown: `fetchState` first · hopeless: take its place only · a number: the log begins there
   */
  begin (draft: Draft, entry: GroupEntry): Promise<'known' | 'entered' | 'unknown' | 'hopeless' | number>
  /** Number of the entry that brought this account in; undefined: it is not in the group, as far as is known. */
  sinceOf (draft: Draft, chat: ChatId): Promise<number | undefined>
  /** Was this account in the group at that place? true when it is not known. */
  isFor (draft: Draft, chat: ChatId, place: GroupPlace): Promise<boolean>
  takeControl (draft: Draft, entry: GroupEntry & { readonly envelope: Envelope }, isOwnDevice: boolean): Promise<void>
  /** Ask the relay. @throws ProtocolError */
  fetchState (conversation: GroupConversation): Promise<void>
  /** The relay shows no state. */
  giveUp (chat: ChatId): void
  /** @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED: an honest sequencer would not have let it through */
  checkSender (draft: Draft, chat: ChatId, place: GroupPlace, envelope: Envelope): Promise<void>
  /** @param sealedIn epoch of the log that its sender had when it was sealed; undefined: not known */
  checkMark (draft: Draft, chat: ChatId, place: GroupPlace, mark: GroupMark, sealedIn: number | undefined): Promise<void>
  /** Open a message under its sender's key. @throws ProtocolError NO_SENDER_KEY, …; the draft is unchanged */
  open (draft: Draft, chat: ChatId, device: DeviceId, message: Uint8Array): Promise<Uint8Array>
  /** Keep what cannot be opened yet; it is tried and asked for again. `isAddressed`: its key may be on its way. */
  keep (draft: Draft, place: GroupPlace & { readonly chat: ChatId }, row: { readonly id: MessageId, readonly sender: AccountId, readonly device: DeviceId, readonly kind: number, readonly isBroken: boolean, readonly isStrange: boolean, readonly isAddressed: boolean }, envelope: Uint8Array): Promise<void>
  /** This account is in it, and it is so small that nobody may write for long. */
  mayMiss (draft: Draft, chat: ChatId): Promise<boolean>
  /** This account was in the group, and nothing of this stretch was ever given to this device: no relay has it any more. */
  missed (draft: Draft, chat: ChatId, hole: Hole): Promise<void>
  /** What was kept there is here, or is not wanted any more. */
  settled (draft: Draft, place: GroupPlace & { readonly chat: ChatId }): void
  /** A device of the sender does not have these. */
  gone (draft: Draft, sender: AccountId, ids: readonly MessageId[], device: DeviceId): Promise<void>
  /** A message of somebody else is on this device. */
  received (draft: Draft, chat: ChatId, sender: AccountId, place: GroupPlace): Promise<void>
  /**
   * A message of this account has its place.
   * @param content of another own device: padded, kept for those who ask when that device does not answer (any more)
   */
  sent (draft: Draft, chat: ChatId, id: MessageId, place: GroupPlace, content?: Uint8Array): Promise<void>
  seal (draft: Draft, message: { readonly item: Item, readonly row: OutboxRow, readonly conversation: GroupConversation, readonly body: Body, readonly previous: ChainPoint | undefined }): Promise<Sealed | 'waits' | 'nobody'>
  sealControl (draft: Draft, item: Item, row: OutboxRow, conversation: GroupConversation): Promise<Sealed | 'waits' | 'nobody'>
  sealSignal (draft: Draft, chat: ChatId, message: { readonly id: MessageId, readonly conversation: GroupConversation, readonly body: Body, readonly previous: ChainPoint | undefined }): Promise<Uint8Array | undefined>
  /** Another change was first: this one is decided anew. */
  controlRefused (draft: Draft, item: Item, row: OutboxRow): Promise<void>
  controlFailed (draft: Draft, item: Item, error: ProtocolError): Promise<void>
  /** Highest epoch of its log that somebody has signed. */
  provenEpoch (draft: Draft, conversation: GroupConversation): Promise<number>
  /** Look for what proves a higher one. @throws ProtocolError */
  prove (conversation: GroupConversation): Promise<void>
  /** A message of this device is at the account's home, and has no number yet. */
  waitsForNumber (chat: ChatId, id: MessageId): void
  /** It has one, or none will come. */
  hasNumber (chat: ChatId, id: MessageId): void
  /** The first entry of a newer epoch was taken: older ones at its number or later are void. */
  epochBegan (chat: ChatId, place: GroupPlace): void
  /** Get sessions with everybody in it. */
  wantKeysOf (chat: ChatId): void
}

export interface GroupEntry { readonly chat: ChatId, readonly conversation: GroupConversation, readonly place: GroupPlace, readonly envelope?: Envelope }
