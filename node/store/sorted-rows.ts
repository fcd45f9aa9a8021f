/**
 * A map that also finds the keys that begin with something, without looking at the others: a scan of the store in memory
 * costs what it gives, as it does on disk.
 */
export class SortedRows<Value> extends Map<string, Value> {
  /** In order of their UTF-16 units. */
  readonly #keys: string[] = []

  override set (key: string, value: Value): this {
    if (!this.has(key)) this.#keys.splice(this.#firstFrom(key), 0, key)
    return super.set(key, value)
  }

  override delete (key: string): boolean {
    if (!super.delete(key)) return false
    this.#keys.splice(this.#firstFrom(key), 1)
    return true
  }

  copy (): SortedRows<Value> {
    const other = new SortedRows<Value>()
    for (const [key, value] of this) other.set(key, value)
    return other
  }

  /** @returns a copy: what is written meanwhile does not change it */
  startingWith (prefix: string): Array<[key: string, value: Value]> {
    const found: Array<[string, Value]> = []
    for (let index = this.#firstFrom(prefix); index < this.#keys.length && this.#keys[index]!.startsWith(prefix); index++) found.push([this.#keys[index]!, this.get(this.#keys[index]!)!])
    return found
  }

  /** Index of the first key that is not below `key`. */
  #firstFrom (key: string): number {
    let low = 0
    let high = this.#keys.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
