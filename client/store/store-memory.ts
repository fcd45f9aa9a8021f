/**
 * The client's store in memory: for tests and simulation. Passes store-suite.ts.
 * `data` outlives the store, as a disk does: reopening is a new MemoryStore over the same map.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { ClientStore, StoreEntry, StoreRange, StoreWrite } from './store.ts'

export class MemoryStore implements ClientStore {
  readonly data: Map<string, Uint8Array>
  /** Keys in order; undefined after a key was added or removed. */
  #sorted: string[] | undefined
  #isClosed = false

  constructor (data = new Map<string, Uint8Array>()) { this.data = data }

  async get (key: string): Promise<Uint8Array | undefined> {
    this.#check()
    return this.data.get(key)?.slice()
  }

  async getMany (keys: readonly string[]): Promise<Array<Uint8Array | undefined>> {
    this.#check()
    return keys.map((key) => this.data.get(key)?.slice())
  }

  async batch (writes: readonly StoreWrite[]): Promise<void> {
    this.#check()
    for (const write of writes) {
      if (write.op === 'put') {
        if (!this.data.has(write.key)) this.#sorted = undefined
        this.data.set(write.key, write.value.slice())
      } else if (this.data.delete(write.key)) {
        this.#sorted = undefined
      }
    }
  }

  async range ({ from, to, reverse = false, limit = Infinity }: StoreRange): Promise<StoreEntry[]> {
    this.#check()
    this.#sorted ??= [...this.data.keys()].sort()
    const keys = this.#sorted.slice(this.#lowerBound(from), this.#lowerBound(to))
    if (reverse) keys.reverse()
    return keys.slice(0, limit).map((key) => ({ key, value: this.data.get(key)!.slice() }))
  }

  async close (): Promise<void> { this.#isClosed = true }

  #lowerBound (key: string): number {
    const sorted = this.#sorted!
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (sorted[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }

  #check (): void {
    if (this.#isClosed) throw new ProtocolError('INTERNAL', { what: 'the store is closed' })
  }
}
