/**
 * From the sequencer to the other homes of a log's members: every log in sequence order, pages of many logs in one request.
 *
 * Owns: which relays have a replica of a log, and the search for the home of a member that is not known.
 * Follows logs as a device does; restarts from what the store says of replicas. What a replica gets next: replica-lane.ts.
 * Spec: docs/protocol/relay.md, replicate
 */
import { backoffMs, type Timer } from '../../protocol/clock.ts'
import type { ConversationId, GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { deadline } from '../deadline.ts'
import type { Group } from '../groups/group.ts'
import { dropRetiringRow } from '../groups/group-rows.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import { unresolvedKey, unresolvedPrefix } from '../log/unresolved-logs.ts'
import type { Commits, Homes } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { ReplicaFollower, ReplicaLane, type ReplicaLaneComponents } from './replica-lane.ts'

/** Homes looked for at once. */
const maxFinding = 32

export interface ReplicationComponents extends ReplicaLaneComponents {
  store: Pick<Store, 'behindReplicas' | 'scan'>
  logs: Logs
  homes: Homes
  commits: Commits
  meter: Meter
}

export class Replication {
  readonly #c: ReplicationComponents
  readonly #lanes = new Map<RelayId, ReplicaLane>()
  /** Members of logs whose home is being looked for: `<log> <account>`. */
  readonly #unresolved = new Map<string, { timer: Timer | undefined }>()
  readonly #followers = new WeakMap<Log, Map<RelayId, ReplicaFollower>>()
  /** Relays with a replica to which members have moved since the group came into memory: what is kept is owed to them. */
  readonly #owed = new Map<ConversationId, Map<RelayId, Set<AccountId>>>()
  readonly #entries
  #finding = 0
  /** Searches that wait for their turn; each stands in `#unresolved`. */
  readonly #waiting: Array<() => void> = []
  #isStopped = false

  constructor (components: ReplicationComponents) {
    this.#c = components
    const { meter, logs } = components
    this.#entries = meter.counter('heliograph_replicate_entries_total', 'entries that a replica has confirmed')
    meter.gauge('heliograph_replicate_waiting_logs', 'logs with entries that a replica does not have', () => {
      let waiting = this.#unresolved.size
      for (const lane of this.#lanes.values()) waiting += lane.waiting
      return waiting
    })
    logs.onLoad((log) => { this.follow(log) })
    logs.onChange((log, { relaysAdded, relaysGone, unplaced }) => {
      if (this.#isStopped || !components.placement.isSequencer(log.conversation)) return
      for (const relay of relaysAdded) this.#followFor(log, relay)
      for (const relay of relaysGone) this.#followers.get(log)?.get(relay)?.wake()
      for (const account of unplaced) if (components.placement.primaryOf(account) === undefined) this.#find(log.conversation.id, account)
    })
  }

  /** Logs that were behind when this relay stopped. */
  async resume (): Promise<void> {
    const { store, logs } = this.#c
    for (const { log } of await store.behindReplicas()) {
      if (this.#isStopped) return
      await logs.loadId(log)
    }
    for await (const { key } of store.scan('meta', unresolvedPrefix)) {
      if (this.#isStopped) return
      await logs.loadId(key.slice(unresolvedPrefix.length) as ConversationId)
    }
  }

  /** Keep the replicas of this log up, if this relay sequences it. */
  follow (log: Log): void {
    const { placement } = this.#c
    if (this.#isStopped || log.isDropped || !placement.isSequencer(log.conversation)) return
    if (log.group !== undefined) this.#placeKnown(log.group)
    this.#forgetOld(log)
    for (const relay of placement.relaysOf(log.conversation)) this.#followFor(log, relay)
    for (const relay of log.group?.retiring.keys() ?? []) this.#followFor(log, relay)
    this.#owed.delete(log.conversation.id)
    for (const member of placement.unresolvedMembers(log.conversation)) this.#find(log.conversation.id, member)
  }

  /** While another relay sequenced, nobody was looked for here: where a member lives may have been heard since, by any road. */
  #placeKnown (group: Group): void {
    const { placement } = this.#c
    for (const account of [...group.unplaced]) {
      const relay = placement.primaryOf(account)
      if (relay !== undefined && relay !== placement.self) group.placeAgain(account)
    }
  }

  #followFor (log: Log, relay: RelayId): void {
    let followers = this.#followers.get(log)
    if (followers === undefined) {
      followers = new Map()
      this.#followers.set(log, followers)
    }
    if (followers.has(relay)) return
    // A log with entries and a replica that the store does not know yet: found at last, or moved there. The store must know
    // before a restart, which finds what is behind by these rows. (Of a new log the first append writes the row.)
    if (!log.replicas.has(relay) && log.head > 0) this.#writeDown(log, relay)
    const movers = this.#owed.get(log.conversation.id)?.get(relay)
    if (movers !== undefined) this.#lower(log, new Map([[relay, log.first - 1]]))
    const follower = new ReplicaFollower(log, relay, this.#lane(relay), this.#c.reader, movers)
    followers.set(relay, follower)
    log.addFollower(follower)
    if (follower.feed.isBehind) follower.wake()
  }

  /** The row of the replica, and the end of the mark that a relay is not known when this was the last. */
  #writeDown (log: Log, relay: RelayId): void {
    const { conversation } = log
    const { id } = conversation
    const seq = this.#c.placement.firstAt(conversation, relay) - 1
    log.replicas.set(relay, seq)
    const writes: Write[] = [{ op: 'replicated', log: id, relay, seq }]
    if (this.#c.placement.unresolvedMembers(conversation).length === 0) writes.push({ op: 'delete', table: 'meta', key: unresolvedKey(id) })
    this.#c.commits.commit(writes).catch((error: unknown) => {
      this.#c.logger.warn('replicate.write-down', {}, error)
      log.replicas.delete(relay)
    })
  }

  /** The home of the last member that was looked for is known, and may be one that has a replica anyway. */
  #unmark (log: Log): void {
    if (this.#c.placement.unresolvedMembers(log.conversation).length > 0) return
    this.#c.commits.commit([{ op: 'delete', table: 'meta', key: unresolvedKey(log.conversation.id) }]).catch((error: unknown) => {
      this.#c.logger.warn('replicate.unmark', {}, error)
    })
  }

  /**
   * Called before its groups are loaded anew: the account has moved. A relay that has a replica of a group may have dropped what a new
   * member there lacks: it is given again what is kept here, and answers for it when it has what its people need (arrivals.ts).
   */
  moved (account: AccountId): void {
    const { logs, placement } = this.#c
    const relay = placement.primaryOf(account)
    if (relay === undefined || relay === placement.self) return
    for (const log of logs.loadedWith(account)) {
      const { conversation, group } = log
      if (group?.state.members.has(account) !== true || group.membersAt(relay).has(account) || !log.replicas.has(relay) || !placement.isSequencer(conversation)) continue
      if (log.first > log.head) continue
      const owed = this.#owed.get(conversation.id) ?? new Map<RelayId, Set<AccountId>>()
      this.#owed.set(conversation.id, owed.set(relay, (owed.get(relay) ?? new Set()).add(account)))
      // What is gathered of this object is still written down (progress.ts).
      log.replicas.set(relay, Math.min(log.replicas.get(relay)!, log.first - 1))
    }
  }

  /** These replicas are given what comes after these numbers again. */
  #lower (log: Log, to: ReadonlyMap<RelayId, number>): void {
    const writes: Write[] = []
    for (const [relay, seq] of to) {
      if ((log.replicas.get(relay) ?? 0) <= seq) continue
      log.replicas.set(relay, seq)
      writes.push({ op: 'replicated', log: log.conversation.id, relay, seq })
    }
    if (writes.length === 0) return
    this.#c.commits.commit(writes).catch((error: unknown) => { this.#c.logger.warn('replicate.lower', {}, error) })
  }

  /** Relays that nobody in the conversation lives at any more, though they have a row. */
  #old ({ conversation, group, replicas }: Log): RelayId[] {
    const { placement } = this.#c
    if (group?.isKnown === false || placement.unresolvedMembers(conversation).length > 0) return []
    return [...replicas.keys()].filter((relay) => group === undefined ? !placement.relaysOf(conversation).includes(relay) : !group.isHomeOfMember(relay))
  }

  /** Rows of relays that members have moved away from: what one of them in a group had not taken is owed to all that they may have moved to. */
  #forgetOld (log: Log): void {
    const old = this.#old(log)
    if (old.length === 0) return
    const seq = Math.max(log.first - 1, Math.min(...old.map((relay) => log.replicas.get(relay)!)))
    if (log.group !== undefined) this.#lower(log, new Map(log.group.relays.map((relay) => [relay, seq])))
    for (const relay of old) log.replicas.delete(relay)
    this.#c.progress.look(log)
    this.#c.commits.commit(old.map((relay) => ({ op: 'retire', log: log.conversation.id, relay }))).catch((error: unknown) => {
      this.#c.logger.warn('replicate.forget', {}, error)
    })
  }

  /** A relay that nobody in the group lives at any more has the entry that says so. */
  #retire (log: Log, relay: RelayId): void {
    const { group, conversation } = log
    if (group === undefined) return
    const follower = this.#followers.get(log)?.get(relay)
    this.#followers.get(log)?.delete(relay)
    if (follower !== undefined) log.removeFollower(follower)
    group.retiring.delete(relay)
    log.replicas.delete(relay)
    this.#c.commits.commit([{ op: 'retire', log: conversation.id, relay }, dropRetiringRow(conversation as GroupConversation, relay)]).catch((error: unknown) => {
      // Told once more after a restart.
      this.#c.logger.warn('replicate.retire', {}, error)
    })
  }

  #lane (relay: RelayId): ReplicaLane {
    let lane = this.#lanes.get(relay)
    if (lane === undefined) {
      lane = new ReplicaLane(relay, this.#c, { confirmed: (count) => { this.#entries.inc(count) }, retired: (log) => { this.#retire(log, relay) } })
      this.#lanes.set(relay, lane)
    }
    return lane
  }

  /** Look for the home of `account` until it is found; the mark in the store is for a restart meanwhile. */
  #find (id: ConversationId, account: AccountId, attempt = 0): void {
    const key = `${id} ${account}`
    if (this.#isStopped || (attempt === 0 && this.#unresolved.has(key))) return
    const search: { timer: Timer | undefined } = { timer: undefined }
    this.#unresolved.set(key, search)
    // A device may write to any number of accounts that nobody knows: the DHT is asked for a few at a time.
    if (this.#finding >= maxFinding) {
      this.#waiting.push(() => { this.#find(id, account, attempt + 1) })
      return
    }
    const { homes, clock, random, logs, placement } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs)
    this.#finding++
    homes.find(account, { signal: limit.signal }).then(async () => {
      this.#unresolved.delete(key)
      // Out of memory again before we came to it: followed by nobody it counts as idle, although it is behind.
      let log = await logs.loadId(id)
      while (log.isDropped) log = await logs.loadId(id)
      if (log.group === undefined) { this.follow(log); return }
      const relay = placement.primaryOf(account)
      log.group.placeAgain(account)
      // Placed before, when the log was taken over: not followed yet all the same.
      if (relay === undefined || !log.group.membersAt(relay).has(account)) return
      this.#unmark(log)
      if (!placement.isSequencer(log.conversation)) return
      this.#followFor(log, relay)
      // Everybody is found: what was kept for those who have left a relay can be given to where they are.
      if (this.#old(log).length > 0) logs.reset(log)
    }).catch((error: unknown) => {
      if (!isProtocolError(error)) this.#c.logger.warn('replicate.find', {}, error)
      if (this.#isStopped) return
      this.#unresolved.set(key, search)
      search.timer = clock.after(backoffMs(attempt, random, limits), () => {
        this.#find(id, account, attempt + 1)
      })
    }).finally(() => {
      limit.cancel()
      this.#finding--
      this.#waiting.shift()?.()
    })
  }

  /** `relay` has everything up to `seq` on disk, though nobody sent it there: it came by gossip. */
  confirmed (relay: RelayId, log: Log, seq: number): void {
    const follower = this.#followers.get(log)?.get(relay)
    if (follower !== undefined && !log.isDropped) this.#lanes.get(relay)!.heard(follower, seq)
  }

  /** A relay that was away has been heard of. */
  reachable (relay: RelayId): void { this.#lanes.get(relay)?.lane.retryNow() }

  async stop (): Promise<void> {
    this.#isStopped = true
    for (const { timer } of this.#unresolved.values()) timer?.cancel()
    await Promise.all(Array.from(this.#lanes.values(), (lane) => lane.stop()))
  }
}
