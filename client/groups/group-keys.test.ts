import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { PinnedList } from '../keys/devices.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { GroupKeys, type GroupKeyComponents } from './group-keys.ts'
import { GroupTables } from './group-tables.ts'

const chat = `02${'cd'.repeat(32)}` as ChatId
const account = `01${'ab'.repeat(32)}` as AccountId

describe('client: keys of groups', () => {
  let ledger: Ledger
  let tables: GroupTables
  let keys: GroupKeys
  let given: string[]
  beforeEach(() => {
    ledger = new Ledger(new MemoryStore())
    tables = new GroupTables()
    given = []
    const state = { conversation: { id: chat }, members: new Map([[account, {}]]) }
    const parts = {
      ledger,
      groupTables: tables,
      primitives: nodePrimitives,
      clock: new ManualClock(),
      own: { account: `01${'00'.repeat(32)}` as AccountId, device: 'own' as DeviceId },
      states: { stateOf: () => Promise.resolve(state) },
      devices: { listOf: () => Promise.resolve({ list: { devices: [] } } as unknown as PinnedList) },
      isUnavailable: () => false,
      wantKeys: () => {},
      onGiven: () => { given.push(`left ${tables.ownKeys.cached(chat)?.toGive.length ?? 0}`) }
    }
    // Nothing else is come to.
    keys = new GroupKeys({ ...parts, compose: () => Promise.resolve() } as unknown as GroupKeyComponents)
  })
  const settle = async (): Promise<void> => { for (let i = 0; i < 20; i++) { await ledger.idle(); await Promise.resolve() } }

  it('when keys are asked for again while they are given, what waits for them is sealed all the same', async () => {
    await ledger.run((draft) => { draft.write(tables.ownKeys, chat, { toGive: [account] }) })
    keys.give(chat)
    keys.give(chat)
    await settle()
    assert.equal(given.length > 0, true)
    assert.deepEqual([...new Set(given)], ['left 0'])
  })

  it('a message that began to wait when the keys were given already is sealed', async () => {
    await ledger.run((draft) => { draft.write(tables.ownKeys, chat, { toGive: [] }) })
    keys.give(chat)
    await settle()
    assert.deepEqual(given, ['left 0'])
  })
})
