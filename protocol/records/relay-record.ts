/**
 * What a relay says of itself: name, region, addresses, load. Signed by the relay's own key; the newest wins.
 * Gossiped between relays, collected by bootstrap nodes, read by clients that look for the nearest relay.
 */
import { ProtocolError } from '../errors.ts'
import { relayIdOfKey, relayKeyOf, type RelayId } from '../ids.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { RelayRecord as WireRelayRecord } from '../wire/gen/records.js'
import { wireVersion } from '../wire/kinds.ts'
import { checkSigned, contexts, isRegion, readSigned, signRecord, type Signing } from './signed.ts'

export interface RelayRecord {
  readonly relay: RelayId
  /** For people and handles: `eu-1.example.org`. Lower case. */
  readonly name: string
  readonly region: string
  /** Multiaddrs as text, each ending in /p2p/<relay>. */
  readonly addresses: readonly string[]
  /** 0 idle … 1000 full */
  readonly loadPermille: number
  readonly openRegistration: boolean
  readonly software: string
  readonly issuedAtMs: number
  /** Which of its directory databases is current, from 1; absent: it publishes none. */
  readonly directory?: number
}

export interface SignedRelayRecord extends RelayRecord { readonly bytes: Uint8Array }

const namePattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

// Shown in terminals: nothing that could move a cursor.
const addressPattern = /^[\x21-\x7e]+$/
const softwarePattern = /^[\x20-\x7e]*$/

/** [REJECT] what no relay or client takes: told to who signs, and found by who reads. */
function checkFields ({ relay, name, region, addresses, loadPermille, software }: Omit<RelayRecord, 'openRegistration' | 'issuedAtMs'>): void {
  if (addresses.length > limits.relayAddresses) throw new ProtocolError('TOO_MANY', { max: limits.relayAddresses, what: 'addresses' })
  if (name.length > limits.relayNameBytes || !namePattern.test(name) || !isRegion(region) || loadPermille > 1000 ||
      software.length > limits.relayNameBytes || !softwarePattern.test(software) ||
      addresses.some((address) => address.length > limits.addressBytes || !addressPattern.test(address) || !address.endsWith(`/p2p/${relay}`))) {
    throw new ProtocolError('MALFORMED', { what: 'relay record' })
  }
}

/** @param relaySeed 32-byte Ed25519 seed of the relay's key. @throws ProtocolError TOO_MANY, MALFORMED: nobody would take it */
export function signRelayRecord (signing: Signing, record: RelayRecord, relaySeed: Uint8Array): SignedRelayRecord {
  checkFields(record)
  const body = encode(WireRelayRecord, { version: wireVersion, ...record, relay: relayKeyOf(record.relay), addresses: [...record.addresses] })
  return { ...record, bytes: signRecord(signing, contexts.relayRecord, body, relaySeed) }
}

/** What a record says, before it is believed: to check a signature costs ten times as much as to read. */
export interface ReadRelayRecord {
  readonly record: SignedRelayRecord
  /** @throws ProtocolError BAD_SIGNATURE */
  check (signing: Signing): void
}

export type RelayRecordReader = (bytes: Uint8Array) => ReadRelayRecord

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION */
export function readRelayRecord (bytes: Uint8Array): ReadRelayRecord {
  const own = new Uint8Array(bytes)
  const signed = readSigned(own)
  const { relay: key, version, directory, ...rest } = decode(WireRelayRecord, signed.body)
  if (version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
  const relay = relayIdOfKey(key)
  checkFields({ relay, ...rest })
  return {
    record: { relay, ...rest, ...(directory === 0 ? {} : { directory }), bytes: own },
    check: (signing) => { checkSigned(signing, contexts.relayRecord, signed, key) }
  }
}

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION, BAD_SIGNATURE */
export function verifyRelayRecord (signing: Signing, bytes: Uint8Array): SignedRelayRecord {
  const { record, check } = readRelayRecord(bytes)
  check(signing)
  return record
}
