/**
 * How far the replicas here are, told to the relays that sequence them: of pages that came by gossip, which asks for no answer.
 *
 * Owns: gathering for a moment, the newest position of each log. A lost one costs a page that is sent although it is here.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { mapKey } from '../../protocol/bytes.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayNotifications } from '../../protocol/methods.ts'
import type { Position } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Logger } from '../ports.ts'

/** Well below the time that the sequencer waits before it sends by itself. */
const gatherMs = 100
/** Positions in one notification, as wire/log.proto bounds them. */
const together = 1_024
/** Of one relay, waiting: beyond it a log stays unsaid. */
const maxWaiting = 20_000

export class Confirmations {
  readonly #clock: Clock
  readonly #links: Pick<Links, 'peek' | 'channelTo'>
  readonly #logger: Logger
  #waiting = new Map<RelayId, Map<string, Position>>()
  #timer: Timer | undefined
  #isStopped = false

  constructor (components: { clock: Clock, links: Pick<Links, 'peek' | 'channelTo'>, logger: Logger }) {
    this.#clock = components.clock
    this.#links = components.links
    this.#logger = components.logger
  }

  note (relay: RelayId, position: Position): void {
    if (this.#isStopped) return
    let positions = this.#waiting.get(relay)
    if (positions === undefined) {
      positions = new Map()
      this.#waiting.set(relay, positions)
    }
    if (positions.size < maxWaiting) positions.set(mapKey(position.conversation), position)
    this.#timer ??= this.#clock.after(gatherMs, () => { this.flush() })
  }

  flush (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = new Map()
    for (const [relay, positions] of waiting) {
      this.#tell(relay, [...positions.values()]).catch((error: unknown) => {
        if (!isProtocolError(error)) this.#logger.warn('gossip.confirm', {}, error)
        // Out of reach: it sends by itself, and the answer to that says how far we are.
      })
    }
  }

  async #tell (relay: RelayId, positions: readonly Position[]): Promise<void> {
    const limit = deadline(this.#clock, limits.dialTimeoutMs)
    try {
      const channel = this.#links.peek(relay) ?? await this.#links.channelTo(relay, { signal: limit.signal })
      for (let at = 0; at < positions.length; at += together) channel.notify(relayNotifications.confirm, { positions: positions.slice(at, at + together) })
    } finally {
      limit.cancel()
    }
  }

  /** What is gathered is not worth waiting for. */
  stop (): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#waiting.clear()
  }
}
