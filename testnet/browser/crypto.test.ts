import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { VECTOR_FILES } from '../../protocol/e2ee/primitives-vectors.ts'
import type { VectorReport } from '../../protocol/e2ee/primitives-vectors.ts'
import type { SenderKeyCounts, SenderKeyTranscript } from '../../protocol/e2ee/sender-keys-transcripts.ts'
import type { ReplayCounts, SafetyNumberVector, SignatureVector, Transcript } from '../../protocol/e2ee/transcripts.ts'
import { openBrowserPage } from './harness.ts'
import type { BrowserPage } from './harness.ts'

function readVectors<T> (file: string): T {
  return JSON.parse(readFileSync(new URL(`../../protocol/vectors/${file}`, import.meta.url), 'utf8')) as T
}

const { transcripts } = readVectors<{ transcripts: Transcript[] }>('signal-sessions.json')
const pinned = readVectors<{ transcripts: Transcript[] }>('heliograph-sessions.json').transcripts
const groups = readVectors<{ transcripts: SenderKeyTranscript[] }>('signal-sender-keys.json').transcripts
const { signatures } = readVectors<{ signatures: SignatureVector[] }>('signal-xeddsa.json')
const { safetyNumbers } = readVectors<{ safetyNumbers: SafetyNumberVector[] }>('signal-safety-numbers.json')

describe('crypto in Chromium', function () {
  // a cold browser on a busy machine takes seconds
  this.timeout(60_000)
  let page: BrowserPage

  before(async () => { page = await openBrowserPage({ entry: new URL('./entries/crypto.ts', import.meta.url) }) })
  after(async () => { await page?.close() })

  for (const file of VECTOR_FILES) {
    it(`published vectors: ${file}`, async () => {
      const report = await page.call<VectorReport>('vectors', [readVectors(file)])
      assert.deepEqual(report.failures, [])
      assert.ok(report.checked > 0)
    })
  }

  for (const transcript of [...transcripts, ...pinned]) {
    it(`replays byte for byte: ${transcript.name}`, async () => {
      const counts = await page.call<ReplayCounts>('transcript', [transcript])
      assert.equal(counts.sent, transcript.events.filter((event) => event.do === 'send').length)
      assert.equal(counts.opened + counts.refused, transcript.events.filter((event) => event.do === 'receive').length)
    })
  }

  it('seals for groups to the bytes of libsignal, and opens them', async () => {
    assert.ok(groups.length > 0)
    for (const transcript of groups) {
      const { sealed, opened } = await page.call<SenderKeyCounts>('senderKeys', [transcript])
      assert.deepEqual([sealed, opened], [transcript.messages.length, 4 * transcript.messages.length])
    }
  })

  it('a transcript with one other byte is noticed there as well', async () => {
    const transcript = structuredClone(transcripts[0])
    const sent = transcript?.events.find((event) => event.do === 'send')
    assert.ok(sent !== undefined)
    sent.bytes = sent.bytes.slice(0, -2) + (sent.bytes.endsWith('00') ? '01' : '00')
    await assert.rejects(page.call('transcript', [transcript]), /in the browser: Error: .*bytes differs/)
  })

  it('judges XEdDSA signatures as libsignal does', async () => {
    assert.equal(await page.call('signatures', [signatures]), signatures.length)
  })

  it('computes the safety numbers of libsignal', async () => {
    // one number is 20,800 hashes
    const some = safetyNumbers.slice(0, 2)
    assert.equal(await page.call('safetyNumbers', [some]), some.length)
  })

  it('logs no error', () => {
    assert.deepEqual(page.errors, [])
  })
})
