/** What a relay has acknowledged is in its store, also after its power was cut: acknowledged implies durable. */
import type { Violation } from './evidence.ts'

export interface DurableEvidence {
  readonly relay: string
  /** What the relay had said to have, before the cut. `seq`: the number that it gave as the sequencer of the log. */
  readonly acknowledged: ReadonlyArray<{ readonly id: string, readonly text: string, readonly log: string, readonly seq?: number }>
  /** Message ids that the store remembers. */
  readonly kept: ReadonlySet<string>
  /** By log: the highest number that the store has given. */
  readonly heads: ReadonlyMap<string, number>
}

export function durable ({ relay, acknowledged, kept, heads }: DurableEvidence): Violation[] {
  return acknowledged.flatMap(({ id, text, log, seq }) => [
    ...(kept.has(id) ? [] : [`"${text}" was acknowledged by ${relay}, which does not have it`]),
    ...(seq === undefined || (heads.get(log) ?? 0) >= seq ? [] : [`"${text}" was number ${seq} at ${relay}, whose log ends at ${heads.get(log) ?? 0}`])
  ])
}
