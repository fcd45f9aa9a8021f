/**
 * For tests and simulation only, never for production: primitives whose every random byte follows from a seed, so that a
 * run with keys can be repeated byte for byte.
 *
 * No mocha, no Node: benchmarks and browser tests use it too.
 */
import { utf8 } from '../bytes.ts'
import type { Primitives } from './primitives.ts'

/**
 * What is drawn depends on the seed and on how many draws came before. Encapsulation draws, too: native ML-KEM takes no
 * randomness from outside, so it is noble's then (0.8 ms in place of 0.1).
 */
export function seededPrimitives (primitives: Primitives, seed: string): Primitives {
  let drawn = 0
  const randomBytes = (length: number): Uint8Array => primitives.shake256(utf8(`${seed}/${drawn++}`), length)
  return {
    ...primitives,
    randomBytes,
    mlKemEncapsulate: (publicKey, randomness) => primitives.mlKemEncapsulate(publicKey, randomness ?? randomBytes(32))
  }
}
