import assert from 'node:assert/strict'
import { concat, fromUtf8, toHex, utf8 } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { limits } from '../limits.ts'
import { fuzz, refusedAs } from '../testing.ts'
import { encodeKey } from './curve-keys.ts'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { acceptDistribution, createSenderKey, distributionOf, needsRotation, openForGroup, sealForGroup, senderKeyOf, type SenderKey, type SenderKeyRecord } from './sender-keys.ts'
import { decodeSenderKey, decodeSenderKeyRecord, encodeSenderKey, encodeSenderKeyRecord } from './sender-keys-stored.ts'
import { heliographProfile, signalProfile, type Suite } from './suite.ts'
import { seededPrimitives } from './primitives-seeded.ts'
import { flipped, numberBelow } from './two-devices.ts'
import { bytesField, numberField } from './wire-fields.ts'
import { xeddsaSign } from './xeddsa.ts'

const suiteFrom = (seed: string, primitives = nodePrimitives): Suite => ({ profile: heliographProfile, primitives: seededPrimitives(primitives, seed) })
const day = 24 * 60 * 60 * 1000

/** A sender, and what one reader has of it. */
class TestSender {
  readonly suite: Suite
  key: SenderKey
  constructor (suite: Suite) {
    this.suite = suite
    this.key = createSenderKey(suite, 0)
  }

  get distribution (): Uint8Array { return distributionOf(this.key) }
  send (text: string): Uint8Array {
    const { next, message } = sealForGroup(this.suite, this.key, utf8(text))
    this.key = next
    return message
  }

  /** `count` messages that nobody sees, without the cost of sealing them. */
  burn (count: number): void {
    let { chainKey } = this.key
    for (let i = 0; i < count; i++) chainKey = this.suite.primitives.hmacSha256(chainKey, Uint8Array.of(2))
    this.key = { ...this.key, chainKey, iteration: this.key.iteration + count }
  }
}

class TestReader {
  readonly suite: Suite
  record: SenderKeyRecord | undefined
  constructor (suite: Suite, ...distributions: Uint8Array[]) {
    this.suite = suite
    for (const bytes of distributions) this.accept(bytes)
  }

  accept (bytes: Uint8Array): void { this.record = acceptDistribution(this.record, bytes) }
  open (message: Uint8Array): string {
    const { next, plaintext } = openForGroup(this.suite, this.record, message)
    this.record = next
    return fromUtf8(plaintext)
  }

  get state (): string { return this.record === undefined ? '' : toHex(encodeSenderKeyRecord(this.record)) }
}

