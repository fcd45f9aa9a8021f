import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes, relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { signGuestPermit } from '../../protocol/records/guest-permit.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import { sayHello, signing, testDevice, testRelay, TestPerson } from '../testing/fixtures.ts'
import { TestClient, World, type TestRelayNode } from '../testing/message-world.ts'
import { homeStates } from './asked-homes.ts'

describe('guests of a relay', () => {
  let world: World
  let eu: TestRelayNode
  let us: TestRelayNode
  let ap: TestRelayNode
  /** At eu; a guest at us. Bob, at ap, anchors what they write. */
  let ann: TestClient
  let bob: TestClient
  let asGuest: Channel

  const isCode = (...codes: ErrorCode[]) => (error: unknown): boolean => isProtocolError(error, ...codes)
  const codeOf = ({ status }: Outcome): string => status === 0 ? 'OK' : ProtocolError.fromStatus(status).code
  const permit = (changes: Partial<Parameters<typeof signGuestPermit>[1]> = {}, seed = ann.device.seed): Uint8Array =>
    signGuestPermit(signing, { account: ann.account, device: ann.device.id, relay: us.id, expiresAtMs: world.clock.nowMs() + 3_600_000, ...changes }, seed)
  const guestAt = async (node: TestRelayNode, person = ann.person, device = ann.device): Promise<Channel> => {
    const [near, far] = streamPair(device.id, node.id)
    node.relay.clients.accept(far)
    const channel = new Channel(near, { handlers: new Handlers(), clock: world.clock }).start()
    await world.during(sayHello(channel, person))
    return channel
  }
  const leave = async (envelopes: Uint8Array[], by = permit()): Promise<string[]> => (await world.during(asGuest.call(clientMethods.guestSubmit, { permit: by, envelopes }))).outcomes.map(codeOf)
  /** What `relay` says to the sequencer. */
  const forward = async (relay: TestRelayNode, body: { permit?: Uint8Array, deviceList?: Uint8Array, envelopes?: Uint8Array[] }): Promise<string[]> => {
    const channel = await world.during(relay.path.channelTo(ap.id, { signal: AbortSignal.any([]) }))
    const { outcomes } = await world.during(channel.call(relayMethods.guestForward, { permit: permit(), deviceList: ann.deviceList.bytes, envelopes: [ann.seal(bob.account).bytes], ...body }))
    return outcomes.map(codeOf)
  }

  /** Rows on the guest relay's disk. */
  const waiting = async (): Promise<number> => {
    let rows = 0
    for await (const row of us.store.scan('guest', '')) rows += row.key === '' ? 0 : 1
    return rows
  }

  beforeEach(async () => {
    world = new World(8, { latencyMs: 20 })
    eu = await world.relay('eu-1')
    us = await world.relay('us-1')
    ap = await world.relay('ap-1')
    ;[bob, ann] = await world.pair(ap, eu)
    // Relays hear of each other.
    await world.pass(15_000)
    eu.crash()
    asGuest = await guestAt(us)
  })
  afterEach(async () => { await world.stop() })

  it('what a guest leaves is durable, goes to the sequencer in order, and once', async () => {
    const all = Array.from({ length: 30 }, () => ann.seal(bob.account))
    assert.deepEqual(await leave(all.map(({ bytes }) => bytes)), all.map(() => 'OK'))
    assert.deepEqual(await leave(all.slice(0, 5).map(({ bytes }) => bytes)), Array.from({ length: 5 }, () => 'OK'))
    await world.until(() => bob.logOf(all[0]!.conversation).shown.length === 30)
    assert.deepEqual(bob.logOf(all[0]!.conversation).shown, all.map(({ messageId }) => messageId))
    assert.deepEqual(await leave([all[3]!.bytes]), ['OK'])
    await world.pass(5_000)
    assert.equal(bob.logOf(all[0]!.conversation).shown.length, 30)
    assert.equal(await waiting(), 0)
  })

  it('it survives a crash of the guest relay, and waits for a sequencer that is away', async () => {
    ap.crash()
    const one = ann.seal(bob.account)
    assert.deepEqual(await leave([one.bytes]), ['OK'])
    us.crash()
    await us.restart()
    await world.pass(20_000)
    assert.equal(await waiting(), 1)
    await ap.restart()
    await world.until(() => bob.logOf(one.conversation).shown.includes(one.messageId))
    await world.pass(5_000)
    assert.equal(await waiting(), 0)
    us.crash()
    await us.restart()
    assert.equal(await waiting(), 0)
  })

  it('into a conversation that the guest relay itself sequences', async () => {
    for (let tries = 0; ; tries++) {
      const carol = await world.person(us)
      const sealed = ann.seal(carol.account)
      if (pairConversation(ann.account, carol.account).anchor !== carol.account) { assert.ok(tries < 50); continue }
      assert.deepEqual(await leave([sealed.bytes]), ['OK'])
      await world.until(() => carol.logOf(sealed.conversation).shown.includes(sealed.messageId))
      return
    }
  })

  it('a relay that does not know yet how far the log goes has nothing of a guest in the outbox of its own people', async () => {
    await bob.offline()
    ap.crash()
    await bob.moveTo(us, 2)
    const sealed = ann.seal(bob.account)
    assert.deepEqual(await leave([sealed.bytes]), ['OK'])
    await world.pass(5_000)
    assert.deepEqual(await us.store.outboxes(), [])
    assert.equal(await waiting(), 1)
    await eu.restart()
    await world.until(() => bob.logOf(sealed.conversation).shown.includes(sealed.messageId))
    assert.equal(await waiting(), 0)
  })

  it('a guest speaks for itself only, and with a permit for this relay that is good now', async () => {
    const sealed = ann.seal(bob.account).bytes
    const mallory = new TestPerson(world.random)
    const wrong: Array<[Uint8Array, ErrorCode]> = [
      [permit({ relay: ap.id }), 'NOT_ADMITTED'],
      [permit({ expiresAtMs: world.clock.nowMs() }), 'EXPIRED'],
      [permit({ account: mallory.account }), 'NOT_ADMITTED'],
      [permit({ expiresAtMs: world.clock.nowMs() + limits.guestPermitMs + limits.guestPermitSlackMs + 1_000 }), 'NOT_ADMITTED'],
      [permit({}, mallory.device.seed), 'BAD_SIGNATURE'],
      [permit({ device: mallory.device.id }, mallory.device.seed), 'NOT_ADMITTED'],
      [ann.deviceList.bytes, 'MALFORMED']
    ]
    for (const [bytes, code] of wrong) await assert.rejects(leave([sealed], bytes), isCode(code, ...(code === 'MALFORMED' ? ['UNSUPPORTED_VERSION', 'BAD_SIGNATURE', 'EXPIRED'] as const : [])), code)
    assert.deepEqual(await leave([ann.seal(bob.account).bytes], permit({ expiresAtMs: world.clock.nowMs() + limits.guestPermitMs })), ['OK'])
    const ofBob = bob.seal(ann.account).bytes
    assert.deepEqual(await leave([ofBob, sealed, new Uint8Array(10)]), ['NOT_ADMITTED', 'OK', 'MALFORMED'])
  })

  it('who lives here is no guest, and who has not said hello is nobody', async () => {
    const atHome = await guestAt(ap, bob.person, bob.device)
    const own = signGuestPermit(signing, { account: bob.account, device: bob.device.id, relay: ap.id, expiresAtMs: world.clock.nowMs() + 1_000 }, bob.device.seed)
    await assert.rejects(world.during(atHome.call(clientMethods.guestSubmit, { permit: own, envelopes: [] })), isCode('NOT_ADMITTED'))
    const [near, far] = streamPair(ann.device.id, us.id)
    us.relay.clients.accept(far)
    const mute = new Channel(near, { handlers: new Handlers(), clock: world.clock }).start()
    await assert.rejects(world.during(mute.call(clientMethods.guestSubmit, { permit: permit(), envelopes: [] })), isCode('NOT_AUTHENTICATED'))
    await assert.rejects(world.during(mute.call(clientMethods.askHome, { relay: relayKeyOf(eu.id) })), isCode('NOT_AUTHENTICATED'))
    await assert.rejects(world.during(asGuest.call(clientMethods.announce, { accounts: [accountIdToBytes(bob.account)] })), isCode('NOT_REGISTERED'))
  })

  it('a sequencer takes a guest\'s envelope only from the relay that the device has named, and of a device of the account', async () => {
    assert.deepEqual(await forward(us, {}), ['OK'])
    const other = await world.relay('sa-1')
    await assert.rejects(forward(other, {}), isCode('NOT_ADMITTED'))
    await assert.rejects(forward(us, { permit: permit({ expiresAtMs: 1 }) }), isCode('EXPIRED'))
    await assert.rejects(forward(us, { permit: permit({ expiresAtMs: world.clock.nowMs() + limits.guestPermitMs + limits.guestPermitSlackMs + 1_000 }) }), isCode('NOT_ADMITTED'))
    const mallory = new TestPerson(world.random)
    await assert.rejects(forward(us, { deviceList: mallory.devices().bytes }), isCode('NOT_ADMITTED'))
    const stranger = testDevice(world.random)
    await assert.rejects(forward(us, { permit: permit({ device: stranger.id }, stranger.seed) }), isCode('UNKNOWN_DEVICE'))
    await assert.rejects(forward(us, { deviceList: ann.person.devices({ expiresAtMs: 1 }).bytes }), isCode('EXPIRED'))
    assert.deepEqual(await forward(us, { envelopes: [bob.seal(ann.account).bytes, ann.seal(bob.account).bytes] }), ['NOT_ADMITTED', 'OK'])
  })

  it('a relay that does not sequence the conversation says who does', async () => {
    const [low, high] = await world.pair(us, ap)
    const by = signGuestPermit(signing, { account: high.account, device: high.device.id, relay: us.id, expiresAtMs: world.clock.nowMs() + 1_000_000 }, high.device.seed)
    const channel = await world.during(us.path.channelTo(ap.id, { signal: AbortSignal.any([]) }))
    await world.pass(5_000)
    const { outcomes } = await world.during(channel.call(relayMethods.guestForward, { permit: by, deviceList: high.deviceList.bytes, envelopes: [high.seal(low.account).bytes] }))
    assert.ok(['MOVED', 'UNKNOWN_ACCOUNT'].includes(codeOf(outcomes[0]!)), codeOf(outcomes[0]!))
  })

  it('what one guest may leave is bounded, and nothing overtakes what did not fit', async () => {
    ap.crash()
    let taken = 0
    let refused: string[] = []
    for (let i = 0; i < 20 && refused.length === 0; i++) {
      await world.pass(1_000)
      const outcomes = await leave(Array.from({ length: 100 }, () => ann.seal(bob.account).bytes))
      taken += outcomes.filter((code) => code === 'OK').length
      refused = outcomes.filter((code) => code !== 'OK')
      assert.deepEqual(outcomes, [...outcomes.filter((code) => code === 'OK'), ...refused], 'after the first that does not fit none is taken')
    }
    assert.ok(taken > 0 && taken <= 1_000, String(taken))
    assert.ok(refused.every((code) => code === 'QUOTA'))
  })

  it('who leaves much takes turns, and who leaves little does not wait for that', async () => {
    const waiting = async (): Promise<number> => await us.meter.gauged('heliograph_intake_guests_waiting')
    const mallory = new TestPerson(world.random)
    const channel = await guestAt(us, mallory, mallory.device)
    const own = signGuestPermit(signing, { account: mallory.account, device: mallory.device.id, relay: us.id, expiresAtMs: world.clock.nowMs() + 3_600_000 }, mallory.device.seed)
    const sender = new TestClient(world, mallory, eu)
    const one = ann.seal(bob.account)
    let isAnswered = false
    // First, so that there is somebody who sends little.
    await leave([ann.seal(bob.account).bytes])
    const flood = Array.from({ length: 20 }, async () => { await channel.call(clientMethods.guestSubmit, { permit: own, envelopes: Array.from({ length: 32 }, () => sender.seal(bob.account).bytes) }) })
    const left = asGuest.call(clientMethods.guestSubmit, { permit: permit(), envelopes: [one.bytes] }).then(() => { isAnswered = true })
    for (let passedMs = 0; !isAnswered && passedMs < 40; passedMs++) await world.clock.advance(1)
    assert.ok(isAnswered && await waiting() > 100, `${await waiting()} wait`)
    await world.during(Promise.all([...flood, left]))
    assert.equal(await waiting(), 0)
  })

  it('who leaves messages for very many people of a silent relay does not hold up other guests', async () => {
    const sa = await world.relay('sa-1')
    const mallory = new TestPerson(world.random)
    const channel = await guestAt(us, mallory, mallory.device)
    const own = signGuestPermit(signing, { account: mallory.account, device: mallory.device.id, relay: us.id, expiresAtMs: world.clock.nowMs() + 3_600_000 }, mallory.device.seed)
    const sender = new TestClient(world, mallory, eu)
    const envelopes: Uint8Array[] = []
    while (envelopes.length < 100) {
      const person = new TestPerson(world.random)
      if (pairConversation(mallory.account, person.account).anchor !== person.account) continue
      us.relay.homes.learn(person.home(sa.id).bytes)
      envelopes.push(sender.seal(person.account).bytes)
    }
    world.network.cut(us.id, sa.id, 'silent')
    assert.deepEqual((await world.during(channel.call(clientMethods.guestSubmit, { permit: own, envelopes }))).outcomes.map(codeOf), envelopes.map(() => 'OK'))
    await world.pass(200)
    const one = ann.seal(bob.account)
    assert.deepEqual(await leave([one.bytes]), ['OK'])
    await world.pass(500)
    assert.deepEqual(bob.logOf(one.conversation).shown, [one.messageId])
  })

  it('says whether it sees a home, once for a crowd, and what the newest record of the asking account is', async () => {
    const ask = async (channel: Channel, relay: RelayId): Promise<{ state: number, homeRecord?: Uint8Array }> => await world.during(channel.call(clientMethods.askHome, { relay: relayKeyOf(relay) }))
    const looks = (): number => us.meter.of('heliograph_guest_looks_total')
    assert.equal((await ask(asGuest, ap.id)).state, homeStates.reachable)
    assert.equal((await ask(asGuest, us.id)).state, homeStates.reachable)
    assert.equal((await ask(asGuest, testRelay(world.random).id)).state, homeStates.unknown)
    const before = looks()
    const answers = await Promise.all(Array.from({ length: 20 }, async () => await ask(asGuest, eu.id)))
    assert.deepEqual(new Set(answers.map(({ state }) => state)), new Set([homeStates.unreachable]))
    assert.equal(looks() - before, 1)
    assert.deepEqual(answers[0]!.homeRecord, ann.person.home(eu.id).bytes)
    const newer = ann.person.home(us.id, { epoch: 2 })
    ap.relay.homes.learn(newer.bytes)
    await eu.restart()
    await world.pass(2_000)
    assert.equal((await ask(asGuest, eu.id)).state, homeStates.reachable)
    world.network.cut(us.id, eu.id, 'silent')
    await world.pass(2_000)
    const startMs = world.clock.nowMs()
    assert.equal((await ask(asGuest, eu.id)).state, homeStates.unreachable)
    assert.ok(world.clock.nowMs() - startMs <= 2_500)
  })
})
