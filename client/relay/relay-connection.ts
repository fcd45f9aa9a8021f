/**
 * The connection to the account's relay: made, kept, and made again.
 *
 * Owns: hello, heartbeats (dead after two), pauses with jitter, trying the relay's addresses in turn, what a relay that
 * drains or that we have moved away from leads to. Does not know what is sent over it.
 * Spec: docs/protocol/client.md
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import type { CallOptions, Channel, Handlers } from '../../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, type Method, type Notification } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import type { Welcome } from '../../protocol/wire/gen/service.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import type { ClientLogger } from '../components.ts'
import { dialChannel } from './dial.ts'
import { LineWatch } from './line-watch.ts'
import type { RelayLink } from './link.ts'
import { clientLimits } from '../limits.ts'
import type { ConnectionStatus } from '../model.ts'
import { askedPauseMs } from './retry.ts'

/** Where to go and who to be there. */
export interface Home {
  readonly account: AccountId
  readonly relay: RelayId
  readonly name: string
  readonly addresses: readonly string[]
  /** Signed DeviceList */
  readonly deviceList: Uint8Array
}

export interface ConnectionComponents {
  readonly dialer: Dialer
  readonly clock: Clock
  readonly random: Random
  readonly handlers: Handlers
  readonly logger?: ClientLogger | undefined
  /** undefined: there is no account yet. */
  readonly home: () => Home | undefined
  /** The relay does not keep the account (any more): register it over this channel. */
  readonly register: (channel: Channel, signal: AbortSignal) => Promise<void>
  /** A record of the account is newer than this device knew: where it lives, or its devices. @returns whether it is so */
  readonly onMoved: (record: Uint8Array) => Promise<boolean>
  /** Nothing answers at the known addresses: look for newer ones. */
  readonly findAddresses: (home: Home, signal: AbortSignal) => Promise<void>
  readonly onOnline: (welcome: Welcome) => void
  readonly onStatus: (status: ConnectionStatus) => void
  /** Would anything follow from knowing soon that the relay is gone? undefined: never */
  readonly isWatched?: (() => Promise<boolean>) | undefined
  /** Is somebody at this device? */
  readonly isActive: () => boolean
  /** Online as far as is known, and nothing has come since then, not even an answer. */
  readonly onSilent: (sinceMs: number) => void
  /** Something has, after all. */
  readonly onHeard: () => void
}

/** Failed tries at the known addresses before the directory is asked. */
const triesBeforeLookup = 2
const missedHeartbeatsAllowed = 2

/** Hello on a new channel. @throws ProtocolError as the relay answers */
export async function sayHello (channel: Channel, home: Pick<Home, 'account' | 'deviceList'>, software: string, options: CallOptions = {}): Promise<Welcome> {
  return await channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(home.account), deviceList: home.deviceList, software }, options)
}

export class RelayConnection implements RelayLink {
  readonly #on: ConnectionComponents
  readonly #software: string
  #status: ConnectionStatus = { state: 'offline' }
  #channel: Channel | undefined
  #isStarted = false
  #isConnecting = false
  #attempt = 0
  #retry: Timer | undefined
  #heartbeat: Timer | undefined
  readonly #line: LineWatch
  #stopping = new AbortController()

  constructor (components: ConnectionComponents, { software }: { software: string }) {
    this.#on = components
    this.#software = software
    this.#line = new LineWatch({ ...components, isWanted: async () => await components.isWatched?.() ?? false })
  }

