import assert from 'node:assert/strict'
import { compareBytes, concat, sameBytes, toHex } from '../bytes.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import { accountKeyOf, type AccountId } from '../ids.ts'
import { limits } from '../limits.ts'
import { refusedAs } from '../testing.ts'
import { groupPolicies, groupRoles } from '../wire/kinds.ts'
import { noHead, type GroupAct, type GroupSettings } from './control.ts'
import { applyChange, checkControl, emptyGroup, isAdmin, mayAdd, mayEdit, maySend, membershipHash, nextHead, type GroupMember, type GroupState } from './membership.ts'
import { TestGroup, joinBy, manyAccounts, signedBy, testGroup, testLink, testPerson, unsignedControl, type TestPerson } from './testing.ts'

const [alice, bob, carol, dave, eve] = [testPerson(1), testPerson(2), testPerson(3), testPerson(4), testPerson(5)]
const conversation = testGroup(1)
const { everyone, admins } = groupPolicies
const settings: GroupSettings = { whoMaySend: everyone, whoMayAdd: admins, whoMayEdit: admins }
const create = (members: TestPerson[] = [], changes: Partial<GroupSettings> = {}): GroupAct => ({ act: 'create', members: members.map(({ account }) => account), settings: { ...settings, ...changes } })
const add = (...people: TestPerson[]): GroupAct => ({ act: 'add', accounts: people.map(({ account }) => account) })
const remove = (...people: TestPerson[]): GroupAct => ({ act: 'remove', accounts: people.map(({ account }) => account) })
const setRole = (person: TestPerson, role: number): GroupAct => ({ act: 'setRole', account: person.account, role })
const { member, admin, owner } = groupRoles

/** Alice is the owner, Bob an admin, Carol and Dave are members. */
function someGroup (changes: Partial<GroupSettings> = {}): TestGroup {
  const group = new TestGroup(conversation)
  group.act(alice, create([bob, carol, dave], changes))
  group.act(alice, setRole(bob, admin))
  return group
}
const roles = ({ state }: TestGroup): Record<string, number> => Object.fromEntries(Array.from(state.members, ([account, { role }]) => [account, role]))

/** Everything that a refused change must leave alone. */
const frozen = ({ state }: TestGroup): unknown => structuredClone({ ...state, conversation: state.conversation.id })

function refuses (group: TestGroup, person: TestPerson, act: GroupAct, ...codes: Parameters<typeof refusedAs>): void {
  const before = frozen(group)
  assert.throws(() => group.act(person, act), refusedAs(...codes), JSON.stringify(act))
  assert.deepEqual(frozen(group), before)
}

describe('a group', () => {
  it('begins with its founder as owner and whom they name as members', () => {
    const group = new TestGroup(conversation)
    group.act(alice, create([carol, bob]))
    assert.deepEqual([...group.state.members], [[alice.account, { role: owner, sinceSeq: 1, listEpoch: 1 }], [carol.account, { role: member, sinceSeq: 1, listEpoch: 0 }], [bob.account, { role: member, sinceSeq: 1, listEpoch: 0 }]])
    assert.deepEqual([group.state.epoch, group.state.seq, group.state.settings], [1, 1, settings])
  })

  it('is created once, by the founder whom its id names', () => {
    const group = new TestGroup(conversation)
    refuses(group, bob, create([alice]), 'NOT_ALLOWED')
    refuses(group, alice, add(bob), 'NOT_A_MEMBER')
    refuses(group, alice, create([alice]), 'BAD_CONTROL')
    refuses(group, alice, create([bob, bob]), 'BAD_CONTROL')
    refuses(group, alice, create([], { whoMayEdit: 3 }), 'BAD_CONTROL')
    group.act(alice, create())
    refuses(group, alice, create(), 'BAD_CONTROL')
    assert.throws(() => group.take(signedBy(alice, conversation, noHead, create())), refusedAs('STALE_MEMBERSHIP'))
  })

  it('is another one for a change of another group', () => {
    const group = someGroup()
    assert.throws(() => group.take(signedBy(alice, testGroup(1, 10), group.state.head, add(eve))), refusedAs('BAD_CONVERSATION'))
  })

  it('takes no change of a newer version', () => { refuses(someGroup(), alice, { act: 'unknown' }, 'UNSUPPORTED_VERSION') })
})

