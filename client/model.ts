/**
 * What the client engine shows to whoever uses it: the terminal, a browser app, a bot.
 */
import type { ConversationId } from '../protocol/conversation.ts'
import type { ProtocolError } from '../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../protocol/ids.ts'
import type { ChatId } from './chat-id.ts'
import type { TextExtras } from './messages/bodies.ts'

/** pending: only here · sent: safe at a relay · delivered: on a device of the other person · read: seen · failed: refused for good. */
export type MessageState = 'pending' | 'sent' | 'delivered' | 'read' | 'failed'

/** One for each person; taken back ones are gone. */
export interface Reaction { readonly account: AccountId, readonly emoji: string, readonly atMs: number }
/** One for each person: numbers of the poll's options, from 0. */
export interface PollVote { readonly account: AccountId, readonly options: readonly number[], readonly atMs: number }

/** With what it has beside its words (quote, mentions, location, contact, poll …). */
export interface Message extends TextExtras {
  readonly id: MessageId
  readonly conversation: ConversationId
  /** Where it stands: for two people the other person's AccountId, for a group its id. */
  readonly chat: ChatId
  /** Who wrote it. */
  readonly sender: AccountId
  readonly direction: 'in' | 'out'
  readonly text: string
  /** By the sender's clock: for display, never for order. */
  readonly sentAtMs: number
  /** Incoming only. */
  readonly receivedAtMs?: number
  readonly state: MessageState
  /** Place in the conversation log, once it is known. */
  readonly seq?: number
  /** failed, incoming: its sender does not have it any more, so nothing takes its place. */
  readonly isLost?: boolean
  /** failed: why, as a sentence. Incoming: what stands in place of a text that cannot be shown. */
  readonly error?: string
  readonly reactions?: readonly Reaction[]
  /** Of a poll. */
  readonly votes?: readonly PollVote[]
  /** By the sender's clock; absent: as it was sent. */
  readonly editedAtMs?: number
  /** For everyone: nothing of it is left. */
  readonly isDeleted?: boolean
  readonly deletedBy?: AccountId
  readonly isStarred?: boolean
  /** View once, incoming: it was looked at, nothing of it is left. */
  readonly isOpened?: boolean
  /** View once, outgoing: who has looked at it. */
  readonly openedBy?: readonly AccountId[]
  /** It disappears here then; absent: stays, or its time has not begun. */
  readonly expiresAtMs?: number
}

/** What the person has set for a chat, and what the people in it have. */
export interface ChatInfo {
  readonly chat: ChatId
  readonly isMuted: boolean
  /** Muted until then; absent: not muted, or for ever. */
  readonly mutedUntilMs?: number
  readonly isArchived: boolean
  /** Disappearing messages: seconds from reading; 0: off. */
  readonly timerS: number
  /** Newest first. */
  readonly pins: readonly MessageId[]
  readonly isBlocked: boolean
  /** pending: from a stranger, not answered yet · declined: what comes is not shown. */
  readonly request?: 'pending' | 'declined'
  readonly draft?: ChatDraft
}

export interface ChatDraft { readonly text: string, readonly replyTo?: MessageId }

export interface Profile {
  readonly account: AccountId
  readonly name: string
  readonly about: string
  /** JPEG or PNG; empty: none. */
  readonly picture: Uint8Array
  readonly version: number
}

export interface BroadcastList { readonly id: string, readonly name: string, readonly accounts: readonly AccountId[] }

export interface ChatChange {
  readonly chat: ChatId
  readonly what: 'mute' | 'archive' | 'timer' | 'pins' | 'block' | 'request' | 'draft' | 'profile'
  readonly info: ChatInfo
}

/** online: at a device now · away: at none for five minutes · offline: not connected · unknown: nothing that this device may know. */
export interface PersonPresence {
  readonly account: AccountId
  readonly state: 'online' | 'away' | 'offline' | 'unknown'
  /** away, offline: when the person was last there, by their relay's clock; absent: may not be known. */
  readonly lastSeenMs?: number
}

