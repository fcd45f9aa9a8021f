import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { messageIdFromBytes, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'
import { MessageIds } from './message-ids.ts'

/** A clock that can be set back. */
class SetClock extends ManualClock {
  atMs = 1_800_000_000_000
  override nowMs (): number { return this.atMs }
}

describe('message ids', () => {
  const make = (clock: SetClock, last?: MessageId): MessageIds => new MessageIds({ clock, random: new SeededRandom(5) }, last)

  it('are UUIDs of version 7 with the time in front', () => {
    const clock = new SetClock()
    const bytes = messageIdToBytes(make(clock).next())
    assert.doesNotThrow(() => messageIdFromBytes(bytes))
    const view = new DataView(bytes.buffer)
    assert.equal(view.getUint16(0) * 2 ** 32 + view.getUint32(2), clock.atMs)
  })

  it('rise strictly, within a millisecond, over restarts and over clocks that jump back', () => {
    const clock = new SetClock()
    const random = new SeededRandom(11)
    let ids = make(clock)
    let last = ids.next()
    for (let i = 0; i < 20_000; i++) {
      if (random.fraction() < 0.2) clock.atMs += random.below(5_000) - 2_500
      if (random.fraction() < 0.01) ids = make(clock, last)
      const id = ids.next()
      assert.ok(id > last, `${id} after ${last} (step ${i}, seed ${random.seed})`)
      last = id
    }
  })

  it('go on into the next millisecond when the counter is used up', () => {
    const clock = new SetClock()
    const bytes = messageIdToBytes(make(clock).next())
    // the highest counter: 12 bits, then 20 bits
    bytes[6] = 0x7f; bytes[7] = 0xff; bytes[8] = 0xbf; bytes[9] = 0xff; bytes[10] = 0xff
    const last = messageIdFromBytes(bytes)
    const id = make(clock, last).next()
    assert.ok(id > last)
    assert.equal(messageIdToBytes(id)[5], bytes[5]! + 1)
  })
})
