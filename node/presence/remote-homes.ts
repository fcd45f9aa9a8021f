/**
 * What this relay's people watch at other relays: one subscription for each relay, made anew whenever its channel is.
 *
 * Owns: which pairs of (watched, watcher) are asked of whom, heartbeats, and that what a silent relay has told last is
 * believed for two heartbeats only. Spec: docs/protocol/presence.md
 */
import type { Channel } from '../../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError, ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { seenFromWire, unseen, everyGrant } from '../../protocol/presence.ts'
import type { RelayPresences, WatchedPair } from '../../protocol/wire/gen/presence.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Buckets, Homes, Logger } from '../ports.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import type { Targets } from './targets.ts'

type Watchers = Map<AccountId, GroupConversation | undefined>

class Home {
  readonly relay: RelayId
  readonly pairs = new Map<AccountId, Watchers>()
  /** Not told yet; watched then watcher. */
  readonly add = new Map<string, [AccountId, AccountId]>()
  readonly remove = new Map<string, [AccountId, AccountId]>()
  count = 0
  /** Where it was told what is not in `add` and `remove`. */
  channel: Channel | undefined
  isBusy = false
  isHeartbeatDue = false
  wantsAll = false
  attempt = 0
  retry: Timer | undefined
  askedAtMs = -Infinity
  heardAtMs = -Infinity
  /** What it told is not believed any more. */
  isSilent = true

  constructor (relay: RelayId) { this.relay = relay }
}

export interface RemoteHomesComponents {
  links: Pick<Links, 'channelTo' | 'introduce' | 'learn'>
  homes: Homes
  targets: Targets
  buckets: Buckets
  clock: Clock
  random: Random
  logger: Logger
  meter: Meter
  /** What was dropped, by why. */
  shed: Counter
  granted (account: AccountId, watcher: AccountId, bits: number): void
}

/** Pairs in one request: 140 bytes each. */
const pairsTogether = 500
/** Pairs that one relay is asked for: about 200 bytes each here and there. */
const maxPairs = 100_000
const homeTimeoutMs = 5_000
const findAtOnce = 16
/** Watched accounts whose home is not known yet. */
const maxHomeless = 20_000

export class RemoteHomes {
  readonly #c: RemoteHomesComponents
  readonly #byRelay = new Map<RelayId, Home>()
  readonly #homeOf = new Map<AccountId, Home>()
  /** Who watches accounts whose home is being looked for. */
  readonly #homeless = new Map<AccountId, Watchers>()
  readonly #toFind: AccountId[] = []
  /** Looked for in vain: again with the next beat. */
  readonly #notFound = new Set<AccountId>()
  #finding = 0
  readonly #stopping = new AbortController()

  constructor (components: RemoteHomesComponents) {
    this.#c = components
    components.meter.gauge('heliograph_presence_remote_pairs', 'pairs of watched and watcher asked of other relays', () => {
      let pairs = 0
      for (const { count } of this.#byRelay.values()) pairs += count
      return pairs
    })
  }

  /** From now on; as soon as the account's home is found and answers. */
  subscribe (account: AccountId, watcher: AccountId, group: GroupConversation | undefined): void {
    let watchers = this.#homeless.get(account)
    if (watchers === undefined) {
      // [DROP] memory is bounded
      if (this.#homeless.size >= maxHomeless) { this.#c.shed.inc(1, { why: 'homeless' }); return }
      watchers = new Map()
      this.#homeless.set(account, watchers)
      this.#toFind.push(account)
    }
    watchers.set(watcher, group)
    this.#find()
  }

  /** Homes are looked for a few at a time: most are known, the others take the DHT some milliseconds of everybody's time. */
  #find (): void {
    while (this.#finding < findAtOnce && this.#toFind.length > 0 && !this.#stopping.signal.aborted) {
      const account = this.#toFind.shift()!
      if (!this.#homeless.has(account)) continue
      this.#finding++
      this.#findHome(account).catch((error: unknown) => {
        this.#c.logger.debug('presence.home', { account }, error)
        this.#notFound.add(account)
      }).finally(() => {
        this.#finding--
        this.#find()
      })
    }
  }

