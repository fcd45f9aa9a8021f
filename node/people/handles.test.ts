import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { TestPerson } from '../testing/fixtures.ts'
import { Handles, checkLocalPart, parseHandle } from './handles.ts'
import { MemoryStore } from '../store/store-memory.ts'

const isCode = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)

describe('handles', () => {
  it('are read without regard to case', () => {
    assert.deepEqual(parseHandle('Alice.B-2_x@EU-1.Example.Org'), { local: 'alice.b-2_x', relayName: 'eu-1.example.org' })
    assert.equal(checkLocalPart('BOB'), 'bob')
  })

  const wrong = ['alice', '@eu-1.example.org', 'al@eu-1.example.org', 'alice@', 'alice@-eu', 'alice@eu 1', '1alice@eu-1.example.org', 'ali ce@eu-1.example.org',
    'älice@eu-1.example.org', `a${'b'.repeat(limits.handleMaxChars)}@eu-1.example.org`, `alice@${'x'.repeat(300)}`, 'alice@@eu-1.example.org', 'alice\u0000@eu-1.example.org', '']
  for (const text of wrong) {
    it(`are not ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => parseHandle(text), isCode('BAD_HANDLE'))
    })
  }

  it('belong to one account; changing frees the old one', async () => {
    const random = new SeededRandom(3)
    const [alice, bob] = [new TestPerson(random).account, new TestPerson(random).account]
    const store = new MemoryStore()
    const handles = new Handles({ store })
    const claim = async (account: typeof alice, wanted: string, current: string): Promise<void> => {
      await store.write(await handles.claim(account, { wanted, current }), { durable: true })
    }
    await claim(alice, 'alice', '')
    await claim(alice, 'alice', 'alice')
    await assert.rejects(claim(bob, 'alice', ''), isCode('HANDLE_TAKEN'))
    await claim(alice, 'alicia', 'alice')
    assert.equal(await handles.ownerOf('alice'), undefined)
    await claim(bob, 'alice', '')
    assert.deepEqual([await handles.ownerOf('alice'), await handles.ownerOf('alicia')], [bob, alice])
    await assert.rejects(claim(bob, 'support', 'alice'), isCode('HANDLE_TAKEN'))
  })
})
