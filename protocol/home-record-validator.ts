/**
 * What the DHT may store: home records under the key of the account that signed them, never an older one than was seen.
 *
 * kad-dht stores whatever passes the validator and does not ask the selector: an older record, validly signed, would
 * overwrite every copy. So the validator remembers how high each account's newest one stands, bounded, least recently used
 * first out.
 */
import { fromUtf8 } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import type { AccountId } from './ids.ts'
import { limits } from './limits.ts'
import { homeRecordKey, homeRecordKeyPrefix } from './protocols.ts'
import { isHigher, rankOf, type HomeRank } from './records/home-record.ts'

/** What the validator needs of a record. */
export interface VersionedRecord {
  readonly account: AccountId
  readonly epoch: number
}

/** Checks form and signature. @throws ProtocolError */
export type VerifyRecord = (bytes: Uint8Array) => VersionedRecord

export class HomeRecordValidator {
  readonly #verify: VerifyRecord
  readonly #maxAccounts: number
  /** Least recently offered first. */
  readonly #ranks = new Map<AccountId, HomeRank>()

  constructor (verify: VerifyRecord, { maxAccounts = limits.dhtRecords }: { maxAccounts?: number } = {}) {
    this.#verify = verify
    this.#maxAccounts = maxAccounts
  }

  get size (): number { return this.#ranks.size }

  /**
   * @param key UTF-8 of `/heliograph/<account id>`
   * @throws ProtocolError MALFORMED, TOO_LARGE, BAD_SIGNATURE; ROLLED_BACK when a newer one was seen
   */
  validate (key: Uint8Array, value: Uint8Array): void {
    const record = this.#verifyUnder(key, value)
    const rank = rankOf({ epoch: record.epoch, bytes: value })
    const known = this.#ranks.get(record.account)
    // [REJECT] an older record must not win over the account's latest word
    if (known !== undefined && isHigher(known, rank)) throw new ProtocolError('ROLLED_BACK', { what: 'home record' })
    if (known === undefined && this.#ranks.size >= this.#maxAccounts) {
      for (const oldest of this.#ranks.keys()) { this.#ranks.delete(oldest); break }
    }
    this.#ranks.delete(record.account)
    this.#ranks.set(record.account, rank)
  }

  /** Index of the newest valid record; 0 when none is valid. */
  select (key: Uint8Array, values: readonly Uint8Array[]): number {
    let best = 0
    let bestRank: HomeRank | undefined
    for (const [i, value] of values.entries()) {
      try {
        const rank = rankOf({ epoch: this.#verifyUnder(key, value).epoch, bytes: value })
        if (bestRank === undefined || isHigher(rank, bestRank)) { best = i; bestRank = rank }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error
        // an invalid record is never the best one
      }
    }
    return best
  }

  #verifyUnder (key: Uint8Array, value: Uint8Array): VersionedRecord {
    // [REJECT] cheapest first: sizes, then the key's form, then the signature
    if (value.byteLength > limits.recordBytes) throw new ProtocolError('TOO_LARGE', { max: limits.recordBytes })
    if (key.byteLength > 128) throw new ProtocolError('MALFORMED', { what: 'DHT key' })
    const text = textOf(key)
    if (!text.startsWith(homeRecordKeyPrefix)) throw new ProtocolError('MALFORMED', { what: 'DHT key' })
    const record = this.#verify(value)
    // [REJECT] a record of one account under the key of another
    if (homeRecordKey(record.account) !== text) throw new ProtocolError('BAD_SIGNATURE', { what: 'the key is another account\'s' })
    return record
  }
}

function textOf (key: Uint8Array): string {
  try {
    return fromUtf8(key)
  } catch (error) {
    throw new ProtocolError('MALFORMED', { what: 'DHT key', cause: error })
  }
}
