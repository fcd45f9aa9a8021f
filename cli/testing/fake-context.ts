/** What a command gets from outside, in memory: the test reads what it wrote and sends it signals. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import type { Context, OpenedClient } from '../context.ts'
import { writeSettings } from '../settings.ts'
import type { FakeClient } from './fake-client.ts'

class Written extends Writable {
  text = ''
  override _write (chunk: Buffer, _encoding: string, done: () => void): void { this.text += chunk.toString(); done() }
  get lines (): string[] { return this.text.split('\n').slice(0, -1) }
}

export class FakeContext implements Context {
  readonly stdout = new Written()
  readonly stderr = new Written()
  readonly env: Record<string, string | undefined>
  readonly cwd: string
  stdin: Readable & { isTTY?: boolean } = new PassThrough()
  closed = 0
  exitedWith: number | undefined
  readonly #client: FakeClient
  readonly #listeners = new Set<(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void>()

  private constructor (folder: string, client: FakeClient) {
    this.cwd = folder
    this.env = { HELIOGRAPH_DATA: folder }
    this.#client = client
  }

  /** A data folder of its own, with the settings of an account unless `isNew`. */
  static async create (client: FakeClient, { isNew = false } = {}): Promise<FakeContext> {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-cli-'))
    if (!isNew) await writeSettings(folder, { bootstrap: ['/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGRUaMYDfUVgqzzQwoWYCKzYQyGP3yx7ZfuUDiFZnN5jJ'] })
    return new FakeContext(folder, client)
  }

  readonly nowMs = (): number => Date.now()
  readonly openClient = async (): Promise<OpenedClient> => ({ client: this.#client, close: async () => { this.closed++ } })
  readonly exit = (code: number): void => { this.exitedWith = code }
  readonly onSignal = (listener: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void): (() => void) => {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  signal (signal: 'SIGINT' | 'SIGTERM'): void { for (const listener of this.#listeners) listener(signal) }
  type (text: string): void { this.stdin = Readable.from([text]) }
  get json (): unknown[] { return this.stdout.lines.map((line) => JSON.parse(line) as unknown) }
  async remove (): Promise<void> { await rm(this.cwd, { recursive: true, force: true }) }
}
