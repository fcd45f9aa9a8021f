import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import { topics } from '../../protocol/protocols.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { decode } from '../../protocol/wire/codec.ts'
import type { ClaimOutcome } from '../../protocol/wire/gen/directory.js'
import { Signed } from '../../protocol/wire/gen/records.js'
import { StubMesh, TestPerson, connect, register, sayHello, signing, startTestRelay, testDevice, testRelay, type TestRelay } from '../testing/fixtures.ts'

const isCode = (...codes: ErrorCode[]) => (error: unknown): boolean => {
  assert.ok(isProtocolError(error, ...codes), `expected ${codes.join(' or ')}, got ${String(error)}`)
  return true
}

describe('people at two relays', () => {
  const random = new SeededRandom(6)
  let clock: ManualClock
  let dht: Map<string, Uint8Array>
  let relays: Map<RelayId, TestRelay>
  let eu: TestRelay
  let us: TestRelay
  let alice: TestPerson
  let bob: TestPerson
  let atEu: Channel
  let atUs: Channel
  let isCut: boolean
  /** Channels that end as soon as something is asked on them. */
  let ending: number

  const start = async (name: string): Promise<TestRelay> => {
    const identity = testRelay(random)
    const relay: TestRelay = await startTestRelay({
      random,
      clock,
      name,
      identity,
      mesh: new StubMesh(identity.id, dht),
      channels: (target) => {
        const far = relays.get(target)
        if (far === undefined || isCut) return Promise.reject(new ProtocolError('HOME_UNREACHABLE'))
        const [mine, theirs] = streamPair(relay.id, far.id)
        if (ending-- > 0) {
          theirs.start({ onData: () => { theirs.abort(new ProtocolError('DISCONNECTED')) }, onClose: () => { /* that was us */ } })
          return Promise.resolve(new Channel(mine, { handlers: new Handlers(), clock }).start())
        }
        new Channel(theirs, { handlers: far.relayHandlers, clock }).start()
        return Promise.resolve(new Channel(mine, { handlers: new Handlers(), clock }).start())
      }
    })
    relays.set(relay.id, relay)
    return relay
  }

  beforeEach(async () => {
    clock = new ManualClock()
    dht = new Map()
    relays = new Map()
    isCut = false
    ending = 0
    eu = await start('eu-1.example.org')
    us = await start('us-1.example.org')
    ;[alice, bob] = [new TestPerson(random), new TestPerson(random)]
    atEu = connect(alice.device.id, eu)
    atUs = connect(bob.device.id, us)
    await Promise.all([sayHello(atEu, alice), sayHello(atUs, bob)])
    await register(atEu, alice, eu.id, { handle: 'alice', prekeys: alice.prekeys() })
    await register(atUs, bob, us.id, { handle: 'bob', prekeys: bob.prekeys({ count: 2 }) })
    // home records reach the DHT, and each relay hears of the other
    await clock.advance(1_000)
    for (const [from, to] of [[eu, us], [us, eu]] as const) to.mesh.topics.get(topics.directory)!(from.mesh.published.at(-1)!.message)
  })

  const claim = (): ReturnType<Channel['call']> => atEu.call(clientMethods.claimBundles, { account: accountIdToBytes(bob.account) })
  const findBob = (): ReturnType<Channel['call']> => atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) })

  it('find each other by account and by handle', async () => {
    const byAccount = await atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) })
    assert.deepEqual(byAccount.deviceList, bob.devices().bytes)
    assert.deepEqual(byAccount.homeRecord, bob.home(us.id).bytes)
    const byHandle = await atEu.call(clientMethods.findHandle, { handle: 'Bob@us-1.example.org' })
    assert.deepEqual(byHandle, byAccount)
    await assert.rejects(atEu.call(clientMethods.findHandle, { handle: 'carol@us-1.example.org' }), isCode('UNKNOWN_HANDLE'))
    await assert.rejects(atEu.call(clientMethods.findHandle, { handle: 'carol@ap-1.example.org' }), isCode('UNKNOWN_RELAY'))
    await assert.rejects(atEu.call(clientMethods.findAccount, { account: accountIdToBytes(new TestPerson(random).account) }), isCode('UNKNOWN_ACCOUNT'))
  })

  it('are found although the channel between the relays ends under the question, once', async () => {
    ending = 1
    await findBob()
    ending = 2
    await assert.rejects(findBob(), isCode('HOME_UNREACHABLE'))
  })

  it('claim each other\'s prekeys, each once', async () => {
    const bundles = []
    for (let i = 0; i < 3; i++) bundles.push((await atEu.call(clientMethods.claimBundles, { account: accountIdToBytes(bob.account) })).bundles[0]!)
    assert.deepEqual(bundles.map((bundle) => bundle.oneTime?.id), [1, 2, undefined])
    assert.deepEqual(bundles[0]!.deviceKeys, bundles[2]!.deviceKeys)
  })

  describe('claims of many', () => {
    const claimMany = async (...accounts: Uint8Array[]): Promise<ClaimOutcome[]> => (await atEu.call(clientMethods.claimMany, { accounts })).outcomes
    const idOf = (person: TestPerson): Uint8Array => accountIdToBytes(person.account)
    const codeOf = ({ status }: ClaimOutcome): string => status === 0 ? 'claimed' : ProtocolError.fromStatus(status).code
    const register40 = async (): Promise<TestPerson[]> => {
      const people = Array.from({ length: 40 }, () => new TestPerson(random))
      for (const [index, person] of people.entries()) {
        const relay = index % 2 === 0 ? eu : us
        const channel = connect(person.device.id, relay)
        await sayHello(channel, person)
        await register(channel, person, relay.id, { prekeys: person.prekeys({ count: 1 }) })
      }
      await clock.advance(2_000)
      return people
    }

    it('give one outcome each, in order, wherever people live, with one question per relay', async () => {
      const people = await register40()
      let questions = 0
      const answer = us.relayHandlers
      relays.set(us.id, { ...us, get relayHandlers () { questions++; return answer } })
      const outcomes = await claimMany(...people.map(idOf))
      assert.deepEqual(outcomes.map(codeOf), people.map(() => 'claimed'))
      for (const [index, { claimed }] of outcomes.entries()) {
        assert.equal(verifyDeviceList(signing, claimed!.deviceList).account, people[index]!.account)
        assert.equal(claimed!.bundles[0]!.oneTime?.id, 1)
      }
      assert.equal(questions, 1)
      const again = await claimMany(...people.slice(0, 4).map(idOf))
      assert.deepEqual(again.map(({ claimed }) => claimed!.bundles[0]!.oneTime), [undefined, undefined, undefined, undefined])
    })

    it('tell of each why it failed, and the others do not suffer', async () => {
      const nobody = new TestPerson(random)
      const keyless = new TestPerson(random)
      const channel = connect(keyless.device.id, us)
      await sayHello(channel, keyless)
      await register(channel, keyless, us.id)
      await clock.advance(2_000)
      const outcomes = await claimMany(idOf(bob), idOf(nobody), idOf(keyless), idOf(bob), idOf(alice))
      assert.deepEqual(outcomes.map(codeOf), ['claimed', 'UNKNOWN_ACCOUNT', 'NO_BUNDLE', 'claimed', 'NO_BUNDLE'])
      isCut = true
      assert.deepEqual((await claimMany(idOf(bob))).map(codeOf), ['HOME_UNREACHABLE'])
      assert.deepEqual(await claimMany(), [])
    })

    it('believe no relay that answers with somebody else, with too little or with rubbish', async () => {
      const forged = { status: 0, claimed: { deviceList: alice.devices().bytes, homeRecord: alice.home(us.id).bytes, bundles: [] }, retryAfterMs: 0 }
      for (const outcomes of [[forged], [], [{ status: 0, retryAfterMs: 0 }], [{ ...forged, claimed: { ...forged.claimed, deviceList: random.bytes(50) } }]]) {
        us.relayHandlers.on(relayMethods.claimMany, () => ({ outcomes }))
        assert.deepEqual((await claimMany(idOf(bob))).map(codeOf), ['HOME_UNREACHABLE'])
      }
    })

    it('cost as much quota as claims one by one, and count for each target', async () => {
      for (let i = 0; i < limits.claimsPerTargetPerHour; i++) await claimMany(idOf(bob))
      const [refused] = await claimMany(idOf(bob))
      assert.equal(codeOf(refused!), 'QUOTA')
      assert.ok(refused!.retryAfterMs > 0)
      const many = Array.from({ length: 255 }, () => idOf(bob))
      for (let i = 0; i < 4; i++) await claimMany(...many)
      await assert.rejects(claimMany(...many), isCode('QUOTA'))
      await assert.rejects(atEu.call(clientMethods.claimMany, { accounts: Array.from({ length: 257 }, () => idOf(bob)) }), isCode('MALFORMED'))
    })

    it('leave out what does not fit into an answer: OVERLOADED', async () => {
      const crowd = Array.from({ length: 60 }, () => new TestPerson(random))
      for (const person of crowd) {
        const channel = connect(person.device.id, eu)
        const devices = [person.device, ...Array.from({ length: 9 }, () => testDevice(random))]
        const list = person.devices({ devices })
        for (const device of devices) {
          const each = device === person.device ? channel : connect(device.id, eu)
          await sayHello(each, person, list)
          await register(each, person, eu.id, { prekeys: { deviceKeys: person.deviceKeys({ device }), oneTime: [] } })
        }
      }
      const outcomes = await claimMany(...crowd.map(idOf))
      const taken = outcomes.filter(({ status }) => status === 0).length
      assert.ok(taken > 30 && taken < 60, `${taken}`)
      assert.deepEqual(new Set(outcomes.map(codeOf)), new Set(['claimed', 'OVERLOADED']))
    })
  })

  it('get a typed answer when the other relay cannot be reached, and an answer once it can', async () => {
    isCut = true
    await assert.rejects(claim(), isCode('HOME_UNREACHABLE'))
    await assert.rejects(atEu.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' }), isCode('HOME_UNREACHABLE'))
    isCut = false
    await claim()
  })

  it('get a typed answer when the other relay does not answer', async () => {
    relays.get(us.id)!.relayHandlers.on(relayMethods.claimBundles, () => new Promise(() => {}))
    const claiming = claim()
    const result = assert.rejects(claiming, isCode('HOME_UNREACHABLE'))
    await clock.advance(limits.requestTimeoutMs)
    await result
  })

  it('believe no relay that answers with somebody else, or with rubbish, and are not punished for it', async () => {
    const mallory = new TestPerson(random)
    const answers = [
      { deviceList: mallory.devices().bytes, homeRecord: bob.home(us.id).bytes },
      { deviceList: bob.devices().bytes, homeRecord: mallory.home(us.id).bytes },
      { deviceList: random.bytes(100), homeRecord: bob.home(us.id).bytes },
      {}
    ]
    for (const answer of answers) {
      us.relayHandlers.on(relayMethods.findAccount, () => answer).on(relayMethods.findHandle, () => answer)
      await assert.rejects(findBob(), isCode('HOME_UNREACHABLE'))
      await assert.rejects(atEu.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' }), isCode('HOME_UNREACHABLE'))
    }
    assert.equal(atEu.isClosed, false)
  })

  it('are found at their new home when they have moved, whatever the DHT says', async () => {
    await findBob()
    const ap = await start('ap-1.example.org')
    const atAp = connect(bob.device.id, ap)
    await sayHello(atAp, bob)
    const record = bob.home(ap.id, { epoch: 2 })
    await register(atAp, bob, ap.id, { homeRecord: record.bytes })
    await atUs.call(clientMethods.updateHome, decode(Signed, record.bytes))
    const found = await atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) })
    assert.deepEqual(found.homeRecord, record.bytes)
    const byHandle = await atEu.call(clientMethods.findHandle, { handle: 'bob@us-1.example.org' })
    assert.deepEqual(byHandle.homeRecord, record.bytes)
  })

  it('are not sought in circles when two relays each say that the other is home', async () => {
    us.relayHandlers.on(relayMethods.findAccount, () => { throw new ProtocolError('MOVED', { record: bob.home(us.id, { epoch: 7 }).bytes }) })
    await assert.rejects(findBob(), isCode('HOME_UNREACHABLE'))
  })

  it('past the hourly limit of a relay come without one-time prekeys, and are not refused', async () => {
    await atUs.call(clientMethods.uploadPrekeys, { oneTime: Array.from({ length: 50 }, (_, i) => ({ id: 10 + i, key: random.bytes(32) })) })
    const [mine, theirs] = streamPair(eu.id, us.id)
    new Channel(theirs, { handlers: us.relayHandlers, clock }).start()
    const link = new Channel(mine, { handlers: new Handlers(), clock }).start()
    let withKey = 0
    for (let i = 0; i < limits.claimsPerTargetPerHour + 5; i++) {
      const { bundles } = await link.call(relayMethods.claimBundles, { account: accountIdToBytes(bob.account) })
      if (bundles[0]!.oneTime !== undefined) withKey++
    }
    assert.equal(withKey, limits.claimsPerTargetPerHour)
  })

  it('tell other relays of a second device', async () => {
    const list = bob.devices({ epoch: 2, devices: [bob.device, new TestPerson(random).device] })
    await atUs.call(clientMethods.updateDevices, decode(Signed, list.bytes))
    const found = await atEu.call(clientMethods.findAccount, { account: accountIdToBytes(bob.account) })
    assert.equal(verifyDeviceList(signing, found.deviceList).devices.length, 2)
  })
})
