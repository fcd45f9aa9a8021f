/**
 * What the operator may ask of and tell a running relay. docs/operator.md, "Commands".
 *
 * Owns: reading each request, one long piece of work at a time. Does not know: the socket (admin-socket.ts), how it is shown (cli/).
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayConfig } from '../config.ts'
import type { Logger } from '../ports.ts'
import type { Relay } from '../relay.ts'
import type { LevelStore } from '../store/store-level.ts'
import { topOf, type ActivitySample } from '../watch/activity.ts'
import type { Metrics } from '../watch/metrics.ts'
import { SortedAccounts, findWhom, listAccounts, type AccountRowsParts } from './account-rows.ts'
import type { AdminRequest, AdminRoute, AdminRoutes } from './admin-socket.ts'
import type { BlockAnswer, BlocksAnswer, CompactAnswer, DrainAnswer, RelayStatus, TopAnswer } from './answers.ts'
import { backupOf } from './backup.ts'
import { readRestored } from './restored.ts'

export interface AdminParts {
  relay: Relay
  store: LevelStore
  metrics: Pick<Metrics, 'read'>
  clock: Clock
  logger: Logger
  config: RelayConfig
  /** 32-byte Ed25519 seed of the relay's key. */
  seed: Uint8Array
  software: string
  pid: number
  startedAtMs: number
  addresses (): readonly string[]
  connections (): { readonly open: number, readonly pending: number }
  notReady (): Promise<string[]>
  /** End as on SIGTERM. */
  exit (): void
}

const maxTopSeconds = 30
const maxTopRows = 200
const maxAccountRows = 500
/** Time for the answer to leave before the process ends. */
const exitDelayMs = 200

export function adminRoutes (parts: AdminParts): AdminRoutes {
  const { relay, store, clock, config, logger } = parts
  const rows: AccountRowsParts = { relay, store, relayName: config.name }
  const sorted = new SortedAccounts(relay, () => clock.nowMs())
  const alone = oneAtATime()

  const block: AdminRoute = async ({ body }): Promise<BlockAnswer> => {
    const { kind, id } = await findWhom(rows, textIn(body, 'who'))
    // [REJECT] a relay without itself could not even be told to undo it
    if (id === relay.id) throw new ProtocolError('NOT_ALLOWED', { what: 'this relay itself' })
    const isChanged = await relay.blocks.block(kind, id)
    if (isChanged) logger.info('admin.blocked', { kind, id })
    return { kind, id, since: new Date(relay.blocks.list().find((one) => one.id === id)?.sinceMs ?? 0).toISOString(), isChanged }
  }
  const unblock: AdminRoute = async ({ body }): Promise<BlockAnswer> => {
    const { kind, id } = await findWhom(rows, textIn(body, 'who'))
    const isChanged = await relay.blocks.unblock(kind, id)
    if (isChanged) logger.info('admin.unblocked', { kind, id })
    return { kind, id, since: new Date(clock.nowMs()).toISOString(), isChanged }
  }
  const drain: AdminRoute = async ({ body }): Promise<DrainAnswer> => {
    relay.sendAway()
    logger.info('admin.drain', { isToExit: body['exit'] === true })
    if (body['exit'] === true) clock.after(exitDelayMs, parts.exit)
    else clock.after(config.drainSeconds * 1000, () => { if (relay.isSentAway) relay.clients.dismissAll() })
    return await drained(parts)
  }
  const resume: AdminRoute = async (): Promise<DrainAnswer> => {
    relay.resume()
    logger.info('admin.resume')
    return await drained(parts)
  }
  const compact = async (): Promise<CompactAnswer> => {
    const beforeBytes = await store.usedBytes()
    const startMs = clock.nowMs()
    await store.compact()
    const answer = { beforeBytes, afterBytes: await store.usedBytes(), seconds: (clock.nowMs() - startMs) / 1000 }
    logger.info('admin.compacted', { ...answer })
    return answer
  }
  return new Map<string, AdminRoute>([
    ['GET /status', () => statusOf(parts)],
    ['GET /top', (request, signal) => top(parts, request, signal)],
    ['GET /accounts', ({ query }) => listAccounts(rows, sorted, { after: query.get('after') ?? '', limit: numberIn(query, 'limit', { least: 1, most: maxAccountRows, otherwise: 100 }) })],
    ['GET /blocked', (): BlocksAnswer => ({ blocked: relay.blocks.list().map(({ kind, id, sinceMs }) => ({ kind, id, since: new Date(sinceMs).toISOString() })) })],
    ['POST /block', block],
    ['POST /unblock', unblock],
    ['POST /drain', drain],
    ['POST /resume', resume],
    ['POST /compact', () => alone('compact', compact)],
    ['GET /backup', ({ query }) => backupOf({ store, clock, config, software: parts.software, relay: relay.id, ...(query.get('key') === 'no' ? {} : { seed: parts.seed }) })]
  ])
}

