/**
 * Message ids: UUID version 7, strictly rising per device, over restarts and clocks that jump back.
 * A relay deduplicates by them and may trust that a higher one is new.
 */
import { v7 } from 'uuid'
import type { Clock, Random } from '../../protocol/clock.ts'
import { messageIdFromBytes, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'

/** Half of the 32-bit counter is left to count up in. */
const counterStartBits = 31
const counterEnd = 2 ** 32

export class MessageIds {
  readonly #clock: Clock
  readonly #random: Random
  #atMs = 0
  #counter = 0

  /** @param last the highest id ever made on this device, from the store */
  constructor ({ clock, random }: { clock: Clock, random: Random }, last?: MessageId) {
    this.#clock = clock
    this.#random = random
    if (last === undefined) return
    const bytes = messageIdToBytes(last)
    const view = new DataView(bytes.buffer)
    this.#atMs = view.getUint16(0) * 2 ** 32 + view.getUint32(2)
    // rand_a 12 bits, then the upper 20 bits of rand_b: where the `uuid` package keeps its counter
    this.#counter = (view.getUint16(6) & 0xfff) * 2 ** 20 + (bytes[8]! & 0x3f) * 2 ** 14 + bytes[9]! * 2 ** 6 + (bytes[10]! >> 2)
  }

  next (): MessageId {
    const nowMs = this.#clock.nowMs()
    if (nowMs > this.#atMs) {
      this.#atMs = nowMs
      this.#counter = Math.floor(this.#random.fraction() * 2 ** counterStartBits)
    } else if (++this.#counter === counterEnd) {
      this.#atMs++
      this.#counter = 0
    }
    const bytes = v7({ msecs: this.#atMs, seq: this.#counter, random: this.#random.bytes(16) }, new Uint8Array(16))
    return messageIdFromBytes(bytes)
  }
}
