/**
 * People whose home is away: any relay takes what they write, and passes it on with their device's permit.
 *
 * Owns: who may be a guest, what a sequencer asks of a relay that comes with a guest's envelopes. A relay is nobody's home by
 * that, and delivers nothing to a guest. Spec: docs/protocol/move.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, RelayId } from '../../protocol/ids.ts'
import { groupOf } from '../../protocol/libp2p/address-group.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { isExpired, verifyDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { verifyGuestPermit } from '../../protocol/records/guest-permit.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import type { FairIntake, Weight } from '../limits/fair-intake.ts'
import { isLoopback } from '../loopback.ts'
import type { Accounts } from '../people/accounts.ts'
import type { Buckets } from '../ports.ts'
import type { GuestOutbox } from './guest-outbox.ts'

/** Two signatures, as many envelopes. */
const permitCost = 40

export interface GuestsComponents {
  readonly self: RelayId
  readonly accounts: Pick<Accounts, 'find' | 'isLocal'>
  readonly buckets: Buckets
  readonly clock: Clock
  readonly signing: Signing
  readonly outbox: Pick<GuestOutbox, 'take'>
  /** Guests that send much, and relays that bring much of theirs, take turns. */
  readonly fair: Pick<FairIntake, 'run'>
  /** Into a log that this relay sequences. */
  readonly accept: (envelopes: readonly Uint8Array[], sender: { readonly account: AccountId, readonly device: DeviceId }) => Promise<Outcome[]>
  /** Whoever said hello on this connection and is not registered here. @throws ProtocolError NOT_AUTHENTICATED, NOT_ADMITTED */
  readonly guest: (channel: Channel) => { readonly device: DeviceId, readonly list: SignedDeviceList }
}

export class Guests {
  readonly #c: GuestsComponents

  constructor (components: GuestsComponents) { this.#c = components }

  register (clientHandlers: Handlers, relayHandlers: Handlers): void {
    const { accept, buckets, clock, fair, guest, outbox, self, signing } = this.#c
    clientHandlers.on(clientMethods.guestSubmit, async ({ envelopes, permit }, channel) => {
      const { device, list } = guest(channel)
      buckets.take('submitPerDevice', device, envelopes.length + permitCost)
      const { account, expiresAtMs, ...pass } = verifyGuestPermit(signing, permit, clock.nowMs())
      checkTime(expiresAtMs, clock.nowMs())
      // [REJECT] a permit for somebody else, or for another relay
      if (account !== list.account || pass.device !== device || pass.relay !== self) throw new ProtocolError('NOT_ADMITTED', { what: 'guest permit' })
      const { remoteAddress } = channel.stream
      const from = { account, device, permit: new Uint8Array(permit), expiresAtMs, deviceList: list.bytes, ...(isLoopback(remoteAddress) ? {} : { address: groupOf(remoteAddress) }) }
      return { outcomes: await fair.run(account, weightOf(envelopes), () => outbox.take(envelopes, from)) }
    })
    relayHandlers.on(relayMethods.guestForward, async ({ deviceList, envelopes, permit }, channel) => {
      const relay = channel.stream.remotePeer as RelayId
      buckets.take('forwardPerRelay', relay, envelopes.length + permitCost)
      const sender = await this.#check(permit, deviceList, relay)
      return { outcomes: await fair.run(relay, weightOf(envelopes), () => accept(envelopes, sender)) }
    })
  }

  /** @throws ProtocolError NOT_ADMITTED, EXPIRED, UNKNOWN_DEVICE, BAD_SIGNATURE, … */
  async #check (permit: Uint8Array, deviceList: Uint8Array, relay: RelayId): Promise<{ account: AccountId, device: DeviceId }> {
    const { accounts, clock, signing } = this.#c
    const nowMs = clock.nowMs()
    const { account, device, expiresAtMs, relay: permitted } = verifyGuestPermit(signing, permit, nowMs)
    checkTime(expiresAtMs, nowMs)
    // [REJECT] SPEC(move) a permit is good for the relay that it names
    if (permitted !== relay) throw new ProtocolError('NOT_ADMITTED', { what: 'guest permit' })
    const list = verifyDeviceList(signing, deviceList)
    if (list.account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the device list is another account\'s' })
    if (isExpired(list, nowMs)) throw new ProtocolError('EXPIRED', { what: 'device list' })
    const known = await accounts.find(account)
    // [REJECT] a device that was unlinked since, as far as is known here
    const isOut = known !== undefined && known.deviceEpoch > list.epoch && !known.devices.includes(device)
    if (isOut || !list.devices.some(({ id }) => id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
    return { account, device }
  }
}

/** [REJECT] SPEC(move) a permit is for days: whoever gets hold of one has it for no longer. A device's clock may be off by a day. */
function checkTime (expiresAtMs: number, nowMs: number): void {
  if (expiresAtMs > nowMs + limits.guestPermitMs + limits.guestPermitSlackMs) throw new ProtocolError('NOT_ADMITTED', { what: 'guest permit' })
}

const weightOf = (envelopes: readonly Uint8Array[]): Weight => ({ envelopes: envelopes.length, bytes: envelopes.reduce((sum, { byteLength }) => sum + byteLength, 0) })
