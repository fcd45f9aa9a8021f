import assert from 'node:assert/strict'
import { isProtocolError } from '../errors.ts'
import { checkBundle, makeOneTimePrekeys, signedKemPrekeyBytes, signedPrekeyBytes } from './prekeys.ts'
import { nodePrimitives } from './primitives-node.ts'
import { heliographProfile, signalProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, flipped } from './two-devices.ts'
import { xeddsaSign } from './xeddsa.ts'
import type { AnyBundle } from './prekeys.ts'

const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, 'prekeys 1') }
const refusedAs = (code: 'BAD_SIGNATURE' | 'DOWNGRADE' | 'MALFORMED' | 'UNSUPPORTED_VERSION') => (error: unknown): boolean => isProtocolError(error, code)

describe('prekeys', () => {
  const bob = new TestDevice(suite, 3)
  const bundle = bob.bundle(1)

  it('are made in runs of ids and differ', () => {
    const made = makeOneTimePrekeys(suite, 7, 5)
    assert.deepEqual(made.map(key => key.id), [7, 8, 9, 10, 11])
    assert.equal(new Set(made.map(key => key.public.key.join())).size, 5)
    assert.deepEqual(made.map(key => key.secret.publicKey), made.map(key => key.public.key))
  })

  it('pass with and without a one-time prekey', () => {
    checkBundle(suite, bundle)
    checkBundle(suite, bob.bundle())
  })

  it('are refused when a signature, a signed key or its id differs', () => {
    const { signedPrekey, kemPrekey } = bundle
    const bad: AnyBundle[] = [
      { ...bundle, signedPrekey: { ...signedPrekey, signature: flipped(signedPrekey.signature, 40) } },
      { ...bundle, signedPrekey: { ...signedPrekey, key: flipped(signedPrekey.key, 3) } },
      { ...bundle, signedPrekey: { ...signedPrekey, id: signedPrekey.id + 1 } },
      { ...bundle, signedPrekey: { ...signedPrekey, signature: new Uint8Array(0) } },
      { ...bundle, kemPrekey: { ...kemPrekey, signature: flipped(kemPrekey.signature, 1) } },
      { ...bundle, kemPrekey: { ...kemPrekey, key: flipped(kemPrekey.key, 1000) } },
      { ...bundle, kemPrekey: { ...kemPrekey, id: kemPrekey.id + 1 } },
      { ...bundle, identityKey: new TestDevice(suite).own.identity.publicKey }
    ]
    for (const [at, one] of bad.entries()) assert.throws(() => { checkBundle(suite, one) }, refusedAs('BAD_SIGNATURE'), `${at}`)
  })

  it('are refused as a weaker suite, even when the weaker suite would be signed', () => {
    assert.throws(() => { checkBundle(suite, { ...bundle, suite: 0 }) }, refusedAs('DOWNGRADE'))
    assert.throws(() => { checkBundle(suite, { ...bundle, suite: 0, kemPrekey: undefined }) }, refusedAs('DOWNGRADE'))
    assert.throws(() => { checkBundle(suite, { ...bundle, suite: -1 }) }, refusedAs('DOWNGRADE'))
  })

  it('are refused as an unknown suite, without the KEM prekey, or with keys that no key pair has', () => {
    assert.throws(() => { checkBundle(suite, { ...bundle, suite: 2 }) }, refusedAs('UNSUPPORTED_VERSION'))
    assert.throws(() => { checkBundle(suite, { ...bundle, kemPrekey: undefined }) }, refusedAs('MALFORMED'))
    assert.throws(() => { checkBundle(suite, { ...bundle, kemPrekey: { ...bundle.kemPrekey, key: bundle.kemPrekey.key.subarray(1) } }) }, refusedAs('MALFORMED'))
    assert.throws(() => { checkBundle(suite, { ...bundle, oneTimePrekey: { id: 1, key: new Uint8Array(32).fill(255) } }) }, refusedAs('MALFORMED'))
    assert.throws(() => { checkBundle(suite, { ...bundle, identityKey: new Uint8Array(31) }) }, refusedAs('MALFORMED'))
  })

  it('have signatures that say which suite, kind and id, so that none can stand for another', () => {
    const { key } = bundle.signedPrekey
    const all = [signedPrekeyBytes(suite, 1, 1, key), signedPrekeyBytes(suite, 2, 1, key), signedPrekeyBytes(suite, 1, 2, key), signedKemPrekeyBytes(suite, 1, 1, key)]
    assert.equal(new Set(all.map(bytes => bytes.join())).size, all.length)
    const otherKind = xeddsaSign(suite.primitives, bob.own.identity.privateKey, signedKemPrekeyBytes(suite, 1, 1, key))
    assert.throws(() => { checkBundle(suite, { ...bundle, signedPrekey: { id: 1, key, signature: otherKind } }) }, refusedAs('BAD_SIGNATURE'))
  })

  it('signed for one profile mean nothing in the other', () => {
    assert.throws(() => { checkBundle({ ...suite, profile: signalProfile }, bundle) }, refusedAs('BAD_SIGNATURE'))
  })
})
