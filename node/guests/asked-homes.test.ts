import assert from 'node:assert/strict'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { TestPerson, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { World } from '../testing/message-world.ts'
import { silentLogger } from '../watch/logger.ts'
import { AskedHomes } from './asked-homes.ts'

describe('an account that announces its move', () => {
  it('again and again has one round under way, for whom it named last, and none after stop', async () => {
    const world = new World(31)
    const [self, mover] = [testRelay(world.random).id, new TestPerson(world.random)]
    const people = Array.from({ length: 20 }, () => new TestPerson(world.random).account)
    let underWay = 0
    let most = 0
    const asked: string[] = []
    const silent = async (account: string): Promise<never> => {
      asked.push(account)
      most = Math.max(most, ++underWay)
      await new Promise<void>((resolve) => { world.clock.after(1_500, resolve) })
      underWay--
      throw new ProtocolError('TIMEOUT')
    }
    const handlers = new Handlers()
    const homes = new AskedHomes({
      homes: { self, known: async () => undefined, cached: () => mover.home(self), find: silent, askNewest: silent },
      relays: { channelTo: async () => { throw new ProtocolError('HOME_UNREACHABLE') } },
      directory: { addressesOf: () => [] },
      clock: world.clock,
      random: world.random,
      logger: silentLogger,
      meter: new CountingMeter(),
      isBehind: () => false,
      asker: () => mover,
      resident: () => mover
    })
    homes.register(handlers)
    const announce = handlers.get(clientMethods.announce.id)!
    assert.ok(announce.answer !== undefined)
    for (const person of people) {
      await announce.answer(encode(clientMethods.announce.request, { accounts: [accountIdToBytes(person)], homes: [] }), {} as Channel)
      await world.pass(100)
    }
    assert.equal(most, 1, 'lookups for one account')
    await world.pass(10_000)
    assert.equal(asked.at(-1), people.at(-1))
    homes.stop()
    const before = asked.length
    await world.pass(600_000)
    assert.equal(asked.length, before)
    assert.equal(world.clock.pending, 0)
  })
})
