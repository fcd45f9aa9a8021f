/**
 * Devices at this relay that want to know who is there: what each watches, what it may be told, and telling it.
 *
 * Owns: the watches of local devices, one check for all devices of an account, what each device was told last. A watch
 * outlives its last device by a minute, so that a crowd that reconnects asks nobody anything.
 * Does not know: where a target's presence comes from (local-people.ts, remote-homes.ts).
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import { accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { presenceStates, sameSeen, unseen, visible, type Seen } from '../../protocol/presence.ts'
import type { Load } from '../limits/load.ts'
import type { Placement } from '../log/placement.ts'
import type { Defer } from '../ports.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import type { Acquaintance } from './acquaintance.ts'
import type { LocalPeople } from './local-people.ts'
import { Pacer, type Paced } from './pacer.ts'
import type { Policies, Policy } from './policies.ts'
import type { RemoteHomes } from './remote-homes.ts'
import type { Listener, Target, Targets } from './targets.ts'
import type { Turnstile } from './turnstile.ts'

/** A connected device that watches. */
export class WatchingDevice implements Paced {
  readonly account: AccountId
  readonly channel: Channel
  servedAtMs = -Infinity
  isWaiting = false
  isGone = false
  readonly watched = new Map<AccountId, Watch>()
  /** What it was told last; nothing at first. */
  readonly told = new Map<AccountId, Seen>()
  readonly dirty = new Set<Watch>()

  constructor (account: AccountId, channel: Channel) {
    this.account = account
    this.channel = channel
  }
}

/** One account here that watches one account, here or elsewhere. */
class Watch implements Listener {
  readonly watcher: AccountId
  readonly target: Target
  readonly devices = new Set<WatchingDevice>()
  group: GroupConversation | undefined
  /** As far as the target's home grants it. */
  bits = 0
  isShared = false
  isChecking = false
  checkedAtMs = -Infinity
  /** Without a device since then. */
  idleSinceMs = 0
  readonly #changed: (watch: Watch) => void

  constructor (watcher: AccountId, targets: Targets, account: AccountId, changed: (watch: Watch) => void) {
    this.watcher = watcher
    this.#changed = changed
    this.target = targets.listen(account, this)
  }

  changed (): void { this.#changed(this) }
}

export interface LocalWatchesComponents {
  targets: Targets
  acquaintance: Acquaintance
  policies: Policies
  people: LocalPeople
  remote: Pick<RemoteHomes, 'subscribe' | 'unsubscribe'>
  placement: Pick<Placement, 'isHome'>
  checks: Turnstile
  clock: Clock
  defer: Defer
  meter: Meter
  /** Rounds that were late, and what was dropped or put off, by why. */
  slowed: Counter
  shed: Counter
  load?: Load
}

/** How long a watch stays that no device asks for any more. */
const lingerMs = limits.deadAfterMs
/** A watch that may see nothing is looked at again when it is asked for again, but not more often than this. */
const recheckDeniedMs = 5_000
/** Members leave groups: every answer is looked at again after this. */
export const recheckMs = 5 * 60_000
/** Of those, in one sweep. */
export const rechecksPerSweep = 1_000
/** All watches of this relay's people: about 300 bytes each. */
const maxWatches = 500_000
/** A device that has this much to read is told of nobody's comings and goings. */
const maxBufferedBytes = 256 * 1024

export class LocalWatches {
  readonly #c: LocalWatchesComponents
  readonly #byWatcher = new Map<AccountId, { readonly watches: Map<AccountId, Watch>, readonly devices: Set<WatchingDevice>, ownBits: number }>()
  readonly #pacer: Pacer<WatchingDevice>
  readonly #told: Counter
  #count = 0

