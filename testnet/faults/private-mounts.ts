/**
 * File systems that only this testnet sees: mounted in a mount namespace that a holder keeps, reached by everybody else
 * through `/proc/<holder>/root`. They are gone with the holder. Needs root.
 */
import { mkdir } from 'node:fs/promises'
import { Holder } from './holder.ts'
import { runProgram } from './needs.ts'

export const mountPrograms = { unshare: 'util-linux', nsenter: 'util-linux', mount: 'mount', umount: 'mount' } as const

export class PrivateMounts {
  readonly #holder: Holder

  private constructor (holder: Holder) { this.#holder = holder }

  static async open (): Promise<PrivateMounts> {
    return new PrivateMounts(await Holder.start('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', 'echo ready; exec cat']))
  }

  /** The way for a process outside, this one and relays, to what is at `path` inside. */
  seen (path: string): string { return `/proc/${this.#holder.pid}/root${path}` }

  async run (program: string, args: readonly string[]): Promise<string> {
    return await runProgram('nsenter', [`--mount=/proc/${this.#holder.pid}/ns/mnt`, program, ...args])
  }

  async mount (what: string, where: string, options: readonly string[]): Promise<void> {
    await mkdir(where, { recursive: true })
    await this.run('mount', [...options, what, where])
  }

  async unmount (where: string): Promise<void> {
    // Lazily: who still has a file open there keeps it, as a process does whose disk was pulled out.
    await this.run('umount', ['--lazy', where])
  }

  async close (): Promise<void> { await this.#holder.close() }
}
