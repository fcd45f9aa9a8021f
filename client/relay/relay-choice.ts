/**
 * Which relay: the signed directory, asked of bootstrap nodes and relays, and the nearest of those that it names.
 *
 * Near is the round trip, made longer by load: a relay that is half full counts as half as far again.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { parseRelayId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, directoryMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { RelayDirectory } from '../../protocol/relay-directory.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { ClientLogger } from '../components.ts'
import { dialChannel } from './dial.ts'
import { clientLimits } from '../limits.ts'

export interface Candidate {
  readonly relay: RelayId
  /** '' while it is not known. */
  readonly name: string
  readonly region: string
  readonly addresses: readonly string[]
  readonly rttMs?: number
}

export interface Wish {
  /** A relay's name, id or multiaddr. */
  readonly relay?: string | undefined
  readonly region?: string | undefined
}

export interface RelayChoiceComponents {
  readonly dialer: Dialer
  readonly clock: Clock
  readonly signing: Signing
  readonly logger?: ClientLogger | undefined
}

const roundTrips = 2
const fullLoadPermille = 1_000

/** The relay that a multiaddr ends in. @throws ProtocolError MALFORMED */
export function relayOfAddress (address: string): RelayId {
  const at = address.lastIndexOf('/p2p/')
  if (at < 0 || address.length > limits.addressBytes) throw new ProtocolError('MALFORMED', { what: 'relay address' })
  return parseRelayId(address.slice(at + '/p2p/'.length))
}

export class RelayChoice {
  readonly #on: RelayChoiceComponents
  readonly #bootstrap: readonly string[]

  constructor (components: RelayChoiceComponents, { bootstrap }: { bootstrap: readonly string[] }) {
    this.#on = components
    this.#bootstrap = bootstrap
  }

