/**
 * A conversation as lines of the screen: day separators, times, names, wrapped text, ticks. Pure; the message pane
 * draws what this gives.
 */
import { printable, printableName, ticks } from '../describe-messages.ts'
import type { Message } from './chat-state.ts'
import { cellWidth, cut, fit, wrapText } from './text-layout.ts'

export type PaneLine =
  | { readonly kind: 'day', readonly text: string }
  | { readonly kind: 'text', readonly time: string, readonly author: string, readonly isOwn: boolean, readonly text: string, readonly tick: string, readonly state: Message['state'], readonly isProblem: boolean }
  | { readonly kind: 'empty', readonly text: string }

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
const authorWidthFor = (peerName: string, width: number): number =>
  Math.min(maxAuthorWidth, Math.floor((width - timeWidth - tickWidth - 3) / 2), Math.max(cellWidth('you'), cellWidth(printableName(peerName))))

/** @param width cells of the pane, at least 24 */
export function messageLines (messages: readonly Message[], { peerName, width, nowMs }: { peerName: string, width: number, nowMs: number }): PaneLine[] {
  const lines: PaneLine[] = []
  const authorWidth = authorWidthFor(peerName, width)
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
    const showsAuthor = previous?.direction !== message.direction
    const showsTime = showsAuthor || previous === undefined || clockTime(previous.sentAtMs) !== clockTime(message.sentAtMs)
    const text = printable(message.text)
    const why = message.error === undefined ? [] : wrapText(`(${printable(message.error)})`, textWidth)
    const body = text === '' && why.length > 0 ? [] : wrapText(text, textWidth)
    const all = [...body.map((line) => ({ line, isProblem: false })), ...why.map((line) => ({ line, isProblem: true }))]
    all.forEach(({ line, isProblem }, index) => {
      lines.push({
        kind: 'text',
        time: index === 0 && showsTime ? clockTime(message.sentAtMs) : ' '.repeat(timeWidth),
        author: fit(index === 0 && showsAuthor ? (isOwn ? 'you' : printableName(peerName)) : '', authorWidth),
        isOwn,
        text: fit(line, textWidth),
        tick: isOwn && index === all.length - 1 ? fit(ticks[message.state], tickWidth) : ' '.repeat(tickWidth),
        state: message.state,
        isProblem
      })
    })
    previous = message
  }
  return lines
}

function dayLine (name: string, width: number): string {
  const label = ` ${cut(name, width - 4)} `
  const left = Math.floor((width - cellWidth(label)) / 2)
  return '─'.repeat(Math.max(0, left)) + label + '─'.repeat(Math.max(0, width - left - cellWidth(label)))
}

/** The lines that a pane of `height` shows when it is scrolled up by `scroll`; filled from the top. */
export function windowOf (lines: readonly PaneLine[], height: number, scroll: number): PaneLine[] {
  const most = Math.max(0, lines.length - height)
  const end = lines.length - Math.min(scroll, most)
  const shown = lines.slice(Math.max(0, end - height), end)
  return [...Array.from({ length: height - shown.length }, (): PaneLine => ({ kind: 'empty', text: '' })), ...shown]
}
