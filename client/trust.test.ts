/**
 * What the client makes of a relay that lies, and of messages that it cannot open. Nothing of this may stop a log.
 */
import assert from 'node:assert/strict'
import { fromUtf8 } from '../protocol/bytes.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { seededPrimitives } from '../protocol/e2ee/primitives-seeded.ts'
import { decodeEnvelope, encodeEnvelope } from '../protocol/envelope.ts'
import { ProtocolError } from '../protocol/errors.ts'
import { deviceIdOfKey, type MessageId } from '../protocol/ids.ts'
import { signDeviceList, verifyDeviceList } from '../protocol/records/device-list.ts'
import { envelopeKinds } from '../protocol/wire/kinds.ts'
import type { FakeLog } from './testing/relay-fake.ts'
import { fromHex } from './store/stored.ts'
import { CrashingStore } from './testing/crashing-store.ts'
import { FakeWorld, type FakePerson } from './testing/world-fake.ts'

describe('client: a relay that lies', () => {
  let world: FakeWorld
  let alice: FakePerson
  let bob: FakePerson
  beforeEach(async () => {
    world = new FakeWorld(seededPrimitives(nodePrimitives, 'trust'))
    alice = await world.member('alice')
    bob = await world.member('bob')
    await world.greet(alice, bob)
  })
  afterEach(async () => {
    await world.stop()
    assert.equal(world.clock.pending, 0)
  })

  const log = (): FakeLog => [...world.relay.logs.values()][0]!
  const kinds = (person: FakePerson): string[] => person.warnings.map(({ kind }) => kind)
  const texts = (person: FakePerson): string[] => person.received.map(({ text }) => text)

  /** Change what the relay has stored of the next message to bob, before bob gets it. */
  async function withBobAway (send: () => Promise<void>, tamper: (log: FakeLog) => void): Promise<void> {
    await bob.client.stop()
    await send()
    await world.settled(alice.client.flushed())
    await world.quiet()
    tamper(log())
    await bob.online()
    await world.quiet()
  }

  it('a message that was changed on the way does not stop the log; it is kept, shown as such, and replaced by what the sender sends again', async () => {
    await bob.client.stop()
    await alice.client.send(bob.id, 'one')
    await alice.client.send(bob.id, 'two')
    await world.settled(alice.client.flushed())
    await world.quiet()
    await alice.client.stop()
    const entry = log().entries.at(-2)!
    const envelope = decodeEnvelope(entry.envelope)
    const ciphertexts = envelope.ciphertexts.map((one) => ({ ...one, bytes: one.bytes.slice() }))
    ciphertexts[0]!.bytes[60]! ^= 1
    entry.envelope = encodeEnvelope({ ...envelope, ciphertexts })
    await bob.online()
    await world.until(() => bob.received.length === 1)
    const look = async (): Promise<Array<[string, string]>> => (await bob.client.history(alice.id)).slice(2).map(({ text, state }) => [text, state])
    assert.deepEqual(texts(bob), ['two'])
    assert.deepEqual(kinds(bob), ['undecryptable'])
    assert.deepEqual(await look(), [['', 'failed'], ['two', 'delivered']])
    assert.equal((await bob.client.history(alice.id))[2]!.error, 'this message could not be opened')
    const kept = (): number => [...bob.data.keys()].filter((key) => key.startsWith('bad/')).length
    assert.equal(kept(), 1)
    await alice.online()
    await world.until(() => bob.received.length === 2)
    await world.quiet()
    assert.deepEqual(await look(), [['one', 'delivered'], ['two', 'delivered']], 'in the place where it belongs')
    assert.equal(kept(), 0)
    assert.ok((await alice.client.history(bob.id)).every(({ state }) => state === 'delivered'))
    assert.deepEqual([...alice.data.keys()].filter((key) => /^(ob|sl)\//.test(key)), [], 'nothing is left to send')
  })

  it('a message that cannot be opened is asked for at once, and comes without the person doing anything', async () => {
    let isDamaged = false
    world.relay.onDeliver = (page, to) => {
      if (to !== bob.client.account!.device || isDamaged) return page
      isDamaged = true
      return { ...page, entries: page.entries.map((entry) => entry.envelope === undefined ? entry : { ...entry, envelope: Uint8Array.from(entry.envelope, (byte, i) => i === entry.envelope!.length - 1 ? byte ^ 1 : byte) }) }
    }
    await alice.client.send(bob.id, 'only one')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    assert.deepEqual((await bob.client.history(alice.id)).slice(2).map(({ text, state }) => [text, state]), [['only one', 'delivered']])
    assert.equal((await alice.client.history(bob.id)).at(-1)!.state, 'delivered')
  })

  it('sessions that have come apart heal: a device that went back to an old state', async () => {
    const old = new Map([...bob.data].map(([key, value]) => [key, value.slice()]))
    for (let i = 0; i < 3; i++) {
      await alice.client.send(bob.id, `a${i}`)
      await world.quiet()
      await bob.client.send(alice.id, `b${i}`)
      await world.quiet()
    }
    // Somebody restores a copy of the folder.
    await bob.client.stop()
    bob.data.clear()
    for (const [key, value] of old) bob.data.set(key, value)
    bob.received.length = alice.received.length = 0
    await bob.open()
    await bob.online()
    await world.quiet(5_000)
    await alice.client.send(bob.id, 'can you read this?')
    await world.until(() => texts(bob).includes('can you read this?'), { maxMs: 120_000 })
    await world.quiet(5_000)
    await bob.client.send(alice.id, 'yes, and you this?')
    await world.until(() => texts(alice).includes('yes, and you this?'), { maxMs: 120_000 })
    await world.quiet(5_000)
    assert.equal(new Set(texts(bob)).size, texts(bob).length, 'nothing twice')
    assert.equal(new Set(texts(alice)).size, texts(alice).length, 'nothing twice')
  })

  it('a message whose receipt was lost is sent again and not shown again', async () => {
    let isLost = false
    world.relay.onSubmit = (bytes) => {
      if (isLost || decodeEnvelope(bytes).kind !== envelopeKinds.receipt) return undefined
      isLost = true
      return new ProtocolError('TOO_LARGE')
    }
    await alice.client.send(bob.id, 'one')
    await world.until(() => isLost)
    await world.quiet()
    assert.equal((await alice.client.history(bob.id)).at(-1)!.state, 'sent')
    await alice.client.send(bob.id, 'two')
    await world.until(async () => (await alice.client.history(bob.id)).every(({ state }) => state === 'delivered'))
    await world.quiet()
    assert.deepEqual(texts(bob), ['one', 'two'])
    assert.deepEqual((await bob.client.history(alice.id)).map(({ text }) => text), (await alice.client.history(bob.id)).map(({ text }) => text))
    assert.deepEqual([...alice.warnings, ...bob.warnings], [])
    assert.deepEqual([...alice.data.keys()].filter((key) => /^(ob|sl)\//.test(key)), [], 'nothing is left to send')
  })

  it('a ciphertext in another envelope is refused, and the true message still opens', async () => {
    let held: Uint8Array | undefined
    await withBobAway(async () => { await alice.client.send(bob.id, 'once') }, ({ entries }) => {
      const entry = entries.at(-1)!
      held = entry.envelope
      const envelope = decodeEnvelope(entry.envelope)
      const id = `${envelope.messageId.slice(0, -4)}ffff` as MessageId
      entry.envelope = encodeEnvelope({ ...envelope, messageId: id })
      entry.messageId = id
    })
    assert.deepEqual(texts(bob), [])
    assert.deepEqual(kinds(bob), ['refused'])
    log().entries.push({ seq: log().entries.length + 1, envelope: held!, sender: alice.client.account!.device, messageId: decodeEnvelope(held!).messageId })
    world.relay.restart()
    await world.until(() => bob.received.length === 1)
    assert.deepEqual(texts(bob), ['once'])
  })

  it('an envelope that is delivered again under a new number is shown once', async () => {
    await alice.client.send(bob.id, 'once')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    const entry = log().entries.find(({ envelope }) => decodeEnvelope(envelope).messageId === bob.received[0]!.id)!
    log().entries.push({ ...entry, seq: log().entries.length + 1 })
    world.relay.restart()
    await world.quiet(5_000)
    assert.deepEqual(texts(bob), ['once'])
    assert.equal((await bob.client.history(alice.id)).filter(({ text }) => text === 'once').length, 1)
    assert.deepEqual(kinds(bob).filter((kind) => kind !== 'fork'), [])
  })

  it('garbage in the log is refused and passed', async () => {
    await withBobAway(async () => { await alice.client.send(bob.id, 'after') }, ({ entries }) => {
      const last = entries.at(-1)!
      entries.splice(-1, 1, { ...last, envelope: Uint8Array.of(1, 2, 3), messageId: 'f'.repeat(32) as MessageId }, { ...last, seq: last.seq + 1 })
    })
    assert.deepEqual(texts(bob), ['after'])
    assert.ok(kinds(bob).includes('refused'))
  })

  it('a page of somebody else\'s conversation is refused', async () => {
    const carol = await world.member('carol')
    await carol.client.send(alice.id, 'for alice')
    await world.until(() => alice.received.length === 1)
    const other = [...world.relay.logs.values()].find(({ members }) => members.includes(carol.id))!
    world.relay.onDeliver = (page) => ({ ...page, conversation: other.conversation })
    await alice.client.send(bob.id, 'x')
    await world.quiet()
    assert.ok(kinds(bob).includes('refused'))
    assert.deepEqual(texts(bob), [])
  })

  for (const [what, tamper] of Object.entries({
    drops: ({ entries }: FakeLog): void => { entries.splice(-2, 1); entries.at(-1)!.seq-- },
    reorders: ({ entries }: FakeLog): void => {
      const [a, b] = entries.splice(-2) as [FakeLog['entries'][0], FakeLog['entries'][0]]
      entries.push({ ...b, seq: a.seq }, { ...a, seq: b.seq })
    }
  })) {
    it(`a relay that ${what} messages is noticed with the next one`, async () => {
      await withBobAway(async () => {
        await alice.client.send(bob.id, 'one')
        await alice.client.send(bob.id, 'two')
      }, tamper)
      assert.deepEqual(kinds(bob), [], 'nothing to compare yet')
      await bob.client.send(alice.id, 'an answer')
      await world.until(() => alice.received.length === 1)
      await world.quiet()
      assert.deepEqual(kinds(alice), ['fork'])
      await bob.client.send(alice.id, 'another')
      await world.until(() => alice.received.length === 2)
      assert.deepEqual(kinds(alice), ['fork'], 'once is enough')
    })
  }

  it('a relay that goes back to an older state is noticed, and what it gives the same numbers is not lost', async () => {
    await alice.client.send(bob.id, 'will be forgotten')
    await world.until(() => bob.received.length === 1)
    await world.quiet()
    const { entries, byMessage } = log()
    for (const { sender, messageId } of entries.splice(-2)) byMessage.delete(`${sender}/${messageId}`)
    for (const [device] of log().cursors) log().cursors.set(device, entries.length)
    world.relay.restart()
    await world.quiet(3_000)
    await alice.client.send(bob.id, 'under an old number')
    await world.until(() => bob.received.length === 2)
    assert.equal(texts(bob)[1], 'under an old number')
    assert.ok(kinds(bob).includes('fork'))
  })

  it('a sender whose device is in no list is asked for once, then its message is put aside', async () => {
    const before = world.relay.calls.get('find-account') ?? 0
    const stranger = deviceIdOfKey(nodePrimitives.ed25519PublicKey(world.primitives.randomBytes(32)))
    await withBobAway(async () => {
      for (const text of ['one', 'two', 'three']) await alice.client.send(bob.id, text)
    }, ({ entries }) => {
      for (const entry of entries.slice(-2)) entry.envelope = encodeEnvelope({ ...decodeEnvelope(entry.envelope), senderDevice: stranger })
    })
    await world.until(() => bob.warnings.length === 2)
    assert.deepEqual(texts(bob), ['one'])
    assert.equal((world.relay.calls.get('find-account') ?? 0) - before, 1)
  })

  it('a device that the relay has added to nobody\'s knowledge is noticed by the one whose device it is not', async () => {
    // The relay got hold of Bob's account key: it shows Alice a list with a device of its own.
    const row = JSON.parse(new TextDecoder().decode(bob.data.get('me/account'))) as { seed: string }
    const list = verifyDeviceList(nodePrimitives, world.relay.accounts.get(bob.id)!.deviceList)
    const ghost = { id: deviceIdOfKey(nodePrimitives.ed25519PublicKey(world.primitives.randomBytes(32))), identityKey: nodePrimitives.x25519PublicKey(world.primitives.randomBytes(32)), registrationId: 5 }
    const forged = signDeviceList(nodePrimitives, { ...list, epoch: 2, devices: [...list.devices, ghost] }, fromHex(row.seed))
    const account = world.relay.accounts.get(bob.id)!
    const truth = account.deviceList
    account.deviceList = forged.bytes
    await world.settled(alice.client.findPerson(bob.id))
    account.deviceList = truth
    await alice.client.send(bob.id, 'psst')
    await world.until(() => bob.received.length === 1)
    assert.deepEqual(kinds(bob), ['devices'])
    // The ghost has no keys at the relay, so it got nothing; the true device did.
    assert.deepEqual(texts(bob), ['psst'])
  })

  /** Alice has seen a newer list of bob's devices than the one that the relay shows from here on. */
  const forgetNewerList = async (): Promise<void> => {
    const row = JSON.parse(new TextDecoder().decode(bob.data.get('me/account'))) as { seed: string }
    const account = world.relay.accounts.get(bob.id)!
    const old = account.deviceList
    const list = verifyDeviceList(nodePrimitives, old)
    account.deviceList = signDeviceList(nodePrimitives, { ...list, epoch: 2 }, fromHex(row.seed)).bytes
    await world.settled(alice.client.findPerson(bob.id))
    account.deviceList = old
  }

  it('an older device list is refused, and the newer one stays in use', async () => {
    await forgetNewerList()
    await world.settled(alice.client.findPerson(bob.id))
    assert.deepEqual(kinds(alice), ['devices'])
    assert.match(alice.warnings[0]!.text, /older list/)
  })

  it('an older device list from a copy, while the home is down, is no reason for a warning; the newer one stays in use', async () => {
    await forgetNewerList()
    world.relay.areHomesDown = true
    await world.settled(alice.client.findPerson(bob.id))
    assert.deepEqual(kinds(alice), [])
    world.relay.areHomesDown = false
    await world.settled(alice.client.findPerson(bob.id))
    assert.deepEqual(kinds(alice), ['devices'])
  })

  it('keys that do not fit the device list are not used', async () => {
    const carol = await world.member('carol')
    const [victim, other] = [world.relay.accounts.get(carol.id)!, world.relay.accounts.get(bob.id)!]
    const truth = victim.deviceKeys
    victim.deviceKeys = other.deviceKeys
    await alice.client.send(carol.id, 'secret')
    await world.until(() => alice.warnings.length > 0)
    assert.deepEqual([...new Set(kinds(alice))], ['identity'])
    assert.equal((await alice.client.history(carol.id))[0]!.state, 'pending')
    victim.deviceKeys = truth
    await world.until(() => carol.received.length === 1)
  })

  it('messages that are gone from the relay are skipped, the person is told, and the sender sends them again', async () => {
    await withBobAway(async () => { for (let i = 0; i < 5; i++) await alice.client.send(bob.id, `m${i}`) }, (one) => {
      const gone = one.entries.length - 2
      one.entries.splice(0, gone)
      one.first += gone
    })
    // Their sender still has them, and learns that they never came.
    await world.until(() => bob.received.length === 5)
    assert.deepEqual(texts(bob), ['m3', 'm4', 'm0', 'm1', 'm2'])
    assert.deepEqual(kinds(bob), ['fork'])
    await world.until(async () => (await alice.client.history(bob.id)).every(({ state }) => state === 'delivered'))
    await bob.client.send(alice.id, 'still here')
    await world.until(() => alice.received.length === 1)
    assert.deepEqual(kinds(alice), [], 'who does not know the beginning claims nothing')
  })

  /** The log goes on at a new home, which does not know the last ones. */
  const sequencedAnewWithout = (count: number): void => {
    const one = log()
    const kept = one.entries.length - count
    for (const { sender, messageId } of one.entries.splice(kept)) one.byMessage.delete(`${sender}/${messageId}`)
    one.epoch = 2
    ;(one.members[0] === bob.id ? bob : alice).signHome(2)
    for (const [device] of one.cursors) one.cursors.set(device, kept)
  }

  it('a log that was sequenced anew gets what was not delivered again, and nobody sees anything twice', async () => {
    await bob.client.stop()
    for (let i = 0; i < 3; i++) await alice.client.send(bob.id, `m${i}`)
    await world.settled(alice.client.flushed())
    await world.quiet()
    // A new home that knows the log up to the greeting only.
    sequencedAnewWithout(3)
    world.relay.restart()
    await bob.client.send(alice.id, 'from the new epoch')
    await bob.online()
    await world.until(() => bob.received.length === 3)
    assert.deepEqual(texts(bob), ['m0', 'm1', 'm2'])
    await world.until(async () => (await alice.client.history(bob.id)).every(({ state }) => state === 'delivered'))
    await world.until(() => texts(alice).length === 1)
    assert.deepEqual(texts(alice), ['from the new epoch'])
    assert.deepEqual((await alice.client.history(bob.id)).map(({ text }) => text), (await bob.client.history(alice.id)).map(({ text }) => text))
  })

  it('what a newer epoch may have lost goes before anything new, also when the device dies as soon as it has heard of it', async () => {
    // Nothing is written after the batch with the first entry of the epoch.
    let hasHeard = false
    let store: CrashingStore | undefined
    alice.wrapStore = (inner) => store = new CrashingStore(inner, (writes) => {
      if (hasHeard) return true
      hasHeard = writes.some((write) => write.op === 'put' && write.key.startsWith('lg/') && fromUtf8(write.value).includes('"epoch":2'))
      return false
    })
    await alice.restart()
    await alice.online()
    await bob.client.stop()
    for (let i = 0; i < 3; i++) await alice.client.send(bob.id, `m${i}`)
    await world.settled(alice.client.flushed())
    await world.quiet()
    sequencedAnewWithout(3)
    // The last of these is what comes next to her.
    for (let i = 0; i < 4; i++) await bob.client.send(alice.id, `b${i}`)
    await bob.online()
    await world.until(() => store?.isDead === true)
    alice.wrapStore = (inner) => inner
    await alice.client.stop()
    await alice.open()
    await alice.client.send(bob.id, 'afterwards')
    await alice.online()
    await world.until(() => bob.received.length === 4)
    assert.deepEqual(texts(bob), ['m0', 'm1', 'm2', 'afterwards'])
  })

  it('random and flipped pages never stop the client', async () => {
    let isBad = true
    world.relay.onDeliver = (page) => {
      if (!isBad) return page
      return {
        ...page,
        entries: page.entries.map((entry) => {
          if (entry.envelope === undefined || world.random.fraction() < 0.5) return entry
          const envelope = entry.envelope.slice()
          envelope[world.random.below(envelope.byteLength)]! ^= 1 << world.random.below(8)
          return { ...entry, envelope }
        })
      }
    }
    for (let i = 0; i < 60; i++) {
      await alice.client.send(bob.id, `m${i}`)
      await world.clock.advance(60)
    }
    isBad = false
    await alice.client.send(bob.id, 'the last')
    await world.until(() => texts(bob).includes('the last'), { what: `the last message (seed ${world.random.seed})` })
    await world.quiet(5_000)
    const seen = texts(bob)
    assert.equal(new Set(seen).size, seen.length, 'nothing twice')
    assert.ok(seen.length > 50, `${seen.length} of 61 are there in the end: what was damaged was sent again`)
    assert.ok(kinds(bob).includes('undecryptable'))
  })
})
