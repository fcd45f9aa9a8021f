/**
 * What a Store should do, written as simply as it can be, and seeded random batches for it: the other half of
 * store-suite.ts. `dump` says everything that a store answers about a small world as one text, of a model or of a store.
 */
import { crc32 } from 'node:zlib'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation, type ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, deviceIdOfKey, messageIdFromBytes, relayIdOfKey, type AccountId, type DeviceId, type MessageId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { senderTagOf, type SenderTag } from './sender-tag.ts'
import type { LogEntry, MessageKey, OutboxItem, Seen, SequencedMessage, Store, Table, Write } from './store.ts'

export interface World {
  readonly accounts: readonly AccountId[]
  readonly logs: readonly ConversationId[]
  readonly devices: readonly DeviceId[]
  readonly relays: readonly RelayId[]
  readonly rows: ReadonlyArray<readonly [Table, string]>
}

const keyOf = (kind: number, index: number): Uint8Array => new Uint8Array(32).fill(kind).fill(index, 8)

export function makeWorld ({ logs = 4, devices = 3 } = {}): World {
  const accounts = Array.from({ length: logs + 1 }, (_, index) => accountIdOfKey(keyOf(1, index)))
  return {
    accounts,
    logs: accounts.slice(1).map((other) => pairConversation(accounts[0]!, other).id),
    devices: Array.from({ length: devices }, (_, index) => deviceIdOfKey(keyOf(index + 2, index))),
    relays: [0, 1].map((index) => relayIdOfKey(keyOf(200, index))),
    rows: [['account', 'a'], ['account', 'b'], ['handle', 'a'], ['handle', 'ab/c'], ['handle', 'ab/d'], ['prekey', 'ü/1'], ['meta', 'x']]
  }
}

/** A UUIDv7 of this number; higher numbers sort later. */
export function messageIdOf (index: number): MessageId {
  const bytes = Buffer.alloc(16, 0x11)
  bytes.writeUIntBE(index, 0, 6)
  bytes[6] = 0x70
  bytes[8] = 0x80
  return messageIdFromBytes(bytes)
}

interface ModelLog { isKept: boolean, epoch: number, first: number, head: number, starts: Array<{ epoch: number, first: number }>, entries: LogEntry[], cursors: Array<[DeviceId, number]>, replicas: Array<[RelayId, number]>, outbox: OutboxItem[] }
interface ModelState {
  logs: Map<ConversationId, ModelLog>
  seen: Map<string, { log: ConversationId, sender: SenderTag, messageId: MessageId, seen: Seen, storedAtMs: number }>
  joined: Array<[AccountId, ConversationId]>
  tables: Map<string, Uint8Array>
}

export class StoreModel {
  state: ModelState = { logs: new Map(), seen: new Map(), joined: [], tables: new Map() }

  copy (): StoreModel {
    const model = new StoreModel()
    model.state = structuredClone(this.state)
    return model
  }

  log (log: ConversationId): ModelLog {
    const known = this.state.logs.get(log)
    if (known !== undefined) return known
    const made: ModelLog = { isKept: false, epoch: 0, first: 1, head: 0, starts: [], entries: [], cursors: [], replicas: [], outbox: [] }
    this.state.logs.set(log, made)
    return made
  }

