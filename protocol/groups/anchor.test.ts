import assert from 'node:assert/strict'
import { compareBytes } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { pairConversation } from '../conversation.ts'
import { isProtocolError, type ErrorCode } from '../errors.ts'
import { accountKeyOf } from '../ids.ts'
import { limits } from '../limits.ts'
import { fuzz, signing } from '../testing.ts'
import { groupRoles } from '../wire/kinds.ts'
import { checkAnchor, contestersOf, firstEpochOf, isHigherAnchor, logEpochOf, maxAnchorEpoch, signGroupAnchor, verifyGroupAnchor, type AnchorToSign, type SignedGroupAnchor } from './anchor.ts'
import { TestGroup, testGroup, testPerson } from './testing.ts'
import { defaultSettings } from './membership.ts'

const [ann, bob, cleo, dora] = [1, 2, 3, 4].map((index) => testPerson(index)) as [ReturnType<typeof testPerson>, ReturnType<typeof testPerson>, ReturnType<typeof testPerson>, ReturnType<typeof testPerson>]
const refused = (work: () => unknown, code: ErrorCode): void => { assert.throws(work, (error) => isProtocolError(error, code), code) }

describe('anchor of a group', () => {
  let group: TestGroup
  beforeEach(() => {
    group = new TestGroup(testGroup(1))
    group.act(ann, { act: 'create', members: [bob.account, cleo.account], settings: defaultSettings })
    group.act(ann, { act: 'setRole', account: bob.account, role: groupRoles.admin })
  })

  const signed = (by = bob, rest: Partial<AnchorToSign> = {}, seed = by.deviceSeed): SignedGroupAnchor => signGroupAnchor(signing, {
    conversation: group.conversation, epoch: 1, anchor: by.account, homeEpoch: 1, admin: by.account, device: by.device, deviceList: by.list.bytes,
    place: { epoch: group.state.epoch, seq: group.state.seq }, head: group.state.head, madeAtMs: 5, ...rest
  }, seed)

  it('an admin may name a member; the record comes back as it was signed', () => {
    const anchor = signed(bob, { anchor: cleo.account })
    checkAnchor(group.state, anchor)
    assert.deepEqual(verifyGroupAnchor(signing, anchor.bytes), anchor)
    checkAnchor(group.state, signed(ann))
  })

  it('nobody else may, nor name a stranger, nor another group', () => {
    refused(() => { checkAnchor(group.state, signed(cleo)) }, 'NOT_ALLOWED')
    refused(() => { checkAnchor(group.state, signed(dora)) }, 'NOT_ALLOWED')
    refused(() => { checkAnchor(group.state, signed(bob, { anchor: dora.account })) }, 'NOT_A_MEMBER')
    refused(() => { checkAnchor(group.state, signed(bob, { conversation: testGroup(1, 8) })) }, 'BAD_CONVERSATION')
  })

  it('who was removed or demoted since the membership that it names may not', () => {
    const before = signed()
    group.act(ann, { act: 'setRole', account: bob.account, role: groupRoles.member })
    refused(() => { checkAnchor(group.state, before) }, 'NOT_ALLOWED')
    group.act(ann, { act: 'remove', accounts: [bob.account] })
    refused(() => { checkAnchor(group.state, before) }, 'NOT_ALLOWED')
  })

  it('who was an admin when the epoch began, is none any more and has no higher key could contest it', () => {
    group.act(ann, { act: 'setRole', account: cleo.account, role: groupRoles.admin })
    const [low, high] = [bob, cleo].sort((a, b) => compareBytes(accountKeyOf(a.account), accountKeyOf(b.account))) as [typeof bob, typeof bob]
    const base = { ...group.state, members: new Map(group.state.members) }
    const contesters = (by: typeof bob): string[] => contestersOf(signed(by), { base, state: group.state })
    assert.deepEqual(contesters(high), [])
    group.act(ann, { act: 'setRole', account: low.account, role: groupRoles.member })
    assert.deepEqual([contesters(high), contesters(low)], [[low.account], [low.account]])
    group.act(ann, { act: 'remove', accounts: [high.account] })
    assert.deepEqual([contesters(high).sort(), contesters(low)], [[low.account, high.account].sort(), [low.account]])
  })

  it('a membership that the reader does not have is not believed, nor another one at the same place', () => {
    refused(() => { checkAnchor(group.state, signed(bob, { place: { epoch: 1, seq: group.state.seq + 1 } })) }, 'ANCHOR_UNPROVEN')
    refused(() => { checkAnchor(group.state, signed(bob, { place: { epoch: 2, seq: 1 } })) }, 'ANCHOR_UNPROVEN')
    refused(() => { checkAnchor(group.state, signed(bob, { head: new Uint8Array(32).fill(7) })) }, 'STALE_MEMBERSHIP')
    const older = signed(bob)
    group.act(ann, { act: 'add', accounts: [dora.account] })
    checkAnchor(group.state, older)
  })

  it('a device that was unlinked since cannot, under the list that still had it', () => {
    const newer = testPerson(2, 2)
    const old = signed(bob)
    group.act(newer, { act: 'add', accounts: [dora.account] })
    refused(() => { checkAnchor(group.state, old) }, 'ROLLED_BACK')
    checkAnchor(group.state, signed(newer))
  })

  it('forged, altered and oversize records are refused', () => {
    refused(() => signed(bob, {}, cleo.deviceSeed), 'BAD_SIGNATURE')
    refused(() => signed(bob, { device: cleo.device }), 'UNKNOWN_DEVICE')
    refused(() => signed(bob, { deviceList: cleo.list.bytes }), 'UNKNOWN_DEVICE')
    refused(() => signed(bob, { epoch: 0 }), 'MALFORMED')
    refused(() => signed(bob, { epoch: maxAnchorEpoch + 1 }), 'MALFORMED')
    refused(() => signed(bob, { head: new Uint8Array(31) }), 'MALFORMED')
    refused(() => signed(bob, { place: { epoch: 1, seq: 0 } }), 'MALFORMED')
    refused(() => verifyGroupAnchor(signing, new Uint8Array(limits.groupAnchorBytes + 1)), 'TOO_LARGE')
    const { bytes } = signed()
    for (let at = 0; at < bytes.byteLength; at += 7) {
      const altered = bytes.slice()
      altered[at]! ^= 1
      assert.throws(() => verifyGroupAnchor(signing, altered), (error) => isProtocolError(error), `byte ${at}`)
    }
    fuzz((input) => verifyGroupAnchor(signing, input), { good: [bytes], random: new SeededRandom(3), rounds: 300 })
  })

  it('of two the higher epoch counts, then the lower admin, then the lower member named, then the smaller hash', () => {
    const [low, high] = compareBytes(accountKeyOf(ann.account), accountKeyOf(bob.account)) < 0 ? [ann, bob] : [bob, ann]
    const all = [signed(high), signed(low), signed(low, { anchor: cleo.account }), signed(low, { madeAtMs: 6 }), signed(high, { epoch: 2 })]
    for (const a of all) for (const b of all) assert.equal(isHigherAnchor(a, b), a !== b && !isHigherAnchor(b, a))
    assert.ok(isHigherAnchor(all[1]!, all[0]!))
    assert.ok(isHigherAnchor(all[4]!, all[1]!))
  })

  it('the epoch of the log only rises: with moves, with each new anchor, and to the record that counts', () => {
    const [low, high] = compareBytes(accountKeyOf(ann.account), accountKeyOf(bob.account)) < 0 ? [ann, bob] : [bob, ann]
    const at = (anchor: SignedGroupAnchor | undefined, home: number): number => logEpochOf(group.conversation, anchor, home)
    const inOrder = [
      at(undefined, 1), at(undefined, 7), at(undefined, 2 ** 32 - 1),
      at(signed(high, { homeEpoch: 5 }), 5), at(signed(high, { homeEpoch: 5 }), 9), at(signed(high, { homeEpoch: 5 }), 2 ** 32 - 1),
      at(signed(low, { homeEpoch: 900 }), 1), at(signed(low, { homeEpoch: 900 }), 901), at(signed(high, { epoch: 2 }), 1), at(signed(low, { epoch: maxAnchorEpoch }), 2 ** 31)
    ]
    for (const [i, epoch] of inOrder.entries()) if (i > 0) assert.ok(epoch > inOrder[i - 1]!, `${i}`)
    assert.ok(inOrder.at(-1)! < 2 ** 32)
    assert.ok(firstEpochOf(signed(high)) >= 2 ** 24)
    assert.equal(logEpochOf(pairConversation(ann.account, bob.account), undefined, 2 ** 30), 2 ** 30)
  })
})
