import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation, pairConversation, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, accountIdToBytes, deviceKeyOf, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { clientNotifications, relayNotifications } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { GroupReceipt } from '../../protocol/wire/gen/group.js'
import type { Group } from '../groups/group.ts'
import type { Log } from '../log/log.ts'
import { TokenBuckets } from '../people/buckets.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, signing, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { silentLogger } from '../watch/logger.ts'
import { GroupReceipts } from './group-receipts.ts'
import { ReceiptBoard, receiptBoardDefaults, type ReceiptBoardConfig } from './receipt-board.ts'

interface Member { readonly person: TestPerson, readonly account: AccountId, readonly device: DeviceId }

/** What one frame of receipts brought to somebody. */
type Frames = GroupReceipt[][]

/** One group whose members live at several relays; channels between relays, and those that tests open to devices. */
class Receipts {
  readonly random = new SeededRandom(91)
  readonly clock = new ManualClock()
  readonly homes = new Map<AccountId, RelayId>()
  readonly members = new Set<AccountId>()
  readonly relays: TestRelay[] = []
  readonly founder = this.person()
  readonly group: Conversation = groupConversation(this.founder.account, this.random.bytes(32))

  person (): Member {
    const person = new TestPerson(this.random)
    return { person, account: person.account, device: person.device.id }
  }

  relay (config: Partial<ReceiptBoardConfig> = {}): TestRelay {
    const relay = new TestRelay(this, config)
    this.relays.push(relay)
    return relay
  }

  member (relay: TestRelay, member = this.person()): Member {
    this.homes.set(member.account, relay.id)
    this.members.add(member.account)
    return member
  }

  async pass (ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 50) await this.clock.advance(50)
    await settle()
  }
}

class TestRelay {
  readonly id: RelayId
  readonly world: Receipts
  readonly meter = new CountingMeter()
  readonly clientHandlers = new Handlers()
  readonly relayHandlers = new Handlers()
  readonly store: MemoryStore
  /** Frames with receipts that other relays have sent to this one. */
  framesIn = 0
  board!: ReceiptBoard
  receipts!: GroupReceipts
  introduced = 0
  readonly #channels = new Map<RelayId, Channel>()

  constructor (world: Receipts, config: Partial<ReceiptBoardConfig>, store = new MemoryStore()) {
    this.world = world
    this.store = store
    this.id = testRelay(world.random).id
    this.start(config)
  }

  start (config: Partial<ReceiptBoardConfig> = {}): void {
    const { world, store, meter } = this
    const { clock } = world
    const commits = { commit: async (writes: Parameters<MemoryStore['write']>[0]) => { await store.write(writes, { durable: true }) } }
    this.board = new ReceiptBoard({ store, commits, clock, primitives: signing, logger: silentLogger, meter }, { ...receiptBoardDefaults, ...config })
    this.receipts = new GroupReceipts({
      board: this.board,
      placement: {
        isHome: (account) => world.homes.get(account) === this.id,
        isHomeOf: (account, relay) => world.homes.get(account) === relay,
        isMember: (_conversation, account) => world.members.has(account),
        primaryOf: (account) => world.homes.get(account),
        groupOf: () => ({}) as Group
      },
      logs: { peek: (id: ConversationId) => id === world.group.id ? {} as Log : undefined, load: async () => ({}) as Log },
      links: {
        peek: (relay) => this.#to(relay),
        channelTo: async (relay) => this.#to(relay),
        introduce: (_channel, accounts) => { this.introduced += [...accounts].length }
      },
      homes: { self: this.id, find: async () => { throw new ProtocolError('UNKNOWN_ACCOUNT') } },
      buckets: new TokenBuckets({ clock }),
      clock,
      logger: silentLogger,
      meter
    })
    this.receipts.register(this.clientHandlers, this.relayHandlers)
  }

