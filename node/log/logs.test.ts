import assert from 'node:assert/strict'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation, type ConversationId, type GroupConversation } from '../../protocol/conversation.ts'
import { emptyGroup } from '../../protocol/groups/membership.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { groupRoles } from '../../protocol/wire/kinds.ts'
import type { Group } from '../groups/group.ts'
import { stateRows } from '../groups/group-rows.ts'
import { Groups } from '../groups/groups.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { TestPerson, signing, testRelay } from '../testing/fixtures.ts'
import { CountingMeter } from '../testing/counting-meter.ts'
import { silentLogger } from '../watch/logger.ts'
import { Logs, logsDefaults } from './logs.ts'
import { Placement } from './placement.ts'

describe('logs', () => {
  let random: SeededRandom
  let founder: TestPerson
  let member: TestPerson
  let conversation: GroupConversation
  let self: RelayId
  let there: RelayId
  let homes: Map<AccountId, RelayId>
  let locals: Set<AccountId>
  let placement: Placement
  let logs: Logs
  /** Lets the store say what it has of the log. */
  let open: () => void

  beforeEach(async () => {
    random = new SeededRandom(71)
    ;[founder, member] = [new TestPerson(random), new TestPerson(random)]
    conversation = groupConversation(founder.account, random.bytes(32))
    ;[self, there] = [testRelay(random).id, testRelay(random).id]
    homes = new Map([[founder.account, self]])
    locals = new Set([founder.account])
    const store = new MemoryStore()
    const state = emptyGroup(conversation)
    for (const { account } of [founder, member]) state.members.set(account, { role: groupRoles.member, sinceSeq: 1, listEpoch: 1 })
    state.seq = 1
    await store.write(stateRows(state), { durable: true })
    const book = {
      self,
      cached: (account: AccountId) => homes.has(account) ? { homes: [homes.get(account)], epoch: 1 } : undefined,
      known: async () => undefined
    } as never
    const loaded = new Map<ConversationId, Group>()
    placement = new Placement({ accounts: { isLocal: (account: AccountId) => locals.has(account) } as never, homes: book }, loaded)
    const meter = new CountingMeter()
    const groups = new Groups({ store, homing: placement, homes: book, signing, logger: silentLogger, meter }, loaded)
    const opened = new Promise<void>((resolve) => { open = resolve })
    logs = new Logs({
      store: {
        openLog: async (id) => {
          await opened
          return await store.openLog(id)
        },
        highestMessage: (id, sender) => store.highestMessage(id, sender),
        findMessage: (id, sender, messageId) => store.findMessage(id, sender, messageId)
      },
      placement,
      groups,
      meter
    }, logsDefaults)
  })

  /** The store reads the log of the group, and `meanwhile` happens after its rows were read. */
  async function loadWhile (meanwhile: () => void): Promise<Group> {
    const loading = logs.load(conversation)
    await settle()
    meanwhile()
    open()
    return (await loading).group!
  }

  it('a member whose home becomes known while the log is read is placed there', async () => {
    const group = await loadWhile(() => { homes.set(member.account, there) })
    assert.deepEqual([...group.unplaced], [])
    assert.deepEqual(placement.relaysOf(conversation), [there])
  })

  it('a member who moves while the log is read is placed at the new home', async () => {
    homes.set(member.account, testRelay(random).id)
    const group = await loadWhile(() => { homes.set(member.account, there) })
    assert.deepEqual(group.relays, [there])
  })

  it('an account that registers while the log is read is one that the log is found by', async () => {
    homes.set(member.account, self)
    const group = await loadWhile(() => { locals.add(member.account) })
    assert.deepEqual(group.locals, [founder.account, member.account])
    const [log] = logs.loadedOf(member.account)
    assert.equal(log?.group, group)
  })
})
