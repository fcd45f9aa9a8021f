import assert from 'node:assert/strict'
import { TestGroup } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

describe('delivery of groups', () => {
  let world: World
  let relay: TestRelayNode
  let a: TestClient
  let b: TestClient
  let others: TestClient[]
  let group: TestGroup

  beforeEach(async () => {
    world = new World(51)
    relay = await world.relay('eu-1.example.org')
    ;[a, b] = [await world.person(relay), await world.person(relay)]
    others = []
    for (let i = 0; i < 4; i++) others.push(await world.person(relay))
    group = new TestGroup(world, a)
    group.create([b, ...others])
    await world.pass()
  })
  afterEach(async () => { await world.stop() })

  it('what a group has filled of the window leaves room for a conversation of two', async () => {
    b.holdsBack = true
    for (let i = 0; i < 900; i++) group.say(a)
    await world.until(() => a.outbox.length === 0)
    await world.pass()
    const shown = group.shownTo(b).length
    assert.ok(shown > 500 && shown < 900, `${shown} of the group came before anything was acknowledged`)
    const toB = a.send(b)
    await world.pass()
    assert.deepEqual(b.shownWith(a), [toB])
    b.holdsBack = false
    await b.offline()
    await b.online()
    await world.until(() => group.shownTo(b).length === 901)
  })

  it('all members that come back after a long time get everything, read from the store once for all of them', async () => {
    for (const one of [b, ...others]) await one.offline()
    for (let i = 0; i < 400; i++) group.say(a, { sizeBytes: 2_000 })
    await world.until(() => a.outbox.length === 0)
    await world.pass(1_000)
    let reads = 0
    const { readLog } = relay.store
    relay.store.readLog = async (...args) => { reads++; return await readLog.apply(relay.store, args) }
    await Promise.all([b, ...others].map((one) => one.online()))
    await world.until(() => [b, ...others].every((one) => group.shownTo(one).length === 401))
    for (const one of others) assert.deepEqual(group.shownTo(one), group.shownTo(b))
    assert.ok(reads <= 2 * Math.ceil(400 * 2_000 / (128 * 1024)), `${reads} reads for five devices`)
    assert.equal([b, ...others].reduce((sum, one) => sum + one.duplicates, 0), 0)
  })

  it('a member whose own messages are among those of the others gets references for them', async () => {
    for (let round = 0; round < 20; round++) for (const one of [a, b, ...others]) group.say(one)
    await world.until(() => [a, b, ...others].every((one) => group.shownTo(one).length === 121))
    for (const one of [b, ...others]) assert.deepEqual(group.shownTo(one), group.shownTo(a))
  })
})
