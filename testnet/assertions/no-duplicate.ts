/** No message was announced twice or stands twice in a history: neither by its id nor by its text. */
import type { Evidence, Violation } from './evidence.ts'

export function noDuplicate ({ announced, histories }: Evidence): Violation[] {
  const violations: Violation[] = []
  const look = (list: ReadonlyArray<{ id: string, text: string }>, where: string): void => {
    const ids = new Set<string>()
    const texts = new Set<string>()
    for (const { id, text } of list) {
      if (ids.has(id) || texts.has(text)) violations.push(`"${text}" is twice ${where}`)
      ids.add(id)
      texts.add(text)
    }
  }
  for (const [person, list] of Object.entries(announced)) look(list, `among what ${person} was told`)
  for (const [person, others] of Object.entries(histories)) for (const [other, list] of Object.entries(others)) look(list, `in the history of ${person} with ${other}`)
  return violations
}