describe('sender key', () => {
  for (const primitives of [nodePrimitives, noblePrimitives]) {
    it(`lets everybody who has it read, and nobody else (${primitives.name})`, () => {
      const suite = suiteFrom('group', primitives)
      const alice = new TestSender(suite)
      const [bob, carol, eve] = [new TestReader(suite, alice.distribution), new TestReader(suite, alice.distribution), new TestReader(suite)]
      for (const text of ['one', 'two', '']) {
        const message = alice.send(text)
        assert.deepEqual([bob.open(message), carol.open(message)], [text, text])
        assert.throws(() => eve.open(message), refusedAs('NO_SENDER_KEY'))
      }
      const other = new TestSender(suite)
      eve.accept(other.distribution)
      assert.throws(() => eve.open(alice.send('four')), refusedAs('NO_SENDER_KEY'))
    })
  }

  it('given later opens nothing of before', () => {
    const suite = suiteFrom('late')
    const alice = new TestSender(suite)
    const before = [alice.send('one'), alice.send('two')]
    const late = new TestReader(suite, alice.distribution)
    assert.equal(late.open(alice.send('three')), 'three')
    for (const message of before) assert.throws(() => late.open(message), refusedAs('DUPLICATE'))
    // nor does what it holds: the chain goes one way
    assert.equal(late.record!.keys[0]!.skipped.length, 0)
    assert.equal(late.record!.keys[0]!.iteration, 3)
  })

  it('made anew shares nothing with the one before: who was removed reads nothing more', () => {
    const suite = suiteFrom('removed')
    const alice = new TestSender(suite)
    const removed = new TestReader(suite, alice.distribution)
    removed.open(alice.send('one'))
    alice.key = createSenderKey(suite, 0)
    const message = alice.send('two')
    assert.throws(() => removed.open(message), refusedAs('NO_SENDER_KEY'))
    // nor by putting the name that it knows on the message
    const known = removed.record!.keys[0]!
    const { iteration } = senderKeyOf(message)
    const renamed = concat(message.subarray(0, 1), bytesField(1, known.id), numberField(2, known.chainId), numberField(3, iteration + 1), message.subarray(1 + bytesField(1, known.id).byteLength + numberField(2, alice.key.chainId).byteLength + 2))
    assert.throws(() => removed.open(renamed), refusedAs('UNDECRYPTABLE'))
  })

  it('lets readers read, not write in the sender\'s name', () => {
    const suite = suiteFrom('forged')
    const alice = new TestSender(suite)
    const [bob, carol] = [new TestReader(suite, alice.distribution), new TestReader(suite, alice.distribution)]
    // Bob has everything that is in the distribution: all but the private half of the signing key
    const { id, chainId, iteration, chainKey } = bob.record!.keys[0]!
    const mallory = createSenderKey(suite, 0)
    const { message } = sealForGroup(suite, { id, chainId, iteration, chainKey, signing: mallory.signing, createdAtMs: 0 }, utf8('forged'))
    const before = carol.state
    assert.throws(() => carol.open(message), refusedAs('UNDECRYPTABLE'))
    assert.equal(carol.state, before)
    assert.equal(carol.open(alice.send('true')), 'true')
  })

  it('opens in any order, each message once', () => {
    const suite = suiteFrom('order')
    const alice = new TestSender(suite)
    const bob = new TestReader(suite, alice.distribution)
    const messages = ['0', '1', '2', '3', '4', '5'].map((text) => alice.send(text))
    for (const at of [3, 1, 5, 0, 4, 2]) assert.equal(bob.open(messages[at]!), `${at}`)
    for (const message of messages) assert.throws(() => bob.open(message), refusedAs('DUPLICATE'))
    assert.equal(bob.record!.keys[0]!.skipped.length, 0)
  })

  it('costs about 110 bytes for each message', () => {
    const suite = suiteFrom('size')
    const { message } = sealForGroup(suite, createSenderKey(suite, 0), new Uint8Array(1024))
    assert.ok(message.byteLength - 1024 <= 112, `${message.byteLength - 1024} bytes`)
  })

  it('follows from the suite\'s randomness: id 16, chain id 31 bits, chain key 32, signing key 32', () => {
    const drawn: number[] = []
    const primitives = { ...nodePrimitives, randomBytes: (length: number) => { drawn.push(length); return new Uint8Array(length).fill(0xff) } }
    const key = createSenderKey({ profile: heliographProfile, primitives }, 5)
    assert.deepEqual(drawn, [16, 4, 32, 32])
    assert.deepEqual([key.chainId, key.iteration, key.createdAtMs, toHex(key.chainKey)], [0x7fffffff, 0, 5, 'ff'.repeat(32)])
  })

  it('has the bytes of production that it always had', () => {
    const suite = suiteFrom('pinned')
    const alice = new TestSender(suite)
    assert.equal(toHex(nodePrimitives.sha256(concat(alice.distribution, alice.send('one'), alice.send('two')))), 'b8d716bd2ae007c3d654afa0b8bb60188b737d0e5d3e341e647d3e77b5c8e4b9')
    const signal = { ...suiteFrom('pinned'), profile: signalProfile }
    const other = sealForGroup(signal, createSenderKey(signal, 0), utf8('one')).message
    const own = new TestSender(suiteFrom('pinned'))
    assert.throws(() => new TestReader(signal, own.distribution).open(own.send('one')), refusedAs('UNDECRYPTABLE'), 'the profiles do not read each other')
    assert.notEqual(toHex(other), toHex(new TestSender(suiteFrom('pinned')).send('one')))
  })
})

