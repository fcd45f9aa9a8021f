/**
 * How messages are written for people and for scripts.
 *
 * Text of other people can hold control characters that would move the cursor, clear the screen or turn text
 * around: what goes to a terminal passes `printable` first.
 */
import { isGroupChat, isPairChat } from '../client/chat-id.ts'
import type { AccountId, Message, MessageId } from './context.ts'
import { durationText } from './durations.ts'

/** What somebody is called. */
export type NameOf = (account: AccountId) => string

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

const idChars = 6
/** The end of an id is random; the beginning is the time. */
export const shortMessageId = (id: MessageId): string => id.slice(-idChars)

const isoTime = (ms: number | undefined): string | null => ms === undefined ? null : new Date(ms).toISOString()

export function messageJson (message: Message, nameOf?: NameOf): Record<string, unknown> {
  const { replyTo, mentions, forwarded, location, contact, poll, reactions } = message
  return {
    id: message.id,
    direction: message.direction,
    chat: message.chat,
    sender: message.sender,
    ...(nameOf === undefined ? {} : { senderName: nameOf(message.sender) }),
    ...(isPairChat(message.chat) ? { account: message.chat } : {}),
    ...(isGroupChat(message.chat) ? { group: message.chat } : {}),
    text: message.text,
    state: message.state,
    sentAt: isoTime(message.sentAtMs),
    receivedAt: isoTime(message.receivedAtMs),
    seq: message.seq ?? null,
    ...(message.error === undefined ? {} : { error: message.error }),
    ...(replyTo === undefined ? {} : { replyTo: { id: replyTo.messageId, author: replyTo.author, excerpt: replyTo.excerpt } }),
    ...(mentions === undefined ? {} : { mentions }),
    ...(forwarded === undefined ? {} : { forwarded }),
    ...(location === undefined ? {} : { location }),
    ...(contact === undefined ? {} : { contact }),
    ...(poll === undefined ? {} : { poll: { question: poll.question, allowsSeveral: poll.allowsSeveral, options: pollResults(message).map(({ text, voters }) => ({ text, votes: voters.length, voters })) } }),
    ...(reactions === undefined || reactions.length === 0 ? {} : { reactions: reactions.map(({ account, emoji }) => ({ account, emoji })) }),
    ...(message.editedAtMs === undefined ? {} : { editedAt: isoTime(message.editedAtMs) }),
    ...(message.isDeleted === true ? { deleted: true, deletedBy: message.deletedBy ?? null } : {}),
    ...(message.isStarred === true ? { starred: true } : {}),
    ...(message.viewOnce === true ? { viewOnce: true, opened: message.isOpened === true, openedBy: message.openedBy ?? [] } : {}),
    ...(message.expiresAfterS === undefined ? {} : { expiresAfterSeconds: message.expiresAfterS, expiresAt: isoTime(message.expiresAtMs) })
  }
}

/** `2026-11-22 14:03` in the reader's own time zone. */
export function timestamp (ms: number): string {
  const date = new Date(ms)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
}

export interface PollOption { readonly text: string, readonly voters: readonly AccountId[] }

export function pollResults ({ poll, votes = [] }: Message): PollOption[] {
  return (poll?.options ?? []).map((text, index) => ({ text, voters: votes.filter(({ options }) => options.includes(index)).map(({ account }) => account) }))
}

/** A message as a person sees it, before it is laid out. All of it is printable. */
export interface MessageView {
  readonly quote?: string
  /** With line ends. */
  readonly text: string
  /** Under the text: the options of a poll. */
  readonly below: readonly string[]
  /** `edited`, `forwarded`, `disappears 5 min after reading` … */
  readonly marks: readonly string[]
  /** `👍 Bob, you  ❤ Ann`; empty when there are none */
  readonly reactions: string
  /** The text stands for something that is not there: deleted, or to be opened. */
  readonly isPlaceholder: boolean
}

