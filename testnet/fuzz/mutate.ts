/**
 * Bytes as attackers and broken disks make them, from good ones.
 */
import type { SeededRandom } from '../../protocol/clock-manual.ts'

const magic = [0x00, 0x01, 0x05, 0x0a, 0x12, 0x1a, 0x22, 0x7f, 0x80, 0xff]

/** One of the corpus with one to four changes; or bytes of chance. The result is no view of the corpus. */
export function mutate (corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  if (random.below(50) === 0) return random.bytes(random.below(200))
  let bytes: Uint8Array = random.pick(corpus).slice()
  for (let changes = 1 + random.below(4); changes > 0 && bytes.byteLength > 0; changes--) bytes = changed(bytes, corpus, random)
  return bytes
}

function changed (bytes: Uint8Array, corpus: readonly Uint8Array[], random: SeededRandom): Uint8Array {
  const at = random.below(bytes.byteLength)
  switch (random.below(10)) {
    case 0: return bytes.slice(0, at)
    case 1: return splice(bytes, at, random.below(20), random.bytes(random.below(20)))
    // A length or a tag that lies: as many continuation bits as there may be, or too many.
    case 2: return splice(bytes, at, 1, new Uint8Array(1 + random.below(11)).fill(0xff))
    case 3: {
      const other = random.pick(corpus)
      return splice(bytes, at, bytes.byteLength, other.subarray(random.below(other.byteLength + 1)))
    }
    case 4: {
      const part = bytes.slice(at, at + 1 + random.below(40))
      return splice(bytes, at, 0, part)
    }
    case 5: bytes[at] = random.pick(magic); return bytes
    case 6: bytes[at] = (bytes[at]! + (random.below(2) === 0 ? 1 : 255)) & 0xff; return bytes
    default: bytes[at]! ^= 1 << random.below(8); return bytes
  }
}

function splice (bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.byteLength, at + removed))
  const out = new Uint8Array(at + added.byteLength + rest.byteLength)
  out.set(bytes.subarray(0, at))
  out.set(added, at)
  out.set(rest, at + added.byteLength)
  return out
}
