import assert from 'node:assert/strict'
import type { Connection, Libp2p } from '@libp2p/interface'
import { ManualClock, settle } from '../../protocol/clock-manual.ts'
import { limits } from '../../protocol/limits.ts'
import { ConnectionCare } from './connection-care.ts'

type Answer = 'stream' | 'refuse' | 'silence'

/** As much of a connection as is looked at. */
function fakeConnection (options: { direction: 'inbound' | 'outbound', openedAtMs: number, streams?: number, answer?: Answer }): { connection: Connection, ends: string[], probes (): number } {
  const ends: string[] = []
  let probes = 0
  const connection = {
    direction: options.direction,
    status: 'open',
    timeline: { open: options.openedAtMs },
    streams: Array.from({ length: options.streams ?? 0 }, () => ({})),
    remotePeer: 'peer',
    newStream: async (_protocol: string, { signal }: { signal: AbortSignal }) => {
      probes++
      if (options.answer === 'refuse') throw new Error('unsupported')
      if (options.answer === 'silence') await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(new Error('aborted')) }) })
      return { close: () => Promise.resolve() }
    },
    close: () => { ends.push('close'); return Promise.resolve() },
    abort: () => { ends.push('abort') }
  }
  return { connection: connection as unknown as Connection, ends, probes: () => probes }
}

function careOf (connections: Connection[]): { care: ConnectionCare, clock: ManualClock, open (connection: Connection): void, rounds (): number } {
  const clock = new ManualClock()
  const listeners: Array<(event: CustomEvent<Connection>) => void> = []
  let rounds = 0
  const libp2p = {
    getConnections: () => connections,
    addEventListener: (_type: string, listener: (event: CustomEvent<Connection>) => void) => { listeners.push(listener) },
    removeEventListener: () => { listeners.length = 0 }
  } as unknown as Libp2p
  const care = new ConnectionCare({ libp2p, clock, onRound: () => { rounds++ } }, { probeTimeoutMs: 100 })
  return { care, clock, open: (connection) => { for (const listener of listeners) listener({ detail: connection } as CustomEvent<Connection>) }, rounds: () => rounds }
}

describe('care of connections', () => {
  it('closes who opened nothing half a minute after connecting, not who came just now or has a stream', async () => {
    const nowMs = new ManualClock().nowMs()
    const [idle, fresh, busy] = [
      fakeConnection({ direction: 'inbound', openedAtMs: nowMs - 1 }),
      fakeConnection({ direction: 'inbound', openedAtMs: nowMs + limits.heartbeatMs - 1000 }),
      fakeConnection({ direction: 'inbound', openedAtMs: nowMs - 1, streams: 1 })
    ]
    const { care, clock, rounds } = careOf([idle.connection, fresh.connection, busy.connection])
    care.start()
    await clock.advance(limits.heartbeatMs)
    assert.deepEqual([idle.ends, fresh.ends, busy.ends], [['close'], [], []])
    await clock.advance(limits.heartbeatMs)
    assert.deepEqual(fresh.ends, ['close'])
    assert.equal(rounds(), 2)
    care.stop()
    assert.equal(clock.pending, 0)
  })

  it('asks relays for a sign of life every round, and leaves alone who answers, even with a refusal', async () => {
    const nowMs = new ManualClock().nowMs()
    const answers = (['stream', 'refuse'] as const).map((answer) => fakeConnection({ direction: 'outbound', openedAtMs: nowMs, answer }))
    const { care, clock } = careOf(answers.map((one) => one.connection))
    care.start()
    await clock.advance(2 * limits.heartbeatMs)
    await settle()
    for (const one of answers) assert.deepEqual([one.probes(), one.ends], [2, []])
    care.stop()
  })

  it('gives up an older connection of a peer that connects again, when it is silent', async () => {
    const nowMs = new ManualClock().nowMs()
    const [dead, alive, newest] = (['silence', 'stream', 'stream'] as const).map((answer) => fakeConnection({ direction: 'inbound', openedAtMs: nowMs, streams: 1, answer }))
    const { care, open } = careOf([dead!.connection, alive!.connection, newest!.connection])
    care.start()
    open(newest!.connection)
    while (dead!.ends.length === 0) await new Promise((resolve) => { setTimeout(resolve, 10) })
    assert.deepEqual([dead!.ends, alive!.ends, newest!.ends], [['abort'], [], []])
    assert.deepEqual([alive!.probes(), newest!.probes()], [1, 0])
    care.stop()
  })
})
