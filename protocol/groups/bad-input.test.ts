/**
 * What bad input gets that concerns a group's log: a typed error where it is sent, no effect where a lying sequencer has put it
 * into the log all the same. Every entry is taken by a sequencer, by two followers on the two providers, and by one that began with a snapshot.
 */
import assert from 'node:assert/strict'
import { sameBytes, toHex } from '../bytes.ts'
import { SeededRandom } from '../clock-manual.ts'
import { noblePrimitives } from '../e2ee/primitives-noble.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import type { Primitives } from '../e2ee/primitives.ts'
import { isProtocolError, type ErrorCode } from '../errors.ts'
import { broken, refusedAs, signing } from '../testing.ts'
import { groupRoles } from '../wire/kinds.ts'
import { noHead, signControl, verifyControl, type GroupAct } from './control.ts'
import { applyChange, checkControl, emptyGroup, maySend, membershipHash, type GroupState } from './membership.ts'
import { snapshotOf, stateFromSnapshot } from './snapshot.ts'
import { joinBy, signedBy, testGroup, testLink, testPerson, type TestPerson } from './testing.ts'

const [alice, bob, carol, dave, eve] = [testPerson(1), testPerson(2), testPerson(3), testPerson(4), testPerson(5)]
const conversation = testGroup(1)
const settings = { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 }
const add = (...people: TestPerson[]): GroupAct => ({ act: 'add', accounts: people.map(({ account }) => account) })
const remove = (...people: TestPerson[]): GroupAct => ({ act: 'remove', accounts: people.map(({ account }) => account) })
const { seed: linkSeed, ...link } = testLink(1)

/** A replica or a client: takes what the log has, number by number. */
class Follower {
  readonly primitives: Primitives
  state: GroupState
  readonly voids: Array<{ seq: number, code: ErrorCode }> = []

  constructor (primitives: Primitives, state: GroupState = emptyGroup(conversation)) {
    this.primitives = primitives
    this.state = state
  }

  take (bytes: Uint8Array, seq: number): void {
    try {
      applyChange(this.state, checkControl(this.primitives, this.state, verifyControl(this.primitives, bytes), bytes), { epoch: 1, seq })
    } catch (error) {
      if (!isProtocolError(error)) throw error
      this.voids.push({ seq, code: error.code })
    }
  }
}

/** The log, and everybody who has it. */
class World {
  readonly log: Uint8Array[] = []
  readonly sequencer = new Follower(nodePrimitives)
  readonly followers = [new Follower(nodePrimitives), new Follower(noblePrimitives)]

  constructor () {
    this.send(signedBy(alice, conversation, noHead, { act: 'create', members: [bob.account, carol.account, dave.account], settings }))
    this.act(alice, { act: 'setRole', account: bob.account, role: groupRoles.admin })
    this.followers.push(new Follower(nodePrimitives, stateFromSnapshot(snapshotOf(this.sequencer.state))))
  }

  get head (): Uint8Array { return this.sequencer.state.head }
  sign (person: TestPerson, act: GroupAct): Uint8Array { return signedBy(person, conversation, this.head, act) }
  act (person: TestPerson, act: GroupAct): void { this.send(this.sign(person, act)) }

  /** To an honest sequencer. @throws ProtocolError its refusal; then it is in nobody's log */
  send (bytes: Uint8Array): void {
    const { state, primitives } = this.sequencer
    applyChange(state, checkControl(primitives, state, verifyControl(primitives, bytes), bytes), { epoch: 1, seq: this.log.length + 1 })
    this.log.push(bytes)
    for (const follower of this.followers) follower.take(bytes, this.log.length)
  }

  /** Into the log by a sequencer that does not check. */
  slipIn (bytes: Uint8Array): void {
    this.log.push(bytes)
    for (const follower of this.followers) follower.take(bytes, this.log.length)
  }

  /** Refused when sent, void when slipped in, and nothing has changed for anybody. */
  isBad (bytes: Uint8Array, ...codes: ErrorCode[]): void {
    const before = this.marks()
    assert.throws(() => { this.send(bytes) }, refusedAs(...codes))
    this.slipIn(bytes)
    for (const { voids } of this.followers) {
      const last = voids.at(-1)
      assert.equal(last?.seq, this.log.length)
      assert.ok(last !== undefined && codes.includes(last.code), `${last?.code} where ${codes.join(' or ')} was expected`)
    }
    assert.deepEqual(this.marks(), before)
    this.agree()
  }

