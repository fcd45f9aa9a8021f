/**
 * The processes of a benchmark: relays and one load generator, each its own, ended by their ids.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Order, RunResult } from './load-process.ts'
import { liftedQuotas } from './quotas.ts'
import type { Asked, RelayReport } from './relay-process.ts'
import type { RelayTarget } from './synthetic-client.ts'

export class Worker<Asked> {
  readonly #child: ChildProcess
  readonly #waiting: Array<{ resolve (value: unknown): void, reject (error: Error): void }> = []
  #listeners = new Map<string, () => void>()

  constructor (file: string, args: string[], ready: () => void) {
    this.#child = fork(new URL(file, import.meta.url), args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [...(process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter(Boolean), '--expose-gc'] })
    this.#listeners.set('ready', ready)
    this.#child.on('message', (message: { event?: string, result?: unknown, error?: string }) => {
      if (message.event !== undefined) this.#listeners.get(message.event)?.()
      else if (message.error !== undefined) this.#waiting.shift()?.reject(new Error(message.error))
      else this.#waiting.shift()?.resolve(message.result)
    })
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${file} ended with ${code}`))
    })
  }

  static async start<Asked> (file: string, args: string[] = []): Promise<Worker<Asked>> {
    return await new Promise((resolve, reject) => {
      const worker: Worker<Asked> = new Worker<Asked>(file, args, () => { resolve(worker) })
      worker.#child.on('exit', (code) => { reject(new Error(`${file} ended with ${code} before it was ready`)) })
    })
  }

  on (event: string, listener: () => void): void { this.#listeners.set(event, listener) }

  async ask<Answer> (order: Asked): Promise<Answer> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: resolve as (value: unknown) => void, reject })
      this.#child.send(order as object)
    })
  }

  async end (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise<void>((resolve) => { this.#child.once('exit', () => { resolve() }) })
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, 5000)
    this.#child.disconnect()
    await ended
    clearTimeout(timer)
  }
}

export interface Measured extends RunResult {
  /** Per relay, over the measured time. */
  relays: Array<{ cpuSeconds: number, fsyncs: number, rssBytes: number }>
}

export class Fleet {
  readonly targets: RelayTarget[] = []
  readonly #folders: readonly string[]
  readonly #relays: Array<Worker<Asked>> = []
  readonly #others: Array<Worker<never>> = []
  #load!: Worker<Order>

  private constructor (folders: readonly string[]) { this.#folders = folders }

  /** @param otherDisk a folder for the data of all relays but the first, which shares its disk with nobody then */
  static async start ({ relays, otherDisk = tmpdir() }: { relays: number, otherDisk?: string }): Promise<Fleet> {
    const folders = await Promise.all([tmpdir(), otherDisk].map((parent) => mkdtemp(join(parent, 'heliograph-bench-'))))
    const fleet = new Fleet(folders)
    try {
      for (let i = 0; i < relays; i++) {
        const first = fleet.targets[0]
        const relay = await Worker.start<Asked>('./relay-process.ts', [join(folders[Math.min(i, 1)]!, `relay-${i}`), `bench-${i}`, ...(first === undefined ? [] : [first.address])])
        fleet.#relays.push(relay)
        const report = await relay.ask<RelayReport>('report')
        fleet.targets.push({ relay: report.relay, address: report.address })
      }
      fleet.#load = await Worker.start<Order>('./load-process.ts')
      return fleet
    } catch (error) {
      await fleet.stop()
      throw error
    }
  }

  async reports (asked: 'report' | 'memory' = 'report'): Promise<RelayReport[]> {
    return await Promise.all(this.#relays.map(async (relay) => await relay.ask<RelayReport>(asked)))
  }

  /** Of each relay: what /metrics says. */
  async metrics (): Promise<Array<Record<string, number>>> {
    return await Promise.all(this.#relays.map(async (relay) => await relay.ask<Record<string, number>>('metrics')))
  }

  /** Every relay but the first stands for one on another machine: it must not take the cores from the first. */
  async yieldToFirst (): Promise<void> { await Promise.all(this.#relays.slice(1).map(async (relay) => { await relay.ask('yield') })) }

  /** A load generator of another kind, ended with the fleet. */
  async addLoad<Asked> (file: string): Promise<Worker<Asked>> {
    const worker = await Worker.start<Asked>(file)
    this.#others.push(worker as unknown as Worker<never>)
    return worker
  }

  async connect (clients: number, { parallel = 32, targets = this.targets }: { parallel?: number, targets?: RelayTarget[] } = {}): Promise<{ seconds: number, relays: Measured['relays'] }> {
    const before = await this.reports()
    const { seconds } = await this.#load.ask<{ seconds: number }>({ do: 'connect', clients, targets, parallel })
    return { seconds, relays: difference(before, await this.reports()) }
  }

  async run (order: { inFlight?: number, perSecond?: number, warmUpMs?: number, measureMs: number }): Promise<Measured> {
    let before: RelayReport[] | Promise<RelayReport[]> = []
    this.#load.on('measuring', () => { before = this.reports() })
    const result = await this.#load.ask<RunResult>({ do: 'run', inFlight: 1, warmUpMs: 3000, ...order })
    return { ...result, relays: difference(await before, await this.reports()) }
  }

  async timed (order: Order): Promise<{ seconds: number, missing?: number, relays: Measured['relays'] }> {
    const before = await this.reports()
    const result = await this.#load.ask<{ seconds: number, missing?: number }>(order)
    return { ...result, relays: difference(before, await this.reports()) }
  }

  async stop (): Promise<void> {
    await Promise.all([this.#load, ...this.#others].map(async (load) => { await load?.end() }))
    await Promise.all(this.#relays.map(async (relay) => { await relay.end() }))
    for (const folder of this.#folders) await rm(folder, { recursive: true, force: true })
  }
}

export const difference = (before: RelayReport[], after: RelayReport[]): Measured['relays'] => after.map((report, i) => ({
  cpuSeconds: report.cpuSeconds - before[i]!.cpuSeconds,
  fsyncs: report.fsyncs - before[i]!.fsyncs,
  rssBytes: report.rssBytes
}))

export function printConditions (): void {
  console.log(`${new Date().toISOString().slice(0, 10)} · Node ${process.version} · ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'} · loopback · LevelDB under ${tmpdir()} · relays and load generator in processes of their own on the same cores · quotas lifted: ${liftedQuotas.join(', ')}`)
}

export const perSecond = (count: number, seconds: number): string => Math.round(count / seconds).toLocaleString('en')
export const perMessage = (cpuSeconds: number, count: number): string => (cpuSeconds / count * 1e6).toFixed(1)
