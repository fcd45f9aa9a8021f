import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Regions } from './regions.ts'

const oneWayMs = 40
const names = ['eu', 'us'] as const

/** Echoes what it gets; prints its port. */
const echo = 'const s=require("net").createServer(c=>{c.on("error",()=>{});c.pipe(c)});s.listen(0,process.argv[1],()=>console.log(s.address().port));process.stdin.resume().on("end",()=>process.exit())'
/** Connects, sends 20 single bytes one after another, prints the median round trip in ms. */
const ping = 'const p=[],c=require("net").connect(+process.argv[2],process.argv[1],()=>{let t=performance.now();c.setNoDelay();c.on("data",()=>{p.push(performance.now()-t);if(p.length>20){console.log(p.sort((a,b)=>a-b)[10]);process.exit()}t=performance.now();c.write("x")});c.write("x")})'
/** Sends datagrams to a port where nobody listens. */
const send = 'const s=require("dgram").createSocket("udp4");let n=+process.argv[2];const next=()=>n--?s.send("x",9,process.argv[1],next):setTimeout(()=>s.close(),50);next()'

describe('regions as network namespaces', function () {
  this.timeout(30_000)
  let folder = ''
  let regions: Regions<typeof names[number]>
  let server: { port: number, end (): void }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-regions-test-'))
    regions = await Regions.open(names, { folder, seed: 1 })
    const child = spawn(regions.prefix('us')[0]!, [...regions.prefix('us').slice(1), process.execPath, '-e', echo, regions.host('us')], { stdio: ['pipe', 'pipe', 'inherit'] })
    const port = await new Promise<number>((resolve) => { createInterface({ input: child.stdout }).once('line', (line) => { resolve(Number(line)) }) })
    server = { port, end: () => { child.stdin.end() } }
  })
  after(async () => {
    server.end()
    await regions.close()
    await rm(folder, { recursive: true })
  })
  beforeEach(() => {
    regions.heal('eu', 'us')
    regions.link('eu', 'us', { delayMs: oneWayMs })
  })

  const medianRtt = async (from: 'eu' | 'us'): Promise<number> => await new Promise((resolve, reject) => {
    const [program, ...words] = [...regions.prefix(from), process.execPath, '-e', ping, regions.host('us'), String(server.port)]
    execFile(program!, words, { timeout: 20_000 }, (error, stdout) => { if (error === null) resolve(Number(stdout)); else reject(error) })
  })

  it('what crosses takes its time, what stays does not', async () => {
    const rtt = await medianRtt('eu')
    assert.ok(rtt >= 2 * oneWayMs && rtt < 2 * oneWayMs + 25, `${rtt} ms`)
    assert.ok(await medianRtt('us') < 10)
  })

  it('loses packets at the rate that was asked for', async () => {
    regions.link('eu', 'us', { delayMs: 1, loss: 0.2 })
    const before = await regions.stats()
    const [program, ...words] = [...regions.prefix('eu'), process.execPath, '-e', send, regions.host('us'), '1000']
    await new Promise<void>((resolve, reject) => { execFile(program!, words, (error) => { if (error === null) resolve(); else reject(error) }) })
    const after = await regions.stats()
    const [lost, all] = [after.lost - before.lost, after.lost - before.lost + after.passed - before.passed]
    assert.ok(all >= 1000, `${all} packets`)
    assert.ok(lost / all > 0.15 && lost / all < 0.25, `${lost} of ${all}`)
  })

  it('is cut one way: what was said arrives, what is answered does not, until it is healed', async () => {
    const child = spawn(regions.prefix('eu')[0]!, [...regions.prefix('eu').slice(1), process.execPath, '-e',
      'const c=require("net").connect(+process.argv[2],process.argv[1],()=>{console.log("open");c.on("data",()=>console.log("heard"))});process.stdin.on("data",()=>c.write("x")).on("end",()=>process.exit())',
      regions.host('us'), String(server.port)], { stdio: ['pipe', 'pipe', 'inherit'] })
    const heard: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => { heard.push(line) })
    const until = async (count: number): Promise<void> => { while (heard.length < count) await new Promise((resolve) => { setTimeout(resolve, 5) }) }
    try {
      await until(1)
      regions.cutOneWay('us', 'eu')
      const before = await regions.stats()
      child.stdin.write('x')
      // The echo is given up on the way back, again and again.
      for (let lost = 0; lost < 2; lost = (await regions.stats()).lost - before.lost) await new Promise((resolve) => { setTimeout(resolve, 5) })
      assert.ok((await regions.stats()).passed > before.passed)
      assert.deepEqual(heard, ['open'])
      regions.heal('us', 'eu')
      await until(2)
    } finally {
      child.stdin.end()
    }
  })

  it('is reached from outside without delay, for who looks at figures', async () => {
    const socket = await new Promise<Socket>((resolve, reject) => { const made = connect(server.port, regions.host('us'), () => { resolve(made) }).once('error', reject) })
    socket.destroy()
  })

  it('a second run on this machine has addresses of its own, and is gone when it ends', async () => {
    const second = await Regions.open(['one'], { folder, seed: 2 })
    const addresses = (): string[] => Object.values(networkInterfaces()).flatMap((list) => list ?? []).map(({ address }) => address)
    const outside = second.host('one').replace(/\d+\.1$/, (end) => `${Number(end.split('.')[0]) - 1}.1`)
    assert.notEqual(second.host('one'), regions.host('eu'))
    assert.ok(addresses().includes(outside), addresses().join(' '))
    await second.close()
    assert.ok(!addresses().includes(outside))
  })
})
