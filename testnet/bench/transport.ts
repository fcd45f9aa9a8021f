/**
 * The transport alone: libp2p as configured for relays and devices, without mail.
 *
 * An echo relay runs in a process of its own; this one dials it. Measures frames per second and CPU per frame of the
 * relay's process, handshakes, and resident memory per idle connection. Figures stand in docs/performance.md.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNodeDialer } from '../../client/libp2p/libp2p-node.ts'
import type { Libp2pDialer } from '../../client/libp2p/dialer.ts'
import { Libp2pMesh } from '../../node/libp2p/mesh.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import { systemClock, systemRandom } from '../../node/system.ts'
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { protocols } from '../../protocol/protocols.ts'

interface Usage { cpuMs: number, residentBytes: number, open: number }

const frameBytes = 1024
const roleVariable = 'HELIOGRAPH_BENCH_TRANSPORT_ROLE'

/** Node options for the relay's process alone, e.g. `--cpu-prof --cpu-prof-dir=profiles`. */
const nodeOptionsVariable = 'HELIOGRAPH_BENCH_RELAY_OPTIONS'

const help = `usage: bench transport [--seconds 5] [--connections 200] [--idle 1000,5000] [--handshakes 600] [--ws] [--only echo,handshake,idle]
To profile the relay: ${nodeOptionsVariable}='--cpu-prof --cpu-prof-dir=profiles'
`

export async function run (args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      seconds: { type: 'string', default: '5' },
      connections: { type: 'string', default: '200' },
      handshakes: { type: 'string', default: '600' },
      idle: { type: 'string', default: '1000,5000' },
      only: { type: 'string', default: 'echo,handshake,idle' },
      ws: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false }
    }
  })
  if (values.help) { process.stdout.write(help); return }
  const only = values.only.split(',')
  print(`transport: ${values.ws ? 'WebSocket' : 'TCP'} on loopback, Noise, yamux, ${frameBytes}-byte frames; Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}, relay and load in a process each`)
  if (only.includes('echo')) {
    for (const inFlight of [1, 10]) await echo({ connections: Number(values.connections), inFlight, seconds: Number(values.seconds), ws: values.ws })
  }
  if (only.includes('handshake')) await handshakes({ count: Number(values.handshakes), ws: values.ws })
  if (only.includes('idle')) await idle({ counts: values.idle.split(',').map(Number), ws: values.ws })
}

const print = (line: string): void => { process.stdout.write(`${line}\n`) }

class EchoRelay {
  readonly #child: ChildProcess
  readonly addresses: string[]

  private constructor (child: ChildProcess, addresses: string[]) {
    this.#child = child
    this.addresses = addresses
  }

  static async start (ws: boolean): Promise<EchoRelay> {
    const child = fork(fileURLToPath(import.meta.url), [], {
      env: { ...process.env, [roleVariable]: 'relay' },
      execArgv: ['--expose-gc', ...process.execArgv, ...(process.env[nodeOptionsVariable] ?? '').split(' ').filter((arg) => arg !== '')]
    })
    const [addresses] = await once(child, 'message') as [string[]]
    return new EchoRelay(child, addresses.filter((address) => address.includes('/ws') === ws))
  }

