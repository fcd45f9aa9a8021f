import assert from 'node:assert/strict'
import { compareBytes, concat } from './bytes.ts'
import { conversationFromBytes, conversationFromId, groupConversation, mayBelong, otherMember, pairConversation, selfConversation } from './conversation.ts'
import { accountKeyOf } from './ids.ts'
import { refusedAs, testAccount } from './testing.ts'

describe('conversation of two', () => {
  const people = [1, 2, 3, 4, 5].map((index) => testAccount(index).id)
  const [alice, bob, carol] = people as [typeof people[0] & string, typeof people[0] & string, typeof people[0] & string]

  it('is the same whoever names it, and is anchored to the lower key', () => {
    for (const a of people) {
      for (const b of people) {
        if (a === b) continue
        const conversation = pairConversation(a, b)
        assert.equal(conversation.id, pairConversation(b, a).id)
        assert.ok(compareBytes(accountKeyOf(conversation.members[0]), accountKeyOf(conversation.members[1])) < 0)
        assert.equal(conversation.anchor, conversation.members[0])
        assert.deepEqual([...conversation.members].sort(), [a, b].sort())
      }
    }
  })

  it('is read back from its bytes and its id', () => {
    const conversation = pairConversation(alice, bob)
    assert.equal(conversation.bytes.byteLength, 65)
    assert.deepEqual(conversationFromBytes(conversation.bytes.slice()), conversation)
    assert.deepEqual(conversationFromId(conversation.id), conversation)
  })

  it('keeps its own bytes, not a view of a frame', () => {
    // two people that no other test has put together: what was read before is remembered
    const keys = [71, 72].map((index) => accountKeyOf(testAccount(index).id)).sort(compareBytes)
    const frame = concat(Uint8Array.of(9, 1), keys[0]!, keys[1]!, Uint8Array.of(9))
    const view = frame.subarray(1, 66)
    const conversation = conversationFromBytes(view)
    frame.fill(0)
    assert.equal(conversationFromId(conversation.id), conversation)
    assert.equal(conversation.bytes[0], 1)
    assert.notEqual(conversation.bytes.buffer, frame.buffer)
  })

  it('needs two people in order, and a known kind', () => {
    assert.throws(() => pairConversation(alice, alice), refusedAs('BAD_CONVERSATION'))
    const { bytes } = pairConversation(alice, bob)
    const [kind, low, high] = [bytes.subarray(0, 1), bytes.subarray(1, 33), bytes.subarray(33)]
    for (const wrong of [concat(kind, high, low), concat(kind, low, low), concat(Uint8Array.of(4), low, high), concat(Uint8Array.of(0), low, high), bytes.subarray(0, 64), concat(bytes, kind), new Uint8Array(0), new Uint8Array(65)]) {
      assert.throws(() => conversationFromBytes(wrong), refusedAs('BAD_CONVERSATION'))
    }
  })

  it('knows the other one, and who is neither', () => {
    const conversation = pairConversation(alice, bob)
    assert.equal(otherMember(conversation, alice), bob)
    assert.equal(otherMember(conversation, bob), alice)
    assert.throws(() => otherMember(conversation, carol), refusedAs('BAD_CONVERSATION'))
  })
})

describe('conversation of a group, and of an account with itself', () => {
  const [alice, bob] = [testAccount(1).id, testAccount(2).id]
  const nonce = new Uint8Array(32).fill(7)
  const group = groupConversation(alice, nonce)
  const self = selfConversation(alice)

  it('is read back from its bytes and its id', () => {
    for (const conversation of [group, self]) {
      assert.equal(conversation.bytes.byteLength, 65)
      assert.deepEqual(conversationFromBytes(conversation.bytes.slice()), conversation)
      assert.deepEqual(conversationFromId(conversation.id), conversation)
    }
    assert.deepEqual([group.kind, self.kind, self.members], ['group', 'self', [alice]])
  })

  it('is anchored to its founder, or to the account', () => {
    assert.deepEqual([group.anchor, groupConversation(bob, nonce).anchor, self.anchor], [alice, bob, alice])
  })

  it('is another one with another founder or other randomness', () => {
    const ids = [group, groupConversation(bob, nonce), groupConversation(alice, new Uint8Array(32).fill(8)), self, selfConversation(bob)].map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length)
  })

  it('a group may have anybody in it as far as its id says, one\'s own only oneself', () => {
    assert.ok(mayBelong(group, alice) && mayBelong(group, bob) && mayBelong(self, alice) && !mayBelong(self, bob))
    assert.ok(mayBelong(pairConversation(alice, bob), bob) && !mayBelong(pairConversation(alice, bob), testAccount(3).id))
  })

  it('has no other one', () => {
    for (const conversation of [group, self]) assert.throws(() => otherMember(conversation, alice), refusedAs('BAD_CONVERSATION'))
  })

  it('with bytes after the account is none of one\'s own, and a nonce has 32 bytes', () => {
    const wrong = self.bytes.slice()
    wrong[64] = 1
    assert.throws(() => conversationFromBytes(wrong), refusedAs('BAD_CONVERSATION'))
    assert.throws(() => groupConversation(alice, nonce.subarray(1)), refusedAs('BAD_CONVERSATION'))
  })
})
