/**
 * Devices connected to this relay, their side of the message path: submit, deliver, acknowledge, read, list.
 *
 * Owns: who is attached, which logs a device follows, what it may read. Who the device is was proved by hello
 * (client-service.ts). Spec: docs/protocol/client.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import { conversationFromBytes, conversationFromId, type Conversation } from '../../protocol/conversation.ts'
import { ERRORS, ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdFromBytes, messageIdToBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import type { LogState, Outcome, Page, Position, Positions, ReadLog } from '../../protocol/wire/gen/log.js'
import { Delivery, type DeliveryComponents } from './delivery.ts'
import { FanoutScheduler, rankOf } from '../fanout/scheduler.ts'
import type { Span } from '../groups/group-rows.ts'
import { FairIntake } from '../limits/fair-intake.ts'
import type { Load } from '../limits/load.ts'
import { ReadLater } from '../limits/read-later.ts'
import type { Turns } from '../limits/turns.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Intake } from '../log/intake.ts'
import type { Origin } from '../log/intake-batch.ts'
import { Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import type { Logs } from '../log/logs.ts'
import type { AccountActivity } from '../watch/activity.ts'
import { longBuckets, waitBuckets, type Meter } from '../watch/meter.ts'
import { wireEntry } from './pages-builder.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Defer, Homes, Logger } from '../ports.ts'
import type { Progress } from '../log/progress.ts'
import { SharedPages } from './shared-pages.ts'
import type { LogEntry, OutboxItem, Store } from '../store/store.ts'

/** A device that hello has proved. */
export interface Attached {
  readonly account: AccountId
  readonly device: DeviceId
  readonly channel: Channel
}

class ClientSession {
  readonly account: AccountId
  readonly device: DeviceId
  readonly channel: Channel
  readonly delivery: Delivery
  readonly origin: Origin
  isDetached = false

  constructor ({ account, device, channel }: Attached, components: DeliveryComponents) {
    this.account = account
    this.device = device
    this.channel = channel
    this.delivery = new Delivery(channel, device, components)
    this.origin = { pendingBytes: 0, sender: { account, device }, memo: {}, onSequenced: (log, seq) => { this.delivery.sequenced(log, seq) } }
  }
}

export interface ClientSessionsComponents extends Pick<DeliveryComponents, 'clock' | 'random' | 'logger'> {
  store: Pick<Store, 'logsOf' | 'openLog'>
  logs: Logs
  reader: LogReader
  intake: Intake
  /** Of a group that another relay sequences: what this replica does not keep, and that relay does. @throws ProtocolError: not now */
  earlier (log: Log, fromSeq: number): Promise<LogEntry[]>
  /** Its former home may still hand over what its devices lack here. */
  standby?: { isDue (account: AccountId): boolean }
  placement: Placement
  homes: Homes
  progress: Progress
  buckets: Buckets
  loopLagMs?: (() => number) | undefined
  turns?: Turns
  load?: Load
  meter: Meter
  logger: Logger
  defer: Defer
}

/** Deliveries of one message to members of a group that cost about as much as taking an envelope; of a large group not all of them are counted, else it would stand still on a busy relay. */
const deliveriesPerEnvelope = 4
const maxCounted = 128

/** Logs looked at together when a device comes back. */
const openTogether = 16

export class ClientSessions {
  readonly #c: ClientSessionsComponents
  readonly #delivery: DeliveryComponents
  readonly #refused
  readonly #fair: FairIntake
  readonly #readLater: ReadLater
  readonly #byChannel = new Map<Channel, ClientSession>()
  readonly #byAccount = new Map<AccountId, Set<ClientSession>>()

