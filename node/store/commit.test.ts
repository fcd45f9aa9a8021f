import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { GroupCommit, type CommittedBatch, type GroupCommitOptions } from './commit.ts'
import { MemoryStore } from './store-memory.ts'
import { makeWorld, messageIdOf, refusedAs } from './store-model.ts'
import type { Store, Write } from './store.ts'

const world = makeWorld()
const [log, otherLog] = world.logs as [typeof world.logs[0] & string, typeof world.logs[0] & string]
const [device, otherDevice] = world.devices as [typeof world.devices[0] & string, typeof world.devices[0] & string]
const append = (seq: number, bytes = 10): Write =>
  ({ op: 'append', log, entry: { epoch: 1, seq, sender: device, messageId: messageIdOf(seq), storedAtMs: 1, expiresAtMs: 10 ** 12, envelope: new Uint8Array(bytes) } })
const cursor = (seq: number, of = device): Extract<Write, { op: 'cursor' }> => ({ op: 'cursor', log, device: of, seq })

/** A store whose writes wait until they are let through or fail. */
class SlowStore implements Pick<Store, 'write'> {
  readonly memory = new MemoryStore()
  readonly batches: Array<{ writes: readonly Write[], durable: boolean }> = []
  #waiting: Array<{ go (): void, fail (error: Error): void }> = []

