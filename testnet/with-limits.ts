/**
 * Bounds that both ends agree on, changed for as long as one run takes. Runs do not overlap.
 */
import { limits } from '../protocol/limits.ts'

export async function withLimits<T> (changes: Partial<Record<keyof typeof limits, number>>, work: () => Promise<T>): Promise<T> {
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, limits[name as keyof typeof limits]]))
  Object.assign(limits, changes)
  try {
    return await work()
  } finally {
    Object.assign(limits, before)
  }
}
