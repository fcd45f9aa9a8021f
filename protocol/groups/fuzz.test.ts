/**
 * Every message that groups, and what is said in them, brought to the wire: broken bytes give a ProtocolError or a value, never
 * another error, and repeated fields keep their limits.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { fuzz, refusedAs } from '../testing.ts'
import { decode, encode, type WireType } from '../wire/codec.ts'
import { Content, Sync, Text, Vote, Welcome } from '../wire/gen/content.js'
import { Control, GroupReceipts, GroupRef, GroupSnapshot, Refused } from '../wire/gen/group.js'
import { testGroup } from './testing.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length)
const conversation = testGroup(1).bytes
const messageId = bytes(16)
const account = bytes(34)

const bodies: Array<Partial<Content>> = [
  { text: { body: 'hello ☀', standsFor: bytes(32), replyTo: { messageId, author: account, excerpt: 'before' }, mentions: [{ account, start: 1, length: 4 }], forwarded: 2, expiresAfterS: 5, viewOnce: true, location: { latitudeE7: -1, longitudeE7: 2, accuracyM: 3, label: 'here' }, contact: { name: 'Bob', account, handle: 'bob@example.org' }, poll: { question: '?', options: ['a', 'b'], allowsSeveral: true } } },
  { receipt: { stage: 1, messageIds: bytes(64) } }, { reaction: { messageId, emoji: '👍' } }, { edit: { messageId, body: 'better', mentions: [] } }, { deletion: { messageId } },
  { vote: { poll: messageId, options: [0, 1] } }, { timer: { expiresAfterS: 60 } }, { pin: { messageId, isPinned: true } },
  { groupKeys: { group: conversation, distribution: bytes(110), receiptKey: bytes(32), profileKeyId: bytes(8), profileKey: bytes(32), forDevice: bytes(32) } },
  { resend: { group: conversation, messageIds: bytes(32) } }, { copy: { group: conversation, messageId, content: bytes(200) } },
  { welcome: { snapshot: bytes(300), profileKeyId: bytes(8), profileKey: bytes(32), shared: [bytes(40), bytes(41)] } },
  { profile: { name: 'Alice', about: 'walks', picture: bytes(90), version: 7 } }, { sync: { facts: [{ key: 'read/02', value: '[1,2]', madeAtMs: 5 }] } }, { typing: { state: 1 } }, { viewedOnce: { messageId } }
]
const settings = { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 }
const link = { id: bytes(16), publicKey: bytes(32), expiresAtMs: 5, maxUses: 6 }
const control = { version: 1, conversation, actor: account, device: bytes(32), deviceList: bytes(60), previous: bytes(32), madeAtMs: 9 }
const profile = { keyId: bytes(8), sealed: bytes(90) }
const receipt = { conversation, to: account, from: account, device: bytes(32), counter: 5, sealed: bytes(60) }

const good = <T>(name: string, type: WireType<T>, values: Array<Partial<T>>): { name: string, read: (input: Uint8Array) => unknown, good: Uint8Array[] } =>
  ({ name, read: (input) => decode(type, input), good: values.map((value) => encode(type, value)) })

const messages = [
  good('Content', Content, bodies.map((body) => ({ version: 1, conversation, messageId, senderDevice: bytes(32), sentAtMs: 1, previous: bytes(44), ownListEpoch: 1, ownListHash: bytes(32), theirListEpoch: 1, theirListHash: bytes(32), groupSeq: 3, groupHash: bytes(32), ...body }))),
  good('Control', Control, [{ create: { members: [account, account], settings, profile } }, { add: { accounts: [account] } }, { setRole: { account, role: 2 } }, { settings }, { link }, { revoke: { link: link.id } }, { join: { link: link.id, proof: bytes(64) } }, { leave: {} }, { profile }].map((act) => ({ ...control, ...act }))),
  good('GroupSnapshot', GroupSnapshot, [{ conversation, epoch: 1, seq: 5, head: bytes(32), settings, members: [{ account, role: 3, sinceSeq: 1, listEpoch: 1 }], links: [{ link, uses: 1, madeBy: account }], profile }]),
  good('GroupReceipts', GroupReceipts, [{ receipts: [receipt, receipt] }]),
  good('GroupRef', GroupRef, [{ conversation }]),
  good('Refused', Refused, [{ conversation, messageId, status: 71 }])
]

describe('messages of groups, broken', () => {
  for (const { name, read, good: values } of messages) {
    it(`${name}: a ProtocolError or a value (seed 101)`, () => {
      for (const value of values) read(value)
      const { refused, taken } = fuzz(read, { good: values, random: new SeededRandom(101), rounds: 3_000 })
      assert.ok(refused > 300 && taken > 100, `${refused} refused, ${taken} taken`)
    })
  }

  it('longer lists than allowed are refused', () => {
    const over: Uint8Array[] = [
      encode(Text, { mentions: Array.from({ length: 65 }, () => ({ account, start: 0, length: 1 })) }), encode(Welcome, { shared: Array.from({ length: 101 }, () => bytes(1)) }),
      encode(Sync, { facts: Array.from({ length: 513 }, () => ({ key: 'k', value: '', madeAtMs: 0 })) }), encode(Vote, { options: Array.from({ length: 13 }, (_, i) => i) }),
      encode(GroupReceipts, { receipts: Array.from({ length: 2_049 }, () => receipt) }), encode(Control, { ...control, add: { accounts: Array.from({ length: 1_024 }, () => account) } }), encode(GroupSnapshot, { links: Array.from({ length: 33 }, () => ({ link, uses: 0, madeBy: account })) })
    ]
    for (const [at, type] of [Text, Welcome, Sync, Vote, GroupReceipts, Control, GroupSnapshot].entries()) assert.throws(() => decode(type as WireType<unknown>, over[at]!), refusedAs('MALFORMED'), `${at}`)
  })
})
