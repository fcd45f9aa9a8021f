/**
 * What the chat shows, as one value; and the pure steps from one to the next.
 * Filled by chat-controller.ts from the client's events, drawn by the components.
 */
import type { AccountId, ChatId, ClientLike, Message, MessageId } from '../context.ts'
import type { NameOf } from '../describe-messages.ts'
import { shortId } from '../describe-people.ts'

export type { ChatId, Message } from '../context.ts'
export type Connection = ClientLike['connection']
export type Presence = ReturnType<ClientLike['presence']['of']>
export interface Typing { readonly account: AccountId, readonly state: 'typing' | 'recording' }

export interface Conversation {
  readonly chat: ChatId
  readonly name: string
  readonly handle?: string
  readonly isVerified: boolean
  readonly unread: number
  /** Of the newest message, else of the contact: newest first in the list. */
  readonly lastAtMs: number
  readonly kind?: 'pair' | 'group' | 'self'
  /** Of a group. */
  readonly memberCount?: number
  readonly isMuted?: boolean
  readonly isArchived?: boolean
  readonly isBlocked?: boolean
  /** From a stranger, without an answer. */
  readonly isRequest?: boolean
  /** Seconds; 0: off. */
  readonly timerS?: number
  readonly pins?: readonly MessageId[]
}

/** What the next message answers. */
export interface ReplyTo { readonly chat: ChatId, readonly id: MessageId, readonly line: string }

export type Overlay =
  | { readonly kind: 'help', readonly topic?: string, readonly scroll: number }
  /** What a command has answered. */
  | { readonly kind: 'lines', readonly title: string, readonly lines: readonly string[], readonly scroll: number }
  | { readonly kind: 'invite', readonly link: string, readonly handle: string }
  | { readonly kind: 'safety', readonly name: string, readonly digits: string, readonly isVerified: boolean }

export interface Notice { readonly level: 'info' | 'warning', readonly text: string }

export interface ChatState {
  readonly me: { readonly name: string, readonly home: string }
  readonly connection: Connection
  /** `waiting`: when the next attempt is due. */
  readonly retryAtMs?: number
  readonly nowMs: number
  readonly conversations: readonly Conversation[]
  readonly selected?: ChatId
  /** Oldest first; of those conversations that were opened. */
  readonly messages: ReadonlyMap<ChatId, readonly Message[]>
  /** Conversations whose first message is loaded: there is nothing older. */
  readonly complete: ReadonlySet<ChatId>
  /** Messages of ours that no relay has yet. */
  readonly waiting: number
  /** Lines above the newest; 0 follows what comes. */
  readonly scroll: number
  readonly overlay?: Overlay
  readonly notice?: Notice
  /** Another function when a name has changed. */
  readonly nameOf: NameOf
  readonly presence: ReadonlyMap<ChatId, Presence>
  readonly typing: ReadonlyMap<ChatId, readonly Typing[]>
  /** The message that keys act on. */
  readonly marked?: MessageId
  readonly replyTo?: ReplyTo
  /** A command waits for what the person types next. */
  readonly question?: string
}

export function initialState ({ me, connection, nowMs }: { me: ChatState['me'], connection: Connection, nowMs: number }): ChatState {
  return { me, connection, nowMs, conversations: [], messages: new Map(), complete: new Set(), waiting: 0, scroll: 0, nameOf: shortId, presence: new Map(), typing: new Map() }
}

export const selectedConversation = (state: ChatState): Conversation | undefined =>
  state.conversations.find((one) => one.chat === state.selected)

/** As they stand in the list: what is archived only while it is open, requests after everything else. */
export function listed (state: ChatState): readonly Conversation[] {
  const shown = state.conversations.filter((one) => one.isArchived !== true || one.unread > 0 || one.chat === state.selected)
  return [...shown.filter((one) => one.isRequest !== true), ...shown.filter((one) => one.isRequest === true)]
}

export const messagesShown = (state: ChatState): readonly Message[] =>
  state.selected === undefined ? [] : state.messages.get(state.selected) ?? []

/** The order that the log gave, where it is known; what waits stands at the end in the order it was written. */
function inOrder (messages: Message[]): Message[] {
  return messages
    .map((message, index) => ({ message, index }))
    .sort((a, b) => a.message.seq !== undefined && b.message.seq !== undefined
      ? a.message.seq - b.message.seq
      : a.message.seq === b.message.seq ? a.index - b.index : a.message.seq === undefined ? 1 : -1)
    .map(({ message }) => message)
}

/** A new message, or a new state of one that is shown. */
export function withMessage (state: ChatState, message: Message): ChatState {
  const before = state.messages.get(message.chat)
  // A conversation that was not opened yet is read from the history when it is.
  if (before === undefined) return state
  const at = before.findIndex((one) => one.id === message.id)
  const changed = at === -1 ? [...before, message] : before.map((one, index) => index === at ? message : one)
  const needsOrder = at === -1 || before[at]!.seq !== message.seq
  return withinBounds({ ...state, messages: new Map(state.messages).set(message.chat, needsOrder ? inOrder(changed) : changed) }, message.chat)
}