  apply (batch: readonly Write[]): void { for (const write of batch) this.#apply(write) }

  #apply (write: Write): void {
    const { state } = this
    if (write.op === 'put') { state.tables.set(`${write.table}/${write.key}`, write.value); return }
    if (write.op === 'delete') { state.tables.delete(`${write.table}/${write.key}`); return }
    const name = write.op === 'enqueue' ? write.item.log : write.log
    const log = this.log(name)
    if (!['enqueue', 'dequeue', 'trim', 'cut', 'restore', 'remember', 'leave', 'retire'].includes(write.op)) log.isKept = true
    switch (write.op) {
      case 'append':
        log.entries.push(write.entry)
        log.head = write.entry.seq
        log.epoch = write.entry.epoch
        if (log.starts.every(({ epoch }) => epoch < write.entry.epoch)) log.starts = [...log.starts, { epoch: write.entry.epoch, first: write.entry.seq }].slice(-32)
        this.#see(name, write.entry, { at: 'log', epoch: write.entry.epoch, seq: write.entry.seq })
        return
      case 'enqueue':
        log.outbox = [...log.outbox, write.item].sort((a, b) => a.position - b.position)
        this.#see(name, write.item, { at: 'outbox', position: write.item.position })
        return
      case 'dequeue': log.outbox = log.outbox.filter(({ position }) => position !== write.position); return
      case 'cursor': log.cursors = [...log.cursors.filter(([device]) => device !== write.device), [write.device, write.seq]]; return
      case 'replicated': log.replicas = [...log.replicas.filter(([relay]) => relay !== write.relay), [write.relay, write.seq]]; return
      case 'retire': log.replicas = log.replicas.filter(([relay]) => relay !== write.relay); return
      case 'leave': state.joined = state.joined.filter(([account, joined]) => account !== write.account || joined !== write.log); return
      case 'trim': this.#trim(log, Math.min(write.throughSeq, log.head)); return
      case 'restore':
        if (!log.isKept || write.entries.length === 0 || write.entries.at(-1)!.seq !== log.first - 1) return
        log.entries = [...write.entries, ...log.entries]
        log.first = write.entries[0]!.seq
        for (const entry of write.entries) this.#see(name, entry, { at: 'log', epoch: entry.epoch, seq: entry.seq })
        return
      case 'remember':
        this.#see(name, write.message, { at: 'log', epoch: write.message.epoch, seq: write.message.seq })
        return
      case 'cut':
        if (write.throughSeq >= log.head) return
        log.entries = log.entries.filter(({ seq }) => seq <= write.throughSeq)
        for (const { sender, messageId } of write.ids) state.seen.delete(`${name}/${sender}/${messageId}`)
        log.starts = log.starts.filter(({ first }) => first <= write.throughSeq)
        Object.assign(log, { epoch: write.epoch, head: write.throughSeq, first: Math.min(log.first, write.throughSeq + 1) })
        return
      case 'skip':
        if (write.throughSeq <= log.head) return
        this.#trim(log, write.throughSeq)
        Object.assign(log, { epoch: write.epoch, head: write.throughSeq, starts: [] })
        return
      case 'join': if (!state.joined.some(([account, joined]) => account === write.account && joined === write.log)) state.joined.push([write.account, write.log])
    }
  }

  sweep (nowMs: number): void {
    for (const log of this.state.logs.values()) {
      while (log.entries.length > 0 && log.entries[0]!.expiresAtMs <= nowMs) this.#trim(log, log.first)
      log.outbox = log.outbox.filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    }
    for (const [key, row] of this.state.seen) if (row.storedAtMs <= nowMs - limits.dedupMs) this.state.seen.delete(key)
  }

  #trim (log: ModelLog, throughSeq: number): void {
    log.entries = log.entries.filter(({ seq }) => seq > throughSeq)
    log.first = Math.max(log.first, throughSeq + 1)
  }

  #see (log: ConversationId, { sender: device, messageId, storedAtMs }: { sender: DeviceId | SenderTag, messageId: MessageId, storedAtMs: number }, seen: Seen): void {
    const sender = senderTagOf(device)
    this.state.seen.set(`${log}/${sender}/${messageId}`, { log, sender, messageId, seen, storedAtMs })
  }
}

/** Seeded random batches that are right for a model, which they move on. */
export class RandomBatches {
  readonly random: SeededRandom
  readonly model = new StoreModel()
  readonly #world: World
  readonly #maxEnvelopeBytes: number
  #messages = 0
  #position = 0

  constructor (seed: number, world: World, { maxEnvelopeBytes = 300 } = {}) {
    this.random = new SeededRandom(seed)
    this.#world = world
    this.#maxEnvelopeBytes = maxEnvelopeBytes
  }

  next (maxWrites = 6): Write[] {
    const batch: Write[] = []
    for (let count = 1 + this.random.below(maxWrites); count > 0; count--) {
      const write = this.#write()
      this.model.apply([write])
      batch.push(write)
    }
    return batch
  }

