import assert from 'node:assert/strict'
import { groupConversation } from '../../protocol/conversation.ts'
import { signGroupAnchor } from '../../protocol/groups/anchor.ts'
import { emptyGroup } from '../../protocol/groups/membership.ts'
import { snapshotToWire } from '../../protocol/groups/snapshot.ts'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, directCommits, signing, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { World } from '../testing/message-world.ts'
import { silentLogger } from '../watch/logger.ts'
import { GroupAnchors, type GroupAnchorsComponents } from './group-anchors.ts'

describe('records of anchors', () => {
  it('of groups that a relay has made up, with somebody of here in them, take a bounded place in memory and on the disk', async () => {
    const world = new World(41)
    const store = new MemoryStore()
    const [hostile, other] = [testRelay(world.random).id, testRelay(world.random).id]
    const [mallory, local] = [new TestPerson(world.random), new TestPerson(world.random)]
    const adminList = mallory.devices()
    let told = snapshotToWire(emptyGroup(groupConversation(mallory.account, world.random.bytes(32))))
    const channel = { call: async () => told }
    const components = (): GroupAnchorsComponents => ({
      store,
      commits: directCommits(store),
      logs: { load: async () => ({ group: { isKnown: false } }) } as unknown as GroupAnchorsComponents['logs'],
      placement: { isHome: (account: string) => account === local.account, isSequencer: () => false, primaryOf: () => undefined } as unknown as GroupAnchorsComponents['placement'],
      groups: { verify: () => assert.fail() },
      homes: { find: async () => local.home(other) },
      links: () => ({ channelTo: async () => channel, introduce: () => {} }) as unknown as ReturnType<GroupAnchorsComponents['links']>,
      signing: { ...signing, ed25519Verify: () => true },
      clock: world.clock,
      logger: silentLogger,
      meter: new CountingMeter()
    })
    const anchors = new GroupAnchors(components(), new Map())
    const rows = async (): Promise<number> => {
      let count = 0
      for await (const { key } of store.scan('group', 'anchor/')) count += key === '' ? 0 : 1
      return count
    }
    const tell = async (to: GroupAnchors, from: typeof hostile): Promise<string> => {
      const conversation = groupConversation(mallory.account, world.random.bytes(32))
      const state = { ...emptyGroup(conversation), epoch: 1, seq: 1, head: world.random.bytes(32) }
      state.members.set(mallory.account, { role: groupRoles.owner, sinceSeq: 1, listEpoch: 1 })
      state.members.set(local.account, { role: groupRoles.member, sinceSeq: 1, listEpoch: 1 })
      told = snapshotToWire(state)
      const { bytes } = signGroupAnchor(components().signing, {
        conversation, epoch: 1, anchor: mallory.account, homeEpoch: 1, admin: mallory.account, device: mallory.device.id, deviceList: adminList.bytes,
        place: { epoch: 1, seq: 1 }, head: state.head, madeAtMs: 1
      }, mallory.device.seed)
      await world.during(to.take(bytes, from))
      return conversation.id
    }
    const honest = await tell(anchors, other)
    for (let i = 0; i < 400; i++) await tell(anchors, hostile)
    assert.equal(await rows(), 257)
    assert.equal([...anchors.all()].length, 257)
    assert.ok([...anchors.all()].some(({ conversation }) => conversation.id === honest), 'what another relay has told stays')
    const again = new GroupAnchors(components(), new Map())
    await again.load()
    assert.equal([...again.all()].length, 257, 'after a restart as well')
  })
})
