/**
 * The standby's side: what other relays ship of their accounts, checked, bounded, durable before it is answered.
 *
 * Owns: the rows of shadows (shadow-rows.ts), who may ship what, how much, and dropping it when this relay is not the standby any
 * more. A shadow is nobody's log: it is neither delivered nor replicated. What becomes of it at a move: takeover.ts.
 * Spec: docs/protocol/standby.md
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, mayBelong, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { isNewer, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { ReadShipped, ShipAccount, ShipAnswer, ShipLog, ShipRow, Shipment, Shipped } from '../../protocol/wire/gen/standby.js'
import type { Memo } from '../log/submission.ts'
import type { Buckets, Commits, Homes, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { checkEnvelope, checkNumber, isKeysRow, isLogOf } from './shadow-checks.ts'
import * as rows from './shadow-rows.ts'

/** Heads of shadows in memory: 250 bytes each. */
const maxHeads = 20_000
/** Waiting requests of one relay: its window of batches and a few more. */
const maxWaiting = 64
/** Keys of rows: account, device and a word. */
const maxKeyBytes = 256
/** Former homes whose right to hand over was checked. */
const maxFormer = 10_000
/** Entries or items of one answer. */
const readBounds = 256
/** What a row without a value of its own takes on the disk. */
const rowBytes = 200
/** Rows that go with one batch: a log of 8 GiB of small envelopes has forty million. */
const dropTogether = 4_096
/** Between two counts of what one relay has left here. */
const recountEveryMs = 10 * 60_000

export interface ShadowsComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  homes: Pick<Homes, 'self' | 'known' | 'cached'> & { learnDurably (bytes: Uint8Array): Promise<unknown> }
  accounts: { isLocal (account: AccountId): boolean }
  buckets: Buckets
  signing: Signing
  clock: Clock
  meter: Meter
  logger: Logger
  /** A former home has handed everything over. */
  takeIn (account: AccountId, relay: RelayId): Promise<void>
}

/** What one request came to, before its commit. */
interface Taken {
  readonly relay: RelayId
  readonly writes: Write[]
  readonly answers: ShipAnswer[]
  readonly touched: Set<string>
  /** Heads asked for, answered after the commit. */
  readonly asked: Array<{ of: Uint8Array, head: rows.ShadowHead }>
  readonly done: AccountId[]
  /** Logs that an account has left. */
  readonly left: ConversationId[]
  bytes: number
}

type Standing = 'primary' | 'former'

export class Shadows {
  readonly #c: ShadowsComponents
  /** By account: relays that ship it here, with the epoch of the record that allows it. */
  readonly #byAccount = new Map<AccountId, Map<RelayId, number>>()
  readonly #counts = new Map<RelayId, number>()
  readonly #bytes = new Map<RelayId, number>()
  /** `<relay>/<log>`. */
  readonly #heads = new Map<string, rows.ShadowHead>()
  readonly #former = new Map<string, Uint8Array>()
  readonly #turns = new Map<RelayId, { last: Promise<unknown>, waiting: number }>()
  readonly #dropping = new Map<string, Timer>()
  /** Accounts that are being taken over: their shadows stay as they are. */
  readonly #closed = new Set<AccountId>()
  readonly #committing = new Set<Promise<void>>()
  readonly #maxBytes: number
  readonly #recounting = new Set<RelayId>()
  readonly #recountTimers = new Set<Timer>()
  readonly #entries
  readonly #refused
  #isStopped = false

