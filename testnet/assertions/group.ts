/** Everybody in a group has what was for them, once, at the same place of the log, and the same membership at the end. */
import type { AnnouncedText, HistoryEntry, Violation } from './evidence.ts'

export interface GroupEvidence {
  /** In the order in which each author sent. Texts are unique. `to`: who was a member then, the author included. */
  readonly sent: ReadonlyArray<{ readonly from: string, readonly text: string, readonly to: readonly string[] }>
  /** By person. */
  readonly announced: Readonly<Record<string, readonly AnnouncedText[]>>
  /** By person: what the client has of the group at the end, oldest first. */
  readonly histories: Readonly<Record<string, readonly HistoryEntry[]>>
  /** By person who is a member at the end: head of the control chain, and who they believe is in. */
  readonly views: Readonly<Record<string, { readonly head: string, readonly members: readonly string[] }>>
}

/** Nobody misses anything, nobody has what was not for them, nobody was told twice. */
export function groupDelivery ({ sent, announced, histories }: GroupEvidence): Violation[] {
  const violations: Violation[] = []
  for (const [person, history] of Object.entries(histories)) {
    const kept = countTexts(history)
    const told = countTexts(announced[person] ?? [])
    for (const { from, text, to } of sent) {
      const wanted = to.includes(person) ? 1 : 0
      const found = kept.get(text) ?? 0
      if (found !== wanted) violations.push(wanted === 0 ? `${person} has "${text}" of ${from}, which was not for them` : `"${text}" of ${from} is ${found} times in the history of ${person}`)
      const wantedTold = from === person ? 0 : wanted
      const foundTold = told.get(text) ?? 0
      if (foundTold !== wantedTold) violations.push(`${person} was told "${text}" of ${from} ${foundTold} times instead of ${wantedTold}`)
    }
    const known = new Set(sent.map(({ text }) => text))
    for (const { text } of history) if (!known.has(text)) violations.push(`${person} has "${text}", which nobody sent`)
  }
  return violations
}

/** One order: the log's, the same for all, and each author's own within it. */
export function groupOrder ({ sent, histories }: GroupEvidence): Violation[] {
  const violations: Violation[] = []
  const places = new Map<string, { seq: number, id: string, person: string }>()
  const turns = new Map(sent.map(({ text }, turn) => [text, turn]))
  for (const [person, history] of Object.entries(histories)) {
    let lastSeq = 0
    const lastTurn = new Map<string, number>()
    for (const { id, seq, text, author } of history) {
      if (seq === undefined) { violations.push(`"${text}" has no place in the log, says ${person}`); continue }
      if (seq <= lastSeq) violations.push(`${person} has number ${seq} after ${lastSeq}`)
      lastSeq = seq
      const place = places.get(text)
      if (place === undefined) places.set(text, { seq, id, person })
      else if (place.seq !== seq || place.id !== id) violations.push(`"${text}" is number ${place.seq} at ${place.person} and ${seq} at ${person}`)
      const turn = turns.get(text) ?? -1
      const last = lastTurn.get(author) ?? -1
      if (turn < last) violations.push(`"${text}" of ${author} came too late at ${person}`)
      // The furthest: several that come late in their own order are all late.
      lastTurn.set(author, Math.max(last, turn))
    }
  }
  return violations
}

/** The same chain head and the same members for all of them. */
export function groupViews ({ views }: GroupEvidence): Violation[] {
  const [first, ...rest] = Object.entries(views)
  if (first === undefined) return ['nobody is in the group']
  const [name, view] = first
  const members = [...view.members].sort().join(', ')
  return rest.flatMap(([other, { head, members: theirs }]) => [
    ...(head === view.head ? [] : [`${name} and ${other} have different heads: ${view.head.slice(0, 8)} and ${head.slice(0, 8)}`]),
    ...([...theirs].sort().join(', ') === members ? [] : [`${name} sees ${members}; ${other} sees ${[...theirs].sort().join(', ')}`])
  ])
}

function countTexts (list: ReadonlyArray<{ readonly text: string }>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { text } of list) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}
