/**
 * What a flood gets beside people who send little: the same, whoever brings it and however these people are heard of.
 */
import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { refusedAs } from '../../protocol/testing.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { standBy } from '../testing/standby-world.ts'
import { World, type TestClient } from '../testing/message-world.ts'
import { noMeter } from '../watch/meter.ts'
import { FairIntake } from './fair-intake.ts'
import { Turns } from './turns.ts'

const maxBytes = 64 * 1024 * 1024
/** 64 envelopes in 10 ms. */
const perSecond = 6_400

describe('turns of those who send much', () => {
  let clock: ManualClock
  let accounts: FairIntake
  let relays: FairIntake
  let done: { accounts: number, relays: number }

  beforeEach(() => {
    clock = new ManualClock()
    const components = { clock, defer: (task: () => void) => { clock.after(0, task) }, meter: noMeter }
    const shared = { ...components, turns: new Turns(components) }
    accounts = new FairIntake(shared, { allowance: { burst: 48, perSecond: 40 }, maxBytes, name: 'accounts' })
    relays = new FairIntake(shared, { allowance: { burst: 512, perSecond: 500 }, maxBytes, name: 'relays' })
    done = { accounts: 0, relays: 0 }
  })

  const hand = (fair: FairIntake, key: string, envelopes: number): void => {
    const name = fair === accounts ? 'accounts' : 'relays'
    fair.run(key, { envelopes, bytes: envelopes }, async () => { done[name] += envelopes }).catch(() => {})
  }
  /** More than is served in two seconds, in batches as large as they come; their allowances are used up. */
  async function flood (): Promise<void> {
    hand(relays, 'far', 512)
    for (let i = 0; i < 100; i++) hand(relays, 'far', 230)
    for (let i = 0; i < 20; i++) for (let j = 0; j < 30; j++) hand(accounts, `flooder ${i}`, 32)
    done = { accounts: 0, relays: 0 }
  }
  /** Somebody writes ten times in a second. */
  async function second (write: () => void): Promise<number> {
    const before = done.accounts + done.relays
    for (let i = 0; i < 10; i++) {
      write()
      await clock.advance(100)
    }
    return done.accounts + done.relays - before
  }

  for (const [who, write] of [['a person here', () => { hand(accounts, 'ann', 1) }], ['a small relay', () => { hand(relays, 'near', 1) }]] as const) {
    it(`are one budget for accounts and relays, and ${who} protects against both`, async () => {
      write()
      await flood()
      const served = await second(write)
      assert.ok(served <= perSecond + 512 && served > perSecond / 2, `${served} in a second`)
      const share = done.relays / served
      assert.ok(share > 0.4 && share < 0.6, `relays got ${share.toFixed(2)}`)
    })
  }

  it('leave all of the budget to one kind when no other waits', async () => {
    hand(accounts, 'ann', 1)
    for (let i = 0; i < 400; i++) hand(accounts, 'flooder', 32)
    done.accounts = 0
    assert.ok(await second(() => { hand(accounts, 'ann', 1) }) > 0.9 * perSecond)
  })

  it('get more beside many who send little: two envelopes for each of theirs', async () => {
    hand(accounts, 'ann', 1)
    hand(relays, 'far', 512)
    for (let i = 0; i < 200; i++) hand(relays, 'far', 230)
    done.relays = 0
    for (let i = 0; i < 100; i++) {
      // 10,000 in a second.
      for (let j = 0; j < 100; j++) hand(accounts, `person ${i} ${j}`, 1)
      await clock.advance(10)
    }
    assert.ok(done.relays > 20_000 && done.relays <= 20_000 + perSecond + 230, `${done.relays} in a second`)
  })

  it('pay back what a large batch took too much', async () => {
    const write = (): void => { hand(accounts, 'ann', 1) }
    write()
    hand(relays, 'far', 512)
    for (let i = 0; i < 100; i++) hand(relays, 'far', 256)
    const served = await second(write)
    assert.ok(served <= perSecond + 256 + 20, `${served} in a second`)
  })

  it('go on behind a task that throws at once', async () => {
    hand(relays, 'far', 512)
    const refused = relays.run('far', { envelopes: 1, bytes: 1 }, () => { throw new ProtocolError('OVERLOADED') })
    hand(relays, 'far', 1)
    done.relays = 0
    await Promise.all([assert.rejects(refused, refusedAs('OVERLOADED')), clock.advance(100)])
    assert.equal(done.relays, 1)
    assert.equal(relays.isWaiting, false)
  })

  it('come to a batch without envelopes, too', async () => {
    hand(relays, 'far', 512)
    hand(relays, 'far', 1)
    const empty = relays.run('far', { envelopes: 0, bytes: 0 }, async () => 'done')
    await clock.advance(100)
    assert.equal(await empty, 'done')
  })

  it('a flood at a standby makes room for people whose messages are shipped there', async function () {
    this.timeout(20_000)
    const world = new World(31, { latencyMs: 20 })
    try {
      const [eu, us] = [await world.relay('eu-1'), await world.relay('us-1')]
      const [ann, bob] = [await world.person(eu), await world.person(eu)]
      const flooders: TestClient[] = []
      for (let i = 0; i < 4; i++) flooders.push(await world.person(us))
      await world.pass(2_000)
      await standBy(world, ann, us)
      await world.pass(5_000)
      /** Accepted at us within 200 ms of virtual time. */
      const flood = async (): Promise<number> => {
        let accepted = 0
        const all = flooders.flatMap((from, i) => Array.from({ length: 20 }, async () => {
          const envelopes = Array.from({ length: 32 }, () => from.seal(flooders[(i + 1) % 4]!.account).bytes)
          const { outcomes } = await from.channel.call(clientMethods.submit, { envelopes }, { timeoutMs: 60_000 })
          accepted += outcomes.filter(({ status }) => status === 0).length
        }))
        await world.pass(200)
        const during = accepted
        await world.pass(5_000)
        await Promise.all(all)
        return during
      }
      const alone = await flood()
      await world.pass(10_000)
      ann.send(bob)
      await world.pass(100)
      const beside = await flood()
      assert.ok(alone >= 2_000, `${alone} when nobody is there`)
      assert.ok(beside <= 1_600, `${beside} beside somebody's messages`)
    } finally {
      await world.stop()
    }
  })
})
