/**
 * Makes the JSON files of this folder from a checkout of Wycheproof.
 *
 * Owns: which tests and fields are kept; nothing here depends on chance, so the same checkout gives the same files.
 * Run: `npx node protocol/vectors/wycheproof/trim-node.ts CHECKOUT COMMIT`
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface UpstreamTest { tcId: number, comment?: string, flags?: string[], result: string, [field: string]: unknown }
interface UpstreamGroup { tests: UpstreamTest[], [field: string]: unknown }
interface Upstream { testGroups: UpstreamGroup[] }

/** One of our files: where it comes from, what is kept of a group and of a test, which tests are left out. */
interface Cut {
  readonly name: string
  readonly upstream: string
  readonly groupFields?: readonly string[]
  readonly fields: readonly string[]
  /** The whole file is kept when absent; the sentence goes into the header. */
  readonly subset?: { readonly rule: string, readonly keep: (group: UpstreamGroup, test: UpstreamTest, nth: number) => boolean }
}

const is256 = { rule: 'only groups with 256-bit keys, the one size that the port has', keep: (group: UpstreamGroup) => group['keySize'] === 256 }
/** Long runs of the same kind of test are cut; `nth` counts the tests of one file whose comment starts alike. */
const firstOf = (run: string, count: number) => ({
  rule: `of the tests whose comment starts with "${run}" the first ${count}; all others`,
  keep: (_group: UpstreamGroup, test: UpstreamTest, nth: number) => !(test.comment ?? '').startsWith(run) || nth < count
})
const OFFICIAL = 'Test vector based on official round'
const NOT_REDUCED = 'Public key not reduced'

const CUTS: readonly Cut[] = [
  { name: 'x25519', upstream: 'x25519_test.json', fields: ['public', 'private', 'shared'] },
  { name: 'ed25519', upstream: 'ed25519_test.json', groupFields: ['publicKey'], fields: ['msg', 'sig'] },
  { name: 'hkdf-sha256', upstream: 'hkdf_sha256_test.json', fields: ['ikm', 'salt', 'info', 'size', 'okm'] },
  { name: 'hmac-sha256', upstream: 'hmac_sha256_test.json', groupFields: ['tagSize'], fields: ['key', 'msg', 'tag'] },
  { name: 'aes-256-cbc', upstream: 'aes_cbc_pkcs5_test.json', fields: ['key', 'iv', 'msg', 'ct'], subset: is256 },
  { name: 'aes-256-gcm', upstream: 'aes_gcm_test.json', fields: ['key', 'iv', 'aad', 'msg', 'ct', 'tag'], subset: is256 },
  { name: 'ml-kem-1024-keygen', upstream: 'mlkem_1024_keygen_seed_test.json', fields: ['seed', 'dk'], subset: firstOf(OFFICIAL, 20) },
  { name: 'ml-kem-1024-decaps', upstream: 'mlkem_1024_test.json', fields: ['seed', 'ek', 'c', 'K'], subset: firstOf(OFFICIAL, 20) },
  {
    name: 'ml-kem-1024-encaps',
    upstream: 'mlkem_1024_encaps_test.json',
    fields: ['ek', 'm', 'c', 'K'],
    subset: {
      rule: `${firstOf(OFFICIAL, 20).rule}, except "${NOT_REDUCED}", of which the first 25`,
      keep: (group, test, nth) => firstOf(OFFICIAL, 20).keep(group, test, nth) && firstOf(NOT_REDUCED, 25).keep(group, test, nth)
    }
  },
  { name: 'ml-kem-1024-expanded-decaps', upstream: 'mlkem_1024_semi_expanded_decaps_test.json', fields: ['dk', 'c', 'K'] }
]

function publicKeyHex (value: unknown): unknown {
  // Ed25519 groups carry { curve, keySize, pk }
  return typeof value === 'object' && value !== null && 'pk' in value ? value.pk : value
}

function trim (cut: Cut, upstream: Upstream, commit: string): string {
  const runs = new Map<string, number>()
  const lines: string[] = []
  let total = 0
  for (const group of upstream.testGroups) {
    for (const test of group.tests) {
      total++
      const run = [OFFICIAL, NOT_REDUCED].find((start) => (test.comment ?? '').startsWith(start)) ?? ''
      const nth = runs.get(run) ?? 0
      runs.set(run, nth + 1)
      if (cut.subset !== undefined && !cut.subset.keep(group, test, nth)) continue
      const kept: Record<string, unknown> = { tcId: test.tcId, result: test.result }
      if (test.comment !== undefined && test.comment !== '') kept['comment'] = test.comment
      if (test.flags !== undefined && test.flags.length > 0) kept['flags'] = test.flags
      for (const field of cut.groupFields ?? []) kept[field] = publicKeyHex(group[field])
      for (const field of cut.fields) if (test[field] !== undefined) kept[field] = test[field]
      lines.push(JSON.stringify(kept))
    }
  }
  const header = {
    vectors: cut.name,
    source: `https://github.com/C2SP/wycheproof commit ${commit}, testvectors_v1/${cut.upstream}`,
    licence: 'Apache-2.0, Copyright 2016-2026 The Wycheproof Authors',
    changes: `fields and documentation that the tests do not use are left out; groups are flattened${cut.subset === undefined ? '' : `; kept are ${cut.subset.rule}`}`,
    kept: `${lines.length} of ${total} tests`
  }
  return `${JSON.stringify(header, null, 2).slice(0, -2)},\n  "tests": [\n${lines.join(',\n')}\n  ]\n}\n`
}

const [checkout, commit] = process.argv.slice(2)
if (checkout === undefined || commit === undefined) {
  process.stderr.write('usage: trim-node.ts CHECKOUT COMMIT\n')
  process.exitCode = 2
} else {
  mkdirSync(import.meta.dirname, { recursive: true })
  for (const cut of CUTS) {
    const upstream = JSON.parse(readFileSync(join(checkout, 'testvectors_v1', cut.upstream), 'utf8')) as Upstream
    writeFileSync(join(import.meta.dirname, `${cut.name}.json`), trim(cut, upstream, commit))
  }
}
