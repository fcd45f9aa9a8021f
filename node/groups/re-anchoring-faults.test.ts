/**
 * Re-anchoring while relays crash, come back, and lose sight of each other, drawn from a seed: in the end everybody who is left has
 * one anchor and one log, everything that was sent and not refused stands in it once, in each sender's order.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { signGroupAnchor, verifyGroupAnchor } from '../../protocol/groups/anchor.ts'
import type { MessageId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import { signing } from '../testing/fixtures.ts'
import { TestGroup, stateAt } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

/**
 * Seeds of the random runs; `SEEDS=11,12` to repeat some. The last ones have found a defect each: copies that had parted where both had trimmed,
 * a home that was found at the take-over, an id that is trimmed everywhere but at one home, a copy that keeps nothing.
 */
const seeds = process.env.SEEDS?.split(',').map(Number) ?? [1, 2, 3, 4, 5, 6, 7, 8, 131, 269, 305, 735]

describe('re-anchoring under faults', () => {
  for (const seed of seeds) {
    it(`four relays, of which the founder's is destroyed for good (seed ${seed})`, async () => {
      const world = new World(seed, { latencyMs: 5, jitterMs: 5 })
      const random = new SeededRandom(seed + 1000)
      const relays: TestRelayNode[] = []
      for (const name of ['eu', 'us', 'asia', 'sa']) relays.push(await world.relay(`${name}-1.example.org`))
      const [eu, ...others] = relays as [TestRelayNode, ...TestRelayNode[]]
      const founder = await world.person(eu)
      const people: TestClient[] = []
      for (const relay of others) people.push(await world.person(relay), await world.person(relay))
      // Half of the runs: nothing is dropped anywhere, so that it can be seen that nothing is lost.
      if (seed % 2 === 0) for (const [i, person] of people.entries()) person.holdsBack = i % 2 === 1
      const group = new TestGroup(world, founder)
      const headOf = async (relay: TestRelayNode): Promise<number> => (await relay.store.openLog(group.conversation.id))?.head ?? 0
      async function untilSo (isSo: () => Promise<boolean>, what: string, ms: number): Promise<void> {
        for (let passed = 0; passed <= ms; passed += 200) {
          if (await isSo()) return
          await world.clock.advance(200)
        }
        const shape = await Promise.all(others.map(async (one) => `${one.name} ${JSON.stringify(await one.store.openLog(group.conversation.id), (_, value: unknown) => value instanceof Map ? undefined : value)} waits ${(await one.store.outboxes()).length}`))
        assert.fail(`seed ${seed}: ${what}: ${shape.join('; ')}`)
      }
      group.create(people)
      await untilSo(async () => (await Promise.all(relays.map(headOf))).every((head) => head === 1), 'created', 60_000)
      const admins = [people[0]!, people[2]!, people[4]!]
      for (const [i, admin] of admins.entries()) {
        await group.change(founder, { act: 'setRole', account: admin.account, role: groupRoles.admin })
        await untilSo(async () => (await Promise.all(relays.map(headOf))).every((head) => head === i + 2), 'admins', 60_000)
      }
      await world.pass(3_000)

      const said: MessageId[] = []
      const cuts = new Set<string>()
      const reanchor = async (admin: TestClient): Promise<void> => {
        if (!admin.isOnline) return
        try {
          const state = await stateAt(world, admin, group.conversation)
          const { anchor } = await world.during(admin.channel.call(clientMethods.groupAnchors, { conversation: group.conversation.bytes }))
          const epoch = anchor === undefined ? 1 : verifyGroupAnchor(signing, anchor).epoch + 1
          const record = signGroupAnchor(signing, {
            conversation: group.conversation, epoch, anchor: admin.account, homeEpoch: 1, admin: admin.account, device: admin.device.id, deviceList: admin.deviceList.bytes,
            place: { epoch: state.epoch, seq: state.seq }, head: state.head, madeAtMs: world.clock.nowMs()
          }, admin.device.seed)
          await world.during(admin.channel.call(clientMethods.anchorGroup, decode(Signed, record.bytes)))
        } catch (error) {
          if (!isProtocolError(error)) throw error // cut off, or somebody else was first
        }
      }
      for (let step = 0; step < 60; step++) {
        const [one, other] = [random.pick(relays), random.pick(relays)]
        const dice = random.below(20)
        if (step === 8) for (const relay of others) world.network.cut(eu.id, relay.id)
        if (step === 15) eu.crash()
        if (dice < 10) {
          const person = random.pick(people)
          if (person.isOnline) said.push(group.say(person))
        } else if (dice < 12 && step < 15) said.push(group.say(founder))
        else if (dice < 14 && one !== other && one !== eu && other !== eu) {
          const key = [one.name, other.name].sort().join(' ')
          if (cuts.delete(key)) world.network.heal(one.id, other.id)
          else {
            cuts.add(key)
            world.network.cut(one.id, other.id, random.below(2) === 0 ? 'silent' : 'reset')
          }
        } else if (dice < 16 && one !== eu && step > 20) {
          one.crash()
          await one.restart()
        } else if (dice < 18 && step > 10) await reanchor(random.pick(admins))
        await world.clock.advance(random.below(3_000))
      }
      for (const one of others) for (const other of others) if (one !== other) world.network.heal(one.id, other.id)
      await world.pass(60_000)
      // Nobody has, in this run: somebody does now.
      const { anchor } = await world.during(people[0]!.channel.call(clientMethods.groupAnchors, { conversation: group.conversation.bytes }))
      if (anchor === undefined) await reanchor(people[0]!)
      for (const person of people) said.push(group.say(person))
      const shape = async (relay: TestRelayNode): Promise<string> => {
        const log = await relay.store.openLog(group.conversation.id)
        return `${log?.epoch} ${log?.head}`
      }
      await untilSo(async () => {
        const shapes = await Promise.all(others.map(shape))
        return new Set(shapes).size === 1 && (await Promise.all(others.map((one) => one.store.outboxes()))).every((waiting) => waiting.length === 0) && people.every(({ outbox }) => outbox.length === 0)
      }, 'one log', 900_000)
      assert.ok(await group.isAgreed(others), `seed ${seed}: one membership`)
      const logs = await Promise.all(others.map(async (one) => await one.store.readLog(group.conversation.id, 1, { maxEntries: 10_000, maxBytes: 1 << 30 })))
      const all = new Map<number, MessageId>()
      for (const entries of logs) {
        for (const { seq, messageId } of entries) {
          assert.equal(all.get(seq) ?? messageId, messageId, `seed ${seed}: entry ${seq}`)
          all.set(seq, messageId)
        }
      }
      const ids = [...all].sort(([a], [b]) => a - b).map(([, id]) => id)
      assert.equal(new Set(ids).size, ids.length, `seed ${seed}: nothing twice`)
      const first = Math.min(...all.keys())
      if (seed % 2 === 0) assert.equal(first, 1)
      const trimmed = new Set(first === 1 ? [] : said)
      for (const person of people) {
        const mine = said.filter((id) => person.sent.includes(id))
        const lost = mine.filter((id) => !ids.includes(id) && !trimmed.has(id))
        assert.deepEqual(lost, [], `seed ${seed}: sent and lost`)
        const order = ids.filter((id) => mine.includes(id))
        assert.deepEqual(order, mine.filter((id) => ids.includes(id)), `seed ${seed}: each sender's order`)
      }
      await world.stop()
    }).timeout(120_000)
  }
})
