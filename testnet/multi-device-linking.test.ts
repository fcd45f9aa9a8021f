/**
 * Linking a device on the relay's real code, with everything that can go wrong in between: afterwards it is linked, or
 * nothing has happened, and it can be tried again.
 */
import assert from 'node:assert/strict'
import type { Approval, NewDevice } from '../client/devices/own-devices.ts'
import type { ByteStream, ByteStreamEvents } from '../protocol/byte-stream.ts'
import { isProtocolError, type ErrorCode } from '../protocol/errors.ts'
import { limits } from '../protocol/limits.ts'
import { protocols } from '../protocol/protocols.ts'
import { DeviceWorld, addressOf, type TestDevice } from './device-world.ts'

const fails = async (promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> => {
  await assert.rejects(promise, (error) => {
    assert.ok(isProtocolError(error, ...codes), String(error))
    return true
  })
}

/** A link stream of which one write is changed, or is the last. */
class BadStream implements ByteStream {
  readonly #stream: ByteStream
  readonly #onSend: (bytes: Uint8Array) => Uint8Array | undefined

  constructor (stream: ByteStream, onSend: (bytes: Uint8Array) => Uint8Array | undefined) {
    this.#stream = stream
    this.#onSend = onSend
  }

  get remotePeer (): ByteStream['remotePeer'] { return this.#stream.remotePeer }
  get remoteAddress (): string { return this.#stream.remoteAddress }
  get bufferedBytes (): number { return this.#stream.bufferedBytes }
  start (events: ByteStreamEvents): void { this.#stream.start(events) }
  async drained (): Promise<void> { await this.#stream.drained() }
  async close (): Promise<void> { await this.#stream.close() }
  abort (error: Error): void { this.#stream.abort(error) }

  send (bytes: Uint8Array): void {
    const sent = this.#onSend(bytes)
    if (sent === undefined) this.abort(new Error('cut'))
    else this.#stream.send(sent)
  }
}

describe('linking a device', () => {
  let world: DeviceWorld
  let ann: TestDevice

  beforeEach(async () => {
    world = await DeviceWorld.start()
    ann = await world.primary('ann', world.nodes[0]!)
  })
  afterEach(async () => { await world.stop() })

  const start = async (device: TestDevice): Promise<NewDevice> => await world.world.during(device.client.devices.startLinking({ name: device.name, relay: addressOf(world.nodes[1]!) }))
  const approve = async (code: string, by = ann): Promise<Approval> => await world.world.during(by.client.devices.approve(code))
  /** Whoever else comes says everything to the relay 4 s late, until the returned function is called. */
  const slowFrom = (others: readonly TestDevice[]): (() => void) => {
    const quick = new Set(others.map(({ id }) => id))
    let isSlow = true
    world.wrapStream = (stream, protocol, device) => protocol !== protocols.client || quick.has(device) ? stream : new BadStream(stream, (bytes) => {
      if (!isSlow) return bytes
      const later = bytes.slice()
      world.world.clock.after(4_000, () => { stream.send(later) })
      return new Uint8Array(0)
    })
    return () => { isSlow = false }
  }
  const ids = async (device: TestDevice): Promise<string[]> => (await device.client.devices.list()).map(({ id }) => id)

  /** Whatever has happened, both agree on it, the primary works, and it can be done (again). */
  async function checkAfter (device: TestDevice, what: string): Promise<void> {
    await world.world.pass(5_000)
    const listed = await ids(ann)
    if (device.client.account !== undefined) {
      // Linked as it believes, and as the primary knows; else it is told so as soon as it asks.
      device.client.start()
      await world.until(() => device.client.connection.state === 'online' || device.news.includes('unlinked'), `${what}: a clear end`)
      assert.equal(listed.includes(device.id), !device.client.devices.isUnlinked, what)
    } else {
      assert.equal(listed.length, 1, `${what}: no device is left in the list`)
      await world.link(ann, device)
      assert.equal((await ids(ann)).length, 2, `${what}: linked at the second try`)
    }
    assert.equal(ann.client.connection.state, 'online')
    assert.deepEqual(ann.warnings, [])
  }

  it('both show the same six digits, and nothing happens before the person confirms', async () => {
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    assert.match(approval.shortCode, /^\d{6}$/)
    assert.equal(await world.world.during(linking.shortCode), approval.shortCode)
    await world.world.pass(60_000)
    assert.deepEqual([(await ids(ann)).length, laptop.client.account], [1, undefined])
    await world.world.during(approval.confirm())
    await world.world.during(linking.linked)
    assert.equal((await ids(ann)).length, 2)
  })

  it('codes that differ, a change of mind on either side: nothing has happened', async () => {
    const laptop = await world.device('laptop')
    let linking = await start(laptop)
    let approval = await approve(linking.code)
    approval.reject()
    await fails(world.world.during(linking.linked), 'LINK_FAILED')
    await fails(approval.confirm(), 'LINK_FAILED')
    linking = await start(laptop)
    approval = await approve(linking.code)
    linking.cancel()
    await fails(world.world.during(linking.linked), 'CANCELLED')
    await fails(world.world.during(approval.confirm()), 'LINK_FAILED')
    await checkAfter(laptop, 'cancelled')
  })

  it('a code is good once and for five minutes', async () => {
    const [laptop, tablet] = [await world.device('laptop'), await world.device('tablet')]
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    await fails(approve(linking.code), 'LINK_FAILED')
    approval.reject()
    const late = await start(tablet)
    await world.world.clock.advance(limits.linkTtlMs)
    await fails(world.world.during(late.shortCode), 'LINK_FAILED')
    await fails(approve(late.code), 'LINK_FAILED')
    await checkAfter(tablet, 'too late')
  })

  it('what is no code is refused as such', async () => {
    await fails(approve('heliograph:link?nothing'), 'UNSUPPORTED_VERSION', 'MALFORMED')
    await fails(approve('hello'), 'MALFORMED')
  })

  it('whichever parcel a relay changes: LINK_FAILED, and nothing has happened', async () => {
    for (let at = 0; at < 16; at++) {
      const laptop = await world.device(`laptop ${at}`)
      let sent = 0
      let isChanged = false
      // The first writes are the two meets; what follows are parcels and their answers, of both sides.
      world.wrapStream = (stream, protocol) => protocol !== protocols.link ? stream : new BadStream(stream, (bytes) => {
        // An answer is an empty frame: nothing to change in it.
        if (bytes.byteLength < 24 || sent++ !== at + 2) return bytes
        isChanged = true
        return bytes.map((byte, i) => i === bytes.byteLength - 1 ? byte ^ 1 : byte)
      })
      const linking = await start(laptop)
      let code: ErrorCode | undefined
      try {
        const approval = await approve(linking.code)
        const shown = await world.world.during(linking.shortCode)
        // A changed key or nonce shows in the digits: the person says no.
        if (shown === approval.shortCode) await world.world.during(approval.confirm())
        else { approval.reject(); code = 'LINK_FAILED' }
      } catch (error) {
        assert.ok(isProtocolError(error), String(error))
        code = error.code
      }
      world.wrapStream = (stream) => stream
      if (!isChanged) continue
      await world.world.during(linking.linked).catch((error: unknown) => { assert.ok(isProtocolError(error, 'LINK_FAILED'), String(error)) })
      if (laptop.client.account === undefined) assert.equal(code, 'LINK_FAILED', `parcel ${at}`)
      linking.cancel()
      await checkAfter(laptop, `parcel ${at} changed`)
      for (const id of (await ids(ann)).slice(1)) await world.world.during(ann.client.devices.unlink(id as never))
      await laptop.away()
      ann.warnings.length = 0
    }
  }).timeout(60_000)

  it('wherever the connection of either side ends: linked, or not at all, and both agree', async () => {
    let isEnded = true
    for (let at = 0; isEnded && at < 40; at++) {
      const laptop = await world.device(`laptop ${at}`)
      let sent = 0
      isEnded = false
      world.wrapStream = (stream, protocol) => protocol !== protocols.link ? stream : new BadStream(stream, (bytes) => {
        if (sent++ !== at) return bytes
        isEnded = true
        return undefined
      })
      let linking: NewDevice | undefined
      try {
        linking = await start(laptop)
        const approval = await approve(linking.code)
        await world.world.during(approval.confirm())
        await world.world.during(linking.linked)
      } catch (error) {
        assert.ok(isProtocolError(error), String(error))
      }
      world.wrapStream = (stream) => stream
      await world.world.during(Promise.allSettled([linking?.hasWholeHistory]))
    await checkAfter(laptop, `write ${at} was the last`)
      for (const id of (await ids(ann)).slice(1)) await world.world.during(ann.client.devices.unlink(id as never))
      await laptop.away()
    }
    assert.equal(isEnded, false, 'the linking that was not cut is the last')
  }).timeout(60_000)

  it('a relay that keeps the connection and passes nothing on: the device is not left half linked', async () => {
    const laptop = await world.device('laptop')
    let isMute = false
    world.wrapStream = (stream, protocol) => protocol !== protocols.link ? stream : new BadStream(stream, (bytes) => isMute ? new Uint8Array(0) : bytes)
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    const confirming = fails(approval.confirm(), 'LINK_FAILED')
    await world.until(() => ann.data.has('me/linking'), 'half linked')
    // Nothing of the meeting arrives any more, and nobody is told.
    isMute = true
    await world.world.clock.advance(limits.linkTtlMs)
    await world.world.during(confirming)
    await world.until(async () => (await ids(ann)).length === 1, 'taken out')
    linking.cancel()
    await fails(world.world.during(linking.linked), 'CANCELLED', 'LINK_FAILED')
  })

  it('a primary that dies in between takes the half-linked device out again when it starts', async () => {
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    const confirming = approval.confirm().catch(() => { /* it dies */ })
    await world.until(() => ann.data.has('me/linking'), 'half linked')
    const data = new Map(ann.data)
    await ann.away()
    await confirming
    ann.data.clear()
    for (const [key, value] of data) ann.data.set(key, value)
    await ann.back()
    assert.equal((await ids(ann)).length, 1)
    assert.equal(ann.data.has('me/linking'), false)
    await world.world.during(linking.linked).catch(() => { /* or it was quicker */ })
    await checkAfter(laptop, 'the primary died')
  })

  it('a new device that dies before it has what it needs is without an account when it starts', async () => {
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    const confirming = approval.confirm().catch(() => { /* the other side dies */ })
    await world.until(() => laptop.data.has('me/account'), 'admitted')
    const data = new Map(laptop.data)
    linking.cancel()
    await confirming
    laptop.data.clear()
    for (const [key, value] of data) laptop.data.set(key, value)
    await laptop.open()
    assert.equal(laptop.client.account, undefined)
    assert.deepEqual([...laptop.data.keys()].filter((key) => !['me/device', 'me/schema'].includes(key) && !key.startsWith('p')), [])
    await checkAfter(laptop, 'the new device died')
  })

  it('the eleventh device is refused, and there is room again when one is unlinked', async () => {
    for (let i = 1; i < limits.devices; i++) await world.companion(`device ${i}`, ann)
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    await fails(approve(linking.code), 'TOO_MANY_DEVICES')
    linking.cancel()
    await world.world.during(ann.client.devices.unlink((await ann.client.devices.list())[3]!.id))
    await world.link(ann, laptop)
    assert.equal((await ids(ann)).length, limits.devices)
  }).timeout(60_000)

  it('only the primary links and unlinks; a device that has an account is not linked to another', async () => {
    const laptop = await world.companion('laptop', ann)
    const tablet = await world.device('tablet')
    const linking = await start(tablet)
    await fails(approve(linking.code, laptop), 'NOT_ALLOWED')
    await fails(laptop.client.devices.unlink(ann.id), 'NOT_ALLOWED')
    await fails(ann.client.devices.unlink(ann.id), 'NOT_ALLOWED')
    await fails(ann.client.devices.unlink('nobody' as never), 'UNKNOWN_DEVICE')
    await fails(laptop.client.devices.startLinking({}), 'NOT_ADMITTED')
    await fails(ann.client.devices.startLinking({}), 'NOT_ADMITTED')
    await fails(world.world.during(laptop.client.createAccount({ handle: 'other' })), 'NOT_ADMITTED')
    linking.cancel()
  })

  it('a device gets neither the account key nor anybody\'s sessions', async () => {
    const bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
    await ann.say(bob.account, 'hello')
    await world.until(() => bob.received.length === 1)
    await world.world.pass(2_000)
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    await world.world.during(approval.confirm())
    await world.world.during(linking.linked)
    const text = (device: TestDevice, key: string): string => Buffer.from(device.data.get(key)!).toString()
    const { seed } = JSON.parse(text(ann, 'me/account')) as { seed: string }
    assert.equal(seed.length, 64)
    for (const [key, value] of laptop.data) assert.equal(Buffer.from(value).toString('latin1').includes(seed) || Buffer.from(value).toString('hex').includes(seed), false, key)
    assert.deepEqual([...laptop.data.keys()].filter((key) => /^(?:se|ob|sl|ow|bad)\//.test(key)), [])
    assert.ok([...ann.data.keys()].some((key) => key.startsWith('se/')))
  })

  it('a device that is slow to publish its keys does not use up the claims of its siblings', async () => {
    const bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
    await ann.say(bob.account, 'before')
    await world.until(() => bob.received.includes('before'))
    const hurry = slowFrom([ann, bob])
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const approval = await approve(linking.code)
    const confirmed = approval.confirm()
    await world.until(async () => (await ids(ann)).length === 2, 'in the list')
    await world.world.during(confirmed)
    hurry()
    await world.world.during(linking.hasWholeHistory)
    await laptop.online()
    await ann.say(bob.account, 'after')
    await laptop.say(bob.account, 'from the laptop')
    await world.until(() => bob.received.includes('after') && bob.received.includes('from the laptop'), 'both at bob', 10_000)
    await world.until(async () => (await laptop.texts(bob.account)).includes('out after'), 'at the laptop', 10_000)
    assert.deepEqual([ann.warnings, laptop.warnings], [[], []])
  })

  it('a device that was without keys when somebody asked is sealed for soon, without another occasion', async () => {
    const bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
    const tablet = await world.companion('tablet', ann)
    await bob.say(ann.account, 'before')
    await world.until(() => tablet.received.includes('before'))
    const hurry = slowFrom([ann, bob, tablet])
    const laptop = await world.device('laptop')
    const linking = await start(laptop)
    const confirmed = (await approve(linking.code)).confirm()
    await world.until(async () => (await ids(tablet)).length === 3, 'known to the tablet')
    // The tablet hears that there are no keys of the laptop.
    await tablet.say(bob.account, 'meanwhile')
    await world.until(() => bob.received.includes('meanwhile'))
    await world.world.during(confirmed)
    hurry()
    await world.world.during(linking.hasWholeHistory)
    await laptop.online()
    await world.world.pass(30_000)
    // Nobody else could give it.
    await ann.away()
    await tablet.say(bob.account, 'for the laptop, too')
    await world.until(async () => (await laptop.texts(bob.account)).includes('out for the laptop, too'), 'at the laptop', 10_000)
    assert.deepEqual([tablet.warnings, laptop.warnings], [[], []])
  })

  it('a long history comes in chunks, with progress; when the relay goes away in the middle the rest stays on the primary', async () => {
    const bob = await world.primary('bob', world.nodes[1]!)
    await world.world.pass(5_000)
    const count = 700
    for (let i = 0; i < count; i++) await ann.say(bob.account, `${i} ${'x'.repeat(400)}`)
    await world.until(async () => (await ann.states(bob.account)).every((state) => state === 'delivered'), 'all delivered')
    const laptop = await world.device('laptop')
    const progress: Array<{ done: number, total: number }> = []
    const linking = await world.world.during(laptop.client.devices.startLinking({ relay: addressOf(world.nodes[0]!), onProgress: (one) => { progress.push(one) } }))
    await world.world.during((await approve(linking.code)).confirm())
    assert.equal(await world.world.during(linking.hasWholeHistory), true)
    assert.deepEqual(await laptop.texts(bob.account), await ann.texts(bob.account))
    assert.ok(progress.length > 5 && progress.every(({ done, total }) => done <= total) && progress.at(-1)!.done >= count, JSON.stringify(progress))

    const tablet = await world.device('tablet')
    const half = await start(tablet)
    const approval = await approve(half.code)
    let left = 6
    world.wrapStream = (stream) => stream
    const cut = world.nodes[1]!
    tablet.client.on('connection', () => { /* counted below */ })
    await world.world.during(approval.confirm({ onProgress: () => { if (--left === 0) void cut.relay.rendezvous.stop() } }))
    assert.equal(await world.world.during(half.hasWholeHistory), false)
    await tablet.online()
    const got = await tablet.texts(bob.account)
    assert.ok(got.length > 0 && got.length < count, `${got.length}`)
    assert.deepEqual(got, (await ann.texts(bob.account)).slice(-got.length), 'the newest')
    assert.equal((await ids(ann)).length, 3)
  }).timeout(60_000)
})
