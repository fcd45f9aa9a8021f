import assert from 'node:assert/strict'
import { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { groupOf } from '../../protocol/libp2p/address-group.ts'
import { ConnectionGate, type Admission, type GateLimits } from './connection-gate.ts'

const limits: GateLimits = {
  maxConnections: 100,
  maxPending: 50,
  maxPerAddress: 20,
  maxPendingPerAddress: 10,
  patienceMs: 1_000,
  burstPerAddress: 15,
  perSecondPerAddress: 5,
  trackedAddresses: 1000
}

function gateWith (changes: Partial<GateLimits> = {}): { gate: ConnectionGate, clock: ManualClock } {
  const clock = new ManualClock()
  return { gate: new ConnectionGate({ clock }, { ...limits, ...changes }), clock }
}

function admitted (answer: Admission | string): Admission {
  if (typeof answer === 'string') assert.fail(`refused: ${answer}`)
  return answer
}

describe('the connection gate', () => {
  it('lets a burst from one address in, then the steady rate', async () => {
    const { gate, clock } = gateWith()
    for (let i = 0; i < 15; i++) admitted(gate.admit('192.0.2.1')).closed()
    assert.equal(gate.admit('192.0.2.1'), 'rate')
    await clock.advance(1000)
    for (let i = 0; i < 5; i++) admitted(gate.admit('192.0.2.1')).closed()
    assert.equal(gate.admit('192.0.2.1'), 'rate')
    assert.equal(gate.refused.rate, 2)
  })

  it('does not make one address pay for another', () => {
    const { gate } = gateWith()
    for (let i = 0; i < 16; i++) gate.admit('192.0.2.1')
    admitted(gate.admit('192.0.2.2'))
  })

  it('bounds the connections and the unfinished handshakes of one address', async () => {
    const { gate, clock } = gateWith({ burstPerAddress: 1000 })
    const open: Admission[] = []
    for (let i = 0; i < 10; i++) open.push(admitted(gate.admit('192.0.2.1')))
    assert.equal(gate.admit('192.0.2.1'), 'address-pending')
    for (const one of open) one.ready()
    for (let i = 0; i < 10; i++) { const one = admitted(gate.admit('192.0.2.1')); one.ready(); open.push(one) }
    assert.equal(gate.admit('192.0.2.1'), 'address-full')
    open[0]!.closed()
    await clock.advance(10)
    admitted(gate.admit('192.0.2.1'))
  })

  it('silent sockets give their places to newcomers once they have had time, the oldest first', async () => {
    const { gate, clock } = gateWith()
    const evicted: number[] = []
    const silent = Array.from({ length: 50 }, (_, i) => {
      const one = admitted(gate.admit(`198.51.100.${i}`, () => { evicted.push(i); one.closed() }))
      return one
    })
    silent[0]!.ready() // done in time: it stays
    admitted(gate.admit('203.0.113.9'))
    await clock.advance(999)
    assert.equal(gate.admit('203.0.113.1'), 'pending', 'they may still be honest')
    await clock.advance(1)
    for (let i = 1; i <= 40; i++) admitted(gate.admit(`203.0.113.${i}`)).ready()
    assert.deepEqual(evicted, [1], 'one place is enough for those who finish at once')
    for (let i = 41; i <= 50; i++) admitted(gate.admit(`203.0.113.${i}`))
    assert.deepEqual(evicted, Array.from({ length: 10 }, (_, i) => i + 1))
    assert.equal(gate.evicted, 10)
    assert.equal(gate.pending, 50)
  })

  it('of one address likewise, whenever its end is told', async () => {
    const { gate, clock } = gateWith({ burstPerAddress: 1_000 })
    const evicted: Admission[] = []
    const open = Array.from({ length: 10 }, () => {
      const one: Admission = admitted(gate.admit('192.0.2.1', () => { evicted.push(one) }))
      return one
    })
    await clock.advance(1_000)
    const late = Array.from({ length: 10 }, () => admitted(gate.admit('192.0.2.1')))
    assert.deepEqual(evicted, open)
    assert.equal(gate.admit('192.0.2.1'), 'address-full', 'ten of them have not ended yet')
    for (const one of evicted) one.closed()
    assert.equal(gate.open, 10)
    assert.equal(gate.admit('192.0.2.1'), 'address-pending')
    for (const one of late) one.closed()
    assert.deepEqual([gate.open, gate.pending], [0, 0])
  })

  it('bounds them all together, silent sockets of many addresses included', () => {
    const { gate } = gateWith()
    for (let i = 0; i < 50; i++) admitted(gate.admit(`198.51.100.${i}`))
    assert.equal(gate.admit('203.0.113.1'), 'pending')
    const { gate: other } = gateWith()
    for (let i = 0; i < 100; i++) admitted(other.admit(`198.51.100.${i}`)).ready()
    assert.equal(other.admit('203.0.113.1'), 'full')
    assert.equal(other.pending, 0)
  })

  it('counts each connection out once, however often it is told', () => {
    const { gate } = gateWith()
    const one = admitted(gate.admit('192.0.2.1'))
    one.closed()
    one.closed()
    one.ready()
    assert.deepEqual([gate.open, gate.pending], [0, 0])
  })

  it('does not limit its own machine by address: a proxy there stands for everybody behind it', () => {
    const { gate } = gateWith()
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) for (let i = 0; i < 30; i++) admitted(gate.admit(address)).ready()
    assert.equal(gate.open, 90)
  })

  it('treats the addresses of an IPv6 customer as one', () => {
    assert.equal(groupOf('2001:db8:1:2:3:4:5:6'), groupOf('2001:0db8:0001:0002::1'))
    assert.notEqual(groupOf('2001:db8:1:2::1'), groupOf('2001:db8:1:3::1'))
    assert.equal(groupOf('2001:db8::1'), '2001:db8:0:0::/64')
    assert.equal(groupOf('::ffff:192.0.2.7'), '192.0.2.7')
    const { gate } = gateWith()
    for (let i = 0; i < 15; i++) admitted(gate.admit(`2001:db8::${i.toString(16)}`)).closed()
    assert.equal(gate.admit('2001:db8::ffff'), 'rate')
  })

  it('remembers a bounded number of addresses, and those with connections first', () => {
    const { gate } = gateWith({ trackedAddresses: 50, maxConnections: 10_000, maxPending: 10_000 })
    const kept = admitted(gate.admit('192.0.2.1'))
    for (let i = 0; i < 5000; i++) admitted(gate.admit(`10.0.${i >> 8}.${i & 255}`)).closed()
    assert.ok(gate.addresses <= 50, String(gate.addresses))
    kept.closed()
    assert.equal(gate.open, 0)
  })

  it('comes back to nothing after any order of admissions and ends', async () => {
    const random = new SeededRandom(3)
    const { gate, clock } = gateWith()
    const open: Admission[] = []
    for (let i = 0; i < 5000; i++) {
      const answer = gate.admit(`192.0.2.${random.below(12)}`)
      if (typeof answer !== 'string') open.push(answer)
      if (random.below(2) === 0) open[random.below(open.length)]?.ready()
      if (random.below(2) === 0) open.splice(random.below(open.length), 1)[0]?.closed()
      assert.ok(gate.open === open.length && gate.pending <= gate.open && gate.open <= 100, `seed ${random.seed}, step ${i}`)
      if (random.below(10) === 0) await clock.advance(random.below(2000))
    }
    for (const one of open) one.closed()
    assert.deepEqual([gate.open, gate.pending], [0, 0], `seed ${random.seed}`)
  })
})
