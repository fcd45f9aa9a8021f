import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { Queues } from './queues.ts'
import { rowKey, type Rows } from './rows.ts'
import type { Sealer } from './sealer.ts'
import { Sealing } from './sealing.ts'

const item = { chat: `01${'ab'.repeat(32)}` as AccountId, id: '0'.repeat(32) as MessageId }

describe('client: what waits for keys', () => {
  for (const how of ['of this chat', 'of own devices', 'of a new connection'] as const) {
    it(`keys ${how} that come after a message was looked at, and before it is written down as waiting, are used`, async () => {
      const ledger = new Ledger(new MemoryStore())
      const tables = new Tables(nodePrimitives)
      const queues = new Queues()
      let hasKeys = false
      const sealer = {
        addKeyless: () => {},
        forgetKeyless: () => {},
        seal: (_: unknown, __: unknown, row: object) => Promise.resolve(hasKeys ? { envelope: new Uint8Array(1), row: { ...row, state: 'sealed' } } : 'waits')
      }
      const rows: Pick<Rows, 'read' | 'write'> = {
        read: async (draft, one) => await draft.read(tables.outbox, rowKey(one)),
        write: (draft, one, row) => { draft.write(tables.outbox, rowKey(one), row) }
      }
      const sealing = new Sealing({
        ledger,
        tables,
        queues,
        sealer: sealer as unknown as Sealer,
        rows: rows as Rows,
        groups: { controlRefused: () => Promise.resolve() },
        clock: new ManualClock(),
        wantKeysOf: () => {},
        wake: () => {}
      })
      await ledger.run(async (draft) => {
        await sealing.compose(draft, item, { kind: envelopeKinds.content, state: 'waiting', sentAtMs: 0, digest: '', awaiting: [], isSequenced: false })
        hasKeys = true
        // The task that brought them: nothing waits yet.
        if (how === 'of this chat') await sealing.sealWaiting(item.chat)
        else if (how === 'of own devices') await sealing.sealAllWaiting([])
        else sealing.resume()
      })
      await ledger.idle()
      assert.deepEqual([queues.of(item.chat).waiting, queues.of(item.chat).unsent], [[], [item.id]])
    })
  }
})