  marks (): string[] { return [this.sequencer, ...this.followers].map(({ state, primitives }) => toHex(membershipHash(primitives, state))) }
  agree (): void {
    assert.equal(new Set(this.marks()).size, 1, 'everybody has the same membership')
    for (const { state } of this.followers) assert.ok(sameBytes(state.head, this.head))
  }
}

describe('bad input to a group', () => {
  it('a forged change is refused, and void in the log', () => {
    const world = new World()
    const act = remove(carol)
    const asAlice = { conversation, actor: alice.account, deviceList: alice.list.bytes, previous: world.head, madeAtMs: 1, act }
    // by somebody else's key in her name, by a device that she does not have, under her list, under their own
    world.isBad(signControl(signing, { ...asAlice, device: alice.device }, eve.deviceSeed), 'BAD_SIGNATURE')
    world.isBad(signControl(signing, { ...asAlice, device: eve.device }, eve.deviceSeed), 'UNKNOWN_DEVICE')
    world.isBad(signControl(signing, { ...asAlice, device: eve.device, deviceList: eve.list.bytes }, eve.deviceSeed), 'UNKNOWN_DEVICE')
    world.isBad(signedBy(eve, conversation, world.head, act), 'NOT_A_MEMBER')
    // a true one, changed on the way
    const random = new SeededRandom(91)
    const good = world.sign(alice, act)
    for (let round = 0; round < 40; round++) {
      const damaged = good.slice()
      damaged[random.below(damaged.byteLength)]! ^= 1 << random.below(8)
      world.isBad(damaged, 'BAD_SIGNATURE', 'MALFORMED', 'UNSUPPORTED_VERSION', 'UNKNOWN_DEVICE', 'BAD_CONVERSATION')
    }
    world.send(good)
    world.agree()
  }).timeout(20_000)

  it('what is for admins is refused from others, and void in the log', () => {
    const world = new World()
    const acts: GroupAct[] = [add(eve), remove(dave), { act: 'setRole', account: carol.account, role: 2 }, { act: 'setRole', account: dave.account, role: 2 }, { act: 'setRole', account: bob.account, role: 1 }, { act: 'settings', settings: { ...settings, whoMayAdd: 1 } }, { act: 'link', link }, { act: 'profile', profile: { keyId: new Uint8Array(8), sealed: new Uint8Array(40) } }]
    for (const act of acts) world.isBad(world.sign(carol, act), 'NOT_ALLOWED', 'BAD_CONTROL')
    for (const act of [remove(alice), { act: 'setRole', account: alice.account, role: 1 }, { act: 'setRole', account: bob.account, role: 3 }] as GroupAct[]) world.isBad(world.sign(bob, act), 'NOT_ALLOWED', 'BAD_CONTROL')
  }).timeout(20_000)

  it('a change that was decided on an older membership is refused, and void in the log', () => {
    const world = new World()
    const stale = world.sign(bob, remove(carol))
    world.act(alice, add(eve))
    world.isBad(stale, 'STALE_MEMBERSHIP')
    // also each change that once took effect, when it is shown again
    for (const entry of world.log.slice(0, 3)) world.isBad(entry, 'STALE_MEMBERSHIP')
  })

  it('somebody who was removed changes nothing and sends nothing any more', () => {
    const world = new World()
    world.act(alice, remove(bob))
    for (const act of [remove(carol), add(eve), { act: 'leave' }] as GroupAct[]) world.isBad(world.sign(bob, act), 'NOT_A_MEMBER')
    for (const { state } of [world.sequencer, ...world.followers]) assert.ok(!maySend(state, bob.account) && maySend(state, carol.account))
  })

  it('of two admins who act at once the first wins; the second looks again, and everybody has the same in the end', () => {
    const acts: GroupAct[] = [add(eve), remove(carol), remove(carol, dave), { act: 'setRole', account: carol.account, role: 2 }, { act: 'settings', settings: { ...settings, whoMaySend: 2 } }, { act: 'leave' }]
    let decidedAnew = 0
    for (const first of [...acts, remove(bob)]) {
      for (const second of acts) {
        const world = new World()
        const [one, two] = [world.sign(alice, first), world.sign(bob, second)]
        world.send(one)
        // Bob is told what has happened: that he is out, or that it was decided on what is past
        world.isBad(two, world.sequencer.state.members.has(bob.account) ? 'STALE_MEMBERSHIP' : 'NOT_A_MEMBER')
        try {
          world.act(bob, second)
          decidedAnew++
        } catch (error) {
          assert.ok(isProtocolError(error, 'BAD_CONTROL', 'NOT_A_MEMBER', 'NOT_ALLOWED'))
        }
        world.agree()
      }
    }
    assert.ok(decidedAnew > 20, `${decidedAnew}`)
  }).timeout(60_000)

  it('a stolen link brings nobody in once it is revoked, nor does an old join shown again', () => {
    const world = new World()
    world.act(bob, { act: 'link', link })
    const join = world.sign(eve, joinBy(conversation, eve, { id: link.id, seed: linkSeed }))
    world.send(join)
    world.act(alice, { act: 'revoke', link: link.id })
    world.isBad(world.sign(testPerson(6), joinBy(conversation, testPerson(6), { id: link.id, seed: linkSeed })), 'LINK_REVOKED')
    world.act(alice, remove(eve))
    world.isBad(join, 'LINK_REVOKED')
    world.isBad(world.sign(eve, joinBy(conversation, eve, { id: link.id, seed: linkSeed })), 'LINK_REVOKED')
  })

  it('a join is good for who signed it: seeing it does not let another in', () => {
    const world = new World()
    world.act(bob, { act: 'link', link })
    const act = joinBy(conversation, eve, { id: link.id, seed: linkSeed })
    world.isBad(world.sign(testPerson(6), act), 'BAD_SIGNATURE')
    world.act(eve, act)
    world.agree()
  })

  it('a device list that was rolled back is refused: an unlinked device does not come back', () => {
    const world = new World()
    const linkedAnew = testPerson(2, 2)
    world.act(linkedAnew, remove(carol))
    world.isBad(world.sign(bob, remove(dave)), 'ROLLED_BACK')
    // also after a snapshot
    const late = new Follower(nodePrimitives, stateFromSnapshot(snapshotOf(world.sequencer.state)))
    late.take(world.sign(bob, remove(dave)), 9)
    assert.deepEqual(late.voids, [{ seq: 9, code: 'ROLLED_BACK' }])
    world.act(linkedAnew, remove(dave))
    world.agree()
  })

  it('two histories for two people have two hashes at the same number', () => {
    const world = new World()
    const shown = [world.followers[0]!, world.followers[1]!]
    const seq = world.log.length + 1
    shown[0]!.take(world.sign(alice, remove(carol)), seq)
    shown[1]!.take(world.sign(alice, remove(dave)), seq)
    assert.deepEqual(shown.map(({ state }) => state.seq), [seq, seq])
    assert.ok(!sameBytes(membershipHash(nodePrimitives, shown[0]!.state), membershipHash(nodePrimitives, shown[1]!.state)))
    // and they never come together again: what is decided on one is stale on the other
    const next = signedBy(bob, conversation, shown[0]!.state.head, add(eve))
    for (const follower of shown) follower.take(next, seq + 1)
    assert.deepEqual(shown.map(({ voids }) => voids.map(({ code }) => code)), [[], ['STALE_MEMBERSHIP']])
  })

  it('somebody who is left out of one history alone is noticed by the hash, too', () => {
    const world = new World()
    const entry = world.sign(alice, add(eve))
    world.send(entry)
    const dropped = new Follower(nodePrimitives)
    for (const [at, bytes] of world.log.slice(0, -1).entries()) dropped.take(bytes, at + 1)
    assert.ok(!sameBytes(membershipHash(nodePrimitives, dropped.state), membershipHash(nodePrimitives, world.sequencer.state)))
  })

  for (const seed of [92, 93]) {
    it(`a log full of broken, old and forbidden entries leads everybody to the same membership (seed ${seed})`, () => {
      const random = new SeededRandom(seed)
      const world = new World()
      const people = [1, 2, 3, 4, 5, 6, 7].map((index) => testPerson(index))
      let done = 0
      for (let round = 0; round < 300; round++) {
        const [person, other] = [random.pick(people), random.pick(people)]
        const act = random.pick<GroupAct>([add(other), add(other), remove(other), { act: 'setRole', account: other.account, role: 1 + random.below(3) }, { act: 'link', link }, joinBy(conversation, person, { id: link.id, seed: linkSeed }), { act: 'settings', settings: { ...settings, whoMayAdd: 1 + random.below(2) } }])
        const bytes = random.below(5) === 0 ? random.pick(world.log) : random.below(4) === 0 ? broken(world.sign(person, act), random) : world.sign(person, act)
        try {
          world.send(bytes)
          done++
        } catch (error) {
          if (!isProtocolError(error)) throw error
          world.slipIn(bytes)
        }
        if (round % 20 === 0) world.agree()
      }
      world.agree()
      assert.ok(done > 12 && world.followers[0]!.voids.length > 100, `${done} done, ${world.followers[0]!.voids.length} void`)
      assert.deepEqual(world.followers[0]!.voids, world.followers[1]!.voids)
    }).timeout(60_000)
  }
})
