/**
 * Which relay keeps an account's logs. Signed by the account key; the highest epoch wins, so only the account moves itself,
 * and of two records of one epoch everybody takes the same one (`isNewer`). Stands in the DHT under homeRecordKey(account). Spec: docs/protocol/records.md
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { mapKey, sameBytes } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { accountIdFromBytes, accountIdToBytes, accountKeyOf, relayIdOfKey, relayKeyOf, type AccountId, type RelayId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { HomeRecord as WireHomeRecord } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, isRegion, readSigned, signRecord, type Signing } from './signed.ts'

export interface HomeRecord {
  readonly account: AccountId
  /** From 1, rises with every move; the epoch of the logs that the account anchors. */
  readonly epoch: number
  /** Primary first, then standbys. */
  readonly homes: readonly [RelayId, ...RelayId[]]
  readonly region: string
  readonly issuedAtMs: number
}

/** A checked record together with the bytes that were signed. */
export interface SignedHomeRecord extends HomeRecord { readonly bytes: Uint8Array }

/** What decides between two records of one account. The digest as a string of 32 characters, one for each byte. */
export interface HomeRank { readonly epoch: number, readonly digest: string }
type Ranked = Pick<SignedHomeRecord, 'epoch' | 'bytes'>

/** @throws ProtocolError TOO_LARGE, MALFORMED: `bytes` are no signed record */
export const rankOf = ({ epoch, bytes }: Ranked): HomeRank => ({ epoch, digest: mapKey(sha256(readSigned(bytes).body)) })

export const isHigher = (a: HomeRank, b: HomeRank): boolean => a.epoch > b.epoch || (a.epoch === b.epoch && a.digest < b.digest)

/**
 * Does `a` replace `b`? SPEC(records) A total order, so that everybody who has seen both stands at the same one: the higher
 * epoch, then the smaller SHA-256 of the signed body. Neither of two signatures of one body is newer.
 */
export function isNewer (a: Ranked, b: Ranked): boolean {
  if (a.epoch !== b.epoch) return a.epoch > b.epoch
  return !sameBytes(a.bytes, b.bytes) && isHigher(rankOf(a), rankOf(b))
}

/** [REJECT] what no relay or client takes: told to who signs, and found by who reads. */
function checkFields ({ epoch, homes, region }: Pick<HomeRecord, 'epoch' | 'region'> & { homes: readonly RelayId[] }): void {
  if (homes.length > limits.homes) throw new ProtocolError('TOO_MANY', { max: limits.homes, what: 'homes' })
  if (homes.length === 0 || new Set(homes).size !== homes.length || epoch < 1 || !isRegion(region)) throw new ProtocolError('MALFORMED', { what: 'home record' })
}

/** @param accountSeed 32-byte Ed25519 seed of the account key. @throws ProtocolError TOO_MANY, MALFORMED: nobody would take it */
export function signHomeRecord (signing: Signing, record: HomeRecord, accountSeed: Uint8Array): SignedHomeRecord {
  checkFields(record)
  const body = encode(WireHomeRecord, {
    version: wireVersion,
    account: accountIdToBytes(record.account),
    epoch: record.epoch,
    homes: record.homes.map(relayKeyOf),
    region: record.region,
    issuedAtMs: record.issuedAtMs
  })
  return { ...record, bytes: signRecord(signing, contexts.homeRecord, body, accountSeed) }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE */
export function verifyHomeRecord (signing: Signing, bytes: Uint8Array): SignedHomeRecord {
  const signed = readSigned(bytes)
  const wire = decode(WireHomeRecord, signed.body)
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const account = accountIdFromBytes(wire.account)
  const [primary, ...standbys] = wire.homes.map(relayIdOfKey)
  if (primary === undefined) throw new ProtocolError('MALFORMED', { what: 'home record' })
  checkFields({ epoch: wire.epoch, homes: [primary, ...standbys], region: wire.region })
  checkSigned(signing, contexts.homeRecord, signed, accountKeyOf(account))
  return { account, epoch: wire.epoch, homes: [primary, ...standbys], region: wire.region, issuedAtMs: wire.issuedAtMs, bytes: new Uint8Array(bytes) }
}
