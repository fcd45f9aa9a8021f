/** What covers the message pane for a moment: the help, the safety number. */
import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { printableName } from '../../describe-messages.ts'
import { safetyNumberLines } from '../../describe-people.ts'
import { chatHelp } from '../chat-commands.ts'
import type { Overlay } from '../chat-state.ts'
import { fit, wrapText } from '../text-layout.ts'
import { h } from './h.ts'

export function OverlayPane ({ overlay, width, height }: { overlay: Overlay, width: number, height: number }): ReactElement {
  return h(Box, { width, height, flexDirection: 'column', paddingX: 2, paddingY: height > 14 ? 1 : 0, flexShrink: 0, overflow: 'hidden' },
    ...(overlay.kind === 'help' ? helpLines() : safetyLines(overlay, width - 4)))
}

function helpLines (): ReactElement[] {
  return [
    ...chatHelp.map(([what, does]) => h(Text, { key: what, wrap: 'truncate' }, h(Text, { color: 'cyan' }, fit(what, 16)), does)),
    h(Text, { key: 'ticks', dimColor: true, wrap: 'truncate' }, '⌛ here only  ✓ sent  ✓✓ delivered  ', h(Text, { color: 'cyan', bold: true, dimColor: false }, '✓✓'), ' read'),
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
