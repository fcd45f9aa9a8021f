/**
 * A report: what the person chooses to show, as a file to hand to an operator. Nothing is sent by itself, and nothing is
 * proved by it: messages are deniable, so the other person could have been quoted wrongly. It says so.
 */
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { Message } from '../model.ts'

export interface Report {
  readonly version: 1
  readonly madeAtMs: number
  readonly reporter: AccountId
  readonly reported: AccountId
  readonly chat: ChatId
  readonly reason: string
  readonly messages: ReadonlyArray<{ readonly id: MessageId, readonly sentAtMs: number, readonly receivedAtMs?: number, readonly text: string }>
  readonly note: string
}

export const reportNote = 'Copied from the device of the reporter. The encryption is deniable: these texts are not signed by who is said to have written them. Message ids and times can be compared with the relay\'s own records.'

/** @param messages of which only those of the reported person are taken */
export function reportOf ({ nowMs, own, reported, chat, reason, messages }: { readonly nowMs: number, readonly own: AccountId, readonly reported: AccountId, readonly chat: ChatId, readonly reason: string, readonly messages: readonly Message[] }): Report {
  return {
    version: 1,
    madeAtMs: nowMs,
    reporter: own,
    reported,
    chat,
    reason,
    messages: messages.filter(({ sender }) => sender === reported).map(({ id, sentAtMs, receivedAtMs, text }) => ({ id, sentAtMs, ...(receivedAtMs === undefined ? {} : { receivedAtMs }), text })),
    note: reportNote
  }
}
