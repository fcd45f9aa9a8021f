/**
 * The conversations that are recorded: who starts how, and in what order messages are sent, lost, repeated and received.
 *
 * A `Recorder` performs each step with the two parties and writes down what came out; plans are functions of it.
 */
import { hex } from './stored-session.ts'
import type { Party } from './parties.ts'
import type { PartyName, Transcript, TranscriptEvent, TranscriptParty } from '../../protocol/e2ee/transcripts.ts'
import type { SealedMessage } from '../../protocol/e2ee/sessions.ts'

export type Random = (below: number) => number

/** mulberry32: small, seeded, good enough to choose an order. */
export function seeded (seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

export interface StartOptions { version: 3 | 4, oneTimePrekeyId?: number }

export class Recorder {
  readonly #parties: Record<PartyName, Party>
  readonly #name: string
  readonly #profile: Transcript['profile']
  readonly #events: TranscriptEvent[] = []
  readonly #sent: Array<SealedMessage & { text: Uint8Array, by: PartyName }> = []
  #nowMs = 1_700_000_000_000

  constructor (name: string, profile: Transcript['profile'], a: Party, b: Party) {
    this.#name = name
    this.#profile = profile
    this.#parties = { a, b }
  }

  get nowMs (): number { return this.#nowMs }

  async start (by: PartyName, { version, oneTimePrekeyId }: StartOptions): Promise<void> {
    this.#nowMs += 1000
    const ids = { signedPrekeyId: 11, ...(version === 4 ? { kemPrekeyId: 21 } : {}), ...(oneTimePrekeyId === undefined ? {} : { oneTimePrekeyId }) }
    const started = await this.#parties[by].start(this.#parties[otherOf(by)].bundle(ids), this.#nowMs)
    this.#events.push({ do: 'start', by, version, ...ids, atMs: this.#nowMs, ...started })
  }

  /** @returns the message's number */
  async send (by: PartyName, text: Uint8Array): Promise<number> {
    const sealed = await this.#parties[by].send(text, this.#nowMs)
    this.#sent.push({ ...sealed, text, by })
    this.#events.push({ do: 'send', by, kind: sealed.kind, text: hex(text), bytes: hex(sealed.bytes) })
    return this.#sent.length - 1
  }

  async burn (by: PartyName, count: number): Promise<void> {
    await this.#parties[by].burn(count, this.#nowMs)
    this.#events.push({ do: 'burn', by, count })
  }

  /** @returns whether it was opened */
  async receive (message: number): Promise<boolean> {
    const sealed = this.#sent[message]!
    const by = otherOf(sealed.by)
    const { plaintext, ...outcome } = await this.#parties[by].receive(sealed, identityOf(this.#parties[sealed.by]), this.#nowMs)
    if (plaintext !== undefined && hex(plaintext) !== hex(sealed.text)) throw new Error(`${this.#name}: message ${message} opened to another text`)
    this.#events.push({ do: 'receive', by, message, ...outcome })
    return plaintext !== undefined
  }

  canSeal (by: PartyName, atMs: number): void {
    this.#events.push({ do: 'canSeal', by, atMs, expect: this.#parties[by].canSeal(atMs) })
  }

  get transcript (): Transcript {
    return { name: this.#name, profile: this.#profile, a: this.#described('a'), b: this.#described('b'), events: this.#events }
  }

  /** A KEM key pair is 9 kB of the file: left out when nobody used it. */
  #described (name: PartyName): TranscriptParty {
    const { description } = this.#parties[name]
    const isUsed = this.#events.some(event => event.do === 'start' && event.by !== name && event.kemPrekeyId !== undefined)
    return isUsed ? description : { ...description, kemPrekeys: [] }
  }
}

const otherOf = (name: PartyName): PartyName => name === 'a' ? 'b' : 'a'
const identityOf = (party: Party): Uint8Array => party.bundle({ signedPrekeyId: 11 }).identityKey
const text = (content: string): Uint8Array => new TextEncoder().encode(content)

/** Fails the recording when libsignal did not do what the plan is about. */
function expect (what: string, actual: boolean, expected: boolean): void {
  if (actual !== expected) throw new Error(`${what}: expected ${expected}`)
}

/** `count` messages in bursts both ways; a tenth lost, some repeated, the rest in any order. */
export async function randomTalk (r: Recorder, random: Random, count: number): Promise<void> {
  const underWay: Record<PartyName, number[]> = { a: [], b: [] }
  let hasAnswered = false
  for (let sent = 0; sent < count;) {
    const by: PartyName = hasAnswered && random(2) === 0 ? 'b' : 'a'
    // few messages before the answer: each of them repeats the KEM ciphertext
    const burst = 1 + random(hasAnswered ? 5 : 2)
    for (let i = 0; i < burst; i++, sent++) {
      underWay[by].push(await r.send(by, text(`${by} ${sent} ${'x'.repeat(random(8) === 0 ? random(300) : random(40))}`)))
    }
    for (const from of ['a', 'b'] as const) {
      for (let i = random(6); i > 0 && underWay[from].length > 0; i--) {
        const at = random(Math.min(underWay[from].length, 6))
        const [message] = underWay[from].splice(at, 1)
        if (random(10) === 0) continue
        const isOpened = await r.receive(message!)
        if (random(12) === 0) expect('a repeat is opened', await r.receive(message!), false)
        if (from === 'a' && isOpened) hasAnswered = true
      }
    }
  }
  for (const from of ['a', 'b'] as const) for (const message of underWay[from]) await r.receive(message)
}

/** Both start at the same moment, both first messages cross, and both go on. */
export async function simultaneous (r: Recorder, version: 3 | 4, random: Random): Promise<void> {
  await r.start('a', { version, oneTimePrekeyId: 101 })
  await r.start('b', { version, oneTimePrekeyId: 101 })
  const early = [await r.send('a', text('a first')), await r.send('b', text('b first')), await r.send('a', text('a second')), await r.send('b', text('b second'))]
  for (const message of [early[0]!, early[1]!, early[3]!, early[2]!]) expect('crossing first messages are opened', await r.receive(message), true)
  for (let round = 0; round < 8; round++) {
    const crossing = [await r.send('a', text(`a crossing ${round}`)), await r.send('b', text(`b crossing ${round}`))]
    if (random(2) === 0) crossing.reverse()
    for (const message of crossing) expect('crossing messages are opened', await r.receive(message), true)
  }
}

/** The fifth-last receiver chain is still known, the one before is not. */
export async function receiverChains (r: Recorder): Promise<void> {
  await r.start('a', { version: 3, oneTimePrekeyId: 101 })
  const held: number[] = []
  for (let chain = 0; chain < 7; chain++) {
    held.push(await r.send('a', text(`held back ${chain}`)))
    expect('chain', await r.receive(await r.send('a', text(`chain ${chain}`))), true)
    expect('answer', await r.receive(await r.send('b', text(`answer ${chain}`))), true)
  }
  // chains 2 … 6 are kept, 0 and 1 are gone
  for (const [chain, message] of held.entries()) expect(`held back of chain ${chain}`, await r.receive(message), chain >= 2)
}

/** 2,000 skipped keys are kept, the 2,001st is gone; 25,000 ahead is followed, 25,001 is not. */
export async function farAhead (r: Recorder): Promise<void> {
  await r.start('a', { version: 3, oneTimePrekeyId: 101 })
  expect('first', await r.receive(await r.send('a', text('0'))), true)
  expect('answer', await r.receive(await r.send('b', text('answer'))), true)
  expect('first of the chain', await r.receive(await r.send('a', text('counter 0'))), true)
  const gone = await r.send('a', text('counter 1: 2,001 behind'))
  const kept = await r.send('a', text('counter 2: 2,000 behind'))
  await r.burn('a', 1999)
  expect('2,001 skipped', await r.receive(await r.send('a', text('counter 2002'))), true)
  expect('the 2,001st skipped key', await r.receive(gone), false)
  expect('the 2,000th skipped key', await r.receive(kept), true)
  // the chain is at 2003
  await r.burn('a', 25_000)
  const justReached = await r.send('a', text('25,000 ahead'))
  const tooFar = await r.send('a', text('25,001 ahead'))
  expect('25,001 ahead', await r.receive(tooFar), false)
  expect('25,000 ahead', await r.receive(justReached), true)
  expect('then the next', await r.receive(tooFar), true)
}

/** Forty sessions are kept beside the current one: an answer in the oldest of them is opened, one in the session before is not. */
export async function archivedSessions (r: Recorder): Promise<void> {
  const answers: number[] = []
  for (let i = 0; i < 42; i++) {
    await r.start('a', { version: 3, oneTimePrekeyId: 101 + i })
    expect('first message', await r.receive(await r.send('a', text(`session ${i}`))), true)
    answers.push(await r.send('b', text(`answer ${i}`)))
  }
  expect('answer in the dropped session', await r.receive(answers[0]!), false)
  expect('answer in the oldest session', await r.receive(answers[1]!), true)
  for (const answer of answers.slice(20, 26).reverse()) expect('answer in an archived session', await r.receive(answer), true)
  expect('the promoted session is sent with', await r.receive(await r.send('a', text('in the promoted one'))), true)
}

/** A session that was not answered may be sent in for 30 days; an answer lifts that. */
export async function unacknowledged (r: Recorder): Promise<void> {
  const day = 24 * 3600 * 1000
  r.canSeal('a', r.nowMs)
  await r.start('a', { version: 4 })
  const startedAtMs = r.nowMs
  for (const afterMs of [0, day, 29 * day, 30 * day - 1000, 30 * day, 30 * day + 1000, 31 * day]) r.canSeal('a', startedAtMs + afterMs)
  expect('first', await r.receive(await r.send('a', text('anybody there?'))), true)
  for (const afterMs of [0, 31 * day]) r.canSeal('b', startedAtMs + afterMs)
  expect('answer', await r.receive(await r.send('b', text('yes'))), true)
  for (const afterMs of [0, 31 * day, 400 * day]) r.canSeal('a', startedAtMs + afterMs)
}
