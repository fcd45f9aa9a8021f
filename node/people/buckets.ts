/**
 * The quotas of protocol/limits.ts, by name. Does not know what a key stands for.
 */
import { BucketSet } from '../../protocol/bucket-set.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { rates } from '../../protocol/limits.ts'

export type QuotaName = keyof typeof rates

/** The quotas of `rates`, by name. */
export class TokenBuckets {
  readonly #sets: Record<QuotaName, BucketSet>

  constructor (components: { clock: Clock }, { maxKeys }: { maxKeys?: number } = {}) {
    const options = maxKeys === undefined ? {} : { maxKeys }
    this.#sets = Object.fromEntries(
      Object.entries(rates).map(([name, rate]) => [name, new BucketSet(components, rate, options)])
    ) as Record<QuotaName, BucketSet>
  }

  /** @throws ProtocolError QUOTA with `retryAfterMs`; nothing was taken then */
  take (quota: QuotaName, key: string, cost = 1): void {
    const retryAfterMs = this.#sets[quota].tryTake(key, cost)
    if (retryAfterMs > 0) throw new ProtocolError('QUOTA', { retryAfterMs })
  }
}
