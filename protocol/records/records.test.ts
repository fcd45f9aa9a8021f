import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { concat, utf8 } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import type { ErrorCode } from '../errors.ts'
import { accountIdToBytes, deviceKeyOf, relayKeyOf } from '../ids.ts'
import { limits } from '../limits.ts'
import { fuzz, refusedAs, signing, testAccount, testDevice, testRelay, testRelayRecord } from '../testing.ts'
import { decode, encode, type WireType } from '../wire/codec.ts'
import { DeviceKeys as WireDeviceKeys, DeviceList as WireDeviceList, HomeRecord as WireHomeRecord, RelayRecord as WireRelayRecord, Signed } from '../wire/gen/records.js'
import { GuestPermit as WireGuestPermit } from '../wire/gen/guest.js'
import { PublicProfile as WirePublicProfile } from '../wire/gen/directory.js'
import { signDeviceKeys, verifyDeviceKeys, type DeviceKeys } from './device-keys.ts'
import { isExpired, signDeviceList, verifyDeviceList, type DeviceList } from './device-list.ts'
import { isNewer, signHomeRecord, verifyHomeRecord, type HomeRecord } from './home-record.ts'
import { signGuestPermit, verifyGuestPermit, type GuestPermit } from './guest-permit.ts'
import { signPublicProfile, verifyPublicProfile, type PublicProfile } from './public-profile.ts'
import { signRelayRecord, verifyRelayRecord } from './relay-record.ts'
import { contexts, isRegion, signRecord, type Context } from './signed.ts'

const alice = testAccount(1)
const mallory = testAccount(66)
const device = testDevice(1)
const relay = testRelay(1)
const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

const deviceList: DeviceList = {
  account: alice.id, epoch: 3, issuedAtMs: 1_000, expiresAtMs: 0,
  devices: [1, 2].map((index) => ({ id: testDevice(index).id, identityKey: key(index), registrationId: index }))
}
const homeRecord: HomeRecord = { account: alice.id, epoch: 2, homes: [relay.id, testRelay(2).id], region: 'eu', issuedAtMs: 1_000 }
const relayRecord = testRelayRecord(1)
const deviceKeys: DeviceKeys = {
  suite: 1, registrationId: 5, identityKey: key(4), issuedAtMs: 1_000,
  signedPrekey: { id: 1, key: key(5), signature: new Uint8Array(64) }, kemPrekey: { id: 2, key: new Uint8Array(1568), signature: new Uint8Array(64) }
}
const guestPermit: GuestPermit = { account: alice.id, device: device.id, relay: relay.id, expiresAtMs: 2_000 }
const publicProfile: PublicProfile = { account: alice.id, name: 'Alice', about: 'at sea', issuedAtMs: 1_000 }

/** One kind of record, for what is true of all. */
interface Kind {
  name: string
  context: Context
  seed: Uint8Array
  signed: Uint8Array
  verify (bytes: Uint8Array): unknown
  /** The body's message. */
  type: WireType<{ version: number }>
}
const kinds: Kind[] = [
  { name: 'device list', context: contexts.deviceList, seed: alice.seed, signed: signDeviceList(signing, deviceList, alice.seed).bytes, verify: (bytes) => verifyDeviceList(signing, bytes), type: WireDeviceList },
  { name: 'home record', context: contexts.homeRecord, seed: alice.seed, signed: signHomeRecord(signing, homeRecord, alice.seed).bytes, verify: (bytes) => verifyHomeRecord(signing, bytes), type: WireHomeRecord },
  { name: 'relay record', context: contexts.relayRecord, seed: relay.seed, signed: signRelayRecord(signing, relayRecord, relay.seed).bytes, verify: (bytes) => verifyRelayRecord(signing, bytes), type: WireRelayRecord },
  { name: 'device keys', context: contexts.deviceKeys, seed: device.seed, signed: signDeviceKeys(signing, deviceKeys, device.seed), verify: (bytes) => verifyDeviceKeys(signing, bytes, device.id), type: WireDeviceKeys },
  { name: 'public profile', context: contexts.publicProfile, seed: alice.seed, signed: signPublicProfile(signing, publicProfile, alice.seed).bytes, verify: (bytes) => verifyPublicProfile(signing, bytes), type: WirePublicProfile },
  { name: 'guest permit', context: contexts.guestPermit, seed: device.seed, signed: signGuestPermit(signing, guestPermit, device.seed), verify: (bytes) => verifyGuestPermit(signing, bytes, 1_999), type: WireGuestPermit }
]

