/**
 * Sessions with one other device: start, seal, open. The interface of the pairwise encryption.
 *
 * Specs: X3DH/PQXDH §3.3 (first message), Double Ratchet §3, Sesame §3 (several sessions per device, the one that
 * receives is used; simultaneous initiation needs nothing more). Pure: every call takes a record and returns the next
 * one; a call that throws has changed nothing. The caller stores the next record and its effect in one batch.
 */
import { concat, sameBytes } from '../bytes.ts'
import { ProtocolError, isProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { generateKeyPair } from './curve-keys.ts'
import { openRatchetMessage, readPrekeyMessage, readRatchetMessage, sealRatchetMessage, writePrekeyMessage } from './messages.ts'
import { agreeAsInitiator, agreeAsResponder } from './pqxdh.ts'
import { checkBundle } from './prekeys.ts'
import { accept, deriveMessageKey, knowsRatchetKey, messageKeys, nextSendingKey, startAsInitiator, startAsResponder } from './ratchet.ts'
import { FIRST_MESSAGE_DIGEST_BYTES, OPENED_FIRST_MESSAGES, findByBaseKey, sessionsOf, withAdvancedSession, withNewSession, withNoCurrent } from './session-record.ts'
import { PQXDH_VERSION, SUITE_PQXDH, X3DH_VERSION } from './suite.ts'
import type { PrekeyHeader, PrekeyMessage, RatchetMessage } from './messages.ts'
import type { AnyBundle, OwnDevice, PrekeySecrets } from './prekeys.ts'
import type { Session, SessionRecord } from './session-record.ts'
import type { Suite } from './suite.ts'

export { decodeSessionRecord, encodeSessionRecord } from './stored.ts'
export type { KeyPair } from './curve-keys.ts'
export type { OwnDevice, PrekeyBundle, PrekeySecrets } from './prekeys.ts'
export type { SessionRecord } from './session-record.ts'

export const PREKEY_MESSAGE = 1
export const RATCHET_MESSAGE = 2

export interface SealedMessage {
  /** 1 starts a session or repeats its start, 2 continues one */
  readonly kind: 1 | 2
  readonly bytes: Uint8Array
}

/**
 * A new session with the device that the bundle is from; it becomes the current one of the record.
 *
 * @param bundle `identityKey` was compared with the signed device list by the caller
 * @throws ProtocolError BAD_SIGNATURE, MALFORMED, UNSUPPORTED_VERSION; DOWNGRADE when the bundle is weaker than
 *         anything agreed with this device before
 */
export function startSession (suite: Suite, own: OwnDevice, bundle: AnyBundle, existing: SessionRecord | undefined, nowMs: number): SessionRecord {
  const version = bundle.suite >= SUITE_PQXDH ? PQXDH_VERSION : X3DH_VERSION
  if (existing !== undefined && version < existing.strongestVersion) throw new ProtocolError('DOWNGRADE', { what: 'suite' })
  checkBundle(suite, bundle)
  const baseKey = generateKeyPair(suite.primitives)
  const agreement = agreeAsInitiator(suite, own.identity, baseKey, {
    identityKey: bundle.identityKey,
    signedPrekey: bundle.signedPrekey.key,
    oneTimePrekey: bundle.oneTimePrekey?.key,
    kemPrekey: bundle.kemPrekey?.key
  })
  return withNewSession(existing, {
    version,
    remoteIdentityKey: bundle.identityKey.slice(),
    remoteRegistrationId: bundle.registrationId,
    baseKey: baseKey.publicKey,
    ratchet: startAsInitiator(suite, agreement, bundle.signedPrekey.key.slice()),
    unacknowledged: {
      oneTimePrekeyId: bundle.oneTimePrekey?.id,
      signedPrekeyId: bundle.signedPrekey.id,
      kem: bundle.kemPrekey === undefined || agreement.kemCiphertext === undefined ? undefined : { prekeyId: bundle.kemPrekey.id, ciphertext: agreement.kemCiphertext }
    },
    startedAtMs: nowMs,
    messages: 0
  })
}

/**
 * False without a session, and when the current one was started by us and not answered for 30 days.
 * @param identityKey 32 bytes, what the account says of the device now: a session with another key is none
 */
export function canSeal (record: SessionRecord | undefined, nowMs: number, identityKey?: Uint8Array): boolean {
  const session = record?.current
  if (session === undefined || (identityKey !== undefined && !sameBytes(session.remoteIdentityKey, identityKey))) return false
  return session.unacknowledged === undefined || nowMs - session.startedAtMs <= limits.unacknowledgedSessionMs
}

/** Its keys may have been used already, by a state that is gone: what there is still opens what comes, and a new one is needed to seal. */
export const withoutCurrent = (record: SessionRecord): SessionRecord => withNoCurrent(record)

/** @throws ProtocolError NO_SESSION when `canSeal` is false */
export function seal (suite: Suite, own: OwnDevice, record: SessionRecord, plaintext: Uint8Array, nowMs: number): { record: SessionRecord, message: SealedMessage } {
  const session = record.current
  if (session === undefined || !canSeal(record, nowMs)) throw new ProtocolError('NO_SESSION')
  const { version, ratchet, unacknowledged } = session
  const step = nextSendingKey(suite, ratchet)
  const header = { version, ratchetKey: ratchet.ratchetKeyPair.publicKey, counter: step.counter, previousCounter: ratchet.previousCounter }
  const wrapper = unacknowledged === undefined
    ? undefined
    : { version, registrationId: own.registrationId, baseKey: session.baseKey, identityKey: own.identity.publicKey, ...unacknowledged }
  const associated = { sender: own.identity.publicKey, receiver: session.remoteIdentityKey, wrapper }
  const bytes = sealRatchetMessage(suite, header, messageKeys(suite, step.messageKey), plaintext, associated)
  return {
    record: { ...record, current: { ...session, ratchet: step.state, messages: session.messages + 1 } },
    message: wrapper === undefined ? { kind: RATCHET_MESSAGE, bytes } : { kind: PREKEY_MESSAGE, bytes: writePrekeyMessage(suite, wrapper, bytes) }
  }
}

/**
 * @param record              undefined when nothing was exchanged with this device yet
 * @param expectedIdentityKey 32 bytes, from the sender's signed device list
 * @returns consumedOneTimePrekey id to delete in the batch that stores the record
 * @throws ProtocolError UNDECRYPTABLE for every failure of keys, MAC or padding;
 *         from what can be read without keys: MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION, NO_SESSION, DOWNGRADE,
 *         IDENTITY_CHANGED, STALE_PREKEY, TOO_FAR_AHEAD, and DUPLICATE when a message with this ratchet key and counter
 *         was opened before, or its key fell out of the 2,000 kept. DUPLICATE is not authenticated (a relay can put an
 *         old counter on a new message): it means a repeat only when the caller has that message id already
 */
export function open (suite: Suite, own: OwnDevice, record: SessionRecord | undefined, message: SealedMessage, expectedIdentityKey: Uint8Array, prekeys: PrekeySecrets, nowMs: number): { record: SessionRecord, plaintext: Uint8Array, consumedOneTimePrekey?: number } {
  return message.kind === PREKEY_MESSAGE
    ? openPrekeyMessage(suite, own, record, readPrekeyMessage(suite, message.bytes), expectedIdentityKey, prekeys, nowMs)
    : openRatchet(suite, own, record, readRatchetMessage(message.bytes), expectedIdentityKey)
}

function openPrekeyMessage (suite: Suite, own: OwnDevice, record: SessionRecord | undefined, message: PrekeyMessage, expectedIdentityKey: Uint8Array, prekeys: PrekeySecrets, nowMs: number): { record: SessionRecord, plaintext: Uint8Array, consumedOneTimePrekey?: number } {
  // [REJECT] once post-quantum, never less
  if (message.version < Math.max(suite.profile.minVersion, record?.strongestVersion ?? 0)) throw new ProtocolError('DOWNGRADE', { what: 'message version' })
  if (!sameBytes(message.identityKey, expectedIdentityKey)) throw new ProtocolError('IDENTITY_CHANGED')
  const known = record === undefined ? undefined : findByBaseKey(record, message.version, message.baseKey)
  if (record !== undefined && known !== undefined) {
    const opened = openIn(suite, own, known, message.message, { wrapper: message })
    return { record: withAdvancedSession(record, known, opened.session), plaintext: opened.plaintext }
  }
  const digest = firstMessageDigest(suite, message)
  // [REJECT] the session of this first message is long gone: without a one-time prekey nothing else would stop a replay
  if (record?.openedFirstMessages.some(seen => sameBytes(seen, digest)) === true) throw new ProtocolError('UNDECRYPTABLE')
  const session = answer(suite, own, message, prekeys, nowMs)
  const opened = openIn(suite, own, session, message.message, { wrapper: message })
  const next = withNewSession(record, opened.session)
  const { oneTimePrekeyId } = message
  if (oneTimePrekeyId !== undefined) return { record: next, plaintext: opened.plaintext, consumedOneTimePrekey: oneTimePrekeyId }
  return { record: { ...next, openedFirstMessages: [digest, ...next.openedFirstMessages].slice(0, OPENED_FIRST_MESSAGES) }, plaintext: opened.plaintext }
}

/** The responder's side of a first message. @throws ProtocolError STALE_PREKEY, UNDECRYPTABLE */
function answer (suite: Suite, own: OwnDevice, message: PrekeyMessage, prekeys: PrekeySecrets, nowMs: number): Session {
  const signedPrekey = prekeys.signedPrekey(message.signedPrekeyId)
  const kemPrekey = message.kem === undefined ? undefined : prekeys.kemPrekey(message.kem.prekeyId)
  const oneTimePrekey = message.oneTimePrekeyId === undefined ? undefined : prekeys.oneTimePrekey(message.oneTimePrekeyId)
  if (signedPrekey === undefined) throw new ProtocolError('STALE_PREKEY', { what: 'signed prekey' })
  if (message.kem !== undefined && kemPrekey === undefined) throw new ProtocolError('STALE_PREKEY', { what: 'KEM prekey' })
  if (message.oneTimePrekeyId !== undefined && oneTimePrekey === undefined) throw new ProtocolError('STALE_PREKEY', { what: 'one-time prekey' })
  const agreement = undecryptable(() => agreeAsResponder(suite, { identity: own.identity, signedPrekey, oneTimePrekey, kemPrekey }, {
    identityKey: message.identityKey,
    baseKey: message.baseKey,
    kemCiphertext: message.kem?.ciphertext
  }))
  return {
    version: message.version,
    remoteIdentityKey: message.identityKey,
    remoteRegistrationId: message.registrationId,
    baseKey: message.baseKey,
    ratchet: startAsResponder(agreement, signedPrekey),
    unacknowledged: undefined,
    startedAtMs: nowMs,
    messages: 0
  }
}

function openRatchet (suite: Suite, own: OwnDevice, record: SessionRecord | undefined, message: RatchetMessage, expectedIdentityKey: Uint8Array): { record: SessionRecord, plaintext: Uint8Array } {
  if (record === undefined) throw new ProtocolError('NO_SESSION')
  const candidates = sessionsOf(record).filter(session => session.version === message.version && sameBytes(session.remoteIdentityKey, expectedIdentityKey))
  const owner = candidates.find(session => knowsRatchetKey(session.ratchet, message.ratchetKey))
  if (owner !== undefined) {
    const opened = openIn(suite, own, owner, message)
    return { record: withAdvancedSession(record, owner, opened.session), plaintext: opened.plaintext }
  }
  for (const session of candidates) {
    // A new chain of an archived session may be ahead by what it would keep, not by 25,000: a forged header must not cost
    // forty times 25,000 hashes.
    const maxJump = session === record.current ? limits.ratchetForwardJump : limits.ratchetSkippedKeys
    try {
      const opened = openIn(suite, own, session, message, { maxJump })
      return { record: withAdvancedSession(record, session, opened.session), plaintext: opened.plaintext }
    } catch (error) {
      if (!isProtocolError(error, 'UNDECRYPTABLE', 'TOO_FAR_AHEAD')) throw error
      // not this session's message, or nobody's: try the next
      if (error.code === 'TOO_FAR_AHEAD' && candidates.length === 1) throw error
    }
  }
  throw new ProtocolError(candidates.length === 0 ? 'NO_SESSION' : 'UNDECRYPTABLE')
}

/** One session, one message. @throws ProtocolError UNDECRYPTABLE, DUPLICATE, TOO_FAR_AHEAD */
function openIn (suite: Suite, own: OwnDevice, session: Session, message: RatchetMessage, { wrapper, maxJump = limits.ratchetForwardJump }: { wrapper?: PrekeyHeader, maxJump?: number } = {}): { session: Session, plaintext: Uint8Array } {
  return undecryptable(() => {
    const received = deriveMessageKey(suite, session.ratchet, message, maxJump)
    const associated = { sender: session.remoteIdentityKey, receiver: own.identity.publicKey, wrapper }
    const plaintext = openRatchetMessage(suite, message, messageKeys(suite, received.messageKey), associated)
    const ratchet = accept(suite, session.ratchet, received)
    return { session: { ...session, ratchet, unacknowledged: undefined, messages: session.messages + 1 }, plaintext }
  })
}

/** A bad key inside a message is one more way of not being openable. */
function undecryptable<T> (step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (isProtocolError(error, 'MALFORMED')) throw new ProtocolError('UNDECRYPTABLE', { cause: error })
    throw error
  }
}

function firstMessageDigest (suite: Suite, message: PrekeyMessage): Uint8Array {
  return suite.primitives.sha256(concat(message.baseKey, message.kem?.ciphertext ?? new Uint8Array(0))).slice(0, FIRST_MESSAGE_DIGEST_BYTES)
}
