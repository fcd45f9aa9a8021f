import assert from 'node:assert/strict'
import { parseChatLine } from './chat-commands.ts'

describe('what is typed in the chat', () => {
  it('is a message unless it starts with a slash', () => {
    assert.deepEqual(parseChatLine('hello /there'), { kind: 'say', text: 'hello /there' })
    assert.deepEqual(parseChatLine('//shrug'), { kind: 'say', text: '/shrug' })
    assert.deepEqual(parseChatLine('   '), { kind: 'nothing' })
    assert.deepEqual(parseChatLine('  two  spaces kept '), { kind: 'say', text: '  two  spaces kept ' })
  })

  it('understands the commands', () => {
    assert.deepEqual(parseChatLine('/add bob@ap-1 Bob the Builder'), { kind: 'add', who: 'bob@ap-1', name: 'Bob the Builder' })
    assert.deepEqual(parseChatLine('/add bob@ap-1'), { kind: 'add', who: 'bob@ap-1' })
    assert.deepEqual(parseChatLine('/chat Bob the'), { kind: 'chat', who: 'Bob the' })
    assert.deepEqual(parseChatLine('/verify yes'), { kind: 'verify', answer: 'yes' })
    assert.deepEqual(parseChatLine('/verify'), { kind: 'verify' })
    assert.deepEqual(parseChatLine('/q'), { kind: 'quit' })
    assert.deepEqual(parseChatLine('/help'), { kind: 'help' })
  })

  it('a slip is not sent to anybody: it gets a sentence', () => {
    for (const line of ['/hlep', '/add', '/chat', '/verify maybe', '/', '/constructor', '/toString']) assert.equal(parseChatLine(line).kind, 'wrong', line)
  })
})
