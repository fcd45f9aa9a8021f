import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { FakeClient, accountCalled } from '../testing/fake-client.ts'
import { fakeRunner } from '../testing/run-in-chat.ts'
import { ChatController } from './chat-controller.ts'
import { listed, messagesShown, selectedConversation } from './chat-state.ts'

const settle = async (): Promise<void> => { for (let i = 0; i < 20; i++) await Promise.resolve() }

async function started (client: FakeClient): Promise<{ controller: ChatController, clock: ManualClock, pass: (ms: number) => Promise<void> }> {
  const clock = new ManualClock()
  const controller = new ChatController(client, {
    nowMs: () => clock.nowMs(),
    after (delayMs, task) { const timer = clock.after(delayMs, task); return () => { timer.cancel() } }
  }, fakeRunner(client))
  await controller.start()
  const pass = async (ms: number): Promise<void> => { for (let i = 0; i < 4; i++) { await settle(); await clock.advance(ms / 4) } await settle() }
  return { controller, clock, pass }
}

describe('chat controller', () => {
  it('opens the most recent conversation and marks it as read', async () => {
    const client = new FakeClient()
    client.receive(client.befriend('Ann'), 'old')
    client.passTime(1000)
    const bob = client.befriend('Bob')
    client.receive(bob, 'new')
    const { controller } = await started(client)
    assert.equal(selectedConversation(controller.state)?.name, 'Bob')
    assert.deepEqual(client.readMarks, [bob])
    assert.equal(messagesShown(controller.state).length, 1)
  })

  it('counts what comes in other conversations, and stops counting when they are opened', async () => {
    const client = new FakeClient()
    const ann = client.befriend('Ann')
    const bob = client.befriend('Bob')
    client.receive(ann, 'hi')
    const { controller, pass } = await started(client)
    client.passTime(1000)
    client.receive(bob, 'one')
    client.receive(bob, 'two')
    await pass(200)
    assert.equal(selectedConversation(controller.state)?.chat, ann)
    assert.equal(controller.state.conversations.find((one) => one.chat === bob)?.unread, 2)
    await controller.openNeighbour(1)
    await pass(200)
    assert.equal(controller.state.conversations.find((one) => one.chat === bob)?.unread, 0)
    assert.deepEqual(messagesShown(controller.state).map((message) => message.text), ['one', 'two'])
  })

  it('shows a message at once and follows its ticks', async () => {
    const client = new FakeClient()
    client.befriend('Bob')
    const { controller, pass } = await started(client)
    await controller.enter('hello')
    await pass(200)
    assert.equal(messagesShown(controller.state)[0]?.state, 'pending')
    assert.equal(controller.state.waiting, 1)
    const { id } = messagesShown(controller.state)[0]!
    for (const state of ['sent', 'delivered', 'read'] as const) {
      client.advance(id, state)
      assert.equal(messagesShown(controller.state)[0]?.state, state)
    }
    await pass(200)
    assert.equal(controller.state.waiting, 0)
  })

  it('a failure becomes one sentence, and the chat goes on', async () => {
    const client = new FakeClient()
    const { controller } = await started(client)
    await controller.enter('hello?')
    assert.match(controller.state.notice!.text, /\/add/)
    await controller.enter('/add nobody@eu-1')
    assert.equal(controller.state.notice?.level, 'warning')
    assert.match(controller.state.notice!.text, /handle/)
    client.people.set('bob@ap-1', accountCalled('Bob'))
    await controller.enter('/add bob@ap-1 Bob')
    assert.equal(selectedConversation(controller.state)?.name, 'Bob')
    await controller.enter('hello')
    assert.equal(messagesShown(controller.state).length, 1)
  })

  it('counts down to the next attempt, second by second', async () => {
    const client = new FakeClient()
    const { controller, clock } = await started(client)
    client.setConnection({ state: 'waiting', retryInMs: 3000, error: new ProtocolError('HOME_UNREACHABLE') })
    const due = controller.state.retryAtMs!
    assert.equal(due - controller.state.nowMs, 3000)
    await clock.advance(1000)
    assert.equal(due - controller.state.nowMs, 2000)
    client.setConnection({ state: 'online', relay: 'eu-1', rttMs: 2 })
    assert.equal(controller.state.retryAtMs, undefined)
  })

  it('tells that the account has moved, and shows its new relay', async () => {
    const client = new FakeClient()
    const { controller } = await started(client)
    client.moveHome('ap-1')
    assert.match(controller.state.notice!.text, /eu-1 does not answer: you are at ap-1 now/)
    assert.deepEqual(controller.state.me, { name: 'ada@ap-1', home: 'ap-1' })
    await controller.enter('/home')
    assert.match(JSON.stringify(controller.state), /Standby/)
  })

  it('a thousand events redraw the screen a few times, not a thousand', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    const { controller, pass } = await started(client)
    let draws = 0
    controller.shown.subscribe(() => { draws++ })
    for (let i = 0; i < 1000; i++) client.receive(bob, `message ${i}`)
    await pass(1000)
    assert.equal(messagesShown(controller.state).length, 1000)
    assert.ok(draws > 0 && draws <= 10, String(draws))
  })

  it('scrolling up does not mark as read, coming back does', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    for (let i = 0; i < 50; i++) client.receive(bob, `message ${i}`)
    const { controller, pass } = await started(client)
    controller.scroll(10, 30)
    client.readMarks.length = 0
    client.receive(bob, 'while away')
    await pass(200)
    assert.deepEqual(client.readMarks, [])
    assert.equal(controller.state.conversations[0]?.unread, 1)
    controller.scroll(-100, 30)
    assert.deepEqual(client.readMarks, [bob])
    assert.equal(controller.state.conversations[0]?.unread, 0)
  })

  it('older messages are read when one scrolls to the top', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    for (let i = 0; i < 250; i++) client.receive(bob, `message ${i}`)
    const { controller, pass } = await started(client)
    assert.equal(messagesShown(controller.state).length, 100)
    for (let i = 0; i < 4; i++) { controller.scroll(1000, 90); await pass(100) }
    assert.deepEqual(messagesShown(controller.state).map((message) => message.text), Array.from({ length: 250 }, (_, i) => `message ${i}`))
  })

  it('a chat that is open for weeks does not keep everything in memory', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    const { controller, pass } = await started(client)
    for (let i = 0; i < 2500; i++) client.receive(bob, `message ${i}`)
    await pass(100)
    const shown = messagesShown(controller.state)
    assert.ok(shown.length <= 2000, String(shown.length))
    assert.equal(shown.at(-1)?.text, 'message 2499')
    for (let i = 0; i < 30 && !controller.state.complete.has(bob); i++) { controller.scroll(10_000, 90); await pass(100) }
    assert.equal(messagesShown(controller.state)[0]?.text, 'message 0')
  })

  it('verify shows the number, and yes marks the contact', async () => {
    const client = new FakeClient()
    client.befriend('Bob')
    const { controller } = await started(client)
    await controller.enter('/verify')
    assert.equal(controller.state.overlay?.kind, 'safety')
    await controller.enter('/verify yes')
    assert.equal(controller.state.overlay, undefined)
    assert.equal(selectedConversation(controller.state)?.isVerified, true)
  })

  it('quit asks to leave', async () => {
    const { controller } = await started(new FakeClient())
    let hasQuit = false
    controller.onQuit(() => { hasQuit = true })
    await controller.enter('/quit')
    assert.equal(hasQuit, true)
  })

  it('commands of heliograph work on the open conversation: one line is a notice, more are a page', async () => {
    const client = new FakeClient()
    const ann = client.befriend('Ann')
    client.passTime(1000)
    const chat = client.group('Club', [ann], { role: 'owner' })
    client.receiveIn(chat, ann, { text: 'hello' })
    const { controller } = await started(client)
    await controller.enter('/react 👍')
    assert.match(controller.state.notice!.text, /👍 on "hello"/)
    assert.deepEqual((await client.history(chat))[0]?.reactions?.map(({ emoji }) => emoji), ['👍'])
    await controller.enter('/group')
    const { overlay } = controller.state
    assert.ok(overlay?.kind === 'lines' && overlay.lines.includes('Members   2'), JSON.stringify(overlay))
    await controller.enter('/vote 1')
    assert.match(controller.state.notice!.text, /no poll/)
    await controller.enter('/poll "Which?" a b')
    await controller.enter('/vote b')
    assert.deepEqual((await client.history(chat)).at(-1)?.votes?.map(({ options }) => options), [[1]])
  })

  it('a question of a command is answered by the next line, which nobody else gets', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    client.setConnection({ state: 'online', relay: 'eu-1' })
    const { controller } = await started(client)
    const approving = controller.enter('/devices approve heliograph:link?v=1&id=abc')
    for (let i = 0; i < 100 && controller.state.question === undefined; i++) await new Promise((resolve) => { setTimeout(resolve, 5) })
    assert.match(controller.state.question!, /123 456/)
    await controller.enter('y')
    await approving
    assert.match(controller.state.notice!.text, /everything/)
    assert.equal(client.ownDevices.length, 2)
    assert.deepEqual(await client.history(bob), [])
  })

  it('requests of strangers stand apart, and reading them tells nobody', async () => {
    const client = new FakeClient()
    const ann = client.befriend('Ann')
    client.receive(ann, 'hi')
    const zoe = accountCalled('zoe')
    client.introduce(zoe, 'Zoe')
    client.passTime(1000)
    client.request(zoe, 'hello?')
    const { controller, pass } = await started(client)
    assert.deepEqual(listed(controller.state).map(({ name, isRequest }) => [name, isRequest]), [['Ann', false], ['~Zoe', true]])
    await controller.open(zoe)
    assert.deepEqual(messagesShown(controller.state).map(({ text }) => text), ['hello?'])
    assert.ok(!client.readMarks.includes(zoe))
    await controller.enter('/accept')
    await pass(200)
    assert.equal(listed(controller.state).some(({ isRequest }) => isRequest === true), false)
  })

  it('a message is selected and acted on; what is deleted is not selected any more', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    const first = client.receive(bob, 'one')
    const second = client.receive(bob, 'two')
    const { controller } = await started(client)
    controller.mark('older')
    assert.equal(controller.state.marked, second.id)
    controller.mark('older')
    controller.mark('older')
    assert.equal(controller.state.marked, first.id)
    assert.equal(controller.actOnMarked('reply'), '')
    await controller.enter('the answer')
    assert.equal((await client.history(bob)).at(-1)?.replyTo?.messageId, first.id)
    assert.equal(controller.state.replyTo, undefined)
    controller.mark('older')
    assert.match(controller.actOnMarked('edit')!, /^\/edit #\w{6} the answer$/)
    controller.mark('older')
    controller.mark('older')
    await client.chats.deleteForMe(bob, [second.id])
    assert.equal(controller.state.marked, undefined)
    assert.equal(messagesShown(controller.state).length, 2)
  })

  it('who is in sight is watched, and typing is shown until it is over', async () => {
    const client = new FakeClient()
    const [ann, bob] = [client.befriend('Ann'), client.befriend('Bob')]
    const zoe = accountCalled('zoe')
    client.passTime(1000)
    const chat = client.group('Club', [ann, zoe])
    client.receiveIn(chat, ann, { text: 'hi' })
    const { controller } = await started(client)
    assert.deepEqual(client.watched, [{ account: ann }, { account: bob }, { account: zoe, group: chat }])
    client.present(ann, 'online')
    assert.equal(controller.state.presence.get(ann)?.state, 'online')
    client.type(chat, ann, 'typing')
    assert.equal(controller.state.typing.get(chat)?.length, 1)
    client.receiveIn(chat, ann, { text: 'done' })
    assert.equal(controller.state.typing.get(chat)?.length, 0)
  })

  it('a line that was begun is kept with its conversation', async () => {
    const client = new FakeClient()
    const [ann, bob] = [client.befriend('Ann'), client.befriend('Bob')]
    client.receive(ann, 'hi')
    const { controller, clock } = await started(client)
    controller.typed('Dear Ann')
    await clock.advance(2000)
    await controller.drafts.stored()
    assert.equal(client.chats.info(ann).draft?.text, 'Dear Ann')
    assert.deepEqual(client.did.at(-1), ['typing', ann, 'typing'])
    controller.drafts.keep(bob, '/group add')
    await controller.drafts.stored()
    assert.equal(client.chats.info(bob).draft, undefined)
    assert.equal(controller.drafts.of(ann), 'Dear Ann')
    await controller.enter('Dear Ann, hello')
    assert.equal(controller.drafts.of(ann), '')
  })

  it('names and commands are completed', async () => {
    const client = new FakeClient()
    const ann = client.befriend('Ann Smith')
    client.passTime(1000)
    client.receiveIn(client.group('Club', [ann]), ann, { text: 'hi' })
    const { controller } = await started(client)
    assert.equal(controller.complete('hello @an'), 'hello @Ann Smith ')
    assert.equal(controller.complete('/rep'), '/rep')
    assert.match(controller.state.notice!.text, /\/reply {2}\/report/)
    assert.equal(controller.complete('/sta'), '/star')
    assert.equal(controller.complete('nothing'), undefined)
    await controller.enter('@Ann Smith, hello')
    assert.deepEqual(messagesShown(controller.state).at(-1)?.mentions, [{ account: ann, start: 0, length: 10 }])
  })
})
