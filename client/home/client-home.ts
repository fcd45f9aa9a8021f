/**
 * Where the account lives: its home relay, the standby, moving by hand and by itself.
 * What the person sees and chooses of it, and what puts orders.ts, home-watch.ts and guest-link.ts together.
 */
import type { CallOptions, Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, relayKeyOf, type AccountId } from '../../protocol/ids.ts'
import { clientMethods, type Method, type Notification } from '../../protocol/methods.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { Account } from '../keys/account.ts'
import { clientLimits } from '../limits.ts'
import type { ConnectionStatus, HomeChange, HomeInfo, HomeStatus } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import type { RelayChoice } from '../relay/relay-choice.ts'
import type { Ledger } from '../store/ledger.ts'
import type { RelayPlace, Tables } from '../store/tables.ts'
import type { GuestLink } from './guest-link.ts'
import type { HomeWatch } from './home-watch.ts'
import type { Order, Orders } from './orders.ts'

export interface ClientHomeComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly account: Account
  readonly choice: RelayChoice
  readonly orders: Orders
  readonly watch: () => HomeWatch
  readonly guest: GuestLink
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  /** Connect to where the account lives now. */
  readonly renew: () => void
  /** People in a group; undefined: not known. */
  readonly membersOf: (chat: ChatId) => Iterable<AccountId> | undefined
}

const rowKey = 'home'
/** SPEC(standby) state */
const standbyInSync = 2
/** For the old home to hear of a move before the connection to it ends. */
const farewellMs = 2_000

export class ClientHome {
  readonly #on: ClientHomeComponents

