/**
 * The load generator: many synthetic clients in one process, told what to do over IPC by the benchmark.
 * Runs apart from the relay so that the relay's CPU can be read by itself.
 */
import { performance } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { nodePrimitives } from '../../../protocol/e2ee/primitives-node.ts'
import { systemClock } from '../../../node/system.ts'
import { createNodeDialer } from '../../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../../node/libp2p/fast-noise.ts'
import { Histogram } from './histogram.ts'
import { SyntheticClient, makeIdentity, type RelayTarget } from './synthetic-client.ts'

export interface ConnectOrder {
  do: 'connect'
  clients: number
  /** Client i goes to targets[i % n]; clients 2k and 2k+1 are a pair. */
  targets: RelayTarget[]
  /** How many shake hands at a time. */
  parallel: number
}
export interface RunOrder {
  do: 'run'
  inFlight: number
  /** Instead of a closed loop: this many messages per second in all. */
  perSecond?: number
  warmUpMs: number
  measureMs: number
}
/** Even clients send to odd ones, which are not connected while they do. */
export interface StoreOrder { do: 'store', messages: number }
export interface DrainOrder { do: 'drain' }
export interface IdleOrder { do: 'usage' }
export type Order = ConnectOrder | RunOrder | StoreOrder | DrainOrder | IdleOrder

export interface RunResult { delivered: number, receipts: number, seconds: number, p50Ms: number, p99Ms: number, maxMs: number, missing: number, cpuSeconds: number }

const components = { primitives: nodePrimitives, clock: systemClock }
const clients: Array<{ client: SyntheticClient, target: RelayTarget, connect (register: boolean): Promise<void> }> = []
let latencies = new Histogram()
let measuring = false
let delivered = 0
let receipts = 0
let sent = 0
/** Messages queued and not confirmed by a receipt yet, over all runs. */
let outstanding = 0
let allDelivered = 0
let refill: ((index: number, count: number) => void) | undefined

async function connect ({ clients: count, targets, parallel }: ConnectOrder): Promise<{ seconds: number }> {
  const begun = performance.now()
  for (let i = 0; i < count; i++) {
    const index = clients.length
    const identity = makeIdentity(nodePrimitives)
    const client = new SyntheticClient(identity, components, {
      onMessage: (queuedAtMs) => {
        allDelivered++
        if (!measuring) return
        delivered++
        latencies.add(performance.now() - queuedAtMs)
      },
      onReceipt: (n) => {
        outstanding -= n
        if (measuring) receipts += n
        refill?.(index, n)
      },
      onSent: (n) => { sent += n }
    })
    const target = targets[i % targets.length]!
    clients.push({ client, target, connect: async (register) => client.connect(createNodeDialer({ seed: identity.deviceSeed, encrypter: fastNoise() }), target, { register }) })
  }
  for (let i = clients.length - count; i + 1 < clients.length; i += 2) {
    const [a, b] = [clients[i]!.client, clients[i + 1]!.client]
    a.pairWith(b.identity)
    b.pairWith(a.identity)
  }
  await inParallel(clients.slice(-count), parallel, async (one) => { await one.connect(true) })
  return { seconds: (performance.now() - begun) / 1000 }
}

async function inParallel<T> (items: readonly T[], parallel: number, task: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < items.length) await task(items[next++]!)
  }))
}

function queue (index: number, count: number): void {
  outstanding += count
  for (let i = 0; i < count; i++) clients[index]!.client.queueMessage()
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

async function run ({ inFlight, perSecond, warmUpMs, measureMs }: RunOrder): Promise<RunResult> {
  let running = true
  let pacer: NodeJS.Timeout | undefined
  if (perSecond === undefined) {
    refill = (index, count) => { if (running) queue(index, count) }
    clients.forEach((_, index) => { refill!(index, inFlight) })
  } else {
    const begun = performance.now()
    let queued = 0
    pacer = setInterval(() => {
      for (const due = (performance.now() - begun) * perSecond / 1000; queued < due; queued++) queue(queued % clients.length, 1)
    }, 1)
  }
  await wait(warmUpMs)
  latencies = new Histogram()
  delivered = receipts = 0
  measuring = true
  process.send!({ event: 'measuring' })
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  await wait(measureMs)
  measuring = false
  const seconds = (performance.now() - begun) / 1000
  const used = process.cpuUsage(cpu)
  running = false
  clearInterval(pacer)
  refill = undefined
  // What is still under way would be load of the next run.
  await until(() => outstanding === 0, 'receipts of everything sent')
  return {
    delivered,
    receipts,
    seconds,
    p50Ms: latencies.quantile(0.5),
    p99Ms: latencies.quantile(0.99),
    maxMs: latencies.quantile(1),
    missing: clients.reduce((sum, { client }) => sum + client.missing, 0),
    cpuSeconds: (used.user + used.system) / 1e6
  }
}

async function until (condition: () => boolean, what: string): Promise<void> {
  for (const begun = performance.now(); !condition(); await wait(5)) {
    if (performance.now() - begun > 120_000) throw new Error(`${what}: not within 120 s`)
  }
}

async function store ({ messages }: StoreOrder): Promise<{ seconds: number }> {
  const receivers = clients.filter((_, index) => index % 2 === 1)
  const senders = clients.filter((_, index) => index % 2 === 0)
  await Promise.all(receivers.map(({ client }) => client.disconnect()))
  for (const { client } of receivers) client.answersReceipts = false
  sent = 0
  const begun = performance.now()
  // At most 100 a sender under way: as a busy client would.
  let queued = 0
  const underWay = senders.length * 100
  while (queued < messages) {
    while (queued < messages && queued - sent < underWay) senders[queued++ % senders.length]!.client.queueMessage()
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  await until(() => sent >= messages, 'all messages SENT')
  return { seconds: (performance.now() - begun) / 1000 }
}

async function drain (messages: number): Promise<{ seconds: number, missing: number }> {
  allDelivered = 0
  const begun = performance.now()
  // Few at a time: this one process must both shake hands and take what those before it are given.
  await inParallel(clients.filter((_, index) => index % 2 === 1), 8, async (one) => { await one.connect(false) })
  await until(() => allDelivered >= messages, 'all stored messages delivered')
  return { seconds: (performance.now() - begun) / 1000, missing: clients.reduce((sum, { client }) => sum + client.missing, 0) }
}

let stored = 0
async function onOrder (order: Order): Promise<unknown> {
  switch (order.do) {
    case 'connect': return await connect(order)
    case 'run': return await run(order)
    case 'store': stored = order.messages; return await store(order)
    case 'drain': return await drain(stored)
    case 'usage': return { rssBytes: process.memoryUsage.rss() }
  }
}

process.on('message', (order: Order) => {
  onOrder(order).then(
    (result) => { process.send!({ result }) },
    (error: unknown) => { process.send!({ error: inspect(error) }) }
  )
})
process.on('disconnect', () => { process.exit(0) })
process.send!({ event: 'ready' })
