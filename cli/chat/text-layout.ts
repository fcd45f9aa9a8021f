/**
 * Text in terminal cells: how wide it is, where it breaks, how it is cut. A wide character takes two cells, a combined
 * one (flag, family, accent) counts once and is never torn apart.
 */
import stringWidth from 'string-width'

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

export const graphemes = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment)

/**
 * Cells that a terminal may need. Most terminals (xterm, VTE, tmux, Alacritty) draw a skin tone as two cells of its own,
 * some as part of the emoji before it: the wider is taken, since a line that is too long loses its tick.
 */
export const cellWidth = (text: string): number => stringWidth(text) + 2 * (text.match(/(?<=\p{Extended_Pictographic})\p{Emoji_Modifier}/gu)?.length ?? 0)

/**
 * Breaks at spaces where it can, inside a word where it must. Line ends in the text are kept.
 *
 * @param width cells, at least 2 (a wide character needs them)
 * @returns at least one line, each at most `width` cells
 */
export function wrapText (text: string, width: number): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, width)))
}

function wrapParagraph (paragraph: string, width: number): string[] {
  if (cellWidth(paragraph) <= width) return [paragraph]
  const lines: string[] = []
  let line = ''
  let lineWidth = 0
  const flush = (): void => { lines.push(line.trimEnd()); line = ''; lineWidth = 0 }
  for (const word of paragraph.split(/(?<= )(?=[^ ])/)) {
    const wordWidth = cellWidth(word.trimEnd())
    if (lineWidth > 0 && lineWidth + wordWidth > width) flush()
    if (wordWidth <= width) {
      line += word
      lineWidth += cellWidth(word)
      continue
    }
    for (const grapheme of graphemes(word)) {
      const cells = cellWidth(grapheme)
      if (lineWidth + cells > width) flush()
      line += grapheme
      lineWidth += cells
    }
  }
  if (line.trimEnd() !== '' || lines.length === 0) flush()
  return lines
}

/** Cut to at most `width` cells, with … in place of what is gone. */
export function cut (text: string, width: number): string {
  if (width <= 0) return ''
  if (cellWidth(text) <= width) return text
  let out = ''
  let used = 0
  for (const grapheme of graphemes(text)) {
    const cells = cellWidth(grapheme)
    if (used + cells > width - 1) break
    out += grapheme
    used += cells
  }
  return `${out}…`
}

/** Exactly `width` cells. */
export function fit (text: string, width: number): string {
  const short = cut(text, width)
  return short + ' '.repeat(Math.max(0, width - cellWidth(short)))
}

/** `left` and `right` at the two ends of `width` cells; the left gives way. */
export function ends (left: string, right: string, width: number): string {
  const end = cut(right, width)
  return fit(left, Math.max(0, width - cellWidth(end))) + end
}