describe('sender key limits', () => {
  const suite = suiteFrom('limits')

  it('25,000 messages may be missing, not one more', () => {
    const alice = new TestSender(suite)
    const distribution = alice.distribution
    alice.burn(limits.senderKeyForwardJump)
    const [last, over] = [alice.send('last'), alice.send('over')]
    const bob = new TestReader(suite, distribution)
    const before = bob.state
    assert.throws(() => bob.open(over), refusedAs('TOO_FAR_AHEAD'))
    assert.equal(bob.state, before)
    assert.equal(bob.open(last), 'last')
    assert.equal(bob.open(over), 'over')
    assert.equal(limits.senderKeyForwardJump, 25_000)
  })

  it('of the messages that are missing the newest 2,000 still open', () => {
    const alice = new TestSender(suite)
    const bob = new TestReader(suite, alice.distribution)
    const tooOld = alice.send('too old')
    const oldest = alice.send('oldest')
    alice.burn(limits.senderKeySkipped - 1)
    assert.equal(bob.open(alice.send('now')), 'now')
    assert.equal(bob.record!.keys[0]!.skipped.length, 2_000)
    assert.throws(() => bob.open(tooOld), refusedAs('DUPLICATE'))
    assert.equal(bob.open(oldest), 'oldest')
    alice.burn(5)
    bob.open(alice.send('later'))
    assert.equal(bob.record!.keys[0]!.skipped.length, 2_000, 'also when they come in two parts')
    assert.deepEqual(decodeSenderKeyRecord(encodeSenderKeyRecord(bob.record!)), bob.record)
  })

  it('of one sender the newest 5 keys are kept', () => {
    const senders = Array.from({ length: 6 }, () => new TestSender(suite))
    const bob = new TestReader(suite, ...senders.map(({ distribution }) => distribution))
    assert.equal(bob.record!.keys.length, 5)
    assert.throws(() => bob.open(senders[0]!.send('gone')), refusedAs('NO_SENDER_KEY'))
    for (const sender of senders.slice(1)) assert.equal(bob.open(sender.send('kept')), 'kept')
  })

  it('a key that comes again stays where it is, and counts as the newest', () => {
    const senders = Array.from({ length: 5 }, () => new TestSender(suite))
    const bob = new TestReader(suite, ...senders.map(({ distribution }) => distribution))
    const [first, second] = senders as [TestSender, TestSender]
    const distribution = first.distribution
    const missing = first.send('missing')
    assert.equal(bob.open(first.send('one')), 'one')
    bob.accept(distribution)
    bob.accept(first.distribution)
    assert.throws(() => bob.open(first.send('x').subarray(0, 20)), refusedAs('MALFORMED'))
    bob.accept(new TestSender(suite).distribution)
    assert.equal(bob.open(missing), 'missing', 'its skipped keys are still there')
    assert.equal(bob.open(first.send('two')), 'two')
    assert.throws(() => bob.open(second.send('gone')), refusedAs('NO_SENDER_KEY'))
  })

  it('another signing key under the same name takes the place of the first', () => {
    const alice = new TestSender(suite)
    const bob = new TestReader(suite, alice.distribution)
    const again = new TestSender(suite)
    again.key = { ...alice.key, signing: again.key.signing }
    bob.accept(again.distribution)
    assert.equal(bob.record!.keys.length, 1)
    assert.throws(() => bob.open(alice.send('one')), refusedAs('UNDECRYPTABLE'))
    assert.equal(bob.open(again.send('one')), 'one')
  })

  it('a key is named by its id and its chain id: either alone is another one', () => {
    const [one, two, three] = [new TestSender(suite), new TestSender(suite), new TestSender(suite)]
    two.key = { ...two.key, chainId: one.key.chainId }
    three.key = { ...three.key, id: one.key.id }
    const bob = new TestReader(suite, one.distribution, two.distribution, three.distribution)
    assert.deepEqual([one, two, three].map((sender, at) => bob.open(sender.send(`${at}`))), ['0', '1', '2'])
  })

  it('it is time for a new one after 1,000 messages or 7 days', () => {
    const key = createSenderKey(suite, 1_000)
    const at = (iteration: number, ageMs: number): boolean => needsRotation({ ...key, iteration }, { nowMs: 1_000 + ageMs })
    assert.deepEqual([at(0, 0), at(999, 7 * day - 1), at(1_000, 0), at(0, 7 * day)], [false, false, true, true])
  })
})

