import assert from 'node:assert/strict'
import type { Channel } from '../../protocol/channel.ts'
import { pairConversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf, type AccountId } from '../../protocol/ids.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { Envelope as WireEnvelope } from '../../protocol/wire/gen/envelope.js'
import type { ShipAccount, ShipLog, Shipped } from '../../protocol/wire/gen/standby.js'
import { TestPerson } from '../testing/fixtures.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'
import { standBy, standbyRecord } from '../testing/standby-world.ts'
import { threeRelays } from '../testing/worlds.ts'
import { emptyPart } from './drafts.ts'
import * as rows from './shadow-rows.ts'

interface Hostile {
  world: World
  primary: TestRelayNode
  standby: TestRelayNode
  other: TestRelayNode
  /** Lives at the primary, has named the standby; b lives at the third relay. */
  a: TestClient
  b: TestClient
  channel: Channel
  ship (parts: { logs?: ShipLog[], accounts?: ShipAccount[] }): Promise<Shipped>
}

/** A primary that ships what it likes: the records are known at the standby alone, so the relay itself ships nothing. */
async function hostile (seed: number): Promise<Hostile> {
  const { world, eu: primary, us: standby, asia: other } = await threeRelays(seed)
  const [a, b] = await world.pair(primary, other)
  const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
  await world.during(channel.call(relayMethods.introduce, { homeRecords: [standbyRecord(a, 2, primary, standby).bytes] }))
  const ship = async ({ logs = [], accounts = [] }: { logs?: ShipLog[], accounts?: ShipAccount[] }): Promise<Shipped> => await world.during(channel.call(relayMethods.ship, { logs, accounts }))
  return { world, primary, standby, other, a, b, channel, ship }
}

const entryOf = (from: TestClient, to: TestClient, seq: number, epoch = 1): ShipLog['entries'][number] =>
  ({ epoch, seq, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: from.seal(to.account).bytes })

/** A registration row (people/accounts.ts) without devices. */
const registrationRow = (epoch: number, handle: string, list = new Uint8Array(40)): Uint8Array => {
  const row = Buffer.alloc(16)
  row[0] = 1
  row.writeUInt32BE(epoch, 2)
  row[15] = handle.length
  return Buffer.concat([row, Buffer.from(handle), list])
}

