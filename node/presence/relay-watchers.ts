/**
 * Other relays whose people watch people of this one.
 *
 * Owns: what each relay has asked for, what its people may be told, telling it once a second at most, forgetting a relay
 * that is silent for two heartbeats. A relay is believed about its own people only: those whose home record names it.
 * Nobody learns from an answer whether an account exists: silence is the same for all. Spec: docs/protocol/presence.md
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayNotifications } from '../../protocol/methods.ts'
import { presenceStates, sameSeen, unseen, visible, type Seen } from '../../protocol/presence.ts'
import type { PresenceGrant, WatchAtRelay, WatchedPair } from '../../protocol/wire/gen/presence.js'
import type { Load } from '../limits/load.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Defer } from '../ports.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import type { Acquaintance } from './acquaintance.ts'
import type { LocalPeople } from './local-people.ts'
import { recheckMs, rechecksPerSweep } from './local-watches.ts'
import { Pacer, type Paced } from './pacer.ts'
import type { Policies, Policy } from './policies.ts'
import type { Listener, Target, Targets } from './targets.ts'
import type { Turnstile } from './turnstile.ts'

interface Pair {
  readonly watched: WatchedAccount
  readonly watcher: AccountId
  group: GroupConversation | undefined
  isShared: boolean
  bits: number
  toldBits: number
  isChecking: boolean
  checkedAtMs: number
}

/** One of our people, as watched by one relay. */
class WatchedAccount implements Listener {
  readonly target: Target
  readonly subscriber: Subscriber
  readonly pairs = new Map<AccountId, Pair>()
  /** Everything that some of its watchers there may be told. */
  bits = 0
  told: Seen = unseen
  readonly #changed: (watched: WatchedAccount) => void

  constructor (subscriber: Subscriber, targets: Targets, account: AccountId, changed: (watched: WatchedAccount) => void) {
    this.subscriber = subscriber
    this.#changed = changed
    this.target = targets.listen(account, this)
  }

  changed (): void { this.#changed(this) }
}

class Subscriber implements Paced {
  readonly channel: Channel
  servedAtMs = -Infinity
  isWaiting = false
  isGone = false
  heardAtMs = 0
  count = 0
  readonly watched = new Map<AccountId, WatchedAccount>()
  readonly dirty = new Set<WatchedAccount>()
  readonly grants = new Set<Pair>()

  constructor (channel: Channel) { this.channel = channel }
}

export interface RelayWatchersComponents {
  targets: Targets
  acquaintance: Acquaintance
  policies: Policies
  people: LocalPeople
  placement: Pick<Placement, 'isHome' | 'isHomeOf'>
  buckets: Buckets
  checks: Turnstile
  clock: Clock
  defer: Defer
  meter: Meter
  /** Rounds that were late, and what was dropped or put off, by why. */
  slowed: Counter
  shed: Counter
  load?: Load
}

/** Pairs that one relay, and all together, may ask for: about 300 bytes each. */
const maxPairsPerRelay = 100_000
const maxPairs = 500_000
const maxSubscribers = 10_000
/** In one notification: half a MiB. What is left over is the next one's. */
const presencesTogether = 8_000
const grantsTogether = 4_000
const maxBufferedBytes = 2 * 1024 * 1024

export class RelayWatchers {
  readonly #c: RelayWatchersComponents
  readonly #subscribers = new Map<RelayId, Subscriber>()
  readonly #pacer: Pacer<Subscriber>
  readonly #told: Counter
  #count = 0

