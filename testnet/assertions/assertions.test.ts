import assert from 'node:assert/strict'
import { convergence } from './convergence.ts'
import { durable } from './durable.ts'
import { summarize, type Evidence, type HistoryEntry } from './evidence.ts'
import { noDuplicate } from './no-duplicate.ts'
import { noLoss } from './no-loss.ts'
import { noPlaintext } from './no-plaintext.ts'
import { order } from './order.ts'

type Changing<T> = { -readonly [K in keyof T]: T[K] extends ReadonlyArray<infer Item> ? Item[] : T[K] extends Readonly<Record<string, infer Value>> ? Record<string, Value extends ReadonlyArray<infer Item> ? Item[] : Value> : T[K] }

/** Ann and Bob, three messages each way, everything right; each test breaks one thing. */
function good (): Changing<Evidence> & { histories: Record<string, Record<string, HistoryEntry[]>> } {
  const sent = [1, 2, 3].flatMap((n) => [{ from: 'ann', to: 'bob', text: `ann ${n}` }, { from: 'bob', to: 'ann', text: `bob ${n}` }])
  const history = (): HistoryEntry[] => sent.map(({ from, text }, index) => ({ id: `id ${text}`, seq: index + 1, text, author: from }))
  const announced = (person: string): Array<{ id: string, from: string, text: string }> => sent.filter(({ to }) => to === person).map(({ from, text }) => ({ id: `id ${text}`, from, text }))
  return { sent, announced: { ann: announced('ann'), bob: announced('bob') }, histories: { ann: { bob: history() }, bob: { ann: history() } } }
}

describe('assertions of the scenarios', () => {
  it('find nothing wrong where nothing is', () => {
    for (const assertion of [noLoss, noDuplicate, order, convergence]) assert.deepEqual(assertion(good()), [], assertion.name)
  })

  it('no-loss notices a message that was not announced, not kept by the receiver, not kept by the sender', () => {
    const unannounced = good()
    unannounced.announced.bob!.splice(1, 1)
    assert.match(noLoss(unannounced).join(), /"ann 2" of ann never reached bob/)
    const unkept = good()
    unkept.histories.bob!.ann!.splice(0, 1)
    assert.match(noLoss(unkept).join(), /not in the history of bob/)
    const forgotten = good()
    forgotten.histories.ann!.bob!.splice(0, 1)
    assert.match(noLoss(forgotten).join(), /not in the history of ann, who sent it/)
    assert.equal(noLoss({ ...good(), announced: {}, histories: {} }).length, 18)
  })

  it('no-duplicate notices a message that was announced twice or kept twice, under the same id or another', () => {
    const twice = good()
    twice.announced.bob!.push(twice.announced.bob![0]!)
    assert.match(noDuplicate(twice).join(), /"ann 1" is twice among what bob was told/)
    const otherId = good()
    otherId.announced.bob!.push({ ...otherId.announced.bob![0]!, id: 'another' })
    assert.equal(noDuplicate(otherId).length, 1)
    const kept = good()
    kept.histories.ann!.bob!.push(kept.histories.ann!.bob![0]!)
    assert.match(noDuplicate(kept).join(), /history of ann with bob/)
  })

  it('order notices two messages of one author that changed places, announced or kept', () => {
    const told = good()
    const list = told.announced.bob!;
    [list[0], list[1]] = [list[1]!, list[0]!]
    assert.match(order(told).join(), /"ann 1" came after "ann 2"/)
    const kept = good()
    kept.histories.bob!.ann!.reverse()
    assert.ok(order(kept).length > 0)
    const invented = good()
    invented.announced.bob!.push({ id: 'x', from: 'ann', text: 'nobody wrote this' })
    assert.match(order(invented).join(), /was never sent/)
  })

  it('order does not mind how the messages of two authors interleave', () => {
    const evidence = good()
    evidence.histories.bob!.ann!.sort((a, b) => a.author < b.author ? -1 : 1)
    assert.deepEqual(order(evidence), [])
  })

  it('convergence notices histories that differ in length, order, place or text', () => {
    const shorter = good()
    shorter.histories.bob!.ann!.pop()
    assert.match(convergence(shorter).join(), /have 6 and 5 messages/)
    const swapped = good()
    const list = swapped.histories.bob!.ann!;
    [list[0], list[1]] = [{ ...list[1]!, seq: 1 }, { ...list[0]!, seq: 2 }]
    assert.match(convergence(swapped).join(), /differ at message 1/)
    const moved = good()
    moved.histories.bob!.ann![5] = { ...moved.histories.bob!.ann![5]!, seq: 9 }
    assert.match(convergence(moved).join(), /differ at message 6/)
    const nowhere = good()
    nowhere.histories.ann!.bob![5] = { ...nowhere.histories.ann!.bob![5]!, seq: undefined }
    assert.match(convergence(nowhere).join(), /has no place in the log/)
    const jumbled = good()
    for (const person of ['ann', 'bob']) Object.values(jumbled.histories[person]!)[0]!.reverse()
    assert.match(convergence(jumbled).join(), /number 5 after 6/)
  })

  it('no-plaintext finds a word in each form, wherever it stands', () => {
    const word = 'canary-7f3a91c2 sings'
    const around = (bytes: Buffer, shift: number): Buffer => Buffer.concat([Buffer.alloc(5 + shift, 0xa7), bytes, Buffer.alloc(9, 0x3c)])
    const forms: Array<[string, Buffer]> = [['UTF-8', Buffer.from(word)], ['UTF-16', Buffer.from(word, 'utf16le')], ['hexadecimal', Buffer.from(Buffer.from(word).toString('hex'))]]
    for (const [form, bytes] of forms) assert.match(noPlaintext([word], [{ name: 'the log', bytes: around(bytes, 0) }]).join(), new RegExp(`the log.*${form}`))
    for (let shift = 0; shift < 3; shift++) {
      for (const coding of ['base64', 'base64url'] as const) {
        const bytes = Buffer.from(around(Buffer.from(word), shift).toString(coding))
        assert.ok(noPlaintext([word], [{ name: 'x', bytes }]).length > 0, `${coding} ${shift}`)
      }
    }
    assert.deepEqual(noPlaintext([word], [{ name: 'x', bytes: Buffer.alloc(1000, 'canary') }]), [])
    assert.throws(() => noPlaintext(['short'], []), RangeError)
  })

  it('durable notices what was acknowledged and is not there, and a number that was given and is free again', () => {
    const acknowledged = [{ id: 'm1', text: 'one', log: 'l', seq: 1 }, { id: 'm2', text: 'two', log: 'l', seq: 2 }, { id: 'm3', text: 'three', log: 'elsewhere' }]
    const found = (kept: string[], head: number): readonly string[] => durable({ relay: 'eu-1', acknowledged, kept: new Set(kept), heads: new Map([['l', head]]) })
    assert.deepEqual(found(['m1', 'm2', 'm3'], 2), [])
    assert.match(found(['m1', 'm2'], 2).join(), /"three" was acknowledged by eu-1, which does not have it/)
    assert.match(found(['m1', 'm2', 'm3'], 1).join(), /"two" was number 2 at eu-1, whose log ends at 1/)
  })

  it('a long list of violations is cut, with its length', () => {
    assert.equal(summarize(['a', 'b', 'c', 'd', 'e']), 'a; b; c; and 2 more')
  })
})
