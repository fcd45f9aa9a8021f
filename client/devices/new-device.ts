/**
 * The new device's side of a linking: shows a code, waits for the primary, takes what it is given.
 *
 * Until the last of the essentials is stored nothing counts: a failure or a crash before that leaves a store without an
 * account, as it was. Spec: docs/protocol/devices.md
 */
import { generateKeyPair, type KeyPair } from '../../protocol/e2ee/curve-keys.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceKeyOf } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { signDeviceProof } from '../../protocol/linking/device-proof.ts'
import { checkReveal, linkNonceBytes, linkSecrets } from '../../protocol/linking/handshake.ts'
import { encodeLinkCode, rendezvousBytes, type LinkCode } from '../../protocol/linking/link-code.ts'
import { isExpired, verifyDeviceList } from '../../protocol/records/device-list.ts'
import { verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { LinkAdmission, LinkGrant, LinkRows } from '../../protocol/wire/gen/link.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import type { Account, Admission } from '../keys/account.ts'
import type { DeviceIdentity } from '../keys/identity.ts'
import type { RelayChoice, Wish } from '../relay/relay-choice.ts'
import type { Ledger } from '../store/ledger.ts'
import type { DeviceTables } from './device-tables.ts'
import type { Handover } from './handover.ts'
import { Meeting, asLinkFailure, type MeetingComponents } from './meeting.ts'

export interface NewDeviceComponents extends MeetingComponents {
  readonly ledger: Ledger
  readonly account: Account
  readonly device: DeviceIdentity
  readonly choice: RelayChoice
  readonly handover: Handover
  readonly deviceTables: DeviceTables
  /** This device has an account now: begin with it. */
  readonly onLinked: () => Promise<void>
}

/** Rows so far and in all, as far as it is known. */
export interface LinkProgress { readonly done: number, readonly total: number }

export interface NewDeviceOptions {
  /** What the person calls this device. */
  readonly name: string
  readonly wish: Wish
  readonly signal: AbortSignal
  readonly onProgress?: ((progress: LinkProgress) => void) | undefined
}

export const deviceNameChars = 64

export class NewDevice {
  /** Text of the QR code, and what the person may paste instead. */
  readonly code: string
  readonly expiresAtMs: number
  /** Six digits, once the primary has come: the person compares them with what it shows. Rejects as `linked` does. */
  readonly shortCode: Promise<string>
  /** Everything without which the device cannot work is stored. @throws ProtocolError LINK_FAILED, CANCELLED: the store is as before */
  readonly linked: Promise<void>
  /** Whether all of the history came, or the connection ended before; the device is at work then. Rejects as `linked` does. */
  readonly hasWholeHistory: Promise<boolean>
  readonly #on: NewDeviceComponents
  readonly #options: NewDeviceOptions
  readonly #meeting: Meeting
  readonly #publicCode: LinkCode
  readonly #keys: KeyPair

  /**
   * Wait at the nearest relay that offers it.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, UNKNOWN_RELAY, QUOTA
   */
  static async start (components: NewDeviceComponents, options: NewDeviceOptions): Promise<NewDevice> {
    const { choice, primitives } = components
    const keys = generateKeyPair(primitives)
    let lastError: unknown
    for (const { addresses } of await choice.candidates(options.wish, options.signal)) {
      const rendezvous = primitives.randomBytes(rendezvousBytes)
      try {
        const meeting = await Meeting.open(components, { addresses, rendezvous, isNewDevice: true, signal: options.signal })
        return new NewDevice(components, options, { meeting, keys, publicCode: { rendezvous, key: keys.publicKey, addresses } })
      } catch (error) {
        options.signal.throwIfAborted()
        if (!isProtocolError(error)) throw error
        lastError = error
      }
    }
    throw lastError
  }

  private constructor (components: NewDeviceComponents, options: NewDeviceOptions, { meeting, keys, publicCode }: { meeting: Meeting, keys: KeyPair, publicCode: LinkCode }) {
    this.#on = components
    this.#options = options
    this.#meeting = meeting
    this.#keys = keys
    this.#publicCode = publicCode
    this.code = encodeLinkCode(publicCode)
    this.expiresAtMs = components.clock.nowMs() + limits.linkTtlMs
    const handshake = this.#shakeHands()
    const linked = handshake.then(async ({ transcript }) => { await this.#join(transcript) }).catch(async (error: unknown) => { await this.#giveUp(error) })
    this.shortCode = handshake.then(({ shortCode }) => shortCode, (error: unknown) => { throw asLinkFailure(error) })
    this.linked = linked
    // At work not before the history is there: what comes from the logs meanwhile may change it.
    this.hasWholeHistory = linked.then(async () => {
      const isWhole = await this.#takeHistory()
      await components.onLinked()
      return isWhole
    })
    // Whoever waits for one of them hears of it there.
    for (const promise of [this.shortCode, this.linked, this.hasWholeHistory]) promise.catch(() => { /* see above */ })
  }

  /** Not any more. Nothing has happened if it was not linked yet. */
  cancel (): void { this.#meeting.abort(new ProtocolError('CANCELLED')) }

  async #shakeHands (): Promise<{ shortCode: string, transcript: Uint8Array }> {
    const { primitives } = this.#on
    const { rendezvous, key } = this.#publicCode
    const { version, commitment } = await this.#meeting.receive('commit')
    if (version !== wireVersion) throw new ProtocolError('LINK_FAILED', { what: 'the other device has another version' })
    const nonce = primitives.randomBytes(linkNonceBytes)
    await this.#meeting.send({ nonce: { nonce } })
    const reveal = await this.#meeting.receive('reveal')
    const revealed = { rendezvous, newDeviceKey: key, primaryKey: reveal.key, primaryNonce: reveal.nonce }
    checkReveal(primitives, commitment, revealed)
    const secrets = linkSecrets(primitives, { ...revealed, newDeviceNonce: nonce }, { privateKey: this.#keys.privateKey, otherKey: reveal.key })
    this.#meeting.secure({ send: secrets.toPrimary, receive: secrets.toNewDevice })
    return secrets
  }

  async #join (transcript: Uint8Array): Promise<void> {
    const { account } = this.#on
    const grant = await this.#meeting.receive('grant')
    await this.#introduce(grant, transcript)
    await account.admit(this.#check(await this.#meeting.receive('admission'), grant))
    await account.publishKeys(this.#options.signal)
    await this.#meeting.send({ ready: {} })
    for (;;) {
      const rows = await this.#meeting.receive('rows')
      if (rows.isHistory) throw new ProtocolError('LINK_FAILED', { what: 'history came too early' })
      await this.#store(rows)
      if (!rows.isComplete) continue
      // Stored: this device is linked. Should the primary not hear of it, it takes the device out of the list, and the relay says so.
      await this.#meeting.send({ ready: {} }).catch(() => { /* see above */ })
      return
    }
  }

  async #introduce (grant: LinkGrant, transcript: Uint8Array): Promise<void> {
    const { device, primitives } = this.#on
    const { identity: { publicKey: identityKey }, registrationId } = device.own
    const proven = { account: accountIdFromBytes(grant.account), epoch: grant.epoch, device: { id: device.id, identityKey, registrationId }, transcript }
    const proof = signDeviceProof(primitives, proven, device.seed)
    await this.#meeting.send({ introduction: { transportKey: deviceKeyOf(device.id), identityKey, registrationId, proof, name: this.#options.name } })
  }

  /** @throws ProtocolError LINK_FAILED, or why a record is not to be believed */
  #check ({ deviceList, homeRecord, handle, relayName, region, addresses }: LinkAdmission, grant: LinkGrant): Admission {
    const { primitives, device, clock } = this.#on
    const id = accountIdFromBytes(grant.account)
    const list = verifyDeviceList(primitives, deviceList.slice())
    const home = verifyHomeRecord(primitives, homeRecord.slice())
    const self = list.devices.find((one) => one.id === device.id)
    // [REJECT] another account or epoch than was granted, or a list that does not name this device with its own key
    if (list.account !== id || home.account !== id || list.epoch !== grant.epoch) throw new ProtocolError('LINK_FAILED', { what: 'the records are of another account' })
    if (self === undefined || !sameBytes(self.identityKey, device.own.identity.publicKey) || self.registrationId !== device.own.registrationId) throw new ProtocolError('LINK_FAILED', { what: 'the list does not name this device' })
    if (isExpired(list, clock.nowMs())) throw new ProtocolError('EXPIRED', { what: 'device list' })
    return {
      id,
      deviceList: list,
      homeRecord: home,
      handle: handle.slice(0, limits.handleMaxChars + 1 + limits.relayNameBytes),
      relayName: relayName.slice(0, limits.relayNameBytes),
      region: region.slice(0, limits.regionBytes),
      addresses: addresses.filter((address) => address.length <= limits.addressBytes).slice(0, limits.relayAddresses)
    }
  }

  async #store (rows: LinkRows): Promise<void> {
    const { ledger, handover, account, deviceTables, device, clock } = this.#on
    await ledger.run(async (draft) => {
      await handover.store(draft, rows)
      if (!rows.isComplete) return
      account.linked(draft)
      draft.write(deviceTables.linking, 'linking', { device: device.id, atMs: clock.nowMs() })
    })
    this.#options.onProgress?.({ done: rows.done, total: rows.total })
  }

  async #takeHistory (): Promise<boolean> {
    try {
      for (;;) {
        const message = await this.#meeting.receiveAny()
        // The primary closes once it knows that this was taken: closing here could overtake the answer.
        if (message.finished !== undefined) return true
        // [IGNORE] a kind of a newer version
        if (message.rows !== undefined) await this.#store({ ...message.rows, isHistory: true, isComplete: false })
      }
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // The device is linked; what is older stays on the primary.
      this.#meeting.abort(error)
      return false
    }
  }

  async #giveUp (error: unknown): Promise<never> {
    this.#meeting.abort(asLinkFailure(error))
    await forgetHalfLinked(this.#on)
    throw asLinkFailure(error)
  }
}

/** What a linking that was cut off by a crash has left: gone. */
export async function forgetHalfLinked ({ ledger, handover, account }: Pick<NewDeviceComponents, 'ledger' | 'handover' | 'account'>): Promise<void> {
  if (!account.isLinking) return
  await ledger.run(async (draft) => {
    await handover.eraseAll(draft)
    account.forget(draft)
  }, { isFresh: true })
}
