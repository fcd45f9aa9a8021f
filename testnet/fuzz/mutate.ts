/**
 * Bytes as attackers and broken disks make them, from good ones; and from what a decoder took, so that changes add up.
 *
 * Frames are written one behind the other into large blocks and never written over: a decoder that keeps a view of one is found
 * as with frames of their own, at a tenth of the price. Fields of protobuf are looked for once in each start, so that a change
 * inside of one can put the lengths around it right.
 */
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { fieldsOf, stride, writeVarint } from './fields.ts'

interface Start { readonly bytes: Uint8Array, readonly fields: Int32Array }

const magic = Uint8Array.of(0x00, 0x01, 0x05, 0x0a, 0x12, 0x1a, 0x22, 0x7f, 0x80, 0xff)
const sizes = Uint16Array.of(0, 1, 8, 12, 15, 16, 17, 31, 32, 33, 34, 44, 63, 64, 65, 100, 300)
const numbers = [0n, 1n, 2n, 127n, 128n, 255n, 0xffffn, 0x10000n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 1n << 32n, 1n << 40n, (1n << 48n) - 1n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n].map((number) => {
  const bytes = new Uint8Array(10)
  return bytes.slice(0, writeVarint(bytes, 0, number))
})
/** Noise: half of it bytes of chance, half of it letters, which strings may have. */
const noiseBytes = 1 << 16
/** Room for what changes add to one frame. */
const roomBytes = 8_192
/** Most bytes that one change adds, and most changes of one frame. */
const [addedAtMost, changesAtMost] = [1_024, 5]
const blockBytes = 1 << 16
/** Of what was taken, one in so many is changed further, and so many are kept for that. */
const [keptOneIn, keptAtMost] = [128, 128]

export class Frames {
  readonly #good: Start[]
  readonly #kept: Start[] = []
  readonly #noise: Uint8Array
  readonly #keptBytesAtMost: number
  #keptNext = 0
  #block = new Uint8Array(0)
  /** Where the frame stands that is being made, and how long it is. */
  #from = 0
  #length = 0
  #a: number
  #b: number
  #c: number
  #d = 1

