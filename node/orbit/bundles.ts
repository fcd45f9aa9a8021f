/**
 * How a relay's directory reaches the relays that keep a copy: bundles in the order they were written, as a port.
 *
 * `orbit-bundles.ts` is OrbitDB; `bundles-memory.ts` stands in for it under virtual time. What a bundle contains is not
 * this port's business, but who wrote it is: only bundles of the named relay come out.
 */
import type { RelayId } from '../../protocol/ids.ts'

export interface OwnBundles {
  /** Written so far. */
  readonly length: number
  /** Resolves when it is stored here; who follows hears of it soon, or when it asks. @returns its position, from 1 */
  append (bundle: Uint8Array): Promise<number>
  close (): Promise<void>
}

export interface FollowedBundles {
  /** Bytes of entries that are kept here. */
  readonly bytes: number
  /** It was heard that something is missing: a refresh brings it. */
  readonly isBehind: boolean
  /**
   * Ask for what is missing: the relay itself, and when it does not answer one of `others`.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, TOO_MANY (more than a copy may hold)
   */
  refresh (others: readonly RelayId[], options: { signal: AbortSignal }): Promise<void>
  close (): Promise<void>
}

/** Called one after the other, oldest first; a bundle counts as taken when it resolves, and may come again after a crash. */
export type TakeBundle = (bundle: Uint8Array, position: number) => Promise<void>

export interface BundleLogs {
  readonly self: RelayId
  /** This relay's own, opened or begun. */
  own (generation: number): Promise<OwnBundles>
  /** Another relay's. @param after position of the last bundle that was taken; those behind it are given again */
  follow (relay: RelayId, generation: number, after: number, take: TakeBundle): Promise<FollowedBundles>
  /** Forget a copy, or an own one that was replaced. Not while it is open. */
  drop (relay: RelayId, generation: number): Promise<void>
  stop (): Promise<void>
}
