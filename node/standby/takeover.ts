/**
 * An account that another relay has shipped here lives here from now on: its shadow becomes this relay's own logs, outbox and rows.
 *
 * Owns: what is taken by number, what again by message id, and the order: logs and outbox first, the registration last, so that a crash
 * in between is made good by registering again. What stands in a log here is never changed. Spec: docs/protocol/standby.md, take-over
 */
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromId, type Conversation, type ConversationId, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { isCreated } from '../../protocol/groups/membership.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Groups } from '../groups/groups.ts'
import { namedBy, readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Progress } from '../log/progress.ts'
import { unresolvedKey } from '../log/unresolved-logs.ts'
import { deadline, type Deadline } from '../deadline.ts'
import type { Registration } from '../people/accounts.ts'
import type { Commits, Logger } from '../ports.ts'
import type { LogEntry, OutboxItem, SequencedMessage, Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import * as rows from './shadow-rows.ts'
import type { Shadows } from './shadows.ts'
import { shippedGroup, shippedKeys, shippedPolicy, shippedProfile, shippedRegistration } from './shipped-rows.ts'
import { refillOutbox } from './outbox-refill.ts'

/** Logs taken over at once. */
const together = 8
/** Entries of one commit. */
const pageEntries = 256
/** Of a group, between what was shipped and what is kept here. */
const maxBetween = 1_024
/** For all logs of an account: who anchors them may have moved, and only the DHT knows. The person waits for this. */
const askAnchorsMs = 1_500

export interface TakeoverComponents {
  store: Store
  commits: Pick<Commits, 'commit'>
  shadows: Shadows
  logs: Logs
  outboxes: Outboxes
  placement: Placement
  groups: Groups
  progress: Pick<Progress, 'look'>
  homes: { askNewest (account: AccountId, options: { signal: AbortSignal }): Promise<SignedHomeRecord | undefined> }
  signing: Signing
  clock: Clock
  meter: Meter
  logger: Logger
  /** Of a group: what its sequencer keeps from `fromSeq` on and this relay does not, in order. @throws ProtocolError: not now */
  earlier (log: Log, fromSeq: number): Promise<LogEntry[]>
  /** Something waits in this outbox, or its log is sequenced here now. */
  queued (queue: OutboxQueue): void
}

/** What a registration goes on with. */
export interface Shipped {
  /** As the former home had it; its handle is a name at that relay. */
  readonly registration: Registration | undefined
  /** For the batch of the registration: prekeys, profile, who may see the account. */
  readonly writes: readonly Write[]
}

/** Of which account by which relay; `asking`: until when others may be asked about it. */
interface From { readonly account: AccountId, readonly relay: RelayId, readonly devices: readonly DeviceId[], readonly epoch: number, readonly asking: Deadline }

const nothing: Shipped = { registration: undefined, writes: [] }

export class Takeover {
  readonly #c: TakeoverComponents
  readonly #taken
  /** Outboxes that were filled, by account, until it is registered. */
  readonly #queues = new Map<AccountId, Set<OutboxQueue>>()
  readonly #imported = new Map<AccountId, Set<ConversationId>>()

  constructor (components: TakeoverComponents) {
    this.#c = components
    this.#taken = components.meter.counter('heliograph_standby_taken_over_total', 'what was taken over from shadows, by kind', ['kind'])
  }

  /**
   * The account registers here: logs and outbox are this relay's own when it resolves. May be called again.
   * @param epoch of the record that it registers with
   * @throws ProtocolError STORAGE_FULL, …: register again
   */
  async take (account: AccountId, epoch: number): Promise<Shipped> {
    const { shadows } = this.#c
    this.#imported.set(account, new Set())
    await shadows.close(account)
    let shipped = nothing
    const asking = deadline(this.#c.clock, askAnchorsMs)
    try {
      for (const relay of shadows.register.relaysOf(account)) {
        const one = await this.#readRows(account, relay)
        // The newest record's comes first.
        if (shipped.registration === undefined) shipped = one
        const devices = one.registration?.devices ?? []
        const logs = await shadows.logs.logsOf(account, relay)
        for (let at = 0; at < logs.length; at += together) {
          await Promise.all(logs.slice(at, at + together).map(async (id) => { await this.#takeLog(id, { account, relay, devices, epoch, asking }) }))
        }
        this.#taken.inc(1, { kind: 'account' })
        this.#c.logger.info('standby.taken-over', { account, logs: logs.length })
      }
    } finally {
      asking.cancel()
    }
    return shipped
  }

  /** It was not registered after all: its primary goes on shipping. */
  gaveUp (account: AccountId): void {
    this.#imported.delete(account)
    this.#c.shadows.register.open(account)
  }

  /** For somebody who is not registered here yet: what they need of this log is not known, and nothing of it is trimmed. */
  isTaking (id: ConversationId): boolean {
    for (const logs of this.#imported.values()) if (logs.has(id)) return true
    return false
  }

  /** It is registered: what waits goes on its way, and the shadow is not needed any more. */
  done (account: AccountId): void {
    const { shadows, logs, logger } = this.#c
    for (const log of logs.loadedWith(account)) logs.reset(log)
    this.#go(account).catch((error: unknown) => { logger.warn('standby.taken-over', {}, error) })
    for (const relay of shadows.register.relaysOf(account)) {
      shadows.drop(account, relay).catch((error: unknown) => { logger.warn('standby.drop', {}, error) })
    }
    shadows.register.open(account)
  }

  /** What waits goes on its way; replicas of the logs get what they miss, which begins when a log comes into memory. */
  async #go (account: AccountId): Promise<void> {
    for (const queue of this.#queues.get(account) ?? []) this.#c.queued(queue)
    this.#queues.delete(account)
    const logs = [...this.#imported.get(account) ?? []]
    this.#imported.delete(account)
    // By now it is known what its devices need, and nothing may ever be acknowledged here again.
    for (let at = 0; at < logs.length; at += together) await Promise.all(logs.slice(at, at + together).map(async (id) => { this.#c.progress.look(await this.#c.logs.loadId(id)) }))
  }

  /** [IGNORE] what the account has not signed, and what cannot be read (shipped-rows.ts) */
  async #readRows (account: AccountId, relay: RelayId): Promise<Shipped> {
    const { signing, store } = this.#c
    const writes: Write[] = []
    const keys: Array<{ device: DeviceId, key: string, value: Uint8Array }> = []
    let registration: Registration | undefined
    for await (const { key, value: row } of store.scan('standby', rows.rowsKey(account, relay))) {
      const [table, ...rest] = key.slice(rows.rowsKey(account, relay).length).split('/')
      const name = rest.join('/')
      switch (Number(table)) {
        case rows.shippedTables.account: registration = shippedRegistration(signing, account, row); break
        case rows.shippedTables.profile: {
          const value = shippedProfile(signing, account, row)
          if (value !== undefined) writes.push({ op: 'put', table: 'profile', key: name, value })
          break
        }
        case rows.shippedTables.presence: {
          const value = shippedPolicy(row)
          if (value !== undefined) writes.push({ op: 'put', table: 'presence', key: name, value })
          break
        }
        case rows.shippedTables.prekey: {
          const sound = shippedKeys(signing, name, row)
          if (sound !== undefined) keys.push({ ...sound, key: name })
        }
      }
    }
    for (const { device, key, value } of keys) if (registration === undefined || registration.devices.includes(device)) writes.push({ op: 'put', table: 'prekey', key, value })
    return { registration, writes }
  }

  async #takeLog (id: ConversationId, { account, relay, devices, epoch, asking }: From): Promise<void> {
    const { store, commits, placement, shadows, logs, outboxes } = this.#c
    const conversation = conversationFromId(id)
    const head = await shadows.logs.headOf(relay, id)
    await outboxes.reloading(id)
    const start: Write[] = [{ op: 'join', log: id, account }]
    if (placement.anchorOf(conversation) === account) start.push(rows.put(rows.importedKey(id), rows.encodeU32(epoch)))
    // Its replicas are looked after from now on, also when this relay stops before it comes to that.
    if (conversation.kind === 'group' || !conversation.members.every((member) => member === account || placement.isHome(member))) start.push({ op: 'put', table: 'meta', key: unresolvedKey(id), value: rows.empty })
    await commits.commit(start)
    this.#imported.get(account)?.add(id)
    if (conversation.kind === 'group') await this.#takeGroup(conversation, relay)
    const cursors = new Map<DeviceId, number>()
    for await (const { key, value } of store.scan('standby', rows.cursorKey(relay, id))) {
      const device = rows.deviceOfKey(key)
      if (devices.includes(device)) cursors.set(device, rows.decodeU48(value))
    }
    let isLonger = false
    if (head !== undefined && head.head > 0) {
      // Of a log that the former home has sequenced it has kept what others' homes lack.
      const isKeptForOthers = placement.anchorOf(conversation) === account
      const needed = devices.length === 0 || isKeptForOthers ? head.first : Math.min(...devices.map((device) => cursors.get(device) ?? 0)) + 1
      isLonger = await this.#takeEarlier(conversation, relay, head, Math.max(head.first, needed))
      await logs.load(conversation)
      if (this.#mayAppend(conversation, account) && await this.#isSigned(conversation, account, head, asking)) await this.#takeLater(conversation, relay, head, account)
    }
    if (head !== undefined) {
      const common = await this.#commonThrough(conversation, head)
      // Of a pair that the other one anchors their home may have kept alone what people there had trimmed: it is taken again.
      if (conversation.kind !== 'pair' || placement.anchorOf(conversation) === account) await this.#takeMessages(conversation, relay, common)
      await this.#takeAgain(conversation, relay, head, account)
      await this.#takeCursors(conversation, cursors, common)
    }
    // Who follows it here already stands behind what came back.
    if (isLonger) logs.reset(await logs.load(conversation))
    await this.#takeOutbox(conversation, relay, account)
  }

  /** A group that is not known here: its state as the former home has it. */
  async #takeGroup (conversation: GroupConversation, relay: RelayId): Promise<void> {
    const { store, commits, groups, logs } = this.#c
    const prefix = rows.groupKey(relay, conversation.id)
    const shipped = await shippedGroup(conversation, renamed(store.scan('standby', prefix), prefix.length, conversation.id))
    if (shipped === undefined) return
    const { state, isDamaged } = shipped
    const log = await logs.load(conversation)
    const { group } = log
    if (isDamaged || !isCreated(state) || group === undefined || group.isKnown) return
    const writes: Write[] = []
    logs.changed(log, groups.replace(group, state, writes))
    try {
      await commits.commit(writes)
    } catch (error) {
      logs.drop(log)
      throw error
    }
  }

  /** Entries that are not kept here any more and that a device of the account has not had. @returns whether there were some */
  async #takeEarlier (conversation: Conversation, relay: RelayId, head: rows.ShadowHead, from: number): Promise<boolean> {
    const { commits, logs } = this.#c
    let log = await logs.load(conversation)
    if (log.head === 0 || log.first <= from) return false
    const isJoined = head.head < log.first - 1 && from <= head.head && await this.#takeBetween(conversation, head.head + 1)
    log = await logs.load(conversation)
    if (head.head < log.first - 1 || !await this.#isSameBefore(log, relay)) return isJoined
    for (let isLonger = isJoined; ; isLonger = true) {
      // It may have gone from memory, and come back.
      log = await logs.load(conversation)
      const { first } = log
      if (first <= from) return isLonger
      const entries = await this.#entries(conversation, relay, Math.max(from, first - pageEntries), first - 1)
      let start = entries.length
      while (start > 0 && entries[start - 1]!.seq === first - 1 - (entries.length - start)) start--
      const fitting = entries.slice(start)
      if (fitting.length === 0) return isLonger
      await commits.commit([{ op: 'restore', log: conversation.id, entries: fitting }])
      log = await logs.load(conversation)
      if (log.first === first) log.first = fitting[0]!.seq
      if (log.first > fitting[0]!.seq) return isLonger
      this.#taken.inc(fitting.length, { kind: 'earlier-entry' })
    }
  }

  /** What the former home had not had when it was last heard, and this relay has dropped: a group's sequencer keeps it for the account. */
  async #takeBetween (conversation: Conversation, from: number): Promise<boolean> {
    const { commits, earlier, logger, logs } = this.#c
    if (conversation.kind !== 'group') return false
    const log = await logs.load(conversation)
    const between: LogEntry[] = []
    try {
      for (let at = from; at < log.first && between.length < maxBetween;) {
        const page = await earlier(log, at)
        if (page[0]?.seq !== at) return false
        between.push(...page)
        at = page.at(-1)!.seq + 1
      }
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('standby.between', {}, error)
      return false
    }
    if (log.isDropped || between.at(-1)?.seq !== log.first - 1) return false
    await commits.commit([{ op: 'restore', log: conversation.id, entries: between }])
    log.first = from
    this.#taken.inc(between.length, { kind: 'earlier-entry' })
    return true
  }

  /**
   * Does the entry before the oldest one here bear the same number there? It does when it is of the epoch that the log here had then:
   * an epoch has one sequencer. What the former home has numbered alone, while others went on without it, is of an older one.
   */
  async #isSameBefore (log: Log, relay: RelayId): Promise<boolean> {
    const { conversation: { id } } = log
    const [before] = await this.#entries(log.conversation, relay, log.first - 1, log.first - 1)
    if (before === undefined) return false
    // It was numbered here, or came here, and is not kept any more.
    const known = await this.#c.store.findMessage(id, before.sender, before.messageId)
    if (known?.at === 'log' && known.seq === before.seq && known.epoch === before.epoch) return true
    const [oldest] = log.first > log.durableHead ? [] : await this.#c.store.readLog(id, log.first, { maxEntries: 1, maxBytes: 1 })
    if ((oldest?.epoch ?? log.epoch) <= before.epoch) return true
    const row = await this.#c.store.get('standby', rows.begunKey(id))
    if (row === undefined) return false
    const begun = rows.decodeBegun(row)
    return begun.head >= log.first - 1 && begun.epoch === before.epoch
  }

  /** Highest number that surely means the same there and here; 0 when that is not known. */
  async #commonThrough (conversation: Conversation, head: rows.ShadowHead): Promise<number> {
    const { logs, store } = this.#c
    const { id } = conversation
    const log = await logs.load(conversation)
    if (log.epoch <= head.epoch) return log.head
    const row = await store.get('standby', rows.begunKey(id))
    if (row !== undefined && rows.decodeBegun(row).epoch <= head.epoch) return rows.decodeBegun(row).head
    const { first } = log
    for (let from = first; ;) {
      const entries = await store.readLog(id, from, { maxEntries: pageEntries, maxBytes: limits.pageBytes })
      const newer = entries.find(({ epoch }) => epoch > head.epoch)
      if (newer !== undefined) return newer.seq === first ? 0 : newer.seq - 1
      const last = entries.at(-1)
      if (last === undefined) return 0
      from = last.seq + 1
    }
  }

  /** This relay numbers the log from here on, after another one. */
  begins ({ conversation: { id }, head, epoch }: Log): void {
    if (head === 0) return
    this.#c.commits.commit([rows.put(rows.begunKey(id), rows.encodeBegun({ epoch, head }))]).catch((error: unknown) => { this.#c.logger.warn('standby.begins', {}, error) })
  }

  /**
   * By number after what is here: of a log that the former home has sequenced, or that nobody else here has a part in. Otherwise its
   * sequencer supplies it.
   */
  #mayAppend (conversation: Conversation, account: AccountId): boolean {
    const { placement } = this.#c
    return conversation.anchor === account || placement.localMembers(conversation).every((local) => local === account)
  }

  /**
   * [IGNORE] SPEC(relay §epochs) under an epoch that the anchor has not signed, as far as can be learned: pages of the log's sequencer would
   * be older for ever. What the account itself anchors was checked when it came (shadow-logs.ts).
   */
  async #isSigned (conversation: Conversation, account: AccountId, head: rows.ShadowHead, { signal }: Deadline): Promise<boolean> {
    const { homes, logger, placement } = this.#c
    if (conversation.kind === 'group' || conversation.anchor === account || head.epoch <= placement.epochOf(conversation)) return true
    try {
      await homes.askNewest(conversation.anchor, { signal })
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('standby.anchor-unknown', {}, error)
    }
    return head.epoch <= placement.epochOf(conversation)
  }

  /**
   * Whoever sequences this from now on may not have had what comes: it is kept until that is known (replica.ts), as if the former home
   * had still to confirm it.
   */
  async #hold (log: Log, relay: RelayId): Promise<void> {
    const seq = Math.min(log.head, log.replicas.get(relay) ?? Infinity)
    log.replicas.set(relay, seq)
    await this.#c.commits.commit([{ op: 'replicated', log: log.conversation.id, relay, seq }])
  }

  async #takeLater (conversation: Conversation, relay: RelayId, head: rows.ShadowHead, account: AccountId): Promise<void> {
    const { commits, logs, outboxes } = this.#c
    // Of a log of which nothing is kept the epoch is all there is: what is sent again is compared with it.
    await this.#skip(conversation, head, { throughSeq: head.first - 1, epoch: head.first > head.head ? head.epoch : 0 })
    let log = await logs.load(conversation)
    const isOpen = (): boolean => log.epoch <= head.epoch && log.head < head.head
    if (isOpen() && conversation.kind === 'pair' && conversation.anchor !== account) await this.#hold(log, relay)
    for (;;) {
      // It may have gone from memory, and come back.
      log = await logs.load(conversation)
      if (!isOpen()) return
      const { head: before } = log
      const entries = await this.#entries(conversation, relay, before + 1, Math.min(head.head, before + pageEntries))
      const queue = outboxes.peek(conversation.id)
      const items = await Promise.all(entries.map(async ({ sender, messageId }) => await queue?.find(sender, messageId)))
      // Right before it is used: of many that are taken over together, with little memory, each would find itself gone for ever.
      if (log.isDropped) log = await logs.load(conversation)
      if (log.isDropped || log.head !== before) continue
      const writes: Write[] = []
      const dequeued: number[] = []
      for (const [i, entry] of entries.entries()) {
        if (entry.seq !== log.head + 1 || !isOpen()) break
        appendEntry(log, entry, { groups: this.#c.groups, logs, writes })
        const item = items[i]
        if (item === undefined || queue?.isDropped !== false) continue
        writes.push({ op: 'dequeue', log: conversation.id, position: item.position })
        dequeued.push(item.position)
      }
      if (writes.length === 0) {
        // Its rows are gone, damaged perhaps: their numbers are not given again.
        this.#c.logger.error('standby.entries-lost', { from: log.head + 1, head: head.head })
        const next = entries.find(({ seq }) => seq > log.head + 1)?.seq ?? head.head + 1
        await this.#skip(conversation, head, { throughSeq: next - 1, epoch: 0 })
        continue
      }
      await logs.written(log, commits.commit(writes))
      for (const position of dequeued) queue!.removed(position)
      if (queue !== undefined) outboxes.settle(queue)
      this.#taken.inc(entries.length, { kind: 'entry' })
    }
  }

  /**
   * What the former home does not keep before its entries, unless something newer has begun here. What is on its way to the disk gets there first.
   * @param to epoch 0: the log's own
   */
  async #skip (conversation: Conversation, head: rows.ShadowHead, { throughSeq, epoch }: { readonly throughSeq: number, readonly epoch: number }): Promise<void> {
    const { commits, logs } = this.#c
    for (;;) {
      const log = await logs.load(conversation)
      // Otherwise nothing is waited for, as below: it would find itself gone for ever.
      if (!log.isDurable) {
        await log.settled()
        continue
      }
      if (log.epoch > head.epoch || log.head >= throughSeq) return
      log.skipTo(throughSeq, epoch)
      await logs.written(log, commits.commit([{ op: 'skip', log: conversation.id, epoch: log.epoch, throughSeq }]))
      return
    }
  }

  /** What the former home had numbered and neither keeps any more: it has its number, also when a device sends it again. */
  async #takeMessages (conversation: Conversation, relay: RelayId, common: number): Promise<void> {
    const { commits, logs, store } = this.#c
    const { id } = conversation
    let page: SequencedMessage[] = []
    const remember = async (): Promise<void> => {
      await commits.commit(page.map((message): Write => ({ op: 'remember', log: id, message })))
      logs.peek(id)?.remembered()
      this.#taken.inc(page.length, { kind: 'message-id' })
      page = []
    }
    const { head: through } = await logs.load(conversation)
    for await (const { value } of store.scan('standby', rows.messagesOf(relay, id))) {
      for (const message of rows.decodeMessages(value)) {
        if (message.seq > Math.min(common, through) || await store.findMessage(id, message.sender, message.messageId) !== undefined) continue
        if (page.push(message) >= pageEntries) await remember()
      }
    }
    if (page.length > 0) await remember()
  }

  /** What the account itself has written and is in no log or outbox here: it goes the way of a message that a device sends again. */
  async #takeAgain (conversation: Conversation, relay: RelayId, head: rows.ShadowHead, account: AccountId): Promise<void> {
    for (let from = head.first; from <= head.head; from += pageEntries) {
      const entries = await this.#entries(conversation, relay, from, Math.min(head.head, from + pageEntries - 1))
      const own = entries.filter(({ envelope }) => senderOf(envelope) === account)
      await this.#enqueue(conversation, own, account, 'entry-again')
    }
  }

  /** A device has what bears the same number here: where the copies part, what it has taken there is something else. */
  async #takeCursors (conversation: Conversation, cursors: ReadonlyMap<DeviceId, number>, common: number): Promise<void> {
    const { id } = conversation
    const log = await this.#c.logs.load(conversation)
    const writes: Write[] = []
    for (const [device, seq] of cursors) {
      const upTo = Math.min(seq, log.head, common)
      if (upTo <= (log.cursors.get(device) ?? -1)) continue
      log.cursors.set(device, upTo)
      writes.push({ op: 'cursor', log: id, device, seq: upTo })
    }
    if (writes.length > 0) await this.#c.commits.commit(writes)
  }

  async #takeOutbox (conversation: Conversation, relay: RelayId, account: AccountId): Promise<void> {
    const { id } = conversation
    let page: Array<Omit<OutboxItem, 'log' | 'position'>> = []
    for await (const { value } of this.#c.store.scan('standby', rows.itemsOf(relay, id))) {
      const item = itemOf(rows.decodeEnvelope(value))
      if (senderOf(item.envelope) !== account) continue
      page.push(item)
      if (page.length < pageEntries) continue
      await this.#enqueue(conversation, page, account, 'outbox')
      page = []
    }
    await this.#enqueue(conversation, page, account, 'outbox')
  }

  /** Into this relay's outbox, unless it is here already. */
  async #enqueue (conversation: Conversation, envelopes: ReadonlyArray<Omit<OutboxItem, 'log' | 'position'>>, account: AccountId, kind: string): Promise<void> {
    const filled = await refillOutbox(this.#c, conversation, envelopes)
    if (filled === undefined) return
    const queues = this.#queues.get(account) ?? new Set()
    this.#queues.set(account, queues.add(filled.queue))
    this.#taken.inc(filled.count, { kind })
  }

  async #entries ({ id }: Conversation, relay: RelayId, from: number, to: number): Promise<LogEntry[]> {
    const keys = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
    const out: LogEntry[] = []
    for (const seq of keys) {
      const value = await this.#c.store.get('standby', rows.entryKey(relay, id, seq))
      if (value !== undefined) out.push({ seq, epoch: rows.decodeEnvelope(value).epoch, ...itemOf(rows.decodeEnvelope(value)) })
    }
    return out
  }

  /** The epoch of the anchor's record with which this log was taken over from a shadow; undefined: it was not. */
  async takenOverAt ({ id }: Conversation): Promise<number | undefined> {
    const row = await this.#c.store.get('standby', rows.importedKey(id))
    return row === undefined ? undefined : rows.decodeU32(row)
  }

  /** A former home has handed over what it still has, of an account that lives here. */
  async takeIn (account: AccountId, relay: RelayId): Promise<void> {
    const { placement, shadows, store, commits } = this.#c
    if (!placement.isHome(account)) throw new ProtocolError('UNKNOWN_ACCOUNT')
    const { writes, registration } = await this.#readRows(account, relay)
    this.#imported.set(account, new Set())
    const asking = deadline(this.#c.clock, limits.requestTimeoutMs)
    try {
      for (const id of await shadows.logs.logsOf(account, relay)) await this.#takeLog(id, { account, relay, devices: registration?.devices ?? [], epoch: placement.epochOf({ anchor: account }), asking })
    } finally {
      asking.cancel()
    }
    // What the account has said here since is newer.
    const missing: Write[] = []
    for (const write of writes) if (write.op === 'put' && write.table !== 'prekey' && await store.get(write.table, write.key) === undefined) missing.push(write)
    if (missing.length > 0) await commits.commit(missing)
    this.#taken.inc(1, { kind: 'handed-over' })
    await this.#go(account)
  }
}

