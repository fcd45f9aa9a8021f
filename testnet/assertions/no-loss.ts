/** Every message that was sent was announced to its receiver, and stands in both histories. */
import type { Evidence, Violation } from './evidence.ts'

export function noLoss ({ sent, announced, histories }: Evidence): Violation[] {
  const violations: Violation[] = []
  const texts = (list: ReadonlyArray<{ text: string }> | undefined): Set<string> => new Set(list?.map(({ text }) => text))
  const announcedTo = new Map(Object.entries(announced).map(([person, list]) => [person, texts(list)]))
  const keptBy = new Map(Object.entries(histories).flatMap(([person, others]) => Object.entries(others).map(([other, list]) => [`${person} ${other}`, texts(list)])))
  for (const { from, to, text } of sent) {
    if (announcedTo.get(to)?.has(text) !== true) violations.push(`"${text}" of ${from} never reached ${to}`)
    if (keptBy.get(`${to} ${from}`)?.has(text) !== true) violations.push(`"${text}" of ${from} is not in the history of ${to}`)
    if (keptBy.get(`${from} ${to}`)?.has(text) !== true) violations.push(`"${text}" is not in the history of ${from}, who sent it`)
  }
  return violations
}