  get status (): ConnectionStatus { return this.#status }
  get isOnline (): boolean { return this.#status.state === 'online' }

  /** Connect and stay connected. Repeating it is harmless; without an account it waits for the next `start`. */
  start (): void {
    if (this.#isStarted && (this.#isConnecting || this.#channel !== undefined || this.#retry !== undefined)) return
    if (!this.#isStarted) this.#stopping = new AbortController()
    this.#isStarted = true
    this.#connect()
  }

  async stop (): Promise<void> {
    this.#isStarted = false
    this.#stopping.abort(new ProtocolError('CANCELLED', { what: 'the client was stopped' }))
    this.#retry?.cancel()
    this.#retry = undefined
    this.#isConnecting = false
    const channel = this.#channel
    this.#leave({ state: 'offline' })
    await channel?.close()
  }

  /** The account lives elsewhere now: give up whatever is under way and connect to its home at once. */
  renew (): void {
    if (!this.#isStarted) return
    this.#stopping.abort(new ProtocolError('CANCELLED', { what: 'the account lives elsewhere now' }))
    this.#stopping = new AbortController()
    this.#retry?.cancel()
    this.#retry = undefined
    this.#isConnecting = false
    this.#attempt = 0
    const channel = this.#channel
    this.#leave(undefined)
    channel?.abort(new ProtocolError('DISCONNECTED'))
    this.#connect()
  }

  /** The relay may be there again: do not wait for the next try. */
  hurry (): void {
    // Others see it: this connection is what is gone.
    if (this.#line.silentMs >= clientLimits.lineGivenUpMs) this.#channel?.abort(new ProtocolError('TIMEOUT', { what: 'silent' }))
    if (this.#retry === undefined) return
    this.#retry.cancel()
    this.#retry = undefined
    this.#connect()
  }

  /** Give the connection up and make another one, e.g. because the relay has forgotten this one. */
  reconnect (error: ProtocolError): void {
    const channel = this.#channel
    if (channel !== undefined) channel.abort(error)
  }

  async call<Request, Reply> (method: Method<Request, Reply>, request: Partial<Request>, options: CallOptions = {}): Promise<Reply> {
    if (this.#channel === undefined || !this.isOnline) throw new ProtocolError('DISCONNECTED')
    const answered = this.#channel.call(method, request, options)
    this.#line.poke()
    return await answered
  }

  notify<Body> (kind: Notification<Body>, body: Partial<Body>): void {
    if (!this.isOnline) return
    this.#channel?.notify(kind, body)
    this.#line.poke()
  }

  #setStatus (status: ConnectionStatus): void {
    this.#status = status
    this.#on.onStatus(status)
  }

  #connect (): void {
    const home = this.#on.home()
    if (home === undefined || !this.#isStarted) return
    // A try that outlives a `stop` must not touch what the next `start` has begun.
    const { signal } = this.#stopping
    const settle = (error?: unknown): void => {
      if (signal.aborted) return
      this.#isConnecting = false
      if (error !== undefined) this.#retryLater(home, error)
    }
    this.#isConnecting = true
    this.#setStatus({ state: 'connecting', relay: home.name })
    this.#open(home, signal).then(
      () => { settle() },
      async (error: unknown) => {
        if (!signal.aborted) await this.#onFailed(home, error, signal)
        settle(error)
      }
    ).catch((error: unknown) => {
      this.#on.logger?.warn('client.connect-failed', { error: String(error) })
      settle(error)
    })
  }

  async #open (home: Home, signal: AbortSignal): Promise<void> {
    const { clock, handlers } = this.#on
    const target = { addresses: rotated(home.addresses, this.#attempt), expect: home.relay }
    const channel = await dialChannel(this.#on, { target, protocol: protocols.client, handlers, signal })
    try {
      this.#channel = channel
      channel.onClose((error) => { this.#onClosed(channel, home, error) })
      channel.start()
      const startMs = clock.nowMs()
      const welcome = await sayHello(channel, home, this.#software, { signal })
      const rttMs = clock.nowMs() - startMs
      if (!welcome.isRegistered) await this.#on.register(channel, signal)
      if (this.#channel !== channel || signal.aborted) throw new ProtocolError('DISCONNECTED')
      this.#attempt = 0
      this.#setStatus({ state: 'online', relay: welcome.relayName === '' ? home.name : welcome.relayName, rttMs })
      this.#beat(channel, heartbeatOf(welcome))
      this.#line.begin(channel, rttMs)
      this.#on.onOnline(welcome)
    } catch (error) {
      if (this.#channel === channel) this.#channel = undefined
      channel.abort(error as Error)
      throw error
    }
  }

  /** What can be done before the next try. Its own failure only means that nothing changed. */
  async #onFailed (home: Home, error: unknown, signal: AbortSignal): Promise<void> {
    try {
      if (isProtocolError(error, 'MOVED', 'ROLLED_BACK', 'UNKNOWN_DEVICE') && error.details.record !== undefined && await this.#on.onMoved(error.details.record)) {
        this.#attempt = 0
        return
      }
      if (this.#attempt >= triesBeforeLookup) await this.#on.findAddresses(home, signal)
    } catch (lookupError) {
      if (!isProtocolError(lookupError)) throw lookupError
      this.#on.logger?.debug('client.no-newer-address', { code: lookupError.code })
    }
  }

  #retryLater (home: Home, error: unknown): void {
    if (!this.#isStarted || this.#retry !== undefined) return
    const known = isProtocolError(error) ? error : new ProtocolError('DISCONNECTED', { cause: error })
    const retryInMs = Math.max(backoffMs(this.#attempt++, this.#on.random, limits), askedPauseMs(known))
    this.#setStatus({ state: 'waiting', relay: home.name, retryInMs, error: known })
    this.#retry = this.#on.clock.after(retryInMs, () => { this.#retry = undefined; this.#connect() })
  }

  #onClosed (channel: Channel, home: Home, error: Error | undefined): void {
    // A connection that was still being made is the concern of `#open`.
    if (this.#channel !== channel || !this.isOnline) return
    this.#leave(undefined)
    this.#retryLater(home, error ?? new ProtocolError('DISCONNECTED'))
  }

  #leave (status: ConnectionStatus | undefined): void {
    this.#channel = undefined
    this.#heartbeat?.cancel()
    this.#heartbeat = undefined
    this.#line.end()
    if (status !== undefined) this.#setStatus(status)
    else this.#status = { ...this.#status, state: 'offline' }
  }

  #beat (channel: Channel, everyMs: number, missed = 0): void {
    this.#heartbeat = this.#on.clock.after(everyMs, () => {
      const startMs = this.#on.clock.nowMs()
      const answered = channel.call(anyMethods.ping, {})
      this.#line.poke()
      answered.then(() => {
        if (this.#channel !== channel) return
        const rttMs = this.#on.clock.nowMs() - startMs
        // Quietly: a changed round trip is no news.
        this.#status = { ...this.#status, rttMs }
        this.#beat(channel, everyMs)
      }, (error: unknown) => {
        if (this.#channel !== channel) return
        // An error is an answer, too.
        if (!isProtocolError(error, 'TIMEOUT')) { this.#beat(channel, everyMs); return }
        if (missed + 1 >= missedHeartbeatsAllowed) channel.abort(new ProtocolError('TIMEOUT', { what: 'heartbeat' }))
        else this.#beat(channel, Math.max(0, everyMs - limits.requestTimeoutMs), missed + 1)
      })
    })
  }
}

/** As the relay asks, within what a device bears and what keeps it from counting as dead. */
function heartbeatOf ({ heartbeatMs }: Welcome): number {
  return heartbeatMs > 0 ? Math.min(Math.max(heartbeatMs, clientLimits.heartbeatMinMs), limits.heartbeatMs) : limits.heartbeatMs
}

/** Another address first with every try: one may take connections and never answer. */
function rotated<T> (items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}
