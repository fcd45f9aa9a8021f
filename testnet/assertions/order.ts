/** What one person wrote to another arrived in the order of writing. A message that comes after a later one counts once in each list: what was announced, and both histories. */
import type { Evidence, Violation } from './evidence.ts'

export function order ({ sent, announced, histories }: Evidence): Violation[] {
  const violations: Violation[] = []
  const positions = new Map(sent.map(({ text }, index) => [text, index]))
  const look = (list: ReadonlyArray<{ text: string }>, where: string): void => {
    let last = -1
    let lastText = ''
    for (const { text } of list) {
      const position = positions.get(text)
      if (position === undefined) { violations.push(`"${text}" ${where} was never sent`); continue }
      if (position < last) violations.push(`"${text}" came after "${lastText}" ${where}`)
      else { last = position; lastText = text }
    }
  }
  for (const [person, list] of Object.entries(announced)) {
    for (const author of new Set(list.map(({ from }) => from))) look(list.filter(({ from }) => from === author), `among what ${person} was told by ${author}`)
  }
  for (const [person, others] of Object.entries(histories)) {
    for (const [other, list] of Object.entries(others)) {
      for (const author of [person, other]) look(list.filter((entry) => entry.author === author), `in the history of ${person} with ${other}`)
    }
  }
  return violations
}
