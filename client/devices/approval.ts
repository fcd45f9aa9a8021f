/**
 * The primary's side of a linking: comes to where the new device waits, shows the short code, and gives it the account's
 * list, settings and history once the person has confirmed.
 *
 * The signed list is durable before anybody sees it, together with a note that the device is half linked; until the
 * device has its essentials a failure, or the next start, signs another list without it. Spec: docs/protocol/devices.md
 */
import { generateKeyPair, type KeyPair } from '../../protocol/e2ee/curve-keys.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { checkIntroduction } from '../../protocol/linking/device-proof.ts'
import { linkCommitment, linkNonceBytes, linkSecrets, type LinkSecrets } from '../../protocol/linking/handshake.ts'
import { parseLinkCode } from '../../protocol/linking/link-code.ts'
import type { Device, SignedDeviceList } from '../../protocol/records/device-list.ts'
import type { LinkAdmission } from '../../protocol/wire/gen/link.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import type { Handover } from './handover.ts'
import { Meeting, asLinkFailure, type MeetingComponents } from './meeting.ts'
import { deviceNameChars, type LinkProgress } from './new-device.ts'

export interface ApprovalComponents extends MeetingComponents {
  readonly handover: Handover
  /** What a new device is told of the account. */
  readonly admission: (list: SignedDeviceList) => Promise<LinkAdmission>
  readonly own: AccountId
  /** Of the list that would name another device. @throws ProtocolError NOT_ALLOWED, TOO_MANY_DEVICES */
  readonly nextEpoch: () => Promise<number>
  /** Durable, and half linked. @throws ProtocolError TOO_MANY_DEVICES, LINK_FAILED when the next epoch is another one by now */
  readonly add: (device: Device, name: string, epoch: number) => Promise<SignedDeviceList>
  /** The home relay gets the list. */
  readonly publish: (list: SignedDeviceList) => Promise<void>
  /** Its keys are at the home relay: sealed for from now on. */
  readonly onReady: () => void
  /** Half linked no more. */
  readonly settle: (device: Device) => Promise<void>
  /** Not linked after all. */
  readonly remove: (device: Device) => Promise<void>
}

export class Approval {
  /** Six digits: the person compares them with what the new device shows. */
  readonly shortCode: string
  readonly #on: ApprovalComponents
  readonly #meeting: Meeting
  readonly #transcript: Uint8Array
  #state: 'open' | 'confirmed' | 'over' = 'open'
  #history: Promise<boolean> = Promise.resolve(false)

  /**
   * Come to where the new device waits.
   * @throws ProtocolError NOT_ALLOWED, TOO_MANY_DEVICES; MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION (the code); LINK_FAILED, CANCELLED
   */
  static async start (components: ApprovalComponents, code: string, signal: AbortSignal): Promise<Approval> {
    const { primitives } = components
    await components.nextEpoch()
    const { rendezvous, key, addresses } = parseLinkCode(code)
    const keys = generateKeyPair(primitives)
    let meeting: Meeting | undefined
    try {
      meeting = await Meeting.open(components, { addresses, rendezvous, isNewDevice: false, signal })
      return new Approval(components, meeting, await Approval.#shakeHands(components, meeting, { rendezvous, key, keys }))
    } catch (error) {
      meeting?.abort(asLinkFailure(error))
      throw asLinkFailure(error)
    }
  }

  static async #shakeHands ({ primitives }: ApprovalComponents, meeting: Meeting, { rendezvous, key, keys }: { rendezvous: Uint8Array, key: Uint8Array, keys: KeyPair }): Promise<LinkSecrets> {
    const primaryNonce = primitives.randomBytes(linkNonceBytes)
    const publics = { rendezvous, newDeviceKey: key, primaryKey: keys.publicKey, primaryNonce }
    await meeting.send({ commit: { version: wireVersion, commitment: linkCommitment(primitives, publics) } })
    const { nonce } = await meeting.receive('nonce')
    if (nonce.byteLength !== linkNonceBytes) throw new ProtocolError('LINK_FAILED', { what: 'nonce' })
    const secrets = linkSecrets(primitives, { ...publics, newDeviceNonce: nonce }, { privateKey: keys.privateKey, otherKey: key })
    await meeting.send({ reveal: { key: keys.publicKey, nonce: primaryNonce } })
    meeting.secure({ send: secrets.toNewDevice, receive: secrets.toPrimary })
    return secrets
  }

