import assert from 'node:assert/strict'
import { pairConversation, groupConversation } from '../../protocol/conversation.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { accountIdOfKey, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { MessageRow } from '../store/tables.ts'
import type { PinRow } from './chat-tables.ts'
import { deletedForEveryone } from './deletions.ts'
import { edited } from './edits.ts'
import { forwardedOf, quoteOf, textBodyOf } from './outgoing.ts'
import { isLater, momentAfter, pinned, pinsOf } from './pins.ts'
import { isOneEmoji, reacted } from './reactions.ts'
import { openedOnce } from './view-once.ts'
import { resultsOf, voted } from './votes.ts'

const random = new SeededRandom(11)
const [alice, bob, carol] = [0, 1, 2].map(() => accountIdOfKey(random.bytes(32))) as [AccountId, AccountId, AccountId]
const group = groupConversation(alice, random.bytes(32))
const id = (n: number): MessageId => `0190000000007000800000000000${n.toString(16).padStart(4, '0')}` as MessageId
const sentAtMs = 1_800_000_000_000

/** As alice has what bob wrote to her. */
const row = (change: Partial<MessageRow> = {}): MessageRow => ({
  id: id(1), conversation: pairConversation(alice, bob).id, chat: bob, sender: bob, direction: 'in', text: 'hello', sentAtMs, state: 'delivered', epoch: 1, seq: 1, at: 'x', ...change
})

describe('reactions', () => {
  it('are one picture: with skin, flags, keycaps, joined ones; no words and no two', () => {
    for (const emoji of ['👍', '👍🏽', '🇩🇪', '1️⃣', '❤️', '👩‍🚀']) assert.ok(isOneEmoji(emoji), emoji)
    for (const text of ['ok', '👍👍', '', '1', '👍 ', 'a\u0300']) assert.ok(!isOneEmoji(text), text)
  })

  it('one for each person: the newest counts, in whatever order they come', () => {
    const acts = [{ emoji: '👍', atMs: 1 }, { emoji: '😀', atMs: 2 }, { emoji: '', atMs: 3 }, { emoji: '🎉', atMs: 4 }].map((one) => ({ account: alice, ...one }))
    for (const order of [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1]]) {
      const after = order.reduce((before, at) => reacted(before, acts[at]!) ?? before, row())
      assert.deepEqual(after.reactions, [acts[3]])
    }
    const both = reacted(reacted(row(), acts[0]!)!, { account: bob, emoji: '😀', atMs: 1 })!
    assert.equal(both.reactions?.length, 2)
  })

  it('that was taken back does not come back with a late repeat', () => {
    const taken = reacted(reacted(row(), { account: alice, emoji: '👍', atMs: 1 })!, { account: alice, emoji: '', atMs: 2 })!
    assert.equal(reacted(taken, { account: alice, emoji: '👍', atMs: 1 }), undefined)
    assert.equal(reacted(reacted(row(), { account: alice, emoji: '', atMs: 2 })!, { account: alice, emoji: '👍', atMs: 1 }), undefined)
  })

  it('words are refused; nothing hangs on what was deleted', () => {
    assert.throws(() => reacted(row(), { account: alice, emoji: 'nice', atMs: 1 }), { code: 'MALFORMED' })
    assert.equal(reacted(row({ isDeleted: true }), { account: alice, emoji: '👍', atMs: 1 }), undefined)
  })
})

describe('edits', () => {
  const edit = { by: bob, atMs: sentAtMs + 1, text: 'hello!', mentions: [] }
  it('by the author, within 15 minutes, and only the newest wording is kept', () => {
    const after = edited(row(), edit)!
    assert.deepEqual([after.text, after.editedAtMs], ['hello!', sentAtMs + 1])
    assert.equal(edited(after, { ...edit, text: 'older', atMs: sentAtMs }), undefined)
    assert.equal(edited(row(), { ...edit, atMs: sentAtMs + limits.editWindowMs })!.text, 'hello!')
  })

  it('of others, late, of a forward, of a location or of something seen once are refused', () => {
    assert.throws(() => edited(row(), { ...edit, by: alice }), { code: 'NOT_ADMITTED' })
    assert.throws(() => edited(row(), { ...edit, atMs: sentAtMs + limits.editWindowMs + 1 }), { code: 'EXPIRED' })
    for (const change of [{ forwarded: 1 }, { text: '' }, { viewOnce: true }]) assert.throws(() => edited(row(change), edit), { code: 'NOT_ADMITTED' })
    assert.equal(edited(row({ isDeleted: true }), edit), undefined)
  })
})

