/**
 * Signature checks, and readings of records, that remember: in one process a thousand relays check the same record, and who
 * signed it is here, too. The answer is a pure function of the inputs, which are compared in full, so nothing is decided
 * differently.
 */
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import { readRelayRecord, type ReadRelayRecord } from '../../protocol/records/relay-record.ts'
import type { GroupSigning } from '../../node/groups/groups.ts'

interface Checked { readonly publicKey: Uint8Array, readonly message: Uint8Array, readonly isGood: boolean }

/** A run needs some thousands; a network of very many accounts asks for more. */
let kept = 20_000
export const rememberUpTo = (signatures: number): void => { kept = Math.max(kept, signatures) }
const signatureBytes = 64
const checked = new Map<string, Checked>()

function verify (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString('latin1')
  const known = checked.get(key)
  if (known !== undefined && sameBytes(known.publicKey, publicKey) && sameBytes(known.message, message)) return known.isGood
  const isGood = nodePrimitives.ed25519Verify(publicKey, message, signature)
  remember(key, { publicKey: publicKey.slice(), message: message.slice(), isGood })
  return isGood
}

function remember (key: string, one: Checked): void {
  if (checked.size >= kept) for (const oldest of checked.keys()) { checked.delete(oldest); break }
  checked.set(key, one)
}

const publicKeys = new WeakMap<Uint8Array, { readonly seed: Uint8Array, readonly publicKey: Uint8Array }>()

function publicKeyOf (seed: Uint8Array): Uint8Array {
  const known = publicKeys.get(seed)
  if (known !== undefined && sameBytes(known.seed, seed)) return known.publicKey.slice()
  const publicKey = nodePrimitives.ed25519PublicKey(seed)
  publicKeys.set(seed, { seed: seed.slice(), publicKey: publicKey.slice() })
  return publicKey
}

/** What it signs is good under its public key: nobody has to find that out. */
function sign (seed: Uint8Array, message: Uint8Array): Uint8Array {
  const signature = nodePrimitives.ed25519Sign(seed, message)
  remember(Buffer.from(signature).toString('latin1'), { publicKey: publicKeyOf(seed), message: message.slice(), isGood: true })
  return signature
}

const read = new Map<string, ReadRelayRecord>()

/** Relays share what it says: nobody changes it. */
export function rememberingReader (bytes: Uint8Array): ReadRelayRecord {
  const { buffer, byteOffset, byteLength } = bytes
  // The end of a record is its signature.
  const key = Buffer.from(buffer, byteOffset, byteLength).toString('latin1', Math.max(0, byteLength - signatureBytes))
  const known = read.get(key)
  if (known !== undefined && Buffer.compare(known.record.bytes, bytes) === 0) return known
  const { record, check } = readRelayRecord(bytes)
  let isGood = false
  const fresh: ReadRelayRecord = {
    record,
    check: (signing) => {
      if (isGood) return
      check(signing)
      isGood = true
    }
  }
  if (read.size >= kept) read.clear()
  read.set(key, fresh)
  return fresh
}

export const rememberingSigning: GroupSigning = { ...nodePrimitives, ed25519Verify: verify, ed25519Sign: sign, ed25519PublicKey: publicKeyOf }
