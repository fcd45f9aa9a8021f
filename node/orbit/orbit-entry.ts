/**
 * Entries of an OrbitDB log as Heliograph writes them: one writer, its relay key; checked before OrbitDB sees them.
 *
 * OrbitDB signs the dag-cbor of an entry without key, identity and signature. Here the signature is Ed25519 by the relay's
 * key over a context and those bytes, so that it cannot pass as one of the relay's records, nor one of those as an entry.
 */
import * as dagCbor from '@ipld/dag-cbor'
import { base58btc } from 'multiformats/bases/base58'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import type { Entry, Identity } from '@orbitdb/core'
import { concat, sameBytes, toHex, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { keyBytes, relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Signing } from '../../protocol/records/signed.ts'

export interface DirectoryEntry {
  /** As OrbitDB names it: a CID of dag-cbor and SHA-256, base58. */
  readonly hash: string
  /** Entries before it; one, except after its relay has lost its newest ones. */
  readonly next: readonly string[]
  /** From 1: the Lamport clock of the log. */
  readonly position: number
  readonly bundle: Uint8Array
}

/** Which log an entry has to belong to. */
export interface LogName { readonly relay: RelayId, readonly address: string }

const context = concat(utf8('heliograph directory entry 1'), Uint8Array.of(0))
const sha256Code = 0x12
const signatureBytes = 64
/** Heads that its relay may have had at once. */
const maxNext = 4
/** A bundle with what OrbitDB puts around it. */
export const maxEntryBytes = limits.directoryBundleBytes + 2 * 1024

export const entryDigest = (hash: string): Uint8Array => CID.parse(hash, base58btc).multihash.digest
const hashOfDigest = (digest: Uint8Array): string => CID.createV1(dagCbor.code, createDigest(sha256Code, digest)).toString(base58btc)
/** @throws ProtocolError MALFORMED */
export function hashFromDigest (digest: Uint8Array): string {
  if (digest.byteLength !== keyBytes) throw new ProtocolError('MALFORMED', { what: 'hash of an entry' })
  return hashOfDigest(digest)
}

const writerKey = (relay: RelayId): string => toHex(relayKeyOf(relay))

/** The identity that OrbitDB writes with. Without a seed it only checks. */
export function relayIdentity (signing: Signing, relay: RelayId, seed: Uint8Array): Identity {
  return {
    id: relay,
    publicKey: writerKey(relay),
    hash: relay,
    type: 'heliograph-relay',
    sign: (_identity, data) => Promise.resolve(toHex(signing.ed25519Sign(seed, concat(context, data)))),
    verify: (signature, publicKey, data) => Promise.resolve(isSignedBy(signing, { signature, publicKey, data }))
  }
}

/** Stops at what is no hex digit. */
const fromHex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

function isSignedBy (signing: Signing, { signature, publicKey, data }: { signature: string, publicKey: string, data: Uint8Array }): boolean {
  const [bytes, key] = [fromHex(signature), fromHex(publicKey)]
  return bytes.byteLength === signatureBytes && key.byteLength === keyBytes && signing.ed25519Verify(key, concat(context, data), bytes)
}

/** The only writer is the relay itself. */
export const mayAppend = (entry: Entry, relay: RelayId): boolean => entry.key === writerKey(relay)

interface Decoded { id: unknown, payload: unknown, next: unknown, refs: unknown, clock: unknown, v: unknown, key: unknown, identity: unknown, sig: unknown }
const isTexts = (value: unknown, max: number): value is string[] => Array.isArray(value) && value.length <= max && value.every((one) => typeof one === 'string' && isHash(one))
const isHash = (text: string): boolean => /^zdpu[1-9A-HJ-NP-Za-km-z]{45}$/.test(text)

/**
 * @param bytes as they came from another relay, bounded here
 * @throws ProtocolError TOO_LARGE, MALFORMED, BAD_SIGNATURE (another writer, another log, or forged)
 */
export function checkEntry ({ signing, sha256 }: { signing: Signing, sha256 (data: Uint8Array): Uint8Array }, bytes: Uint8Array, { relay, address }: LogName): DirectoryEntry {
  if (bytes.byteLength > maxEntryBytes) throw new ProtocolError('TOO_LARGE', { max: maxEntryBytes })
  const { id, payload, next, refs, clock, v, key, identity, sig } = decodeEntry(bytes)
  const { op, value } = (payload ?? {}) as { op?: unknown, value?: unknown }
  const { time } = (clock ?? {}) as { time?: unknown }
  // [REJECT] not what our relays write
  if (v !== 2 || typeof key !== 'string' || typeof sig !== 'string' || identity !== relay || !isTexts(next, maxNext) || !isTexts(refs, 0) || op !== 'PUT' || !(value instanceof Uint8Array) ||
      typeof time !== 'number' || !Number.isSafeInteger(time) || time < 1 || time > limits.directoryBundles) {
    throw new ProtocolError('MALFORMED', { what: 'directory entry' })
  }
  // [REJECT] another log's, or not written by its relay
  if (id !== address || key !== writerKey(relay)) throw new ProtocolError('BAD_SIGNATURE', { what: 'directory entry' })
  const data = encodeEntry({ id, payload, next, refs, clock, v })
  if (!isSignedBy(signing, { signature: sig, publicKey: key, data })) throw new ProtocolError('BAD_SIGNATURE', { what: 'directory entry' })
  // [REJECT] an entry is named by the hash of all its bytes: what is signed must have one form, or anybody could make more of it
  if (toHex(fromHex(sig)) !== sig || !sameBytes(encodeEntry({ id, payload, next, refs, clock, v, key, identity, sig }), bytes)) throw new ProtocolError('MALFORMED', { what: 'directory entry' })
  return { hash: hashOfDigest(sha256(bytes)), next, position: time, bundle: value }
}

function decodeEntry (bytes: Uint8Array): Decoded {
  try {
    const decoded: unknown = dagCbor.decode(bytes)
    if (decoded === null || typeof decoded !== 'object') throw new TypeError('not a map')
    return decoded as Decoded
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what: 'directory entry', cause: error })
  }
}

/** What was decoded may still be nested too deep to be encoded. */
function encodeEntry (entry: Partial<Decoded>): Uint8Array {
  try {
    return dagCbor.encode(entry)
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what: 'directory entry', cause: error })
  }
}

/** Of an entry that was checked before. */
export const nextOf = (bytes: Uint8Array): readonly string[] => decodeEntry(bytes).next as readonly string[]
/** What OrbitDB gives for an entry's value. */
export const bundleOf = (entry: Entry): Uint8Array => (entry.payload as { value: Uint8Array }).value
