import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { assertConverged } from '../testing/message-world.ts'
import { nameHomes, standbyRecord, standBy, standbyState, threeHomes, untilInSync } from '../testing/standby-world.ts'
import { sendMany, untilSeen } from '../testing/worlds.ts'

describe('a relay that comes back', () => {
  for (const homeOfB of ['primary', 'other'] as const) {
    for (const anchor of ['a', 'b'] as const) {
      it(`after its account has moved to the standby hands over what only it has, and serves it no more (the other one's home: ${homeOfB}, anchor ${anchor})`, async () => {
        const { world, ...relays } = await threeHomes(11)
        const { primary, standby, other } = relays
        const pair = anchor === 'a' ? await world.pair(primary, relays[homeOfB]) : await world.pair(relays[homeOfB], primary)
        const [a, b] = anchor === 'a' ? pair : [pair[1], pair[0]]
        await standBy(world, a, standby)
        const [fromA, fromB] = [sendMany(a, b, 10), sendMany(b, a, 10)]
        await untilSeen(world, a, b, 20)
        // Alone: acknowledged, and known to nobody else.
        world.network.cut(primary.id, standby.id)
        world.network.cut(primary.id, other.id)
        await world.pass(3_000)
        fromA.push(...sendMany(a, b, 7))
        await world.until(() => a.outbox.length === 0)
        primary.crash()
        await a.moveTo(standby, 3)
        fromA.push(...sendMany(a, b, 3))
        fromB.push(...homeOfB === 'primary' ? [] : sendMany(b, a, 3))
        await world.pass(5_000)
        world.network.heal(primary.id, standby.id)
        world.network.heal(primary.id, other.id)
        await primary.restart()
        if (homeOfB === 'primary') fromB.push(...sendMany(b, a, 3))
        await world.until(() => b.shownWith(a).length === 33, 200_000, () => `everything at both (${a.shownWith(b).length}, ${new Set(b.shownWith(a)).size})`)
        const seen = b.shownWith(a)
        assert.equal(new Set(seen).size, seen.length, 'nothing twice')
        assert.deepEqual([...seen].sort(), [...fromA, ...fromB].sort(), 'nothing acknowledged is lost')
        await assert.rejects(world.during(primary.probeSubmit(a, b)), { code: 'MOVED' })
        assert.equal(primary.meter.of('heliograph_standby_handed_over_total'), 1)
        await world.stop()
      })
    }
  }

  it('without a standby hands over its outbox to the new home', async () => {
    const { world, primary, standby, other } = await threeHomes(12)
    const [b, a] = await world.pair(other, primary)
    const [fromA, fromB] = [sendMany(a, b, 5), sendMany(b, a, 5)]
    await untilSeen(world, a, b, 10)
    world.network.cut(primary.id, other.id)
    fromA.push(...sendMany(a, b, 5))
    await world.until(() => a.outbox.length === 0)
    primary.crash()
    await a.moveTo(standby, 2)
    await primary.restart()
    // Still cut off from the sequencer: only through the new home.
    await untilSeen(world, a, b, 15)
    assertConverged(a, b, fromA, fromB)
    await world.stop()
  })

  it('gives a device that was away what was kept only at the old home, also without a standby', async () => {
    const { world, primary, standby, other } = await threeHomes(13)
    const [b, a] = await world.pair(other, primary)
    const second = await a.linkDevice()
    await second.offline()
    const sent = sendMany(b, a, 40)
    await untilSeen(world, a, b, 40)
    // Everybody else has it: the sequencer keeps it no more.
    await world.pass(3_000)
    await a.moveTo(standby, 2)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 1)
    second.home = standby
    standby.knows(second)
    await second.online()
    await world.until(() => second.shownWith(b).length === 40, 60_000, () => `all at the second device (${second.shownWith(b).length})`)
    assert.deepEqual(second.shownWith(b), sent)
    await world.stop()
  })

  it('gives who lives at the other one\'s home by now what that keeps no more, though they are connected there already', async () => {
    const { world, primary, other } = await threeHomes(21)
    const [a, b] = await world.pair(primary, other)
    sendMany(b, a, 1)
    await untilSeen(world, a, b, 1)
    await a.offline()
    const missed = sendMany(b, a, 3)
    await world.until(() => b.outbox.length === 0)
    await world.pass(3_000)
    assert.equal((await other.store.openLog(pairConversation(a.account, b.account).id))!.first, 5, 'all are dropped where everybody has them')
    world.network.cut(primary.id, other.id)
    await a.moveTo(other, 2)
    await world.pass(2_000)
    assert.equal(a.shownWith(b).length, 1)
    world.network.heal(primary.id, other.id)
    await primary.relay.homes.learnDurably(a.person.home(other.id, { epoch: 2 }).bytes)
    await world.until(() => a.shownWith(b).length === 4, 60_000, () => `what it lacked (${a.shownWith(b).length})`)
    assert.deepEqual(a.shownWith(b).slice(1), missed)
    await world.stop()
  })

  it('says how far a device has come that is away: what was kept for it at the new home goes', async () => {
    const { world, primary, other } = await threeHomes(23)
    const [a, b] = await world.pair(other, primary)
    const [late, second] = [await a.linkDevice(), await b.linkDevice()]
    await late.offline()
    sendMany(a, b, 3)
    await untilSeen(world, a, b, 3)
    await world.until(() => second.shownWith(a).length === 3)
    await world.pass(2_000)
    await b.offline()
    world.network.cut(primary.id, other.id)
    await second.moveTo(other, 2)
    await late.online()
    await world.until(() => late.shownWith(b).length === 3)
    await world.pass(2_000)
    const { id } = pairConversation(a.account, b.account)
    const keptAt = async (): Promise<number> => (await other.store.openLog(id))!.first
    assert.equal(await keptAt(), 1, 'for the device that is away')
    world.network.heal(primary.id, other.id)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 1)
    await world.pass(2_000)
    assert.equal(await keptAt(), 4)
    await world.stop()
  })

  it('hands over a log of which nothing is kept: what is sent again is known by its number, and does not wait', async () => {
    const { world, primary, standby, other } = await threeHomes(22)
    const [b, a] = await world.pair(other, primary)
    const sealed = a.seal(b.account)
    a.enqueue(sealed)
    await untilSeen(world, a, b, 1)
    await world.pass(3_000)
    await a.moveTo(standby, 2)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 1)
    await world.pass(3_000)
    a.enqueue(sealed)
    await world.until(() => a.outbox.length === 0)
    await world.pass(20_000)
    assert.deepEqual(await standby.store.outboxes(), [])
    await world.stop()
  })

  it('hands over how far its devices are only as far as both mean the same numbers', async () => {
    const { world, primary, standby, other } = await threeHomes(20)
    const [a, b] = await world.pair(primary, other)
    const second = await a.linkDevice()
    sendMany(a, b, 5)
    await untilSeen(world, a, b, 5)
    await world.until(() => second.shownWith(b).length === 5)
    for (const relay of [standby, other]) world.network.cut(primary.id, relay.id)
    await a.offline()
    await a.moveTo(standby, 2)
    sendMany(a, b, 1)
    await world.until(() => b.shownWith(a).length === 6)
    // The old home has not heard of it: it gives the same number to something else, and its device has that.
    const alone = second.send(b)
    await world.until(() => second.shownWith(b).length === 6)
    second.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: pairConversation(a.account, b.account).bytes, epoch: 1, seq: 6 }] })
    await world.pass(2_000)
    for (const relay of [standby, other]) world.network.heal(primary.id, relay.id)
    await primary.relay.homes.learnDurably(standbyRecord(a, 3, standby).bytes)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 1)
    const { cursors } = (await standby.store.openLog(pairConversation(a.account, b.account).id))!
    assert.ok((cursors.get(second.device.id) ?? 0) <= 5, `the cursor is ${cursors.get(second.device.id)}`)
    await world.until(() => b.shownWith(a).includes(alone), 60_000, () => 'what only the old home had')
    await world.stop()
  })

  it('with an old copy of its database asks its standby for what it has lost before it gives a number', async () => {
    const { world, primary, standby, other } = await threeHomes(14)
    const [a, b] = await world.pair(primary, other)
    await standBy(world, a, standby)
    const [fromA, fromB] = [sendMany(a, b, 10), sendMany(b, a, 10)]
    await untilSeen(world, a, b, 20)
    await b.offline()
    const old = primary.store.copy()
    fromA.push(...sendMany(a, b, 15))
    await world.until(() => a.outbox.length === 0)
    await world.pass(1_000)
    primary.crash()
    primary.store = old
    await primary.restart()
    fromA.push(...sendMany(a, b, 5))
    await b.online()
    fromB.push(...sendMany(b, a, 5))
    await untilSeen(world, a, b, 45)
    assertConverged(a, b, fromA, fromB)
    assert.ok(primary.meter.of('heliograph_standby_restored_total entry') > 0)
    await untilInSync(world, a)
    await world.stop()
  })

  it('with an old copy of its database does not serve an account that has moved meanwhile', async () => {
    const { world, primary, standby, other } = await threeHomes(15)
    const [a, b] = await world.pair(primary, other)
    await standBy(world, a, standby)
    const fromA = sendMany(a, b, 5)
    await untilSeen(world, a, b, 5)
    const old = primary.store.copy()
    fromA.push(...sendMany(a, b, 5))
    await untilSeen(world, a, b, 10)
    primary.crash()
    await a.moveTo(standby, 3)
    fromA.push(...sendMany(a, b, 5))
    await untilSeen(world, a, b, 15)
    primary.store = old
    await primary.restart()
    await assert.rejects(world.during(primary.probeSubmit(a, b)), { code: 'MOVED' })
    const fromB = sendMany(b, a, 5)
    fromA.push(...sendMany(a, b, 5))
    await untilSeen(world, a, b, 25)
    assertConverged(a, b, fromA, fromB)
    await world.stop()
  })

  it('that believes to be primary is stopped by its standby, which has become it', async () => {
    const { world, primary, standby } = await threeHomes(16)
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    const fromA = sendMany(a, b, 5)
    await untilSeen(world, a, b, 5)
    // The device that moves cannot reach its old home; the relays can reach each other.
    await a.offline()
    await a.moveTo(standby, 3)
    const fromB = sendMany(b, a, 5)
    fromA.push(...sendMany(a, b, 5))
    await untilSeen(world, a, b, 15)
    assertConverged(a, b, fromA, fromB)
    await world.stop()
  })

  it('and its standby, both down for a while, go on together', async () => {
    const { world, primary, standby, other } = await threeHomes(17)
    const [a, b] = await world.pair(primary, other)
    await standBy(world, a, standby)
    const [fromA, fromB] = [sendMany(a, b, 5), sendMany(b, a, 5)]
    await untilSeen(world, a, b, 10)
    fromA.push(...sendMany(a, b, 5))
    await world.pass(35)
    primary.crash()
    standby.crash()
    await world.pass(10_000)
    await primary.restart()
    await world.pass(5_000)
    fromB.push(...sendMany(b, a, 5))
    await standby.restart()
    await untilSeen(world, a, b, 20)
    await untilInSync(world, a)
    assertConverged(a, b, fromA, fromB)
    await world.stop()
  })

  it('two people who are each other\'s standby: either home may die', async () => {
    for (const victim of ['primary', 'standby'] as const) {
      const { world, ...relays } = await threeHomes(18)
      const { primary, standby } = relays
      const [a, b] = await world.pair(primary, standby)
      await standBy(world, a, standby)
      await standBy(world, b, primary)
      const [fromA, fromB] = [sendMany(a, b, 10), sendMany(b, a, 10)]
      await untilSeen(world, a, b, 20)
      fromA.push(...sendMany(a, b, 5))
      fromB.push(...sendMany(b, a, 5))
      await world.pass(60)
      relays[victim].crash()
      await (victim === 'primary' ? a.moveTo(standby, 3) : b.moveTo(primary, 3))
      fromA.push(...sendMany(a, b, 5))
      fromB.push(...sendMany(b, a, 5))
      await untilSeen(world, a, b, 40)
      assertConverged(a, b, fromA, fromB)
      await world.stop()
    }
  })

  it('a standby is changed while messages come, and the new one has everything', async () => {
    const { world, primary, standby, other } = await threeHomes(19)
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    await standBy(world, b, standby)
    await b.offline()
    const fromA = sendMany(a, b, 300)
    await world.pass(100)
    await nameHomes(world, a, 3, primary, other)
    fromA.push(...sendMany(a, b, 300))
    await world.pass(100)
    assert.equal((await standbyState(world, a)).state, 1)
    await untilInSync(world, a)
    await world.until(() => a.outbox.length === 0)
    primary.crash()
    await a.moveTo(other, 4)
    await b.moveTo(standby, 3)
    await untilSeen(world, a, b, 600)
    assertConverged(a, b, fromA, [])
    // Who stood by first has forgotten what it had, after a while.
    await world.pass(15 * 60_000)
    let rows = 0
    for await (const row of standby.store.scan('standby', `a/${a.account}`)) if (row.value.byteLength > 0) rows++
    assert.equal(rows, 0)
    await world.stop()
  })
})
