import assert from 'node:assert/strict'
import { toHex } from '../../protocol/bytes.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { groupConversation, type GroupConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { isProtocolError, ProtocolError } from '../../protocol/errors.ts'
import { noHead, signControl, verifyControl, type GroupAct } from '../../protocol/groups/control.ts'
import { applyChange, checkControl, defaultSettings, emptyGroup, nextHead, type GroupState } from '../../protocol/groups/membership.ts'
import { snapshotToWire } from '../../protocol/groups/snapshot.ts'
import type { MessageId, RelayId } from '../../protocol/ids.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import type { Page, Position } from '../../protocol/wire/gen/log.js'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { TestGroup, headOf, storedState } from '../testing/group-world.ts'
import { TestPerson, signing, testRelay } from '../testing/fixtures.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

/** A relay that is home to a founder, and may say to others whatever it likes. */
class RogueSequencer {
  readonly world: World
  readonly founder: TestPerson
  readonly conversation: GroupConversation
  /** What it says when it is asked. */
  state: GroupState
  readonly #identity
  #channel!: Channel
  seq = 0
  /** What it answers a pull with. */
  page: Page | undefined
  /** Of what it pushes. */
  epoch = 1
  #ids = 0

  constructor (world: World) {
    this.world = world
    this.founder = new TestPerson(world.random)
    this.conversation = groupConversation(this.founder.account, world.random.bytes(32))
    this.state = emptyGroup(this.conversation)
    this.#identity = testRelay(world.random)
  }

