/**
 * A session record as stored bytes: a version byte, then fixed fields in order; lengths are four bytes, big-endian.
 *
 * This is no wire format: only this device writes and reads it. Older versions stay readable. Every length is bounded by
 * the input and by the limits, so that a damaged record is MALFORMED and nothing else. Contains secrets.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { KEM_CIPHERTEXT_BYTES } from './kem.ts'
import { FIRST_MESSAGE_DIGEST_BYTES, OPENED_FIRST_MESSAGES } from './session-record.ts'
import { StoredReader, f64, u32 } from './stored-fields.ts'
import { PQXDH_VERSION, X3DH_VERSION } from './suite.ts'
import type { Chain, ReceiverChain, SkippedKey } from './ratchet.ts'
import type { Session, SessionRecord, Unacknowledged } from './session-record.ts'
import type { SessionVersion } from './suite.ts'

const STORED_VERSION = 1
const WHAT = 'stored session record'

/** Sessions are immutable, so that what is archived is encoded once and not with every message. */
const encodedSessions = new WeakMap<Session, Uint8Array>()

export function encodeSessionRecord (record: SessionRecord): Uint8Array {
  const sessions = record.current === undefined ? record.archived : [record.current, ...record.archived]
  const parts = [
    Uint8Array.of(STORED_VERSION, record.strongestVersion, record.current === undefined ? 0 : 1),
    u32(sessions.length)
  ]
  for (const session of sessions) {
    const bytes = encodeSession(session)
    parts.push(u32(bytes.byteLength), bytes)
  }
  return concat(...parts, u32(record.openedFirstMessages.length), ...record.openedFirstMessages)
}

/** @throws ProtocolError MALFORMED on anything that `encodeSessionRecord` did not write; UNSUPPORTED_VERSION on a newer format */
export function decodeSessionRecord (bytes: Uint8Array): SessionRecord {
  const reader = new StoredReader(bytes, WHAT)
  if (reader.u8() !== STORED_VERSION) throw new ProtocolError('UNSUPPORTED_VERSION', { what: WHAT })
  const strongestVersion = sessionVersion(reader)
  const hasCurrent = reader.flag()
  const sessions = reader.list(limits.archivedSessions + (hasCurrent ? 1 : 0), () => {
    const encoded = reader.bytes(reader.u32())
    const session = decodeSession(new StoredReader(encoded, WHAT))
    encodedSessions.set(session, encoded)
    return session
  })
  if (hasCurrent && sessions.length === 0) throw malformed()
  const openedFirstMessages = reader.list(OPENED_FIRST_MESSAGES, () => reader.bytes(FIRST_MESSAGE_DIGEST_BYTES))
  reader.end()
  return {
    current: hasCurrent ? sessions[0] : undefined,
    archived: hasCurrent ? sessions.slice(1) : sessions,
    strongestVersion,
    openedFirstMessages
  }
}

function encodeSession (session: Session): Uint8Array {
  const known = encodedSessions.get(session)
  if (known !== undefined) return known
  const { ratchet } = session
  const parts = [
    Uint8Array.of(session.version),
    session.remoteIdentityKey,
    u32(session.remoteRegistrationId),
    session.baseKey,
    f64(session.startedAtMs),
    u32(session.messages),
    ...encodeUnacknowledged(session.unacknowledged),
    ratchet.rootKey, ratchet.ratchetKeyPair.publicKey, ratchet.ratchetKeyPair.privateKey,
    ...encodeChain(ratchet.sending),
    u32(ratchet.previousCounter),
    u32(ratchet.receiving.length)
  ]
  for (const { ratchetKey, chain, skipped } of ratchet.receiving) {
    parts.push(ratchetKey, ...encodeChain(chain), u32(skipped.length))
    for (const key of skipped) parts.push(u32(key.counter), key.messageKey)
  }
  const bytes = concat(...parts)
  encodedSessions.set(session, bytes)
  return bytes
}

function decodeSession (reader: StoredReader): Session {
  const session = {
    version: sessionVersion(reader),
    remoteIdentityKey: reader.key(),
    remoteRegistrationId: reader.u32(),
    baseKey: reader.key(),
    startedAtMs: reader.f64(),
    messages: reader.u32(),
    unacknowledged: decodeUnacknowledged(reader),
    ratchet: {
      rootKey: reader.key(),
      ratchetKeyPair: { publicKey: reader.key(), privateKey: reader.key() },
      sending: decodeChain(reader),
      previousCounter: reader.u32(),
      receiving: reader.list(limits.ratchetReceiverChains, () => decodeReceiverChain(reader))
    }
  }
  reader.end()
  return session
}

function decodeReceiverChain (reader: StoredReader): ReceiverChain {
  return {
    ratchetKey: reader.key(),
    chain: decodeChain(reader),
    skipped: reader.list(limits.ratchetSkippedKeys, (): SkippedKey => ({ counter: reader.u32(), messageKey: reader.key() }))
  }
}

const encodeChain = (chain: Chain): Uint8Array[] => [chain.key, u32(chain.index)]
const decodeChain = (reader: StoredReader): Chain => ({ key: reader.key(), index: reader.u32() })

/** Flags, then only what is there. */
function encodeUnacknowledged (value: Unacknowledged | undefined): Uint8Array[] {
  if (value === undefined) return [Uint8Array.of(0)]
  const parts: Uint8Array[] = [Uint8Array.of(1, value.oneTimePrekeyId === undefined ? 0 : 1)]
  if (value.oneTimePrekeyId !== undefined) parts.push(u32(value.oneTimePrekeyId))
  parts.push(u32(value.signedPrekeyId), Uint8Array.of(value.kem === undefined ? 0 : 1))
  if (value.kem !== undefined) parts.push(u32(value.kem.prekeyId), value.kem.ciphertext)
  return parts
}

function decodeUnacknowledged (reader: StoredReader): Unacknowledged | undefined {
  if (!reader.flag()) return undefined
  return {
    oneTimePrekeyId: reader.flag() ? reader.u32() : undefined,
    signedPrekeyId: reader.u32(),
    kem: reader.flag() ? { prekeyId: reader.u32(), ciphertext: reader.bytes(KEM_CIPHERTEXT_BYTES) } : undefined
  }
}

function sessionVersion (reader: StoredReader): SessionVersion {
  const version = reader.u8()
  if (version !== X3DH_VERSION && version !== PQXDH_VERSION) throw malformed()
  return version
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: WHAT })
