import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isProtocolError } from '../protocol/errors.ts'
import { checkConfig, defaultConfig, settings } from './config.ts'
import { configFileName, initRelay, keyFileName, readConfigFile, readRelayKey, renderConfig } from './config-file.ts'

const says = (...texts: string[]) => (error: unknown): boolean => {
  assert.ok(isProtocolError(error, 'BAD_CONFIG'), String(error))
  for (const text of texts) assert.ok(error.message.includes(text), `"${error.message}" says nothing of "${text}"`)
  return true
}

describe('config', () => {
  it('gives every key a default that passes its own check', () => {
    assert.deepEqual(checkConfig({}), defaultConfig())
    for (const [key, setting] of Object.entries(settings)) assert.ok(setting.isValid(setting.default), key)
  })

  it('suggests the nearest known key for an unknown one', () => {
    assert.throws(() => checkConfig({ retentionDay: 3 }), says('unknown key "retentionDay"', 'did you mean "retentionDays"?'))
    assert.throws(() => checkConfig({ bootstrap_peers: [] }), says('did you mean "bootstrapPeers"?'))
    assert.throws(() => checkConfig({ quux: 1 }), (error: unknown) => says('unknown key "quux"')(error) && !(error as Error).message.includes('did you mean'))
    assert.throws(() => checkConfig({ constructor: 1 }), says('unknown key "constructor"'))
  })

  const wrong: Array<[string, unknown, string]> = [
    ['name', 'EU 1', 'host name'],
    ['region', '', 'short word'],
    ['listen', [], '1 to 16 multiaddrs'],
    ['listen', ['127.0.0.1:4001'], 'multiaddrs'],
    ['listen', '/ip4/0.0.0.0/tcp/1', 'a list'],
    ['bootstrapPeers', ['/ip4/192.0.2.1/tcp/4001'], '/p2p/<id>'],
    ['httpAddress', '9464', 'host:port'],
    ['httpAddress', 'localhost:99999', 'host:port'],
    ['registration', 'invite', '"open" or "closed"'],
    ['retentionDays', -1, 'number of days'],
    ['retentionDays', '30', 'got "30"'],
    ['retentionDays', NaN, 'number of days'],
    ['maxConnections', 1.5, 'whole number'],
    ['maxConnections', 10n, 'got 10'],
    ['logLevel', 'loud', 'silent, error, warn, info, debug']
  ]
  for (const [key, value, text] of wrong) {
    it(`says what ${key} expects instead of ${typeof value === 'bigint' ? value : JSON.stringify(value)}`, () => {
      assert.throws(() => checkConfig({ [key]: value }), says(`${key}: expected`, text))
    })
  }

  describe('file', () => {
    let folder: string
    beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-config-')) })
    afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

    it('written by init is read back as it was, with every key explained', async () => {
      const config = { ...defaultConfig(), name: 'eu-1.example.org', announce: ['/dns4/eu-1.example.org/tcp/4001'], retentionDays: 7.5 }
      const { configFile, keyFile } = await initRelay(folder, config)
      assert.deepEqual(await readConfigFile(configFile), { ...config, dataDir: folder })
      const text = await readFile(configFile, 'utf8')
      for (const { about } of Object.values(settings)) for (const line of about) assert.ok(text.includes(`# ${line}`), line)
      assert.equal((await stat(keyFile)).mode & 0o777, 0o600)
      assert.equal((await readRelayKey(folder)).byteLength, 32)
    })

    it('is not overwritten by init, nor is the key', async () => {
      await initRelay(folder, defaultConfig())
      const key = await readRelayKey(folder)
      await assert.rejects(initRelay(folder, defaultConfig()), says('exists already'))
      assert.deepEqual(await readRelayKey(folder), key)
    })

    it('that is missing or not TOML is said so, with the place', async () => {
      await assert.rejects(readConfigFile(join(folder, 'none.toml')), says('no file', 'relay init'))
      const path = join(folder, configFileName)
      await writeFile(path, 'name = "a"\nregion = \n')
      await assert.rejects(readConfigFile(path), says('line 2'))
      await writeFile(path, 'nmae = "a"\n')
      await assert.rejects(readConfigFile(path), says('did you mean "name"?'))
    })

    it('accepts no key that others can read, and none that is not one', async () => {
      await assert.rejects(readRelayKey(folder), says('relay init'))
      const { keyFile } = await initRelay(folder, defaultConfig())
      await chmod(keyFile, 0o644)
      await assert.rejects(readRelayKey(folder), says('chmod 600'))
      await chmod(keyFile, 0o600)
      await writeFile(join(folder, keyFileName), 'bogus\n')
      await assert.rejects(readRelayKey(folder), says('not a relay key'))
    })

    it('in the operator\'s guide names every key', async () => {
      const guide = await readFile(new URL('../docs/operator.md', import.meta.url), 'utf8')
      for (const key of Object.keys(settings)) assert.ok(guide.includes(`\`${key}\``), key)
    })
  })

  it('renders text that needs escaping', () => {
    assert.ok(renderConfig({ ...defaultConfig(), dataDir: 'C:\\"x"' }).includes('dataDir = "C:\\\\\\"x\\""'))
  })
})
