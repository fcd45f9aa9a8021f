import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { selfConversation, type ConversationId } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import { signDeviceList } from '../../protocol/records/device-list.ts'
import { testAccount, testDevice } from '../../protocol/testing.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { Events } from '../events.ts'
import type { OpenedMessage, SyncFact } from '../messages/bodies.ts'
import { History } from '../messages/history.ts'
import type { Message } from '../model.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { DeviceTables } from './device-tables.ts'
import { Missed } from './missed.ts'

const own = testAccount(1).id
const chat = testAccount(2).id
const [first, again] = ['1'.repeat(32), '2'.repeat(32)] as [MessageId, MessageId]
const place = { epoch: 1, seq: 7 }
const list = signDeviceList(nodePrimitives, {
  account: own,
  epoch: 1,
  issuedAtMs: 1,
  expiresAtMs: 0,
  devices: [1, 2].map((i) => ({ id: testDevice(i).id, identityKey: new Uint8Array(32).fill(i), registrationId: i }))
}, testAccount(1).seed)

function device (id: string, clock: ManualClock, data = new Map<string, Uint8Array>()) {
  const said: SyncFact[] = []
  const ledger = new Ledger(new MemoryStore(data))
  const tables = new Tables(nodePrimitives)
  const deviceTables = new DeviceTables()
  const history = new History({ tables })
  const missed = new Missed({
    ledger,
    tables,
    deviceTables,
    history,
    clock,
    events: { emit: () => {} } as unknown as Events,
    own: { account: own, device: id as DeviceId },
    compose: (_, facts) => { said.push(...facts); return Promise.resolve() },
    isRead: () => Promise.resolve(false),
    acts: { find: () => Promise.resolve(undefined) },
    give: () => Promise.resolve(),
    forget: async (draft, from, id) => {
      const row = await history.find(draft, from, 'in', id)
      if (row?.state === 'failed') history.remove(draft, row)
    },
    lost: async (draft, from, id) => { history.replace(draft, { ...(await history.find(draft, from, 'in', id))!, isLost: true }) },
    healed: () => Promise.resolve(),
    shown: () => Promise.resolve(),
    retell: () => Promise.resolve()
  })
  const hear = async (facts: readonly SyncFact[]): Promise<void> => {
    await ledger.run(async (draft) => { await missed.take(draft, { isOwn: true, senderDevice: 'other', body: { kind: 'sync', facts } } as unknown as OpenedMessage) })
    await ledger.idle()
  }
  return { said, ledger, tables, deviceTables, history, hear, missed, data }
}

type TestDevice = ReturnType<typeof device>

const message: Message = { id: first, conversation: 'c' as ConversationId, chat, sender: chat, direction: 'in', text: 'hello', sentAtMs: 1, state: 'delivered' }

/** `knows` has the message under its first id, and that it was sent again. */
async function twoDevices (): Promise<Record<'asks' | 'knows', TestDevice>> {
  const clock = new ManualClock()
  const [asks, knows] = [device('asks', clock), device('knows', clock)]
  await knows.ledger.run((draft) => {
    knows.history.add(draft, message, { epoch: 1, seq: 3 })
    draft.write(knows.tables.firstIds, `${chat}/${again}`, first)
  })
  return { asks, knows }
}

/** What `asks` shows when it has asked for the message under its later id, and heard the answer. */
async function answered (asks: TestDevice, knows: TestDevice): ReturnType<TestDevice['history']['page']> {
  await knows.hear([{ key: `!want/${chat}`, value: JSON.stringify({ ids: [again] }), madeAtMs: 1 }])
  await asks.hear(knows.said)
  return await asks.history.page(asks.ledger, chat, { limit: 10 })
}