describe('any sender-key message', () => {
  const suite = suiteFrom('flips')
  const alice = new TestSender(suite)
  const bob = new TestReader(suite, alice.distribution)
  const missing = alice.send('missing')
  bob.open(alice.send('one'))
  const next = alice.send('a text of more than one block, so that there is some ciphertext')

  for (const [what, message] of [['that is next', next], ['that was passed over', missing]] as const) {
    it(`${what}, with a flipped byte, cut off or longer, is refused and changes nothing (seed flips)`, () => {
      const before = bob.state
      for (let at = 0; at < message.byteLength; at++) {
        assert.throws(() => bob.open(flipped(message, at, numberBelow(suite.primitives, 8))), refusedAs('UNDECRYPTABLE', 'MALFORMED', 'NO_SENDER_KEY', 'UNSUPPORTED_VERSION'), `byte ${at}`)
        assert.throws(() => bob.open(message.subarray(0, at)), refusedAs('UNDECRYPTABLE', 'MALFORMED'), `${at} bytes`)
      }
      assert.throws(() => bob.open(concat(message, Uint8Array.of(0))), refusedAs('UNDECRYPTABLE', 'MALFORMED'))
      assert.equal(bob.state, before)
    })
  }

  it('of its true sender with padding that is none is refused as everything else', () => {
    // signed, but sealed with another key: the padding is wrong 255 times of 256
    let refused = 0
    for (let i = 0; i < 8; i++) {
      const signed = concat(Uint8Array.of(0x33), bytesField(1, alice.key.id), numberField(2, alice.key.chainId), numberField(3, alice.key.iteration), bytesField(4, suite.primitives.randomBytes(16)))
      try {
        openForGroup(suite, bob.record, concat(signed, xeddsaSign(suite.primitives, alice.key.signing.privateKey, signed)))
      } catch (error) {
        assert.ok(refusedAs('UNDECRYPTABLE')(error))
        refused++
      }
    }
    assert.ok(refused >= 7)
  })

  it('names the key that it needs', () => {
    assert.deepEqual(senderKeyOf(next), { id: alice.key.id, chainId: alice.key.chainId, iteration: 2 })
  })

  it('is not larger than an envelope, and of this version', () => {
    assert.throws(() => bob.open(new Uint8Array(limits.envelopeBytes + 1)), refusedAs('TOO_LARGE'))
    assert.throws(() => acceptDistribution(undefined, new Uint8Array(limits.envelopeBytes + 1)), refusedAs('TOO_LARGE'))
    for (const version of [0x00, 0x32, 0x34, 0x43, 0x44]) {
      assert.throws(() => bob.open(concat(Uint8Array.of(version), next.subarray(1))), refusedAs('UNSUPPORTED_VERSION'))
      assert.throws(() => acceptDistribution(undefined, concat(Uint8Array.of(version), alice.distribution.subarray(1))), refusedAs('UNSUPPORTED_VERSION'))
    }
    assert.throws(() => bob.open(new Uint8Array(0)), refusedAs('MALFORMED'))
  })

  it('and any distribution with fields of other lengths, or without one, is refused', () => {
    const fields = [bytesField(1, alice.key.id), numberField(2, 5), numberField(3, 0), bytesField(4, alice.key.chainKey), bytesField(5, encodeKey(alice.key.signing.publicKey))]
    const of = (...parts: Uint8Array[]): Uint8Array => concat(Uint8Array.of(0x33), ...parts)
    acceptDistribution(undefined, of(...fields))
    for (let at = 0; at < fields.length; at++) assert.throws(() => acceptDistribution(undefined, of(...fields.filter((_, i) => i !== at))), refusedAs('MALFORMED'))
    const [id, chainId, iteration, chainKey, signingKey] = fields as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    for (const wrong of [
      of(bytesField(1, new Uint8Array(15)), chainId, iteration, chainKey, signingKey), of(id, chainId, iteration, bytesField(4, new Uint8Array(31)), signingKey),
      of(id, chainId, iteration, chainKey, bytesField(5, new Uint8Array(33))), of(id, chainId, iteration, chainKey, bytesField(5, encodeKey(alice.key.signing.publicKey).subarray(1))),
      of(...fields, bytesField(6, new Uint8Array(1)))
    ]) assert.throws(() => acceptDistribution(undefined, wrong), refusedAs('MALFORMED'))
    const sealed = (ciphertext: Uint8Array): Uint8Array => concat(of(id, chainId, iteration, bytesField(4, ciphertext)), new Uint8Array(64))
    for (const ciphertext of [new Uint8Array(0), new Uint8Array(15), new Uint8Array(17)]) assert.throws(() => bob.open(sealed(ciphertext)), refusedAs('MALFORMED'))
  })

  it('in broken bytes gives a ProtocolError (seed 71)', () => {
    const random = new SeededRandom(71)
    assert.ok(fuzz((bytes) => openForGroup(suite, bob.record, bytes), { good: [next, missing], random, rounds: 1_500 }).refused > 1_400)
    assert.ok(fuzz((bytes) => acceptDistribution(bob.record, bytes), { good: [alice.distribution], random, rounds: 4_000 }).refused > 1_500)
  })
})

