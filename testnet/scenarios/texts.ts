/** Texts to send: unique, of varying length and script, the same for the same seed. */
import type { SeededRandom } from '../seeded-random.ts'

const words = ['signal', 'mirror', 'sun', 'relay', 'harbour', 'lantern', 'north', 'quiet', 'river', 'stone', 'tide', 'wind', 'grüße', 'cześć', 'こんにちは', 'привет', 'مرحبا', '你好', '👋', '☀️']

/** Long and odd enough that finding it anywhere is no accident. */
export function textFor (random: SeededRandom, author: string, index: number): string {
  const length = random.integer(1, 12)
  return `${author} #${String(index).padStart(4, '0')} ${Array.from({ length }, () => random.pick(words)).join(' ')}`
}
