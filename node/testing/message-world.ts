/**
 * For tests only: relays on memory stores and a memory mesh under a manual clock, and devices that speak the client
 * protocol as docs/protocol/client.md asks: an outbox that repeats, one position per log, cumulative acknowledgements.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { conversationFromBytes, pairConversation, type Conversation, type ConversationId, type GroupConversation, type SelfConversation } from '../../protocol/conversation.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, messageIdFromBytes, type AccountId, type MessageId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import type { SignedDeviceList } from '../../protocol/records/device-list.ts'
import { isNewer, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { Outcome, Pages } from '../../protocol/wire/gen/log.js'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { TestPerson, register, sayHello, signing, testDevice, testRelay, type TestDevice } from './fixtures.ts'
import { decidedAnew } from '../groups/group-sequencer.ts'
import { silentLogger } from '../watch/logger.ts'
import { MemoryNetwork, type NetworkConditions } from '../mesh/mesh-memory.ts'
import type { LogsConfig } from '../log/logs.ts'
import type { StorageLimits } from '../limits/storage.ts'
import { createMessagePath, type MessagePath } from '../message-path.ts'
import type { Defer, Logger } from '../ports.ts'
import { Relay } from '../relay.ts'
import { MemoryStore, type MemoryStoreOptions } from '../store/store-memory.ts'
import { CountingMeter } from './counting-meter.ts'

/** As `setImmediate`, without leaving the microtasks: virtual time knows no event loop. */
const afterThisTurn: Defer = (task) => { void settle(15).then(task) }

export class World {
  readonly random: SeededRandom
  readonly clock = new ManualClock()
  readonly network: MemoryNetwork
  readonly relays: TestRelayNode[] = []
  readonly logger: Logger

  /** What its relays keep of logs in memory; default as in operation. */
  readonly logs: Partial<LogsConfig>
  /** What its relays give of their disks; default as in operation. */
  readonly storage: Partial<StorageLimits>

  constructor (seed: number, conditions: Partial<NetworkConditions> = {}, { logger = silentLogger, logs = {}, storage = {} }: { logger?: Logger, logs?: Partial<LogsConfig>, storage?: Partial<StorageLimits> } = {}) {
    this.random = new SeededRandom(seed)
    this.logger = logger
    this.logs = logs
    this.storage = storage
    this.network = new MemoryNetwork({ clock: this.clock, random: this.random, isNewer: (record, than) => isNewer(verifyHomeRecord(signing, record), verifyHomeRecord(signing, than)) }, conditions)
  }

  async relay (name: string, options: MemoryStoreOptions = {}): Promise<TestRelayNode> {
    const node = new TestRelayNode(this, name, options)
    this.relays.push(node)
    await this.during(node.start())
    return node
  }

  /** A registered account with one connected device. */
  async person (relay: TestRelayNode): Promise<TestClient> {
    const client = new TestClient(this, new TestPerson(this.random), relay)
    await this.during(client.register())
    return client
  }

  /** Two people of which the first anchors what they write to each other. */
  async pair (anchorsAt: TestRelayNode, other: TestRelayNode): Promise<[TestClient, TestClient]> {
    const [one, two] = [new TestPerson(this.random), new TestPerson(this.random)]
    const { anchor } = pairConversation(one.account, two.account)
    const [low, high] = one.account === anchor ? [one, two] : [two, one]
    const clients: [TestClient, TestClient] = [new TestClient(this, low, anchorsAt), new TestClient(this, high, other)]
    for (const client of clients) await this.during(client.register())
    return clients
  }

  /** Let everything happen that happens within `ms`. */
  async pass (ms = 100): Promise<void> { for (let step = 0; step < 50; step++) await this.clock.advance(ms / 50) }

  /** Let time pass while `work` is under way. */
  async during<T> (work: Promise<T>): Promise<T> {
    let isDone = false
    const done = work.finally(() => { isDone = true })
    done.catch(() => { /* told below */ })
    for (let passed = 0; !isDone && passed < 600_000; passed += 20) await this.clock.advance(20)
    return await done
  }

  /** Pass time until `isDone`, at most `ms`. */
  async until (isDone: () => boolean, ms = 120_000, what: () => string = () => 'what was waited for'): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 50) {
      if (isDone()) return
      await this.clock.advance(50)
    }
    assert.fail(`${what()} did not happen within ${ms} ms`)
  }

  async stop (): Promise<void> { for (const relay of this.relays) await relay.stop() }
}

export class TestRelayNode {
  readonly world: World
  readonly name: string
  readonly id: RelayId
  store: MemoryStore
  relay!: Relay
  path!: MessagePath
  isRunning = false
  readonly meter = new CountingMeter()
  readonly seed: Uint8Array

