/** What covers the message pane for a moment: the help, the invite link, the safety number. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { printable, printableName } from '../../describe-messages.ts'
import { safetyNumberLines } from '../../describe-people.ts'
import { chatHelp } from '../chat-commands.ts'
import type { Overlay } from '../chat-state.ts'
import { cellWidth, fit, wrapText } from '../text-layout.ts'
import { h } from './h.ts'

export function OverlayPane ({ overlay, width, height }: { overlay: Overlay, width: number, height: number }): ReactElement {
  return h(Box, { width, height, flexDirection: 'column', paddingX: 2, paddingY: height > 14 ? 1 : 0, flexShrink: 0, overflow: 'hidden' },
    ...linesOf(overlay, width - 4, height - (height > 14 ? 2 : 0)))
}

function linesOf (overlay: Overlay, width: number, height: number): ReactElement[] {
  switch (overlay.kind) {
    case 'help': return helpLines(overlay, width, height)
    case 'lines': return answerLines(overlay, width, height)
    case 'invite': return inviteLines(overlay, width)
    case 'safety': return safetyLines(overlay, width)
  }
}

/** The help is one topic at a time: a small terminal has room for no more. */
function helpLines ({ topic = 'basics', scroll }: Extract<Overlay, { kind: 'help' }>, width: number, height: number): ReactElement[] {
  const rows = chatHelp[topic] ?? []
  // A long command gives its place to what it does: in a narrow pane that goes on below.
  const commandWidth = Math.min(Math.floor(width / 2), 2 + Math.max(...rows.map(([what]) => cellWidth(what))))
  const topics = Object.keys(chatHelp).map((one) => one === topic ? `[${one}]` : one).join(' ')
  return inWindow([
    h(Text, { key: 'topics', bold: true, wrap: 'truncate' }, `/help ${topics}`),
    ...rows.flatMap(([what, does]) => wrapText(does, width - commandWidth).map((line, index) =>
      h(Text, { key: `${what} ${index}`, wrap: 'truncate' }, h(Text, { color: 'cyan' }, fit(index === 0 ? what : '', commandWidth)), line))),
    ...(topic === 'basics' ? [h(Text, { key: 'ticks', dimColor: true, wrap: 'truncate' }, '⌛ here only  ✓ sent  ✓✓ delivered  ', h(Text, { color: 'cyan', bold: true, dimColor: false }, '✓✓'), ' read')] : [])
  ], scroll, height)
}

function answerLines ({ lines, scroll }: Extract<Overlay, { kind: 'lines' }>, width: number, height: number): ReactElement[] {
  const all = lines.flatMap((line) => wrapText(printable(line), width))
  return inWindow(all.map((line, index) => h(Text, { key: index, wrap: 'truncate' }, line === '' ? ' ' : line)), scroll, height)
}

/** As many as there is room for, with a line that says whether there are more. */
function inWindow (all: readonly ReactElement[], scroll: number, height: number): ReactElement[] {
  const room = Math.max(1, height - 1)
  const from = Math.max(0, Math.min(scroll, all.length - room))
  const below = all.length - from - room
  return [...all.slice(from, from + room), h(Text, { key: 'end', dimColor: true, wrap: 'truncate' }, below > 0 ? `PgDn: ${below} more. Esc closes this.` : 'Esc closes this.')]
}

function inviteLines ({ link, handle }: Extract<Overlay, { kind: 'invite' }>, width: number): ReactElement[] {
  const say = (key: string, text: string): ReactElement[] => wrapText(text, width).map((line, index) => h(Text, { key: `${key}-${index}`, wrap: 'truncate' }, line))
  return [
    ...(handle === '' ? [] : [...say('handle', 'Others find you as'), h(Text, { key: 'name', color: 'cyan', bold: true, wrap: 'truncate' }, printableName(handle)), h(Text, { key: 'space-1' }, ' ')]),
    ...say('about', 'This link holds your key as well, so that whoever has it from you needs to trust no relay:'),
    // Whole, and broken at the edge: a link with a part left out is of no use to anybody.
    ...wrapText(link, width).map((line, index) => h(Text, { key: `link-${index}`, color: 'cyan', wrap: 'truncate' }, line)),
    h(Text, { key: 'space-2' }, ' '),
    ...say('elsewhere', 'Outside the chat, "heliograph account show" prints it in one line.'),
    h(Text, { key: 'end', dimColor: true }, 'Esc closes this.')
  ]
}

function safetyLines ({ name, digits, isVerified }: Extract<Overlay, { kind: 'safety' }>, width: number): ReactElement[] {
  const who = printableName(name)
  const advice = isVerified
    ? `${who} is verified. /verify no takes it back.`
    : `Compare this with what ${who} sees, face to face or in a call. When it is the same on both sides, type /verify yes. If it is not, somebody may be reading along.`
  return [
    h(Text, { key: 'title', bold: true, wrap: 'truncate' }, `Safety number with ${who}`),
    h(Text, { key: 'space-1' }, ' '),
    ...safetyNumberLines(digits).map((line, index) => h(Text, { key: `digits-${index}`, color: 'cyan', bold: true }, `  ${line}`)),
    h(Text, { key: 'space-2' }, ' '),
    ...wrapText(advice, width).map((line, index) => h(Text, { key: `advice-${index}`, wrap: 'truncate' }, line)),
    h(Text, { key: 'end', dimColor: true }, 'Esc closes this.')
  ]
}
