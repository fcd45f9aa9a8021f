/**
 * Who has used up a part of the disk, in virtual time, with parts of a few kilobytes.
 */
import assert from 'node:assert/strict'
import { conversationFromId } from '../../protocol/conversation.ts'
import { ERRORS } from '../../protocol/errors.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { TestGroup } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

const KIB = 1024
const storage = { accountBytes: 80 * KIB, strangersBytes: 32 * KIB, strangerBytes: 8 * KIB, groupBytes: 32 * KIB, founderBytes: 64 * KIB, relayBytes: 48 * KIB }
const full = ERRORS.MAILBOX_FULL.status
/** With what stands around it some 1.2 KiB. */
const sizeBytes = KIB

describe('parts of the disk', function () {
  this.timeout(20_000)
  let world: World
  let eu: TestRelayNode
  let bob: TestClient

  beforeEach(async () => {
    world = new World(77, {}, { storage })
    eu = await world.relay('eu-1')
    bob = await world.person(eu)
  })
  afterEach(async () => { await world.stop() })

  /** @returns how many were taken, and the status of the last */
  async function submit (from: TestClient, to: TestClient, count: number): Promise<{ taken: number, last: number }> {
    let [taken, last] = [0, 0]
    for (let i = 0; i < count; i += 8) {
      const outcomes = await world.during(from.submitRaw(Array.from({ length: Math.min(8, count - i) }, () => from.seal(to.account, { sizeBytes }).bytes)))
      taken += outcomes.filter(({ status }) => status === 0).length
      last = outcomes.at(-1)!.status
    }
    return { taken, last }
  }

  /** As a client does for what its own answers have numbered. */
  async function untilSent (from: TestClient, count: number): Promise<void> {
    for (let passed = 0; from.sent.length < count && passed < 200; passed++) {
      for (const [id, { lastSeq = 0 }] of from.logs) from.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: conversationFromId(id).bytes, epoch: 1, seq: lastSeq }] })
      await world.pass(5_000)
    }
    assert.equal(from.sent.length, count)
  }

  it('what strangers leave for somebody who is away is bounded for each and for all; friends and everybody else are not touched', async () => {
    const [friend, ...strangers] = await Promise.all(Array.from({ length: 8 }, () => world.person(eu)))
    await submit(bob, friend!, 1) // bob knows them
    await world.pass(2_000)
    await bob.offline()
    const taken: number[] = []
    for (const stranger of strangers) {
      const result = await submit(stranger, bob, 40)
      taken.push(result.taken)
      assert.equal(result.last, full)
    }
    assert.ok(taken[0]! >= 5 && taken[0]! <= 8, `one stranger: ${taken[0]!}`)
    const kib = taken.reduce((sum, count) => sum + count, 0) * 1.2
    assert.ok(kib > 25 && kib < 34, `all strangers: ${taken.join(' ')}`)
    assert.equal((await submit(friend!, bob, 20)).taken, 20)
    // Two others, and the strangers with somebody else.
    const other = await world.person(eu)
    assert.equal((await submit(friend!, other, 5)).taken, 5)
    assert.equal((await submit(strangers[0]!, other, 2)).taken, 2)
    assert.ok(eu.meter.of('heliograph_storage_refused_total strangers') > 0)
  })

  it('a sender who is refused keeps the messages, in order; they go when there is room', async () => {
    const ann = await world.person(eu)
    await bob.offline()
    const sent = Array.from({ length: 25 }, () => ann.send(bob, { sizeBytes }))
    await world.pass(5_000)
    assert.ok(ann.sent.length >= 5 && ann.sent.length <= 8, `${ann.sent.length}`)
    assert.ok(ann.refused.includes(full))
    await bob.online()
    await untilSent(ann, 25)
    assert.deepEqual(ann.sent, sent)
    await world.until(() => sent.every((id) => bob.envelopes.has(id)))
  })

  it('is counted after a restart as before, and what was fetched is not', async () => {
    const [ann, cat] = [await world.person(eu), await world.person(eu)]
    bob.send(cat)
    for (let i = 0; i < 3; i++) cat.send(bob, { sizeBytes })
    await world.pass(2_000)
    await bob.offline()
    for (let i = 0; i < 20; i++) ann.send(bob, { sizeBytes })
    await world.pass(2_000)
    const before = ann.sent.length
    eu.crash()
    bob.holdsBack = true
    await eu.restart()
    await world.pass(120_000)
    assert.ok(ann.sent.length <= before + 1, `${before}, then ${ann.sent.length}`)
    for (let i = 0; i < 4; i++) cat.send(bob, { sizeBytes })
    await world.until(() => cat.sent.length === 7)
    bob.holdsBack = false
    await bob.offline()
    await bob.online()
    await untilSent(ann, 20)
  })

  it('who has filled the disk with what nobody fetches is refused, whoever it is for', async () => {
    const ann = await world.person(eu)
    const many = await Promise.all(Array.from({ length: 20 }, () => world.person(eu)))
    for (const one of many) await one.offline()
    let taken = 0
    for (const one of many) taken += (await submit(ann, one, 8)).taken
    assert.ok(taken * 1.2 < 84 && taken * 1.2 > 70, `${taken}`)
    assert.equal((await submit(many[0]!, many[1]!, 0)).taken, 0)
  })

  it('a group is bounded, its admins can still end what fills it, and other groups go on', async () => {
    const [ann, cat] = [await world.person(eu), await world.person(eu)]
    const [one, other] = [new TestGroup(world, ann), new TestGroup(world, ann)]
    for (const group of [one, other]) { group.create([bob, cat]); await world.pass(2_000) }
    await cat.offline()
    const say = async (from: TestClient, group: TestGroup, count: number): Promise<number[]> =>
      (await world.during(from.submitRaw(Array.from({ length: count }, () => from.sealFor(group.conversation, { sizeBytes }).bytes)))).map(({ status }) => status)
    const statuses = await say(bob, one, 40)
    assert.ok(statuses.filter((status) => status === 0).length >= 20)
    assert.equal(statuses.at(-1), full)
    assert.deepEqual(await say(bob, other, 3), [0, 0, 0])
    await one.remove(ann, bob)
    await world.pass(3_000)
    assert.equal((await say(bob, one, 1))[0], ERRORS.NOT_A_MEMBER.status)
  })

  for (const [how, isAnchorThere] of [['forwards', false], ['numbers', true]] as const) {
    it(`what another relay ${how} for somebody who is away waits there, bounded for its sender, and comes when there is room`, async () => {
      const us = await world.relay('us-1')
      // The lower account's home numbers.
      const [anchored, other] = isAnchorThere ? await world.pair(us, eu) : await world.pair(eu, us)
      const [ann, victim] = isAnchorThere ? [anchored, other] : [other, anchored]
      await world.pass(2_000)
      await victim.offline()
      const { taken } = await submit(ann, victim, 200)
      await world.pass(30_000)
      const there = eu.path.storage.usedBy(`account:${victim.account}`)
      assert.ok(there > 2 * KIB && there <= 10 * KIB, `${there} bytes at the reader's home`)
      assert.ok(taken < 80, `${taken} were taken at the sender's home`)
      // Others of the same relay do not wait behind that.
      const [cat, dan] = [await world.person(us), await world.person(eu)]
      const id = cat.send(dan, { sizeBytes })
      await world.until(() => dan.envelopes.has(id), 60_000)
      await victim.online()
      await world.until(() => [...victim.logs.values()].reduce((sum, { shown }) => sum + shown.length, 0) === taken, 600_000)
    })
  }
})
