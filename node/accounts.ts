/**
 * The accounts that this relay keeps: who is registered, with which devices.
 *
 * Owns: the registration row, and in memory what every message needs of it (is this account here, its devices).
 * Does not know: connections, prekeys, where other accounts live. Who may change what: registration.ts.
 * Table: `account`. Memory: about 300 bytes an account with one device.
 */
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey, deviceKeyOf, keyBytes, type AccountId, type DeviceId } from '../protocol/ids.ts'
import { fromUtf8, utf8 } from '../protocol/bytes.ts'
import type { DeviceList, SignedDeviceList } from '../protocol/records/device-list.ts'
import type { LocalAccounts } from './ports.ts'
import type { Store, Write } from './store.ts'

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
}

const none: readonly DeviceId[] = []

export class Accounts implements LocalAccounts {
  readonly #store: Pick<Store, 'get' | 'scan'>
  readonly #locals = new Map<AccountId, readonly DeviceId[]>()

  constructor ({ store }: { store: Pick<Store, 'get' | 'scan'> }) { this.#store = store }

  /** Read every registration once, at start. @throws ProtocolError DATABASE_CORRUPT */
  async load (): Promise<void> {
    for await (const { key, value } of this.#store.scan('account', '')) {
      const { devices, hasMoved } = readRow(value)
      if (!hasMoved) this.#locals.set(key as AccountId, devices)
    }
  }

  /** Accounts that are local. */
  get size (): number { return this.#locals.size }

  isLocal (account: AccountId): boolean { return this.#locals.has(account) }
  devicesOf (account: AccountId): readonly DeviceId[] { return this.#locals.get(account) ?? none }
  locals (): IterableIterator<AccountId> { return this.#locals.keys() }

  /** Also of an account that has moved. */
  async find (account: AccountId): Promise<Registration | undefined> {
    const value = await this.#store.get('account', account)
    if (value === undefined) return undefined
    const row = readRow(value)
    return { account, ...row, deviceList: value.subarray(row.listOffset) }
  }

  /** The row as a write. Once it is durable, tell `remember`. */
  put (registration: Registration): Write {
    return { op: 'put', table: 'account', key: registration.account, value: writeRow(registration) }
  }

  remember (registration: Registration): void {
    const { account, devices, hasMoved } = registration
    if (hasMoved) this.#locals.delete(account)
    else this.#locals.set(account, devices)
  }

  /** From now on not local; the row follows. */
  forget (account: AccountId): void { this.#locals.delete(account) }
}

export const registrationOf = (list: SignedDeviceList, { handle, registeredAtMs, hasMoved }: Pick<Registration, 'handle' | 'registeredAtMs' | 'hasMoved'>): Registration =>
  ({ account: list.account, deviceEpoch: list.epoch, devices: deviceIds(list), deviceList: list.bytes, handle, registeredAtMs, hasMoved })

const deviceIds = (list: DeviceList): DeviceId[] => list.devices.map((device) => device.id)

// The row, big-endian. Read in full for every account at start, hence no protobuf and no signature check:
//   u8 version ‖ u8 flags (1: has moved) ‖ u32 device epoch ‖ f64 registered at, ms ‖ u8 devices ‖ devices × 32-byte key ‖ u8 length ‖ handle ‖ Signed DeviceList
const rowVersion = 1
const movedFlag = 1
const fixedBytes = 1 + 1 + 4 + 8 + 1
const countAt = fixedBytes - 1

function writeRow (registration: Registration): Uint8Array {
  const handle = utf8(registration.handle)
  const keysEnd = fixedBytes + registration.devices.length * keyBytes
  const listOffset = keysEnd + 1 + handle.byteLength
  const out = new Uint8Array(listOffset + registration.deviceList.byteLength)
  const view = new DataView(out.buffer)
  view.setUint8(0, rowVersion)
  view.setUint8(1, registration.hasMoved ? movedFlag : 0)
  view.setUint32(2, registration.deviceEpoch)
  view.setFloat64(6, registration.registeredAtMs)
  view.setUint8(countAt, registration.devices.length)
  registration.devices.forEach((device, i) => { out.set(deviceKeyOf(device), fixedBytes + i * keyBytes) })
  view.setUint8(keysEnd, handle.byteLength)
  out.set(handle, keysEnd + 1)
  out.set(registration.deviceList, listOffset)
  return out
}

function readRow (row: Uint8Array): Omit<Registration, 'account' | 'deviceList'> & { listOffset: number } {
  try {
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
    if (view.getUint8(0) !== rowVersion) throw new RangeError(`row version ${view.getUint8(0)}`)
    const count = view.getUint8(countAt)
    const keysEnd = fixedBytes + count * keyBytes
    const devices: DeviceId[] = []
    for (let at = fixedBytes; at < keysEnd; at += keyBytes) devices.push(deviceIdOfKey(row.subarray(at, at + keyBytes)))
    const listOffset = keysEnd + 1 + view.getUint8(keysEnd)
    if (listOffset > row.byteLength) throw new RangeError('row is cut short')
    return {
      hasMoved: (view.getUint8(1) & movedFlag) !== 0,
      deviceEpoch: view.getUint32(2),
      registeredAtMs: view.getFloat64(6),
      devices,
      handle: fromUtf8(row.subarray(keysEnd + 1, listOffset)),
      listOffset
    }
  } catch (error) {
    throw new ProtocolError('DATABASE_CORRUPT', { what: 'table account', cause: error })
  }
}
