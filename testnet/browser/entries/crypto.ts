/**
 * What the crypto tests and the crypto bench run inside Chromium.
 */
import { noblePrimitives } from '../../../protocol/e2ee/primitives-noble.ts'
import { checkVectors } from '../../../protocol/e2ee/primitives-vectors.ts'
import type { VectorFile, VectorReport } from '../../../protocol/e2ee/primitives-vectors.ts'

export function vectors (file: VectorFile): VectorReport {
  return checkVectors(noblePrimitives, file)
}
