/**
 * Names that both ends must agree on: libp2p protocol ids, gossip topics, DHT keys.
 */
import type { AccountId } from './ids.ts'

export const protocols = {
  /** A device and its relay: requests both ways, delivery. docs/protocol/client.md */
  client: '/heliograph/client/1',
  /** Relay to relay: forwarding, replication, lookups. docs/protocol/relay.md */
  relay: '/heliograph/relay/1',
  /** Anybody to a relay or bootstrap node: the signed relay directory. docs/protocol/directory.md */
  directory: '/heliograph/directory/1',
  /** A new device and the primary that links it, at any relay. docs/protocol/devices.md */
  link: '/heliograph/link/1',
  /** Kademlia of Heliograph's own. */
  dht: '/heliograph/kad/1.0.0'
} as const

export const topics = {
  /** Signed relay records. */
  directory: '/heliograph/gossip/directory/1'
} as const

/** Pages of wide groups' logs; `shard` from 0 to limits.gossipShards - 1: SHA-256 of the conversation's 65 bytes, first u32 (big-endian) modulo 64. */
export const logTopic = (shard: number): string => `/heliograph/gossip/log/${shard}/1`

export const homeRecordKeyPrefix = '/heliograph/'
export const homeRecordKey = (account: AccountId): string => `${homeRecordKeyPrefix}${account}`
