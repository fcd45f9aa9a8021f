/**
 * A home is away and nothing stands in for it: what its people write goes over any other relay. docs/protocol/move.md
 */
import assert from 'node:assert/strict'
import type { Warning } from '../client/client.ts'
import { pairConversation } from '../protocol/conversation.ts'
import { addressOf, type TestDevice } from './device-world.ts'
import { MoveWorld } from './move-world.ts'

describe('a guest of another relay', function () {
  this.timeout(60_000)
  let world: MoveWorld

  const texts = (...warnings: Warning[][]): string[] => warnings.flat().map(({ text }) => text)
  const moves = (device: TestDevice): string[] => world.changes.get(device)!.map(({ reason, from, to }) => `${reason} ${from.name} ${to.name}`)
  const anchorOf = (one: TestDevice, other: TestDevice): TestDevice => pairConversation(one.account, other.account).anchor === one.account ? one : other

  /** Ann, whose home will die, and Bob, of whom one anchors what they write. */
  async function pair (anchor: 'ann' | 'bob', relays: readonly string[] = ['eu-1', 'us-1', 'ap-1']): Promise<[TestDevice, TestDevice]> {
    for (let keys = 1; ; keys++) {
      world = await MoveWorld.with(relays, { keys })
      const ann = await world.person('ann', 'eu-1', { standby: 'none' })
      const bob = await world.person('bob', 'ap-1', { standby: 'none' })
      if (anchorOf(ann, bob).name === anchor) {
        await ann.say(bob.account, 'hello')
        await bob.say(ann.account, 'hi')
        await world.until(() => bob.received.length === 1 && ann.received.length === 1, 'the first messages')
        await world.world.pass(1_000)
        return [ann, bob]
      }
      await world.stop()
    }
  }

  afterEach(async () => { await world.stop() })

  it('writes to people whose relays live, at once; when the home is back nothing is there twice', async () => {
    const [ann, bob] = await pair('bob')
    world.crash('eu-1')
    await ann.say(bob.account, 'one')
    const tookMs = await world.timeUntil(() => bob.received.includes('one'), 'a message over the guest relay')
    assert.ok(tookMs < 10_000, `${tookMs} ms`)
    assert.notEqual(ann.client.connection.guestOf, undefined)
    assert.deepEqual(await ann.states(bob.account), ['delivered', 'sent'])
    for (let i = 0; i < 10; i++) await ann.say(bob.account, `more ${i}`)
    await bob.say(ann.account, 'waits')
    await world.until(() => bob.received.includes('more 9'), 'all of them')
    assert.deepEqual(ann.received, ['hi'])
    await world.restart('eu-1')
    await world.until(() => ann.received.includes('waits'), 'what waited')
    await ann.say(bob.account, 'home')
    await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered'), 'receipts')
    assert.deepEqual(bob.received, ['hello', 'one', ...Array.from({ length: 10 }, (_, i) => `more ${i}`), 'home'])
    assert.equal(ann.client.connection.guestOf, undefined)
    assert.deepEqual(moves(ann), [])
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  it('what the dead home would have to number waits at the guest relay, over its restart, and goes out when the home is back', async () => {
    const [ann, bob] = await pair('ann')
    world.crash('eu-1')
    await ann.say(bob.account, 'one')
    await world.until(() => ann.client.connection.guestOf !== undefined, 'ann a guest')
    await world.until(async () => (await ann.states(bob.account)).at(-1) === 'sent', 'sent')
    const host = ann.client.connection.guestOf!
    await ann.away()
    world.crash(host)
    await world.restart(host)
    await world.world.pass(60_000)
    assert.deepEqual(bob.received, ['hello'])
    await world.restart('eu-1')
    await world.until(() => bob.received.includes('one'), 'the message, while its sender is away', 120_000)
    await ann.back()
    await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered'), 'the receipt')
    await world.world.pass(60_000)
    assert.deepEqual(bob.received, ['hello', 'one'])
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  it('what the home had taken and not passed on goes to the guest relay before what was written since', async () => {
    const [ann, bob] = await pair('bob')
    world.world.network.cut(world.node('eu-1').id, world.node('ap-1').id, 'silent')
    for (let i = 0; i < 3; i++) await ann.say(bob.account, `at the home ${i}`)
    await world.until(async () => (await ann.states(bob.account)).every((state) => state !== 'pending'), 'all sent')
    world.crash('eu-1')
    await world.world.pass(100)
    for (let i = 0; i < 3; i++) await ann.say(bob.account, `later ${i}`)
    await world.until(() => bob.received.length === 7, 'all of them')
    assert.notEqual(ann.client.connection.guestOf, undefined)
    assert.deepEqual(bob.received, ['hello', ...['at the home', 'later'].flatMap((text) => [0, 1, 2].map((i) => `${text} ${i}`))])
  })

  for (const anchor of ['ann', 'bob'] as const) {
    it(`after an hour without a home the account moves by itself (${anchor} anchors)`, async () => {
      const [ann, bob] = await pair(anchor)
      world.crash('eu-1')
      await ann.say(bob.account, 'one')
      await bob.say(ann.account, 'two')
      await world.world.pass(50 * 60_000)
      assert.deepEqual(moves(ann), [])
      await world.until(() => bob.received.includes('one') && ann.received.includes('two'), 'both messages', 15 * 60_000)
      assert.equal(moves(ann).length, 1)
      await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered') && (await bob.states(ann.account)).every((state) => state === 'delivered'), 'receipts')
      assert.deepEqual([ann.received, bob.received], [['hi', 'two'], ['hello', 'one']])
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
    })
  }

  it('the person may move at once; what died with the relay is sent again by the devices that wrote it', async () => {
    for (const anchor of ['ann', 'bob'] as const) {
      const [ann, bob] = await pair(anchor)
      // The home has acknowledged it and passes nothing on any more.
      world.world.network.cut(world.node('eu-1').id, world.node('ap-1').id, 'silent')
      const message = await ann.say(bob.account, 'only at the home')
      await world.until(async () => (await ann.history(bob.account)).find(({ id }) => id === message.id)?.state === 'sent', 'sent')
      world.crash('eu-1')
      const status = await world.world.during(ann.client.home.move())
      assert.notEqual(status.name, 'eu-1')
      await world.until(() => bob.received.includes('only at the home'), 'the message')
      await bob.say(ann.account, 'back')
      await world.until(() => ann.received.includes('back'), 'the answer')
      assert.deepEqual([ann.received, bob.received], [['hi', 'back'], ['hello', 'only at the home']])
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
      if (anchor === 'ann') await world.stop()
    }
  })

  for (const anchor of ['ann', 'bob'] as const) {
    for (const to of ['ap-1', 'us-1'] as const) {
      for (const isAway of [true, false]) {
        it(`what only the dead home had for the person is sent again, though nothing is written since (${anchor} anchors, to ${to}, ${isAway ? 'away' : 'a dead line'})`, async () => {
          const [ann, bob] = await pair(anchor, ['eu-1', 'ap-1', 'us-1'])
          if (isAway) await ann.away()
          else world.pauseLine(ann, 'eu-1', true)
          for (const text of ['three', 'four']) await bob.say(ann.account, text)
          // Their relays have let go of it: whoever lives there has it.
          await world.world.pass(1_500)
          assert.deepEqual(await bob.states(ann.account), ['delivered', 'sent', 'sent'])
          world.crash('eu-1')
          if (isAway) {
            await ann.open()
            world.watch(ann)
            ann.client.start()
          }
          await world.world.during(ann.client.home.move(to))
          await world.until(async () => (await bob.states(ann.account)).every((state) => state === 'delivered'), 'receipts')
          assert.deepEqual(ann.received, ['hi', 'three', 'four'])
          const [at, there] = [await ann.history(bob.account), await bob.history(ann.account)].map((messages) => messages.map(({ text }) => text))
          assert.deepEqual(at, there)
        })
      }
    }
  }

  for (const keys of [1, 2, 3]) {
    for (const isDead of [true, false]) {
      it(`the first words to somebody come also when ${isDead ? 'the only relay that had them is dead' : 'they were away for a day, once'} (keys ${keys})`, async () => {
        world = await MoveWorld.with(['eu-1', 'ap-1', 'us-1'], { keys })
        const ann = await world.person('ann', 'eu-1', { standby: 'none' })
        const bob = await world.person('bob', 'ap-1', { standby: 'none' })
        await ann.away()
        for (const text of ['one', 'two']) await bob.say(ann.account, text)
        await world.world.pass(1_500)
        assert.deepEqual(await bob.states(ann.account), ['sent', 'sent'])
        if (isDead) world.crash('eu-1')
        else await world.world.pass(24 * 60 * 60_000)
        await ann.open()
        world.watch(ann)
        ann.client.start()
        if (isDead) await world.world.during(ann.client.home.move('us-1'))
        await world.until(async () => (await bob.states(ann.account)).every((state) => state === 'delivered'), 'receipts', 15 * 60_000)
        assert.deepEqual(ann.received, ['one', 'two'])
        assert.deepEqual((await ann.history(bob.account)).map(({ text }) => text), ['one', 'two'])
      })
    }
  }

  it('two people of the dead home write as guests, and have each other\'s messages after one of them has moved', async () => {
    world = await MoveWorld.with(['eu-1', 'us-1', 'ap-1'])
    const ann = await world.person('ann', 'eu-1', { standby: 'none' })
    const bob = await world.person('bob', 'eu-1', { standby: 'none' })
    await ann.say(bob.account, 'hello')
    await world.until(() => bob.received.length === 1, 'the first message')
    world.crash('eu-1')
    await ann.say(bob.account, 'one')
    await bob.say(ann.account, 'two')
    await world.world.pass(30_000)
    for (const one of [ann, bob]) await world.world.during(one.client.home.move())
    await world.until(() => bob.received.includes('one') && ann.received.includes('two'), 'both messages')
    await world.world.pass(60_000)
    assert.deepEqual([ann.received, bob.received], [['two'], ['hello', 'one']])
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  it('a companion is a guest, too, and does not move the account', async () => {
    world = await MoveWorld.with(['eu-1', 'us-1', 'ap-1'])
    const ann = await world.person('ann', 'eu-1', { standby: 'none' })
    const laptop = await world.another('laptop', ann, 'eu-1', { standby: 'none' })
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await laptop.say(bob.account, 'hello')
    await world.until(() => bob.received.length === 1, 'the first message')
    await ann.away()
    world.crash('eu-1')
    await laptop.say(bob.account, 'one')
    await world.world.pass(2 * 60 * 60_000)
    assert.deepEqual(moves(laptop), [])
    await ann.open()
    world.watch(ann)
    ann.client.start()
    await world.world.during(ann.client.home.move('us-1'))
    await world.until(() => world.homeOf(laptop) === 'us-1', 'the companion follows')
    await world.until(() => bob.received.includes('one'), 'the message')
    await bob.say(ann.account, 'two')
    await world.until(() => ann.received.includes('two') && laptop.received.includes('two'), 'the answer')
    await world.world.pass(60_000)
    assert.deepEqual(bob.received, ['hello', 'one'])
    assert.deepEqual(texts(ann.warnings, laptop.warnings, bob.warnings), [])
  })

  it('who knows no bootstrap node but the home itself remembers other relays, and moves by hand', async () => {
    world = await MoveWorld.with(['eu-1', 'us-1', 'ap-1'])
    const ann = await world.person('ann', 'eu-1', { standby: 'none', bootstrap: [addressOf(world.node('eu-1'))] })
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.say(bob.account, 'hello')
    await world.until(() => bob.received.length === 1, 'the first message')
    await world.world.pass(10_000)
    await ann.away()
    world.crash('eu-1')
    await ann.open()
    world.watch(ann)
    ann.client.start()
    await world.until(() => ann.client.connection.guestOf !== undefined, 'ann a guest')
    await world.world.during(ann.client.home.move())
    await ann.say(bob.account, 'one')
    await world.until(() => bob.received.includes('one'), 'a message after the move')
  })
})
