/**
 * Reads what libsignal stored about a session: the keys it drew and did not hand out, which make a recording replayable.
 *
 * A general reader of protobuf fields and the handful of field numbers that are needed. Recorder only.
 */
import type { ImportedSession } from '../../protocol/e2ee/transcripts.ts'

type Field = number | Uint8Array

export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Every field of one protobuf message, repeated ones in order. */
export function fieldsOf (input: Uint8Array): Map<number, Field[]> {
  const fields = new Map<number, Field[]>()
  let offset = 0
  function varint (): number {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = input[offset++]
      if (byte === undefined) throw new Error('truncated')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(value)
    }
  }
  while (offset < input.byteLength) {
    const tag = varint()
    let value: Field
    if ((tag & 7) === 0) {
      value = varint()
    } else {
      const length = (tag & 7) === 2 ? varint() : (tag & 7) === 1 ? 8 : 4
      value = input.subarray(offset, offset + length)
      offset += length
    }
    fields.set(tag >>> 3, [...fields.get(tag >>> 3) ?? [], value])
  }
  return fields
}

export function bytesAt (fields: Map<number, Field[]>, ...path: number[]): Uint8Array {
  const [first, ...rest] = path
  const value = fields.get(first!)?.[0]
  if (!(value instanceof Uint8Array)) throw new Error(`no bytes in field ${first}`)
  return rest.length === 0 ? value : bytesAt(fieldsOf(value), ...rest)
}

const CURRENT = 1
const ROOT_KEY = 4
const SENDER_CHAIN = 6
const RECEIVER_CHAINS = 7
const BASE_KEY = 13
const PENDING_KEM = 14
const CHAIN_RATCHET_KEY = 1
const CHAIN_RATCHET_PRIVATE = 2
const CHAIN_KEY = 3
const CHAIN_KEY_BYTES = 2

/** Private half of the ratchet key that the current session sends with. */
export function ratchetPrivate (stored: Uint8Array): string {
  return hex(bytesAt(fieldsOf(stored), CURRENT, SENDER_CHAIN, CHAIN_RATCHET_PRIVATE))
}

/** The current session, right after it was started from a bundle. */
export function importedSession (stored: Uint8Array): ImportedSession {
  const session = fieldsOf(bytesAt(fieldsOf(stored), CURRENT))
  return {
    rootKey: hex(bytesAt(session, ROOT_KEY)),
    baseKey: hex(bytesAt(session, BASE_KEY).subarray(1)),
    ratchetPrivate: hex(bytesAt(session, SENDER_CHAIN, CHAIN_RATCHET_PRIVATE)),
    sendingChainKey: hex(bytesAt(session, SENDER_CHAIN, CHAIN_KEY, CHAIN_KEY_BYTES)),
    receiverRatchetKey: hex(bytesAt(session, RECEIVER_CHAINS, CHAIN_RATCHET_KEY).subarray(1)),
    receivingChainKey: hex(bytesAt(session, RECEIVER_CHAINS, CHAIN_KEY, CHAIN_KEY_BYTES)),
    ...(session.has(PENDING_KEM) ? { kemCiphertext: hex(bytesAt(session, PENDING_KEM, 2).subarray(1)) } : {})
  }
}
