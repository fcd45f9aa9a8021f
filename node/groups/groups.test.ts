import assert from 'node:assert/strict'
import { toHex } from '../../protocol/bytes.ts'
import { selfConversation } from '../../protocol/conversation.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { ERRORS, isProtocolError } from '../../protocol/errors.ts'
import { groupPolicies, groupRoles, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { TestGroup, headOf, signedChange, stateAt } from '../testing/group-world.ts'
import { signing } from '../testing/fixtures.ts'
import type { TestClient} from '../testing/message-world.ts';
import { World, type TestRelayNode } from '../testing/message-world.ts'


describe('groups', () => {
  let world: World
  let eu: TestRelayNode
  beforeEach(async () => {
    world = new World(11)
    eu = await world.relay('eu-1.example.org')
  })
  afterEach(async () => { await world.stop() })

  describe('at one relay', () => {
    let a: TestClient
    let b: TestClient
    let c: TestClient
    let group: TestGroup
    beforeEach(async () => {
      ;[a, b, c] = [await world.person(eu), await world.person(eu), await world.person(eu)]
      group = new TestGroup(world, a)
    })

    it('everybody in it sees the same order, and derives the same membership', async () => {
      const created = group.create([b, c])
      const said = [group.say(a), group.say(a)]
      await world.pass()
      const answered = [group.say(b), group.say(c)]
      await world.pass()
      assert.deepEqual(new Set(group.shownTo(a)), new Set([created, ...said, ...answered]))
      for (const one of [b, c]) assert.deepEqual(group.shownTo(one), group.shownTo(a))
      const head = await headOf(eu, group.conversation)
      for (const one of [a, b, c]) assert.equal(toHex(group.derivedBy(one).head), head)
    })

    it('who comes later gets the entry that brought them in and what follows, who goes gets the one that says so and nothing more', async () => {
      a.holdsBack = true
      const created = group.create([b])
      const before = group.say(a)
      await world.pass()
      const added = await group.add(a, c)
      await world.pass()
      const between = group.say(b)
      await world.pass()
      const removed = await group.remove(a, b)
      await world.pass()
      const after = group.say(c)
      await world.pass()
      assert.deepEqual(group.shownTo(c), [added, between, removed, after])
      assert.deepEqual(group.shownTo(b), [created, before, added, between, removed])
      const page = await world.during(c.channel.call(clientMethods.readLog, { conversation: group.conversation.bytes, fromSeq: 1, maxEntries: 10 }))
      assert.deepEqual(page.entries.map(({ seq }) => seq), [3, 4, 5, 6], 'nothing older when asked for either')
    })

    it('who was removed while away gets the end of it when they come back, then has no part in it', async () => {
      group.create([b, c])
      await world.pass()
      await b.offline()
      const said = group.say(a)
      await world.pass()
      const removed = await group.remove(a, b)
      await world.pass()
      group.say(a)
      await world.pass(2_000)
      await b.online()
      await world.pass(2_000)
      assert.deepEqual(group.shownTo(b).slice(-2), [said, removed])
      const read = b.channel.call(clientMethods.readLog, { conversation: group.conversation.bytes, fromSeq: 1, maxEntries: 10 })
      await assert.rejects(world.during(read), (error) => isProtocolError(error, 'NOT_ADMITTED'))
      assert.deepEqual((await world.during(b.channel.call(clientMethods.listLogs, {}))).logs, [])
      await assert.rejects(stateAt(world, b, group.conversation), (error) => isProtocolError(error, 'NOT_A_MEMBER'))
      assert.deepEqual(await eu.store.logsOf(b.account), [])
    })

    it('nobody who has left holds up what may be dropped', async () => {
      group.create([b, c])
      await world.pass()
      await group.remove(a, b)
      await world.pass(2_000)
      const said = Array.from({ length: 5 }, () => group.say(c))
      await world.pass(5_000)
      assert.deepEqual(group.shownTo(a).slice(-5), said)
      // Its own entries are acknowledged with those of others.
      for (const one of [a, c]) one.channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: group.conversation.bytes, epoch: 1, seq: 7 }] })
      await world.pass(5_000)
      assert.equal((await eu.store.openLog(group.conversation.id))?.first, 8)
    })

    it('only members write, and only those that the settings let', async () => {
      group.create([b], { whoMaySend: groupPolicies.admins, whoMayAdd: groupPolicies.admins, whoMayEdit: groupPolicies.admins })
      await world.pass()
      group.say(b)
      group.say(c)
      const said = group.say(a)
      await world.pass()
      assert.deepEqual([b.refused, c.refused, a.refused], [[ERRORS.NOT_ALLOWED.status], [ERRORS.NOT_A_MEMBER.status], []])
      assert.equal(group.shownTo(b).at(-1), said)
      await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
      await world.pass()
      const byAdmin = group.say(b)
      await world.pass()
      assert.equal(group.shownTo(a).at(-1), byAdmin)
    })

    it('two admins at once: the second is told, and what it says next is not held up', async () => {
      group.create([b, c])
      await world.pass()
      await group.change(a, { act: 'setRole', account: b.account, role: groupRoles.admin })
      await world.pass()
      const { head } = await stateAt(world, b, group.conversation)
      const rename = (one: TestClient): Uint8Array => signedChange(one, group.conversation, { act: 'profile', profile: { keyId: new Uint8Array(8), sealed: world.random.bytes(40) } }, { previous: head })
      const first = a.enqueue(a.sealFor(group.conversation, { control: rename(a) }))
      await world.pass()
      b.enqueue(b.sealFor(group.conversation, { control: rename(b) }))
      const next = group.say(b)
      await world.pass()
      assert.deepEqual(b.refused, [ERRORS.STALE_MEMBERSHIP.status])
      assert.deepEqual(group.shownTo(c).slice(-2), [first, next])
      assert.equal(b.outbox.length, 0)
    })

    it('a change that is forged, made by somebody else, or not allowed has no effect', async () => {
      group.create([b, c])
      await world.pass()
      const { head } = await stateAt(world, a, group.conversation)
      const act = { act: 'remove', accounts: [c.account] } as const
      const submit = async (from: TestClient, control: Uint8Array): Promise<number> => (await world.during(from.submitRaw([from.sealFor(group.conversation, { control }).bytes])))[0]!.status
      const byOwner = signedChange(a, group.conversation, act, { previous: head })
      assert.equal(await submit(b, signedChange(b, group.conversation, act, { previous: head })), ERRORS.NOT_ALLOWED.status)
      assert.equal(await submit(b, byOwner), ERRORS.BAD_CONTROL.status)
      assert.equal(await submit(a, signedChange(a, group.conversation, act, { previous: head, seed: b.device.seed })), ERRORS.BAD_SIGNATURE.status)
      assert.equal(await submit(a, signedChange(a, new TestGroup(world, a).conversation, act, { previous: head })), ERRORS.BAD_CONVERSATION.status)
      assert.equal(await submit(a, Uint8Array.of(1, 2, 3)), ERRORS.MALFORMED.status)
      assert.equal(await headOf(eu, group.conversation), toHex(head))
      assert.equal(await submit(a, byOwner), 0)
    })

    it('a change that would be gone before everybody has had it is refused', async () => {
      group.create([b])
      await world.pass()
      const { head } = await stateAt(world, a, group.conversation)
      const control = signedChange(a, group.conversation, { act: 'add', accounts: [c.account] }, { previous: head })
      const soon = { ...decodeEnvelope(a.sealFor(group.conversation, { control }).bytes), expiresAtMs: world.clock.nowMs() + 60_000 }
      const [outcome] = await world.during(a.submitRaw([encodeEnvelope(soon)]))
      assert.equal(outcome!.status, ERRORS.MALFORMED.status)
    })

    it('each forged change costs one check, and whoever sends many is told to wait', async () => {
      group.create([b])
      await world.pass()
      const { head } = await stateAt(world, a, group.conversation)
      const control = signedChange(a, group.conversation, { act: 'remove', accounts: [b.account] }, { previous: head, seed: b.device.seed })
      const forged = (): Uint8Array[] => Array.from({ length: limits.batchEnvelopes }, () => a.sealFor(group.conversation, { control }).bytes)
      const verify = signing.ed25519Verify
      let checks = 0
      signing.ed25519Verify = (...args) => { checks++; return verify(...args) }
      try {
        const outcomes = await world.during(a.submitRaw(forged()))
        assert.ok(outcomes.every(({ status }) => status === ERRORS.BAD_SIGNATURE.status))
        assert.ok(checks <= 2 * limits.batchEnvelopes, `${checks} signatures were checked`)
      } finally {
        signing.ed25519Verify = verify
      }
      // A batch costs more than an envelope each, or it would take this many to use up what a device may.
      const batches = Math.ceil(rates.submitPerDevice.burst / limits.batchEnvelopes)
      let sent = 1
      while (!(await world.during(a.submitRaw(forged()))).some(({ status }) => status === ERRORS.QUOTA.status)) assert.ok(++sent < batches / 3, `${sent} batches`)
    })

    it('a device list that its home knows to be old signs nothing any more', async () => {
      group.create([b])
      await world.pass()
      const old = a.deviceList.bytes
      await a.linkDevice()
      const { head } = await stateAt(world, a, group.conversation)
      const control = signedChange(a, group.conversation, { act: 'add', accounts: [c.account] }, { previous: head, deviceList: old })
      const [outcome] = await world.during(a.submitRaw([a.sealFor(group.conversation, { control }).bytes]))
      assert.equal(outcome!.status, ERRORS.STALE_DEVICES.status)
    })

    it('signals are not submitted, and a group that nobody has created takes nothing', async () => {
      const [signal, unknown] = await world.during(a.submitRaw([a.sealFor(group.conversation, { kind: envelopeKinds.signal }).bytes, a.sealFor(group.conversation).bytes]))
      assert.deepEqual([signal!.status, unknown!.status], [ERRORS.MALFORMED.status, ERRORS.UNKNOWN_GROUP.status])
      await assert.rejects(stateAt(world, a, group.conversation), (error) => isProtocolError(error, 'UNKNOWN_GROUP'))
    })

    it('all members together are held to one rate', async () => {
      group.create([b])
      await world.pass()
      const { burst } = rates.submitPerGroup
      let taken = 1
      for (let batch = 0; taken < burst; batch++) {
        const from = batch % 2 === 0 ? a : b
        const outcomes = await world.during(from.submitRaw(Array.from({ length: Math.min(limits.batchEnvelopes, burst - taken) }, () => from.sealFor(group.conversation, { sizeBytes: 10 }).bytes)))
        taken += outcomes.filter(({ status }) => status === 0).length
        assert.ok(outcomes.every(({ status }) => status === 0 || status === ERRORS.QUOTA.status))
        if (outcomes.some(({ status }) => status !== 0)) break
      }
      assert.ok(taken >= burst, `${taken} were taken`)
      const late = await world.during(b.submitRaw(Array.from({ length: 100 }, () => b.sealFor(group.conversation, { sizeBytes: 10 }).bytes)))
      assert.ok(late.some(({ status, retryAfterMs }) => status === ERRORS.QUOTA.status && retryAfterMs > 0))
    })

    it('who is no member uses up nothing of what the members may write', async () => {
      group.create([b])
      await world.pass()
      for (let sent = 0; sent <= rates.submitPerGroup.burst; sent += limits.batchEnvelopes) {
        const outcomes = await world.during(c.submitRaw(Array.from({ length: limits.batchEnvelopes }, () => c.sealFor(group.conversation, { sizeBytes: 10 }).bytes)))
        assert.ok(outcomes.every(({ status }) => status === ERRORS.NOT_A_MEMBER.status))
      }
      const [outcome] = await world.during(b.submitRaw([b.sealFor(group.conversation).bytes]))
      assert.equal(outcome!.status, 0)
    })

    it('acknowledging logs that are not in memory is no way to have any number of them read', async () => {
      group.create([b])
      await world.pass()
      const { openLog } = eu.store
      let reads = 0
      eu.store.openLog = async (id) => { reads++; return await openLog.call(eu.store, id) }
      for (let i = 0; i < 5; i++) {
        const positions = Array.from({ length: 1_000 }, () => ({ conversation: new TestGroup(world, b).conversation.bytes, epoch: 1, seq: 1 }))
        c.channel.notify(clientNotifications.acknowledge, { positions })
      }
      await world.pass()
      assert.ok(reads <= 2 * rates.signalPerDevice.burst, `${reads} logs were read`)
      assert.ok(c.isOnline)
    })

    it('the relay knows the group again after it was killed', async () => {
      group.create([b])
      await world.pass()
      await group.add(a, c)
      await group.change(a, { act: 'settings', settings: { whoMaySend: groupPolicies.everyone, whoMayAdd: groupPolicies.everyone, whoMayEdit: groupPolicies.admins } })
      await world.pass(1_000)
      const before = await stateAt(world, a, group.conversation)
      eu.crash()
      await eu.restart()
      await world.pass(1_000)
      assert.deepEqual(await stateAt(world, a, group.conversation), before)
      const said = group.say(c)
      await world.pass(1_000)
      for (const one of [a, b, c]) assert.equal(group.shownTo(one).at(-1), said)
    })

    it('a change that the disk did not take is no change', async () => {
      group.create([b])
      await world.pass()
      const before = await headOf(eu, group.conversation)
      eu.store.setFull(true)
      const added = await group.add(a, c)
      await world.pass(300)
      assert.equal(await headOf(eu, group.conversation), before)
      assert.deepEqual([...(await stateAt(world, a, group.conversation)).members.keys()].sort(), [a.account, b.account].sort())
      eu.store.setFull(false)
      await world.until(() => group.shownTo(c).includes(added))
      assert.deepEqual(group.shownTo(c), [added])
    })

    it('an account\'s devices talk among themselves in its self conversation', async () => {
      const second = await a.linkDevice()
      const conversation = selfConversation(a.account)
      const said = a.enqueue(a.sealFor(conversation))
      await world.pass()
      assert.deepEqual(second.logOf(conversation.id).shown, [said])
      const [outcome] = await world.during(b.submitRaw([b.sealFor(conversation).bytes]))
      assert.equal(outcome!.status, ERRORS.BAD_CONVERSATION.status)
    })
  })
})
