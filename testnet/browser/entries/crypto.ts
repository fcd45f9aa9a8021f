/**
 * What the crypto tests and the crypto bench run inside Chromium: the noble provider, and all of E2EE on it.
 */
import { noblePrimitives } from '../../../protocol/e2ee/primitives-noble.ts'
import { checkVectors } from '../../../protocol/e2ee/primitives-vectors.ts'
import type { VectorFile, VectorReport } from '../../../protocol/e2ee/primitives-vectors.ts'
import { replaySenderKeys } from '../../../protocol/e2ee/sender-keys-transcripts.ts'
import type { SenderKeyCounts, SenderKeyTranscript } from '../../../protocol/e2ee/sender-keys-transcripts.ts'
import { replaySafetyNumbers, replaySignatures, replayTranscript } from '../../../protocol/e2ee/transcripts.ts'
import type { ReplayCounts, SafetyNumberVector, SignatureVector, Transcript } from '../../../protocol/e2ee/transcripts.ts'
import { measureCrypto } from '../../bench/crypto-figures.ts'
import type { CryptoFigure } from '../../bench/crypto-figures.ts'

export function vectors (file: VectorFile): VectorReport {
  return checkVectors(noblePrimitives, file)
}

export function transcript (recorded: Transcript): ReplayCounts {
  return replayTranscript(noblePrimitives, recorded)
}

export function senderKeys (recorded: SenderKeyTranscript): SenderKeyCounts {
  return replaySenderKeys(noblePrimitives, recorded)
}

export function signatures (recorded: SignatureVector[]): number {
  return replaySignatures(noblePrimitives, recorded)
}

export function safetyNumbers (recorded: SafetyNumberVector[]): number {
  return replaySafetyNumbers(noblePrimitives, recorded)
}

export function measure (effort: number): CryptoFigure[] {
  return measureCrypto(noblePrimitives, effort, () => performance.now())
}

export function userAgent (): string {
  return navigator.userAgent
}
