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
  #onLine: (line: string) => void

  private constructor (child: ChildProcess, exit: Promise<void>, onLine: (line: string) => void) {
    this.#child = child
    this.#exit = exit
    this.#onLine = onLine
  }

  /**
   * @param args of a program that prints the line "ready" when it holds what it is for, and ends with its standard input
   * @param onLine what it prints, before that and after
   */
  static async start (program: string, args: readonly string[], onLine: (line: string) => void = () => {}): Promise<Holder> {
    const child = spawn(await findProgram(program) ?? program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => { said = (said + chunk.toString()).slice(-2_000) })
    // Who writes to one that has ended hears of it by its exit.
    child.stdin.on('error', () => {})
    const exit = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }); child.once('error', () => { resolve() }) })
    const holder = new Holder(child, exit, onLine)
    let timer: ReturnType<typeof setTimeout> | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => { reject(new Error(`${program} was not ready in time: ${said}`)) }, readyTimeoutMs)
        createInterface({ input: child.stdout }).on('line', (line) => {
          if (line === 'ready') resolve()
          else holder.#onLine(line)
        })
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

  /** Tells a line and hands over what is printed until `isLast` says that it is complete. */
  async ask (line: string, isLast: (answer: string) => boolean): Promise<void> {
    const before = this.#onLine
    try {
      await new Promise<void>((resolve, reject) => {
        this.#onLine = (answer) => { if (isLast(answer)) resolve() }
        void this.#exit.then(() => { reject(new Error('the process that was asked has ended')) })
        this.tell(line)
      })
    } finally {
      this.#onLine = before
    }
  }

  async close (): Promise<void> {
    this.#child.stdin?.end()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, readyTimeoutMs)
    await this.#exit
    clearTimeout(timer)
  }
}
