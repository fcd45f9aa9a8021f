/**
 * A small process that holds something of the kernel's, a mount namespace with what is mounted in it, until its standard
 * input ends: with `close`, or however this process ends, `kill -9` included. So nothing is ever left behind, and no list of
 * what to clean up is needed.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { findProgram } from './needs.ts'

const readyTimeoutMs = 10_000

export class Holder {
  readonly #child: ChildProcess
  readonly #exit: Promise<void>

  private constructor (child: ChildProcess, exit: Promise<void>) {
    this.#child = child
    this.#exit = exit
  }

  /** @param args of a program that prints a line with "ready" when it holds what it is for, and ends with its standard input */
  static async start (program: string, args: readonly string[]): Promise<Holder> {
    const child = spawn(await findProgram(program) ?? program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-2_000) })
    // Who writes to one that has ended hears of it by its exit.
    child.stdin.on('error', () => {})
    const exit = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }); child.once('error', () => { resolve() }) })
    const holder = new Holder(child, exit)
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => { reject(new Error(`${program} was not ready in time: ${said}`)) }, readyTimeoutMs)
        createInterface({ input: child.stdout }).on('line', (line) => { if (line.includes('ready')) resolve() })
        child.once('error', reject)
        void exit.then(() => { reject(new Error(`${program} has ended: ${said}`)) })
      })
      return holder
    } catch (error) {
      await holder.close()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  get pid (): number { return this.#child.pid! }

  /** A line for its standard input. */
  tell (line: string): void { this.#child.stdin!.write(`${line}\n`) }

  async close (): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, readyTimeoutMs)
    await this.#exit
    clearTimeout(timer)
  }
}
