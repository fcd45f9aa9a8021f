/**
 * The standby, and the standing order: a record signed in advance that makes it the home when the home is dead.
 *
 * The primary device chooses, signs, and gives the order to the account's other devices as a fact; whoever of them finds the
 * home dead publishes the very same bytes. Owns: which standby, renewing both with every change of the record, taking them to
 * the home until it has them. Does not know: when a home is dead (home-watch.ts). Spec: docs/protocol/move.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { parseRelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { isNewer, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { ClientLogger } from '../components.ts'
import type { SyncFacts } from '../devices/sync.ts'
import type { Account } from '../keys/account.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import type { RelayChoice } from '../relay/relay-choice.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { HomeRow, RelayPlace, Tables } from '../store/tables.ts'

export interface OrdersComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly account: Account
  readonly choice: RelayChoice
  readonly link: RelayLink
  readonly clock: Clock
  readonly logger?: ClientLogger | undefined
  /** What the person wants who has not said anything. */
  readonly wish: 'auto' | 'none'
  /** A standby that has not had everything for so long is replaced; looked at as often. */
  readonly givenUpMs: number
  /** The account has another standby, or none. */
  readonly onChanged: () => void
}

/** A standing order that is good now. */
export interface Order { readonly record: SignedHomeRecord, readonly standby: RelayPlace }

const rowKey = 'home'
/** SPEC(standby) state */
const behind = 1
const factKey = 'home/order'

export class Orders {
  readonly #on: OrdersComponents
  #facts: SyncFacts | undefined
  #timer: Timer | undefined
  #adjusting: Promise<void> | undefined
  /** Moves under way. */
  #moves = 0
  readonly #stopping = { signal: new AbortController() }

