import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isProtocolError } from '../protocol/errors.ts'
import { checkBootstrapConfig, defaultBootstrapConfig, loadOrMakeKey, readBootstrapConfig, renderBootstrapConfig } from './config.ts'

const says = (pattern: RegExp) => (error: unknown): boolean => isProtocolError(error, 'BAD_CONFIG') && pattern.test(error.message)

describe('the configuration of a bootstrap node', () => {
  let folder: string
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-bootstrap-')) })
  afterEach(async () => { await rm(folder, { recursive: true }) })

  it('is what the written file says, defaults included', async () => {
    const config = { ...defaultBootstrapConfig(), listen: ['/ip4/127.0.0.1/tcp/0'], logLevel: 'debug' as const }
    const path = join(folder, 'bootstrap.toml')
    await writeFile(path, renderBootstrapConfig(config))
    assert.deepEqual(await readBootstrapConfig(path), { ...config, dataDir: folder })
  })

  it('suggests the key that was probably meant', () => {
    assert.throws(() => checkBootstrapConfig({ listn: [] }), says(/unknown key "listn"; did you mean "listen"/))
    assert.throws(() => checkBootstrapConfig({ http_address: 'x' }), says(/did you mean "httpAddress"/))
    assert.throws(() => checkBootstrapConfig({ somethingElse: 1 }), says(/unknown key "somethingElse"\)$/))
  })

  it('says what is expected where a value is wrong', () => {
    for (const [key, value] of [['listen', []], ['listen', ['127.0.0.1:1']], ['peers', ['/ip4/127.0.0.1/tcp/1']], ['httpAddress', 'nowhere'], ['httpAddress', 'a:70000'], ['maxConnections', 0], ['logLevel', 'loud'], ['dataDir', '']] as const) {
      assert.throws(() => checkBootstrapConfig({ [key]: value }), says(new RegExp(`${key}: expected`)), key)
    }
  })

  it('says where a file is not TOML, and when it is not there', async () => {
    const path = join(folder, 'bootstrap.toml')
    await assert.rejects(readBootstrapConfig(path), says(/ENOENT/))
    await writeFile(path, 'listen = [\n  oops\n]\n')
    await assert.rejects(readBootstrapConfig(path), says(/line 2/))
  })

  it('makes a key that only its owner reads, and keeps it', async () => {
    const dataDir = join(folder, 'data')
    const seed = await loadOrMakeKey(dataDir)
    assert.equal(seed.byteLength, 32)
    assert.equal((await stat(join(dataDir, 'bootstrap.key'))).mode & 0o777, 0o600)
    assert.deepEqual(await loadOrMakeKey(dataDir), seed)
  })

  it('refuses a key that others can read, or that is none', async () => {
    await loadOrMakeKey(folder)
    const path = join(folder, 'bootstrap.key')
    await chmod(path, 0o644)
    await assert.rejects(loadOrMakeKey(folder), says(/chmod 600/))
    await chmod(path, 0o600)
    await writeFile(path, 'not a key')
    await assert.rejects(loadOrMakeKey(folder), says(/not a key/))
  })
})