/** The record's body with fields changed, rightly signed: a broken or hostile owner. */
function resigned<T extends { version: number }> ({ context, seed, signed }: Kind, type: WireType<T>, changes: Partial<T>): Uint8Array {
  return signRecord(signing, context, encode(type, { ...decode(type, decode(Signed, signed).body), ...changes }), seed)
}

describe('signed records', () => {
  it('come out as they went in, with their own copy of the signed bytes', () => {
    const [list, home, ofRelay] = [signDeviceList(signing, deviceList, alice.seed), signHomeRecord(signing, homeRecord, alice.seed), signRelayRecord(signing, relayRecord, relay.seed)]
    const frame = concat(list.bytes)
    const read = verifyDeviceList(signing, frame)
    frame.fill(0)
    assert.deepEqual(read, { ...deviceList, bytes: list.bytes })
    assert.deepEqual(verifyHomeRecord(signing, home.bytes), { ...homeRecord, bytes: home.bytes })
    assert.deepEqual(verifyGuestPermit(signing, signGuestPermit(signing, guestPermit, device.seed), 1_999), guestPermit)
    assert.throws(() => verifyGuestPermit(signing, signGuestPermit(signing, guestPermit, device.seed), 2_000), refusedAs('EXPIRED'))
    assert.deepEqual(verifyRelayRecord(signing, ofRelay.bytes), { ...relayRecord, bytes: ofRelay.bytes })
    assert.deepEqual(verifyDeviceKeys(signing, signDeviceKeys(signing, deviceKeys, device.seed), device.id), deviceKeys)
  })

  it('home records of one account stand in one total order: by epoch, then by the hash of what was signed', () => {
    const sign = (epoch: number, issuedAtMs: number): { epoch: number, bytes: Uint8Array } => signHomeRecord(signing, { ...homeRecord, epoch, issuedAtMs }, alice.seed)
    const records = [1, 2, 3].flatMap((epoch) => [1, 2, 3, 4].map((issuedAtMs) => sign(epoch, issuedAtMs)))
    const hash = ({ bytes }: { bytes: Uint8Array }): string => createHash('sha256').update(decode(Signed, bytes).body).digest('hex')
    for (const a of records) {
      for (const b of records) assert.equal(isNewer(a, b), a.epoch !== b.epoch ? a.epoch > b.epoch : hash(a) < hash(b))
    }
    const { body, signature } = decode(Signed, records[0]!.bytes)
    const again = { epoch: 1, bytes: encode(Signed, { body, signature: new Uint8Array(signature.byteLength) }) }
    assert.equal(isNewer(again, records[0]!) || isNewer(records[0]!, again), false)
  })

  it('a relay record names its directory database, or none', () => {
    const named = { ...relayRecord, directory: 7 }
    assert.deepEqual(verifyRelayRecord(signing, signRelayRecord(signing, named, relay.seed).bytes).directory, 7)
    assert.equal('directory' in verifyRelayRecord(signing, signRelayRecord(signing, relayRecord, relay.seed).bytes), false)
  })

  it('the signature is Ed25519 over context, a zero byte and the body as it travels', () => {
    for (const { context, seed, signed } of kinds) {
      const { body, signature } = decode(Signed, signed)
      assert.ok(signing.ed25519Verify(signing.ed25519PublicKey(seed), concat(utf8(context), Uint8Array.of(0), body), signature))
    }
  })

  it('have contexts of which none begins another', () => {
    const all = Object.values(contexts).map((context) => `${context}\0`)
    for (const one of all) for (const other of all) assert.ok(one === other || !one.startsWith(other))
  })

  for (const kind of kinds) {
    describe(kind.name, () => {
      const { body, signature } = decode(Signed, kind.signed)

      it('signed by another key is refused', () => {
        assert.throws(() => kind.verify(signRecord(signing, kind.context, body, mallory.seed)), refusedAs('BAD_SIGNATURE'))
      })

      it('signed by the right key in the context of another record is refused', () => {
        for (const other of Object.values(contexts)) {
          const bytes = signRecord(signing, other, body, kind.seed)
          if (other === kind.context) kind.verify(bytes)
          else assert.throws(() => kind.verify(bytes), refusedAs('BAD_SIGNATURE'), other)
        }
      })

      it('with a signature of another length is refused', () => {
        for (const wrong of [new Uint8Array(0), signature.subarray(1), concat(signature, Uint8Array.of(0)), new Uint8Array(64)]) {
          assert.throws(() => kind.verify(encode(Signed, { body, signature: wrong })), refusedAs('BAD_SIGNATURE'))
        }
      })

      it('with a single bit of its body or signature flipped is refused', () => {
        for (let at = 0; at < body.byteLength; at += Math.max(1, Math.floor(body.byteLength / 60))) {
          const flipped = body.slice()
          flipped[at]! ^= 1 << (at % 8)
          assert.throws(() => kind.verify(encode(Signed, { body: flipped, signature })), refusedAs('BAD_SIGNATURE', 'MALFORMED', 'UNSUPPORTED_VERSION', 'TOO_MANY'), `byte ${at}`)
        }
        for (let at = 0; at < 64; at += 3) {
          const flipped = signature.slice()
          flipped[at]! ^= 1 << (at % 8)
          assert.throws(() => kind.verify(encode(Signed, { body, signature: flipped })), refusedAs('BAD_SIGNATURE'), `byte ${at}`)
        }
      })

      it('of another version is refused as such', () => {
        for (const version of [0, 2]) assert.throws(() => kind.verify(resigned(kind, kind.type, { version })), refusedAs('UNSUPPORTED_VERSION'))
      })

      it('above the limit is refused before it is parsed', () => {
        assert.throws(() => kind.verify(new Uint8Array(limits.recordBytes + 1).fill(0xff)), refusedAs('TOO_LARGE'))
        assert.throws(() => kind.verify(new Uint8Array(limits.recordBytes).fill(0xff)), refusedAs('MALFORMED'))
      })

      it('keeps fields of newer releases inside what is signed', () => {
        const newer = concat(body, Uint8Array.of(0xf8, 0x06, 0x01))
        kind.verify(signRecord(signing, kind.context, newer, kind.seed))
      })

      it('empty or cut anywhere is refused', () => {
        for (let length = 0; length < kind.signed.byteLength; length += Math.max(1, Math.floor(kind.signed.byteLength / 80))) {
          assert.throws(() => kind.verify(kind.signed.subarray(0, length)), refusedAs('MALFORMED', 'BAD_SIGNATURE', 'UNSUPPORTED_VERSION'), `${length} bytes`)
        }
      })

      for (const seed of [401, 402]) {
        it(`broken bytes give a ProtocolError, never a record that says something else (seed ${seed})`, () => {
          const expected = kind.verify(kind.signed)
          fuzz((bytes) => {
            const read = kind.verify(bytes) as { bytes?: Uint8Array }
            assert.deepEqual({ ...read, bytes: undefined }, { ...expected as object, bytes: undefined })
          }, { good: [kind.signed], random: new SeededRandom(seed), rounds: 400 })
        })
      }
    })
  }

  const [ofList, ofHome, ofRelay, ofKeys, ofProfile] = kinds as [Kind, Kind, Kind, Kind, Kind]
  const wireDevice = (index: number): { transportKey: Uint8Array, identityKey: Uint8Array, registrationId: number } => ({ transportKey: deviceKeyOf(testDevice(index).id), identityKey: key(index), registrationId: index })
  const address = relayRecord.addresses[0]!
  const wrong: Array<[string, () => Uint8Array, Kind, ErrorCode]> = [
    ['a device list for somebody else', () => resigned(ofList, WireDeviceList, { account: accountIdToBytes(mallory.id) }), ofList, 'BAD_SIGNATURE'],
    ['a device list without devices', () => resigned(ofList, WireDeviceList, { devices: [] }), ofList, 'MALFORMED'],
    ['a device list of epoch 0', () => resigned(ofList, WireDeviceList, { epoch: 0 }), ofList, 'MALFORMED'],
    ['a device twice', () => resigned(ofList, WireDeviceList, { devices: [wireDevice(1), wireDevice(1)] }), ofList, 'MALFORMED'],
    ['a device key of another length', () => resigned(ofList, WireDeviceList, { devices: [{ ...wireDevice(1), transportKey: new Uint8Array(31) }] }), ofList, 'MALFORMED'],
    ['an identity key of another length', () => resigned(ofList, WireDeviceList, { devices: [{ ...wireDevice(1), identityKey: new Uint8Array(33) }] }), ofList, 'MALFORMED'],
    ['eleven devices', () => resigned(ofList, WireDeviceList, { devices: Array.from({ length: 11 }, (_, index) => wireDevice(index)) }), ofList, 'MALFORMED'],
    ['an account id of another length', () => resigned(ofList, WireDeviceList, { account: new Uint8Array(33) }), ofList, 'MALFORMED'],
    ['a home record for somebody else', () => resigned(ofHome, WireHomeRecord, { account: accountIdToBytes(mallory.id) }), ofHome, 'BAD_SIGNATURE'],
    ['no home', () => resigned(ofHome, WireHomeRecord, { homes: [] }), ofHome, 'MALFORMED'],
    ['four homes', () => resigned(ofHome, WireHomeRecord, { homes: [1, 2, 3, 4].map((index) => relayKeyOf(testRelay(index).id)) }), ofHome, 'MALFORMED'],
    ['a home twice', () => resigned(ofHome, WireHomeRecord, { homes: [1, 1].map((index) => relayKeyOf(testRelay(index).id)) }), ofHome, 'MALFORMED'],
    ['a home of another length', () => resigned(ofHome, WireHomeRecord, { homes: [new Uint8Array(31)] }), ofHome, 'MALFORMED'],
    ['a home record of epoch 0', () => resigned(ofHome, WireHomeRecord, { epoch: 0 }), ofHome, 'MALFORMED'],
    ['a region with control characters', () => resigned(ofHome, WireHomeRecord, { region: 'eu\u001b[2J' }), ofHome, 'MALFORMED'],
    ['a relay record for another relay', () => resigned(ofRelay, WireRelayRecord, { relay: relayKeyOf(testRelay(2).id), addresses: [] }), ofRelay, 'BAD_SIGNATURE'],
    ['a relay key of another length', () => resigned(ofRelay, WireRelayRecord, { relay: new Uint8Array(31) }), ofRelay, 'MALFORMED'],
    ['a name in capitals', () => resigned(ofRelay, WireRelayRecord, { name: 'EU-1' }), ofRelay, 'MALFORMED'],
    ['no name', () => resigned(ofRelay, WireRelayRecord, { name: '' }), ofRelay, 'MALFORMED'],
    ['a name with a line break', () => resigned(ofRelay, WireRelayRecord, { name: 'eu\n1' }), ofRelay, 'MALFORMED'],
    ['a name that is too long', () => resigned(ofRelay, WireRelayRecord, { name: 'a'.repeat(limits.relayNameBytes + 1) }), ofRelay, 'MALFORMED'],
    ['a region that is too long', () => resigned(ofRelay, WireRelayRecord, { region: 'a'.repeat(limits.regionBytes + 1) }), ofRelay, 'MALFORMED'],
    ['software with an escape sequence', () => resigned(ofRelay, WireRelayRecord, { software: '\u001b]0;x\u0007' }), ofRelay, 'MALFORMED'],
    ['a load above full', () => resigned(ofRelay, WireRelayRecord, { loadPermille: 1001 }), ofRelay, 'MALFORMED'],
    ['an address of another relay', () => resigned(ofRelay, WireRelayRecord, { addresses: [address, `/ip4/192.0.2.1/tcp/1/p2p/${testRelay(2).id}`] }), ofRelay, 'MALFORMED'],
    ['an address without a relay', () => resigned(ofRelay, WireRelayRecord, { addresses: ['/ip4/192.0.2.1/tcp/1'] }), ofRelay, 'MALFORMED'],
    ['an address with a space', () => resigned(ofRelay, WireRelayRecord, { addresses: [`/ip4/192.0.2.1 ${address}`] }), ofRelay, 'MALFORMED'],
    ['an address that is too long', () => resigned(ofRelay, WireRelayRecord, { addresses: [`/dns4/${'a'.repeat(limits.addressBytes)}${address}`] }), ofRelay, 'MALFORMED'],
    ['seventeen addresses', () => resigned(ofRelay, WireRelayRecord, { addresses: Array.from({ length: 17 }, () => address) }), ofRelay, 'MALFORMED'],
    ['device keys of another device', () => signRecord(signing, contexts.deviceKeys, decode(Signed, ofKeys.signed).body, testDevice(2).seed), ofKeys, 'BAD_SIGNATURE'],
    ['device keys without a signed prekey', () => resigned(ofKeys, WireDeviceKeys, { signedPrekey: undefined }), ofKeys, 'MALFORMED'],
    ['device keys without a KEM prekey', () => resigned(ofKeys, WireDeviceKeys, { kemPrekey: undefined }), ofKeys, 'MALFORMED'],
    ['a profile for somebody else', () => resigned(ofProfile, WirePublicProfile, { account: accountIdToBytes(mallory.id) }), ofProfile, 'BAD_SIGNATURE'],
    ['a name that moves the cursor', () => resigned(ofProfile, WirePublicProfile, { name: 'a\u001b[2J' }), ofProfile, 'MALFORMED'],
    ['a line about oneself that turns its direction', () => resigned(ofProfile, WirePublicProfile, { about: 'a\u202eb' }), ofProfile, 'MALFORMED'],
    ['a public name that is too long', () => resigned(ofProfile, WirePublicProfile, { name: 'a'.repeat(limits.publicNameChars + 1) }), ofProfile, 'MALFORMED'],
    ['too much about oneself', () => resigned(ofProfile, WirePublicProfile, { about: 'a'.repeat(limits.publicAboutChars + 1) }), ofProfile, 'MALFORMED'],
    ['an identity key of another length in device keys', () => resigned(ofKeys, WireDeviceKeys, { identityKey: new Uint8Array(33) }), ofKeys, 'MALFORMED']
  ]
  for (const [what, make, kind, code] of wrong) {
    it(`${what}: ${code}`, () => { assert.throws(() => kind.verify(make()), refusedAs(code)) })
  }

  it('what nobody would take is not signed', () => {
    assert.throws(() => signDeviceList(signing, { ...deviceList, devices: Array.from({ length: 11 }, (_, index) => ({ id: testDevice(index).id, identityKey: key(1), registrationId: 1 })) }, alice.seed), refusedAs('TOO_MANY'))
    assert.throws(() => signHomeRecord(signing, { ...homeRecord, homes: [relay.id, relay.id] }, alice.seed), refusedAs('MALFORMED'))
    assert.throws(() => signHomeRecord(signing, { ...homeRecord, epoch: 0 }, alice.seed), refusedAs('MALFORMED'))
    assert.throws(() => signHomeRecord(signing, { ...homeRecord, homes: [relay.id, ...[2, 3, 4].map((index) => testRelay(index).id)] }, alice.seed), refusedAs('TOO_MANY'))
    assert.throws(() => signPublicProfile(signing, { ...publicProfile, name: 'a\nb' }, alice.seed), refusedAs('MALFORMED'))
    assert.throws(() => signRelayRecord(signing, { ...relayRecord, region: 'EU West' }, relay.seed), refusedAs('MALFORMED'))
    assert.throws(() => signRelayRecord(signing, { ...relayRecord, addresses: Array.from({ length: 17 }, () => address) }, relay.seed), refusedAs('TOO_MANY'))
  })

  it('the largest that are allowed fit into a record', () => {
    const devices = Array.from({ length: limits.devices }, (_, index) => ({ id: testDevice(index).id, identityKey: key(index), registrationId: 16_380 }))
    assert.ok(signDeviceList(signing, { ...deviceList, devices }, alice.seed).bytes.byteLength <= limits.recordBytes)
    assert.ok(signDeviceKeys(signing, deviceKeys, device.seed).byteLength <= limits.recordBytes)
  })

  it('a device list expires at its time, or never', () => {
    assert.deepEqual([0, 999, 1_000, 1_001].map((nowMs) => isExpired({ ...deviceList, expiresAtMs: 1_000 }, nowMs)), [false, false, true, true])
    assert.equal(isExpired(deviceList, Number.MAX_SAFE_INTEGER), false)
  })

  it('a region is a short lower-case word, or empty', () => {
    for (const text of ['', 'eu', 'us-east-1', '7', 'a'.repeat(32)]) assert.ok(isRegion(text), text)
    for (const text of ['EU', '-eu', 'e u', 'eu\n', 'ü', 'a'.repeat(33)]) assert.ok(!isRegion(text), text)
  })
})
