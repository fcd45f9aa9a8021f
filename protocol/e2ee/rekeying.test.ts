import assert from 'node:assert/strict'
import { nodePrimitives } from './primitives-node.ts'
import { needsRekey, rekeyPolicy } from './rekeying.ts'
import { heliographProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, talkingPair } from './two-devices.ts'

describe('re-keying', () => {
  const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, 'rekeying 1') }

  it('is due after the age or the messages of the policy, not before', () => {
    const { alice } = talkingPair(suite)
    const policy = { maxAgeMs: 1000, maxMessages: 5 }
    assert.equal(needsRekey(alice.record, alice.nowMs + 999, policy), false)
    assert.equal(needsRekey(alice.record, alice.nowMs + 1000, policy), true)
    alice.send('third')
    alice.send('fourth')
    assert.equal(needsRekey(alice.record, alice.nowMs, policy), false)
    alice.send('fifth')
    assert.equal(needsRekey(alice.record, alice.nowMs, policy), true)
    assert.equal(needsRekey(alice.record, alice.nowMs, rekeyPolicy), false)
  })

  it('is not asked for without a session or while one is unanswered', () => {
    const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
    assert.equal(needsRekey(undefined, alice.nowMs), false)
    alice.start(bob)
    assert.equal(needsRekey(alice.record, alice.nowMs + 2 * rekeyPolicy.maxAgeMs), false)
  })

  it('goes on in the fresh session, and what was sent in the old one is still opened', () => {
    const { alice, bob } = talkingPair(suite)
    const late = bob.send('in the old session')
    const before = alice.record!.current!.baseKey
    alice.start(bob)
    assert.notDeepEqual(alice.record!.current!.baseKey, before)
    alice.receive(late, bob)
    bob.receive(alice.send('after'), alice)
  })
})
