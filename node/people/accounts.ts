/**
 * The accounts that this relay keeps: who is registered, with which devices.
 *
 * Owns: the registration row, and in memory what every message needs of it (is this account here, its devices).
 * Does not know: connections, prekeys, where other accounts live. Who may change what: registration.ts.
 * Table: `account`. Memory: about 160 bytes an account with one device (measured at 100,000).
 */
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { concat, fromUtf8, utf8 } from '../../protocol/bytes.ts'
import type { DeviceList, SignedDeviceList } from '../../protocol/records/device-list.ts'
import type { LocalAccounts } from '../ports.ts'
import { getHealthy } from '../store/healthy.ts'
import type { Store, Write } from '../store/store.ts'

export interface Registration {
  readonly account: AccountId
  readonly deviceEpoch: number
  readonly devices: readonly DeviceId[]
  /** The Signed DeviceList as received. */
  readonly deviceList: Uint8Array
  /** Local part; '' for none. */
  readonly handle: string
  readonly registeredAtMs: number
  /** The account's home record names another relay now. The row stays: its handle still leads there. */
  readonly hasMoved: boolean
  /** From a backup, and not back yet: not served before its device has signed a newer home record (admin/restored.ts). */
  readonly isAwaited?: boolean
}

const none: readonly DeviceId[] = []
/** 20,000 at about 200 bytes. */
const maxAsked = 20_000

/** One character per byte: V8 keeps such a string in one byte each. */
const toText = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

function devicesIn (keys: Uint8Array): DeviceId[] {
  const devices: DeviceId[] = []
  for (let at = 0; at < keys.byteLength; at += keyBytes) devices.push(deviceIdOfKey(keys.subarray(at, at + keyBytes)))
  return devices
}

export class Accounts implements LocalAccounts {
  readonly #store: Pick<Store, 'get' | 'scan'>
  /** Device keys as one string, a character per byte: at 100,000 accounts their PeerIds took 0.8 s to make and 20 MB. */
  readonly #locals = new Map<AccountId, string>()
  /** Of a database that came from a backup; none after all have come back. */
  readonly #awaited = new Set<AccountId>()
  /** PeerIds of accounts that were asked for lately. */
  readonly #asked = new Map<AccountId, readonly DeviceId[]>()

