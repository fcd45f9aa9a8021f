import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliError } from './failure.ts'
import { checkAddress, readSettings, writeSettings } from './settings.ts'

const relay = '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGRUaMYDfUVgqzzQwoWYCKzYQyGP3yx7ZfuUDiFZnN5jJ'

describe('settings of a data folder', () => {
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-settings-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('come back as they were written, readable by their owner only', async () => {
    const inner = join(folder, 'new')
    assert.equal(await readSettings(inner), undefined)
    await writeSettings(inner, { bootstrap: [relay], region: 'eu' })
    assert.deepEqual(await readSettings(inner), { bootstrap: [relay], region: 'eu' })
    assert.equal((await stat(join(inner, 'settings.json'))).mode & 0o077, 0)
  })

  it('a file that cannot be understood is refused with a sentence that names it', async () => {
    for (const text of ['{', '[]', 'null', '{"bootstrap": "x"}', '{"bootstrap": [], "regoin": "eu"}', '{"bootstrap": [], "region": 1}']) {
      await writeFile(join(folder, 'settings.json'), text)
      await assert.rejects(readSettings(folder), (error: unknown) => error instanceof CliError && error.message.includes('settings.json'), text)
    }
  })

  it('an address must name a host, a port and whom to expect', () => {
    assert.equal(checkAddress(relay), relay)
    checkAddress('/dns4/eu-1.example.org/tcp/443/wss/p2p/12D3KooWGRUaMYDfUVgqzzQwoWYCKzYQyGP3yx7ZfuUDiFZnN5jJ')
    for (const bad of ['', 'eu-1.example.org', '/ip4/127.0.0.1/tcp/4001', `${relay}/p2p-circuit`, 'http://127.0.0.1']) assert.throws(() => checkAddress(bad), CliError, bad)
  })
})
