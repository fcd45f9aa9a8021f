import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { replaySafetyNumbers, replaySignatures, replayTranscript } from './transcripts.ts'
import type { SafetyNumberVector, SignatureVector, Transcript } from './transcripts.ts'

const vectors = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T

const { transcripts } = vectors<{ transcripts: Transcript[] }>('signal-sessions')
const pinned = vectors<{ transcripts: Transcript[] }>('heliograph-sessions').transcripts
const { signatures } = vectors<{ signatures: SignatureVector[] }>('signal-xeddsa')
const { safetyNumbers } = vectors<{ safetyNumbers: SafetyNumberVector[] }>('signal-safety-numbers')

describe('transcripts of libsignal', () => {
  it('hold at least 400 messages in both roles, X3DH and PQXDH, with and without one-time prekeys', () => {
    const sent = transcripts.map(transcript => transcript.events.filter(event => event.do === 'send').length).reduce((a, b) => a + b)
    assert.ok(sent >= 400, `${sent} messages`)
    for (const [a, b] of [['libsignal', 'libsignal'], ['libsignal', 'heliograph'], ['heliograph', 'libsignal']]) {
      for (const version of [3, 4]) {
        for (const hasOneTime of [true, false]) {
          assert.ok(transcripts.some(t => t.a.engine === a && t.b.engine === b && t.events.some(e => e.do === 'start' && e.version === version && (e.oneTimePrekeyId !== undefined) === hasOneTime)), `${a} to ${b}, version ${version}, one-time prekey ${hasOneTime}`)
        }
      }
    }
  })

  for (const primitives of [nodePrimitives, noblePrimitives]) {
    for (const transcript of transcripts) {
      it(`replay byte for byte (${primitives.name}): ${transcript.name}`, () => {
        const counts = replayTranscript(primitives, transcript)
        assert.equal(counts.opened + counts.refused, transcript.events.filter(event => event.do === 'receive').length)
      })
    }
  }

  for (const transcript of pinned) {
    it(`stay as they were: ${transcript.name}`, () => { replayTranscript(nodePrimitives, transcript) })
  }

  it('differ as soon as one recorded byte differs', () => {
    const transcript = structuredClone(transcripts[0]!)
    const sent = transcript.events.find(event => event.do === 'send')!
    sent.bytes = sent.bytes.slice(0, -2) + (sent.bytes.endsWith('00') ? '01' : '00')
    assert.throws(() => replayTranscript(nodePrimitives, transcript), /bytes differs/)
  })
})

for (const primitives of [nodePrimitives, noblePrimitives]) {
  describe(`what libsignal signed and compared (${primitives.name})`, () => {
    it('XEdDSA signatures of both sides are judged as libsignal judges them', () => {
      assert.equal(replaySignatures(primitives, signatures), signatures.length)
      assert.ok(signatures.some(vector => vector.valid && vector.random !== undefined), 'libsignal accepted ours')
      assert.ok(signatures.some(vector => !vector.valid), 'there are damaged ones')
    })

    it('safety numbers are the same', () => {
      // a noble number is 20,800 hashes; one is enough there
      const some = primitives.name === 'noble' ? safetyNumbers.slice(0, 1) : safetyNumbers
      assert.equal(replaySafetyNumbers(primitives, some), some.length)
    })
  })
}
