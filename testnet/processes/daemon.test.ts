import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Daemon } from './daemon.ts'
import { freePorts } from './free-ports.ts'

const bootstrapHttp = (port: number): (() => Promise<boolean>) => () => fetch(`http://127.0.0.1:${port}/healthz`).then((response) => response.ok, () => false)
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    // No such process: what is hoped for.
    return false
  }
}

describe('processes of the testnet', function () {
  this.timeout(60_000)
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-daemon-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  async function bootstrapIn (folder: string): Promise<{ args: string[], httpPort: number, routesFile: string, logFile: string }> {
    const [port, httpPort] = await freePorts(2) as [number, number]
    const config = join(folder, 'bootstrap.toml')
    await writeFile(config, `listen = ["/ip4/127.0.0.1/tcp/${port}"]\nhttpAddress = "127.0.0.1:${httpPort}"\n`)
    await writeFile(join(folder, 'routes.json'), '{}')
    return { args: ['bootstrap', 'start', '--config', config], httpPort, routesFile: join(folder, 'routes.json'), logFile: join(folder, 'log') }
  }

  it('one is started, killed, started again and stopped', async () => {
    const { args, httpPort, routesFile, logFile } = await bootstrapIn(folder)
    const daemon = new Daemon({ name: 'entry', args, routesFile, logFile, isReady: bootstrapHttp(httpPort) })
    await daemon.start()
    const first = daemon.pid!
    await daemon.kill()
    assert.equal(daemon.pid, undefined)
    assert.equal(isAlive(first), false)
    await daemon.start()
    assert.notEqual(daemon.pid, first)
    await daemon.stop()
    assert.equal(daemon.pid, undefined)
    assert.match(await readFile(logFile, 'utf8'), /bootstrap.stopped/)
  })

  it('one that ends at once is an error that shows what it said', async () => {
    const { routesFile, logFile } = await bootstrapIn(folder)
    const daemon = new Daemon({ name: 'entry', args: ['bootstrap', 'start', '--config', join(folder, 'nowhere.toml')], routesFile, logFile, isReady: async () => false })
    await assert.rejects(daemon.start(), /entry ended with 1[^]*nowhere\.toml/)
  })

  it('none outlives whoever started it, even by kill -9', async () => {
    const { args, httpPort, routesFile, logFile } = await bootstrapIn(folder)
    const starter = join(folder, 'starter.ts')
    const daemonModule = new URL('daemon.ts', import.meta.url).href
    await writeFile(starter, `
      import { Daemon } from ${JSON.stringify(daemonModule)}
      const ready = () => fetch('http://127.0.0.1:${httpPort}/healthz').then((response) => response.ok, () => false)
      const daemon = new Daemon({ name: 'entry', args: ${JSON.stringify(args)}, routesFile: ${JSON.stringify(routesFile)}, logFile: ${JSON.stringify(logFile)}, isReady: ready })
      await daemon.start()
      console.log(daemon.pid)
      setInterval(() => {}, 1000)
    `)
    const parent = spawn(process.execPath, [starter], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = await once(parent.stdout, 'data') as [Buffer]
    const pid = Number(line.toString())
    assert.equal(isAlive(pid), true)
    parent.kill('SIGKILL')
    for (let i = 0; i < 500 && isAlive(pid); i++) await new Promise((resolve) => { setTimeout(resolve, 20) })
    assert.equal(isAlive(pid), false)
  })

  it('a process in a region dials through the routes it was given, and nothing else', async () => {
    const [there, elsewhere] = [createServer((socket) => { socket.end('proxy') }), createServer((socket) => { socket.end('direct') })]
    for (const server of [there, elsewhere]) { server.listen(0, '127.0.0.1'); await once(server, 'listening') }
    const port = (server: typeof there): number => (server.address() as AddressInfo).port
    const [remote] = await freePorts(1) as [number]
    const routes = join(folder, 'routes.json')
    await writeFile(routes, JSON.stringify({ [remote]: port(there) }))
    const dial = `const net = require('node:net'); for (const port of [${remote}, ${port(elsewhere)}]) net.connect({ port, host: '127.0.0.1' }).on('data', (data) => console.log(data.toString()))`
    const inRegion = new URL('../wan/in-region.ts', import.meta.url)
    inRegion.searchParams.set('routes', routes)
    const child = spawn(process.execPath, ['--import', inRegion.href, '-e', dial], { stdio: ['pipe', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
    await once(child, 'close')
    assert.deepEqual(said.trim().split('\n').sort(), ['direct', 'proxy'])
    for (const server of [there, elsewhere]) server.close()
  })
})