  constructor (world: World, name: string, options: MemoryStoreOptions) {
    this.world = world
    this.name = name
    const { id, seed } = testRelay(world.random)
    this.id = id
    this.seed = seed
    this.store = new MemoryStore(options)
  }

  async start (): Promise<void> {
    const { clock, random, network, logger } = this.world
    const mesh = network.join(this.id)
    this.relay = new Relay({
      mesh, store: this.store, clock, random, signing, logger, meter: this.meter, defer: afterThisTurn, loadPermille: () => 0, keepConnected: () => {}
    }, { name: this.name, region: 'eu', openRegistration: true, retentionMs: 0, bootstrapPeers: [], software: 'test', seed: this.seed }, (parts, config) => this.path = createMessagePath(parts, { ...config, logs: this.world.logs, storage: this.world.storage }))
    await this.relay.start()
    this.isRunning = true
  }

  /** `kill -9`: nothing is said to anybody, what was not durable is gone. */
  crash (options: MemoryStoreOptions = {}): void {
    this.isRunning = false
    this.store = this.store.crash(options)
    this.world.network.leave(this.id)
    for (const client of this.#clients) client.lost(this)
  }

  /** From what the crash left, with its devices connecting again. */
  async restart (): Promise<void> {
    await this.world.during(this.start())
    for (const client of this.#clients) if (client.home === this) await client.online()
  }

  async stop (): Promise<void> {
    if (!this.isRunning) return
    this.isRunning = false
    await this.world.during(this.relay.stop({ timeoutMs: 5_000 }))
    await this.store.close()
  }

  /** What a device that still believes to live here is answered. */
  async probeSubmit (from: TestClient, to: TestClient): Promise<void> {
    const [near, far] = streamPair(from.device.id, this.id)
    this.relay.clients.accept(far)
    const channel = new Channel(near, { handlers: new Handlers(), clock: this.world.clock }).start()
    await sayHello(channel, from.person)
    const { outcomes } = await channel.call(clientMethods.submit, { envelopes: [from.seal(to.account).bytes] })
    await channel.close()
    if (outcomes[0]!.status !== 0) throw ProtocolError.fromStatus(outcomes[0]!.status)
  }

  readonly #clients = new Set<TestClient>()
  knows (client: TestClient): void { this.#clients.add(client) }
}

interface Sending { readonly to?: AccountId, readonly messageId: MessageId, readonly bytes: Uint8Array, readonly conversation: ConversationId }

/** What a device has of one log. */
export interface TestLog {
  /** undefined: nothing yet. */
  lastSeq: number | undefined
  /** Of the entry at `lastSeq`; 0: not known. */
  epoch: number
  /** Heard of, by whatever road. */
  highest: number
  /** Shown, in order. */
  readonly shown: MessageId[]
  /** The number of each of them. */
  readonly numbers: number[]
  /** Came early. */
  readonly early: Map<number, MessageId>
  /** Of what came early; `isOutcome`: as the answer to a submit only. */
  readonly places: Map<number, { readonly epoch: number, readonly isOutcome: boolean }>
}

/** A device as docs/protocol/client.md asks. */
export class TestClient {
  readonly person: TestPerson
  readonly device: TestDevice
  readonly logs = new Map<ConversationId, TestLog>()
  readonly outbox: Sending[] = []
  /** Statuses of refused envelopes. */
  readonly refused: number[] = []
  /** Refused by the sequencer after they were SENT. */
  readonly refusedLater: Array<{ messageId: MessageId, status: number }> = []
  /** Envelopes sent and received, by message id. */
  readonly envelopes = new Map<MessageId, Uint8Array>()
  home: TestRelayNode
  /** SENT, in order. */
  readonly sent: MessageId[] = []
  isOnline = false
  deliveries = 0
  /** Answers with a number that came after an entry with a higher one. */
  lateAnswers = 0
  /** Envelopes that came again. */
  duplicates = 0
  /** Do not acknowledge, until it is set back. */
  holdsBack = false
  readonly #world: World
  #devices: SignedDeviceList | undefined
  #channel: Channel | undefined
  #submitting = 0
  #epoch = 1
  #counter = 0
  #attempt = 0

  constructor (world: World, person: TestPerson, home: TestRelayNode, device = person.device) {
    this.#world = world
    this.person = person
    this.device = device
    this.home = home
    home.knows(this)
  }

  get account (): AccountId { return this.person.account }

  #connect (): Channel {
    const handlers = new Handlers()
      .onNotification(clientNotifications.deliver, (pages) => { this.#onDeliver(pages) })
      .onNotification(clientNotifications.draining, () => {})
      .onNotification(clientNotifications.refused, ({ messageId, status }) => { this.refusedLater.push({ messageId: messageIdFromBytes(messageId), status }) })
    const [near, far] = streamPair(this.device.id, this.home.id)
    this.home.relay.clients.accept(far)
    const channel = new Channel(near, { handlers, clock: this.#world.clock }).start()
    channel.onClose(() => { if (this.#channel === channel) { this.isOnline = false; this.#channel = undefined } })
    this.#channel = channel
    this.#submitting = 0
    this.#beat(channel)
    return channel
  }

  #beat (channel: Channel): void {
    this.#world.clock.after(limits.heartbeatMs, () => {
      if (this.#channel !== channel) return
      channel.call(anyMethods.ping, {}).catch(() => { /* the channel's end says so */ })
      this.#beat(channel)
    })
  }

  async register (): Promise<void> {
    const channel = this.#connect()
    await sayHello(channel, this.person)
    await register(channel, this.person, this.home.id)
    this.isOnline = true
  }

  /** A newer home record that names the same relay. */
  async signHomeAgain (): Promise<void> {
    const record = this.person.home(this.home.id, { epoch: ++this.#epoch })
    await this.#world.during(this.channel.call(clientMethods.updateHome, decode(Signed, record.bytes)))
  }

  /** Another device of this account, connected: it sees what this one sees. */
  async linkDevice (): Promise<TestClient> {
    const device = testDevice(this.#world.random)
    const list = this.person.devices({ epoch: 2, devices: [this.device, device] })
    await this.#world.during(this.channel.call(clientMethods.updateDevices, decode(Signed, list.bytes)))
    const client = new TestClient(this.#world, this.person, this.home, device)
    client.#devices = list
    await client.online()
    return client
  }

  async online (): Promise<void> {
    if (this.isOnline) return
    const channel = this.#connect()
    await this.#world.during(sayHello(channel, this.person, this.#devices))
    this.isOnline = true
    this.#submit()
  }

  /** Sign a newer home record, tell the old home if it can be reached, register at the new one, carry on. */
  async moveTo (relay: TestRelayNode, epoch: number): Promise<void> {
    const record = this.person.home(relay.id, { epoch })
    if (this.isOnline) await this.#world.during(this.channel.call(clientMethods.updateHome, decode(Signed, record.bytes)))
    await this.offline()
    this.home = relay
    relay.knows(this)
    const channel = this.#connect()
    await this.#world.during(sayHello(channel, this.person, this.#devices))
    await this.#world.during(register(channel, this.person, relay.id, { homeRecord: record.bytes }))
    this.isOnline = true
    this.#submit()
  }

  async offline (): Promise<void> {
    this.isOnline = false
    const channel = this.#channel
    this.#channel = undefined
    await channel?.close()
  }

  /** The relay is gone. */
  lost (relay: TestRelayNode): void {
    if (relay !== this.home) return
    this.isOnline = false
    const channel = this.#channel
    this.#channel = undefined
    channel?.abort(new ProtocolError('DISCONNECTED'))
  }

  /** A UUIDv7 that rises. */
  newMessageId (): MessageId {
    const bytes = this.#world.random.bytes(16)
    new DataView(bytes.buffer).setUint32(0, Math.floor(this.#world.clock.nowMs() / 65_536))
    new DataView(bytes.buffer).setUint16(4, this.#world.clock.nowMs() & 0xffff)
    const count = this.#counter++
    bytes[6] = 0x70 | (count >>> 14 & 0x0f)
    bytes[7] = count >>> 6 & 0xff
    bytes[8] = 0x80 | (count & 0x3f)
    return messageIdFromBytes(bytes)
  }

  seal (to: AccountId, { messageId = this.newMessageId(), sizeBytes = 100, expiresAtMs = 0, sender = this.account, device = this.device } = {}): Sending {
    const conversation = pairConversation(this.account, to)
    const bytes = encodeEnvelope({
      conversation,
      sender,
      senderDevice: device.id,
      messageId,
      kind: envelopeKinds.content,
      expiresAtMs,
      ciphertexts: [{ device: device.id, kind: 2, bytes: this.#world.random.bytes(sizeBytes) }]
    })
    return { to, messageId, bytes, conversation: conversation.id }
  }

  /** An envelope into a group, for all of it or a signed change; or for the account's own devices. */
  sealFor (conversation: GroupConversation | SelfConversation, { control, messageId = this.newMessageId(), kind = envelopeKinds.content, sender = this.account, device = this.device, sizeBytes = 100 }: { control?: Uint8Array, messageId?: MessageId, kind?: number, sender?: AccountId, device?: TestDevice, sizeBytes?: number } = {}): Sending {
    const bytes = encodeEnvelope({
      conversation,
      sender,
      senderDevice: device.id,
      messageId,
      kind: control === undefined ? kind : envelopeKinds.control,
      expiresAtMs: 0,
      ciphertexts: control === undefined ? [{ ...(conversation.kind === 'group' ? { device: undefined, kind: ciphertextKinds.senderKey } : { device: device.id, kind: ciphertextKinds.message }), bytes: this.#world.random.bytes(sizeBytes) }] : [],
      ...(control === undefined ? {} : { control })
    })
    return { messageId, bytes, conversation: conversation.id }
  }

  /** The list under which this device signs. */
  get deviceList (): SignedDeviceList { return this.#devices ?? this.person.devices() }

  /** Into the outbox, and off when there is a connection. */
  enqueue (sealed: Sending): MessageId {
    this.envelopes.set(sealed.messageId, sealed.bytes)
    this.outbox.push(sealed)
    this.#submit()
    return sealed.messageId
  }

  /** Into the outbox, and off when there is a connection. */
  send (to: TestClient | AccountId, options: Parameters<TestClient['seal']>[1] = {}): MessageId {
    const sealed = this.seal(typeof to === 'string' ? to : to.account, options)
    return this.enqueue(sealed)
  }

  /** Straight to the relay, past the outbox. */
  async submitRaw (envelopes: Uint8Array[]): Promise<Outcome[]> {
    const { outcomes } = await this.#channel!.call(clientMethods.submit, { envelopes })
    return outcomes
  }

  get channel (): Channel { return this.#channel! }

  #submit (): void {
    const channel = this.#channel
    if (channel === undefined || !this.isOnline || this.#submitting > 0 || this.outbox.length === 0) return
    const batch = this.outbox.slice(0, 1 + this.#world.random.below(100))
    this.#submitting = batch.length
    channel.call(clientMethods.submit, { envelopes: batch.map(({ bytes }) => bytes) }).then(({ outcomes }) => {
      if (this.#channel !== channel) return
      this.#submitting = 0
      const isHeldUp = this.#onOutcomes(batch, outcomes)
      if (isHeldUp) this.#retry()
      else { this.#attempt = 0; this.#submit() }
    }, () => {
      if (this.#channel !== channel) return
      this.#submitting = 0
      this.#retry()
    })
  }

  #retry (): void {
    this.#world.clock.after(Math.min(500 * 2 ** this.#attempt++, 5_000), () => { this.#submit() })
  }

  #onOutcomes (batch: readonly Sending[], outcomes: readonly Outcome[]): boolean {
    assert.equal(outcomes.length, batch.length, 'one outcome for each envelope')
    let isHeldUp = false
    const failed = new Set<ConversationId>()
    for (const [i, sending] of batch.entries()) {
      const outcome = outcomes[i]!
      if (outcome.status === 0) {
        assert.ok(!failed.has(sending.conversation), 'an envelope overtook one that has to come again')
        this.outbox.splice(this.outbox.indexOf(sending), 1)
        if (!this.sent.includes(sending.messageId)) this.sent.push(sending.messageId)
        if (outcome.seq > 0) this.#note(sending.conversation, outcome, sending.messageId, 'outcome')
        continue
      }
      const { action, code } = ProtocolError.fromStatus(outcome.status)
      this.refused.push(outcome.status)
      if (action === 'reject' || decidedAnew.includes(code)) this.outbox.splice(this.outbox.indexOf(sending), 1)
      else { failed.add(sending.conversation); isHeldUp = true }
    }
    return isHeldUp
  }

  #onDeliver ({ pages }: Pages): void {
    const positions = []
    for (const page of pages) {
      const { id } = conversationFromBytes(page.conversation)
      for (const entry of page.entries) {
        this.deliveries++
        if (entry.envelope === undefined) {
          assert.equal(deviceIdOfKey(entry.senderDevice!), this.device.id, 'only what the device sent itself comes as a reference')
          this.#note(id, { epoch: page.epoch, seq: entry.seq }, messageIdFromBytes(entry.messageId!), 'reference')
        } else {
          const { messageId, conversation } = decodeEnvelope(entry.envelope)
          assert.equal(conversation.id, id)
          this.envelopes.set(messageId, entry.envelope)
          this.#note(id, { epoch: page.epoch, seq: entry.seq }, messageId, 'envelope')
        }
      }
      const log = this.logs.get(id)
      if (log?.lastSeq !== undefined) positions.push({ conversation: page.conversation, epoch: log.epoch, seq: log.lastSeq })
    }
    if (!this.holdsBack && this.#channel !== undefined) this.#channel.notify(clientNotifications.acknowledge, { positions })
  }

  logOf (id: ConversationId): TestLog {
    let log = this.logs.get(id)
    if (log === undefined) {
      log = { lastSeq: undefined, epoch: 0, highest: 0, shown: [], numbers: [], early: new Map(), places: new Map() }
      this.logs.set(id, log)
    }
    return log
  }

  #note (id: ConversationId, { epoch, seq }: { epoch: number, seq: number }, messageId: MessageId, kind: 'outcome' | 'reference' | 'envelope'): void {
    const log = this.logOf(id)
    if (kind === 'outcome' && seq < log.highest && !log.shown.includes(messageId)) this.lateAnswers++
    log.highest = Math.max(log.highest, seq)
    if (log.lastSeq !== undefined && (epoch < log.epoch || (epoch === log.epoch && seq <= log.lastSeq))) {
      if (kind === 'envelope') this.duplicates++
      return
    }
    const known = log.places.get(seq)
    if (known === undefined || known.epoch < epoch || (known.epoch === epoch && known.isOutcome)) {
      log.early.set(seq, messageId)
      log.places.set(seq, { epoch, isOutcome: kind === 'outcome' })
    }
    // The first that is delivered is the first that is kept; an answer may come before it.
    if (log.lastSeq === undefined && (kind !== 'outcome' || seq === 1)) log.lastSeq = seq - 1
    for (let next = this.#next(log); next !== undefined; next = this.#next(log)) this.#show(log, next)
  }

  /** The number that comes next: of the same epoch, or where a newer one begins, which may be below what it has. */
  #next ({ epoch, lastSeq, places }: TestLog): number | undefined {
    if (lastSeq === undefined) return undefined
    const direct = places.get(lastSeq + 1)
    if (direct !== undefined && (epoch === 0 || direct.epoch === epoch)) return lastSeq + 1
    const begun = [...places].filter(([seq, place]) => place.epoch > epoch && !place.isOutcome && seq <= lastSeq + 1).map(([seq]) => seq)
    return begun.length === 0 ? undefined : Math.min(...begun)
  }

  #show (log: TestLog, seq: number): void {
    // SPEC(groups §13) what an older epoch has numbered from here on is void; what was meant to stay comes again
    while ((log.numbers.at(-1) ?? 0) >= seq) {
      log.numbers.pop()
      log.shown.pop()
    }
    log.shown.push(log.early.get(seq)!)
    log.numbers.push(seq)
    log.lastSeq = seq
    log.epoch = log.places.get(seq)!.epoch
    for (const [at, { epoch }] of log.places) {
      if (epoch > log.epoch || (epoch === log.epoch && at > seq)) continue
      log.early.delete(at)
      log.places.delete(at)
    }
  }

  /** Ask for what is missing before what came early, and move on where nothing is kept. */
  async repair (conversation: Conversation): Promise<void> {
    const log = this.logOf(conversation.id)
    if (log.early.size === 0 || log.lastSeq === undefined || !this.isOnline) return
    const page = await this.#world.during(this.channel.call(clientMethods.readLog, { conversation: conversation.bytes, fromSeq: log.lastSeq + 1, maxEntries: 256 }))
    const first = page.entries[0]?.seq
    if (first !== undefined && first > log.lastSeq + 1) log.lastSeq = first - 1
    this.#onDeliver({ pages: [page] })
  }

  /** What it has seen of the conversation with the other, in order. */
  shownWith (other: TestClient | AccountId): MessageId[] {
    return this.logOf(pairConversation(this.account, typeof other === 'string' ? other : other.account).id).shown
  }
}

/** Nobody lost anything, nobody saw anything twice, both saw the same order, and each sender's own order is kept. */
export function assertConverged (a: TestClient, b: TestClient, sentByA: readonly MessageId[], sentByB: readonly MessageId[]): void {
  const [seenByA, seenByB] = [a.shownWith(b), b.shownWith(a)]
  assert.deepEqual(seenByA, seenByB, 'both see the same order')
  assert.equal(new Set(seenByA).size, seenByA.length, 'nothing twice')
  const [fromA, fromB] = [new Set(sentByA), new Set(sentByB)]
  assert.deepEqual(seenByA.filter((id) => fromA.has(id)), sentByA, 'everything from the first, in its order')
  assert.deepEqual(seenByA.filter((id) => fromB.has(id)), sentByB, 'everything from the second, in its order')
  assert.equal(seenByA.length, sentByA.length + sentByB.length, 'nothing else')
}
