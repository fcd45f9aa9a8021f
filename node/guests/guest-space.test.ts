/**
 * Whose part of what guests may leave is used up, with room for 4 MiB of all guests and nobody to forward to.
 */
import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { messageIdFromBytes } from '../../protocol/ids.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, directCommits, signing, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { silentLogger } from '../watch/logger.ts'
import { GuestOutbox } from './guest-outbox.ts'

const KIB = 1024
const maxBytes = 4_096 * KIB

describe('what guests may leave', () => {
  let clock: ManualClock
  let outbox: GuestOutbox
  let meter: CountingMeter
  const random = new SeededRandom(5)
  const bob = new TestPerson(random)

  beforeEach(() => {
    clock = new ManualClock()
    meter = new CountingMeter()
    const store = new MemoryStore()
    const nobody = (): Promise<never> => Promise.reject(new ProtocolError('HOME_UNREACHABLE'))
    outbox = new GuestOutbox({
      store,
      commits: directCommits(store),
      homes: { self: testRelay(random).id, find: nobody, learn: () => assert.fail(), refresh: () => {} },
      relays: { channelTo: nobody },
      signing,
      clock,
      random,
      logger: silentLogger,
      meter,
      accept: nobody
    }, { maxBytes })
  })
  afterEach(() => { outbox.stop() })

  /** One envelope of a kilobyte after the other until one is refused. @returns how many were taken, and the code */
  async function fill (guest: TestPerson, address?: string): Promise<{ taken: number, status: number }> {
    for (let taken = 0; ; taken++) {
      assert.ok(taken < 1_000)
      const envelope = encodeEnvelope({ conversation: pairConversation(guest.account, bob.account), sender: guest.account, senderDevice: guest.device.id, messageId: messageIdFromBytes(Uint8Array.of(...new Uint8Array(6), 0x70, 0, 0x80, ...random.bytes(7))), kind: 1, expiresAtMs: 0, ciphertexts: [{ device: bob.device.id, kind: 2, bytes: new Uint8Array(KIB) }] })
      const [outcome] = await outbox.take([envelope], { account: guest.account, device: guest.device.id, permit: new Uint8Array(100), expiresAtMs: 2 ** 45, deviceList: new Uint8Array(100), ...(address === undefined ? {} : { address }) })
      if (outcome!.status !== 0) return { taken, status: outcome!.status }
    }
  }

  const used = async (): Promise<number> => await meter.gauged('heliograph_guest_outbox_bytes')

  it('is shared by a crowd of keys, and leaves something for the next', async () => {
    const taken: number[] = []
    for (let i = 0; i < 30; i++) taken.push((await fill(new TestPerson(random))).taken)
    assert.ok(taken[0]! >= 30 && taken[0]! <= 100, `the first left ${taken[0]}`)
    assert.ok(taken[29]! >= 5, `the thirtieth left ${taken[29]}`)
    assert.ok(await used() < 0.9 * maxBytes, `${await used()} bytes in all`)
  })

  it('is an eighth at most for all keys behind one address', async () => {
    for (let i = 0; i < 10; i++) await fill(new TestPerson(random), '192.0.2.1')
    assert.ok(await used() <= maxBytes / 8, `${await used()} bytes`)
    const { taken, status } = await fill(new TestPerson(random), '198.51.100.7')
    assert.ok(taken >= 30, `${taken} from another`)
    assert.equal(status, new ProtocolError('OVERLOADED').status)
  })

  it('is an eighth at most for all devices of one account', async () => {
    const account = new TestPerson(random)
    for (let i = 0; i < 10; i++) await fill(Object.assign(Object.create(account) as TestPerson, { device: new TestPerson(random).device }))
    assert.ok(await used() <= maxBytes / 8, `${await used()} bytes`)
  })
})