  /** @param maxBytes kept for one relay */
  constructor (components: ShadowsComponents, { maxBytes = limits.standbyBytesPerRelay }: { readonly maxBytes?: number } = {}) {
    this.#c = components
    this.#maxBytes = maxBytes
    const { meter } = components
    this.#entries = meter.counter('heliograph_standby_received_total', 'entries and waiting envelopes that other relays have shipped here')
    this.#refused = meter.counter('heliograph_standby_refused_total', 'shipments of logs and accounts that were refused here, by code', ['code'])
    meter.gauge('heliograph_standby_accounts', 'accounts of other relays that this one stands by for', () => this.#byAccount.size)
    meter.gauge('heliograph_standby_bytes', 'what other relays have shipped here and is kept', () => {
      let bytes = 0
      for (const one of this.#bytes.values()) bytes += one
      return bytes
    })
  }

  /** Who ships what here, once at start. */
  async load (): Promise<void> {
    for await (const { key, value } of this.#c.store.scan('standby', 'a/')) {
      const [, account, relay] = key.split('/') as [string, AccountId, RelayId]
      this.#remember(account, relay, rows.decodeU32(value))
    }
    for await (const { key, value } of this.#c.store.scan('standby', 'l/')) {
      const relay = key.split('/')[1] as RelayId
      this.#bytes.set(relay, (this.#bytes.get(relay) ?? 0) + rows.decodeHead(value).bytes)
    }
    for (const account of this.#byAccount.keys()) this.moved(account)
  }

  /** Relays that ship this account here, the newest record's first. */
  relaysOf (account: AccountId): RelayId[] {
    return [...this.#byAccount.get(account) ?? []].sort(([, a], [, b]) => b - a).map(([relay]) => relay)
  }

  has (account: AccountId): boolean { return this.#byAccount.has(account) }

  #remember (account: AccountId, relay: RelayId, epoch: number): void {
    const relays = this.#byAccount.get(account) ?? new Map<RelayId, number>()
    this.#byAccount.set(account, relays)
    if (!relays.has(relay)) this.#counts.set(relay, (this.#counts.get(relay) ?? 0) + 1)
    relays.set(relay, epoch)
  }

  /**
   * Take it, in order, and answer what was not taken once the rest is durable.
   * @throws ProtocolError OVERLOADED, STORAGE_FULL, TOO_MANY, MALFORMED
   */
  receive (shipment: Shipment, relay: RelayId): Promise<Shipped> {
    const turn = this.#turns.get(relay) ?? { last: Promise.resolve(), waiting: 0 }
    // [LATER] memory is bounded
    if (turn.waiting >= maxWaiting) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    this.#turns.set(relay, turn)
    turn.waiting++
    const place = turn.last.then(() => this.#place(shipment, relay))
    turn.last = place.then(() => {}, () => {}).then(() => { if (--turn.waiting === 0) this.#turns.delete(relay) })
    return place.then((placed) => placed.done)
  }

  async #place (shipment: Shipment, relay: RelayId): Promise<{ done: Promise<Shipped> }> {
    const taken: Taken = { relay, writes: [], answers: [], touched: new Set(), asked: [], done: [], left: [], bytes: 0 }
    for (const part of shipment.accounts) await this.#each(part.account, taken, () => this.#takeAccount(part, taken))
    for (const part of shipment.logs) await this.#each(part.conversation, taken, () => this.#takeLog(part, taken))
    return { done: this.#finish(taken) }
  }

  async #each (of: Uint8Array, { answers }: Taken, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#refused.inc(1, { code: error.code })
      const { record } = error.details
      answers.push({ of, status: error.status, epoch: 0, first: 0, head: 0, ...(record === undefined ? {} : { record }) })
    }
  }

  async #finish ({ relay, writes, answers, touched, asked, done, left, bytes }: Taken): Promise<Shipped> {
    if (writes.length > 0) {
      try {
        await this.#commit(writes)
      } catch (error) {
        // What memory says of these is void.
        for (const key of touched) this.#heads.delete(key)
        throw error
      }
      this.#bytes.set(relay, Math.max(0, (this.#bytes.get(relay) ?? 0) + bytes))
    }
    for (const { of, head: { epoch, first, head } } of asked) answers.push({ of, status: 0, epoch, first, head })
    for (const account of done) await this.#c.takeIn(account, relay)
    for (const log of left) await this.#dropUnused(relay, log)
    return { answers }
  }

  async #commit (writes: readonly Write[]): Promise<void> {
    const committing = this.#c.commits.commit(writes)
    this.#committing.add(committing)
    try {
      await committing
    } finally {
      this.#committing.delete(committing)
    }
  }

  /** Resolves when everything that has come of this account is in the store, and nothing more will. */
  async close (account: AccountId): Promise<void> {
    this.#closed.add(account)
    await Promise.all(this.relaysOf(account).map(async (relay) => { await this.#turns.get(relay)?.last }))
    await Promise.allSettled(this.#committing)
  }

  /** It is not taken over after all, or that is done. */
  open (account: AccountId): void { this.#closed.delete(account) }

  // ── who may

  /**
   * [REJECT] SPEC(standby §who) the account's newest record names the caller as primary and this relay as a standby, or this relay
   * is its primary and the caller has shown that it was before. @throws ProtocolError MOVED with the record, NOT_ADMITTED
   */
  async #allow (account: AccountId, relay: RelayId, former?: Uint8Array): Promise<Standing> {
    const { accounts, homes, signing } = this.#c
    const record = homes.cached(account) ?? await homes.known(account)
    if (record === undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'home record' })
    // [LATER] by then it has moved, or not
    if (this.#closed.has(account)) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'the account is being taken over' })
    if (record.homes[0] === relay && record.homes.includes(homes.self)) {
      if (this.#byAccount.get(account)?.get(relay) !== record.epoch) await this.#begin(account, relay, record.epoch, record.bytes)
      return 'primary'
    }
    const key = `${account}/${relay}`
    if (record.homes[0] === homes.self && accounts.isLocal(account)) {
      if (former !== undefined) {
        const shown = verifyHomeRecord(signing, former)
        if (shown.account === account && shown.homes[0] === relay && isNewer(record, shown)) {
          if (this.#former.size >= maxFormer) this.#former.clear()
          this.#former.set(key, record.bytes)
          await this.#begin(account, relay, shown.epoch)
        }
      }
      const allowed = this.#former.get(key)
      if (allowed !== undefined && sameBytes(allowed, record.bytes)) return 'former'
    }
    if (record.homes[0] !== relay) throw new ProtocolError('MOVED', { record: record.bytes })
    throw new ProtocolError('NOT_ADMITTED', { record: record.bytes })
  }

  async #begin (account: AccountId, relay: RelayId, epoch: number, record?: Uint8Array): Promise<void> {
    const isNew = this.#byAccount.get(account)?.has(relay) !== true
    // [REJECT] one relay does not fill this one
    if (isNew && (this.#counts.get(relay) ?? 0) >= limits.standbyAccountsPerRelay) throw new ProtocolError('TOO_MANY', { max: limits.standbyAccountsPerRelay, what: 'accounts' })
    this.#dropping.get(`${account}/${relay}`)?.cancel()
    this.#dropping.delete(`${account}/${relay}`)
    if (record !== undefined) await this.#c.homes.learnDurably(record)
    await this.#c.commits.commit([rows.put(rows.accountKey(account, relay), rows.encodeU32(epoch))])
    this.#remember(account, relay, epoch)
  }

  // ── taking

  async #takeAccount (part: ShipAccount, taken: Taken): Promise<void> {
    const { relay, writes } = taken
    const account = accountIdFromBytes(part.account)
    await this.#allow(account, relay, part.formerRecord)
    const whole = new Set<string>()
    // [REJECT] all of them, or none
    const keyed = part.rows.map((row) => ({ row, key: this.#rowKey(account, row, relay) }))
    for (const { row, key } of keyed) {
      whole.add(key)
      if (row.table === rows.joinedTable && row.value !== undefined) await this.#chargeNew(key, taken)
      this.#writeRow(key, row, taken)
      if (row.table !== rows.joinedTable) continue
      const log = row.key as ConversationId
      writes.push(row.value === undefined ? rows.drop(rows.memberKey(relay, log, account)) : rows.put(rows.memberKey(relay, log, account), rows.empty))
      if (row.value === undefined) taken.left.push(log)
    }
    if (part.isWhole) for await (const { key } of this.#c.store.scan('standby', rows.rowsKey(account, relay))) if (!whole.has(key)) writes.push(rows.drop(key))
    if (part.isDone) taken.done.push(account)
  }

  /** [REJECT] a row of somebody else, of a table that is not shipped, or of a log that the account cannot be in */
  #rowKey (account: AccountId, { table, key }: ShipRow, relay: RelayId): string {
    if (key.length > maxKeyBytes) throw new ProtocolError('TOO_LARGE', { what: 'key' })
    const isOwn = table === rows.joinedTable
      ? isLogOf(key, account)
      : table === rows.shippedTables.prekey ? isKeysRow(key, account) : key === (table === rows.shippedTables.presence ? `p/${account}` : account)
    if (!isOwn || table > rows.shippedTables.presence) throw new ProtocolError('MALFORMED', { what: 'row of an account' })
    return rows.rowsKey(account, relay, table, key)
  }

  #writeRow (key: string, { value }: ShipRow, taken: Taken): void {
    if (value === undefined) taken.writes.push(rows.drop(key))
    else {
      this.#charge(taken, value.byteLength)
      taken.writes.push(rows.put(key, value))
    }
  }

  /** What is overwritten or goes is not looked up for its length, so this counts too much: when it comes to the bound, what is there is counted anew. */
  #charge (taken: Taken, bytes: number): void {
    const { relay } = taken
    taken.bytes += bytes
    // [REJECT] SPEC(standby §bounds) one relay does not fill this one
    if ((this.#bytes.get(relay) ?? 0) + taken.bytes <= this.#maxBytes) return
    this.#recount(relay)
    throw new ProtocolError('TOO_MANY', { what: 'bytes kept for one relay' })
  }

  /** A row that may be written often, and is small. */
  async #chargeNew (key: string, taken: Taken): Promise<void> {
    if (await this.#c.store.get('standby', key) === undefined) this.#charge(taken, rowBytes)
  }

  #recount (relay: RelayId): void {
    if (this.#recounting.has(relay) || this.#isStopped) return
    this.#recounting.add(relay)
    const count = async (): Promise<void> => {
      let bytes = 0
      for (const kind of ['e', 'o', 'g']) for await (const { value } of this.#c.store.scan('standby', `${kind}/${relay}/`)) bytes += value.byteLength
      for (const kind of ['c', 'k', 'l']) for await (const row of this.#c.store.scan('standby', `${kind}/${relay}/`)) bytes += row.key === '' ? 0 : rowBytes
      for (const [account, relays] of this.#byAccount) {
        if (!relays.has(relay)) continue
        for await (const { value } of this.#c.store.scan('standby', rows.rowsKey(account, relay))) bytes += value.byteLength
      }
      this.#bytes.set(relay, bytes)
    }
    count().catch((error: unknown) => { this.#c.logger.warn('standby.recount', {}, error) })
    this.#recountTimers.add(this.#c.clock.after(recountEveryMs, () => { this.#recounting.delete(relay) }))
  }

  async #takeLog (part: ShipLog, taken: Taken): Promise<void> {
    const { relay, writes } = taken
    const conversation = conversationFromBytes(part.conversation)
    const account = accountIdFromBytes(part.account)
    // [REJECT] a log that the account cannot be in
    if (!mayBelong(conversation, account)) throw new ProtocolError('BAD_CONVERSATION')
    await this.#allow(account, relay)
    const { id } = conversation
    const head = { ...await this.#head(relay, id) }
    const charged = taken.bytes
    const start = writes.length
    try {
      if (head.head === 0) {
        await this.#chargeNew(rows.memberKey(relay, id, account), taken)
        writes.push(rows.put(rows.memberKey(relay, id, account), rows.empty), rows.put(rows.rowsKey(account, relay, rows.joinedTable, id), rows.empty))
      }
      this.#checkEpochs(part, conversation, account, relay)
      taken.bytes -= await this.#skip(part, relay, id, head, writes)
      const isGap = this.#append(part, conversation, head, taken)
      await this.#takeWaiting(part, conversation, taken)
      taken.bytes -= await this.#trim(part.trimThrough, relay, id, head, writes)
      for (const { device, seq } of part.cursors) {
        const key = rows.cursorKey(relay, id, deviceIdOfKey(device))
        await this.#chargeNew(key, taken)
        writes.push(rows.put(key, rows.encodeU48(checkNumber(seq))))
      }
      await this.#takeGroupRows(part, id, taken)
      if (isGap) throw new ProtocolError('GAP')
    } catch (error) {
      // What one step of it has got wrong is not there at all; after a gap the rest stands.
      if (!isProtocolError(error, 'GAP')) { writes.length = start; taken.bytes = charged; throw error }
      this.#keepHead(relay, id, head, taken)
      throw error
    }
    this.#keepHead(relay, id, head, taken)
    if (part.asks) taken.asked.push({ of: part.conversation, head })
  }

  #keepHead (relay: RelayId, id: ConversationId, head: rows.ShadowHead, { writes, touched }: Taken): void {
    const key = `${relay}/${id}`
    if (this.#heads.size >= maxHeads) for (const oldest of this.#heads.keys()) { this.#heads.delete(oldest); break }
    this.#heads.set(key, head)
    touched.add(key)
    writes.push(rows.put(rows.headKey(relay, id), rows.encodeHead(head)))
  }

  async #head (relay: RelayId, id: ConversationId): Promise<rows.ShadowHead> { return this.#heads.get(`${relay}/${id}`) ?? await this.headOf(relay, id) ?? { epoch: 0, first: 1, head: 0, bytes: 0 } }

  /** @returns bytes of what goes, guessed */
  async #skip ({ skipThrough, skipEpoch, isCut, cutThrough }: ShipLog, relay: RelayId, id: ConversationId, head: rows.ShadowHead, writes: Write[]): Promise<number> {
    let gone = 0
    if (checkNumber(skipThrough) > head.head) {
      gone = await this.#trim(head.head, relay, id, head, writes)
      Object.assign(head, { epoch: Math.max(head.epoch, skipEpoch), head: skipThrough, first: skipThrough + 1 })
    }
    if (!isCut || checkNumber(cutThrough) >= head.head) return gone
    await this.#dropEntries(relay, id, { from: Math.max(head.first, cutThrough + 1), to: head.head }, writes)
    Object.assign(head, { head: cutThrough, first: Math.min(head.first, cutThrough + 1) })
    return gone
  }

  /** The last of them with the request; of very many the others before it, a batch at a time: what goes is void whatever becomes of the request. */
  async #dropEntries (relay: RelayId, id: ConversationId, { from, to }: { from: number, to: number }, writes: Write[]): Promise<void> {
    for (let seq = from; seq <= to;) {
      const batch: Write[] = []
      for (const end = Math.min(to, seq + dropTogether - 1); seq <= end; seq++) batch.push(rows.drop(rows.entryKey(relay, id, seq)))
      if (seq > to) writes.push(...batch)
      else await this.#commit(batch)
    }
  }

  /** [REJECT] SPEC(relay §epochs) an epoch that the anchor has not signed would put the log out of reach of every home after this one */
  #checkEpochs ({ skipEpoch, entries }: ShipLog, { kind, anchor }: Conversation, account: AccountId, relay: RelayId): void {
    if (kind === 'group' || anchor !== account) return
    const most = this.#byAccount.get(account)?.get(relay) ?? 0
    if (skipEpoch > most || entries.some(({ epoch }) => epoch > most)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
  }

  /** @returns whether entries are missing before the first of these */
  #append ({ entries }: ShipLog, conversation: Conversation, head: rows.ShadowHead, taken: Taken): boolean {
    const { relay, writes } = taken
    const { id } = conversation
    const memo: Memo = { conversation }
    for (const { seq, epoch, storedAtMs, expiresAtMs, envelope } of entries) {
      if (checkNumber(seq) <= head.head) continue
      if (seq !== head.head + 1) return true
      checkEnvelope(envelope, conversation, memo)
      this.#charge(taken, envelope.byteLength)
      writes.push(rows.put(rows.entryKey(relay, id, seq), rows.encodeEnvelope({ epoch, storedAtMs, expiresAtMs, envelope })))
      Object.assign(head, { head: seq, epoch: Math.max(head.epoch, epoch), bytes: head.bytes + envelope.byteLength })
      this.#entries.inc()
    }
    return false
  }

  async #takeWaiting ({ items, itemsFrom, itemsTo, dequeued }: ShipLog, conversation: Conversation, taken: Taken): Promise<void> {
    const { relay, writes } = taken
    const { id } = conversation
    const memo: Memo = { conversation }
    for (const position of dequeued) writes.push(rows.drop(rows.itemKey(relay, id, checkNumber(position))))
    const here = new Set<number>()
    for (const { position, storedAtMs, expiresAtMs, envelope } of items) {
      checkEnvelope(envelope, conversation, memo)
      this.#charge(taken, envelope.byteLength)
      here.add(checkNumber(position))
      writes.push(rows.put(rows.itemKey(relay, id, position), rows.encodeEnvelope({ epoch: 0, storedAtMs, expiresAtMs, envelope })))
      this.#entries.inc()
    }
    if (itemsTo === 0) return
    for await (const { key } of this.#c.store.scan('standby', rows.itemsOf(relay, id))) {
      const position = rows.numberOfKey(key)
      if (position >= itemsFrom && position <= itemsTo && !here.has(position)) writes.push(rows.drop(key))
    }
  }

  async #takeGroupRows ({ rows: given, isWhole }: ShipLog, id: ConversationId, taken: Taken): Promise<void> {
    const { relay, writes } = taken
    const whole = new Set<string>()
    for (const row of given) {
      if (row.key.length > maxKeyBytes) throw new ProtocolError('TOO_LARGE', { what: 'key' })
      const key = rows.groupKey(relay, id, row.key)
      whole.add(key)
      this.#writeRow(key, row, taken)
    }
    if (isWhole) for await (const { key } of this.#c.store.scan('standby', rows.groupKey(relay, id))) if (!whole.has(key)) writes.push(rows.drop(key))
  }

  /** @returns bytes of what goes, guessed: a row would have to be read for its length */
  async #trim (throughSeq: number, relay: RelayId, id: ConversationId, head: rows.ShadowHead, writes: Write[]): Promise<number> {
    const through = Math.min(checkNumber(throughSeq), head.head)
    if (through < head.first) return 0
    const before = head.bytes
    const kept = (head.head - through) / (head.head - head.first + 1)
    await this.#dropEntries(relay, id, { from: head.first, to: through }, writes)
    head.first = through + 1
    head.bytes = Math.round(before * kept)
    return before - head.bytes
  }

  // ── reading

  async headOf (relay: RelayId, id: ConversationId): Promise<rows.ShadowHead | undefined> {
    const value = await this.#c.store.get('standby', rows.headKey(relay, id))
    return value === undefined ? undefined : rows.decodeHead(value)
  }

  /** For the primary that has shipped it. @throws ProtocolError MOVED, NOT_ADMITTED */
  async read ({ conversation: bytes, account: of, fromSeq, fromPosition }: ReadShipped, relay: RelayId): Promise<ShipLog> {
    const conversation = conversationFromBytes(bytes)
    const account = accountIdFromBytes(of)
    this.#c.buckets.take('forwardPerRelay', relay, readBounds)
    if (!mayBelong(conversation, account)) throw new ProtocolError('BAD_CONVERSATION')
    await this.#allow(account, relay)
    const head = await this.headOf(relay, conversation.id) ?? { epoch: 0, first: 1, head: 0, bytes: 0 }
    const entries: ShipLog['entries'] = []
    const items: ShipLog['items'] = []
    let size = 0
    for (let seq = Math.max(fromSeq, head.first); seq <= head.head && entries.length < readBounds && size < limits.pageBytes; seq++) {
      const value = await this.#c.store.get('standby', rows.entryKey(relay, conversation.id, seq))
      if (value === undefined) continue
      const entry = rows.decodeEnvelope(value)
      entries.push({ seq, ...entry })
      size += entry.envelope.byteLength
    }
    for await (const { key, value } of this.#c.store.scan('standby', rows.itemsOf(relay, conversation.id))) {
      const position = rows.numberOfKey(key)
      if (position < fromPosition) continue
      if (items.length >= readBounds || size > limits.pageBytes) break
      const { storedAtMs, expiresAtMs, envelope } = rows.decodeEnvelope(value)
      items.push({ position, storedAtMs, expiresAtMs, envelope })
      size += envelope.byteLength
    }
    return { conversation: bytes, account: of, skipThrough: head.first - 1, skipEpoch: head.epoch, entries, dequeued: [], items, itemsFrom: 0, itemsTo: 0, cursors: [], rows: [], isWhole: false, trimThrough: 0, asks: false, cutThrough: head.head, isCut: false }
  }

  // ── dropping

  /** A newer home record of the account is known: this relay may not be its standby any more. */
  moved (account: AccountId): void {
    const relays = this.#byAccount.get(account)
    if (relays === undefined || this.#isStopped) return
    const { homes, clock, logger } = this.#c
    homes.known(account).then((record) => {
      for (const relay of relays.keys()) {
        const isStandby = record === undefined || (record.homes[0] === relay && record.homes.includes(homes.self))
        const key = `${account}/${relay}`
        // The one that is being taken over is dropped when that is done.
        if (isStandby || this.#isStopped || this.#dropping.has(key)) continue
        this.#dropping.set(key, clock.after(limits.standbyGraceMs, () => {
          this.#dropping.delete(key)
          this.drop(account, relay).catch((error: unknown) => { logger.warn('standby.drop', {}, error) })
        }))
      }
    }, (error: unknown) => { logger.warn('standby.moved', {}, error) })
  }

  /** Everything that `relay` has shipped of this account goes, and of its logs what nobody else of that relay is in. */
  async drop (account: AccountId, relay: RelayId): Promise<void> {
    const { store, commits } = this.#c
    const relays = this.#byAccount.get(account)
    if (relays?.delete(relay) !== true) return
    if (relays.size === 0) this.#byAccount.delete(account)
    this.#counts.set(relay, (this.#counts.get(relay) ?? 1) - 1)
    this.#former.delete(`${account}/${relay}`)
    const logs = await this.logsOf(account, relay)
    for (const log of logs) {
      await commits.commit([rows.drop(rows.memberKey(relay, log, account))])
      await this.#dropUnused(relay, log)
    }
    const last: Write[] = [rows.drop(rows.accountKey(account, relay))]
    for await (const { key } of store.scan('standby', rows.rowsKey(account, relay))) last.push(rows.drop(key))
    await commits.commit(last)
  }

  /** A log that no account is in any more. */
  async #dropUnused (relay: RelayId, log: ConversationId): Promise<void> {
    const { store, commits } = this.#c
    for await (const member of store.scan('standby', rows.memberKey(relay, log))) { void member; return }
    const head = await this.headOf(relay, log)
    let writes: Write[] = []
    for (const prefix of [rows.entriesOf(relay, log), rows.itemsOf(relay, log), rows.cursorKey(relay, log), rows.groupKey(relay, log)]) {
      for await (const { key } of store.scan('standby', prefix)) {
        if (writes.push(rows.drop(key)) < dropTogether) continue
        await commits.commit(writes)
        writes = []
      }
    }
    await commits.commit([...writes, rows.drop(rows.headKey(relay, log))])
    this.#heads.delete(`${relay}/${log}`)
    this.#bytes.set(relay, Math.max(0, (this.#bytes.get(relay) ?? 0) - (head?.bytes ?? 0)))
  }

  /** Logs that the account has a part in, as `relay` says. */
  async logsOf (account: AccountId, relay: RelayId): Promise<ConversationId[]> {
    const logs: ConversationId[] = []
    for await (const { key } of this.#c.store.scan('standby', rows.rowsKey(account, relay, rows.joinedTable))) logs.push(rows.lastOfKey(key) as ConversationId)
    return logs
  }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const timer of [...this.#dropping.values(), ...this.#recountTimers]) timer.cancel()
    await Promise.all(Array.from(this.#turns.values(), ({ last }) => last))
  }
}