  constructor (components: LocalWatchesComponents) {
    this.#c = components
    const { meter } = components
    this.#told = meter.counter('heliograph_presence_told_total', 'presence notifications to devices')
    meter.gauge('heliograph_presence_watches', 'accounts watched by accounts here', () => this.#count)
    this.#pacer = new Pacer<WatchingDevice>(components, { everyMs: limits.presenceEveryMs, serve: (device) => this.#tell(device) })
  }

  /** Replaces what the device watched. @param wanted at most limits.presenceWatched */
  async watch (device: WatchingDevice, wanted: ReadonlyMap<AccountId, GroupConversation | undefined>): Promise<void> {
    const policy = await this.#c.policies.of(device.account)
    if (device.isGone) return
    for (const [account, watch] of device.watched) if (!wanted.has(account)) this.#leave(device, watch)
    const own = this.#own(device.account, policy)
    own.devices.add(device)
    for (const [account, group] of wanted) if (account !== device.account) this.#join(device, account, group)
  }

  detach (device: WatchingDevice): void {
    device.isGone = true
    for (const watch of device.watched.values()) this.#leave(device, watch)
    this.#byWatcher.get(device.account)?.devices.delete(device)
  }

  /** The account has another policy: what it sees of others may change, and what others here see of it. */
  policyChanged (account: AccountId, policy: Policy): void {
    const own = this.#byWatcher.get(account)
    if (own !== undefined) {
      own.ownBits = policy.ownBits
      for (const watch of own.watches.values()) this.#changed(watch)
    }
    for (const listener of this.#c.targets.peek(account)?.listeners ?? []) {
      if (listener instanceof Watch && listener.isShared) this.#grant(listener, policy.grantTo(listener.watcher))
    }
  }

  /** The home of a remote target says what `watcher` may be told of it. */
  granted (account: AccountId, watcher: AccountId, bits: number): void {
    const watch = this.#byWatcher.get(watcher)?.watches.get(account)
    if (watch?.isShared === true) this.#grant(watch, bits)
  }

  /** The account lives elsewhere from now on, or here: its presence comes from there. */
  moved (account: AccountId): void {
    const target = this.#c.targets.peek(account)
    if (target !== undefined) {
      this.#c.targets.changed(account, unseen)
      target.isRead = false
    }
    for (const listener of target?.listeners ?? []) {
      if (!(listener instanceof Watch)) continue
      this.#c.remote.unsubscribe(account, listener.watcher)
      this.#grant(listener, 0)
      this.#check(listener)
    }
    // Those whom it watched itself are its new home's concern.
    const own = this.#byWatcher.get(account)
    if (own !== undefined && !this.#c.placement.isHome(account)) for (const watch of [...own.watches.values()]) this.#end(watch)
  }

  /** Watches without a device end, old answers are looked at again. */
  sweep (): void {
    const nowMs = this.#c.clock.nowMs()
    let rechecks = 0
    for (const [account, { watches, devices }] of this.#byWatcher) {
      for (const watch of watches.values()) {
        if (watch.devices.size === 0) {
          if (watch.idleSinceMs + lingerMs <= nowMs) this.#end(watch)
        } else if (watch.checkedAtMs + recheckMs <= nowMs && rechecks < rechecksPerSweep) {
          rechecks++
          this.#check(watch)
        }
      }
      if (watches.size === 0 && devices.size === 0) this.#byWatcher.delete(account)
    }
  }

  stop (): void { this.#pacer.stop() }

  #own (account: AccountId, policy: Policy): { watches: Map<AccountId, Watch>, devices: Set<WatchingDevice>, ownBits: number } {
    let own = this.#byWatcher.get(account)
    if (own === undefined) {
      own = { watches: new Map(), devices: new Set(), ownBits: policy.ownBits }
      this.#byWatcher.set(account, own)
    }
    own.ownBits = policy.ownBits
    return own
  }

  #join (device: WatchingDevice, account: AccountId, group: GroupConversation | undefined): void {
    const { watches } = this.#byWatcher.get(device.account)!
    let watch = watches.get(account)
    if (watch === undefined) {
      // [DROP] memory is bounded
      if (this.#count >= maxWatches) { this.#c.shed.inc(1, { why: 'watches' }); return }
      watch = new Watch(device.account, this.#c.targets, account, (one) => { this.#changed(one) })
      watches.set(account, watch)
      this.#count++
    }
    watch.devices.add(device)
    device.watched.set(account, watch)
    const isOtherGroup = group !== undefined && group.id !== watch.group?.id
    if (isOtherGroup) watch.group = group
    if (watch.bits === 0 && (isOtherGroup || watch.checkedAtMs + recheckDeniedMs <= this.#c.clock.nowMs())) this.#check(watch)
    else this.#mark(device, watch)
  }

  #leave (device: WatchingDevice, watch: Watch): void {
    device.watched.delete(watch.target.account)
    device.told.delete(watch.target.account)
    device.dirty.delete(watch)
    watch.devices.delete(device)
    watch.idleSinceMs = this.#c.clock.nowMs()
  }

  #end (watch: Watch): void {
    const { target, watcher } = watch
    for (const device of watch.devices) this.#leave(device, watch)
    this.#byWatcher.get(watcher)?.watches.delete(target.account)
    this.#count--
    this.#c.remote.unsubscribe(target.account, watcher)
    this.#c.targets.unlisten(target, watch)
  }

  #check (watch: Watch): void {
    const isTaken = this.#c.checks.addOnce(watch, async () => {
      if (this.#byWatcher.get(watch.watcher)?.watches.get(watch.target.account) === watch) await this.#lookAt(watch)
    })
    if (!isTaken) this.#c.shed.inc(1, { why: 'checks' })
  }

  async #lookAt (watch: Watch): Promise<void> {
    const { acquaintance, clock, people, placement, policies, remote } = this.#c
    const { target, watcher } = watch
    const { account } = target
    watch.checkedAtMs = clock.nowMs()
    watch.isShared = await acquaintance.share(watcher, account, watch.group)
    if (!watch.isShared) {
      remote.unsubscribe(account, watcher)
      this.#grant(watch, 0)
    } else if (placement.isHome(account)) {
      const policy = await policies.of(account)
      if (!target.isRead) await people.read(target)
      this.#grant(watch, policy.grantTo(watcher))
    } else remote.subscribe(account, watcher, watch.group)
  }

