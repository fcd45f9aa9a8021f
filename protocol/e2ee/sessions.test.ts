import assert from 'node:assert/strict'
import { fromUtf8, toHex } from '../bytes.ts'
import { isProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { signedPrekeyBytes } from './prekeys.ts'
import { nodePrimitives } from './primitives-node.ts'
import { canSeal, encodeSessionRecord, open, seal, startSession } from './sessions.ts'
import { heliographProfile, signalProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, flipped, talkingPair } from './two-devices.ts'
import { xeddsaSign } from './xeddsa.ts'
import type { ErrorCode } from '../errors.ts'
import type { Primitives } from './primitives.ts'

const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, 'sessions 1') }
const refusedAs = (...codes: ErrorCode[]) => (error: unknown): boolean => isProtocolError(error, ...codes)

describe('sessions', () => {
  it('start with a prekey message and go on with short ones once the other side has answered', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
    alice.start(bob, 0)
    const first = alice.send('one')
    const second = alice.send('two')
    assert.deepEqual([first.kind, second.kind], [1, 1])
    assert.equal(fromUtf8(bob.receive(second, alice)), 'two')
    assert.deepEqual([...bob.consumed], [100])
    assert.equal(fromUtf8(bob.receive(first, alice)), 'one')
    const answer = bob.send('three')
    assert.equal(answer.kind, 2)
    assert.equal(fromUtf8(alice.receive(answer, bob)), 'three')
    assert.equal(alice.send('four').kind, 2)
  })

  it('consume a one-time prekey only with a message that was opened', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
    alice.start(bob, 0)
    const message = alice.send('one')
    assert.throws(() => bob.receive({ ...message, bytes: flipped(message.bytes, message.bytes.byteLength - 1) }, alice))
    assert.equal(bob.consumed.size, 0)
    bob.receive(message, alice)
    assert.deepEqual([...bob.consumed], [100])
  })

  it('do not change the record that they are given', () => {
    const { alice, bob } = talkingPair(suite)
    const before = alice.record!
    const bytes = toHex(encodeSessionRecord(before))
    bob.receive(alice.send('one'), alice)
    alice.receive(bob.send('two'), bob)
    alice.start(bob)
    assert.equal(toHex(encodeSessionRecord(before)), bytes)
    assert.notEqual(alice.record, before)
  })

  it('tell a repeat from damage: DUPLICATE for a counter that was opened', () => {
    const { alice, bob } = talkingPair(suite)
    const messages = [alice.send('one'), alice.send('two')]
    bob.receive(messages[1]!, alice)
    bob.receive(messages[0]!, alice)
    for (const message of messages) assert.throws(() => bob.receive(message, alice), refusedAs('DUPLICATE'))
    bob.receive(alice.send('three'), alice)
    for (const message of messages) assert.throws(() => bob.receive(message, alice), refusedAs('DUPLICATE'))
  })

  it('answer every failure of keys, MAC and padding with one error', () => {
    const { alice, bob } = talkingPair(suite)
    const message = alice.send('one')
    const badMac = { ...message, bytes: flipped(message.bytes, message.bytes.byteLength - 1) }
    const badBody = { ...message, bytes: flipped(message.bytes, message.bytes.byteLength - 12) }
    for (const bad of [badMac, badBody]) assert.throws(() => bob.receive(bad, alice), (error: unknown) => isProtocolError(error, 'UNDECRYPTABLE') && error.message === 'UNDECRYPTABLE: the message cannot be opened')
    const carelessSender = { ...suite, primitives: { ...suite.primitives, aesCbcEncrypt: () => new Uint8Array(16) } }
    const unpadded = seal(carelessSender, alice.own, alice.record!, new Uint8Array(0), 0).message
    assert.throws(() => bob.receive(unpadded, alice), refusedAs('UNDECRYPTABLE'))
  })

  it('check the MAC, in constant time, before anything is decrypted', () => {
    const { alice, bob } = talkingPair(suite)
    const calls: string[] = []
    const watched: Primitives = {
      ...suite.primitives,
      equal: (a, b) => { calls.push(`equal ${a.byteLength}`); return suite.primitives.equal(a, b) },
      aesCbcDecrypt: (key, iv, ciphertext) => { calls.push('decrypt'); return suite.primitives.aesCbcDecrypt(key, iv, ciphertext) }
    }
    const message = alice.send('one')
    const openWatched = (bytes: Uint8Array): void => { open({ ...suite, primitives: watched }, bob.own, bob.record, { ...message, bytes }, alice.own.identity.publicKey, bob.secrets, 0) }
    assert.throws(() => { openWatched(flipped(message.bytes, message.bytes.byteLength - 1)) })
    assert.ok(!calls.includes('decrypt'))
    calls.length = 0
    openWatched(message.bytes)
    assert.deepEqual(calls.slice(-3).filter(call => call !== 'equal 32'), ['equal 8', 'decrypt'])
  })

  it('say NO_SESSION when there is none', () => {
    const { alice, bob } = talkingPair(suite)
    const message = alice.send('one')
    const carol = new TestDevice(suite)
    assert.throws(() => carol.receive(message, alice), refusedAs('NO_SESSION'))
    assert.throws(() => bob.receive(message, carol), refusedAs('NO_SESSION'), 'none with that identity key')
    assert.equal(canSeal(undefined, 0), false)
  })

  it('refuse a message from another identity key than the device list has', () => {
    const [alice, bob, carol] = [new TestDevice(suite), new TestDevice(suite, 1), new TestDevice(suite)]
    alice.start(bob, 0)
    assert.throws(() => bob.receive(alice.send('one'), carol), refusedAs('IDENTITY_CHANGED'))
  })

  it('say STALE_PREKEY when the prekeys of a first message are gone', () => {
    const [alice, carol, bob] = [new TestDevice(suite), new TestDevice(suite), new TestDevice(suite, 1)]
    alice.start(bob, 0)
    carol.start(bob, 0)
    bob.receive(alice.send('one'), alice)
    bob.record = undefined
    assert.throws(() => bob.receive(carol.send('the relay gave the prekey out twice'), carol), refusedAs('STALE_PREKEY'))
    const none = { signedPrekey: () => undefined, kemPrekey: () => undefined, oneTimePrekey: () => undefined }
    assert.throws(() => open(suite, bob.own, undefined, carol.send('late'), carol.own.identity.publicKey, none, 0), refusedAs('STALE_PREKEY'))
    assert.throws(() => open(suite, bob.own, undefined, carol.send('late'), carol.own.identity.publicKey, { ...none, signedPrekey: bob.secrets.signedPrekey }, 0), refusedAs('STALE_PREKEY'))
  })

  it('refuse a replayed first message whose session has left the record, without a one-time prekey too', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
    alice.start(bob)
    const first = alice.send('pay 100')
    bob.receive(first, alice)
    bob.record = { ...bob.record!, current: undefined, archived: [] }
    assert.throws(() => bob.receive(first, alice), refusedAs('UNDECRYPTABLE'))
  })

  it('may be sent in for 30 days without an answer, then not', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
    alice.start(bob)
    const lastMs = alice.nowMs + limits.unacknowledgedSessionMs
    assert.equal(canSeal(alice.record, lastMs), true)
    assert.equal(canSeal(alice.record, lastMs + 1), false)
    assert.throws(() => seal(suite, alice.own, alice.record!, new Uint8Array(1), lastMs + 1), refusedAs('NO_SESSION'))
  })

  it('are not started from a bundle whose signature is wrong', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
    const bundle = bob.bundle()
    const bad = { ...bundle, signedPrekey: { ...bundle.signedPrekey, signature: flipped(bundle.signedPrekey.signature, 0) } }
    assert.throws(() => startSession(suite, alice.own, bad, undefined, 0), refusedAs('BAD_SIGNATURE'))
  })

  it('settle on one session when both sides start at once', () => {
    const [alice, bob] = [new TestDevice(suite, 1), new TestDevice(suite, 1)]
    alice.start(bob, 0)
    bob.start(alice, 0)
    const crossing = [alice.send('a'), bob.send('b')]
    bob.receive(crossing[0]!, alice)
    alice.receive(crossing[1]!, bob)
    for (let i = 0; i < 3; i++) {
      bob.receive(alice.send(`a${i}`), alice)
      alice.receive(bob.send(`b${i}`), bob)
    }
    assert.deepEqual(alice.record!.current!.baseKey, bob.record!.current!.baseKey)
  })

  it('cost a forged message one agreement for each session, not 25,000 hashes', () => {
    const { alice, bob } = talkingPair(suite)
    for (let i = 0; i < 5; i++) {
      alice.start(bob)
      bob.receive(alice.send(`session ${i}`), alice)
    }
    const stranger = new TestDevice(suite)
    stranger.start(bob)
    stranger.record = { ...stranger.record!, current: { ...stranger.record!.current!, unacknowledged: undefined } }
    const session = stranger.record.current!
    stranger.record = { ...stranger.record, current: { ...session, ratchet: { ...session.ratchet, sending: { ...session.ratchet.sending, index: 25_000 } } } }
    const forged = stranger.send('forged')
    let hashes = 0
    const counting = { ...suite, primitives: { ...suite.primitives, hmacSha256: (key: Uint8Array, data: Uint8Array) => { hashes++; return suite.primitives.hmacSha256(key, data) } } }
    assert.throws(() => open(counting, bob.own, bob.record, forged, alice.own.identity.publicKey, bob.secrets, 0), refusedAs('UNDECRYPTABLE'))
    assert.ok(hashes < 30_000, `${hashes} hashes`)
  })
})