describe('deletions for everyone', () => {
  it('leave a tombstone with nothing of the message', () => {
    const full = row({ reactions: [{ account: alice, emoji: '👍', atMs: 1 }], replyTo: { messageId: id(0), author: alice, excerpt: 'secret' }, isStarred: true, poll: { question: 'q', options: ['a', 'b'], allowsSeveral: false } })
    const after = deletedForEveryone(full, { by: bob, isAdmin: false })!
    assert.deepEqual({ ...after }, { ...row(), text: '', isDeleted: true, deletedBy: bob })
    assert.equal(deletedForEveryone(after, { by: bob, isAdmin: false }), undefined)
  })

  it('are the author\'s, in a group also an admin\'s; never the other person\'s of a pair', () => {
    assert.throws(() => deletedForEveryone(row(), { by: alice, isAdmin: false }), { code: 'NOT_ADMITTED' })
    assert.throws(() => deletedForEveryone(row(), { by: alice, isAdmin: true }), { code: 'NOT_ADMITTED' })
    const inGroup = row({ chat: group.id, conversation: group.id })
    assert.throws(() => deletedForEveryone(inGroup, { by: alice, isAdmin: false }), { code: 'NOT_ALLOWED' })
    assert.equal(deletedForEveryone(inGroup, { by: alice, isAdmin: true })!.deletedBy, alice)
  })
})

describe('votes', () => {
  const poll = row({ text: '', poll: { question: 'when?', options: ['now', 'later', 'never'], allowsSeveral: false } })
  it('one for each person, of as many options as the poll allows', () => {
    const after = voted(voted(poll, { account: alice, options: [0], atMs: 1 })!, { account: carol, options: [0], atMs: 1 })!
    const moved = voted(after, { account: alice, options: [2], atMs: 2 })!
    assert.deepEqual(resultsOf(moved).map(({ voters }) => voters), [[carol], [], [alice]])
    assert.deepEqual(resultsOf(voted(moved, { account: alice, options: [], atMs: 3 })!).map(({ voters }) => voters), [[carol], [], []])
    assert.equal(voted(moved, { account: alice, options: [1], atMs: 1 }), undefined)
    assert.throws(() => voted(poll, { account: alice, options: [0, 1], atMs: 1 }), { code: 'TOO_MANY' })
    assert.equal(voted({ ...poll, poll: { ...poll.poll!, allowsSeveral: true } }, { account: alice, options: [0, 1], atMs: 1 })!.votes?.length, 1)
  })

  it('on what is no poll, or for what it does not offer, are refused', () => {
    assert.throws(() => voted(row(), { account: alice, options: [0], atMs: 1 }), { code: 'MALFORMED' })
    assert.throws(() => voted(poll, { account: alice, options: [3], atMs: 1 }), { code: 'MALFORMED' })
    assert.deepEqual(resultsOf(row()), [])
  })
})

describe('view once', () => {
  it('what was looked at is emptied, here and at its author\'s; what others do with others\' is nothing', () => {
    const once = row({ viewOnce: true, location: { latitude: 1, longitude: 2, accuracyM: 3, label: 'here' } })
    const opened = openedOnce(once, { by: alice, isOwn: true })!
    assert.deepEqual([opened.text, opened.location, opened.isOpened], ['', undefined, true])
    assert.equal(openedOnce(opened, { by: alice, isOwn: true }), undefined)
    assert.equal(openedOnce(once, { by: carol, isOwn: false }), undefined)
    assert.equal(openedOnce(row(), { by: alice, isOwn: true }), undefined)
    const sent = openedOnce(row({ viewOnce: true, direction: 'out', sender: alice }), { by: bob, isOwn: false })!
    assert.deepEqual([sent.text, sent.openedBy], ['', [bob]])
  })
})

