/**
 * A clock that is wrong: the process believes in another time of day, which can jump while it runs. libfaketime stands
 * between the process and the system's clock; what measures how long something takes is left alone, as on a machine whose
 * clock was set wrong.
 */
import { glob, mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CannotRunHere } from '../scenario.ts'

/** Where Debian puts it, and where it is when it was built by hand. */
const places = ['/usr/lib/*/faketime/libfaketimeMT.so.1', '/usr/lib/faketime/libfaketimeMT.so.1', '/usr/local/lib/faketime/libfaketimeMT.so.1']
/** How often a process looks whether its clock was set, in seconds. */
const lookSeconds = 1

export class WrongClock {
  /** For the process, when it is started. */
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  private constructor (library: string, file: string) {
    this.#file = file
    this.env = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: String(lookSeconds), FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  }

  /** @param folder for its file. @throws CannotRunHere */
  static async make (folder: string, name: string): Promise<WrongClock> {
    const library = await findLibrary()
    if (library === undefined) throw new CannotRunHere('cannot run here: wrong clocks need libfaketime (package faketime)')
    await mkdir(folder, { recursive: true })
    const clock = new WrongClock(library, join(folder, name))
    await clock.set(0)
    return clock
  }

  /** From the next look on. @param offsetSeconds ahead of the system's clock, behind it when negative */
  async set (offsetSeconds: number): Promise<void> {
    // In one step: the process may read it at any moment.
    await writeFile(`${this.#file}.new`, `${offsetSeconds < 0 ? '-' : '+'}${Math.abs(offsetSeconds)}\n`)
    await rename(`${this.#file}.new`, this.#file)
  }
}

async function findLibrary (): Promise<string | undefined> {
  for (const place of places) for await (const path of glob(place)) return path
  return undefined
}
