/**
 * Which inbound connections are let in: a total, a bound on unfinished handshakes, and per address a bound and a token bucket.
 *
 * libp2p's own limits (5 new connections per second and address, 10 handshakes at a time) turn an office behind one
 * address away: of 30 clients 4 or 5 got through. Pure: knows addresses and a clock, no sockets.
 */
import type { Clock } from '../../protocol/clock.ts'
import { groupOf, isOwnHost } from '../../protocol/libp2p/address-group.ts'

export interface GateLimits {
  /** Connections at a time, all together. */
  maxConnections: number
  /** Handshakes under way, all together: silent sockets hold one each until the upgrade times out, or until somebody needs the place. */
  maxPending: number
  /** Connections at a time from one address: an office or a carrier's NAT, not a botnet of one machine. */
  maxPerAddress: number
  /** Handshakes under way from one address: silent sockets of one host do not fill `maxPending`. */
  maxPendingPerAddress: number
  /** A handshake that has taken this long gives its place to a newcomer: three round trips at the worst RTT take 750 ms. */
  patienceMs: number
  /** New connections from one address: a burst, then a steady rate. */
  burstPerAddress: number
  perSecondPerAddress: number
  /** Addresses whose buckets are remembered. */
  trackedAddresses: number
}

export const defaultGateLimits: GateLimits = {
  maxConnections: 20_000,
  maxPending: 4_000,
  maxPerAddress: 2_000,
  maxPendingPerAddress: 200,
  patienceMs: 1_000,
  burstPerAddress: 300,
  perSecondPerAddress: 20,
  trackedAddresses: 100_000
}

export type Refusal = 'full' | 'pending' | 'address-full' | 'address-pending' | 'rate'

interface Handshake { readonly group: string | undefined, readonly sinceMs: number, evict (): void }

interface AddressState { open: number, pending: number, tokens: number, refilledAtMs: number }

/** One admitted connection. Both calls may be repeated. */
export interface Admission {
  /** The handshake is done. */
  ready (): void
  closed (): void
}

export class ConnectionGate {
  readonly limits: GateLimits
  readonly #clock: Clock
  readonly #addresses = new Map<string, AddressState>()
  /** Oldest first. */
  readonly #handshakes = new Set<Handshake>()
  #open = 0
  #evicted = 0
  readonly refused: Record<Refusal, number> = { full: 0, pending: 0, 'address-full': 0, 'address-pending': 0, rate: 0 }

  constructor ({ clock }: { clock: Clock }, limits: GateLimits = defaultGateLimits) {
    this.#clock = clock
    this.limits = limits
  }

  /** Connections let in and not closed, unfinished ones included. */
  get open (): number { return this.#open }
  get pending (): number { return this.#handshakes.size }
  /** Handshakes that were ended to make room. */
  get evicted (): number { return this.#evicted }
  get addresses (): number { return this.#addresses.size }

  /**
   * @param address IP address as text
   * @param evict ends this connection, should its handshake take long while somebody else needs the place
   * @returns the admission, or why not
   */
  admit (address: string, evict: () => void = () => {}): Admission | Refusal {
    const refusal = this.#refusal(address)
    if (refusal !== undefined) {
      this.refused[refusal]++
      return refusal
    }
    const group = isOwnHost(address) ? undefined : groupOf(address)
    const state = group === undefined ? undefined : this.#addresses.get(group)
    if (state !== undefined) {
      state.open++
      state.pending++
    }
    this.#open++
    let isOpen = true
    const handshake: Handshake = { group, sinceMs: this.#clock.nowMs(), evict }
    this.#handshakes.add(handshake)
    const ready = (): void => {
      if (!this.#handshakes.delete(handshake)) return
      if (state !== undefined) state.pending--
    }
    return {
      ready,
      closed: () => {
        if (!isOpen) return
        isOpen = false
        ready()
        this.#open--
        if (state !== undefined) state.open--
      }
    }
  }

  #refusal (address: string): Refusal | undefined {
    const { limits } = this
    if (this.#open >= limits.maxConnections) return 'full'
    if (this.#handshakes.size >= limits.maxPending && !this.#makeRoom(undefined)) return 'pending'
    // Loopback is the operator's own machine: a reverse proxy that ends TLS there stands for everybody behind it.
    if (isOwnHost(address)) return undefined
    const group = groupOf(address)
    const state = this.#bucket(group)
    if (state.open >= limits.maxPerAddress) return 'address-full'
    if (state.tokens < 1) return 'rate'
    if (state.pending >= limits.maxPendingPerAddress && !this.#makeRoom(group)) return 'address-pending'
    state.tokens--
    return undefined
  }

  /** Ends the oldest handshake, of one address or of all, unless it may still be an honest one on a long way. */
  #makeRoom (group: string | undefined): boolean {
    for (const handshake of this.#handshakes) {
      if (group !== undefined && handshake.group !== group) continue
      if (this.#clock.nowMs() - handshake.sinceMs < this.limits.patienceMs) return false
      this.#evicted++
      handshake.evict()
      // Whoever ends it may tell later: the place is free now.
      if (this.#handshakes.delete(handshake) && handshake.group !== undefined) this.#addresses.get(handshake.group)!.pending--
      return true
    }
    return false
  }

  #bucket (group: string): AddressState {
    const nowMs = this.#clock.nowMs()
    const { burstPerAddress, perSecondPerAddress, trackedAddresses } = this.limits
    let state = this.#addresses.get(group)
    if (state === undefined) {
      if (this.#addresses.size >= trackedAddresses) this.#forgetIdle(nowMs)
      state = { open: 0, pending: 0, tokens: burstPerAddress, refilledAtMs: nowMs }
    } else {
      const elapsedMs = Math.max(0, nowMs - state.refilledAtMs)
      state.tokens = Math.min(burstPerAddress, state.tokens + elapsedMs / 1000 * perSecondPerAddress)
      state.refilledAtMs = nowMs
      this.#addresses.delete(group) // to the back: the map is ordered by last use
    }
    this.#addresses.set(group, state)
    return state
  }

  /** Oldest first: those with a full bucket and nothing open say nothing; if there are none, the oldest without connections. */
  #forgetIdle (nowMs: number): void {
    const { burstPerAddress, perSecondPerAddress } = this.limits
    const refillMs = burstPerAddress / perSecondPerAddress * 1000
    let removed = 0
    for (const [group, state] of this.#addresses) {
      if (state.open === 0 && nowMs - state.refilledAtMs >= refillMs) {
        this.#addresses.delete(group)
        removed++
      } else if (nowMs - state.refilledAtMs < refillMs) break
    }
    if (removed > 0) return
    for (const [group, state] of this.#addresses) {
      if (state.open > 0) continue
      this.#addresses.delete(group)
      return
    }
  }
}
