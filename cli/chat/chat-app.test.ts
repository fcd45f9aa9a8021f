import assert from 'node:assert/strict'
import { render, type Instance } from 'ink'
import { ProtocolError } from '../../protocol/errors.ts'
import { FakeClient, accountCalled } from '../testing/fake-client.ts'
import { FakeContext } from '../testing/fake-context.ts'
import { fakeRunner } from '../testing/run-in-chat.ts'
import { TerminalInput, TerminalOutput } from '../testing/terminal.ts'
import { ChatApp } from './chat-app.ts'
import { ChatController } from './chat-controller.ts'
import { runChatScreen } from './chat-screen-run.ts'
import { h } from './components/h.ts'
import { cellWidth } from './text-layout.ts'

const noon = new Date(2026, 10, 22, 12, 0).getTime()
const keys = { enter: '\r', up: '\u001b[A', left: '\u001b[D', pageUp: '\u001b[5~', pageDown: '\u001b[6~', escape: '\u001b', tab: '\t', backspace: '\u007f', controlC: '\u0003', altEnter: '\u001b\r' }

describe('the chat on a terminal', () => {
  let output: TerminalOutput
  let input: TerminalInput
  let screen: Instance
  let controller: ChatController
  let client: FakeClient

  async function show (size = { columns: 80, rows: 24 }): Promise<void> {
    output = new TerminalOutput(size)
    input = new TerminalInput()
    controller = new ChatController(client, {
      nowMs: () => client.nowMs,
      after (delayMs, task) { const timer = setTimeout(task, delayMs); return () => { clearTimeout(timer) } }
    }, fakeRunner(client))
    await controller.start()
    screen = render(h(ChatApp, { controller }), {
      stdout: output as unknown as NodeJS.WriteStream,
      stdin: input as unknown as NodeJS.ReadStream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true
    })
    await screenShows(/Heliograph/)
  }

  /** Frames come when React has drawn them: looked at until they show it, at most two seconds. */
  async function screenShows (pattern: RegExp): Promise<string> {
    for (let i = 0; i < 200; i++) {
      if (pattern.test(output.frame)) return output.frame
      await new Promise((resolve) => { setTimeout(resolve, 10) })
    }
    throw new Error(`the screen never showed ${pattern}:\n${output.frame}`)
  }

  async function type (text: string): Promise<void> {
    for (const char of text) input.write(char)
    // Ink reads the stream in a later turn.
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }

  beforeEach(() => { client = new FakeClient({ nowMs: noon }) })
  afterEach(() => {
    controller.stop()
    screen.unmount()
  })

  it('fits a terminal of 80 by 24, line for line', async () => {
    const bob = client.befriend('Bob', { handle: 'bob@ap-1', isVerified: true })
    for (let i = 0; i < 30; i++) client.receive(bob, `message number ${i}, with 日本語 and 👨‍👩‍👧‍👦 in a text that is long enough to need a second line`)
    client.setConnection({ state: 'online', relay: 'eu-1', rttMs: 2 })
    await show()
    const lines = (await screenShows(/number 29/)).split('\n')
    assert.ok(lines.length <= 24, `${lines.length} lines`)
    for (const line of lines) assert.ok(cellWidth(line) <= 80, JSON.stringify(line))
    assert.match(lines[0]!, /Heliograph.*ada@eu-1.*● online · eu-1 · 2 ms/)
    assert.match(lines.at(-2)!, /Bob · bob@ap-1 · verified/)
  })

  it('a message is typed, corrected, sent, and its ticks change', async () => {
    client.befriend('Bob')
    await show()
    await type(`helo${keys.left}l`)
    await screenShows(/› hello/)
    await type(keys.enter)
    await screenShows(/12:00 you hello +⌛/)
    const [message] = await client.history(accountCalled('Bob'))
    client.advance(message!.id, 'sent')
    await screenShows(/hello +✓ *\n/)
    client.advance(message!.id, 'delivered')
    await screenShows(/hello +✓✓/)
    await type(keys.up)
    await screenShows(/› hello/)
  })

  it('a pasted text of several lines is one message', async () => {
    client.befriend('Bob')
    await show()
    input.write('\u001b[200~one\r\ntwo\u001b[201~')
    await screenShows(/› one⏎two/)
    await type(keys.enter)
    await screenShows(/you one[^]*two +⌛/)
    assert.equal((await client.history(accountCalled('Bob')))[0]?.text, 'one\ntwo')
  })

  it('keys that arrive together, with the line end among them, are typed and sent', async () => {
    client.befriend('Bob')
    await show()
    input.write('quick\r')
    await screenShows(/you quick/)
    input.write('typed before the chat had the terminal\n')
    await screenShows(/typed before[^]*›   type a message/)
    assert.equal((await client.history(accountCalled('Bob'))).length, 2)
  })

  it('tab goes to the next person and the count disappears', async () => {
    client.receive(client.befriend('Ann'), 'hi')
    await show()
    await screenShows(/▸ Ann/)
    client.passTime(60_000)
    client.receive(client.befriend('Bob'), 'from Bob')
    await screenShows(/Bob +1 /)
    await type(keys.tab)
    const frame = await screenShows(/▸ Bob/)
    assert.match(frame, /from Bob/)
    await screenShows(/▸ Bob +│/)
  })

  it('shows that the connection is gone, and counts down', async () => {
    client.befriend('Bob')
    await show()
    client.setConnection({ state: 'waiting', retryInMs: 3000, error: new ProtocolError('DISCONNECTED') })
    await screenShows(/reconnecting in 3 s/)
    client.passTime(1000)
    await screenShows(/reconnecting in 2 s/)
    await type(`kept${keys.enter}`)
    await screenShows(/1 waiting/)
  })

  it('help and the safety number cover the messages until Esc', async () => {
    client.befriend('Bob')
    await show()
    await type(`/help${keys.enter}`)
    await screenShows(/PgUp, PgDn/)
    await type(`/verify${keys.enter}`)
    await screenShows(/01234 56789 01234 56789/)
    await type(keys.escape)
    await screenShows(/Say hello/)
  })

  it('a group: names, a quote, a poll, reactions, who types; a key on a message fills the line', async () => {
    const ann = client.befriend('Ann')
    client.passTime(1000)
    const chat = client.group('Club', [ann, accountCalled('Bob')])
    client.introduce(accountCalled('Bob'), 'Bob\u001b[2J')
    const first = client.receiveIn(chat, ann, { text: 'which one?' })
    client.receiveIn(chat, accountCalled('Bob'), { text: 'this', replyTo: { messageId: first.id, author: ann, excerpt: 'which one?' }, reactions: [{ account: ann, emoji: '👍', atMs: 1 }] })
    client.receiveIn(chat, ann, { text: '', poll: { question: 'When?', options: ['Monday', 'Tuesday'], allowsSeveral: false }, votes: [{ account: ann, options: [1], atMs: 1 }] })
    client.present(ann, 'online')
    await show()
    const frame = await screenShows(/#Club[^]*Ann +which one\?[^]*~Bob\[2J +┃ Ann: which one\?[^]*this[^]*👍 Ann[^]*📊 When\?[^]*2\. Tuesday {2}▇ 1 \(Ann\)/)
    assert.match(frame, /● Ann/)
    for (const line of frame.split('\n')) assert.ok(cellWidth(line) <= 80, JSON.stringify(line))
    client.type(chat, ann, 'typing')
    await screenShows(/Ann is typing/)
    input.write('\u001b[1;5A')
    await screenShows(/r reply {2}\+ react/)
    await type('v')
    await screenShows(/› \/vote #[0-9a-f]{6}/)
    await type(`2${keys.enter}`)
    await screenShows(/▇▇ 2 \(Ann, you\)/)
  })

  it('a line that was begun waits where it was begun, however fast one types on', async () => {
    client.receive(client.befriend('Ann'), 'hi')
    await show()
    client.passTime(1000)
    const bob = client.befriend('Bob')
    client.receive(bob, 'hello')
    await screenShows(/Bob +1 /)
    await type('for Ann')
    input.write(keys.tab)
    input.write('for Bob')
    await screenShows(/▸ Bob[^]*› for Bob/)
    await type(keys.tab)
    await screenShows(/▸ Ann[^]*› for Ann/)
    assert.equal(client.chats.info(bob).draft?.text, 'for Bob')
  })

  it('every topic of the help has its end on the screen', async () => {
    client.befriend('Bob')
    await show()
    for (const topic of ['messages', 'chats', 'groups', 'you', 'basics']) {
      await type(`/help ${topic}${keys.enter}`)
      await screenShows(new RegExp(`\\[${topic}\\][^]*Esc closes this`))
    }
  })

  it('help is whole on a terminal of 80 columns', async () => {
    client.befriend('Bob')
    await show()
    await type(`/help${keys.enter}`)
    const frame = await screenShows(/Esc closes this/)
    assert.match(frame.replaceAll(/\s+/g, ' '), /add a person by handle, account id or │ invite link/)
    assert.ok(!/[a-z]…/.test(frame), frame)
  })

  it('the invite link is shown whole, in lines that follow each other', async () => {
    client.befriend('Bob')
    client.inviteLink = () => `heliograph:${accountCalled('me')}?handle=ada%40eu-1.example.org`
    await show()
    await type(`/invite${keys.enter}`)
    const frame = await screenShows(/Esc closes this/)
    const pane = frame.split('\n').map((line) => line.split('│ ')[1]?.trim() ?? '').join('')
    assert.ok(pane.includes(client.inviteLink()), frame)
    assert.match(frame, /ada@eu-1/)
  })

  it('Esc and a key that follows at once do not swallow the key', async () => {
    client.befriend('Bob')
    await show()
    await type(`/verify${keys.enter}`)
    await screenShows(/01234 56789/)
    input.write('\u001b/')
    await screenShows(/› \//)
    await screenShows(/Say hello/)
  })

  it('scrolls by pages', async () => {
    const bob = client.befriend('Bob')
    for (let i = 0; i < 60; i++) client.receive(bob, `message ${i}.`)
    await show()
    await screenShows(/message 59\./)
    await type(keys.pageUp)
    await screenShows(/message 30\./)
    assert.ok(!output.frame.includes('message 59.'))
    client.receive(bob, 'while reading further up')
    await screenShows(/↑ 18 lines/)
    assert.match(output.frame, /message 30\./)
    await type(keys.pageDown)
    await type(keys.pageDown)
    await screenShows(/while reading further up/)
  })

  it('draws anew when the window changes, and stays inside a small one', async () => {
    client.receive(client.befriend('Bob'), 'a message of some length that has to be broken when the window gets narrow')
    await show()
    output.resize(40, 12)
    await screenShows(/^─{40}$/m)
    const lines = output.frame.split('\n')
    assert.ok(lines.length <= 12, output.frame)
    for (const line of lines) assert.ok(cellWidth(line) <= 40, JSON.stringify(line))
    output.resize(120, 40)
    await screenShows(/─{28}┬─{91}/)
  })

  it('leaves by /quit and by Ctrl-C', async () => {
    await show()
    await type(`/quit${keys.enter}`)
    await screen.waitUntilExit()
    await show()
    await type(keys.controlC)
    await screen.waitUntilExit()
  })
})

describe('the chat takes the terminal and gives it back', () => {
  it('a line that the terminal finds wider than we do is cut there, not wrapped: wrapping is off, and on again at the end', async () => {
    const client = new FakeClient()
    const context = await FakeContext.create(client)
    try {
      const output = new TerminalOutput()
      const ending = new AbortController()
      const running = runChatScreen(client, Object.assign(context, { stdout: output, stdin: new TerminalInput() }), { signal: ending.signal, run: fakeRunner(client) })
      for (let i = 0; i < 200 && !output.frames.join('').includes('Heliograph'); i++) await new Promise((resolve) => { setTimeout(resolve, 10) })
      assert.match(output.frames.join(''), /^[^H]*\u001b\[\?7l[^]*Heliograph/)
      assert.ok(!output.frames.join('').includes('\u001b[?7h'))
      ending.abort()
      await running
      assert.match(output.frames.join(''), /\u001b\[\?7h$/)
    } finally {
      await context.remove()
    }
  })
})
