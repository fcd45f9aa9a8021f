/**
 * A client for the length of one command: opened on the person's data folder, stopped however the command ends.
 */
import type { ClientConfig } from '../client/client.ts'
import { dataDir, type ClientLike, type CommonOptions, type Context } from './context.ts'
import { aboutFolder } from './explain.ts'
import { exitCodes } from './exit-codes.ts'
import { CliError } from './failure.ts'
import { readSettings } from './settings.ts'

/** @throws CliError when the folder has no account yet */
export async function withAccount<T> (context: Context, options: CommonOptions, use: (client: ClientLike, account: NonNullable<ClientLike['account']>) => Promise<T>, config: Pick<ClientConfig, 'strangers'> = {}): Promise<T> {
  if (context.open !== undefined) return await use(context.open.client, context.open.client.account!)
  const folder = dataDir(context, options)
  const settings = await readSettings(folder)
  if (settings === undefined) throw noAccount(folder)
  const { client, close } = await context.openClient({ folder, config: { ...settings, ...config }, verbose: options.verbose ?? false }).catch((error: unknown) => { throw aboutFolder(error, folder) })
  try {
    if (client.account === undefined) throw noAccount(folder)
    return await use(client, client.account)
  } finally {
    await close()
  }
}

const noAccount = (folder: string): CliError => new CliError(
  `There is no account in ${folder} yet. Make one with "heliograph account create", or name another folder with --data.`,
  { exitCode: exitCodes.notFound, code: 'NO_ACCOUNT' })

const unlinked = (): CliError => new CliError('This device was unlinked from its account: it can show what it has, and nothing comes or goes any more.', { code: 'UNLINKED' })

/** Before something is written down that would never go. @throws CliError UNLINKED */
export function mustBeLinked (client: ClientLike): void { if (client.devices.isUnlinked) throw unlinked() }

/** Connects and waits until the relay has let this device in. @throws ProtocolError the reason, CliError when `timeoutMs` passes */
export async function untilOnline (client: ClientLike, { timeoutMs, signal }: { timeoutMs: number, signal?: AbortSignal }): Promise<void> {
  mustBeLinked(client)
  client.start()
  if (client.connection.state === 'online') return
  await new Promise<void>((resolve, reject) => {
    const end = (error?: unknown): void => {
      clearTimeout(timer)
      unsubscribe()
      unsubscribeUnlinked()
      signal?.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error as Error)
    }
    const onAbort = (): void => { end(new CliError('Stopped.', { exitCode: exitCodes.interrupted, code: 'CANCELLED' })) }
    const timer = setTimeout(() => {
      end(client.connection.error ?? new CliError('No relay answered in time. Check the connection, and that the relay is running.', { exitCode: exitCodes.later, code: 'TIMEOUT' }))
    }, timeoutMs)
    const unsubscribe = client.on('connection', (status) => { if (status.state === 'online') end() })
    // The relay says so when this device comes.
    const unsubscribeUnlinked = client.on('unlinked', () => { end(unlinked()) })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Receipts are collected for 50 ms before they are sent. */
const collectMs = 120

/** Those of groups are gathered longer. */
const groupCollectMs = 400

/** What has come meanwhile is there when nothing has happened for so long, or the longer time is over. */
const quietMs = 300
const catchUpMs = 5000

/** Online, and with what waited at the relay. @throws as untilOnline */
export async function untilCaughtUp (client: ClientLike, options: { timeoutMs: number, signal?: AbortSignal }): Promise<void> {
  let lastAtMs = performance.now()
  const onEvent = (): void => { lastAtMs = performance.now() }
  const unsubscribe = (['message', 'update', 'chat', 'group', 'gone', 'connection'] as const).map((event) => client.on(event, onEvent))
  try {
    await untilOnline(client, options)
    const untilMs = performance.now() + catchUpMs
    const quiet = Math.max(quietMs, 2 * (client.connection.rttMs ?? 0))
    onEvent()
    while (performance.now() - lastAtMs < quiet && performance.now() < untilMs) await new Promise((resolve) => { setTimeout(resolve, quiet / 4) })
  } finally {
    for (const stop of unsubscribe) stop()
  }
}

/**
 * What was done is at the relay, or the time is over: then it is kept and goes out later.
 * @returns whether it is there
 */
export async function flushedWithin (client: ClientLike, timeoutMs: number): Promise<boolean> {
  mustBeLinked(client)
  client.start()
  const limit = AbortSignal.timeout(Math.max(1, timeoutMs))
  const gone = new AbortController()
  const unsubscribe = client.on('unlinked', () => { gone.abort() })
  // Receipts that an act owes are collected first.
  await new Promise((resolve) => { setTimeout(resolve, Math.min(collectMs, timeoutMs)) })
  try {
    await client.flushed({ signal: AbortSignal.any([limit, gone.signal]) })
    return true
  } catch (error) {
    mustBeLinked(client)
    if (!limit.aborted) throw error
    return false
  } finally {
    unsubscribe()
  }
}

/** How long leaving may take. */
const farewellMs = 3000

/**
 * Before leaving: let messages and receipts that are on their way reach the relay.
 *
 * @returns how many could not be handed over; they are kept and sent the next time
 */
export async function handOver (client: ClientLike): Promise<number> {
  const { state } = client.connection
  if (state === 'online' || state === 'connecting') {
    const hasGroups = (await client.groups.list()).length > 0
    await new Promise((resolve) => { setTimeout(resolve, hasGroups ? groupCollectMs : collectMs) })
    const limit = AbortSignal.timeout(farewellMs)
    try {
      await client.flushed({ signal: limit })
    } catch (error) {
      // Offline or slow: nothing is lost by leaving.
      if (!limit.aborted) throw error
    }
  }
  return await client.outboxLength()
}
