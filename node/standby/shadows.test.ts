import assert from 'node:assert/strict'
import type { Channel } from '../../protocol/channel.ts'
import { groupConversation, pairConversation } from '../../protocol/conversation.ts'
import { ERRORS, ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, messageIdFromBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { ShipAccount, ShipLog, Shipped } from '../../protocol/wire/gen/standby.js'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { signHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Commits } from '../ports.ts'
import { wireNumberedId } from '../log/numbered-id.ts'
import { senderTagOf } from '../store/sender-tag.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, directCommits, signing, testRelay } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import { Shadows } from './shadows.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { standbyRecord, standBy } from '../testing/standby-world.ts'
import { emptyPart } from './drafts.ts'
import * as rows from './shadow-rows.ts'

/** A relay that may be what it likes: the channel of a primary to a standby, by hand. */
async function handmade (seed: number): Promise<{ world: World, primary: TestRelayNode, standby: TestRelayNode, a: TestClient, b: TestClient, channel: Channel, ship (parts: { logs?: ShipLog[], accounts?: ShipAccount[] }): Promise<Shipped> }> {
  const world = new World(seed)
  const [primary, standby] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
  const [a, b] = await world.pair(primary, primary)
  const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
  const ship = async ({ logs = [], accounts = [] }: { logs?: ShipLog[], accounts?: ShipAccount[] }): Promise<Shipped> => await world.during(channel.call(relayMethods.ship, { logs, accounts }))
  return { world, primary, standby, a, b, channel, ship }
}

const entryOf = (from: TestClient, to: TestClient, seq: number, epoch = 1): ShipLog['entries'][number] =>
  ({ epoch, seq, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: from.seal(to.account).bytes })

async function rowsOf (relay: TestRelayNode, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of relay.store.scan('standby', prefix)) keys.push(key)
  return keys
}

/** Shadows without a relay around them. */
function alone (
  { world, store, self, recordOf, commits = directCommits(store) }: { world: World, store: MemoryStore, self: RelayId, recordOf: (account: AccountId) => SignedHomeRecord | undefined, commits?: Pick<Commits, 'commit'> },
  bounds: ConstructorParameters<typeof Shadows>[1] = {}
): Shadows {
  return new Shadows({
    store,
    commits,
    homes: { self, cached: recordOf, known: async (account) => recordOf(account), learnDurably: async () => {} },
    accounts: { isLocal: () => false },
    buckets: { take: () => {} },
    signing,
    clock: world.clock,
    meter: new CountingMeter(),
    logger: silentLogger,
    takeIn: async () => {}
  }, bounds)
}

