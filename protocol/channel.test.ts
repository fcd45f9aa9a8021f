import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import type { ByteStream } from './byte-stream.ts'
import { concat } from './bytes.ts'
import { Channel, Handlers, type ChannelMeter } from './channel.ts'
import { ManualClock, SeededRandom, settle } from './clock-manual.ts'
import { ERRORS, ProtocolError, isProtocolError, type ErrorCode } from './errors.ts'
import { FrameReader, encodeFrame, frameTypes, type Frame } from './frames.ts'
import { limits } from './limits.ts'
import { anyMethods, clientMethods, clientNotifications } from './methods.ts'
import { streamPair } from './stream-pair.ts'
import { broken, refusedAs, testDevice, testRelay } from './testing.ts'
import { decode, encode } from './wire/codec.ts'
import { Positions, ReadLog } from './wire/gen/log.js'
import { Failure } from './wire/gen/service.js'

const { readLog, submit } = clientMethods
const { acknowledge } = clientNotifications

interface Seen { refused: string[], failed: unknown[] }

/** A relay's channel with these handlers, the far end of its stream, and what the relay's meter saw. */
function setUp (handlers = new Handlers()): { relay: Channel, far: ByteStream, clock: ManualClock, seen: Seen } {
  const clock = new ManualClock()
  const [far, near] = streamPair(testDevice(1).id, testRelay(1).id)
  const seen: Seen = { refused: [], failed: [] }
  const meter: ChannelMeter = { refused: (code, method) => { seen.refused.push(`${code} ${method}`) }, failed: (_method, error) => { seen.failed.push(error) } }
  return { relay: new Channel(near, { handlers, clock, meter }).start(), far, clock, seen }
}

/** A far side that shows its frames instead of serving. */
function watch (far: ByteStream): { frames: Frame[], ended: Array<Error | undefined> } {
  const reader = new FrameReader(limits.frameBytes)
  const watched: { frames: Frame[], ended: Array<Error | undefined> } = { frames: [], ended: [] }
  far.start({
    onData: (chunk) => { watched.frames.push(...reader.push(chunk).map((frame) => ({ ...frame, body: frame.body.slice() }))) },
    onClose: (error) => { watched.ended.push(error) }
  })
  return watched
}

const request = (method: number, id: number, body: Uint8Array): Uint8Array => encodeFrame(frameTypes.request, method, id, body)
const garbage = Uint8Array.of(0x0a, 200, 1)
const codeOf = (frame: Frame | undefined): ErrorCode | undefined => frame?.type === frameTypes.failure ? ProtocolError.fromStatus(decode(Failure, frame.body).status).code : undefined

/** What became of a promise. */
function outcome<T> (promise: Promise<T>): { is: 'waiting' | 'done' | Error, value?: T } {
  const watched: { is: 'waiting' | 'done' | Error, value?: T } = { is: 'waiting' }
  promise.then((value) => { watched.is = 'done'; watched.value = value }, (error: Error) => { watched.is = error })
  return watched
}