describe('adding', () => {
  it('is for admins, or for everybody by setting', () => {
    const group = someGroup()
    refuses(group, carol, add(eve), 'NOT_ALLOWED')
    group.act(bob, add(eve))
    assert.deepEqual(group.state.members.get(eve.account), { role: member, sinceSeq: 3, listEpoch: 0 })
    someGroup({ whoMayAdd: everyone }).act(carol, add(eve))
  })

  it('names people who are not in, each once, and somebody', () => {
    const group = someGroup()
    for (const act of [add(), add(eve, eve), add(eve, carol), add(bob)]) refuses(group, bob, act, 'BAD_CONTROL')
  })

  it('stops at 1,024', () => {
    const accounts = manyAccounts(limits.groupMembers)
    const state = emptyGroup(conversation)
    const take = (person: TestPerson, act: GroupAct): void => {
      const bytes = Uint8Array.of(state.seq & 0xff, state.seq >> 8)
      applyChange(state, checkControl(nodePrimitives, state, unsignedControl(person, conversation, state.head, act), bytes), { epoch: 1, seq: state.seq + 1 })
    }
    assert.throws(() => { take(alice, { act: 'create', members: accounts, settings }) }, refusedAs('GROUP_FULL'))
    take(alice, { act: 'create', members: accounts.slice(0, 1_000), settings })
    take(alice, { act: 'link', link: testLink(1) })
    assert.throws(() => { take(alice, { act: 'add', accounts: accounts.slice(1_000) }) }, refusedAs('GROUP_FULL'))
    for (const account of accounts.slice(1_000, 1_023)) take(alice, { act: 'add', accounts: [account] })
    assert.equal(state.members.size, 1_024)
    assert.throws(() => { take(alice, add(bob)) }, refusedAs('GROUP_FULL'))
    assert.throws(() => { take(bob, joinBy(conversation, bob, testLink(1))) }, refusedAs('GROUP_FULL'))
    take(alice, { act: 'remove', accounts: [accounts[5]!] })
    take(bob, joinBy(conversation, bob, testLink(1)))
    assert.equal(state.members.size, 1_024)
  }).timeout(20_000)
})

describe('removing', () => {
  it('is for admins, of anybody but the owner and themselves', () => {
    const group = someGroup()
    refuses(group, carol, remove(dave), 'NOT_ALLOWED')
    refuses(group, bob, remove(alice), 'NOT_ALLOWED')
    refuses(group, bob, remove(dave, alice), 'NOT_ALLOWED')
    for (const act of [remove(), remove(bob), remove(eve), remove(carol, carol), remove(carol, eve)]) refuses(group, bob, act, 'BAD_CONTROL')
    group.act(alice, setRole(carol, admin))
    group.act(bob, remove(carol, dave))
    assert.deepEqual(roles(group), { [alice.account]: owner, [bob.account]: admin })
  })

  it('ends what somebody may do, until they are added again from that place on', () => {
    const group = someGroup({ whoMayEdit: everyone })
    const edit: GroupAct = { act: 'profile', profile: { keyId: new Uint8Array(8), sealed: new Uint8Array(40) } }
    group.act(carol, edit)
    group.act(bob, remove(carol))
    for (const act of [edit, remove(bob), { act: 'leave' }, add(eve)] as GroupAct[]) refuses(group, carol, act, 'NOT_A_MEMBER')
    assert.ok(!maySend(group.state, carol.account) && !mayEdit(group.state, carol.account))
    group.act(bob, add(carol))
    assert.deepEqual(group.state.members.get(carol.account), { role: member, sinceSeq: 5, listEpoch: 0 })
  })
})

describe('leaving', () => {
  it('is for everybody', () => {
    const group = someGroup()
    group.act(carol, { act: 'leave' })
    group.act(bob, { act: 'leave' })
    assert.deepEqual(roles(group), { [alice.account]: owner, [dave.account]: member })
    refuses(group, carol, { act: 'leave' }, 'NOT_A_MEMBER')
  })

  it('of the owner makes the admin who has been there longest the owner', () => {
    const group = someGroup()
    group.act(bob, add(eve))
    group.act(bob, setRole(eve, admin))
    const change = group.act(alice, { act: 'leave' })
    assert.deepEqual(change.set, [{ account: bob.account, role: owner, sinceSeq: 1, listEpoch: 1 }])
    assert.deepEqual(roles(group), { [bob.account]: owner, [carol.account]: member, [dave.account]: member, [eve.account]: admin })
    group.act(bob, { act: 'leave' })
    assert.equal(roles(group)[eve.account], owner, 'an admin comes before a member who has been there longer')
  })

  it('of the owner without admins makes the longest member the owner; of several, the lowest account key', () => {
    const group = new TestGroup(conversation)
    group.act(alice, create([carol, bob, dave]))
    group.act(alice, add(eve))
    group.act(alice, { act: 'leave' })
    const [first] = [bob, carol, dave].map(({ account }) => account).sort((a, b) => compareBytes(accountKeyOf(a), accountKeyOf(b)))
    assert.equal(roles(group)[first!], owner)
    assert.equal(Object.values(roles(group)).filter((role) => role === owner).length, 1)
  })

  it('of the last one leaves nobody, and nobody can begin again', () => {
    const group = new TestGroup(conversation)
    group.act(alice, create())
    group.act(alice, { act: 'leave' })
    assert.equal(group.state.members.size, 0)
    refuses(group, alice, add(bob), 'NOT_A_MEMBER')
    refuses(group, alice, create(), 'BAD_CONTROL')
  })
})

