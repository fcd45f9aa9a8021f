import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { RelayLink } from '../relay/link.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables, type OutboxRow } from '../store/tables.ts'
import { Queues, type Item } from './queues.ts'
import { rowKey, type Rows } from './rows.ts'
import type { Sealing } from './sealing.ts'
import { Submission } from './submission.ts'

const item = { chat: 'somebody' as AccountId, id: '0'.repeat(32) as MessageId }

describe('client: submitting', () => {
  for (const isNew of [true, false]) {
    it(isNew
      ? 'what is written down as sent when there is a new connection already is submitted again: the relay may have lost it'
      : 'what is written down as sent under the same connection is not submitted again', async () => {
      const ledger = new Ledger(new MemoryStore())
      const tables = new Tables(nodePrimitives)
      const queues = new Queues()
      const again: Item[] = []
      const row: OutboxRow = { kind: 1, state: 'sealed', sentAtMs: 0, digest: '', awaiting: [], isSequenced: false }
      const rows = {
        // The task that writes it down has begun.
        prefetch: () => { if (isNew) submission.resume() },
        read: () => Promise.resolve(row),
        updateMessage: () => Promise.resolve(),
        keep: () => {},
        markSent: (one: Item) => { queues.markSent(one, true) }
      }
      const submission: Submission = new Submission({
        ledger,
        tables,
        queues,
        rows: rows as unknown as Rows,
        link: { isOnline: true, call: () => Promise.resolve({ outcomes: [{ status: 0, epoch: 1, seq: 1, retryAfterMs: 0 }] }) } as unknown as RelayLink,
        clock: new ManualClock(),
        random: new SeededRandom(1),
        sealing: {} as unknown as Sealing,
        onWaiting: () => {}, onSequenced: () => {},
        again: (items) => { again.push(...items); return Promise.resolve() },
        onDisowned: () => {}
      })
      await ledger.run((draft) => { draft.write(tables.sealed, rowKey(item), new Uint8Array(1)) })
      queues.of(item.chat).unsent.push(item.id)
      submission.wake()
      for (let i = 0; i < 20; i++) { await Promise.resolve(); await ledger.idle() }
      assert.deepEqual([...queues.of(item.chat).sent], [item.id])
      assert.deepEqual(again, isNew ? [item] : [])
    })
  }
})
