import assert from 'node:assert/strict'
import { concat, sameBytes, toHex } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { pairConversation } from '../conversation.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import { isProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { contexts, signRecord } from '../records/signed.ts'
import { fuzz, refusedAs, signing, testDevice, testEnvelope } from '../testing.ts'
import { decode, encode } from '../wire/codec.ts'
import { Control as WireControl } from '../wire/gen/group.js'
import { Signed } from '../wire/gen/records.js'
import { checkJoinProof, joinProof, noHead, signControl, verifyControl, verifyControlEnvelope, type GroupAct } from './control.ts'
import { joinBy, manyAccounts, signedBy, testGroup, testLink, testPerson } from './testing.ts'

const [alice, bob, carol] = [testPerson(1), testPerson(2), testPerson(3)]
const group = testGroup(1)
const head = new Uint8Array(32).fill(3)
const settings = { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 }
const profile = { keyId: new Uint8Array(8).fill(1), sealed: new Uint8Array(600).fill(2) }
const { seed: _, ...link } = testLink(1, { expiresAtMs: 1_900_000_000_000, maxUses: 3 })

const acts: GroupAct[] = [
  { act: 'create', members: [], settings },
  { act: 'create', members: [bob.account, carol.account], settings, profile },
  { act: 'add', accounts: [carol.account] },
  { act: 'remove', accounts: [bob.account, carol.account] },
  { act: 'leave' },
  { act: 'setRole', account: bob.account, role: 2 },
  { act: 'settings', settings: { ...settings, whoMayAdd: 1 } },
  { act: 'link', link },
  { act: 'revoke', link: link.id },
  joinBy(group, alice, testLink(1)),
  { act: 'profile', profile },
  { act: 'unknown' }
]

/** The signed change with fields of the wire changed, signed again by Alice's device. */
function changed (fields: Partial<WireControl>, from: GroupAct = acts[2]!): Uint8Array {
  const { body } = decode(Signed, signedBy(alice, group, head, from))
  return signRecord(signing, contexts.groupControl, encode(WireControl, { ...decode(WireControl, body), ...fields }), alice.deviceSeed)
}

