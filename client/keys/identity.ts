/**
 * This installation's own keys: made once, before anything else, and kept in the store.
 *
 * Owns: the device's transport key (its PeerId) and identity key, the account key, the first device list.
 */
import { generateKeyPair } from '../../protocol/e2ee/curve-keys.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import type { OwnDevice } from '../../protocol/e2ee/sessions.ts'
import { accountIdOfKey, deviceIdOfKey, type DeviceId } from '../../protocol/ids.ts'
import { signDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { toHex } from '../../protocol/bytes.ts'
import { Ledger, type Draft } from '../store/ledger.ts'
import type { ClientStore } from '../store/store.ts'
import { fromHex, readStored } from '../store/stored.ts'
import { Tables, type AccountRow, type DeviceRow } from '../store/tables.ts'

export interface DeviceIdentity {
  readonly id: DeviceId
  /** 32-byte Ed25519 seed of the transport key */
  readonly seed: Uint8Array
  readonly own: OwnDevice
}

const seedBytes = 32
/** 14 bits, not 0: as registration ids are in the specifications. */
const registrationIds = 0x3fff

function deviceOfRow (primitives: Primitives, row: DeviceRow): DeviceIdentity {
  return readStored('me/device', () => {
    const seed = fromHex(row.seed)
    return {
      id: deviceIdOfKey(primitives.ed25519PublicKey(seed)),
      seed,
      own: { identity: { publicKey: fromHex(row.identityPublic), privateKey: fromHex(row.identityPrivate) }, registrationId: row.registrationId }
    }
  })
}

/** The device's keys; made and stored the first time. */
export async function ensureDevice (draft: Draft, tables: Tables, primitives: Primitives): Promise<DeviceIdentity> {
  let row = await draft.read(tables.device, 'device')
  if (row === undefined) {
    const identity = generateKeyPair(primitives)
    const [a, b] = primitives.randomBytes(2)
    row = {
      seed: toHex(primitives.randomBytes(seedBytes)),
      identityPublic: toHex(identity.publicKey),
      identityPrivate: toHex(identity.privateKey),
      registrationId: 1 + ((a! << 8) | b!) % registrationIds
    }
    draft.write(tables.device, 'device', row)
  }
  return deviceOfRow(primitives, row)
}

/**
 * For a composition root that makes its own dialer: the seed of this store's device, made if there is none.
 * @returns 32-byte Ed25519 seed
 */
export async function deviceSeed (store: ClientStore, primitives: Primitives): Promise<Uint8Array> {
  const tables = new Tables(primitives)
  return await new Ledger(store).run(async (draft) => (await ensureDevice(draft, tables, primitives)).seed)
}

/**
 * The account's keys and its first device list; made and stored the first time, so that a registration that was cut
 * short goes on with the same account.
 */
export async function ensureAccount (draft: Draft, tables: Tables, primitives: Primitives, device: DeviceIdentity, nowMs: number): Promise<{ row: AccountRow, list: SignedDeviceList }> {
  const known = await draft.read(tables.account, 'account')
  if (known !== undefined) {
    const pinned = await draft.read(tables.deviceLists, known.id)
    if (pinned !== undefined) return { row: known, list: pinned.list }
  }
  const seed = known === undefined ? primitives.randomBytes(seedBytes) : fromHex(known.seed)
  const id = accountIdOfKey(primitives.ed25519PublicKey(seed))
  const list = signDeviceList(primitives, {
    account: id,
    epoch: 1,
    issuedAtMs: nowMs,
    expiresAtMs: 0,
    devices: [{ id: device.id, identityKey: device.own.identity.publicKey, registrationId: device.own.registrationId }]
  }, seed)
  const row: AccountRow = known ?? { id, seed: toHex(seed), isRegistered: false, handle: '', relay: '', relayName: '', region: '', addresses: [] }
  draft.write(tables.account, 'account', row)
  draft.write(tables.deviceLists, id, { list, hash: primitives.sha256(list.bytes) })
  return { row, list }
}

