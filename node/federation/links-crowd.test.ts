import assert from 'node:assert/strict'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import type { Homes } from '../ports.ts'
import { testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { Links } from './links.ts'

describe('channels that other relays open', () => {
  it('are so many for each relay and each address, and a place is free again when one ends', async () => {
    const random = new SeededRandom(12)
    const self = testRelay(random)
    let accept: (stream: ByteStream) => void = () => {}
    const meter = new CountingMeter()
    const links = new Links({
      mesh: { handle: (_protocol: string, listener: typeof accept) => { accept = listener }, dial: () => Promise.reject(new Error('nobody is dialled')) },
      directory: { addressesOf: () => [] }, homes: {} as Homes, anchors: { onRecord: () => {} }, handlers: new Handlers(), clock: new ManualClock(), meter
    } as unknown as ConstructorParameters<typeof Links>[0])
    links.start()
    const open = (address: string, relay = testRelay(random).id): { isOpen: boolean, far: ByteStream } => {
      const [far, near] = streamPair(relay, self.id)
      const opened = { isOpen: true, far }
      Object.defineProperty(near, 'remoteAddress', { value: address })
      far.start({ onData: () => {}, onClose: () => { opened.isOpen = false } })
      accept(near)
      return opened
    }
    const one = testRelay(random).id
    const fromOne = Array.from({ length: 6 }, () => open('192.0.2.1', one))
    assert.deepEqual(fromOne.map(({ isOpen }) => isOpen), [true, true, true, true, false, false])
    await fromOne[0]!.far.close()
    assert.equal(open('192.0.2.1', one).isOpen, true)
    const crowd = Array.from({ length: 300 }, () => open('192.0.2.1'))
    assert.equal(crowd.filter(({ isOpen }) => isOpen).length, 256 - 4)
    assert.equal(open('198.51.100.1').isOpen, true)
    // Whoever has one address of a /64 has all of them.
    const customer = Array.from({ length: 300 }, (_, i) => open(`2001:db8:1:2::${i.toString(16)}`))
    assert.equal(customer.filter(({ isOpen }) => isOpen).length, 256)
    assert.equal(open('2001:db8:1:3::1').isOpen, true)
    assert.ok(Array.from({ length: 300 }, () => open('127.0.0.1')).every(({ isOpen }) => isOpen), 'a test network on one machine')
    await links.stop()
  })
})
