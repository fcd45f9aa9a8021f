import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { FakeClient, accountCalled } from '../testing/fake-client.ts'
import { fakeRunner } from '../testing/run-in-chat.ts'
import { ChatController } from './chat-controller.ts'
import { messagesShown, selectedConversation } from './chat-state.ts'

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

  it('a thousand events redraw the screen a few times, not a thousand', async () => {
    const client = new FakeClient()
    const bob = client.befriend('Bob')
    const { controller, pass } = await started(client)
    let draws = 0
    controller.subscribe(() => { draws++ })
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
})
