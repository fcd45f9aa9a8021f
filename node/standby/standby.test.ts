import assert from 'node:assert/strict'
import { pairConversation } from '../../protocol/conversation.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { register } from '../testing/fixtures.ts'
import { World, assertConverged } from '../testing/message-world.ts'
import { nameHomes, standBy, standbyRecord, standbyState, threeHomes, untilInSync } from '../testing/standby-world.ts'
import { sendMany, untilSeen } from '../testing/worlds.ts'
import { senderTagOf } from '../store/sender-tag.ts'
import type { SequencedMessage } from '../store/store.ts'
import { emptyPart } from './drafts.ts'
import * as rows from './shadow-rows.ts'

describe('standby', () => {
  it('is in sync once it has what stood on the primary before, and stays so', async () => {
    const { world, primary, standby, other } = await threeHomes(1)
    const [a, b] = await world.pair(primary, other)
    assert.equal((await standbyState(world, a)).state, 0)
    const [fromA, fromB] = [sendMany(a, b, 40), sendMany(b, a, 40)]
    await untilSeen(world, a, b, 80)
    await standBy(world, a, standby)
    fromA.push(...sendMany(a, b, 10))
    await untilSeen(world, a, b, 90)
    assert.equal((await standbyState(world, a)).state, 2)
    assert.ok(standby.meter.of('heliograph_standby_received_total') > 0)
    assertConverged(a, b, fromA, fromB)
    await world.stop()
    await world.pass(120_000)
    assert.equal(world.clock.pending, 0)
  })

  it('has an envelope before its device is told SENT', async () => {
    const { world, primary, standby } = await threeHomes(2, 100)
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    sendMany(a, b, 1)
    await world.pass(150)
    assert.equal(a.sent.length, 0, 'not before a round trip')
    await world.pass(150)
    assert.equal(a.sent.length, 1)
    await world.stop()
  })

  it('knows a message by its id when it is sent again after a move, although everybody had it and the entry is gone', async () => {
    const { world, primary, standby, other } = await threeHomes(10)
    const [a, b] = await world.pair(primary, other)
    await standBy(world, a, standby)
    const { id } = pairConversation(a.account, b.account)
    const sealed = Array.from({ length: 30 }, () => a.seal(b.account))
    for (const one of sealed) a.enqueue(one)
    await untilSeen(world, a, b, 30)
    // Both confirm what they have, and the standby hears so.
    for (let n = 31; n <= 33; n++) {
      sendMany(b, a, 1)
      await untilSeen(world, a, b, n)
      await world.pass(10_000)
    }
    const numbers = new Map(a.logOf(id).shown.map((messageId, i) => [messageId, i + 1]))
    for await (const { key } of standby.store.scan('standby', 'e/')) assert.ok(rows.numberOfKey(key) > 30, 'the standby has dropped them, too')
    primary.crash()
    await a.moveTo(standby, 3)
    const outcomes = await world.during(a.submitRaw(sealed.map(({ bytes }) => bytes)))
    assert.deepEqual(outcomes.map(({ seq }) => seq), sealed.map(({ messageId }) => numbers.get(messageId)))
    await world.stop()
  })

  it('that was named after everybody had a message, and its entry was gone, knows it by its id all the same', async () => {
    const { world, primary, standby } = await threeHomes(12)
    const [a, b] = await world.pair(primary, primary)
    const { id } = pairConversation(a.account, b.account)
    const sealed = Array.from({ length: 30 }, () => a.seal(b.account))
    for (const one of sealed) a.enqueue(one)
    await untilSeen(world, a, b, 30)
    for (let n = 31; n <= 33; n++) {
      sendMany(b, a, 1)
      await untilSeen(world, a, b, n)
      await world.pass(10_000)
    }
    assert.ok((await primary.store.openLog(id))!.first > 30, 'nothing is kept of them')
    const numbers = new Map(a.logOf(id).shown.map((messageId, i) => [messageId, i + 1]))
    await standBy(world, a, standby)
    await standBy(world, b, standby)
    primary.crash()
    await a.moveTo(standby, 3)
    const outcomes = await world.during(a.submitRaw(sealed.map(({ bytes }) => bytes)))
    assert.deepEqual(outcomes.map(({ seq }) => seq), sealed.map(({ messageId }) => numbers.get(messageId)))
    await world.stop()
  })

  for (const [isLate, first] of [[true, 'a'], [false, 'a'], [false, 'b']] as const) {
    it(`takes a message again that only the dead home of the other one had kept for them: ${isLate ? 'named late' : 'named before'}, ${first} moves first`, async () => {
      const { world, primary, standby, other } = await threeHomes(14)
      const [b, a] = await world.pair(other, primary)
      if (!isLate) await standBy(world, a, standby)
      await b.offline()
      const lost = a.seal(b.account)
      assert.deepEqual((await world.during(a.submitRaw([lost.bytes]))).map(({ status }) => status), [0])
      await world.pass(5_000)
      assert.equal((await primary.store.openLog(pairConversation(a.account, b.account).id))?.first, 2, 'its own device has it: nothing is kept for anybody')
      if (isLate) await standBy(world, a, standby)
      other.crash()
      primary.crash()
      if (first === 'a') await a.moveTo(standby, 3)
      await b.moveTo(standby, 2)
      if (first === 'b') await a.moveTo(standby, 3)
      await world.during(a.submitRaw([lost.bytes]))
      await world.until(() => b.shownWith(a).includes(lost.messageId))
      await world.stop()
    })
  }

  it('learns no more ids of what is not kept than the newest, and forgets those of numbers that are void', async () => {
    const { world, primary, standby, other } = await threeHomes(13)
    const [a, b] = await world.pair(primary, other)
    const { id } = pairConversation(a.account, b.account)
    const count = limits.travellingIds + 1_000
    const message = (seq: number): SequencedMessage => ({ epoch: 1, seq, sender: senderTagOf(b.device.id), messageId: b.newMessageId(), storedAtMs: world.clock.nowMs() })
    await primary.store.write([{ op: 'join', log: id, account: a.account }, { op: 'skip', log: id, epoch: 1, throughSeq: count }, ...Array.from({ length: count }, (_, i) => ({ op: 'remember' as const, log: id, message: message(i + 1) }))], { durable: true })
    await standBy(world, a, standby)
    const numbers = async (): Promise<number[]> => {
      const found: number[] = []
      for await (const { value } of standby.store.scan('standby', rows.messagesOf(primary.id, id))) found.push(...Array.from(rows.decodeMessages(value), ({ seq }) => seq))
      return found
    }
    assert.deepEqual(await numbers(), Array.from({ length: limits.travellingIds }, (_, i) => i + 1_001))
    const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
    await world.during(channel.call(relayMethods.ship, { accounts: [], logs: [{ ...emptyPart(id, a.account), isCut: true, cutThrough: 5_000 }] }))
    assert.deepEqual(await numbers(), Array.from({ length: 4_000 }, (_, i) => i + 1_001))
    await world.stop()
  })

  it('numbers the first message to somebody whose home is gone as well, once it is known where they live now', async () => {
    const { world, primary, standby, other } = await threeHomes(11)
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    await standBy(world, b, other)
    standby.relay.homes.learn(standbyRecord(b, 2, primary, other).bytes)
    primary.crash()
    await b.moveTo(other, 3)
    await a.moveTo(standby, 3)
    sendMany(a, b, 1)
    await untilSeen(world, a, b, 1)
    await world.stop()
  })

  it('that does not answer is waited for two seconds, then the primary goes on alone, says so, and is in sync again afterwards', async () => {
    const { world, primary, standby } = await threeHomes(3)
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    world.network.cut(primary.id, standby.id, 'silent')
    const sent = sendMany(a, b, 1)
    await world.pass(limits.standbyAckTimeoutMs - 300)
    assert.equal(a.sent.length, 0)
    await world.pass(600)
    assert.equal(a.sent.length, 1)
    assert.equal(primary.meter.of('heliograph_standby_alone_total'), 1)
    assert.equal((await standbyState(world, a)).state, 1)
    sent.push(...sendMany(a, b, 50))
    await world.pass(100)
    assert.equal(a.sent.length, 51, 'alone, it does not wait any more')
    world.network.heal(primary.id, standby.id)
    await untilInSync(world, a)
    primary.crash()
    await a.moveTo(standby, 3)
    await b.moveTo(standby, 2)
    await untilSeen(world, a, b, 51)
    assertConverged(a, b, sent, [])
    await world.stop()
  })

  for (const [pauseMs, isAlone] of [[300, false], [3_000, true]] as const) {
    it(`whose disk takes ${pauseMs / 1000} s for each write ${isAlone ? 'is gone on without' : 'slows its primary down, and keeps up'}; nothing is lost`, async () => {
      const world = new World(8, { latencyMs: 20 })
      let isSlow = false
      const pause = async (): Promise<void> => { if (isSlow) await new Promise<void>((resolve) => { world.clock.after(pauseMs / 2, resolve) }) }
      const [primary, standby] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org', { pause })]
      const [a, b] = await world.pair(primary, primary)
      await standBy(world, a, standby)
      await standBy(world, b, standby)
      isSlow = true
      const [fromA, fromB] = [sendMany(a, b, 200), sendMany(b, a, 200)]
      await untilSeen(world, a, b, 400)
      assert.equal(primary.meter.of('heliograph_standby_alone_total') > 0, isAlone)
      isSlow = false
      await untilInSync(world, a)
      primary.crash()
      await a.moveTo(standby, 3)
      await b.moveTo(standby, 3)
      fromA.push(...sendMany(a, b, 1))
      await untilSeen(world, a, b, 401)
      assertConverged(a, b, fromA, fromB)
      await world.stop()
    })
  }

  it('keeps the account\'s profile, devices and keys, and the handle where it is free; one-time prekeys are not given twice', async () => {
    const world = new World(9, { latencyMs: 20 })
    const [primary, standby] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
    const [a, b] = await world.pair(primary, primary)
    await world.during(register(a.channel, a.person, primary.id, { handle: 'alice', prekeys: a.person.prekeys({ count: 5 }) }))
    await world.during(register(b.channel, b.person, primary.id, { handle: 'bob' }))
    await world.during(a.channel.call(clientMethods.setPublicProfile, decode(Signed, a.person.profile({ name: 'Alice' }))))
    const other = await world.person(standby)
    await world.during(register(other.channel, other.person, standby.id, { handle: 'bob' }))
    await standBy(world, a, standby)
    await standBy(world, b, standby)
    primary.crash()
    await a.moveTo(standby, 3)
    await b.moveTo(standby, 3)
    const found = await world.during(other.channel.call(clientMethods.findHandle, { handle: 'alice@us-1.example.org' }))
    assert.deepEqual(found.account, accountIdToBytes(a.account))
    assert.notEqual(found.profile, undefined)
    const claimed = await world.during(other.channel.call(clientMethods.claimBundles, { account: accountIdToBytes(a.account) }))
    assert.equal(claimed.bundles.length, 1)
    assert.equal(claimed.bundles[0]!.oneTime, undefined)
    const taken = await world.during(other.channel.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' }))
    assert.deepEqual(taken.account, accountIdToBytes(other.account), 'who has it here keeps it')
    // Ids that were uploaded at the old home do not come back.
    const { oneTime } = await world.during(a.channel.call(clientMethods.uploadPrekeys, { oneTime: a.person.prekeys({ count: 5 }).oneTime, replaces: false }))
    assert.equal(oneTime, 0)
    await world.stop()
  })

  for (const [name, homeOfB] of [['both at the relay that dies', 'primary'], ['the other one elsewhere', 'other'], ['the other one at the standby', 'standby']] as const) {
    for (const anchor of ['a', 'b'] as const) {
      it(`takes over when the primary is gone for good: ${name}, the anchor is ${anchor === 'a' ? 'who moves' : 'the other one'}`, async () => {
        const { world, ...relays } = await threeHomes(4)
        const { primary, standby } = relays
        const pair = anchor === 'a' ? await world.pair(primary, relays[homeOfB]) : await world.pair(relays[homeOfB], primary)
        const [a, b] = anchor === 'a' ? pair : [pair[1], pair[0]]
        await standBy(world, a, standby)
        if (homeOfB === 'primary') await standBy(world, b, standby)
        const [fromA, fromB] = [sendMany(a, b, 20), sendMany(b, a, 20)]
        await untilSeen(world, a, b, 40)
        // What a was told is SENT and b has not seen.
        await b.offline()
        fromA.push(...sendMany(a, b, 20))
        await world.until(() => a.outbox.length === 0)
        primary.crash()
        const startMs = world.clock.nowMs()
        await a.moveTo(standby, 3)
        assert.ok(world.clock.nowMs() - startMs < 10_000, 'within ten seconds')
        if (homeOfB === 'primary') await b.moveTo(standby, 3)
        else await b.online()
        fromA.push(...sendMany(a, b, 5))
        fromB.push(...sendMany(b, a, 5))
        await untilSeen(world, a, b, 70)
        assertConverged(a, b, fromA, fromB)
        await world.stop()
      })
    }
  }

  it('gives a second device what it has not seen, and the first nothing again', async () => {
    const { world, primary, standby, other } = await threeHomes(5)
    const [a, b] = await world.pair(primary, other)
    const second = await a.linkDevice()
    await standBy(world, a, standby)
    await second.offline()
    const sent = sendMany(b, a, 30)
    await untilSeen(world, a, b, 30)
    await world.pass(2_000)
    primary.crash()
    // As the device does that signed it: with the newest list.
    await second.moveTo(standby, 3)
    await world.until(() => second.shownWith(b).length === 30)
    assert.deepEqual(second.shownWith(b), sent)
    await world.stop()
  })

  it('may be named while the other person\'s home is away: the log goes on at once, also after a restart', async () => {
    const { world, primary, standby, other } = await threeHomes(10)
    const [a, b] = await world.pair(primary, other)
    const fromA = sendMany(a, b, 5)
    await untilSeen(world, a, b, 5)
    world.network.cut(primary.id, other.id)
    await standBy(world, a, standby)
    fromA.push(...sendMany(a, b, 5))
    await world.until(() => a.shownWith(b).length === 10)
    primary.crash()
    await primary.restart()
    await nameHomes(world, a, 3, primary)
    fromA.push(...sendMany(a, b, 5))
    await world.until(() => a.shownWith(b).length === 15)
    world.network.heal(primary.id, other.id)
    await untilSeen(world, a, b, 15)
    assertConverged(a, b, fromA, [])
    await world.stop()
  })

  it('does not get what its primary ships of accounts that did not name it', async () => {
    const { world, primary, standby, other } = await threeHomes(6)
    const [a, b] = await world.pair(primary, other)
    await nameHomes(world, a, 2, primary, standby)
    await untilInSync(world, a)
    // The newest record names another standby, which the primary has not heard of.
    const received = standby.meter.of('heliograph_standby_received_total')
    await nameHomes(world, a, 3, primary, other)
    await untilInSync(world, a)
    sendMany(a, b, 3)
    await untilSeen(world, a, b, 3)
    assert.equal(standby.meter.of('heliograph_standby_received_total'), received)
    assert.equal(pairConversation(a.account, b.account).anchor, a.account)
    await world.stop()
  })
})
