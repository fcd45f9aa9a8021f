import assert from 'node:assert/strict'
import { SeededRandom, ManualClock } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { messageIdOf } from '../store/store-model.ts'
import type { Seen, Write } from '../store/store.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { TestPerson, directCommits } from '../testing/fixtures.ts'
import { silentLogger } from '../watch/logger.ts'
import { Cutting } from './cutting.ts'
import { Log } from './log.ts'
import { Outboxes } from './outbox.ts'

describe('cutting off the end of a log', () => {
  for (const keptFrom of [1, 4, 7]) {
    for (const isOwn of [true, false]) {
      it(`what is void may come again, also when it was not kept any more (kept from ${keptFrom} of 6, written ${isOwn ? 'here' : 'elsewhere'})`, async () => {
        const [ada, bob] = [1, 2].map((seed) => new TestPerson(new SeededRandom(seed))) as [TestPerson, TestPerson]
        const conversation = pairConversation(ada.account, bob.account)
        const [store, meter] = [new MemoryStore(), new CountingMeter()]
        const { device: { id: sender } } = ada
        const append = (seq: number): Write => ({
          op: 'append',
          log: conversation.id,
          entry: {
            epoch: 1,
            seq,
            sender,
            messageId: messageIdOf(seq),
            storedAtMs: 1,
            expiresAtMs: 2 ** 47,
            envelope: encodeEnvelope({ conversation, sender: ada.account, senderDevice: sender, messageId: messageIdOf(seq), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: bob.device.id, kind: 2, bytes: new Uint8Array(8) }] })
          }
        })
        await store.write([...[1, 2, 3, 4, 5, 6].map(append), { op: 'trim', log: conversation.id, throughSeq: keptFrom - 1 }], { durable: true })
        const unused = {} as never
        const cutting = new Cutting({
          store,
          logs: { drop: (log) => { log.drop() } },
          outboxes: new Outboxes({ store, meter, clock: new ManualClock() }),
          placement: { isHome: () => isOwn } as never,
          groups: unused,
          anchors: unused,
          commits: directCommits(store),
          logger: silentLogger,
          meter
        })
        const log = new Log(conversation, await store.openLog(conversation.id), { usedBytes: 0, maxBytes: 1 })
        await cutting.cut(log, { throughSeq: 4, epoch: 1 })
        const seen = await Promise.all([1, 4, 5, 6].map((seq) => store.findMessage(conversation.id, sender, messageIdOf(seq))))
        const waits = (seq: number, position: number): Seen | undefined => isOwn && seq >= keptFrom ? { at: 'outbox', position } : undefined
        assert.deepEqual(seen, [{ at: 'log', epoch: 1, seq: 1 }, { at: 'log', epoch: 1, seq: 4 }, waits(5, 1), waits(6, 2)])
        assert.equal((await store.openLog(conversation.id))?.head, 4)
      })
    }
  }
})
