import assert from 'node:assert/strict'
import { toHex } from '../../protocol/bytes.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ERRORS, isProtocolError } from '../../protocol/errors.ts'
import { joinProof } from '../../protocol/groups/control.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { TestGroup, headOf, signedChange, stateAt, storedState } from '../testing/group-world.ts'
import { TestPerson, signing, testRelay } from '../testing/fixtures.ts'
import { TestClient, World, type TestRelayNode } from '../testing/message-world.ts'

const statusesOf = (client: TestClient): number[] => client.refusedLater.map(({ status }) => status)

describe('groups over relays', () => {
  let world: World
  let eu: TestRelayNode
  beforeEach(async () => {
    world = new World(11)
    eu = await world.relay('eu-1.example.org')
  })
  afterEach(async () => { await world.stop() })

  describe('between relays', () => {
    let us: TestRelayNode
    let asia: TestRelayNode
    let a: TestClient
    let b: TestClient
    let c: TestClient
    let group: TestGroup
    const relays = (): TestRelayNode[] => [eu, us, asia]
    beforeEach(async () => {
      us = await world.relay('us-1.example.org')
      asia = await world.relay('asia-1.example.org')
      ;[a, b, c] = [await world.person(eu), await world.person(us), await world.person(asia)]
      group = new TestGroup(world, a)
    })

    const everybodyHas = async (count: number, clients: readonly TestClient[] = [a, b, c]): Promise<void> => {
      await world.until(() => clients.every((one) => group.shownTo(one).length === count), 120_000, () => `${clients.map((one) => group.shownTo(one).length).join(', ')} of ${count}`)
      for (const one of clients) assert.deepEqual(group.shownTo(one), group.shownTo(clients[0]!))
    }

    it('create, write, add, remove, leave: every home and every device has the same chain', async () => {
      group.create([b, c])
      await everybodyHas(1)
      for (const one of [a, b, c]) for (let i = 0; i < 5; i++) group.say(one)
      await everybodyHas(16)
      await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
      await everybodyHas(17)
      const d = await world.person(us)
      const added = await group.add(b, d)
      await everybodyHas(18)
      assert.ok(await group.isAgreed(relays()))
      await group.change(d, { act: 'leave' })
      await everybodyHas(19)
      assert.deepEqual(group.shownTo(d), group.shownTo(a).slice(-2))
      assert.equal(group.shownTo(d)[0], added)
      await group.remove(b, c)
      await everybodyHas(20)
      assert.ok(await group.isAgreed(relays()))
      const head = await headOf(eu, group.conversation)
      for (const one of [a, b, c]) assert.equal(toHex(group.derivedBy(one).head), head)
      assert.deepEqual(world.relays.map(({ meter }) => meter.of('heliograph_group_changes_total void')), [0, 0, 0])
    })

    it('a relay whose last member was removed has that entry, and nothing that came after', async () => {
      group.create([b, c])
      await everybodyHas(1)
      await group.remove(a, c)
      await everybodyHas(2)
      await world.pass(5_000)
      group.say(a)
      group.say(b)
      await everybodyHas(4, [a, b])
      await world.pass(5_000)
      assert.equal(group.shownTo(c).length, 2)
      assert.equal((await asia.store.openLog(group.conversation.id))?.head, 2)
      assert.equal((await storedState(asia, group.conversation)).members.size, 0, 'nor does it keep who is in it')
      assert.deepEqual(await asia.store.logsOf(a.account), [])
      assert.deepEqual([...(await eu.store.openLog(group.conversation.id))!.replicas.keys()], [us.id])
      assert.equal((await eu.store.behindReplicas()).length, 0)
    })

    it('a relay that comes late begins with the entry that brought its member in, and checks what follows', async () => {
      group.create([b])
      await everybodyHas(1, [a, b])
      for (let i = 0; i < 10; i++) group.say(b)
      await everybodyHas(11, [a, b])
      const added = await group.add(a, c)
      await everybodyHas(12, [a, b])
      await world.until(() => group.shownTo(c).length === 1)
      assert.deepEqual(group.shownTo(c), [added])
      const kept = await asia.store.openLog(group.conversation.id)
      assert.deepEqual([kept?.first, kept?.head], [12, 12])
      assert.equal(asia.meter.of('heliograph_replica_snapshots_total'), 1)
      group.say(c)
      await group.change(a, { act: 'setRole', account: c.account, role: groupRoles.admin })
      await everybodyHas(14, [a, b])
      await world.until(() => group.shownTo(c).length === 3)
      assert.ok(await group.isAgreed(relays()))
      // Removed, and back: what came in between is not for it.
      await group.remove(a, c)
      await world.until(() => group.shownTo(c).length === 4)
      await world.pass(5_000)
      group.say(a)
      await everybodyHas(16, [a, b])
      const again = await group.add(a, c)
      await world.pass(5_000)
      assert.equal(group.shownTo(c).length, 4, 'it sees a gap, and asks')
      const page = await world.during(c.channel.call(clientMethods.readLog, { conversation: group.conversation.bytes, fromSeq: 16, maxEntries: 10 }))
      assert.deepEqual(page.entries.map(({ seq }) => seq), [17])
      assert.equal(c.logOf(group.conversation.id).early.get(17), again)
      assert.ok(await group.isAgreed(relays()))
    })

    it('who is removed while what they wrote waits is told so; the one who is still in is not held up', async () => {
      group.create([b, c])
      await everybodyHas(1)
      const d = await world.person(us)
      await group.add(a, d)
      await everybodyHas(2)
      world.network.cut(eu.id, us.id)
      const lost = [group.say(d), group.say(d)]
      const kept = group.say(b)
      await world.pass(5_000)
      assert.deepEqual(d.sent, lost)
      await group.remove(a, d)
      await world.pass(1_000)
      world.network.heal(eu.id, us.id)
      await everybodyHas(4)
      assert.equal(group.shownTo(a).at(-1), kept)
      assert.deepEqual(d.refusedLater, lost.map((messageId) => ({ messageId, status: ERRORS.NOT_A_MEMBER.status })))
      assert.equal(us.meter.of('heliograph_delivery_refused_total yes'), 2)
      assert.deepEqual(await us.store.outboxes(), [])
      // Its home knows by now.
      group.say(d)
      await world.pass(1_000)
      assert.deepEqual(d.refused, [ERRORS.NOT_A_MEMBER.status])
      assert.equal(group.shownTo(d).length, 2, 'added, removed')
    })

    it('what the sequencer has refused is refused again when it comes again, and its device told again', async () => {
      group.create([b])
      await everybodyHas(1, [a, b])
      const sealed = c.sealFor(group.conversation)
      for (const times of [1, 2]) {
        assert.deepEqual((await world.during(c.submitRaw([sealed.bytes]))).map(({ status, seq }) => [status, seq]), [[0, 0]])
        await world.until(() => c.refusedLater.length === times)
        assert.deepEqual(c.refusedLater.at(-1), { messageId: sealed.messageId, status: ERRORS.NOT_A_MEMBER.status })
        await world.pass(1_000)
      }
      assert.equal(group.shownTo(a).length, 1)
    })

    it('two admins at two relays at once: one change counts, the other is told, nothing is stuck', async () => {
      group.create([b, c])
      await everybodyHas(1)
      await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
      await everybodyHas(2)
      await group.change(a, { act: 'setRole', account: c.account, role: groupRoles.admin })
      await everybodyHas(3)
      const [d, e] = [await world.person(us), await world.person(asia)]
      const { head } = await stateAt(world, a, group.conversation)
      const add = (actor: TestClient, one: TestClient): void => {
        actor.enqueue(actor.sealFor(group.conversation, { control: signedChange(actor, group.conversation, { act: 'add', accounts: [one.account] }, { previous: head }) }))
      }
      add(b, d)
      add(c, e)
      const next = [group.say(b), group.say(c)]
      await everybodyHas(6)
      assert.deepEqual([...b.refusedLater, ...c.refusedLater].map(({ status }) => status), [ERRORS.STALE_MEMBERSHIP.status])
      assert.ok(next.every((id) => group.shownTo(a).includes(id)))
      assert.ok(await group.isAgreed(relays()))
      const [loser, one] = b.refusedLater.length > 0 ? [b, d] : [c, e]
      await group.add(loser, one)
      await everybodyHas(7)
      assert.ok(await group.isAgreed(relays()))
    })

    it('a member whose home is down, or is not known, holds up nobody; what they missed is there when it is back', async () => {
      const stranger = new TestPerson(world.random)
      group.create([b, c])
      await everybodyHas(1)
      asia.crash()
      await group.change(a, { act: 'add', accounts: [stranger.account] })
      for (const one of [a, b]) for (let i = 0; i < 5; i++) group.say(one)
      await everybodyHas(12, [a, b])
      await asia.restart()
      await everybodyHas(12)
      // Found at last: it begins with the entry that brought it in.
      const late = new TestClient(world, stranger, await world.relay('sa-1.example.org'))
      await world.during(late.register())
      await world.until(() => group.shownTo(late).length === 11, 120_000, () => `${group.shownTo(late).length} of 11`)
      assert.deepEqual(group.shownTo(late), group.shownTo(a).slice(1))
    })

    it('a member who comes to live at a relay that has the group already gets what follows', async () => {
      const stranger = new TestPerson(world.random)
      group.create([b])
      await everybodyHas(1, [a, b])
      await group.change(a, { act: 'add', accounts: [stranger.account] })
      await everybodyHas(2, [a, b])
      const late = new TestClient(world, stranger, us)
      await world.during(late.register())
      await world.pass(1_000)
      const said = group.say(late)
      await everybodyHas(3, [a, b])
      const answered = group.say(a)
      await everybodyHas(4, [a, b])
      await world.pass(1_000)
      assert.deepEqual(group.shownTo(late).slice(-2), [said, answered])
    })

    /** Of the group, at this relay. */
    const firstAt = async (relay: TestRelayNode): Promise<number> => (await relay.store.openLog(group.conversation.id))!.first

    /** The home of c is gone, and the others have five entries more: us keeps none of them, eu all, for that home. */
    const leaveBehind = async (): Promise<void> => {
      group.create([b, c])
      await everybodyHas(1)
      await world.pass(2_000)
      await c.offline()
      asia.crash()
      for (let i = 0; i < 5; i++) group.say(b)
      await everybodyHas(6, [a, b])
      await world.pass(2_000)
      assert.deepEqual([await firstAt(eu), await firstAt(us)], [2, 7])
    }

    it('a member who moves to a relay that has the group is given what they lack and it has dropped; then nothing is kept for anybody', async () => {
      await leaveBehind()
      await c.moveTo(us, 2)
      await everybodyHas(6)
      await world.pass(2_000)
      assert.deepEqual([await firstAt(eu), await firstAt(us)], [7, 7])
      assert.deepEqual([...(await eu.store.openLog(group.conversation.id))!.replicas], [[us.id, 6]])
      assert.equal((await eu.store.behindReplicas()).length, 0)
    })

    it('what a member lacks is kept until they have come to the relay that their record names', async () => {
      await leaveBehind()
      await eu.relay.homes.learnDurably(c.person.home(us.id, { epoch: 2 }).bytes)
      await world.pass(5_000)
      group.say(b)
      await everybodyHas(7, [a, b])
      eu.crash()
      await eu.restart()
      await world.pass(40_000)
      assert.equal(await firstAt(eu), 2)
      await c.moveTo(us, 2)
      await everybodyHas(7)
      await world.pass(2_000)
      assert.deepEqual([await firstAt(eu), await firstAt(us)], [8, 8])
    })

    it('who is found only after the sequencer was restarted is found all the same', async () => {
      const stranger = new TestPerson(world.random)
      group.create([b])
      await everybodyHas(1, [a, b])
      await group.change(a, { act: 'add', accounts: [stranger.account] })
      await everybodyHas(2, [a, b])
      eu.crash()
      await eu.restart()
      const late = new TestClient(world, stranger, asia)
      await world.during(late.register())
      await world.until(() => group.shownTo(late).length === 1)
      group.say(late)
      await everybodyHas(3, [a, b])
      assert.ok(await group.isAgreed(relays()))
    })

    it('an invite link lets in who has it, until it is revoked or its time is over by the sequencer\'s clock', async () => {
      group.create([b])
      await everybodyHas(1, [a, b])
      const seed = world.random.bytes(32)
      const link = { id: world.random.bytes(16), publicKey: signing.ed25519PublicKey(seed), expiresAtMs: world.clock.nowMs() + 60_000, maxUses: 0 }
      await group.change(a, { act: 'link', link })
      await everybodyHas(2, [a, b])
      const join = (one: TestClient): MessageId => one.enqueue(one.sealFor(group.conversation, {
        control: signedChange(one, group.conversation, { act: 'join', link: link.id, proof: joinProof(signing, seed, group.conversation, one.account) })
      }))
      const joined = join(c)
      await everybodyHas(3, [a, b])
      await world.until(() => group.shownTo(c).length === 1)
      assert.deepEqual(group.shownTo(c), [joined])
      const [d, e] = [await world.person(asia), await world.person(us)]
      await world.pass(60_000)
      join(d)
      await world.until(() => d.refusedLater.length + d.refused.length === 1)
      assert.deepEqual(statusesOf(d), [ERRORS.EXPIRED.status])
      await group.change(a, { act: 'revoke', link: link.id })
      await everybodyHas(4, [a, b])
      join(e)
      await world.until(() => e.refusedLater.length + e.refused.length === 1)
      assert.deepEqual(statusesOf(e), [ERRORS.LINK_REVOKED.status])
      assert.ok(await group.isAgreed(relays()))
    })

    it('who is no member uses up nothing of what the members at the same home may write', async () => {
      group.create([b, c])
      await everybodyHas(1)
      const stranger = await world.person(us)
      let statuses: number[] = []
      for (let batch = 0; batch < 7 && !statuses.includes(ERRORS.QUOTA.status); batch++) {
        const outcomes = await world.during(stranger.submitRaw(Array.from({ length: limits.batchEnvelopes }, () => stranger.sealFor(group.conversation, { sizeBytes: 10 }).bytes)))
        statuses = outcomes.map(({ status }) => status)
      }
      assert.equal(statuses.at(-1), ERRORS.QUOTA.status, 'it is held to a rate of its own')
      const outcomes = await world.during(b.submitRaw(Array.from({ length: 200 }, () => b.sealFor(group.conversation).bytes)))
      assert.ok(outcomes.every(({ status }) => status === 0))
    })

    it('a relay that is home to no member is given neither the state nor the log', async () => {
      group.create([b])
      await everybodyHas(1, [a, b])
      const rogue = testRelay(world.random)
      const mesh = world.network.join(rogue.id)
      await mesh.start()
      const stream = await world.during(mesh.dial(eu.id, [], protocols.relay, { signal: new AbortController().signal }))
      const channel = new Channel(stream, { handlers: new Handlers(), clock: world.clock }).start()
      const { bytes } = group.conversation
      await assert.rejects(world.during(channel.call(relayMethods.groupState, { conversation: bytes })), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      await assert.rejects(world.during(channel.call(relayMethods.pull, { conversation: bytes, fromSeq: 1, maxEntries: 10 })), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      await assert.rejects(world.during(channel.call(relayMethods.replicate, { pages: [{ conversation: bytes, epoch: 1, head: 2, entries: [{ seq: 2, envelope: a.sealFor(group.conversation).bytes, storedAtMs: 1 }] }] })), (error) => isProtocolError(error, 'UNKNOWN_ACCOUNT', 'MOVED'))
    })

    it('what somebody has written just before they move is refused to nobody: the new home is given it', async () => {
      group.create([b, c])
      await everybodyHas(1)
      // The sequencer is the new home, and knows; the old one does not yet. What waits there was written by a device that does not send it again.
      eu.relay.homes.learn(c.person.home(eu.id, { epoch: 2 }).bytes)
      const sealed = c.sealFor(group.conversation)
      await world.during(c.submitRaw([sealed.bytes]))
      await world.pass(2_000)
      await c.moveTo(eu, 2)
      await world.until(() => [a, b].every((one) => group.shownTo(one).includes(sealed.messageId)))
      assert.deepEqual(c.refusedLater, [])
    })

    it('when the founder moves to the home of another member, that one goes on with the next number, under the new epoch', async () => {
      group.create([b, c])
      await everybodyHas(1)
      for (const one of [a, b, c]) group.say(one)
      await everybodyHas(4)
      await a.moveTo(us, 2)
      for (const one of [a, b, c]) for (let i = 0; i < 3; i++) group.say(one)
      await everybodyHas(13)
      const kept = await us.store.openLog(group.conversation.id)
      assert.deepEqual([kept?.epoch, kept?.head], [2, 13])
      const d = await world.person(asia)
      await group.add(a, d)
      await everybodyHas(14)
      assert.ok(await group.isAgreed([us, asia]))
    })

    for (const isDead of [false, true]) {
      it(`when the founder moves to a relay that does not know the group, that one is given it by those that do (the old home is ${isDead ? 'gone' : 'there'})`, async () => {
        group.create([b, c])
        await everybodyHas(1)
        for (const one of [a, b, c]) group.say(one)
        await everybodyHas(4)
        if (isDead) eu.crash()
        const sa = await world.relay('sa-1.example.org')
        await a.moveTo(sa, 2)
        // The old home knows of the move and says so; of a dead one the others hear when they have something for it.
        const said = [group.say(a), group.say(isDead ? b : a)]
        await everybodyHas(6)
        said.push(...[a, b, c].flatMap((one) => [group.say(one), group.say(one)]))
        await everybodyHas(12)
        assert.ok(said.every((id) => group.shownTo(b).includes(id)))
        assert.ok(await group.isAgreed([sa, us, asia]))
        await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
        await everybodyHas(13)
        assert.ok(await group.isAgreed([sa, us, asia]))
      })
    }

    it('a home of the founder that has lost the group is given it by those who have it, and what waits for it meanwhile stays', async () => {
      group.create([b, c])
      await everybodyHas(1)
      for (const one of [a, b, c]) group.say(one)
      await everybodyHas(4)
      eu.crash()
      const said = [group.say(b), group.say(c)]
      await world.pass(5_000)
      // As after a repair: what stood of the group and its log is gone, the accounts are there.
      const left: Array<{ key: string }> = []
      for await (const row of eu.store.scan('group', '')) left.push(row)
      await eu.store.write(left.map(({ key }) => ({ op: 'delete', table: 'group', key })), { durable: true })
      await eu.restart()
      await world.pass(60_000)
      assert.deepEqual([statusesOf(b), statusesOf(c)], [[], []])
      // The founder's next home record makes it ask.
      await a.moveTo(eu, 2)
      await everybodyHas(6)
      assert.ok(said.every((id) => group.shownTo(a).includes(id)))
      assert.ok(await group.isAgreed(relays()))
    })

    it('a home of the founder whose disk is older than the group is given it by who writes there', async () => {
      const old = eu.store.copy()
      group.create([b, c])
      await everybodyHas(1)
      for (const one of [a, b, c]) group.say(one)
      await everybodyHas(4)
      eu.crash()
      eu.store = old
      await eu.restart()
      group.say(b)
      await everybodyHas(5)
      for (const one of [a, c]) group.say(one)
      await everybodyHas(7)
      assert.deepEqual([statusesOf(a), statusesOf(b), statusesOf(c)], [[], [], []])
      assert.ok(await group.isAgreed(relays()))
    })

    it('what is written for a group that no relay has ever heard of is refused', async () => {
      group.say(b)
      await world.until(() => b.refusedLater.length > 0)
      assert.deepEqual(statusesOf(b), [ERRORS.UNKNOWN_GROUP.status])
    })

    it('a home at which a group is already, and whose founder comes there after having left it, gives what follows to whom it has heard of meanwhile', async () => {
      group.create([b, c])
      await everybodyHas(1)
      await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
      await everybodyHas(2)
      await group.change(a, { act: 'leave' })
      await everybodyHas(3)
      assert.equal(us.relay.homes.cached(c.account), undefined)
      us.relay.homes.learn(c.person.home(asia.id).bytes)
      await a.moveTo(us, 2)
      group.say(b)
      await everybodyHas(4, [b, c])
    })

    it('a damaged entry is fetched from whichever replica has it, and left out when none has', async () => {
      const d = await world.person(eu)
      b.holdsBack = true
      group.create([c, b, d])
      await everybodyHas(1)
      await d.offline()
      const said = [group.say(a), group.say(a), group.say(a)]
      await everybodyHas(4)
      // The first relay to be asked has dropped it, because its own people have it.
      await world.until(() => asia.meter.of('heliograph_log_trimmed_total') === 4)
      eu.store.damage(group.conversation.id, 3)
      await d.online()
      await world.until(() => group.shownTo(d).length === 4)
      assert.deepEqual(group.shownTo(d).slice(1), said)
      assert.equal(eu.meter.of('heliograph_log_damaged_total mended'), 1)
      await d.offline()
      const [lost, kept] = [group.say(a), group.say(a)]
      b.holdsBack = false
      await b.offline()
      await b.online()
      await everybodyHas(6)
      await world.until(() => [us, asia].every(({ meter }) => meter.of('heliograph_log_trimmed_total') === 6))
      await world.pass(1_000)
      eu.crash() // nothing of it is in memory any more
      eu.store.damage(group.conversation.id, 5)
      await eu.restart()
      await world.until(() => d.logOf(group.conversation.id).early.size > 0)
      assert.deepEqual([d.logOf(group.conversation.id).early.get(6), group.shownTo(d).includes(lost)], [kept, false])
    })

    it('a member who moves takes the group along, from where they came in', async () => {
      group.create([b, c])
      await everybodyHas(1)
      for (const one of [a, b, c]) group.say(one)
      await everybodyHas(4)
      await c.moveTo(us, 2)
      for (const one of [a, b, c]) group.say(one)
      await everybodyHas(7)
      assert.ok(await group.isAgreed([eu, us]))
    })
  })
})
