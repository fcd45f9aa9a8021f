/**
 * A disk whose power can be cut: everything that was not synced is gone, as it is when a machine goes dark.
 *
 * An ext4 file system lives in an image file, and the image on an XFS that can clone files. A cut clones the image at one
 * moment: the page cache of the ext4, where unsynced writes are, is not in it. Whoever uses the disk must have been stopped
 * before, so that nothing is promised after the moment of the cut, and is killed afterwards. Needs root.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { checkNeeds, runProgram } from './needs.ts'
import { PrivateMounts, mountPrograms } from './private-mounts.ts'

/** XFS is never smaller than this; the files are sparse. */
const outerMegabytes = 4_096
const innerMegabytes = 512

export class PowerCutDisk {
  /** For whoever keeps files there. */
  readonly folder: string
  readonly #mounts: PrivateMounts
  readonly #where: string
  readonly #outer: string
  #image: string
  #cuts = 0

  private constructor (mounts: PrivateMounts, { where, outer, image }: { where: string, outer: string, image: string }) {
    this.#mounts = mounts
    this.#where = where
    this.#outer = outer
    this.#image = image
    this.folder = mounts.seen(where)
  }

  /** @param scratch a folder for the image. @throws CannotRunHere */
  static async open (scratch: string): Promise<PowerCutDisk> {
    await checkNeeds({ what: 'power cuts', isRoot: true, programs: { ...mountPrograms, truncate: 'coreutils', cp: 'coreutils', 'mkfs.xfs': 'xfsprogs', 'mkfs.ext4': 'e2fsprogs' }, devices: ['/dev/loop-control'] })
    const mounts = await PrivateMounts.open()
    try {
      const [outerImage, outer, where] = [join(scratch, 'outer.img'), join(scratch, 'outer'), join(scratch, 'disk')]
      await runProgram('mkdir', ['-p', scratch])
      await runProgram('truncate', ['-s', `${outerMegabytes}M`, outerImage])
      await runProgram('mkfs.xfs', ['-q', '-f', '-m', 'reflink=1', outerImage])
      await mounts.mount(outerImage, outer, ['-o', 'loop'])
      const image = join(outer, 'disk-0.img')
      await mounts.run('truncate', ['-s', `${innerMegabytes}M`, image])
      await mounts.run('mkfs.ext4', ['-q', '-F', image])
      await mounts.mount(image, where, ['-o', 'loop'])
      return new PowerCutDisk(mounts, { where, outer, image })
    } catch (error) {
      await mounts.close()
      throw error
    }
  }

  /** The moment of the cut: what the disk holds now is what will be there after `restore`. Its users stand still. */
  async cut (): Promise<void> {
    this.#image = join(this.#outer, `disk-${++this.#cuts}.img`)
    await this.#mounts.run('cp', ['--reflink=always', join(this.#outer, `disk-${this.#cuts - 1}.img`), this.#image])
  }

  /** The power is back. Its users have been killed. */
  async restore (): Promise<void> {
    await this.#mounts.unmount(this.#where)
    await this.#mounts.mount(this.#image, this.#where, ['-o', 'loop'])
    await rm(this.#mounts.seen(join(this.#outer, `disk-${this.#cuts - 1}.img`)), { force: true })
  }

  async close (): Promise<void> { await this.#mounts.close() }
}
