/**
 * Random, cut and bit-flipped input to everything that an entry node takes from outside: requests for the directory,
 * gossip, and the answers of those whom it asks. What must hold: a typed answer or a closed stream, no defect, nothing
 * forged in the directory, and an honest newcomer is served all the while.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Channel, Handlers } from '../protocol/channel.ts'
import { ManualClock, SeededRandom, settle } from '../protocol/clock-manual.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { ERRORS, isProtocolError } from '../protocol/errors.ts'
import { FrameReader, encodeFrame, frameTypes } from '../protocol/frames.ts'
import { deviceIdOfKey, relayIdOfKey } from '../protocol/ids.ts'
import { limits } from '../protocol/limits.ts'
import { anyMethods, directoryMethods } from '../protocol/methods.ts'
import { signRelayRecord, verifyRelayRecord } from '../protocol/records/relay-record.ts'
import { streamPair } from '../protocol/stream-pair.ts'
import { decode, encode } from '../protocol/wire/codec.ts'
import { RelayRecords } from '../protocol/wire/gen/records.js'
import { Empty, Failure, GetDirectory } from '../protocol/wire/gen/service.js'
import { Collector } from './collector.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? randomBytes(4).readUInt32LE())
const rounds = 400

describe(`fuzz of the bootstrap node (FUZZ_SEED=${seed})`, () => {
  let random: SeededRandom
  let clock: ManualClock
  let collector: Collector
  const names = ['eu-1.example.org', 'us-1.example.org']

  beforeEach(() => {
    random = new SeededRandom(seed)
    clock = new ManualClock()
    collector = new Collector({ clock, signing: nodePrimitives })
    for (const [index, name] of names.entries()) assert.equal(collector.onGossip(recordOf(name, index + 1)), 'accept')
  })

  const recordOf = (name: string, seedByte: number): Uint8Array => {
    const key = new Uint8Array(32).fill(seedByte)
    const relay = relayIdOfKey(nodePrimitives.ed25519PublicKey(key))
    return signRelayRecord(nodePrimitives, { relay, name, region: 'eu', addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${relay}`], loadPermille: 0, openRegistration: true, software: 'test', issuedAtMs: clock.nowMs() }, key).bytes
  }
  const pair = (): ReturnType<typeof streamPair> => streamPair(deviceIdOfKey(random.bytes(32)), deviceIdOfKey(random.bytes(32)))

  /** Cut, flipped, or made up. */
  function broken (bytes: Uint8Array): Uint8Array {
    if (random.fraction() < 0.2) return random.bytes(random.below(400))
    const out = bytes.slice(0, random.fraction() < 0.4 ? random.below(bytes.byteLength + 1) : bytes.byteLength)
    for (let flips = random.below(4); flips > 0 && out.byteLength > 0; flips--) out[random.below(out.byteLength)]! ^= 1 << random.below(8)
    return out
  }

  async function honestAsker (): Promise<string[]> {
    const [near, far] = pair()
    collector.accept(near)
    const channel = new Channel(far, { handlers: new Handlers(), clock }).start()
    const { records } = await channel.call(directoryMethods.getDirectory, {})
    await channel.close()
    return records.map((bytes) => verifyRelayRecord(nodePrimitives, bytes).name).sort()
  }

  it('whoever asks gets a typed answer or the door', async () => {
    const good = [
      encodeFrame(frameTypes.request, directoryMethods.getDirectory.id, 1, encode(GetDirectory, { region: 'eu', max: 3 })),
      encodeFrame(frameTypes.request, anyMethods.ping.id, 2, encode(Empty, {})),
      encodeFrame(frameTypes.notification, directoryMethods.getDirectory.id, 0, encode(GetDirectory, {})),
      encodeFrame(frameTypes.reply, directoryMethods.getDirectory.id, 1, encode(RelayRecords, { records: [random.bytes(40)] }))
    ]
    const known = new Set<number>(Object.values(ERRORS).map(({ status }) => status))
    let answers = 0
    for (let round = 0; round < rounds; round++) {
      const [near, far] = pair()
      const reader = new FrameReader(limits.frameBytes)
      far.start({
        onData (chunk) {
          for (const { type, body } of reader.push(chunk)) {
            answers++
            if (type !== frameTypes.failure) continue
            const { status } = decode(Failure, body)
            assert.ok(known.has(status) && status !== ERRORS.INTERNAL.status, `status ${status} (round ${round})`)
          }
        },
        onClose () {}
      })
      collector.accept(near)
      for (let i = 0; i < 6; i++) far.send(random.below(4) === 0 ? random.pick(good).slice() : broken(random.pick(good)))
      await settle()
      await far.close()
      if (round % 50 === 0) assert.deepEqual(await honestAsker(), names)
    }
    assert.ok(answers > rounds / 10, `only ${answers} answers: the input is too broken to reach a handler`)
    assert.ok(collector.counts.refused > 0)
    await clock.advance(60_000)
    await collector.stop()
    assert.equal(clock.pending, 0, 'a timer was left')
  })

  it('gossip is accepted, ignored or rejected, and nothing forged is served', async () => {
    const fresh = recordOf('ap-1.example.org', 9)
    for (let round = 0; round < rounds; round++) {
      const message = broken(random.pick([fresh, recordOf(names[0]!, 1), random.bytes(300)]))
      assert.ok(['accept', 'ignore', 'reject'].includes(collector.onGossip(message)))
    }
    const served = await honestAsker()
    assert.ok(served.every((name) => [...names, 'ap-1.example.org'].includes(name)), served.join())
    assert.ok(names.every((name) => served.includes(name)))
  })

  it('the answer of whom it asks is taken for what it is', async () => {
    for (let round = 0; round < rounds / 4; round++) {
      const [near, far] = pair()
      far.start({ onData () { far.send(broken(encodeFrame(frameTypes.reply, directoryMethods.getDirectory.id, 1, encode(RelayRecords, { records: [broken(recordOf(names[1]!, 2))] })))); void far.close() }, onClose () {} })
      const taken = collector.askOver(near).then((count) => count, (error: unknown) => error)
      await clock.advance(60_000)
      const outcome = await taken
      assert.ok(typeof outcome === 'number' || isProtocolError(outcome), String(outcome))
    }
    assert.deepEqual(await honestAsker(), names)
  })
})
