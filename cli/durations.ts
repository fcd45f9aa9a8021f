/**
 * Lengths of time as people write them: `30s`, `5m`, `8h`, `7d`, `4w`.
 */
import { exitCodes } from './exit-codes.ts'
import { CliError } from './failure.ts'

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** @returns seconds. @throws CliError */
export function parseDuration (text: string): number {
  const [, count, unit] = /^(\d{1,6})\s*([smhdw])(?:ec|in|our|ay|eek)?s?$/i.exec(text.trim()) ?? []
  if (count === undefined || unit === undefined) throw new CliError(`"${text}" is not a length of time. Write 30s, 5m, 8h, 7d or 4w.`, { exitCode: exitCodes.usage, code: 'BAD_DURATION' })
  return Number(count) * seconds[unit.toLowerCase()]!
}

const units: ReadonlyArray<readonly [seconds: number, name: string]> = [[86_400, 'day'], [3_600, 'hour'], [60, 'min'], [1, 's']]

const plural = (name: string, count: number): string => count !== 1 && (name === 'day' || name === 'hour') ? `${name}s` : name

/** In the largest unit that it is a whole number of: `90 min`, `1 day`. */
export function durationText (length: number): string {
  const [unit, name] = units.find(([unit]) => length % unit === 0) ?? units.at(-1)!
  const count = length / unit
  return `${count} ${plural(name, count)}`
}

/** How long ago, roughly: `just now`, `5 min ago`, `3 days ago`. */
export function agoText (ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000))
  if (s < 60) return 'just now'
  const [unit, name] = units.find(([unit]) => s >= unit)!
  const count = Math.floor(s / unit)
  return `${count} ${plural(name, count)} ago`
}
