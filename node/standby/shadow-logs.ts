/**
 * Logs and outboxes of other relays' accounts, as far as they have been shipped here: a shadow is nobody's log, it is neither
 * delivered nor replicated.
 *
 * Owns: no gaps, the rows of logs (shadow-rows.ts), what the primary that shipped them may read again, and dropping what no
 * account is in. Does not know: turns and answers (shadows.ts). Spec: docs/protocol/standby.md
 */
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, mayBelong, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { ReadShipped, ShipLog } from '../../protocol/wire/gen/standby.js'
import { namedBy } from '../log/envelope-header.ts'
import { readNumberedId } from '../log/numbered-id.ts'
import type { Memo } from '../log/submission.ts'
import type { Buckets } from '../ports.ts'
import { senderTagOf } from '../store/sender-tag.ts'
import type { SequencedMessage, Store, Write } from '../store/store.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import { emptyPart } from './drafts.ts'
import { checkEnvelope, checkNumber, maxKeyBytes, maxNumber } from './shadow-checks.ts'
import type { ShadowRegister } from './shadow-register.ts'
import * as rows from './shadow-rows.ts'
import type { ShadowSpace, ShadowWrites } from './shadow-space.ts'

/** Heads of shadows in memory: 250 bytes each. */
const maxHeads = 20_000
/** Entries or items of one answer. */
const readBounds = 256
/** Rows that go with one batch: a log of 8 GiB of small envelopes has forty million. */
const dropTogether = 4_096

export interface ShadowLogsComponents {
  store: Pick<Store, 'get' | 'scan'>
  register: ShadowRegister
  space: ShadowSpace
  buckets: Buckets
  clock: Clock
  meter: Meter
  commit (writes: readonly Write[]): Promise<void>
}

/** What the logs of one request came to, before its commit. */
export interface TakenLogs extends ShadowWrites {
  /** Heads in memory that are void when the commit fails. */
  readonly touched: Set<string>
  /** Heads asked for, answered after the commit. */
  readonly asked: Array<{ of: Uint8Array, head: rows.ShadowHead }>
}

export class ShadowLogs {
  readonly #c: ShadowLogsComponents
  /** `<relay>/<log>`. */
  readonly #heads = new Map<string, rows.ShadowHead>()
  readonly #entries: Counter

  constructor (components: ShadowLogsComponents) {
    this.#c = components
    this.#entries = components.meter.counter('heliograph_standby_received_total', 'entries and waiting envelopes that other relays have shipped here')
  }

