/**
 * The order in which messages are submitted when one relay comes in place of another, as when the home of a guest is back.
 */
import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { accountIdOfKey, messageIdFromBytes, messageIdToBytes, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { envelopeKinds, receiptStages } from '../../protocol/wire/kinds.ts'
import type { Outcomes } from '../../protocol/wire/gen/log.js'
import type { RelayLink } from '../relay/link.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables, type OutboxRow } from '../store/tables.ts'
import type { History } from './history.ts'
import { MessageIds } from './message-ids.ts'
import { Outbox, type OutboxComponents } from './outbox.ts'
import type { Item, Sealed } from './queues.ts'

const own = accountIdOfKey(new Uint8Array(32).fill(1))
const chat = accountIdOfKey(new Uint8Array(32).fill(2))

describe('client: the outbox when another relay comes in place of the last one', () => {
  const clock = new ManualClock()
  let outbox: Outbox
  let ledger: Ledger
  let tables: Tables
  /** What was submitted, and how to answer it. */
  let calls: Array<{ readonly ids: readonly MessageId[], readonly answer: () => void }>
  /** While sealed bytes are read from the store. */
  let onRead: () => void

  beforeEach(() => {
    const random = new SeededRandom(1)
    const store = new MemoryStore()
    ledger = new Ledger(store)
    tables = new Tables(nodePrimitives)
    calls = []
    onRead = () => {}
    const readMany = ledger.readMany.bind(ledger)
    ledger.readMany = async (table, keys) => {
      if (table === tables.sealed as unknown) onRead()
      return await readMany(table, keys)
    }
    const call = async (_method: unknown, { envelopes }: { readonly envelopes: readonly Uint8Array[] }): Promise<Outcomes> => await new Promise((resolve) => {
      calls.push({ ids: envelopes.map(messageIdFromBytes), answer: () => { resolve({ outcomes: envelopes.map(() => ({ status: 0, epoch: 0, seq: 0, retryAfterMs: 0 })) }) } })
    })
    const sealer = {
      forgetKeyless: () => {},
      seal: (_draft: unknown, { id }: Item, row: OutboxRow): Promise<Sealed> => Promise.resolve({ envelope: messageIdToBytes(id), row: { ...row, state: 'sealed' } })
    }
    outbox = new Outbox({
      ledger,
      tables,
      clock,
      random,
      sealer,
      ids: new MessageIds({ clock, random }),
      history: { prefetch: () => Promise.resolve(), update: () => Promise.resolve(undefined) } as unknown as History,
      link: { isOnline: true, call } as unknown as RelayLink,
      own: { account: own, device: 'mine' as DeviceId },
      onSequenced: () => {}
    } as unknown as OutboxComponents)
  })

  const write = async (): Promise<MessageId> => await ledger.run(async (draft) =>
    await outbox.compose(draft, { chat, kind: envelopeKinds.receipt, body: { kind: 'receipt', stage: receiptStages.delivered, ids: [] } }))
  const answer = async (): Promise<void> => {
    calls.at(-1)!.answer()
    await settle()
  }
  /** As the engine does. */
  const online = async (): Promise<void> => {
    const release = outbox.hold()
    await outbox.resume()
    release()
  }

  it('what the last one answers when the next one is there already does not go before what is older', async () => {
    const first = await write()
    await settle()
    await answer()
    const second = await write()
    await settle()
    assert.deepEqual(calls.map(({ ids }) => ids), [[first], [second]])
    await online()
    await settle()
    // The guest's relay; until then nothing of this conversation goes anywhere.
    assert.equal(calls.length, 2)
    await answer()
    assert.deepEqual(calls[2]?.ids, [first, second])
  })

  it('what was about to go to the last one does not go to the next one before what is older', async () => {
    const first = await write()
    await settle()
    await answer()
    let ready: Promise<void> | undefined
    onRead = () => { ready ??= online() }
    const second = await write()
    await settle()
    await ready
    await settle()
    assert.deepEqual(calls.map(({ ids }) => ids), [[first], [first, second]])
  })
})