describe('downgrade', () => {
  const signal = { profile: signalProfile, primitives: suite.primitives }
  function weaker (device: TestDevice): Parameters<typeof startSession>[2] {
    const { kemPrekey: _, ...bundle } = device.bundle()
    const { id, key } = bundle.signedPrekey
    return { ...bundle, suite: 0, signedPrekey: { id, key, signature: xeddsaSign(signal.primitives, device.own.identity.privateKey, signedPrekeyBytes(signal, 0, id, key)) } }
  }

  it('to X3DH is refused by the production profile in bundles and in messages', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
    assert.throws(() => startSession(suite, alice.own, { ...weaker(bob) }, undefined, 0), refusedAs('DOWNGRADE'))
    const [old, signalBob] = [new TestDevice(signal), new TestDevice(signal)]
    old.record = startSession(signal, old.own, weaker(signalBob), undefined, old.nowMs)
    assert.throws(() => bob.receive(old.send('weak'), old), refusedAs('DOWNGRADE'))
  })

  it('is refused where X3DH is spoken, once a session was post-quantum', () => {
    const [alice, bob] = [new TestDevice(signal), new TestDevice(signal)]
    const early = new TestDevice(signal)
    early.record = startSession(signal, early.own, weaker(bob), undefined, early.nowMs)
    const weak = early.send('weak')
    assert.equal(fromUtf8(bob.receive(weak, early)), 'weak', 'accepted before')
    bob.record = undefined

    alice.start(bob)
    bob.receive(alice.send('strong'), alice)
    assert.throws(() => startSession(signal, alice.own, weaker(bob), alice.record, 0), refusedAs('DOWNGRADE'))
    assert.throws(() => bob.receive(weak, early), refusedAs('DOWNGRADE'))
    bob.record = { ...bob.record!, current: undefined }
    assert.throws(() => bob.receive(weak, early), refusedAs('DOWNGRADE'), 'also when the strong session is gone')
  })
})
