/**
 * What a client is made of: the ports that a composition root fills, and its configuration.
 */
import type { Dialer } from '../protocol/byte-stream.ts'
import type { Clock, Random } from '../protocol/clock.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import type { ClientStore } from './store/store.ts'

/** Opens streams as the device whose 32-byte Ed25519 seed it gets: the device's PeerId is made from it. */
export type MakeDialer = (deviceSeed: Uint8Array) => Dialer | Promise<Dialer>

/** No text of people, no keys, no whole ids in `fields`. */
export interface ClientLogger {
  debug (event: string, fields?: Record<string, unknown>): void
  warn (event: string, fields?: Record<string, unknown>): void
}

export interface ClientComponents {
  readonly store: ClientStore
  /** A dialer that already has the device's key (`deviceSeed` in identity.ts), or how to make one. */
  readonly dialer: Dialer | MakeDialer
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly logger?: ClientLogger
}

export interface ClientConfig {
  /** Multiaddrs, each with /p2p/<id>, of bootstrap nodes or relays. */
  readonly bootstrap: readonly string[]
  /** Prefer relays of this region. */
  readonly region?: string
  /** Prefer this relay: its name or a multiaddr. */
  readonly relay?: string
  /** Name and version of the program, told to the relay. */
  readonly software: string
  /** What stands in for the home when it dies, unless the person has said so: auto (default): a relay that somebody else runs · none */
  readonly standby?: 'auto' | 'none'
  /** Default: clientLimits */
  readonly moveAfterMs?: number
  readonly moveWithoutStandbyAfterMs?: number
  readonly standbyGivenUpMs?: number
  /** Whether a home that falls silent is noticed within seconds when there is a standby; default: true */
  readonly watchLine?: boolean
  /** Default: true. */
  readonly readReceipts?: boolean
  /** ask (default): what a stranger writes first is a request, and the stranger learns nothing until it is accepted · accept: for bots */
  readonly strangers?: 'ask' | 'accept'
}
