/**
 * Two speakers of the same protocol behind one face: libsignal and Heliograph (with the Signal profile).
 *
 * Each keeps its keys and its record in memory and says what it drew, so that the recording can be replayed.
 */
import * as signal from '@signalapp/libsignal-client'
import { ProtocolError } from '../../protocol/errors.ts'
import { keyPairFrom } from '../../protocol/e2ee/curve-keys.ts'
import { makeKemPrekey, makeOneTimePrekeys, makeSignedPrekey } from '../../protocol/e2ee/prekeys.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { nextSendingKey } from '../../protocol/e2ee/ratchet.ts'
import { canSeal, open, seal, startSession } from '../../protocol/e2ee/sessions.ts'
import { heliographProfile, signalProfile } from '../../protocol/e2ee/suite.ts'
import { xeddsaSign } from '../../protocol/e2ee/xeddsa.ts'
import { encodeKey } from '../../protocol/e2ee/curve-keys.ts'
import { hex, importedSession, ratchetPrivate } from './stored-session.ts'
import type { AnyBundle, OwnDevice } from '../../protocol/e2ee/prekeys.ts'
import type { SealedMessage, SessionRecord } from '../../protocol/e2ee/sessions.ts'
import type { Profile, Suite } from '../../protocol/e2ee/suite.ts'
import type { ImportedSession, TranscriptParty } from '../../protocol/e2ee/transcripts.ts'

export interface Outcome { plaintext?: Uint8Array, random?: string[], consumed?: number, refused?: 'DUPLICATE' | 'OTHER' }

export interface Party {
  readonly description: TranscriptParty
  bundle (ids: { signedPrekeyId: number, kemPrekeyId?: number | undefined, oneTimePrekeyId?: number | undefined }): AnyBundle
  start (bundle: AnyBundle, atMs: number): Promise<{ imported?: ImportedSession, random?: string[] }>
  send (text: Uint8Array, nowMs: number): Promise<SealedMessage>
  burn (count: number, nowMs: number): Promise<void>
  receive (message: SealedMessage, sender: Uint8Array, nowMs: number): Promise<Outcome>
  canSeal (nowMs: number): boolean
}

export interface KeyCounts { oneTimePrekeys: number }

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

/** Keys of a party, made by Heliograph's code; libsignal's parties sign and make their KEM keys themselves. */
function describe (engine: TranscriptParty['engine'], counts: KeyCounts, profile: Profile = signalProfile): { description: TranscriptParty, own: OwnDevice } {
  const real = { primitives: nodePrimitives, profile }
  const identity = keyPairFrom(nodePrimitives, nodePrimitives.randomBytes(32))
  const own = { identity, registrationId: 1 + (nodePrimitives.randomBytes(1)[0]! << 5) }
  const identityPrivate = signal.PrivateKey.deserialize(Buffer.from(identity.privateKey))
  const oneTimePrekeys = makeOneTimePrekeys(real, 101, counts.oneTimePrekeys).map(({ id, secret }) => ({ id, private: hex(secret.privateKey) }))
  const base = { engine, identityPrivate: hex(identity.privateKey), registrationId: own.registrationId, oneTimePrekeys }
  if (engine === 'heliograph') {
    const signed = makeSignedPrekey(real, own, 11)
    const kem = makeKemPrekey(real, own, 21)
    return {
      own,
      description: {
        ...base,
        signedPrekeys: [{ id: 11, private: hex(signed.secret.privateKey), signature: hex(signed.public.signature) }],
        kemPrekeys: [{ id: 21, public: hex(kem.secret.publicKey), secret: hex(kem.secret.secretKey), signature: hex(kem.public.signature) }]
      }
    }
  }
  const signed = signal.PrivateKey.generate()
  const kem = signal.KEMKeyPair.generate()
  return {
    own,
    description: {
      ...base,
      signedPrekeys: [{ id: 11, private: hex(signed.serialize()), signature: hex(identityPrivate.sign(signed.getPublicKey().serialize())) }],
      kemPrekeys: [{
        id: 21,
        public: hex(kem.getPublicKey().serialize().subarray(1)),
        secret: hex(kem.getSecretKey().serialize().subarray(1)),
        signature: hex(identityPrivate.sign(kem.getPublicKey().serialize()))
      }]
    }
  }
}

