/**
 * Sessions with other devices, in the store: which exist, sealing to several devices, opening.
 *
 * Every change is part of the task's draft: the next state of a session and what it produced are stored in one batch.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { needsRekey } from '../../protocol/e2ee/rekeying.ts'
import { canSeal, open, seal, startSession, withoutCurrent } from '../../protocol/e2ee/sessions.ts'
import type { Suite } from '../../protocol/e2ee/suite.ts'
import type { Ciphertext } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import type { Device } from '../../protocol/records/device-list.ts'
import type { Bundle } from '../../protocol/wire/gen/records.js'
import { ciphertextKinds } from '../../protocol/wire/kinds.ts'
import type { DeviceIdentity } from './identity.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { PrekeyBox } from './prekey-box.ts'
import type { Tables } from '../store/tables.ts'

export interface Address { readonly account: AccountId, readonly device: DeviceId }

const sessionKey = ({ account, device }: Address): string => `${account}/${device}`

export class SessionBox {
  readonly #suite: Suite
  readonly #clock: Clock
  readonly #tables: Tables
  readonly #device: DeviceIdentity
  readonly #prekeys: PrekeyBox

  constructor (components: { suite: Suite, clock: Clock, tables: Tables, device: DeviceIdentity, prekeys: PrekeyBox }) {
    this.#suite = components.suite
    this.#clock = components.clock
    this.#tables = components.tables
    this.#device = components.device
    this.#prekeys = components.prekeys
  }

  /** @param identityKey the device's, from the account's newest list */
  async canSeal (draft: Draft, to: Address, identityKey: Uint8Array): Promise<boolean> {
    return canSeal(await draft.read(this.#tables.sessions, sessionKey(to)), this.#clock.nowMs(), identityKey)
  }

  /** The session works, but is due for a fresh key agreement. */
  async needsRekey (draft: Draft, to: Address): Promise<boolean> {
    return needsRekey(await draft.read(this.#tables.sessions, sessionKey(to)), this.#clock.nowMs())
  }

  /** @throws ProtocolError NO_SESSION */
  async seal (draft: Draft, to: Address, plaintext: Uint8Array): Promise<Ciphertext> {
    const record = await draft.read(this.#tables.sessions, sessionKey(to))
    if (record === undefined) throw new ProtocolError('NO_SESSION')
    const sealed = seal(this.#suite, this.#device.own, record, plaintext, this.#clock.nowMs())
    draft.write(this.#tables.sessions, sessionKey(to), sealed.record)
    return { device: to.device, kind: sealed.message.kind, bytes: sealed.message.bytes }
  }

  /**
   * @param identityKey the sender's, from its pinned device list
   * @returns the padded plaintext, a view nobody else has
   * @throws ProtocolError as sessions.open; the draft is unchanged
   */
  async open (draft: Draft, from: Address, ciphertext: Ciphertext, identityKey: Uint8Array): Promise<Uint8Array> {
    // [REJECT] a kind of a newer version
    if (ciphertext.kind !== ciphertextKinds.prekeyMessage && ciphertext.kind !== ciphertextKinds.message) throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'ciphertext kind' })
    const record = await draft.read(this.#tables.sessions, sessionKey(from))
    const message = { kind: ciphertext.kind, bytes: ciphertext.bytes }
    const opened = open(this.#suite, this.#device.own, record, message, identityKey, this.#prekeys.secrets(draft), this.#clock.nowMs())
    draft.write(this.#tables.sessions, sessionKey(from), opened.record)
    if (opened.consumedOneTimePrekey !== undefined) this.#prekeys.consume(draft, opened.consumedOneTimePrekey)
    return opened.plaintext
  }

  /** Nothing more is sealed with what there is; it still opens what comes. @param draft of a fresh task */
  async retireAll (draft: Draft, ledger: Ledger): Promise<void> {
    for (const { key, value } of await ledger.range(this.#tables.sessions, { from: '', to: '\x7f' })) draft.write(this.#tables.sessions, key, withoutCurrent(value))
  }

  /**
   * A new session from a bundle that a relay handed out for `device`.
   * @throws ProtocolError IDENTITY_CHANGED when its key is not the one in the account's device list; BAD_SIGNATURE,
   *   DOWNGRADE, UNSUPPORTED_VERSION, MALFORMED
   */
  async start (draft: Draft, account: AccountId, device: Device, bundle: Bundle): Promise<void> {
    const keys = verifyDeviceKeys(this.#suite.primitives, bundle.deviceKeys, device.id)
    // [REJECT] signed by the device, but not what the account says of it
    if (!sameBytes(keys.identityKey, device.identityKey) || keys.registrationId !== device.registrationId) throw new ProtocolError('IDENTITY_CHANGED', { what: 'bundle' })
    const key = sessionKey({ account, device: device.id })
    const existing = await draft.read(this.#tables.sessions, key)
    const offered = bundle.oneTime === undefined ? keys : { ...keys, oneTimePrekey: bundle.oneTime }
    draft.write(this.#tables.sessions, key, startSession(this.#suite, this.#device.own, offered, existing, this.#clock.nowMs()))
  }
}
