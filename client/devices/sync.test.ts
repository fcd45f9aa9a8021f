import assert from 'node:assert/strict'
import { ManualClock, settle } from '../../protocol/clock-manual.ts'
import { selfConversation } from '../../protocol/conversation.ts'
import { nodePrimitives as primitives } from '../../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, deviceIdOfKey, type MessageId } from '../../protocol/ids.ts'
import { signDeviceList } from '../../protocol/records/device-list.ts'
import type { OpenedMessage, SyncFact } from '../messages/bodies.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { Tables } from '../store/tables.ts'
import { DeviceTables } from './device-tables.ts'
import { SyncFacts, factKeyChars, factValueBytes } from './sync.ts'

const accountSeed = new Uint8Array(32).fill(1)
const account = accountIdOfKey(primitives.ed25519PublicKey(accountSeed))
const [one, two] = [2, 3].map((fill) => deviceIdOfKey(primitives.ed25519PublicKey(new Uint8Array(32).fill(fill)))) as [ReturnType<typeof deviceIdOfKey>, ReturnType<typeof deviceIdOfKey>]

/** A device's facts; `sent` is what it told the others. */
async function makeFacts ({ device = one, data = new Map<string, Uint8Array>(), devices = [one, two] } = {}): Promise<{ facts: SyncFacts, sent: SyncFact[][], ledger: Ledger, clock: ManualClock, data: Map<string, Uint8Array> }> {
  const tables = new Tables(primitives)
  const ledger = new Ledger(new MemoryStore(data))
  const clock = new ManualClock()
  const list = signDeviceList(primitives, { account, epoch: 1, issuedAtMs: 1, expiresAtMs: 0, devices: devices.map((id) => ({ id, identityKey: new Uint8Array(32).fill(9), registrationId: 1 })) }, accountSeed)
  await ledger.run((draft) => { draft.write(tables.deviceLists, account, { list, hash: primitives.sha256(list.bytes) }) })
  const sent: SyncFact[][] = []
  const facts = new SyncFacts({ ledger, tables, deviceTables: new DeviceTables(), clock, own: { account, device }, compose: async (_draft, told) => { sent.push([...told]) } })
  return { facts, sent, ledger, clock, data }
}

const opened = (facts: SyncFact[], isOwn = true): OpenedMessage => ({
  chat: selfConversation(account).id, id: '0'.repeat(32) as MessageId, sender: account, senderDevice: two, isOwn, place: { epoch: 1, seq: 1 }, sentAtMs: 0, receivedAtMs: 0, body: { kind: 'sync', facts }
})

