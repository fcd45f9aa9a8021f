/**
 * Replays conversations that were recorded with libsignal through this implementation, byte for byte.
 *
 * Test support without mocha, Node or files, so that Node and a browser run the same replay on the parsed JSON of
 * protocol/vectors/signal-*.json. Who records them: testnet/oracle. Randomness that the recording party drew is in the
 * file (for libsignal it was read back from what it stored), so every sealed byte is determined.
 * Every function throws an Error that names the place at the first difference.
 */
import { sameBytes, toHex } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { keyPairFrom } from './curve-keys.ts'
import { nextSendingKey } from './ratchet.ts'
import { safetyNumber } from './safety-number.ts'
import { canSeal, open, seal, startSession } from './sessions.ts'
import { withNewSession } from './session-record.ts'
import { PQXDH_VERSION, SUITE_PQXDH, SUITE_X3DH, heliographProfile, signalProfile } from './suite.ts'
import { xeddsaSign, xeddsaVerify } from './xeddsa.ts'
import type { AnyBundle, OwnDevice, PrekeySecrets } from './prekeys.ts'
import type { Primitives } from './primitives.ts'
import type { Session, SessionRecord } from './session-record.ts'
import type { SealedMessage } from './sessions.ts'
import type { Profile, SessionVersion, Suite } from './suite.ts'

/** Byte strings are lower-case hex throughout. */
type Hex = string
export type PartyName = 'a' | 'b'

export interface TranscriptParty {
  /** which implementation spoke when it was recorded */
  engine: 'libsignal' | 'heliograph'
  identityPrivate: Hex
  registrationId: number
  signedPrekeys: Array<{ id: number, private: Hex, signature: Hex }>
  kemPrekeys: Array<{ id: number, public: Hex, secret: Hex, signature: Hex }>
  oneTimePrekeys: Array<{ id: number, private: Hex }>
}

/** A session as libsignal stored it right after it was started; its base key's private half is not kept by libsignal. */
export interface ImportedSession {
  rootKey: Hex
  baseKey: Hex
  ratchetPrivate: Hex
  sendingChainKey: Hex
  receiverRatchetKey: Hex
  receivingChainKey: Hex
  kemCiphertext?: Hex
}

export type TranscriptEvent =
  | { do: 'start', by: PartyName, version: SessionVersion, signedPrekeyId: number, kemPrekeyId?: number, oneTimePrekeyId?: number, atMs: number, imported?: ImportedSession, random?: Hex[] }
  | { do: 'send', by: PartyName, kind: 1 | 2, text: Hex, bytes: Hex }
  /** seals `count` messages that nobody sees */
  | { do: 'burn', by: PartyName, count: number }
  /** `message` counts the sends from 0; `refused` when the recorder's party did not open it */
  | { do: 'receive', by: PartyName, message: number, random?: Hex[], consumed?: number, refused?: 'DUPLICATE' | 'OTHER' }
  | { do: 'canSeal', by: PartyName, atMs: number, expect: boolean }

export interface Transcript {
  name: string
  /** `signal` for everything recorded with libsignal; `heliograph` pins the production profile */
  profile: 'signal' | 'heliograph'
  a: TranscriptParty
  b: TranscriptParty
  events: TranscriptEvent[]
}

export interface SignatureVector {
  private: Hex
  public: Hex
  message: Hex
  signature: Hex
  /** Z, when this implementation signed and libsignal checked */
  random?: Hex
  /** what libsignal says */
  valid: boolean
}

export interface SafetyNumberVector {
  ownKey: Hex
  ownId: Hex
  theirKey: Hex
  theirId: Hex
  digits: string
}

export interface ReplayCounts { sent: number, opened: number, refused: number }

