/**
 * 100,000 random acts by random people, allowed and not, against the plain model. The seed is in the name of the test.
 */
import assert from 'node:assert/strict'
import { compareBytes, toHex } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import { ProtocolError, type ErrorCode } from '../errors.ts'
import { accountKeyOf, type AccountId } from '../ids.ts'
import { limits } from '../limits.ts'
import type { GroupAct } from './control.ts'
import { applyChange, checkControl, emptyGroup, membershipHash, type GroupState } from './membership.ts'
import { emptyModel, modelStep, type Model, type ModelAct } from './membership-model.ts'
import { snapshotOf, stateFromSnapshot } from './snapshot.ts'
import { joinBy, testGroup, testLink, testPerson, unsignedControl } from './testing.ts'

const people = Array.from({ length: 14 }, (_, i) => i + 1)
const group = testGroup(1)
const linkSpan = 36
const links = Array.from({ length: linkSpan }, (_, i) => testLink(i + 1, { maxUses: i % 3 === 0 ? 0 : i % 4, expiresAtMs: i % 5 === 0 ? 5_000 : 0 }))
const proofs = new Map<string, GroupAct>()
const compareKeys = (a: AccountId, b: AccountId): number => compareBytes(accountKeyOf(a), accountKeyOf(b))

/** A proof takes a signature; there are only as many as people and links. */
function joinAct (person: number, link: number): GroupAct {
  const name = `${person}/${link}`
  const known = proofs.get(name)
  if (known !== undefined) return known
  const act = joinBy(group, testPerson(person), links[link]!)
  proofs.set(name, act)
  return act
}

function randomAct (random: SeededRandom, actor: number): { act: GroupAct, isProven: boolean } {
  const accountOf = (): AccountId => testPerson(random.pick(people)).account
  const some = (): AccountId[] => Array.from({ length: random.below(4) }, accountOf)
  const proven = (act: GroupAct): { act: GroupAct, isProven: boolean } => ({ act, isProven: true })
  const link = random.below(linkSpan)
  const { seed: _, ...publicLink } = links[link]!
  switch (random.below(16)) {
    case 0: case 1: case 2: return proven({ act: 'add', accounts: some() })
    case 3: return proven({ act: 'remove', accounts: some() })
    case 4: return random.below(6) === 0 ? proven({ act: 'leave' }) : proven({ act: 'profile', profile: { keyId: random.bytes(8), sealed: random.bytes(8) } })
    case 5: case 6: return proven({ act: 'setRole', account: accountOf(), role: random.below(5) })
    case 7: return proven({ act: 'settings', settings: { whoMaySend: 1 + random.below(2), whoMayAdd: 1 + random.below(2), whoMayEdit: random.below(9) === 0 ? 3 : 1 + random.below(2) } })
    case 8: case 9: case 10: return proven({ act: 'link', link: publicLink })
    case 11: return random.below(3) === 0 ? proven({ act: 'revoke', link: publicLink.id }) : proven(joinAct(actor, link))
    case 12: case 13: return proven(joinAct(actor, link))
    // somebody else's proof
    case 14: return { act: joinAct(actor === 1 ? 2 : 1, link), isProven: false }
    default: return random.below(3) === 0 ? proven({ act: 'unknown' }) : proven({ act: 'create', members: some(), settings: { whoMaySend: 1, whoMayAdd: 1, whoMayEdit: 1 } })
  }
}

/** What a model can be compared with. */
function seen (state: GroupState): unknown {
  const names = ['', 'member', 'admin', 'owner']
  return {
    members: Array.from(state.members, ([account, { role, sinceSeq, listEpoch }]) => `${account} ${names[role]} ${sinceSeq} ${listEpoch}`).sort(),
    links: Array.from(state.links, ([id, { link, uses, madeBy }]) => `${id} ${madeBy} ${uses}/${link.maxUses} ${link.expiresAtMs}`).sort(),
    settings: { ...state.settings },
    profile: state.profile === undefined ? '' : toHex(state.profile.sealed),
    seq: state.seq
  }
}
const expected = (model: Model): unknown => ({
  members: model.members.map(({ account, role, since, listEpoch }) => `${account} ${role} ${since} ${listEpoch}`).sort(),
  links: model.links.map(({ id, madeBy, uses, maxUses, expiresAtMs }) => `${id} ${madeBy} ${uses}/${maxUses} ${expiresAtMs}`).sort(),
  settings: { ...model.settings },
  profile: model.profile,
  seq: model.seq
})

