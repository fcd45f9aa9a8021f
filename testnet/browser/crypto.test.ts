import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { VECTOR_FILES } from '../../protocol/e2ee/primitives-vectors.ts'
import type { VectorReport } from '../../protocol/e2ee/primitives-vectors.ts'
import { openBrowserPage } from './harness.ts'
import type { BrowserPage } from './harness.ts'

function readVectors (file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../protocol/vectors/${file}`, import.meta.url), 'utf8'))
}

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

  it('logs no error', () => {
    assert.deepEqual(page.errors, [])
  })
})