async function statusOf (parts: AdminParts): Promise<RelayStatus> {
  const { relay, store, clock, config } = parts
  // Before the look at the disk, which is a commit of its own.
  const figures = await parts.metrics.read()
  const [notReady, usedBytes, freeBytes, restored] = await Promise.all([parts.notReady(), store.usedBytes(), store.freeBytes(), readRestored(store)])
  const activity = relay.activity()
  const { open, pending } = parts.connections()
  const blocked = relay.blocks.list()
  return {
    version: parts.software,
    id: relay.id,
    name: config.name,
    region: config.region,
    addresses: parts.addresses(),
    pid: parts.pid,
    startedAt: new Date(parts.startedAtMs).toISOString(),
    uptimeSeconds: Math.round((clock.nowMs() - parts.startedAtMs) / 1000),
    state: relay.isSentAway ? 'draining' : notReady[0] ?? 'running',
    notReady,
    accounts: { here: relay.accounts.size, awaited: relay.accounts.awaitedSize, connected: activity?.accounts.size ?? 0, registration: config.registration },
    connections: { open, max: config.maxConnections, pending, devices: relay.clients.connections },
    storage: { usedBytes, freeBytes, reserveBytes: store.minFreeBytes },
    ...(restored === undefined ? {} : { restored }),
    blocked: { accounts: blocked.filter(({ kind }) => kind === 'account').length, relays: blocked.filter(({ kind }) => kind === 'relay').length },
    peers: relay.directory.relays().filter((record) => record.relay !== relay.id).map((record) => {
      const { isConnected, waiting, isBackingOff } = activity?.relays.get(record.relay) ?? { isConnected: false, waiting: 0, isBackingOff: false }
      return { id: record.relay, name: record.name, region: record.region, isConnected, waiting, isBackingOff }
    }),
    figures
  }
}

async function drained ({ relay, metrics }: AdminParts): Promise<DrainAnswer> {
  return { state: relay.isSentAway ? 'draining' : 'running', devices: relay.clients.connections, outbox: (await metrics.read())['heliograph_outbox_length'] ?? 0 }
}

async function top ({ relay, clock }: AdminParts, { query }: AdminRequest, signal: AbortSignal): Promise<TopAnswer> {
  const seconds = numberIn(query, 'seconds', { least: 1, most: maxTopSeconds, otherwise: 2 })
  const sample = (): ActivitySample => {
    const activity = relay.activity()
    if (activity === undefined) throw new ProtocolError('NOT_ALLOWED', { what: 'this relay has no message path' })
    return activity
  }
  const before = sample()
  const startMs = clock.nowMs()
  await new Promise<void>((resolve, reject) => {
    const timer = clock.after(seconds * 1000, resolve)
    signal.addEventListener('abort', () => { timer.cancel(); reject(signal.reason as Error) }, { once: true })
  })
  return topOf(before, sample(), { seconds: Math.max(0.001, (clock.nowMs() - startMs) / 1000), limit: numberIn(query, 'limit', { least: 1, most: maxTopRows, otherwise: 20 }) })
}

/** @throws ProtocolError MALFORMED */
function numberIn (query: URLSearchParams, name: string, { least, most, otherwise }: { least: number, most: number, otherwise: number }): number {
  const text = query.get(name)
  const value = text === null ? otherwise : Number(text)
  if (!Number.isFinite(value) || value < least || value > most) throw new ProtocolError('MALFORMED', { what: `${name}: a number from ${least} to ${most}` })
  return value
}

/** @throws ProtocolError MALFORMED */
function textIn (body: AdminRequest['body'], name: string): string {
  const value = body[name]
  if (typeof value !== 'string' || value === '' || value.length > 300) throw new ProtocolError('MALFORMED', { what: name })
  return value
}

/** @throws ProtocolError OVERLOADED: it is being done already */
function oneAtATime (): <T>(what: string, work: () => Promise<T>) => Promise<T> {
  const running = new Set<string>()
  return async (what, work) => {
    if (running.has(what)) throw new ProtocolError('OVERLOADED', { what: `${what} is under way already` })
    running.add(what)
    try {
      return await work()
    } finally {
      running.delete(what)
    }
  }
}
