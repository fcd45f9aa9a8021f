/**
 * Safety numbers: 60 digits that two people compare to know that nobody sits between them.
 *
 * Over the two account keys, so that linking a device does not change them. Each half binds one account's key and id;
 * the halves are sorted, so that both people see the same number.
 */
import { compareBytes, concat, utf8 } from '../bytes.ts'
import type { Primitives } from './primitives.ts'
import type { Suite } from './suite.ts'

/** Makes a search for an account with a similar number 5,200 times dearer. */
const ROUNDS = 5_200
const FORMAT_VERSION = Uint8Array.of(0, 0)
const CHUNKS = 6
const CHUNK_BYTES = 5
const CHUNK_MODULUS = 100_000

/**
 * @param ownAccountKey   32 bytes, public; likewise `theirAccountKey`
 * @param ownAccountId    the bytes of the AccountId; likewise `theirAccountId`
 * @returns 60 decimal digits without spaces
 */
export function safetyNumber (suite: Suite, ownAccountKey: Uint8Array, ownAccountId: Uint8Array, theirAccountKey: Uint8Array, theirAccountId: Uint8Array): string {
  const { primitives, profile } = suite
  const own = fingerprintDigits(primitives, concat(profile.accountKeyPrefix, ownAccountKey), ownAccountId)
  const theirs = fingerprintDigits(primitives, concat(profile.accountKeyPrefix, theirAccountKey), theirAccountId)
  return compareBytes(utf8(own), utf8(theirs)) <= 0 ? own + theirs : theirs + own
}

/** One half: 30 digits. About 20 ms with noble. */
function fingerprintDigits (primitives: Primitives, key: Uint8Array, id: Uint8Array): string {
  let hash = primitives.sha512(concat(FORMAT_VERSION, key, id, key))
  for (let round = 1; round < ROUNDS; round++) hash = primitives.sha512(concat(hash, key))
  let digits = ''
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    let value = 0
    for (let i = 0; i < CHUNK_BYTES; i++) value = value * 256 + hash[chunk * CHUNK_BYTES + i]!
    digits += String(value % CHUNK_MODULUS).padStart(5, '0')
  }
  return digits
}