export function viewOf (message: Message, nameOf: NameOf): MessageView {
  const name = (account: AccountId): string => printableName(nameOf(account))
  const { replyTo, forwarded, location, contact, poll } = message
  if (message.isDeleted === true) {
    const by = message.deletedBy
    return { text: by === undefined || by === message.sender ? '(deleted)' : `(deleted by ${name(by)})`, below: [], marks: [], reactions: '', isPlaceholder: true }
  }
  const isSealed = message.viewOnce === true && message.direction === 'in'
  const parts = isSealed
    ? [message.isOpened === true ? '(seen once, and gone)' : '(to be seen once)']
    : [
        ...(message.text === '' ? [] : [printable(message.text)]),
        ...(location === undefined ? [] : [`📍 ${[printableName(location.label), `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`].filter((one) => one !== '').join(' · ')}`]),
        ...(contact === undefined ? [] : [`👤 ${printableName(contact.name)} · ${printableName(contact.handle === '' ? `${contact.account.slice(0, 8)}…` : contact.handle)}`]),
        ...(poll === undefined ? [] : [`📊 ${printable(poll.question)}${poll.allowsSeveral ? ' (several answers)' : ''}`])
      ]
  // An own message to be seen once: not kept for its author to look at either, or looked at and emptied.
  if (parts.length === 0 && message.viewOnce === true) parts.push('(to be seen once)')
  return {
    ...(replyTo === undefined ? {} : { quote: `${name(replyTo.author)}: ${printableName(replyTo.excerpt)}` }),
    text: parts.join('\n'),
    below: isSealed ? [] : pollResults(message).map(({ text, voters }, index) => `${index + 1}. ${printableName(text)}  ${'▇'.repeat(Math.min(10, voters.length))}${voters.length === 0 ? '–' : ` ${voters.length} (${someNames(voters, name)})`}`),
    marks: [
      ...(forwarded === undefined ? [] : [forwarded >= 5 ? 'forwarded many times' : 'forwarded']),
      ...(message.editedAtMs === undefined ? [] : ['edited']),
      ...(message.viewOnce === true && !isSealed ? [(message.openedBy ?? []).length === 0 ? parts.includes('(to be seen once)') ? '' : 'to be seen once' : `seen by ${someNames(message.openedBy!, name)}`] : []),
      ...(message.expiresAfterS === undefined ? [] : [`disappears ${durationText(message.expiresAfterS)} after reading`]),
      ...(message.isStarred === true ? ['★'] : [])
    ].filter((mark) => mark !== ''),
    reactions: reactionsText(message, name),
    isPlaceholder: isSealed
  }
}

const maxNamed = 4
const someNames = (accounts: readonly AccountId[], name: NameOf): string =>
  accounts.slice(0, maxNamed).map(name).join(', ') + (accounts.length > maxNamed ? ` and ${accounts.length - maxNamed} more` : '')

function reactionsText ({ reactions = [] }: Message, name: NameOf): string {
  const byEmoji = new Map<string, AccountId[]>()
  for (const { emoji, account } of reactions) byEmoji.set(emoji, [...byEmoji.get(emoji) ?? [], account])
  return [...byEmoji].map(([emoji, accounts]) => `${printableName(emoji)} ${someNames(accounts, name)}`).join('  ')
}

/** For pipes and plain terminals: one message, more lines when it has more to say. `place`: the group's name where several are mixed. */
export function messageLine (message: Message, nameOf: NameOf, { place }: { place?: string } = {}): string {
  const view = viewOf(message, nameOf)
  const who = message.direction === 'out' ? 'you' : printableName(nameOf(message.sender))
  const tick = message.direction === 'out' ? `  ${ticks[message.state]}${message.state === 'read' ? ' read' : ''}` : ''
  const marks = view.marks.length === 0 ? '' : ` (${view.marks.join(', ')})`
  const error = message.error === undefined ? '' : `${view.text === '' ? '' : ' '}[${printable(message.error)}]`
  const quote = view.quote === undefined ? '' : `┃ ${view.quote}${indented}`
  const said = `${view.text.replaceAll('\n', indented)}${error}${marks}`.trimStart()
  return `${timestamp(message.sentAtMs)}  ${shortMessageId(message.id)}  ${place === undefined ? '' : `[${printableName(place)}] `}${who}: ${quote}${said}${tick}` +
    view.below.map((line) => `${indented}${line}`).join('') + (view.reactions === '' ? '' : `${indented}${view.reactions}`)
}

const indented = '\n    '
