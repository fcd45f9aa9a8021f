import assert from 'node:assert/strict'
import type { Message } from './context.ts'
import { messageJson, messageLine, viewOf } from './describe-messages.ts'
import { FakeClient, accountCalled, groupCalled } from './testing/fake-client.ts'

const [ann, bob] = [accountCalled('Ann'), accountCalled('Bob')]
const group = groupCalled('club')
const nameOf = (account: string): string => account === ann ? 'Ann' : account === bob ? 'Bob\u001b[2J' : 'you'
const client = new FakeClient()
const message = (what: Partial<Message>): Message => client.receiveIn(group, ann, { text: 'hello', ...what })
const line = (what: Partial<Message>): string => messageLine(message(what), nameOf).replace(/^.{16} {2}\w{6} {2}/, '')

describe('a message in lines and JSON', () => {
  it('says who wrote it, what it answers, who reacted', () => {
    const reactions = [{ account: bob, emoji: '👍', atMs: 1 }, { account: ann, emoji: '❤️', atMs: 2 }]
    const replyTo = { messageId: message({}).id, author: bob, excerpt: 'a\nb\u0007' }
    assert.equal(line({ reactions, replyTo, editedAtMs: 5, forwarded: 1 }), 'Ann: ┃ Bob[2J: a b\n    hello (forwarded, edited)\n    👍 Bob[2J  ❤️ Ann')
    const json = messageJson(message({ reactions, replyTo, editedAtMs: 5 }), nameOf)
    assert.deepEqual([json.senderName, json.group, json.reactions, json.editedAt], ['Ann', group, [{ account: bob, emoji: '👍' }, { account: ann, emoji: '❤️' }], '1970-01-01T00:00:00.005Z'])
  })

  it('a poll shows its votes', () => {
    const poll = { question: 'Which?', options: ['a', 'b\u202e'], allowsSeveral: true }
    const votes = [{ account: bob, options: [1], atMs: 1 }, { account: ann, options: [0, 1], atMs: 1 }]
    assert.equal(line({ text: '', poll, votes }), 'Ann: 📊 Which? (several answers)\n    1. a  ▇ 1 (Ann)\n    2. b  ▇▇ 2 (Bob[2J, Ann)')
    assert.deepEqual((messageJson(message({ poll, votes })).poll as { options: unknown }).options, [{ text: 'a', votes: 1, voters: [ann] }, { text: 'b\u202e', votes: 2, voters: [bob, ann] }])
  })

  it('what is to be seen once is not shown before it is opened, in no form', () => {
    const once = message({ text: 'secret', viewOnce: true, poll: { question: 'secret', options: ['secret', 'x'], allowsSeveral: false } })
    assert.ok(!messageLine(once, nameOf).includes('secret'))
    assert.match(messageLine(once, nameOf), /to be seen once/)
    assert.match(messageLine({ ...once, isOpened: true, text: '' }, nameOf), /gone/)
  })

  it('what was deleted leaves its place', () => {
    assert.equal(line({ text: '', isDeleted: true, deletedBy: ann, reactions: [{ account: bob, emoji: '👍', atMs: 1 }] }), 'Ann: (deleted)')
    assert.equal(line({ text: '', isDeleted: true, deletedBy: bob }), 'Ann: (deleted by Bob[2J)')
  })

  it('nothing of a peer moves the cursor: labels, cards, options, excerpts, emoji', () => {
    const evil = 'x\u001b]0;t\u0007\u009b31m\u202ey'
    const view = viewOf(message({
      text: evil,
      location: { latitude: 1, longitude: 2, accuracyM: 0, label: evil },
      contact: { name: evil, account: bob, handle: evil },
      poll: { question: evil, options: [evil, evil], allowsSeveral: false },
      replyTo: { messageId: message({}).id, author: ann, excerpt: evil },
      reactions: [{ account: ann, emoji: evil, atMs: 1 }]
    }), () => evil)
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test([view.text, view.quote, ...view.below, ...view.marks, view.reactions].join('')))
    assert.ok(!/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/.test(messageLine(message({ text: evil, error: evil }), () => evil, { place: evil })))
  })
})