  #grant (watch: Watch, bits: number): void {
    if (watch.bits === bits) return
    watch.bits = bits
    this.#changed(watch)
  }

  #changed (watch: Watch): void { for (const device of watch.devices) this.#mark(device, watch) }

  #mark (device: WatchingDevice, watch: Watch): void {
    if (sameSeen(this.#view(device, watch), device.told.get(watch.target.account) ?? unseen)) return
    device.dirty.add(watch)
    this.#pacer.mark(device)
  }

  #view (device: WatchingDevice, watch: Watch): Seen {
    return visible(watch.target.seen, watch.bits & (this.#byWatcher.get(device.account)?.ownBits ?? 0))
  }

  #tell (device: WatchingDevice): boolean | 'later' {
    if (device.isGone) return false
    // [LATER] what is gathered costs nothing: it waits until there is less to do, and the device has read
    if (this.#c.load?.sheds('presence') === true) return 'later'
    if (device.channel.stream.bufferedBytes > maxBufferedBytes) { this.#c.shed.inc(1, { why: 'unread' }); return 'later' }
    const presences = []
    for (const watch of device.dirty) {
      const { account } = watch.target
      const seen = this.#view(device, watch)
      if (sameSeen(seen, device.told.get(account) ?? unseen)) continue
      if (seen.state === 'unknown') device.told.delete(account)
      else device.told.set(account, seen)
      presences.push({ account: accountIdToBytes(account), state: presenceStates[seen.state], lastSeenMs: seen.lastSeenMs })
    }
    device.dirty.clear()
    if (presences.length === 0) return false
    this.#told.inc()
    device.channel.notify(clientNotifications.presence, { presences })
    return true
  }
}
