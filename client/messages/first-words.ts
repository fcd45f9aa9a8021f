/**
 * The first words to somebody who has never answered. Their device does not know of the conversation, so it cannot notice that a
 * relay has lost them: while nobody confirms them they are sent again, a few times. Who has them shows them once.
 *
 * Owns: when. How: again.ts. Spec: docs/protocol/content.md §6
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Tables } from '../store/tables.ts'
import type { Again } from './again.ts'
import { timeOf, type Queues } from './queues.ts'
import type { Rows } from './rows.ts'

export interface FirstWordsComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly queues: Queues
  readonly rows: Rows
  readonly again: Again
  readonly clock: Clock
}

const lookMs = 2 * 60_000

export class FirstWords {
  readonly #on: FirstWordsComponents
  #timer: Timer | undefined

  constructor (components: FirstWordsComponents) { this.#on = components }

  /** The home can be reached: look now and then. */
  resume (): void {
    this.#timer ??= this.#on.clock.after(lookMs, () => {
      this.#timer = undefined
      this.resume()
      this.#look()
    })
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look (): void {
    const { clock, ledger, queues, tables } = this.#on
    const latest = clock.nowMs() - clientLimits.firstWordsAgainAfterMs[0]
    for (const [chat, { sent }] of queues.all()) {
      if (!isPairChat(chat) || (tables.logs.cached(chat)?.newest ?? '') !== '') continue
      const [first] = sent
      if (first === undefined || timeOf(first) > latest) continue
      ledger.run(async (draft) => { await this.#sendAgain(draft, chat) }, { isFresh: true }).catch((error: unknown) => {
        // The next look: the store fails, or too much waits to be sent.
        if (!isProtocolError(error)) throw error
      })
    }
  }

  async #sendAgain (draft: Draft, chat: ChatId): Promise<void> {
    const { again, clock, queues, rows } = this.#on
    for (const id of [...queues.of(chat).sent].slice(0, clientLimits.firstWords)) {
      const row = await rows.read(draft, { chat, id })
      if (row?.state !== 'sent' || !row.isSequenced || row.kind !== envelopeKinds.content) continue
      const pauseMs = clientLimits.firstWordsAgainAfterMs[row.standsFor?.length ?? 0]
      if (pauseMs !== undefined && timeOf(id) + pauseMs <= clock.nowMs()) await again.replace(draft, { chat, id }, row)
    }
  }
}
