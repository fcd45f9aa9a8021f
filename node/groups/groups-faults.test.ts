import assert from 'node:assert/strict'
import { toHex } from '../../protocol/bytes.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { GroupAct } from '../../protocol/groups/control.ts'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { TestGroup, headOf } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

/** Seeds of the random runs; `SEEDS=11,12` to repeat some. The first ones have found a defect each. */
const seeds = process.env.SEEDS?.split(',').map(Number) ?? [3_012, 3_020, 3_042, 3_050, 3_135, ...Array.from({ length: 8 }, (_, i) => 2_000 + i)]

/** What a device has seen before it was removed is a run of what the founder has; its home may have lost the end of it. */
function assertPart (group: TestGroup, client: TestClient, { from, to }: { from: MessageId, to: MessageId }, what: string): void {
  const all = group.shownTo(group.founder)
  const shown = group.shownTo(client)
  assert.deepEqual(shown, all.slice(all.indexOf(from), all.indexOf(from) + shown.length), what)
  assert.ok(!shown.includes(to) || shown.at(-1) === to, `${what}: nothing after the end`)
}

/** What a device has seen is a run of what the founder has, from the entry that brought it in to the one that ended it. */
function assertRun (group: TestGroup, client: TestClient, { from, to }: { from: MessageId, to?: MessageId }, what: string): void {
  const all = group.shownTo(group.founder)
  const first = all.indexOf(from)
  assert.ok(first >= 0, `${what}: its first entry is in the log`)
  assert.deepEqual(group.shownTo(client), all.slice(first, to === undefined ? undefined : all.indexOf(to) + 1), what)
}

