/**
 * Found by fuzzing: what a relay ships must not stop whoever looks at it.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isCreated } from '../../protocol/groups/membership.ts'
import { snapshotOf, stateFromSnapshot } from '../../protocol/groups/snapshot.ts'
import { TestGroup, testGroup, testLink, testPerson } from '../../protocol/groups/testing.ts'
import { broken, signing, testRelay } from '../../protocol/testing.ts'
import { retiringRow, stateRows, type GroupRows } from '../groups/group-rows.ts'
import { Accounts } from '../people/accounts.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { shippedGroup, shippedRegistration } from './shipped-rows.ts'

describe('a group that another relay has shipped', () => {
  const world = new TestGroup(testGroup(1))
  world.act(testPerson(1), { act: 'create', members: [testPerson(2).account, testPerson(3).account], settings: { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 } })
  world.act(testPerson(1), { act: 'link', link: testLink(1) })
  const rows = [...stateRows(world.state), retiringRow(world.conversation, testRelay(1).id, 2)] as Array<{ key: string, value: Uint8Array }>

  async function shipped (given: typeof rows): Promise<GroupRows | undefined> {
    async function * each (): AsyncGenerator<{ key: string, value: Uint8Array }> { yield * given }
    return await shippedGroup(world.conversation, each())
  }

  it('is read, and passed over when it could not be told to anybody else', async () => {
    assert.deepEqual((await shipped(rows))?.state, world.state)
    const changed = (kind: string, change: (row: { key: string, value: Uint8Array }) => { key: string, value: Uint8Array }): typeof rows => {
      const at = rows.findIndex(({ key }) => key.startsWith(`${world.conversation.id}/${kind}`))
      assert.ok(at >= 0)
      return rows.map((row, i) => i === at ? change({ key: row.key, value: new Uint8Array(row.value) }) : row)
    }
    // who made a link: no text, and no account
    for (const byte of [0xff, 0x20]) assert.equal(await shipped(changed('l', ({ key, value }) => ({ key, value: value.fill(byte, 50, 51) }))), undefined)
    assert.equal(await shipped(changed('l', ({ key, value }) => ({ key: `${key}00`, value: value.subarray(0, 20) }))), undefined)
    assert.equal(await shipped(changed('m', ({ key, value }) => ({ key, value: value.fill(9, 0, 1) }))), undefined)
    assert.equal(await shipped(changed('m', ({ key, value }) => ({ key: `${key}x`, value }))), undefined)
    assert.equal(await shipped(changed('r', ({ key, value }) => ({ key: `${key}x`, value }))), undefined)
  })

  const seed = Number(process.env['FUZZ_SEED'] ?? 1)
  it(`never stops who reads it, whatever is broken (seed ${seed})`, async () => {
    const random = new SeededRandom(seed)
    let taken = 0
    for (let round = 0; round < 3_000; round++) {
      const at = random.below(rows.length)
      const read = await shipped(rows.map((row, i) => i === at ? { key: row.key, value: broken(row.value, random) } : row))
      if (read === undefined || !isCreated(read.state)) continue
      taken++
      const told = snapshotOf(read.state)
      assert.deepEqual(snapshotOf(stateFromSnapshot(told)), told)
    }
    assert.ok(taken > 100, `${taken} were taken`)
  })
})

describe('a registration that another relay has shipped', () => {
  const { account, list } = testPerson(1)
  const write = new Accounts({ store: new MemoryStore() }).put({ account, deviceEpoch: 1, devices: list.devices.map(({ id }) => id), deviceList: list.bytes, handle: 'ada', registeredAtMs: 5, hasMoved: false })
  const row = (write as { value: Uint8Array }).value

  it('is passed over when the bytes of its handle are no text', () => {
    assert.equal(shippedRegistration(signing, account, row)?.handle, 'ada')
    const handleAt = Buffer.from(row).indexOf('ada')
    for (const byte of [0x80, 0xc0, 0xff]) {
      const bad = row.slice()
      bad[handleAt + 1] = byte
      assert.equal(shippedRegistration(signing, account, bad), undefined)
    }
  })
})
