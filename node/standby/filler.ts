/**
 * Bringing another relay's shadow of one account or one log up to what stands in the store here: asks how far it is, then sends
 * what is missing, a page at a time. Used for a new standby, for one that was away, and for handing over.
 *
 * Owns: the order of those pages. Keeps nothing: begun again, it goes on where the other relay is. Who is filled and when: shipper.ts,
 * hand-over.ts.
 */
import type { Channel } from '../../protocol/channel.ts'
import { conversationFromBytes, conversationFromId, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { ShipAccount, ShipAnswer, ShipLog, ShipRow } from '../../protocol/wire/gen/standby.js'
import type { LogReader } from '../log/log-reader.ts'
import type { Logs } from '../log/logs.ts'
import { wireNumberedId } from '../log/numbered-id.ts'
import type { LogEntry, SequencedMessage, Store } from '../store/store.ts'
import { emptyPart, maxNumbered, wireRow } from './drafts.ts'
import { syncStates } from './shadow-register.ts'
import { empty, joinedTable, shippedTables } from './shadow-rows.ts'

/** One page: small enough to let what is written now pass. */
const pageBounds = { maxEntries: limits.pageEntries, maxBytes: 256 * 1024 }
/** Rows of an account in one request: a registration and prekeys of ten devices are 60 KiB. */
const maxRows = 10_000

export interface FillerComponents {
  store: Pick<Store, 'get' | 'scan' | 'logsOf' | 'openLog' | 'readLog' | 'readOutbox' | 'messages'>
  logs: Pick<Logs, 'loadId'>
  reader: Pick<LogReader, 'read'>
  /** What this says of all that is shipped there (shadow-register.ts); default: nothing. */
  sync?: number
  /** The other relay's copy is about to be made what stands here: is there anything in it that is missing here? (recovery.ts) */
  beforeFill? (log: ConversationId, account: AccountId, channel: Channel, answer: ShipAnswer): Promise<void>
}

/** @throws ProtocolError what it was refused with */
export function checkAnswer ({ status, record }: ShipAnswer): void {
  if (status !== 0) throw ProtocolError.fromStatus(status, record === undefined ? {} : { record })
}

/** Whatever the far side thinks of the account's logs, this relay may not ship for it (any more). */
export const isRefusal = (code: ErrorCode): boolean => code === 'MOVED' || code === 'NOT_ADMITTED'

export class Filler {
  readonly #c: FillerComponents

  constructor (components: FillerComponents) { this.#c = components }

  logsOf (account: AccountId): Promise<ConversationId[]> { return this.#c.store.logsOf(account) }

  /** Rows of the account, and which logs it is in. @throws ProtocolError */
  async fillAccount (channel: Channel, account: AccountId, extra: Partial<ShipAccount> = {}): Promise<ConversationId[]> {
    const { store } = this.#c
    const logs = await store.logsOf(account)
    const rows: ShipRow[] = logs.map((log) => wireRow(joinedTable, log, empty))
    for (const [table, key] of [['account', account], ['profile', account], ['presence', `p/${account}`]] as const) {
      const value = await store.get(table, key)
      if (value !== undefined) rows.push(wireRow(shippedTables[table], key, value))
    }
    for await (const { key, value } of store.scan('prekey', `${account}/`)) rows.push(wireRow(shippedTables.prekey, key, value))
    // More logs than that are told with their first entry.
    await this.#send(channel, { accounts: [{ account: accountIdToBytes(account), rows: rows.slice(-maxRows), isWhole: rows.length <= maxRows, isDone: false, ...extra }], logs: [] })
    return logs
  }

  /** @throws ProtocolError */
  async tell (channel: Channel, part: ShipAccount): Promise<void> { await this.#send(channel, { accounts: [part], logs: [] }) }

  async #send (channel: Channel, shipment: { accounts: ShipAccount[], logs: ShipLog[] }): Promise<ShipAnswer[]> {
    const { answers } = await channel.call(relayMethods.ship, { ...shipment, sync: this.#c.sync ?? syncStates.silent })
    for (const answer of answers) checkAnswer(answer)
    return answers
  }

  /** Entries, cursors, a group's state, what waits for the sequencer. @throws ProtocolError */
  async fillLog (channel: Channel, log: ConversationId, account: AccountId): Promise<void> {
    const part = emptyPart(log, account)
    const [answer] = await this.#send(channel, { accounts: [], logs: [{ ...part, asks: true }] })
    if (answer === undefined) throw new ProtocolError('MALFORMED', { what: 'no answer about a log' })
    await this.#c.beforeFill?.(log, account, channel, answer)
    const state = await this.#c.store.openLog(log)
    if (state !== undefined) await this.#fillEntries(channel, log, part, answer)
    await this.#fillRows(channel, log, part)
    await this.#fillOutbox(channel, log, part)
  }

  async #fillEntries (channel: Channel, id: ConversationId, part: ShipLog, { head }: ShipAnswer): Promise<void> {
    const { store } = this.#c
    for (let from = head + 1; ;) {
      const state = await store.openLog(id)
      if (state === undefined || from > state.head) break
      const entries = await this.#read(id, from)
      const first = entries[0]?.seq ?? state.head + 1
      // What is before it is not kept here any more.
      const skip = first > from ? { skipThrough: first - 1, skipEpoch: state.epoch } : {}
      if (entries.length === 0 && first <= from) break
      if (first > from) await this.#fillNumbered(channel, part, { fromSeq: from, throughSeq: first - 1 })
      await this.#send(channel, { accounts: [], logs: [{ ...part, ...skip, entries: entries.map(({ epoch, seq, storedAtMs, expiresAtMs, envelope }) => ({ epoch, seq, storedAtMs, expiresAtMs, envelope })) }] })
      from = (entries.at(-1)?.seq ?? first - 1) + 1
    }
    const state = await store.openLog(id)
    if (state === undefined) return
    const cursors = Array.from(state.cursors, ([device, seq]) => ({ device: deviceKeyOf(device), seq }))
    await this.#send(channel, { accounts: [], logs: [{ ...part, cursors, trimThrough: state.first - 1 }] })
  }

  /** Of what is not kept here any more the newest ids, before the other relay's copy goes on after it. */
  async #fillNumbered (channel: Channel, part: ShipLog, { fromSeq, throughSeq }: { fromSeq: number, throughSeq: number }): Promise<void> {
    const from = Math.max(fromSeq, throughSeq - limits.travellingIds + 1)
    const numbered: SequencedMessage[] = []
    for await (const message of this.#c.store.messages(conversationFromBytes(part.conversation).id)) if (message.seq >= from && message.seq <= throughSeq) numbered.push(message)
    numbered.sort((a, b) => a.seq - b.seq)
    for (let at = 0; at < numbered.length; at += maxNumbered) {
      await this.#send(channel, { accounts: [], logs: [{ ...part, numbered: numbered.slice(at, at + maxNumbered).map(wireNumberedId) }] })
    }
  }

  /** Also of what is on disk and not acknowledged yet. @throws ProtocolError DAMAGED: not now */
  async #read (id: ConversationId, from: number): Promise<LogEntry[]> {
    const { store, logs, reader } = this.#c
    try {
      return await store.readLog(id, from, pageBounds)
    } catch (error) {
      if (!isProtocolError(error, 'DAMAGED')) throw error
    }
    // The reader fetches a good copy.
    await reader.read(await logs.loadId(id), from, { maxEntries: 1, maxBytes: 1 })
    return await store.readLog(id, from, pageBounds)
  }

  async #fillRows (channel: Channel, id: ConversationId, part: ShipLog): Promise<void> {
    if (conversationFromId(id).kind !== 'group') return
    const rows: ShipRow[] = []
    for await (const { key, value } of this.#c.store.scan('group', `${id}/`)) rows.push(wireRow(0, key.slice(id.length + 1), value))
    await this.#send(channel, { accounts: [], logs: [{ ...part, rows, isWhole: true }] })
  }

  async #fillOutbox (channel: Channel, id: ConversationId, part: ShipLog): Promise<void> {
    for (let from = 1; ;) {
      const items = await this.#c.store.readOutbox(id, from, pageBounds)
      const last = items.at(-1)?.position
      const shipped = items.map(({ position, storedAtMs, expiresAtMs, envelope }) => ({ position, storedAtMs, expiresAtMs, envelope }))
      await this.#send(channel, { accounts: [], logs: [{ ...part, items: shipped, itemsFrom: from, itemsTo: last ?? Number.MAX_SAFE_INTEGER }] })
      if (last === undefined) return
      from = last + 1
    }
  }
}
