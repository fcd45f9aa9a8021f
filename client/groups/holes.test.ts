import assert from 'node:assert/strict'
import { groupConversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { testAccount, testDevice, testMessageId } from '../../protocol/testing.ts'
import { clientLimits } from '../limits.ts'
import { pad } from '../../protocol/e2ee/padding.ts'
import type { MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Body, OpenedMessage } from '../messages/bodies.ts'
import { encodeBody } from '../messages/content.ts'
import type { Place } from '../messages/log-entry.ts'
import type { Draft } from '../store/ledger.ts'
import { positionKey, type MessageRow } from '../store/tables.ts'
import { GroupHoles, type GroupHoleComponents } from './holes.ts'

const account = (n: number): OpenedMessage['sender'] => testAccount(n).id

/** What group-messages.test.ts shows of it between clients is not repeated here: this is what others may try. */
describe('client: stretches of a group that no relay has any more', () => {
  const [own, ann] = [account(1), account(2)]
  const group = groupConversation(ann, new Uint8Array(32).fill(7))
  const id = testMessageId(1)
  const filled: Place[] = []
  let ranges = 0
  let failure: ProtocolError | undefined
  let kept: Array<{ key: string, value: { seq: number, content: Uint8Array } }> = []
  let row: Partial<MessageRow> | undefined
  const given: Body[] = []
  const draft = { read: async () => ({ holes: [{ after: positionKey(1, 5), through: positionKey(1, 9) }] }), child: () => draft, absorb: () => {} } as unknown as Draft
  const holes = (): GroupHoles => new GroupHoles({
    own: { account: own },
    tables: { logs: {} },
    groupTables: { contents: {} },
    states: { whenIn: async () => () => true },
    ledger: { range: async () => { ranges++; return kept } },
    history: { find: async (_draft: Draft, _chat: ChatId, _direction: string, asked: MessageId) => asked === id ? row : undefined },
    compose: async (_draft: Draft, { body }: { body: Body }) => { given.push(body) },
    fill: async (_: unknown, { epoch, seq }: Place) => { if (failure !== undefined) throw failure; filled.push({ epoch, seq }) }
  } as unknown as GroupHoleComponents)
  const say = (body: Body, other: Partial<OpenedMessage> = {}): OpenedMessage => ({ chat: ann, id, sender: ann, senderDevice: testDevice(2).id, isOwn: false, place: { epoch: 1, seq: 1 }, sentAtMs: 1, receivedAtMs: 1, body, ...other })
  const copy = (stoodAt: Place): Body => ({ kind: 'copy', group, messageId: id, content: new Uint8Array(1), stoodAt })
  const ask = (seq: number): Body => ({ kind: 'resend', group, ids: [], stretch: { after: { epoch: 1, seq: 1 }, through: { epoch: 1, seq } } })

  beforeEach(() => { filled.length = 0; ranges = 0; failure = undefined; kept = []; given.length = 0 })

  it('take a copy where this device was never given anything, and nowhere else', async () => {
    for (const seq of [4, 5, 6, 9, 10]) await holes().take(draft, say(copy({ epoch: 1, seq })))
    await holes().take(draft, say(copy({ epoch: 2, seq: 7 })))
    assert.deepEqual(filled, [{ epoch: 1, seq: 6 }, { epoch: 1, seq: 9 }])
  })

  it('take it between two people only, and what cannot stand there stops nothing', async () => {
    await holes().take(draft, say(copy({ epoch: 1, seq: 6 }), { chat: group.id }))
    await holes().take(draft, say(copy({ epoch: 1, seq: 6 }), { isOwn: true }))
    assert.deepEqual(filled, [])
    failure = new ProtocolError('NOT_A_MEMBER')
    await holes().take(draft, say(copy({ epoch: 1, seq: 6 })))
    failure = new ProtocolError('STORAGE_FULL')
    await assert.rejects(holes().take(draft, say(copy({ epoch: 1, seq: 6 }))), { code: 'STORAGE_FULL' })
  })

  it('give what was written there, and what it was changed to; nothing of what was deleted, opened once, or failed', async () => {
    const at = (seq: number, body: Body): typeof kept[number] => ({ key: `${group.id}/${seq === 6 ? id : testMessageId(seq)}`, value: { seq, content: pad(encodeBody(body)) } })
    kept = [at(6, { kind: 'text', text: 'said' }), at(7, { kind: 'edit', messageId: id, text: 'changed', mentions: [] })]
    const answers = async (of: Partial<MessageRow> | undefined): Promise<Body[]> => {
      given.length = 0
      row = of
      await holes().take(draft, say(ask(9)))
      return [...given]
    }
    const both = await answers({ epoch: 1, seq: 6, state: 'sent' })
    assert.deepEqual(both.map((body) => body.kind === 'copy' ? body.stoodAt : body), [{ epoch: 1, seq: 6 }, { epoch: 1, seq: 7 }])
    for (const gone of [undefined, { isDeleted: true }, { openedBy: own }, { state: 'failed' }] as const) assert.deepEqual(await answers(gone === undefined ? undefined : { epoch: 1, seq: 6, state: 'sent', ...gone } as Partial<MessageRow>), [], JSON.stringify(gone))
  })

  it('answer no more than anybody asks for, and not for ever', async () => {
    const one = holes()
    await one.take(draft, say(ask(2 + clientLimits.groupHoleEntries)))
    assert.equal(ranges, 0)
    for (let i = 0; i < 100; i++) await one.take(draft, say(ask(9)))
    assert.equal(ranges, clientLimits.groupHoleAnswers - 1)
  })
})
