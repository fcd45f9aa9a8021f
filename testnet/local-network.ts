/**
 * The network that people play with: `npm start` and `heliograph testnet up`. Keeps its keys and messages in
 * `.heliograph/` of the checkout from one run to the next.
 */
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openNodeClient } from '../client/client-node.ts'
import { sodiumNoiseCrypto } from '../node/libp2p/noise-crypto.ts'
import { Daemon, runOnTerminal } from './processes/daemon.ts'
import { Network, type Region } from './network/network.ts'

export interface LocalOptions { readonly print: (line: string) => void, readonly signal: AbortSignal, readonly rttMs?: number, readonly seed?: number }

const checkout = fileURLToPath(new URL('..', import.meta.url))
const stateFolder = join(checkout, '.heliograph')

interface Resident { readonly name: string, readonly region: Region, readonly handle: string, readonly folder: string }

/** `testnet up`: until Ctrl-C. @returns the exit code */
export async function networkUp (options: LocalOptions): Promise<number> {
  return await withNetwork(options, async ({ network, people: [ada, bob, echo] }) => {
    const { print, signal } = options
    print('')
    print('Two people live here; open each in a terminal of its own and let them talk:')
    print(`  npx heliograph chat --data ${shown(ada.folder)} ${bob.handle}     # ada, in Europe`)
    print(`  npx heliograph chat --data ${shown(bob.folder)} ${ada.handle}     # bob, in Asia`)
    print(`The echo bot ${echo.handle} answers everybody.`)
    print('')
    print('Make somebody new:')
    print(`  npx heliograph account create --data .heliograph/eve --handle eve --bootstrap ${network.bootstrapAddress}`)
    print('Kill a relay in the middle of a message; ticks wait, nothing is lost:')
    for (const { name, daemon } of network.relays) print(`  kill -9 ${String(daemon.pid).padEnd(7)} # ${name}; it is started again after two seconds`)
    print('')
    print(`Logs: ${shown(join(network.folder, 'logs'))}   Figures: ${network.relays.map(({ httpUrl }) => `${httpUrl}/metrics`).join(' ')}`)
    print('Ctrl-C stops everything.')
    await keepAlive(network, print, signal)
    print('\nStopping …')
    return 0
  })
}

/** `npm start`: the network, and a chat with the echo bot at its far end. @returns the exit code */
export async function chatStart (options: LocalOptions): Promise<number> {
  return await withNetwork(options, async ({ network, people: [ada, , echo] }) => {
    options.print(`You are ${ada.handle}, in Europe. The echo bot is in Asia, ${options.rttMs ?? 80} ms away.`)
    options.print('/help shows what you can do, Ctrl-C ends it.')
    const abort = new AbortController()
    const alive = keepAlive(network, () => {}, AbortSignal.any([options.signal, abort.signal]))
    const code = await runOnTerminal({ args: ['chat', '--data', ada.folder, echo.handle], routesFile: network.routesFile(ada.region), signal: options.signal })
    abort.abort()
    await alive
    if (code === 0) options.print(`Your messages are kept in ${shown(stateFolder)}; "npm start" goes on from here.`)
    return code
  })
}

type People = readonly [ada: Resident, bob: Resident, echo: Resident]

async function withNetwork (options: LocalOptions, use: (parts: { network: Network, people: People }) => Promise<number>): Promise<number> {
  const { print, rttMs = 80, seed = 1 } = options
  const folder = join(stateFolder, 'network')
  await mkdir(folder, { recursive: true })
  const release = await lock(join(stateFolder, 'running.pid'))
  if (release === undefined) {
    print('The network of this checkout is running already; its terminal says what to type. Stop it there with Ctrl-C.')
    return 1
  }
  let network: Network | undefined
  let bot: Daemon | undefined
  try {
    print(`Starting a bootstrap node and three relays (eu, us, ap), ${rttMs} ms apart …`)
    network = await Network.prepare({ folder, seed, rttMs })
    await network.start()
    print('The relays have found one another. Opening the accounts and the echo bot …')
    const [ada, bob, echo] = [await resident(network, 'ada', 'eu'), await resident(network, 'bob', 'ap'), await resident(network, 'echo', 'ap')]
    await acquaint(network, ada, [['echo', echo], ['bob', bob]])
    await acquaint(network, bob, [['ada', ada]])
    bot = await startEcho(network, echo)
    if (options.signal.aborted) return 130
    return await use({ network, people: [ada, bob, echo] })
  } catch (error) {
    // Ctrl-C reaches the daemons as well: that they end while they are starting is no failure then.
    if (options.signal.aborted) return 130
    throw error
  } finally {
    await bot?.stop()
    await network?.stop()
    await release()
  }
}