  private constructor (components: ApprovalComponents, meeting: Meeting, { shortCode, transcript }: LinkSecrets) {
    this.#on = components
    this.#meeting = meeting
    this.#transcript = transcript
    this.shortCode = shortCode
  }

  /** The codes differ, or the person does not want it. Nothing has happened. */
  reject (): void {
    if (this.#state !== 'open') return
    this.#state = 'over'
    this.#meeting.abort(new ProtocolError('CANCELLED'))
  }

  /**
   * The codes are the same. Resolves when the device has what it needs; history follows (`history`).
   * @throws ProtocolError LINK_FAILED, CANCELLED, TOO_MANY_DEVICES, STORAGE_FULL: the device is not linked
   */
  async confirm ({ onProgress }: { onProgress?: (progress: LinkProgress) => void } = {}): Promise<Device> {
    if (this.#state !== 'open') throw new ProtocolError('LINK_FAILED', { what: 'confirmed or rejected already' })
    this.#state = 'confirmed'
    let device: Device | undefined
    // A relay that keeps the connection and passes nothing on: half linked is not for ever.
    const timer = this.#on.clock.after(limits.linkTtlMs, () => { this.#meeting.abort(new ProtocolError('TIMEOUT')) })
    try {
      const { own, nextEpoch, add, publish, admission, onReady, handover, settle } = this.#on
      const epoch = await nextEpoch()
      await this.#meeting.send({ grant: { account: accountIdToBytes(own), epoch } })
      const introduction = await this.#meeting.receive('introduction')
      const introduced = checkIntroduction(this.#on.primitives, introduction, { account: own, epoch, transcript: this.#transcript })
      const list = await add(introduced, introduction.name.slice(0, deviceNameChars), epoch)
      device = introduced
      await publish(list)
      await this.#meeting.send({ admission: await admission(list) })
      await this.#meeting.receive('ready')
      onReady()
      const chunks = handover.chunks(own)
      for (;;) {
        const { value: rows, done } = await chunks.next()
        if (done === true) throw new ProtocolError('INTERNAL')
        await this.#meeting.send({ rows })
        onProgress?.({ done: rows.done, total: rows.total })
        if (rows.isComplete) break
      }
      // Taken is not stored: it says when it is.
      await this.#meeting.receive('ready')
      await settle(device)
      this.#history = this.#giveHistory(chunks, onProgress)
      return device
    } catch (error) {
      this.#state = 'over'
      this.#meeting.abort(asLinkFailure(error))
      if (device !== undefined) await this.#on.remove(device)
      throw asLinkFailure(error)
    } finally {
      timer.cancel()
    }
  }

  /** After `confirm`: whether the new device has all of the history, once that is known. What it has not got stays here only. */
  get history (): Promise<boolean> { return this.#history }

  async #giveHistory (chunks: AsyncGenerator<Parameters<Meeting['send']>[0]['rows'] & object>, onProgress: ((progress: LinkProgress) => void) | undefined): Promise<boolean> {
    try {
      for await (const rows of chunks) {
        await this.#meeting.send({ rows })
        onProgress?.({ done: rows.done, total: rows.total })
      }
      // It has taken all rows. It may have left at this word, before it could say that it has heard it.
      await this.#meeting.send({ finished: {} }).catch(() => { /* see above */ })
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      return false
    } finally {
      this.#state = 'over'
      await this.#meeting.close().catch(() => { /* it has ended by itself */ })
    }
  }
}