describe('any sender and any readers', () => {
  /**
   * One sender, three readers on disk: messages come late, twice, in any order, or never; keys are made anew; every write may be
   * lost in a crash together with its effect. Each reader sees each message that it could have at most once, and in the end all of them.
   */
  function run (seed: string, steps: number, primitives = nodePrimitives): { written: number, crashes: number } {
    const suite = suiteFrom(seed, primitives)
    const draw = (below: number): number => numberBelow(suite.primitives, below)
    let own = encodeSenderKey(createSenderKey(suite, 0))
    const readers = [0, 1, 2].map(() => ({ disk: undefined as Uint8Array | undefined, seen: new Set<string>(), waiting: [] as Array<{ text: string, message: Uint8Array }> }))
    const handOut = (): void => {
      const distribution = distributionOf(decodeSenderKey(own))
      for (const reader of readers) reader.disk = encodeSenderKeyRecord(acceptDistribution(reader.disk === undefined ? undefined : decodeSenderKeyRecord(reader.disk), distribution))
    }
    handOut()
    let written = 0
    let crashes = 0
    let sinceNewKey = 0
    const all: Array<{ text: string, message: Uint8Array }> = []
    function deliver (reader: typeof readers[number], at: number): void {
      const { text, message } = reader.waiting[at]!
      const before = toHex(reader.disk!)
      if (draw(4) === 0) {
        assert.throws(() => openForGroup(suite, decodeSenderKeyRecord(reader.disk!), flipped(message, draw(message.byteLength))))
        assert.equal(toHex(reader.disk!), before)
      }
      const { next, plaintext } = openForGroup(suite, decodeSenderKeyRecord(reader.disk!), message)
      assert.equal(fromUtf8(plaintext), text)
      if (draw(6) === 0) {
        crashes++ // neither the record nor what was read is on disk: it comes again
        return
      }
      assert.ok(!reader.seen.has(text), `${text} was shown twice`)
      reader.disk = encodeSenderKeyRecord(next)
      reader.seen.add(text)
      reader.waiting.splice(at, 1)
      if (draw(4) === 0) assert.throws(() => openForGroup(suite, decodeSenderKeyRecord(reader.disk!), message), refusedAs('DUPLICATE'))
    }
    for (let step = 0; step < steps; step++) {
      // five keys are kept: nothing waits for longer than two of them
      if (sinceNewKey > 8 && draw(10) === 0) {
        for (const reader of readers) while (reader.waiting.length > 6) deliver(reader, 0)
        own = encodeSenderKey(createSenderKey(suite, step))
        handOut()
        sinceNewKey = 0
        for (const reader of readers) while (reader.waiting.length > 0) deliver(reader, draw(reader.waiting.length))
      }
      const text = `${seed}/${step}`
      const { next, message } = sealForGroup(suite, decodeSenderKey(own), utf8(text))
      if (draw(8) === 0) {
        crashes++ // sealed and not stored: it was never sent, and the next one has its number
        continue
      }
      own = encodeSenderKey(next)
      written++
      sinceNewKey++
      all.push({ text, message })
      for (const reader of readers) {
        reader.waiting.push({ text, message })
        while (reader.waiting.length > 5 || (reader.waiting.length > 0 && draw(2) === 0)) deliver(reader, draw(reader.waiting.length))
      }
    }
    for (const reader of readers) {
      while (reader.waiting.length > 0) deliver(reader, draw(reader.waiting.length))
      assert.deepEqual([...reader.seen].sort(), all.map(({ text }) => text).sort(), 'everything was seen once')
    }
    return { written, crashes }
  }

  for (let i = 1; i <= 4; i++) {
    const seed = `readers ${i}`
    it(`see each message once, whatever is late, repeated, damaged or lost in a crash (seed ${seed})`, () => {
      const { written, crashes } = run(seed, 60)
      assert.ok(written > 40 && crashes > 10, `${written} written, ${crashes} crashes`)
    }).timeout(20_000)
  }

  it('do so on noble (seed readers noble)', () => { run('readers noble', 12, noblePrimitives) }).timeout(20_000)

  it('open what arrives after any subset was dropped (seed drops)', () => {
    const suite = suiteFrom('drops')
    const alice = new TestSender(suite)
    const bob = new TestReader(suite, alice.distribution)
    for (let i = 0; i < 60; i++) {
      const message = alice.send(`${i}`)
      if (numberBelow(suite.primitives, 3) > 0) assert.equal(bob.open(message), `${i}`)
    }
  })
})