describe('channel', () => {
  describe('a far side that is read later', () => {
    function paced (): { channel: Channel, clock: ManualClock, served: number[], told: string[], onData: (chunk: Uint8Array) => void } {
      const clock = new ManualClock()
      let onData: (chunk: Uint8Array) => void = () => {}
      const [told, served]: [string[], number[]] = [[], []]
      const stream: ByteStream = { remotePeer: testDevice(1).id, remoteAddress: '', bufferedBytes: 0, start: (events) => { onData = events.onData }, pause: () => { told.push('pause') }, resume: () => { told.push('resume') }, send: () => {}, drained: async () => {}, close: async () => {}, abort: () => { told.push('abort') } }
      const channel: Channel = new Channel(stream, { handlers: new Handlers().on(readLog, ({ fromSeq }) => { served.push(fromSeq); if (fromSeq % 10 === 3) channel.readLater(1_000); return {} }), clock }).start()
      return { channel, clock, served, told, onData: (chunk) => { onData(chunk) } }
    }
    const ask = (...seqs: number[]): Uint8Array => concat(...seqs.map((fromSeq) => request(readLog.id, fromSeq, encode(ReadLog, { fromSeq }))))

    it('is served in order when the time is over, also what came in the same chunk, and its stream is not read meanwhile', async () => {
      const { clock, served, told, onData } = paced()
      onData(ask(1, 2, 3, 4, 5))
      onData(ask(6, 13, 14))
      await clock.advance(999)
      assert.deepEqual([served, told], [[1, 2, 3], ['pause']])
      await clock.advance(1)
      assert.deepEqual([served, told], [[1, 2, 3, 4, 5, 6, 13], ['pause', 'pause']], 'until it has to wait again')
      onData(ask(15))
      await clock.advance(1_000)
      assert.deepEqual([served.slice(-2), told], [[14, 15], ['pause', 'pause', 'resume']])
    })

    it('is served in order also when the one that was to wait is done at once', () => {
      const clock = new ManualClock()
      let onData: (chunk: Uint8Array) => void = () => {}
      const [served, later]: [number[], Uint8Array[]] = [[], [ask(4), ask(5)]]
      // What has come meanwhile is handed over as soon as it is read again.
      const stream: ByteStream = { remotePeer: testDevice(1).id, remoteAddress: '', bufferedBytes: 0, start: (events) => { onData = events.onData }, pause: () => {}, resume: () => { for (const chunk of later.splice(0)) onData(chunk) }, send: () => {}, drained: async () => {}, close: async () => {}, abort: () => {} }
      const channel: Channel = new Channel(stream, { handlers: new Handlers().on(readLog, ({ fromSeq }) => { served.push(fromSeq); channel.readLater(1_000); channel.readNow(); return {} }), clock }).start()
      onData(ask(1, 2, 3))
      assert.deepEqual(served, [1, 2, 3, 4, 5])
    })

    it('has its own words for it: waiting once is enough, and nothing of it is left when the channel ends', async () => {
      const { channel, clock, served, onData } = paced()
      onData(ask(3, 4))
      assert.equal(channel.readLater(9_000), false)
      channel.abort(new ProtocolError('DISCONNECTED'))
      await clock.advance(10_000)
      assert.deepEqual(served, [3])
      assert.equal(channel.readLater(1_000), false)
      const { relay, far, clock: other } = setUp()
      watch(far)
      relay.readLater(1_000)
      await relay.close()
      assert.equal(other.pending, 0, 'no timer')
    })
  })

  describe('a far side that trickles', () => {
    // Of a method that is not served here: answered, and no reason to end the channel.
    const frame = request(250, 1, new Uint8Array(1_000))

    it('is let go when one frame takes longer than two minutes, though a byte comes every second', async () => {
      const { far, clock, seen } = setUp()
      const watched = watch(far)
      let seconds = 0
      for (; watched.ended.length === 0 && seconds < 200; seconds++) {
        far.send(frame.subarray(seconds, seconds + 1))
        await clock.advance(1_000)
      }
      assert.ok(seconds > 119 && seconds < 125, `${seconds}`)
      assert.deepEqual(seen.refused, ['TIMEOUT frame'])
    })

    it('is not let go for a slow line, whose every frame takes less', async () => {
      const { far, clock } = setUp()
      const watched = watch(far)
      const [start, end] = [frame.subarray(0, 500), frame.subarray(500)]
      far.send(start)
      for (let piece = 0; piece < 30; piece++) {
        await clock.advance(100_000)
        // As on a line that is never idle: one ends as the next begins.
        far.send(concat(end, start))
      }
      await settle()
      assert.equal(watched.ended.length, 0)
      assert.ok(watched.frames.length === 30)
    })

    it('may send what its side of the protocol needs, no more', async () => {
      const { relay, far, seen } = setUp()
      const watched = watch(far)
      relay.limitFrames(limits.strangerFrameBytes)
      far.send(request(readLog.id, 1, new Uint8Array(limits.strangerFrameBytes)).subarray(0, 20))
      await settle()
      assert.equal(watched.ended.length, 1)
      assert.deepEqual(seen.refused, ['TOO_LARGE frame'])
    })
  })

  describe('requests', () => {
    it('are answered in both directions, several at a time, in any order', async () => {
      const waiting: Array<() => void> = []
      const slow = new Handlers().on(readLog, async ({ fromSeq }) => {
        await new Promise<void>((resolve) => { waiting.push(resolve) })
        return { head: fromSeq * 2 }
      })
      const { relay, far, clock } = setUp(slow)
      const device = new Channel(far, { handlers: new Handlers().on(anyMethods.ping, () => ({})), clock }).start()
      const calls = [1, 2, 3].map((fromSeq) => outcome(device.call(readLog, { fromSeq })))
      const ping = outcome(relay.call(anyMethods.ping, {}))
      await settle()
      assert.equal(ping.is, 'done')
      for (const index of [2, 0, 1]) {
        waiting[index]!()
        await settle()
        assert.deepEqual([calls[index]!.is, calls[index]!.value?.head], ['done', (index + 1) * 2])
      }
      assert.equal(clock.pending, 0)
    })

    it('get the typed error of the handler, with what belongs to it', async () => {
      const record = Uint8Array.of(1, 2, 3)
      const handlers = new Handlers()
        .on(readLog, () => { throw new ProtocolError('MOVED', { record, what: 'stays here' }) })
        .on(submit, async () => { throw new ProtocolError('QUOTA', { retryAfterMs: 1_500, max: 7 }) })
      const { far, clock, seen } = setUp(handlers)
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      await assert.rejects(device.call(readLog, {}), (error) => isProtocolError(error, 'MOVED') && assert.deepEqual(error.details.record, record) === undefined && !error.message.includes('stays here'))
      await assert.rejects(device.call(submit, {}), (error) => isProtocolError(error, 'QUOTA') && error.details.retryAfterMs === 1_500 && error.details.max === 7)
      assert.deepEqual(seen.refused, ['MOVED read-log', 'QUOTA submit'])
    })

    it('whose handler breaks get INTERNAL without its text; the defect is counted and the channel lives on', async () => {
      let isAsync = false
      const handlers = new Handlers().on(readLog, () => {
        const defect = new TypeError('secret of ours')
        if (isAsync) return Promise.reject(defect)
        throw defect
      }).on(anyMethods.ping, () => ({}))
      const { far, clock, seen } = setUp(handlers)
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      for (isAsync of [false, true]) await assert.rejects(device.call(readLog, {}), (error) => isProtocolError(error, 'INTERNAL') && !error.message.includes('secret'))
      assert.equal(seen.failed.length, 2)
      for (let i = 0; i < 10; i++) await device.call(anyMethods.ping, {})
    })

    it('that are not known get UNKNOWN_METHOD', async () => {
      const { far, clock } = setUp()
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      await assert.rejects(device.call(readLog, {}), refusedAs('UNKNOWN_METHOD'))
    })

    it('for a notification\'s number, and notifications for a request\'s, are not known', async () => {
      const handlers = new Handlers().onNotification(acknowledge, () => { assert.fail('served') }).on(readLog, () => { assert.fail('served') })
      const { far, seen } = setUp(handlers)
      const { frames } = watch(far)
      far.send(request(acknowledge.id, 1, new Uint8Array(0)))
      far.send(encodeFrame(frameTypes.notification, readLog.id, 0, new Uint8Array(0)))
      await settle()
      assert.deepEqual(frames.map(codeOf), ['UNKNOWN_METHOD'])
      assert.deepEqual(seen.refused, ['UNKNOWN_METHOD acknowledge', 'UNKNOWN_METHOD read-log'])
    })

    it('above the method\'s limit are refused before they are parsed, and not sent by a channel', async () => {
      const { far, clock, seen } = setUp(new Handlers().on(anyMethods.ping, () => { assert.fail('served') }))
      const { frames } = watch(far)
      far.send(request(anyMethods.ping.id, 5, new Uint8Array(17).fill(0xff)))
      await settle()
      assert.deepEqual([codeOf(frames[0]), frames[0]?.id], ['TOO_LARGE', 5])
      assert.deepEqual(seen.refused, ['TOO_LARGE ping'])

      const [end] = streamPair(testDevice(1).id, testRelay(1).id)
      const device = new Channel(end, { handlers: new Handlers(), clock }).start()
      await assert.rejects(device.call(readLog, { conversation: new Uint8Array(readLog.maxRequestBytes) }), refusedAs('TOO_LARGE'))
      await assert.rejects(device.call(submit, { envelopes: [new Uint8Array(limits.frameBytes)] }), refusedAs('TOO_LARGE'))
      assert.throws(() => { device.notify(acknowledge, { positions: [{ conversation: new Uint8Array(limits.frameBytes), epoch: 1, seq: 1 }] }) }, refusedAs('TOO_LARGE'))
      assert.equal(clock.pending, 0)
    })

    it('the largest that a method takes arrives', async () => {
      const sizes: number[] = []
      const { far, clock } = setUp(new Handlers().on(submit, ({ envelopes }) => { sizes.push(envelopes[0]!.byteLength); return {} }))
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      const room = limits.frameBytes - 20
      await device.call(submit, { envelopes: [new Uint8Array(room)] })
      assert.deepEqual(sizes, [room])
    })

    it('with a reply that no frame holds get INTERNAL', async () => {
      const { far, clock, seen } = setUp(new Handlers().on(readLog, () => ({ conversation: new Uint8Array(limits.frameBytes) })))
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      await assert.rejects(device.call(readLog, {}), refusedAs('INTERNAL'))
      assert.equal(seen.failed.length, 1)
    })

    it('with a reply that cannot be read are MALFORMED', async () => {
      const { relay, far } = setUp()
      const { frames } = watch(far)
      const call = outcome(relay.call(readLog, {}))
      await settle()
      far.send(encodeFrame(frameTypes.reply, readLog.id, frames[0]!.id, garbage))
      await settle()
      assert.ok(isProtocolError(call.is, 'MALFORMED'))
    })

    it('that fail with a status of a newer peer are INTERNAL', async () => {
      const { relay, far } = setUp()
      const { frames } = watch(far)
      const call = outcome(relay.call(readLog, {}))
      await settle()
      far.send(encodeFrame(frameTypes.failure, readLog.id, frames[0]!.id, encode(Failure, { status: 200 })))
      await settle()
      assert.ok(isProtocolError(call.is, 'INTERNAL'))
    })

    it('keep what they answered: a reply is no view of the bytes that came in', async () => {
      const clock = new ManualClock()
      let onData: (chunk: Uint8Array) => void = () => {}
      const stream: ByteStream = { remotePeer: testDevice(1).id, remoteAddress: '', bufferedBytes: 0, start: (events) => { onData = events.onData }, send: () => {}, drained: async () => {}, close: async () => {}, abort: () => {} }
      const channel = new Channel(stream, { handlers: new Handlers(), clock }).start()
      const call = channel.call(readLog, {})
      const chunk = encodeFrame(frameTypes.reply, readLog.id, 1, encode(readLog.reply, { conversation: Uint8Array.of(5, 5, 5) }))
      onData(chunk)
      chunk.fill(0)
      assert.deepEqual((await call).conversation, Uint8Array.of(5, 5, 5))
    })
  })

  describe('waiting', () => {
    it('ends with TIMEOUT after the limit or what the caller says; a late reply is ignored', async () => {
      const { relay, far, clock } = setUp()
      const { frames } = watch(far)
      const [usual, short] = [outcome(relay.call(readLog, {})), outcome(relay.call(readLog, {}, { timeoutMs: 50 }))]
      await clock.advance(49)
      assert.equal(short.is, 'waiting')
      await clock.advance(1)
      assert.ok(isProtocolError(short.is, 'TIMEOUT'))
      await clock.advance(limits.requestTimeoutMs - 51)
      assert.equal(usual.is, 'waiting')
      await clock.advance(1)
      assert.ok(isProtocolError(usual.is, 'TIMEOUT'))
      far.send(encodeFrame(frameTypes.reply, readLog.id, frames[0]!.id, new Uint8Array(0)))
      far.send(encodeFrame(frameTypes.failure, readLog.id, frames[1]!.id, garbage))
      await settle()
      assert.equal(relay.isClosed, false)
    })

    it('leaves nothing at a signal that outlives it', async () => {
      const { far, clock } = setUp(new Handlers().on(readLog, () => ({})))
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      const { signal } = new AbortController()
      for (let i = 0; i < 5; i++) await device.call(readLog, {}, { signal })
      assert.equal(getEventListeners(signal, 'abort').length, 0)
    })

    it('ends with the reason of the signal, before or after sending', async () => {
      const { relay, far, clock } = setUp()
      const { frames } = watch(far)
      const abort = new AbortController()
      const call = outcome(relay.call(readLog, {}, { signal: abort.signal }))
      await settle()
      const reason = new Error('enough')
      assert.equal(getEventListeners(abort.signal, 'abort').length, 1)
      abort.abort(reason)
      await settle()
      assert.equal(call.is, reason)
      assert.equal(getEventListeners(abort.signal, 'abort').length, 0)
      await assert.rejects(relay.call(readLog, {}, { signal: abort.signal }), reason)
      assert.equal(frames.length, 1)
      assert.equal(clock.pending, 0)
    })

    for (const [how, end] of [['closes', (far: ByteStream) => { void far.close() }], ['breaks', (far: ByteStream) => { far.abort(new Error('cut')) }]] as const) {
      it(`ends with DISCONNECTED when the far side ${how}; listeners hear of it once, later calls too`, async () => {
        const { relay, far, clock } = setUp()
        watch(far)
        const heard: string[] = []
        relay.onClose(() => { heard.push('early') })
        const calls = [outcome(relay.call(readLog, {})), outcome(relay.call(readLog, {}))]
        await settle()
        end(far)
        await settle()
        for (const call of calls) assert.ok(isProtocolError(call.is, 'DISCONNECTED'))
        relay.onClose(() => { heard.push('late') })
        assert.deepEqual(heard, ['early', 'late'])
        assert.equal(relay.isClosed, true)
        await assert.rejects(relay.call(readLog, {}), refusedAs('DISCONNECTED'))
        relay.notify(acknowledge, {})
        assert.equal(clock.pending, 0)
      })
    }

    it('a handler that is done after the end answers nobody and breaks nothing', async () => {
      let go: () => void = () => {}
      const { far, seen } = setUp(new Handlers().on(readLog, async () => { await new Promise<void>((resolve) => { go = resolve }); throw new ProtocolError('GAP') }))
      const { frames } = watch(far)
      far.send(request(readLog.id, 1, new Uint8Array(0)))
      await settle()
      await far.close()
      go()
      await settle()
      assert.deepEqual(frames, [])
      assert.deepEqual(seen.refused, ['GAP read-log'])
    })
  })

  it('requests that failed make room for others', async () => {
    const { far } = setUp(new Handlers().on(readLog, async () => { throw new ProtocolError('GAP') }))
    const { frames } = watch(far)
    for (let id = 1; id <= limits.requestsInFlight * 2; id++) {
      far.send(request(readLog.id, id, new Uint8Array(0)))
      if (id % 100 === 0) await settle()
    }
    await settle()
    assert.deepEqual(new Set(frames.map(codeOf)), new Set(['GAP']))
  })

  it(`serves at most ${limits.requestsInFlight} requests at a time; the rest are told to come later`, async () => {
    const waiting: Array<() => void> = []
    const { far } = setUp(new Handlers().on(readLog, async () => { await new Promise<void>((resolve) => { waiting.push(resolve) }); return {} }))
    const { frames } = watch(far)
    for (let id = 1; id <= limits.requestsInFlight + 3; id++) far.send(request(readLog.id, id, new Uint8Array(0)))
    await settle()
    assert.deepEqual(frames.map(codeOf), ['OVERLOADED', 'OVERLOADED', 'OVERLOADED'])
    assert.deepEqual(frames.map(({ id }) => id), [1, 2, 3].map((more) => limits.requestsInFlight + more))
    assert.ok(decode(Failure, frames[0]!.body).retryAfterMs > 0)
    waiting.shift()!()
    await settle()
    far.send(request(readLog.id, 9_999, new Uint8Array(0)))
    await settle()
    assert.equal(waiting.length, limits.requestsInFlight)
    for (const go of waiting) go()
    await settle()
    assert.equal(frames.filter(({ type }) => type === frameTypes.reply).length, limits.requestsInFlight + 1)
  })

  describe('notifications', () => {
    it('arrive in order', async () => {
      const seqs: number[] = []
      const { far, clock } = setUp(new Handlers().onNotification(acknowledge, ({ positions }) => { seqs.push(positions[0]!.seq) }))
      const device = new Channel(far, { handlers: new Handlers(), clock }).start()
      for (let seq = 1; seq <= 5; seq++) device.notify(acknowledge, { positions: [{ conversation: new Uint8Array(3), epoch: 1, seq }] })
      await settle()
      assert.deepEqual(seqs, [1, 2, 3, 4, 5])
    })

    it('encoded once go to several channels, and are bounded as others are', async () => {
      const one = setUp()
      const two = setUp()
      const [seenByOne, seenByTwo] = [watch(one.far), watch(two.far)]
      const frame = encodeFrame(frameTypes.notification, acknowledge.id, 0, encode(Positions, { positions: [] }))
      for (const { relay } of [one, two]) relay.notifyFrame(acknowledge, frame)
      await settle()
      assert.deepEqual([seenByOne.frames.length, seenByTwo.frames], [1, seenByOne.frames])
      assert.throws(() => { one.relay.notifyFrame(acknowledge, new Uint8Array(limits.frameBytes + 1)) }, refusedAs('TOO_LARGE'))
      await one.relay.close()
      one.relay.notifyFrame(acknowledge, frame)
      await settle()
      assert.equal(seenByOne.frames.length, 1, 'a closed channel drops it')
    })

    it('whose handler fails are counted and not answered', async () => {
      const { far, seen, relay } = setUp(new Handlers().onNotification(acknowledge, () => { throw new Error('ours') }))
      const { frames } = watch(far)
      for (let i = 0; i < 5; i++) far.send(encodeFrame(frameTypes.notification, acknowledge.id, 0, encode(Positions, {})))
      await settle()
      assert.deepEqual([frames.length, seen.failed.length, relay.isClosed], [0, 5, false])
    })
  })

  describe('a peer that cannot be read', () => {
    const bad: Array<[string, Uint8Array]> = [
      ['requests', request(readLog.id, 3, garbage)],
      ['notifications', encodeFrame(frameTypes.notification, acknowledge.id, 0, garbage)],
      ['frames of an unknown type', encodeFrame(77, 1, 1, new Uint8Array(0))]
    ]
    for (const [what, frame] of bad) {
      it(`is left at the ${limits.malformedFrames}rd of its malformed ${what}, and not before`, async () => {
        const { relay, far, seen } = setUp(new Handlers().on(readLog, () => ({})).onNotification(acknowledge, () => {}))
        const watched = watch(far)
        for (let count = 1; count < limits.malformedFrames; count++) {
          far.send(frame.slice())
          await settle()
        }
        assert.equal(relay.isClosed, false)
        far.send(frame.slice())
        await settle()
        assert.equal(relay.isClosed, true)
        assert.equal(watched.ended.length, 1)
        assert.equal(seen.refused.filter((line) => line.startsWith('MALFORMED')).length, limits.malformedFrames)
      })
    }

    it('gets nothing served that stood behind its last malformed frame in the same chunk', async () => {
      let served = 0
      const { far } = setUp(new Handlers().on(readLog, () => { served++; return {} }))
      const watched = watch(far)
      far.send(concat(...Array.from({ length: limits.malformedFrames + 20 }, (_, id) => request(readLog.id, id, garbage)), request(readLog.id, 99, encode(ReadLog, {}))))
      await settle()
      assert.equal(served, 0)
      assert.ok(watched.frames.length <= limits.malformedFrames)
      assert.equal(watched.ended.length, 1)
    })

    it('is left at once when its stream cannot be cut into frames', async () => {
      for (const [bytes, code] of [[Uint8Array.of(255, 255, 255, 255, 1, 1, 0, 0, 0, 0), 'TOO_LARGE'], [Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0, 0), 'MALFORMED']] as const) {
        const { relay, far, seen } = setUp()
        watch(far)
        far.send(bytes)
        await settle()
        assert.equal(relay.isClosed, true)
        assert.deepEqual(seen.refused, [`${code} frame`])
      }
    })

    it('is left also when the stream takes a while to end', () => {
      const clock = new ManualClock()
      let onData: (chunk: Uint8Array) => void = () => {}
      const aborted: Error[] = []
      let served = 0
      const stream: ByteStream = { remotePeer: testDevice(1).id, remoteAddress: '', bufferedBytes: 0, start: (events) => { onData = events.onData }, send: () => {}, drained: async () => {}, close: async () => {}, abort: (error) => { aborted.push(error) } }
      new Channel(stream, { handlers: new Handlers().on(readLog, () => { served++; return {} }), clock }).start()
      for (let i = 0; i < 10; i++) onData(request(readLog.id, i, garbage))
      onData(request(readLog.id, 50, new Uint8Array(0)))
      assert.deepEqual([aborted.length, served], [1, 0])
    })
  })

  for (const seed of [301, 302, 303]) {
    it(`random, cut and flipped frames give typed errors and no defect (seed ${seed})`, async () => {
      const random = new SeededRandom(seed)
      const handlers = new Handlers().on(readLog, ({ fromSeq }) => ({ head: fromSeq })).on(submit, async () => ({})).onNotification(acknowledge, () => {})
      const good = [request(readLog.id, 1, encode(ReadLog, { fromSeq: 5 })), encodeFrame(frameTypes.reply, readLog.id, 1, new Uint8Array(4)), encodeFrame(frameTypes.failure, 1, 1, encode(Failure, { status: ERRORS.GAP.status })), encodeFrame(frameTypes.notification, acknowledge.id, 0, encode(Positions, {}))]
      for (let round = 0; round < 150; round++) {
        const { relay, far, seen } = setUp(handlers)
        watch(far)
        const call = outcome(relay.call(readLog, {}))
        for (let i = 0; i < 8; i++) far.send(random.below(3) === 0 ? random.pick(good).slice() : broken(random.pick(good), random))
        await settle()
        assert.deepEqual(seen.failed, [], `seed ${seed} round ${round}`)
        if (call.is instanceof Error) assert.ok(isProtocolError(call.is), `seed ${seed} round ${round}: ${call.is.stack}`)
        await relay.close()
      }
    })
  }
})