  constructor (components: OrdersComponents) { this.#on = components }

  /** There is an account, and facts can be said. */
  load (facts: SyncFacts): void {
    this.#facts = facts
    facts.onFact(factKey, async (draft, _key, value, isOwnWrite) => { if (!isOwnWrite) await this.#take(draft, value) })
  }

  /** Connected to the home: what is due is done a moment later. */
  resume (): void {
    this.#stopping.signal = new AbortController()
    this.#soon(clientLimits.standbyDelayMs)
  }

  /** The connection is gone. */
  pause (): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  stop (): void {
    this.pause()
    this.#stopping.signal.abort(new ProtocolError('CANCELLED', { what: 'the client was stopped' }))
  }

  async row (): Promise<HomeRow> { return await this.#on.ledger.read(this.#on.tables.home, rowKey) ?? {} }

  /** Addresses of other relays than the home, from before it fell silent. */
  async knownAddresses (): Promise<string[]> { return ((await this.row()).relays?.places ?? []).flatMap(({ addresses }) => addresses) }

  /** A relay that this device has known, by its name or id: a directory may not have heard yet that it is back. */
  async remembered (text: string): Promise<RelayPlace | undefined> {
    const { former = [], order, relays } = await this.row()
    return [...former, ...order === undefined ? [] : [order.standby], ...relays?.places ?? []].find(({ name, relay }) => relay === text || name === text)
  }

  /** The account does not live there any more. */
  async left (place: RelayPlace): Promise<void> {
    const { ledger, tables } = this.#on
    await ledger.run(async (draft) => {
      const row = await draft.read(tables.home, rowKey) ?? {}
      draft.write(tables.home, rowKey, { ...row, former: [place, ...(row.former ?? []).filter(({ relay }) => relay !== place.relay)].slice(0, clientLimits.formerHomes) })
    })
  }

  async wish (): Promise<NonNullable<HomeRow['wish']>> { return (await this.row()).wish ?? this.#on.wish }

  /** Would `current` be there? As far as can be said without a look at its signature. */
  async hasStandby (): Promise<boolean> {
    const [{ order }, known] = await Promise.all([this.row(), this.#on.account.homeRecord()])
    return order !== undefined && known !== undefined && order.after >= known.epoch
  }

  /** undefined: there is none, or the account's record has gone on since. */
  async current (): Promise<Order | undefined> {
    const { account } = this.#on
    const [{ order }, known] = await Promise.all([this.row(), account.homeRecord()])
    if (order === undefined || known === undefined || order.after < known.epoch) return undefined
    try {
      const record = account.readRecord(fromHex(order.record))
      return isNewer(record, known) && record.homes[0] === order.standby.relay ? { record, standby: order.standby } : undefined
    } catch (error) {
      if (!isProtocolError(error)) throw error
      return undefined
    }
  }

  /** The standby that the account's record names. */
  async standby (): Promise<RelayPlace | undefined> {
    const [{ order }, known] = await Promise.all([this.row(), this.#on.account.homeRecord()])
    const relay = known?.homes[1]
    if (relay === undefined) return undefined
    return order?.standby.relay === relay ? order.standby : { relay, name: '', region: '', addresses: [] }
  }

  /**
   * What the person wants from now on. Resolves when the home has taken it.
   * @throws ProtocolError NOT_ALLOWED, UNKNOWN_RELAY, HOME_UNREACHABLE, DISCONNECTED, …
   */
  async setWish (wish: NonNullable<HomeRow['wish']>): Promise<void> {
    const { account, ledger, link, tables } = this.#on
    if (!account.isPrimary) throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device chooses a standby' })
    if (!link.isOnline) throw new ProtocolError('DISCONNECTED')
    await this.#adjusting?.catch(() => { /* told to whoever has begun it */ })
    await ledger.run(async (draft) => {
      const { pending: _pending, ...row } = await draft.read(tables.home, rowKey) ?? {}
      draft.write(tables.home, rowKey, { ...row, wish })
    })
    await this.adjust()
  }

  /** Bring record and order to what is wanted. One at a time. @throws ProtocolError: not now */
  adjust (): Promise<void> {
    this.#adjusting ??= this.#adjust().finally(() => { this.#adjusting = undefined })
    return this.#adjusting
  }

  /** The account moves: until it has, nothing is signed that names the home of now, since it would be newer than the record of the move. */
  async duringMove (move: () => Promise<void>): Promise<void> {
    this.#moves++
    try {
      await move()
    } finally {
      this.#moves--
    }
  }

  #soon (afterMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#on.clock.after(afterMs, () => {
      this.#timer = undefined
      this.#remember().catch((error: unknown) => {
        // No directory answers now: asked again with the next connection.
        if (!isProtocolError(error)) throw error
      }).then(async () => { await this.adjust() }).then(async () => {
        if (!this.#on.account.isPrimary || !this.#on.link.isOnline || await this.wish() === 'none') return
        // Wanted, and nobody there who could be one: soon again. Else it is looked after now and then.
        this.#soon(await this.current() === undefined ? clientLimits.standbyRetryMs : this.#on.givenUpMs)
      }).catch((error: unknown) => {
        this.#on.logger?.debug('client.no-standby', { error: String(error) })
        if (this.#on.link.isOnline) this.#soon(clientLimits.standbyRetryMs)
      })
    })
  }

  /** Whom to ask when the home does not answer. */
  async #remember (): Promise<void> {
    const { account, choice, clock, ledger, tables } = this.#on
    const { home } = account
    const { relays } = await this.row()
    if (home === undefined || (relays !== undefined && clock.nowMs() - relays.atMs < clientLimits.rememberRelaysMs)) return
    const others = await choice.others(home, [], this.#stopping.signal.signal)
    const places = others.slice(0, clientLimits.relaysRemembered).map(({ relay, name, region, addresses }) => ({ relay, name, region, addresses }))
    await ledger.run(async (draft) => {
      // None now: asked again with the next connection.
      if (places.length > 0) draft.write(tables.home, rowKey, { ...await draft.read(tables.home, rowKey), relays: { atMs: clock.nowMs(), places } })
    })
  }

  async #adjust (): Promise<void> {
    const { account, link } = this.#on
    const known = await account.homeRecord()
    const { home } = account
    if (!account.isPrimary || known === undefined || home === undefined || known.homes[0] !== home.relay || !link.isOnline) return
    const { pending, contestedEpoch } = await this.row()
    if (pending !== undefined) {
      const record = account.readRecord(fromHex(pending.record))
      if (isNewer(record, known) && record.homes[0] === home.relay) { await this.#publish(record); return }
    }
    const wish = await this.wish()
    const wanted = await this.#wanted(wish, known)
    const current = await this.current()
    const isContested = contestedEpoch === known.epoch
    const isSettled = wanted === undefined ? known.homes.length === 1 && current === undefined : known.homes[1] === wanted.relay && current?.standby.relay === wanted.relay
    if (isSettled && !isContested) return
    await this.#publish(await this.#sign(known, wanted))
  }

  /** @returns undefined: none */
  async #wanted (wish: NonNullable<HomeRow['wish']>, known: SignedHomeRecord): Promise<RelayPlace | undefined> {
    const { account, choice } = this.#on
    if (wish === 'none') return undefined
    if (wish !== 'auto') return wish.relay === known.homes[0] ? undefined : wish
    // Whoever is chosen stays, as long as it does its work.
    const current = await this.current()
    const present = current !== undefined && current.standby.relay === known.homes[1] ? current.standby : undefined
    if (present !== undefined && !await this.#isGivenUp()) return present
    const { info, home } = account
    const all = await choice.standbys({ relay: known.homes[0], name: info?.home.name ?? '', region: known.region, addresses: home?.addresses ?? [] }, await this.knownAddresses(), this.#stopping.signal.signal)
    const best = all.find(({ relay }) => relay !== present?.relay)
    return best === undefined ? present : { relay: best.relay, name: best.name, region: best.region, addresses: best.addresses }
  }

  /** The home says that the standby has not had everything for long. */
  async #isGivenUp (): Promise<boolean> {
    try {
      const { behindMs, state } = await this.#on.link.call(clientMethods.standbyState, {})
      return state === behind && behindMs >= this.#on.givenUpMs
    } catch (error) {
      // An older relay does not say.
      if (!isProtocolError(error, 'UNKNOWN_METHOD')) throw error
      return false
    }
  }

  /** Record and order, written down before anybody sees them. */
  async #sign (known: SignedHomeRecord, standby: RelayPlace | undefined): Promise<SignedHomeRecord> {
    const { account, ledger, tables } = this.#on
    return await ledger.run(async (draft) => {
      // [LATER] it has moved while a standby was looked for, or is about to
      if (this.#moves > 0 || (await draft.read(tables.homeRecords, known.account))?.epoch !== known.epoch) throw new ProtocolError('DISCONNECTED', { what: 'the account moves' })
      const homes: SignedHomeRecord['homes'] = standby === undefined ? [known.homes[0]] : [known.homes[0], standby.relay]
      const record = await account.signHome(draft, { homes, region: known.region })
      const order = standby === undefined ? undefined : await account.signHome(draft, { homes: [standby.relay], region: standby.region })
      const row = await draft.read(tables.home, rowKey) ?? {}
      draft.write(tables.home, rowKey, {
        ...row,
        pending: { record: toHex(record.bytes), ...(order === undefined || standby === undefined ? {} : { order: toHex(order.bytes), standby }) }
      })
      return record
    })
  }

  /** @throws ProtocolError: the home has not taken it (yet) */
  async #publish (record: SignedHomeRecord): Promise<void> {
    const { account, ledger, link, onChanged, tables } = this.#on
    try {
      await link.call(clientMethods.updateHome, decode(Signed, record.bytes))
    } catch (error) {
      if (isProtocolError(error, 'ROLLED_BACK') && error.details.record !== undefined) await account.onMoved(error.details.record, this.#stopping.signal.signal)
      throw error
    }
    await ledger.run(async (draft) => {
      const { pending, order: _order, contestedEpoch: _contested, ...row } = await draft.read(tables.home, rowKey) ?? {}
      const known = await draft.read(tables.homeRecords, record.account)
      // It has moved since.
      if (pending?.record !== toHex(record.bytes) || (known !== undefined && isNewer(known, record))) return
      account.keepRecord(draft, record)
      const order = pending.order === undefined || pending.standby === undefined ? undefined : { record: pending.order, after: record.epoch, standby: pending.standby }
      draft.write(tables.home, rowKey, { ...row, ...(order === undefined ? {} : { order }) })
      await this.#facts?.put(draft, factKey, order === undefined ? '' : JSON.stringify(order))
    })
    onChanged()
  }

  /** What the primary has said. */
  async #take (draft: Draft, value: string): Promise<void> {
    const { account, tables } = this.#on
    // [IGNORE] the primary has it from itself
    if (account.isPrimary) return
    const { order: _order, ...row } = await draft.read(tables.home, rowKey) ?? {}
    const order = value === '' ? undefined : this.#readOrder(value)
    draft.write(tables.home, rowKey, { ...row, ...(order === undefined ? {} : { order }) })
  }

  /** @returns undefined when it cannot be used: of a newer version, or broken */
  #readOrder (value: string): HomeRow['order'] | undefined {
    try {
      const { record, after, standby } = JSON.parse(value) as { record: unknown, after: unknown, standby: Record<string, unknown> }
      if (typeof record !== 'string' || !Number.isSafeInteger(after)) return undefined
      const { relay, name, region, addresses } = standby
      if (typeof relay !== 'string' || typeof name !== 'string' || typeof region !== 'string' || !Array.isArray(addresses) || addresses.length > limits.relayAddresses) return undefined
      const place = { relay: parseRelayId(relay), name: name.slice(0, limits.relayNameBytes), region: region.slice(0, limits.regionBytes), addresses: addresses.filter((one): one is string => typeof one === 'string' && one.length <= limits.addressBytes) }
      this.#on.account.readRecord(fromHex(record))
      return { record, after: after as number, standby: place }
    } catch (error) {
      this.#on.logger?.debug('client.bad-order', { error: String(error) })
      return undefined
    }
  }
}