/** A chat that is open for weeks keeps the newest messages; scrolling up reads the others again. */
const maxMessages = 2000
const keptMessages = 1000

function withinBounds (state: ChatState, chat: ChatId): ChatState {
  const messages = state.messages.get(chat)!
  // Whoever is reading further up keeps what stands there.
  if (messages.length <= maxMessages || (chat === state.selected && state.scroll > 0)) return state
  const complete = new Set(state.complete)
  complete.delete(chat)
  return { ...state, complete, messages: new Map(state.messages).set(chat, messages.slice(-keptMessages)) }
}

/** What the history brought, before what is there. */
export function withOlder (state: ChatState, chat: ChatId, older: readonly Message[], isComplete: boolean): ChatState {
  const before = state.messages.get(chat) ?? []
  const known = new Set(before.map((one) => one.id))
  const messages = new Map(state.messages).set(chat, [...older.filter((one) => !known.has(one.id)), ...before])
  return { ...state, messages, complete: isComplete ? new Set(state.complete).add(chat) : state.complete }
}

/** Most recently used first; the selected one stays selected. */
export function withConversations (state: ChatState, conversations: readonly Conversation[]): ChatState {
  const sorted = [...conversations].sort((a, b) => b.lastAtMs - a.lastAtMs || (a.name < b.name ? -1 : 1))
  const isThere = sorted.some((one) => one.chat === state.selected)
  const selected = isThere ? state.selected : sorted[0]?.chat
  const { selected: _, ...rest } = state
  return { ...rest, conversations: sorted, ...(selected === undefined ? {} : { selected }) }
}

export function withConnection (state: ChatState, connection: Connection, nowMs: number): ChatState {
  const { retryAtMs: _, ...rest } = state
  return { ...rest, connection, nowMs, ...(connection.state === 'waiting' ? { retryAtMs: nowMs + (connection.retryInMs ?? 0) } : {}) }
}

export function withSelected (state: ChatState, selected: ChatId): ChatState {
  const { marked: _, ...rest } = state
  return { ...rest, selected, scroll: 0 }
}

/** Messages that are not here any more. */
export function withoutMessages (state: ChatState, chat: ChatId, ids: readonly MessageId[]): ChatState {
  const before = state.messages.get(chat)
  if (before === undefined) return state
  const rest = before.filter(({ id }) => !ids.includes(id))
  const { marked, ...others } = state
  return { ...others, ...(marked === undefined || ids.includes(marked) ? {} : { marked }), messages: new Map(state.messages).set(chat, rest) }
}

/** The message above or below the marked one; below the newest: none. */
export function withMarked (state: ChatState, step: 'older' | 'newer' | 'none'): ChatState {
  const { marked, ...rest } = state
  const messages = messagesShown(state)
  const at = marked === undefined ? messages.length : messages.findIndex(({ id }) => id === marked)
  const next = step === 'older' ? Math.max(0, at - 1) : at + 1
  if (step === 'none' || messages[next] === undefined) return rest
  return { ...rest, marked: messages[next].id }
}

export function withReplyTo (state: ChatState, replyTo: ReplyTo | undefined): ChatState {
  const { replyTo: _, ...rest } = state
  return replyTo === undefined ? rest : { ...rest, replyTo }
}

export function withQuestion (state: ChatState, question: string | undefined): ChatState {
  const { question: _, ...rest } = state
  return question === undefined ? rest : { ...rest, question }
}

export function withTyping (state: ChatState, chat: ChatId, account: AccountId, what: 'typing' | 'recording' | 'stopped'): ChatState {
  const others = (state.typing.get(chat) ?? []).filter((one) => one.account !== account)
  return { ...state, typing: new Map(state.typing).set(chat, what === 'stopped' ? others : [...others, { account, state: what }]) }
}
/** The conversation `step` places further down the list, round the end. */
export function neighbour (state: ChatState, step: 1 | -1): ChatId | undefined {
  const conversations = listed(state)
  if (conversations.length === 0) return undefined
  const at = conversations.findIndex((one) => one.chat === state.selected)
  return conversations[(at + step + conversations.length) % conversations.length]!.chat
}

export function withNotice (state: ChatState, notice: Notice | undefined): ChatState {
  const { notice: _, ...rest } = state
  return notice === undefined ? rest : { ...rest, notice }
}

export function withOverlay (state: ChatState, overlay: Overlay | undefined): ChatState {
  const { overlay: _, ...rest } = state
  return overlay === undefined ? rest : { ...rest, overlay }
}