describe('signed change of a group', () => {
  for (const act of acts) {
    it(`comes out as it went in: ${act.act}`, () => {
      const control = verifyControl(signing, signedBy(alice, group, head, act, 1_700_000_000_123))
      assert.deepEqual(control, { conversation: group, actor: alice.account, device: alice.device, actorList: alice.list, previous: act.act === 'join' ? noHead : head, madeAtMs: 1_700_000_000_123, act })
    })
  }

  it('shares no memory with the bytes it was read from', () => {
    for (const act of acts) {
      const bytes = signedBy(alice, group, head, act)
      const control = verifyControl(signing, bytes)
      bytes.fill(0xee)
      assert.deepEqual(control.act, act)
      assert.ok(sameBytes(control.previous, act.act === 'join' ? noHead : head))
    }
  })

  it('names up to 1,023 people, and fits its limit also with a profile of the largest size', () => {
    const accounts = manyAccounts(1_024)
    const largest = { act: 'create', members: accounts.slice(1), settings, profile: { keyId: profile.keyId, sealed: new Uint8Array(limits.groupProfileBytes) } } as const
    const bytes = signedBy(alice, group, noHead, largest)
    assert.ok(bytes.byteLength > 60_000 && bytes.byteLength + limits.recordBytes - alice.list.bytes.byteLength <= limits.groupControlBytes, `${bytes.byteLength} bytes`)
    assert.deepEqual(verifyControl(signing, bytes).act, largest)
    assert.throws(() => signedBy(alice, group, noHead, { ...largest, members: accounts }), refusedAs('TOO_MANY'))
  }).timeout(20_000)

  it('above its limit is refused, by who makes it and by who reads it, before it is parsed', () => {
    assert.throws(() => verifyControl(signing, new Uint8Array(limits.groupControlBytes + 1)), refusedAs('TOO_LARGE'))
    assert.throws(() => signedBy(alice, group, head, { act: 'profile', profile: { ...profile, sealed: new Uint8Array(limits.groupControlBytes) } }), refusedAs('TOO_LARGE'))
    assert.throws(() => verifyControl(signing, changed({ add: undefined, profile: { ...profile, sealed: new Uint8Array(limits.groupProfileBytes + 1) } })), refusedAs('TOO_LARGE'))
  })

  it('of any one flipped byte is refused with a typed error', () => {
    const random = new SeededRandom(11)
    for (const act of acts.slice(1)) {
      const bytes = signedBy(alice, group, head, act)
      for (let at = 0; at < bytes.byteLength; at++) {
        const damaged = bytes.slice()
        damaged[at]! ^= 1 << random.below(8)
        assert.throws(() => verifyControl(nodePrimitives, damaged), (error) => isProtocolError(error), `${act.act}, byte ${at}`)
      }
    }
  }).timeout(60_000)

  it('is refused as BAD_SIGNATURE when any field is another than was signed', () => {
    const other: Array<Partial<WireControl>> = [
      { conversation: testGroup(2).bytes }, { previous: noHead }, { madeAtMs: 2_000 }, { add: { accounts: [decode(WireControl, decode(Signed, signedBy(bob, group, head, acts[2]!)).body).actor] } },
      { add: undefined }, { add: undefined, leave: {} }
    ]
    for (const fields of other) {
      const { signature } = decode(Signed, signedBy(alice, group, head, acts[2]!))
      const { body } = decode(Signed, changed(fields))
      assert.throws(() => verifyControl(signing, encode(Signed, { body, signature })), refusedAs('BAD_SIGNATURE'))
    }
  })

  it('is for this context only', () => {
    const { body } = decode(Signed, signedBy(alice, group, head, acts[2]!))
    for (const context of [contexts.deviceKeys, contexts.deviceList]) assert.throws(() => verifyControl(signing, signRecord(signing, context, body, alice.deviceSeed)), refusedAs('BAD_SIGNATURE'))
  })

  it('by a device that the list does not name, or with a list of somebody else, is refused as UNKNOWN_DEVICE', () => {
    const stranger = testDevice(4)
    const forged = signControl(signing, { conversation: group, actor: alice.account, device: stranger.id, deviceList: alice.list.bytes, previous: head, madeAtMs: 1, act: acts[2]! }, stranger.seed)
    assert.throws(() => verifyControl(signing, forged), refusedAs('UNKNOWN_DEVICE'))
    const asAlice = signControl(signing, { conversation: group, actor: alice.account, device: bob.device, deviceList: bob.list.bytes, previous: head, madeAtMs: 1, act: acts[2]! }, bob.deviceSeed)
    assert.throws(() => verifyControl(signing, asAlice), refusedAs('UNKNOWN_DEVICE'))
  })

  it('with a device list that the account did not sign is refused as BAD_SIGNATURE', () => {
    const list = decode(Signed, alice.list.bytes)
    assert.throws(() => verifyControl(signing, changed({ deviceList: encode(Signed, { body: list.body, signature: new Uint8Array(64) }) })), refusedAs('BAD_SIGNATURE'))
  })

  it('in another form of the same bytes is refused: one signature has one hash', () => {
    const bytes = signedBy(alice, group, head, acts[2]!)
    const { body, signature } = decode(Signed, bytes)
    const [first, second] = [encode(Signed, { body, signature: new Uint8Array(0) }), encode(Signed, { body: new Uint8Array(0), signature })]
    assert.deepEqual(concat(first, second), bytes)
    for (const other of [concat(second, first), concat(bytes, Uint8Array.of(0xf8, 0x06, 0x01)), concat(first, first, second)]) assert.throws(() => verifyControl(signing, other), refusedAs('MALFORMED'))
  })

  const wrong: Array<[string, Partial<WireControl>, Parameters<typeof refusedAs>[0]]> = [
    ['another version', { version: 2, conversation: new Uint8Array(2) }, 'UNSUPPORTED_VERSION'],
    ['a pair in place of the group', { conversation: pairConversation(alice.account, bob.account).bytes }, 'BAD_CONVERSATION'],
    ['a conversation of another length', { conversation: group.bytes.subarray(1) }, 'BAD_CONVERSATION'],
    ['an actor that is no account', { actor: new Uint8Array(34) }, 'MALFORMED'],
    ['a device of another length', { device: new Uint8Array(31) }, 'MALFORMED'],
    ['a head of another length', { previous: new Uint8Array(31) }, 'MALFORMED'],
    ['a device list that is none', { deviceList: new Uint8Array(7).fill(7) }, 'MALFORMED'],
    ['two acts', { leave: {} }, 'MALFORMED'],
    ['an account of another length among the added', { add: { accounts: [new Uint8Array(33)] } }, 'MALFORMED'],
    ['settings left out of create', { add: undefined, create: { members: [] } }, 'MALFORMED'],
    ['a link id of another length', { add: undefined, link: { ...link, id: new Uint8Array(15) } }, 'MALFORMED'],
    ['a link key of another length', { add: undefined, link: { ...link, publicKey: new Uint8Array(33) } }, 'MALFORMED'],
    ['a revoked link id of another length', { add: undefined, revoke: { link: new Uint8Array(17) } }, 'MALFORMED'],
    ['a proof of another length', { add: undefined, join: { link: link.id, proof: new Uint8Array(63) } }, 'MALFORMED'],
    ['a profile key id of another length', { add: undefined, profile: { ...profile, keyId: new Uint8Array(7) } }, 'MALFORMED'],
    ['an empty profile', { add: undefined, profile: { ...profile, sealed: new Uint8Array(0) } }, 'MALFORMED']
  ]
  for (const [what, fields, code] of wrong) {
    it(`with ${what} is refused as ${code}, although it is signed`, () => { assert.throws(() => verifyControl(signing, changed(fields)), refusedAs(code)) })
  }

  it('of a newer version of the schema is read as far as it is known', () => {
    const { body } = decode(Signed, signedBy(alice, group, head, acts[11]!))
    const newer = signRecord(signing, contexts.groupControl, concat(body, Uint8Array.of(0xfa, 0x06, 0x01, 0x00)), alice.deviceSeed)
    assert.deepEqual(verifyControl(signing, newer).act, { act: 'unknown' })
  })

  for (const seed of [21, 22]) {
    it(`broken bytes give a ProtocolError (seed ${seed})`, () => {
      const { refused, taken } = fuzz((bytes) => verifyControl(signing, bytes), { good: acts.map((act) => signedBy(alice, group, head, act)), random: new SeededRandom(seed), rounds: 2_000 })
      assert.ok(refused > 1_900, `${refused} refused, ${taken} taken`)
    }).timeout(60_000)
  }
})