  /**
   * Relays for a new account, best first. Never empty.
   * @throws ProtocolError UNKNOWN_RELAY when the wish names one that nobody knows; HOME_UNREACHABLE when no directory
   *   can be reached or none of its relays answers
   */
  async candidates (wish: Wish, signal: AbortSignal): Promise<Candidate[]> {
    const { relay, region } = wish
    if (relay !== undefined && relay.startsWith('/')) {
      const id = relayOfAddress(relay)
      return [{ relay: id, name: '', region: '', addresses: [relay], ...await this.#known(id, [relay], signal) }]
    }
    const directory = await this.directory(this.#bootstrap, signal)
    if (relay !== undefined) {
      const record = directory.byName(relay) ?? directory.list().find((one) => one.relay === relay)
      if (record === undefined) throw new ProtocolError('UNKNOWN_RELAY', { what: 'relay' })
      return [record]
    }
    const all = directory.list().filter((record) => record.openRegistration)
    const preferred = all.filter((record) => record.region === region)
    const measured = await this.#measure(preferred.length > 0 ? preferred : spread(all), signal)
    if (measured.length === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no relay answers' })
    return measured
  }

  /**
   * Relays that could stand in for `home`, best first: run by somebody else and in another region, if there are such; then the
   * nearest. Those that take new accounts and answer.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT when no directory answers
   */
  async standbys (home: Pick<Candidate, 'relay' | 'name' | 'region' | 'addresses'>, alsoAsk: readonly string[], signal: AbortSignal): Promise<Candidate[]> {
    const directory = await this.directory([...this.#bootstrap, ...alsoAsk, ...home.addresses], signal)
    const others = directory.list().filter((record) => record.openRegistration && record.relay !== home.relay)
    const apart = (record: Candidate): number => (record.region === home.region ? 0 : 1) + (operatorOf(record.name) === operatorOf(home.name) ? 0 : 1)
    const ranked = spread(others).sort((a, b) => apart(b) - apart(a))
    const measured = await this.#measure(ranked, signal)
    return measured.sort((a, b) => apart(b) - apart(a))
  }

  /** Some relays other than `home` that can be asked something, in no order. @throws ProtocolError when no directory answers */
  async others (home: Pick<Candidate, 'relay' | 'addresses'>, alsoAsk: readonly string[], signal: AbortSignal): Promise<Candidate[]> {
    const directory = await this.directory([...this.#bootstrap, ...alsoAsk, ...home.addresses], signal)
    return spread(directory.list().filter((record) => record.relay !== home.relay))
  }

  /** Where a relay can be reached now. @returns undefined when nobody knows */
  async find (relay: RelayId, alsoAsk: readonly string[], signal: AbortSignal): Promise<Candidate | undefined> {
    return (await this.directory([...alsoAsk, ...this.#bootstrap], signal)).get(relay)
  }

  /** The directories of several servers put together. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT when none answers */
  async directory (addresses: readonly string[], signal: AbortSignal): Promise<RelayDirectory> {
    if (addresses.length === 0) throw new ProtocolError('HOME_UNREACHABLE', { what: 'no bootstrap address is configured' })
    const directory = new RelayDirectory(this.#on.signing)
    const groups = byRelay(addresses)
    let lastError: unknown
    for (let at = 0; at < groups.length && directory.size === 0; at += clientLimits.directoriesAsked) {
      lastError = await this.#askTogether(groups.slice(at, at + clientLimits.directoriesAsked), directory, signal) ?? lastError
    }
    if (directory.size === 0) throw isProtocolError(lastError) ? lastError : new ProtocolError('HOME_UNREACHABLE', { cause: lastError, what: 'no relay is known' })
    return directory
  }

  /** All of them, but when one has answered not much longer than that. @returns why one has not */
  async #askTogether (groups: ReadonlyArray<readonly string[]>, directory: RelayDirectory, signal: AbortSignal): Promise<unknown> {
    const enough = new AbortController()
    const either = AbortSignal.any([signal, enough.signal])
    let timer: Timer | undefined
    let lastError: unknown
    await Promise.all(groups.map(async (group) => {
      try {
        await this.#ask(group, directory, either)
        timer ??= this.#on.clock.after(clientLimits.directoryPatienceMs, () => { enough.abort(new ProtocolError('TIMEOUT')) })
      } catch (error) {
        lastError = error
      }
    }))
    timer?.cancel()
    return lastError
  }

  async #known (relay: RelayId, addresses: readonly string[], signal: AbortSignal): Promise<Partial<Candidate>> {
    try {
      return await this.find(relay, addresses, signal) ?? {}
    } catch (error) {
      // Chosen by address: it need not be in any directory.
      if (!isProtocolError(error)) throw error
      return {}
    }
  }

  async #ask (addresses: readonly string[], directory: RelayDirectory, signal: AbortSignal): Promise<void> {
    const { records } = await this.#withChannel(addresses, signal, async (channel) => await channel.call(directoryMethods.getDirectory, { region: '', max: clientLimits.directoryRelays }, { signal }))
    for (const record of records) {
      try {
        directory.offer(record, this.#on.clock.nowMs())
      } catch (error) {
        if (!isProtocolError(error)) throw error
        // [IGNORE] one bad or older record does not spoil the others
        this.#on.logger?.debug('client.bad-relay-record', { code: error.code })
      }
    }
  }

  async #measure (candidates: ReadonlyArray<Candidate & { loadPermille: number }>, signal: AbortSignal): Promise<Candidate[]> {
    const measured = await Promise.all(candidates.slice(0, clientLimits.relaysMeasured).map(async (candidate) => {
      try {
        const rttMs = await this.#roundTripMs(candidate.addresses, signal)
        return { candidate: { ...candidate, rttMs }, score: (rttMs + 1) * (1 + candidate.loadPermille / fullLoadPermille) }
      } catch (error) {
        if (!isProtocolError(error)) throw error
        // It does not answer: not a candidate.
        return undefined
      }
    }))
    signal.throwIfAborted()
    return measured.filter((one) => one !== undefined).sort((a, b) => a.score - b.score).map(({ candidate }) => candidate)
  }

  /** The shortest of a few: the first pays for a cold connection. */
  async #roundTripMs (addresses: readonly string[], signal: AbortSignal): Promise<number> {
    return await this.#withChannel(addresses, signal, async (channel) => {
      let best = Infinity
      for (let i = 0; i < roundTrips; i++) {
        const startMs = this.#on.clock.nowMs()
        await channel.call(anyMethods.ping, {}, { signal })
        best = Math.min(best, this.#on.clock.nowMs() - startMs)
      }
      return best
    })
  }

  async #withChannel<T> (addresses: readonly string[], signal: AbortSignal, use: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = (await dialChannel(this.#on, { target: { addresses }, protocol: protocols.directory, signal })).start()
    try {
      return await use(channel)
    } finally {
      await channel.close()
    }
  }
}

/** Whoever has the domain runs the relay, as far as names tell. A name without a domain is nobody else's. */
function operatorOf (name: string): string {
  const dot = name.indexOf('.')
  return dot < 0 ? name : name.slice(dot + 1)
}

function byRelay (addresses: readonly string[]): string[][] {
  const groups = new Map<string, string[]>()
  for (const address of addresses) {
    const relay = address.slice(address.lastIndexOf('/p2p/'))
    groups.set(relay, [...groups.get(relay) ?? [], address])
  }
  return [...groups.values()]
}

/** One of each region in turn, least loaded first, so that what is measured is not all of the largest region. */
function spread<T extends { region: string }> (records: readonly T[]): T[] {
  const regions = new Map<string, T[]>()
  for (const record of records) regions.set(record.region, [...regions.get(record.region) ?? [], record])
  const queues = [...regions.values()]
  const out: T[] = []
  for (let i = 0; out.length < records.length; i++) for (const queue of queues) if (queue[i] !== undefined) out.push(queue[i]!)
  return out
}
