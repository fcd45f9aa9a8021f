import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { concat } from '../../protocol/bytes.ts'
import { FrameReader, encodeFrame, frameTypes } from '../../protocol/frames.ts'
import { deviceIdOfKey, messageIdFromBytes, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { Pages, type Page } from '../../protocol/wire/gen/log.js'
import type { LogEntry } from '../store/store.ts'
import { encodePage, joinPages, pageLength, pageTargetBytes } from './page-encoder.ts'
import { wireEntry } from './pages-builder.ts'
import { deviceKeyOf, messageIdToBytes } from '../../protocol/ids.ts'

const seed = 41
const random = new SeededRandom(seed)
const conversation = random.bytes(65)
const devices: DeviceId[] = Array.from({ length: 3 }, () => deviceIdOfKey(random.bytes(32)))

function entryOf (seq: number, { sender = devices[0]!, size = 100, epoch = 1, storedAtMs = 1_790_000_000_000 } = {}): LogEntry {
  const id = random.bytes(16)
  id[6] = 0x70
  id[8] = 0x80
  return { epoch, seq, sender, messageId: messageIdFromBytes(id), storedAtMs, expiresAtMs: 0, envelope: random.bytes(size) }
}

/** What protons makes of it. */
function expected (entries: readonly LogEntry[], head: number, own?: DeviceId): Partial<Page> {
  const header = (entry: LogEntry): Parameters<typeof wireEntry>[1] => ({ conversation, senderAccount: conversation, kind: 1, expiresAtMs: 0, messageId: messageIdToBytes(entry.messageId), senderDevice: deviceKeyOf(entry.sender) })
  return { conversation, epoch: entries[0]!.epoch, head, entries: entries.map((entry) => wireEntry(entry, entry.sender === own ? header(entry) : undefined)) }
}

describe('page encoder', () => {
  it(`writes the bytes that protons writes, for numbers and sizes of every length (seed ${seed})`, () => {
    for (const seq of [1, 127, 128, 16_383, 16_384, 2 ** 32, 2 ** 40]) {
      for (const size of [0, 1, 127, 128, 16_384, 70_000]) {
        for (const epoch of [0, 1, 300, 2 ** 32 - 1]) {
          const entries = [entryOf(seq, { size, epoch }), entryOf(seq + 1, { sender: devices[1]!, epoch, storedAtMs: 0 }), entryOf(seq + 2, { epoch })]
          for (const own of [undefined, devices[0], devices[2]]) {
            const { frame, first, last } = encodePage(conversation, entries, seq + 5, own)
            const body = encode(Pages, { pages: [expected(entries, seq + 5, own) as Page] })
            assert.deepEqual(Buffer.from(frame), Buffer.from(encodeFrame(frameTypes.notification, clientNotifications.deliver.id, 0, body)), `seq ${seq}, ${size} bytes, epoch ${epoch}`)
            assert.deepEqual([first, last], [seq, seq + 2])
          }
        }
      }
    }
  })

  it('joins pages of several logs into one frame', () => {
    const [one, two] = [encodePage(conversation, [entryOf(1)], 1), encodePage(random.bytes(65), [entryOf(7), entryOf(8)], 9)]
    const [frame, ...more] = new FrameReader(limits.frameBytes).push(concat(joinPages([one, two])))
    assert.equal(more.length, 0)
    assert.deepEqual(decode(Pages, frame!.body).pages.map((page) => page.entries.map(({ seq }) => seq)), [[1], [7, 8]])
    assert.equal(joinPages([one]), one.frame, 'one page is not copied')
  })

  it('ends a page at its bounds and where the epoch changes, never before its first entry', () => {
    assert.equal(pageLength([]), 0)
    assert.equal(pageLength([entryOf(1, { size: 2 * pageTargetBytes }), entryOf(2)]), 1)
    assert.equal(pageLength([entryOf(1), entryOf(2, { size: pageTargetBytes - 100 }), entryOf(3)]), 2)
    assert.equal(pageLength([entryOf(1), entryOf(2), entryOf(3, { epoch: 2 })]), 2)
    assert.equal(pageLength(Array.from({ length: 300 }, (_, i) => entryOf(i + 1, { size: 10 }))), limits.pageEntries)
  })
})