  get id (): RelayId { return this.#identity.id }
  get channel (): Channel { return this.#channel }

  async start (victim: TestRelayNode): Promise<void> {
    const { network, clock } = this.world
    const mesh = network.join(this.id)
    const handlers = new Handlers()
      .on(relayMethods.groupState, () => snapshotToWire(this.state))
      .on(relayMethods.introduce, () => ({}))
      .on(relayMethods.pull, () => {
        if (this.page === undefined) throw new ProtocolError('OVERLOADED')
        return this.page
      })
      // What it is given it never confirms.
      .on(relayMethods.replicate, () => { throw new ProtocolError('OVERLOADED', { retryAfterMs: 60_000 }) })
    mesh.handle(protocols.relay, (stream) => { new Channel(stream, { handlers, clock }).start() })
    await mesh.start()
    const stream = await this.world.during(mesh.dial(victim.id, [], protocols.relay, { signal: new AbortController().signal }))
    this.#channel = new Channel(stream, { handlers, clock }).start()
    await this.world.during(this.#channel.call(relayMethods.introduce, { homeRecords: [this.founder.home(this.id).bytes] }))
  }

  sign (actor: TestPerson, act: GroupAct, previous: Uint8Array, seed = actor.device.seed): Uint8Array {
    return signControl(signing, { conversation: this.conversation, actor: actor.account, device: actor.device.id, deviceList: actor.devices().bytes, previous, madeAtMs: 1, act }, seed)
  }

  /** Into its own state as well: it is a change that holds. */
  apply (control: Uint8Array): void {
    applyChange(this.state, checkControl(signing, this.state, verifyControl(signing, control), control), { epoch: 1, seq: this.seq + 1 })
  }

  envelope (sender: TestPerson, control?: Uint8Array): Uint8Array {
    const id = `0190000000007000800${(++this.#ids).toString(16).padStart(13, '0')}` as MessageId
    return encodeEnvelope({
      conversation: this.conversation, sender: sender.account, senderDevice: sender.device.id, messageId: id,
      kind: control === undefined ? envelopeKinds.content : envelopeKinds.control,
      expiresAtMs: 0,
      ciphertexts: control === undefined ? [{ device: undefined, kind: ciphertextKinds.senderKey, bytes: this.world.random.bytes(20) }] : [],
      ...(control === undefined ? {} : { control })
    })
  }

  async push (envelope: Uint8Array): Promise<Position[]> {
    const seq = ++this.seq
    const { positions } = await this.world.during(this.#channel.call(relayMethods.replicate, {
      pages: [{ conversation: this.conversation.bytes, epoch: this.epoch, head: seq, entries: [{ seq, envelope, storedAtMs: 1 }] }]
    }))
    return positions
  }
}

describe('a sequencer that lies', () => {
  let world: World
  let us: TestRelayNode
  let b: TestClient
  let rogue: RogueSequencer
  beforeEach(async () => {
    world = new World(17)
    us = await world.relay('us-1.example.org')
    b = await world.person(us)
    rogue = new RogueSequencer(world)
    await rogue.start(us)
    const create = rogue.sign(rogue.founder, { act: 'create', members: [b.account], settings: defaultSettings }, noHead)
    rogue.apply(create)
    const [position] = await rogue.push(rogue.envelope(rogue.founder, create))
    assert.equal(position?.seq, 1)
  })
  afterEach(async () => { await world.stop() })

  it('what it makes up changes nothing at a replica: the number is kept, the entry is void', async () => {
    const stranger = new TestPerson(world.random)
    const { head } = rogue.state
    const made: Uint8Array[] = [
      rogue.sign(rogue.founder, { act: 'remove', accounts: [b.account] }, head, stranger.device.seed),
      rogue.sign(b.person, { act: 'add', accounts: [stranger.account] }, head),
      rogue.sign(rogue.founder, { act: 'add', accounts: [stranger.account] }, noHead),
      world.random.bytes(100)
    ]
    for (const [i, control] of made.entries()) {
      const sender = i === 1 ? b.person : rogue.founder
      assert.equal((await rogue.push(rogue.envelope(sender, control)))[0]?.seq, i + 2)
    }
    assert.equal(us.meter.of('heliograph_group_changes_total void'), made.length)
    assert.equal(await headOf(us, rogue.conversation), toHex(head))
    assert.deepEqual([...(await storedState(us, rogue.conversation)).members.keys()].sort(), [rogue.founder.account, b.account].sort())
    await world.pass(1_000)
    assert.equal(b.logOf(rogue.conversation.id).shown.length, 1 + made.length, 'devices see for themselves')
    // A real change on top of the same head still holds.
    const add = rogue.sign(rogue.founder, { act: 'add', accounts: [stranger.account] }, head)
    await rogue.push(rogue.envelope(rogue.founder, add))
    assert.equal(await headOf(us, rogue.conversation), toHex(nextHead(signing, head, add)))
  })

  it('a change in an envelope of somebody else is void as well', async () => {
    const { head } = rogue.state
    const add = rogue.sign(rogue.founder, { act: 'add', accounts: [new TestPerson(world.random).account] }, head)
    await rogue.push(rogue.envelope(b.person, add))
    assert.equal(await headOf(us, rogue.conversation), toHex(head))
  })

  it('a group in which nobody lives here is not kept', async () => {
    const other = new RogueSequencer(world)
    await other.start(us)
    const create = other.sign(other.founder, { act: 'create', members: [new TestPerson(world.random).account], settings: defaultSettings }, noHead)
    other.apply(create)
    assert.deepEqual(await other.push(other.envelope(other.founder, create)), [])
    assert.equal(await us.store.openLog(other.conversation.id), undefined)
  })

  it('a state that is older than the one checked here is not taken', async () => {
    const older = { ...rogue.state, members: new Map(rogue.state.members) }
    const add = rogue.sign(rogue.founder, { act: 'add', accounts: [new TestPerson(world.random).account] }, rogue.state.head)
    rogue.apply(add)
    await rogue.push(rogue.envelope(rogue.founder, add))
    const newest = rogue.state
    const content = rogue.envelope(rogue.founder)
    rogue.seq = 9
    // Nothing before the tenth is kept any more: the replica asks for the state.
    rogue.page = { conversation: rogue.conversation.bytes, epoch: 1, head: 10, entries: [{ seq: 10, envelope: content, storedAtMs: 1 }] }
    rogue.state = older
    assert.equal((await rogue.push(content))[0]?.seq, 2, 'no step further')
    assert.equal(await headOf(us, rogue.conversation), toHex(newest.head))
    rogue.state = newest
    rogue.seq = 9
    assert.equal((await rogue.push(content))[0]?.seq, 10)
    assert.equal(await headOf(us, rogue.conversation), toHex(newest.head))
  })

  it('a state that cannot be, or of another group, is refused', async () => {
    const late = new RogueSequencer(world)
    await late.start(us)
    late.state = { ...rogue.state }
    await assert.rejects(late.push(late.envelope(late.founder)), (error) => isProtocolError(error, 'BAD_CONVERSATION'))
    late.state = { ...emptyGroup(late.conversation), seq: 3, epoch: 1, members: new Map([[b.account, { role: 1, sinceSeq: 1, listEpoch: 0 }]]) }
    await assert.rejects(late.push(late.envelope(late.founder)), (error) => isProtocolError(error, 'MALFORMED'))
    assert.equal(await us.store.openLog(late.conversation.id), undefined)
  })

  it('an epoch that its founder has not signed is not taken: it would put the log out of reach of the next home', async () => {
    rogue.epoch = 4_000_000_000
    assert.deepEqual(await rogue.push(rogue.envelope(rogue.founder)), [])
    assert.deepEqual([(await us.store.openLog(rogue.conversation.id))?.epoch, (await us.store.openLog(rogue.conversation.id))?.head], [1, 1])
    rogue.epoch = 1
    rogue.seq--
    assert.equal((await rogue.push(rogue.envelope(rogue.founder)))[0]?.seq, 2)
    // Nor in what is pulled.
    const content = rogue.envelope(rogue.founder)
    rogue.page = { conversation: rogue.conversation.bytes, epoch: 4_000_000_000, head: 4, entries: [{ seq: 3, envelope: content, storedAtMs: 1 }] }
    rogue.seq = 3
    assert.equal((await rogue.push(rogue.envelope(rogue.founder)))[0]?.seq, 2)
    assert.equal((await us.store.openLog(rogue.conversation.id))?.epoch, 1)
  })
})

describe('the home of a member who was removed', () => {
  it('is given nothing of what came after, however long it says that it has not had the end', async () => {
    const world = new World(18)
    const us = await world.relay('us-1.example.org')
    const a = await world.person(us)
    const rogue = new RogueSequencer(world)
    await rogue.start(us)
    const group = new TestGroup(world, a)
    const { bytes } = group.conversation
    group.create([])
    await world.pass()
    await group.change(a, { act: 'add', accounts: [rogue.founder.account] })
    await world.pass(1_000)
    const ask = async (): Promise<Array<number | undefined>> => (await world.during(rogue.channel.call(relayMethods.pull, { conversation: bytes, fromSeq: 1, maxEntries: 100 }))).entries.map(({ seq }) => seq)
    assert.deepEqual(await ask(), [1, 2])
    await world.during(rogue.channel.call(relayMethods.groupState, { conversation: bytes }))
    await group.change(a, { act: 'remove', accounts: [rogue.founder.account] })
    await world.pass(1_000)
    for (let i = 0; i < 3; i++) group.say(a)
    await world.pass(1_000)
    assert.deepEqual(await ask(), [1, 2, 3], 'up to the entry that says so')
    await assert.rejects(world.during(rogue.channel.call(relayMethods.groupState, { conversation: bytes })), (error) => isProtocolError(error, 'NOT_ADMITTED'))
    const page = await world.during(rogue.channel.call(relayMethods.pull, { conversation: bytes, fromSeq: 4, maxEntries: 100 }))
    assert.deepEqual([page.entries, page.head], [[], 3])
    await world.stop()
  })
})
