import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { senderTagOf } from '../store/sender-tag.ts'
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
