/**
 * A conversation as lines of the screen: day separators, times, names, wrapped text, ticks. Pure; the message pane
 * draws what this gives.
 */
import { printable, printableName, ticks, viewOf, type NameOf } from '../describe-messages.ts'
import type { Message } from './chat-state.ts'
import { cellWidth, cut, fit, wrapText } from './text-layout.ts'

export type PaneLine =
  | { readonly kind: 'day', readonly text: string }
  | { readonly kind: 'text', readonly time: string, readonly author: string, readonly isOwn: boolean, readonly text: string, readonly tick: string, readonly state: Message['state'], readonly isProblem: boolean, readonly id: Message['id'], readonly look: Look, readonly sender: Message['sender'] }
  | { readonly kind: 'empty', readonly text: string }

/** plain: the words of the message · quiet: a quote, marks, reactions, what stands in place of a message · mention: words for this person */
export type Look = 'plain' | 'quiet' | 'mention'

const timeWidth = 5
const tickWidth = 2
const maxAuthorWidth = 12

const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

const dayNumber = (ms: number): number => { const date = new Date(ms); return date.getFullYear() * 372 + date.getMonth() * 31 + date.getDate() }
const clockTime = (ms: number): string => { const date = new Date(ms); return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}` }

export function dayName (ms: number, nowMs: number): string {
  const date = new Date(ms)
  const yesterday = new Date(nowMs)
  yesterday.setDate(yesterday.getDate() - 1)
  if (dayNumber(ms) === dayNumber(nowMs)) return 'Today'
  if (dayNumber(ms) === dayNumber(yesterday.getTime())) return 'Yesterday'
  const year = date.getFullYear() === new Date(nowMs).getFullYear() ? '' : ` ${date.getFullYear()}`
  return `${weekdays[date.getDay()]!}, ${date.getDate()} ${months[date.getMonth()]!}${year}`
}

/** In a narrow pane the name gives way: the text is what matters. */
const authorWidthFor = (names: Iterable<string>, width: number): number =>
  Math.min(maxAuthorWidth, Math.floor((width - timeWidth - tickWidth - 3) / 2), Math.max(cellWidth('you'), ...[...names].map((name) => cellWidth(printableName(name)))))

/** A pause after which the time stands there again in a group, though the same person goes on. */
const sameSpeech = (a: Message, b: Message): boolean => a.direction === b.direction && a.sender === b.sender

export interface LinesOptions { readonly nameOf: NameOf, readonly width: number, readonly nowMs: number, readonly own?: Message['sender'] }

/** @param options.width cells of the pane, at least 24 */
export function messageLines (messages: readonly Message[], { nameOf, width, nowMs, own }: LinesOptions): PaneLine[] {
  const lines: PaneLine[] = []
  const senders = new Set(messages.filter(({ direction }) => direction === 'in').map(({ sender }) => sender))
  const authorWidth = authorWidthFor([...senders].map(nameOf), width)
  // time, author, text, ticks, with a space between each two
  const textWidth = Math.max(4, width - timeWidth - authorWidth - tickWidth - 3)
  let day: number | undefined
  let previous: Message | undefined
  for (const message of messages) {
    if (dayNumber(message.sentAtMs) !== day) {
      day = dayNumber(message.sentAtMs)
      lines.push({ kind: 'day', text: dayLine(dayName(message.sentAtMs, nowMs), width) })
      previous = undefined
    }
    const isOwn = message.direction === 'out'
    const showsAuthor = previous === undefined || !sameSpeech(previous, message)
    const showsTime = showsAuthor || previous === undefined || clockTime(previous.sentAtMs) !== clockTime(message.sentAtMs)
    const all = partsOf(message, nameOf, textWidth, own)
    const last = all.findLastIndex(({ isText }) => isText)
    all.forEach(({ line, look, isProblem }, index) => {
      lines.push({
        kind: 'text',
        id: message.id,
        sender: message.sender,
        look,
        time: index === 0 && showsTime ? clockTime(message.sentAtMs) : ' '.repeat(timeWidth),
        author: fit(index === 0 && showsAuthor ? (isOwn ? 'you' : printableName(nameOf(message.sender))) : '', authorWidth),
        isOwn,
        text: fit(line, textWidth),
        tick: isOwn && index === last ? fit(ticks[message.state], tickWidth) : ' '.repeat(tickWidth),
        state: message.state,
        isProblem
      })
    })
    previous = message
  }
  return lines
}

interface Part { readonly line: string, readonly look: Look, readonly isProblem: boolean, readonly isText: boolean }

/** Quote, words, options of a poll, what went wrong, marks, reactions. */
function partsOf (message: Message, nameOf: NameOf, width: number, own: Message['sender'] | undefined): Part[] {
  const view = viewOf(message, nameOf)
  const isForMe = own !== undefined && message.direction === 'in' && message.mentions?.some(({ account }) => account === own) === true
  const part = (lines: readonly string[], look: Look, { isProblem = false, isText = false } = {}): Part[] => lines.map((line) => ({ line, look, isProblem, isText }))
  const why = message.error === undefined ? [] : wrapText(`(${printable(message.error)})`, width)
  const text = view.text === '' && why.length > 0 ? [] : wrapText(view.text, width)
  const marks = view.marks.length === 0 ? [] : wrapText(`(${view.marks.join(', ')})`, width)
  return [
    ...part(view.quote === undefined ? [] : [cut(`┃ ${view.quote}`, width)], 'quiet'),
    ...part(text, view.isPlaceholder ? 'quiet' : isForMe ? 'mention' : 'plain', { isText: true }),
    ...part(view.below.flatMap((line) => wrapText(line, width)), 'plain', { isText: true }),
    ...part(why, 'plain', { isProblem: true, isText: true }),
    ...part(marks, 'quiet'),
    ...part(view.reactions === '' ? [] : wrapText(view.reactions, width), 'quiet')
  ]
}

function dayLine (name: string, width: number): string {
  const label = ` ${cut(name, width - 4)} `
  const left = Math.floor((width - cellWidth(label)) / 2)
  return '─'.repeat(Math.max(0, left)) + label + '─'.repeat(Math.max(0, width - left - cellWidth(label)))
}

/** By how much to scroll so that all lines of a message are in the window. */
export function scrollTo (lines: readonly PaneLine[], id: Message['id'], { height, scroll }: { readonly height: number, readonly scroll: number }): number {
  const isOf = (line: PaneLine): boolean => line.kind === 'text' && line.id === id
  const first = lines.findIndex(isOf)
  const last = lines.findLastIndex(isOf)
  if (first === -1) return 0
  const end = lines.length - scroll
  if (first < end - height) return end - height - first
  return last >= end ? end - last - 1 : 0
}

/** The lines that a pane of `height` shows when it is scrolled up by `scroll`; filled from the top. */
export function windowOf (lines: readonly PaneLine[], height: number, scroll: number): PaneLine[] {
  const most = Math.max(0, lines.length - height)
  const end = lines.length - Math.min(scroll, most)
  const shown = lines.slice(Math.max(0, end - height), end)
  return [...Array.from({ length: height - shown.length }, (): PaneLine => ({ kind: 'empty', text: '' })), ...shown]
}
