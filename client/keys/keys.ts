/**
 * Looking people up at the relay: who has which devices, and keys to start sessions with them.
 *
 * Owns: one request at a time per person, retries with pauses, what a lie of the relay leads to (a warning, and another
 * try later). What was found goes into the device lists (devices.ts) and the sessions (session-box.ts).
 */
import type { Clock, Random } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { Claimed, Found } from '../../protocol/wire/gen/service.js'
import type { Devices } from './devices.ts'
import type { Events } from '../events.ts'
import { clientLimits } from '../limits.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { RelayLink } from '../relay/link.ts'
import { Retries } from '../relay/retry.ts'
import type { SessionBox } from './session-box.ts'
import { isStoreFailure } from '../store/store.ts'

export interface KeyComponents {
  readonly ledger: Ledger
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** There may be sessions now with everybody but `keyless`. */
  readonly onKeys: (account: AccountId, keyless: readonly DeviceId[]) => void
  /** The relay says that nobody of this id exists; it is asked again. */
  readonly onUnknown: (account: AccountId, error: ProtocolError) => void
  /** No keys of this person now; it is tried again. */
  readonly onUnavailable: (account: AccountId) => void
}

export class Keys {
  readonly #on: KeyComponents
  readonly #claiming = new Set<AccountId>()
  readonly #wanted: AccountId[] = []
  #isAsking = false
  readonly #finding = new Map<AccountId, Promise<boolean>>()
  readonly #retries: Retries<AccountId>
  /** People with devices that have published nothing yet: these devices, joined, and when to ask again. */
  readonly #keyless = new Map<AccountId, string>()
  readonly #publishing: Retries<AccountId>
  readonly #renewing = new Set<AccountId>()
  readonly #renewedAtMs = new Map<AccountId, number>()
  /** Lists that were heard of and not shown. */
  readonly #missed = new Map<AccountId, number>()
  /** Lists that were pinned in this run, by the count of all: an answer that was on its way meanwhile may be older. */
  readonly #pinnedAt = new Map<AccountId, number>()
  #pinned = 0

