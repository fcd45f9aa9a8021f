/**
 * The relays that are known, from signed records: newest record of each, bounded, forgotten when not heard of.
 * Kept by every relay and bootstrap node; clients read it to find the nearest relay. Knows no network.
 *
 * Keys are free, so records are, too. A relay that somebody here has been connected to is proven and stays; the others
 * share the rest, so many for each range of addresses, the newest in place of the oldest. Names belong to who had them first.
 */
import { ProtocolError } from './errors.ts'
import type { RelayId } from './ids.ts'
import { limits } from './limits.ts'
import { readRelayRecord, type RelayRecordReader, type SignedRelayRecord } from './records/relay-record.ts'
import type { Signing } from './records/signed.ts'

interface Known { record: SignedRelayRecord, heardAtMs: number, range: string, isProven: boolean }

/** Names whose relay is away. */
const maxKeptNames = 2 * limits.directoryRelays

export class RelayDirectory {
  readonly #signing: Signing
  readonly #maxRelays: number
  readonly #read: RelayRecordReader
  /** Longest known first. */
  readonly #records = new Map<RelayId, Known>()
  readonly #ranges = new Map<string, number>()
  /** Whose a name is, also while that relay is away; until when then. */
  readonly #names = new Map<string, { relay: RelayId, untilMs: number }>()

  /** @param options.read for a simulation of very many relays, which reads each record once for all of them */
  constructor (signing: Signing, { maxRelays = limits.directoryRelays, read = readRelayRecord }: { maxRelays?: number, read?: RelayRecordReader | undefined } = {}) {
    this.#signing = signing
    this.#maxRelays = maxRelays
    this.#read = read
  }

  /**
   * Take a record of any origin.
   *
   * @returns the record when it is new, undefined when it was known
   * @throws ProtocolError as verifyRelayRecord, BAD_SIGNATURE only of what would be new; ROLLED_BACK when a newer one is known; TOO_MANY when there is no room for it
   */
  offer (bytes: Uint8Array, nowMs: number): SignedRelayRecord | undefined {
    // What is old is told apart before its signature is checked, which costs ten times as much.
    const { record, check } = this.#read(bytes)
    const known = this.#records.get(record.relay)
    if (known !== undefined) {
      if (record.issuedAtMs < known.record.issuedAtMs) throw new ProtocolError('ROLLED_BACK', { what: 'relay record', record: known.record.bytes })
      if (record.issuedAtMs === known.record.issuedAtMs) return undefined
    }
    check(this.#signing)
    const range = known !== undefined && known.record.addresses[0] === record.addresses[0] ? known.range : rangeOf(record)
    if (known === undefined) this.#makeRoom(range, nowMs)
    else if (known.record.name !== record.name) this.#giveUpName(known.record)
    if (range !== known?.range) {
      if (known !== undefined) this.#countRange(known.range, -1)
      this.#countRange(range, 1)
    }
    if (known === undefined) this.#records.set(record.relay, { record, heardAtMs: nowMs, range, isProven: false })
    else {
      known.record = record
      known.heardAtMs = nowMs
      known.range = range
    }
    this.#takeName(record, nowMs)
    return record
  }

  /** Somebody here is or was connected to it: it is more than a key. */
  prove (relay: RelayId): void {
    const known = this.#records.get(relay)
    if (known !== undefined) known.isProven = true
  }

  get (relay: RelayId): SignedRelayRecord | undefined { return this.#records.get(relay)?.record }

  byName (name: string): SignedRelayRecord | undefined {
    const owner = this.#names.get(name)
    return owner === undefined ? undefined : this.get(owner.relay)
  }

  get size (): number { return this.#records.size }
  get proven (): number { return [...this.#records.values()].filter(({ isProven }) => isProven).length }

  /** Proven ones first, then least loaded, of `region` when one is given: what a relay says of its load is its own word. */
  list ({ region, max = 1000 }: { region?: string, max?: number } = {}): SignedRelayRecord[] {
    return [...this.#records.values()].filter(({ record }) => region === undefined || record.region === region)
      .sort((a, b) => Number(b.isProven) - Number(a.isProven) || a.record.loadPermille - b.record.loadPermille)
      .slice(0, max)
      .map(({ record }) => record)
  }

  /** Forget who was not heard of for limits.relayRecordTtlMs; its name stays its own for a while. */
  expire (nowMs: number): void {
    for (const [relay, { record, heardAtMs }] of this.#records) {
      if (heardAtMs + limits.relayRecordTtlMs <= nowMs) this.#forget(relay, record, nowMs)
    }
    for (const [name, { untilMs }] of this.#names) if (untilMs <= nowMs) this.#names.delete(name)
  }

  /** @throws ProtocolError TOO_MANY */
  #makeRoom (range: string, nowMs: number): void {
    const isFull = this.#records.size >= this.#maxRelays
    const isCrowded = (this.#ranges.get(range) ?? 0) >= (range === ownRange ? limits.relaysPerOwnRange : limits.relaysPerRange)
    if (!isFull && !isCrowded) return
    if (isFull) this.expire(nowMs)
    if (this.#records.size < this.#maxRelays && !isCrowded) return
    for (const [relay, known] of this.#records) {
      if (known.isProven || (isCrowded && known.range !== range)) continue
      // Who was not connected to has no claim to a name either.
      this.#giveUpName(known.record)
      this.#forget(relay, known.record, nowMs)
      return
    }
    throw new ProtocolError('TOO_MANY', { max: this.#maxRelays, what: 'relays' })
  }

  #forget (relay: RelayId, { name }: SignedRelayRecord, nowMs: number): void {
    this.#countRange(this.#records.get(relay)!.range, -1)
    this.#records.delete(relay)
    const owner = this.#names.get(name)
    if (owner?.relay === relay) owner.untilMs = nowMs + limits.relayNameKeptMs
  }

  #countRange (range: string, by: 1 | -1): void {
    const count = (this.#ranges.get(range) ?? 0) + by
    if (count === 0) this.#ranges.delete(range)
    else this.#ranges.set(range, count)
  }

  /** The first to use a name keeps it, and for a while after it was last heard of: a newcomer cannot take over somebody's handles. */
  #takeName ({ name, relay }: SignedRelayRecord, nowMs: number): void {
    const owner = this.#names.get(name)
    if (owner?.relay === relay) { owner.untilMs = Infinity; return }
    if (owner !== undefined && owner.untilMs > nowMs) return
    if (owner === undefined && this.#names.size >= maxKeptNames) for (const oldest of this.#names.keys()) { this.#names.delete(oldest); break }
    this.#names.set(name, { relay, untilMs: Infinity })
  }

  #giveUpName ({ name, relay }: SignedRelayRecord): void {
    if (this.#names.get(name)?.relay === relay) this.#names.delete(name)
  }
}

/** Addresses that lead nowhere for others: a network at home, a test. */
const ownRange = 'own'

/** Where a relay says that it can be reached: the /24 or /48 of its first address, or the domain of its host. */
function rangeOf ({ addresses }: SignedRelayRecord): string {
  const [, kind = '', host = ''] = (addresses[0] ?? '').split('/')
  if (kind === 'ip4') {
    if (/^(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\./.test(host)) return ownRange
    return host.split('.').slice(0, 3).join('.')
  }
  if (kind === 'ip6') return host === '::1' || /^f[cd]/i.test(host) ? ownRange : host.toLowerCase().split(':').slice(0, 3).join(':')
  return kind === '' ? ownRange : host.toLowerCase().split('.').slice(-2).join('.')
}
