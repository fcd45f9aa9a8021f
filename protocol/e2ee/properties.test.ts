/**
 * What must hold for every order of events, by seeded random runs of two devices. The seed is in the test's name.
 */
import assert from 'node:assert/strict'
import { concat, fromUtf8, toHex, utf8 } from '../bytes.ts'
import { ProtocolError, isProtocolError } from '../errors.ts'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { decodeSessionRecord, encodeSessionRecord, open, seal } from './sessions.ts'
import { heliographProfile } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { TestDevice, flipped, numberBelow, talkingPair } from './two-devices.ts'
import type { SealedMessage } from './sessions.ts'

const suiteFrom = (seed: string, primitives = nodePrimitives): TestDevice['suite'] => ({ profile: heliographProfile, primitives: seededPrimitives(primitives, seed) })

/** What a device has on disk: nothing else survives a crash. */
interface Disk { record: Uint8Array | undefined, consumed: number[], seen: string[], outbox: Array<{ id: string, message: SealedMessage }> }

/** A device that stores every step in one batch, and can lose everything since. */
class CrashingDevice {
  readonly device: TestDevice
  disk: Disk = { record: undefined, consumed: [], seen: [], outbox: [] }

  constructor (device: TestDevice) { this.device = device }

  crash (): void {
    this.device.record = this.disk.record === undefined ? undefined : decodeSessionRecord(this.disk.record)
    this.device.consumed.clear()
    for (const id of this.disk.consumed) this.device.consumed.add(id)
  }

