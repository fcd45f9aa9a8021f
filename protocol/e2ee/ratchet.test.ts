import assert from 'node:assert/strict'
import { isProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { generateKeyPair } from './curve-keys.ts'
import { nodePrimitives } from './primitives-node.ts'
import { accept, deriveMessageKey, nextSendingKey, startAsInitiator, startAsResponder } from './ratchet.ts'
import { heliographProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import type { ErrorCode } from '../errors.ts'
import type { RatchetState } from './ratchet.ts'

const suite = { profile: heliographProfile, primitives: seededPrimitives(nodePrimitives, 'ratchet 1') }
const refusedAs = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)

interface Header { ratchetKey: Uint8Array, counter: number, messageKey: Uint8Array }

class End {
  state: RatchetState
  constructor (state: RatchetState) { this.state = state }

  send (): Header {
    const { ratchetKey } = { ratchetKey: this.state.ratchetKeyPair.publicKey }
    const { state, counter, messageKey } = nextSendingKey(suite, this.state)
    this.state = state
    return { ratchetKey, counter, messageKey }
  }

  burn (count: number): void { for (let i = 0; i < count; i++) this.send() }

  receive (header: Header): void {
    const received = deriveMessageKey(suite, this.state, header, limits.ratchetForwardJump)
    assert.deepEqual(received.messageKey, header.messageKey)
    this.state = accept(suite, this.state, received)
  }
}

function pair (): { alice: End, bob: End } {
  const agreement = { rootKey: suite.primitives.randomBytes(32), chainKey: suite.primitives.randomBytes(32) }
  const signedPrekey = generateKeyPair(suite.primitives)
  return { alice: new End(startAsInitiator(suite, agreement, signedPrekey.publicKey)), bob: new End(startAsResponder(agreement, signedPrekey)) }
}

describe('ratchet', () => {
  it('gives both sides the same message keys, each once', () => {
    const { alice, bob } = pair()
    const seen = new Set<string>()
    for (let round = 0; round < 4; round++) {
      for (const [from, to] of [[alice, bob], [bob, alice]] as const) {
        for (let i = 0; i < 3; i++) {
          const header = from.send()
          seen.add(header.messageKey.join())
          to.receive(header)
        }
      }
    }
    assert.equal(seen.size, 24)
  })

  it('lets Bob, who has received nothing, send on the chain that Alice already knows', () => {
    const { alice, bob } = pair()
    const signedPrekey = alice.state.receiving[0]!.ratchetKey
    assert.deepEqual(bob.state.ratchetKeyPair.publicKey, signedPrekey)
    alice.receive(bob.send())
  })

  it('changes both ends of the ratchet with every answer', () => {
    const { alice, bob } = pair()
    bob.receive(alice.send())
    const before = bob.state
    alice.receive(bob.send())
    bob.receive(alice.send())
    assert.notDeepEqual(bob.state.rootKey, before.rootKey)
    assert.notDeepEqual(bob.state.ratchetKeyPair.publicKey, before.ratchetKeyPair.publicKey)
    assert.equal(bob.state.previousCounter, 0)
    bob.burn(4)
    bob.receive(((): Header => { alice.receive(bob.send()); return alice.send() })())
    assert.equal(bob.state.previousCounter, 4, 'the chain had five messages, 0 … 4')
  })

  it('derives without drawing randomness or changing anything before `accept`', () => {
    const { alice, bob } = pair()
    const header = alice.send()
    const before = structuredClone(bob.state)
    const noRandom = { ...suite, primitives: { ...suite.primitives, randomBytes: (): Uint8Array => { throw new Error('drew') } } }
    deriveMessageKey(noRandom, bob.state, header, limits.ratchetForwardJump)
    assert.deepEqual(bob.state, before)
  })

  it(`keeps ${limits.ratchetSkippedKeys} skipped keys of a chain, over several gaps, and drops the oldest`, () => {
    const { alice, bob } = pair()
    bob.receive(alice.send())
    const [first, second, third] = [alice.send(), alice.send(), alice.send()]
    alice.burn(limits.ratchetSkippedKeys - 4)
    const last = alice.send()
    bob.receive(alice.send())
    assert.equal(bob.state.receiving[0]!.skipped.length, limits.ratchetSkippedKeys)
    const skippedLater = alice.send()
    bob.receive(alice.send())
    assert.equal(bob.state.receiving[0]!.skipped.length, limits.ratchetSkippedKeys)
    assert.throws(() => { bob.receive(first!) }, refusedAs('DUPLICATE'))
    for (const header of [second!, third!, last, skippedLater]) {
      bob.receive(header)
      assert.throws(() => { bob.receive(header) }, refusedAs('DUPLICATE'))
    }
  })

  it(`follows a jump of ${limits.ratchetForwardJump} and no more`, () => {
    const { alice, bob } = pair()
    bob.receive(alice.send())
    alice.burn(limits.ratchetForwardJump)
    const reached = alice.send()
    const beyond = alice.send()
    assert.throws(() => { bob.receive(beyond) }, refusedAs('TOO_FAR_AHEAD'))
    bob.receive(reached)
    bob.receive(beyond)
    assert.equal(bob.state.receiving[0]!.skipped.length, limits.ratchetSkippedKeys)
  })

  it(`remembers ${limits.ratchetReceiverChains} chains of the other side`, () => {
    const { alice, bob } = pair()
    const held: Header[] = []
    for (let chain = 0; chain <= limits.ratchetReceiverChains; chain++) {
      held.push(alice.send())
      bob.receive(alice.send())
      alice.receive(bob.send())
    }
    assert.equal(bob.state.receiving.length, limits.ratchetReceiverChains)
    for (const header of held.slice(1)) bob.receive(header)
    const forgotten = held[0]!
    assert.throws(() => { bob.receive(forgotten) }, assert.AssertionError, 'leads to another key: taken for a new chain')
  })

  it('refuses a ratchet key of low order', () => {
    const { bob } = pair()
    assert.throws(() => deriveMessageKey(suite, bob.state, { ratchetKey: new Uint8Array(32), counter: 0 }, 1), refusedAs('MALFORMED'))
  })
})
