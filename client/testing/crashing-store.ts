/**
 * A store that dies: writes up to a moment, then nothing any more, as after a power cut. The fatal batch is not written.
 */
import type { ClientStore, StoreEntry, StoreRange, StoreWrite } from '../store/store.ts'

export class CrashingStore implements ClientStore {
  readonly #store: ClientStore
  readonly #isFatal: (writes: readonly StoreWrite[]) => boolean
  #isDead = false

  constructor (store: ClientStore, isFatal: (writes: readonly StoreWrite[]) => boolean) {
    this.#store = store
    this.#isFatal = isFatal
  }

  get isDead (): boolean { return this.#isDead }
  async get (key: string): Promise<Uint8Array | undefined> { return await this.#store.get(key) }
  async getMany (keys: readonly string[]): Promise<Array<Uint8Array | undefined>> { return await this.#store.getMany(keys) }
  async range (range: StoreRange): Promise<StoreEntry[]> { return await this.#store.range(range) }
  async close (): Promise<void> { await this.#store.close() }
  async batch (writes: readonly StoreWrite[]): Promise<void> {
    if (this.#isDead || this.#isFatal(writes)) {
      this.#isDead = true
      throw new Error('power cut')
    }
    await this.#store.batch(writes)
  }
}
