import assert from 'node:assert/strict'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { FrameReader } from '../../protocol/frames.ts'
import { deviceIdOfKey, messageIdFromBytes, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Pages, type Entry } from '../../protocol/wire/gen/log.js'
import { Log, type Follower } from '../log/log.ts'
import { LogReader } from '../log/log-reader.ts'
import type { LogEntry } from '../store/store.ts'
import { TestPerson } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import { noMeter } from '../watch/meter.ts'
import type { EncodedPage } from './page-encoder.ts'
import { SharedPages } from './shared-pages.ts'

const random = new SeededRandom(77)
const sender = deviceIdOfKey(random.bytes(32))
const others: DeviceId[] = Array.from({ length: 5 }, () => deviceIdOfKey(random.bytes(32)))
const idle: Follower = { sent: 0, isIdle: true, wake: () => {}, onDropped: () => {} }

function entryOf (seq: number, from = sender, size = 1000): LogEntry {
  const id = random.bytes(16)
  id[6] = 0x70
  id[8] = 0x80
  return { epoch: 1, seq, sender: from, messageId: messageIdFromBytes(id), storedAtMs: seq, expiresAtMs: 1e13, envelope: random.bytes(size) }
}

/** A log whose entries stand in a store as well, with so many followers. */
function setUp (followers: number, { maxBytes = 1 << 20 } = {}): { log: Log, pages: SharedPages, stored: LogEntry[], reads: number[], append (entry: LogEntry): void } {
  const [a, b] = [new TestPerson(random), new TestPerson(random)]
  const log = new Log(pairConversation(a.account, b.account), undefined, { usedBytes: 0, maxBytes: 1 << 30 })
  const stored: LogEntry[] = []
  const reads: number[] = []
  const reader = new LogReader({
    store: {
      readLog: async (_log, from, { maxEntries }) => {
        reads.push(from)
        await settle(2)
        return stored.filter(({ seq }) => seq >= from).slice(0, maxEntries)
      },
      repair: async () => {}
    },
    fetchCopy: async () => undefined,
    logger: silentLogger,
    meter: noMeter
  })
  for (let i = 0; i < followers; i++) log.addFollower({ ...idle })
  const append = (entry: LogEntry): void => { log.append(entry); stored.push(entry); log.committed(entry.seq) }
  return { log, pages: new SharedPages({ reader }, { maxBytes }), stored, reads, append }
}

const read = (page: EncodedPage | undefined): Entry[] => decode(Pages, new FrameReader(limits.frameBytes).push(page!.frame)[0]!.body).pages.flatMap(({ entries }) => entries)

describe('shared pages', () => {
  it('everybody at the same place is given the same bytes', () => {
    const { log, pages, append } = setUp(5)
    for (let seq = 1; seq <= 3; seq++) append(entryOf(seq))
    const [first, second] = [pages.next(log, 0, others[0]!), pages.next(log, 0, others[1]!)]
    assert.equal(first!.frame, second!.frame)
    assert.deepEqual(read(first).map(({ seq }) => seq), [1, 2, 3])
    assert.equal(pages.next(log, 3, others[0]!), undefined)
  })

  it('who sent an entry gets a reference in its place', () => {
    const { log, pages, append } = setUp(5)
    append(entryOf(1))
    append(entryOf(2, others[0]!))
    assert.deepEqual(read(pages.next(log, 0, others[0]!)).map(({ envelope }) => envelope === undefined), [false, true])
    assert.deepEqual(read(pages.next(log, 0, others[1]!)).map(({ envelope }) => envelope === undefined), [false, false])
    assert.deepEqual(read(pages.next(log, 0, sender)).map(({ envelope }) => envelope === undefined), [true, false])
  })

  it('nothing that is not durable is in a page, and nothing is kept for the two ends of a pair', () => {
    const { log, pages, append } = setUp(2)
    append(entryOf(1))
    log.append(entryOf(2))
    assert.deepEqual(read(pages.next(log, 0, others[0]!)).map(({ seq }) => seq), [1])
    assert.equal(pages.usedBytes, 0)
  })

  it('a page of the store that many wait for is read once', async () => {
    const { log, pages, reads, append } = setUp(5)
    for (let seq = 1; seq <= 400; seq++) append(entryOf(seq))
    log.releaseThrough(400)
    assert.equal(pages.next(log, 0, others[0]!), undefined)
    const got = await Promise.all(others.map((device) => pages.read(log, 0, device)))
    assert.deepEqual(reads, [1])
    assert.equal(new Set(got.map((page) => page!.frame)).size, 1)
    assert.equal(pages.next(log, 0, others[0]!), got[0], 'and kept for who comes later')
    let sent = 0
    while (sent < 400) {
      const page: EncodedPage | undefined = pages.next(log, sent, others[0]!) ?? await pages.read(log, sent, others[0]!)
      assert.equal(page!.first, sent + 1)
      sent = page!.last
    }
  })

  it('what has expired is left out, and a place after which nothing is kept says so', async () => {
    const { log, pages, stored, append } = setUp(5)
    for (let seq = 1; seq <= 10; seq++) append(entryOf(seq))
    log.releaseThrough(10)
    stored.splice(0, 4)
    assert.equal((await pages.read(log, 0, others[0]!))!.first, 5)
    stored.length = 0
    assert.equal(await pages.read(log, 2, others[0]!), undefined)
  })

  it('an entry that the store has and that is not told yet is not in a page', async () => {
    const { log, pages, stored, append } = setUp(5)
    append(entryOf(1))
    log.releaseThrough(1)
    const early = entryOf(2)
    log.append(early)
    stored.push(early)
    assert.deepEqual(read(await pages.read(log, 0, others[0]!)).map(({ seq }) => seq), [1])
  })

  it('holds no more than its bound, oldest pages go first, and what is gone is made again', () => {
    const { log, pages, append } = setUp(5, { maxBytes: 20_000 })
    for (let seq = 1; seq <= 100; seq++) {
      append(entryOf(seq))
      pages.next(log, seq - 1, others[0]!)
    }
    assert.ok(pages.usedBytes <= 20_000 && pages.usedBytes > 10_000, `${pages.usedBytes} bytes`)
    assert.equal(read(pages.next(log, 0, others[0]!))[0]!.seq, 1)
  })
})
