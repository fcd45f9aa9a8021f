import assert from 'node:assert/strict'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { testAccount } from '../../protocol/testing.ts'
import type { Events } from '../events.ts'
import { History } from '../messages/history.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { DeviceTables } from './device-tables.ts'
import { ReadMarks } from './read-marks.ts'
import type { FactListener } from './sync.ts'

const chat = testAccount(2).id
const idOf = (n: number): MessageId => n.toString().padStart(32, '0') as MessageId

function device () {
  const ledger = new Ledger(new MemoryStore())
  const tables = new Tables(nodePrimitives)
  const history = new History({ tables })
  const state = { hasOthers: false, said: new Map<string, string>() }
  let listener!: FactListener
  const marks = new ReadMarks({
    ledger,
    tables,
    deviceTables: new DeviceTables(),
    history,
    events: { emit: () => {} } as unknown as Events,
    facts: {
      onFact: (_, one) => { listener = one },
      put: async (draft, key, value) => {
        state.said.set(key, value)
        await listener(draft, key, value, true)
      },
      hasOthers: () => Promise.resolve(state.hasOthers)
    }
  })
  /** Something comes at this place, in place of its placeholder perhaps. */
  const come = async (n: number): Promise<void> => {
    await ledger.run(async (draft) => {
      const row = history.add(draft, { id: idOf(n), conversation: 'c' as ConversationId, chat, sender: chat, direction: 'in', text: `${n}`, sentAtMs: n, state: 'delivered' }, { epoch: 1, seq: n })
      draft.write(tables.conversations, chat, { unread: ((await draft.read(tables.conversations, chat))?.unread ?? 0) + 1 })
      const log = await draft.read(tables.logs, chat)
      draft.write(tables.logs, chat, { epoch: 1, seq: Math.max(log?.seq ?? 0, n), hash: '', newest: '', forkedInEpoch: 0 })
      await marks.shown(draft, row)
    })
  }
  const read = async (): Promise<void> => {
    await ledger.run(async (draft) => {
      for (const { id } of await history.page(ledger, chat, { limit: 10 })) await history.update(draft, chat, 'in', id, { state: 'read' })
      draft.write(tables.conversations, chat, { unread: 0 })
      await marks.put(draft, chat)
    })
  }
  const hear = async (value: string): Promise<void> => {
    await ledger.run(async (draft) => { await listener(draft, `read/${chat}`, value, false) })
    await ledger.idle()
  }
  const look = async (): Promise<{ unread: number, new: string[] }> => ({
    unread: (await ledger.read(tables.conversations, chat))?.unread ?? 0,
    new: (await history.page(ledger, chat, { limit: 10 })).filter((row) => row.state === 'delivered').map(({ text }) => text)
  })
  return { state, come, read, hear, look }
}

describe('client: read marks', () => {
  it('a device that is alone shows as new what comes late, and so does one that is linked after that', async () => {
    const phone = device()
    await phone.come(1)
    await phone.come(5)
    await phone.read()
    await phone.come(3)
    assert.deepEqual(await phone.look(), { unread: 1, new: ['3'] })
    const linked = device()
    for (const n of [1, 3, 5]) await linked.come(n)
    await linked.hear(phone.state.said.get(`read/${chat}`)!)
    assert.ok((await linked.look()).new.includes('3'))
    // From now on there are two: what comes late is one thing on both.
    phone.state.hasOthers = linked.state.hasOthers = true
    for (const one of [phone, linked]) {
      await one.come(2)
      assert.ok(!(await one.look()).new.includes('2'))
      await one.come(4)
      assert.ok((await one.look()).new.includes('4'))
    }
  })

  it('read while it was alone, a message that comes when another device is linked counts as read on both', async () => {
    const phone = device()
    await phone.come(5)
    await phone.read()
    const linked = device()
    await linked.hear(phone.state.said.get(`read/${chat}`)!)
    phone.state.hasOthers = linked.state.hasOthers = true
    for (const one of [phone, linked]) {
      await one.come(3)
      assert.deepEqual(await one.look(), { unread: 0, new: [] })
    }
  })
})
