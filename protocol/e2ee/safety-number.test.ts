import assert from 'node:assert/strict'
import { utf8 } from '../bytes.ts'
import { nodePrimitives } from './primitives-node.ts'
import { safetyNumber } from './safety-number.ts'
import { heliographProfile } from './suite.ts'
import { flipped } from './two-devices.ts'

const suite = { primitives: nodePrimitives, profile: heliographProfile }
const [alice, bob] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const [aliceId, bobId] = [utf8('alice'), utf8('bob')]

describe('safety number', () => {
  const number = safetyNumber(suite, alice, aliceId, bob, bobId)

  it('is the same 60 digits for both people, and stays as it is', () => {
    assert.match(number, /^\d{60}$/)
    assert.equal(safetyNumber(suite, bob, bobId, alice, aliceId), number)
    // pins the production prefix; libsignal's numbers are in transcripts.test.ts
    assert.equal(number, '756584368355056024733135815778847772159346708816462543651569')
  })

  it('differs for another key or another id', () => {
    assert.notEqual(safetyNumber(suite, alice, aliceId, flipped(bob, 31), bobId), number)
    assert.notEqual(safetyNumber(suite, flipped(alice, 0), aliceId, bob, bobId), number)
    assert.notEqual(safetyNumber(suite, alice, aliceId, bob, utf8('bab')), number)
  })
})
