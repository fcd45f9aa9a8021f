/**
 * The known word that somebody who mistyped probably meant: for config keys and commands.
 */

/** The one with the fewest edits, unless it takes more than a third of the word. Case, `_` and `-` do not count. */
export function nearestWord<Word extends string> (typed: string, known: Iterable<Word>): Word | undefined {
  const plain = (text: string): string => text.slice(0, 64).toLowerCase().replaceAll(/[_-]/g, '')
  const word = plain(typed)
  let best: Word | undefined
  let fewest = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const count = edits(word, plain(candidate))
    if (count < fewest) { fewest = count; best = candidate }
  }
  return best
}

/** Levenshtein distance. */
function edits (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