  constructor (components: RelayWatchersComponents) {
    this.#c = components
    const { meter } = components
    this.#told = meter.counter('heliograph_presence_relay_told_total', 'presence notifications to other relays')
    meter.gauge('heliograph_presence_relay_pairs', 'pairs of watched and watcher that other relays have asked for', () => this.#count)
    this.#pacer = new Pacer<Subscriber>(components, { everyMs: limits.presenceEveryMs, serve: (subscriber) => this.#tell(subscriber) })
  }

  /** @returns false: begin anew. @throws ProtocolError QUOTA, MALFORMED */
  onWatch ({ isAnew, add, remove, wantsAll }: WatchAtRelay, channel: Channel): boolean {
    const relay = channel.stream.remotePeer as RelayId
    this.#c.buckets.take('signalPerRelay', relay, 1 + add.length + remove.length)
    let subscriber = this.#subscribers.get(relay)
    if (isAnew || (subscriber !== undefined && subscriber.channel !== channel)) {
      if (subscriber !== undefined) this.#forget(relay, subscriber)
      subscriber = undefined
    }
    if (subscriber === undefined) {
      if (!isAnew) return false
      subscriber = this.#begin(relay, channel)
      if (subscriber === undefined) return true
    }
    subscriber.heardAtMs = this.#c.clock.nowMs()
    for (const pair of remove) this.#remove(subscriber, accountIdFromBytes(pair.account), accountIdFromBytes(pair.watcher))
    for (const pair of add) this.#add(subscriber, relay, pair)
    if (wantsAll) this.#tellAll(subscriber)
    return true
  }

  policyChanged (account: AccountId, policy: Policy): void {
    for (const listener of this.#c.targets.peek(account)?.listeners ?? []) {
      if (!(listener instanceof WatchedAccount)) continue
      for (const pair of listener.pairs.values()) if (pair.isShared) this.#grant(pair, policy.grantTo(pair.watcher))
    }
  }

  /** The account does not live here any more: its new home answers for it. */
  moved (account: AccountId): void {
    for (const listener of [...this.#c.targets.peek(account)?.listeners ?? []]) {
      if (!(listener instanceof WatchedAccount)) continue
      for (const watcher of [...listener.pairs.keys()]) this.#remove(listener.subscriber, account, watcher)
    }
  }

  sweep (): void {
    const nowMs = this.#c.clock.nowMs()
    let rechecks = 0
    for (const [relay, subscriber] of this.#subscribers) {
      if (subscriber.heardAtMs + limits.deadAfterMs <= nowMs) { this.#forget(relay, subscriber); continue }
      for (const { pairs } of subscriber.watched.values()) {
        if (rechecks >= rechecksPerSweep) break
        for (const pair of pairs.values()) {
          if (pair.checkedAtMs + recheckMs > nowMs) continue
          rechecks++
          this.#check(pair)
        }
      }
    }
  }

  stop (): void { this.#pacer.stop() }

  #begin (relay: RelayId, channel: Channel): Subscriber | undefined {
    // [DROP] memory is bounded
    if (this.#subscribers.size >= maxSubscribers) { this.#c.shed.inc(1, { why: 'relays' }); return undefined }
    const subscriber = new Subscriber(channel)
    this.#subscribers.set(relay, subscriber)
    channel.onClose(() => { this.#forget(relay, subscriber) })
    return subscriber
  }

  #forget (relay: RelayId, subscriber: Subscriber): void {
    if (subscriber.isGone) return
    subscriber.isGone = true
    if (this.#subscribers.get(relay) === subscriber) this.#subscribers.delete(relay)
    for (const watched of subscriber.watched.values()) this.#c.targets.unlisten(watched.target, watched)
    this.#count -= subscriber.count
    subscriber.watched.clear()
  }

  #add (subscriber: Subscriber, relay: RelayId, wire: WatchedPair): void {
    const [account, watcher] = [accountIdFromBytes(wire.account), accountIdFromBytes(wire.watcher)]
    const group = wire.group === undefined ? undefined : conversationFromBytes(wire.group)
    const { placement } = this.#c
    // [DROP] a relay asks for its own people only, and here for ours; it is not told which of the two was wrong
    if (placement.isHomeOf(watcher, relay) !== true || !placement.isHome(account) || (group !== undefined && group.kind !== 'group')) return
    const known = subscriber.watched.get(account)?.pairs.get(watcher)
    if (known !== undefined) {
      known.group = group ?? known.group
      this.#check(known)
      return
    }
    // [DROP] memory is bounded
    if (subscriber.count >= maxPairsPerRelay || this.#count >= maxPairs) { this.#c.shed.inc(1, { why: 'pairs' }); return }
    let watched = subscriber.watched.get(account)
    if (watched === undefined) {
      watched = new WatchedAccount(subscriber, this.#c.targets, account, (one) => { this.#changed(one) })
      subscriber.watched.set(account, watched)
    }
    const pair: Pair = { watched, watcher, group, isShared: false, bits: 0, toldBits: 0, isChecking: false, checkedAtMs: -Infinity }
    watched.pairs.set(watcher, pair)
    subscriber.count++
    this.#count++
    this.#check(pair)
  }

  #remove (subscriber: Subscriber, account: AccountId, watcher: AccountId): void {
    const watched = subscriber.watched.get(account)
    const pair = watched?.pairs.get(watcher)
    if (watched === undefined || pair === undefined) return
    watched.pairs.delete(watcher)
    subscriber.grants.delete(pair)
    subscriber.count--
    this.#count--
    if (watched.pairs.size > 0) { this.#unite(watched); return }
    subscriber.watched.delete(account)
    subscriber.dirty.delete(watched)
    this.#c.targets.unlisten(watched.target, watched)
  }

  #check (pair: Pair): void {
    const isTaken = this.#c.checks.addOnce(pair, async () => {
      if (pair.watched.pairs.get(pair.watcher) === pair && !pair.watched.subscriber.isGone) await this.#lookAt(pair)
    })
    if (!isTaken) this.#c.shed.inc(1, { why: 'checks' })
  }

  async #lookAt (pair: Pair): Promise<void> {
    const { acquaintance, clock, people, policies } = this.#c
    const { target } = pair.watched
    pair.checkedAtMs = clock.nowMs()
    pair.isShared = await acquaintance.share(pair.watcher, target.account, pair.group)
    if (!pair.isShared) { this.#grant(pair, 0); return }
    const policy = await policies.of(target.account)
    if (!target.isRead) await people.read(target)
    this.#grant(pair, policy.grantTo(pair.watcher))
  }

  #grant (pair: Pair, bits: number): void {
    const { watched } = pair
    if (pair.bits === bits || watched.pairs.get(pair.watcher) !== pair) return
    pair.bits = bits
    watched.subscriber.grants.add(pair)
    this.#pacer.mark(watched.subscriber)
    this.#unite(watched)
  }

  #unite (watched: WatchedAccount): void {
    let bits = 0
    for (const pair of watched.pairs.values()) bits |= pair.bits
    if (watched.bits === bits) return
    watched.bits = bits
    this.#changed(watched)
  }

  #changed (watched: WatchedAccount): void {
    if (sameSeen(visible(watched.target.seen, watched.bits), watched.told)) return
    watched.subscriber.dirty.add(watched)
    this.#pacer.mark(watched.subscriber)
  }

  #tellAll (subscriber: Subscriber): void {
    for (const watched of subscriber.watched.values()) {
      watched.told = unseen
      subscriber.dirty.add(watched)
      for (const pair of watched.pairs.values()) {
        pair.toldBits = 0
        if (pair.bits !== 0) subscriber.grants.add(pair)
      }
    }
    this.#pacer.mark(subscriber)
  }

