import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { linkMethods } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { TokenBuckets } from '../people/buckets.ts'
import { testDevice, testRelay } from '../testing/fixtures.ts'
import { noMeter } from '../watch/meter.ts'
import { Rendezvous } from './rendezvous.ts'

const random = new SeededRandom(8)
const relay = testRelay(random).id
const id = (fill: number): Uint8Array => new Uint8Array(16).fill(fill)
const refused = async (promise: Promise<unknown>, code: ErrorCode): Promise<void> => { await assert.rejects(promise, (error) => isProtocolError(error, code)) }

interface Visitor {
  readonly channel: Channel
  readonly taken: Uint8Array[]
  meet (rendezvous: Uint8Array, isNewDevice: boolean): Promise<unknown>
  give (payload: Uint8Array): Promise<unknown>
}

describe('rendezvous', () => {
  let clock: ManualClock
  let rendezvous: Rendezvous

  beforeEach(() => {
    clock = new ManualClock()
    rendezvous = new Rendezvous({ clock, buckets: new TokenBuckets({ clock }), meter: noMeter, channelMeter: {} })
  })
  afterEach(async () => {
    await rendezvous.stop()
    assert.equal(clock.pending, 0, 'no timer is left')
    assert.equal(rendezvous.connections, 0)
  })

  /** @param take what happens before a parcel counts as taken */
  function visitor ({ address = '127.0.0.1', take = async () => {} }: { address?: string, take?: (payload: Uint8Array) => Promise<void> } = {}): Visitor {
    const [near, far] = streamPair(testDevice(random).id, relay)
    Object.defineProperty(far, 'remoteAddress', { value: address })
    rendezvous.accept(far)
    const taken: Uint8Array[] = []
    const handlers = new Handlers().on(linkMethods.parcel, async ({ payload }) => {
      await take(payload)
      taken.push(payload.slice())
      return {}
    })
    const channel = new Channel(near, { handlers, clock }).start()
    return {
      channel,
      taken,
      meet: async (at, isNewDevice) => await channel.call(linkMethods.meet, { rendezvous: at, isNewDevice }),
      give: async (payload) => await channel.call(linkMethods.parcel, { payload }, { timeoutMs: limits.linkParcelTimeoutMs })
    }
  }

  async function pair (options: { take?: (payload: Uint8Array) => Promise<void> } = {}): Promise<[Visitor, Visitor]> {
    const [newDevice, primary] = [visitor(options), visitor(options)]
    await newDevice.meet(id(1), true)
    await primary.meet(id(1), false)
    return [newDevice, primary]
  }

  it('passes parcels both ways, as they are, and is told when they were taken', async () => {
    const [newDevice, primary] = await pair()
    await primary.give(Uint8Array.of(1))
    await newDevice.give(Uint8Array.of(2))
    await primary.give(new Uint8Array(limits.linkParcelBytes + 16).fill(3))
    assert.deepEqual(newDevice.taken.map((payload) => [payload.byteLength, payload[0]]), [[1, 1], [limits.linkParcelBytes + 16, 3]])
    assert.deepEqual(primary.taken, [Uint8Array.of(2)])
  })

  it('who comes to a code that is not there, expired or in use is refused', async () => {
    const [newDevice] = await pair()
    await refused(visitor().meet(id(9), false), 'LINK_FAILED')
    await refused(visitor().meet(id(1), false), 'LINK_FAILED')
    await refused(visitor().meet(id(1), true), 'LINK_FAILED')
    await refused(newDevice.meet(id(2), true), 'LINK_FAILED')
    await refused(visitor().meet(new Uint8Array(15), true), 'MALFORMED')
    const late = visitor()
    await late.meet(id(3), true)
    await clock.advance(limits.linkTtlMs)
    assert.ok(late.channel.isClosed)
    await refused(visitor().meet(id(3), false), 'LINK_FAILED')
  })

  it('all addresses of an IPv6 customer have one quota', async () => {
    for (let i = 0; i < rates.linkPerAddress.burst; i++) await visitor({ address: `2001:db8:1:2::${i.toString(16)}` }).meet(id(10 + i), true)
    await refused(visitor({ address: '2001:db8:1:2:ffff::1' }).meet(id(200), true), 'QUOTA')
    await visitor({ address: '2001:db8:1:3::1' }).meet(id(201), true)
  })

  it('a parcel for nobody is refused', async () => {
    const alone = visitor()
    await refused(alone.give(Uint8Array.of(1)), 'LINK_FAILED')
    await alone.meet(id(1), true)
    await refused(alone.give(Uint8Array.of(1)), 'LINK_FAILED')
  })

  it('when one leaves, the other hears of it, and the meeting is over', async () => {
    const [newDevice, primary] = await pair()
    await newDevice.channel.close()
    await settle()
    assert.ok(primary.channel.isClosed)
    assert.equal(rendezvous.meetings, 0)
  })

  it('silence ends a meeting; parcels keep it, but not for ever', async () => {
    const [newDevice, primary] = await pair()
    let passedMs = 0
    while (!primary.channel.isClosed) {
      await primary.give(Uint8Array.of(1)).catch(() => { /* the end */ })
      await clock.advance(limits.linkTtlMs - 1)
      passedMs += limits.linkTtlMs - 1
      assert.ok(passedMs < 2 * limits.linkMaxMs)
    }
    assert.ok(passedMs >= limits.linkMaxMs && newDevice.taken.length > 2)
    const [, silent] = await pair()
    await clock.advance(limits.linkTtlMs)
    assert.ok(silent.channel.isClosed)
  })

  it('one parcel each way is under way at a time', async () => {
    let go = (): void => {}
    const gate = new Promise<void>((resolve) => { go = resolve })
    const [newDevice, primary] = await pair({ take: async () => { await gate } })
    const [first, back] = [primary.give(Uint8Array.of(1)), newDevice.give(Uint8Array.of(2))]
    await settle()
    await refused(primary.give(Uint8Array.of(3)), 'OVERLOADED')
    go()
    await Promise.all([first, back])
    await primary.give(Uint8Array.of(4))
    assert.deepEqual(newDevice.taken, [Uint8Array.of(1), Uint8Array.of(4)])
  })

  it('a device that does not take what it is given makes the other\'s parcel fail in time', async () => {
    const [, primary] = await pair({ take: async () => { await new Promise(() => {}) } })
    const given = refused(primary.give(Uint8Array.of(1)), 'LINK_FAILED')
    await clock.advance(limits.linkParcelTimeoutMs)
    await given
  })

  it('all parcels of a meeting together have a bound', async () => {
    const [newDevice, primary] = await pair()
    const parcel = new Uint8Array(limits.linkParcelBytes)
    for (let i = 0; i < limits.linkMaxBytes / parcel.byteLength; i++) await primary.give(parcel)
    await refused(primary.give(parcel), 'TOO_LARGE')
    await clock.advance(1_000)
    assert.ok(primary.channel.isClosed && newDevice.channel.isClosed)
    assert.equal(newDevice.taken.length, limits.linkMaxBytes / parcel.byteLength)
  }).timeout(30_000)

  it('an address that opens meeting after meeting is slowed down', async () => {
    for (let i = 0; i < rates.linkPerAddress.burst; i++) await visitor({ address: '192.0.2.1' }).meet(id(10 + i), true)
    await refused(visitor({ address: '192.0.2.1' }).meet(id(200), true), 'QUOTA')
    await visitor({ address: '192.0.2.2' }).meet(id(201), true)
  })

  it('who connects and says nothing is let go, and there is a bound on all', async () => {
    const silent = visitor()
    await clock.advance(limits.helloTimeoutMs)
    assert.ok(silent.channel.isClosed)
    for (let i = 0; i < 2 * limits.linkMeetings; i++) visitor()
    const last = visitor()
    await settle()
    assert.ok(last.channel.isClosed)
    assert.equal(rendezvous.connections, 2 * limits.linkMeetings)
    await clock.advance(limits.helloTimeoutMs)
  })

  it('an address that holds connections open without saying anything keeps nobody else out', async () => {
    for (let i = 0; i < 3 * limits.linkMeetings; i++) visitor({ address: '192.0.2.1' })
    await settle()
    const other = visitor({ address: '192.0.2.2' })
    await other.meet(id(1), true)
    assert.ok(rendezvous.connections < 100, `${rendezvous.connections}`)
    await clock.advance(limits.helloTimeoutMs)
    const late = visitor({ address: '192.0.2.1' })
    await late.meet(id(2), true)
  })

  it('no more meetings than a relay has room for', async () => {
    for (let i = 0; i < limits.linkMeetings; i++) {
      const at = new Uint8Array(16)
      new DataView(at.buffer).setUint32(0, i)
      await visitor().meet(at, true)
    }
    await refused(visitor().meet(id(255), true), 'OVERLOADED')
  })
})
