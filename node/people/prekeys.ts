/**
 * The prekey server: what a device leaves here so that others can start a session with it while it is away.
 *
 * Owns: signed device keys, one-time prekeys (each handed out once), the rate of claims.
 * Does not know: sessions, the network. A relay checks the signature by the device's transport key; the prekeys' own
 * signatures are checked by who claims them. Spec: docs/protocol/prekeys.md. Table: `prekey`.
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Bundle, OneTimePrekey, PrekeyUpload } from '../../protocol/wire/gen/records.js'
import { BucketSet } from '../../protocol/bucket-set.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import { noMeter, type Counter, type Meter } from '../watch/meter.ts'
import type { Commits } from '../ports.ts'
import { getHealthy } from '../store/healthy.ts'
import type { Store, Write } from '../store/store.ts'

/** One-time prekeys of one device that were not handed out yet, and the highest id that it ever uploaded. */
interface OneTimePrekeys {
  readonly highestId: number
  /** Oldest first. */
  readonly keys: readonly OneTimePrekey[]
}

/** Who claims: a relay, or one device of an account here. */
export interface Asker {
  readonly id: string
  readonly isRelay: boolean
  readonly device?: DeviceId
}

const keysRow = (account: AccountId, device: DeviceId): string => `${account}/${device}/keys`
const oneTimeRow = (account: AccountId, device: DeviceId): string => `${account}/${device}/once`

export class Prekeys {
  readonly #store: Pick<Store, 'get'>
  readonly #commits: Pick<Commits, 'commit'>
  readonly #signing: Signing
  /** Claims of one device for one account. */
  readonly #claims: BucketSet
  /** Claims of one account, or of one relay, for one account: past its limit no one-time prekeys are handed out. */
  readonly #drain: BucketSet
  /** One-time prekeys of one device, whoever takes them: askers are as many as somebody cares to make. */
  readonly #handedOut: BucketSet
  readonly #claimed: Counter
  readonly #onKeys: (account: AccountId) => void
  /** Per device: two claims at once must not take the same key. */
  readonly #serial = new KeyedSerial()

  /** @param onKeys a device has published other keys than before */
  constructor ({ store, commits, signing, clock, meter = noMeter, onKeys = () => {} }: { store: Pick<Store, 'get'>, commits: Pick<Commits, 'commit'>, signing: Signing, clock: Clock, meter?: Meter, onKeys?: (account: AccountId) => void }) {
    this.#store = store
    this.#commits = commits
    this.#signing = signing
    this.#onKeys = onKeys
    const rate = { burst: limits.claimsPerTargetPerHour, perSecond: limits.claimsPerTargetPerHour / 3600 }
    this.#claims = new BucketSet({ clock }, rate)
    this.#drain = new BucketSet({ clock }, rate)
    this.#handedOut = new BucketSet({ clock }, { burst: limits.oneTimePrekeysAtOnce, perSecond: limits.oneTimePrekeysPerHour / 3600 })
    this.#claimed = meter.counter('heliograph_prekey_bundles_total', 'bundles of keys handed out, by whether a one-time prekey was with it: yes; withheld, because the asker or all askers together have had their part; none left', ['oneTime'])
  }

