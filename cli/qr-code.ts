/**
 * A QR code of half blocks, two rows of it in a line of text. For dark terminals and light ones: the light modules are
 * drawn, on what the colours make black.
 */
import { correction, generate } from 'lean-qr'

/** A margin of four modules is what readers are promised; two are enough for all that were tried. */
const margin = 2

/** @param isDark the terminal has a dark background: full blocks are light */
export function qrLines (text: string, { isDark = true }: { isDark?: boolean } = {}): string[] {
  const code = generate(text, { maxCorrectionLevel: correction.L })
  const isLight = (x: number, y: number): boolean => !code.get(x, y) === isDark
  const lines: string[] = []
  for (let y = -margin; y < code.size + margin; y += 2) {
    let line = ''
    for (let x = -margin; x < code.size + margin; x++) {
      const [upper, lower] = [isLight(x, y), y + 1 < code.size + margin && isLight(x, y + 1)]
      line += upper ? lower ? '█' : '▀' : lower ? '▄' : ' '
    }
    lines.push(line)
  }
  return lines
}