  async #findHome (account: AccountId): Promise<void> {
    const { clock, homes } = this.#c
    const limit = deadline(clock, homeTimeoutMs, this.#stopping.signal)
    try {
      const [relay] = (await homes.find(account, { signal: limit.signal })).homes
      const watchers = this.#homeless.get(account)
      this.#homeless.delete(account)
      // It names us, but the account is not registered here (yet): whoever watches asks again later.
      if (watchers === undefined || relay === homes.self) return
      for (const [watcher, group] of watchers) this.#add(this.#home(relay), account, watcher, group)
    } finally {
      limit.cancel()
    }
  }

  unsubscribe (account: AccountId, watcher: AccountId): void {
    const waiting = this.#homeless.get(account)
    waiting?.delete(watcher)
    if (waiting?.size === 0) this.#homeless.delete(account)
    const home = this.#homeOf.get(account)
    const watchers = home?.pairs.get(account)
    if (home === undefined || watchers?.delete(watcher) !== true) return
    home.count--
    if (watchers.size === 0) {
      home.pairs.delete(account)
      this.#homeOf.delete(account)
    }
    const key = keyOf(account, watcher)
    if (!home.add.delete(key)) home.remove.set(key, [account, watcher])
    this.#kick(home)
  }

  /** What a relay that was asked has to tell. */
  onPresences ({ presences, grants }: RelayPresences, relay: RelayId): void {
    const home = this.#byRelay.get(relay)
    // [DROP] nobody asked
    if (home === undefined) return
    try {
      this.#c.buckets.take('signalPerRelay', relay, presences.length + grants.length)
    } catch (error) {
      if (!isProtocolError(error, 'QUOTA')) throw error
      // [LATER] what is dropped now is asked for with the next heartbeat
      this.#c.shed.inc(presences.length + grants.length, { why: 'quota' })
      home.wantsAll = true
      return
    }
    this.#heard(home)
    for (const presence of presences) {
      const account = accountIdFromBytes(presence.account)
      // [DROP] only the home of an account speaks for it
      if (home.pairs.has(account)) this.#c.targets.changed(account, seenFromWire(presence))
    }
    for (const grant of grants) {
      const [account, watcher] = [accountIdFromBytes(grant.account), accountIdFromBytes(grant.watcher)]
      if (home.pairs.get(account)?.has(watcher) === true) this.#c.granted(account, watcher, grant.bits & everyGrant)
    }
  }

  /** Heartbeats that are due; what silent relays have told is forgotten. Called every few seconds. */
  beat (): void {
    for (const account of this.#notFound) if (this.#homeless.has(account)) this.#toFind.push(account)
    this.#notFound.clear()
    this.#find()
    const nowMs = this.#c.clock.nowMs()
    for (const home of this.#byRelay.values()) {
      if (home.count === 0 && home.remove.size === 0 && !home.isBusy) { this.#forget(home); continue }
      if (!home.isSilent && home.heardAtMs + limits.deadAfterMs <= nowMs) this.#onSilent(home)
      if (home.askedAtMs + limits.heartbeatMs > nowMs) continue
      home.isHeartbeatDue = true
      this.#kick(home)
    }
  }

  stop (): void {
    this.#stopping.abort(new ProtocolError('CANCELLED'))
    for (const { retry } of this.#byRelay.values()) retry?.cancel()
  }

  #home (relay: RelayId): Home {
    let home = this.#byRelay.get(relay)
    if (home === undefined) {
      home = new Home(relay)
      this.#byRelay.set(relay, home)
    }
    return home
  }

  #add (home: Home, account: AccountId, watcher: AccountId, group: GroupConversation | undefined): void {
    const before = this.#homeOf.get(account)
    if (before !== undefined && before !== home) {
      for (const other of [...before.pairs.get(account)?.keys() ?? []]) this.unsubscribe(account, other)
      this.#c.targets.changed(account, unseen)
    }
    let watchers = home.pairs.get(account)
    const key = keyOf(account, watcher)
    if (watchers?.has(watcher) === true && watchers.get(watcher)?.id === group?.id && before === home) {
      // Asked again because nothing was granted so far: so is the home.
      home.add.set(key, [account, watcher])
      this.#kick(home)
      return
    }
    // [DROP] memory is bounded, here and there
    if (home.count >= maxPairs) { this.#c.shed.inc(1, { why: 'pairs' }); return }
    if (watchers === undefined) {
      watchers = new Map()
      home.pairs.set(account, watchers)
      this.#homeOf.set(account, home)
    }
    if (!watchers.has(watcher)) home.count++
    watchers.set(watcher, group)
    home.remove.delete(key)
    home.add.set(key, [account, watcher])
    this.#kick(home)
  }

  #forget (home: Home): void {
    home.retry?.cancel()
    this.#byRelay.delete(home.relay)
  }

  #heard (home: Home): void {
    home.heardAtMs = this.#c.clock.nowMs()
    home.isSilent = false
  }

