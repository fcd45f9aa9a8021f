/**
 * How every node of the mesh, relay or bootstrap, takes part in the DHT and in gossip.
 *
 * Owns: the options that all of them must share, and why they are so. Does not know: connections and listeners, which each daemon
 * configures for what comes to its door.
 */
import type { GossipsubOpts } from '@libp2p/gossipsub'
import { passthroughMapper, type KadDHTInit } from '@libp2p/kad-dht'
import { limits } from '../limits.ts'
import { protocols } from '../protocols.ts'

/** Which records the DHT takes; see home-record-validator.ts. */
export interface DhtRules {
  /** Throws on a record that must not be stored. */
  validate (key: Uint8Array, value: Uint8Array): void
  /** Index of the best one. */
  select (key: Uint8Array, values: readonly Uint8Array[]): number
}

export const dhtOptions = (rules: DhtRules): KadDHTInit => ({
  protocol: protocols.dht,
  clientMode: false,
  peerInfoMapper: passthroughMapper,
  // A lone node must be able to start; whoever puts something hears that nobody took it.
  allowQueryWithZeroPeers: true,
  validators: { heliograph: (key, value) => { rules.validate(key, value); return Promise.resolve() } },
  selectors: { heliograph: (key, values) => rules.select(key, values) }
})

/** @param scoreOf how a neighbour has behaved here: peer-conduct.ts. `maxMessageBytes`: of what comes at once */
export const gossipOptions = ({ scoreOf, allowedTopics, maxMessageBytes }: { scoreOf: (peer: string) => number, allowedTopics: string[], maxMessageBytes: number }): Partial<GossipsubOpts> => ({
  // Messages are signed records: a second signature per message costs 646 µs against 112.
  globalSignaturePolicy: 'StrictNoSign',
  emitSelf: false,
  fallbackToFloodsub: false,
  doPX: false,
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  allowedTopics,
  maxInboundDataLength: maxMessageBytes,
  // Whoever is far below zero is not listened to any more (-80), nor given anything to pass on (-50). What counts is how
  // it has behaved here; counts per topic would need figures of how busy each one is.
  scoreParams: {
    appSpecificScore: scoreOf,
    appSpecificWeight: 1,
    // Nodes of one operator, or a test network on one machine; many more behind one address are somebody's crowd.
    IPColocationFactorThreshold: 20,
    IPColocationFactorWhitelist: new Set(['127.0.0.1', '::1']),
    behaviourPenaltyThreshold: 6
  },
  // Without it one slow reader held 61 MB.
  maxOutboundBufferSize: limits.outboundBufferBytes
})
