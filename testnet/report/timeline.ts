/**
 * What happened when: which message was said, when its writer saw the first tick, when each reader was told of it, and
 * which faults were under way. All times are read here, in milliseconds since the start, whatever clock a process under
 * test believes in.
 */

/** One way of a pair ("ann → bob"), or one author's words in a group ("ann → group"). */
export type Stream = string

/** A message; texts are unique in a scenario, and so they name it (a message that was sealed again has another id). */
export interface Said {
  readonly stream: Stream
  readonly author: string
  readonly text: string
  readonly atMs: number
  /** Who has to have it. */
  readonly readers: readonly string[]
  /** First tick: a relay has it. */
  sentMs?: number
  /** By reader. */
  readonly toldMs: Map<string, number>
}

export interface Fault { readonly name: string, readonly fromMs: number, untilMs: number }

export class Timeline {
  readonly messages: Said[] = []
  readonly faults: Fault[] = []
  readonly #nowMs: () => number
  readonly #startMs: number
  readonly #byText = new Map<string, Said>()

  constructor (nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  get nowMs (): number { return this.#nowMs() - this.#startMs }

  /** Before it is handed to the client. */
  onSaid ({ stream, author, text, readers }: { stream: Stream, author: string, text: string, readers: readonly string[] }): void {
    const said: Said = { stream, author, text, readers, atMs: this.nowMs, toldMs: new Map() }
    this.messages.push(said)
    this.#byText.set(text, said)
  }

  /** It died with its writer before it was written down. */
  onUnsaid (text: string): void {
    const said = this.#byText.get(text)
    if (said === undefined) return
    this.messages.splice(this.messages.indexOf(said), 1)
    this.#byText.delete(text)
  }

  onSent (text: string): void {
    const said = this.#byText.get(text)
    if (said !== undefined) said.sentMs ??= this.nowMs
  }

  onTold (reader: string, text: string): void {
    const said = this.#byText.get(text)
    if (said !== undefined && !said.toldMs.has(reader)) said.toldMs.set(reader, this.nowMs)
  }

  /** @returns how to say that it is over */
  begin (name: string): () => void {
    const fault: Fault = { name, fromMs: this.nowMs, untilMs: Infinity }
    this.faults.push(fault)
    return () => { fault.untilMs = Math.min(fault.untilMs, this.nowMs) }
  }

  /** Texts that not all of their readers have been told. */
  openTexts (): string[] { return this.messages.filter(({ readers, toldMs }) => toldMs.size < readers.length).map(({ text }) => text) }

  /** Deliveries that have not happened. */
  get open (): number {
    return this.messages.reduce((sum, { readers, toldMs }) => sum + readers.length - toldMs.size, 0)
  }
}
