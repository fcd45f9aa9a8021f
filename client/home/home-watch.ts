/**
 * Is the home dead? Then this device moves the account to its standby, or is a guest elsewhere until the home is back.
 *
 * The home's silence is not enough: another relay has to say that it does not see it either, so that a bad line moves nobody.
 * Owns: since when the home is away, when to ask whom, what follows from the answer. Does not know: how a move is done
 * (client-home.ts) or what a guest does (guest-link.ts). Spec: docs/protocol/move.md
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { isNewer, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { ClientLogger } from '../components.ts'
import type { Account } from '../keys/account.ts'
import { clientLimits } from '../limits.ts'
import type { ConnectionStatus } from '../model.ts'
import { dialChannel } from '../relay/dial.ts'
import type { RelayChoice } from '../relay/relay-choice.ts'
import { sayHello } from '../relay/relay-connection.ts'
import type { RelayPlace } from '../store/tables.ts'
import type { GuestLink } from './guest-link.ts'
import type { Order } from './orders.ts'

export interface HomeWatchConfig {
  readonly moveAfterMs: number
  /** Without a standby; Infinity: never by itself. */
  readonly moveWithoutStandbyAfterMs: number
  readonly software: string
}

export interface HomeWatchComponents {
  readonly account: Account
  readonly choice: RelayChoice
  readonly guest: GuestLink
  readonly dialer: Dialer
  readonly clock: Clock
  readonly logger?: ClientLogger | undefined
  readonly order: () => Promise<Order | undefined>
  /** Addresses of other relays, from before. */
  readonly knownAddresses: () => Promise<string[]>
  /** The home is dead: live at the standby. */
  readonly move: (order: Order, signal: AbortSignal) => Promise<void>
  /** It is dead for long, and there is no standby. */
  readonly moveAnywhere: (signal: AbortSignal) => Promise<void>
  /** The account lives elsewhere, another device has signed or said so. @returns whether that is news */
  readonly follow: (record: Uint8Array, signal: AbortSignal) => Promise<boolean>
  /** The home may be there again. */
  readonly hurry: () => void
}

/** What a relay says of the home; anything else: nothing. */
const isThere = 1
const isSilent = 2
/** The question goes out before the time is over: nothing follows before it is. */
const askEarly = 0.7
/** Relays asked in turn when the standby does not answer, or there is none. */
const othersAsked = 4

interface Answer {
  readonly place: RelayPlace
  readonly channel: Channel
  readonly state: number
  readonly record: Uint8Array | undefined
  /** The standby may not have everything. */
  readonly isBehind: boolean
}

export class HomeWatch {
  readonly #on: HomeWatchComponents
  readonly #config: HomeWatchConfig
  #downSinceMs: number | undefined
  /** The connection is still there. */
  #isSilent = false
  /** When the home said first, and last, that it restarts. */
  #drainedAtMs: number | undefined
  #saidAtMs = -Infinity
  #timer: Timer | undefined
  #looks = 0
  /** The look under way. */
  #looking: AbortController | undefined

  constructor (components: HomeWatchComponents, config: HomeWatchConfig) {
    this.#on = components
    this.#config = config
  }

