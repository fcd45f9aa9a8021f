/**
 * Connections to other relays that are kept: a lost one is dialled again, with backoff, for as long as it may come back.
 *
 * libp2p's own reconnect queue gives up after some tries and forgets the peer; after a 45 s cut its gossip was still
 * incomplete 25 s later. Knows peers and addresses, not what they are used for.
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'

export interface LinkDialer {
  isConnected (relay: RelayId): boolean
  connect (relay: RelayId, addresses: readonly string[]): Promise<void>
}

interface Link { addresses: readonly string[], isPinned: boolean, attempt: number, lostAtMs: number, timer: Timer | undefined, isDialling: boolean }

/** Links that are kept besides the configured ones: a mesh of this many neighbours carries gossip across 10,000 relays. */
const maxLinks = 256
/** A relay that did not come back for a day is dialled again when somebody needs it, not before. */
const giveUpAfterMs = 24 * 60 * 60 * 1000

export class RelayLinks {
  readonly #clock: Clock
  readonly #random: Random
  readonly #dialer: LinkDialer
  readonly #links = new Map<RelayId, Link>()
  #isStopped = false

  constructor ({ clock, random, dialer }: { clock: Clock, random: Random, dialer: LinkDialer }) {
    this.#clock = clock
    this.#random = random
    this.#dialer = dialer
  }

  /** Relays that are being dialled again or wait for it. */
  get lost (): number { return [...this.#links.values()].filter((link) => link.timer !== undefined || link.isDialling).length }

  /**
   * @param pinned never given up: the configured peers. These are dialled at once.
   */
  keep (relay: RelayId, addresses: readonly string[], { pinned = false } = {}): void {
    if (this.#isStopped) return
    const known = this.#links.get(relay)
    if (known !== undefined) {
      if (addresses.length > 0) known.addresses = addresses
      known.isPinned ||= pinned
      return
    }
    if (!pinned && this.#links.size >= maxLinks && !this.#forgetOne()) return
    const link: Link = { addresses, isPinned: pinned, attempt: 0, lostAtMs: this.#clock.nowMs(), timer: undefined, isDialling: false }
    this.#links.set(relay, link)
    if (!this.#dialer.isConnected(relay)) this.#schedule(relay, link, pinned ? 0 : undefined)
  }

  onConnect (relay: RelayId): void {
    const link = this.#links.get(relay)
    if (link === undefined) return
    link.attempt = 0
    link.timer?.cancel()
    link.timer = undefined
  }

  onDisconnect (relay: RelayId): void {
    const link = this.#links.get(relay)
    if (link === undefined || this.#isStopped) return
    link.lostAtMs = this.#clock.nowMs()
    this.#schedule(relay, link)
  }

  stop (): void {
    this.#isStopped = true
    for (const link of this.#links.values()) link.timer?.cancel()
    this.#links.clear()
  }

  #schedule (relay: RelayId, link: Link, delayMs = backoffMs(link.attempt++, this.#random, limits)): void {
    if (link.timer !== undefined || link.isDialling) return
    link.timer = this.#clock.after(delayMs, () => {
      link.timer = undefined
      void this.#redial(relay, link)
    })
  }

  async #redial (relay: RelayId, link: Link): Promise<void> {
    if (this.#isStopped || this.#links.get(relay) !== link || this.#dialer.isConnected(relay)) return
    link.isDialling = true
    try {
      await this.#dialer.connect(relay, link.addresses)
      link.attempt = 0
    } catch {
      // unreachable: try again later, unless it is gone for good
      if (!link.isPinned && this.#clock.nowMs() - link.lostAtMs > giveUpAfterMs) this.#links.delete(relay)
    } finally {
      link.isDialling = false
    }
    if (!this.#isStopped && this.#links.get(relay) === link && !this.#dialer.isConnected(relay)) this.#schedule(relay, link)
  }

  /** Make room: the one that has been lost longest. Connected and pinned ones stay. */
  #forgetOne (): boolean {
    let oldest: RelayId | undefined
    let lostAtMs = Infinity
    for (const [relay, link] of this.#links) {
      if (link.isPinned || this.#dialer.isConnected(relay) || link.lostAtMs >= lostAtMs) continue
      oldest = relay
      lostAtMs = link.lostAtMs
    }
    if (oldest === undefined) return false
    this.#links.get(oldest)?.timer?.cancel()
    this.#links.delete(oldest)
    return true
  }
}