/** An account with a handle at the relay of its region, made at the first run. */
async function resident (network: Network, name: string, region: Region): Promise<Resident> {
  const folder = join(stateFolder, name)
  const relay = network.relay(region)
  const settings = { bootstrap: [relay.address], region }
  const { client, close } = await openNodeClient({ folder, config: { ...settings, software: 'heliograph testnet', strangers: 'accept' }, noiseCrypto: sodiumNoiseCrypto })
  try {
    const account = client.account ?? await client.createAccount({ handle: name, relay: relay.address })
    await writeFile(join(folder, 'settings.json'), `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 })
    return { name, region, handle: account.handle, folder }
  } finally {
    await close()
  }
}

/** Adds contacts that are not there yet. */
async function acquaint (network: Network, person: Resident, others: ReadonlyArray<readonly [name: string, other: Resident]>): Promise<void> {
  const { client, close } = await openNodeClient({ folder: person.folder, config: { bootstrap: [network.relay(person.region).address], region: person.region, software: 'heliograph testnet', strangers: 'accept' }, noiseCrypto: sodiumNoiseCrypto })
  try {
    const known = new Set((await client.contacts()).map((contact) => contact.handle))
    const missing = others.filter(([, other]) => !known.has(other.handle))
    if (missing.length === 0) return
    client.start()
    for (const [name, other] of missing) await client.addContact(other.handle, { name, signal: AbortSignal.timeout(30_000) })
  } finally {
    await close()
  }
}

async function startEcho (network: Network, echo: Resident): Promise<Daemon> {
  const logFile = network.logFile('echo')
  await rm(logFile, { force: true })
  const bot = new Daemon({
    name: 'echo',
    args: ['echo-bot', '--json', '--data', echo.folder],
    routesFile: network.routesFile(echo.region),
    logFile,
    isReady: () => readFile(logFile, 'utf8').then((text) => text.includes('"connection":"online"'), () => false)
  })
  await bot.start()
  return bot
}

/** Relays that die are started again, as a service manager would, until the signal fires. */
async function keepAlive (network: Network, print: (line: string) => void, signal: AbortSignal): Promise<void> {
  const pause = (ms: number): Promise<void> => new Promise((resolve) => {
    const timer = setTimeout(end, ms)
    function end (): void { clearTimeout(timer); signal.removeEventListener('abort', end); resolve() }
    signal.addEventListener('abort', end, { once: true })
  })
  while (!signal.aborted) {
    for (const { name, daemon } of network.relays) {
      if (daemon.pid !== undefined) continue
      print(`${name} has died; starting it again in two seconds.`)
      await pause(2000)
      if (signal.aborted) return
      try {
        await daemon.start()
        print(`${name} is back, process ${daemon.pid}.`)
      } catch (error) {
        // One relay that does not come back must not take the others, and the chat, with it.
        print(`${name} did not start and is tried again: ${(error as Error).message.split('\n')[0]}`)
      }
    }
    await pause(250)
  }
}

/** @returns how to let go; undefined when a living process holds it */
async function lock (path: string): Promise<(() => Promise<void>) | undefined> {
  for (;;) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return async () => { await rm(path, { force: true }) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const pid = Number(await readFile(path, 'utf8'))
      if (isRunning(pid)) return undefined
      // Left behind by one that was killed.
      await rm(path, { force: true })
    }
  }
}

function isRunning (pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const shown = (path: string): string => relative(process.cwd(), path) || '.'