export type TypingState = 'typing' | 'recording' | 'stopped'
export interface TypingChange { readonly chat: ChatId, readonly account: AccountId, readonly state: TypingState }

/** Not here any more: deleted for oneself, or its time was over. */
export interface GoneMessages { readonly chat: ChatId, readonly ids: readonly MessageId[] }

export interface HomeInfo {
  readonly relay: RelayId
  readonly name: string
  readonly region: string
}

/** Where the account lives, and what happens when that relay dies. */
export interface HomeStatus extends HomeInfo {
  /** Number of the account's home record: rises with every change. */
  readonly epoch: number
  readonly isOnline: boolean
  /** Stands in when the home dies. */
  readonly standby?: HomeInfo
  /** It has everything that the home has; absent: not known, since the home does not answer. */
  readonly isStandbyInSync?: boolean
  /** auto: chosen by itself · none · chosen: by the person */
  readonly wish: 'auto' | 'none' | 'chosen'
  /** This device can move the account to the standby by itself. */
  readonly mayMove: boolean
  /** This device can choose a standby and move the account anywhere. */
  readonly isPrimary: boolean
  /** Since when the home does not answer; absent: it does. */
  readonly downSinceMs?: number
  /** Meanwhile what is written here goes over this relay. */
  readonly guestOf?: HomeInfo
}

/** dead: the old home does not answer · forgotten: it has lost what it kept · asked: by the person · followed: another device has moved the account */
export interface HomeChange {
  readonly reason: 'dead' | 'forgotten' | 'asked' | 'followed'
  readonly from: HomeInfo
  readonly to: HomeInfo
  /** At the new home, or the old one where it still leads to this account. */
  readonly handle: string
}

export interface AccountInfo {
  readonly id: AccountId
  readonly device: DeviceId
  /** `alice@eu-1.example.org`; empty when none was asked for. */
  readonly handle: string
  readonly home: HomeInfo
}

export interface Person {
  readonly account: AccountId
  /** Only when the person was found by it. */
  readonly handle?: string
  /** The relay that keeps the person's logs. */
  readonly relay?: RelayId
  readonly region?: string
}

/** A device of this account. */
export interface OwnDevice {
  readonly id: DeviceId
  /** What the person calls it; empty when nothing was said. */
  readonly name: string
  readonly isThis: boolean
  /** Made the account and holds its key: it alone links and unlinks. */
  readonly isPrimary: boolean
  readonly linkedAtMs?: number
}

export interface Contact {
  readonly account: AccountId
  /** What this person is called here: given by the user, else the handle, else the start of the id. */
  readonly name: string
  readonly handle?: string
  readonly isVerified: boolean
  readonly addedAtMs: number
}

export interface ConversationSummary {
  readonly id: ConversationId
  readonly chat: ChatId
  readonly kind: 'pair' | 'group' | 'self'
  /** Of a pair: the other person. */
  readonly account?: AccountId
  readonly name: string
  readonly handle?: string
  readonly isVerified: boolean
  readonly lastMessage?: Message
  /** Incoming messages that were not marked as read. */
  readonly unread: number
  readonly info: ChatInfo
}

export interface ConnectionStatus {
  readonly state: 'offline' | 'connecting' | 'online' | 'waiting'
  /** Name of the relay, or its id while the name is not known. */
  readonly relay?: string
  readonly rttMs?: number
  /** Name of the relay that takes what is written here until the home is back. */
  readonly guestOf?: string
  /** waiting: time until the next try, counted from the event. */
  readonly retryInMs?: number
  /** Why the last try ended. */
  readonly error?: ProtocolError
}

/**
 * fork: a relay dropped, reordered or rolled back messages of a conversation · devices: the two sides know different
 * device lists · identity: a device answered with a key that is not in the signed list · undecryptable: a message
 * came that cannot be opened · refused: something arrived that broke a rule.
 */
export type WarningKind = 'fork' | 'devices' | 'identity' | 'undecryptable' | 'refused'