describe('signed change in its envelope', () => {
  const control = signedBy(alice, group, head, acts[2]!)
  const envelope = testEnvelope({ conversation: group, sender: alice.account, senderDevice: alice.device, kind: 3, ciphertexts: [], control })

  it('is taken from the one who made it', () => {
    assert.equal(verifyControlEnvelope(signing, envelope).actor, alice.account)
  })

  it('is refused from somebody else, from another device, in another group and when there is none', () => {
    assert.throws(() => verifyControlEnvelope(signing, { ...envelope, sender: bob.account }), refusedAs('BAD_CONTROL'))
    assert.throws(() => verifyControlEnvelope(signing, { ...envelope, senderDevice: bob.device }), refusedAs('BAD_CONTROL'))
    assert.throws(() => verifyControlEnvelope(signing, { ...envelope, conversation: testGroup(2) }), refusedAs('BAD_CONVERSATION'))
    assert.throws(() => verifyControlEnvelope(signing, testEnvelope({ conversation: group })), refusedAs('MALFORMED'))
  })
})

describe('proof to join', () => {
  it('is good for one account, one group and one link', () => {
    const { seed, publicKey } = testLink(5)
    const proof = joinProof(signing, seed, group, bob.account)
    assert.ok(checkJoinProof(signing, publicKey, group, bob.account, proof))
    assert.ok(!checkJoinProof(signing, publicKey, group, carol.account, proof))
    assert.ok(!checkJoinProof(signing, publicKey, testGroup(2), bob.account, proof))
    assert.ok(!checkJoinProof(signing, testLink(6).publicKey, group, bob.account, proof))
  })

  it('is made of these bytes', () => {
    assert.equal(toHex(joinProof(signing, testLink(5).seed, group, bob.account)), toHex(signing.ed25519Sign(testLink(5).seed, concat(new TextEncoder().encode('heliograph group join 1\0'), group.bytes, Uint8Array.of(0, 32), decode(WireControl, decode(Signed, signedBy(bob, group, head, acts[2]!)).body).actor.subarray(2)))))
  })
})