describe('a primary that ships what is not so', () => {
  const rowsOfAccount: Array<[string, (a: TestClient) => ShipAccount['rows']]> = [
    ['a registration that is none', (a) => [{ table: 1, key: a.account, value: new Uint8Array(1) }]],
    ['a device list that nobody has signed, of a later epoch', (a) => [{ table: 1, key: a.account, value: registrationRow(2 ** 32 - 1, '') }]],
    ['a handle that is none', (a) => [{ table: 1, key: a.account, value: registrationRow(0, '../ADMIN/') }]],
    ['one-time prekeys that are none', (a) => [{ table: 2, key: `${a.account}/${a.device.id}/once`, value: new Uint8Array(3) }]],
    ['keys, a profile and a policy that are none', (a) => [{ table: 2, key: `${a.account}/${a.device.id}/keys`, value: new Uint8Array(3) }, { table: 3, key: a.account, value: new Uint8Array(3) }, { table: 4, key: `p/${a.account}`, value: new Uint8Array(3) }]]
  ]
  for (const [index, [name, rows]] of rowsOfAccount.entries()) {
    it(`does not keep the account from moving: ${name}`, async () => {
      const { world, standby, primary, a, b, ship } = await hostile(40 + index)
      await ship({ accounts: [{ account: accountIdToBytes(a.account), rows: rows(a), isWhole: false, isDone: false }] })
      primary.crash()
      await a.moveTo(standby, 3)
      a.send(b)
      await world.until(() => b.shownWith(a).length === 1 && a.outbox.length === 0)
      await world.stop()
    })
  }

  it('does not put a log out of reach by an epoch that nobody has signed', async () => {
    for (const isAnchor of [true, false]) {
      const { world, standby, primary, a, b, ship } = await hostile(isAnchor ? 50 : 51)
      const [mover, stays] = [a, b]
      const { id, anchor } = pairConversation(mover.account, stays.account)
      assert.equal(anchor, mover.account)
      await ship({ logs: [{ ...emptyPart(id, mover.account), skipThrough: isAnchor ? 0 : 5, skipEpoch: 2 ** 32 - 1, entries: [entryOf(mover, stays, isAnchor ? 1 : 6, 2 ** 32 - 1)] }] })
      primary.crash()
      await mover.moveTo(standby, 3)
      mover.send(stays)
      stays.send(mover)
      await world.until(() => stays.shownWith(mover).length >= 2 && mover.outbox.length + stays.outbox.length === 0, 60_000)
      for (const { epoch } of await standby.store.readLog(id, 1, { maxEntries: 10, maxBytes: 1e6 })) assert.ok(epoch <= 3, `epoch ${epoch}`)
      await world.stop()
    }
  })

  for (const skips of [false, true]) {
    it(`does not put a log that somebody else anchors out of reach by an epoch that they have not signed${skips ? ', nor by skipping under one' : ''}`, async () => {
      const { world, eu: primary, us: standby, asia: other } = await threeRelays(skips ? 53 : 52)
      const [b, a] = await world.pair(other, primary)
      const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
      await world.during(channel.call(relayMethods.introduce, { homeRecords: [standbyRecord(a, 2, primary, standby).bytes] }))
      const { id } = pairConversation(a.account, b.account)
      const forged = 2 ** 32 - 1
      const part = { ...emptyPart(id, a.account), ...(skips ? { skipThrough: 5, skipEpoch: forged } : {}), entries: [entryOf(a, b, skips ? 6 : 1, skips ? 1 : forged)] }
      await world.during(channel.call(relayMethods.ship, { logs: [part], accounts: [] }))
      primary.crash()
      await a.moveTo(standby, 3)
      a.send(b)
      b.send(a)
      await world.until(() => a.shownWith(b).length === 3 && b.shownWith(a).length === 3 && a.outbox.length + b.outbox.length === 0, 60_000, () => `${a.shownWith(b).length} and ${b.shownWith(a).length} shown`)
      for (const { epoch } of await standby.store.readLog(id, 1, { maxEntries: 10, maxBytes: 1e6 })) assert.equal(epoch, 1)
      await world.stop()
    })
  }

  it('does not fill the disk with rows that are not counted, and they are counted once', async () => {
    const { world, standby, a, b, ship } = await hostile(60)
    const bytes = async (): Promise<number> => await standby.meter.gauged('heliograph_standby_bytes')
    const { id } = pairConversation(a.account, b.account)
    const device = (i: number): Uint8Array => Buffer.concat([deviceKeyOf(a.device.id).subarray(0, 30), Buffer.from([i >> 8, i])])
    const cursors = Array.from({ length: 1_000 }, (_, i) => ({ device: device(i), seq: 1 }))
    await ship({ logs: [{ ...emptyPart(id, a.account), cursors }] })
    assert.ok(await bytes() >= 200_000, 'a thousand devices that nobody has')
    const before = await bytes()
    await ship({ logs: [{ ...emptyPart(id, a.account), cursors }] })
    assert.equal(await bytes(), before)
    const others = Array.from({ length: 100 }, () => pairConversation(a.account, new TestPerson(world.random).account).id)
    await ship({ accounts: [{ account: accountIdToBytes(a.account), rows: others.map((key) => ({ table: 0, key, value: new Uint8Array(0) })), isWhole: false, isDone: false }] })
    assert.ok(await bytes() - before >= 20_000, 'a hundred logs with nothing in them')
    await world.stop()
  })

  it('is refused envelopes that could not be taken over', async () => {
    const { world, standby, a, b, ship } = await hostile(61)
    const { id } = pairConversation(a.account, b.account)
    const outsider = new TestPerson(world.random)
    const conversation = pairConversation(a.account, b.account)
    const sealed = (sender: AccountId, messageId: Uint8Array): Uint8Array =>
      encode(WireEnvelope, { version: 1, conversation: conversation.bytes, senderAccount: accountIdToBytes(sender), senderDevice: deviceKeyOf(a.device.id), messageId, kind: 1, expiresAtMs: 0, ciphertexts: [{ device: deviceKeyOf(a.device.id), kind: 2, bytes: new Uint8Array(10) }] })
    const good = Uint8Array.of(...new Uint8Array(6), 0x70, 0, 0x80, ...world.random.bytes(7))
    for (const [envelope, code] of [[sealed(a.account, new Uint8Array(16)), 'BAD_MESSAGE_ID'], [sealed(outsider.account, good), 'BAD_CONVERSATION']] as const) {
      for (const part of [{ entries: [{ ...entryOf(a, b, 1), envelope }] }, { items: [{ position: 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope }] }]) {
        const { answers } = await ship({ logs: [{ ...emptyPart(id, a.account), ...part }] })
        assert.equal(ProtocolError.fromStatus(answers[0]?.status ?? 0).code, code)
      }
    }
    for await (const { key } of standby.store.scan('standby', 'e/')) assert.fail(key.slice(0, 2))
    await world.stop()
  })
})

