/**
 * Random, truncated and bit-flipped input to everything that a relay takes from outside. What must hold: a typed answer
 * or a closed connection, never a defect of ours; and two honest people write to each other all the while and miss nothing.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ByteStream } from '../protocol/byte-stream.ts'
import { concat, utf8 } from '../protocol/bytes.ts'
import { Handlers, type Channel } from '../protocol/channel.ts'
import { SeededRandom, settle } from '../protocol/clock-manual.ts'
import { groupConversation, pairConversation } from '../protocol/conversation.ts'
import { decodeEnvelope, encodeEnvelope } from '../protocol/envelope.ts'
import { ERRORS } from '../protocol/errors.ts'
import { noHead, signControl } from '../protocol/groups/control.ts'
import { defaultSettings } from '../protocol/groups/membership.ts'
import { FrameReader, encodeFrame, frameTypes } from '../protocol/frames.ts'
import { accountIdToBytes, deviceKeyOf, messageIdFromBytes, messageIdToBytes, type DeviceId, type MessageId, type RelayId } from '../protocol/ids.ts'
import { limits } from '../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications, directoryMethods, relayMethods, relayNotifications } from '../protocol/methods.ts'
import { protocols, topics } from '../protocol/protocols.ts'
import { signGuestPermit } from '../protocol/records/guest-permit.ts'
import { streamPair } from '../protocol/stream-pair.ts'
import { decode, encode } from '../protocol/wire/codec.ts'
import { GroupRef } from '../protocol/wire/gen/group.js'
import { Announce, AskHome, GuestBatch, GuestForward } from '../protocol/wire/gen/guest.js'
import { Batch, Pages, Positions, ReadLog } from '../protocol/wire/gen/log.js'
import { Activity, PresencePolicy, RelayPresences, Watch, WatchAtRelay } from '../protocol/wire/gen/presence.js'
import { PrekeyUpload } from '../protocol/wire/gen/records.js'
import { Claim, Empty, Failure, FindAccount, FindHandle, GetDirectory, Hello, Introduce, Register } from '../protocol/wire/gen/service.js'
import { ciphertextKinds, envelopeKinds, wireVersion } from '../protocol/wire/kinds.ts'
import { TestPerson, connect, register, sayHello, signing, startTestRelay, testRelay, type TestRelay } from './testing/fixtures.ts'
import { silentLogger } from './watch/logger.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? randomBytes(4).readUInt32LE())
/** Frames to each of the protocols, in each state of a connection. */
const frames = Number(process.env['FUZZ_FRAMES'] ?? 1_500)
const known = new Set<number>(Object.values(ERRORS).map((row) => row.status))

const guestPermitOf = (person: TestPerson, relay: RelayId): Uint8Array => signGuestPermit(signing, { account: person.account, device: person.device.id, relay, expiresAtMs: 2 ** 48 }, person.device.seed)

interface Sample { readonly method: number, readonly isNotification: boolean, readonly body: Uint8Array }

