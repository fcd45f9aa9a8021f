import assert from 'node:assert/strict'
import { concat } from './bytes.ts'
import { SeededRandom } from './clock-manual.ts'
import { FrameReader, encodeFrame, frameHeaderBytes, type Frame } from './frames.ts'
import { fuzz, refusedAs } from './testing.ts'

const max = 1_000
const copied = (frames: readonly Frame[]): Frame[] => frames.map((frame) => ({ ...frame, body: frame.body.slice() }))

describe('frames', () => {
  const sent: Frame[] = [
    { type: 1, method: 12, id: 1, body: Uint8Array.of(1, 2, 3) },
    { type: 4, method: 255, id: 0, body: new Uint8Array(0) },
    { type: 2, method: 0, id: 0xffff_ffff, body: new Uint8Array(max - 6).fill(7) },
    { type: 3, method: 1, id: 256, body: Uint8Array.of(0) }
  ]
  const bytes = concat(...sent.map(({ type, method, id, body }) => encodeFrame(type, method, id, body)))

  it('are a length, a type, a method, an id and a body', () => {
    assert.deepEqual([...encodeFrame(1, 12, 0x01020304, Uint8Array.of(9, 8))], [0, 0, 0, 8, 1, 12, 1, 2, 3, 4, 9, 8])
  })

  it('come out of one chunk', () => {
    assert.deepEqual(new FrameReader(max).push(bytes), sent)
  })

  it('come out whole wherever the bytes are cut in two', () => {
    for (let cut = 0; cut <= bytes.byteLength; cut++) {
      const reader = new FrameReader(max)
      const frames = [...copied(reader.push(bytes.slice(0, cut))), ...copied(reader.push(bytes.slice(cut)))]
      assert.deepEqual(frames, sent, `cut at ${cut}`)
    }
  })

  it('come out as soon as their last byte is there, from chunks of any size', () => {
    for (let size = 1; size <= 40; size++) {
      const reader = new FrameReader(max)
      const frames: Frame[] = []
      let given = 0
      for (let at = 0; at < bytes.byteLength; at += size) {
        const chunk = bytes.slice(at, at + size)
        given += chunk.byteLength
        frames.push(...copied(reader.push(chunk)))
        let [complete, end] = [0, 0]
        for (const frame of sent) {
          end += frameHeaderBytes + frame.body.byteLength
          if (end <= given) complete++
        }
        assert.equal(frames.length, complete, `chunks of ${size}, ${given} bytes given`)
      }
      assert.deepEqual(frames, sent)
    }
  })

  it('that come in little pieces do not keep alive what the pieces came with', () => {
    const reader = new FrameReader(1_000_000)
    const frame = encodeFrame(1, 12, 1, new Uint8Array(200_000).fill(3))
    // One byte of a chunk of 64 KiB each time: 640 MiB, were they kept.
    const before = process.memoryUsage().arrayBuffers
    for (let at = 0; at < 10_000; at++) {
      const chunk = new Uint8Array(64 * 1024)
      chunk[0] = frame[at]!
      assert.deepEqual(reader.push(chunk.subarray(0, 1)), [])
    }
    ;(globalThis as { gc?: () => void }).gc?.()
    assert.ok(process.memoryUsage().arrayBuffers - before < 320 * 1024 * 1024)
    assert.equal(reader.isInFrame, true)
    const [whole] = reader.push(frame.subarray(10_000))
    assert.deepEqual(whole!.body, new Uint8Array(200_000).fill(3))
    assert.equal(reader.isInFrame, false)
  })

  it('above the limit are refused as soon as their length is known', () => {
    const reader = new FrameReader(max)
    assert.deepEqual(reader.push(Uint8Array.of(0, 0, 3, 0xe9, 1, 1, 0, 0, 0)), [])
    assert.throws(() => reader.push(Uint8Array.of(0)), refusedAs('TOO_LARGE'))
    assert.throws(() => new FrameReader(max).push(Uint8Array.of(255, 255, 255, 255, 1, 1, 0, 0, 0, 0)), refusedAs('TOO_LARGE'))
  })

  it('of exactly the limit are taken', () => {
    assert.equal(new FrameReader(max).push(encodeFrame(1, 1, 1, new Uint8Array(max - 6))).length, 1)
    assert.throws(() => new FrameReader(max).push(encodeFrame(1, 1, 1, new Uint8Array(max - 5))), refusedAs('TOO_LARGE'))
  })

  it('shorter than their header are refused', () => {
    for (let length = 0; length < 6; length++) {
      assert.throws(() => new FrameReader(max).push(Uint8Array.of(0, 0, 0, length, 1, 1, 0, 0, 0, 0, 0, 0)), refusedAs('MALFORMED'), `length ${length}`)
    }
  })

  it('a bad frame behind good ones is noticed', () => {
    assert.throws(() => new FrameReader(max).push(concat(bytes, Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0, 0, 0))), refusedAs('MALFORMED'))
  })

  for (const seed of [201, 202, 203]) {
    it(`random chunks of good frames give the same frames (seed ${seed})`, () => {
      const random = new SeededRandom(seed)
      const many = Array.from({ length: 200 }, (_, index): Frame => ({ type: 1 + random.below(4), method: random.below(256), id: index, body: random.bytes(random.below(random.below(10) === 0 ? max - 6 : 40)) }))
      const stream = concat(...many.map(({ type, method, id, body }) => encodeFrame(type, method, id, body)))
      const reader = new FrameReader(max)
      const found: Frame[] = []
      for (let at = 0; at < stream.byteLength;) {
        const size = 1 + random.below(random.below(4) === 0 ? 3_000 : 30)
        found.push(...copied(reader.push(stream.slice(at, at + size))))
        at += size
      }
      assert.deepEqual(found, many, `seed ${seed}`)
    })

    it(`broken streams give frames within the limit or a ProtocolError (seed ${seed})`, () => {
      const random = new SeededRandom(seed)
      const { refused } = fuzz((broken) => {
        const reader = new FrameReader(max)
        for (let at = 0; at < broken.byteLength;) {
          const size = 1 + random.below(200)
          for (const frame of reader.push(broken.subarray(at, at + size))) assert.ok(frame.body.byteLength <= max - 6)
          at += size
        }
      }, { good: [bytes, encodeFrame(1, 2, 3, new Uint8Array(20))], random, rounds: 3_000 })
      assert.ok(refused > 100, `${refused} refused`)
    })
  }
})