  #onSilent (home: Home): void {
    home.isSilent = true
    home.wantsAll = true
    for (const account of home.pairs.keys()) this.#c.targets.changed(account, unseen)
  }

  #kick (home: Home): void {
    if (home.isBusy || home.retry !== undefined || this.#stopping.signal.aborted) return
    home.isBusy = true
    // What this turn adds goes into one request.
    Promise.resolve().then(() => this.#run(home)).then(() => {
      home.isBusy = false
      home.attempt = 0
      if (this.#hasWork(home)) this.#kick(home)
    }, (error: unknown) => {
      home.isBusy = false
      this.#onFailed(home, error)
    })
  }

  #hasWork (home: Home): boolean { return home.add.size > 0 || home.remove.size > 0 || home.isHeartbeatDue }

  #onFailed (home: Home, error: unknown): void {
    const { clock, homes, logger, random } = this.#c
    if (this.#stopping.signal.aborted) return
    logger.debug('presence.watch', { relay: home.relay, attempt: home.attempt }, error)
    home.channel = undefined
    // Its people may live elsewhere by now; one of them tells.
    if (home.attempt >= 2) for (const account of home.pairs.keys()) { homes.refresh(account); break }
    home.retry = clock.after(Math.max(backoffMs(home.attempt++, random, limits), isProtocolError(error) ? error.details.retryAfterMs ?? 0 : 0), () => {
      home.retry = undefined
      home.isHeartbeatDue = true
      this.#kick(home)
    })
  }

  async #run (home: Home): Promise<void> {
    const { clock, links } = this.#c
    while (this.#hasWork(home)) {
      const limit = deadline(clock, limits.requestTimeoutMs, this.#stopping.signal)
      try {
        const channel = await links.channelTo(home.relay, { signal: limit.signal })
        const isAnew = home.channel !== channel
        if (isAnew) this.#beginAnew(home, channel)
        await this.#ask(home, channel, { isAnew, signal: limit.signal })
      } finally {
        limit.cancel()
      }
    }
  }

  #beginAnew (home: Home, channel: Channel): void {
    home.channel = channel
    home.remove.clear()
    home.add.clear()
    for (const [account, watchers] of home.pairs) for (const watcher of watchers.keys()) home.add.set(keyOf(account, watcher), [account, watcher])
    channel.onClose(() => {
      if (home.channel !== channel) return
      home.channel = undefined
      home.isHeartbeatDue = true
      if (home.count > 0) this.#kick(home)
    })
  }

  async #ask (home: Home, channel: Channel, { isAnew, signal }: { isAnew: boolean, signal: AbortSignal }): Promise<void> {
    const add: WatchedPair[] = []
    const remove: WatchedPair[] = []
    const watchers = new Set<AccountId>()
    for (const [key, [account, watcher]] of home.add) {
      if (add.length >= pairsTogether) break
      home.add.delete(key)
      const group = home.pairs.get(account)?.get(watcher)
      add.push({ account: accountIdToBytes(account), watcher: accountIdToBytes(watcher), ...(group === undefined ? {} : { group: group.bytes }) })
      watchers.add(watcher)
    }
    for (const [key, [account, watcher]] of home.remove) {
      if (remove.length >= pairsTogether) break
      home.remove.delete(key)
      remove.push({ account: accountIdToBytes(account), watcher: accountIdToBytes(watcher) })
    }
    const { wantsAll } = home
    home.isHeartbeatDue = home.wantsAll = false
    home.askedAtMs = this.#c.clock.nowMs()
    this.#c.links.introduce(channel, watchers)
    const { isKnown } = await channel.call(relayMethods.watchPresence, { isAnew, add, remove, wantsAll: wantsAll && !isAnew }, { signal })
    this.#heard(home)
    if (isKnown || home.channel !== channel) return
    // It has forgotten us: from the beginning.
    home.channel = undefined
    home.isHeartbeatDue = true
  }
}

const keyOf = (account: AccountId, watcher: AccountId): string => `${account}${watcher}`
