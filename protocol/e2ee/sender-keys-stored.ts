/**
 * Sender keys as stored bytes, one's own and those of others: a version byte, then fixed fields (stored-fields.ts).
 * No wire format: only this device writes and reads it. Contains secrets.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { SENDER_KEY_ID_BYTES, type ReceivedSenderKey, type SenderKey, type SenderKeyRecord, type SkippedSeed } from './sender-keys.ts'
import { StoredReader, f64, u32 } from './stored-fields.ts'

const STORED_VERSION = 1
const OWN = 'stored sender key'
const OTHERS = 'stored sender key record'

export const encodeSenderKey = (key: SenderKey): Uint8Array => concat(
  Uint8Array.of(STORED_VERSION), key.id, u32(key.chainId), u32(key.iteration), key.chainKey,
  key.signing.publicKey, key.signing.privateKey, f64(key.createdAtMs)
)

/** @throws ProtocolError MALFORMED on anything that `encodeSenderKey` did not write; UNSUPPORTED_VERSION on a newer format */
export function decodeSenderKey (bytes: Uint8Array): SenderKey {
  const reader = readerOf(bytes, OWN)
  const key = {
    id: reader.bytes(SENDER_KEY_ID_BYTES), chainId: reader.u32(), iteration: reader.u32(), chainKey: reader.key(),
    signing: { publicKey: reader.key(), privateKey: reader.key() }, createdAtMs: reader.f64()
  }
  reader.end()
  return key
}

export function encodeSenderKeyRecord ({ keys }: SenderKeyRecord): Uint8Array {
  const parts = [Uint8Array.of(STORED_VERSION), u32(keys.length)]
  for (const key of keys) {
    parts.push(key.id, u32(key.chainId), u32(key.iteration), key.chainKey, key.signingKey, u32(key.skipped.length))
    for (const { iteration, seed } of key.skipped) parts.push(u32(iteration), seed)
  }
  return concat(...parts)
}

/** @throws ProtocolError as `decodeSenderKey` */
export function decodeSenderKeyRecord (bytes: Uint8Array): SenderKeyRecord {
  const reader = readerOf(bytes, OTHERS)
  const keys = reader.list(limits.senderKeyStates, (): ReceivedSenderKey => ({
    id: reader.bytes(SENDER_KEY_ID_BYTES), chainId: reader.u32(), iteration: reader.u32(), chainKey: reader.key(), signingKey: reader.key(),
    skipped: reader.list(limits.senderKeySkipped, (): SkippedSeed => ({ iteration: reader.u32(), seed: reader.key() }))
  }))
  reader.end()
  return { keys }
}

function readerOf (bytes: Uint8Array, what: string): StoredReader {
  const reader = new StoredReader(bytes, what)
  if (reader.u8() !== STORED_VERSION) throw new ProtocolError('UNSUPPORTED_VERSION', { what })
  return reader
}
