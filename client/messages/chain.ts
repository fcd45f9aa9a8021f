/**
 * The running hash over a conversation log, by which two devices notice a relay that drops, forks, reorders or rolls back.
 *
 *   h₀ = 32 zero bytes      hₙ = SHA-256(hₙ₋₁ ‖ epoch u32 ‖ seq u64 ‖ SHA-256(envelope n))      (big-endian)
 *
 * Everybody who has the same prefix has the same hash. Each message carries, inside its encryption, how far its sender
 * had come and the hash there. Spec: docs/protocol/content.md
 */
import { concat } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'

export interface ChainPoint {
  readonly epoch: number
  /** 0: before the first entry */
  readonly seq: number
  /** 32 bytes */
  readonly hash: Uint8Array
}

const hashBytes = 32
const positionBytes = 12

export const chainStart: ChainPoint = { epoch: 0, seq: 0, hash: new Uint8Array(hashBytes) }

function position (epoch: number, seq: number): Uint8Array {
  const out = new Uint8Array(positionBytes)
  const view = new DataView(out.buffer)
  view.setUint32(0, epoch)
  view.setBigUint64(4, BigInt(seq))
  return out
}

/** @param envelopeDigest SHA-256 of the sealed bytes of entry (epoch, seq). @returns 32 bytes */
export function extendChain (primitives: Pick<Primitives, 'sha256'>, previous: Uint8Array, epoch: number, seq: number, envelopeDigest: Uint8Array): Uint8Array {
  return primitives.sha256(concat(previous, position(epoch, seq), envelopeDigest))
}

/** 44 bytes. */
export const encodeChainPoint = (point: ChainPoint): Uint8Array => concat(position(point.epoch, point.seq), point.hash)

/** @returns undefined for no bytes: the sender does not know the beginning of the log. @throws ProtocolError MALFORMED */
export function decodeChainPoint (bytes: Uint8Array): ChainPoint | undefined {
  if (bytes.byteLength === 0) return undefined
  if (bytes.byteLength !== positionBytes + hashBytes) throw new ProtocolError('MALFORMED', { what: 'chain' })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const seq = view.getBigUint64(4)
  if (seq > BigInt(Number.MAX_SAFE_INTEGER)) throw new ProtocolError('MALFORMED', { what: 'chain' })
  return { epoch: view.getUint32(0), seq: Number(seq), hash: bytes.slice(positionBytes) }
}
