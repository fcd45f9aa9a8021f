/**
 * A group whose founder's relay is gone, at the relays: real relays on memory stores under virtual time.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { compareBytes } from '../../protocol/bytes.ts'
import { decodeEnvelope } from '../../protocol/envelope.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { firstEpochOf, signGroupAnchor, verifyGroupAnchor, type SignedGroupAnchor } from '../../protocol/groups/anchor.ts'
import { accountKeyOf, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import { signing, testRelay } from '../testing/fixtures.ts'
import { TestGroup, headOf, signedChange, stateAt } from '../testing/group-world.ts'
import type { World} from '../testing/message-world.ts';
import { type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { threeRelays } from '../testing/worlds.ts'

const refused = async (work: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> => {
  await assert.rejects(work, (error) => isProtocolError(error, ...codes), codes.join(' or '))
}

describe('re-anchoring at the relays', () => {
  let world: World
  let eu: TestRelayNode
  let us: TestRelayNode
  let asia: TestRelayNode
  let a: TestClient
  let b: TestClient
  let c: TestClient
  let group: TestGroup

  beforeEach(async () => {
    ;({ world, eu, us, asia } = await threeRelays(31))
    ;[a, b, c] = [await world.person(eu), await world.person(us), await world.person(asia)]
    group = new TestGroup(world, a)
    group.create([b, c])
    await has([eu, us, asia], 1)
    await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
    await has([eu, us, asia], 2)
    await group.change(a, { act: 'setRole', account: c.account, role: groupRoles.admin })
    await has([eu, us, asia], 3)
    await world.pass(2_000)
  })
  afterEach(async () => { await world.stop() })

  /** The log as it stands on this relay's disk, as far as it is kept: numbers and ids. */
  async function logAt (relay: TestRelayNode): Promise<Map<number, MessageId>> {
    const entries = await relay.store.readLog(group.conversation.id, 1, { maxEntries: 10_000, maxBytes: 1 << 30 })
    return new Map(entries.map(({ seq, messageId }) => [seq, messageId]))
  }
  const headAt = async (relay: TestRelayNode): Promise<number> => (await relay.store.openLog(group.conversation.id))?.head ?? 0
  const epochAt = async (relay: TestRelayNode): Promise<number> => (await relay.store.openLog(group.conversation.id))?.epoch ?? 0

  async function untilSo (isSo: () => Promise<boolean>, what: string, ms = 180_000): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 100) {
      if (await isSo()) return
      await world.clock.advance(100)
    }
    assert.fail(`${what}: heads ${(await Promise.all(world.relays.map(headAt))).join(', ')}; epochs ${(await Promise.all(world.relays.map(epochAt))).join(', ')}`)
  }
  async function has (relays: readonly TestRelayNode[], count: number): Promise<void> {
    await untilSo(async () => (await Promise.all(relays.map(headAt))).every((head) => head === count), `${count} entries`)
  }
  /** What both keep is the same, and they stand at the same head. */
  async function agree (relays: readonly TestRelayNode[]): Promise<void> {
    const logs = await Promise.all(relays.map(logAt))
    for (const log of logs) for (const [seq, id] of log) for (const other of logs) if (other.has(seq)) assert.equal(other.get(seq), id, `entry ${seq}`)
    assert.equal(new Set(await Promise.all(relays.map(headAt))).size, 1)
    assert.equal(new Set(await Promise.all(relays.map(epochAt))).size, 1)
    assert.ok(await group.isAgreed(relays))
  }

  async function anchorBy (admin: TestClient, { epoch = 1, anchor = admin, place, head }: { epoch?: number, anchor?: TestClient, place?: { epoch: number, seq: number }, head?: Uint8Array } = {}): Promise<SignedGroupAnchor> {
    const state = place === undefined || head === undefined ? await stateAt(world, admin, group.conversation) : { ...place, head }
    return signGroupAnchor(signing, {
      conversation: group.conversation, epoch, anchor: anchor.account, homeEpoch: 1, admin: admin.account, device: admin.device.id, deviceList: admin.deviceList.bytes,
      place: place ?? { epoch: state.epoch, seq: state.seq }, head: head ?? state.head, madeAtMs: world.clock.nowMs()
    }, admin.device.seed)
  }
  const give = (to: TestClient, { bytes }: SignedGroupAnchor): Promise<unknown> => world.during(to.channel.call(clientMethods.anchorGroup, decode(Signed, bytes)))
  async function anchorAt (client: TestClient): Promise<SignedGroupAnchor | undefined> {
    const { anchor } = await world.during(client.channel.call(clientMethods.groupAnchors, { conversation: group.conversation.bytes }))
    return anchor === undefined ? undefined : verifyGroupAnchor(signing, anchor)
  }
  async function relayChannel (id: TestRelayNode['id'], to: TestRelayNode): Promise<Channel> {
    const mesh = world.network.join(id)
    await mesh.start()
    const stream = await world.during(mesh.dial(to.id, [], protocols.relay, { signal: new AbortController().signal }))
    return new Channel(stream, { handlers: new Handlers(), clock: world.clock }).start()
  }

  it('the founder\'s relay is destroyed: an admin re-anchors, what waited gets its number in each sender\'s order, nothing twice', async () => {
    for (const one of [a, b, c]) group.say(one)
    await has([eu, us, asia], 6)
    await world.pass(2_000)
    eu.crash()
    const waiting = [group.say(b), group.say(c), group.say(b), group.say(c)]
    await world.pass(10_000)
    assert.deepEqual([await headAt(us), await headAt(asia)], [6, 6])
    assert.deepEqual([...b.sent, ...c.sent].filter((id) => waiting.includes(id)).length, 4, 'sent all the same')
    const record = await anchorBy(b)
    await give(b, record)
    await has([us, asia], 10)
    await agree([us, asia])
    assert.equal(await epochAt(us), firstEpochOf(record))
    const order = [...(await logAt(us)).values()]
    assert.equal(new Set(order).size, order.length)
    assert.deepEqual(order.filter((id) => waiting.includes(id) && b.sent.includes(id)), [waiting[0], waiting[2]])
    assert.deepEqual(order.filter((id) => waiting.includes(id) && c.sent.includes(id)), [waiting[1], waiting[3]])
    assert.deepEqual([await us.store.outboxes(), await asia.store.outboxes()], [[], []])
    // Changes go on, too.
    const d = await world.person(asia)
    await group.add(c, d)
    await has([us, asia], 11)
    group.say(d)
    await has([us, asia], 12)
    await agree([us, asia])
    assert.deepEqual(group.shownTo(b), group.shownTo(c))
    assert.deepEqual((await anchorAt(c))?.bytes, record.bytes)
  })

  it('an anchor that is another member\'s home, a restart of it, and a second re-anchoring', async () => {
    eu.crash()
    await give(b, await anchorBy(b, { anchor: c }))
    group.say(b)
    await has([us, asia], 4)
    asia.crash()
    await asia.restart()
    us.crash()
    await us.restart()
    group.say(b)
    group.say(c)
    await has([us, asia], 6)
    asia.crash()
    group.say(b)
    await give(b, await anchorBy(b, { epoch: 2 }))
    await has([us], 7)
    await asia.restart()
    group.say(c)
    await has([us, asia], 8)
    await agree([us, asia])
  })

  it('the old relay comes back: it learns that it sequences no more, hands over what it had, and serves nothing stale', async () => {
    await world.pass(2_000)
    for (const other of [us, asia]) world.network.cut(eu.id, other.id)
    // Numbered by the founder's relay, and known to nobody else.
    const before = [group.say(a), group.say(a)]
    await has([eu], 5)
    const record = await anchorBy(b)
    await give(b, record)
    const meanwhile = [group.say(b), group.say(c), group.say(b)]
    await has([us, asia], 6)
    const late = group.say(a)
    await has([eu], 6)
    for (const other of [us, asia]) world.network.heal(eu.id, other.id)
    await has([eu, us, asia], 9)
    await agree([eu, us, asia])
    const ids = [...(await logAt(us)).values()]
    assert.deepEqual(ids.filter((id) => before.includes(id) || id === late), [...before, late], 'in order, once')
    for (const id of meanwhile) assert.equal(ids.filter((one) => one === id).length, 1)
    group.say(a)
    await has([eu, us, asia], 10)
    await agree([eu, us, asia])
    assert.deepEqual((await anchorAt(a))?.bytes, record.bytes)
    assert.deepEqual(await eu.store.outboxes(), [])
  })

  it('the old relay comes back from its disk, and learns it when it forwards to nobody', async () => {
    eu.crash()
    await give(b, await anchorBy(b))
    group.say(b)
    await has([us, asia], 4)
    await world.pass(60 * 60_000)
    await eu.restart()
    await has([eu, us, asia], 4)
    group.say(a)
    await has([eu, us, asia], 5)
    await agree([eu, us, asia])
  })

  for (const cutTwice of [false, true]) {
    it(`two admins in two partitions at once${cutTwice ? ', with changes of the group on both sides' : ''}: one anchor, one chain, nothing lost or twice`, async () => {
      const d = await world.person(asia)
      await group.add(a, d)
      await has([eu, us, asia], 4)
      await world.pass(2_000)
      eu.crash()
      world.network.cut(us.id, asia.id)
      await give(b, await anchorBy(b))
      await give(c, await anchorBy(c))
      const said: MessageId[] = []
      for (let i = 0; i < 3; i++) said.push(group.say(b), group.say(c), group.say(d))
      await has([us], 7)
      await has([asia], 10)
      if (cutTwice) {
        await group.change(b, { act: 'setRole', account: d.account, role: groupRoles.admin })
        await group.remove(c, b)
        await has([us], 8)
        await has([asia], 11)
        said.push(group.say(b), group.say(c))
        await has([us], 9)
        await has([asia], 12)
      }
      const [low] = [b, c].sort((one, other) => compareBytes(accountKeyOf(one.account), accountKeyOf(other.account)))
      world.network.heal(us.id, asia.id)
      await untilSo(async () => (await epochAt(us)) === (await epochAt(asia)) && (await headAt(us)) === (await headAt(asia)) && (await us.store.outboxes()).length + (await asia.store.outboxes()).length === 0, 'one log')
      await agree([us, asia])
      for (const one of [b, c]) assert.equal((await anchorAt(one))?.admin, low!.account)
      const ids = [...(await logAt(low === b ? us : asia)).values()]
      for (const id of said) assert.equal(ids.filter((one) => one === id).length, low === c && cutTwice && decodeEnvelope(b.envelopes.get(id) ?? c.envelopes.get(id) ?? d.envelopes.get(id)!).sender === b.account ? 0 : 1, id)
      for (const one of [b, c, d]) {
        const own = ids.filter((id) => said.includes(id) && one.sent.includes(id))
        assert.deepEqual(own, one.sent.filter((id) => own.includes(id)), 'in the order in which they were written')
      }
      const told = [...b.refusedLater, ...c.refusedLater].map(({ status }) => status)
      assert.equal(told.length > 0, cutTwice, 'the change of who lost is refused, and said so')
      group.say(c)
      await untilSo(async () => (await headAt(us)) === (await headAt(asia)) && (await headAt(us)) > ids.length - 1, 'it goes on')
      await agree([us, asia])
    })
  }

  it('of two admins at once who can reach each other the lower account wins everywhere', async () => {
    eu.crash()
    const [one, two] = [await anchorBy(b), await anchorBy(c)]
    await Promise.allSettled([give(b, one), give(c, two)])
    group.say(b)
    group.say(c)
    await untilSo(async () => (await headAt(us)) === 5 && (await headAt(asia)) === 5, 'both messages')
    await agree([us, asia])
    const [low] = [one, two].sort((x, y) => compareBytes(accountKeyOf(x.admin), accountKeyOf(y.admin)))
    assert.deepEqual([(await anchorAt(b))?.bytes, (await anchorAt(c))?.bytes], [low!.bytes, low!.bytes])
  })

  it('who is no admin, was removed, or names a stranger is refused by every home; so is a record that is forged or too large', async () => {
    const d = await world.person(us)
    await group.add(a, d)
    await has([eu, us, asia], 4)
    await refused(give(d, await anchorBy(d)), 'NOT_ALLOWED')
    const stranger = await world.person(us)
    await refused(give(b, await anchorBy(b, { anchor: stranger })), 'NOT_A_MEMBER')
    await refused(give(c, await anchorBy(b)), 'NOT_ADMITTED')
    const before = await anchorBy(c)
    await group.remove(a, c)
    await untilSo(async () => (await stateAt(world, b, group.conversation)).members.size === 3, 'removed')
    const rogue = await relayChannel(testRelay(world.random).id, us)
    const tell = (bytes: Uint8Array): Promise<unknown> => world.during(rogue.call(relayMethods.groupAnchor, decode(Signed, bytes)))
    await refused(tell(before.bytes), 'NOT_ALLOWED')
    const good = await anchorBy(b)
    const signed = decode(Signed, good.bytes)
    await refused(world.during(rogue.call(relayMethods.groupAnchor, { body: signed.body, signature: signed.signature.map((byte) => byte ^ 1) })), 'BAD_SIGNATURE')
    await refused(world.during(rogue.call(relayMethods.groupAnchor, { body: new Uint8Array(limits.groupAnchorBytes), signature: signed.signature })), 'TOO_LARGE')
    // Membership that nobody has seen.
    await refused(tell((await anchorBy(b, { place: { epoch: 1, seq: 400 }, head: new Uint8Array(32).fill(1) })).bytes), 'ANCHOR_UNPROVEN')
    await refused(tell((await anchorBy(b, { place: { epoch: 1, seq: 5 }, head: new Uint8Array(32).fill(1) })).bytes), 'STALE_MEMBERSHIP')
    assert.equal(await anchorAt(b), undefined)
    group.say(b)
    await has([eu, us], 6)
  })

  it('an older record that is replayed after a newer one is answered with the newer, and changes nothing', async () => {
    const [first, second] = [await anchorBy(b), await anchorBy(c, { epoch: 2 })]
    await give(b, first)
    await give(c, second)
    await untilSo(async () => (await Promise.all([a, b, c].map(anchorAt))).every((known) => known?.epoch === 2), 'the second')
    const rogue = await relayChannel(testRelay(world.random).id, us)
    await assert.rejects(world.during(rogue.call(relayMethods.groupAnchor, decode(Signed, first.bytes))), (error) => isProtocolError(error, 'STALE_ANCHOR'))
    group.say(a)
    group.say(b)
    await has([eu, us, asia], 5)
    await agree([eu, us, asia])
    assert.equal(await epochAt(eu), firstEpochOf(second))
  })

  it('a home that has missed changes is given them before it believes a record; one that knows of a removal does not', async () => {
    world.network.cut(eu.id, asia.id)
    const d = await world.person(us)
    await group.add(a, d)
    await has([eu, us], 4)
    await group.change(a, { act: 'settings', settings: { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 1 } })
    await has([eu, us], 5)
    assert.equal(await headAt(asia), 3)
    eu.crash()
    await give(b, await anchorBy(b))
    group.say(c)
    await has([us, asia], 6)
    await agree([us, asia])
  })

  it('a home that is given a removal with a record of the next epoch does not take a record of that epoch by who was removed', async () => {
    const sa = await world.relay('sa-1.example.org')
    const d = await world.person(sa)
    await group.add(a, d)
    await has([eu, us, asia, sa], 4)
    await world.pass(2_000)
    const [low, high] = [b, c].sort((one, other) => compareBytes(accountKeyOf(one.account), accountKeyOf(other.account))) as [TestClient, TestClient]
    await give(high, await anchorBy(high))
    group.say(d)
    await has([eu, us, asia, sa], 5)
    const home = high === b ? us : asia
    world.network.cut(sa.id, home.id)
    await group.remove(high, low)
    await has([home, eu], 6)
    assert.equal(await headAt(sa), 5)
    const second = await anchorBy(high, { epoch: 2 })
    const rogue = await relayChannel(testRelay(world.random).id, sa)
    const tell = (bytes: Uint8Array): Promise<unknown> => world.during(rogue.call(relayMethods.groupAnchor, decode(Signed, bytes)))
    await tell(second.bytes)
    const contested = await anchorBy(low, { epoch: 2, place: { epoch: 1, seq: 3 }, head: second.head })
    await refused(tell(contested.bytes), 'NOT_ALLOWED')
    assert.deepEqual((await anchorAt(d))?.bytes, second.bytes)
  })

  it('a member who comes after the re-anchoring, at a relay that has never heard of the group, is served by the new sequencer', async () => {
    eu.crash()
    await give(b, await anchorBy(b))
    group.say(b)
    await has([us, asia], 4)
    const sa = await world.relay('sa-1.example.org')
    const d = await world.person(sa)
    const added = await group.add(b, d)
    await has([us, asia, sa], 5)
    await untilSo(async () => group.shownTo(d).length === 1, 'd to be in')
    assert.deepEqual(group.shownTo(d), [added])
    group.say(d)
    await has([us, asia, sa], 6)
    await agree([us, asia])
    assert.equal(await headOf(sa, group.conversation), await headOf(us, group.conversation))
  })

  it('nobody re-anchors a group at a relay that keeps nothing of it', async () => {
    const sa = await world.relay('sa-1.example.org')
    const stranger = await world.person(sa)
    const forged = signGroupAnchor(signing, {
      conversation: group.conversation, epoch: 1, anchor: stranger.account, homeEpoch: 1, admin: stranger.account, device: stranger.device.id, deviceList: stranger.deviceList.bytes,
      place: { epoch: 1, seq: 1 }, head: new Uint8Array(32).fill(3), madeAtMs: 1
    }, stranger.device.seed)
    await refused(give(stranger, forged), 'UNKNOWN_GROUP')
    const rogue = await relayChannel(testRelay(world.random).id, sa)
    await refused(world.during(rogue.call(relayMethods.groupAnchor, decode(Signed, forged.bytes))), 'UNKNOWN_GROUP', 'HOME_UNREACHABLE')
    await group.add(a, stranger)
    await has([eu, us, asia, sa], 4)
  })

  it('a founder\'s new home that is first offered an old copy, by the home of somebody who was removed, goes on from the newest', async () => {
    // Nothing is dropped at us: what is there can be looked at.
    b.holdsBack = true
    world.network.cut(eu.id, asia.id)
    await group.remove(a, c)
    await has([eu, us], 4)
    group.say(b)
    await has([eu, us], 5)
    await world.pass(2_000)
    const sa = await world.relay('sa-1.example.org')
    world.network.cut(us.id, sa.id)
    eu.crash()
    await a.moveTo(sa, 2)
    const record = a.person.home(sa.id, { epoch: 2 }).bytes
    // The home of who was removed hears of the move, and offers what it has: c is in it.
    const channel = await relayChannel(testRelay(world.random).id, asia)
    await world.during(channel.call(relayMethods.introduce, { homeRecords: [record] }))
    await world.pass(20_000)
    world.network.heal(us.id, sa.id)
    const said = [group.say(b), group.say(a)]
    await untilSo(async () => (await headAt(us)) === 7 && (await headAt(sa)) === 7, 'seven', 300_000)
    await agree([us, sa])
    const ids = [...(await logAt(us)).values()]
    for (const id of said) assert.ok(ids.includes(id))
    assert.equal((await stateAt(world, a, group.conversation)).members.has(c.account), false)
    // What was sent from there meanwhile is refused, and said so.
    group.say(c)
    await untilSo(async () => c.refused.length + c.refusedLater.length > 0, 'refused')
  })

  it('changes that are signed on the old side do not slip in as void entries', async () => {
    const { head } = await stateAt(world, a, group.conversation)
    for (const other of [us, asia]) world.network.cut(eu.id, other.id)
    const control = signedChange(a, group.conversation, { act: 'settings', settings: { whoMaySend: 2, whoMayAdd: 2, whoMayEdit: 2 } }, { previous: head })
    a.enqueue(a.sealFor(group.conversation, { control }))
    await has([eu], 4)
    await give(b, await anchorBy(b))
    await group.change(b, { act: 'settings', settings: { whoMaySend: 1, whoMayAdd: 1, whoMayEdit: 2 } })
    await has([us, asia], 4)
    for (const other of [us, asia]) world.network.heal(eu.id, other.id)
    await untilSo(async () => (await epochAt(eu)) === (await epochAt(us)), 'one epoch')
    await world.pass(5_000)
    await agree([eu, us, asia])
    assert.deepEqual(a.refusedLater.length, 1)
    assert.equal(world.relays.reduce((sum, { meter }) => sum + meter.of('heliograph_group_changes_total void'), 0), 0)
  })
})
