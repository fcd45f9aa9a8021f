/**
 * The prekeys of this device: their secrets, what is at the relay, when new ones are due.
 *
 * Owns: 100 one-time prekeys at the relay, refilled below 25; the signed prekey and the KEM prekey, made anew every
 * week and kept 30 days longer; a one-time secret goes only in the batch that stores what was opened with it.
 */
import type { Clock } from '../../protocol/clock.ts'
import { makeKemPrekey, makeOneTimePrekeys, makeSignedPrekey, type PrekeySecrets } from '../../protocol/e2ee/prekeys.ts'
import { SUITE_PQXDH, type Suite } from '../../protocol/e2ee/suite.ts'
import { toHex } from '../../protocol/bytes.ts'
import { limits } from '../../protocol/limits.ts'
import { signDeviceKeys } from '../../protocol/records/device-keys.ts'
import type { PrekeyUpload } from '../../protocol/wire/gen/records.js'
import type { DeviceIdentity } from './identity.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { KeyPairRow, PrekeyStateRow, SignedPrekeysRow, Tables } from '../store/tables.ts'

/** One-time secrets kept: those at the relay, those handed out and not used yet. Older ones are given up. */
const maxOneTimeSecrets = 1_000
const stateKey = 'state'
const noState: PrekeyStateRow = { nextOneTimeId: 1, publishedBelow: 1, currentId: 0, isCurrentPublished: false, issuedAtMs: 0 }

/** Keys sort as numbers do. */
const idKey = (id: number): string => id.toString(16).padStart(8, '0')
const keyPair = (row: KeyPairRow): { publicKey: Uint8Array, privateKey: Uint8Array } => ({ publicKey: fromHex(row.publicKey), privateKey: fromHex(row.privateKey) })

export class PrekeyBox {
  readonly #suite: Suite
  readonly #clock: Clock
  readonly #tables: Tables
  readonly #device: DeviceIdentity
  readonly #onConsumed: () => void
  readonly #onReplaced: () => void

  constructor (components: { suite: Suite, clock: Clock, tables: Tables, device: DeviceIdentity, onConsumed?: () => void, onReplaced?: () => void }) {
    this.#onConsumed = components.onConsumed ?? (() => {})
    this.#onReplaced = components.onReplaced ?? (() => {})
    this.#suite = components.suite
    this.#clock = components.clock
    this.#tables = components.tables
    this.#device = components.device
  }