/** @returns how often each code came; 'done' for what took effect */
function walk (seed: number, steps: number): Map<string, number> {
  const random = new SeededRandom(seed)
  const outcomes = new Map<string, number>()
  let state = emptyGroup(group)
  let model = emptyModel()
  const restart = (): void => {
    const settings = { whoMaySend: 1, whoMayAdd: 1 + random.below(2), whoMayEdit: 2 }
    const members = people.slice(1, 1 + random.below(6)).map((index) => testPerson(index).account)
    state = emptyGroup(group)
    const bytes = random.bytes(20)
    applyChange(state, checkControl(nodePrimitives, state, unsignedControl(testPerson(1), group, state.head, { act: 'create', members, settings }), bytes), { epoch: 1, seq: 1 })
    model = { seq: 1, members: [{ account: testPerson(1).account, role: 'owner', since: 1, listEpoch: 1 }, ...members.map((account) => ({ account, role: 'member' as const, since: 1, listEpoch: 0 }))], settings, links: [], profile: '' }
  }
  restart()
  for (let step = 0; step < steps; step++) {
    if (state.members.size === 0 || random.below(4_000) === 0) restart()
    const index = random.pick(people)
    const person = testPerson(index, random.below(5) === 0 ? 2 : 1)
    const { act, isProven } = randomAct(random, index)
    const isStale = act.act !== 'join' && random.below(12) === 0
    const madeAtMs = random.below(10_000)
    const control = unsignedControl(person, group, isStale ? random.bytes(32) : state.head, act, madeAtMs)
    const modelAct: ModelAct = { actor: person.account, listEpoch: person.list.epoch, act, madeAtMs, isStale, isProven }
    const next = modelStep(model, modelAct, compareKeys, limits.groupMembers)
    const before = state.head
    let outcome: ErrorCode | 'done' = 'done'
    try {
      const change = checkControl(nodePrimitives, state, control, random.bytes(16))
      applyChange(state, change, { epoch: 1, seq: state.seq + 1 })
      assert.notEqual(toHex(state.head), toHex(before))
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      outcome = error.code
    }
    if (typeof next === 'string') {
      assert.equal(outcome, next, `step ${step}: ${act.act}`)
      assert.equal(state.head, before)
    } else {
      assert.equal(outcome, 'done', `step ${step}: ${act.act}`)
      model = next
    }
    if (outcome === 'done' || step % 50 === 0) assert.deepEqual(seen(state), expected(model), `step ${step}: ${act.act}`)
    if (step % 500 === 0 && state.members.size > 0) {
      // a relay that joins here goes on with the same state
      const copy = stateFromSnapshot(snapshotOf(state))
      assert.deepEqual(membershipHash(nodePrimitives, copy), membershipHash(nodePrimitives, state))
      assert.deepEqual(seen(copy), seen(state))
      state = copy
    }
    const name = `${act.act} ${outcome}`
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
  }
  return outcomes
}

describe('membership, walked at random', () => {
  const all = new Map<string, number>()
  for (const seed of [31, 32, 33, 34, 35]) {
    it(`is what the plain model says after each of 20,000 acts, and unchanged by what is refused (seed ${seed})`, () => {
      for (const [name, count] of walk(seed, 20_000)) all.set(name, (all.get(name) ?? 0) + count)
    }).timeout(60_000)
  }

  it('has then come by every outcome', () => {
    const always = ['NOT_A_MEMBER', 'ROLLED_BACK', 'STALE_MEMBERSHIP']
    const outcomes: Record<string, string[]> = {
      add: ['done', 'NOT_ALLOWED', 'BAD_CONTROL', ...always], remove: ['done', 'NOT_ALLOWED', 'BAD_CONTROL', ...always], leave: ['done', ...always],
      setRole: ['done', 'NOT_ALLOWED', 'BAD_CONTROL', ...always], settings: ['done', 'NOT_ALLOWED', 'BAD_CONTROL', ...always],
      link: ['done', 'NOT_ALLOWED', 'BAD_CONTROL', ...always], revoke: ['done', 'NOT_ALLOWED', 'LINK_REVOKED', ...always],
      join: ['done', 'LINK_REVOKED', 'BAD_SIGNATURE', 'EXPIRED', 'BAD_CONTROL', 'ROLLED_BACK'], profile: ['done', 'NOT_ALLOWED', ...always], unknown: ['UNSUPPORTED_VERSION'], create: ['BAD_CONTROL', 'STALE_MEMBERSHIP']
    }
    for (const [act, codes] of Object.entries(outcomes)) for (const code of codes) assert.ok((all.get(`${act} ${code}`) ?? 0) > 2, `${act} ${code}: ${all.get(`${act} ${code}`) ?? 0} times`)
  })
})
