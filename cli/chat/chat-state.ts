/**
 * What the chat shows, as one value; and the pure steps from one to the next.
 * Filled by chat-controller.ts from the client's events, drawn by the components.
 */
import type { ClientLike } from '../context.ts'

export type Message = Awaited<ReturnType<ClientLike['send']>>
export type ChatId = Message['chat']
export type Connection = ClientLike['connection']

export interface Conversation {
  readonly chat: ChatId
  readonly name: string
  readonly handle?: string
  readonly isVerified: boolean
  readonly unread: number
  /** Of the newest message, else of the contact: newest first in the list. */
  readonly lastAtMs: number
}

export type Overlay =
  | { readonly kind: 'help' }
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
}

export function initialState ({ me, connection, nowMs }: { me: ChatState['me'], connection: Connection, nowMs: number }): ChatState {
  return { me, connection, nowMs, conversations: [], messages: new Map(), complete: new Set(), waiting: 0, scroll: 0 }
}

export const selectedConversation = (state: ChatState): Conversation | undefined =>
  state.conversations.find((one) => one.chat === state.selected)

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

export const withSelected = (state: ChatState, selected: ChatId): ChatState => ({ ...state, selected, scroll: 0 })

/** The conversation `step` places further down the list, round the end. */
export function neighbour (state: ChatState, step: 1 | -1): ChatId | undefined {
  const { conversations } = state
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