  constructor (components: ClientSessionsComponents) {
    this.#c = components
    const { meter, logs, homes, placement } = components
    const pages = new SharedPages(components)
    this.#fair = new FairIntake(components, { allowance: rates.promptPerAccount, maxBytes: limits.turnsBytesOfAccount, name: 'accounts' })
    this.#readLater = new ReadLater(components)
    this.#delivery = {
      ...components,
      pages,
      scheduler: new FanoutScheduler(components),
      budget: { usedBytes: 0 },
      delivered: meter.counter('heliograph_delivery_entries_total', 'entries handed to devices'),
      lag: meter.histogram('heliograph_delivery_lag_seconds', 'from stored (by the sequencer\'s clock) to acknowledged by a device, the time that it was away included', longBuckets),
      onlineLag: meter.histogram('heliograph_delivery_online_lag_seconds', 'the same, from when the device connected if that was later', waitBuckets),
      rankOf: ({ conversation }) => rankOf(placement, conversation)
    }
    meter.gauge('heliograph_delivery_shared_bytes', 'pages of groups kept for the devices that have not had them', () => pages.usedBytes)
    this.#refused = meter.counter('heliograph_delivery_refused_total', 'envelopes that a sequencer has refused after they were accepted here', ['told'])
    const { budget } = this.#delivery
    meter.gauge('heliograph_delivery_unacknowledged_bytes', 'bytes of them', () => budget.usedBytes)
    meter.gauge('heliograph_delivery_unacknowledged', 'entries handed to devices and not acknowledged yet', () => {
      let entries = 0
      for (const session of this.#byChannel.values()) entries += session.delivery.windowEntries
      return entries
    })
    logs.onLoad((log) => { this.#followers(log, (session) => { this.#follow(session, log) }) })
    logs.onChange((log, { joined, left }) => {
      for (const account of joined) for (const session of this.#byAccount.get(account) ?? []) this.#follow(session, log)
      for (const account of left) for (const session of this.#byAccount.get(account) ?? []) session.delivery.end(log, placement.spanOf(log.conversation, account)?.last ?? 0)
    })
    // Never served here again; the answer to whatever the device asks next tells it where it lives.
    homes.onMoved((account) => {
      if (!placement.isHome(account)) for (const session of this.#byAccount.get(account) ?? []) session.delivery.stop()
    })
  }

  get size (): number { return this.#byChannel.size }

  /** What each account's devices have handed in and been given on the connections that are open. */
  activity (): Map<AccountId, AccountActivity> {
    const accounts = new Map<AccountId, AccountActivity>()
    for (const [account, sessions] of this.#byAccount) {
      const sum = { devices: sessions.size, submitted: 0, handedOut: 0, unacknowledged: 0 }
      for (const { origin, delivery } of sessions) {
        sum.submitted += origin.envelopes ?? 0
        sum.handedOut += delivery.handedOut
        sum.unacknowledged += delivery.windowEntries
      }
      accounts.set(account, sum)
    }
    return accounts
  }

  /** Deliver to this device from now on. An earlier connection of the same device is served no more. */
  attach (attached: Attached): void {
    for (const other of this.#byAccount.get(attached.account) ?? []) if (other.device === attached.device) this.#detach(other)
    const session = new ClientSession(attached, this.#delivery)
    this.#byChannel.set(attached.channel, session)
    const sessions = this.#byAccount.get(attached.account) ?? new Set()
    this.#byAccount.set(attached.account, sessions.add(session))
    attached.channel.onClose(() => { this.#detach(session) })
    this.#catchUp(session).catch((error: unknown) => {
      // It would wait for messages for ever: let it connect again.
      this.#c.logger.error('session.catch-up', {}, error)
      attached.channel.abort(new ProtocolError('INTERNAL', { cause: error }))
    })
  }

  detach ({ channel }: Pick<Attached, 'channel'>): void {
    const session = this.#byChannel.get(channel)
    if (session !== undefined) this.#detach(session)
  }

  #detach (session: ClientSession): void {
    if (session.isDetached) return
    session.isDetached = true
    session.delivery.stop()
    this.#byChannel.delete(session.channel)
    const sessions = this.#byAccount.get(session.account)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#byAccount.delete(session.account)
  }

  stop (): void { for (const session of [...this.#byChannel.values()]) this.#detach(session) }

  #followers (log: Log, each: (session: ClientSession) => void): void {
    const { placement } = this.#c
    const visit = (account: AccountId): void => {
      const sessions = this.#byAccount.get(account)
      if (sessions !== undefined && placement.isHome(account)) for (const session of sessions) each(session)
    }
    for (const account of placement.localMembers(log.conversation)) visit(account)
    for (const account of log.group?.leaving.keys() ?? []) visit(account)
  }

  /** Of a group's log a device has what came while its account was a member. */
  #follow (session: ClientSession, log: Log): void {
    const span = this.#c.placement.spanOf(log.conversation, session.account)
    if (span === undefined) return
    session.delivery.follow(log, span.first, span.last)
    if ((log.cursors.get(session.device) ?? 0) >= span.last) this.#c.progress.look(log)
  }

  /** Follow every log in which the device is behind. The others are followed when they come into memory. */
  async #catchUp (session: ClientSession): Promise<void> {
    const { store, logs } = this.#c
    // Those in memory first: one that is being written for the first time does not stand in the store's list yet.
    for (const log of logs.loadedOf(session.account)) this.#follow(session, log)
    const ids = await store.logsOf(session.account)
    for (let at = 0; at < ids.length && !session.isDetached; at += openTogether) {
      await Promise.all(ids.slice(at, at + openTogether).map(async (id) => {
        const loaded = logs.peek(id)
        if (loaded !== undefined) { // followed when it was loaded, or above; of a group whose member has just come to live here, now
          if (!logs.isOf(loaded, session.account)) logs.reset(loaded)
          return
        }
        const state = await store.openLog(id)
        if (state !== undefined && state.head > (state.cursors.get(session.device) ?? 0)) this.#follow(session, await logs.loadId(id))
      }))
    }
  }

  register (handlers: Handlers): void {
    handlers
      .on(clientMethods.submit, ({ envelopes }, channel) => {
        const session = this.#session(channel)
        return this.#submit(envelopes, session)
      })
      .onNotification(clientNotifications.acknowledge, (positions, channel) => { this.#onAcknowledge(positions, channel) })
      .on(clientMethods.readLog, (request, channel) => {
        const session = this.asking(channel)
        this.#c.load?.check('history')
        return this.#onReadLog(request, session)
      })
      .on(clientMethods.listLogs, (_, channel) => this.#onListLogs(this.asking(channel)))
  }

  /** @throws ProtocolError QUOTA, OVERLOADED; as Intake.accept */
  #submit (envelopes: readonly Uint8Array[], { account, channel, device, origin }: ClientSession): Promise<{ outcomes: Outcome[] }> {
    const weight = { envelopes: envelopes.length, bytes: bytesOf(envelopes), cost: envelopes.length * this.#costOf(envelopes[0]) }
    this.#readLater.submits(channel)
    try {
      this.#c.buckets.take('submitPerDevice', device, weight.envelopes)
      this.#c.buckets.take('submitPerAccount', account, weight.envelopes)
      return this.#fair.run(account, weight, () => this.#c.intake.accept(envelopes, origin).then((outcomes) => {
        if (outcomes.some(({ status }) => status === ERRORS.QUOTA.status)) this.#readLater.refused(channel)
        else this.#readLater.taken(channel)
        return { outcomes }
      }))
    } catch (error) {
      this.#readLater.failed(channel, error)
      throw error
    }
  }

  /** Of one and of those that come with it, in envelopes between two people: what goes to a group is handed to each who lives here. */
  #costOf (envelope: Uint8Array | undefined): number {
    if (envelope === undefined) return 1
    try {
      const { group } = this.#c.logs.peek(conversationFromBytes(readEnvelopeHeader(envelope).conversation).id) ?? {}
      return 1 + Math.min(group?.locals.length ?? 0, maxCounted) / deliveriesPerEnvelope
    } catch (error) {
      if (isProtocolError(error)) return 1 // refused where it is looked at
      throw error
    }
  }

  /** @throws ProtocolError NOT_AUTHENTICATED */
  #session (channel: Channel): ClientSession {
    const session = this.#byChannel.get(channel)
    if (session === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    return session
  }

  /** The sequencer has refused what this relay had accepted: the device that sent it is told, if it is there. */
  refused ({ log, sender, messageId, envelope }: OutboxItem, code: ErrorCode): void {
    let isTold = false
    for (const session of this.#byAccount.get(accountIdFromBytes(readEnvelopeHeader(envelope).senderAccount)) ?? []) {
      if (session.device !== sender) continue
      session.channel.notify(clientNotifications.refused, { conversation: conversationFromId(log).bytes, messageId: messageIdToBytes(messageId), status: ERRORS[code].status })
      isTold = true
    }
    this.#refused.inc(1, { told: isTold ? 'yes' : 'no' })
  }

  /** @throws ProtocolError NOT_AUTHENTICATED, MOVED, QUOTA */
  asking (channel: Channel): ClientSession {
    const session = this.#session(channel)
    if (!this.#c.placement.isHome(session.account)) throw this.#c.placement.notHere(session.account)
    this.#c.buckets.take('lookupPerDevice', session.device, 1)
    return session
  }

  #onAcknowledge ({ positions }: Positions, channel: Channel): void {
    const session = this.#session(channel)
    for (const position of positions) {
      const conversation = conversationFromBytes(position.conversation)
      // A group's members are known with its log.
      if (conversation.kind !== 'group') this.#own(conversation, session)
      const log = this.#c.logs.peek(conversation.id)
      if (log !== undefined) this.#acknowledge(session, log, position)
      else if (this.#mayLoad(session)) {
        this.#c.logs.load(conversation).then((loaded) => { this.#acknowledge(session, loaded, position) }, (error: unknown) => {
          // Only delivered again: its cursor stays where it was.
          this.#c.logger.warn('session.acknowledge', {}, error)
        })
      }
    }
  }

  /** What a device has not acknowledged is in memory: others are looked for now and then. Left out, it is delivered again one day. */
  #mayLoad ({ device }: ClientSession): boolean {
    try {
      this.#c.buckets.take('signalPerDevice', device, 1)
      return true
    } catch (error) {
      if (isProtocolError(error, 'QUOTA')) return false
      throw error
    }
  }

  #acknowledge (session: ClientSession, log: Log, { epoch, seq }: Position): void {
    // [IGNORE] a group that its account is not in
    if (this.#c.placement.spanOf(log.conversation, session.account) === undefined) return
    // [IGNORE] SPEC(groups §13) of an epoch whose numbers may be void by now: what it has of the newer one it says next
    if (epoch >= log.epoch) this.#c.progress.acknowledged(log, session.device, seq)
    session.delivery.acknowledge(log, seq)
  }

  /** [REJECT] a conversation of other people. @throws ProtocolError NOT_ADMITTED */
  #own (conversation: Conversation, session: ClientSession): Span {
    const span = this.#c.placement.spanOf(conversation, session.account)
    if (span === undefined) throw new ProtocolError('NOT_ADMITTED')
    return span
  }

  async #onReadLog (request: ReadLog, session: ClientSession): Promise<Page> {
    const conversation = conversationFromBytes(request.conversation)
    if (conversation.kind !== 'group') this.#own(conversation, session)
    const log = await this.#c.logs.load(conversation)
    const span = this.#own(conversation, session)
    const last = Math.min(log.durableHead, span.last)
    const from = Math.max(request.fromSeq, span.first)
    const earlier = log.group !== undefined && from < log.first && !this.#c.placement.isSequencer(conversation) ? await this.#c.earlier(log, from) : []
    const entries = earlier.length > 0 ? earlier : await this.#c.reader.read(log, from, { maxEntries: request.maxEntries || limits.pageEntries, maxBytes: limits.pageBytes })
    // [LATER] what is not here yet is not gone
    if (from < log.first && (entries[0]?.seq ?? log.first) > from && this.#c.standby?.isDue(session.account) === true) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    const epoch = entries[0]?.epoch ?? log.epoch
    return {
      conversation: conversation.bytes,
      epoch,
      // A page has one epoch; the rest is the next page's.
      entries: entries.filter((entry) => entry.epoch === epoch && entry.seq <= last)
        .map((entry) => wireEntry(entry, entry.sender === session.device ? readEnvelopeHeader(entry.envelope) : undefined)),
      head: last
    }
  }

  async #onListLogs (session: ClientSession): Promise<{ logs: LogState[] }> {
    const out: LogState[] = []
    for (const id of await this.#c.store.logsOf(session.account)) {
      const conversation = conversationFromId(id)
      const state = conversation.kind === 'group' ? await this.#c.logs.load(conversation) : this.#c.logs.peek(id) ?? await this.#c.store.openLog(id)
      const span = this.#c.placement.spanOf(conversation, session.account)
      if (state === undefined || span === undefined) continue
      const head = Math.min(state instanceof Log ? state.durableHead : state.head, span.last)
      out.push({ conversation: conversation.bytes, epoch: state.epoch, first: Math.max(state.first, span.first), head, cursor: Math.max(state.cursors.get(session.device) ?? 0, span.first - 1) })
    }
    return { logs: out }
  }
}

const bytesOf = (envelopes: readonly Uint8Array[]): number => envelopes.reduce((sum, { byteLength }) => sum + byteLength, 0)
