/** Both people have the same conversation: the same messages at the same places of the log, in the same order. */
import type { Evidence, HistoryEntry, Violation } from './evidence.ts'

export function convergence ({ histories }: Evidence): Violation[] {
  const violations: Violation[] = []
  const seen = new Set<string>()
  for (const [person, others] of Object.entries(histories)) {
    for (const [other, mine] of Object.entries(others)) {
      const pair = [person, other].sort().join(' and ')
      for (const entry of mine) if (entry.seq === undefined) violations.push(`"${entry.text}" has no place in the log of ${pair}, says ${person}`)
      mine.forEach((entry, index) => {
        const before = mine[index - 1]
        if (before?.seq !== undefined && entry.seq !== undefined && entry.seq <= before.seq) violations.push(`${person} has number ${entry.seq} after ${before.seq} with ${other}`)
      })
      if (seen.has(pair)) continue
      seen.add(pair)
      violations.push(...difference(mine, histories[other]?.[person] ?? [], pair))
    }
  }
  return violations
}

function difference (a: readonly HistoryEntry[], b: readonly HistoryEntry[], pair: string): Violation[] {
  if (a.length !== b.length) return [`${pair} have ${a.length} and ${b.length} messages`]
  const at = a.findIndex((entry, index) => entry.id !== b[index]!.id || entry.seq !== b[index]!.seq || entry.text !== b[index]!.text)
  return at === -1 ? [] : [`${pair} differ at message ${at + 1}: "${a[at]!.text}" (${a[at]!.seq}) and "${b[at]!.text}" (${b[at]!.seq})`]
}
