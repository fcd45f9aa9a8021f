/**
 * How messages are written for people and for scripts.
 *
 * Text of other people can hold control characters that would move the cursor, clear the screen or turn text
 * around: what goes to a terminal passes `printable` first.
 */
import { isPairChat } from '../client/chat-id.ts'
import type { ClientLike } from './context.ts'

type Message = Awaited<ReturnType<ClientLike['send']>>

/**
 * Without anything a terminal would obey: C0 and C1 controls (and so every escape sequence), bidirectional overrides
 * and isolates, line and paragraph separators, byte-order marks. Line ends are kept, tabs become spaces.
 */
export function printable (text: string): string {
  return text
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replaceAll('\t', '    ')
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g, '')
}

/** The same for names: on one line. */
export const printableName = (name: string): string => printable(name).replaceAll('\n', ' ')

export const ticks: Readonly<Record<Message['state'], string>> = { pending: '⌛', sent: '✓', delivered: '✓✓', read: '✓✓', failed: '✗' }

export function messageJson (message: Message): Record<string, unknown> {
  return {
    id: message.id,
    direction: message.direction,
    chat: message.chat,
    sender: message.sender,
    ...(isPairChat(message.chat) ? { account: message.chat } : {}),
    text: message.text,
    state: message.state,
    sentAt: new Date(message.sentAtMs).toISOString(),
    receivedAt: message.receivedAtMs === undefined ? null : new Date(message.receivedAtMs).toISOString(),
    seq: message.seq ?? null,
    ...(message.error === undefined ? {} : { error: message.error })
  }
}

/** `2026-11-22 14:03` in the reader's own time zone. */
export function timestamp (ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

export function messageLine (message: Message, peerName: string): string {
  const who = message.direction === 'out' ? 'you' : printableName(peerName)
  const tick = message.direction === 'out' ? `  ${ticks[message.state]}${message.state === 'read' ? ' read' : ''}` : ''
  return `${timestamp(message.sentAtMs)}  ${who}: ${printable(message.text).replaceAll('\n', '\n    ')}${message.error === undefined ? '' : ` [${message.error}]`}${tick}`
}
