/**
 * Reading and writing what this device keeps for itself: fixed fields in order, lengths of four bytes, big-endian. Every
 * length is bounded by the input, so that a damaged record is MALFORMED and nothing else.
 */
import { ProtocolError } from '../errors.ts'

export class StoredReader {
  readonly #input: Uint8Array
  readonly #view: DataView
  readonly #what: string
  #offset = 0

  /** @param what for the error */
  constructor (input: Uint8Array, what: string) {
    this.#input = input
    this.#what = what
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  }

  u8 (): number { return this.#view.getUint8(this.#take(1)) }
  u32 (): number { return this.#view.getUint32(this.#take(4)) }

  f64 (): number {
    const value = this.#view.getFloat64(this.#take(8))
    if (!Number.isFinite(value)) throw this.#malformed()
    return value
  }

  flag (): boolean {
    const value = this.u8()
    if (value > 1) throw this.#malformed()
    return value === 1
  }

  /** A copy: the record outlives the buffer it was read from. */
  bytes (length: number): Uint8Array {
    const start = this.#take(length)
    return this.#input.slice(start, start + length)
  }

  key (): Uint8Array { return this.bytes(32) }

  list<T> (max: number, item: () => T): T[] {
    const length = this.u32()
    if (length > max) throw this.#malformed()
    return Array.from({ length }, item)
  }

  end (): void {
    if (this.#offset !== this.#input.byteLength) throw this.#malformed()
  }

  #take (length: number): number {
    const start = this.#offset
    if (length > this.#input.byteLength - start) throw this.#malformed()
    this.#offset = start + length
    return start
  }

  #malformed (): ProtocolError { return new ProtocolError('MALFORMED', { what: this.#what }) }
}

export function u32 (value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

export function f64 (value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return bytes
}
