import assert from 'node:assert/strict'
import { FakeClient, accountCalled, groupCalled } from '../testing/fake-client.ts'
import { chatCommandNames, chatHelp, chatPlace, messagePlace, parseChatLine, wordsOf } from './chat-commands.ts'
import { resolved } from './chat-run.ts'

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

  it('commands on messages take a message by # and the rest as it was typed', () => {
    assert.deepEqual(parseChatLine('/react #1f3a9c 👍'), { kind: 'run', args: ['message', 'react', chatPlace, messagePlace, '👍'], message: { kind: 'incoming', named: '1f3a9c' } })
    assert.deepEqual(parseChatLine('/edit  two  spaces'), { kind: 'run', args: ['message', 'edit', chatPlace, messagePlace, '--', 'two  spaces'], message: { kind: 'own' } })
    assert.deepEqual(parseChatLine('/reply decade after decade'), { kind: 'reply', text: 'decade after decade' })
    assert.deepEqual(parseChatLine('/delete me'), { kind: 'run', args: ['message', 'delete', chatPlace, messagePlace, '--for-me'], message: { kind: 'own' } })
    assert.deepEqual(parseChatLine('/poll "Which day?" Monday "Tuesday, perhaps"'), { kind: 'run', args: ['send', chatPlace, '--poll', 'Which day?', '--option', 'Monday', '--option', 'Tuesday, perhaps'] })
    assert.deepEqual(parseChatLine('/group rename Reading circle'), { kind: 'run', args: ['group', 'rename', chatPlace, '--', 'Reading circle'] })
    assert.deepEqual(parseChatLine('/group create "Book club" ann bob'), { kind: 'run', args: ['group', 'create', 'Book club', 'ann', 'bob'] })
    assert.deepEqual(parseChatLine('/mute off'), { kind: 'run', args: ['conversation', 'mute', chatPlace, '--off'] })
    assert.deepEqual(wordsOf('a “b c” "" d'), ['a', 'b c', '', 'd'])
  })

  it('what lacks something says what', () => {
    for (const line of ['/edit', '/reply', '/forward', '/poll', '/poll "only a question"', '/location', '/card', '/once', '/timer', '/report', '/group frob', '/devices link']) assert.equal(parseChatLine(line).kind, 'wrong', line)
  })

  it('everything that the help names is there', () => {
    for (const [what] of Object.values(chatHelp).flat()) {
      for (const [name] of what.matchAll(/(?<![/\w])\/[a-z]+/g)) assert.ok(chatCommandNames.includes(name), name)
    }
    for (const name of chatCommandNames) assert.ok(!/There is no/.test((parseChatLine(name) as { sentence?: string }).sentence ?? ''), name)
  })

  it('the open conversation and the newest fitting message are put in their places', () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    const first = client.receive(bob, 'one')
    const second = client.receive(bob, 'two')
    const react = parseChatLine('/react 👍') as Parameters<typeof resolved>[0]
    assert.deepEqual(resolved(react, { chat: bob, messages: [first, second] }), { args: ['message', 'react', bob, second.id, '👍'] })
    assert.deepEqual(resolved(react, { chat: bob, messages: [first, second], selected: first.id }), { args: ['message', 'react', bob, first.id, '👍'] })
    assert.ok('problem' in resolved(react, { chat: undefined, messages: [] }))
    assert.ok('problem' in resolved(parseChatLine('/edit x') as typeof react, { chat: bob, messages: [first] }))
    const block = parseChatLine('/block') as typeof react
    assert.deepEqual(resolved(block, { chat: bob, messages: [] }), { args: ['contact', 'block', accountCalled('Bob')] })
    assert.ok('problem' in resolved(block, { chat: groupCalled('club'), messages: [] }))
  })
})
