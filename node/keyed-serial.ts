/**
 * One task at a time per key: read, check, write and wait for the disk without somebody else in between.
 *
 * Owns: the order of tasks of one key. Keys without tasks cost nothing. In memory: it orders the tasks of one process.
 */
export class KeyedSerial {
  readonly #tails = new Map<string, Promise<unknown>>()

  /** Keys with a task under way. */
  get size (): number { return this.#tails.size }

  /** Runs `task` after every earlier task of `key`, whether those failed or not. */
  run<T> (key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const running = before === undefined ? task() : before.then(task, task)
    this.#tails.set(key, running)
    const done = (): void => { if (this.#tails.get(key) === running) this.#tails.delete(key) }
    running.then(done, done)
    return running
  }
}
