import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../../protocol/e2ee/primitives-seeded.ts'
import { FakeDialer, type FakeRelay } from '../testing/relay-fake.ts'
import { FakeWorld } from '../testing/world-fake.ts'
import { RelayChoice } from './relay-choice.ts'

describe('client: who could stand in for a home', () => {
  const { signal } = new AbortController()

  /** Name, region, one way in milliseconds. The first is the home. */
  function worldOf (...relays: ReadonlyArray<readonly [string, string, number]>): { world: FakeWorld, choice: RelayChoice, home: FakeRelay } {
    const world = new FakeWorld(seededPrimitives(nodePrimitives, 'choice of a standby'))
    world.relays.splice(0)
    for (const [name, region, delayMs] of relays) {
      const relay = world.makeRelay({ name, region, loadPermille: 0 })
      relay.delayMs = delayMs
      world.relays.push(relay)
    }
    for (const relay of world.relays) relay.directory = () => world.relays.map(({ record }) => record)
    const dialer = new FakeDialer(() => world.relays, world.random.bytes(32), nodePrimitives)
    return { world, home: world.relays[0]!, choice: new RelayChoice({ dialer, clock: world.clock, signing: nodePrimitives }, { bootstrap: [world.relays[0]!.address] }) }
  }

  async function namesOf ({ world, choice, home }: ReturnType<typeof worldOf>): Promise<string[]> {
    const found = await world.settled(choice.standbys({ relay: home.id, name: home.name, region: home.region, addresses: [home.address] }, [], signal))
    return found.map(({ name }) => name)
  }

  it('somebody else in another region first, then one of both, then the nearest; never the home', async () => {
    const one = worldOf(['eu-1.example.org', 'eu', 5], ['eu-2.example.org', 'eu', 5], ['us-1.example.org', 'us', 50], ['eu-9.other.net', 'eu', 10], ['ap-1.other.net', 'ap', 200], ['us-9.third.net', 'us', 60])
    assert.deepEqual(await namesOf(one), ['us-9.third.net', 'ap-1.other.net', 'eu-9.other.net', 'us-1.example.org', 'eu-2.example.org'])
  })

  it('one that does not answer is none', async () => {
    const one = worldOf(['eu-1', 'eu', 5], ['us-1', 'us', 50], ['ap-1', 'ap', 20])
    one.world.relays[2]!.down()
    assert.deepEqual(await namesOf(one), ['us-1'])
  })

  it('nobody else: none', async () => {
    assert.deepEqual(await namesOf(worldOf(['eu-1', 'eu', 5])), [])
  })

  it('when the home is down, those who are remembered are asked', async () => {
    const { world, choice, home } = worldOf(['eu-1', 'eu', 5], ['us-1', 'us', 50], ['ap-1', 'ap', 20])
    home.down()
    const asked = world.settled(choice.others({ relay: home.id, addresses: [home.address] }, [world.relays[1]!.address], signal))
    assert.deepEqual((await asked).map(({ name }) => name).sort(), ['ap-1', 'us-1'])
    await assert.rejects(world.settled(choice.others({ relay: home.id, addresses: [home.address] }, [], signal)), { code: 'HOME_UNREACHABLE' })
  })
})
