/**
 * Accounts of a restored backup may have moved since it was taken: the DHT is asked for each of them, a few at a time, until they have
 * come back or turned out to live elsewhere. Without it, what people here write to one who has moved would wait for ever.
 *
 * Owns: that round. Does not know: what follows from a newer record (registration.ts hears of it from homes.ts).
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { deadline } from '../deadline.ts'
import type { Logger } from '../ports.ts'
import type { Accounts } from './accounts.ts'
import type { HomeBook } from './homes.ts'

/** Asked at once: 40 a second at 200 ms each, 40 minutes for 100,000 accounts. */
const atATime = 8
const askTimeoutMs = 10_000
/** After everybody was asked: those who are still away are asked again. */
const roundPauseMs = 10 * 60_000
/** The DHT has nobody to ask in the first moments. */
const firstPauseMs = 5_000

export interface AwaitedHomesComponents {
  accounts: Pick<Accounts, 'awaited' | 'awaitedSize' | 'isAwaited'>
  homes: Pick<HomeBook, 'askNewest'>
  clock: Clock
  logger: Logger
}

export class AwaitedHomes {
  readonly #c: AwaitedHomesComponents
  readonly #stopping = new AbortController()
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()

  constructor (components: AwaitedHomesComponents) { this.#c = components }

  start (): void { this.#later(firstPauseMs) }

  #later (afterMs: number): void {
    if (this.#stopping.signal.aborted || this.#c.accounts.awaitedSize === 0) return
    this.#timer = this.#c.clock.after(afterMs, () => { this.#running = this.#round().then(() => { this.#later(roundPauseMs) }) })
  }

  async #round (): Promise<void> {
    const waiting = [...this.#c.accounts.awaited()]
    const work = async (): Promise<void> => {
      for (let account = waiting.pop(); account !== undefined && !this.#stopping.signal.aborted; account = waiting.pop()) {
        if (this.#c.accounts.isAwaited(account)) await this.#ask(account)
      }
    }
    await Promise.all(Array.from({ length: atATime }, work))
  }

  async #ask (account: AccountId): Promise<void> {
    const limit = deadline(this.#c.clock, askTimeoutMs, this.#stopping.signal)
    try {
      await this.#c.homes.askNewest(account, { signal: limit.signal })
    } catch (error) {
      // Nobody knows, or the DHT is out of reach: asked again in the next round.
      if (!isProtocolError(error)) this.#c.logger.error('account.awaited', {}, error)
    } finally {
      limit.cancel()
    }
  }

  async stop (): Promise<void> {
    this.#stopping.abort()
    this.#timer?.cancel()
    await this.#running
  }
}