  #to (relay: RelayId): Channel {
    const known = this.#channels.get(relay)
    if (known !== undefined) return known
    const other = this.world.relays.find(({ id }) => id === relay)!
    const [near, far] = streamPair(this.id, relay)
    const { clock } = this.world
    // The far side knows this relay by the key of the stream.
    const counting = new Handlers().onNotification(relayNotifications.groupReceipts, (body, channel) => {
      other.framesIn++
      other.relayHandlers.get(relayNotifications.groupReceipts.id)!.notice!(relayNotifications.groupReceipts.body.encode(body), channel)
    })
    new Channel(far, { handlers: counting, clock, meter: { refused: (code) => { this.refusals.push(code) } } }).start()
    const channel = new Channel(near, { handlers: new Handlers(), clock }).start()
    this.#channels.set(relay, channel)
    return channel
  }

  /** What another relay says, whatever its own rules are. */
  fromRelay (relay: TestRelay, ...receipts: GroupReceipt[]): void {
    relay.#to(this.id).notify(relayNotifications.groupReceipts, { receipts })
  }

  readonly refusals: string[] = []

  /** A device says hello. @returns its channel, what it is given, and how it goes */
  connect ({ account, device }: Member): { give (...receipts: GroupReceipt[]): void, frames: Frames, leave (): void } {
    const [near, far] = streamPair(device, this.id)
    const { clock } = this.world
    const frames: Frames = []
    const mine = new Handlers().onNotification(clientNotifications.groupReceipts, ({ receipts }) => { frames.push(receipts.map((one) => ({ ...one, sealed: one.sealed.slice() }))) })
    const channel = new Channel(far, { handlers: this.clientHandlers, clock, meter: { refused: (code) => { this.refusals.push(code) } } }).start()
    const own = new Channel(near, { handlers: mine, clock }).start()
    this.receipts.attach({ account, device, channel })
    return {
      frames,
      give: (...receipts) => { own.notify(clientNotifications.groupReceipts, { receipts }) },
      leave: () => { this.receipts.detach({ channel }) }
    }
  }
}

let world: Receipts
let counter = 0
const receipt = (from: Member, to: AccountId, more: Partial<GroupReceipt> = {}): GroupReceipt => ({
  conversation: world.group.bytes, to: accountIdToBytes(to), from: accountIdToBytes(from.account), device: deviceKeyOf(from.device), counter: ++counter, sealed: Uint8Array.of(counter & 0xff), ...more
})
const counters = (frames: Frames): number[] => frames.flat().map((one) => one.counter)

