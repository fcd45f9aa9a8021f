/**
 * This device as a guest of another relay while its home is away: what it writes goes there, and from there on.
 *
 * Owns: the permit, the connection and its heartbeat. A guest is delivered nothing. Spec: docs/protocol/move.md
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods } from '../../protocol/methods.ts'
import { signGuestPermit } from '../../protocol/records/guest-permit.ts'
import type { Outcomes } from '../../protocol/wire/gen/log.js'
import type { DeviceIdentity } from '../keys/identity.ts'
import { clientLimits } from '../limits.ts'
import type { RelayPlace } from '../store/tables.ts'

export interface GuestLinkComponents {
  readonly clock: Clock
  readonly primitives: Primitives
  readonly device: DeviceIdentity
  /** A guest from now on, or not any more. */
  readonly onChange: () => void
}

export class GuestLink {
  readonly #on: GuestLinkComponents
  #channel: Channel | undefined
  #place: RelayPlace | undefined
  #permit: Uint8Array | undefined
  #heartbeat: Timer | undefined

  constructor (components: GuestLinkComponents) { this.#on = components }

  get isOnline (): boolean { return this.#channel !== undefined }
  /** Whose guest; undefined: nobody's. */
  get host (): RelayPlace | undefined { return this.#place }
  get channel (): Channel | undefined { return this.#channel }

  /** @param channel on which this device has said hello; belongs to this object from now on */
  enter (account: AccountId, place: RelayPlace, channel: Channel): void {
    const { clock, device, primitives } = this.#on
    this.#end()
    this.#channel = channel
    this.#place = place
    this.#permit = signGuestPermit(primitives, { account, device: device.id, relay: place.relay, expiresAtMs: clock.nowMs() + clientLimits.guestPermitMs }, device.seed)
    channel.onClose(() => { if (this.#channel === channel) this.leave() })
    this.#beat(channel)
    this.#on.onChange()
  }

  leave (): void {
    if (this.#channel === undefined) return
    this.#end()
    this.#on.onChange()
  }

  /** @throws ProtocolError DISCONNECTED; as the relay answers */
  async submit (envelopes: readonly Uint8Array[]): Promise<Outcomes> {
    if (this.#channel === undefined || this.#permit === undefined) throw new ProtocolError('DISCONNECTED')
    return await this.#channel.call(clientMethods.guestSubmit, { permit: this.#permit, envelopes: [...envelopes] })
  }

  #end (): void {
    const channel = this.#channel
    this.#channel = undefined
    this.#place = undefined
    this.#permit = undefined
    this.#heartbeat?.cancel()
    channel?.close().catch((error: unknown) => { channel.abort(error as Error) })
  }

  #beat (channel: Channel): void {
    this.#heartbeat = this.#on.clock.after(limits.heartbeatMs, () => {
      channel.call(anyMethods.ping, {}).then(() => { if (this.#channel === channel) this.#beat(channel) }, (error: unknown) => { channel.abort(error as Error) })
    })
  }
}