  constructor (components: KeyComponents) {
    this.#on = components
    this.#retries = new Retries(components)
    this.#publishing = new Retries(components)
    components.devices.onChanged((_, account) => {
      if (this.#pinnedAt.size >= clientLimits.answersKept) this.#pinnedAt.clear()
      this.#pinnedAt.set(account, ++this.#pinned)
    })
  }

  /** Get sessions with all devices of these people; `onKeys` follows. Repeating it is harmless. */
  want (accounts: readonly AccountId[]): void {
    for (const account of accounts) {
      if (this.#claiming.has(account) || this.#retries.isWaiting(account) || !this.#on.link.isOnline) continue
      this.#claiming.add(account)
      this.#wanted.push(account)
    }
    if (this.#wanted.length === 0 || this.#isAsking) return
    this.#isAsking = true
    // Those of one turn are asked for together.
    queueMicrotask(() => {
      this.#isAsking = false
      const all = this.#wanted.splice(0)
      if (all.length <= clientLimits.claimsOneByOne) for (const account of all) void this.#claim(account)
      else for (let at = 0; at < all.length; at += limits.claimBatch) void this.#claimMany(all.slice(at, at + limits.claimBatch))
    })
  }

  /**
   * Messages of this person cannot be opened: fresh sessions, which heal a ratchet that has come apart.
   * @returns false when that was done lately, so that nothing new will come of it; `onKeys` follows otherwise
   */
  renew (account: AccountId): boolean {
    const nowMs = this.#on.clock.nowMs()
    if (!this.#renewing.has(account)) {
      if (nowMs - (this.#renewedAtMs.get(account) ?? -Infinity) < clientLimits.renewSessionsMs) return false
      this.#renewing.add(account)
    }
    this.want([account])
    return true
  }

  /** The relay can be reached again. */
  resume (): void { this.stop() }

  stop (): void {
    this.#retries.clear()
    this.#publishing.clear()
    this.#keyless.clear()
  }

  /**
   * Learn the newest device list of somebody; one request for all who ask at once.
   * @throws ProtocolError UNKNOWN_ACCOUNT, HOME_UNREACHABLE, DISCONNECTED, …; ROLLED_BACK or IDENTITY_CHANGED when the
   *   relay offers a list that must not be believed
   */
  async refresh (account: AccountId): Promise<void> { await this.#findOnce(account) }

  async #findOnce (account: AccountId): Promise<boolean> {
    let finding = this.#finding.get(account)
    if (finding === undefined) {
      finding = this.#find(account).finally(() => { this.#finding.delete(account) })
      this.#finding.set(account, finding)
    }
    return await finding
  }

  /** A message says that there is a list of this epoch: a relay that keeps it back is reported, once. */
  async refreshTo (account: AccountId, epoch: number): Promise<void> {
    const known = async (): Promise<number> => await this.#on.ledger.run(async (draft) => (await this.#on.devices.listOf(draft, account))?.list.epoch ?? 0)
    if ((this.#missed.get(account) ?? 0) >= epoch || await known() >= epoch) return
    // A copy may be older without anybody's intent: the next message asks again.
    if (await this.#findOnce(account)) return
    if (await known() >= epoch || (this.#missed.get(account) ?? 0) >= epoch) return
    this.#missed.set(account, epoch)
    this.#on.events.emit('warning', { kind: 'devices', peer: account, text: 'There is a newer list of this person\'s devices, which the relay does not show.' })
  }

  /** Pin what a relay said of somebody. @param askedAt how many lists had been pinned when it was asked; absent: just now. @throws as `refresh` */
  async take (draft: Draft, account: AccountId, found: Pick<Found, 'deviceList' | 'homeRecord' | 'isCopy'>, askedAt = this.#pinned): Promise<void> {
    await this.#pinList(draft, account, found.deviceList, { mayBeOlder: found.isCopy === true || (this.#pinnedAt.get(account) ?? 0) > askedAt })
    if (found.homeRecord.byteLength > 0) await this.#on.devices.pinHome(draft, account, found.homeRecord)
  }

  /** @returns whether it came from a copy, while the home does not answer */
  async #find (account: AccountId): Promise<boolean> {
    const askedAt = this.#pinned
    const found = await this.#on.link.call(clientMethods.findAccount, { account: accountIdToBytes(account) })
    await this.#on.ledger.run(async (draft) => { await this.take(draft, account, found, askedAt) })
    return found.isCopy === true
  }

  /** The first message to a large group needs sessions with everybody. */
  async #claimMany (accounts: readonly AccountId[]): Promise<void> {
    const askedAt = this.#pinned
    let outcomes
    try {
      outcomes = (await this.#on.link.call(clientMethods.claimMany, { accounts: accounts.map(accountIdToBytes) })).outcomes
      // [REJECT] one for each
      if (outcomes.length !== accounts.length) throw new ProtocolError('MALFORMED', { what: 'outcomes' })
    } catch (error) {
      if (isProtocolError(error, 'UNKNOWN_METHOD')) for (const account of accounts) void this.#claim(account)
      else for (const account of accounts) this.#onClaimError(account, error)
      return
    }
    const done: Array<() => void> = []
    for (const [i, account] of accounts.entries()) {
      const { status, claimed, retryAfterMs } = outcomes[i]!
      if (status === 0 && claimed !== undefined) await this.#claim(account, { claimed, askedAt, done })
      else this.#onClaimError(account, ProtocolError.fromStatus(status, retryAfterMs > 0 ? { retryAfterMs } : {}))
    }
    // Told together: what waited for them is written down in few parts.
    for (const tell of done) tell()
  }

  #onClaimError (account: AccountId, error: unknown): void {
    this.#claiming.delete(account)
    if (isProtocolError(error, 'UNKNOWN_ACCOUNT')) this.#on.onUnknown(account, error)
    // Without a connection nothing is scheduled: `resume` begins anew.
    if (!this.#on.link.isOnline) return
    this.#retries.schedule(account, error, () => { this.want([account]) })
    this.#on.onUnavailable(account)
  }

  /** @param given what the relay has said already, and where to put what follows */
  async #claim (account: AccountId, given?: { readonly claimed: Claimed, readonly askedAt: number, readonly done: Array<() => void> }): Promise<void> {
    const askedAt = given?.askedAt ?? this.#pinned
    let keyless: DeviceId[] = []
    try {
      const claimed = given?.claimed ?? await this.#on.link.call(clientMethods.claimBundles, { account: accountIdToBytes(account) })
      const result = await this.#on.ledger.run(async (draft) => await this.#start(draft, account, claimed, askedAt))
      keyless = result.keyless
      if (result.usable === 0 && account !== this.#on.own.account) throw new ProtocolError('NO_BUNDLE')
      this.#retries.succeeded(account)
      if (this.#renewing.delete(account)) this.#renewedAtMs.set(account, this.#on.clock.nowMs())
    } catch (error) {
      // Another device of one's own that has published nothing yet: what is said meanwhile goes without it.
      if (account !== this.#on.own.account || !isProtocolError(error, 'NO_BUNDLE')) {
        this.#onClaimError(account, error)
        return
      }
      keyless = (await this.#on.ledger.run(async (draft) => (await this.#on.devices.listOf(draft, account))?.list.devices ?? [])).flatMap(({ id }) => id === this.#on.own.device ? [] : [id])
    }
    this.#claiming.delete(account)
    this.#askAgain(account, keyless)
    if (given === undefined) this.#on.onKeys(account, keyless)
    else given.done.push(() => { this.#on.onKeys(account, keyless) })
  }

  /** A device that was just linked publishes its keys in a moment. Nobody else asks for them meanwhile (sealer.ts). */
  #askAgain (account: AccountId, keyless: readonly DeviceId[]): void {
    const devices = keyless.join()
    if (devices !== (this.#keyless.get(account) ?? '')) this.#publishing.succeeded(account)
    if (devices === '') {
      this.#keyless.delete(account)
      return
    }
    this.#keyless.set(account, devices)
    if (!this.#on.link.isOnline) return
    // One that died before it did: now and then is enough.
    const isLate = this.#publishing.attempts(account) >= clientLimits.keylessAttempts
    this.#publishing.schedule(account, new ProtocolError('NO_BUNDLE', isLate ? { retryAfterMs: clientLimits.retryAfterMaxMs } : {}), () => { this.want([account]) })
  }

  async #start (draft: Draft, account: AccountId, claimed: Claimed, askedAt: number): Promise<{ usable: number, keyless: DeviceId[] }> {
    const { devices, sessions, own, events } = this.#on
    await this.take(draft, account, claimed, askedAt)
    const pinned = await devices.listOf(draft, account)
    const keyless: DeviceId[] = []
    let usable = 0
    for (const device of pinned?.list.devices ?? []) {
      if (device.id === own.device) continue
      const address = { account, device: device.id }
      const canSeal = await sessions.canSeal(draft, address, device.identityKey)
      if (canSeal && !this.#renewing.has(account) && !await sessions.needsRekey(draft, address)) { usable++; continue }
      const key = deviceKeyOf(device.id)
      const bundle = claimed.bundles.find((one) => sameBytes(one.device, key))
      if (bundle === undefined) {
        if (canSeal) usable++
        else keyless.push(device.id)
        continue
      }
      const child = draft.child()
      try {
        await sessions.start(child, account, device, bundle)
        draft.absorb(child)
        usable++
      } catch (error) {
        if (!isProtocolError(error) || isStoreFailure(error)) throw error
        if (canSeal) usable++
        else keyless.push(device.id)
        draft.after(() => {
          events.emit('warning', { kind: 'identity', peer: account, text: `The relay offered keys for a device of this person that do not fit (${error.code}); they were not used.` })
        })
      }
    }
    return { usable, keyless }
  }

  /** An older or contradicting list is refused and reported; what is pinned stays. */
  async #pinList (draft: Draft, account: AccountId, bytes: Uint8Array, { mayBeOlder }: { mayBeOlder: boolean }): Promise<void> {
    try {
      await this.#on.devices.pinList(draft, account, bytes, this.#on.clock.nowMs())
    } catch (error) {
      if (!isProtocolError(error, 'ROLLED_BACK', 'IDENTITY_CHANGED')) throw error
      const { code } = error
      // The primary has signed a list that the relay is about to get, or a device has heard of it first.
      if (code === 'ROLLED_BACK' && account === this.#on.own.account) return
      // The home is down, and the copy of its directory is older than what was heard since; or it was heard while this answer was under way.
      if (code === 'ROLLED_BACK' && mayBeOlder) return
      this.#on.events.emit('warning', {
        kind: 'devices',
        peer: account,
        text: code === 'ROLLED_BACK'
          ? 'The relay offered an older list of this person\'s devices than the one already known; it was refused.'
          : 'There are two different lists of this person\'s devices with the same number; the first one stays in use.'
      })
    }
  }
}