function bundleOf (description: TranscriptParty, own: OwnDevice, ids: Parameters<Party['bundle']>[0]): AnyBundle {
  const signed = description.signedPrekeys.find(key => key.id === ids.signedPrekeyId)!
  const kem = description.kemPrekeys.find(key => key.id === ids.kemPrekeyId)
  const oneTime = description.oneTimePrekeys.find(key => key.id === ids.oneTimePrekeyId)
  return {
    suite: kem === undefined ? 0 : 1,
    registrationId: own.registrationId,
    identityKey: own.identity.publicKey,
    signedPrekey: { id: signed.id, key: keyPairFrom(nodePrimitives, bytes(signed.private)).publicKey, signature: bytes(signed.signature) },
    kemPrekey: kem === undefined ? undefined : { id: kem.id, key: bytes(kem.public), signature: bytes(kem.signature) },
    ...(oneTime === undefined ? {} : { oneTimePrekey: { id: oneTime.id, key: keyPairFrom(nodePrimitives, bytes(oneTime.private)).publicKey } })
  }
}

/** @param profileName signal to speak with libsignal; heliograph to pin what ships */
export function heliographParty (counts: KeyCounts, profileName: Profile['name'] = 'signal'): Party {
  const profile = profileName === 'signal' ? signalProfile : heliographProfile
  const { description, own } = describe('heliograph', counts, profile)
  const drawn: string[] = []
  function randomBytes (length: number): Uint8Array {
    const random = nodePrimitives.randomBytes(length)
    drawn.push(hex(random))
    return random
  }
  const suite: Suite = {
    profile,
    primitives: {
      ...nodePrimitives,
      randomBytes,
      mlKemEncapsulate: (publicKey, randomness) => nodePrimitives.mlKemEncapsulate(publicKey, randomness ?? randomBytes(32))
    }
  }
  const used = new Set<number>()
  let record: SessionRecord | undefined
  const secretOf = (id: number, list: Array<{ id: number, private: string }>): ReturnType<typeof keyPairFrom> | undefined => {
    const key = list.find(one => one.id === id)
    return key === undefined ? undefined : keyPairFrom(nodePrimitives, bytes(key.private))
  }
  return {
    description,
    bundle: ids => bundleOf(description, own, ids),
    async start (bundle, atMs) {
      drawn.length = 0
      record = startSession(suite, own, bundle, record, atMs)
      return { random: [...drawn] }
    },
    async send (text, nowMs) {
      const sealed = seal(suite, own, record!, text, nowMs)
      record = sealed.record
      return sealed.message
    },
    async burn (count) {
      let { ratchet } = record!.current!
      for (let i = 0; i < count; i++) ratchet = nextSendingKey(suite, ratchet).state
      record = { ...record!, current: { ...record!.current!, ratchet } }
    },
    async receive (message, sender, nowMs) {
      drawn.length = 0
      try {
        const opened = open(suite, own, record, message, sender, {
          signedPrekey: id => secretOf(id, description.signedPrekeys),
          kemPrekey: id => description.kemPrekeys.filter(key => key.id === id).map(key => ({ publicKey: bytes(key.public), secretKey: bytes(key.secret) }))[0],
          oneTimePrekey: id => used.has(id) ? undefined : secretOf(id, description.oneTimePrekeys)
        }, nowMs)
        record = opened.record
        const consumed = opened.consumedOneTimePrekey
        if (consumed !== undefined) used.add(consumed)
        return { plaintext: opened.plaintext, random: [...drawn], ...(consumed === undefined ? {} : { consumed }) }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        return { refused: error.code === 'DUPLICATE' ? 'DUPLICATE' : 'OTHER' }
      }
    },
    canSeal: nowMs => canSeal(record, nowMs)
  }
}

class Sessions extends signal.SessionStore {
  stored: Buffer | undefined
  async saveSession (_: signal.ProtocolAddress, record: signal.SessionRecord): Promise<void> { this.stored = record.serialize() }
  async getSession (): Promise<signal.SessionRecord | null> { return this.stored === undefined ? null : signal.SessionRecord.deserialize(this.stored) }
  async getExistingSessions (): Promise<signal.SessionRecord[]> { return this.stored === undefined ? [] : [signal.SessionRecord.deserialize(this.stored)] }
}