describe(`fuzz (FUZZ_SEED=${seed})`, function () {
  this.timeout(120_000)
  const random = new SeededRandom(seed)
  const defects: unknown[] = []
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown): void => { unhandled.push(reason) }
  let relay: TestRelay
  let alice: TestPerson
  let bob: TestPerson
  let honest: Honest

  before(() => { process.on('unhandledRejection', onUnhandled) })
  after(() => { process.off('unhandledRejection', onUnhandled) })

  beforeEach(async () => {
    defects.length = 0
    relay = await startTestRelay({ random, isCarrying: true, logger: { ...silentLogger, error: (event, fields, error) => { defects.push({ event, ...fields, error }) } } })
    ;[alice, bob] = [new TestPerson(random), new TestPerson(random)]
    honest = await Honest.start(relay, alice, bob, random)
  })
  afterEach(async () => {
    await relay.relay.stop({ timeoutMs: 0 })
    assert.deepEqual(defects, [], 'handlers failed on something unexpected')
    assert.deepEqual(unhandled, [], 'a rejection that nobody handled')
    assert.equal(relay.clock.pending, 0, 'a timer was left')
  })

  const newMessageId = (): MessageId => {
    const bytes = random.bytes(16)
    bytes[6] = 0x70 | (bytes[6]! & 0x0f)
    bytes[8] = 0x80 | (bytes[8]! & 0x3f)
    return messageIdFromBytes(bytes)
  }
  const envelopeOf = (from: TestPerson, to: TestPerson, kind: number = envelopeKinds.content): Uint8Array => encodeEnvelope({
    conversation: pairConversation(from.account, to.account),
    sender: from.account,
    senderDevice: from.device.id,
    messageId: newMessageId(),
    kind,
    expiresAtMs: 0,
    ciphertexts: [{ device: to.device.id, kind: ciphertextKinds.message, bytes: random.bytes(64) }]
  })
  const signalOf = (from: TestPerson, to: TestPerson): Uint8Array => envelopeOf(from, to, envelopeKinds.signal)
  const pairOf = (watched: TestPerson, watcher: TestPerson): { account: Uint8Array, watcher: Uint8Array } => ({ account: accountIdToBytes(watched.account), watcher: accountIdToBytes(watcher.account) })
  /** A group of the person's own, the change that creates it, and something said in it. */
  const groupOf = (person: TestPerson): { bytes: Uint8Array, create: Uint8Array, said: Uint8Array } => {
    const conversation = groupConversation(person.account, random.bytes(32))
    const common = { conversation, sender: person.account, senderDevice: person.device.id, expiresAtMs: 0 }
    const control = signControl(signing, {
      conversation, actor: person.account, device: person.device.id, deviceList: person.devices().bytes, previous: noHead, madeAtMs: 1,
      act: { act: 'create', members: [bob.account], settings: defaultSettings }
    }, person.device.seed)
    return {
      bytes: conversation.bytes,
      create: encodeEnvelope({ ...common, messageId: newMessageId(), kind: envelopeKinds.control, ciphertexts: [], control }),
      said: encodeEnvelope({ ...common, messageId: newMessageId(), kind: envelopeKinds.content, ciphertexts: [{ device: undefined, kind: ciphertextKinds.senderKey, bytes: random.bytes(64) }] })
    }
  }
  const request = (method: { id: number }, body: Uint8Array): Sample => ({ method: method.id, isNotification: false, body })
  const notice = (method: { id: number }, body: Uint8Array): Sample => ({ method: method.id, isNotification: true, body })

  /** One valid body of every kind that a device may send, and of those that it may not. */
  const clientSamples = (person: TestPerson): Sample[] => {
    const conversation = pairConversation(person.account, bob.account).bytes
    const account = accountIdToBytes(person.account)
    const group = groupOf(person)
    return [
      request(clientMethods.submit, encode(Batch, { envelopes: [group.create, group.said] })),
      request(clientMethods.groupState, encode(GroupRef, { conversation: group.bytes })),
      request(clientMethods.readLog, encode(ReadLog, { conversation: group.bytes, fromSeq: 1, maxEntries: 10 })),
      notice(clientNotifications.acknowledge, encode(Positions, { positions: [{ conversation: group.bytes, epoch: 1, seq: 1 }] })),
      request(anyMethods.ping, encode(Empty, {})),
      request(clientMethods.hello, encode(Hello, { version: wireVersion, account, deviceList: person.devices().bytes, software: 'fuzz' })),
      request(clientMethods.register, encode(Register, { homeRecord: person.home(relay.id).bytes, handle: 'mallory', prekeys: person.prekeys() })),
      request(clientMethods.submit, encode(Batch, { envelopes: [envelopeOf(person, bob), envelopeOf(person, bob)] })),
      request(clientMethods.readLog, encode(ReadLog, { conversation, fromSeq: 1, maxEntries: 10 })),
      request(clientMethods.listLogs, encode(Empty, {})),
      request(clientMethods.uploadPrekeys, encode(PrekeyUpload, person.prekeys({ firstId: 50 }))),
      request(clientMethods.claimBundles, encode(Claim, { account: accountIdToBytes(alice.account) })),
      request(clientMethods.findAccount, encode(FindAccount, { account: accountIdToBytes(bob.account) })),
      request(clientMethods.findHandle, encode(FindHandle, { handle: 'bob@eu-1.example.org' })),
      request(clientMethods.updateDevices, person.devices({ epoch: 1 }).bytes),
      request(clientMethods.updateHome, person.home(relay.id).bytes),
      request(clientMethods.getDirectory, encode(GetDirectory, { region: 'eu', max: 3 })),
      request(relayMethods.forward, encode(Batch, { envelopes: [envelopeOf(alice, bob)] })),
      request(clientMethods.watchPresence, encode(Watch, { accounts: [{ account: accountIdToBytes(bob.account) }, { account: accountIdToBytes(alice.account), group: groupConversation(alice.account, random.bytes(32)).bytes }] })),
      request(clientMethods.setPresencePolicy, encode(PresencePolicy, { online: 1, lastSeen: 2, contacts: [accountIdToBytes(alice.account)], blocked: [accountIdToBytes(bob.account)] })),
      request(clientMethods.presencePolicy, encode(Empty, {})),
      request(clientMethods.askHome, encode(AskHome, { relay: deviceKeyOf(person.device.id) })),
      request(clientMethods.guestSubmit, encode(GuestBatch, { permit: guestPermitOf(person, relay.id), envelopes: [envelopeOf(person, bob)] })),
      request(clientMethods.announce, encode(Announce, { accounts: [accountIdToBytes(alice.account), accountIdToBytes(bob.account)] })),
      notice(clientNotifications.activity, encode(Activity, { isIdle: random.below(2) === 0 })),
      notice(clientNotifications.signal, encode(Batch, { envelopes: [signalOf(person, bob), signalOf(alice, bob)] })),
      notice(clientNotifications.acknowledge, encode(Positions, { positions: [{ conversation, epoch: 1, seq: 1 }] })),
      notice(clientNotifications.deliver, encode(Pages, { pages: [] })),
      notice(clientNotifications.draining, encode(Empty, {}))
    ]
  }

  /** What a relay may send whose account `person` writes to bob here; and what it has no right to. */
  const relaySamples = (person: TestPerson, from: RelayId): Sample[] => {
    const own = pairConversation(person.account, bob.account).bytes
    const others = pairConversation(alice.account, bob.account).bytes
    const entry = { seq: 1, envelope: envelopeOf(person, bob), storedAtMs: 1 }
    const [group, here] = [groupOf(person), groupOf(bob)]
    return [
      request(relayMethods.forward, encode(Batch, { envelopes: [here.create, here.said, group.said] })),
      request(relayMethods.replicate, encode(Pages, { pages: [{ conversation: group.bytes, epoch: 1, entries: [{ seq: 1, envelope: group.create, storedAtMs: 1 }], head: 1 }] })),
      request(relayMethods.groupState, encode(GroupRef, { conversation: here.bytes })),
      request(relayMethods.pull, encode(ReadLog, { conversation: here.bytes, fromSeq: 1, maxEntries: 5 })),
      request(relayMethods.offerLogs, encode(Positions, { positions: [{ conversation: here.bytes, epoch: 2, seq: 9 }, { conversation: own, epoch: 1, seq: 1 }] })),
      request(anyMethods.ping, encode(Empty, {})),
      request(relayMethods.introduce, encode(Introduce, { homeRecords: [person.home(from).bytes] })),
      request(relayMethods.forward, encode(Batch, { envelopes: [envelopeOf(person, bob), envelopeOf(alice, bob)] })),
      request(relayMethods.replicate, encode(Pages, { pages: [{ conversation: own, epoch: 1, entries: [entry], head: 1 }, { conversation: others, epoch: 1, entries: [entry], head: 1 }] })),
      request(relayMethods.replicate, encode(Pages, { pages: [{ conversation: own, epoch: 1, entries: [{ seq: 2, messageId: messageIdToBytes(newMessageId()), senderDevice: deviceKeyOf(person.device.id), storedAtMs: 1 }], head: 2 }] })),
      request(relayMethods.pull, encode(ReadLog, { conversation: own, fromSeq: 1, maxEntries: 5 })),
      request(relayMethods.pull, encode(ReadLog, { conversation: others, fromSeq: 1, maxEntries: 5 })),
      request(relayMethods.guestForward, encode(GuestForward, { permit: guestPermitOf(person, from), deviceList: person.devices().bytes, envelopes: [envelopeOf(person, bob)] })),
      request(relayMethods.claimBundles, encode(Claim, { account: accountIdToBytes(bob.account) })),
      request(relayMethods.findAccount, encode(FindAccount, { account: accountIdToBytes(bob.account) })),
      request(relayMethods.findHandle, encode(FindHandle, { handle: 'bob@eu-1.example.org' })),
      request(clientMethods.submit, encode(Batch, { envelopes: [envelopeOf(person, bob)] })),
      request(relayMethods.watchPresence, encode(WatchAtRelay, { isAnew: random.below(2) === 0, wantsAll: true, add: [pairOf(bob, person), pairOf(bob, alice)], remove: [pairOf(bob, person)] })),
      notice(relayNotifications.presence, encode(RelayPresences, { presences: [{ account: accountIdToBytes(bob.account), state: 1, lastSeenMs: 1 }], grants: [{ ...pairOf(bob, alice), bits: 3 }] })),
      notice(relayNotifications.signal, encode(Batch, { envelopes: [signalOf(person, bob), signalOf(alice, bob)] })),
      notice(clientNotifications.acknowledge, encode(Positions, { positions: [{ conversation: others, epoch: 1, seq: 999 }] }))
    ]
  }

  const mutated = (body: Uint8Array, all: readonly Sample[]): Uint8Array => {
    switch (random.below(9)) {
      case 0: return body
      case 1: return body.slice(0, random.below(body.byteLength + 1))
      case 2: return random.bytes(random.below(300))
      case 3: return concat(body, random.bytes(1 + random.below(40)))
      case 4: return random.pick(all).body
      case 5: return concat(body, body)
      case 6: {
        const from = random.below(body.byteLength + 1)
        return concat(body.slice(0, from), random.bytes(random.below(20)), body.slice(from + random.below(20)))
      }
      default: {
        const out = body.slice()
        for (let i = 0, flips = 1 + random.below(4); i < flips && out.byteLength > 0; i++) out[random.below(out.byteLength)]! ^= 1 << random.below(8)
        return out
      }
    }
  }

  /** Sends frames one by one; every request is answered, with a reply or a status that we know, or the connection ends. */
  const attack = async (open: () => Promise<Raw>, samples: () => Sample[]): Promise<Map<string, number>> => {
    const outcomes = new Map<string, number>()
    let raw = await open()
    let all = samples()
    for (let i = 0; i < frames; i++) {
      if (i % 50 === 0) {
        await honest.exchange()
        all = samples()
      }
      if (raw.isClosed) raw = await open()
      const { method, isNotification, body } = random.pick(all)
      const outcome = await raw.send(isNotification ? frameTypes.notification : frameTypes.request, random.below(40) === 0 ? random.below(256) : method, mutated(body, all))
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      if (outcome !== 'QUOTA') continue
      // Enough for the next frames to get past the quota and into the handlers.
      await relay.clock.advance(30_000)
      await honest.exchange()
    }
    await honest.exchange()
    return outcomes
  }

  const openClient = (person: TestPerson, isHelloed: boolean) => async (): Promise<Raw> => {
    // The honest come back, too, after their quota: time passes.
    await relay.clock.advance(500)
    const raw = new Raw(person.device.id, relay, (stream) => { relay.accept(stream) })
    if (isHelloed) await raw.send(frameTypes.request, clientMethods.hello.id, encode(Hello, { version: wireVersion, account: accountIdToBytes(person.account), deviceList: person.devices().bytes }))
    return raw
  }

  const answered = (outcomes: ReadonlyMap<string, number>, ...codes: string[]): void => {
    for (const code of codes) assert.ok((outcomes.get(code) ?? 0) > 0, `no ${code} among ${JSON.stringify([...outcomes])}: the test does not reach what it should`)
    assert.equal(outcomes.get('INTERNAL'), undefined)
    assert.equal(outcomes.get('silence'), undefined, 'a request without an answer')
  }

  it('devices before hello get a typed answer or the door', async () => {
    const mallory = new TestPerson(random)
    answered(await attack(openClient(mallory, false), () => clientSamples(mallory)), 'NOT_AUTHENTICATED', 'MALFORMED', 'closed', 'reply')
  })

  it('registered devices get a typed answer or the door', async () => {
    const mallory = new TestPerson(random)
    const channel = connect(mallory.device.id, relay)
    await sayHello(channel, mallory)
    await register(channel, mallory, relay.id, { handle: 'mallory' })
    answered(await attack(openClient(mallory, true), () => clientSamples(mallory)), 'MALFORMED', 'BAD_SIGNATURE', 'closed', 'reply')
  })

  it('relays get a typed answer or the door', async () => {
    const mallory = new TestPerson(random)
    const from = testRelay(random).id
    const open = async (): Promise<Raw> => {
      await relay.clock.advance(500)
      return new Raw(from, relay, relay.mesh.accepts.get(protocols.relay)!)
    }
    answered(await attack(open, () => relaySamples(mallory, from)), 'MALFORMED', 'BAD_SIGNATURE', 'closed', 'reply')
  })

  it('whoever asks for the directory gets a typed answer or the door', async () => {
    const open = async (): Promise<Raw> => {
      await relay.clock.advance(500)
      return new Raw(testRelay(random).id, relay, relay.mesh.accepts.get(protocols.directory)!)
    }
    answered(await attack(open, () => [request(directoryMethods.getDirectory, encode(GetDirectory, { region: 'eu', max: 3 })), request(anyMethods.ping, new Uint8Array())]), 'MALFORMED', 'reply')
  })

  it('gossip is accepted, ignored or rejected', async () => {
    const onGossip = relay.mesh.topics.get(topics.directory)!
    await relay.clock.advance(1)
    const valid = relay.mesh.published[0]!.message
    const verdicts = new Set<string>()
    for (let i = 0; i < frames; i++) verdicts.add(onGossip(mutated(valid, [{ method: 0, isNotification: true, body: utf8('x'.repeat(200)) }])))
    assert.ok(verdicts.has('reject') && verdicts.has('ignore'))
    await honest.exchange()
  })

  it('bytes that are no frames end the connection, and nothing else', async () => {
    for (let i = 0; i < 200; i++) {
      const raw = await openClient(new TestPerson(random), false)()
      const valid = encodeFrame(frameTypes.request, anyMethods.ping.id, 1, new Uint8Array())
      const lying = encodeFrame(frameTypes.request, anyMethods.ping.id, 1, new Uint8Array())
      new DataView(lying.buffer).setUint32(0, random.pick([0, 1, 5, limits.frameBytes + 1, 0xffffffff]))
      raw.write(random.pick([random.bytes(1 + random.below(2_000)), concat(valid, random.bytes(40)), lying, valid.slice(0, 1 + random.below(9)), encodeFrame(random.below(256), random.below(256), random.below(2 ** 32), random.bytes(random.below(50)))]))
      await settle()
      // what is only half a frame is waited for, until the hello is late
      await relay.clock.advance(limits.helloTimeoutMs)
      assert.equal(raw.isClosed, true)
      if (i % 4 === 0) await honest.exchange()
    }
    await honest.exchange()
  })

  /** A connection by hand: frames out, frames in. */
  class Raw {
    readonly #stream: ByteStream
    readonly #reader = new FrameReader(limits.frameBytes)
    readonly #answers = new Map<number, string>()
    #nextId = 1
    isClosed = false

    constructor (from: DeviceId | RelayId, to: TestRelay, accept: (stream: ByteStream) => void) {
      const [mine, theirs] = streamPair(from, to.id)
      this.#stream = mine
      accept(theirs)
      mine.start({
        onData: (chunk) => {
          for (const frame of this.#reader.push(chunk)) {
            if (frame.type === frameTypes.reply) this.#answers.set(frame.id, 'reply')
            else if (frame.type === frameTypes.failure) {
              const { status } = decode(Failure, frame.body)
              assert.ok(known.has(status), `status ${status}`)
              this.#answers.set(frame.id, Object.entries(ERRORS).find(([, row]) => row.status === status)![0])
            }
          }
        },
        onClose: () => { this.isClosed = true }
      })
    }

    write (bytes: Uint8Array): void { this.#stream.send(bytes) }

    /** @returns what came back: 'reply', an error code, 'sent' for a notification, 'closed', or 'silence' */
    async send (type: number, method: number, body: Uint8Array): Promise<string> {
      const id = this.#nextId++
      this.write(encodeFrame(type, method, id, body))
      for (let waited = 0; waited < 2 * limits.requestTimeoutMs; waited += 1_000) {
        await settle()
        const answer = this.#answers.get(id)
        if (answer !== undefined) return answer
        if (this.isClosed) return 'closed'
        if (type === frameTypes.notification) return 'sent'
        await relay.clock.advance(waited === 0 ? 20 : 1_000)
      }
      return 'silence'
    }
  }
})

