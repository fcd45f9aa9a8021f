/**
 * The first shared secret of two devices: X3DH (version 3) and PQXDH (version 4), both roles.
 *
 * Specs: signal.org/docs/specifications/x3dh §3.3–3.4, pqxdh §3.2–3.3. IK identity key, SPK signed prekey, OPK one-time
 * prekey, EK the initiator's base key. Signatures are checked by the caller (prekeys.ts); this file only derives.
 */
import { concat } from '../bytes.ts'
import { agree } from './curve-keys.ts'
import { decapsulate, encapsulate } from './kem.ts'
import type { KeyPair } from './curve-keys.ts'
import type { KemKeyPair } from './kem.ts'
import type { Suite } from './suite.ts'

/** X3DH §2.1, KDF: F, so that the input never equals an X25519 public key. */
const F = new Uint8Array(32).fill(0xff)
const NO_SALT = new Uint8Array(32)

export interface Agreement {
  /** 32 bytes each */
  readonly rootKey: Uint8Array
  readonly chainKey: Uint8Array
}

/** Public keys of the responder, 32 bytes each; the KEM key (1568) makes it PQXDH. */
export interface ResponderKeys {
  identityKey: Uint8Array
  signedPrekey: Uint8Array
  oneTimePrekey: Uint8Array | undefined
  kemPrekey: Uint8Array | undefined
}

/** PQXDH §3.2. @throws ProtocolError MALFORMED on a key that must not be used */
export function agreeAsInitiator (suite: Suite, identity: KeyPair, baseKey: KeyPair, theirs: ResponderKeys): Agreement & { kemCiphertext: Uint8Array | undefined } {
  const { primitives } = suite
  const secrets = [
    agree(primitives, identity.privateKey, theirs.signedPrekey),
    agree(primitives, baseKey.privateKey, theirs.identityKey),
    agree(primitives, baseKey.privateKey, theirs.signedPrekey)
  ]
  if (theirs.oneTimePrekey !== undefined) secrets.push(agree(primitives, baseKey.privateKey, theirs.oneTimePrekey))
  const kem = theirs.kemPrekey === undefined ? undefined : encapsulate(suite, theirs.kemPrekey)
  return { ...derive(suite, secrets, kem?.secret), kemCiphertext: kem?.ciphertext }
}

/** Private keys of the responder that the first message names. */
export interface ResponderSecrets {
  identity: KeyPair
  signedPrekey: KeyPair
  oneTimePrekey: KeyPair | undefined
  kemPrekey: KemKeyPair | undefined
}

export interface InitiatorKeys {
  identityKey: Uint8Array
  baseKey: Uint8Array
  kemCiphertext: Uint8Array | undefined
}

/** PQXDH §3.3. @throws ProtocolError MALFORMED on a key that must not be used */
export function agreeAsResponder (suite: Suite, own: ResponderSecrets, theirs: InitiatorKeys): Agreement {
  const { primitives } = suite
  const secrets = [
    agree(primitives, own.signedPrekey.privateKey, theirs.identityKey),
    agree(primitives, own.identity.privateKey, theirs.baseKey),
    agree(primitives, own.signedPrekey.privateKey, theirs.baseKey)
  ]
  if (own.oneTimePrekey !== undefined) secrets.push(agree(primitives, own.oneTimePrekey.privateKey, theirs.baseKey))
  const kemSecret = own.kemPrekey === undefined || theirs.kemCiphertext === undefined
    ? undefined
    : decapsulate(suite, own.kemPrekey.secretKey, theirs.kemCiphertext)
  return derive(suite, secrets, kemSecret)
}

/** PQXDH §2.2.1: HKDF(F ‖ DH1 ‖ DH2 ‖ DH3 [‖ DH4] [‖ SS]), 64 bytes = root key ‖ chain key. */
function derive (suite: Suite, secrets: Uint8Array[], kemSecret: Uint8Array | undefined): Agreement {
  const { primitives, profile } = suite
  const input = concat(F, ...secrets, ...(kemSecret === undefined ? [] : [kemSecret]))
  const output = primitives.hkdfSha256(input, NO_SALT, kemSecret === undefined ? profile.x3dhInfo : profile.pqxdhInfo, 64)
  return { rootKey: output.slice(0, 32), chainKey: output.slice(32) }
}
