import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { Events } from '../events.ts'
import type { OpenedMessage, SyncFact } from '../messages/bodies.ts'
import { History } from '../messages/history.ts'
import type { Message } from '../model.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { DeviceTables } from './device-tables.ts'
import { Missed } from './missed.ts'

const own = 'own' as AccountId
const chat = 'somebody' as AccountId
const [first, again] = ['1'.repeat(32), '2'.repeat(32)] as [MessageId, MessageId]
const place = { epoch: 1, seq: 7 }

function device (id: string, clock: ManualClock) {
  const said: SyncFact[] = []
  const ledger = new Ledger(new MemoryStore())
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
    shown: () => Promise.resolve(),
    retell: () => Promise.resolve()
  })
  const hear = async (facts: readonly SyncFact[]): Promise<void> => {
    await ledger.run(async (draft) => { await missed.take(draft, { isOwn: true, senderDevice: 'other', body: { kind: 'sync', facts } } as unknown as OpenedMessage) })
    await ledger.idle()
  }
  return { said, ledger, tables, deviceTables, history, hear }
}

describe('client: messages that were not sealed for a device', () => {
  it('one that was sent again, which another device has under its first id, is had from there; its placeholder goes', async () => {
    const clock = new ManualClock()
    const [asks, knows] = [device('asks', clock), device('knows', clock)]
    const message: Message = { id: first, conversation: 'c' as ConversationId, chat, sender: chat, direction: 'in', text: 'hello', sentAtMs: 1, state: 'delivered' }
    await knows.ledger.run((draft) => {
      knows.history.add(draft, message, { epoch: 1, seq: 3 })
      draft.write(knows.tables.firstIds, `${chat}/${again}`, first)
    })
    await asks.ledger.run((draft) => {
      asks.history.add(draft, { ...message, id: again, text: '', state: 'failed' }, place)
      draft.write(asks.deviceTables.wanted, `${chat}/${again}`, { sender: chat, ...place, atMs: 0 })
    })
    await knows.hear([{ key: `!want/${chat}`, value: JSON.stringify({ ids: [again] }), madeAtMs: 1 }])
    await asks.hear(knows.said)
    const page = await asks.history.page(asks.ledger, chat, { limit: 10 })
    assert.deepEqual(page.map(({ id, text, state }) => [id, text, state]), [[first, 'hello', 'delivered']])
  })
})