  constructor (corpus: readonly Uint8Array[], seed: number) {
    const random = new SeededRandom(seed)
    const number = (): number => random.below(2 ** 32) | 0
    ;[this.#a, this.#b, this.#c] = [number(), number(), number()]
    this.#noise = random.bytes(noiseBytes)
    for (let at = noiseBytes >> 1; at < noiseBytes; at++) this.#noise[at] = 0x20 + this.#noise[at]! % 0x5f
    this.#good = corpus.map((bytes) => ({ bytes, fields: fieldsOf(bytes) }))
    this.#keptBytesAtMost = 512 + 2 * Math.max(...corpus.map(({ byteLength }) => byteLength))
  }

  /** A start more, in place of one of the corpus. */
  renew (bytes: Uint8Array): void { this.#good[this.#below(this.#good.length)] = { bytes, fields: fieldsOf(bytes) } }

  /** The decoder took it: one of many is changed further. */
  taken (frame: Uint8Array): void {
    if ((this.#next() & (keptOneIn - 1)) !== 0 || frame.byteLength > this.#keptBytesAtMost) return
    const bytes = frame.slice()
    this.#kept[this.#keptNext] = { bytes, fields: fieldsOf(bytes) }
    this.#keptNext = (this.#keptNext + 1) % keptAtMost
  }

  /** One with one change or some; or bytes of chance. Valid for ever. */
  next (): Uint8Array {
    const dice = this.#next()
    if ((dice & 63) === 0) {
      this.#begin(0)
      this.#length = this.#below(200)
      this.#addNoise(this.#from, this.#length)
    } else {
      const start = this.#start()
      this.#begin(start.bytes.byteLength)
      this.#block.set(start.bytes, this.#from)
      this.#length = start.bytes.byteLength
      // One change: a half; two: a quarter …
      let changes = Math.min(changesAtMost, 1 + Math.clz32(dice))
      if (start.fields.length > 0 && (dice & 64) === 0) { this.#changeField(start.fields); changes-- }
      for (; changes > 0 && this.#length > 0; changes--) this.#change()
    }
    const end = this.#from + this.#length
    const frame = this.#block.subarray(this.#from, end)
    this.#from = end
    return frame
  }

  #start (): Start {
    const { length } = this.#kept
    return length > 0 && (this.#next() & 1) === 0 ? this.#kept[this.#below(length)]! : this.#good[this.#below(this.#good.length)]!
  }

  #begin (byteLength: number): void {
    const room = byteLength + roomBytes + this.#keptBytesAtMost
    if (this.#from + room <= this.#block.byteLength) return
    this.#block = new Uint8Array(Math.max(blockBytes, room))
    this.#from = 0
  }

  /** Of bytes that say nothing of themselves. */
  #change (): void {
    const block = this.#block
    const at = this.#from + this.#below(this.#length)
    const dice = this.#next()
    const small = dice >>> 8 & 31
    switch (dice & 15) {
      case 0: this.#length = at - this.#from; return
      case 1: this.#splice(at, dice >>> 13 & 15, small); this.#addNoise(at, small); return
      // A length or a tag that lies: as many continuation bits as there may be, or too many.
      case 2: this.#splice(at, 1, 1 + small % 11); block.fill(0xff, at, at + 1 + small % 11); return
      case 3: {
        const { bytes } = this.#start()
        const from = this.#below(bytes.byteLength + 1)
        const added = Math.min(bytes.byteLength - from, addedAtMost)
        this.#splice(at, this.#length, added)
        this.#copy(bytes, from, at, added)
        return
      }
      case 4: {
        const again = Math.min(1 + (dice >>> 8 & 63), this.#from + this.#length - at)
        this.#splice(at, 0, again)
        return
      }
      case 5: case 6: block[at] = magic[small % magic.length]!; return
      case 7: case 8: block[at]! += (dice & 256) === 0 ? 1 : 255; return
      case 9: this.#addNumber(at, 1, dice >>> 8 & 0xff); return
      default: block[at]! ^= 1 << (small & 7)
    }
  }

  /** Of one field, so that the message stays one: the lengths around it are put right. Must be the first change. */
  #changeField (fields: Int32Array): void {
    const field = this.#below(fields.length / stride) * stride
    const tag = this.#from + fields[field]!
    const value = this.#from + fields[field + 2]!
    const end = this.#from + fields[field + 3]!
    const isBytes = (this.#block[tag]! & 7) === 2
    const parent = fields[field + 4]!
    const dice = this.#next()
    const small = dice >>> 8 & 31
    switch (dice & 7) {
      case 0: this.#splice(tag, end - tag, 0); this.#lengthen(fields, parent, tag - end); return
      case 1: {
        const again = end - tag
        if (again <= addedAtMost) { this.#splice(tag, 0, again); this.#lengthen(fields, parent, again) }
        return
      }
      case 2: case 3: {
        if (!isBytes) { this.#lengthen(fields, parent, this.#addNumber(value, end - value, dice >>> 8 & 0xff)); return }
        const was = end - value
        const size = (dice & 8) === 0 ? sizes[small % sizes.length]! : Math.max(0, was + (dice >>> 4 & 7) - 4)
        if (size < was) this.#splice(value + size, was - size, 0)
        else if (size > was) { this.#splice(end, 0, size - was); this.#addNoise(end, size - was) }
        this.#lengthen(fields, field, size - was)
        return
      }
      case 4: if (isBytes) this.#addNoise(value, end - value); else this.#block[value]! ^= 1 << (small & 7); return
      case 5: {
        const other = this.#start()
        if (other.fields.length === 0) return
        const from = this.#below(other.fields.length / stride) * stride
        const added = other.fields[from + 3]! - other.fields[from]!
        if (added > addedAtMost) return
        const removed = (dice & 8) === 0 ? 0 : end - tag
        this.#splice(tag, removed, added)
        this.#copy(other.bytes, other.fields[from]!, tag, added)
        this.#lengthen(fields, parent, added - removed)
        return
      }
      case 6: this.#block[tag]! ^= 1 << (small & 7); return
      default: if (end > value) this.#block[value + this.#below(end - value)]! ^= 1 << (small & 7)
    }
  }

  /** `field` and all around it are longer by so many bytes: from the inside out, since what comes before stays where it is. */
  #lengthen (fields: Int32Array, field: number, by: number): void {
    for (let more = by; field >= 0 && more !== 0; field = fields[field + 4]!) {
      const at = this.#from + fields[field + 1]!
      const was = fields[field + 2]! - fields[field + 1]!
      const length = fields[field + 3]! - fields[field + 2]! + more
      const is = length < 0x80 ? 1 : length < 0x4000 ? 2 : 3
      if (is !== was) this.#splice(at, was, is)
      for (let i = 0, rest = length; i < is; i++, rest >>>= 7) this.#block[at + i] = rest & 0x7f | (i < is - 1 ? 0x80 : 0)
      more += is - was
    }
  }

  /** @returns by how much the frame is longer */
  #addNumber (at: number, removed: number, which: number): number {
    const number = numbers[which % numbers.length]!
    this.#splice(at, removed, number.byteLength)
    this.#copy(number, 0, at, number.byteLength)
    return number.byteLength - removed
  }

  #splice (at: number, removed: number, added: number): void {
    const end = this.#from + this.#length
    const rest = Math.min(end, at + removed)
    if (rest < end && added !== rest - at) this.#block.copyWithin(at + added, rest, end)
    this.#length = at + added + end - rest - this.#from
  }

  #copy (bytes: Uint8Array, from: number, to: number, length: number): void {
    if (length > 32) this.#block.set(bytes.subarray(from, from + length), to)
    else for (let i = 0; i < length; i++) this.#block[to + i] = bytes[from + i]!
  }

  #addNoise (at: number, length: number): void {
    const half = noiseBytes >> 1
    const bounded = Math.min(length, half)
    this.#copy(this.#noise, this.#below(half - bounded + 1) + ((this.#next() & 1) === 0 ? 0 : half), at, bounded)
  }

  #below (below: number): number { return Math.floor((this.#next() >>> 0) * below / 2 ** 32) }

  /** sfc32, in whole numbers of 32 bits with a sign: SeededRandom's numbers would be a tenth of a frame's time. */
  #next (): number {
    const sum = (this.#a + this.#b | 0) + this.#d | 0
    this.#d = this.#d + 1 | 0
    this.#a = this.#b ^ this.#b >>> 9
    this.#b = this.#c + (this.#c << 3) | 0
    this.#c = (this.#c << 21 | this.#c >>> 11) + sum | 0
    return sum
  }
}
