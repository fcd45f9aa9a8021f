import assert from 'node:assert/strict'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { senderTagOf } from '../store/sender-tag.ts'
import type { LogEntry, Write } from '../store/store.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { messageIdOf } from '../store/store-model.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { TestPerson } from '../testing/fixtures.ts'
import type { Log } from './log.ts'
import { Logs, logsDefaults } from './logs.ts'

describe('what a log in memory knows of a sender', () => {
  const [ada, bob] = [1, 2].map((seed) => new TestPerson(new SeededRandom(seed))) as [TestPerson, TestPerson]
  const conversation = pairConversation(ada.account, bob.account)
  const { device: { id: device } } = ada
  let store: MemoryStore
  let logs: Logs
  let log: Log
  /** While the store is asked for the highest id. */
  let meanwhile: () => Promise<void>

  beforeEach(async () => {
    store = new MemoryStore()
    meanwhile = async () => {}
    const asked = {
      openLog: store.openLog.bind(store),
      findMessage: store.findMessage.bind(store),
      highestMessage: async (...of: Parameters<MemoryStore['highestMessage']>) => {
        const highest = await store.highestMessage(...of)
        await meanwhile()
        return highest
      }
    }
    logs = new Logs({ store: asked, placement: { members: () => [], localMembers: () => [], groupOf: () => undefined }, groups: {} as never, meter: new CountingMeter() }, logsDefaults)
    log = await logs.load(conversation)
  })

  const remember = async (index: number): Promise<void> => {
    await store.write([{ op: 'remember', log: conversation.id, message: { epoch: 1, seq: 1, sender: senderTagOf(device), messageId: messageIdOf(index), storedAtMs: 1 } }], { durable: true })
    log.remembered()
  }

  it('is looked up again when ids come that were numbered elsewhere', async () => {
    await logs.loadMark(log, device)
    assert.ok(log.isNew(device, messageIdOf(5)))
    const { lateAppends } = log
    await remember(7)
    assert.ok(!log.hasMark(device))
    assert.ok(log.lateAppends > lateAppends, 'a look-up that ran meanwhile may have missed them')
    await logs.loadMark(log, device)
    assert.deepEqual([5, 7, 8].map((index) => log.isNew(device, messageIdOf(index))), [false, false, true])
  })

  it('is not what the store said before they came', async () => {
    let times = 0
    meanwhile = async () => { if (times++ === 0) await remember(7) }
    await logs.loadMark(log, device)
    assert.deepEqual([7, 8].map((index) => log.isNew(device, messageIdOf(index))), [false, true])
  })

  it('is not forgotten of what is on its way to the disk', async () => {
    await logs.loadMark(log, device)
    log.noteMessage(device, messageIdOf(9))
    await remember(7)
    await logs.loadMark(log, device)
    assert.deepEqual([9, 10].map((index) => log.isNew(device, messageIdOf(index))), [false, true])
  })
})

describe('a log of which memory is ahead of the disk', () => {
  const { device: { id: device } } = new TestPerson(new SeededRandom(1))
  const pairs = [1, 3, 5].map((seed) => pairConversation(new TestPerson(new SeededRandom(seed)).account, new TestPerson(new SeededRandom(seed + 1)).account))
  const conversation = pairs[0]!
  const entry = (seq: number, epoch = 1): LogEntry => ({ epoch, seq, sender: device, messageId: messageIdOf(seq), storedAtMs: 1, expiresAtMs: Infinity, envelope: new Uint8Array(8) })
  let store: MemoryStore
  let logs: Logs
  let log: Log

  beforeEach(async () => {
    store = new MemoryStore()
    await store.write([1, 2, 3].map((seq) => ({ op: 'append', log: conversation.id, entry: entry(seq) })), { durable: true })
    logs = new Logs({ store, placement: { members: () => [], localMembers: () => [], groupOf: () => undefined }, groups: {} as never, meter: new CountingMeter() }, { ...logsDefaults, maxLogs: 1 })
    log = await logs.load(conversation)
  })

  const ahead: Record<string, { readonly step: () => void, readonly write: Write, readonly head: number }> = {
    'by an entry': { step: () => { log.append(entry(4)) }, write: { op: 'append', log: conversation.id, entry: entry(4) }, head: 4 },
    'by a skip': { step: () => { log.skipTo(8, 2) }, write: { op: 'skip', log: conversation.id, epoch: 2, throughSeq: 8 }, head: 8 },
    'by a cut': { step: () => { log.cutTo(1) }, write: { op: 'cut', log: conversation.id, epoch: 1, throughSeq: 1, ids: [] }, head: 1 }
  }
  for (const [how, { step, write, head }] of Object.entries(ahead)) {
    it(`${how} is not loaded again before the disk has that, whatever roles change`, async () => {
      step()
      logs.reset(log)
      await settle()
      assert.equal((await logs.load(conversation)).head, head)
      await store.write([write], { durable: true })
      log.committed(head)
      await settle()
      assert.ok(log.isDropped, 'now')
      assert.equal((await logs.load(conversation)).head, head)
    })

    it(`${how} does not make room for others before the disk has that`, async () => {
      step()
      for (const other of pairs.slice(1)) await logs.load(other)
      assert.ok(await logs.load(conversation) === log)
      log.committed(head)
      for (const other of pairs.slice(1)) await logs.load(other)
      assert.ok(log.isDropped)
    })

    it(`${how} that the disk does not take is loaded again`, async () => {
      step()
      logs.reset(log)
      logs.drop(log)
      await settle()
      assert.equal((await logs.load(conversation)).head, 3)
    })
  }
})
