/**
 * The relay's message path out of its parts: logs, outboxes, intake, delivery, forwarding, replication, channels to relays.
 *
 * Owns: the order in which the parts are made, started and stopped, and what happens between them when an account moves or
 * the disk fails. Runs on any ports: libp2p and LevelDB (node.ts), or a mesh and a store in memory under virtual time.
 */
import type { Channel, ChannelMeter, Handlers } from '../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../protocol/clock.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../protocol/errors.ts'
import { isHigherAnchor, verifyGroupAnchor, type SignedGroupAnchor } from '../protocol/groups/anchor.ts'
import type { Conversation, ConversationId } from '../protocol/conversation.ts'
import type { AccountId, DeviceId, RelayId } from '../protocol/ids.ts'
import { limits } from '../protocol/limits.ts'
import type { Outcome } from '../protocol/wire/gen/log.js'
import { ClientSessions, type Attached } from './delivery/client-sessions.ts'
import { AnchorNotices } from './groups/anchor-notices.ts'
import type { Group } from './groups/group.ts'
import { GroupAnchors, type AnchorSource } from './groups/group-anchors.ts'
import { GroupOffers } from './groups/group-offers.ts'
import { GroupSequencer } from './groups/group-sequencer.ts'
import { GroupService } from './groups/group-service.ts'
import { Groups, type GroupSigning } from './groups/groups.ts'
import { MoveNotices } from './groups/move-notices.ts'
import { Fanout } from './fanout/fanout.ts'
import { Roads } from './fanout/roads.ts'
import { Alignment } from './federation/alignment.ts'
import { Arrivals } from './federation/arrivals.ts'
import { EntryCopies } from './federation/entry-copies.ts'
import { Forwarding } from './federation/forwarding.ts'
import { Gaps } from './federation/gaps.ts'
import { Adoption } from './log/adoption.ts'
import { Cutting } from './log/cutting.ts'
import { Intake } from './log/intake.ts'
import { Links } from './federation/links.ts'
import { MessageIds } from './federation/message-ids.ts'
import { LogTakeover } from './federation/log-takeover.ts'
import { LogReader } from './log/log-reader.ts'
import { noLoad, type LoadGuard } from './limits/load.ts'
import { Storage, type StorageLimits } from './limits/storage.ts'
import { Turns } from './limits/turns.ts'
import type { Log } from './log/log.ts'
import { Logs, logsDefaults, type LogsConfig } from './log/logs.ts'
import type { Mesh } from './mesh/mesh.ts'
import type { Meter } from './watch/meter.ts'
import { Outboxes, type OutboxQueue } from './log/outbox.ts'
import { Placement } from './log/placement.ts'
import { Presence } from './presence/presence.ts'
import type { Blocks, Buckets, Commits, Defer, Directory, Homes, LocalAccounts, Logger } from './ports.ts'
import { Progress } from './log/progress.ts'
import { RelaySessions } from './federation/relay-sessions.ts'
import { Replicas } from './federation/replica.ts'
import { ReplicaEntries } from './federation/replica-entries.ts'
import { ReplicaSource } from './federation/replica-source.ts'
import { Replication } from './federation/replication.ts'
import { Retention } from './log/retention.ts'
import type { Standby, StandbyAccounts, StandbyHomes } from './standby/standby.ts'
import type { LogEntry, OutboxItem, Store } from './store/store.ts'
import type { ActivitySample, LogActivity, RelayActivity } from './watch/activity.ts'
import { hotLogGauge } from './watch/hot-logs.ts'

export interface MessagePathParts {
  mesh: Pick<Mesh, 'self' | 'dial' | 'handle' | 'publish' | 'subscribe'>
  store: Store
  commits: Commits
  accounts: LocalAccounts & StandbyAccounts
  homes: Homes & StandbyHomes
  directory: Directory
  buckets: Buckets
  blocks?: Blocks
  clock: Clock
  random: Random
  defer: Defer
  signing: GroupSigning
  logger: Logger
  meter: Meter
  /** Milliseconds with fractions, for durations; default `clock.nowMs`. */
  stopwatch? (): number
  /** Where the requests and notifications of the message path are added. */
  clientHandlers: Handlers
  relayHandlers: Handlers
  channelMeter?: ChannelMeter
  /** How late the thread is, in milliseconds; default: never. */
  loopLagMs? (): number
  /** When those who send much are served; default: of its own. */
  turns?: Turns
  /** Standbys of accounts here, and standing by for others; `commits` go through it. Absent: this relay has none. */
  standby?: Standby
  /** The relay's own commits, which do not ship: for what is shipped here. */
  ownCommits?: Commits
  /** What is left out when there is too much to do; default: nothing. */
  load?: LoadGuard
}