describe('pins', () => {
  const pin = (n: number, atMs: number, isPinned = true, by = alice): PinRow => ({ id: id(n), by, atMs, isPinned })
  const fold = (rows: readonly PinRow[]): readonly PinRow[] => rows.reduce<readonly PinRow[]>((pins, one) => pinned(pins, one) ?? pins, [])

  it('are the newest three, newest first', () => {
    assert.deepEqual(pinsOf(fold([pin(1, 1), pin(2, 2), pin(3, 3), pin(4, 4)])), [id(4), id(3), id(2)])
    assert.deepEqual(pinsOf(fold([pin(1, 1), pin(2, 2), pin(2, 3, false)])), [id(1)])
  })

  it('everybody ends with the same, in whatever order the words come', () => {
    const words = [pin(1, 5), pin(1, 6, false, bob), pin(2, 6), pin(2, 6, false, bob), pin(3, 7), pin(1, 6, true, carol)]
    const expected = pinsOf(fold(words)).join()
    for (let i = 0; i < 200; i++) {
      const order = [...words]
      for (let at = order.length - 1; at > 0; at--) { const other = random.below(at + 1); [order[at], order[other]] = [order[other]!, order[at]!] }
      assert.equal(pinsOf(fold(order)).join(), expected, `seed ${random.seed}, round ${i}`)
    }
  })

  it('never grow without a bound, and keep what is pinned', () => {
    const many = fold([pin(1, 1), ...Array.from({ length: 100 }, (_, n) => pin(n + 2, n + 2, false))])
    assert.equal(many.length, 32)
    assert.deepEqual(pinsOf(many), [id(1)])
  })

  it('what is said here counts before everything, also by a clock that runs ahead', () => {
    assert.ok(isLater({ by: alice, atMs: momentAfter(5, { by: bob, atMs: 1_000 }) }, { by: bob, atMs: 1_000 }))
    assert.equal(momentAfter(5, undefined), 5)
  })
})

describe('what is sent', () => {
  it('a quote has the beginning of the original, and never half a character', () => {
    const quote = quoteOf(row({ text: 'a' + '👋'.repeat(150) }))
    assert.equal(quote.excerpt.length, 199)
    assert.ok(quote.excerpt.isWellFormed())
    assert.equal(quoteOf(row({ text: '', poll: { question: 'when?', options: ['a', 'b'], allowsSeveral: false } })).excerpt, 'when?')
    for (const change of [{ isDeleted: true }, { viewOnce: true }]) assert.throws(() => quoteOf(row(change)), { code: 'NOT_ADMITTED' })
  })

  it('a forward counts, and leaves quotes, mentions and votes behind', () => {
    const { outgoing, forwarded } = forwardedOf(row({ forwarded: 2, mentions: [{ account: bob, start: 0, length: 2 }], replyTo: { messageId: id(0), author: alice, excerpt: 'x' } }))
    assert.deepEqual([outgoing, forwarded], [{ text: 'hello' }, 3])
    for (const change of [{ isDeleted: true }, { viewOnce: true }, { state: 'failed' as const }]) assert.throws(() => forwardedOf(row(change)), { code: 'NOT_ADMITTED' })
  })

  it('what no receiver would take does not leave', () => {
    const of = { quote: undefined, timerS: 0 }
    assert.throws(() => textBodyOf({ text: '' }, of), { code: 'MALFORMED' })
    assert.throws(() => textBodyOf({ text: 'ü'.repeat(limits.textBytes / 2 + 1) }, of), { code: 'TOO_LARGE' })
    assert.throws(() => textBodyOf({ text: 'hi', mentions: [{ account: bob, start: 0, length: 3 }] }, of), { code: 'MALFORMED' })
    assert.throws(() => textBodyOf({ poll: { question: 'q', options: ['a'], allowsSeveral: false } }, of), { code: 'MALFORMED' })
    assert.deepEqual(textBodyOf({ text: 'hi' }, { quote: undefined, timerS: 5 }), { kind: 'text', text: 'hi', expiresAfterS: 5 })
  })
})
