/**
 * One relay with real adapters, in a process of its own, that reports its CPU, memory and fsyncs over IPC.
 * Arguments: data folder, name, bootstrap peers.
 */
import { getPriority, setPriority } from 'node:os'
import { checkConfig } from '../../../node/config.ts'
import { initRelay, readConfigFile } from '../../../node/config-file.ts'
import { createRelay } from '../../../node/node.ts'
import type { RelayId } from '../../../protocol/ids.ts'
import { liftQuotas } from './quotas.ts'

/** `yield`: from now on it runs when nobody else wants to. */
export type Asked = 'report' | 'memory' | 'metrics' | 'yield'

export interface RelayReport {
  relay: RelayId
  address: string
  cpuSeconds: number
  fsyncs: number
  rssBytes: number
  heapBytes: number
}

liftQuotas()
const [folder, name, ...bootstrapPeers] = process.argv.slice(2)
const { configFile } = await initRelay(folder!, checkConfig({
  name,
  region: 'bench',
  listen: ['/ip4/127.0.0.1/tcp/0'],
  httpAddress: '127.0.0.1:0',
  bootstrapPeers,
  logLevel: 'warn'
}))
const relay = await createRelay(await readConfigFile(configFile))
await relay.start()

async function fsyncs (): Promise<number> {
  const text = await (await fetch(new URL('/metrics', relay.httpUrl))).text()
  if (!text.includes('heliograph_commit_batches_total')) throw new Error('the relay does not count its fsyncs')
  return Number(/^heliograph_commit_batches_total\{durable="yes"\} (\d+)/m.exec(text)?.[1] ?? 0)
}

/** @param isCollected after a full collection: for memory; it would stall what is being measured otherwise */
async function report (isCollected: boolean): Promise<RelayReport> {
  if (isCollected) globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return { relay: relay.id, address: relay.addresses[0]!, cpuSeconds: (user + system) / 1e6, rssBytes: rss, heapBytes: heapUsed, fsyncs: await fsyncs() }
}

/** Every figure of ours, by name and labels as in the text that Prometheus reads. */
async function metrics (): Promise<Record<string, number>> {
  const text = await (await fetch(new URL('/metrics', relay.httpUrl))).text()
  return Object.fromEntries(Array.from(text.matchAll(/^(heliograph_\S+) (\S+)$/gm), ([, name, value]) => [name!, Number(value)]))
}

process.on('message', (asked: Asked) => {
  if (asked === 'yield') { setPriority(Math.min(19, getPriority() + 10)); process.send!({ result: {} }); return }
  const answer = asked === 'metrics' ? metrics() : report(asked === 'memory')
  answer.then((result) => { process.send!({ result }) }, (error: unknown) => { process.send!({ error: String(error) }) })
})
process.on('disconnect', () => { relay.stop().finally(() => { process.exit(0) }) })
process.send!({ event: 'ready' })