export interface MessagePathConfig {
  /** 0: for ever */
  readonly retentionMs: number
  /** 32-byte Ed25519 seed of the relay's key: it signs pages of groups. */
  readonly seed: Uint8Array
  readonly logs?: Partial<LogsConfig>
  readonly storage?: Partial<StorageLimits>
}

/** Of one log, in one life of it in memory: half an hour. */
const maxComparisons = 64
/** Envelopes received and not answered yet: at 20 MB/s one and six seconds. */
const busyIntakeBytes = 20 * 1024 * 1024
const overloadedIntakeBytes = 120 * 1024 * 1024

export class MessagePath {
  readonly #parts: MessagePathParts
  readonly #logs: Logs
  readonly storage: Storage
  readonly #placement: Placement
  readonly #outboxes: Outboxes
  readonly #progress: Progress
  readonly #intake: Intake
  readonly #links: Links
  readonly #forwarding: Forwarding
  readonly #replication: Replication
  readonly #replicas: Replicas
  readonly #clients: ClientSessions
  readonly #relays: RelaySessions
  readonly #retention: Retention
  readonly #presence: Presence
  readonly #fanout: Fanout
  readonly #offers: GroupOffers
  readonly #moveNotices: MoveNotices
  readonly #anchors: GroupAnchors
  readonly #anchorNotices: AnchorNotices
  readonly #adopting = new Set<OutboxQueue>()
  readonly #waits = new Set<Timer>()
  #isStopped = false

