/**
 * People, keys and broken bytes for the tests beside it. Everything comes from a seed.
 */
import type { SeededRandom } from './clock-manual.ts'
import { pairConversation } from './conversation.ts'
import { noblePrimitives } from './e2ee/primitives-noble.ts'
import { isProtocolError, type ErrorCode } from './errors.ts'
import type { Envelope } from './envelope.ts'
import { accountIdOfKey, deviceIdOfKey, messageIdFromBytes, relayIdOfKey, type AccountId, type DeviceId, type MessageId, type RelayId } from './ids.ts'
import type { RelayRecord } from './records/relay-record.ts'
import type { Signing } from './records/signed.ts'

export const signing: Signing = noblePrimitives

interface Owner<Id> { readonly id: Id, readonly seed: Uint8Array }

/** Made once each: a public key takes a millisecond. */
function ownersOf<Id> (kind: number, idOf: (key: Uint8Array) => Id): (index: number) => Owner<Id> {
  const made = new Map<number, Owner<Id>>()
  return (index) => {
    const known = made.get(index)
    if (known !== undefined) return known
    const seed = new Uint8Array(32).fill(kind).fill(index, 1, 5)
    const owner = { id: idOf(signing.ed25519PublicKey(seed)), seed }
    made.set(index, owner)
    return owner
  }
}

export const testAccount: (index: number) => Owner<AccountId> = ownersOf(1, accountIdOfKey)
export const testDevice: (index: number) => Owner<DeviceId> = ownersOf(2, deviceIdOfKey)
export const testRelay: (index: number) => Owner<RelayId> = ownersOf(3, relayIdOfKey)

export function testMessageId (index: number): MessageId {
  const bytes = new Uint8Array(16).fill(index)
  bytes[6] = 0x70
  bytes[8] = 0x80
  return messageIdFromBytes(bytes)
}

export function testRelayRecord (index: number, changes: Partial<RelayRecord> = {}): RelayRecord {
  const { id } = testRelay(index)
  return {
    relay: id, name: `eu-${index}.example.org`, region: 'eu', addresses: [`/ip4/192.0.2.${index}/tcp/4001/p2p/${id}`],
    loadPermille: 10, openRegistration: true, software: 'heliograph/0.1.0', issuedAtMs: 1_000, ...changes
  }
}

export function testEnvelope (changes: Partial<Envelope> = {}): Envelope {
  const [alice, bob] = [testAccount(1), testAccount(2)]
  return {
    conversation: pairConversation(alice.id, bob.id), sender: alice.id, senderDevice: testDevice(1).id, messageId: testMessageId(7), kind: 1, expiresAtMs: 0,
    ciphertexts: [{ device: testDevice(2).id, kind: 2, bytes: Uint8Array.of(1, 2, 3) }, { device: testDevice(3).id, kind: 1, bytes: new Uint8Array(200).fill(9) }],
    ...changes
  }
}

/** For assert.throws and assert.rejects: this code, whatever the text. */
export const refusedAs = (...codes: ErrorCode[]) => (error: unknown): boolean => {
  if (isProtocolError(error, ...codes)) return true
  throw new Error(`expected ${codes.join(' or ')}`, { cause: error })
}

/** Bytes as an attacker or a broken disk makes them: random, cut, extended, flipped, or two of them joined. */
export function broken (good: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = new Uint8Array(good)
  switch (random.below(6)) {
    case 0: return random.bytes(random.below(300))
    case 1: return bytes.subarray(0, random.below(bytes.byteLength + 1))
    case 2: return Uint8Array.of(...bytes, ...random.bytes(1 + random.below(20)))
    case 3: return Uint8Array.of(...bytes.subarray(random.below(bytes.byteLength)), ...bytes.subarray(0, random.below(bytes.byteLength)))
    default:
      for (let flips = 1 + random.below(4); flips > 0; flips--) bytes[random.below(bytes.byteLength)]! ^= 1 << random.below(8)
      return bytes
  }
}

/**
 * Feed broken forms of `good` to `read`. Only a ProtocolError may come out; what is taken all the same goes to `check`.
 *
 * @throws Error with the seed and the bytes
 */
export function fuzz (read: (bytes: Uint8Array) => unknown, { good, random, rounds }: { good: readonly Uint8Array[], random: SeededRandom, rounds: number }): { refused: number, taken: number } {
  const counts = { refused: 0, taken: 0 }
  for (let round = 0; round < rounds; round++) {
    const bytes = broken(random.pick(good), random)
    try {
      read(bytes)
      counts.taken++
    } catch (error) {
      if (!isProtocolError(error)) throw new Error(`seed ${random.seed} round ${round}: not a ProtocolError from ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`, { cause: error })
      counts.refused++
    }
  }
  return counts
}
