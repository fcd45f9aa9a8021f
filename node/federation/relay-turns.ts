/**
 * Requests of other relays in turn: those of one relay one after the other, those of several side by side.
 *
 * Owns: how many of one relay wait. Does not know: what they ask for.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'

/** Waiting requests of one relay: its window of batches and a few that were sent again. */
const maxWaiting = 64

export class RelayTurns {
  readonly #turns = new Map<RelayId, { last: Promise<unknown>, waiting: number }>()

  /**
   * @param work when it resolves the next request may begin; it need not wait for the disk, which `done` may
   * @throws ProtocolError OVERLOADED
   */
  take<Answer> (relay: RelayId, work: () => Promise<{ done: Promise<Answer> }>): Promise<Answer> {
    const turn = this.#turns.get(relay) ?? { last: Promise.resolve(), waiting: 0 }
    // [LATER] memory is bounded
    if (turn.waiting >= maxWaiting) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    this.#turns.set(relay, turn)
    turn.waiting++
    const place = turn.last.then(work)
    turn.last = place.then(() => {}, () => {}).then(() => { if (--turn.waiting === 0) this.#turns.delete(relay) })
    return place.then((placed) => placed.done)
  }

  /** Resolves when what has come of `relay` so far has had its turn. */
  async settledOf (relay: RelayId): Promise<void> { await this.#turns.get(relay)?.last }

  async settled (): Promise<void> { await Promise.all(Array.from(this.#turns.values(), ({ last }) => last)) }
}
