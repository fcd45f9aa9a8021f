/** A disk of a few megabytes that can be filled: a tmpfs of its own. Needs root. */
import { open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { checkNeeds } from './needs.ts'
import { PrivateMounts, mountPrograms } from './private-mounts.ts'

const megabyte = 1 << 20

export class SmallDisk {
  /** For whoever keeps files there. */
  readonly folder: string
  readonly #mounts: PrivateMounts

  private constructor (mounts: PrivateMounts, folder: string) {
    this.#mounts = mounts
    this.folder = folder
  }

  /** @throws CannotRunHere */
  static async open (where: string, { megabytes }: { megabytes: number }): Promise<SmallDisk> {
    await checkNeeds({ what: 'a full disk', isRoot: true, programs: mountPrograms })
    const mounts = await PrivateMounts.open()
    try {
      await mounts.mount('tmpfs', where, ['-t', 'tmpfs', '-o', `size=${megabytes}m`])
      return new SmallDisk(mounts, mounts.seen(where))
    } catch (error) {
      await mounts.close()
      throw error
    }
  }

  async freeBytes (): Promise<number> {
    const { bavail, bsize } = await statfs(this.folder)
    return bavail * bsize
  }

  /** Something else takes the space until this much is left. */
  async fillUntil (freeBytes: number): Promise<void> {
    const file = await open(join(this.folder, 'ballast'), 'a')
    try {
      const chunk = Buffer.alloc(megabyte / 4)
      for (let free = await this.freeBytes(); free > freeBytes; free = await this.freeBytes()) {
        // A disk that others write to at the same time may be full a moment earlier: that is what was wanted.
        if (!await file.write(chunk, 0, Math.min(chunk.byteLength, free - freeBytes)).then(() => true, isFull)) return
      }
    } finally {
      await file.close()
    }
  }

  async makeRoom (): Promise<void> { await rm(join(this.folder, 'ballast'), { force: true }) }

  async close (): Promise<void> { await this.#mounts.close() }
}

function isFull (error: NodeJS.ErrnoException): false {
  if (error.code !== 'ENOSPC') throw error
  return false
}
