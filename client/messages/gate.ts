/**
 * Who may be heard, and what follows from a message that was: blocks, requests of strangers, archives (client/chat/).
 * Same rules as for a BodyTaker: runs in the batch that moves the log on, writes to the draft only.
 */
import type { AccountId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft } from '../store/ledger.ts'
import type { MessageRow } from '../store/tables.ts'

/** show · silent: kept, but neither its sender is told that it came, nor the person by a `message` event · drop: only its place is kept */
export type Admission = 'show' | 'silent' | 'drop'

export interface MessageGate {
  /** Something that a person wrote or did has come from somebody else. */
  admit (draft: Draft, message: { readonly chat: ChatId, readonly sender: AccountId, readonly isText: boolean }): Promise<Admission>
  /** A message stands in the history now: incoming, or from another device of this account. */
  shown (draft: Draft, row: MessageRow): Promise<void>
}

/** @returns what the first gate says that does not let it through */
export async function admissionOf (gates: readonly MessageGate[], draft: Draft, message: Parameters<MessageGate['admit']>[1]): Promise<Admission> {
  for (const gate of gates) {
    const admission = await gate.admit(draft, message)
    if (admission !== 'show') return admission
  }
  return 'show'
}

/** Time that begins or ends with the state of a message: disappearing messages (client/chat/). */
export interface MessageTimers {
  /** @returns the row as it is to be stored */
  onState (draft: Draft, row: MessageRow): MessageRow
  onRemoved (draft: Draft, row: MessageRow): void
  /** Removed, or nothing of it is left: whatever else was kept of what it said goes, too. */
  onEmptied (draft: Draft, row: MessageRow): void
}