class Identity extends signal.IdentityKeyStore {
  readonly key: signal.PrivateKey
  readonly registrationId: number
  constructor (own: OwnDevice) {
    super()
    this.key = signal.PrivateKey.deserialize(Buffer.from(own.identity.privateKey))
    this.registrationId = own.registrationId
  }

  async getIdentityKey (): Promise<signal.PrivateKey> { return this.key }
  async getLocalRegistrationId (): Promise<number> { return this.registrationId }
  async saveIdentity (): Promise<signal.IdentityChange> { return signal.IdentityChange.NewOrUnchanged }
  async isTrustedIdentity (): Promise<boolean> { return true }
  async getIdentity (): Promise<signal.PublicKey | null> { return null }
}

class OneTime extends signal.PreKeyStore {
  readonly records = new Map<number, Buffer>()
  removed: number | undefined
  async savePreKey (id: number, record: signal.PreKeyRecord): Promise<void> { this.records.set(id, record.serialize()) }
  async getPreKey (id: number): Promise<signal.PreKeyRecord> { return signal.PreKeyRecord.deserialize(this.records.get(id)!) }
  async removePreKey (id: number): Promise<void> {
    this.records.delete(id)
    this.removed = id
  }
}

class Signed extends signal.SignedPreKeyStore {
  readonly records = new Map<number, Buffer>()
  async saveSignedPreKey (id: number, record: signal.SignedPreKeyRecord): Promise<void> { this.records.set(id, record.serialize()) }
  async getSignedPreKey (id: number): Promise<signal.SignedPreKeyRecord> { return signal.SignedPreKeyRecord.deserialize(this.records.get(id)!) }
}

class Kem extends signal.KyberPreKeyStore {
  readonly records = new Map<number, signal.KyberPreKeyRecord>()
  async saveKyberPreKey (id: number, record: signal.KyberPreKeyRecord): Promise<void> { this.records.set(id, record) }
  async getKyberPreKey (id: number): Promise<signal.KyberPreKeyRecord> { return this.records.get(id)! }
  async markKyberPreKeyUsed (): Promise<void> { /* a last-resort key stays */ }
}

/** A `KyberPreKeyRecord` as it is stored: id, public, private, signature, timestamp; libsignal makes no key pair from its parts. */
function kemRecord (key: TranscriptParty['kemPrekeys'][number]): signal.KyberPreKeyRecord {
  const field = (number: number, value: Uint8Array): Buffer => {
    const length = value.byteLength
    const varint = length < 128 ? [length] : [length & 0x7f | 0x80, length >> 7]
    return Buffer.concat([Buffer.from([number << 3 | 2, ...varint]), value])
  }
  return signal.KyberPreKeyRecord.deserialize(Buffer.concat([
    Buffer.from([1 << 3, key.id]),
    field(2, Buffer.from(`08${key.public}`, 'hex')),
    field(3, Buffer.from(`08${key.secret}`, 'hex')),
    field(4, Buffer.from(key.signature, 'hex')),
    Buffer.from([5 << 3 | 1, 0, 0, 0, 0, 0, 0, 0, 0])
  ]))
}

