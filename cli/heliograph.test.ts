import assert from 'node:assert/strict'
import { ProtocolError } from '../protocol/errors.ts'
import { exitCodes } from './exit-codes.ts'
import { runHeliograph } from './heliograph.ts'
import { FakeClient, accountCalled } from './testing/fake-client.ts'
import { FakeContext } from './testing/fake-context.ts'

const soon = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 30) })

describe('the heliograph command', () => {
  let client: FakeClient
  let context: FakeContext
  const run = (...args: string[]): Promise<number> => runHeliograph(args, context)

  beforeEach(async () => {
    client = new FakeClient()
    context = await FakeContext.create(client)
  })
  afterEach(async () => { await context.remove() })

  it('every command explains itself, with an example that can be typed', async () => {
    for (const command of [['account', 'create'], ['account', 'show'], ['contact', 'add'], ['contact', 'list'], ['contact', 'verify'], ['send'], ['listen'], ['history'], ['chat'], ['echo-bot'], ['relay', 'init'], ['relay', 'start'], ['bootstrap', 'init'], ['bootstrap', 'start']]) {
      context.stdout.text = ''
      assert.equal(await run(...command, '--help'), exitCodes.ok)
      assert.match(context.stdout.text, /Examples:\n {2}\$ heliograph /, command.join(' '))
    }
    assert.equal(await run('--version'), exitCodes.ok)
  })

  it('a wrong command line is answered with a hint and its own exit code', async () => {
    for (const args of [['sned'], ['send'], ['send', 'Bob', 'x', '--wait', 'forever'], ['history', 'Bob', '--limit', '0'], ['listen', '--bogus'], ['relay', 'init', '--registration', 'maybe']]) {
      context.stderr.text = ''
      assert.equal(await run(...args), exitCodes.usage, args.join(' '))
      assert.ok(context.stderr.lines.length <= 3 && !context.stderr.text.includes('    at '), context.stderr.text)
    }
  })

  it('without an account it says how to make one', async () => {
    const fresh = await FakeContext.create(client, { isNew: true })
    for (const args of [['account', 'show'], ['send', 'Bob', 'hi'], ['chat'], ['contact', 'list']]) {
      assert.equal(await runHeliograph(args, fresh), exitCodes.notFound)
      assert.match(fresh.stderr.lines.at(-1)!, /account create/)
    }
    assert.equal(await runHeliograph(['account', 'create'], fresh), exitCodes.usage)
    assert.match(fresh.stderr.lines.at(-1)!, /--bootstrap/)
    await fresh.remove()
  })

  it('a second account in the same folder is refused: it would overwrite a person', async () => {
    assert.equal(await run('account', 'create', '--handle', 'eve'), exitCodes.failed)
    assert.match(context.stderr.text, /already/)
    assert.equal(context.closed, 1)
  })

  it('a failure is a sentence for people and an object for scripts', async () => {
    assert.equal(await run('contact', 'verify', 'Nobody'), exitCodes.notFound)
    assert.match(context.stderr.text, /^There is no contact called "Nobody"/)
    assert.equal(await run('contact', 'verify', 'Nobody', '--json'), exitCodes.notFound)
    assert.equal((context.json[0] as { error: { code: string } }).error.code, 'NO_CONTACT')
  })

  it('send waits for the first tick and says so', async () => {
    const bob = client.befriend('Bob')
    const sending = run('send', 'Bob', 'hello', 'there')
    await soon()
    const [message] = await client.history(bob)
    assert.equal(message?.text, 'hello there')
    client.advance(message!.id, 'sent')
    assert.equal(await sending, exitCodes.ok)
    assert.deepEqual(context.stdout.lines, ['Sent: Bob'])
    assert.equal(context.closed, 1)
  })

  it('send reads a text from a pipe, waits for delivery, and answers in JSON', async () => {
    const bob = client.befriend('Bob')
    context.type('from a pipe\n')
    const sending = run('send', 'Bob', '--wait', 'delivered', '--json')
    await soon()
    const [message] = await client.history(bob)
    client.advance(message!.id, 'sent')
    client.advance(message!.id, 'delivered')
    assert.equal(await sending, exitCodes.ok)
    const [answer] = context.json as Array<{ text: string, state: string, direction: string }>
    assert.deepEqual([answer!.text, answer!.state, answer!.direction], ['from a pipe', 'delivered', 'out'])
  })

  it('what cannot be sent in time is kept, and the exit code says later', async () => {
    client.befriend('Bob')
    assert.equal(await run('send', 'Bob', 'hello', '--timeout', '1'), exitCodes.later)
    assert.match(context.stderr.text, /kept/)
  })

  it('what is refused for good fails with the reason', async () => {
    const bob = client.befriend('Bob')
    const sending = run('send', 'Bob', 'hello')
    await soon()
    client.advance((await client.history(bob))[0]!.id, 'failed', 'the account is gone')
    assert.equal(await sending, exitCodes.failed)
    assert.match(context.stderr.text, /the account is gone/)
  })

  it('send to somebody new looks them up once it is online', async () => {
    client.people.set('bob@ap-1', accountCalled('Bob'))
    const sending = run('send', 'bob@ap-1', 'hi', '--wait', 'none')
    await soon()
    client.setConnection({ state: 'online', relay: 'eu-1' })
    assert.equal(await sending, exitCodes.ok)
    assert.equal((await client.history(accountCalled('Bob'))).length, 1)
  })

  it('a relay that does not answer is "later", with the reason', async () => {
    client.setConnection({ state: 'waiting', error: new ProtocolError('HOME_UNREACHABLE') })
    assert.equal(await run('send', 'bob@ap-1', 'hi', '--timeout', '1'), exitCodes.later)
    assert.match(context.stderr.text, /relay cannot be reached/)
  })

  it('listen prints each message on a line and ends after --count', async () => {
    const bob = client.befriend('Bob')
    const listening = run('listen', '--count', '2', '--json', '--mark-read')
    await soon()
    for (const text of ['one', 'two', 'three']) client.receive(bob, text)
    assert.equal(await listening, exitCodes.ok)
    assert.deepEqual((context.json as Array<{ text: string }>).map(({ text }) => text), ['one', 'two'])
    assert.ok(client.readMarks.length > 0)
  })

  it('listen cannot be made to move the cursor of a terminal by what somebody writes', async () => {
    const bob = client.befriend('Bob\u001b[2J')
    const listening = run('listen', '--count', '1')
    await soon()
    client.receive(bob, '\u001b[31mred\u0007\u202e')
    await listening
    assert.match(context.stdout.text, /: \[31mred\n$/)
    assert.ok(!context.stdout.text.includes('\u001b'))
  })

  it('listen ends on Ctrl-C with 130, on SIGTERM with 0, and at once on the second signal', async () => {
    for (const [signal, code] of [['SIGINT', exitCodes.interrupted], ['SIGTERM', exitCodes.ok]] as const) {
      const listening = run('listen')
      await soon()
      context.signal(signal)
      assert.equal(await listening, code)
    }
    const listening = run('listen')
    await soon()
    context.signal('SIGINT')
    context.signal('SIGINT')
    assert.equal(context.exitedWith, exitCodes.interrupted)
    await listening
  })

  it('listen with a time limit says how many came', async () => {
    assert.equal(await run('listen', '--count', '3', '--timeout', '1'), exitCodes.later)
    assert.match(context.stderr.text, /0 of 3/)
  })

  it('history shows ticks, names and problems', async () => {
    const bob = client.befriend('Bob')
    const message = await client.send(bob, 'hello')
    client.advance(message.id, 'read')
    client.receive(bob, 'two\nlines')
    assert.equal(await run('history', 'Bob'), exitCodes.ok)
    assert.match(context.stdout.text, /you: hello {2}✓✓ read\n/)
    assert.match(context.stdout.text, /Bob: two\n {4}lines\n/)
  })

  it('contact verify shows the number and keeps the answer', async () => {
    client.befriend('Bob')
    assert.equal(await run('contact', 'verify', 'Bob'), exitCodes.ok)
    assert.match(context.stdout.text, /01234 56789 01234 56789\n/)
    assert.equal(await run('contact', 'verify', 'Bob', '--yes'), exitCodes.ok)
    context.stdout.text = ''
    assert.equal(await run('contact', 'list', '--json'), exitCodes.ok)
    assert.equal((context.json[0] as { verified: boolean }).verified, true)
    assert.equal(await run('contact', 'verify', 'Bob', '--no-longer'), exitCodes.ok)
    assert.equal((await client.contacts())[0]?.isVerified, false)
  })

  it('chat without a terminal takes lines and gives lines', async () => {
    const bob = client.befriend('Bob')
    context.type('hello\n/wat\n/verify\n')
    client.on('update', () => {})
    assert.equal(await run('chat', 'Bob'), exitCodes.ok)
    assert.equal((await client.history(bob))[0]?.text, 'hello')
    assert.match(context.stdout.text, /Writing to Bob/)
    assert.match(context.stdout.text, /There is no \/wat/)
    assert.match(context.stdout.text, /01234 56789/)
  })

  it('chat loses no line of a pipe that has ended before the chat was ready', async () => {
    const bob = client.befriend('Bob')
    const history = client.history.bind(client)
    client.history = async (...args) => { await soon(); return await history(...args) }
    context.type('one\ntwo\n')
    assert.equal(await run('chat', 'Bob'), exitCodes.ok)
    assert.deepEqual((await history(bob)).map(({ text }) => text), ['one', 'two'])
  })

  it('listen begins with what was not read yet when it is asked to, and does not repeat what it marked', async () => {
    const bob = client.befriend('Bob')
    client.receive(bob, 'before 1')
    await client.send(bob, 'an answer of ours')
    client.receive(bob, 'before 2')
    for (const expected of [['before 1', 'before 2', 'now'], ['later']]) {
      context.stdout.text = ''
      const listening = run('listen', '--unread', '--mark-read', '--json', '--count', String(expected.length))
      await soon()
      client.receive(bob, expected.at(-1)!)
      assert.equal(await listening, exitCodes.ok)
      assert.deepEqual((context.json as Array<{ text: string }>).map(({ text }) => text), expected)
    }
  })

  it('the echo bot answers what came while it was away and what comes, in order, and marks it as read', async () => {
    const bob = client.befriend('Bob')
    client.receive(bob, 'while away 1')
    client.receive(bob, 'while away 2')
    const running = run('echo-bot', '--json')
    await soon()
    client.receive(bob, 'now')
    await soon()
    context.signal('SIGTERM')
    assert.equal(await running, exitCodes.ok)
    const answers = (await client.history(bob)).filter(({ direction }) => direction === 'out').map(({ text }) => text)
    assert.deepEqual(answers, ['while away 1', 'while away 2', 'now'])
    assert.equal(client.readMarks.at(-1), bob)
    assert.equal((context.json[0] as { ready: boolean }).ready, true)
  })
})
