/**
 * What a scenario saw, in the form that the assertions read. Collected by people.ts; tests write it by hand.
 */
export interface SentText { readonly from: string, readonly to: string, readonly text: string }

/** A message as a client announced it: once each, in the order of the events, over all runs of that client. */
export interface AnnouncedText { readonly id: string, readonly from: string, readonly text: string }

export interface HistoryEntry {
  readonly id: string
  /** Place in the conversation log. */
  readonly seq: number | undefined
  readonly text: string
  readonly author: string
}

export interface Evidence {
  /** In the order in which each sender sent. Texts are unique. */
  readonly sent: readonly SentText[]
  /** By person. */
  readonly announced: Readonly<Record<string, readonly AnnouncedText[]>>
  /** By person, then by the other person: what the client has at the end, oldest first. */
  readonly histories: Readonly<Record<string, Readonly<Record<string, readonly HistoryEntry[]>>>>
}

/** A sentence for people. An assertion that finds nothing wrong returns none. */
export type Violation = string

/** Long lists are cut: the first few show what went wrong, the number how badly. */
export function summarize (violations: readonly Violation[], most = 3): string {
  return violations.slice(0, most).join('; ') + (violations.length > most ? `; and ${violations.length - most} more` : '')
}
