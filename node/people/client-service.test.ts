import assert from 'node:assert/strict'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { connect, register, sayHello, signing, startTestRelay, testDevice, testRelay, TestPerson, type TestRelay } from '../testing/fixtures.ts'

const fails = async (promise: Promise<unknown>, ...codes: ErrorCode[]): Promise<void> => {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(isProtocolError(error, ...codes), `expected ${codes.join(' or ')}, got ${String(error)}`)
    return true
  })
}

describe('client service', () => {
  const random = new SeededRandom(1)
  let relay: TestRelay
  let person: TestPerson
  let channel: Channel

  beforeEach(async () => {
    relay = await startTestRelay({ random })
    person = new TestPerson(random)
    channel = connect(person.device.id, relay)
  })

  describe('hello', () => {
    it('welcomes somebody who is not registered and says so', async () => {
      const welcome = await sayHello(channel, person)
      assert.equal(welcome.isRegistered, false)
      assert.equal(welcome.relayName, 'eu-1.example.org')
      assert.equal(welcome.nowMs, relay.clock.nowMs())
      assert.equal(relay.path.sessions.size, 0)
    })

    it('attaches a registered device, with its handle and the prekeys that are left', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id, { handle: 'Alice', prekeys: person.prekeys({ count: 7 }) })
      const again = connect(person.device.id, relay)
      const welcome = await sayHello(again, person)
      assert.equal(welcome.isRegistered, true)
      assert.equal(welcome.handle, 'alice@eu-1.example.org')
      assert.equal(welcome.oneTimePrekeysLeft, 7)
    })

    it('refuses another wire version', async () => {
      await fails(channel.call(clientMethods.hello, { version: wireVersion + 1 }), 'UNSUPPORTED_VERSION')
    })

    it('refuses a device list that does not name the connection\'s key', async () => {
      await fails(sayHello(channel, person, person.devices({ devices: [testDevice(random)] })), 'UNKNOWN_DEVICE')
      await fails(sayHello(channel, new TestPerson(random)), 'UNKNOWN_DEVICE')
    })

    it('refuses another account\'s list, an expired one and one with a broken signature', async () => {
      const other = new TestPerson(random)
      await fails(channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(other.account), deviceList: person.devices().bytes }), 'NOT_ADMITTED')
      await fails(sayHello(channel, person, person.devices({ expiresAtMs: relay.clock.nowMs() })), 'EXPIRED')
      const forged = person.devices().bytes.slice()
      forged[forged.length - 1]! ^= 1
      await fails(channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(person.account), deviceList: forged }), 'BAD_SIGNATURE')
    })

    it('refuses a list that was rolled back and hands over the newer one; takes a newer one for good', async () => {
      const second = testDevice(random)
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      const newer = person.devices({ epoch: 2, devices: [person.device, second] })
      await sayHello(connect(second.id, relay), person, newer)
      assert.deepEqual(relay.relay.accounts.devicesOf(person.account), [person.device.id, second.id])
      await assert.rejects(sayHello(connect(person.device.id, relay), person), (error: unknown) => {
        assert.ok(isProtocolError(error, 'ROLLED_BACK'))
        assert.deepEqual(error.details.record, newer.bytes)
        return true
      })
    })

    it('a device that was unlinked is out at once, and told so with the list that leaves it out', async () => {
      const second = testDevice(random)
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      const both = person.devices({ epoch: 2, devices: [person.device, second] })
      const companion = connect(second.id, relay)
      await sayHello(companion, person, both)
      assert.equal(relay.path.sessions.size, 2)
      const without = person.devices({ epoch: 3 })
      await channel.call(clientMethods.updateDevices, decode(Signed, without.bytes))
      assert.deepEqual([...relay.path.sessions].map(({ device }) => device), [person.device.id])
      await fails(companion.call(clientMethods.findAccount, { account: accountIdToBytes(person.account) }), 'NOT_AUTHENTICATED')
      await relay.clock.advance(1_000)
      assert.equal(companion.isClosed, true)
      await assert.rejects(sayHello(connect(second.id, relay), person, both), (error: unknown) => {
        assert.ok(isProtocolError(error, 'UNKNOWN_DEVICE'))
        assert.deepEqual(error.details.record, without.bytes)
        return true
      })
    })

    it('closes a connection that says nothing', async () => {
      let isClosed = false
      channel.onClose(() => { isClosed = true })
      await relay.clock.advance(limits.helloTimeoutMs - 1)
      assert.equal(isClosed, false)
      await relay.clock.advance(1)
      assert.equal(isClosed, true)
      assert.equal(relay.relay.clients.connections, 0)
    })

    it('lets a second connection of the same device replace the first', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      const second = connect(person.device.id, relay)
      await sayHello(second, person)
      await settle()
      assert.equal(channel.isClosed, true)
      assert.equal(second.isClosed, false)
      assert.deepEqual([...relay.path.sessions].map((session) => session.device), [person.device.id])
    })

    it('closes a session that is silent for two heartbeats, and keeps one that pings', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      for (let i = 0; i < 4; i++) {
        await relay.clock.advance(limits.heartbeatMs)
        await channel.call(anyMethods.ping, {})
      }
      assert.equal(channel.isClosed, false)
      await relay.clock.advance(limits.deadAfterMs + limits.heartbeatMs)
      assert.equal(channel.isClosed, true)
      assert.equal(relay.path.sessions.size, 0)
    })

    it('answers ping and the directory before hello, and nothing else', async () => {
      await channel.call(anyMethods.ping, {})
      await relay.clock.advance(1)
      const { records } = await channel.call(clientMethods.getDirectory, { region: '', max: 0 })
      assert.equal(records.length, 1)
      for (const method of [clientMethods.uploadPrekeys, clientMethods.updateDevices, clientMethods.updateHome, clientMethods.register]) {
        await fails(channel.call<object, unknown>(method as never, {}), 'NOT_AUTHENTICATED')
      }
      await fails(channel.call(clientMethods.findHandle, { handle: 'bob@eu-1.example.org' }), 'NOT_AUTHENTICATED')
      await fails(channel.call(clientMethods.findAccount, { account: accountIdToBytes(person.account) }), 'NOT_AUTHENTICATED')
      await fails(channel.call(clientMethods.claimBundles, { account: accountIdToBytes(person.account) }), 'NOT_AUTHENTICATED')
    })

    it('counts hellos against the device\'s quota', async () => {
      for (let i = 0; i < rates.lookupPerDevice.burst; i++) await sayHello(channel, person)
      await fails(sayHello(channel, person), 'QUOTA')
      await relay.clock.advance(1_000)
      await sayHello(channel, person)
    })
  })

  describe('register', () => {
    it('is harmless when repeated', async () => {
      await sayHello(channel, person)
      const request = { handle: 'alice', prekeys: person.prekeys() }
      const first = await register(channel, person, relay.id, request)
      assert.deepEqual(await register(channel, person, relay.id, request), first)
      assert.equal(relay.relay.accounts.size, 1)
    })

    it('refuses a record that names another relay, or is another account\'s', async () => {
      await sayHello(channel, person)
      await fails(register(channel, person, testRelay(random).id), 'NOT_ADMITTED')
      await fails(register(channel, person, relay.id, { homeRecord: new TestPerson(random).home(relay.id).bytes }), 'NOT_ADMITTED')
      assert.equal(relay.relay.accounts.size, 0)
    })

    it('refuses a record older than the one in the DHT', async () => {
      const elsewhere = person.home(testRelay(random).id, { epoch: 3 })
      relay.mesh.dht.set(homeRecordKey(person.account), elsewhere.bytes)
      await sayHello(channel, person)
      await assert.rejects(register(channel, person, relay.id), (error: unknown) => {
        assert.ok(isProtocolError(error, 'ROLLED_BACK'))
        assert.deepEqual(error.details.record, elsewhere.bytes)
        return true
      })
      await register(channel, person, relay.id, { homeRecord: person.home(relay.id, { epoch: 4 }).bytes })
    })

    it('does not wait long for a DHT that does not answer', async () => {
      relay.mesh.getRecord = () => new Promise(() => {})
      await sayHello(channel, person)
      const registering = register(channel, person, relay.id)
      await relay.clock.advance(2_000)
      await registering
    })

    it('gives a handle to the first who asks, and frees it when it is changed', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id, { handle: 'alice' })
      const other = new TestPerson(random)
      const otherChannel = connect(other.device.id, relay)
      await sayHello(otherChannel, other)
      await fails(register(otherChannel, other, relay.id, { handle: 'ALICE' }), 'HANDLE_TAKEN')
      assert.equal(relay.relay.accounts.isLocal(other.account), false)
      await fails(register(otherChannel, other, relay.id, { handle: 'x' }), 'BAD_HANDLE')
      await fails(register(otherChannel, other, relay.id, { handle: 'admin' }), 'HANDLE_TAKEN')
      assert.equal((await register(channel, person, relay.id, { handle: 'alicia' })).handle, 'alicia@eu-1.example.org')
      assert.equal((await register(otherChannel, other, relay.id, { handle: 'alice' })).handle, 'alice@eu-1.example.org')
    })

    it('gives a handle to one of two who ask at the same moment', async () => {
      const other = new TestPerson(random)
      const otherChannel = connect(other.device.id, relay)
      await Promise.all([sayHello(channel, person), sayHello(otherChannel, other)])
      const results = await Promise.allSettled([register(channel, person, relay.id, { handle: 'alice' }), register(otherChannel, other, relay.id, { handle: 'alice' })])
      assert.deepEqual(results.map((result) => result.status).sort(), ['fulfilled', 'rejected'])
    })

    it('is refused at a closed relay, except for those who are there already', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      const closed = await startTestRelay({ random, store: relay.store, mesh: relay.mesh, openRegistration: false })
      const again = connect(person.device.id, closed)
      assert.equal((await sayHello(again, person)).isRegistered, true)
      await register(again, person, relay.id, { handle: 'alice' })
      const other = new TestPerson(random)
      const otherChannel = connect(other.device.id, closed)
      await sayHello(otherChannel, other)
      await fails(register(otherChannel, other, relay.id), 'REGISTRATION_CLOSED')
    })

    it('publishes the home record, again after a failure, and once in a while', async () => {
      relay.mesh.dhtError = new Error('no peers')
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      await relay.clock.advance(1_000)
      assert.equal(relay.mesh.dht.size, 0)
      relay.mesh.dhtError = undefined
      await relay.clock.advance(limits.retryMaxMs)
      const key = homeRecordKey(person.account)
      assert.deepEqual(relay.mesh.dht.get(key), person.home(relay.id).bytes)
      relay.mesh.dht.clear()
      await relay.clock.advance(limits.homeRecordRepublishMs + 1_000)
      assert.deepEqual(relay.mesh.dht.get(key), person.home(relay.id).bytes)
    })

    it('survives a restart, by what is durable', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id, { handle: 'alice', prekeys: person.prekeys({ count: 3 }) })
      const after = await startTestRelay({ random, store: relay.store.crash(), mesh: relay.mesh })
      assert.equal(after.relay.accounts.isLocal(person.account), true)
      assert.equal(after.relay.homes.cached(person.account)?.epoch, 1)
      const welcome = await sayHello(connect(person.device.id, after), person)
      assert.deepEqual([welcome.isRegistered, welcome.handle, welcome.oneTimePrekeysLeft], [true, 'alice@eu-1.example.org', 3])
    })
  })

  describe('prekeys', () => {
    const other = new TestPerson(random)
    let asker: Channel
    const claim = (): Promise<{ bundles: Array<{ oneTime?: { id: number } | undefined }> }> => asker.call(clientMethods.claimBundles, { account: accountIdToBytes(person.account) })

    beforeEach(async () => {
      asker = connect(other.device.id, relay)
      await Promise.all([sayHello(channel, person), sayHello(asker, other)])
      await Promise.all([register(channel, person, relay.id), register(asker, other, relay.id)])
    })

    it('are handed out once each, then the bundle comes without', async () => {
      await fails(claim(), 'NO_BUNDLE')
      await channel.call(clientMethods.uploadPrekeys, person.prekeys({ count: 3 }))
      const claimed = await Promise.all([claim(), claim(), claim(), claim()])
      assert.deepEqual(claimed.map(({ bundles }) => bundles[0]?.oneTime?.id), [1, 2, 3, undefined])
    })

    it('are gone for good when they were handed out, also after a crash', async () => {
      await channel.call(clientMethods.uploadPrekeys, person.prekeys({ count: 2 }))
      await claim()
      const after = await startTestRelay({ random, store: relay.store.crash(), mesh: relay.mesh })
      asker = connect(other.device.id, after)
      await sayHello(asker, other)
      assert.deepEqual((await claim()).bundles.map((bundle) => bundle.oneTime?.id), [2])
    })

    it('do not come back when an upload is repeated', async () => {
      const upload = person.prekeys({ count: 2 })
      await channel.call(clientMethods.uploadPrekeys, upload)
      await claim()
      assert.equal((await channel.call(clientMethods.uploadPrekeys, upload)).oneTime, 1)
      assert.deepEqual((await claim()).bundles.map((bundle) => bundle.oneTime?.id), [2])
    })

    it('refuse one id for two keys, more than a hundred, and keys of another device', async () => {
      const upload = person.prekeys({ count: 2 })
      await channel.call(clientMethods.uploadPrekeys, upload)
      await fails(channel.call(clientMethods.uploadPrekeys, { oneTime: [{ id: 2, key: random.bytes(32) }] }), 'MALFORMED')
      await fails(channel.call(clientMethods.uploadPrekeys, { oneTime: Array.from({ length: limits.oneTimePrekeys - 1 }, (_, i) => ({ id: 3 + i, key: random.bytes(32) })) }), 'TOO_MANY')
      await fails(channel.call(clientMethods.uploadPrekeys, { deviceKeys: other.deviceKeys(), oneTime: [] }), 'BAD_SIGNATURE')
    })

    it('may be claimed so many times an hour by one device', async () => {
      await channel.call(clientMethods.uploadPrekeys, person.prekeys({ count: limits.oneTimePrekeys }))
      for (let i = 0; i < limits.claimsPerTargetPerHour; i++) {
        await claim()
        await relay.clock.advance(500)
      }
      await fails(claim(), 'QUOTA')
      await relay.clock.advance(0)
    })

    it('are not drained by the devices of one account together, and none of them keeps the others from writing', async () => {
      await channel.call(clientMethods.uploadPrekeys, person.prekeys({ count: limits.oneTimePrekeys }))
      const second = testDevice(random)
      const list = other.devices({ epoch: 2, devices: [other.device, second] })
      await asker.call(clientMethods.updateDevices, decode(Signed, list.bytes))
      const sibling = connect(second.id, relay)
      await sayHello(sibling, other, list)
      for (let i = 0; i < limits.claimsPerTargetPerHour; i++) {
        await claim()
        await relay.clock.advance(500)
      }
      await fails(claim(), 'QUOTA')
      const { bundles } = await sibling.call(clientMethods.claimBundles, { account: accountIdToBytes(person.account) })
      assert.deepEqual(bundles.map(({ oneTime }) => oneTime), [undefined])
      await relay.clock.advance(0)
    })

    it('of a device that is unlinked are gone', async () => {
      await channel.call(clientMethods.uploadPrekeys, person.prekeys())
      const second = testDevice(random)
      await channel.call(clientMethods.updateDevices, decode(Signed, person.devices({ epoch: 2, devices: [second] }).bytes))
      await fails(claim(), 'NO_BUNDLE')
      await relay.clock.advance(2_000)
      assert.equal(channel.isClosed, true)
    })
  })

  describe('moving', () => {
    const move = (epoch: number): { record: Uint8Array, relay: ReturnType<typeof testRelay> } => {
      const elsewhere = testRelay(random)
      return { record: person.home(elsewhere.id, { epoch }).bytes, relay: elsewhere }
    }

    beforeEach(async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id, { handle: 'alice' })
    })

    it('ends the session, and hello answers MOVED with the record from then on, also after a crash', async () => {
      const { record } = move(2)
      await channel.call(clientMethods.updateHome, decode(Signed, record))
      assert.equal(relay.relay.accounts.isLocal(person.account), false)
      await relay.clock.advance(2_000)
      assert.equal(channel.isClosed, true)
      assert.equal(relay.path.sessions.size, 0)
      for (const start of [() => relay, () => startTestRelay({ random, store: relay.store.crash(), mesh: relay.mesh })]) {
        const at = await start()
        await assert.rejects(sayHello(connect(person.device.id, at), person), (error: unknown) => {
          assert.ok(isProtocolError(error, 'MOVED'), String(error))
          assert.deepEqual(error.details.record, record)
          return true
        })
      }
    })

    it('takes effect when others tell of it, and refuses to go back', async () => {
      relay.relay.homes.learn(move(5).record)
      assert.equal(relay.relay.accounts.isLocal(person.account), false)
      assert.throws(() => relay.relay.homes.learn(person.home(relay.id, { epoch: 4 }).bytes), (error: unknown) => isProtocolError(error, 'ROLLED_BACK'))
    })

    it('back is a registration with a newer record', async () => {
      await channel.call(clientMethods.updateHome, decode(Signed, move(2).record))
      const back = connect(person.device.id, relay)
      await fails(sayHello(back, person), 'MOVED')
      await fails(register(back, person, relay.id), 'ROLLED_BACK')
      const { handle } = await register(back, person, relay.id, { homeRecord: person.home(relay.id, { epoch: 3 }).bytes })
      assert.equal(handle, 'alice@eu-1.example.org')
      assert.equal(relay.path.sessions.size, 1)
    })

    it('back is welcome when others knew of it first', async () => {
      await channel.call(clientMethods.updateHome, decode(Signed, move(2).record))
      const record = person.home(relay.id, { epoch: 3 }).bytes
      relay.relay.homes.learn(record)
      const back = connect(person.device.id, relay)
      assert.equal((await sayHello(back, person)).isRegistered, false)
      await register(back, person, relay.id, { homeRecord: record })
      assert.equal(relay.relay.accounts.isLocal(person.account), true)
    })

    it('keeps the handle leading to where the account lives now', async () => {
      const { record } = move(2)
      await channel.call(clientMethods.updateHome, decode(Signed, record))
      const other = new TestPerson(random)
      const otherChannel = connect(other.device.id, relay)
      await sayHello(otherChannel, other)
      await register(otherChannel, other, relay.id)
      const found = await otherChannel.call(clientMethods.findHandle, { handle: 'alice@eu-1.example.org' })
      assert.equal(verifyHomeRecord(signing, found.homeRecord).epoch, 2)
      await fails(otherChannel.call(clientMethods.findAccount, { account: accountIdToBytes(person.account) }), 'HOME_UNREACHABLE')
    })
  })

  describe('draining', () => {
    it('tells devices, refuses hello, and leaves no timer', async () => {
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      let told = 0
      const handlers = new Handlers().onNotification(clientNotifications.draining, () => { told++ })
      const listening = connect(person.device.id, relay, handlers)
      await sayHello(listening, person)
      await relay.relay.stop({ timeoutMs: 1_000 })
      await settle()
      assert.equal(told, 1)
      assert.equal(listening.isClosed, true)
      assert.equal(relay.path.sessions.size, 0)
      assert.equal(relay.clock.pending, 0)
      const late = connect(new TestPerson(random).device.id, relay)
      await fails(sayHello(late, person), 'DRAINING', 'DISCONNECTED')
    })
  })
})
