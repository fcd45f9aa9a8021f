/**
 * Storage is bounded by what is not acknowledged: when all devices have everything, relays keep no entry and nothing waits.
 */
import type { Property } from './property.ts'

export const bounded: Property = {
  name: 'what everybody has is kept nowhere',
  check ({ world }) {
    const violations = []
    for (const { name, disk } of world.relays) {
      for (const { log, entries, waiting } of disk.memory.kept()) {
        if (entries > 0) violations.push(`${name} keeps ${entries} entries of ${world.conversationName(log)}`)
        if (waiting > 0) violations.push(`${waiting} messages wait at ${name} for ${world.conversationName(log)}`)
      }
    }
    return violations
  }
}