export async function libsignalParty (counts: KeyCounts): Promise<Party> {
  const { description, own } = describe('libsignal', counts)
  const remote = signal.ProtocolAddress.new('the other', 1)
  const sessions = new Sessions()
  const identity = new Identity(own)
  const oneTime = new OneTime()
  const signed = new Signed()
  const kem = new Kem()
  /** every ratchet key that was ever sent with: what is not among them was drawn just now */
  const ratchetKeys = new Set<string>()
  for (const key of description.oneTimePrekeys) {
    const secret = signal.PrivateKey.deserialize(Buffer.from(key.private, 'hex'))
    await oneTime.savePreKey(key.id, signal.PreKeyRecord.new(key.id, secret.getPublicKey(), secret))
  }
  for (const key of description.signedPrekeys) {
    const secret = signal.PrivateKey.deserialize(Buffer.from(key.private, 'hex'))
    await signed.saveSignedPreKey(key.id, signal.SignedPreKeyRecord.new(key.id, 0, secret.getPublicKey(), secret, Buffer.from(key.signature, 'hex')))
  }
  for (const key of description.kemPrekeys) await kem.saveKyberPreKey(key.id, kemRecord(key))
  const curve = (key: Uint8Array): signal.PublicKey => signal.PublicKey.deserialize(Buffer.from(encodeKey(key)))
  return {
    description,
    bundle: ids => bundleOf(description, own, ids),
    async start (bundle, atMs) {
      const { kemPrekey, oneTimePrekey, signedPrekey } = bundle
      await signal.processPreKeyBundle(signal.PreKeyBundle.new(
        bundle.registrationId, 1,
        oneTimePrekey?.id ?? null, oneTimePrekey === undefined ? null : curve(oneTimePrekey.key),
        signedPrekey.id, curve(signedPrekey.key), Buffer.from(signedPrekey.signature), curve(bundle.identityKey),
        kemPrekey?.id ?? null,
        kemPrekey === undefined ? null : signal.KEMPublicKey.deserialize(Buffer.concat([Buffer.from([8]), kemPrekey.key])),
        kemPrekey === undefined ? null : Buffer.from(kemPrekey.signature)
      ), remote, sessions, identity, new Date(atMs))
      ratchetKeys.add(ratchetPrivate(sessions.stored!))
      return { imported: importedSession(sessions.stored!) }
    },
    async send (text, nowMs) {
      const sealed = await signal.signalEncrypt(Buffer.from(text), remote, sessions, identity, new Date(nowMs))
      return { kind: sealed.type() === signal.CiphertextMessageType.PreKey ? 1 : 2, bytes: new Uint8Array(sealed.serialize()) }
    },
    async burn (count, nowMs) {
      for (let i = 0; i < count; i++) await signal.signalEncrypt(Buffer.alloc(0), remote, sessions, identity, new Date(nowMs))
    },
    async receive (message) {
      oneTime.removed = undefined
      try {
        const plaintext = message.kind === 1
          ? await signal.signalDecryptPreKey(signal.PreKeySignalMessage.deserialize(Buffer.from(message.bytes)), remote, sessions, identity, oneTime, signed, kem)
          : await signal.signalDecrypt(signal.SignalMessage.deserialize(Buffer.from(message.bytes)), remote, sessions, identity)
        const after = ratchetPrivate(sessions.stored!)
        const removed = oneTime.removed as number | undefined
        const isFresh = !ratchetKeys.has(after)
        ratchetKeys.add(after)
        return { plaintext: new Uint8Array(plaintext), random: isFresh ? [after] : [], ...(removed === undefined ? {} : { consumed: removed }) }
      } catch (error) {
        return { refused: error instanceof Error && 'code' in error && error.code === signal.ErrorCode.DuplicatedMessage ? 'DUPLICATE' : 'OTHER' }
      }
    },
    canSeal: nowMs => sessions.stored !== undefined && signal.SessionRecord.deserialize(sessions.stored).hasCurrentState(new Date(nowMs))
  }
}

/** One signature by each side, and what libsignal says about it whole and damaged. */
export function signatures (count: number): Array<{ private: string, public: string, message: string, signature: string, random?: string, valid: boolean }> {
  const out = []
  for (let i = 0; i < count; i++) {
    const secret = signal.PrivateKey.generate()
    const message = nodePrimitives.randomBytes([0, 1, 33, 64, 200, 1569][i % 6]!)
    const random = nodePrimitives.randomBytes(64)
    const key = { private: hex(secret.serialize()), public: hex(secret.getPublicKey().serialize().subarray(1)), message: hex(message) }
    const theirs = secret.sign(Buffer.from(message))
    const ours = xeddsaSign(nodePrimitives, secret.serialize(), message, random)
    const check = (signature: Uint8Array): boolean => secret.getPublicKey().verify(Buffer.from(message), Buffer.from(signature))
    const damaged = Uint8Array.from(theirs)
    // R, s, the sign bit and the bits that have to be zero, in turn
    const [at, bit] = [[0, 1], [40, 16], [63, 128], [63, 64], [63, 32]][i % 5]!
    damaged[at!]! ^= bit!
    out.push({ ...key, signature: hex(theirs), valid: check(theirs) }, { ...key, signature: hex(ours), random: hex(random), valid: check(ours) }, { ...key, signature: hex(damaged), valid: check(damaged) })
  }
  return out
}
