/**
 * What a device remembers of one other device: a current session and archived ones (Sesame §3.1, "UserRecord … sessions").
 *
 * Immutable values and the moves between them. Opaque outside protocol/e2ee: sessions.ts is the interface, stored.ts the
 * encoding. Knows no cryptography.
 */
import { sameBytes } from '../bytes.ts'
import { limits } from '../limits.ts'
import type { RatchetState } from './ratchet.ts'
import type { SessionVersion } from './suite.ts'

export interface Session {
  readonly version: SessionVersion
  /** 32 bytes */
  readonly remoteIdentityKey: Uint8Array
  readonly remoteRegistrationId: number
  /** the initiator's base key, 32 bytes: with the version, the session's name on both sides */
  readonly baseKey: Uint8Array
  readonly ratchet: RatchetState
  /** ours to send until the other side has answered */
  readonly unacknowledged: Unacknowledged | undefined
  /** 0: only opens what comes (`withNoCurrent`) */
  readonly startedAtMs: number
  /** sent and opened, for the re-keying policy */
  readonly messages: number
}

/** The header fields that every message repeats until an answer shows that the first one arrived (X3DH §3.3). */
export interface Unacknowledged {
  readonly oneTimePrekeyId: number | undefined
  readonly signedPrekeyId: number
  readonly kem: { readonly prekeyId: number, readonly ciphertext: Uint8Array } | undefined
}

export interface SessionRecord {
  readonly current: Session | undefined
  /** newest first, at most limits.archivedSessions */
  readonly archived: readonly Session[]
  /** the strongest version ever agreed with this device: never less again */
  readonly strongestVersion: SessionVersion
  /** first messages without a one-time prekey that were opened, newest first; see sessions.ts */
  readonly openedFirstMessages: readonly Uint8Array[]
}

/** Bound of `openedFirstMessages`; its digests are 16 bytes. A signed prekey lives 30 days, so this is eight new sessions a day. */
export const OPENED_FIRST_MESSAGES = 256
export const FIRST_MESSAGE_DIGEST_BYTES = 16

/** Makes `session` the current one; what was current is archived, the oldest archived one falls out. */
export function withNewSession (record: SessionRecord | undefined, session: Session): SessionRecord {
  const archived = record?.current === undefined ? record?.archived ?? [] : [record.current, ...record.archived]
  return {
    current: session,
    archived: archived.slice(0, limits.archivedSessions),
    strongestVersion: record === undefined || session.version > record.strongestVersion ? session.version : record.strongestVersion,
    openedFirstMessages: record?.openedFirstMessages ?? []
  }
}

/** All are archived, and never become the current one again: a state that is gone has sealed with their keys. */
export const withNoCurrent = (record: SessionRecord): SessionRecord => ({ ...record, current: undefined, archived: sessionsOf(record).slice(0, limits.archivedSessions).map((session) => ({ ...session, startedAtMs: 0 })) })

/** Replaces `before` by `after`; one that was archived becomes the current one (Sesame §3.4: a session that receives is used). */
export function withAdvancedSession (record: SessionRecord, before: Session, after: Session): SessionRecord {
  if (record.current === before) return { ...record, current: after }
  if (before.startedAtMs === 0) return { ...record, archived: record.archived.map((session) => session === before ? after : session) }
  return withNewSession({ ...record, archived: record.archived.filter(session => session !== before) }, after)
}

export function sessionsOf (record: SessionRecord): Session[] {
  return record.current === undefined ? [...record.archived] : [record.current, ...record.archived]
}

export function findByBaseKey (record: SessionRecord, version: SessionVersion, baseKey: Uint8Array): Session | undefined {
  return sessionsOf(record).find(session => session.version === version && sameBytes(session.baseKey, baseKey))
}
