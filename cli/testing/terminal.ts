/**
 * A terminal for tests: streams that look like a TTY of a given size, and the frame that stands on it.
 */
import { PassThrough, Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'

/** Takes what ink draws in debug mode: each write is one whole frame. */
export class TerminalOutput extends Writable {
  readonly isTTY = true
  columns: number
  rows: number
  frames: string[] = []

  constructor ({ columns = 80, rows = 24 } = {}) {
    super()
    this.columns = columns
    this.rows = rows
  }

  override _write (chunk: Buffer, _encoding: string, done: () => void): void {
    this.frames.push(chunk.toString())
    done()
  }

  resize (columns: number, rows: number): void {
    this.columns = columns
    this.rows = rows
    this.emit('resize')
  }

  /** The newest frame that shows something, as plain text. */
  get frame (): string { return stripVTControlCharacters(this.frames.findLast((frame) => frame.trim() !== '') ?? '') }
}

/** Takes keys from the test. */
export class TerminalInput extends PassThrough {
  readonly isTTY = true
  isRaw = false
  setRawMode (isRaw: boolean): this { this.isRaw = isRaw; return this }
  ref (): this { return this }
  unref (): this { return this }
}

