import assert from 'node:assert/strict'
import { utf8 } from '../../protocol/bytes.ts'
import { signRelayRecord } from '../../protocol/records/relay-record.ts'
import { refusedAs, testRelay, testRelayRecord } from '../../protocol/testing.ts'
import { rememberingReader, rememberingSigning as signing } from './signatures.ts'

describe('signatures that are remembered', () => {
  const seed = new Uint8Array(32).fill(7)
  const publicKey = signing.ed25519PublicKey(seed)
  const message = utf8('said once')
  const signature = signing.ed25519Sign(seed, message)

  it('are good for what was signed, by whom', () => {
    assert.ok(signing.ed25519Verify(publicKey, message, signature))
    assert.ok(!signing.ed25519Verify(publicKey, utf8('said never'), signature))
    assert.ok(!signing.ed25519Verify(signing.ed25519PublicKey(new Uint8Array(32).fill(8)), message, signature))
    const other = signature.slice()
    other[3]! ^= 1
    assert.ok(!signing.ed25519Verify(publicKey, message, other))
    assert.ok(!signing.ed25519Verify(publicKey, message, other), 'also when it is remembered that they are bad')
  })

  it('a seed that was overwritten in place has another key', () => {
    const reused = seed.slice()
    assert.deepEqual(signing.ed25519PublicKey(reused), publicKey)
    reused.fill(9)
    assert.notDeepEqual(signing.ed25519PublicKey(reused), publicKey)
  })

  it('a record of a relay is read once, and a forged one is refused each time', () => {
    const { bytes } = signRelayRecord(signing, testRelayRecord(1), testRelay(1).seed)
    const { record, check } = rememberingReader(bytes)
    check(signing)
    assert.equal(rememberingReader(bytes.slice()).record, record)
    const changed = bytes.slice()
    changed[40]! ^= 1
    for (let i = 0; i < 2; i++) {
      assert.throws(() => { rememberingReader(changed).check(signing) }, refusedAs('BAD_SIGNATURE', 'MALFORMED'))
    }
    const forged = signRelayRecord(signing, testRelayRecord(1), testRelay(2).seed).bytes
    for (let i = 0; i < 2; i++) assert.throws(() => { rememberingReader(forged).check(signing) }, refusedAs('BAD_SIGNATURE'))
  })
})
