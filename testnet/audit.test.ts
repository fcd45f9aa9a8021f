import assert from 'node:assert/strict'
import { audit, type Advisory, type Lockfile } from '../.ci/audit.ts'

const integrity = `sha512-${'A'.repeat(86)}==`
const good = { version: '1.2.3', integrity, license: 'MIT' }
const lockOf = (packages: Record<string, object>): Lockfile => ({ lockfileVersion: 3, packages: { '': {}, ...packages } })
const advisories: Advisory[] = [{ id: 'CVE-0', package: 'leaky', affected: [['1.0.0', '1.2.4'], ['2.0.0', '2.1.0']], about: 'leaks' }]

/** What the audit says of one package called `leaky`. */
function verdict (entry: object, wanted = '1.2.3'): string[] {
  return audit({ dependencies: { leaky: wanted } }, lockOf({ 'node_modules/leaky': { ...good, ...entry } }), [])
}

describe('audit of the dependencies', () => {
  it('finds nothing wrong with a pinned, locked, permissively licensed package', () => {
    assert.deepEqual(verdict({ resolved: 'https://registry.npmjs.org/leaky/-/leaky-1.2.3.tgz' }), [])
  })

  for (const [what, entry, said] of [
    ['without a hash', { integrity: undefined }, /no SHA-512/],
    ['with a weak hash', { integrity: 'sha1-AAAA' }, /no SHA-512/],
    ['from somewhere else', { resolved: 'https://example.org/leaky.tgz' }, /comes from https:\/\/example\.org/],
    ['from git', { resolved: 'git+ssh://git@example.org/leaky.git' }, /comes from git/],
    ['that is a folder', { link: true }, /a link to a folder/],
    ['with an install script', { hasInstallScript: true }, /runs a script/],
    ['under the AGPL', { license: 'AGPL-3.0-only' }, /AGPL/],
    ['half under the GPL', { license: '(MIT AND GPL-3.0-only)' }, /GPL/],
    ['without a licence', { license: undefined }, /no licence/],
    ['under the MPL that ships', { license: 'MPL-2.0' }, /MPL/],
    ['that is deprecated', { deprecated: 'use another' }, /deprecated/],
    ['that is another version than asked for', { version: '1.2.4' }, /package\.json says 1\.2\.3/]
  ] as const) it(`refuses a package ${what}`, () => { assert.match(verdict(entry).join('\n'), said) })

  it('refuses a range in package.json', () => { assert.match(verdict({}, '^1.2.3').join(), /no exact version/) })
  it('takes either licence of two, and lets tools be under the MPL', () => {
    assert.deepEqual(verdict({ license: '(GPL-3.0-only OR MIT)' }), [])
    assert.deepEqual(verdict({ license: 'MPL-2.0', dev: true }), [])
  })

  it('knows which releases an advisory names, also of a package within a package', () => {
    const found = (version: string): number => audit({}, lockOf({ 'node_modules/other/node_modules/leaky': { ...good, version } }), advisories).length
    assert.deepEqual(['0.9.9', '1.0.0', '1.2.3', '1.2.4', '1.10.0', '2.0.0-beta.1', '2.0.5', '2.1.0'].map(found), [0, 1, 1, 0, 0, 0, 1, 0])
  })
})