describe('group receipts', () => {
  beforeEach(() => { world = new Receipts() })

  it('of 1,023 readers cost the home of who wrote the message a few frames and no envelope', async () => {
    const [home, ...others] = [world.relay(), world.relay(), world.relay()]
    const sender = world.member(home, world.founder)
    const device = home.connect(sender)
    await settle()
    const readers = Array.from({ length: 1_023 }, (_, i) => {
      const relay = [home, ...others][i % 3]!
      const member = world.member(relay)
      return { member, connection: relay.connect(member) }
    })
    await settle()
    for (const { member, connection } of readers) connection.give(receipt(member, sender.account))
    await world.pass(500)
    assert.equal(home.framesIn, 2, 'one frame from each other relay')
    assert.equal(device.frames.flat().length, 1_023)
    assert.ok(device.frames.length <= 6, `${device.frames.length} frames to the sender's device`)
    assert.equal(await home.store.openLog(world.group.id), undefined, 'nothing was put into a log')
    assert.equal(home.meter.of('heliograph_receipts_taken_total'), 1_023)
    assert.deepEqual([home, ...others].flatMap(({ refusals }) => refusals), [])
  })

  it('the newest of a device counts; an older one and a repeat change nothing', async () => {
    const relay = world.relay()
    const [sender, reader] = [world.member(relay), world.member(relay)]
    const [to, from] = [relay.connect(sender), relay.connect(reader)]
    await settle()
    const [older, newer] = [receipt(reader, sender.account), receipt(reader, sender.account)]
    from.give(newer)
    await world.pass(200)
    from.give(older, newer)
    await world.pass(200)
    assert.deepEqual(counters(to.frames), [newer.counter])
    assert.equal(relay.meter.of('heliograph_receipts_dropped_total known'), 2)
  })

  it('a device that was away is given what changed meanwhile, also after a restart, and not what it had long before', async () => {
    const relay = world.relay()
    const [sender, early, late] = [world.member(relay), world.member(relay), world.member(relay)]
    const first = relay.connect(sender)
    await settle()
    relay.connect(early).give(receipt(early, sender.account))
    await world.pass(600_000)
    first.leave()
    assert.equal(first.frames.length, 1)
    const missed = receipt(late, sender.account)
    relay.connect(late).give(missed)
    await world.pass(5_000)
    await relay.receipts.stop()
    relay.start()
    const again = relay.connect(sender)
    await world.pass(1_000)
    assert.deepEqual(counters(again.frames), [missed.counter])
    const other = relay.connect({ ...sender, device: deviceIdOfKey(world.random.bytes(32)) })
    await world.pass(1_000)
    assert.equal(other.frames.flat().length, 2, 'a device that was never here is given all')
  })

  it('one that was given to a connection which was dead already is given again', async () => {
    const relay = world.relay()
    const [sender, reader] = [world.member(relay), world.member(relay)]
    const dead = relay.connect(sender)
    const from = relay.connect(reader)
    await settle()
    const given = receipt(reader, sender.account)
    from.give(given)
    await world.pass(limits.deadAfterMs)
    dead.leave()
    const again = relay.connect(sender)
    await world.pass(1_000)
    assert.deepEqual(counters(again.frames), [given.counter])
  })

  it('who left the group is not heard any more, and what is kept of and for them goes', async () => {
    const relay = world.relay()
    const [sender, reader, stays] = [world.member(relay), world.member(relay), world.member(relay)]
    for (const one of [reader, stays]) relay.connect(one).give(receipt(one, sender.account))
    await world.pass(3_000)
    world.members.delete(reader.account)
    const back = relay.connect(sender)
    await world.pass(3_000)
    assert.deepEqual(back.frames.flat().map(({ from }) => Buffer.from(from).toString('hex')), [Buffer.from(accountIdToBytes(stays.account)).toString('hex')])
    world.members.delete(sender.account)
    relay.receipts.left(world.group, [sender.account])
    await world.pass(3_000)
    const rows: string[] = []
    for await (const { key } of relay.store.scan('receipt', 'r/')) rows.push(key)
    assert.deepEqual(rows, [])
    relay.connect(stays).give(receipt(stays, sender.account))
    await world.pass(500)
    assert.equal(relay.meter.of('heliograph_receipts_dropped_total member'), 1)
  })

  it('a device speaks for itself, a relay for its own people', async () => {
    const [here, there] = [world.relay(), world.relay()]
    const [sender, reader, other] = [world.member(here), world.member(there), world.member(here)]
    const device = here.connect(sender)
    const from = there.connect(reader)
    await settle()
    from.give(receipt(other, sender.account))
    from.give(receipt({ ...reader, device: other.device }, sender.account))
    await world.pass(500)
    assert.deepEqual(there.refusals, ['NOT_ADMITTED', 'NOT_ADMITTED'])
    // The home record says that the reader lives elsewhere by now.
    from.give(receipt(reader, sender.account))
    await settle()
    world.homes.set(reader.account, here.id)
    await world.pass(500)
    assert.equal(here.meter.of('heliograph_receipts_dropped_total reader'), 1)
    assert.equal(device.frames.length, 0)
  })

  it('what is malformed is refused with its code', async () => {
    const relay = world.relay()
    const [sender, reader] = [world.member(relay), world.member(relay)]
    const bad: Array<Partial<GroupReceipt>> = [
      { sealed: new Uint8Array(limits.groupReceiptBytes + 1) },
      { sealed: new Uint8Array(0) },
      { conversation: pairConversation(sender.account, reader.account).bytes },
      { counter: 0 }
    ]
    for (const one of bad) {
      const from = relay.connect(reader)
      from.give(receipt(reader, sender.account, one))
      await settle()
      from.leave()
    }
    const from = relay.connect(reader)
    from.give(receipt(reader, reader.account))
    await settle()
    assert.deepEqual(relay.refusals, ['TOO_LARGE', 'TOO_LARGE', 'BAD_CONVERSATION', 'MALFORMED', 'MALFORMED'])
  })

  it('a device that gives too many is slowed down', async () => {
    const relay = world.relay()
    const [sender, reader] = [world.member(relay), world.member(relay)]
    const from = relay.connect(reader)
    await settle()
    for (let i = 0; i <= rates.signalPerDevice.burst; i++) from.give(receipt(reader, sender.account))
    await settle()
    assert.deepEqual(relay.refusals, ['QUOTA'])
  })

  it('rows are bounded, for each account and over all; the oldest go first', async () => {
    const relay = world.relay({ maxRowsPerAccount: 3, maxRows: 5 })
    const [one, two] = [world.member(relay), world.member(relay)]
    const [first, second] = [relay.connect(one), relay.connect(two)]
    await settle()
    const readers = Array.from({ length: 5 }, () => world.member(relay))
    for (const reader of readers) relay.connect(reader).give(receipt(reader, one.account))
    await world.pass(3_000)
    assert.equal(relay.board.size, 3)
    for (const reader of readers) relay.connect(reader).give(receipt(reader, two.account))
    await world.pass(3_000)
    assert.equal(relay.board.size, 5)
    assert.ok(relay.meter.of('heliograph_receipt_rows_refused_total') > 0)
    first.leave()
    second.leave()
    await world.pass(3_000)
    const again = relay.connect(one)
    await world.pass(1_000)
    assert.equal(again.frames.flat().length, 3)
  })

  it('a relay cannot keep the receipts of others from arriving by giving some in the name of their devices', async () => {
    const [here, there] = [world.relay(), world.relay()]
    const [sender, reader, liar] = [world.member(here), world.member(here), world.member(there)]
    const [to, from] = [here.connect(sender), here.connect(reader)]
    await settle()
    here.fromRelay(there, receipt({ ...liar, device: reader.device }, sender.account, { counter: Number.MAX_SAFE_INTEGER }))
    await world.pass(200)
    const honest = receipt(reader, sender.account)
    from.give(honest)
    await world.pass(200)
    assert.ok(counters(to.frames).includes(honest.counter))
  })

  it('of one reader there are as many rows as an account has devices, and those of others stay', async () => {
    const [here, there] = [world.relay({ maxRowsPerAccount: 100 }), world.relay()]
    const [sender, reader, liar] = [world.member(here), world.member(here), world.member(there)]
    const honest = receipt(reader, sender.account)
    here.connect(reader).give(honest)
    await world.pass(200)
    for (let i = 0; i < 500; i++) here.fromRelay(there, receipt({ ...liar, device: deviceIdOfKey(world.random.bytes(32)) }, sender.account))
    await world.pass(5_000)
    assert.equal(here.board.size, 1 + limits.devices)
    const device = here.connect(sender)
    await world.pass(1_000)
    assert.deepEqual(counters(device.frames), [honest.counter, ...Array.from({ length: limits.devices }, (_, i) => counter - limits.devices + 1 + i)], 'and of those the newest')
    await here.receipts.stop()
    here.start({ maxRowsPerAccount: 100 })
    await here.board.open(sender.account)
    here.fromRelay(there, receipt({ ...liar, device: deviceIdOfKey(world.random.bytes(32)) }, sender.account))
    await world.pass(500)
    assert.equal(here.board.size, 1 + limits.devices, 'after a restart as well')
  })

  it('whose groups have filled the memory of all gives way to those who have few', async () => {
    const relay = world.relay({ maxRows: 20 })
    const [greedy, modest] = [world.member(relay), world.member(relay)]
    relay.connect(greedy)
    const device = relay.connect(modest)
    await settle()
    for (let i = 0; i < 30; i++) {
      const reader = world.member(relay)
      relay.connect(reader).give(receipt(reader, greedy.account))
    }
    await world.pass(200)
    const given = Array.from({ length: 5 }, () => {
      const reader = world.member(relay)
      const one = receipt(reader, modest.account)
      relay.connect(reader).give(one)
      return one.counter
    })
    await world.pass(3_000)
    assert.deepEqual(counters(device.frames), given)
    assert.equal(relay.board.size, 20)
  })

  it('survives a disk that does not write for a while', async () => {
    const relay = world.relay()
    const [sender, reader] = [world.member(relay), world.member(relay)]
    const given = receipt(reader, sender.account)
    relay.store.setFull(true)
    relay.connect(reader).give(given)
    await world.pass(5_000)
    relay.store.setFull(false)
    const late = receipt(reader, sender.account)
    relay.connect(reader).give(late)
    await world.pass(5_000)
    const rows: Uint8Array[] = []
    for await (const { value } of relay.store.scan('receipt', 'r/')) rows.push(value)
    assert.equal(rows.length, 1)
  })
})
