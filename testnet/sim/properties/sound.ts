/** No part finds a defect in itself: nothing is thrown that is no ProtocolError, no relay logs an error that no fault explains. */
import type { Property } from './property.ts'

/** A disk that refuses, flipped bits, a relay that has gone back: faults of ours, rightly told. */
const explained = new Set(['store.write-failed', 'log.entry-lost', 'replicate.ahead'])

export const sound: Property = {
  name: 'no defect shows itself',
  check ({ world }) {
    return [...world.failures, ...world.relays.flatMap(({ name, complaints }) => [...complaints].filter(([event]) => event.startsWith('error ') && !explained.has(event.slice(6))).map(([event, count]) => `${name} says ${event} ${count} times`))]
  }
}