describe('roles', () => {
  it('are given and taken by admins, never their own and never the owner\'s', () => {
    const group = someGroup()
    refuses(group, carol, setRole(dave, admin), 'NOT_ALLOWED')
    refuses(group, bob, setRole(alice, member), 'NOT_ALLOWED')
    refuses(group, bob, setRole(carol, owner), 'NOT_ALLOWED')
    for (const act of [setRole(bob, member), setRole(carol, member), setRole(eve, admin), setRole(carol, 0), setRole(carol, 4)]) refuses(group, bob, act, 'BAD_CONTROL')
    group.act(bob, setRole(carol, admin))
    group.act(carol, setRole(bob, member))
    assert.deepEqual(roles(group), { [alice.account]: owner, [bob.account]: member, [carol.account]: admin, [dave.account]: member })
  })

  it('the owner hands theirs on and becomes an admin', () => {
    const group = someGroup()
    group.act(alice, setRole(carol, owner))
    assert.deepEqual(roles(group), { [alice.account]: admin, [bob.account]: admin, [carol.account]: owner, [dave.account]: member })
    refuses(group, alice, remove(carol), 'NOT_ALLOWED')
    group.act(carol, remove(alice))
  })

  it('decide who may send, add and edit', () => {
    const { state } = someGroup({ whoMaySend: admins })
    const who = (may: (state: GroupState, account: AccountId) => boolean): AccountId[] => [alice, bob, carol, eve].map(({ account }) => account).filter((account) => may(state, account))
    for (const may of [maySend, mayAdd, mayEdit, isAdmin]) assert.deepEqual(who(may), [alice.account, bob.account])
    state.settings = { whoMaySend: everyone, whoMayAdd: everyone, whoMayEdit: everyone }
    for (const may of [maySend, mayAdd, mayEdit]) assert.deepEqual(who(may), [alice.account, bob.account, carol.account])
  })
})

describe('settings and profile', () => {
  it('settings are the admins\', known ones, and others than they are', () => {
    const group = someGroup()
    refuses(group, carol, { act: 'settings', settings: { ...settings, whoMaySend: admins } }, 'NOT_ALLOWED')
    refuses(group, bob, { act: 'settings', settings }, 'BAD_CONTROL')
    for (const wrong of [{ whoMaySend: 0 }, { whoMayAdd: 3 }, { whoMayEdit: 4_000_000_000 }]) refuses(group, bob, { act: 'settings', settings: { ...settings, ...wrong } }, 'BAD_CONTROL')
    for (const change of [{ whoMaySend: admins }, { whoMayAdd: everyone }, { whoMayEdit: everyone }]) {
      group.act(bob, { act: 'settings', settings: { ...group.state.settings, ...change } })
    }
    assert.deepEqual(group.state.settings, { whoMaySend: admins, whoMayAdd: everyone, whoMayEdit: everyone })
  })

  it('the profile is the admins\', or everybody\'s by setting', () => {
    const act: GroupAct = { act: 'profile', profile: { keyId: new Uint8Array(8).fill(4), sealed: new Uint8Array(50).fill(5) } }
    const group = someGroup()
    refuses(group, carol, act, 'NOT_ALLOWED')
    group.act(bob, act)
    assert.deepEqual(group.state.profile, act.profile)
    someGroup({ whoMayEdit: everyone }).act(carol, act)
  })
})