/** The next entry of a log, from another copy of it; a group's change takes effect. */
export function appendEntry (log: Log, entry: LogEntry, { groups, logs, writes }: { groups: Groups, logs: Logs, writes: Write[] }): void {
  log.append(entry)
  writes.push({ op: 'append', log: log.conversation.id, entry })
  const { group } = log
  // What came with the state is in it already.
  if (group?.isKnown !== true || entry.seq <= group.state.seq || readEnvelopeHeader(entry.envelope).control === undefined) return
  const effect = groups.applyEntry(group, entry.envelope, entry, writes)
  if (effect !== undefined) logs.changed(log, effect)
}

export const senderOf = (envelope: Uint8Array): AccountId => accountIdFromBytes(readEnvelopeHeader(envelope).senderAccount)

export function itemOf ({ storedAtMs, expiresAtMs, envelope }: rows.ShadowEnvelope): Omit<OutboxItem, 'log' | 'position'> {
  return { ...namedBy(envelope), storedAtMs, expiresAtMs, envelope }
}

async function * renamed (from: AsyncIterable<{ key: string, value: Uint8Array }>, prefixLength: number, id: ConversationId): AsyncIterable<{ key: string, value: Uint8Array }> {
  for await (const { key, value } of from) yield { key: `${id}/${key.slice(prefixLength)}`, value }
}
