/**
 * What every engine of the Store port must do: `storeSuite('name', makeEngine)` inside a mocha test file.
 *
 * An engine is given as a small world around a store: it can be opened again, lose its power, have a byte flipped, run full.
 * Random sequences print their seed; store-model.ts is what they are compared with.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { limits } from '../../protocol/limits.ts'
import { senderTagOf } from './sender-tag.ts'
import type { LogEntry, OutboxItem, SequencedMessage, Store, Write } from './store.ts'
import { RandomBatches, StoreModel, dumpModel, dumpStore, makeWorld, messageIdOf, refusedAs } from './store-model.ts'

export interface StoreEngine {
  /** Open what is there: nothing, what was closed, or what a crash left. The store opened before is not used any more. */
  open (): Promise<Store>
  /** The power goes off under the open store. What was not durable may be lost, in whole batches from the end. */
  crash (): Promise<void>
  /** Flip a bit in the stored envelope of this entry. The store is closed before. */
  damage (log: ConversationId, seq: number): Promise<void>
  /** Free space falls below the reserve, or rises above it again. */
  setFull (isFull: boolean): void
  dispose (): Promise<void>
}

const everything = { maxEntries: 1_000, maxBytes: 10_000_000 }
const world = makeWorld()
const [log, otherLog] = world.logs as [ConversationId, ConversationId]
const [device, otherDevice] = world.devices as [typeof world.devices[0] & string, typeof world.devices[0] & string]

const entryOf = (seq: number, changes: Partial<LogEntry> = {}): LogEntry =>
  ({ epoch: 1, seq, sender: device, messageId: messageIdOf(seq), storedAtMs: 5_000 + seq, expiresAtMs: 9_000 + seq, envelope: Uint8Array.of(seq & 0xff, 2, 3), ...changes })
const append = (seq: number, changes: Partial<LogEntry> = {}, to = log): Write => ({ op: 'append', log: to, entry: entryOf(seq, changes) })
const itemOf = (position: number, changes: Partial<OutboxItem> = {}): OutboxItem =>
  ({ log, position, sender: device, messageId: messageIdOf(1_000 + position), storedAtMs: 5_000, expiresAtMs: 9_000, envelope: Uint8Array.of(position), ...changes })
const appends = (from: number, to: number): Write[] => Array.from({ length: to - from + 1 }, (_, index) => append(from + index))
const seqs = (entries: readonly LogEntry[]): number[] => entries.map(({ seq }) => seq)