describe('groups under faults', () => {
  /** At the k-th step of one relay's store that relay is killed. @returns false when it never came to step k */
  async function killedAt (k: number, victim: 'sequencer' | 'home' | 'late'): Promise<boolean> {
    const world = new World(k, { latencyMs: 20, jitterMs: 10 })
    let steps = 0
    let killed: Promise<void> | undefined
    let target: TestRelayNode | undefined
    const pauseOf = (self: () => TestRelayNode) => (): Promise<void> => {
      if (target !== self() || killed !== undefined || ++steps < k) return Promise.resolve()
      killed = Promise.resolve().then(() => { self().crash() })
      return killed
    }
    const relays: TestRelayNode[] = []
    for (const [i, name] of ['eu', 'us', 'asia'].entries()) relays.push(await world.relay(`${name}-1.example.org`, { pause: pauseOf(() => relays[i]!) }))
    const [eu, us, asia] = relays as [TestRelayNode, TestRelayNode, TestRelayNode]
    const [a, b, c, d] = [await world.person(eu), await world.person(us), await world.person(asia), await world.person(us)]
    const group = new TestGroup(world, a)
    const created = group.create([b, d])
    await world.until(() => group.shownTo(b).length === 1)
    target = { sequencer: eu, home: us, late: asia }[victim]
    const settled = async (isDone: () => boolean): Promise<void> => {
      // The killed one comes back when the others have had time to notice.
      for (let passed = 0; passed < 3_000 && !isDone(); passed += 50) await world.clock.advance(50)
      if (killed === undefined || target!.isRunning) return
      await killed
      await target!.restart()
    }
    const acts: Array<[actor: TestClient, act: GroupAct]> = [
      [a, { act: 'setRole', account: b.account, role: groupRoles.admin }],
      [a, { act: 'add', accounts: [c.account] }],
      [a, { act: 'remove', accounts: [d.account] }]
    ]
    const done: MessageId[] = []
    for (const [actor, act] of acts) {
      for (;;) {
        await settled(() => false)
        const refused = actor.refused.length
        try {
          done.push(await group.change(actor, act))
        } catch (error) {
          if (!isProtocolError(error)) throw error // its home was killed meanwhile
          continue
        }
        await settled(() => group.shownTo(a).includes(done.at(-1)!))
        await world.until(() => group.shownTo(a).includes(done.at(-1)!) || actor.refused.length > refused)
        if (group.shownTo(a).includes(done.at(-1)!)) break
        done.pop() // decided on an older head: once more
      }
      group.say(a)
      group.say(b)
    }
    await settled(() => false)
    const isKilled = killed !== undefined
    target = undefined
    const last = group.say(c)
    const isDone = (): boolean => [a, b, c].every((one) => one.outbox.length === 0 && group.shownTo(one).at(-1) === group.shownTo(a).at(-1)) && group.shownTo(a).includes(last)
    await world.until(isDone, 120_000, () => `convergence after a kill of ${victim} at step ${k}`)
    const where = `${victim}, step ${k}`
    assertRun(group, b, { from: created }, where)
    assertRun(group, c, { from: done[1]! }, where)
    assertRun(group, d, { from: created, to: done[2]! }, where)
    assert.equal(new Set(group.shownTo(a)).size, group.shownTo(a).length, `${where}: nothing twice`)
    await world.until(() => relays.every(({ isRunning }) => isRunning))
    await world.pass(1_000)
    assert.ok(await group.isAgreed(relays), `${where}: one head`)
    assert.equal(toHex(group.derivedBy(a).head), await headOf(eu, group.conversation), where)
    await world.stop()
    return isKilled
  }

  for (const victim of ['sequencer', 'home', 'late'] as const) {
    it(`nothing is lost, doubled or forked when a relay is killed between any two steps: ${{ sequencer: 'the sequencer', home: 'a home of members', late: 'one that comes late' }[victim]}`, async () => {
      let k = 1
      while (await killedAt(k, victim)) k++
      assert.ok(k > 5, `killed at ${k - 1} steps`)
    }).timeout(120_000)
  }

  it('three of ten relays are cut off while both sides write and change the group; healed, all have the same head', async () => {
    const world = new World(30, { latencyMs: 40, jitterMs: 20 })
    const relays: TestRelayNode[] = []
    for (let i = 0; i < 10; i++) relays.push(await world.relay(`r${i}.example.org`))
    const people: TestClient[] = []
    for (const relay of relays) people.push(await world.person(relay), await world.person(relay))
    const [founder, ...others] = people as [TestClient, ...TestClient[]]
    const group = new TestGroup(world, founder)
    group.create(others)
    const have = async (count: number): Promise<void> => {
      await world.until(() => people.every((one) => group.shownTo(one).length === count), 180_000, () => `${people.map((one) => group.shownTo(one).length).join(' ')} of ${count}`)
    }
    await have(1)
    const far = people.at(-1)!
    await group.change(founder, { act: 'setRole', account: far.account, role: groupRoles.admin })
    await have(2)
    for (const one of relays.slice(0, 7)) for (const other of relays.slice(7)) world.network.cut(one.id, other.id, 'silent')
    const added = [await world.person(relays[1]!), await world.person(relays[8]!)]
    await group.add(founder, added[0]!)
    await group.add(far, added[1]!) // on the head from before the cut
    for (const one of people) for (let i = 0; i < 3; i++) group.say(one)
    await world.pass(60_000)
    assert.ok(people.every(({ outbox }) => outbox.length === 0), 'all SENT')
    assert.ok(group.shownTo(far).length === 2 && group.shownTo(founder).length > 30)
    for (const one of relays.slice(0, 7)) for (const other of relays.slice(7)) world.network.heal(one.id, other.id)
    await have(2 + 1 + 60)
    assert.deepEqual(far.refusedLater.length, 1, 'the second change is told')
    await group.add(far, added[1]!)
    await have(64)
    await world.until(() => group.shownTo(added[1]!).length === 1)
    assert.ok(await group.isAgreed(relays))
    const head = await headOf(relays[0]!, group.conversation)
    for (const one of people) {
      assert.deepEqual(group.shownTo(one), group.shownTo(founder))
      assert.equal(toHex(group.derivedBy(one).head), head)
    }
    await world.stop()
  }).timeout(60_000)

  for (const seed of [7, 17, 27, 39, 57, 117, 118]) {
    it(`members and the founder move from relay to relay while everybody writes: one chain, nobody is left behind (seed ${seed})`, async () => {
      const world = new World(seed, { latencyMs: 30, jitterMs: 20 })
      const { random } = world
      const relays: TestRelayNode[] = []
      for (const name of ['eu', 'us', 'asia', 'sa']) relays.push(await world.relay(`${name}-1.example.org`))
      const people = await Promise.all([0, 1, 2, 1, 0].map(async (at) => await world.person(relays[at]!)))
      const [founder, ...others] = people as [TestClient, ...TestClient[]]
      const group = new TestGroup(world, founder)
      group.create(others)
      await world.until(() => people.every((one) => group.shownTo(one).length === 1))
      const homes = new Map(people.map((one) => [one, [one.home]]))
      const said: MessageId[] = []
      const saidBy = new Map<MessageId, TestClient>()
      for (let move = 0; move < 8; move++) {
        for (const one of people) {
          for (let i = random.below(3); i >= 0; i--) {
            said.push(group.say(one))
            saidBy.set(said.at(-1)!, one)
          }
        }
        await world.clock.advance(random.below(3_000))
        const mover = random.pick(people.filter((one) => homes.get(one)!.length < relays.length))
        const to = random.pick(relays.filter((relay) => !homes.get(mover)!.includes(relay)))
        homes.get(mover)!.push(to)
        await mover.moveTo(to, homes.get(mover)!.length)
      }
      await world.pass(60_000)
      // What waited at an old home is sent again from the new one: a device keeps it until it sees it in the log.
      for (const id of said) {
        const from = saidBy.get(id)!
        if (!people.some((one) => group.shownTo(one).includes(id))) from.enqueue({ messageId: id, bytes: from.envelopes.get(id)!, conversation: group.conversation.id })
      }
      const isThere = (): boolean => people.every(({ outbox }) => outbox.length === 0) && said.every((id) => people.some((one) => group.shownTo(one).includes(id)))
      await world.until(isThere, 300_000, () => `seed ${seed}: ${said.filter((id) => !people.some((one) => group.shownTo(one).includes(id))).length} of ${said.length} missing`)
      const last = group.say(founder)
      for (let round = 0; round < 60 && !people.every((one) => group.shownTo(one).includes(last)); round++) {
        await world.pass(2_000)
        for (const one of people) await one.repair(group.conversation)
      }
      // A number that only a founder's old home has given is given again: a device drops what it has under another number.
      const shownTo = (one: TestClient): MessageId[] => [...new Set(group.shownTo(one))]
      for (const [i, one] of people.entries()) assert.equal(shownTo(one).at(-1), last, `seed ${seed}: person ${i} has what came last`)
      await world.pass(5_000)
      assert.ok(await group.isAgreed(relays.filter((relay) => people.some(({ home }) => home === relay))), `seed ${seed}: one head`)
      await world.stop()
    }).timeout(60_000)
  }

  for (const seed of seeds) {
    it(`people come, go, write and change the group over four relays, with random faults: one chain, no loss, nothing twice (seed ${seed})`, async () => {
      await randomRun(seed)
    }).timeout(60_000)
  }
})

