/**
 * Messages that disappear: the time of one begins when it is read, for its sender when it is sent, and runs on every
 * device by itself. What is due goes with everything that hung on it, also what fell due while the program was not running.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { MessageTimers } from '../messages/gate.ts'
import type { History } from '../messages/history.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { MessageRow } from '../store/tables.ts'
import type { ChatTables } from './chat-tables.ts'

export interface DisappearingComponents {
  readonly ledger: Ledger
  readonly chatTables: ChatTables
  readonly events: Events
  readonly clock: Clock
  readonly history: () => History
  readonly onEmptied: (draft: Draft, row: MessageRow) => void
}

/** Messages that go in one batch of the store. */
const perBatch = 256
/** Clocks of computers cannot wait for 90 days at a time. */
const longestWaitMs = 12 * 60 * 60_000
/** After a failure of the store. */
const retryMs = 10_000
const empty = new Uint8Array(0)

const timeKey = (atMs: number): string => Math.max(0, Math.ceil(atMs)).toString(16).padStart(14, '0')
const expiryKey = (atMs: number, { chat, direction, id }: Pick<MessageRow, 'chat' | 'direction' | 'id'>): string => `${timeKey(atMs)}/${chat}/${direction === 'in' ? 'i' : 'o'}${id}`

/** Has the time of a message begun? Of one's own with a relay that has it, of another's with reading. */
const isRunning = ({ direction, state }: MessageRow): boolean => direction === 'in' ? state === 'read' : state === 'sent' || state === 'delivered' || state === 'read'

export class Disappearing implements MessageTimers {
  readonly #on: DisappearingComponents
  #timer: Timer | undefined
  #dueMs = Infinity
  #isStarted = false
  #isRunning = false

  constructor (components: DisappearingComponents) { this.#on = components }

  start (): void {
    if (this.#isStarted) return
    this.#isStarted = true
    this.#look()
  }

  stop (): void {
    this.#isStarted = false
    this.#cancel()
  }

  onState (draft: Draft, row: MessageRow): MessageRow {
    if (row.expiresAfterS === undefined || row.expiresAtMs !== undefined || row.state === 'failed' || !isRunning(row)) return row
    const expiresAtMs = this.#on.clock.nowMs() + row.expiresAfterS * 1_000
    draft.write(this.#on.chatTables.expiry, expiryKey(expiresAtMs, row), empty)
    draft.after(() => { this.#wait(expiresAtMs) })
    return { ...row, expiresAtMs }
  }

  onRemoved (draft: Draft, row: MessageRow): void {
    if (row.expiresAtMs !== undefined) draft.erase(this.#on.chatTables.expiry, expiryKey(row.expiresAtMs, row))
  }

  onEmptied (draft: Draft, row: MessageRow): void { this.#on.onEmptied(draft, row) }

  #wait (untilMs: number): void {
    if (!this.#isStarted || untilMs >= this.#dueMs) return
    this.#cancel()
    this.#dueMs = untilMs
    this.#timer = this.#on.clock.after(Math.min(longestWaitMs, Math.max(0, untilMs - this.#on.clock.nowMs())), () => { this.#cancel(); this.#look() })
  }

  #cancel (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#dueMs = Infinity
  }

  #look (): void {
    if (this.#isRunning || !this.#isStarted) return
    this.#isRunning = true
    this.#removeDue().then((nextMs) => {
      this.#isRunning = false
      if (nextMs !== undefined) this.#wait(nextMs)
    }, () => {
      // The store's failure: nothing is gone, and it is tried again.
      this.#isRunning = false
      this.#wait(this.#on.clock.nowMs() + retryMs)
    })
  }

  /** @returns when the next one is due */
  async #removeDue (): Promise<number | undefined> {
    const { ledger, chatTables } = this.#on
    for (;;) {
      const count = await ledger.run(async (draft) => await this.#remove(draft), { isFresh: true })
      if (count < perBatch) break
    }
    const [next] = await ledger.range(chatTables.expiry, { from: '', to: '\x7f', limit: 1 })
    return next === undefined ? undefined : Number.parseInt(next.key.slice(0, next.key.indexOf('/')), 16)
  }

  async #remove (draft: Draft): Promise<number> {
    const { ledger, chatTables, history, events, clock } = this.#on
    const due = await ledger.range(chatTables.expiry, { from: '', to: timeKey(clock.nowMs() + 1), limit: perBatch })
    const gone = new Map<ChatId, MessageId[]>()
    for (const { key } of due) {
      draft.erase(chatTables.expiry, key)
      const [, chat, name] = key.split('/') as [string, ChatId, string]
      const id = name.slice(1) as MessageId
      const row = await history().find(draft, chat, name.startsWith('i') ? 'in' : 'out', id)
      if (row === undefined) continue
      history().remove(draft, row)
      gone.set(chat, [...gone.get(chat) ?? [], id])
    }
    draft.after(() => { for (const [chat, ids] of gone) events.emit('gone', { chat, ids }) })
    return due.length
  }
}
