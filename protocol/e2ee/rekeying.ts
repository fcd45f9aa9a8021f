/**
 * When to start a fresh PQXDH session although the old one works.
 *
 * The Double Ratchet heals with X25519 only; a fresh PQXDH brings new post-quantum secrecy and stands in for Signal's
 * SPQR ratchet. A pure function of the record: the sender asks before sealing, fetches a bundle when it is true, and
 * seals in the old session when none is to be had.
 */
import { limits } from '../limits.ts'
import type { SessionRecord } from './session-record.ts'

export interface RekeyPolicy {
  readonly maxAgeMs: number
  /** sent and opened in the session */
  readonly maxMessages: number
}

export const rekeyPolicy: RekeyPolicy = { maxAgeMs: limits.sessionMaxAgeMs, maxMessages: limits.sessionMaxMessages }

/** False without a session (then one is started anyway) and for one that is still unanswered (a third would not help). */
export function needsRekey (record: SessionRecord | undefined, nowMs: number, policy: RekeyPolicy = rekeyPolicy): boolean {
  const session = record?.current
  if (session === undefined || session.unacknowledged !== undefined) return false
  return nowMs - session.startedAtMs >= policy.maxAgeMs || session.messages >= policy.maxMessages
}
