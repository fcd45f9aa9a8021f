/**
 * Feeds one decoder, and judges: nothing but a ProtocolError may come out, no input may take long, and nothing may be kept.
 */
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { Decoder } from './decoders.ts'
import { Frames } from './mutate.ts'

/** A frame of some hundred bytes takes microseconds; this long says that an input makes the decoder work far more than its size. */
const slowMs = 500
/** Caches of 50,000 ids and conversations, 43 MB when full, fill slowly and may be empty at the first look; in nine tenths of 10 million frames this is 7 bytes a frame. */
const leakBytes = 64_000_000
/** So many frames are timed at a time, and again one by one when they were slow together. */
const timedFrames = 64
/** Of messages: a new one to start from after so many frames. */
const renewedFrames = 1 << 12
const looks = 10
const mostFindings = 5
const shownBytes = 4_096

export interface FuzzFigures {
  readonly frames: number
  readonly taken: number
  readonly refused: number
  /** Of the refused: not even the message could be read, so that nothing behind that was reached. */
  readonly unreadable: number
  /** By the processor's time, of a frame that was among slow ones; 0: none was. */
  readonly slowestMs: number
  readonly cpuSeconds: number
  /** Bytes of the heap and of buffers, after collection, above those after a tenth of the frames: what they do not go below in the second half, and at most. undefined: not measured */
  readonly growth: number | undefined
  readonly peak: number | undefined
  /** What is wrong; each can be had again from the bytes. */
  readonly findings: string[]
}

export interface FuzzOptions {
  readonly frames: number
  readonly seed: number
  /** The garbage collector, to measure what is kept; only of many frames: caches with a bound must be full first. */
  readonly collect?: (() => void) | undefined
  /** Called now and then. */
  readonly onProgress?: ((frames: number) => void) | undefined
}

const hex = (bytes: Uint8Array): string => `${Buffer.from(bytes.subarray(0, shownBytes)).toString('hex')}${bytes.byteLength > shownBytes ? `… (${bytes.byteLength} bytes)` : ''}`

/** What no change of a good frame makes: much of the same, which nests (0x0b: deeper than the stack), repeats or never ends. */
const monsters = [[0x0b], [0x00], [0x7f], [0x80], [0xff], [0x0a, 0x00], [0x12, 0x00], [0x08, 0x01], [0x0a, 0xff, 0xff, 0x03], [0x41]].map((pattern) =>
  Uint8Array.from({ length: pattern[0] === 0x0b ? 1 << 16 : 1 << 14 }, (_, i) => pattern[i % pattern.length]!))

/** Of one decoder: the same whichever others run, FNV-1a of its name. */
export function seedFor (seed: number, name: string): number {
  let hash = 0x811c9dc5 ^ seed
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function runFuzz (decoder: Decoder, { frames, seed, collect, onProgress }: FuzzOptions): FuzzFigures {
  const made = new Frames(decoder.corpus, seed)
  const fresh = new SeededRandom(seed + 1)
  const findings: string[] = []
  const recent: Uint8Array[] = []
  let [taken, refused, unreadable, slowestMs] = [0, 0, 0, 0]
  const seen: number[] = []
  const lookEvery = Math.ceil(frames / looks)
  const { stackTraceLimit } = Error
  // Two traces a refusal would be most of the time; a finding gets its own when it is read again.
  Error.stackTraceLimit = 0
  const cpu = process.threadCpuUsage()
  let startMs = performance.now()
  if (decoder.isStrict) for (const good of decoder.corpus) read(good, true)
  for (const monster of monsters) { read(monster, false); recent.push(monster) }
  let i = 0
  for (; i < frames && findings.length < mostFindings; i++) {
    if (i % timedFrames === 0) timed()
    if (i % renewedFrames === 0) { onProgress?.(i); renew() }
    if (i % lookEvery === 0 && i > 0) look()
    const frame = made.next()
    recent.push(frame)
    read(frame, false)
  }
  timed()
  const { user, system } = process.threadCpuUsage(cpu)
  Error.stackTraceLimit = stackTraceLimit
  look()
  // The least of the later looks: a cache that begins anew when it is full is high at one and low at another, a leak at all of them.
  const growth = seen.length < 2 ? undefined : Math.min(...seen.slice(Math.ceil(seen.length / 2))) - seen[0]!
  if (growth !== undefined && growth > leakBytes) findings.push(`kept ${growth} bytes`)
  return { frames: i, taken, refused, unreadable, slowestMs, cpuSeconds: (user + system) / 1e6, growth, peak: growth === undefined ? undefined : Math.max(...seen) - seen[0]!, findings }

  function read (bytes: Uint8Array, isGood: boolean): void {
    try {
      decoder.read(bytes)
      if (isGood) return
      taken++
      made.taken(bytes)
    } catch (error) {
      if (isGood || !isProtocolError(error)) { findings.push(`${whereOf(bytes)} from ${hex(bytes)}`); return }
      refused++
      if (error.details.cause !== undefined) unreadable++
    }
  }

  /** Another process may have had the processor: only what is slow again, by this one's time, is the decoder's doing. */
  function timed (): void {
    const nowMs = performance.now()
    if (nowMs - startMs > slowMs / 10) {
      for (const bytes of recent) {
        const tookMs = again(bytes)
        if (tookMs > slowMs) findings.push(`took ${tookMs.toFixed(0)} ms for ${hex(bytes)}`)
        slowestMs = Math.max(slowestMs, tookMs)
      }
    }
    recent.length = 0
    startMs = performance.now()
  }

  function renew (): void {
    if (decoder.fresh !== undefined && i > 0) made.renew(decoder.fresh(fresh))
  }

  function look (): void {
    if (collect === undefined) return
    collect()
    const { heapUsed, external } = process.memoryUsage()
    seen.push(heapUsed + external)
    startMs = performance.now()
  }

  function whereOf (bytes: Uint8Array): string {
    Error.stackTraceLimit = 10
    try {
      decoder.read(bytes)
      return 'an error that did not come again'
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : `what is no Error: ${String(error)}`
    } finally {
      Error.stackTraceLimit = 0
    }
  }

  function again (bytes: Uint8Array): number {
    const start = process.threadCpuUsage()
    try {
      decoder.read(bytes)
    } catch {
      // judged the first time
    }
    const { user, system } = process.threadCpuUsage(start)
    return (user + system) / 1000
  }
}
