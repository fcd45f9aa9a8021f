import assert from 'node:assert/strict'
import { FakeClient } from '../testing/fake-client.ts'
import type { Message } from './chat-state.ts'
import { dayName, messageLines, windowOf, type PaneLine } from './message-lines.ts'
import { cellWidth } from './text-layout.ts'

const noon = new Date(2026, 10, 22, 12, 0).getTime()
const minute = 60_000
const day = 86_400_000

async function conversation (script: (client: FakeClient, bob: ReturnType<FakeClient['befriend']>) => Promise<void>): Promise<Message[]> {
  const client = new FakeClient({ nowMs: noon })
  const bob = client.befriend('Bob')
  await script(client, bob)
  return await client.history(bob, { limit: 1000 })
}

const written = (line: PaneLine): string => line.kind === 'text' ? `${line.time} ${line.author} ${line.text} ${line.tick}` : line.text

describe('messages as lines', () => {
  it('shows time and name once for what was said in one go', async () => {
    const messages = await conversation(async (client, bob) => {
      client.receive(bob, 'hello')
      client.receive(bob, 'are you there?')
      client.passTime(minute)
      await client.send(bob, 'yes')
    })
    const lines = messageLines(messages, { nameOf: () => 'Bob', width: 40, nowMs: noon }).map(written)
    assert.deepEqual(lines.slice(1).map((line) => line.trimEnd()), ['12:00 Bob hello', '          are you there?', '12:01 you yes                         ⌛'])
  })

  it('puts a line between days', async () => {
    const messages = await conversation(async (client, bob) => {
      client.receive(bob, 'one')
      client.passTime(day)
      client.receive(bob, 'two')
    })
    const lines = messageLines(messages, { nameOf: () => 'Bob', width: 40, nowMs: noon + day })
    assert.deepEqual(lines.filter((line) => line.kind === 'day').map((line) => line.text.replaceAll('─', '').trim()), ['Yesterday', 'Today'])
  })

  it('names days as people do', () => {
    assert.equal(dayName(noon, noon + 1), 'Today')
    assert.equal(dayName(noon - day, noon), 'Yesterday')
    assert.equal(dayName(noon - 3 * day, noon), 'Thursday, 19 November')
    assert.equal(dayName(noon - 365 * day, noon), 'Saturday, 22 November 2025')
  })

  it('ticks stand at the end of the last line and follow the state', async () => {
    const client = new FakeClient({ nowMs: noon })
    const bob = client.befriend('Bob')
    const message = await client.send(bob, 'a text that needs more than one line in a narrow pane')
    const ticksOf = async (): Promise<string[]> => messageLines(await client.history(bob), { nameOf: () => 'Bob', width: 30, nowMs: noon }).flatMap((line) => line.kind === 'text' ? [line.tick.trim()] : [])
    assert.deepEqual((await ticksOf()).slice(-2), ['', '⌛'])
    client.advance(message.id, 'sent')
    assert.equal((await ticksOf()).at(-1), '✓')
    client.advance(message.id, 'delivered')
    assert.equal((await ticksOf()).at(-1), '✓✓')
    client.advance(message.id, 'failed', 'the handle is gone')
    const lines = messageLines(await client.history(bob), { nameOf: () => 'Bob', width: 30, nowMs: noon }).map(written).join('\n')
    assert.match(lines, /\(the handle is/)
    assert.match(lines, /✗/)
  })

  it('every line is exactly as wide as the pane, whatever people write', async () => {
    const messages = await conversation(async (client, bob) => {
      for (const text of ['日本語の長い文章がここにあります', '👨‍👩‍👧‍👦 👨‍👩‍👧‍👦', 'a'.repeat(200), '', 'two\n\nlines', '\u001b[2J\u001b[31mred\u0007', '\u202etxet']) {
        client.receive(bob, text)
        await client.send(bob, text)
      }
    })
    for (const width of [24, 40, 58]) {
      for (const line of messageLines(messages, { nameOf: () => 'a very long name of a person', width, nowMs: noon })) {
        assert.equal(cellWidth(written(line)), width, JSON.stringify(written(line)))
        assert.ok(!/[\u0000-\u001f\u007f-\u009f\u202e]/.test(written(line)))
      }
    }
  })

  it('the window follows the end and stops at the beginning', () => {
    const lines = Array.from({ length: 10 }, (_, index): PaneLine => ({ kind: 'empty', text: String(index) }))
    assert.deepEqual(windowOf(lines, 3, 0).map(written), ['7', '8', '9'])
    assert.deepEqual(windowOf(lines, 3, 2).map(written), ['5', '6', '7'])
    assert.deepEqual(windowOf(lines, 3, 99).map(written), ['0', '1', '2'])
    assert.deepEqual(windowOf(lines.slice(0, 1), 3, 0).map(written), ['', '', '0'])
  })
})
