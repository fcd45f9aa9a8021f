/**
 * The `Dialer` port over libp2p: one small node per device, whose key is the device's; it only dials.
 *
 * Owns: reaching a relay by any of its addresses, letting a connection go with its last stream, measuring round trips.
 * Knows no platform: the node comes from libp2p-node.ts or libp2p-browser.ts.
 */
import { multiaddr, type Multiaddr } from '@multiformats/multiaddr'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { ByteStream, Dialer } from '../../protocol/byte-stream.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { parseRelayId, type RelayId } from '../../protocol/ids.ts'
import { Libp2pByteStream, abortConnection, closeConnection, type StreamOptions } from '../../protocol/libp2p/stream.ts'
import { limits } from '../../protocol/limits.ts'

/** What a platform provides. */
export interface ClientPlatform {
  createLibp2p (): Promise<Libp2p>
  streamOptions: StreamOptions
}

interface Target { relay: RelayId, addresses: Multiaddr[] }

const pingProtocol = '/ipfs/ping/1.0.0'
const pingBytes = 32

export class Libp2pDialer implements Dialer {
  readonly #platform: ClientPlatform
  #node: Promise<Libp2p> | undefined
  #isStopped = false

  constructor (platform: ClientPlatform) { this.#platform = platform }

  async dial ({ addresses, expect }: { addresses: readonly string[], expect?: RelayId }, protocol: string, { signal }: { signal: AbortSignal }): Promise<ByteStream> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.dialTimeoutMs)])
    let lastError: unknown
    for (const target of targetsOf(addresses, expect)) {
      try {
        const connection = await this.#connect(target, deadline)
        return await this.#open(connection, protocol, deadline)
      } catch (error) {
        lastError = error
        if (deadline.aborted) break
      }
    }
    throw dialError(lastError, signal, deadline)
  }

  /**
   * One round trip to the relay at `addresses`, over a connection that is made for it if there is none.
   * @throws ProtocolError HOME_UNREACHABLE or TIMEOUT
   */
  async measureRttMs (addresses: readonly string[], { signal, expect }: { signal: AbortSignal, expect?: RelayId }): Promise<number> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.dialTimeoutMs)])
    let lastError: unknown
    for (const target of targetsOf(addresses, expect)) {
      let stream: Stream | undefined
      let connection: Connection | undefined
      try {
        connection = await this.#connect(target, deadline)
        stream = await connection.newStream(pingProtocol, { signal: deadline })
        return await echoMs(stream, deadline)
      } catch (error) {
        lastError = error
        if (deadline.aborted) break
      } finally {
        stream?.abort(new ProtocolError('CANCELLED'))
        if (connection !== undefined) letGo(connection)
      }
    }
    throw dialError(lastError, signal, deadline)
  }

  /** Closes what is open. The dialer is not used afterwards. */
  async stop (): Promise<void> {
    this.#isStopped = true
    const node = await this.#node
    if (node === undefined) return
    // libp2p says goodbye within a time limit that does not keep a program running: Node would end in the middle of a `stop`.
    const awake = setInterval(() => {}, limits.requestTimeoutMs)
    try {
      await node.stop()
    } finally {
      clearInterval(awake)
    }
  }

  async #connect ({ addresses }: Target, signal: AbortSignal): Promise<Connection> {
    if (this.#isStopped) throw new ProtocolError('CANCELLED', { what: 'the client has stopped' })
    signal.throwIfAborted()
    this.#node ??= this.#platform.createLibp2p()
    const node = await this.#node
    return await node.dial(addresses, { signal })
  }

  async #open (connection: Connection, protocol: string, signal: AbortSignal): Promise<ByteStream> {
    let stream: Stream
    try {
      stream = await connection.newStream(protocol, { signal })
    } catch (error) {
      // Perhaps a connection that died without a word: the next attempt must not find it again.
      abortConnection(connection, error as Error)
      throw error
    }
    stream.addEventListener('close', ({ error }) => {
      if (error === undefined) letGo(connection)
      else abortConnection(connection, error)
    })
    return new Libp2pByteStream(stream, connection, this.#platform.streamOptions)
  }
}

/** Close a connection that carries nothing any more. */
function letGo (connection: Connection): void {
  setTimeout(() => {
    if (connection.streams.length > 0 || connection.status !== 'open') return
    closeConnection(connection)
  }, 0)
}

/** The second of two echoes: the first pays for slow start and a cold relay. */
async function echoMs (stream: Stream, signal: AbortSignal): Promise<number> {
  let elapsedMs = 0
  for (let i = 0; i < 2; i++) {
    const startMs = performance.now()
    await echo(stream, signal)
    elapsedMs = performance.now() - startMs
  }
  return elapsedMs
}

function echo (stream: Stream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = pingBytes
    const settle = (error?: Error): void => {
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('close', onClose)
      signal.removeEventListener('abort', onAbort)
      if (error === undefined) resolve()
      else reject(error)
    }
    const onMessage = (event: { data: { byteLength: number } }): void => {
      missing -= event.data.byteLength
      if (missing <= 0) settle()
    }
    const onClose = (): void => { settle(new ProtocolError('DISCONNECTED')) }
    const onAbort = (): void => { settle(signal.reason as Error) }
    stream.addEventListener('message', onMessage)
    stream.addEventListener('close', onClose)
    signal.addEventListener('abort', onAbort)
    stream.send(crypto.getRandomValues(new Uint8Array(pingBytes)))
  })
}

/**
 * By relay, in the order given; an address without an id gets `expect`, one of another relay is left out.
 * @throws ProtocolError HOME_UNREACHABLE when none is usable
 */
function targetsOf (addresses: readonly string[], expect: RelayId | undefined): Target[] {
  const targets = new Map<RelayId, Target>()
  for (const text of addresses.slice(0, limits.relayAddresses)) {
    const parsed = parse(text, expect)
    if (parsed === undefined || (expect !== undefined && parsed.relay !== expect)) continue
    const target = targets.get(parsed.relay)
    if (target === undefined) targets.set(parsed.relay, { relay: parsed.relay, addresses: [parsed.address] })
    else target.addresses.push(parsed.address)
  }
  if (targets.size === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no usable address with a relay id' })
  return [...targets.values()]
}

function parse (text: string, expect: RelayId | undefined): { relay: RelayId, address: Multiaddr } | undefined {
  try {
    const address = multiaddr(text)
    const id = address.getComponents().findLast((component) => component.name === 'p2p')?.value
    if (id !== undefined) return { relay: parseRelayId(id), address }
    return expect === undefined ? undefined : { relay: expect, address: address.encapsulate(`/p2p/${expect}`) }
  } catch {
    return undefined // not an address that this version can read: the others may do
  }
}

function dialError (error: unknown, signal: AbortSignal, deadline: AbortSignal): Error {
  if (signal.aborted) return isProtocolError(signal.reason) ? signal.reason : new ProtocolError('TIMEOUT', { cause: signal.reason })
  if (deadline.aborted) return new ProtocolError('TIMEOUT', { cause: error })
  return isProtocolError(error) ? error : new ProtocolError('HOME_UNREACHABLE', { cause: error })
}