  async load (ledger: Ledger): Promise<void> {
    await ledger.preload(this.#tables.oneTimePrekeys)
    await ledger.preload(this.#tables.signedPrekeys)
  }

  /** Secrets as a task sees them. */
  secrets (draft: Draft): PrekeySecrets {
    const { oneTimePrekeys, signedPrekeys } = this.#tables
    return {
      signedPrekey: (id) => {
        const row = draft.peek(signedPrekeys, idKey(id))
        return row === undefined ? undefined : keyPair(row.curve)
      },
      kemPrekey: (id) => {
        const row = draft.peek(signedPrekeys, idKey(id))
        return row === undefined ? undefined : { publicKey: fromHex(row.kem.publicKey), secretKey: fromHex(row.kem.privateKey) }
      },
      oneTimePrekey: (id) => {
        const row = draft.peek(oneTimePrekeys, idKey(id))
        return row === undefined ? undefined : keyPair(row)
      }
    }
  }

  /** A message was opened with it: its secret goes with the batch that stores the message. */
  consume (draft: Draft, id: number): void {
    draft.erase(this.#tables.oneTimePrekeys, idKey(id))
    draft.after(() => { this.#onConsumed() })
  }

  /** The relay hands out prekeys whose secrets are gone: all of them are made anew. The old secrets are kept as always. */
  async replaceAll (draft: Draft): Promise<void> {
    const { prekeyState } = this.#tables
    const state = this.#rotate(draft, await draft.read(prekeyState, stateKey) ?? noState, true)
    draft.write(prekeyState, stateKey, { ...state, publishedBelow: state.nextOneTimeId, isReplacing: true })
    draft.after(() => { this.#onReplaced() })
  }

  /** The account lives at another relay now, which may have nothing of this device: it gets the device keys again. */
  async moved (draft: Draft): Promise<void> {
    const state = await draft.read(this.#tables.prekeyState, stateKey)
    if (state !== undefined) draft.write(this.#tables.prekeyState, stateKey, { ...state, isCurrentPublished: false })
  }

  /** The signed prekey is a week old, or there is none. */
  isRotationDue (): boolean {
    const state = this.#tables.prekeyState.cached(stateKey)
    const current = state === undefined ? undefined : this.#tables.signedPrekeys.cached(idKey(state.currentId))
    return current === undefined || this.#clock.nowMs() - current.madeAtMs >= limits.signedPrekeyRotateMs
  }

  /**
   * What the relay should get now; made and stored before it is sent. What was made and not taken goes first.
   *
   * @param atRelay one-time prekeys that the relay has left. 0 also when it may have forgotten everything
   * @param options.isComplete include the device keys in any case (registration)
   * @returns undefined when nothing is due
   */
  async prepareUpload (draft: Draft, atRelay: number, { isComplete = false }: { isComplete?: boolean } = {}): Promise<PrekeyUpload | undefined> {
    let state = await draft.read(this.#tables.prekeyState, stateKey) ?? noState
    state = this.#rotate(draft, state)
    const isReplacing = state.isReplacing === true
    const isLow = isReplacing || atRelay < limits.oneTimePrekeysLow
    const oneTime = isLow ? this.#oneTimeUpload(draft, state, limits.oneTimePrekeys - (isReplacing ? 0 : atRelay)) : { state, keys: [] }
    state = oneTime.state
    const withDeviceKeys = isComplete || !state.isCurrentPublished
    let deviceKeys: Uint8Array | undefined
    if (withDeviceKeys) {
      state = { ...state, issuedAtMs: Math.max(this.#clock.nowMs(), state.issuedAtMs + 1) }
      deviceKeys = this.#deviceKeys(draft, state)
    }
    draft.write(this.#tables.prekeyState, stateKey, state)
    if (deviceKeys === undefined && oneTime.keys.length === 0) return undefined
    return { oneTime: oneTime.keys, ...(deviceKeys === undefined ? {} : { deviceKeys }), ...(isReplacing ? { replaces: true } : {}) }
  }

  /** The relay has taken this upload. */
  async published (draft: Draft, upload: PrekeyUpload): Promise<void> {
    const { isReplacing, ...state } = await draft.read(this.#tables.prekeyState, stateKey) ?? noState
    const last = upload.oneTime.at(-1)?.id ?? 0
    draft.write(this.#tables.prekeyState, stateKey, {
      ...state,
      ...(isReplacing === true && upload.replaces !== true ? { isReplacing } : {}),
      publishedBelow: Math.max(state.publishedBelow, last + 1),
      isCurrentPublished: state.isCurrentPublished || upload.deviceKeys !== undefined
    })
  }

  #rotate (draft: Draft, state: PrekeyStateRow, isForced = false): PrekeyStateRow {
    const { signedPrekeys } = this.#tables
    const nowMs = this.#clock.nowMs()
    const current = draft.peek(signedPrekeys, idKey(state.currentId))
    if (!isForced && current !== undefined && nowMs - current.madeAtMs < limits.signedPrekeyRotateMs) return state
    if (current !== undefined) draft.write(signedPrekeys, idKey(state.currentId), { ...current, replacedAtMs: nowMs })
    for (const [key, row] of signedPrekeys.cachedEntries()) {
      if (row.replacedAtMs !== 0 && nowMs - row.replacedAtMs > limits.signedPrekeyKeepMs) draft.erase(signedPrekeys, key)
    }
    const id = state.currentId + 1
    const curve = makeSignedPrekey(this.#suite, this.#device.own, id)
    const kem = makeKemPrekey(this.#suite, this.#device.own, id)
    draft.write(signedPrekeys, idKey(id), {
      curve: { publicKey: toHex(curve.secret.publicKey), privateKey: toHex(curve.secret.privateKey), signature: toHex(curve.public.signature) },
      kem: { publicKey: toHex(kem.secret.publicKey), privateKey: toHex(kem.secret.secretKey), signature: toHex(kem.public.signature) },
      madeAtMs: nowMs,
      replacedAtMs: 0
    })
    return { ...state, currentId: id, isCurrentPublished: false }
  }

  #oneTimeUpload (draft: Draft, state: PrekeyStateRow, count: number): { state: PrekeyStateRow, keys: Array<{ id: number, key: Uint8Array }> } {
    const { oneTimePrekeys } = this.#tables
    const keys: Array<{ id: number, key: Uint8Array }> = []
    for (let id = state.publishedBelow; id < state.nextOneTimeId && keys.length < count; id++) {
      const row = draft.peek(oneTimePrekeys, idKey(id))
      if (row !== undefined) keys.push({ id, key: fromHex(row.publicKey) })
    }
    const made = makeOneTimePrekeys(this.#suite, state.nextOneTimeId, count - keys.length)
    for (const { id, secret } of made) {
      draft.write(oneTimePrekeys, idKey(id), { publicKey: toHex(secret.publicKey), privateKey: toHex(secret.privateKey) })
      keys.push({ id, key: secret.publicKey })
    }
    const nextOneTimeId = state.nextOneTimeId + made.length
    for (const [key] of oneTimePrekeys.cachedEntries()) {
      if (Number.parseInt(key, 16) < nextOneTimeId - maxOneTimeSecrets) draft.erase(oneTimePrekeys, key)
    }
    return { state: { ...state, nextOneTimeId }, keys }
  }

  #deviceKeys (draft: Draft, state: PrekeyStateRow): Uint8Array {
    const row: SignedPrekeysRow = draft.peek(this.#tables.signedPrekeys, idKey(state.currentId))!
    const { own, seed } = this.#device
    return signDeviceKeys(this.#suite.primitives, {
      suite: SUITE_PQXDH,
      registrationId: own.registrationId,
      identityKey: own.identity.publicKey,
      signedPrekey: { id: state.currentId, key: fromHex(row.curve.publicKey), signature: fromHex(row.curve.signature) },
      kemPrekey: { id: state.currentId, key: fromHex(row.kem.publicKey), signature: fromHex(row.kem.signature) },
      issuedAtMs: state.issuedAtMs
    }, seed)
  }
}