export function storeSuite (name: string, makeEngine: () => Promise<StoreEngine>): void {
  describe(`store suite: ${name}`, () => {
    let engine: StoreEngine
    let store: Store

    beforeEach(async () => {
      engine = await makeEngine()
      store = await engine.open()
    })
    afterEach(async () => {
      await store.close()
      await engine.dispose()
    })

    const write = async (...batch: Write[]): Promise<void> => { await store.write(batch, { durable: true }) }
    const reopen = async (): Promise<void> => {
      await store.close()
      store = await engine.open()
    }

    describe('log', () => {
      it('is unknown until something is written to it, also when only its outbox is used', async () => {
        assert.equal(await store.openLog(log), undefined)
        assert.deepEqual(await store.readLog(log, 1, everything), [])
        await write({ op: 'enqueue', item: itemOf(1) }, { op: 'trim', log: otherLog, throughSeq: 5 }, { op: 'dequeue', log: otherLog, position: 1 })
        assert.equal(await store.openLog(log), undefined)
        assert.equal(await store.openLog(otherLog), undefined)
      })

      it('keeps entries as they were appended, and its head', async () => {
        await write(append(1), append(2, { epoch: 3, sender: otherDevice }))
        await reopen()
        assert.deepEqual(await store.readLog(log, 1, everything), [entryOf(1), entryOf(2, { epoch: 3, sender: otherDevice })])
        assert.deepEqual(await store.openLog(log), { epoch: 3, first: 1, head: 2, starts: [{ epoch: 1, first: 1 }, { epoch: 3, first: 2 }], cursors: new Map(), replicas: new Map() })
      })

      it('keeps a copy of an envelope, not the view of a frame that it was given', async () => {
        const frame = Uint8Array.of(9, 7, 7, 7, 9)
        await write(append(1, { envelope: frame.subarray(1, 4) }))
        frame.fill(0)
        assert.deepEqual([...(await store.readLog(log, 1, everything))[0]!.envelope], [7, 7, 7])
      })

      it('refuses an entry that is not the next, and with it the whole batch', async () => {
        await write(append(1))
        for (const seq of [1, 3, 0, 2 ** 47]) await assert.rejects(write(append(1, {}, otherLog), append(seq)), refusedAs('GAP'))
        await assert.rejects(write(append(2), append(2)), refusedAs('GAP'))
        assert.equal(await store.openLog(otherLog), undefined)
        assert.equal((await store.openLog(log))?.head, 1)
        await write(append(2), append(3))
        assert.equal((await store.openLog(log))?.head, 3)
      })

      it('makes writes that overlap one after another, in order of the calls', async () => {
        await Promise.all([append(1), append(2), append(3)].map(async (one, index) => { await store.write([one], { durable: index !== 1 }) }))
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [1, 2, 3])
      })

      it('reads from any entry, bounded by entries and bytes, at least one', async () => {
        await write(...Array.from({ length: 20 }, (_, index) => append(index + 1, { envelope: new Uint8Array(100) })))
        assert.deepEqual(seqs(await store.readLog(log, 5, { maxEntries: 3, maxBytes: 10_000 })), [5, 6, 7])
        assert.deepEqual(seqs(await store.readLog(log, 1, { maxEntries: 20, maxBytes: 700 })), [1, 2, 3, 4, 5, 6, 7])
        assert.deepEqual(seqs(await store.readLog(log, 20, { maxEntries: 20, maxBytes: 1 })), [20])
        assert.deepEqual(seqs(await store.readLog(log, 3, { maxEntries: 20, maxBytes: 0 })), [3])
        assert.deepEqual(seqs(await store.readLog(log, 21, everything)), [])
        assert.equal((await store.readLog(log, 0, everything)).length, 20)
      })

      it('drops what is trimmed, and reads from the first that is kept', async () => {
        await write(...appends(1, 10))
        await write({ op: 'trim', log, throughSeq: 4 })
        assert.equal((await store.openLog(log))?.first, 5)
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [5, 6, 7, 8, 9, 10])
        await write({ op: 'trim', log, throughSeq: 2 })
        assert.equal((await store.openLog(log))?.first, 5)
      })

      it('trims no further than its head, and goes on counting from there', async () => {
        await write(...appends(1, 3), { op: 'trim', log, throughSeq: 99 })
        assert.deepEqual(await store.openLog(log), { epoch: 1, first: 4, head: 3, starts: [{ epoch: 1, first: 1 }], cursors: new Map(), replicas: new Map() })
        assert.deepEqual(await store.readLog(log, 1, everything), [])
        await write(append(4))
        await reopen()
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [4])
      })

      it('knows which epoch begins where, also of what it has trimmed, until that is cut', async () => {
        const starts = async (): Promise<unknown> => (await store.openLog(log))?.starts
        await write(append(1), append(2), append(3, { epoch: 4 }), append(4, { epoch: 4 }), append(5, { epoch: 9 }), { op: 'trim', log, throughSeq: 5 })
        await reopen()
        assert.deepEqual(await starts(), [{ epoch: 1, first: 1 }, { epoch: 4, first: 3 }, { epoch: 9, first: 5 }])
        await write({ op: 'cut', log, throughSeq: 3, epoch: 4, ids: [] }, append(4, { epoch: 7 }))
        await reopen()
        assert.deepEqual(await starts(), [{ epoch: 1, first: 1 }, { epoch: 4, first: 3 }, { epoch: 7, first: 4 }])
        await write(...Array.from({ length: 40 }, (_, i) => append(5 + i, { epoch: 8 + i })))
        await reopen()
        assert.deepEqual(await starts(), Array.from({ length: 32 }, (_, i) => ({ epoch: 16 + i, first: 13 + i })))
      })

      it('trims thousands of entries at once and in pieces', async () => {
        for (let from = 1; from <= 5_000; from += 1_000) await store.write(appends(from, from + 999), { durable: false })
        await write({ op: 'trim', log, throughSeq: 4_998 })
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [4_999, 5_000])
        await write(append(5_001))
        while (!(await store.sweep(0)).isDone) { /* works off what the trim left */ }
        await reopen()
        assert.equal((await store.openLog(log))?.first, 4_999)
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [4_999, 5_000, 5_001])
      })

      it('skips ahead where its source has trimmed, dropping what was before', async () => {
        await write({ op: 'skip', log, epoch: 4, throughSeq: 1_000_000_000_000 })
        assert.deepEqual(await store.openLog(log), { epoch: 4, first: 1_000_000_000_001, head: 1_000_000_000_000, starts: [], cursors: new Map(), replicas: new Map() })
        await write(append(1_000_000_000_001))
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [1_000_000_000_001])
        await write(...[1, 2, 3].map((seq) => append(seq, {}, otherLog)), { op: 'skip', log: otherLog, epoch: 1, throughSeq: 9 })
        await reopen()
        assert.equal((await store.openLog(otherLog))?.first, 10)
        assert.deepEqual(await store.readLog(otherLog, 1, everything), [])
        await write({ op: 'skip', log: otherLog, epoch: 9, throughSeq: 5 }, append(10, { epoch: 2 }, otherLog))
        assert.deepEqual(await store.openLog(otherLog), { epoch: 2, first: 10, head: 10, starts: [{ epoch: 2, first: 10 }], cursors: new Map(), replicas: new Map() })
      })

      it('keeps cursors of devices and positions of replicas apart, the last one written', async () => {
        const [relay] = world.relays
        await write(...appends(1, 9), { op: 'cursor', log, device, seq: 3 }, { op: 'cursor', log, device: otherDevice, seq: 5 }, { op: 'cursor', log, device, seq: 7 })
        await write({ op: 'replicated', log, relay: relay!, seq: 2 }, { op: 'cursor', log: otherLog, device, seq: 0 })
        await reopen()
        const opened = await store.openLog(log)
        assert.deepEqual(opened?.cursors, new Map([[device, 7], [otherDevice, 5]]))
        assert.deepEqual(opened?.replicas, new Map([[relay!, 2]]))
        assert.deepEqual((await store.openLog(otherLog))?.cursors, new Map([[device, 0]]))
      })

      it('knows which replicas are behind', async () => {
        const [relay, otherRelay] = world.relays
        await write(...appends(1, 5), { op: 'replicated', log, relay: relay!, seq: 3 }, { op: 'replicated', log, relay: otherRelay!, seq: 5 }, { op: 'cursor', log, device, seq: 1 })
        await write({ op: 'replicated', log: otherLog, relay: relay!, seq: 0 }, append(1, {}, otherLog))
        await reopen()
        const behind = (await store.behindReplicas()).sort((a, b) => b.seq - a.seq)
        assert.deepEqual(behind, [{ log, relay, seq: 3, head: 5 }, { log: otherLog, relay, seq: 0, head: 1 }])
        await write({ op: 'replicated', log, relay: relay!, seq: 5 }, { op: 'replicated', log: otherLog, relay: relay!, seq: 1 })
        assert.deepEqual(await store.behindReplicas(), [])
      })

      it('knows the logs of an account', async () => {
        const [a, b, c] = world.accounts
        await write({ op: 'join', log, account: a! }, { op: 'join', log: otherLog, account: a! }, { op: 'join', log, account: b! }, { op: 'join', log, account: a! })
        await reopen()
        assert.deepEqual(new Set(await store.logsOf(a!)), new Set([log, otherLog]))
        assert.equal((await store.logsOf(a!)).length, 2)
        assert.deepEqual(await store.logsOf(b!), [log])
        assert.deepEqual(await store.logsOf(c!), [])
        assert.deepEqual(await store.openLog(log), { epoch: 0, first: 1, head: 0, starts: [], cursors: new Map(), replicas: new Map() })
      })
    })

    describe('message ids', () => {
      it('are found by log and sender, also after the entry is trimmed', async () => {
        await write(append(1), append(2, { epoch: 5 }), { op: 'trim', log, throughSeq: 2 })
        await reopen()
        assert.deepEqual(await store.findMessage(log, device, messageIdOf(2)), { at: 'log', epoch: 5, seq: 2 })
        assert.equal(await store.findMessage(log, otherDevice, messageIdOf(2)), undefined)
        assert.equal(await store.findMessage(otherLog, device, messageIdOf(2)), undefined)
        assert.equal(await store.findMessage(log, device, messageIdOf(3)), undefined)
      })

      it('move from the outbox to the log when the envelope is sequenced', async () => {
        await write({ op: 'enqueue', item: itemOf(7) })
        assert.deepEqual(await store.findMessage(log, device, messageIdOf(1_007)), { at: 'outbox', position: 7 })
        await write(append(1, { messageId: messageIdOf(1_007) }), { op: 'dequeue', log, position: 7 })
        assert.deepEqual(await store.findMessage(log, device, messageIdOf(1_007)), { at: 'log', epoch: 1, seq: 1 })
      })

      it('of entries that another relay has had are remembered like those of entries that were here', async () => {
        const message = { epoch: 2, seq: 1, sender: senderTagOf(device), messageId: messageIdOf(60), storedAtMs: 1000 }
        await write(append(1, { messageId: messageIdOf(50) }), { op: 'remember', log, message })
        await reopen()
        assert.deepEqual(await store.findMessage(log, device, messageIdOf(60)), { at: 'log', epoch: 2, seq: 1 })
        assert.equal(await store.highestMessage(log, device), messageIdOf(60))
        await store.sweep(1001 + limits.dedupMs)
        assert.equal(await store.findMessage(log, device, messageIdOf(60)), undefined)
      })

      it('that bear a number are given in order of sender and id, from anywhere on, also of what is not kept; what waits is not among them', async () => {
        const message = { epoch: 3, seq: 2, sender: senderTagOf(otherDevice), messageId: messageIdOf(60), storedAtMs: 1000 }
        await write(append(1, { messageId: messageIdOf(50) }), append(2, { messageId: messageIdOf(20) }), { op: 'trim', log, throughSeq: 1 })
        await write({ op: 'enqueue', item: itemOf(7) }, { op: 'remember', log, message }, append(1, {}, otherLog))
        await reopen()
        const all: SequencedMessage[] = []
        for await (const one of store.messages(log)) all.push(one)
        const own = (seq: number, id: number): SequencedMessage => ({ epoch: 1, seq, sender: senderTagOf(device), messageId: messageIdOf(id), storedAtMs: 5_000 + seq })
        assert.deepEqual(all, senderTagOf(device) < message.sender ? [own(2, 20), own(1, 50), message] : [message, own(2, 20), own(1, 50)])
        for (const [i, after] of all.entries()) {
          const rest: SequencedMessage[] = []
          for await (const one of store.messages(log, after)) rest.push(one)
          assert.deepEqual(rest, all.slice(i + 1))
        }
        for await (const one of store.messages(world.logs[2]!)) assert.fail(`nothing was written there: ${one.seq}`)
      })

      it('the highest of a sender is known per log', async () => {
        await write(append(1, { messageId: messageIdOf(50) }), append(2, { messageId: messageIdOf(20) }), append(3, { messageId: messageIdOf(90), sender: otherDevice }))
        await write(append(1, { messageId: messageIdOf(99) }, otherLog), { op: 'trim', log, throughSeq: 3 })
        assert.equal(await store.highestMessage(log, device), messageIdOf(50))
        assert.equal(await store.highestMessage(log, otherDevice), messageIdOf(90))
        assert.equal(await store.highestMessage(log, world.devices[2]!), undefined)
      })
    })

    describe('outbox', () => {
      it('gives items in order of position, bounded, without those that were taken out', async () => {
        await write(...[3, 1, 2, 4, 5].map((position): Write => ({ op: 'enqueue', item: itemOf(position, { envelope: new Uint8Array(100) }) })))
        await write({ op: 'dequeue', log, position: 1 }, { op: 'dequeue', log, position: 3 }, { op: 'dequeue', log, position: 77 })
        await reopen()
        const positions = async (from: number, bounds = everything): Promise<number[]> => (await store.readOutbox(log, from, bounds)).map(({ position }) => position)
        assert.deepEqual(await positions(0), [2, 4, 5])
        assert.deepEqual(await positions(3), [4, 5])
        assert.deepEqual(await positions(0, { maxEntries: 2, maxBytes: 1_000 }), [2, 4])
        assert.deepEqual(await positions(0, { maxEntries: 9, maxBytes: 250 }), [2, 4])
        assert.deepEqual(await positions(0, { maxEntries: 9, maxBytes: 0 }), [2])
        assert.deepEqual(await store.readOutbox(otherLog, 0, everything), [])
        assert.deepEqual(await store.outboxes(), [{ log, firstPosition: 2, lastPosition: 5, count: 3 }])
        await write({ op: 'enqueue', item: itemOf(9, { log: otherLog }) })
        assert.equal((await store.outboxes()).length, 2)
        assert.deepEqual(await store.outboxes(otherLog), [{ log: otherLog, firstPosition: 9, lastPosition: 9, count: 1 }])
        assert.deepEqual(await store.outboxes(world.logs[2]), [])
      })

      it('keeps items as they were given', async () => {
        await write({ op: 'enqueue', item: itemOf(1, { sender: otherDevice, envelope: Uint8Array.of(5, 6) }) })
        const [item] = await store.readOutbox(log, 1, everything)
        assert.deepEqual(item, itemOf(1, { sender: otherDevice, envelope: Uint8Array.of(5, 6) }))
      })
    })

    describe('tables', () => {
      it('keep, replace and delete rows, apart from each other', async () => {
        await write({ op: 'put', table: 'account', key: 'k', value: Uint8Array.of(1) }, { op: 'put', table: 'handle', key: 'k', value: Uint8Array.of(2) })
        await write({ op: 'put', table: 'account', key: 'k', value: Uint8Array.of(3, 4) }, { op: 'delete', table: 'handle', key: 'none' })
        await reopen()
        assert.deepEqual(await store.get('account', 'k'), Uint8Array.of(3, 4))
        assert.deepEqual([...(await store.get('handle', 'k'))!], [2])
        await write({ op: 'delete', table: 'account', key: 'k' })
        assert.equal(await store.get('account', 'k'), undefined)
      })

      it('are scanned by prefix, in order of key', async () => {
        const names = ['b', 'ab', 'a', 'abc', 'a/2', 'a/10', 'ü']
        await write(...names.map((key): Write => ({ op: 'put', table: 'prekey', key, value: Buffer.from(key) })), { op: 'put', table: 'relay', key: 'a', value: Buffer.of(1) })
        const scanned = async (prefix: string): Promise<string[]> => {
          const out = []
          for await (const { key, value } of store.scan('prekey', prefix)) {
            assert.equal(Buffer.from(value).toString(), key)
            out.push(key)
          }
          return out
        }
        assert.deepEqual(await scanned(''), ['a', 'a/10', 'a/2', 'ab', 'abc', 'b', 'ü'])
        assert.deepEqual(await scanned('a/'), ['a/10', 'a/2'])
        assert.deepEqual(await scanned('ü'), ['ü'])
        assert.deepEqual(await scanned('zz'), [])
      })
    })

    describe('sweep', () => {
      const sweep = async (nowMs: number): Promise<{ entries: number, outboxItems: number, messageIds: number }> => {
        const total = { entries: 0, outboxItems: 0, messageIds: 0 }
        for (let isDone = false; !isDone;) {
          const step = await store.sweep(nowMs)
          for (const kind of ['entries', 'outboxItems', 'messageIds'] as const) total[kind] += step[kind]
          isDone = step.isDone
        }
        return total
      }

      it('drops expired entries from the front of a log, which keeps its numbers', async () => {
        const expiries = [100, 200, 900, 150]
        await write(...expiries.map((expiresAtMs, index) => append(index + 1, { expiresAtMs })), append(1, { expiresAtMs: 100 }, otherLog))
        assert.deepEqual(await sweep(200), { entries: 3, outboxItems: 0, messageIds: 0 })
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [3, 4])
        assert.deepEqual(await store.openLog(otherLog), { epoch: 1, first: 2, head: 1, starts: [{ epoch: 1, first: 1 }], cursors: new Map(), replicas: new Map() })
        await write(append(2, {}, otherLog))
        await reopen()
        assert.equal((await store.openLog(log))?.first, 3)
        assert.deepEqual(seqs(await store.readLog(otherLog, 1, everything)), [2])
      })

      it('works through a long log in bounded steps', async () => {
        for (let from = 1; from <= 3_000; from += 1_000) await store.write(appends(from, from + 999).map((one) => one), { durable: false })
        assert.equal((await sweep(9_000 + 2_500)).entries, 2_500)
        assert.equal((await store.openLog(log))?.first, 2_501)
        assert.equal((await store.readLog(log, 1, everything))[0]?.seq, 2_501)
      })

      it('drops expired outbox items and message ids past their time', async () => {
        await write({ op: 'enqueue', item: itemOf(1, { expiresAtMs: 100 }) }, { op: 'enqueue', item: itemOf(2, { expiresAtMs: 300 }) })
        await write(append(1, { storedAtMs: 100, expiresAtMs: 10 ** 12 }))
        assert.deepEqual(await sweep(200), { entries: 0, outboxItems: 1, messageIds: 0 })
        assert.deepEqual((await store.readOutbox(log, 0, everything)).map(({ position }) => position), [2])
        assert.deepEqual(await store.findMessage(log, device, messageIdOf(1)), { at: 'log', epoch: 1, seq: 1 })
        assert.deepEqual(await sweep(100 + limits.dedupMs), { entries: 0, outboxItems: 1, messageIds: 1 })
        assert.equal(await store.findMessage(log, device, messageIdOf(1)), undefined)
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [1])
      })
    })

    describe('damage', () => {
      it('a damaged entry is noticed and never served; what precedes it is', async () => {
        await write(...appends(1, 12))
        await store.close()
        await engine.damage(log, 7)
        store = await engine.open()
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [1, 2, 3, 4, 5, 6])
        assert.deepEqual(seqs(await store.readLog(log, 6, { maxEntries: 2, maxBytes: 1_000 })), [6])
        await assert.rejects(store.readLog(log, 7, everything), refusedAs('DAMAGED'))
        await assert.rejects(store.readLog(log, 7, { maxEntries: 1, maxBytes: 1 }), refusedAs('DAMAGED'))
        assert.deepEqual(seqs(await store.readLog(log, 8, everything)), [8, 9, 10, 11, 12])
        await store.repair(log, entryOf(7))
        await reopen()
        assert.equal((await store.readLog(log, 1, everything)).length, 12)
      })

      it('a repair leaves healthy, trimmed and unknown entries alone', async () => {
        await write(...appends(1, 3), { op: 'trim', log, throughSeq: 1 })
        for (const seq of [1, 2, 4]) await store.repair(log, entryOf(seq, { envelope: Uint8Array.of(66) }))
        await store.repair(otherLog, entryOf(1))
        assert.deepEqual((await store.readLog(log, 1, everything)).map(({ envelope }) => [...envelope]), [[2, 2, 3], [3, 2, 3]])
        assert.equal((await store.openLog(log))?.head, 3)
        assert.equal(await store.openLog(otherLog), undefined)
      })

      it('a trimmed damaged entry is nobody\'s problem any more', async () => {
        await write(...appends(1, 3))
        await store.close()
        await engine.damage(log, 1)
        store = await engine.open()
        await write({ op: 'trim', log, throughSeq: 1 })
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), [2, 3])
      })

      it('a damaged entry waits for its repair, but does not keep those behind it past their expiry', async () => {
        await write(...appends(1, 3))
        await store.close()
        await engine.damage(log, 1)
        store = await engine.open()
        while (!(await store.sweep(9_000)).isDone) { /* on */ }
        assert.equal((await store.openLog(log))?.first, 1)
        while (!(await store.sweep(9_002)).isDone) { /* on */ }
        assert.equal((await store.openLog(log))?.first, 3)
      })
    })

    describe('full disk', () => {
      it('refuses what needs space as a whole, serves reads, takes trims, and recovers', async () => {
        await write(...appends(1, 5))
        engine.setFull(true)
        // an engine may look at the free space every now and then only
        let seq = 6
        await assert.rejects(async () => { for (; seq < 3_000; seq++) await write(append(seq, { envelope: new Uint8Array(1_000) })) }, refusedAs('STORAGE_FULL'))
        await assert.rejects(write({ op: 'enqueue', item: itemOf(1) }), refusedAs('STORAGE_FULL'))
        await assert.rejects(write({ op: 'cursor', log, device, seq: 1 }, { op: 'put', table: 'meta', key: 'k', value: Uint8Array.of(1) }), refusedAs('STORAGE_FULL'))
        assert.deepEqual((await store.openLog(log))?.cursors, new Map())
        const head = (await store.openLog(log))!.head
        assert.equal(head, seq - 1)
        assert.equal((await store.readLog(log, head, everything)).length, 1)
        await write({ op: 'trim', log, throughSeq: 2 }, { op: 'cursor', log, device, seq: 2 }, { op: 'delete', table: 'meta', key: 'k' })
        assert.equal((await store.openLog(log))?.first, 3)
        engine.setFull(false)
        await write(append(head + 1))
        await reopen()
        assert.equal((await store.openLog(log))?.head, head + 1)
      })
    })

    describe('crash', () => {
      it('keeps everything that was acknowledged as durable, with what was written before it', async () => {
        await store.write([append(1)], { durable: false })
        await write(append(2), { op: 'trim', log, throughSeq: 1 }, { op: 'cursor', log, device, seq: 1 })
        await store.write([append(3)], { durable: false })
        await engine.crash()
        store = await engine.open()
        const opened = (await store.openLog(log))!
        assert.ok(opened.head === 2 || opened.head === 3, `head ${opened.head}`)
        assert.deepEqual({ first: opened.first, cursors: opened.cursors }, { first: 2, cursors: new Map([[device, 1]]) })
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), opened.head === 2 ? [2] : [2, 3])
      })

      it('a log that is reused after a crash numbers on without a gap', async () => {
        for (let round = 0; round < 4; round++) {
          const head = (await store.openLog(log))?.head ?? 0
          await write(append(head + 1))
          await store.write([append(head + 2)], { durable: false })
          await engine.crash()
          store = await engine.open()
        }
        const { head } = (await store.openLog(log))!
        assert.ok(head >= 4 && head <= 8)
        assert.deepEqual(seqs(await store.readLog(log, 1, everything)), Array.from({ length: head }, (_, index) => index + 1))
      })
    })

    for (const seed of [1, 2, 3, 4, 5, 6].map((base) => base * 7919)) {
      it(`answers as the model does over random batches, restarts, crashes and sweeps (seed ${seed})`, async () => {
        const batches = new RandomBatches(seed, world)
        const random = new SeededRandom(seed + 1)
        const messages = 60
        /** States that a crash may leave: after the last durable batch, and after each one since. */
        let possible: StoreModel[] = [new StoreModel()]
        for (let step = 0; step < 120; step++) {
          const before = batches.model.copy()
          const batch = batches.next()
          const isBad = random.below(12) === 0
          const durable = random.below(3) > 0
          if (isBad) {
            const bad: Write = append(before.log(log).head + 1_000)
            await assert.rejects(store.write([...batch, bad], { durable }), refusedAs('GAP'), `step ${step}`)
            batches.model.state = before.state
          } else {
            await store.write(batch, { durable })
            possible = durable ? [batches.model.copy()] : [...possible, batches.model.copy()]
          }
          const dice = random.below(20)
          if (dice === 0) {
            await store.close()
            store = await engine.open()
            possible = [batches.model.copy()]
          } else if (dice === 1) {
            const nowMs = 2_000_000 + random.below(1000)
            for (let isDone = false; !isDone;) isDone = (await store.sweep(nowMs)).isDone
            batches.model.sweep(nowMs)
            await write({ op: 'put', table: 'meta', key: 'swept', value: Uint8Array.of(1) }, { op: 'delete', table: 'meta', key: 'swept' })
            possible = [batches.model.copy()]
          } else if (dice === 2) {
            await engine.crash()
            store = await engine.open()
            const found = JSON.stringify(await dumpStore(store, world, messages, random))
            const survivor = possible.findLast((model) => JSON.stringify(dumpModel(model, world, messages)) === found)
            assert.ok(survivor !== undefined, `seed ${seed} step ${step}: after a crash the store is in none of the ${possible.length} states that it may be in:\n${found}`)
            batches.model.state = survivor.copy().state
            possible = [survivor]
          }
          if (step % 10 === 9) assert.deepEqual(await dumpStore(store, world, messages, random), dumpModel(batches.model, world, messages), `seed ${seed} step ${step}`)
        }
        assert.deepEqual(await dumpStore(store, world, messages, random), dumpModel(batches.model, world, messages), `seed ${seed}`)
      })
    }
  })
}
