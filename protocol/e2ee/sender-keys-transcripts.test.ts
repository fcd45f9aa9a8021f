import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { replaySenderKeys, type SenderKeyTranscript } from './sender-keys-transcripts.ts'

const { transcripts } = JSON.parse(readFileSync(new URL('../vectors/signal-sender-keys.json', import.meta.url), 'utf8')) as { transcripts: SenderKeyTranscript[] }

describe('what libsignal sealed for groups', () => {
  it('is from the beginning of a chain and from the middle of one', () => {
    assert.ok(transcripts.map(({ messages }) => messages.length).reduce((a, b) => a + b) >= 60)
    assert.ok(transcripts.length >= 2)
  })

  for (const primitives of [nodePrimitives, noblePrimitives]) {
    for (const [at, transcript] of transcripts.entries()) {
      it(`is sealed here to the same bytes, and opened in any order, once (${primitives.name}, ${at})`, () => {
        const { sealed, opened } = replaySenderKeys(primitives, transcript)
        assert.deepEqual([sealed, opened], [transcript.messages.length, 4 * transcript.messages.length])
      })
    }
  }

  it('differs as soon as one recorded byte differs', () => {
    const changed = (change: (transcript: SenderKeyTranscript) => void): SenderKeyTranscript => {
      const copy = structuredClone(transcripts[0]!)
      change(copy)
      return copy
    }
    const flip = (hex: string, at: number): string => hex.slice(0, at) + (hex[at] === '0' ? '1' : '0') + hex.slice(at + 1)
    const message = transcripts[0]!.messages[7]!
    for (const at of [1, 6, 50, 62, message.bytes.length - 129]) assert.throws(() => replaySenderKeys(nodePrimitives, changed((copy) => { copy.messages[7]!.bytes = flip(message.bytes, at) })), /message 7 differs/)
    assert.throws(() => replaySenderKeys(nodePrimitives, changed((copy) => { copy.messages[7]!.bytes = flip(message.bytes, message.bytes.length - 100) })), /UNDECRYPTABLE/)
    assert.throws(() => replaySenderKeys(nodePrimitives, changed((copy) => { copy.distribution = flip(copy.distribution, 60) })), /differs/)
    assert.throws(() => replaySenderKeys(nodePrimitives, changed((copy) => { copy.signingPrivate = flip(copy.signingPrivate, 20) })), /distribution differs/)
  })
})
