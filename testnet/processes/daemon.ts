/**
 * A real process of the testnet: the `heliograph` command, in a region, with its log in a file.
 *
 * Owns: start, readiness, kill, stop, by process id only. It cannot outlive the testnet (see wan/in-region.ts).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const command = fileURLToPath(new URL('../../cli/bin/heliograph.js', import.meta.url))
const belowNoise = new URL('../wan/below-noise.ts', import.meta.url)
const inRegion = new URL('../wan/in-region.ts', import.meta.url)

export interface DaemonOptions {
  readonly name: string
  /** Arguments of the `heliograph` command. */
  readonly args: readonly string[]
  readonly routesFile: string
  /** Where to record what the process hands to Noise, unencrypted by the transport (wan/below-noise.ts). */
  readonly recordFile?: string
  readonly logFile: string
  /** Words before the command that end in executing it under the same process id, like `nsenter --net=…`. */
  readonly prefix?: readonly string[]
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Whether it does its work now; asked again and again until it does. */
  readonly isReady: () => Promise<boolean>
}

const readyTimeoutMs = 30_000
const pollMs = 40

export class Daemon {
  readonly #options: DaemonOptions
  #child: ChildProcess | undefined
  #exit: Promise<void> = Promise.resolve()
  #hasExited = true

  constructor (options: DaemonOptions) { this.#options = options }

  get name (): string { return this.#options.name }
  get pid (): number | undefined { return this.#hasExited ? undefined : this.#child?.pid }

  /**
   * @param isReady other than usual
   * @throws Error with the end of its log when it ends or does not get ready
   */
  async start ({ isReady = this.#options.isReady }: { isReady?: () => Promise<boolean> } = {}): Promise<void> {
    if (!this.#hasExited) throw new Error(`${this.name} is running`)
    const imports = [withParameter(inRegion, 'routes', this.#options.routesFile)]
    if (this.#options.recordFile !== undefined) imports.push(withParameter(belowNoise, 'file', this.#options.recordFile))
    const log = openSync(this.#options.logFile, 'a', 0o600)
    let failure: string | undefined
    try {
      const [program, ...words] = [...this.#options.prefix ?? [], process.execPath, ...imports.flatMap((url) => ['--import', url]), command, ...this.#options.args]
      const child = spawn(program!, words, { stdio: ['pipe', log, log], env: { ...process.env, ...this.#options.env } })
      this.#child = child
      this.#hasExited = false
      this.#exit = new Promise((resolve) => {
        child.once('exit', (code, signal) => { this.#hasExited = true; failure = `ended with ${code ?? signal}`; resolve() })
        child.once('error', (error) => { this.#hasExited = true; failure = `could not be started: ${error.message}`; resolve() })
      })
    } finally {
      closeSync(log)
    }
    const deadline = Date.now() + readyTimeoutMs
    while (!await isReady()) {
      if (failure === undefined && Date.now() > deadline) {
        failure = `was not ready within ${readyTimeoutMs / 1000} s`
        await this.kill()
      }
      if (failure !== undefined) throw new Error(`${this.name} ${failure}\n${await this.#endOfLog()}`)
      await Promise.race([this.#exit, new Promise((resolve) => { setTimeout(resolve, pollMs) })])
    }
  }

  /** `kill -9`: no goodbye, nothing flushed. */
  async kill (): Promise<void> {
    if (!this.#hasExited) this.#child?.kill('SIGKILL')
    await this.#exit
  }

  /** SIGSTOP: it does nothing any more, and nobody is told; its kernel still answers for it. */
  pause (): void { if (!this.#hasExited) this.#child?.kill('SIGSTOP') }
  resume (): void { if (!this.#hasExited) this.#child?.kill('SIGCONT') }

  /** SIGTERM, and SIGKILL for what has not ended by then. */
  async stop ({ graceMs = 10_000 } = {}): Promise<void> {
    if (this.#hasExited) return
    this.#child?.kill('SIGTERM')
    this.resume()
    const timer = setTimeout(() => { this.#child?.kill('SIGKILL') }, graceMs)
    await this.#exit
    clearTimeout(timer)
  }

  async #endOfLog (): Promise<string> {
    return (await readFile(this.#options.logFile, 'utf8')).split('\n').slice(-15).join('\n')
  }
}

/**
 * Runs the `heliograph` command on this process's own terminal, in a region, until it ends. The third pipe is its
 * life line, as standard input is a daemon's.
 *
 * @returns its exit code
 */
export async function runOnTerminal ({ args, routesFile, signal }: { args: readonly string[], routesFile: string, signal: AbortSignal }): Promise<number> {
  const child = spawn(process.execPath, ['--import', withParameter(withParameter(inRegion, 'routes', routesFile), 'life', '3'), command, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'pipe'] })
  const onAbort = (): void => { child.kill('SIGTERM') }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => { resolve(code ?? 1) })
    })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function withParameter (module: URL | string, name: string, value: string): string {
  const url = new URL(module)
  url.searchParams.set(name, value)
  return url.href
}
