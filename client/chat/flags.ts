/**
 * What holds for a chat as a whole: muted, archived, blocked, its timer, its pins, the text begun, the request of a stranger.
 *
 * What the person has set is a fact that all own devices share; the row of the chat follows from it and is in memory.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Events } from '../events.ts'
import type { ChatChange, ChatDraft, ChatInfo } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { ChatRow, ChatTables } from './chat-tables.ts'
import { pinsOf } from './pins.ts'

export interface FlagComponents {
  readonly ledger: Ledger
  readonly chatTables: ChatTables
  readonly facts: SyncFacts
  readonly events: Events
  readonly clock: Clock
}

export const forEver = Number.MAX_SAFE_INTEGER
const nothing: ChatRow = {}

/** JSON of this account's own devices; what is none counts as gone. */
export function parseFact (value: string): unknown {
  if (value === '') return undefined
  try {
    return JSON.parse(value) as unknown
  } catch {
    return undefined // of a newer version
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

export class ChatFlags {
  readonly #on: FlagComponents
  readonly #onBlocked: Array<(draft: Draft, account: AccountId) => Promise<void>> = []

  constructor (components: FlagComponents) {
    this.#on = components
    this.#follow('mute', 'mute', (row, value) => {
      const { mutedUntilMs: _, ...rest } = row
      return typeof value === 'number' ? { ...rest, mutedUntilMs: value } : rest
    })
    this.#follow('archive', 'archive', (row, value) => {
      const { isArchived: _, ...rest } = row
      return value === true ? { ...rest, isArchived: true } : rest
    })
    this.#follow('draft', 'draft', (row, value) => {
      const { draft: _, ...rest } = row
      const draft = draftOf(value)
      return draft === undefined ? rest : { ...rest, draft }
    })
    this.#follow('block', 'block', (row, value) => {
      const { isBlocked: _, ...rest } = row
      return value === true ? { ...rest, isBlocked: true } : rest
    }, async (draft, chat, { isBlocked }) => {
      // A pair is named by the other person.
      if (isBlocked === true) for (const listener of this.#onBlocked) await listener(draft, chat as AccountId)
    })
  }

  async load (): Promise<void> { await this.#on.ledger.preload(this.#on.chatTables.chats) }

  /** `listener` runs in the batch that stores it. */
  onBlocked (listener: (draft: Draft, account: AccountId) => Promise<void>): void { this.#onBlocked.push(listener) }

  /** As the draft has it; without one as it is stored. */
  row (chat: ChatId, draft?: Draft): ChatRow {
    const { chats } = this.#on.chatTables
    return (draft === undefined ? chats.cached(chat) : draft.peek(chats, chat)) ?? nothing
  }

  * rows (): Generator<[ChatId, ChatRow]> { for (const [chat, row] of this.#on.chatTables.chats.cachedEntries()) yield [chat as ChatId, row] }

  change (draft: Draft, chat: ChatId, what: ChatChange['what'] | undefined, change: (row: ChatRow) => ChatRow): ChatRow {
    const row = change(this.row(chat, draft))
    draft.write(this.#on.chatTables.chats, chat, row)
    if (what !== undefined) this.tell(draft, chat, what)
    return row
  }

  /** Say that something has changed, once it is durable. */
  tell (draft: Draft, chat: ChatId, what: ChatChange['what']): void {
    draft.after(() => { this.#on.events.emit('chat', { chat, what, info: this.info(chat) }) })
  }

  isBlocked (account: AccountId, draft?: Draft): boolean { return this.row(account, draft).isBlocked === true }
  isMuted (chat: ChatId, draft?: Draft): boolean { return (this.row(chat, draft).mutedUntilMs ?? 0) > this.#on.clock.nowMs() }

  /** Nobody there is told anything: no receipts, no presence, no typing. */
  isSilent (chat: ChatId, draft?: Draft): boolean {
    const { isBlocked, request } = this.row(chat, draft)
    return isBlocked === true || request === 'pending' || request === 'declined'
  }

  info (chat: ChatId): ChatInfo {
    const { mutedUntilMs = 0, isArchived, isBlocked, timer, pins, draft, request } = this.row(chat)
    const isMuted = this.isMuted(chat)
    return {
      chat,
      isMuted,
      ...(isMuted && mutedUntilMs < forEver ? { mutedUntilMs } : {}),
      isArchived: isArchived === true,
      timerS: timer?.seconds ?? 0,
      pins: pinsOf(pins ?? []),
      isBlocked: isBlocked === true,
      ...(request === 'pending' || request === 'declined' ? { request } : {}),
      ...(draft === undefined ? {} : { draft })
    }
  }

  async setMuted (draft: Draft, chat: ChatId, untilMs: number | undefined): Promise<void> { await this.#put(draft, 'mute', chat, untilMs) }
  async setArchived (draft: Draft, chat: ChatId, value: boolean): Promise<void> { await this.#put(draft, 'archive', chat, value ? true : undefined) }
  async setBlocked (draft: Draft, account: AccountId, value: boolean): Promise<void> { await this.#put(draft, 'block', account, value ? true : undefined) }
  /** @throws ProtocolError TOO_LARGE: 12 KiB as JSON */
  async setDraft (draft: Draft, chat: ChatId, value: ChatDraft | undefined): Promise<void> {
    if (value === undefined && this.row(chat, draft).draft === undefined) return
    await this.#put(draft, 'draft', chat, value)
  }

  async #put (draft: Draft, name: string, chat: ChatId, value: unknown): Promise<void> {
    await this.#on.facts.put(draft, `${name}/${chat}`, value === undefined ? '' : JSON.stringify(value))
  }

  #follow (name: string, what: ChatChange['what'], change: (row: ChatRow, value: unknown) => ChatRow, then?: (draft: Draft, chat: ChatId, row: ChatRow) => Promise<void>): void {
    this.#on.facts.onFact(`${name}/`, async (draft, key, text) => {
      const chat = key.slice(name.length + 1) as ChatId
      const row = this.change(draft, chat, what, (before) => change(before, parseFact(text)))
      await then?.(draft, chat, row)
    })
  }
}

function draftOf (value: unknown): ChatDraft | undefined {
  if (!isRecord(value) || typeof value.text !== 'string') return undefined
  return { text: value.text, ...(typeof value.replyTo === 'string' ? { replyTo: value.replyTo as MessageId } : {}) }
}
