/**
 * A client in a process of its own (client-child.ts), used like one in this process: for what happens to whole processes,
 * as being killed, stopped, put into another network or given another clock.
 *
 * `client` forwards calls and events: what a scenario calls must return a promise and take values that can be copied.
 * `account` and `connection` are as the child last said.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Client, ClientEvents } from '../../client/client.ts'
import type { NodeClient } from '../../client/client-node.ts'
import type { RouteTable } from '../wan/wan.ts'

const program = fileURLToPath(new URL('client-child.ts', import.meta.url))
const readyTimeoutMs = 30_000
const closeTimeoutMs = 10_000

/** From the child. */
export type FromChild = { readonly state: ClientState } & (
  | { readonly kind: 'answer', readonly id: number, readonly value?: unknown, readonly error?: string }
  | { readonly kind: 'event', readonly event: keyof ClientEvents, readonly value: unknown }
)
/** To the child: a method of the client by its path, `groups.create`. */
export interface ToChild { readonly id: number, readonly path: string, readonly args: readonly unknown[] }

/** As copied. */
export interface ClientState { readonly account?: unknown, readonly connection?: unknown }

export interface ChildOptions {
  readonly folder: string
  readonly config: { readonly bootstrap: readonly string[], readonly software: string, readonly strangers: 'accept', readonly standby?: 'auto' | 'none' }
  readonly routes: RouteTable
}

export interface ClientProcessOptions extends ChildOptions {
  readonly name: string
  readonly logFile: string
  readonly prefix: readonly string[] | undefined
  readonly env: Readonly<Record<string, string>> | undefined
}

type Listener = (value: unknown) => void

export class ClientProcess implements NodeClient {
  readonly client: Client
  readonly #name: string
  readonly #child: ChildProcess
  readonly #exit: Promise<void>
  readonly #waiting = new Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>()
  readonly #listeners = new Map<string, Set<Listener>>()
  #state: ClientState = {}
  #nextId = 1
  #hasExited = false

  /** @throws Error when the process ends or does not open the folder in time */
  static async open (options: ClientProcessOptions): Promise<ClientProcess> {
    const process = new ClientProcess(options)
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => { timer = setTimeout(() => { reject(new Error(`the process of ${options.name} was not ready within ${readyTimeoutMs / 1000} s`)) }, readyTimeoutMs) })
    try {
      const { folder, config, routes } = options
      await Promise.race([process.#call('open', [{ folder, config, routes } satisfies ChildOptions]), late])
      return process
    } catch (error) {
      await process.kill()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  private constructor ({ name, logFile, prefix = [], env = {} }: ClientProcessOptions) {
    this.#name = name
    const log = openSync(logFile, 'a', 0o600)
    try {
      const [command, ...words] = [...prefix, process.execPath, program]
      // The first pipe is its life line: see wan/in-region.ts.
      this.#child = spawn(command!, words, { stdio: ['pipe', log, log, 'ipc'], serialization: 'advanced', env: { ...process.env, ...env } })
    } finally {
      closeSync(log)
    }
    this.#exit = new Promise((resolve) => {
      const onEnd = (why: string): void => {
        this.#hasExited = true
        for (const { reject } of this.#waiting.values()) reject(new Error(`the process of ${name} ${why}`))
        this.#waiting.clear()
        resolve()
      }
      this.#child.once('exit', (code, signal) => { onEnd(`has ended with ${code ?? signal}; its log is ${logFile}`) })
      this.#child.once('error', (error) => { onEnd(`could not be started: ${error.message}`) })
    })
    this.#child.on('message', (message) => { this.#onMessage(message as FromChild) })
    this.client = this.#remoteClient()
  }

  get pid (): number | undefined { return this.#hasExited ? undefined : this.#child.pid }

  pause (): void { if (!this.#hasExited) this.#child.kill('SIGSTOP') }
  resume (): void { if (!this.#hasExited) this.#child.kill('SIGCONT') }

  async kill (): Promise<void> {
    if (!this.#hasExited) this.#child.kill('SIGKILL')
    await this.#exit
  }

  async close (): Promise<void> {
    if (this.#hasExited) return
    this.resume()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, closeTimeoutMs)
    // It ends by itself then; a process that has died meanwhile is closed, too.
    await this.#call('close', []).catch(() => {})
    this.#child.stdin?.end()
    await this.#exit
    clearTimeout(timer)
  }

  #onMessage (message: FromChild): void {
    this.#state = message.state
    if (message.kind === 'event') {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.value)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.error === undefined) waiting?.resolve(message.value)
    else waiting?.reject(new Error(message.error))
  }

  #call (path: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#hasExited || !this.#child.connected) return Promise.reject(new Error(`the process of ${this.#name} is not running`))
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, path, args } satisfies ToChild, (error) => {
        if (error === null) return
        this.#waiting.delete(id)
        reject(error)
      })
    })
  }

  /** Only what is said at the top of this file works on it; a scenario needs no more. */
  #remoteClient (): Client {
    const part = (path: string): unknown => new Proxy(() => {}, {
      get: (_, name) => typeof name === 'symbol' || name === 'then' ? undefined : part(`${path}.${name}`),
      apply: async (_target, _self, args: unknown[]) => await this.#call(path, args)
    })
    const on = (event: string, listener: Listener): (() => void) => {
      const listeners = this.#listeners.get(event) ?? new Set<Listener>()
      this.#listeners.set(event, listeners.add(listener))
      return () => { listeners.delete(listener) }
    }
    return new Proxy({}, {
      get: (_, name) => {
        if (typeof name === 'symbol' || name === 'then') return undefined
        if (name === 'on') return on
        if (name === 'account' || name === 'connection') return this.#state[name]
        // Returns nothing here, as the client's own does; that the process is gone is noticed by the next call.
        if (name === 'start') return () => { this.#call('start', []).catch(() => {}) }
        return part(name)
      }
    }) as Client
  }
}