describe('invite links', () => {
  it('are made by who may add; revoked by admins and by who made them', () => {
    const group = someGroup()
    refuses(group, carol, { act: 'link', link: testLink(1) }, 'NOT_ALLOWED')
    group.act(bob, { act: 'link', link: testLink(1) })
    refuses(group, alice, { act: 'link', link: testLink(1) }, 'BAD_CONTROL')
    refuses(group, carol, { act: 'revoke', link: testLink(1).id }, 'NOT_ALLOWED')
    group.act(alice, { act: 'revoke', link: testLink(1).id })
    refuses(group, alice, { act: 'revoke', link: testLink(1).id }, 'LINK_REVOKED')
    refuses(group, eve, joinBy(conversation, eve, testLink(1)), 'LINK_REVOKED')
    const open = someGroup({ whoMayAdd: everyone })
    open.act(carol, { act: 'link', link: testLink(2) })
    refuses(open, dave, { act: 'revoke', link: testLink(2).id }, 'NOT_ALLOWED')
    open.act(carol, { act: 'revoke', link: testLink(2).id })
  })

  it('bring in who has the secret, once, with a proof of their own', () => {
    const group = someGroup()
    group.act(bob, { act: 'link', link: testLink(1) })
    const join = joinBy(conversation, eve, testLink(1))
    refuses(group, testPerson(6), join, 'BAD_SIGNATURE')
    refuses(group, eve, joinBy(conversation, eve, { ...testLink(1), seed: testLink(2).seed }), 'BAD_SIGNATURE')
    refuses(group, eve, joinBy(testGroup(1, 10), eve, testLink(1)), 'BAD_SIGNATURE')
    refuses(group, eve, joinBy(conversation, eve, testLink(9)), 'LINK_REVOKED')
    group.act(eve, join)
    assert.deepEqual(group.state.members.get(eve.account), { role: member, sinceSeq: 4, listEpoch: 1 })
    refuses(group, eve, join, 'BAD_CONTROL')
    assert.equal(group.state.links.get(toHex(testLink(1).id))?.uses, 1)
  })

  it('are joined without knowing the head: it names none', () => {
    const group = someGroup()
    group.act(bob, { act: 'link', link: testLink(1) })
    const control = { ...unsignedControl(eve, conversation, noHead, joinBy(conversation, eve, testLink(1))), previous: group.state.head }
    assert.throws(() => checkControl(nodePrimitives, group.state, control, new Uint8Array(1)), refusedAs('STALE_MEMBERSHIP'))
  })

  it('end at their time and after as many uses as they have', () => {
    const group = someGroup()
    group.act(bob, { act: 'link', link: testLink(1, { expiresAtMs: 5_000 }) })
    group.act(bob, { act: 'link', link: testLink(2, { maxUses: 2 }) })
    assert.throws(() => group.act(eve, joinBy(conversation, eve, testLink(1)), 5_000), refusedAs('EXPIRED'))
    group.act(eve, joinBy(conversation, eve, testLink(1)), 4_999)
    for (const index of [6, 7]) group.act(testPerson(index), joinBy(conversation, testPerson(index), testLink(2)))
    refuses(group, testPerson(8), joinBy(conversation, testPerson(8), testLink(2)), 'LINK_REVOKED')
    assert.equal(group.state.links.size, 1, 'a used-up link makes room')
  })

  it('of somebody who left, was removed or may not add any more bring nobody in', () => {
    const gone = someGroup()
    gone.act(bob, { act: 'link', link: testLink(1) })
    gone.act(alice, remove(bob))
    assert.equal(gone.state.links.size, 0)
    refuses(gone, eve, joinBy(conversation, eve, testLink(1)), 'LINK_REVOKED')
    const demoted = someGroup()
    demoted.act(bob, { act: 'link', link: testLink(1) })
    demoted.act(alice, setRole(bob, member))
    refuses(demoted, eve, joinBy(conversation, eve, testLink(1)), 'LINK_REVOKED')
    demoted.act(bob, { act: 'leave' })
    assert.equal(demoted.state.links.size, 0)
  })

  it('are at most 32', () => {
    const group = someGroup()
    for (let index = 1; index <= limits.groupLinks; index++) group.act(bob, { act: 'link', link: testLink(index) })
    refuses(group, bob, { act: 'link', link: testLink(99) }, 'TOO_MANY')
    group.act(bob, { act: 'revoke', link: testLink(7).id })
    group.act(bob, { act: 'link', link: testLink(99) })
  })
})