describe('stored sender keys', () => {
  const suite = suiteFrom('stored')
  const alice = new TestSender(suite)
  const bob = new TestReader(suite, new TestSender(suite).distribution, alice.distribution)
  alice.burn(3)
  bob.open(alice.send('one'))
  const own = encodeSenderKey(alice.key)
  const record = encodeSenderKeyRecord(bob.record!)

  it('come back as they were, without sharing memory', () => {
    const [copy, recordCopy] = [own.slice(), record.slice()]
    const [key, keys] = [decodeSenderKey(copy), decodeSenderKeyRecord(recordCopy)]
    copy.fill(0)
    recordCopy.fill(0)
    assert.deepEqual([key, keys], [alice.key, bob.record])
    assert.equal(keys.keys[0]!.skipped.length, 3)
  })

  for (const [what, bytes, decode] of [['one\'s own', own, decodeSenderKey], ['a record', record, decodeSenderKeyRecord]] as const) {
    it(`${what}, cut off, followed by anything, of a newer format or of random bytes, is refused`, () => {
      for (let length = 0; length < bytes.byteLength; length++) assert.throws(() => decode(bytes.subarray(0, length)), refusedAs('MALFORMED'), `${length}`)
      assert.throws(() => decode(concat(bytes, Uint8Array.of(0))), refusedAs('MALFORMED'))
      assert.throws(() => decode(concat(Uint8Array.of(2), bytes.subarray(1))), refusedAs('UNSUPPORTED_VERSION'))
      for (let i = 0; i < 300; i++) {
        const random = suite.primitives.randomBytes(1 + i)
        random[0] = 1
        if (random.byteLength !== own.byteLength) assert.throws(() => decode(random), refusedAs('MALFORMED'))
      }
    })
  }
})