  #row (): Omit<OutboxItem, 'log' | 'position'> {
    const { random } = this
    // mostly new ids, sometimes one that was there before
    const index = random.fraction() < 0.9 ? ++this.#messages : 1 + random.below(this.#messages + 1)
    return {
      sender: random.pick(this.#world.devices),
      messageId: messageIdOf(index),
      storedAtMs: 1_000_000 + random.below(1000),
      expiresAtMs: 2_000_000 + random.below(1000),
      envelope: random.bytes(random.below(this.#maxEnvelopeBytes))
    }
  }

  /** Also of those that are not kept. */
  #idsAbove (log: ConversationId, throughSeq: number): MessageKey[] {
    return [...this.model.state.seen.values()].filter((row) => row.log === log && row.seen.at === 'log' && row.seen.seq > throughSeq)
  }

  #write (): Write {
    const { random } = this
    const name = random.pick(this.#world.logs)
    const log = this.model.log(name)
    const dice = random.below(100)
    if (dice < 40) return { op: 'append', log: name, entry: { epoch: Math.max(1, log.epoch + (random.below(20) === 0 ? 1 : 0)), seq: log.head + 1, ...this.#row() } }
    if (dice < 55) return { op: 'enqueue', item: { log: name, position: ++this.#position, ...this.#row() } }
    if (dice < 65) return { op: 'dequeue', log: name, position: log.outbox[0]?.position ?? 1 }
    if (dice < 73) return { op: 'cursor', log: name, device: random.pick(this.#world.devices), seq: random.below(log.head + 1) }
    if (dice < 76) return { op: 'replicated', log: name, relay: random.pick(this.#world.relays), seq: random.below(log.head + 1) }
    if (dice < 77) return { op: 'retire', log: name, relay: random.pick(this.#world.relays) }
    if (dice < 84) return { op: 'trim', log: name, throughSeq: log.first + random.below(log.head - log.first + 3) - 1 }
    if (dice < 86) return { op: 'skip', log: name, epoch: log.epoch + 1, throughSeq: Math.max(0, log.head - 2) + random.below(5) }
    if (dice < 85 && random.below(2) === 0) {
      // now and then some that do not fit
      const last = log.first - 1 - (random.below(8) === 0 ? 1 : 0)
      const count = Math.min(Math.max(0, last), 1 + random.below(3))
      return { op: 'restore', log: name, entries: Array.from({ length: count }, (_, i) => ({ epoch: 1, seq: last - count + 1 + i, ...this.#row() })) }
    }
    if (dice < 87 && random.below(2) === 0) {
      const throughSeq = Math.max(0, log.head - random.below(4))
      return { op: 'cut', log: name, throughSeq, epoch: log.epoch, ids: this.#idsAbove(name, throughSeq) }
    }
    if (dice < 87 && random.below(2) === 0) {
      const { sender, messageId, storedAtMs } = this.#row()
      return { op: 'remember', log: name, message: { epoch: 1, seq: Math.max(1, log.first - 1), sender: senderTagOf(sender), messageId, storedAtMs } }
    }
    if (dice < 87) return { op: 'leave', log: name, account: random.pick(this.#world.accounts) }
    if (dice < 90) return { op: 'join', log: name, account: random.pick(this.#world.accounts) }
    const [table, key] = random.pick(this.#world.rows)
    return dice < 97 ? { op: 'put', table, key, value: random.bytes(random.below(40)) } : { op: 'delete', table, key }
  }
}

interface Dumped { logs: unknown[], seen: unknown[], sequenced: unknown[], joined: unknown[], tables: unknown[] }

const printEntry = ({ epoch, seq, sender, messageId, storedAtMs, expiresAtMs, envelope }: LogEntry): string =>
  `${epoch}.${seq} ${sender.slice(-6)} ${messageId} ${storedAtMs} ${expiresAtMs} ${envelope.byteLength} ${crc32(envelope)}`
const printItem = ({ position, sender, messageId, storedAtMs, expiresAtMs, envelope }: OutboxItem): string =>
  `${position} ${sender.slice(-6)} ${messageId} ${storedAtMs} ${expiresAtMs} ${envelope.byteLength} ${crc32(envelope)}`
const printSeen = (seen: Seen | undefined): string => seen === undefined ? 'unseen' : seen.at === 'log' ? `log ${seen.epoch}.${seen.seq}` : `outbox ${seen.position}`
const printMessage = ({ sender, messageId, epoch, seq, storedAtMs }: SequencedMessage): string => `${sender} ${messageId} ${epoch}.${seq} ${storedAtMs}`
const sorted = <T>(rows: Iterable<T>): T[] => [...rows].sort()

/** @param messages ids 1 to this number are looked for */
export function dumpModel ({ state }: StoreModel, world: World, messages: number): Dumped {
  const seenOf = (log: ConversationId, sender: DeviceId): Array<[MessageId, Seen]> =>
    [...state.seen.values()].filter((row) => row.log === log && row.sender === senderTagOf(sender)).map((row) => [row.messageId, row.seen])
  return {
    logs: world.logs.map((name) => {
      const log = state.logs.get(name)
      const head = log?.isKept === true ? { epoch: log.epoch, first: log.first, head: log.head, starts: log.starts, cursors: sorted(log.cursors), replicas: sorted(log.replicas) } : 'none'
      return { head, entries: log?.entries.map(printEntry) ?? [], outbox: log?.outbox.map(printItem) ?? [] }
    }),
    seen: world.logs.flatMap((log) => world.devices.map((sender) => {
      const seen = new Map(seenOf(log, sender))
      return [sorted(seen.keys()).at(-1) ?? 'none', ...Array.from({ length: messages }, (_, index) => printSeen(seen.get(messageIdOf(index + 1))))].join(', ')
    })),
    sequenced: world.logs.map((name) => sorted([...state.seen.values()].flatMap(({ log, sender, messageId, seen, storedAtMs }) => log === name && seen.at === 'log' ? [printMessage({ sender, messageId, epoch: seen.epoch, seq: seen.seq, storedAtMs })] : []))),
    joined: world.accounts.map((account) => sorted(state.joined.filter(([joined]) => joined === account).map(([, log]) => log))),
    tables: sorted([...state.tables].map(([key, value]) => `${key} ${Buffer.from(value).toString('hex')}`))
  }
}

/** The same of a store, read in pages of random bounds. */
export async function dumpStore (store: Store, world: World, messages: number, random: SeededRandom): Promise<Dumped> {
  const outboxes = new Map((await store.outboxes()).map((row) => [row.log, row]))
  const logs = []
  for (const name of world.logs) {
    const opened = await store.openLog(name)
    const entries: string[] = []
    for (let from = random.below(2); ;) {
      const page = await store.readLog(name, from, { maxEntries: 1 + random.below(20), maxBytes: random.below(2000) })
      if (page.length === 0) break
      entries.push(...page.map(printEntry))
      from = page.at(-1)!.seq + 1
    }
    const outbox: string[] = []
    const positions: number[] = []
    for (let from = 0; ;) {
      const page = await store.readOutbox(name, from, { maxEntries: 1 + random.below(20), maxBytes: random.below(2000) })
      if (page.length === 0) break
      outbox.push(...page.map(printItem))
      positions.push(...page.map(({ position }) => position))
      from = page.at(-1)!.position + 1
    }
    const summary = outboxes.get(name)
    const expected = positions.length === 0 ? undefined : { log: name, firstPosition: positions[0], lastPosition: positions.at(-1), count: positions.length }
    if (JSON.stringify(summary) !== JSON.stringify(expected)) throw new Error(`outboxes() says ${JSON.stringify(summary)}, readOutbox ${JSON.stringify(expected)}`)
    const head = opened === undefined ? 'none' : { epoch: opened.epoch, first: opened.first, head: opened.head, starts: opened.starts, cursors: sorted(opened.cursors), replicas: sorted(opened.replicas) }
    logs.push({ head, entries, outbox })
  }
  const seen = []
  for (const log of world.logs) {
    for (const sender of world.devices) {
      const found = await Promise.all(Array.from({ length: messages }, (_, index) => store.findMessage(log, sender, messageIdOf(index + 1))))
      seen.push([await store.highestMessage(log, sender) ?? 'none', ...found.map(printSeen)].join(', '))
    }
  }
  const sequenced = []
  for (const log of world.logs) {
    const found: string[] = []
    let after: MessageKey | undefined
    do {
      const from: MessageKey | undefined = after
      after = undefined
      for await (const message of store.messages(log, from)) {
        found.push(printMessage(message))
        if (random.below(20) === 0) { after = message; break }
      }
    } while (after !== undefined)
    sequenced.push(found)
  }
  const joined = await Promise.all(world.accounts.map(async (account) => sorted(await store.logsOf(account))))
  const tables: string[] = []
  for (const table of new Set(world.rows.map(([one]) => one))) {
    for await (const { key, value } of store.scan(table, '')) tables.push(`${table}/${key} ${Buffer.from(value).toString('hex')}`)
  }
  return { logs, seen, sequenced, joined, tables: sorted(tables) }
}

/** The store refused for this reason. */
export const refusedAs = (code: Parameters<typeof isProtocolError>[1]) => (error: unknown): boolean => isProtocolError(error, code!)