  /** @param settle collect garbage and let it settle first */
  async usage (settle = false): Promise<Usage> {
    this.#child.send({ settle })
    const [usage] = await once(this.#child, 'message') as [Usage]
    return usage
  }

  async stop (): Promise<void> {
    this.#child.send('stop')
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }
}

async function connect (relay: EchoRelay): Promise<{ dialer: Libp2pDialer, stream: ByteStream }> {
  const dialer = createNodeDialer({ seed: randomBytes(32), encrypter: fastNoise() })
  const stream = await dialer.dial({ addresses: relay.addresses }, protocols.client, { signal: AbortSignal.timeout(30_000) })
  return { dialer, stream }
}

/** `count` connections, a few at a time. */
async function connectAll (relay: EchoRelay, count: number, atATime = 8): Promise<Array<{ dialer: Libp2pDialer, stream: ByteStream }>> {
  const out: Array<{ dialer: Libp2pDialer, stream: ByteStream }> = []
  let left = count
  await Promise.all(Array.from({ length: atATime }, async () => {
    while (left-- > 0) out.push(await connect(relay))
  }))
  return out
}

async function echo ({ connections, inFlight, seconds, ws }: { connections: number, inFlight: number, seconds: number, ws: boolean }): Promise<void> {
  const relay = await EchoRelay.start(ws)
  const clients = await connectAll(relay, connections)
  let frames = 0
  let isOver = false
  for (const { stream } of clients) {
    let received = 0
    stream.start({
      onData: (chunk) => {
        received += chunk.byteLength
        while (received >= frameBytes) {
          received -= frameBytes
          frames++
          if (!isOver) stream.send(new Uint8Array(frameBytes))
        }
      },
      onClose: (error) => { if (!isOver) throw error ?? new ProtocolError('DISCONNECTED') }
    })
    for (let i = 0; i < inFlight; i++) stream.send(new Uint8Array(frameBytes))
  }
  await wait(1000) // warm up
  const before = await relay.usage()
  const ownBefore = process.cpuUsage()
  const startMs = performance.now()
  const framesBefore = frames
  await wait(seconds * 1000)
  const after = await relay.usage()
  const own = process.cpuUsage(ownBefore)
  const elapsedMs = performance.now() - startMs
  const count = frames - framesBefore
  isOver = true
  print(`echo        ${connections} connections × ${String(inFlight).padStart(2)} in flight  ${Math.round(count / elapsedMs * 1000)} frames/s  relay ${us((after.cpuMs - before.cpuMs) / count)} µs CPU a frame (read + write)  load ${us((own.user + own.system) / 1000 / count)} µs`)
  await stopAll(clients, relay)
}

async function handshakes ({ count, ws }: { count: number, ws: boolean }): Promise<void> {
  const relay = await EchoRelay.start(ws)
  let clients = await connectAll(relay, 100) // warm up
  const before = await relay.usage()
  const startMs = performance.now()
  clients = [...clients, ...await connectAll(relay, count)]
  const elapsedMs = performance.now() - startMs
  const after = await relay.usage()
  print(`handshake   ${count} connections, 8 at a time             ${Math.round(count / elapsedMs * 1000)} /s        relay ${((after.cpuMs - before.cpuMs) / count).toFixed(2)} ms CPU a handshake (Noise XX, yamux, one stream)`)
  await stopAll(clients, relay)
}

async function idle ({ counts, ws }: { counts: number[], ws: boolean }): Promise<void> {
  const relay = await EchoRelay.start(ws)
  let clients = await connectAll(relay, 50)
  const empty = await relay.usage(true)
  for (const count of counts) {
    clients = [...clients, ...await connectAll(relay, count - clients.length + 50)]
    const before = await relay.usage(true)
    await wait(3000)
    const usage = await relay.usage()
    print(`idle        ${String(count).padStart(5)} connections                          ${((before.residentBytes - empty.residentBytes) / count / 1024).toFixed(1)} KB resident each  ${((usage.cpuMs - before.cpuMs) / 30).toFixed(1)} % of a core  (${usage.open} open)`)
  }
  await stopAll(clients, relay)
}

async function stopAll (clients: Array<{ dialer: Libp2pDialer, stream: ByteStream }>, relay: EchoRelay): Promise<void> {
  await relay.stop()
  await Promise.all(clients.map(async ({ dialer }) => { await dialer.stop() }))
}

const us = (ms: number): string => (ms * 1000).toFixed(1)
const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** The child: echoes whatever comes on the devices' protocol. */
async function serve (): Promise<void> {
  const mesh = await Libp2pMesh.create({ seed: randomBytes(32), listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'] }, {
    clock: systemClock,
    random: systemRandom,
    verifyHomeRecord: () => { throw new ProtocolError('MALFORMED') }
  })
  mesh.handle(protocols.client, (stream) => {
    stream.start({ onData: (chunk) => { stream.send(chunk) }, onClose: () => { /* the load has gone */ } })
  })
  await mesh.start()
  process.on('message', (message: { settle: boolean } | 'stop') => {
    if (message === 'stop') { void mesh.stop().then(() => { process.exit(0) }); return }
    void (async () => {
      if (message.settle) for (let i = 0; i < 4; i++) { await wait(500); globalThis.gc?.() }
      const { user, system } = process.cpuUsage()
      process.send!({ cpuMs: (user + system) / 1000, residentBytes: process.memoryUsage.rss(), open: mesh.host.gate.open } satisfies Usage)
    })()
  })
  process.send!(mesh.addresses())
}

if (process.env[roleVariable] === 'relay' && process.send !== undefined) await serve()
