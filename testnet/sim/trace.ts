/**
 * Everything that happened in a run, as one number that two equal runs share, and the last of it as text.
 *
 * Not cryptographic: two 32-bit sums over numbers, names and the bytes that crossed the network.
 */
import { crc32 } from 'node:zlib'

const keptLines = 400

export class Trace {
  #a = 0x811c9dc5
  #b = 0x2545f491
  #lines: string[] = []
  events = 0
  /** Called with every line: `--verbose`. */
  onLine: ((line: string) => void) | undefined
  readonly #nowMs: () => number

  /** @param nowMs virtual milliseconds since the start */
  constructor (nowMs: () => number) { this.#nowMs = nowMs }

  mix (number: number): void {
    this.events++
    this.#a = Math.imul(this.#a ^ number, 0x01000193)
    this.#b = (Math.imul(this.#b, 0x9e3779b1) + number) | 0
  }

  bytes (from: number, to: number, chunk: Uint8Array): void {
    this.mix(this.#nowMs() | 0)
    this.mix(from * 65_537 + to)
    this.mix(crc32(chunk))
  }

  /** An event that people may want to read. */
  note (text: string): void {
    this.mix(this.#nowMs() | 0)
    this.mix(crc32(text))
    const line = `${(this.#nowMs() / 1000).toFixed(3).padStart(9)}  ${text}`
    this.onLine?.(line)
    this.#lines.push(line)
    if (this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines)
  }

  /** For whoever watches; not part of the trace. */
  detail (text: () => string): void { this.onLine?.(`${(this.#nowMs() / 1000).toFixed(3).padStart(9)}    ${text()}`) }

  get hash (): string { return [this.#a, this.#b].map((sum) => (sum >>> 0).toString(16).padStart(8, '0')).join('') }
  get lines (): readonly string[] { return this.#lines.slice(-keptLines) }
}
