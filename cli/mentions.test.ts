import assert from 'node:assert/strict'
import { completions, mentionsIn, namesFor, textWithMentions } from './mentions.ts'
import { accountCalled } from './testing/fake-client.ts'

const [ann, anna, bob] = [accountCalled('Ann'), accountCalled('Marie'), accountCalled('Bob')]
const people = [...namesFor(ann, 'Ann'), ...namesFor(anna, '~Anna Maria', 'anna@eu-1'), ...namesFor(bob, 'Bob')]

describe('mentions', () => {
  it('are found where an @ begins a word, the longest name first, in any case', () => {
    assert.deepEqual(mentionsIn('@ann and @Anna Maria, (@bob) mail@bob', people), [
      { account: ann, start: 0, length: 4 }, { account: anna, start: 9, length: 11 }, { account: bob, start: 23, length: 4 }
    ])
    assert.deepEqual(mentionsIn('@Annabel @anna', people), [{ account: anna, start: 9, length: 5 }])
    assert.deepEqual(mentionsIn('@@ @', people), [])
  })

  it('places count UTF-16 units', () => { assert.deepEqual(mentionsIn('👋 @Bob', people), [{ account: bob, start: 3, length: 4 }]) })

  it('who is to be mentioned and is not written is put before the text, once', () => {
    assert.equal(textWithMentions('hello', people), '@Ann @Anna Maria @Bob hello')
    assert.equal(textWithMentions('hello @anna and @ann', people), '@Bob hello @anna and @ann')
  })

  it('a message mentions at most as many as it may', () => { assert.equal(mentionsIn('@Bob '.repeat(200), people).length, 64) })

  it('the beginning of a name is completed', () => {
    assert.deepEqual(completions('hello @an', people), { typed: 'an', names: ['Ann', 'Anna Maria', 'anna', 'anna@eu-1'] })
    assert.deepEqual(completions('hello an', people).names, [])
    assert.deepEqual(completions('mail@an', people).names, [])
  })
})
