/**
 * Feeds one decoder, and judges: nothing but a ProtocolError may come out, no input may take long, and nothing may be kept.
 */
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { Decoder } from './decoders.ts'
import { mutate } from './mutate.ts'

/** A frame of some hundred bytes takes microseconds; this long says that an input makes the decoder work far more than its size. */
const slowMs = 500
/** Caches of 50,000 texts that are emptied when full may be empty at one look and full at the other; in the second half of 10 million frames this is 6 bytes a frame. */
const leakBytes = 32_000_000
const shown = 256

export interface FuzzFigures {
  readonly frames: number
  readonly taken: number
  readonly refused: number
  readonly slowestMs: number
  /** Growth of the heap in the second half; undefined: not measured. */
  readonly heapGrowth: number | undefined
  /** What is wrong; each can be had again from the bytes. */
  readonly findings: string[]
}

const hex = (bytes: Uint8Array): string => `${Buffer.from(bytes.subarray(0, shown)).toString('hex')}${bytes.byteLength > shown ? `… (${bytes.byteLength} bytes)` : ''}`

/** @param collect the garbage collector, to measure what is kept; only of many frames: caches with a bound must be full first */
export function runFuzz (decoder: Decoder, { frames, seed, collect }: { frames: number, seed: number, collect?: (() => void) | undefined }): FuzzFigures {
  const random = new SeededRandom(seed)
  const findings: string[] = []
  let [taken, refused, slowestMs, heapAtMark] = [0, 0, 0, 0]
  const mark = frames >> 1
  const heap = (): number => {
    collect?.()
    return process.memoryUsage().heapUsed
  }
  // Two traces a refusal would be most of the time; a finding gets its own when it is read again.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  if (decoder.isStrict) for (const good of decoder.corpus) read(good, true)
  for (let i = 0; i < frames && findings.length < 5; i++) {
    if (i === mark) heapAtMark = heap()
    read(mutate(decoder.corpus, random), false)
  }
  Error.stackTraceLimit = stackTraceLimit
  const heapGrowth = collect === undefined ? undefined : heap() - heapAtMark
  if (heapGrowth !== undefined && heapGrowth > leakBytes) findings.push(`kept ${heapGrowth} bytes`)
  return { frames, taken, refused, slowestMs, heapGrowth, findings }

  function read (bytes: Uint8Array, isGood: boolean): void {
    const startMs = performance.now()
    try {
      decoder.read(bytes)
      if (!isGood) taken++
    } catch (error) {
      if (isGood || !isProtocolError(error)) findings.push(`${whereOf(bytes)} from ${hex(bytes)}`)
      else refused++
    }
    const tookMs = performance.now() - startMs
    if (tookMs <= slowestMs) return
    // Another process may have had the processor: only what is slow again is the decoder's doing.
    if (tookMs > slowMs && again(bytes) > slowMs) findings.push(`took ${tookMs.toFixed(0)} ms for ${hex(bytes)}`)
    slowestMs = tookMs
  }

  function whereOf (bytes: Uint8Array): string {
    Error.stackTraceLimit = 10
    try {
      decoder.read(bytes)
      return 'an error that did not come again'
    } catch (error) {
      return error instanceof Error ? error.stack!.split('\n').slice(0, 4).join(' ') : `what is no Error: ${String(error)}`
    } finally {
      Error.stackTraceLimit = 0
    }
  }

  function again (bytes: Uint8Array): number {
    const startMs = performance.now()
    try {
      decoder.read(bytes)
    } catch {
      // judged the first time
    }
    return performance.now() - startMs
  }
}