describe('a former home', () => {
  it('hands over once: what it gives afterwards is passed over, also after a restart of the new home, and it is done with it', async () => {
    const { world, eu: primary, us: standby, asia: other } = await threeRelays(90)
    const [a, b] = await world.pair(primary, other)
    a.send(b)
    await world.until(() => b.shownWith(a).length === 1)
    await a.moveTo(standby, 2)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 1)
    const account = accountIdToBytes(a.account)
    const part = emptyPart(idOf(a, b), a.account)
    for (const restarts of [false, true]) {
      if (restarts) {
        standby.crash()
        await standby.restart()
      }
      const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
      const formerRecord = standbyRecord(a, 1, primary).bytes
      const first = await world.during(channel.call(relayMethods.ship, { accounts: [{ account, rows: [], isWhole: true, isDone: false, formerRecord }], logs: [{ ...part, asks: true }] }))
      assert.deepEqual(first.answers.map(({ status }) => status), [0])
      assert.ok(first.answers[0]!.head > 1, 'there is nothing to send')
      const items = [{ position: 1, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope: a.seal(b.account).bytes }]
      const second = await world.during(channel.call(relayMethods.ship, { accounts: [{ account, rows: [], isWhole: false, isDone: true }], logs: [{ ...part, entries: [entryOf(a, b, 2)], items }] }))
      assert.deepEqual(second.answers, [])
      await world.pass(5_000)
      assert.equal(b.shownWith(a).length, 1)
      for await (const { key } of standby.store.scan('standby', 'e/')) assert.fail(key.slice(0, 2))
    }
    // Home once more, and left once more: that is another matter.
    await a.moveTo(primary, 3)
    a.send(b)
    await world.until(() => b.shownWith(a).length === 2)
    await a.moveTo(standby, 4)
    await world.until(() => primary.meter.of('heliograph_standby_handed_over_total') === 2)
    a.send(b)
    await world.until(() => b.shownWith(a).length === 3)
    await world.stop()
  })
})

describe('a former home at which the other one of a pair lives', () => {
  it('hands over what the new home has numbered since, and nothing of an epoch that is not signed', async () => {
    const { world, eu: primary, us: standby, asia: other } = await threeRelays(95)
    const [a, b] = await world.pair(primary, other)
    await a.offline()
    await a.moveTo(standby, 2)
    const account = accountIdToBytes(a.account)
    const channel = await world.during(primary.path.channelTo(standby.id, { signal: new AbortController().signal }))
    const logs = (epoch: number): ShipLog[] => [{ ...emptyPart(idOf(a, b), a.account), entries: [entryOf(b, a, 1, 1), entryOf(b, a, 2, epoch)] }]
    await world.during(channel.call(relayMethods.ship, { accounts: [{ account, rows: [], isWhole: true, isDone: false, formerRecord: standbyRecord(a, 1, primary).bytes }], sync: 0, logs: [] }))
    const { answers: refused } = await world.during(channel.call(relayMethods.ship, { accounts: [], sync: 0, logs: logs(3) }))
    assert.deepEqual(refused.map(({ status }) => ProtocolError.fromStatus(status).code), ['MALFORMED'])
    const { answers: taken } = await world.during(channel.call(relayMethods.ship, { accounts: [], sync: 0, logs: logs(2) }))
    assert.deepEqual(taken, [])
    await world.stop()
  })
})