export interface Warning {
  readonly kind: WarningKind
  /** Who it is about, where it is about one person. */
  readonly peer?: AccountId
  readonly chat?: ChatId
  readonly message?: MessageId
  /** A sentence for people, without content. */
  readonly text: string
}

export type GroupRole = 'member' | 'admin' | 'owner'
export type GroupPolicy = 'everyone' | 'admins'
/** Who may send, add people and make links, and change name, description and icon. */
export interface GroupRules { readonly whoMaySend: GroupPolicy, readonly whoMayAdd: GroupPolicy, readonly whoMayEdit: GroupPolicy }

export interface MemberInfo {
  readonly account: AccountId
  readonly role: GroupRole
  /** Place in the log from which on they are in. */
  readonly sinceSeq: number
}

export interface GroupLinkInfo {
  /** hex */
  readonly id: string
  /** 0: does not expire */
  readonly expiresAtMs: number
  /** 0: as often as there is room */
  readonly maxUses: number
  readonly uses: number
  readonly madeBy: AccountId
}

export interface GroupInfo {
  readonly chat: ChatId
  readonly conversation: ConversationId
  /** Empty while nobody has given the key of it. */
  readonly name: string
  readonly description: string
  /** JPEG or PNG; empty: none. */
  readonly icon: Uint8Array
  /** Made or joined here, not in effect yet. */
  readonly isPending: boolean
  readonly isMember: boolean
  /** Of this account; absent: not in the group. */
  readonly role?: GroupRole
  readonly members: readonly MemberInfo[]
  readonly settings: GroupRules
  readonly links: readonly GroupLinkInfo[]
  /** Of the control chain, hex: the same for everybody at the same `seq`. */
  readonly head: string
  /** Place of the last change in the log. */
  readonly seq: number
  /** Whose home gives the numbers, and whether that is another one than the founder's by now. */
  readonly anchor: AccountId
  readonly isReanchored: boolean
  /** Since when nothing of this device has got a number, if that is long. */
  readonly stuckSinceMs?: number
}

/** How far one member is with a message. */
export interface GroupReceipt { readonly account: AccountId, readonly state: 'sent' | 'delivered' | 'read' }

/** Something about a group has changed. */
export interface GroupChangeInfo {
  readonly chat: ChatId
  readonly name: string
  /** joined: this device has come to know the group */
  readonly what: 'create' | 'add' | 'remove' | 'leave' | 'setRole' | 'settings' | 'link' | 'revoke' | 'join' | 'profile' | 'joined' | 'unknown'
  /** absent: not known */
  readonly actor?: AccountId
  /** Whom it is about. */
  readonly accounts: readonly AccountId[]
  readonly role?: GroupRole
  /** Of this account, after it. */
  readonly isMember: boolean
  readonly seq: number
}

/** What was written in a group does not get through, because the relay that gives its numbers does not answer. */
export interface StuckGroup {
  readonly chat: ChatId
  readonly name: string
  readonly sinceMs: number
  /** Whose home that relay is. */
  readonly anchor: AccountId
  /** This account may name another: `groups.reanchor`. Only for a relay that is gone for good. */
  readonly mayReanchor: boolean
}

export interface ClientEvents {
  /** An incoming message, exactly once. */
  message: Message
  /** A message whose state or place changed. */
  update: Message
  connection: ConnectionStatus
  /** The account lives at another relay now. */
  home: HomeChange
  contact: Contact
  warning: Warning
  /** Something about a chat as a whole has changed. */
  chat: ChatChange
  gone: GoneMessages
  group: GroupChangeInfo
  stuck: StuckGroup
  /** Somebody who is watched came, went, or may not be seen any more. */
  presence: PersonPresence
  /** Somebody types or records, or has stopped; over by itself after six seconds. */
  typing: TypingChange
  /** The account has other devices than before. One that nobody here has linked is a reason to look. */
  devices: { readonly added: readonly DeviceId[], readonly removed: readonly DeviceId[] }
  /** This device was taken out of the account's list: nothing comes or goes any more. */
  unlinked: { readonly account: AccountId }
}
