/**
 * Branded identifiers. On the wire and on disk they are bytes of a fixed length; in memory the strings below,
 * so that they can be keys of maps and cannot be passed for one another.
 *
 * | id             | bytes                                              | string                              |
 * | AccountId      | multihash of the account key: 00 20 ‖ key 32 (34)   | multibase base32, 56 characters     |
 * | DeviceId       | the device's Ed25519 transport key (32)             | libp2p PeerId (12D3KooW…)           |
 * | RelayId        | the relay's Ed25519 key (32)                        | libp2p PeerId                       |
 * | MessageId      | UUID version 7 (16)                                 | 32 hex digits                       |
 *
 * The multihash is the identity function, as in libp2p's Ed25519 PeerIds: the id carries the key, so every signed
 * record can be checked from the id alone.
 */
import { base58btc } from 'multiformats/bases/base58'
import { concat, fromBase32, mapKey, toBase32, toHex } from './bytes.ts'
import { ProtocolError } from './errors.ts'

declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

export type AccountId = Branded<'AccountId'>
export type DeviceId = Branded<'DeviceId'>
export type RelayId = Branded<'RelayId'>
export type MessageId = Branded<'MessageId'>

export const accountIdBytes = 34
export const keyBytes = 32
export const messageIdBytes = 16

const MULTIHASH = Uint8Array.of(0x00, 0x20)
/** identity multihash ‖ protobuf { 1: Ed25519, 2: 32 bytes }: libp2p's PeerId of an Ed25519 key. */
const PEER_ID = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

const wrong = (what: string): ProtocolError => new ProtocolError('MALFORMED', { what })

// Ids repeat in every frame: the text forms are remembered, bounded, instead of encoded again (base58 costs 8 µs).
const maxCached = 50_000
function remembered<T extends string> (encode: (key: Uint8Array) => T): (key: Uint8Array) => T {
  const cache = new Map<string, T>()
  return (key) => {
    const index = mapKey(key)
    const known = cache.get(index)
    if (known !== undefined) return known
    if (cache.size >= maxCached) cache.clear()
    const text = encode(key)
    cache.set(index, text)
    return text
  }
}

const accountText = remembered((key) => toBase32(concat(MULTIHASH, key)) as AccountId)
const peerText = remembered((key) => base58btc.encode(concat(PEER_ID, key)).slice(1) as Branded<'DeviceId'>)

/** @param key 32-byte Ed25519 account key */
export function accountIdOfKey (key: Uint8Array): AccountId {
  if (key.byteLength !== keyBytes) throw wrong('account key')
  return accountText(key)
}

/** @param bytes the 34-byte multihash. @throws ProtocolError MALFORMED */
export function accountIdFromBytes (bytes: Uint8Array): AccountId {
  if (bytes.byteLength !== accountIdBytes || bytes[0] !== MULTIHASH[0] || bytes[1] !== MULTIHASH[1]) throw wrong('account id')
  return accountText(bytes.subarray(2))
}

/** @throws ProtocolError MALFORMED when the text is not an account id */
export function parseAccountId (text: string): AccountId {
  if (text.length !== 56) throw wrong('account id')
  try {
    return accountIdFromBytes(fromBase32(text))
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what: 'account id', cause: error })
  }
}

export const accountIdToBytes = (id: AccountId): Uint8Array => fromBase32(id)
/** The 32-byte Ed25519 account key that the id carries. */
export const accountKeyOf = (id: AccountId): Uint8Array => accountIdToBytes(id).subarray(2)

/** @param key 32-byte Ed25519 transport key */
export function deviceIdOfKey (key: Uint8Array): DeviceId {
  if (key.byteLength !== keyBytes) throw wrong('device key')
  return peerText(key)
}

/** @param key 32-byte Ed25519 relay key */
export function relayIdOfKey (key: Uint8Array): RelayId {
  if (key.byteLength !== keyBytes) throw wrong('relay key')
  return peerText(key) as string as RelayId
}

// The way back is remembered too: base58 costs 8 µs, and every envelope names a device.
const peerKeys = new Map<string, Uint8Array>()

function peerKey (text: string, what: string): Uint8Array {
  const known = peerKeys.get(text)
  if (known !== undefined) return known
  const key = decodePeerKey(text, what)
  if (peerKeys.size >= maxCached) peerKeys.clear()
  peerKeys.set(text, key)
  return key
}

function decodePeerKey (text: string, what: string): Uint8Array {
  if (text.length < 46 || text.length > 56) throw wrong(what)
  let bytes: Uint8Array
  try {
    bytes = base58btc.decode(`z${text}`)
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what, cause: error })
  }
  if (bytes.byteLength !== PEER_ID.byteLength + keyBytes || !PEER_ID.every((byte, i) => bytes[i] === byte)) throw wrong(what)
  return bytes.subarray(PEER_ID.byteLength)
}

/** The 32-byte key that the id carries; shared, not to be modified. @throws ProtocolError MALFORMED */
export const deviceKeyOf = (id: DeviceId): Uint8Array => peerKey(id, 'device id')
export const relayKeyOf = (id: RelayId): Uint8Array => peerKey(id, 'relay id')

/** @throws ProtocolError MALFORMED when the text is not the PeerId of an Ed25519 key */
export function parseDeviceId (text: string): DeviceId {
  return deviceIdOfKey(peerKey(text, 'device id'))
}
export function parseRelayId (text: string): RelayId {
  return relayIdOfKey(peerKey(text, 'relay id'))
}

/** @param bytes 16 bytes. @throws ProtocolError BAD_MESSAGE_ID unless a UUID of version 7 */
export function messageIdFromBytes (bytes: Uint8Array): MessageId {
  if (bytes.byteLength !== messageIdBytes || (bytes[6]! >> 4) !== 7 || (bytes[8]! >> 6) !== 2) throw new ProtocolError('BAD_MESSAGE_ID')
  return toHex(bytes) as MessageId
}

export function messageIdToBytes (id: MessageId): Uint8Array {
  const out = new Uint8Array(messageIdBytes)
  for (let i = 0; i < messageIdBytes; i++) out[i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16)
  return out
}

/** First characters of an id: enough to follow one in a log file, too few to name a person. */
export const shortId = (id: string): string => id.length === 56 ? id.slice(5, 11) : id.slice(-6)