  /**
   * Store an upload together with `writes` (a registration's), in one batch. Uploading the same again changes nothing.
   *
   * @returns one-time prekeys that are left
   * @throws ProtocolError MALFORMED, BAD_SIGNATURE, ROLLED_BACK, TOO_MANY: nothing was written
   */
  async upload (account: AccountId, device: DeviceId, upload: PrekeyUpload, writes: readonly Write[] = []): Promise<number> {
    return await this.#serial.run(device, async () => {
      const all = [...writes]
      const { deviceKeys } = upload
      if (deviceKeys !== undefined) {
        const keys = verifyDeviceKeys(this.#signing, deviceKeys, device)
        const known = await getHealthy(this.#store, 'prekey', keysRow(account, device))
        // [REJECT] an older signed prekey: the device has thrown away its secret, or will soon
        if (known !== undefined && verifyDeviceKeys(this.#signing, known, device).issuedAtMs > keys.issuedAtMs) throw new ProtocolError('ROLLED_BACK', { what: 'device keys', record: known })
        all.push({ op: 'put', table: 'prekey', key: keysRow(account, device), value: deviceKeys.slice() })
      }
      const before = await this.#oneTime(account, device)
      const after = added(upload.replaces === true ? { highestId: 0, keys: [] } : before, upload.oneTime)
      if (after !== before) all.push({ op: 'put', table: 'prekey', key: oneTimeRow(account, device), value: writeOneTime(after) })
      if (all.length > 0) await this.#commits.commit(all)
      if (deviceKeys !== undefined) this.#onKeys(account)
      return after.keys.length
    })
  }

  /** Signed DeviceKeys as received. */
  async keysOf (account: AccountId, device: DeviceId): Promise<Uint8Array | undefined> { return await getHealthy(this.#store, 'prekey', keysRow(account, device)) }

  /** The disk has damaged them: only the device can bring them again. */
  async areLost (account: AccountId, device: DeviceId): Promise<boolean> {
    try {
      await this.#store.get('prekey', keysRow(account, device))
      return false
    } catch (error) {
      if (isProtocolError(error, 'DAMAGED')) return true
      throw error
    }
  }

  /** One-time prekeys that are left. */
  async countOf (account: AccountId, device: DeviceId): Promise<number> {
    return (await this.#oneTime(account, device)).keys.length
  }

  /**
   * A bundle of each device that has published keys, each with a one-time prekey as long as there are any. The prekeys
   * are durably gone before this resolves.
   *
   * @param asker who claims: a device of an account here, or a relay for one of its own. Past the hourly limit on `account`
   *   a device gets QUOTA; a relay (many people may stand behind it), and a device whose account has had as much in all,
   *   bundles without one-time prekeys.
   * @throws ProtocolError QUOTA, NO_BUNDLE
   */
  async claim (account: AccountId, devices: readonly DeviceId[], asker: Asker): Promise<Array<Partial<Bundle>>> {
    if (!asker.isRelay) this.checkClaim(account, asker)
    const isWithOneTime = this.#drain.tryTake(`${asker.id}/${account}`) === 0
    const bundles = await Promise.all(devices.map((device) => this.#bundleOf(account, device, { isWithOneTime })))
    const found = bundles.filter((bundle) => bundle !== undefined)
    if (found.length === 0) throw new ProtocolError('NO_BUNDLE')
    return found
  }

  /** Counts a claim of a device here. @throws ProtocolError QUOTA */
  checkClaim (account: AccountId, asker: Asker): void {
    const retryAfterMs = this.#claims.tryTake(`${asker.id}/${asker.device ?? ''}/${account}`)
    if (retryAfterMs > 0) throw new ProtocolError('QUOTA', { retryAfterMs })
  }

  async #bundleOf (account: AccountId, device: DeviceId, { isWithOneTime }: { isWithOneTime: boolean }): Promise<Partial<Bundle> | undefined> {
    const deviceKeys = await getHealthy(this.#store, 'prekey', keysRow(account, device))
    if (deviceKeys === undefined) return undefined
    // Past its part nobody is refused: a session begins with the signed prekeys alone, as X3DH allows.
    const isWithheld = !isWithOneTime || this.#handedOut.tryTake(device) > 0
    const oneTime = isWithheld ? undefined : await this.#takeOneTime(account, device)
    this.#claimed.inc(1, { oneTime: isWithheld ? 'withheld' : oneTime === undefined ? 'none left' : 'yes' })
    return { device: deviceKeyOf(device), deviceKeys, ...(oneTime === undefined ? {} : { oneTime }) }
  }

  async #takeOneTime (account: AccountId, device: DeviceId): Promise<OneTimePrekey | undefined> {
    return await this.#serial.run(device, async () => {
      const before = await this.#oneTime(account, device)
      const [taken, ...keys] = before.keys
      if (taken === undefined) return undefined
      // Durable before it is handed out: after a crash the key must not be there for somebody else.
      await this.#commits.commit([{ op: 'put', table: 'prekey', key: oneTimeRow(account, device), value: writeOneTime({ ...before, keys }) }])
      return taken
    })
  }

  async #oneTime (account: AccountId, device: DeviceId): Promise<OneTimePrekeys> {
    const row = await getHealthy(this.#store, 'prekey', oneTimeRow(account, device))
    return row === undefined ? { highestId: 0, keys: [] } : readOneTime(row)
  }

  /** Writes that drop everything of a device that was unlinked. */
  drop (account: AccountId, device: DeviceId): Write[] {
    return [{ op: 'delete', table: 'prekey', key: keysRow(account, device) }, { op: 'delete', table: 'prekey', key: oneTimeRow(account, device) }]
  }
}

/**
 * Ids rise. An id that is not above the highest was uploaded before: it is still there, or it was handed out and must
 * not come back, which is what a repeated upload after a lost answer would do.
 */
function added (before: OneTimePrekeys, offered: readonly OneTimePrekey[]): OneTimePrekeys {
  const present = new Map(before.keys.map((one) => [one.id, one.key]))
  const fresh = new Map<number, OneTimePrekey>()
  for (const { id, key } of offered) {
    if (key.byteLength !== keyBytes || id < 1) throw new ProtocolError('MALFORMED', { what: 'one-time prekey' })
    // [REJECT] one id for two keys: a session started with it could not be opened
    if (fresh.has(id) || isOther(present.get(id), key)) throw new ProtocolError('MALFORMED', { what: 'one-time prekey id used twice' })
    if (id > before.highestId) fresh.set(id, { id, key: key.slice() })
  }
  if (fresh.size === 0) return before
  const keys = [...before.keys, ...[...fresh.values()].sort((a, b) => a.id - b.id)]
  if (keys.length > limits.oneTimePrekeys) throw new ProtocolError('TOO_MANY', { max: limits.oneTimePrekeys, what: 'one-time prekeys' })
  return { highestId: keys.at(-1)!.id, keys }
}

const isOther = (known: Uint8Array | undefined, key: Uint8Array): boolean => known !== undefined && !known.every((byte, i) => byte === key[i])

// One row per device, so that counting is one read: u32 highest id ‖ n × (u32 id ‖ 32-byte key), big-endian.
const oneTimeBytes = 4 + keyBytes

function writeOneTime ({ highestId, keys }: OneTimePrekeys): Uint8Array {
  const out = new Uint8Array(4 + keys.length * oneTimeBytes)
  const view = new DataView(out.buffer)
  view.setUint32(0, highestId)
  keys.forEach(({ id, key }, i) => {
    view.setUint32(4 + i * oneTimeBytes, id)
    out.set(key, 8 + i * oneTimeBytes)
  })
  return out
}

/** The same without its keys: the ids stay used up, so that what was handed out once is not handed out again. */
export const withoutOneTime = (row: Uint8Array): Uint8Array => writeOneTime({ ...readOneTime(row), keys: [] })

function readOneTime (row: Uint8Array): OneTimePrekeys {
  if (row.byteLength < 4 || (row.byteLength - 4) % oneTimeBytes !== 0) throw new ProtocolError('DATABASE_CORRUPT', { what: 'table prekey' })
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  const keys: OneTimePrekey[] = []
  for (let at = 4; at < row.byteLength; at += oneTimeBytes) keys.push({ id: view.getUint32(at), key: row.subarray(at + 4, at + oneTimeBytes) })
  return { highestId: view.getUint32(0), keys }
}