  /** Since when the home does not answer; undefined: it does. */
  get downSinceMs (): number | undefined { return this.#downSinceMs }

  onStatus ({ state, error }: ConnectionStatus): void {
    if (state === 'online' || state === 'offline') {
      this.#rest()
      return
    }
    // The connection has ended: what decides now is whether another one can be made.
    this.#isSilent = false
    if (error?.code === 'DRAINING') this.drained()
    if (this.#downSinceMs !== undefined) return
    this.#downSinceMs = this.#on.clock.nowMs()
    this.#soon(this.#config.moveAfterMs * askEarly)
  }

  /** The connection is there, and nothing comes over it since then, not even an answer. */
  silent (sinceMs: number): void {
    if (this.#downSinceMs !== undefined) return
    this.#isSilent = true
    this.#downSinceMs = sinceMs
    this.#soon(Math.max(0, sinceMs + this.#config.moveAfterMs * askEarly - this.#on.clock.nowMs()))
  }

  /** Something has come, after all. */
  heard (): void { if (this.#isSilent) this.#rest() }

  /** The home has said that it restarts. */
  drained (): void {
    this.#saidAtMs = this.#on.clock.nowMs()
    this.#drainedAtMs ??= this.#saidAtMs
  }

  /** The account lives elsewhere now: begin anew with that home. */
  moved (): void { this.#rest() }

  stop (): void { this.#rest() }

  #rest (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#looking?.abort(new ProtocolError('CANCELLED', { what: 'the home is there' }))
    this.#looking = undefined
    this.#downSinceMs = undefined
    this.#isSilent = false
    this.#drainedAtMs = undefined
    this.#saidAtMs = -Infinity
    this.#looks = 0
    this.#on.guest.leave()
  }

  #soon (afterMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#on.clock.after(afterMs, () => {
      this.#timer = undefined
      const looking = this.#looking = new AbortController()
      this.#look(looking.signal).catch((error: unknown) => {
        if (!isProtocolError(error)) this.#on.logger?.warn('client.home-watch', { error: String(error) })
        else this.#on.logger?.debug('client.home-watch', { code: error.code })
      }).finally(() => {
        if (this.#looking !== looking) return
        this.#looking = undefined
        this.#soon(Math.min(clientLimits.lookAgainMs * 2 ** Math.min(this.#looks++, 8), clientLimits.lookAgainMaxMs))
      })
    })
  }

  async #look (signal: AbortSignal): Promise<void> {
    const { account, clock, follow, guest, hurry, move, moveAnywhere } = this.#on
    const { home } = account
    const known = await account.homeRecord()
    if (home === undefined || known === undefined) return
    const order = await this.#on.order()
    const answer = await this.#ask(home.relay, order, signal)
    // Nobody answers: it is this device's line.
    if (answer === undefined) { guest.leave(); return }
    let isKept = answer.channel === guest.channel
    try {
      if (answer.record !== undefined && this.#isNews(answer.record, known) && await follow(answer.record, signal)) return
      signal.throwIfAborted()
      await this.#untilDownFor(this.#config.moveAfterMs, signal)
      const downMs = clock.nowMs() - (this.#downSinceMs ?? clock.nowMs())
      const isRestarting = this.#drainedAtMs !== undefined && clock.nowMs() - this.#drainedAtMs < clientLimits.drainGraceMs
      // It sends everybody away, and goes on doing so: that is as good as dead.
      const isSentAway = !isRestarting && clock.nowMs() - this.#saidAtMs < clientLimits.drainGraceMs
      if (answer.state === isThere) hurry()
      if ((answer.state === isSilent || isSentAway) && !isRestarting) {
        if (order !== undefined && answer.place.relay === order.standby.relay) {
          // What it lacks may be back with the home in a moment.
          if (!answer.isBehind || downMs >= clientLimits.behindGraceMs) await this.#quietly('move', move(order, signal))
          if (signal.aborted) return
        } else if (account.isPrimary && downMs >= this.#config.moveWithoutStandbyAfterMs) {
          await this.#quietly('move-anywhere', moveAnywhere(signal))
          if (signal.aborted) return
        }
      }
      // The connection to the home is there, and the home as well.
      if (this.#isSilent && answer.state === isThere) return
      if (answer.channel !== guest.channel && !answer.channel.isClosed) {
        guest.enter(home.account, answer.place, answer.channel)
        isKept = true
      }
    } finally {
      if (!isKept) await answer.channel.close()
    }
  }

  /** @throws the signal's reason: the home is there */
  async #untilDownFor (ms: number, signal: AbortSignal): Promise<void> {
    const leftMs = (this.#downSinceMs ?? 0) + ms - this.#on.clock.nowMs()
    if (leftMs <= 0) return
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        timer.cancel()
        reject(signal.reason as Error)
      }
      const timer = this.#on.clock.after(leftMs, () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  #isNews (bytes: Uint8Array, known: SignedHomeRecord): boolean {
    try {
      return isNewer(this.#on.account.readRecord(bytes), known)
    } catch (error) {
      // [IGNORE] a relay's word without the account's signature
      if (!isProtocolError(error)) throw error
      return false
    }
  }

  /** The standby first; then whoever this device is a guest of, then some others. @returns undefined: nobody answers */
  async #ask (home: RelayId, order: Order | undefined, signal: AbortSignal): Promise<Answer | undefined> {
    const { account, choice, guest } = this.#on
    const tried = new Set<RelayId>()
    const { channel, host } = guest
    const isGuestOfStandby = host !== undefined && host.relay === order?.standby.relay
    if (order !== undefined && !isGuestOfStandby) {
      tried.add(order.standby.relay)
      const answer = await this.#askAt(order.standby, home, signal)
      if (answer !== undefined) return answer
    }
    if (host !== undefined && channel !== undefined) {
      tried.add(host.relay)
      try {
        return await this.#askOn(channel, host, home, signal)
      } catch (error) {
        signal.throwIfAborted()
        if (!isProtocolError(error)) throw error
        guest.leave()
      }
    }
    const others = (await choice.others({ relay: home, addresses: account.home?.addresses ?? [] }, await this.#on.knownAddresses(), signal)).filter(({ relay }) => !tried.has(relay))
    for (const other of others.slice(0, othersAsked)) {
      const answer = await this.#askAt(other, home, signal)
      if (answer !== undefined) return answer
    }
    return undefined
  }

  /** @returns undefined when the relay does not answer, or does not know the question */
  async #askAt (place: RelayPlace, home: RelayId, signal: AbortSignal): Promise<Answer | undefined> {
    const { account, clock } = this.#on
    let channel: Channel | undefined
    const limit = new AbortController()
    const timer = clock.after(clientLimits.askHomeMs, () => { limit.abort(new ProtocolError('TIMEOUT')) })
    const either = AbortSignal.any([signal, limit.signal])
    try {
      channel = (await dialChannel(this.#on, { target: { addresses: place.addresses, expect: place.relay }, protocol: protocols.client, handlers: deaf(), signal: either })).start()
      let record: Uint8Array | undefined
      try {
        await sayHello(channel, account.home!, this.#config.software, { signal: either })
      } catch (error) {
        // It has known the account before; as a guest it is welcome.
        if (!isProtocolError(error, 'MOVED')) throw error
        record = error.details.record
      }
      const answer = await this.#askOn(channel, place, home, either)
      return answer.record === undefined && record !== undefined ? { ...answer, record } : answer
    } catch (error) {
      channel?.abort(error as Error)
      signal.throwIfAborted()
      if (!isProtocolError(error)) throw error
      return undefined
    } finally {
      timer.cancel()
    }
  }

  async #askOn (channel: Channel, place: RelayPlace, home: RelayId, signal: AbortSignal): Promise<Answer> {
    const { homeRecord, isBehind, state } = await channel.call(clientMethods.askHome, { relay: relayKeyOf(home) }, { signal })
    return { place, channel, state, record: homeRecord, isBehind }
  }

  /** What fails is tried again with the next look; until then this device is a guest. */
  async #quietly (what: string, work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.#on.logger?.debug('client.home-watch', { what, code: error.code })
    }
  }
}

/** A relay at which this account is registered already begins to deliver: not here, so it comes again. */
const deaf = (): Handlers => new Handlers().onNotification(clientNotifications.deliver, () => {}).onNotification(clientNotifications.draining, () => {})
