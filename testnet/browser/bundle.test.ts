import assert from 'node:assert/strict'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { bundleForBrowser } from './bundle.ts'
import { openBrowserPage } from './harness.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Platform adapters for Node say so in their name; tests and conformance suites run in Node. */
const isForNode = (file: string): boolean => /(\.test|-node|-suite)\.ts$/.test(file)
/** Packages that cannot work in a browser, whatever a bundler makes of them. */
const NATIVE = /node_modules\/(classic-level|sodium-native|@libp2p\/tcp|pino|prom-client|commander|ink)\//
/** 257 kB on 22 November 2026, of which libp2p, IndexedDB and noble take 150 (191 kB before groups, devices and what a chat does); a tenth of room, then a reason to look at what came in. */
const MAX_CLIENT_GZIP_BYTES = 283_000

describe('bundles for a browser', function () {
  this.timeout(60_000)
  let folder: string
  before(() => { folder = mkdtempSync(join(tmpdir(), 'heliograph-bundle-')) })
  after(() => { rmSync(folder, { recursive: true, force: true }) })

  for (const part of ['protocol', 'client']) {
    it(`${part}/ needs nothing of Node`, async () => {
      const files = globSync(`${part}/**/*.ts`, { cwd: root }).filter((file) => !isForNode(file))
      assert.ok(files.length > 5, `${files.length} files`)
      const entry = join(folder, `${part}.ts`)
      writeFileSync(entry, files.map((file, i) => `export * as m${i} from ${JSON.stringify(join(root, file))}\n`).join(''))
      const bundle = await bundleForBrowser(pathToFileURL(entry))
      assert.deepEqual(bundle.nodeBuiltins, [])
      assert.deepEqual(bundle.modules.filter((module) => NATIVE.test(module)), [])
      assert.deepEqual(files.filter((file) => !bundle.modules.includes(join(root, file))), [], 'every file is in the bundle')
    })
  }

  it('the client engine with its browser adapters loads in Chromium, within its size', async () => {
    await using page = await openBrowserPage({ entry: new URL('./entries/client.ts', import.meta.url) })
    assert.deepEqual(await page.call('seen'), { received: [], warnings: [], connection: 'offline' })
    assert.deepEqual(page.errors, [])
    for (const file of ['client/client-browser.ts', 'client/libp2p/libp2p-browser.ts', 'client/store/store-browser.ts']) assert.ok(page.bundle.modules.includes(join(root, file)), file)
    assert.ok(page.bundle.gzipBytes <= MAX_CLIENT_GZIP_BYTES, `${page.bundle.gzipBytes} bytes compressed`)
  })
})