  constructor ({ store }: { store: Pick<Store, 'get' | 'scan'> }) { this.#store = store }

  /** Read every registration once, at start. @throws ProtocolError DATABASE_CORRUPT */
  async load (): Promise<void> {
    for await (const { key, value } of this.#store.scan('account', '')) {
      const { keys, hasMoved, isAwaited } = readHead(value)
      if (isAwaited) this.#awaited.add(key as AccountId)
      else if (!hasMoved) this.#locals.set(key as AccountId, toText(keys))
    }
  }

  /** Accounts that are local. */
  get size (): number { return this.#locals.size }
  get awaitedSize (): number { return this.#awaited.size }

  isAwaited (account: AccountId): boolean { return this.#awaited.size > 0 && this.#awaited.has(account) }
  awaited (): IterableIterator<AccountId> { return this.#awaited.keys() }

  isLocal (account: AccountId): boolean { return this.#locals.has(account) }

  devicesOf (account: AccountId): readonly DeviceId[] {
    const asked = this.#asked.get(account)
    if (asked !== undefined) return asked
    const text = this.#locals.get(account)
    if (text === undefined) return none
    const devices = devicesIn(fromText(text))
    if (this.#asked.size >= maxAsked) this.#asked.clear()
    this.#asked.set(account, devices)
    return devices
  }

  async listEpochOf (account: AccountId): Promise<number | undefined> {
    return this.#locals.has(account) ? (await this.find(account))?.deviceEpoch : undefined
  }

  locals (): IterableIterator<AccountId> { return this.#locals.keys() }

  /** Also of an account that has moved. */
  async find (account: AccountId): Promise<Registration | undefined> {
    // Damaged: the account registers again.
    const value = await getHealthy(this.#store, 'account', account)
    return value === undefined ? undefined : registrationOfRow(account, value)
  }

  /** The row as a write. Once it is durable, tell `remember`. */
  put (registration: Registration): Write {
    return { op: 'put', table: 'account', key: registration.account, value: writeRow(registration) }
  }

  remember (registration: Registration): void {
    const { account, devices, hasMoved, isAwaited = false } = registration
    this.forget(account)
    if (isAwaited) this.#awaited.add(account)
    else if (!hasMoved) this.#locals.set(account, toText(concat(...devices.map(deviceKeyOf))))
  }

  /** From now on not local; the row follows. */
  forget (account: AccountId): void {
    this.#locals.delete(account)
    this.#awaited.delete(account)
    this.#asked.delete(account)
  }
}

/** A row as `Accounts.put` writes it. @throws ProtocolError DATABASE_CORRUPT */
export function registrationOfRow (account: AccountId, value: Uint8Array): Registration {
  const { listOffset, ...row } = readRow(value)
  return { account, ...row, deviceList: value.subarray(listOffset) }
}

export const registrationOf = (list: SignedDeviceList, { handle, registeredAtMs, hasMoved }: Pick<Registration, 'handle' | 'registeredAtMs' | 'hasMoved'>): Registration =>
  ({ account: list.account, deviceEpoch: list.epoch, devices: deviceIds(list), deviceList: list.bytes, handle, registeredAtMs, hasMoved })

const deviceIds = (list: DeviceList): DeviceId[] => list.devices.map((device) => device.id)

// The row, big-endian. Read in full for every account at start, hence no protobuf and no signature check:
//   u8 version ‖ u8 flags (1: has moved, 2: awaited) ‖ u32 device epoch ‖ f64 registered at, ms ‖ u8 devices ‖ devices × 32-byte key ‖ u8 length ‖ handle ‖ Signed DeviceList
const rowVersion = 1
const movedFlag = 1
const awaitedFlag = 2
const fixedBytes = 1 + 1 + 4 + 8 + 1
const countAt = fixedBytes - 1

function writeRow (registration: Registration): Uint8Array {
  const handle = utf8(registration.handle)
  const keysEnd = fixedBytes + registration.devices.length * keyBytes
  const listOffset = keysEnd + 1 + handle.byteLength
  const out = new Uint8Array(listOffset + registration.deviceList.byteLength)
  const view = new DataView(out.buffer)
  view.setUint8(0, rowVersion)
  view.setUint8(1, (registration.hasMoved ? movedFlag : 0) | (registration.isAwaited === true ? awaitedFlag : 0))
  view.setUint32(2, registration.deviceEpoch)
  view.setFloat64(6, registration.registeredAtMs)
  view.setUint8(countAt, registration.devices.length)
  registration.devices.forEach((device, i) => { out.set(deviceKeyOf(device), fixedBytes + i * keyBytes) })
  view.setUint8(keysEnd, handle.byteLength)
  out.set(handle, keysEnd + 1)
  out.set(registration.deviceList, listOffset)
  return out
}

/** What start needs of a row. @throws ProtocolError DATABASE_CORRUPT */
function readHead (row: Uint8Array): { keys: Uint8Array, hasMoved: boolean, isAwaited: boolean } {
  const keysEnd = fixedBytes + (row[countAt] ?? 0) * keyBytes
  if (row[0] !== rowVersion || row.byteLength <= keysEnd) throw new ProtocolError('DATABASE_CORRUPT', { what: 'table account' })
  return { keys: row.subarray(fixedBytes, keysEnd), hasMoved: (row[1]! & movedFlag) !== 0, isAwaited: (row[1]! & awaitedFlag) !== 0 }
}

/** The row of an account that is awaited; of one that has moved as it is. @throws ProtocolError DATABASE_CORRUPT */
export function awaited (row: Uint8Array): Uint8Array {
  if (readHead(row).hasMoved) return row
  const out = row.slice()
  out[1]! |= awaitedFlag
  return out
}

function readRow (row: Uint8Array): Omit<Registration, 'account' | 'deviceList'> & { listOffset: number } {
  const { keys, hasMoved, isAwaited } = readHead(row)
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
  const handleAt = fixedBytes + keys.byteLength + 1
  const listOffset = handleAt + row[handleAt - 1]!
  if (listOffset > row.byteLength) throw new ProtocolError('DATABASE_CORRUPT', { what: 'table account' })
  return { hasMoved, ...(isAwaited ? { isAwaited } : {}), deviceEpoch: view.getUint32(2), registeredAtMs: view.getFloat64(6), devices: devicesIn(keys), handle: handleIn(row.subarray(handleAt, listOffset)), listOffset }
}

/** Another relay may have shipped the row: bytes of a handle that are no text must not stop whoever reads it. */
function handleIn (bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes)
  } catch (cause) {
    throw new ProtocolError('DATABASE_CORRUPT', { what: 'table account', cause })
  }
}