describe('facts that devices share', () => {
  it('the facts of one task go to the other devices in one message', async () => {
    const { facts, sent, ledger } = await makeFacts()
    await ledger.run(async (draft) => {
      await facts.put(draft, 'mute/a', '1')
      await facts.put(draft, 'pin/a', '2')
    })
    await settle()
    assert.deepEqual(sent.map((message) => message.map(({ key, value }) => [key, value])), [[['mute/a', '1'], ['pin/a', '2']]])
  })

  it('an account with one device tells nobody, and keeps the fact', async () => {
    const { facts, sent, ledger } = await makeFacts({ devices: [one] })
    await ledger.run(async (draft) => { await facts.put(draft, 'mute/a', '1') })
    await settle()
    assert.deepEqual(sent, [])
    assert.deepEqual(await facts.list('mute/'), [{ key: 'mute/a', value: '1' }])
  })

  it('a value that is there already is no change', async () => {
    const { facts, sent, ledger } = await makeFacts()
    let heard = 0
    facts.onFact('mute/', async () => { heard++ })
    for (let i = 0; i < 2; i++) await ledger.run(async (draft) => { await facts.put(draft, 'mute/a', '1') })
    await settle()
    assert.equal(sent.length, 1)
    assert.equal(heard, 1)
  })

  it('listeners hear of their prefix, and whether it was said here', async () => {
    const { facts, ledger } = await makeFacts()
    const heard: Array<[string, string, boolean]> = []
    facts.onFact('mute/', async (_draft, key, value, isOwnWrite) => { heard.push([key, value, isOwnWrite]) })
    await ledger.run(async (draft) => {
      await facts.put(draft, 'mute/a', '1')
      await facts.put(draft, 'pin/a', '1')
      await facts.take(draft, opened([{ key: 'mute/b', value: '2', madeAtMs: 5 }]))
    })
    assert.deepEqual(heard, [['mute/a', '1', true], ['mute/b', '2', false]])
  })

  it('the newest fact wins, in whatever order two come', async () => {
    const told = [{ key: 'k', value: 'b', madeAtMs: 2 }, { key: 'k', value: 'a', madeAtMs: 2 }, { key: 'k', value: 'z', madeAtMs: 1 }]
    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2, 0]]) {
      const { facts, ledger } = await makeFacts()
      await ledger.run(async (draft) => { for (const at of order) await facts.take(draft, opened([told[at]!])) })
      assert.deepEqual(await facts.list('k'), [{ key: 'k', value: 'b' }])
    }
  })

  it('what is said here replaces what a device with a fast clock said', async () => {
    const { facts, sent, ledger, clock } = await makeFacts()
    await ledger.run(async (draft) => {
      await facts.take(draft, opened([{ key: 'k', value: 'future', madeAtMs: clock.nowMs() + 1e9 }]))
      await facts.put(draft, 'k', 'here')
    })
    await settle()
    assert.deepEqual(await facts.list('k'), [{ key: 'k', value: 'here' }])
    assert.equal(sent[0]![0]!.madeAtMs, clock.nowMs() + 1e9 + 1)
  })

  it('a fact that is gone stays gone when the older value comes late', async () => {
    const { facts, ledger, clock } = await makeFacts()
    await ledger.run(async (draft) => {
      await facts.put(draft, 'k', 'old')
      await facts.put(draft, 'k', '')
      await facts.take(draft, opened([{ key: 'k', value: 'old', madeAtMs: clock.nowMs() }]))
    })
    assert.deepEqual(await facts.list('k'), [])
  })

  it('somebody else\'s facts are nothing', async () => {
    const { facts, ledger } = await makeFacts()
    await ledger.run(async (draft) => { await facts.take(draft, opened([{ key: 'k', value: 'v', madeAtMs: 1 }], false)) })
    assert.deepEqual(await facts.list(''), [])
  })

  it('bad facts of a message are left out, the others count', async () => {
    const { facts, ledger } = await makeFacts()
    await ledger.run(async (draft) => {
      await facts.take(draft, opened([
        { key: 'x'.repeat(factKeyChars + 1), value: '1', madeAtMs: 1 }, { key: 'a\u0000', value: '1', madeAtMs: 1 }, { key: '', value: '1', madeAtMs: 1 },
        { key: 'big', value: 'x'.repeat(factValueBytes + 1), madeAtMs: 1 }, { key: 'nan', value: '1', madeAtMs: Number.NaN }, { key: 'good', value: '1', madeAtMs: 1 }
      ]))
    })
    assert.deepEqual(await facts.list(''), [{ key: 'good', value: '1' }])
    for (const [key, value, code] of [['', '1', 'MALFORMED'], ['ü', '1', 'MALFORMED'], ['k', 'x'.repeat(factValueBytes + 1), 'TOO_LARGE']] as const) {
      await assert.rejects(ledger.run(async (draft) => { await facts.put(draft, key, value) }), (error) => isProtocolError(error, code))
    }
  })

  it('what could not be told before a crash is told by the next run', async () => {
    const { facts, ledger, data } = await makeFacts()
    await ledger.run(async (draft) => { await facts.put(draft, 'k', 'v') })
    // As if the program had ended before the message was composed.
    await settle()
    data.set('sq/k', new Uint8Array(0))
    const again = await makeFacts({ data })
    again.facts.load()
    await settle()
    assert.deepEqual(again.sent.map((message) => message.map(({ key }) => key)), [['k']])
    assert.equal(data.has('sq/k'), false)
  })

  it('many large facts go in several messages, none too large', async () => {
    const { facts, sent, ledger } = await makeFacts()
    await ledger.run(async (draft) => { for (let i = 0; i < 8; i++) await facts.put(draft, `k${i}`, `${i}`.repeat(factValueBytes / 3)) })
    await settle(500)
    assert.equal(sent.flat().length, 8)
    assert.ok(sent.length > 2 && sent.every((message) => message.length <= 3), `${sent.map((message) => message.length)}`)
  })
})
