import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { signGroupAnchor } from '../../protocol/groups/anchor.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { signGuestPermit } from '../../protocol/records/guest-permit.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import { sayHello, signing } from '../testing/fixtures.ts'
import { TestGroup, stateAt } from '../testing/group-world.ts'
import { World, type TestClient, type TestRelayNode } from '../testing/message-world.ts'

describe('what a guest writes in a group whose sequencer is gone', () => {
  for (const anchorLives of ['at the guest relay', 'elsewhere'] as const) {
    it(`follows the group to its new anchor, which lives ${anchorLives}`, async () => {
      const world = new World(61)
      const [eu, us, ap, sa] = [await world.relay('eu-1'), await world.relay('us-1'), await world.relay('ap-1'), await world.relay('sa-1')] as [TestRelayNode, TestRelayNode, TestRelayNode, TestRelayNode]
      const [founder, ann, bob, cleo] = [await world.person(eu), await world.person(us), await world.person(ap), await world.person(sa)] as [TestClient, TestClient, TestClient, TestClient]
      const group = new TestGroup(world, founder)
      const { id } = group.conversation
      const has = async (relays: readonly TestRelayNode[], count: number): Promise<void> => {
        for (let passed = 0; passed < 60_000; passed += 100) {
          if ((await Promise.all(relays.map(async ({ store }) => (await store.openLog(id))?.head))).every((head) => head === count)) return
          await world.clock.advance(100)
        }
        assert.fail(`${count} entries`)
      }
      group.create([ann, bob, cleo])
      await has([eu, us, ap, sa], 1)
      await group.change(founder, { act: 'setRole', account: bob.account, role: groupRoles.admin })
      await has([eu, us, ap, sa], 2)
      await world.pass(15_000)
      eu.crash()
      us.crash()
      const host = anchorLives === 'elsewhere' ? sa : ap
      const [near, far] = streamPair(ann.device.id, host.id)
      host.relay.clients.accept(far)
      const guest = new Channel(near, { handlers: new Handlers(), clock: world.clock }).start()
      await world.during(sayHello(guest, ann.person))
      const permit = signGuestPermit(signing, { account: ann.account, device: ann.device.id, relay: host.id, expiresAtMs: world.clock.nowMs() + 24 * 3_600_000 }, ann.device.seed)
      const sealed = [ann.sealFor(group.conversation), ann.sealFor(group.conversation)]
      const { outcomes } = await world.during(guest.call(clientMethods.guestSubmit, { permit, envelopes: sealed.map(({ bytes }) => bytes) }))
      assert.deepEqual(outcomes.map(({ status }) => status), [0, 0])
      await world.pass(60_000)
      assert.equal((await ap.store.openLog(id))?.head, 2)
      const { epoch, seq, head } = await stateAt(world, bob, group.conversation)
      const record = signGroupAnchor(signing, { conversation: group.conversation, epoch: 1, anchor: bob.account, homeEpoch: 1, admin: bob.account, device: bob.device.id, deviceList: bob.deviceList.bytes, place: { epoch, seq }, head, madeAtMs: 1 }, bob.device.seed)
      await world.during(bob.channel.call(clientMethods.anchorGroup, decode(Signed, record.bytes)))
      await has([ap, sa], 4)
      assert.deepEqual(group.shownTo(cleo).slice(-2), sealed.map(({ messageId }) => messageId))
      await world.pass(1_000)
      for await (const { key } of host.store.scan('guest', '')) assert.fail(key.slice(0, 4))
      await world.stop()
    })
  }
})