  constructor (parts: MessagePathParts, config: MessagePathConfig) {
    this.#parts = parts
    const { accounts, clientHandlers, homes, meter, relayHandlers, store } = parts
    const loadedGroups = new Map<ConversationId, Group>()
    const knownAnchors = new Map<ConversationId, SignedGroupAnchor>()
    const placement = new Placement({ accounts, homes }, loadedGroups, { cached: (id) => knownAnchors.get(id) })
    const groups = new Groups({ ...parts, homing: placement }, loadedGroups)
    this.#logs = new Logs({ store, placement, groups, meter }, { ...logsDefaults, ...config.logs })
    this.#placement = placement
    hotLogGauge(meter, parts.clock, () => this.#logs.loaded)
    this.#outboxes = new Outboxes({ store, meter, clock: parts.clock })
    const load = parts.load ?? noLoad
    const anchors = this.#anchors = new GroupAnchors({ ...parts, placement, groups, logs: this.#logs, links: () => this.#links }, knownAnchors)
    const onAnchor = (record: Uint8Array, relay: RelayId): boolean => this.#onAnchor(record, relay)
    const storage = new Storage({ ...parts, placement, logs: this.#logs, outboxes: this.#outboxes }, config.storage)
    this.storage = storage
    const turns = parts.turns ?? new Turns(parts)
    const shared = { ...parts, turns, load, storage, placement, groups, anchors, onAnchor, logs: this.#logs, outboxes: this.#outboxes }
    this.#progress = new Progress(shared)
    this.#links = new Links({ ...shared, handlers: relayHandlers })
    const onRefused = (item: OutboxItem, code: ErrorCode): void => { this.#clients.refused(item, code) }
    const sequencer = new GroupSequencer(shared)
    const adoption: Adoption = new Adoption({ ...shared, groups: sequencer, survey: (log, relay) => alignment.ask(log.conversation, relay), takeOver: (log, relay) => logTakeover.take(log, relay), onRefused })
    this.#intake = new Intake({ ...shared, groups: sequencer, adoption }, config)
    const reader: LogReader = new LogReader({ ...parts, fetchCopy: (log, seq) => copies.fetch(log, seq) })
    const alignment: Alignment = new Alignment({ ...shared, reader, adoption: () => adoption, cutting: new Cutting(shared), links: this.#links })
    const entries = new ReplicaEntries(shared, config)
    const source = new ReplicaSource({ ...shared, entries, links: this.#links })
    const ids = new MessageIds(shared)
    ids.register(relayHandlers)
    const copying = { ...shared, alignment, entries, source, ids, links: this.#links }
    const logTakeover: LogTakeover = new LogTakeover(copying)
    this.#replicas = new Replicas({ ...copying, progress: this.#progress, gaps: new Gaps(copying), arrivals: new Arrivals({ ...shared, earlier: (log, fromSeq) => copies.before(log, fromSeq) }), onInLine: (id) => { this.#anchorNotices.inLine(id) }, stored: async (log, seq) => (await reader.read(log, seq, { maxEntries: 1, maxBytes: 1 })).find((entry) => entry.seq === seq) })
    const copies: EntryCopies = new EntryCopies({ ...shared, links: this.#links }, config)
    const roads = new Roads(shared)
    const retries = meter.counter('heliograph_lane_retries_total', 'times that something for another relay is tried again, by what: batches of a kind, or one conversation', ['lane'])
    for (const lane of ['forward', 'replicate', 'conversation']) retries.inc(0, { lane })
    const all = { ...shared, retries, reader, alignment, roads, links: this.#links, progress: this.#progress, intake: this.#intake, replicas: this.#replicas }
    const earlier = (log: Log, fromSeq: number): Promise<LogEntry[]> => copies.before(log, fromSeq)
    this.#clients = new ClientSessions({ ...all, earlier })
    this.#forwarding = new Forwarding({ ...all, load: (conversation) => this.#logs.load(conversation), isParted: (id) => this.#anchorNotices.isParted(id), follow: (conversation, relay) => this.#followFirst(conversation, relay), adopt: (queue) => { this.#adopt(queue) }, onRefused })
    this.#replication = new Replication(all)
    this.#relays = new RelaySessions({ ...all, heardOf: (relay) => { this.#heardOf(relay) } })
    this.#retention = new Retention(parts)
    this.#presence = new Presence({ ...shared, links: this.#links })
    this.#fanout = new Fanout({ ...all, replication: this.#replication }, config)
    parts.load?.watch({ name: 'intake', read: () => this.#intake.pendingBytes, busy: busyIntakeBytes, overloaded: overloadedIntakeBytes })
    this.#intake.onQueued((queue) => { this.#forwarding.queued(queue) })
    this.#logs.onLoad((log) => { this.#compare(log) })
    this.#intake.onFirst((log) => { this.#replication.follow(log) })
    this.#outboxes.onReload((queue) => { this.#forwarding.queued(queue) })
    homes.onMoved((account) => { this.#moved(account) })
    parts.blocks?.onChange(({ kind, id, isBlocked }) => { if (kind === 'relay' && !isBlocked) this.#heardOf(id as RelayId) })
    this.#clients.register(clientHandlers)
    this.#relays.register(relayHandlers)
    this.#offers = new GroupOffers({ ...shared, adoption, links: this.#links })
    this.#offers.register(relayHandlers)
    this.#moveNotices = new MoveNotices({ ...shared, links: this.#links })
    this.#anchorNotices = new AnchorNotices({ ...shared, adoption, links: this.#links, follow: (conversation, relay) => this.#replicas.follow(conversation, relay), onInLine: (id) => { this.#forwarding.anchored(id) } })
    anchors.onAnchored((anchor, source) => { this.#anchored(anchor, source) })
    alignment.register(relayHandlers)
    new GroupService({ ...shared, asking: (channel) => this.#clients.asking(channel) }).register(clientHandlers, relayHandlers)
    this.#presence.register(clientHandlers, relayHandlers)
    this.#fanout.register(clientHandlers, relayHandlers)
    parts.standby?.bind({ ...all, earlier, commits: parts.ownCommits ?? parts.commits, queued: (queue) => { this.#forwarding.queued(queue) }, asking: (channel) => this.#clients.asking(channel) })
  }

  /** Resume what the last run left: outboxes, replicas that were behind. */
  async start (): Promise<void> {
    await this.#anchors.load()
    await this.#parts.standby?.load()
    await this.#outboxes.load()
    this.#links.start()
    this.#retention.start()
    // First: what waits must not overtake what comes back from a log that has parted.
    this.#anchorNotices.resume()
    for (const queue of this.#outboxes.queues) this.#forwarding.queued(queue)
    await this.#replication.resume()
    this.#presence.start()
  }

  /** A device has said hello: deliver to it. */
  attach (session: Attached): void {
    this.#clients.attach(session)
    this.#presence.attach(session)
    this.#fanout.attach(session)
  }

  detach (session: Attached): void {
    this.#clients.detach(session)
    this.#presence.detach(session)
    this.#fanout.detach(session)
  }

  /** Envelopes of a device that lives elsewhere, into logs that this relay sequences. @throws ProtocolError TOO_MANY, OVERLOADED */
  acceptGuest (envelopes: readonly Uint8Array[], sender: { readonly account: AccountId, readonly device: DeviceId }): Promise<Outcome[]> {
    return this.#intake.accept(envelopes, { pendingBytes: 0, sender, memo: {}, isGuest: true })
  }

  anchorOf (conversation: Conversation): AccountId { return this.#placement.anchorOf(conversation) }
  heardAnchor (record: Uint8Array, relay: RelayId): void { this.#onAnchor(record, relay) }

  /** @throws ProtocolError HOME_UNREACHABLE, TIMEOUT; the signal's reason */
  channelTo (relay: RelayId, options: { signal: AbortSignal }): Promise<Channel> { return this.#links.channelTo(relay, options) }

  /** For the operator: what is in memory, counted. */
  activity (): ActivitySample {
    const logs = new Map<ConversationId, LogActivity>()
    for (const { conversation, durableHead: head, followers } of this.#logs.loaded) {
      let behind = 0
      for (const { sent } of followers) behind += Math.max(0, head - sent)
      logs.set(conversation.id, { kind: conversation.kind, members: this.#placement.members(conversation).length, head, followers: followers.length, behind })
    }
    const relays = new Map<RelayId, RelayActivity>()
    const [forwarded, forwarding, connected] = [this.#relays.forwarded(), this.#forwarding.activity(), this.#links.connected()]
    for (const relay of new Set([...forwarded.keys(), ...forwarding.keys(), ...connected])) {
      const { waiting, isBackingOff } = forwarding.get(relay) ?? { waiting: 0, isBackingOff: false }
      relays.set(relay, { forwarded: forwarded.get(relay) ?? 0, isConnected: connected.has(relay), waiting, isBackingOff })
    }
    return { logs, accounts: this.#clients.activity(), relays }
  }

  /**
   * A batch of writes failed: what memory computed on top of it is void. Called before anybody hears of the failure, so
   * that nothing new is computed on it.
   */
  onCommitFailure (): void {
    for (const log of [...this.#logs.loaded]) if (!log.isDurable) this.#logs.drop(log)
    for (const queue of [...this.#outboxes.queues]) {
      if (queue.last === queue.durableHead) continue
      const log = this.#logs.peek(queue.conversation.id)
      if (log !== undefined) this.#logs.drop(log)
      this.#outboxes.reload(queue)
    }
  }

  /** Finish what is under way until the signal fires; the rest is on disk and goes on at the next start. */
  async stop ({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#waits) timer.cancel()
    this.#relays.drain()
    this.#offers.stop()
    this.#moveNotices.stop()
    this.#anchorNotices.stop()
    const drained = Promise.all([this.#forwarding.stop(), this.#replication.stop(), this.#replicas.settled()])
    await Promise.race([drained, fired(signal)])
    this.#clients.stop()
    await this.#presence.stop()
    await this.#fanout.stop()
    await this.#parts.standby?.stop()
    this.#progress.stop()
    await this.#retention.stop()
    await this.#links.stop()
  }

  /** A newer home record of the account is known: roles may have changed. */
  #moved (account: AccountId): void {
    this.#links.forgetIntroduction(account)
    this.#replication.moved(account)
    for (const log of this.#logs.loadedWith(account)) {
      this.storage.forget(log.conversation.id)
      this.#logs.reset(log)
    }
    this.#forwarding.moved(account)
    this.#offers.moved(account)
    this.#moveNotices.moved(account)
  }

  /** Nobody may write, and its sequencer has nothing to say: what is kept until the copies were compared must not be kept for ever. */
  #compare (log: Log, attempt = 0): void {
    const { clock, logger, random } = this.#parts
    const { conversation } = log
    const relay = this.#placement.primaryOf(conversation.anchor)
    if (this.#isStopped || log.isDropped || !this.#replicas.isDoubtful(log) || attempt >= maxComparisons) return
    // A page may say it before.
    const timer = clock.after(backoffMs(attempt, random, limits), () => {
      this.#waits.delete(timer)
      if (log.isDropped || !this.#replicas.isDoubtful(log)) return
      const following = relay === undefined ? Promise.reject(new ProtocolError('HOME_UNREACHABLE')) : this.#replicas.follow(conversation, relay)
      following.catch((error: unknown) => {
        logger.debug('log.compare', { attempt }, error)
        this.#parts.homes.refresh(conversation.anchor)
        this.#compare(log, attempt + 1)
      })
    })
    this.#waits.add(timer)
  }

  #followFirst (conversation: Conversation, relay: RelayId): Promise<void> | undefined {
    const log = this.#logs.peek(conversation.id)
    return log !== undefined && this.#replicas.isDoubtful(log) ? this.#replicas.follow(conversation, relay) : undefined
  }

  /** Another relay sequences the group now: roles have changed. */
  #anchored (anchor: SignedGroupAnchor, source: AnchorSource): void {
    const { id } = anchor.conversation
    const log = this.#logs.peek(id)
    if (log !== undefined) this.#logs.reset(log)
    this.#forwarding.anchored(id)
    this.#anchorNotices.anchored(anchor, source)
  }

  /** A relay answers with a record. @returns whether it may be news */
  #onAnchor (bytes: Uint8Array, relay: RelayId): boolean {
    try {
      const anchor = verifyGroupAnchor({ ...this.#parts.signing, ed25519Verify: () => true }, bytes)
      const known = this.#anchors.cached(anchor.conversation.id)
      if (known !== undefined && !isHigherAnchor(anchor, known)) return false
      this.#anchors.take(bytes, relay).catch((error: unknown) => { this.#parts.logger.debug('group.anchor', {}, error) })
      return true
    } catch (error) {
      if (isProtocolError(error)) return false // forged, or unreadable: no news
      throw error
    }
  }

  /** This relay sequences a conversation whose envelopes wait in its outbox: they go into the log, as soon as they can. */
  #adopt (queue: OutboxQueue, attempt = 0): void {
    if (this.#adopting.has(queue) || this.#isStopped) return
    this.#adopting.add(queue)
    this.#intake.adopt(queue).then(() => {
      this.#adopting.delete(queue)
      // More came while the last of it was on its way, or the log was dropped in between.
      if (!queue.isDropped && queue.size > 0) this.#forwarding.queued(queue)
    }, (error: unknown) => {
      const { clock, random, logger } = this.#parts
      logger.debug('outbox.adopt', { attempt }, error)
      if (this.#isStopped) return
      const timer = clock.after(backoffMs(attempt, random, limits), () => {
        this.#waits.delete(timer)
        this.#adopting.delete(queue)
        if (!queue.isDropped) this.#adopt(queue, attempt + 1)
      })
      this.#waits.add(timer)
    })
  }

  #heardOf (relay: RelayId): void {
    this.#parts.directory.heardOf?.(relay)
    this.#forwarding.reachable(relay)
    this.#replication.reachable(relay)
    this.#parts.standby?.reachable(relay)
  }
}

const fired = (signal: AbortSignal): Promise<void> => new Promise((resolve) => {
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => { resolve() }, { once: true })
})

export const createMessagePath = (parts: MessagePathParts, config: MessagePathConfig): MessagePath => new MessagePath(parts, config)