/** Two people who write to each other, and check that everything arrives once and in order. */
class Honest {
  readonly #relay: TestRelay
  readonly #people: readonly [TestPerson, TestPerson]
  readonly #random: SeededRandom
  readonly #channels: Channel[] = []
  /** Per person: message id of each number of the log, as delivered or as answered to the sender. */
  readonly #seen = [new Map<number, string>(), new Map<number, string>()] as const
  readonly #repeated: number[] = []
  readonly #sent: string[] = []
  #time = 0

  static async start (relay: TestRelay, alice: TestPerson, bob: TestPerson, random: SeededRandom): Promise<Honest> {
    const honest = new Honest(relay, [alice, bob], random)
    for (const [i, person] of [alice, bob].entries()) {
      const channel = honest.#connect(i as 0 | 1)
      await sayHello(channel, person)
      await register(channel, person, relay.id, { handle: i === 0 ? 'alice' : 'bob', prekeys: person.prekeys({ count: 100 }) })
    }
    return honest
  }

  private constructor (relay: TestRelay, people: readonly [TestPerson, TestPerson], random: SeededRandom) {
    this.#relay = relay
    this.#people = people
    this.#random = random
  }

  #connect (i: 0 | 1): Channel {
    const conversation = pairConversation(this.#people[0].account, this.#people[1].account)
    const handlers = new Handlers().onNotification(clientNotifications.deliver, ({ pages }, channel) => {
      for (const page of pages) {
        if (page.conversation.some((byte, at) => byte !== conversation.bytes[at])) continue
        for (const entry of page.entries) {
          if (this.#seen[i].has(entry.seq)) this.#repeated.push(entry.seq)
          this.#seen[i].set(entry.seq, hex(entry.messageId ?? decodeMessageId(entry.envelope!)))
        }
        channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: page.conversation, epoch: page.epoch, seq: page.entries.at(-1)!.seq }] })
      }
    })
    const channel = connect(this.#people[i].device.id, this.#relay, handlers)
    this.#channels[i] = channel
    return channel
  }

  /** Each writes one message to the other; both see both, in the same order. */
  async exchange (): Promise<void> {
    const [alice, bob] = this.#people
    for (const [i, from, to] of [[0, alice, bob], [1, bob, alice]] as const) {
      const channel = this.#channels[i]!
      assert.equal(channel.isClosed, false, 'an honest connection was closed')
      const id = this.#messageId()
      const envelope = encodeEnvelope({
        conversation: pairConversation(from.account, to.account),
        sender: from.account,
        senderDevice: from.device.id,
        messageId: messageIdFromBytes(id),
        kind: envelopeKinds.content,
        expiresAtMs: 0,
        ciphertexts: [{ device: to.device.id, kind: ciphertextKinds.message, bytes: this.#random.bytes(50) }]
      })
      const { outcomes } = await channel.call(clientMethods.submit, { envelopes: [envelope] })
      const { status, seq } = outcomes[0]!
      assert.equal(status, 0)
      this.#sent.push(hex(id))
      this.#seen[i].set(seq, hex(id))
      await this.#relay.clock.advance(50)
    }
    for (let i = 0; i < 20 && this.#seen.some((seen) => seen.size < this.#sent.length); i++) await this.#relay.clock.advance(50)
    const inOrder = [...this.#sent.entries()].map(([at, id]) => [at + 1, id])
    for (const seen of this.#seen) assert.deepEqual([...seen].sort(([a], [b]) => a - b), inOrder, 'something was lost, or stands in another place')
    assert.deepEqual(this.#repeated, [])
  }

  /** Rising with time, as UUIDv7 do. */
  #messageId (): Uint8Array {
    const id = this.#random.bytes(16)
    new DataView(id.buffer).setUint32(0, this.#time++)
    id[6] = 0x70 | (id[6]! & 0x0f)
    id[8] = 0x80 | (id[8]! & 0x3f)
    return id
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const decodeMessageId = (envelope: Uint8Array): Uint8Array => messageIdToBytes(decodeEnvelope(envelope).messageId)