describe('a standby that gives back what it was not given', () => {
  it('is not believed, and its primary goes on', async () => {
    const bad: Array<[string, (h: Hostile, head: number) => Array<[string, Uint8Array]>]> = [
      ['an epoch that nobody has signed', ({ primary, a, b }, head) => [
        [rows.headKey(primary.id, idOf(a, b)), rows.encodeHead({ epoch: 2 ** 32 - 1, first: 1, head: head + 1, bytes: 0 })],
        [rows.entryKey(primary.id, idOf(a, b), head + 1), rows.encodeEnvelope({ ...entryOf(a, b, 1), epoch: 2 ** 32 - 1 })]
      ]],
      ['a number far beyond any', ({ primary, a, b }) => [[rows.headKey(primary.id, idOf(a, b)), rows.encodeHead({ epoch: 2 ** 32 - 1, first: 2 ** 39, head: 2 ** 39, bytes: 0 })]]],
      ['an envelope of another conversation', ({ primary, a, b, world }, head) => [
        [rows.headKey(primary.id, idOf(a, b)), rows.encodeHead({ epoch: 2, first: 1, head: head + 1, bytes: 0 })],
        [rows.entryKey(primary.id, idOf(a, b), head + 1), rows.encodeEnvelope({ ...entryOf(a, b, 1), epoch: 2, envelope: sealedTo(a, world) })]
      ]],
      ['what somebody elsewhere has written, as waiting here', ({ primary, a, b }) => [[rows.itemKey(primary.id, idOf(a, b), 1), rows.encodeEnvelope({ ...entryOf(b, a, 1), epoch: 0 })]]]
    ]
    for (const [index, [name, made]] of bad.entries()) {
      const { world, eu: primary, us: standby, asia: other } = await threeRelays(70 + index)
      const [a, b] = await world.pair(primary, other)
      await standBy(world, a, standby)
      a.send(b)
      await world.until(() => b.shownWith(a).length === 1)
      const { head } = await primary.store.openLog(idOf(a, b)) ?? { head: 0 }
      standby.crash()
      await standby.store.write(made({ world, primary, standby, other, a, b } as Hostile, head).map(([key, value]) => rows.put(key, value)), { durable: true })
      await standby.restart()
      primary.crash()
      await primary.restart()
      a.send(b)
      b.send(a)
      await world.until(() => b.shownWith(a).length === 3 && a.outbox.length + b.outbox.length === 0, 120_000, () => name)
      const entries = await primary.store.readLog(idOf(a, b), 1, { maxEntries: 10, maxBytes: 1e6 })
      assert.equal(entries.at(-1)?.seq, 3, name)
      assert.ok(entries.every(({ epoch }) => epoch <= 2), name)
      await world.stop()
    }
  })
})

describe('a primary that is stopped', () => {
  it('acknowledges nothing that its standby, which was in sync, has not confirmed', async () => {
    const world = new World(80, { latencyMs: 20 })
    const [primary, standby] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
    const [a, b] = await world.pair(primary, primary)
    await standBy(world, a, standby)
    world.network.cut(primary.id, standby.id, 'silent')
    a.send(b)
    await world.pass(100)
    assert.equal(a.sent.length, 0)
    await primary.stop()
    await world.pass(1_000)
    assert.equal(a.sent.length, 0)
    assert.equal(primary.meter.of('heliograph_standby_alone_total'), 0)
    await standby.stop()
    await world.pass(120_000)
    assert.equal(world.clock.pending, 0)
  })
})

const idOf = (a: TestClient, b: TestClient): ConversationId => pairConversation(a.account, b.account).id
const sealedTo = (a: TestClient, world: World): Uint8Array => a.seal(new TestPerson(world.random).account).bytes
