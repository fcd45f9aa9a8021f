import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { pairConversation } from '../conversation.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import { limits } from '../limits.ts'
import { fuzz, refusedAs } from '../testing.ts'
import { decode, encode } from '../wire/codec.ts'
import { GroupSnapshot } from '../wire/gen/group.js'
import { applyChange, checkControl, emptyGroup, membershipHash, type GroupState } from './membership.ts'
import { snapshotOf, snapshotToWire, stateFromSnapshot, stateFromWire } from './snapshot.ts'
import { TestGroup, joinBy, manyAccounts, testGroup, testLink, testPerson, unsignedControl } from './testing.ts'

const [alice, bob, carol, dave] = [testPerson(1), testPerson(2), testPerson(3), testPerson(4)]
const settings = { whoMaySend: 1, whoMayAdd: 1, whoMayEdit: 2 }

function someGroup (): TestGroup {
  const group = new TestGroup(testGroup(1))
  group.act(alice, { act: 'create', members: [bob.account, carol.account], settings })
  group.act(alice, { act: 'setRole', account: bob.account, role: 2 })
  const { seed: _, ...link } = testLink(1, { maxUses: 2, expiresAtMs: 1_900_000_000_000 })
  group.act(carol, { act: 'link', link })
  group.act(dave, joinBy(group.conversation, dave, testLink(1)))
  group.act(bob, { act: 'profile', profile: { keyId: new Uint8Array(8).fill(1), sealed: new Uint8Array(300).fill(2) } })
  return group
}

/** 1,023 members beside Alice, 32 links, the largest profile. */
function fullGroup (): GroupState {
  const state = emptyGroup(testGroup(1))
  const members = manyAccounts(limits.groupMembers - 1)
  const acts = [
    { act: 'create', members, settings, profile: { keyId: new Uint8Array(8), sealed: new Uint8Array(limits.groupProfileBytes) } } as const,
    ...Array.from({ length: limits.groupLinks }, (_, i) => {
      const { seed: _seed, ...link } = testLink(i + 1, { maxUses: 4_000_000_000, expiresAtMs: Number.MAX_SAFE_INTEGER })
      return { act: 'link', link } as const
    })
  ]
  for (const [at, act] of acts.entries()) applyChange(state, checkControl(nodePrimitives, state, unsignedControl(alice, state.conversation, state.head, act), new Uint8Array(1)), { epoch: 1, seq: 2 ** 50 + at })
  return state
}

describe('snapshot of a group', () => {
  it('gives back the state, which goes on as the first one does', () => {
    const group = someGroup()
    const copy = new TestGroup(group.conversation)
    Object.assign(copy, { state: stateFromSnapshot(snapshotOf(group.state)) })
    copy.entries.push(...group.entries)
    assert.deepEqual(copy.state, group.state)
    for (const one of [group, copy]) one.act(bob, { act: 'remove', accounts: [dave.account] })
    assert.deepEqual(copy.state, group.state)
    assert.deepEqual(membershipHash(nodePrimitives, copy.state), membershipHash(nodePrimitives, group.state))
  })

  it('of a group that everybody has left is one too', () => {
    const group = new TestGroup(testGroup(1))
    group.act(alice, { act: 'create', members: [], settings })
    group.act(alice, { act: 'leave' })
    assert.deepEqual(stateFromSnapshot(snapshotOf(group.state)), group.state)
  })

  it('of the largest group there can be fits its limit', () => {
    const state = fullGroup()
    const bytes = snapshotOf(state)
    assert.ok(bytes.byteLength > 75_000 && bytes.byteLength <= limits.groupSnapshotBytes, `${bytes.byteLength} bytes`)
    assert.deepEqual(stateFromSnapshot(bytes), state)
  }).timeout(20_000)

  it('shares no memory with the bytes it was read from', () => {
    const { state } = someGroup()
    const bytes = snapshotOf(state)
    const copy = stateFromSnapshot(bytes)
    bytes.fill(0xee)
    assert.deepEqual(copy, state)
  })

  it('above the limit is refused before it is parsed', () => {
    assert.throws(() => stateFromSnapshot(new Uint8Array(limits.groupSnapshotBytes + 1)), refusedAs('TOO_LARGE'))
  })

  const good = snapshotToWire(someGroup().state)
  const [first, second] = good.members as [GroupSnapshot['members'][0], GroupSnapshot['members'][0]]
  const [link] = good.links as [GroupSnapshot['links'][0]]
  const wrong: Array<[string, Partial<GroupSnapshot>, Parameters<typeof refusedAs>[0]]> = [
    ['of a pair', { conversation: pairConversation(alice.account, bob.account).bytes }, 'BAD_CONVERSATION'],
    ['without settings', { settings: undefined }, 'MALFORMED'],
    ['with an unknown setting', { settings: { ...settings, whoMayAdd: 3 } }, 'MALFORMED'],
    ['of nothing yet', { seq: 0 }, 'MALFORMED'],
    ['of no epoch', { epoch: 0 }, 'MALFORMED'],
    ['with a head of another length', { head: new Uint8Array(31) }, 'MALFORMED'],
    ['with a member twice', { members: [...good.members, second] }, 'MALFORMED'],
    ['with two owners', { members: [first, { ...second, role: 3 }] }, 'MALFORMED'],
    ['without an owner', { members: [second] }, 'MALFORMED'],
    ['with an unknown role', { members: [first, { ...second, role: 4 }] }, 'MALFORMED'],
    ['with no role', { members: [first, { ...second, role: 0 }] }, 'MALFORMED'],
    ['with a member of later', { members: [first, { ...second, sinceSeq: good.seq + 1 }] }, 'MALFORMED'],
    ['with a member of never', { members: [first, { ...second, sinceSeq: 0 }] }, 'MALFORMED'],
    ['with an account that is none', { members: [first, { ...second, account: new Uint8Array(34) }] }, 'MALFORMED'],
    ['with a link twice', { links: [link, link] }, 'MALFORMED'],
    ['with a link that is used up', { links: [{ ...link, uses: 2 }] }, 'MALFORMED'],
    ['with a link that is none', { links: [{ ...link, link: undefined }] }, 'MALFORMED'],
    ['with too large a profile', { profile: { keyId: new Uint8Array(8), sealed: new Uint8Array(limits.groupProfileBytes + 1) } }, 'TOO_LARGE']
  ]
  for (const [what, fields, code] of wrong) {
    it(`${what} is refused as ${code}`, () => { assert.throws(() => stateFromWire(decode(GroupSnapshot, encode(GroupSnapshot, { ...good, ...fields }))), refusedAs(code)) })
  }

  it('of more people than a group has is refused', () => {
    const members = Array.from({ length: limits.groupMembers + 1 }, (_, i) => ({ ...second, account: concatKey(i) }))
    assert.throws(() => stateFromSnapshot(encode(GroupSnapshot, { ...good, members })), refusedAs('MALFORMED'))
  })

  it('in broken bytes gives a ProtocolError or a state that keeps the rules (seed 41)', () => {
    const { refused } = fuzz((bytes) => {
      const state = stateFromSnapshot(bytes)
      const owners = [...state.members.values()].filter(({ role }) => role === 3).length
      assert.ok(owners === 1 || state.members.size === 0)
    }, { good: [snapshotOf(someGroup().state)], random: new SeededRandom(41), rounds: 4_000 })
    assert.ok(refused > 2_000, `${refused} refused`)
  })
})

function concatKey (index: number): Uint8Array {
  const account = new Uint8Array(34)
  account[1] = 0x20
  new DataView(account.buffer).setUint32(30, index)
  return account
}