  /**
   * One account's part of a log.
   * @throws ProtocolError MOVED, NOT_ADMITTED, MALFORMED, …: nothing of it; GAP: what came before the gap
   */
  async take (part: ShipLog, taken: TakenLogs): Promise<void> {
    const { register, space } = this.#c
    const { relay, writes } = taken
    const conversation = conversationFromBytes(part.conversation)
    const account = accountIdFromBytes(part.account)
    // [REJECT] a log that the account cannot be in
    if (!mayBelong(conversation, account)) throw new ProtocolError('BAD_CONVERSATION')
    if (await register.allow(account, relay) === 'done') {
      // As if everything was here: there is nothing to send.
      if (part.asks) taken.asked.push({ of: part.conversation, head: { epoch: 0, first: 1, head: maxNumber, bytes: 0 } })
      return
    }
    const { id } = conversation
    const head = { ...await this.#head(relay, id) }
    const charged = taken.bytes
    const start = writes.length
    try {
      if (head.head === 0) {
        await space.chargeNew(rows.memberKey(relay, id, account), taken)
        writes.push(rows.put(rows.memberKey(relay, id, account), rows.empty), rows.put(rows.rowsKey(account, relay, rows.joinedTable, id), rows.empty))
      }
      this.#checkEpochs(part, conversation, account, relay)
      taken.bytes -= await this.#skip(part, relay, id, head, writes)
      this.#takeNumbered(part, id, taken)
      const { isGap, appended } = this.#append(part, conversation, head, taken)
      await this.#takeWaiting(part, conversation, taken)
      taken.bytes -= await this.#trim(part.trimThrough, relay, id, head, writes, appended)
      for (const { device, seq } of part.cursors) {
        const key = rows.cursorKey(relay, id, deviceIdOfKey(device))
        await space.chargeNew(key, taken)
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

  #keepHead (relay: RelayId, id: ConversationId, head: rows.ShadowHead, { writes, touched }: TakenLogs): void {
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
    if (!isCut) return gone
    await this.#forgetAbove(checkNumber(cutThrough), relay, id, writes)
    if (cutThrough >= head.head) return gone
    await this.#dropEntries(relay, id, { from: Math.max(head.first, cutThrough + 1), to: head.head }, writes)
    Object.assign(head, { head: cutThrough, first: Math.min(head.first, cutThrough + 1) })
    return gone
  }

  /** Of what is void nothing is remembered: it comes again. */
  async #forgetAbove (through: number, relay: RelayId, id: ConversationId, writes: Write[]): Promise<void> {
    const prefix = rows.messagesOf(relay, id)
    const lastKey = rows.messagesKey(relay, id, through)
    const kept: SequencedMessage[] = []
    const look = (key: string, value: Uint8Array): void => {
      if (key < lastKey) return
      for (const message of rows.decodeMessages(value)) if (message.seq <= through && kept.length < limits.travellingIds) kept.push(message)
      writes.push(rows.drop(key))
    }
    // Of this request, not written yet.
    for (const write of [...writes]) if (write.op === 'put' && write.key.startsWith(prefix)) look(write.key, write.value)
    for await (const { key, value } of this.#c.store.scan('standby', prefix)) look(key, value)
    if (kept.length > 0) writes.push(rows.put(lastKey, rows.encodeMessages(kept)))
  }

  /** Ids of what the primary does not keep any more. */
  #takeNumbered ({ numbered }: ShipLog, id: ConversationId, taken: TakenLogs): void {
    if (numbered.length === 0) return
    const { relay, writes } = taken
    let fromSeq = 1
    const bounds = { throughSeq: maxNumber, maxEpoch: Infinity, nowMs: this.#c.clock.nowMs() }
    const messages = numbered.map((wire) => {
      // [REJECT] out of order: a row is found by its last number
      const message = readNumberedId(wire, { ...bounds, fromSeq })
      fromSeq = message.seq
      return message
    })
    this.#c.space.charge(taken, messages.length * rows.messageRowBytes)
    writes.push(rows.put(rows.messagesKey(relay, id, fromSeq), rows.encodeMessages(messages)))
  }

  /**
   * The last of them with the request; of very many the others before it, a batch at a time: what goes is void whatever becomes of the request.
   * @param messageOf what is to be remembered of an entry
   */
  async #dropEntries (relay: RelayId, id: ConversationId, { from, to }: { from: number, to: number }, writes: Write[], messageOf: (seq: number) => Promise<SequencedMessage | undefined> = async () => undefined): Promise<void> {
    for (let seq = from; seq <= to;) {
      const batch: Write[] = []
      const messages: SequencedMessage[] = []
      for (const end = Math.min(to, seq + dropTogether - 1); seq <= end; seq++) {
        const message = await messageOf(seq)
        if (message !== undefined) messages.push(message)
        batch.push(rows.drop(rows.entryKey(relay, id, seq)))
      }
      if (messages.length > 0) batch.push(rows.put(rows.messagesKey(relay, id, seq - 1), rows.encodeMessages(messages)))
      if (seq > to) writes.push(...batch)
      else await this.#c.commit(batch)
    }
  }

  async #entry (relay: RelayId, id: ConversationId, seq: number): Promise<rows.ShadowEnvelope | undefined> {
    try {
      const row = await this.#c.store.get('standby', rows.entryKey(relay, id, seq))
      return row === undefined ? undefined : rows.decodeEnvelope(row)
    } catch (error) {
      // As if it was not there: its primary has it, and it is not needed before that is gone.
      if (isProtocolError(error, 'DAMAGED')) return undefined
      throw error
    }
  }

  /** [REJECT] SPEC(relay §epochs) an epoch that the anchor has not signed would put the log out of reach of every home after this one */
  #checkEpochs ({ skipEpoch, entries, numbered }: ShipLog, { kind, anchor }: Conversation, account: AccountId, relay: RelayId): void {
    if (kind === 'group' || anchor !== account) return
    const most = this.#c.register.signedEpochOf(account, relay)
    if (skipEpoch > most || [...entries, ...numbered].some(({ epoch }) => epoch > most)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
  }

  /** @returns whether entries are missing before the first of these */
  #append ({ entries }: ShipLog, conversation: Conversation, head: rows.ShadowHead, taken: TakenLogs): { isGap: boolean, appended: Map<number, SequencedMessage> } {
    const { relay, writes } = taken
    const { id } = conversation
    const memo: Memo = { conversation }
    const appended = new Map<number, SequencedMessage>()
    for (const entry of entries) {
      const { seq, epoch, storedAtMs, expiresAtMs, envelope } = entry
      if (checkNumber(seq) <= head.head) continue
      if (seq !== head.head + 1) return { isGap: true, appended }
      const { senderDevice, messageId } = checkEnvelope(entry, conversation, memo)
      appended.set(seq, { epoch, seq, sender: senderTagOf(senderDevice), messageId, storedAtMs })
      this.#c.space.charge(taken, envelope.byteLength)
      writes.push(rows.put(rows.entryKey(relay, id, seq), rows.encodeEnvelope({ epoch, storedAtMs, expiresAtMs, envelope })))
      Object.assign(head, { head: seq, epoch: Math.max(head.epoch, epoch), bytes: head.bytes + envelope.byteLength })
      this.#entries.inc()
    }
    return { isGap: false, appended }
  }

