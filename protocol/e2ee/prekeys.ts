/**
 * Prekeys: what a device publishes so that a session with it can start while it is away (X3DH §3.2, PQXDH §3.1).
 *
 * Owns: making the three kinds, what their signatures cover, checking a bundle. Who keeps the secrets, refills and
 * rotates is the client's business; who hands each one-time prekey out once is the relay's.
 */
import { concat } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { checkKey, encodeKey, generateKeyPair } from './curve-keys.ts'
import { KEM_PUBLIC_KEY_BYTES, encodeKem, generateKemKeyPair } from './kem.ts'
import { PQXDH_VERSION, SUITE_PQXDH, SUITE_X3DH } from './suite.ts'
import { xeddsaSign, xeddsaVerify } from './xeddsa.ts'
import type { KeyPair } from './curve-keys.ts'
import type { KemKeyPair } from './kem.ts'
import type { Suite } from './suite.ts'

/** One installation's own keys. */
export interface OwnDevice {
  readonly identity: KeyPair
  /** random number that tells a reinstallation from a restart, 1 … 0x3fff */
  readonly registrationId: number
}

export interface SignedPublicPrekey {
  /** uint32 */
  readonly id: number
  /** raw: 32 bytes (X25519) or 1568 (KEM) */
  readonly key: Uint8Array
  /** XEdDSA by the device's identity key, 64 bytes */
  readonly signature: Uint8Array
}

export interface PublicPrekey {
  readonly id: number
  /** 32 bytes */
  readonly key: Uint8Array
}

export interface PrekeyBundle {
  /** 1 = PQXDH with X25519 and ML-KEM-1024. Under both signatures. */
  readonly suite: number
  readonly registrationId: number
  /** 32 bytes; the caller has it from the signed device list and compares */
  readonly identityKey: Uint8Array
  readonly signedPrekey: SignedPublicPrekey
  readonly kemPrekey: SignedPublicPrekey
  /** absent when the home has none left or cannot be reached */
  readonly oneTimePrekey?: PublicPrekey
}

/** A bundle of the Signal profile may be X3DH: suite 0 and no KEM prekey. */
export type AnyBundle = Omit<PrekeyBundle, 'kemPrekey'> & { readonly kemPrekey?: SignedPublicPrekey | undefined }

/** The private halves that a device still has. */
export interface PrekeySecrets {
  signedPrekey (id: number): KeyPair | undefined
  kemPrekey (id: number): KemKeyPair | undefined
  oneTimePrekey (id: number): KeyPair | undefined
}

export interface MadeSignedPrekey { readonly secret: KeyPair, readonly public: SignedPublicPrekey }
export interface MadeKemPrekey { readonly secret: KemKeyPair, readonly public: SignedPublicPrekey }
export interface MadeOneTimePrekey { readonly id: number, readonly secret: KeyPair, readonly public: PublicPrekey }

export function makeSignedPrekey (suite: Suite, own: OwnDevice, id: number): MadeSignedPrekey {
  const secret = generateKeyPair(suite.primitives)
  const signature = xeddsaSign(suite.primitives, own.identity.privateKey, signedPrekeyBytes(suite, SUITE_PQXDH, id, secret.publicKey))
  return { secret, public: { id, key: secret.publicKey, signature } }
}

/** Last resort: it stays while its successor is being made, and is handed out many times. */
export function makeKemPrekey (suite: Suite, own: OwnDevice, id: number): MadeKemPrekey {
  const secret = generateKemKeyPair(suite)
  const signature = xeddsaSign(suite.primitives, own.identity.privateKey, signedKemPrekeyBytes(suite, SUITE_PQXDH, id, secret.publicKey))
  return { secret, public: { id, key: secret.publicKey, signature } }
}

/** Ids `firstId … firstId + count − 1`. */
export function makeOneTimePrekeys (suite: Suite, firstId: number, count: number): MadeOneTimePrekey[] {
  return Array.from({ length: count }, (_, i) => {
    const secret = generateKeyPair(suite.primitives)
    return { id: firstId + i, secret, public: { id: firstId + i, key: secret.publicKey } }
  })
}

/** What the signature of a signed prekey covers. @param key 32 bytes */
export function signedPrekeyBytes (suite: Suite, suiteNumber: number, id: number, key: Uint8Array): Uint8Array {
  return concat(context(suite, suiteNumber, 'curve', id), encodeKey(key))
}

/** What the signature of a KEM prekey covers. @param key 1568 bytes */
export function signedKemPrekeyBytes (suite: Suite, suiteNumber: number, id: number, key: Uint8Array): Uint8Array {
  return concat(context(suite, suiteNumber, 'kem', id), encodeKem(suite, key))
}

/**
 * Signal signs the encoded key and nothing else. Heliograph puts before it its name, the suite, the session version, the
 * kind and the id, so that a relay can neither relabel a bundle as an older suite nor swap kinds or ids.
 */
function context (suite: Suite, suiteNumber: number, kind: 'curve' | 'kem', id: number): Uint8Array {
  const { prekeyContext } = suite.profile
  if (prekeyContext.byteLength === 0) return prekeyContext
  const tail = new Uint8Array(7)
  tail.set([suiteNumber, PQXDH_VERSION, kind === 'curve' ? 1 : 2])
  new DataView(tail.buffer).setUint32(3, id)
  return concat(prekeyContext, tail)
}

/**
 * Everything about a bundle that needs no session: suite, keys, signatures. Cheapest first.
 * @throws ProtocolError DOWNGRADE, UNSUPPORTED_VERSION, MALFORMED, BAD_SIGNATURE
 */
export function checkBundle (suite: Suite, bundle: AnyBundle): void {
  const { primitives, profile } = suite
  // [REJECT] weaker than what this profile speaks
  if (bundle.suite < SUITE_PQXDH && profile.minVersion === PQXDH_VERSION) throw new ProtocolError('DOWNGRADE', { what: 'suite' })
  if (bundle.suite !== SUITE_PQXDH && bundle.suite !== SUITE_X3DH) throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'suite' })
  // [REJECT] a bundle without its KEM prekey is how a relay would strip the post-quantum half
  const { kemPrekey, signedPrekey, oneTimePrekey } = bundle
  if ((kemPrekey === undefined) !== (bundle.suite === SUITE_X3DH)) throw new ProtocolError('MALFORMED', { what: 'KEM prekey' })
  if (kemPrekey !== undefined && kemPrekey.key.byteLength !== KEM_PUBLIC_KEY_BYTES) throw new ProtocolError('MALFORMED', { what: 'KEM prekey' })
  checkKey(bundle.identityKey)
  checkKey(signedPrekey.key)
  if (oneTimePrekey !== undefined) checkKey(oneTimePrekey.key)
  // [REJECT] X3DH §3.3, PQXDH §3.2: abort unless every signature is right
  if (!xeddsaVerify(primitives, bundle.identityKey, signedPrekeyBytes(suite, bundle.suite, signedPrekey.id, signedPrekey.key), signedPrekey.signature)) {
    throw new ProtocolError('BAD_SIGNATURE', { what: 'signed prekey' })
  }
  if (kemPrekey !== undefined && !xeddsaVerify(primitives, bundle.identityKey, signedKemPrekeyBytes(suite, bundle.suite, kemPrekey.id, kemPrekey.key), kemPrekey.signature)) {
    throw new ProtocolError('BAD_SIGNATURE', { what: 'KEM prekey' })
  }
}