/** Every message of one transcript, sealed and opened again by this implementation in the place of both parties. */
export function replayTranscript (primitives: Primitives, transcript: Transcript): ReplayCounts {
  const profile = transcript.profile === 'signal' ? signalProfile : heliographProfile
  const counts = { sent: 0, opened: 0, refused: 0 }
  const parties = { a: new ReplayParty(primitives, profile, transcript.a), b: new ReplayParty(primitives, profile, transcript.b) }
  const sent: Array<SealedMessage & { text: Uint8Array }> = []
  let clockMs = 0
  for (const [at, event] of transcript.events.entries()) {
    const where = `${transcript.name}, event ${at} (${event.do} by ${event.by})`
    const own = parties[event.by]
    const other = parties[event.by === 'a' ? 'b' : 'a']
    try {
      switch (event.do) {
        case 'start':
          clockMs = event.atMs
          own.start(event, other)
          break
        case 'send':
          sent.push({ ...own.send(event, clockMs), text: fromHex(event.text) })
          counts.sent++
          break
        case 'burn':
          own.burn(event.count)
          break
        case 'receive': {
          const message = sent[event.message]
          if (message === undefined) throw new Error('no such message')
          own.receive(event, message, other.own.identity.publicKey, clockMs)
          if (event.refused === undefined) counts.opened++
          else counts.refused++
          break
        }
        case 'canSeal':
          if (canSeal(own.record, event.atMs) !== event.expect) throw new Error(`canSeal is not ${event.expect}`)
      }
    } catch (cause) {
      throw new Error(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
  }
  return counts
}

class ReplayParty {
  readonly own: OwnDevice
  readonly #suite: Suite
  readonly #from: TranscriptParty
  readonly #secrets: PrekeySecrets
  readonly #used = new Set<number>()
  #random: Hex[] = []
  record: SessionRecord | undefined

  constructor (primitives: Primitives, profile: Profile, from: TranscriptParty) {
    this.#from = from
    this.#suite = {
      profile,
      primitives: {
        ...primitives,
        randomBytes: length => this.#draw(length),
        mlKemEncapsulate: (publicKey, randomness) => primitives.mlKemEncapsulate(publicKey, randomness ?? this.#draw(32))
      }
    }
    this.own = { identity: keyPairFrom(primitives, fromHex(from.identityPrivate)), registrationId: from.registrationId }
    this.#secrets = {
      signedPrekey: id => ifFound(from.signedPrekeys.find(key => key.id === id), key => keyPairFrom(primitives, fromHex(key.private))),
      kemPrekey: id => ifFound(from.kemPrekeys.find(key => key.id === id), key => ({ publicKey: fromHex(key.public), secretKey: fromHex(key.secret) })),
      oneTimePrekey: id => this.#used.has(id) ? undefined : ifFound(from.oneTimePrekeys.find(key => key.id === id), key => keyPairFrom(primitives, fromHex(key.private)))
    }
  }

  #draw (length: number): Uint8Array {
    const drawn = this.#random.shift()
    if (drawn === undefined || drawn.length !== length * 2) throw new Error('drew randomness that the recording party did not draw')
    return fromHex(drawn)
  }

  #drewAll (): void {
    if (this.#random.length > 0) throw new Error('drew less randomness than the recording party')
  }

  start (event: Extract<TranscriptEvent, { do: 'start' }>, other: ReplayParty): void {
    const bundle = other.bundle(event)
    if (event.imported === undefined) {
      this.#random = [...event.random ?? []]
      this.record = startSession(this.#suite, this.own, bundle, this.record, event.atMs)
      this.#drewAll()
      return
    }
    // The recording party drew secrets that it did not keep. Everything up to them is checked all the same: the bundle here,
    // the derived keys by the other party, which computes them from its own private keys.
    this.#random = Array.from({ length: 3 }, () => '42'.repeat(32))
    startSession(this.#suite, this.own, bundle, this.record, event.atMs)
    this.#random = []
    this.record = withNewSession(this.record, imported(this.#suite, event, bundle, event.imported))
  }

  bundle (event: Extract<TranscriptEvent, { do: 'start' }>): AnyBundle {
    const { primitives } = this.#suite
    const signedPrekey = found(this.#from.signedPrekeys.find(key => key.id === event.signedPrekeyId))
    const kemPrekey = event.kemPrekeyId === undefined ? undefined : found(this.#from.kemPrekeys.find(key => key.id === event.kemPrekeyId))
    const oneTimePrekey = event.oneTimePrekeyId === undefined ? undefined : found(this.#from.oneTimePrekeys.find(key => key.id === event.oneTimePrekeyId))
    return {
      suite: event.version === PQXDH_VERSION ? SUITE_PQXDH : SUITE_X3DH,
      registrationId: this.own.registrationId,
      identityKey: this.own.identity.publicKey,
      signedPrekey: { id: signedPrekey.id, key: keyPairFrom(primitives, fromHex(signedPrekey.private)).publicKey, signature: fromHex(signedPrekey.signature) },
      kemPrekey: ifFound(kemPrekey, key => ({ id: key.id, key: fromHex(key.public), signature: fromHex(key.signature) })),
      ...(oneTimePrekey === undefined ? {} : { oneTimePrekey: { id: oneTimePrekey.id, key: keyPairFrom(primitives, fromHex(oneTimePrekey.private)).publicKey } })
    }
  }

  send (event: Extract<TranscriptEvent, { do: 'send' }>, nowMs: number): SealedMessage {
    if (this.record === undefined) throw new Error('no session')
    const { record, message } = seal(this.#suite, this.own, this.record, fromHex(event.text), nowMs)
    this.record = record
    same('kind', String(message.kind), String(event.kind))
    same('bytes', toHex(message.bytes), event.bytes)
    return message
  }

  burn (count: number): void {
    const session = this.record?.current
    if (this.record === undefined || session === undefined) throw new Error('no session')
    let { ratchet } = session
    for (let i = 0; i < count; i++) ratchet = nextSendingKey(this.#suite, ratchet).state
    this.record = { ...this.record, current: { ...session, ratchet, messages: session.messages + count } }
  }

  receive (event: Extract<TranscriptEvent, { do: 'receive' }>, message: SealedMessage & { text: Uint8Array }, sender: Uint8Array, nowMs: number): void {
    this.#random = [...event.random ?? []]
    let opened
    try {
      opened = open(this.#suite, this.own, this.record, message, sender, this.#secrets, nowMs)
    } catch (error) {
      if (event.refused === undefined || !(error instanceof ProtocolError)) throw error
      same('refusal', error.code === 'DUPLICATE' ? 'DUPLICATE' : 'OTHER', event.refused)
      return
    }
    if (event.refused !== undefined) throw new Error('opened what the recording party refused')
    if (!sameBytes(opened.plaintext, message.text)) throw new Error('opened to another text')
    same('consumed one-time prekey', String(opened.consumedOneTimePrekey), String(event.consumed))
    this.#drewAll()
    if (opened.consumedOneTimePrekey !== undefined) this.#used.add(opened.consumedOneTimePrekey)
    this.record = opened.record
  }
}

function imported (suite: Suite, event: Extract<TranscriptEvent, { do: 'start' }>, bundle: AnyBundle, from: ImportedSession): Session {
  return {
    version: event.version,
    remoteIdentityKey: bundle.identityKey,
    remoteRegistrationId: bundle.registrationId,
    baseKey: fromHex(from.baseKey),
    ratchet: {
      rootKey: fromHex(from.rootKey),
      ratchetKeyPair: keyPairFrom(suite.primitives, fromHex(from.ratchetPrivate)),
      sending: { key: fromHex(from.sendingChainKey), index: 0 },
      previousCounter: 0,
      receiving: [{ ratchetKey: fromHex(from.receiverRatchetKey), chain: { key: fromHex(from.receivingChainKey), index: 0 }, skipped: [] }]
    },
    unacknowledged: {
      oneTimePrekeyId: event.oneTimePrekeyId,
      signedPrekeyId: event.signedPrekeyId,
      kem: event.kemPrekeyId === undefined || from.kemCiphertext === undefined ? undefined : { prekeyId: event.kemPrekeyId, ciphertext: fromHex(from.kemCiphertext) }
    },
    startedAtMs: event.atMs,
    messages: 0
  }
}

/** @returns how many were checked */
export function replaySignatures (primitives: Primitives, vectors: readonly SignatureVector[]): number {
  for (const [at, vector] of vectors.entries()) {
    const message = fromHex(vector.message)
    const { publicKey } = keyPairFrom(primitives, fromHex(vector.private))
    same(`signature ${at}, public key`, toHex(publicKey), vector.public)
    if (xeddsaVerify(primitives, publicKey, message, fromHex(vector.signature)) !== vector.valid) throw new Error(`signature ${at}: valid should be ${vector.valid}`)
    if (vector.random !== undefined) same(`signature ${at}`, toHex(xeddsaSign(primitives, fromHex(vector.private), message, fromHex(vector.random))), vector.signature)
  }
  return vectors.length
}

/** @returns how many were checked */
export function replaySafetyNumbers (primitives: Primitives, vectors: readonly SafetyNumberVector[]): number {
  const suite = { primitives, profile: signalProfile }
  for (const [at, { ownKey, ownId, theirKey, theirId, digits }] of vectors.entries()) {
    const [key, id, otherKey, otherId] = [fromHex(ownKey), fromHex(ownId), fromHex(theirKey), fromHex(theirId)]
    same(`safety number ${at}`, safetyNumber(suite, key, id, otherKey, otherId), digits)
    same(`safety number ${at}, seen from the other side`, safetyNumber(suite, otherKey, otherId, key, id), digits)
  }
  return vectors.length
}

/** @throws Error on anything but pairs of hex digits */
export function fromHex (hex: Hex): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Error('not hex')
  const bytes = new Uint8Array(hex.length / 2)
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

function same (what: string, actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`${what} differs: ${actual.slice(0, 80)} instead of ${expected.slice(0, 80)}`)
}

function found<T> (value: T | undefined): T {
  if (value === undefined) throw new Error('the transcript has no such key')
  return value
}

const ifFound = <T, U>(value: T | undefined, then: (value: T) => U): U | undefined => value === undefined ? undefined : then(value)