describe('what is shipped to a standby', () => {
  it('is refused of an account whose record does not name both, and nothing is kept', async () => {
    const { world, standby, primary, a, b, channel, ship } = await handmade(21)
    const { id } = pairConversation(a.account, b.account)
    const part = { ...emptyPart(id, a.account), entries: [entryOf(a, b, 1)] }
    // Not known at all, known without a standby, with another one, with another primary.
    const stranger = await world.relay('asia-1.example.org')
    const records = [undefined, standbyRecord(a, 2, primary), standbyRecord(a, 3, primary, stranger), standbyRecord(a, 4, stranger, standby)]
    const codes = ['NOT_ADMITTED', 'NOT_ADMITTED', 'NOT_ADMITTED', 'MOVED'] as const
    for (const [i, record] of records.entries()) {
      if (record !== undefined) await world.during(channel.call(relayMethods.introduce, { homeRecords: [record.bytes] }))
      const { answers } = await ship({ logs: [part], accounts: [{ account: accountIdToBytes(a.account), rows: [], isWhole: true, isDone: true }] })
      assert.deepEqual(answers.map(({ status }) => status), [ERRORS[codes[i]!].status, ERRORS[codes[i]!].status])
      if (record !== undefined) assert.deepEqual(answers[0]!.record, record.bytes)
    }
    assert.deepEqual(await rowsOf(standby), [])
    await world.stop()
  })

  it('must fit: a gap, a log of other people, a foreign envelope, rows of others, numbers out of range', async () => {
    const { world, standby, primary, a, b, channel, ship } = await handmade(22)
    const stranger = await world.person(primary)
    await world.during(channel.call(relayMethods.introduce, { homeRecords: [standbyRecord(a, 2, primary, standby).bytes] }))
    const { id } = pairConversation(a.account, b.account)
    const foreign = pairConversation(b.account, stranger.account).id
    const part = emptyPart(id, a.account)
    const refused = async (log: ShipLog, code: keyof typeof ERRORS): Promise<void> => {
      const { answers } = await ship({ logs: [log] })
      assert.equal(ProtocolError.fromStatus(answers[0]?.status ?? 0).code, code)
    }
    await refused({ ...part, entries: [entryOf(a, b, 2)] }, 'GAP')
    await refused({ ...emptyPart(foreign, a.account), entries: [entryOf(b, stranger, 1)] }, 'BAD_CONVERSATION')
    await refused({ ...part, entries: [entryOf(b, stranger, 1)] }, 'BAD_CONVERSATION')
    await refused({ ...part, items: [{ position: 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: b.seal(stranger.account).bytes }] }, 'BAD_CONVERSATION')
    await refused({ ...part, skipThrough: 2 ** 52 }, 'MALFORMED')
    const numbered = wireNumberedId({ epoch: 1, seq: 5, sender: senderTagOf(a.device.id), messageId: a.newMessageId(), storedAtMs: 1 })
    await refused({ ...part, numbered: [{ ...numbered, seq: 2 ** 41 }] }, 'MALFORMED')
    await refused({ ...part, numbered: [{ ...numbered, seq: 0 }] }, 'MALFORMED')
    await refused({ ...part, numbered: [{ ...numbered, epoch: 3 }] }, 'MALFORMED')
    await refused({ ...part, numbered: [numbered, { ...numbered, seq: 4 }] }, 'MALFORMED')
    await refused({ ...part, numbered: [{ ...numbered, sender: deviceKeyOf(a.device.id) }] }, 'MALFORMED')
    await refused({ ...part, numbered: [{ ...numbered, messageId: new Uint8Array(16) }] }, 'BAD_MESSAGE_ID')
    await refused({ ...part, entries: [{ ...entryOf(a, b, 1), envelope: new Uint8Array(100) }] }, 'MALFORMED')
    await refused({ ...part, rows: [{ table: 0, key: 'x'.repeat(300), value: new Uint8Array(1) }] }, 'TOO_LARGE')
    const rows = async (row: ShipAccount['rows'][number]): Promise<number> => {
      const { answers } = await ship({ accounts: [{ account: accountIdToBytes(a.account), rows: [row], isWhole: false, isDone: false }] })
      return answers[0]?.status ?? 0
    }
    for (const [table, key] of [[1, b.account], [2, `${b.account}/x/keys`], [3, b.account], [4, `s/${a.account}`], [0, foreign], [9, a.account], [0, 'zz']] as const) {
      assert.notEqual(await rows({ table, key, value: new Uint8Array(1) }), 0, `table ${table}, ${key.slice(0, 8)}`)
    }
    assert.equal(await rows({ table: 1, key: a.account, value: new Uint8Array(1) }), 0)
    assert.deepEqual([...await rowsOf(standby, 'e/'), ...await rowsOf(standby, 'm/')], [])
    await world.stop()
  })

  it('is held to a rate for each relay, and what comes again is kept once', async () => {
    const { world, standby, primary, a, b, channel, ship } = await handmade(23)
    await world.during(channel.call(relayMethods.introduce, { homeRecords: [standbyRecord(a, 2, primary, standby).bytes] }))
    const { id } = pairConversation(a.account, b.account)
    const part = { ...emptyPart(id, a.account), entries: Array.from({ length: 200 }, (_, i) => entryOf(a, b, i + 1)) }
    for (let i = 0; i < 3; i++) await ship({ logs: [part] })
    assert.equal((await rowsOf(standby, 'e/')).length, 200)
    // A burst is 200,000.
    const large = { ...emptyPart(id, a.account), dequeued: Array.from({ length: 1_000 }, (_, i) => i + 1) }
    const flood = { accounts: [], sync: 0, logs: Array.from({ length: 150 }, () => large) }
    const results = await world.during(Promise.allSettled([1, 2, 3].map(async () => await channel.call(relayMethods.ship, flood))))
    const errors = results.flatMap((result) => result.status === 'rejected' ? [result.reason as unknown] : [])
    assert.equal(errors.length, 2)
    for (const error of errors) assert.ok(isProtocolError(error, 'QUOTA') && error.details.retryAfterMs! > 0)
    await world.stop()
  })

  it('from a former home is taken only with the record that proves it', async () => {
    const { world, standby, primary, a, b, channel, ship } = await handmade(24)
    const { id } = pairConversation(a.account, b.account)
    await a.moveTo(standby, 5)
    const account = accountIdToBytes(a.account)
    const log = { ...emptyPart(id, a.account), entries: [entryOf(a, b, 1)] }
    for (const former of [undefined, standbyRecord(b, 1, primary).bytes, standbyRecord(a, 4, standby).bytes, standbyRecord(a, 6, primary).bytes, new Uint8Array(50)]) {
      const { answers } = await ship({ accounts: [{ account, rows: [], isWhole: false, isDone: true, ...(former === undefined ? {} : { formerRecord: former }) }], logs: [log] })
      assert.equal(answers.length, 2)
      assert.ok(answers.every(({ status }) => status !== 0))
    }
    const { answers } = await ship({ accounts: [{ account, rows: [], isWhole: false, isDone: false, formerRecord: standbyRecord(a, 4, primary).bytes }], logs: [log] })
    assert.deepEqual(answers, [])
    await world.during(channel.call(relayMethods.standbyHomes, { accounts: [account] }))
    await world.stop()
  })

  it('goes when it has expired, though its primary is silent; what has not stays, and what comes then fits', async () => {
    const { world, standby, primary, a, b, channel, ship } = await handmade(26)
    await world.during(channel.call(relayMethods.introduce, { homeRecords: [standbyRecord(a, 2, primary, standby).bytes] }))
    const { id } = pairConversation(a.account, b.account)
    const soon = world.clock.nowMs() + 30 * 60_000
    const lasts = [soon, soon, 2 ** 47, soon]
    const entries = lasts.map((expiresAtMs, i) => ({ ...entryOf(a, b, i + 1), expiresAtMs }))
    const items = [soon, 2 ** 47].map((expiresAtMs, i) => ({ position: i + 1, storedAtMs: 1, expiresAtMs, envelope: a.seal(b.account).bytes }))
    await ship({ logs: [{ ...emptyPart(id, a.account), entries, items }] })
    const before = await standby.meter.gauged('heliograph_standby_bytes')
    await world.pass(61 * 60_000)
    assert.equal((await rowsOf(standby, 'e/')).length, 2, 'a log keeps its numbers: from the third on')
    assert.equal((await rowsOf(standby, 'o/')).length, 1)
    assert.ok(await standby.meter.gauged('heliograph_standby_bytes') < before)
    assert.equal(standby.meter.of('heliograph_standby_swept_total'), 3)
    const again = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
    const { answers } = await world.during(again.call(relayMethods.ship, { accounts: [], logs: [{ ...emptyPart(id, a.account), entries: [entryOf(a, b, 5)], asks: true }] }))
    assert.deepEqual(answers.map(({ status, first, head }) => ({ status, first, head })), [{ status: 0, first: 3, head: 5 }])
    await world.stop()
  })

  it('is read back by its primary alone', async () => {
    const { world, standby, a, b, channel } = await handmade(25)
    await standBy(world, a, standby)
    a.send(b)
    await world.until(() => b.shownWith(a).length === 1)
    const conversation = pairConversation(a.account, b.account)
    const request = { conversation: conversation.bytes, account: accountIdToBytes(a.account), fromSeq: 1, fromPosition: 0 }
    const page = await world.during(channel.call(relayMethods.readShipped, request))
    assert.equal(page.cutThrough, 1, 'how far it goes')
    const stranger = await world.relay('asia-1.example.org')
    const other = await world.during(stranger.path.channelTo(standby.id, { signal: new AbortController().signal }))
    await assert.rejects(world.during(other.call(relayMethods.readShipped, request)), { code: 'MOVED' })
    const group = groupConversation(a.account, world.random.bytes(32))
    await assert.rejects(world.during(other.call(relayMethods.readShipped, { ...request, conversation: group.bytes })), { code: 'MOVED' })
    assert.ok(limits.standbyAckTimeoutMs > 0)
    await world.stop()
  })

  it('is held to a number of bytes for each relay', async () => {
    const world = new World(26)
    const [primary, standby] = [testRelay(world.random), testRelay(world.random)]
    const [one, other] = [new TestPerson(world.random), new TestPerson(world.random)]
    const record = signHomeRecord(signing, { account: one.account, epoch: 1, homes: [primary.id, standby.id], region: 'eu', issuedAtMs: 1 }, one.seed)
    const store = new MemoryStore()
    const shadows = alone({ world, store, self: standby.id, recordOf: () => record }, { maxBytes: 10_000 })
    const { id } = pairConversation(one.account, other.account)
    const envelopeOf = (): Uint8Array => encodeEnvelope({ conversation: pairConversation(one.account, other.account), sender: one.account, senderDevice: one.device.id, messageId: messageIdFromBytes(Uint8Array.of(...new Uint8Array(6), 0x70, 0, 0x80, ...world.random.bytes(7))), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: one.device.id, kind: 2, bytes: new Uint8Array(800) }] })
    const entries = Array.from({ length: 20 }, (_, i) => ({ epoch: 1, seq: i + 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: envelopeOf() }))
    const statuses: number[] = []
    for (const entry of entries) {
      const { answers } = await world.during(shadows.receive({ accounts: [], sync: 0, logs: [{ ...emptyPart(id, one.account), entries: [entry] }] }, primary.id))
      statuses.push(answers[0]?.status ?? 0)
    }
    const taken = statuses.filter((status) => status === 0).length
    assert.ok(taken >= 9 && taken <= 12, `${taken} taken`)
    assert.equal(statuses[taken], ERRORS.TOO_MANY.status)
    assert.ok(statuses.slice(taken + 1).every((status) => status === ERRORS.GAP.status))
    // What the primary does not need any more makes room.
    await world.during(shadows.receive({ accounts: [], sync: 0, logs: [{ ...emptyPart(id, one.account), trimThrough: taken - 1 }] }, primary.id))
    await world.pass(11 * 60_000)
    const again = (): Promise<Shipped> => world.during(shadows.receive({ accounts: [], sync: 0, logs: [{ ...emptyPart(id, one.account), entries: [entries[taken]!] }] }, primary.id))
    await again()
    await world.pass(100)
    assert.deepEqual((await again()).answers, [])
    await shadows.stop()
  })

  it('is bounded for all relays together: many share, and leave something for the next', async () => {
    const world = new World(27)
    const standby = testRelay(world.random)
    const store = new MemoryStore()
    const records = new Map<string, ReturnType<typeof signHomeRecord>>()
    const shadows = alone({ world, store, self: standby.id, recordOf: (account) => records.get(account) }, { maxBytes: 20_000, maxAllBytes: 100_000, maxAccounts: 40 })
    const taken: number[] = []
    const accounts: number[] = []
    for (let relays = 0; relays < 8; relays++) {
      const primary = testRelay(world.random)
      let [entries, served] = [0, 0]
      for (let i = 0; i < 20; i++) {
        const [one, other] = [new TestPerson(world.random), new TestPerson(world.random)]
        records.set(one.account, signHomeRecord(signing, { account: one.account, epoch: 1, homes: [primary.id, standby.id], region: 'eu', issuedAtMs: 1 }, one.seed))
        const conversation = pairConversation(one.account, other.account)
        const envelope = encodeEnvelope({ conversation, sender: one.account, senderDevice: one.device.id, messageId: messageIdFromBytes(Uint8Array.of(...new Uint8Array(6), 0x70, 0, 0x80, ...world.random.bytes(7))), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: one.device.id, kind: 2, bytes: new Uint8Array(3_000) }] })
        const { answers } = await world.during(shadows.receive({ accounts: [], sync: 0, logs: [{ ...emptyPart(conversation.id, one.account), entries: [{ epoch: 1, seq: 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope }] }] }, primary.id))
        if ((answers[0]?.status ?? 0) === 0) entries++
        else assert.equal(answers[0]!.status, ERRORS.TOO_MANY.status)
        if (shadows.register.has(one.account)) served++
      }
      taken.push(entries)
      accounts.push(served)
    }
    const sum = (list: number[]): number => list.reduce((total, one) => total + one, 0)
    assert.ok(taken[0]! >= 4 && taken[0]! <= 7 && taken[7]! >= 1, `entries: ${taken.join(' ')}`)
    assert.ok(sum(taken) * 3_000 < 100_000, `entries: ${taken.join(' ')}`)
    assert.ok(accounts[0]! <= 10 && accounts[7]! >= 1 && sum(accounts) < 40, `accounts: ${accounts.join(' ')}`)
    await shadows.stop()
  })

  it('goes a bounded number of rows at a time, however many there are', async () => {
    const world = new World(27)
    const [primary, standby] = [testRelay(world.random), testRelay(world.random)]
    const [one, other] = [new TestPerson(world.random), new TestPerson(world.random)]
    const record = signHomeRecord(signing, { account: one.account, epoch: 1, homes: [primary.id, standby.id], region: 'eu', issuedAtMs: 1 }, one.seed)
    const store = new MemoryStore()
    const { id } = pairConversation(one.account, other.account)
    const count = 10_000
    const envelope = encodeEnvelope({ conversation: pairConversation(one.account, other.account), sender: one.account, senderDevice: one.device.id, messageId: messageIdFromBytes(Uint8Array.of(...new Uint8Array(6), 0x70, 0, 0x80, ...world.random.bytes(7))), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: one.device.id, kind: 2, bytes: new Uint8Array(8) }] })
    const entries = Array.from({ length: count }, (_, i) => rows.put(rows.entryKey(primary.id, id, i + 1), rows.encodeEnvelope({ epoch: 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope })))
    const head = rows.put(rows.headKey(primary.id, id), rows.encodeHead({ epoch: 1, first: 1, head: count, bytes: 0 }))
    const account = rows.put(rows.accountKey(one.account, primary.id), rows.encodeU32(1))
    const joined = rows.put(rows.rowsKey(one.account, primary.id, rows.joinedTable, id), rows.empty)
    let largest = 0
    const direct = directCommits(store)
    const left = async (): Promise<number> => {
      let found = 0
      for await (const { key } of store.scan('standby', '')) found += key === '' ? 0 : 1
      return found
    }
    for (const way of ['trim', 'skip', 'cut', 'drop'] as const) {
      await store.write([...entries, head, account, joined], { durable: true })
      const shadows = alone({ world, store, self: standby.id, recordOf: () => record, commits: { commit: async (writes) => { largest = Math.max(largest, writes.length); await direct.commit(writes) } } })
      await shadows.load()
      const part = { ...emptyPart(id, one.account), ...way === 'trim' ? { trimThrough: count } : way === 'skip' ? { skipThrough: count + 5, skipEpoch: 1 } : { isCut: way === 'cut', cutThrough: 0 } }
      if (way === 'drop') await shadows.drop(one.account, primary.id)
      else assert.deepEqual((await world.during(shadows.receive({ accounts: [], sync: 0, logs: [part] }, primary.id))).answers, [])
      // Message ids of what was trimmed stay: one row for thousands.
      assert.ok(await left() <= 7, way)
      assert.ok(largest < 5_000, `${way}: ${largest} rows in one batch`)
      await shadows.stop()
    }
  })
})
