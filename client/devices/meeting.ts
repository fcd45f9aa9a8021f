/**
 * One side's connection to the relay where two devices meet: parcels out and in, sealed once there are keys.
 *
 * What comes is answered when this side takes it, so that the other side goes no faster than this one can store.
 * Whatever goes wrong here is LINK_FAILED, and the end of it.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { LinkCipher, bodyOf, encodeLinkMessage, readLinkMessage, type LinkBody, type LinkKind } from '../../protocol/linking/parcels.ts'
import { linkMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import type { LinkMessage } from '../../protocol/wire/gen/link.js'
import { dialChannel } from '../relay/dial.ts'

export interface MeetingComponents {
  readonly dialer: Dialer
  readonly clock: Clock
  readonly primitives: Primitives
}

interface Parcel { readonly payload: Uint8Array, taken (): void }

/** More than one at a time does not come from an honest relay. */
const maxWaiting = 2

export class Meeting {
  readonly #primitives: Primitives
  readonly #arrived: Parcel[] = []
  #channel: Channel | undefined
  #cipher: LinkCipher | undefined
  #waiter: { take (parcel: Parcel): void, fail (error: Error): void } | undefined
  #end: Error | undefined

  private constructor (primitives: Primitives) { this.#primitives = primitives }

  /**
   * @param options.addresses of one relay
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT: perhaps another relay; LINK_FAILED, OVERLOADED, QUOTA as the relay answers
   */
  static async open (components: MeetingComponents, { addresses, rendezvous, isNewDevice, signal }: { addresses: readonly string[], rendezvous: Uint8Array, isNewDevice: boolean, signal: AbortSignal }): Promise<Meeting> {
    const meeting = new Meeting(components.primitives)
    const handlers = new Handlers().on(linkMethods.parcel, async ({ payload }) => await meeting.#onParcel(payload.slice()))
    const channel = await dialChannel(components, { target: { addresses }, protocol: protocols.link, handlers, signal })
    meeting.#channel = channel
    channel.onClose((error) => { meeting.#onEnd(new ProtocolError('LINK_FAILED', { what: 'the connection has ended', cause: error })) })
    const onAbort = (): void => { meeting.abort(signal.reason as Error) }
    signal.addEventListener('abort', onAbort, { once: true })
    channel.onClose(() => { signal.removeEventListener('abort', onAbort) })
    channel.start()
    try {
      await channel.call(linkMethods.meet, { rendezvous, isNewDevice }, { signal })
    } catch (error) {
      channel.abort(error as Error)
      throw error
    }
    return meeting
  }

  get isOver (): boolean { return this.#end !== undefined }

  /** From now on everything is sealed. @param keys 32 bytes each */
  secure (keys: { send: Uint8Array, receive: Uint8Array }): void { this.#cipher = new LinkCipher(this.#primitives, keys) }

  /** Resolves when the other device has taken it. @throws ProtocolError LINK_FAILED; TOO_LARGE when the relay carries no more */
  async send (message: LinkMessage): Promise<void> {
    const plaintext = encodeLinkMessage(message)
    try {
      if (this.#end !== undefined) throw this.#end
      await this.#channel!.call(linkMethods.parcel, { payload: this.#cipher === undefined ? plaintext : this.#cipher.seal(plaintext) }, { timeoutMs: limits.linkParcelTimeoutMs })
    } catch (error) {
      throw asLinkFailure(this.#end ?? error)
    }
  }

  /** The next message, which must be of this kind. @throws ProtocolError LINK_FAILED */
  async receive<Kind extends LinkKind> (kind: Kind): Promise<LinkBody<Kind>> { return bodyOf(await this.receiveAny(), kind) }

  /** @throws ProtocolError LINK_FAILED */
  async receiveAny (): Promise<LinkMessage> {
    const payload = await this.#next()
    try {
      return readLinkMessage(this.#cipher === undefined ? payload : this.#cipher.open(payload))
    } catch (error) {
      this.abort(error as Error)
      throw error
    }
  }

  async close (): Promise<void> { await this.#channel?.close() }

  abort (error: Error): void {
    this.#onEnd(asLinkFailure(error))
    this.#channel?.abort(error)
  }

  async #next (): Promise<Uint8Array> {
    const { taken, payload } = this.#arrived.shift() ?? await new Promise<Parcel>((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end)
      else this.#waiter = { take: resolve, fail: reject }
    })
    taken()
    return payload
  }

  async #onParcel (payload: Uint8Array): Promise<Record<string, never>> {
    if (this.#arrived.length >= maxWaiting) throw new ProtocolError('OVERLOADED')
    await new Promise<void>((resolve) => {
      const parcel = { payload, taken: resolve }
      const waiter = this.#waiter
      this.#waiter = undefined
      if (waiter === undefined) this.#arrived.push(parcel)
      else waiter.take(parcel)
    })
    return {}
  }

  #onEnd (error: Error): void {
    this.#end ??= error
    this.#waiter?.fail(this.#end)
    this.#waiter = undefined
  }
}

/** What the person is told: cancelled by themselves, or failed. */
export function asLinkFailure (error: unknown): ProtocolError {
  if (isProtocolError(error, 'LINK_FAILED', 'CANCELLED', 'TOO_LARGE', 'TOO_MANY_DEVICES', 'NOT_ALLOWED', 'STORAGE_FULL', 'EXPIRED')) return error
  return new ProtocolError('LINK_FAILED', { cause: error, ...(isProtocolError(error) ? { what: error.code } : {}) })
}
