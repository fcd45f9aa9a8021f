import { clientLimits } from '../limits.ts'

/** How often somebody was answered, in this run: who asks again and again makes this device seal again and again. Bounded. */
export class AnswerCounts {
  readonly #counts = new Map<string, number>()

  /** @returns with this one */
  count (key: string): number {
    const count = (this.#counts.get(key) ?? 0) + 1
    if (this.#counts.size >= clientLimits.answersKept) this.#counts.clear()
    this.#counts.set(key, count)
    return count
  }
}
