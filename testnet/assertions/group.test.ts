import assert from 'node:assert/strict'
import type { HistoryEntry } from './evidence.ts'
import { groupDelivery, groupOrder, groupViews, type GroupEvidence } from './group.ts'
import { order } from './order.ts'

/** Ann, Bob and Cleo; Cleo joins after the first message of each. */
function good (): { sent: Array<{ from: string, text: string, to: string[] }>, announced: Record<string, Array<{ id: string, from: string, text: string }>>, histories: Record<string, HistoryEntry[]>, views: Record<string, { head: string, members: string[] }> } {
  const early = ['ann', 'bob']
  const all = ['ann', 'bob', 'cleo']
  const sent = [{ from: 'ann', text: 'ann 1', to: early }, { from: 'bob', text: 'bob 1', to: early }, { from: 'ann', text: 'ann 2', to: all }, { from: 'cleo', text: 'cleo 1', to: all }]
  const entries = sent.map(({ from, text }, index): HistoryEntry => ({ id: `id ${text}`, seq: index + 2, text, author: from }))
  const of = (person: string): HistoryEntry[] => entries.filter((_, index) => sent[index]!.to.includes(person)).map((entry) => ({ ...entry }))
  return {
    sent,
    histories: { ann: of('ann'), bob: of('bob'), cleo: of('cleo') },
    announced: Object.fromEntries(all.map((person) => [person, of(person).filter(({ author }) => author !== person).map(({ id, author, text }) => ({ id, from: author, text }))])),
    views: Object.fromEntries(all.map((person) => [person, { head: 'c0ffee', members: [...all] }]))
  }
}

const violations = (evidence: GroupEvidence): string => [...groupDelivery(evidence), ...groupOrder(evidence), ...groupViews(evidence)].join('\n')

describe('assertions about groups', () => {
  it('find nothing wrong where nothing is', () => { assert.equal(violations(good()), '') })

  it('notice what is missing, doubled, not for the person, or invented', () => {
    const missing = good()
    missing.histories.bob!.shift()
    assert.match(violations(missing), /"ann 1" of ann is 0 times in the history of bob/)
    const doubled = good()
    doubled.announced.bob!.push(doubled.announced.bob![0]!)
    assert.match(violations(doubled), /bob was told "ann 1" of ann 2 times/)
    const leaked = good()
    leaked.histories.cleo!.unshift(leaked.histories.ann![0]!)
    assert.match(violations(leaked), /cleo has "ann 1" of ann, which was not for them/)
    const invented = good()
    invented.histories.bob!.push({ id: 'x', seq: 9, text: 'nobody wrote this', author: 'ann' })
    assert.match(violations(invented), /which nobody sent/)
  })

  it('notice another place, another order, no place', () => {
    const moved = good()
    moved.histories.bob![3] = { ...moved.histories.bob![3]!, seq: 8 }
    assert.match(violations(moved), /"cleo 1" is number 5 at ann and 8 at bob/)
    const swapped = good()
    swapped.histories.ann!.reverse()
    assert.match(violations(swapped), /ann has number 4 after 5/)
    const late = good()
    late.sent.reverse()
    assert.match(violations(late), /of ann came too late/)
    const nowhere = good()
    nowhere.histories.ann![0] = { ...nowhere.histories.ann![0]!, seq: undefined }
    assert.match(violations(nowhere), /has no place in the log/)
  })

  it('count each message that came after a later one of its author, as between two people', () => {
    const sent = [1, 2, 3, 4].map((n) => ({ from: 'ann', text: `ann ${n}`, to: ['ann'] }))
    const ann = [3, 1, 2, 4].map((n, index): HistoryEntry => ({ id: `id ${n}`, seq: index + 1, text: `ann ${n}`, author: 'ann' }))
    const found = groupOrder({ sent, announced: {}, histories: { ann }, views: {} })
    assert.equal(found.length, 2, found.join('\n'))
    const texts = sent.map(({ from, text }) => ({ from, to: 'bob', text }))
    assert.equal(order({ sent: texts, announced: {}, histories: { ann: { bob: ann } } }).length, 2)
  })

  it('notice heads and memberships that differ', () => {
    const forked = good()
    forked.views.bob!.head = 'decaff'
    assert.match(violations(forked), /different heads/)
    const ghost = good()
    ghost.views.cleo!.members.push('mallory')
    assert.match(violations(ghost), /cleo sees ann, bob, cleo, mallory/)
    assert.match(violations({ ...good(), views: {} }), /nobody is in the group/)
  })
})