  #stored (): Pick<Disk, 'record' | 'consumed'> {
    return { record: this.device.record === undefined ? undefined : encodeSessionRecord(this.device.record), consumed: [...this.device.consumed] }
  }

  start (other: CrashingDevice, oneTime: number | undefined, isLost: boolean): void {
    this.device.start(other.device, oneTime)
    if (isLost) this.crash()
    else this.disk = { ...this.disk, ...this.#stored() }
  }

  /** Seals and puts the sealed bytes into the outbox, in one batch with the record; or crashes just before. */
  write (id: string, isLost: boolean): void {
    const message = this.device.send(id)
    if (isLost) this.crash()
    else this.disk = { ...this.disk, ...this.#stored(), outbox: [...this.disk.outbox, { id, message }] }
  }

  /** @returns whether the message is settled: opened now, or known to be a repeat */
  read (message: SealedMessage, from: CrashingDevice, isLost: boolean): boolean {
    try {
      const id = fromUtf8(this.device.receive(message, from.device))
      if (isLost) {
        this.crash()
        return false
      }
      assert.ok(!this.disk.seen.includes(id), `${id} was shown twice`)
      this.disk = { ...this.disk, ...this.#stored(), seen: [...this.disk.seen, id] }
      return true
    } catch (error) {
      if (!isProtocolError(error, 'DUPLICATE')) throw error
      return true
    }
  }
}

/**
 * Two devices write, lose power, start new sessions, and get each other's messages late, twice and in any order.
 * A message stays under way until it is settled, as the client's outbox has it; a repeat may come at any time.
 */
function run (seed: string, steps: number, primitives = nodePrimitives): { written: number, crashes: number } {
  const suite = suiteFrom(seed, primitives)
  const draw = (below: number): number => numberBelow(suite.primitives, below)
  const ends = [new CrashingDevice(new TestDevice(suite, 20)), new CrashingDevice(new TestDevice(suite, 20))] as const
  const underWay: [number[], number[]] = [[], []]
  const settledAt: [Set<number>, Set<number>] = [new Set(), new Set()]
  const oneTime = [0, 0]
  let written = 0
  let crashes = 0
  const loses = (): boolean => {
    const isLost = draw(8) === 0
    if (isLost) crashes++
    return isLost
  }
  function deliver (from: 0 | 1, at: number): void {
    const index = underWay[from][at]!
    const { message } = ends[from].disk.outbox[index]!
    if (!ends[1 - from]!.read(message, ends[from], loses())) return
    underWay[from].splice(at, 1)
    settledAt[from].add(index)
    if (draw(4) === 0) assert.ok(ends[1 - from]!.read(message, ends[from], false), 'a repeat is settled')
  }
  for (let step = 0; step < steps; step++) {
    const from = draw(2) as 0 | 1
    const end = ends[from]
    if (end.device.record?.current === undefined || draw(60) === 0) end.start(ends[1 - from]!, draw(2) === 0 && oneTime[1 - from]! < 20 ? oneTime[1 - from]!++ : undefined, loses())
    if (end.device.record?.current === undefined) continue
    const before = end.disk.outbox.length
    end.write(`${from}/${written}`, loses())
    if (end.disk.outbox.length > before) {
      underWay[from].push(before)
      written++
    }
    // A message waits for at most three others, so that it never falls behind the five chains that are kept.
    for (const side of [0, 1] as const) {
      while (underWay[side].length > 3) deliver(side, draw(4) === 0 ? 0 : draw(underWay[side].length))
    }
    if (draw(2) === 0 && underWay[1 - from]!.length > 0) deliver(1 - from as 0 | 1, draw(underWay[1 - from]!.length))
  }
  for (const side of [0, 1] as const) while (underWay[side].length > 0) deliver(side, 0)
  for (const side of [0, 1] as const) {
    assert.deepEqual([...ends[1 - side]!.disk.seen].sort(), ends[side].disk.outbox.map(entry => entry.id).sort(), 'each message is seen exactly once')
    for (const { message } of ends[side].disk.outbox) assert.throws(() => ends[1 - side]!.device.receive(message, ends[side].device), ProtocolError, 'a replay is refused')
  }
  return { written, crashes }
}

describe('any two devices', () => {
  for (let i = 1; i <= 12; i++) {
    const seed = `order ${i}`
    it(`see each message exactly once, whatever is late, repeated, lost in a crash or re-keyed (seed ${seed})`, () => {
      const { written, crashes } = run(seed, 150)
      assert.ok(written > 80 && crashes > 20, `${written} written, ${crashes} crashes`)
    })
  }

  it('do so on noble (seed order noble)', () => { run('order noble', 40, noblePrimitives) })

  it('open what arrives after any subset was dropped (seed drops)', () => {
    const suite = suiteFrom('drops')
    const { alice, bob } = talkingPair(suite)
    for (let round = 0; round < 40; round++) {
      const [from, to] = round % 2 === 0 ? [alice, bob] : [bob, alice]
      const sent = Array.from({ length: 1 + numberBelow(suite.primitives, 12) }, (_, i) => ({ text: `${round}/${i}`, message: from.send(`${round}/${i}`) }))
      for (const { text, message } of sent) if (numberBelow(suite.primitives, 3) > 0) assert.equal(fromUtf8(to.receive(message, from)), text)
    }
  })
})

describe('any flipped byte', () => {
  const cases: Array<[string, (suite: TestDevice['suite']) => { alice: TestDevice, bob: TestDevice, message: SealedMessage }]> = [
    ['of a first message', suite => {
      const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
      alice.start(bob, 0)
      return { alice, bob, message: alice.send('hello') }
    }],
    ['of a first message without a one-time prekey', suite => {
      const [alice, bob] = [new TestDevice(suite), new TestDevice(suite)]
      alice.start(bob)
      return { alice, bob, message: alice.send('hello') }
    }],
    ['of a repeated first message, for a session that is known', suite => {
      const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
      alice.start(bob, 0)
      bob.receive(alice.send('hello'), alice)
      return { alice, bob, message: alice.send('hello again') }
    }],
    ['of a message on a known chain', suite => {
      const { alice, bob } = talkingPair(suite)
      alice.send('lost')
      bob.receive(alice.send('one'), alice)
      return { alice, bob, message: alice.send('two') }
    }],
    ['of a message on a new chain', suite => {
      const { alice, bob } = talkingPair(suite)
      return { alice, bob, message: alice.send('one') }
    }]
  ]
  for (const [what, prepare] of cases) {
    it(`${what} is refused and leaves the state unchanged (seed flips)`, () => {
      const suite = suiteFrom('flips')
      const { alice, bob, message } = prepare(suite)
      const before = bob.record === undefined ? '' : toHex(encodeSessionRecord(bob.record))
      for (let at = 0; at < message.bytes.byteLength; at++) {
        const bytes = flipped(message.bytes, at, numberBelow(suite.primitives, 8))
        assert.throws(() => open(suite, bob.own, bob.record, { ...message, bytes }, alice.own.identity.publicKey, bob.secrets, bob.nowMs), ProtocolError, `byte ${at}`)
      }
      assert.equal(bob.record === undefined ? '' : toHex(encodeSessionRecord(bob.record)), before)
      assert.equal(fromUtf8(bob.receive(message, alice)).startsWith('hello') || message.kind === 2, true)
    }).timeout(20_000)
  }

  it('as the other kind of message is refused too', () => {
    const suite = suiteFrom('kinds')
    const { alice, bob } = talkingPair(suite)
    const message = alice.send('one')
    assert.throws(() => bob.receive({ kind: 1, bytes: message.bytes }, alice), ProtocolError)
    const [carol, dave] = [new TestDevice(suite), new TestDevice(suite)]
    carol.start(dave)
    assert.throws(() => dave.receive({ kind: 2, bytes: carol.send('one').bytes }, carol), ProtocolError)
  })

  it('appended or cut off is refused (seed cuts)', () => {
    const { alice, bob } = talkingPair(suiteFrom('cuts'))
    const message = alice.send('one')
    for (let length = 0; length < message.bytes.byteLength; length++) assert.throws(() => bob.receive({ ...message, bytes: message.bytes.subarray(0, length) }, alice), ProtocolError)
    assert.throws(() => bob.receive({ ...message, bytes: concat(message.bytes, Uint8Array.of(0)) }, alice), ProtocolError)
    bob.receive(message, alice)
  })
})

describe('large and small plaintexts', () => {
  it('come back as they were', () => {
    const suite = suiteFrom('sizes')
    const { alice, bob } = talkingPair(suite)
    for (const length of [0, 1, 15, 16, 17, 1024, 65_536, 200_000]) {
      const plaintext = suite.primitives.randomBytes(length)
      const sealed = seal(suite, alice.own, alice.record!, plaintext, 0)
      alice.record = sealed.record
      assert.deepEqual(bob.receive(sealed.message, alice), plaintext)
    }
    assert.equal(fromUtf8(bob.receive(alice.send(utf8('☀')), alice)), '☀')
  })
})