  async write (writes: readonly Write[], options: { durable: boolean }): Promise<void> {
    this.batches.push({ writes, durable: options.durable })
    await new Promise<void>((resolve, reject) => { this.#waiting.push({ go: resolve, fail: reject }) })
    await this.memory.write(writes, options)
  }

  async go (): Promise<void> {
    this.#waiting.shift()!.go()
    await settle()
  }

  async fail (error: Error): Promise<void> {
    this.#waiting.shift()!.fail(error)
    await settle()
  }

  get underWay (): number { return this.#waiting.length }
}

function setUp (options: GroupCommitOptions = {}): { store: SlowStore, clock: ManualClock, commit: GroupCommit, failures: Error[], seen: CommittedBatch[] } {
  const store = new SlowStore()
  const clock = new ManualClock()
  const failures: Error[] = []
  const seen: CommittedBatch[] = []
  const commit = new GroupCommit({ store, clock, onFailure: (error) => { failures.push(error) }, onBatch: (batch) => { seen.push(batch) } }, options)
  return { store, clock, commit, failures, seen }
}

/** What became of a promise, looked at later. */
function watch (promise: Promise<void>): { outcome: 'waiting' | 'written' | Error } {
  const watched: { outcome: 'waiting' | 'written' | Error } = { outcome: 'waiting' }
  promise.then(() => { watched.outcome = 'written' }, (error: Error) => { watched.outcome = error })
  return watched
}

describe('group commit', () => {
  it('writes that arrive during a sync go into one next batch, in order', async () => {
    const { store, commit, seen } = setUp()
    const first = watch(commit.commit([append(1)]))
    await settle()
    const rest = [2, 3, 4].map((seq) => watch(commit.commit([append(seq)])))
    await settle()
    assert.equal(store.batches.length, 1)
    assert.equal(commit.queueLength, 3)
    await store.go()
    assert.equal(first.outcome, 'written')
    assert.deepEqual(rest.map(({ outcome }) => outcome), ['waiting', 'waiting', 'waiting'])
    await store.go()
    assert.deepEqual(rest.map(({ outcome }) => outcome), ['written', 'written', 'written'])
    assert.deepEqual(store.batches.map(({ writes, durable }) => [writes.length, durable]), [[1, true], [3, true]])
    assert.deepEqual(seen.map(({ writes, callers }) => [writes, callers]), [[1, 1], [3, 3]])
    assert.deepEqual({ ...commit.counts, seconds: 0 }, { batches: 2, writes: 4, callers: 4, failures: 0, seconds: 0 })
    assert.equal((await store.memory.openLog(log))?.head, 4)
  })

  it('writes of the same turn share the first batch', async () => {
    const { store, commit } = setUp()
    void commit.commit([append(1)])
    void commit.commit([append(2)])
    await settle()
    assert.deepEqual(store.batches.map(({ writes }) => writes.length), [2])
    await store.go()
  })

  it('starts a batch when its gatherer says so', async () => {
    const store = new SlowStore()
    let start: () => void = () => {}
    const commit = new GroupCommit({ store, clock: new ManualClock(), onFailure: () => {}, gather: (task) => { start = task } })
    void commit.commit([append(1)])
    await settle()
    void commit.commit([append(2)])
    assert.equal(store.batches.length, 0)
    start()
    assert.equal(store.batches[0]?.writes.length, 2)
    await store.go()
    await commit.idle()
  })

  it('a batch is bounded in bytes; a commit is never cut', async () => {
    const { store, commit } = setUp({ maxBatchBytes: 5_000 })
    void commit.commit([append(1)])
    await settle()
    void commit.commit([append(2, 3_000), append(3, 3_000)])
    void commit.commit([append(4, 2_000)])
    void commit.commit([append(5, 2_000)])
    void commit.commit([append(6, 2_000)])
    for (let i = 0; i < 4; i++) await store.go()
    assert.deepEqual(store.batches.map(({ writes }) => writes.length), [1, 2, 2, 1])
    assert.equal((await store.memory.openLog(log))?.head, 6)
  })

  it('an empty commit resolves when everything before it is durable', async () => {
    const { store, commit } = setUp()
    void commit.commit([append(1)])
    await settle()
    const barrier = watch(commit.commit([]))
    await store.go()
    assert.equal(barrier.outcome, 'waiting')
    await store.go()
    assert.equal(barrier.outcome, 'written')
  })

  it('tells how many wait and for how long', async () => {
    const { store, clock, commit } = setUp()
    void commit.commit([append(1)])
    await settle()
    assert.deepEqual([commit.queueLength, commit.oldestAgeMs], [0, 0])
    void commit.commit([append(2)])
    await clock.advance(30)
    void commit.commit([append(3)])
    assert.deepEqual([commit.queueLength, commit.oldestAgeMs], [2, 30])
    await store.go()
    await store.go()
    assert.equal(commit.counts.seconds, 0.03)
  })

  describe('failure', () => {
    it('rejects the batch and everything behind it, after onFailure, and goes on with what comes later', async () => {
      const { store, commit, failures } = setUp()
      const first = watch(commit.commit([append(1)]))
      await settle()
      const order: string[] = []
      const behind = watch(commit.commit([append(2)]).catch((error: Error) => {
        order.push(`rejected after ${failures.length} onFailure`)
        throw error
      }))
      const error = new ProtocolError('INTERNAL')
      await store.fail(error)
      assert.deepEqual([first.outcome, behind.outcome, failures], [error, error, [error]])
      assert.deepEqual(order, ['rejected after 1 onFailure'])
      assert.equal(store.batches.length, 1)
      assert.equal(commit.counts.failures, 1)

      const later = watch(commit.commit([append(1)]))
      await settle()
      await store.go()
      assert.equal(later.outcome, 'written')
    })

    it('by a number that no row can hold refuses nothing for good: it may be another\'s', async () => {
      const { store, commit, failures } = setUp()
      const first = watch(commit.commit([append(1)]))
      commit.lazy([{ op: 'replicated', log, relay: world.relays[0]!, seq: -1 }])
      await settle()
      await store.go()
      assert.ok(isProtocolError(first.outcome, 'INTERNAL'))
      assert.ok(isProtocolError(failures[0], 'INTERNAL') && isProtocolError(failures[0].cause, 'MALFORMED'))
    })

    it('a write that onFailure itself commits is not lost with the failed ones', async () => {
      const store = new SlowStore()
      const after: Array<ReturnType<typeof watch>> = []
      const commit = new GroupCommit({ store, clock: new ManualClock(), onFailure: () => { after.push(watch(commit.commit([append(1)]))) } })
      const failed = watch(commit.commit([append(1)]))
      await settle()
      await store.fail(new ProtocolError('INTERNAL'))
      assert.ok(failed.outcome instanceof ProtocolError)
      await store.go()
      assert.equal(after[0]?.outcome, 'written')
    })

    it('on a full disk, trims and cursors are tried again apart from what was refused', async () => {
      const { store, commit } = setUp()
      store.memory.setFull(true)
      commit.lazy([cursor(0), { op: 'trim', log, throughSeq: 0 }])
      const refused = watch(commit.commit([append(1)]))
      await settle()
      await store.go()
      assert.ok(refusedAs('STORAGE_FULL')(refused.outcome))
      assert.deepEqual(store.batches.at(-1), { writes: [cursor(0), { op: 'trim', log, throughSeq: 0 }], durable: false })
      await store.go()
      assert.deepEqual((await store.memory.openLog(log))?.cursors, new Map([[device, 0]]))
      await commit.idle()
    })

    it('lazy writes that fail alone are let go: the next ones tell the same', async () => {
      const { store, clock, commit, failures } = setUp()
      commit.lazy([cursor(3)])
      await clock.advance(200)
      await store.fail(new ProtocolError('STORAGE_FULL'))
      assert.equal(failures.length, 1)
      await commit.idle()
      assert.equal(store.batches.length, 1)
    })
  })

  describe('lazy writes', () => {
    it('ride with the next batch, before it', async () => {
      const { store, clock, commit } = setUp()
      commit.lazy([cursor(1)])
      assert.equal(commit.lazyLength, 1)
      void commit.commit([append(1), cursor(5)])
      await settle()
      assert.deepEqual(store.batches, [{ writes: [cursor(1), append(1), cursor(5)], durable: true }])
      assert.equal(clock.pending, 0)
      await store.go()
      assert.deepEqual((await store.memory.openLog(log))?.cursors, new Map([[device, 5]]))
    })

    it('said while a batch waits ride at its end', async () => {
      const { store, clock, commit } = setUp()
      void commit.commit([append(1)])
      await settle()
      void commit.commit([cursor(5)])
      commit.lazy([cursor(6)])
      await store.go()
      assert.deepEqual(store.batches[1], { writes: [cursor(5), cursor(6)], durable: true })
      await store.go()
      assert.equal(clock.pending, 0)
    })

    it('are written without a sync after a short delay when no batch comes', async () => {
      const { store, clock, commit } = setUp({ lazyDelayMs: 100 })
      commit.lazy([cursor(1)])
      await clock.advance(60)
      commit.lazy([cursor(2)])
      assert.equal(store.batches.length, 0)
      await clock.advance(40)
      assert.deepEqual(store.batches, [{ writes: [cursor(2)], durable: false }])
      await store.go()
      commit.lazy([cursor(3)])
      await clock.advance(100)
      assert.equal(store.batches.length, 2)
      await store.go()
    })

    it('are coalesced by log, kind and peer', async () => {
      const { store, commit } = setUp()
      const [relay] = world.relays
      for (let seq = 1; seq <= 50; seq++) {
        commit.lazy([cursor(seq), cursor(seq + 100, otherDevice), { ...cursor(seq), log: otherLog }, { op: 'replicated', log, relay: relay!, seq }, { op: 'trim', log, throughSeq: seq }])
      }
      assert.equal(commit.lazyLength, 5)
      const idle = commit.idle()
      await settle()
      assert.deepEqual(store.batches[0]?.writes, [
        cursor(50), cursor(150, otherDevice), { op: 'replicated', log, relay, seq: 50 }, { op: 'trim', log, throughSeq: 50 }, { ...cursor(50), log: otherLog }
      ])
      await store.go()
      await idle
    })
  })

  describe('idle', () => {
    it('waits for what is under way, queued and lazy, and leaves no timer', async () => {
      const { store, clock, commit } = setUp()
      await commit.idle()
      void commit.commit([append(1)])
      await settle()
      void commit.commit([append(2)])
      commit.lazy([cursor(2)])
      const idle = watch(commit.idle())
      await store.go()
      assert.equal(idle.outcome, 'waiting')
      await store.go()
      assert.equal(idle.outcome, 'written')
      assert.equal(clock.pending, 0)
      assert.deepEqual((await store.memory.openLog(log))?.cursors, new Map([[device, 2]]))
    })
  })

  for (const seed of [11, 12, 13, 14]) {
    it(`random commits, lazy writes and failures leave no gap, lose nothing acknowledged (seed ${seed})`, async () => {
      const random = new SeededRandom(seed)
      const { store, clock, commit } = setUp()
      let head = 0
      let lowestHead = 0
      let underWay = 0
      const reload = async (): Promise<void> => { head = (await store.memory.openLog(log))?.head ?? 0 }
      for (let step = 0; step < 400; step++) {
        const dice = random.below(10)
        if (dice < 5) {
          const seq = ++head
          underWay++
          commit.commit([append(seq)]).then(
            () => { lowestHead = Math.max(lowestHead, seq); underWay-- },
            () => { underWay-- })
        } else if (dice < 7) {
          commit.lazy([cursor(lowestHead)])
        } else if (dice === 7) {
          await clock.advance(random.below(300))
        } else if (store.underWay > 0) {
          if (random.below(4) > 0) await store.go()
          else {
            await store.fail(new ProtocolError('INTERNAL'))
            await reload()
          }
        }
        await settle()
      }
      const idle = watch(commit.idle())
      for (let i = 0; i < 20 && idle.outcome === 'waiting'; i++) { await settle(); if (store.underWay > 0) await store.go() }
      assert.equal(idle.outcome, 'written', `seed ${seed}`)
      assert.equal(underWay, 0, `seed ${seed}`)
      const opened = (await store.memory.openLog(log))!
      assert.equal(opened.head, lowestHead, `seed ${seed}`)
      assert.equal((await store.memory.readLog(log, 1, { maxEntries: 1_000, maxBytes: 1e9 })).length, opened.head, `seed ${seed}`)
      assert.ok((opened.cursors.get(device) ?? 0) <= lowestHead, `seed ${seed}`)
    })
  }
})