  constructor (components: ClientHomeComponents) { this.#on = components }

  /** @throws ProtocolError NOT_REGISTERED */
  async status (): Promise<HomeStatus> {
    const { account, guest, link, orders, watch } = this.#on
    const { info } = account
    const record = await account.homeRecord()
    if (info === undefined || record === undefined) throw new ProtocolError('NOT_REGISTERED', { what: 'create an account first' })
    const [standby, order, wish] = [await orders.standby(), await orders.current(), await orders.wish()]
    const { downSinceMs } = watch()
    return {
      ...info.home,
      epoch: record.epoch,
      isOnline: link.isOnline,
      ...(standby === undefined ? {} : { standby: infoOf(standby), ...await this.#syncOf() }),
      wish: typeof wish === 'string' ? wish : 'chosen',
      mayMove: order !== undefined,
      isPrimary: account.isPrimary,
      ...(downSinceMs === undefined ? {} : { downSinceMs }),
      ...(guest.host === undefined ? {} : { guestOf: infoOf(guest.host) })
    }
  }

  /**
   * Who stands in for the home when it dies.
   * @param wish auto: the nearest that somebody else runs in another region · none · a relay's name, id or multiaddr
   * @throws ProtocolError NOT_ALLOWED (not the primary device), UNKNOWN_RELAY, NOT_ADMITTED (that is the home), HOME_UNREACHABLE, DISCONNECTED, …
   */
  async setStandby (wish: string, { signal = AbortSignal.any([]) }: { signal?: AbortSignal } = {}): Promise<HomeStatus> {
    const { account, orders } = this.#on
    if (wish === 'auto' || wish === 'none') await orders.setWish(wish)
    else {
      const found = await this.#named(wish, signal)
      if (found.relay === account.home?.relay) throw new ProtocolError('NOT_ADMITTED', { what: 'that is the home itself' })
      await orders.setWish(found)
    }
    return await this.status()
  }

  /**
   * Live at another relay from now on, whether or not the present one answers. Resolves when the new one has the account.
   * @param relay name, id or multiaddr; absent: the standby, or the best that is there
   * @throws ProtocolError NOT_ALLOWED (a companion without a standing order, or to another relay than the standby), UNKNOWN_RELAY,
   *   NOT_ADMITTED (that is the home), HOME_UNREACHABLE; as the new relay answers
   */
  async move (relay?: string, { signal = AbortSignal.any([]) }: { signal?: AbortSignal } = {}): Promise<HomeStatus> {
    await this.#moveByHand(relay, 'asked', signal)
    return await this.status()
  }

  /** The home is dead: to the standby, with the record that was signed for this. */
  async moveByOrder ({ record, standby }: Order, reason: HomeChange['reason'], signal: AbortSignal): Promise<void> {
    await this.#on.orders.duringMove(async () => { await this.#moveTo(standby, record, reason, signal) })
  }

  /**
   * The home answers and does not know the account: it has lost its disk. A standby has what it had; without one everything is
   * given to the home again.
   * @throws ProtocolError: not now; as the connection is made to the new home
   */
  async forgotten (channel: Channel, signal: AbortSignal): Promise<void> {
    const { account, clock, orders, watch } = this.#on
    const order = await orders.current()
    const downMs = clock.nowMs() - (watch().downSinceMs ?? clock.nowMs())
    if (order === undefined || (account.isPrimary && downMs >= clientLimits.moveWithoutStandbyAfterMs)) {
      await account.registerAgain(channel)
      return
    }
    await this.moveByOrder(order, 'forgotten', signal)
    throw new ProtocolError('DISCONNECTED', { what: 'the account lives elsewhere now' })
  }

  /** The home is dead for long, and there is no standby. */
  async moveAnywhere (signal: AbortSignal): Promise<void> { await this.#moveByHand(undefined, 'dead', signal) }

  async #moveByHand (relay: string | undefined, reason: HomeChange['reason'], signal: AbortSignal): Promise<void> {
    const { account, choice, ledger, orders } = this.#on
    const { home, info } = account
    if (home === undefined || info === undefined) throw new ProtocolError('NOT_REGISTERED', { what: 'create an account first' })
    const order = await orders.current()
    if (!account.isPrimary) {
      if (order === undefined || (relay !== undefined && ![order.standby.relay as string, order.standby.name, ...order.standby.addresses].includes(relay))) {
        throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device moves the account to another relay than its standby' })
      }
      await this.#moveTo(order.standby, order.record, reason, signal)
      return
    }
    const places = relay !== undefined
      ? [await this.#named(relay, signal)]
      : order !== undefined ? [order.standby] : (await choice.standbys({ ...info.home, addresses: home.addresses }, await orders.knownAddresses(), signal)).map(placeOf)
    let lastError: unknown = new ProtocolError('HOME_UNREACHABLE', { what: 'no other relay answers' })
    for (const place of places) {
      if (place.relay === home.relay) throw new ProtocolError('NOT_ADMITTED', { what: 'the account lives there' })
      try {
        await orders.duringMove(async () => {
          const record = await ledger.run(async (draft) => await account.signHome(draft, { homes: [place.relay], region: place.region }))
          await this.#moveTo(place, record, reason, signal)
        })
        return
      } catch (error) {
        signal.throwIfAborted()
        // What is wrong here is wrong everywhere; the rest another relay may do better.
        if (!isProtocolError(error) || error.action === 'reject') throw error
        lastError = error
      }
    }
    throw lastError
  }

  /** @throws ProtocolError UNKNOWN_RELAY, …: nobody knows it */
  async #named (relay: string, signal: AbortSignal): Promise<RelayPlace> {
    const { choice, orders } = this.#on
    try {
      const [found] = await choice.candidates({ relay }, signal)
      return placeOf(found!)
    } catch (error) {
      signal.throwIfAborted()
      if (!isProtocolError(error, 'UNKNOWN_RELAY', 'HOME_UNREACHABLE', 'TIMEOUT')) throw error
      const remembered = await orders.remembered(relay)
      if (remembered === undefined) throw error
      return remembered
    }
  }

  async #moveTo (place: RelayPlace, record: SignedHomeRecord, reason: HomeChange['reason'], signal: AbortSignal): Promise<void> {
    const { account, orders, renew } = this.#on
    const from = account.info!.home
    const before = placeOf({ ...from, addresses: account.home!.addresses })
    try {
      await account.moveTo(place, record, signal)
    } catch (error) {
      // Another device was faster, and signed something else.
      if (isProtocolError(error, 'ROLLED_BACK') && error.details.record !== undefined && await this.follow(error.details.record, signal)) return
      throw error
    }
    await orders.left(before)
    await this.#sayFarewell(record)
    this.#on.watch().moved()
    this.#emit(reason, from)
    renew()
  }

  /** A record of the account that may be newer than what this device knows. @returns whether it is */
  async follow (record: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const before = this.#on.account.info?.home.relay
    if (!await this.followed(record, signal)) return false
    if (before !== this.#on.account.info?.home.relay) this.#on.renew()
    return true
  }

  /** The same, said by the relay that the connection is being made to: that goes on by itself. */
  async followed (record: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { account, watch } = this.#on
    const from = account.info?.home
    if (!await account.onMoved(record, signal)) return false
    if (from !== undefined && from.relay !== account.info?.home.relay) {
      watch().moved()
      this.#emit('followed', from)
    }
    return true
  }

  /** The home does not answer: the account may live elsewhere, as its newest record says, or the home may be reached elsewhere. @throws ProtocolError when no directory answers */
  async findAddresses (signal: AbortSignal): Promise<void> {
    const { account } = this.#on
    const record = await account.homeRecord()
    if (record !== undefined && await this.followed(record.bytes, signal)) return
    await account.findAddresses(signal)
  }

  /** Connected. After a move the new home is asked to tell the others. */
  resume (): void {
    this.#on.orders.resume()
    this.#announce().catch((error: unknown) => {
      // The next connection asks again; until then they find it in the DHT.
      if (!isProtocolError(error)) throw error
    })
  }

  onStatus (status: ConnectionStatus): void {
    if (status.state !== 'online') this.#on.orders.pause()
    this.#on.watch().onStatus(status)
  }

  /** The home has said that it restarts. */
  drained (): void { this.#on.watch().drained() }

  stop (): void {
    this.#on.orders.stop()
    this.#on.watch().stop()
  }

  async #syncOf (): Promise<{ isStandbyInSync?: boolean }> {
    if (!this.#on.link.isOnline) return {}
    try {
      return { isStandbyInSync: (await this.#on.link.call(clientMethods.standbyState, {})).state === standbyInSync }
    } catch (error) {
      // An older relay, or the connection has just ended.
      if (!isProtocolError(error)) throw error
      return {}
    }
  }

  #emit (reason: HomeChange['reason'], from: HomeInfo): void {
    const { account, events } = this.#on
    const { handle, home } = account.info!
    events.emit('home', { reason, from, to: home, handle })
  }

  /** The old home hands over what it has as soon as it knows. */
  async #sayFarewell (record: SignedHomeRecord): Promise<void> {
    const { clock, link, watch } = this.#on
    if (!link.isOnline || watch().downSinceMs !== undefined) return
    const limit = new AbortController()
    const timer = clock.after(farewellMs, () => { limit.abort(new ProtocolError('TIMEOUT')) })
    try {
      await link.call(clientMethods.updateHome, decode(Signed, record.bytes), { signal: limit.signal })
    } catch (error) {
      // It hears of it from the DHT, or from whoever asks it for the account.
      if (!isProtocolError(error)) throw error
    } finally {
      timer.cancel()
    }
  }

  async #announce (): Promise<void> {
    const { ledger, link, tables } = this.#on
    const row = await ledger.read(tables.home, rowKey)
    if (row?.isUnannounced !== true) return
    await link.call(clientMethods.announce, { accounts: this.#people().map(accountIdToBytes), homes: (row.left ?? []).map(relayKeyOf) })
    await ledger.run(async (draft) => {
      const { isUnannounced: _isUnannounced, left: _left, ...rest } = await draft.read(tables.home, rowKey) ?? {}
      draft.write(tables.home, rowKey, rest)
    })
  }

  /** Whose homes have something to do with this account's: those one talks to, and who keeps the groups in order. */
  #people (): AccountId[] {
    const { account, membersOf, tables } = this.#on
    const own = account.info!.id
    const people = new Set<AccountId>()
    for (const [key] of tables.logs.cachedEntries()) {
      const chat = key as ChatId
      if (isPairChat(chat)) people.add(chat)
      if (!isGroupChat(chat)) continue
      const { anchor } = conversationFromId(chat)
      const members = [...membersOf(chat) ?? []]
      if (anchor !== own) people.add(anchor)
      if (anchor === own || members.length <= clientLimits.announcedGroup) for (const member of members) people.add(member)
    }
    people.delete(own)
    return [...people].slice(0, clientLimits.announced)
  }
}

const placeOf = ({ relay, name, region, addresses }: RelayPlace): RelayPlace => ({ relay, name, region, addresses })
const infoOf = ({ relay, name, region }: RelayPlace): HomeInfo => ({ relay, name: name === '' ? relay : name, region })

/** What the outbox needs: to the home when it is there, as a guest elsewhere when it is not. */
export class SubmitLink implements RelayLink {
  readonly #home: RelayLink
  readonly #guest: GuestLink

  constructor (home: RelayLink, guest: GuestLink) {
    this.#home = home
    this.#guest = guest
  }

  get isOnline (): boolean { return this.#home.isOnline || this.#guest.isOnline }

  async call<Request, Reply> (method: Method<Request, Reply>, request: Partial<Request>, options?: CallOptions): Promise<Reply> {
    if (this.#home.isOnline || method.id !== clientMethods.submit.id) return await this.#home.call(method, request, options)
    // The same numbers mean the same: it is the submit that comes, with its envelopes.
    const { envelopes = [] } = request as { envelopes?: readonly Uint8Array[] }
    return await this.#guest.submit(envelopes) as Reply
  }

  notify<Body> (kind: Notification<Body>, body: Partial<Body>): void { this.#home.notify(kind, body) }
}