describe('the control chain', () => {
  it('hashes each change that took effect onto the one before', () => {
    const group = someGroup()
    const head = group.entries.reduce((at, bytes) => nodePrimitives.sha256(concat(at, nodePrimitives.sha256(bytes))), new Uint8Array(32))
    assert.deepEqual(group.state.head, head)
    assert.deepEqual(nextHead(nodePrimitives, noHead, group.entries[0]!), someHeads(group)[0])
  })

  it('refuses what was decided on another head: the second of two admins, and every repeat', () => {
    const group = someGroup()
    const [first, second] = [signedBy(alice, conversation, group.state.head, add(eve)), signedBy(bob, conversation, group.state.head, remove(carol))]
    group.take(first)
    assert.throws(() => group.take(second), refusedAs('STALE_MEMBERSHIP'))
    for (const entry of group.entries.slice()) assert.throws(() => group.take(entry), refusedAs('STALE_MEMBERSHIP'))
    group.act(bob, remove(carol))
  })

  it('refuses a device list older than the one somebody has acted under', () => {
    const group = someGroup()
    const newer = testPerson(2, 2)
    const change = group.act(newer, remove(carol))
    assert.deepEqual(change.set, [{ account: bob.account, role: admin, sinceSeq: 1, listEpoch: 2 }])
    refuses(group, bob, remove(dave), 'ROLLED_BACK')
    group.act(newer, remove(dave))
  })

  it('gives the same hash to the same membership, and another to any other', () => {
    const [one, two] = [someGroup(), someGroup()]
    assert.deepEqual(membershipHash(nodePrimitives, one.state), membershipHash(nodePrimitives, two.state))
    const rows = Array.from(one.state.members, ([account, { role }]) => concat(accountKeyOf(account), Uint8Array.of(role))).sort(compareBytes)
    assert.deepEqual(membershipHash(nodePrimitives, one.state), nodePrimitives.sha256(concat(one.state.head, ...rows)))
    const seen = new Set<string>([toHex(membershipHash(nodePrimitives, one.state))])
    // the hash is remembered by the head; each of these states is a new one
    const other = (changes: Partial<GroupState>): void => { seen.add(toHex(membershipHash(nodePrimitives, { ...one.state, ...changes }))) }
    other({ head: new Uint8Array(32) })
    other({ members: new Map([...one.state.members].slice(1)) })
    other({ members: new Map([...one.state.members].map(([account, row]): [AccountId, GroupMember] => [account, { ...row, role: member }])) })
    two.act(alice, add(eve))
    seen.add(toHex(membershipHash(nodePrimitives, two.state)))
    assert.equal(seen.size, 5)
    other({ members: new Map([...one.state.members].reverse()) })
    assert.equal(seen.size, 5, 'the order of coming does not count')
  })
})

function someHeads (group: TestGroup): Uint8Array[] {
  let head: Uint8Array = noHead
  return group.entries.map((bytes) => { head = nextHead(nodePrimitives, head, bytes); return head })
}

describe('the cost of a change', () => {
  /** A map that nobody may walk through. */
  class Counted<K, V> extends Map<K, V> {
    walks = 0
    override entries (): MapIterator<[K, V]> { this.walks++; return super.entries() }
    override keys (): MapIterator<K> { this.walks++; return super.keys() }
    override values (): MapIterator<V> { this.walks++; return super.values() }
    override forEach (): void { this.walks++ }
    override [Symbol.iterator] (): MapIterator<[K, V]> { this.walks++; return super[Symbol.iterator]() }
  }

  it('does not grow with the group: nothing walks through the members but an owner who leaves', () => {
    const members = new Counted<AccountId, GroupMember>()
    const state: GroupState = { ...emptyGroup(conversation), members }
    const take = (person: TestPerson, act: GroupAct): void => {
      applyChange(state, checkControl(nodePrimitives, state, unsignedControl(person, conversation, state.head, act), Uint8Array.of(state.seq)), { epoch: 1, seq: state.seq + 1 })
    }
    take(alice, create([bob, carol, dave]))
    for (const act of [add(eve), remove(carol), setRole(bob, admin), { act: 'settings', settings: { ...settings, whoMaySend: admins } }, { act: 'link', link: testLink(1) }, { act: 'link', link: testLink(2) }, { act: 'revoke', link: testLink(2).id }] as GroupAct[]) take(alice, act)
    take(carol, joinBy(conversation, carol, testLink(1)))
    take(bob, { act: 'leave' })
    assert.equal(members.walks, 0)
    take(alice, { act: 'leave' })
    assert.equal(members.walks, 1)
    assert.ok(!sameBytes(state.head, noHead))
  })
})