describe('client: messages that were not sealed for a device', () => {
  it('one that was sent again, which another device has under its first id, is had from there; its placeholder goes', async () => {
    const { asks, knows } = await twoDevices()
    await asks.ledger.run((draft) => {
      asks.history.add(draft, { ...message, id: again, text: '', state: 'failed' }, place)
      draft.write(asks.deviceTables.wanted, `${chat}/${again}`, { sender: chat, ...place, atMs: 0 })
    })
    const page = await answered(asks, knows)
    assert.deepEqual(page.map(({ id, text, state }) => [id, text, state]), [[first, 'hello', 'delivered']])
  })

  it('what was sent again stands where its placeholder stands, on every device', async () => {
    const { asks, knows } = await twoDevices()
    await asks.ledger.run((draft) => {
      asks.history.add(draft, { ...message, text: '', state: 'failed' }, { epoch: 1, seq: 3 })
      draft.write(asks.deviceTables.wanted, `${chat}/${again}`, { sender: chat, ...place, atMs: 0 })
    })
    const page = await answered(asks, knows)
    assert.deepEqual(page.map(({ id, text, epoch, seq }) => [id, text, epoch, seq]), [[first, 'hello', 1, 3]])
  })

  it('also where there is no placeholder of it: the device that gives it says where it stands', async () => {
    const { asks, knows } = await twoDevices()
    await asks.ledger.run((draft) => { draft.write(asks.deviceTables.wanted, `${chat}/${again}`, { sender: chat, ...place, atMs: 0 }) })
    const page = await answered(asks, knows)
    assert.deepEqual(page.map(({ id, epoch, seq }) => [id, epoch, seq]), [[first, 1, 3]])
  })

  it('a placeholder whose message its sender has lost is told of, and stays wanted: a third device may have it', async () => {
    const clock = new ManualClock()
    const [asks, knows, has] = [device('asks', clock), device('knows', clock), device('has', clock)]
    const message: Message = { id: first, conversation: 'c' as ConversationId, chat, sender: chat, direction: 'in', text: 'hello', sentAtMs: 1, state: 'delivered' }
    await knows.ledger.run((draft) => {
      knows.history.add(draft, { ...message, text: '', state: 'failed', isLost: true }, place)
      knows.history.add(draft, { ...message, id: again, text: '', state: 'failed', isLost: true }, { epoch: 1, seq: 8 })
    })
    await has.ledger.run((draft) => { has.history.add(draft, message, place) })
    await asks.ledger.run((draft) => {
      asks.history.add(draft, { ...message, text: '', state: 'failed' }, place)
      asks.history.add(draft, { ...message, id: again, text: '', state: 'failed' }, { epoch: 1, seq: 8 })
      draft.write(asks.deviceTables.wanted, `${chat}/${first}`, { sender: chat, ...place, atMs: 0 })
    })
    const question = [{ key: `!want/${chat}`, value: JSON.stringify({ ids: [first] }), madeAtMs: 1 }]
    await knows.hear(question)
    await asks.hear([...knows.said, { key: `!lost/${chat}`, value: JSON.stringify({ ids: [again] }), madeAtMs: 1 }])
    const shown = async (): Promise<unknown[]> => (await asks.history.page(asks.ledger, chat, { limit: 10 })).map(({ id, text, isLost }) => [id, text, isLost === true])
    assert.deepEqual(await shown(), [[first, '', true], [again, '', false]], 'nothing is said of what was not asked for')
    await has.hear(question)
    await asks.hear(has.said)
    assert.deepEqual(await shown(), [[first, 'hello', false], [again, '', false]])
  })

  it('what has come meanwhile is asked for no more, and stands where it was missed', async () => {
    const asks = device('asks', new ManualClock())
    await asks.ledger.run((draft) => { draft.write(asks.deviceTables.wanted, `${chat}/${first}`, { sender: chat, ...place, atMs: 0 }) })
    assert.deepEqual(await asks.ledger.run(async (draft) => await asks.missed.here(draft, chat, [first, again])), place)
    assert.deepEqual(await asks.ledger.range(asks.deviceTables.wanted, { from: '', to: '\x7f' }), [])
  })

  it('facts that were not sealed for this device are asked for, also when the program ends before the question', async () => {
    const clock = new ManualClock()
    const self = selfConversation(own).id
    const before = device('asks', clock)
    await before.ledger.run((draft) => { draft.write(before.tables.deviceLists, own, { list, hash: nodePrimitives.sha256(list.bytes) }) })
    await before.ledger.run(async (draft) => { await before.missed.note(draft, { chat: self, id: first, sender: own, kind: envelopeKinds.sync, place }) })
    const after = device('asks', clock, before.data)
    await after.missed.load()
    after.missed.resume()
    await clock.advance(1_000)
    assert.deepEqual(after.said.map(({ key }) => key), [`!want/${self}`])
    const later = device('asks', clock, before.data)
    await later.missed.load()
    later.missed.resume()
    await clock.advance(10_000)
    assert.deepEqual(later.said, [], 'once asked, it is with the others')
  })
})