  async #takeWaiting ({ items, itemsFrom, itemsTo, dequeued }: ShipLog, conversation: Conversation, taken: TakenLogs): Promise<void> {
    const { relay, writes } = taken
    const { id } = conversation
    const memo: Memo = { conversation }
    for (const position of dequeued) writes.push(rows.drop(rows.itemKey(relay, id, checkNumber(position))))
    const here = new Set<number>()
    for (const item of items) {
      const { position, storedAtMs, expiresAtMs, envelope } = item
      checkEnvelope(item, conversation, memo)
      this.#c.space.charge(taken, envelope.byteLength)
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

  async #takeGroupRows ({ rows: given, isWhole }: ShipLog, id: ConversationId, taken: TakenLogs): Promise<void> {
    const { relay, writes } = taken
    const whole = new Set<string>()
    for (const row of given) {
      if (row.key.length > maxKeyBytes) throw new ProtocolError('TOO_LARGE', { what: 'key' })
      const key = rows.groupKey(relay, id, row.key)
      whole.add(key)
      this.#c.space.writeRow(key, row, taken)
    }
    if (isWhole) for await (const { key } of this.#c.store.scan('standby', rows.groupKey(relay, id))) if (!whole.has(key)) writes.push(rows.drop(key))
  }

  /**
   * Message ids stay: who has not heard that a message was delivered sends it again after a move, and it has its number.
   * @param appended of this request, not written yet
   * @returns bytes of what goes, guessed
   */
  async #trim (throughSeq: number, relay: RelayId, id: ConversationId, head: rows.ShadowHead, writes: Write[], appended: ReadonlyMap<number, SequencedMessage> = new Map()): Promise<number> {
    const through = Math.min(checkNumber(throughSeq), head.head)
    if (through < head.first) return 0
    const before = head.bytes
    const kept = (head.head - through) / (head.head - head.first + 1)
    let remembered = 0
    await this.#dropEntries(relay, id, { from: head.first, to: through }, writes, async (seq) => {
      const message = appended.get(seq) ?? messageIn(seq, await this.#entry(relay, id, seq))
      if (message !== undefined) remembered++
      return message
    })
    head.first = through + 1
    head.bytes = Math.round(before * kept)
    return before - head.bytes - remembered * rows.messageRowBytes
  }

  /**
   * Drop what has expired: entries at the front of the log, which keeps its numbers, what waits, and old message ids. Bounded; in the turn of the relay.
   * @returns rows that went
   */
  async sweep (relay: RelayId, id: ConversationId, nowMs: number): Promise<number> {
    const { space, store, commit } = this.#c
    const head = { ...await this.#head(relay, id) }
    const { first } = head
    const writes: Write[] = []
    let through = head.first - 1
    for (; through < head.head && through - head.first < dropTogether; through++) {
      const entry = await this.#entry(relay, id, through + 1)
      if (entry !== undefined && entry.expiresAtMs > nowMs) break
    }
    let bytes = await this.#trim(through, relay, id, head, writes)
    let gone = head.first - first
    for await (const { key, value } of store.scan('standby', rows.itemsOf(relay, id))) {
      if (gone >= 2 * dropTogether) break
      if (rows.decodeEnvelope(value).expiresAtMs > nowMs) continue
      writes.push(rows.drop(key))
      gone++
    }
    for await (const { key, value } of store.scan('standby', rows.messagesOf(relay, id))) {
      if (gone >= 2 * dropTogether || [...rows.decodeMessages(value)].some(({ storedAtMs }) => storedAtMs > nowMs - limits.dedupMs)) break
      writes.push(rows.drop(key))
      bytes += value.byteLength
      gone++
    }
    if (writes.length === 0) return 0
    const taken: TakenLogs = { relay, writes, touched: new Set(), asked: [], bytes: 0 }
    if (head.first > first) this.#keepHead(relay, id, head, taken)
    try {
      await commit(writes)
    } catch (error) {
      this.forget(taken.touched)
      throw error
    }
    space.add(relay, -bytes)
    return gone
  }

  /** The commit of what these were written in has failed. */
  forget (touched: Iterable<string>): void { for (const key of touched) this.#heads.delete(key) }

  async headOf (relay: RelayId, id: ConversationId): Promise<rows.ShadowHead | undefined> {
    const value = await this.#c.store.get('standby', rows.headKey(relay, id))
    return value === undefined ? undefined : rows.decodeHead(value)
  }

  /** For the primary that has shipped it. @throws ProtocolError MOVED, NOT_ADMITTED */
  async read ({ conversation: bytes, account: of, fromSeq, fromPosition }: ReadShipped, relay: RelayId): Promise<ShipLog> {
    const conversation = conversationFromBytes(bytes)
    const account = accountIdFromBytes(of)
    const { buckets, register, store } = this.#c
    buckets.take('forwardPerRelay', relay, readBounds)
    if (!mayBelong(conversation, account)) throw new ProtocolError('BAD_CONVERSATION')
    await register.allow(account, relay)
    const head = await this.headOf(relay, conversation.id) ?? { epoch: 0, first: 1, head: 0, bytes: 0 }
    const entries: ShipLog['entries'] = []
    const items: ShipLog['items'] = []
    let size = 0
    for (let seq = Math.max(fromSeq, head.first); seq <= head.head && entries.length < readBounds && size < limits.pageBytes; seq++) {
      const value = await store.get('standby', rows.entryKey(relay, conversation.id, seq))
      if (value === undefined) continue
      const entry = rows.decodeEnvelope(value)
      entries.push({ seq, ...entry })
      size += entry.envelope.byteLength
    }
    for await (const { key, value } of store.scan('standby', rows.itemsOf(relay, conversation.id))) {
      const position = rows.numberOfKey(key)
      if (position < fromPosition) continue
      if (items.length >= readBounds || size > limits.pageBytes) break
      const { storedAtMs, expiresAtMs, envelope } = rows.decodeEnvelope(value)
      items.push({ position, storedAtMs, expiresAtMs, envelope })
      size += envelope.byteLength
    }
    return { ...emptyPart(conversation.id, account), skipThrough: head.first - 1, skipEpoch: head.epoch, entries, items, cutThrough: head.head }
  }

  /** All of it goes when no account is in it any more. */
  async dropUnused (relay: RelayId, log: ConversationId): Promise<void> {
    const { space, store, commit } = this.#c
    for await (const member of store.scan('standby', rows.memberKey(relay, log))) { void member; return }
    const head = await this.headOf(relay, log)
    let writes: Write[] = []
    for (const prefix of [rows.entriesOf(relay, log), rows.messagesOf(relay, log), rows.itemsOf(relay, log), rows.cursorKey(relay, log), rows.groupKey(relay, log)]) {
      for await (const { key } of store.scan('standby', prefix)) {
        if (writes.push(rows.drop(key)) < dropTogether) continue
        await commit(writes)
        writes = []
      }
    }
    await commit([...writes, rows.drop(rows.headKey(relay, log))])
    this.#heads.delete(`${relay}/${log}`)
    space.add(relay, -(head?.bytes ?? 0))
  }

  /** Logs that the account has a part in, as `relay` says. */
  async logsOf (account: AccountId, relay: RelayId): Promise<ConversationId[]> {
    const logs: ConversationId[] = []
    for await (const { key } of this.#c.store.scan('standby', rows.rowsKey(account, relay, rows.joinedTable))) logs.push(rows.lastOfKey(key) as ConversationId)
    return logs
  }
}

function messageIn (seq: number, entry: rows.ShadowEnvelope | undefined): SequencedMessage | undefined {
  if (entry === undefined) return undefined
  const { sender, messageId } = namedBy(entry.envelope)
  return { epoch: entry.epoch, seq, sender: senderTagOf(sender), messageId, storedAtMs: entry.storedAtMs }
}
