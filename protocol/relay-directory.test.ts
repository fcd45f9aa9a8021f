import assert from 'node:assert/strict'
import { SeededRandom } from './clock-manual.ts'
import { isProtocolError } from './errors.ts'
import { relayIdOfKey, type RelayId } from './ids.ts'
import { limits } from './limits.ts'
import { signRelayRecord, type RelayRecord } from './records/relay-record.ts'
import type { Signing } from './records/signed.ts'
import { RelayDirectory } from './relay-directory.ts'
import { refusedAs, signing, testRelay, testRelayRecord } from './testing.ts'

const bytesOf = (index: number, changes: Partial<RelayRecord> = {}, by: Signing = signing): Uint8Array => signRelayRecord(by, testRelayRecord(index, changes), testRelay(index).seed).bytes

describe('relay directory', () => {
  let directory: RelayDirectory
  beforeEach(() => { directory = new RelayDirectory(signing) })

  it('keeps the newest record of each relay', () => {
    assert.equal(directory.offer(bytesOf(1, { issuedAtMs: 1_000 }), 5)?.issuedAtMs, 1_000)
    assert.equal(directory.offer(bytesOf(1, { issuedAtMs: 2_000, loadPermille: 77 }), 6)?.loadPermille, 77)
    directory.offer(bytesOf(2), 7)
    assert.equal(directory.size, 2)
    assert.equal(directory.get(testRelay(1).id)?.issuedAtMs, 2_000)
    assert.equal(directory.get(testRelay(3).id), undefined)
  })

  it('refuses an older one and hands out the newer; the same one again is no news', () => {
    const newer = bytesOf(1, { issuedAtMs: 2_000 })
    directory.offer(newer, 5)
    assert.throws(() => directory.offer(bytesOf(1, { issuedAtMs: 1_999 }), 6), (error) => isProtocolError(error, 'ROLLED_BACK') && assert.deepEqual(error.details.record, newer) === undefined)
    assert.equal(directory.offer(newer, 6), undefined)
  })

  it('refuses what is not signed by the relay that it names', () => {
    const forged = signRelayRecord(signing, testRelayRecord(1), testRelay(2).seed).bytes
    assert.throws(() => directory.offer(forged, 5), refusedAs('BAD_SIGNATURE'))
    assert.throws(() => directory.offer(Uint8Array.of(1, 2), 5), refusedAs('MALFORMED'))
    assert.equal(directory.size, 0)
  })

  it('forgets who was not heard of, and does not take the same record again as being heard of', () => {
    const record = bytesOf(1)
    directory.offer(record, 0)
    directory.offer(bytesOf(2), 0)
    directory.offer(record, limits.relayRecordTtlMs - 1)
    directory.offer(bytesOf(2, { issuedAtMs: 1_001 }), limits.relayRecordTtlMs - 1)
    directory.expire(limits.relayRecordTtlMs - 1)
    assert.equal(directory.size, 2)
    directory.expire(limits.relayRecordTtlMs)
    assert.deepEqual(directory.list().map(({ relay }) => relay), [testRelay(2).id])
    assert.equal(directory.byName('eu-1.example.org'), undefined)
  })

  describe('names', () => {
    it('belong to the first that uses them, while it is heard of', () => {
      directory.offer(bytesOf(1, { name: 'shared' }), 0)
      directory.offer(bytesOf(2, { name: 'shared' }), 0)
      assert.equal(directory.byName('shared')?.relay, testRelay(1).id)
      directory.offer(bytesOf(1, { name: 'shared', issuedAtMs: 2_000 }), 1)
      assert.equal(directory.byName('shared')?.relay, testRelay(1).id)
      directory.offer(bytesOf(2, { name: 'shared', issuedAtMs: 2_000 }), limits.relayRecordTtlMs)
      directory.expire(limits.relayRecordTtlMs + 1)
      assert.equal(directory.byName('shared'), undefined)
      directory.offer(bytesOf(2, { name: 'shared', issuedAtMs: 3_000 }), limits.relayRecordTtlMs + 2)
      assert.equal(directory.byName('shared'), undefined, 'who is away for an hour does not lose its name')
      directory.offer(bytesOf(1, { name: 'shared', issuedAtMs: 3_000 }), limits.relayRecordTtlMs + 3)
      assert.equal(directory.byName('shared')?.relay, testRelay(1).id)
      const longAfterMs = 2 * limits.relayRecordTtlMs + limits.relayNameKeptMs + 10
      directory.expire(2 * limits.relayRecordTtlMs + 5)
      directory.expire(longAfterMs)
      directory.offer(bytesOf(2, { name: 'shared', issuedAtMs: 9_000 }), longAfterMs)
      assert.equal(directory.byName('shared')?.relay, testRelay(2).id)
    })

    it('change with the record', () => {
      directory.offer(bytesOf(1, { name: 'old' }), 0)
      directory.offer(bytesOf(1, { name: 'new', issuedAtMs: 2_000 }), 0)
      assert.equal(directory.byName('old'), undefined)
      assert.equal(directory.byName('new')?.relay, testRelay(1).id)
    })

    it('of somebody else are not freed by who only claimed them', () => {
      directory.offer(bytesOf(1, { name: 'shared' }), 0)
      directory.offer(bytesOf(2, { name: 'shared' }), 0)
      directory.offer(bytesOf(2, { name: 'other', issuedAtMs: 2_000 }), 0)
      assert.equal(directory.byName('shared')?.relay, testRelay(1).id)
    })
  })

  it('lists the least loaded first, of a region, and no more than asked', () => {
    for (const [index, loadPermille, region] of [[1, 500, 'eu'], [2, 10, 'us'], [3, 100, 'eu'], [4, 0, 'eu']] as const) directory.offer(bytesOf(index, { loadPermille, region }), 0)
    assert.deepEqual(directory.list().map(({ loadPermille }) => loadPermille), [0, 10, 100, 500])
    assert.deepEqual(directory.list({ region: 'eu', max: 2 }).map(({ loadPermille }) => loadPermille), [0, 100])
    assert.deepEqual(directory.list({ region: 'mars' }), [])
  })

  describe('when keys are free', () => {
    // checking ten thousand signatures is not what this is about
    const trusting: Signing = { ...signing, ed25519Sign: () => new Uint8Array(64), ed25519Verify: () => true }
    const random = new SeededRandom(1)
    const publicAddress = (index: number): string => `/ip4/${20 + (index >> 16)}.${index >> 8 & 255}.${index & 255}.7/tcp/4001`
    let index = 0

    function newcomer (full: RelayDirectory, nowMs: number, addresses = [publicAddress(index)]): RelayId {
      const relay = relayIdOfKey(random.bytes(32))
      full.offer(signRelayRecord(trusting, testRelayRecord(1, { relay, name: `r-${index++}`, addresses: addresses.map((address) => `${address}/p2p/${relay}`) }), random.bytes(32)).bytes, nowMs)
      return relay
    }

    it('it is bounded: a newcomer takes the place of the oldest that nobody was connected to, never of one that is proven', () => {
      const full = new RelayDirectory(trusting)
      const proven = Array.from({ length: 50 }, () => newcomer(full, 1_000))
      for (const relay of proven) full.prove(relay)
      const others = Array.from({ length: limits.directoryRelays - 50 }, () => newcomer(full, 1_000))
      assert.equal(full.size, limits.directoryRelays)
      const last = newcomer(full, 1_001)
      assert.equal(full.size, limits.directoryRelays)
      assert.ok(full.get(last) !== undefined && full.get(others[0]!) === undefined && full.get(others[1]!) !== undefined)
      for (let i = 0; i < 500; i++) newcomer(full, 1_002)
      assert.ok(proven.every((relay) => full.get(relay) !== undefined))
      assert.equal(full.proven, 50)
      assert.deepEqual(new Set(full.list({ max: 50 }).map(({ relay }) => relay)), new Set(proven), 'newcomers are told of those first')
      newcomer(full, 1_000 + limits.relayRecordTtlMs)
      assert.equal(full.size, 502, 'who was not heard of goes first')
    })

    it('full of proven ones it refuses newcomers, and still takes what those say', () => {
      const full = new RelayDirectory(trusting, { maxRelays: 10 })
      for (let i = 0; i < 9; i++) full.prove(newcomer(full, 1_000))
      full.offer(bytesOf(1, {}, trusting), 1_000)
      full.prove(testRelay(1).id)
      assert.throws(() => { newcomer(full, 1_001) }, refusedAs('TOO_MANY'))
      full.offer(bytesOf(1, { issuedAtMs: 5_000 }, trusting), 1_002)
    })

    it('a thousand keys of one range of addresses are a crowd, whichever range they say', () => {
      const full = new RelayDirectory(trusting)
      const honest = Array.from({ length: 100 }, () => newcomer(full, 1_000))
      for (const prefix of ['/ip4/198.51.100', '/ip6/2001:db8:7']) for (let i = 0; i < 1_000; i++) newcomer(full, 1_000, [`${prefix}${prefix.includes('ip6') ? `::${i.toString(16)}` : `.${i % 256}`}/tcp/4001`])
      for (let i = 0; i < 1_000; i++) newcomer(full, 1_000, [`/dns4/r${i}.example.net/tcp/4001`])
      assert.equal(full.size, 100 + 3 * limits.relaysPerRange)
      assert.ok(honest.every((relay) => full.get(relay) !== undefined))
      for (let i = 0; i < 1_000; i++) newcomer(full, 1_000, [`/ip4/127.0.0.1/tcp/${4_000 + i}`])
      assert.equal(full.size, 100 + 3 * limits.relaysPerRange + 1_000, 'a test network on one machine is none')
    })

    it('what was known before costs no signature check', () => {
      let checks = 0
      const counting = new RelayDirectory({ ...signing, ed25519Verify: (...args: Parameters<Signing['ed25519Verify']>) => { checks++; return signing.ed25519Verify(...args) } })
      const [older, newer] = [bytesOf(1, { issuedAtMs: 1_000 }), bytesOf(1, { issuedAtMs: 2_000 })]
      counting.offer(newer, 1)
      for (let i = 0; i < 100; i++) {
        counting.offer(newer, 1)
        assert.throws(() => counting.offer(older, 1), refusedAs('ROLLED_BACK'))
      }
      assert.equal(checks, 1)
    })
  })
})
