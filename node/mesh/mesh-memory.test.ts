import assert from 'node:assert/strict'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { deadline } from '../deadline.ts'
import { testRelay } from '../testing/fixtures.ts'
import { MemoryNetwork, type MemoryMesh } from './mesh-memory.ts'

describe('memory mesh', () => {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  let network: MemoryNetwork
  let a: MemoryMesh
  let b: MemoryMesh
  let heard: number[]
  let accepted: ByteStream[]
  let ends: Array<Error | undefined>

  beforeEach(async () => {
    network = new MemoryNetwork({ clock, random }, { latencyMs: 40, jitterMs: 20 })
    a = network.join(testRelay(random).id)
    b = network.join(testRelay(random).id)
    heard = []
    accepted = []
    ends = []
    b.handle('/test', (stream) => {
      accepted.push(stream)
      stream.start({ onData: (chunk) => { heard.push(...chunk) }, onClose: (error) => { ends.push(error) } })
    })
    await a.start()
    await b.start()
  })

  const dial = async (): Promise<ByteStream> => {
    const dialled = a.dial(b.self, [], '/test', { signal: new AbortController().signal })
    await clock.advance(200)
    return await dialled
  }

  it('bytes arrive in order after the latency', async () => {
    const stream = await dial()
    for (let i = 0; i < 20; i++) {
      stream.send(Uint8Array.of(i))
      await clock.advance(3)
    }
    assert.ok(heard.length < 20)
    await clock.advance(100)
    assert.deepEqual(heard, Array.from({ length: 20 }, (_, i) => i))
    assert.deepEqual([accepted[0]?.remotePeer, stream.remotePeer], [a.self, b.self])
  })

  it('a close arrives after the bytes', async () => {
    const stream = await dial()
    stream.send(Uint8Array.of(1))
    await stream.close()
    await clock.advance(100)
    assert.deepEqual([heard, ends], [[1], [undefined]])
  })

  it('a reset cut breaks streams at once; a silent one swallows bytes and breaks them at healing', async () => {
    await dial()
    network.cut(a.self, b.self, 'reset')
    assert.equal(isProtocolError(ends[0], 'DISCONNECTED'), true)
    network.heal(a.self, b.self)
    const stream = await dial()
    network.cut(a.self, b.self, 'silent')
    stream.send(Uint8Array.of(9))
    await clock.advance(10_000)
    assert.deepEqual([heard, ends.length], [[], 1])
    network.heal(a.self, b.self)
    assert.equal(ends.length, 2)
  })

  it('a dial over a cut lasts until the caller gives up; one to nobody fails', async () => {
    network.cut(a.self, b.self)
    const dialled = a.dial(b.self, [], '/test', { signal: deadline(clock, 8_000).signal })
    dialled.catch(() => { /* looked at below */ })
    await clock.advance(8_000)
    await assert.rejects(dialled, (error) => isProtocolError(error, 'TIMEOUT'))
    network.leave(b.self)
    network.heal(a.self, b.self)
    const other = a.dial(b.self, [], '/test', { signal: deadline(clock, 8_000).signal })
    other.catch(() => { /* looked at below */ })
    await clock.advance(1_000)
    await assert.rejects(other, (error) => isProtocolError(error, 'HOME_UNREACHABLE'))
  })

  it('records and gossip reach whom the network reaches', async () => {
    const options = { signal: new AbortController().signal }
    const heardAt: number[] = []
    b.subscribe('topic', (message) => { heardAt.push(message[0]!); return 'accept' })
    const done = Promise.all([a.putRecord('/k', Uint8Array.of(1), options), a.publish('topic', Uint8Array.of(5))])
    await clock.advance(500)
    await done
    const found = b.getRecord('/k', options)
    await clock.advance(500)
    assert.deepEqual([await found, heardAt], [Uint8Array.of(1), [5]])
    network.cut(a.self, b.self)
    const alone = a.putRecord('/k', Uint8Array.of(2), options)
    alone.catch(() => { /* looked at below */ })
    await clock.advance(500)
    await assert.rejects(alone, (error) => isProtocolError(error, 'HOME_UNREACHABLE'))
  })
})