interface Part { readonly client: TestClient, isInvited: boolean, isExpelled: boolean, readonly said: MessageId[] }

async function randomRun (seed: number): Promise<void> {
  // Every other run with hardly any memory: logs and groups come and go while they are in use.
  const logs = seed % 2 === 0 ? {} : { maxLogs: 2, tailBytes: 1 }
  const world = new World(seed, { latencyMs: 30, jitterMs: 30 }, { logs })
  const { random } = world
  const relays: TestRelayNode[] = []
  for (const name of ['eu', 'us', 'asia', 'sa']) relays.push(await world.relay(`${name}-1.example.org`))
  const founder = await world.person(relays[0]!)
  const parts: Part[] = [{ client: founder, isInvited: true, isExpelled: false, said: [] }]
  for (let i = 0; i < 9; i++) parts.push({ client: await world.person(relays[i % 4]!), isInvited: i < 3, isExpelled: false, said: [] })
  const group = new TestGroup(world, founder)
  group.create(parts.slice(1, 4).map(({ client }) => client))
  await world.until(() => parts.slice(0, 4).every(({ client }) => group.shownTo(client).length === 1))
  const admins = [founder]
  const pickRelay = (): TestRelayNode => random.pick(relays)
  const pickMember = (): Part => random.pick(parts.filter(({ client, isInvited, isExpelled }) => isInvited && !isExpelled && client !== founder).concat(parts[0]!))
  /** By somebody who was made an admin, whether their relays know it by now or not. Whoever is out once stays out. */
  const change = async (act: GroupAct): Promise<boolean> => {
    const actor = random.pick(admins)
    if (!actor.isOnline || !actor.home.isRunning || actor.outbox.length > 0) return false
    try {
      await group.change(actor, act)
      return true
    } catch (error) {
      if (isProtocolError(error)) return false // its relay went away meanwhile, or does not know it yet
      throw error
    }
  }
  const actions: Array<[weight: number, act: () => Promise<void>]> = [
    [14, async () => { const part = pickMember(); for (let i = random.below(8); i >= 0; i--) part.said.push(group.say(part.client)) }],
    [3, async () => {
      const part = random.pick(parts)
      if (!part.isInvited) part.isInvited = await change({ act: 'add', accounts: [part.client.account] })
    }],
    [1, async () => {
      const part = pickMember()
      if (part.client !== founder && !admins.includes(part.client)) part.isExpelled = await change({ act: 'remove', accounts: [part.client.account] })
    }],
    [2, async () => {
      const part = pickMember()
      if (part.client !== founder && !admins.includes(part.client) && await change({ act: 'setRole', account: part.client.account, role: groupRoles.admin })) admins.push(part.client)
    }],
    [2, async () => { await random.pick(parts).client.offline() }],
    [4, async () => { const { client } = random.pick(parts); if (client.home.isRunning) await client.online() }],
    [1, async () => { const relay = pickRelay(); if (relay.isRunning) relay.crash() }],
    [3, async () => { const relay = pickRelay(); if (!relay.isRunning) await relay.restart() }],
    [2, async () => { const [one, two] = [pickRelay(), pickRelay()]; if (one !== two) world.network.cut(one.id, two.id, random.pick(['silent', 'reset'])) }],
    [3, async () => { world.network.heal(pickRelay().id, pickRelay().id) }],
    [2, async () => { world.network.breakStreams(() => random.fraction() < 0.5) }],
    [1, async () => { const { client } = random.pick(parts); client.holdsBack = !client.holdsBack }],
    [1, async () => { const { store } = pickRelay(); store.setFull(true); await world.pass(200); store.setFull(false) }]
  ]
  const total = actions.reduce((sum, [weight]) => sum + weight, 0)
  for (let step = 0; step < 90; step++) {
    let at = random.below(total)
    await actions.find(([weight]) => (at -= weight) < 0)![1]()
    await world.clock.advance(random.below(1_500))
  }
  for (const one of relays) for (const two of relays) world.network.heal(one.id, two.id)
  for (const relay of relays) if (!relay.isRunning) await relay.restart()
  for (const { client } of parts) {
    client.holdsBack = false
    await client.offline()
    await client.online()
  }
  const refusedBy = ({ client }: Part): Set<MessageId> => new Set(client.refusedLater.map(({ messageId }) => messageId))
  /** In the log, or told that it never will be; what its home refused at once, or would have told it while it was away, it would be told again. */
  const isSettled = (part: Part): boolean => {
    if (part.client.outbox.length > 0) return false
    const all = new Set(group.shownTo(founder))
    const unheard = part.said.filter((id) => !all.has(id) && !refusedBy(part).has(id)).length
    return part.isExpelled || part.client.refused.length > 0 || unheard <= part.client.home.meter.of('heliograph_delivery_refused_total no')
  }
  let seen = group.partsSeenBy(founder)
  let seenOf = group.shownTo(founder).length
  const isComplete = ({ client }: Part): boolean => {
    if (group.shownTo(founder).length > seenOf) {
      seen = group.partsSeenBy(founder)
      seenOf = group.shownTo(founder).length
    }
    const part = seen.get(client.account)
    // Who was removed may miss the end: their home had nobody left in it, and began anew with somebody else.
    return part === undefined || part.to !== undefined || group.shownTo(client).at(-1) === group.shownTo(founder).at(-1)
  }
  const missing = (): string => parts.map((part, i) => `${i}: ${isSettled(part) ? '' : 'unsettled '}${isComplete(part) ? '' : `has ${group.shownTo(part.client).length}`}`).join('; ')
  await world.until(() => parts.every((part) => isSettled(part) && isComplete(part)), 300_000, () => `convergence (seed ${seed}; ${missing()})`)
  await world.pass(40_000)
  const all = group.shownTo(founder)
  assert.equal(new Set(all).size, all.length, `seed ${seed}: nothing twice`)
  seen = group.partsSeenBy(founder)
  for (const [i, { client, said }] of parts.entries()) {
    const what = `seed ${seed}, person ${i}`
    const { from, to } = seen.get(client.account) ?? {}
    if (from === undefined) assert.deepEqual(group.shownTo(client), [], what)
    else if (to === undefined) assertRun(group, client, { from }, what)
    else assertPart(group, client, { from, to }, what)
    const own = new Set(said)
    assert.deepEqual(all.filter((id) => own.has(id)), said.filter((id) => all.includes(id)), `${what}: own order`)
  }
  const { members, head } = group.derivedBy(founder)
  const kept = relays.filter((relay) => parts.some(({ client }) => client.home === relay && members.has(client.account)))
  assert.ok(await group.isAgreed(kept), `seed ${seed}: one head`)
  assert.equal(toHex(head), await headOf(relays[0]!, group.conversation), `seed ${seed}`)
  for (const relay of relays) assert.equal(relay.meter.of('heliograph_group_changes_total void'), 0, `seed ${seed}: no void entries`)
  await world.stop()
}
