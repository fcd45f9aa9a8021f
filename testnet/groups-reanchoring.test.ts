/**
 * A group whose founder's relay is gone, with the relay's real code and the client engine under virtual time: an admin names
 * another anchor, and the talk goes on.
 */
import assert from 'node:assert/strict'
import type { ChatId } from '../client/chat-id.ts'
import type { StuckGroup } from '../client/client.ts'
import { fromHex } from '../client/store/stored.ts'
import { testRelay } from '../node/testing/fixtures.ts'
import { compareBytes } from '../protocol/bytes.ts'
import { Channel, Handlers } from '../protocol/channel.ts'
import { conversationFromId, type GroupConversation } from '../protocol/conversation.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { signGroupAnchor } from '../protocol/groups/anchor.ts'
import { accountIdToBytes, accountKeyOf, deviceIdOfKey, type DeviceId, type RelayId } from '../protocol/ids.ts'
import { relayMethods, type Method } from '../protocol/methods.ts'
import { protocols } from '../protocol/protocols.ts'
import { decode } from '../protocol/wire/codec.ts'
import { Signed } from '../protocol/wire/gen/records.js'
import { DeviceWorld, type TestDevice } from './device-world.ts'

describe('re-anchoring a group', () => {
  let world: DeviceWorld
  let people: TestDevice[]
  let [ann, bob, cleo, dora]: TestDevice[] = []
  let chat: ChatId
  let stuck: Map<TestDevice, StuckGroup[]>

  let seeds: Map<DeviceId, Uint8Array>

  beforeEach(async () => {
    world = await DeviceWorld.start(5)
    const dialerOf = world.dialerOf.bind(world)
    seeds = new Map()
    world.dialerOf = (seed) => {
      seeds.set(deviceIdOfKey(world.primitives.ed25519PublicKey(seed)), seed)
      return dialerOf(seed)
    }
    world.nodes.push(await world.world.relay('us-1'))
    people = []
    for (const [i, name] of ['ann', 'bob', 'cleo', 'dora'].entries()) people.push(await world.primary(name, world.nodes[Math.min(i, 2)]!))
    ;[ann, bob, cleo, dora] = people as [TestDevice, TestDevice, TestDevice, TestDevice]
    await world.world.pass(3_000)
    stuck = new Map(people.map((one) => [one, []]))
    for (const one of people) one.client.on('stuck', (event) => { stuck.get(one)!.push(event) })
    const ref = await ann!.client.groups.create({ name: 'harbour', members: people.slice(1).map(({ account }) => account) })
    chat = ref.chat
    await world.world.during(ann!.client.groups.settled(ref))
    for (const one of [bob!, cleo!]) await world.world.during(ann!.client.groups.settled(await ann!.client.groups.setRole(chat, one.account, 'admin')))
    await world.until(async () => (await states(people)).every((state) => state?.members.filter(({ role }) => role === 'admin').length === 2), 'two admins')
    for (const one of people) await one.say(chat, `${one.name} before`)
    await world.until(async () => (await Promise.all(people.map(texts))).every((all) => all.length === 4), 'four messages')
    await world.world.pass(5_000)
  })
  afterEach(async () => {
    await world.stop()
  })

  const states = async (all: readonly TestDevice[]): Promise<Array<Awaited<ReturnType<TestDevice['client']['groups']['state']>>>> => await Promise.all(all.map(({ client }) => client.groups.state(chat)))
  const texts = async (one: TestDevice): Promise<string[]> => (await one.history(chat)).filter(({ state }) => state !== 'failed').map(({ text }) => text)
  const warnings = (): string[] => people.flatMap((one) => one.warnings.map(({ kind, text }) => `${one.name} ${kind}: ${text}`))
  async function allHave (all: readonly TestDevice[], count: number, maxMs = 240_000): Promise<void> {
    await world.until(async () => (await Promise.all(all.map(texts))).every((some) => some.length === count), `${count} messages`, maxMs).catch(async (error: unknown) => {
      assert.fail(`${String(error)}: ${JSON.stringify(await Promise.all(all.map(texts)), null, 1)} ${warnings().join('\n')}`)
    })
  }
  async function sameFor (all: readonly TestDevice[]): Promise<void> {
    const first = await texts(all[0]!)
    assert.equal(new Set(first).size, first.length, 'nothing twice')
    for (const one of all) assert.deepEqual(await texts(one), first, one.name)
    assert.equal(new Set((await states(all)).map((state) => state?.head)).size, 1, 'one chain of changes')
    assert.equal(new Set((await states(all)).map((state) => state?.anchor)).size, 1, 'one anchor')
  }
  const reanchor = async (by: TestDevice, to?: TestDevice): Promise<unknown> => await world.world.during(by.client.groups.reanchor(chat, to === undefined ? {} : { to: to.account }))
  async function refused (work: Promise<unknown>, code: string): Promise<void> {
    await assert.rejects(work, (error) => isProtocolError(error) && error.code === code, code)
  }

  it('the founder\'s relay is destroyed: who writes is told that the group is stuck, an admin re-anchors it, and the talk goes on', async () => {
    const [eu] = world.nodes
    eu!.crash()
    for (const one of [bob!, cleo!, dora!]) for (let i = 0; i < 2; i++) await one.say(chat, `${one.name} waits ${i}`)
    await world.until(() => [bob!, cleo!, dora!].every((one) => stuck.get(one)!.length === 1), 'told', 90_000)
    assert.deepEqual([bob!, cleo!, dora!].map((one) => stuck.get(one)![0]!.mayReanchor), [true, true, false])
    assert.equal(stuck.get(bob!)![0]!.anchor, ann!.account)
    assert.ok(((await states([bob!]))[0]?.stuckSinceMs ?? 0) > 0)
    await refused(reanchor(dora!), 'NOT_ALLOWED')
    await refused(reanchor(bob!, await world.primary('erik', world.nodes[1]!)), 'NOT_A_MEMBER')
    await reanchor(bob!)
    await allHave([bob!, cleo!, dora!], 10)
    await sameFor([bob!, cleo!, dora!])
    const order = await texts(dora!)
    for (const one of [bob!, cleo!, dora!]) assert.ok(order.indexOf(`${one.name} waits 0`) < order.indexOf(`${one.name} waits 1`))
    // Changes, and messages after them.
    await world.world.during(cleo!.client.groups.settled(await cleo!.client.groups.setRole(chat, dora!.account, 'admin')))
    await dora!.say(chat, 'dora after')
    await allHave([bob!, cleo!, dora!], 11)
    await world.until(async () => (await states([bob!, cleo!, dora!])).every((state) => state?.members.find(({ account }) => account === dora!.account)?.role === 'admin'), 'an admin everywhere')
    await sameFor([bob!, cleo!, dora!])
    assert.equal((await states([bob!]))[0]?.stuckSinceMs, undefined)
    for (const one of [bob!, cleo!, dora!]) assert.equal(new Set(one.received).size, one.received.length, 'shown once')
    assert.deepEqual(warnings(), [])
  }).timeout(60_000)

  it('the founder\'s relay comes back with what only it had: everybody ends with the same, nothing is lost, shown twice or warned of', async () => {
    const [eu, ap, us] = world.nodes as [typeof world.nodes[number], typeof world.nodes[number], typeof world.nodes[number]]
    for (const other of [ap, us]) world.world.network.cut(eu.id, other.id)
    await ann!.say(chat, 'ann alone 0')
    await ann!.say(chat, 'ann alone 1')
    await world.world.pass(2_000)
    await reanchor(bob!)
    for (const one of [bob!, cleo!, dora!]) await one.say(chat, `${one.name} meanwhile`)
    await allHave([bob!, cleo!, dora!], 7)
    await ann!.say(chat, 'ann alone 2')
    for (const other of [ap, us]) world.world.network.heal(eu.id, other.id)
    await allHave(people, 10)
    await world.world.pass(10_000)
    await sameFor(people)
    await ann!.say(chat, 'ann after')
    await allHave(people, 11)
    await sameFor(people)
    await world.until(async () => (await Promise.all(people.map((one) => one.states(chat)))).flat().every((state) => state === 'delivered'), 'delivered to all').catch(async (error: unknown) => {
      assert.fail(`${String(error)}: ${JSON.stringify(await Promise.all(people.map((one) => one.states(chat))))}`)
    })
    for (const one of people) assert.equal(new Set(one.received).size, one.received.length, `${one.name}: shown once`)
    assert.deepEqual(warnings(), [])
  }).timeout(60_000)

  it('two admins at once, in two partitions that both go on: one of them counts everywhere, what the other had is not lost', async () => {
    const [eu, ap, us] = world.nodes as [typeof world.nodes[number], typeof world.nodes[number], typeof world.nodes[number]]
    eu.crash()
    world.world.network.cut(ap.id, us.id)
    await reanchor(bob!)
    await reanchor(cleo!)
    for (let i = 0; i < 3; i++) for (const one of [bob!, cleo!, dora!]) await one.say(chat, `${one.name} apart ${i}`)
    await allHave([bob!], 7)
    await allHave([cleo!, dora!], 10)
    world.world.network.heal(ap.id, us.id)
    await allHave([bob!, cleo!, dora!], 13)
    await world.world.pass(10_000)
    await sameFor([bob!, cleo!, dora!])
    const [low] = [bob!, cleo!].sort((a, b) => compareBytes(accountKeyOf(a.account), accountKeyOf(b.account)))
    assert.equal((await states([dora!]))[0]?.anchor, low!.account)
    await cleo!.say(chat, 'cleo after')
    await bob!.say(chat, 'bob after')
    await allHave([bob!, cleo!, dora!], 15)
    await sameFor([bob!, cleo!, dora!])
    for (const one of people) assert.equal(new Set(one.received).size, one.received.length, `${one.name}: shown once`)
    assert.deepEqual(warnings(), [])
  }).timeout(60_000)

  it('changes of the group in both partitions: those of who counts hold, the others are undone and said so', async () => {
    const [eu, ap, us] = world.nodes as [typeof world.nodes[number], typeof world.nodes[number], typeof world.nodes[number]]
    eu.crash()
    world.world.network.cut(ap.id, us.id)
    await reanchor(bob!)
    await reanchor(cleo!)
    await world.world.during(bob!.client.groups.settled(await bob!.client.groups.setSettings(chat, { whoMayAdd: 'everyone' })))
    await world.world.during(cleo!.client.groups.settled(await cleo!.client.groups.setRole(chat, dora!.account, 'admin')))
    await bob!.say(chat, 'bob apart')
    await dora!.say(chat, 'dora apart')
    await allHave([bob!, cleo!, dora!], 5)
    world.world.network.heal(ap.id, us.id)
    await allHave([bob!, cleo!, dora!], 6)
    await world.world.pass(10_000)
    await sameFor([bob!, cleo!, dora!])
    const [low] = [bob!, cleo!].sort((a, b) => compareBytes(accountKeyOf(a.account), accountKeyOf(b.account)))
    const state = (await states([dora!]))[0]!
    assert.deepEqual([state.settings.whoMayAdd, state.members.find(({ account }) => account === dora!.account)!.role], low === bob ? ['everyone', 'member'] : ['admins', 'admin'])
    const told = people.filter((one) => one.warnings.some(({ text }) => text.includes('make them again'))).map(({ name }) => name)
    assert.deepEqual(told, low === bob ? ['cleo', 'dora'] : ['bob'])
    assert.equal(warnings().length, told.length, warnings().join('\n'))
    const again = low === bob ? cleo! : bob!
    await world.world.during(again.client.groups.settled(await again.client.groups.setProfile(chat, { name: 'quay' })))
    await again.say(chat, 'again')
    await allHave([bob!, cleo!, dora!], 7)
    await sameFor([bob!, cleo!, dora!])
  }).timeout(60_000)

  /** A record of the epoch that counts now, as somebody signs it who was an admin when that began, given to every home by a relay of theirs. */
  async function contest (by: TestDevice, { at, epoch, place, head }: { at: string, epoch: number, place: { epoch: number, seq: number }, head: Uint8Array }): Promise<void> {
    const node = world.nodes.find(({ name }) => name === at)!
    const mesh = world.world.network.join(testRelay(world.world.random).id)
    await mesh.start()
    const call = async <Request, Reply>(to: RelayId, method: Method<Request, Reply>, request: Partial<Request>): Promise<Reply> => {
      const stream = await world.world.during(mesh.dial(to, [], protocols.relay, { signal: new AbortController().signal }))
      const channel = new Channel(stream, { handlers: new Handlers(), clock: world.world.clock }).start()
      return await world.world.during(channel.call(method, request))
    }
    const { deviceList } = await call(node.id, relayMethods.findAccount, { account: accountIdToBytes(by.account) })
    const record = signGroupAnchor(world.primitives, {
      conversation: conversationFromId(chat as GroupConversation['id']) as GroupConversation, epoch, anchor: by.account, homeEpoch: 1, admin: by.account, device: by.id, deviceList: deviceList!, place, head, madeAtMs: 1
    }, seeds.get(by.id)!)
    for (const to of world.nodes) {
      if (!to.isRunning) continue
      await call(to.id, relayMethods.groupAnchor, decode(Signed, record.bytes)).catch((error: unknown) => { assert.ok(isProtocolError(error), String(error)) })
    }
  }

  /** The founder's relay is gone; of the two admins the one with the higher key re-anchors. `before`: what the other one sees then. */
  const reanchoredByTheHigher = async () => {
    world.nodes[0]!.crash()
    const [low, high] = [bob!, cleo!].sort((a, b) => compareBytes(accountKeyOf(a.account), accountKeyOf(b.account))) as [TestDevice, TestDevice]
    await reanchor(high)
    await dora!.say(chat, 'under the new anchor')
    await allHave([bob!, cleo!, dora!], 5)
    return { low, high, before: (await states([low]))[0]! }
  }

  for (const [what, isDemoted] of [['removed', false], ['demoted', true]] as const) {
    it(`an admin who was ${what} after the group was re-anchored does not come back by a record of that epoch`, async () => {
      const { low, high, before } = await reanchoredByTheHigher()
      const place = { epoch: 1, seq: before.seq }
      const act = isDemoted ? await high.client.groups.setRole(chat, low.account, 'member') : await high.client.groups.remove(chat, [low.account])
      await world.world.during(high.client.groups.settled(act))
      await world.world.pass(2_000)
      await contest(low, { at: low === bob ? 'ap-1' : 'us-1', epoch: 1, place, head: fromHex(before.head) })
      await dora!.say(chat, 'dora after')
      await high.say(chat, 'high after')
      const rest = [high, ...(isDemoted ? [low] : []), dora!]
      await allHave(rest, 7)
      await world.world.pass(10_000)
      await sameFor(rest)
      for (const state of await states(rest)) {
        assert.equal(state!.anchor, high.account)
        assert.equal(state!.members.find(({ account }) => account === low.account)?.role, isDemoted ? 'member' : undefined)
      }
      assert.deepEqual(warnings(), [])
    }).timeout(60_000)
  }

  it('an admin who leaves a group that was re-anchored cannot undo what came after, either: the other admin sees to that', async () => {
    const { low, high, before } = await reanchoredByTheHigher()
    await world.world.during(low.client.groups.settled(await low.client.groups.leave(chat)))
    await world.world.pass(2_000)
    // What the other one has to do survives a restart of the program.
    await high.away()
    await high.open()
    await high.online()
    await world.world.pass(15_000)
    await contest(low, { at: low === bob ? 'ap-1' : 'us-1', epoch: 1, place: { epoch: 1, seq: before.seq }, head: fromHex(before.head) })
    await dora!.say(chat, 'dora after')
    await allHave([high, dora!], 6)
    await world.world.pass(10_000)
    await sameFor([high, dora!])
    for (const state of await states([high, dora!])) {
      assert.equal(state!.anchor, high.account)
      assert.equal(state!.members.some(({ account }) => account === low.account), false)
    }
    assert.deepEqual(warnings(), [])
  }).timeout(60_000)
})
