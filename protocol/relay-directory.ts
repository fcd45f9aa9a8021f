/**
 * The relays that are known, from signed records: newest record of each, bounded, forgotten when not heard of.
 * Kept by every relay and bootstrap node; clients read it to find the nearest relay. Knows no network.
 */
import { mapKey, sameBytes } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import type { RelayId } from './ids.ts'
import { limits } from './limits.ts'
import { verifyRelayRecord, type SignedRelayRecord } from './records/relay-record.ts'
import type { Signing } from './records/signed.ts'

/**
 * Records that were verified, by their last bytes, which are the signature; compared in full. A record comes again and again:
 * in the answers of every directory that is asked, and by gossip to every relay of a simulation. Verifying costs 200 µs.
 */
const verified = new WeakMap<Signing, Map<string, SignedRelayRecord>>()
/** A good megabyte. */
const maxVerified = 2_048
const keyBytes = 64

/** @throws ProtocolError as verifyRelayRecord */
function verify (signing: Signing, bytes: Uint8Array): SignedRelayRecord {
  let known = verified.get(signing)
  if (known === undefined) verified.set(signing, known = new Map())
  const key = mapKey(bytes.subarray(-keyBytes))
  const seen = known.get(key)
  if (seen !== undefined && sameBytes(seen.bytes, bytes)) return seen
  const record = verifyRelayRecord(signing, bytes)
  if (known.size >= maxVerified) known.delete(known.keys().next().value!)
  known.set(key, record)
  return record
}

export class RelayDirectory {
  readonly #signing: Signing
  readonly #records = new Map<RelayId, { record: SignedRelayRecord, heardAtMs: number }>()
  readonly #byName = new Map<string, RelayId>()

  constructor (signing: Signing) { this.#signing = signing }

  /**
   * Take a record of any origin.
   *
   * @returns the record when it is new, undefined when it was known
   * @throws ProtocolError as verifyRelayRecord; ROLLED_BACK when a newer one is known; TOO_MANY when full
   */
  offer (bytes: Uint8Array, nowMs: number): SignedRelayRecord | undefined {
    const record = verify(this.#signing, bytes)
    const known = this.#records.get(record.relay)
    if (known !== undefined) {
      if (record.issuedAtMs < known.record.issuedAtMs) throw new ProtocolError('ROLLED_BACK', { what: 'relay record', record: known.record.bytes })
      if (record.issuedAtMs === known.record.issuedAtMs) return undefined
      this.#forgetName(known.record)
    } else if (this.#records.size >= limits.directoryRelays) {
      this.expire(nowMs)
      if (this.#records.size >= limits.directoryRelays) throw new ProtocolError('TOO_MANY', { max: limits.directoryRelays, what: 'relays' })
    }
    this.#records.set(record.relay, { record, heardAtMs: nowMs })
    // The first to use a name keeps it while it is heard of: a newcomer cannot take over somebody's handles.
    if (!this.#byName.has(record.name)) this.#byName.set(record.name, record.relay)
    return record
  }

  get (relay: RelayId): SignedRelayRecord | undefined { return this.#records.get(relay)?.record }

  byName (name: string): SignedRelayRecord | undefined {
    const relay = this.#byName.get(name)
    return relay === undefined ? undefined : this.get(relay)
  }

  get size (): number { return this.#records.size }

  /** Least loaded first, of `region` when one is given. */
  list ({ region, max = 1000 }: { region?: string, max?: number } = {}): SignedRelayRecord[] {
    const all = [...this.#records.values()].map((entry) => entry.record)
    return all.filter((record) => region === undefined || record.region === region)
      .sort((a, b) => a.loadPermille - b.loadPermille)
      .slice(0, max)
  }

  /** Forget who was not heard of for limits.relayRecordTtlMs. */
  expire (nowMs: number): void {
    for (const [relay, { record, heardAtMs }] of this.#records) {
      if (heardAtMs + limits.relayRecordTtlMs > nowMs) continue
      this.#records.delete(relay)
      this.#forgetName(record)
    }
  }

  #forgetName (record: SignedRelayRecord): void {
    if (this.#byName.get(record.name) === record.relay) this.#byName.delete(record.name)
  }
}