  #tell (subscriber: Subscriber): boolean | 'later' {
    if (subscriber.isGone) return false
    if (this.#c.load?.sheds('presence') === true) return 'later'
    if (subscriber.channel.stream.bufferedBytes > maxBufferedBytes) { this.#c.shed.inc(1, { why: 'unread' }); return 'later' }
    const presences = []
    for (const watched of subscriber.dirty) {
      if (presences.length >= presencesTogether) break
      subscriber.dirty.delete(watched)
      const seen = visible(watched.target.seen, watched.bits)
      if (sameSeen(seen, watched.told)) continue
      watched.told = seen
      presences.push({ account: accountIdToBytes(watched.target.account), state: presenceStates[seen.state], lastSeenMs: seen.lastSeenMs })
    }
    const grants: PresenceGrant[] = []
    for (const pair of subscriber.grants) {
      if (grants.length >= grantsTogether) break
      subscriber.grants.delete(pair)
      if (pair.bits === pair.toldBits) continue
      pair.toldBits = pair.bits
      grants.push({ account: accountIdToBytes(pair.watched.target.account), watcher: accountIdToBytes(pair.watcher), bits: pair.bits })
    }
    if (presences.length === 0 && grants.length === 0) return false
    this.#told.inc()
    subscriber.channel.notify(relayNotifications.presence, { presences, grants })
    return subscriber.dirty.size > 0 || subscriber.grants.size > 0 ? 'later' : true
  }
}
