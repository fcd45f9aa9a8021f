/**
 * A crowd of accounts, and of relays, that ask for somebody's keys to use them up.
 */
import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { limits } from '../../protocol/limits.ts'
import { GroupCommit } from '../store/commit.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, signing } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { Prekeys } from './prekeys.ts'

describe('prekeys that a crowd asks for', () => {
  const random = new SeededRandom(31)
  const person = new TestPerson(random)
  const { account, device: { id: device } } = person
  let clock: ManualClock
  let meter: CountingMeter
  let prekeys: Prekeys

  beforeEach(async () => {
    clock = new ManualClock()
    meter = new CountingMeter()
    const store = new MemoryStore()
    prekeys = new Prekeys({ store, commits: new GroupCommit({ store, clock, onFailure: (error) => { throw error } }), signing, clock, meter })
    await prekeys.upload(account, device, { ...person.prekeys({ count: limits.oneTimePrekeys }), replaces: false })
  })

  /** @returns how many bundles came with a one-time prekey, and how many in all */
  async function claimAs (asker: (i: number) => Parameters<Prekeys['claim']>[2], count: number): Promise<{ oneTime: number, bundles: number }> {
    let [oneTime, bundles] = [0, 0]
    for (let i = 0; i < count; i++) {
      const [bundle] = await prekeys.claim(account, [device], asker(i))
      bundles++
      if (bundle!.oneTime !== undefined) oneTime++
    }
    return { oneTime, bundles }
  }

  it('a thousand accounts get bundles, and three quarters of the one-time prekeys at most; some are there for who comes later', async () => {
    assert.deepEqual(await claimAs((i) => ({ id: `sybil ${i}`, isRelay: false, device }), 1_000), { oneTime: limits.oneTimePrekeysAtOnce, bundles: 1_000 })
    assert.equal(await prekeys.countOf(account, device), limits.oneTimePrekeys - limits.oneTimePrekeysAtOnce)
    assert.equal(meter.of('heliograph_prekey_bundles_total withheld'), 1_000 - limits.oneTimePrekeysAtOnce)
    await clock.advance(60_000)
    assert.deepEqual(await claimAs(() => ({ id: 'friend', isRelay: false, device }), 1), { oneTime: 1, bundles: 1 })
  })

  it('one relay gets no more than one account does, and other relays still get some', async () => {
    assert.equal((await claimAs(() => ({ id: 'relay', isRelay: true }), 200)).oneTime, limits.claimsPerTargetPerHour)
    assert.equal((await claimAs(() => ({ id: 'other relay', isRelay: true }), 1)).oneTime, 1)
  })

  it('none left is told apart from withheld: the one means that a device should come and refill', async () => {
    const mallory = new TestPerson(random)
    await prekeys.upload(mallory.account, mallory.device.id, mallory.prekeys({ count: 2 }))
    for (let i = 0; i < 3; i++) await prekeys.claim(mallory.account, [mallory.device.id], { id: `a${i}`, isRelay: false, device })
    assert.deepEqual(['yes', 'none left', 'withheld'].map((what) => meter.of(`heliograph_prekey_bundles_total ${what}`)), [2, 1, 0])
  })
})
