import assert from 'node:assert/strict'
import { defaultSettings, nextHead } from '../../protocol/groups/membership.ts'
import { noHead } from '../../protocol/groups/control.ts'
import { rates } from '../../protocol/limits.ts'
import { addedBytes, type Write } from '../store/store.ts'
import { TestGroup, signedChange, storedState } from '../testing/group-world.ts'
import { TestPerson, signing } from '../testing/fixtures.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'

/** Everything that a relay's store is given to write, from now on. */
function recordWrites (relay: TestRelayNode): Write[] {
  const { store } = relay
  const writes: Write[] = []
  const write = store.write.bind(store)
  store.write = (batch, options) => {
    writes.push(...batch)
    return write(batch, options)
  }
  return writes
}

/** What one change has cost: kinds of rows and how many bytes, whatever the ids in them are. */
function costOf (writes: readonly Write[]): { rows: Record<string, number>, bytes: number } {
  const rows: Record<string, number> = {}
  let bytes = 0
  for (const write of writes) {
    // Positions of devices and replicas follow in their own time.
    if (write.op === 'cursor' || write.op === 'trim' || write.op === 'replicated') continue
    const name = write.op === 'put' || write.op === 'delete' ? `${write.op} ${write.table}` : write.op
    rows[name] = (rows[name] ?? 0) + 1
    bytes += addedBytes(write)
  }
  return { rows, bytes }
}

describe('large groups', () => {
  it('adding somebody writes the same to a group of ten and to one of a thousand, at the sequencer and at a replica', async () => {
    const world = new World(41)
    const [eu, us] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
    const [a, b] = [await world.person(eu), await world.person(us)]
    const group = new TestGroup(world, a)
    const { conversation } = group
    let head: Uint8Array = noHead
    const writes = [recordWrites(eu), recordWrites(us)]
    const costs: Array<Array<ReturnType<typeof costOf>>> = []
    const act = async (change: Parameters<typeof signedChange>[2]): Promise<void> => {
      const control = signedChange(a, conversation, change, { previous: head })
      const [outcome] = await world.during(a.submitRaw([a.sealFor(conversation, { control }).bytes]))
      assert.equal(outcome!.status, 0)
      head = nextHead(signing, head, control)
      await world.clock.advance(20)
      costs.push(writes.map((of) => costOf(of.splice(0))))
    }
    await act({ act: 'create', members: [b.account], settings: defaultSettings })
    await world.pass(1_000)
    for (let i = 2; i < 1_020; i++) {
      const person = new TestPerson(world.random)
      eu.relay.homes.learn(person.home(us.id).bytes)
      await act({ act: 'add', accounts: [person.account] })
      // One rate holds for all of a group.
      if (i > rates.submitPerGroup.burst / 2) await world.clock.advance(10)
    }
    await world.pass(5_000)
    assert.equal((await storedState(eu, conversation)).members.size, 1_020)
    assert.equal((await storedState(us, conversation)).members.size, 1_020)
    for (const relay of [0, 1]) {
      const [small, large] = [costs[10]![relay]!, costs[1_000]![relay]!]
      assert.ok((small.rows.append ?? 0) === 1 && small.bytes > 0, JSON.stringify(small))
      assert.deepEqual(large, small)
    }
    await world.stop()
  }).timeout(60_000)
})
