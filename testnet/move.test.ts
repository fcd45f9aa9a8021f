/**
 * A home relay dies. The client notices, moves, and nobody has to do anything. docs/protocol/move.md
 */
import assert from 'node:assert/strict'
import type { Warning } from '../client/client.ts'
import { MemoryStore } from '../node/store/store-memory.ts'
import type { TestDevice } from './device-world.ts'
import { MoveWorld } from './move-world.ts'

const relays = ['eu-1', 'us-1', 'ap-1'] as const

describe('a home that dies', function () {
  this.timeout(60_000)
  let world: MoveWorld

  const moves = (device: TestDevice): string[] => world.changes.get(device)!.map(({ reason, from, to }) => `${reason} ${from.name} ${to.name}`)
  const texts = (...warnings: Warning[][]): string[] => warnings.flat().map(({ text }) => text)

  afterEach(async () => { await world.stop() })

  for (const keys of [1, 2, 3, 4]) {
    it(`with a standby: the client moves in under 10 s, its contacts do nothing, and both go on writing (keys ${keys})`, async () => {
      world = await MoveWorld.with(relays, { keys })
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'ap-1', { standby: 'none' })
      await ann.say(bob.account, 'one')
      await bob.say(ann.account, 'two')
      await world.until(() => bob.received.includes('one') && ann.received.includes('two'), 'the first messages')
      const standby = (await ann.client.home.status()).standby!.name
      world.crash('eu-1')
      // Written before anybody knows.
      await bob.say(ann.account, 'three')
      await ann.say(bob.account, 'four')
      const tookMs = await world.timeUntil(() => world.homeOf(ann) === standby && ann.client.connection.state === 'online', 'the move', 20_000)
      assert.ok(tookMs < 10_000, `${tookMs} ms`)
      const talkedMs = await world.timeUntil(() => bob.received.includes('four') && ann.received.includes('three'), 'messages after the move', 30_000)
      assert.ok(tookMs + talkedMs < 12_000, `${tookMs} + ${talkedMs} ms`)
      assert.deepEqual(bob.received, ['one', 'four'])
      assert.deepEqual(ann.received, ['two', 'three'])
      await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered') && (await bob.states(ann.account)).every((state) => state === 'delivered'), 'receipts')
      assert.deepEqual(moves(ann), [`dead eu-1 ${standby}`])
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
      // And has a standby again.
      await world.until(async () => (await ann.client.home.status()).mayMove, 'another standby')
      assert.ok(!['eu-1', standby].includes((await ann.client.home.status()).standby!.name))
    })
  }

  for (const isBack of [true, false]) {
    it(`a device that died while it moved, and had heard since that it lives at its standby, goes there (the old home ${isBack ? 'is back' : 'stays away'})`, async () => {
      world = await MoveWorld.with(relays)
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'ap-1', { standby: 'none' })
      const standby = (await ann.client.home.status()).standby!.name
      const before = new Map(ann.data)
      world.crash('eu-1')
      await world.until(() => world.homeOf(ann) === standby && ann.client.connection.state === 'online', 'the move')
      await ann.away()
      // All that was written of it: the record, as any answer about the account brings it.
      const record = ann.data.get(`hr/${ann.account}`)!
      ann.data.clear()
      for (const [key, value] of before) ann.data.set(key, value)
      ann.data.set(`hr/${ann.account}`, record)
      if (isBack) await world.restart('eu-1')
      await world.world.pass(30_000)
      await ann.open()
      ann.client.start()
      await world.until(() => world.homeOf(ann) === standby && ann.client.connection.state === 'online', 'ann to be at her standby')
      await bob.say(ann.account, 'there you are')
      await world.until(() => ann.received.includes('there you are'), 'a message')
    })
  }

  /** The home has acknowledged a message that its standby does not have, and dies when that is back. */
  async function behind (): Promise<{ ann: TestDevice, bob: TestDevice, standby: string }> {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const standby = (await ann.client.home.status()).standby!.name
    const elsewhere = relays.find((name) => name !== 'eu-1' && name !== standby)!
    const bob = await world.person('bob', elsewhere, { standby: 'none' })
    await ann.say(bob.account, 'one')
    await world.until(() => bob.received.includes('one'), 'the first message')
    world.crash(standby)
    world.world.network.cut(world.node('eu-1').id, world.node(elsewhere).id, 'silent')
    await ann.say(bob.account, 'two')
    await world.until(async () => (await ann.states(bob.account)).at(-1) === 'sent', 'sent by a home that is alone')
    world.crash('eu-1')
    await world.restart(standby)
    await ann.say(bob.account, 'three')
    return { ann, bob, standby }
  }

  it('a standby that has not everything: the home is waited for, and the messages keep their order', async () => {
    const { ann, bob } = await behind()
    await world.world.pass(20_000)
    assert.deepEqual(moves(ann), [])
    assert.notEqual(ann.client.connection.guestOf, undefined)
    await world.restart('eu-1')
    await world.until(() => bob.received.includes('three') && ann.client.connection.state === 'online', 'the third message')
    assert.deepEqual(bob.received, ['one', 'two', 'three'])
    await world.world.pass(60_000)
    assert.deepEqual(moves(ann), [])
  })

  it('a standby that has not everything: the account moves there after a minute, and nothing is lost', async () => {
    const { ann, bob, standby } = await behind()
    const tookMs = await world.timeUntil(() => world.homeOf(ann) === standby && ann.client.connection.state === 'online', 'the move', 100_000)
    assert.ok(tookMs > 45_000 && tookMs < 90_000, `${tookMs} ms`)
    await world.until(() => bob.received.includes('two') && bob.received.includes('three'), 'the messages')
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  for (const keys of [1, 2, 3]) {
    it(`without a word, as when the power fails: the client notices, and moves in under 10 s (keys ${keys})`, async () => {
      world = await MoveWorld.with(relays, { keys })
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'ap-1', { standby: 'none' })
      await bob.say(ann.account, 'one')
      await world.until(() => ann.received.includes('one'), 'the first message')
      await world.world.pass(20_000 + keys * 700)
      const standby = (await ann.client.home.status()).standby!.name
      world.vanish('eu-1')
      const tookMs = await world.timeUntil(() => world.homeOf(ann) === standby && ann.client.connection.state === 'online', 'the move', 20_000)
      assert.ok(tookMs < 9_000, `${tookMs} ms`)
      await bob.say(ann.account, 'two')
      await ann.say(bob.account, 'three')
      await world.until(() => bob.received.includes('three') && ann.received.includes('two'), 'messages after the move')
      assert.deepEqual(moves(ann), [`dead eu-1 ${standby}`])
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
    })
  }

  for (const asks of [true, false]) {
    it(`without a word, while nobody is at the device: noticed with ${asks ? 'the first thing that is asked of the home' : 'the next heartbeat'}`, async () => {
      world = await MoveWorld.with(relays)
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'ap-1', { standby: 'none' })
      await bob.say(ann.account, 'one')
      await world.until(() => ann.received.includes('one'), 'the first message')
      ann.client.presence.setState('idle')
      // After a heartbeat.
      await world.world.pass(32_000)
      world.vanish('eu-1')
      await world.world.pass(10_000)
      assert.equal(world.homeOf(ann), 'eu-1', 'no radio is woken for this')
      if (asks) await ann.say(bob.account, 'two')
      const tookMs = await world.timeUntil(() => world.homeOf(ann) !== 'eu-1' && ann.client.connection.state === 'online', 'the move')
      assert.ok(asks ? tookMs < 9_000 : tookMs > 9_000 && tookMs < 30_000, `${tookMs} ms`)
      if (asks) await world.until(() => bob.received.includes('two'), 'the message')
    })
  }

  it('nobody moves for a line that is silent for a while, nor asks an idle home for more than it costs', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    await world.world.pass(5_000)
    for (const ms of [1_000, 3_000, 8_000, 30_000]) {
      world.pauseLine(ann, 'eu-1', true)
      await world.world.pass(ms)
      world.pauseLine(ann, 'eu-1', false)
      await world.world.pass(30_000)
      assert.equal(ann.client.connection.state, 'online')
    }
    assert.equal(world.homeOf(ann), 'eu-1')
    assert.deepEqual(moves(ann), [])
    assert.equal(ann.client.connection.guestOf, undefined)
    const inAMinute = async (): Promise<number> => {
      const before = world.sendsOf(ann, 'eu-1')
      await world.world.pass(60_000)
      return world.sendsOf(ann, 'eu-1') - before
    }
    const [active] = [await inAMinute()]
    assert.ok(active >= 25 && active <= 35, `${active} in a minute`)
    ann.client.presence.setState('idle')
    await world.world.pass(5_000)
    const idle = await inAMinute()
    assert.ok(idle <= 4, `${idle} in a minute in which nobody is there`)
  })

  it('two people of one home that dies for good: both move, nothing is lost or there twice', async () => {
    for (const keys of [1, 2]) {
      world = await MoveWorld.with(relays, { keys })
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'eu-1')
      for (let i = 0; i < 20; i++) await (i % 2 === 0 ? ann.say(bob.account, `a${i}`) : bob.say(ann.account, `b${i}`))
      await world.until(() => ann.received.length === 10 && bob.received.length === 10, 'the first messages')
      await ann.say(bob.account, 'on its way')
      world.crash('eu-1')
      await ann.say(bob.account, 'and')
      await bob.say(ann.account, 'back')
      await world.until(() => bob.received.includes('and') && ann.received.includes('back'), 'messages after the move')
      await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered') && (await bob.states(ann.account)).every((state) => state === 'delivered'), 'receipts')
      assert.deepEqual(bob.received, [...Array.from({ length: 10 }, (_, i) => `a${2 * i}`), 'on its way', 'and'])
      assert.equal(new Set(ann.received).size, 11)
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
      if (keys === 1) await world.stop()
    }
  })

  it('a client that was away when it died moves when it is back', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await bob.say(ann.account, 'one')
    await world.until(() => ann.received.includes('one'), 'the first message')
    await ann.away()
    world.crash('eu-1')
    await bob.say(ann.account, 'two')
    await world.world.pass(10 * 60_000)
    await ann.open()
    world.watch(ann)
    ann.client.start()
    const tookMs = await world.timeUntil(() => ann.received.includes('two'), 'what was written meanwhile')
    assert.ok(tookMs < 15_000, `${tookMs} ms`)
    assert.notEqual(world.homeOf(ann), 'eu-1')
  })

  it('a companion moves the account when the primary device is away, and that one follows', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const laptop = await world.another('laptop', ann, 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.away()
    const standby = (await laptop.client.home.status()).standby!.name
    world.crash('eu-1')
    await laptop.say(bob.account, 'from the laptop')
    await bob.say(ann.account, 'to both')
    await world.until(() => bob.received.includes('from the laptop') && laptop.received.includes('to both'), 'both ways')
    assert.equal(world.homeOf(laptop), standby)
    await ann.open()
    world.watch(ann)
    ann.client.start()
    await world.until(() => ann.received.includes('to both') && world.homeOf(ann) === standby, 'the primary follows')
    assert.equal((await ann.client.home.status()).epoch, (await laptop.client.home.status()).epoch)
    await world.until(async () => (await laptop.client.home.status()).standby?.name !== undefined && (await laptop.client.home.status()).mayMove, 'a new order for the companion')
    assert.deepEqual(texts(ann.warnings, laptop.warnings, bob.warnings), [])
  })

  it('a device that was unlinked keeps no order that is good: with the next connection a newer record takes its place', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const laptop = await world.another('laptop', ann, 'eu-1')
    await world.until(async () => (await laptop.client.home.status()).mayMove, 'the companion has an order')
    const before = await ann.client.home.status()
    const [companion] = (await ann.client.devices.list()).filter(({ isThis }) => !isThis)
    await world.world.during(ann.client.devices.unlink(companion!.id))
    await ann.away()
    await ann.back()
    await world.world.pass(15_000)
    const after = await ann.client.home.status()
    assert.ok(after.epoch > before.epoch + 1, 'the order is of the epoch after the one that it was signed under')
    assert.equal(after.standby?.name, before.standby?.name)
    assert.ok(after.mayMove, 'with an order of its own')
  })

  it('two devices that move at the same moment publish the same record', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const laptop = await world.another('laptop', ann, 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await bob.say(ann.account, 'before')
    await world.until(() => ann.received.includes('before') && laptop.received.includes('before'), 'the first message')
    world.crash('eu-1')
    await world.until(() => [ann, laptop].every((device) => world.homeOf(device) !== 'eu-1' && device.client.connection.state === 'online'), 'both have moved')
    assert.equal(world.homeOf(ann), world.homeOf(laptop))
    assert.equal((await ann.client.home.status()).epoch, (await laptop.client.home.status()).epoch)
    await bob.say(ann.account, 'after')
    await ann.say(bob.account, 'a')
    await laptop.say(bob.account, 'l')
    await world.until(() => ann.received.includes('after') && laptop.received.includes('after') && bob.received.length === 2, 'messages after it')
    assert.deepEqual(texts(ann.warnings, laptop.warnings, bob.warnings), [])
  })

  it('a restart moves nobody: drained, or killed and back in three seconds', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const eu = world.node('eu-1')
    await world.world.during(eu.relay.stop({ timeoutMs: 5_000 }))
    eu.isRunning = false
    await world.world.pass(40_000)
    await world.restart('eu-1')
    await world.until(() => ann.client.connection.state === 'online', 'ann back')
    world.crash('eu-1')
    await world.world.pass(3_000)
    await world.restart('eu-1')
    await world.until(() => ann.client.connection.state === 'online', 'ann back again')
    await world.world.pass(60_000)
    assert.equal(world.homeOf(ann), 'eu-1')
    assert.deepEqual(moves(ann), [])
  })

  it('a bad line moves nobody: the standby sees the home', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.say(bob.account, 'one')
    await world.until(() => bob.received.includes('one'), 'the first message')
    world.cutLine(ann, 'eu-1')
    await world.world.pass(120_000)
    assert.deepEqual(moves(ann), [])
    for (const name of ['us-1', 'ap-1']) world.cutLine(ann, name)
    await world.world.pass(120_000)
    for (const name of relays) world.healLine(ann, name)
    await world.until(() => ann.client.connection.state === 'online', 'ann back')
    assert.deepEqual([world.homeOf(ann), moves(ann)], ['eu-1', []])
  })

  it('a home that comes and goes moves nobody while it comes back in time', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    for (let i = 0; i < 6; i++) {
      await ann.say(bob.account, `message ${i}`)
      world.crash('eu-1')
      await world.world.pass(3_500)
      await world.restart('eu-1')
      await world.until(() => ann.client.connection.state === 'online', 'ann back')
      await world.world.pass(1_000)
    }
    await world.until(() => bob.received.length === 6, 'everything')
    assert.deepEqual([world.homeOf(ann), moves(ann)], ['eu-1', []])
    assert.deepEqual(bob.received, Array.from({ length: 6 }, (_, i) => `message ${i}`))
  })

  it('a home that comes back with its old disk does not get the account again, and nothing is lost', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await bob.say(ann.account, 'one')
    await world.until(() => ann.received.includes('one'), 'the first message')
    world.crash('eu-1')
    await bob.say(ann.account, 'two')
    await world.until(() => ann.received.includes('two'), 'the move')
    const home = world.homeOf(ann)
    await world.restart('eu-1')
    await ann.say(bob.account, 'three')
    await bob.say(ann.account, 'four')
    await world.until(() => bob.received.includes('three') && ann.received.includes('four'), 'messages after it')
    await world.world.pass(60_000)
    assert.equal(world.homeOf(ann), home)
    assert.deepEqual([ann.received, bob.received], [['one', 'two', 'four'], ['three']])
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  it('somebody moves by hand while the home lives', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1', { standby: 'none' })
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await bob.say(ann.account, 'one')
    await world.until(() => ann.received.includes('one'), 'the first message')
    const status = await world.world.during(ann.client.home.move('us-1'))
    assert.deepEqual([status.name, ann.client.account!.handle], ['us-1', 'ann@us-1'])
    await bob.say(ann.account, 'two')
    await ann.say(bob.account, 'three')
    await world.until(() => ann.received.includes('two') && bob.received.includes('three'), 'messages after it')
    assert.deepEqual(moves(ann), ['asked eu-1 us-1'])
    await assert.rejects(world.world.during(ann.client.home.move('us-1')), { code: 'NOT_ADMITTED' })
    await assert.rejects(world.world.during(ann.client.home.move('xx-1')), { code: 'UNKNOWN_RELAY' })
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })

  it('somebody goes back to a relay that no directory knows yet', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1', { standby: 'none' })
    await world.world.during(ann.client.home.move('us-1'))
    world.emptyDirectories()
    await assert.rejects(world.world.during(ann.client.home.move('xx-1')), { code: 'HOME_UNREACHABLE' })
    assert.equal((await world.world.during(ann.client.home.move('eu-1'))).name, 'eu-1')
    assert.deepEqual(moves(ann), ['asked eu-1 us-1', 'asked us-1 eu-1'])
  })

  it('the person chooses a standby, none, or leaves it to the client', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1', { standby: 'none' })
    await world.world.pass(30_000)
    assert.equal((await ann.client.home.status()).standby, undefined)
    const chosen = await world.world.during(ann.client.home.setStandby('ap-1'))
    assert.deepEqual([chosen.standby?.name, chosen.wish, chosen.mayMove], ['ap-1', 'chosen', true])
    const { epoch } = chosen
    assert.equal((await world.world.during(ann.client.home.setStandby('ap-1'))).epoch, epoch)
    const none = await world.world.during(ann.client.home.setStandby('none'))
    assert.deepEqual([none.standby, none.wish, none.mayMove], [undefined, 'none', false])
    assert.ok(none.epoch > epoch)
    const auto = await world.world.during(ann.client.home.setStandby('auto'))
    assert.deepEqual([auto.standby !== undefined, auto.wish, auto.mayMove], [true, 'auto', true])
    await assert.rejects(world.world.during(ann.client.home.setStandby('eu-1')), { code: 'NOT_ADMITTED' })
    const laptop = await world.another('laptop', ann, 'eu-1')
    await assert.rejects(world.world.during(laptop.client.home.setStandby('none')), { code: 'NOT_ALLOWED' })
    await assert.rejects(world.world.during(laptop.client.home.move('eu-1')), { code: 'NOT_ALLOWED' })
  })

  for (const dies of ['founder', 'member'] as const) {
    for (const standby of ['auto', 'none'] as const) {
      it(`a group goes on when the home of its ${dies} dies, ${standby === 'auto' ? 'with a standby' : 'without one, moved by hand'}`, async () => {
        world = await MoveWorld.with(relays)
        const ann = await world.person('ann', dies === 'founder' ? 'eu-1' : 'us-1', { standby: dies === 'founder' ? standby : 'none' })
        const bob = await world.person('bob', dies === 'member' ? 'eu-1' : 'ap-1', { standby: dies === 'member' ? standby : 'none' })
        const carol = await world.person('carol', 'ap-1', { standby: 'none' })
        const people = [ann, bob, carol]
        const { chat } = await world.world.during(ann.client.groups.create({ name: 'Harbour', members: [bob.account, carol.account] }))
        await world.until(async () => (await bob.client.groups.list()).length === 1 && (await carol.client.groups.list()).length === 1, 'the group')
        const lines = async (one: TestDevice): Promise<string[]> => (await one.client.history(chat, { limit: 1_000 })).map(({ text }) => text)
        const all = async (count: number): Promise<boolean> => (await Promise.all(people.map(lines))).every((texts) => texts.length === count)
        for (const one of people) await one.say(chat, `${one.name} before`)
        await world.until(async () => await all(3), 'the first messages')
        world.crash('eu-1')
        for (const one of people) await one.say(chat, `${one.name} meanwhile`)
        const mover = dies === 'founder' ? ann : bob
        if (standby === 'none') {
          // To where somebody else of the group lives: what was written meanwhile is gone from there by now.
          await world.world.pass(20_000)
          await world.world.during(mover.client.home.move('ap-1'))
        }
        const tookMs = await world.timeUntil(async () => await all(6), 'those written meanwhile', 60_000)
        if (standby === 'auto') assert.ok(tookMs < 15_000, `${tookMs} ms`)
        for (const one of people) await one.say(chat, `${one.name} after`)
        await world.until(async () => await all(9), 'those after it')
        const [first, ...others] = await Promise.all(people.map(lines))
        for (const other of others) assert.deepEqual(other, first)
        assert.deepEqual(texts(...people.map(({ warnings }) => warnings)), [])
      })
    }
  }

  for (const dies of ['founder', 'member'] as const) {
    for (const to of ['ap-1', 'us-1'] as const) {
      it(`what only the dead home of a group's ${dies} had for them comes though nobody writes (to ${to})`, async () => {
        world = await MoveWorld.with(relays)
        const ann = await world.person('ann', dies === 'founder' ? 'eu-1' : 'ap-1', { standby: 'none' })
        const bob = await world.person('bob', dies === 'member' ? 'eu-1' : 'ap-1', { standby: 'none' })
        const carol = await world.person('carol', 'ap-1', { standby: 'none' })
        const people = [ann, bob, carol]
        const { chat } = await world.world.during(ann.client.groups.create({ name: 'Harbour', members: [bob.account, carol.account] }))
        await world.until(async () => (await bob.client.groups.list()).length === 1 && (await carol.client.groups.list()).length === 1, 'the group')
        const lines = async (one: TestDevice): Promise<string[]> => (await one.client.history(chat)).map(({ text }) => text)
        for (const one of people) await one.say(chat, `${one.name} before`)
        await world.until(async () => (await Promise.all(people.map(lines))).every((texts) => texts.length === 3), 'the first messages')
        const mover = dies === 'founder' ? ann : bob
        await mover.away()
        await carol.say(chat, 'last')
        // The other relays have let go of it: whoever lives there has it.
        await world.world.pass(1_500)
        world.crash('eu-1')
        await mover.open()
        world.watch(mover)
        mover.client.start()
        await world.world.during(mover.client.home.move(to))
        await world.until(async () => (await lines(mover)).includes('last'), 'the last message')
        await world.until(async () => (await carol.states(chat)).every((state) => state === 'delivered'), 'receipts')
        const [first, ...others] = await Promise.all(people.map(lines))
        for (const other of others) assert.deepEqual(other, first)
      })
    }
  }

  it('who is there is seen again after a move', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.say(bob.account, 'one')
    await bob.say(ann.account, 'two')
    await world.until(() => bob.received.length === 1 && ann.received.length === 1, 'the first messages')
    await bob.client.presence.watch([ann.account])
    const seen = (): string => bob.client.presence.of(ann.account).state
    await world.until(() => seen() === 'online', 'ann online')
    world.crash('eu-1')
    await world.until(() => world.homeOf(ann) !== 'eu-1' && ann.client.connection.state === 'online', 'the move')
    await world.world.pass(90_000)
    assert.equal(seen(), 'online')
    await ann.away()
    await world.until(() => seen() === 'offline', 'ann offline', 180_000)
  })

  it('a message that only the home has acknowledged is not lost when its sender is gone, too', async () => {
    for (const how of ['dead', 'disk lost'] as const) {
      world = await MoveWorld.with(relays)
      const ann = await world.person('ann', 'eu-1')
      const bob = await world.person('bob', 'eu-1')
      await ann.say(bob.account, 'hello')
      await world.until(() => bob.received.length === 1, 'the first message')
      await bob.away()
      await ann.say(bob.account, 'the last words')
      await world.until(async () => (await ann.states(bob.account)).at(-1) === 'sent', 'sent')
      await ann.away()
      world.crash('eu-1')
      if (how === 'disk lost') {
        world.node('eu-1').store = new MemoryStore()
        await world.restart('eu-1')
      }
      await bob.open()
      world.watch(bob)
      bob.client.start()
      await world.until(() => bob.received.includes('the last words'), `the message (${how})`)
      assert.deepEqual(bob.received, ['hello', 'the last words'])
      assert.deepEqual(texts(ann.warnings, bob.warnings), [])
      if (how === 'dead') await world.stop()
    }
  })

  it('a standby that is away for long is replaced', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1', { standbyGivenUpMs: 10 * 60_000 })
    const bob = await world.person('bob', 'eu-1', { standby: 'none' })
    const first = (await ann.client.home.status()).standby!.name
    await ann.say(bob.account, 'one')
    await world.until(async () => (await ann.client.home.status()).isStandbyInSync === true, 'the standby to have everything')
    world.crash(first)
    await ann.say(bob.account, 'two')
    const tookMs = await world.timeUntil(() => bob.received.includes('two'), 'a message without the standby')
    assert.ok(tookMs < 10_000, `${tookMs} ms`)
    assert.equal((await ann.client.home.status()).isStandbyInSync, false)
    await world.world.pass(8 * 60_000)
    assert.equal((await ann.client.home.status()).standby!.name, first)
    // Asked too often, the relay says that it is too often.
    for (let minutes = 0; minutes < 25 && (await ann.client.home.status()).standby!.name === first; minutes++) await world.world.pass(60_000)
    assert.notEqual((await ann.client.home.status()).standby!.name, first)
    await world.until(async () => (await ann.client.home.status()).isStandbyInSync === true, 'it has everything')
    world.crash('eu-1')
    await world.until(() => !['eu-1', first].includes(world.homeOf(ann)) && ann.client.connection.state === 'online', 'the move to it')
  })

  it('somebody comes back to a relay that was their home before', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    const carol = await world.person('carol', 'us-1', { standby: 'none' })
    let count = 0
    for (const name of ['us-1', 'eu-1', 'us-1', 'eu-1']) {
      await world.world.during(ann.client.home.move(name))
      await world.until(() => ann.client.connection.state === 'online', 'ann online')
      await bob.say(ann.account, `to ${++count}`)
      await ann.say(bob.account, `from ${count}`)
      await world.until(() => ann.received.length === count && bob.received.length === count, `messages at ${name}`)
    }
    assert.equal(ann.client.account!.handle, 'ann@eu-1')
    // Whoever begins to write to her gets keys that she has.
    await carol.say(ann.account, 'new')
    await world.until(() => ann.received.includes('new'), 'a first message')
    assert.deepEqual(texts(ann.warnings, bob.warnings, carol.warnings), [])
  })

  it('a home that sends everybody away, and goes on doing so, is left after a minute', async () => {
    world = await MoveWorld.with(relays)
    const ann = await world.person('ann', 'eu-1')
    const bob = await world.person('bob', 'ap-1', { standby: 'none' })
    await ann.say(bob.account, 'one')
    await world.until(() => bob.received.length === 1, 'the first message')
    world.node('eu-1').relay.sendAway()
    await ann.say(bob.account, 'two')
    // Meanwhile another relay takes it.
    await world.until(() => bob.received.includes('two'), 'a message over another relay', 30_000)
    assert.deepEqual(moves(ann), [])
    const tookMs = await world.timeUntil(() => world.homeOf(ann) !== 'eu-1' && ann.client.connection.state === 'online', 'the move')
    assert.ok(tookMs < 90_000, `${tookMs} ms`)
    await bob.say(ann.account, 'three')
    await world.until(() => ann.received.includes('three'), 'an answer')
    assert.deepEqual(bob.received, ['one', 'two'])
    assert.deepEqual(texts(ann.warnings, bob.warnings), [])
  })
})
