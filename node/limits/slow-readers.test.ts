/**
 * Devices that do not read what they are given.
 */
import assert from 'node:assert/strict'
import type { ByteStream, ByteStreamEvents } from '../../protocol/byte-stream.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { messageIdFromBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientNotifications } from '../../protocol/methods.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { Delivery } from '../delivery/delivery.ts'
import { SharedPages } from '../delivery/shared-pages.ts'
import { FanoutScheduler } from '../fanout/scheduler.ts'
import { Log } from '../log/log.ts'
import type { LogReader } from '../log/log-reader.ts'
import { TestPerson, register, sayHello } from '../testing/fixtures.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'
import { silentLogger } from '../watch/logger.ts'
import { noMeter } from '../watch/meter.ts'

/** A stream whose far side has this much not read. */
class UnreadStream implements ByteStream {
  readonly #stream: ByteStream
  bufferedBytes = 0

  constructor (stream: ByteStream) { this.#stream = stream }

  get remotePeer (): ByteStream['remotePeer'] { return this.#stream.remotePeer }
  get remoteAddress (): string { return this.#stream.remoteAddress }
  start (events: ByteStreamEvents): void { this.#stream.start(events) }
  send (bytes: Uint8Array): void { this.#stream.send(bytes) }
  drained (): Promise<void> { return this.#stream.drained() }
  close (): Promise<void> { return this.#stream.close() }
  abort (error: Error): void { this.#stream.abort(error) }
}

describe('devices that do not read', () => {
  describe('at a relay', () => {
    let world: World
    let relay: TestRelayNode

    beforeEach(async () => {
      world = new World(8)
      relay = await world.relay('eu-1')
    })
    afterEach(async () => { await world.stop() })

    async function connect (): Promise<{ stream: UnreadStream, channel: Channel }> {
      const person = new TestPerson(world.random)
      const [near, far] = streamPair(person.device.id, relay.id)
      const stream = new UnreadStream(far)
      relay.relay.clients.accept(stream)
      const channel = new Channel(near, { handlers: new Handlers().onNotification(clientNotifications.deliver, () => {}), clock: world.clock }).start()
      await world.during(sayHello(channel, person))
      await world.during(register(channel, person, relay.id))
      return { stream, channel }
    }

    /** It says that it is there, all the while. */
    async function beat (channel: Channel, beats: number, each: () => void = () => {}): Promise<void> {
      for (let i = 0; i < beats && !channel.isClosed; i++) {
        each()
        channel.call(anyMethods.ping, {}).catch(() => { /* its end is what counts */ })
        await world.pass(limits.heartbeatMs)
      }
    }

    it('are disconnected although they speak, and it is counted why', async () => {
      const { stream, channel } = await connect()
      stream.bufferedBytes = 200 * 1024
      await beat(channel, 3)
      assert.equal(channel.isClosed, true)
      assert.equal(relay.meter.of('heliograph_client_closed_total OVERLOADED'), 1)
    })

    it('stay while they read at all, and when they are only a little behind', async () => {
      const { stream, channel } = await connect()
      stream.bufferedBytes = 3_000_000
      await beat(channel, 5, () => { stream.bufferedBytes -= 300_000 })
      assert.equal(channel.isClosed, false)
      stream.bufferedBytes = limits.unreadBytes - 1
      await beat(channel, 5)
      assert.equal(channel.isClosed, false)
      await channel.close()
    })
  })

  it('get a small window when all devices together have much that they have not acknowledged', () => {
    const random = new SeededRandom(4)
    const clock = new ManualClock()
    const [one, other] = [new TestPerson(random), new TestPerson(random)]
    const conversation = pairConversation(one.account, other.account)
    const delivered = (usedBytes: number): number => {
      const log = new Log(conversation, undefined, { usedBytes: 0, maxBytes: 1e9 })
      for (let seq = 1; seq <= 300; seq++) {
        const id = random.bytes(16)
        id[6] = 0x70
        id[8] = 0x80
        const messageId = messageIdFromBytes(id)
        const envelope = encodeEnvelope({ conversation, sender: one.account, senderDevice: one.device.id, messageId, kind: 1, expiresAtMs: 0, ciphertexts: [{ device: other.device.id, kind: 2, bytes: random.bytes(8_000) }] })
        log.append({ epoch: 1, seq, sender: one.device.id, messageId, storedAtMs: 1, expiresAtMs: 2 ** 47, envelope })
      }
      let bytes = 0
      const turns: Array<() => void> = []
      const scheduler = new FanoutScheduler({ defer: (task) => { turns.push(task) }, meter: noMeter })
      const channel = { notifyFrame: (_kind: unknown, frame: Uint8Array) => { bytes += frame.byteLength } } as unknown as Channel
      const budget = { usedBytes }
      const delivery = new Delivery(channel, other.device.id, {
        pages: new SharedPages({ reader: {} as LogReader }), scheduler, budget, clock, random, logger: silentLogger, delivered: { inc: () => {} }, lag: { observe: () => {} }, onlineLag: { observe: () => {} }, rankOf: () => 0
      })
      log.durableHead = 0
      delivery.follow(log)
      log.committed(300)
      for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) turn()
      assert.ok(budget.usedBytes > usedBytes)
      delivery.stop()
      assert.equal(budget.usedBytes, usedBytes, 'nothing is left of it')
      return bytes
    }
    const usual = delivered(0)
    const tight = delivered(limits.deliveryAllBytes)
    assert.ok(usual > 1_900_000 && usual < limits.deliveryWindowBytes + limits.pageBytes, `${usual}`)
    assert.ok(tight > 0 && tight <= limits.deliveryTightBytes + 256 * 1024, `${tight}`)
  })
})
