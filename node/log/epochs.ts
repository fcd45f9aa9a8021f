/**
 * How a log goes: which epoch begins at which number. Two relays that have lost sight of each other compare this, to find
 * where their copies part: an epoch has one sequencer, so what both have of one epoch is the same.
 *
 * Owns: finding the epochs with a few reads, the comparison. Spec: docs/protocol/groups.md §13
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { LogEpochs } from '../../protocol/wire/gen/group.js'
import { maxEpochStarts, startsThrough, type EpochStarts } from '../store/epoch-starts.ts'
import type { LogEntry } from '../store/store.ts'
import type { Log } from './log.ts'

export interface LogShape {
  /** Oldest entry kept; head + 1 when none is. */
  readonly first: number
  readonly head: number
  /** Each with the lowest number that it has given, as far as that is known. */
  readonly epochs: EpochStarts
}

/** @param entryAt the entry of this number; undefined: not kept. A few dozen reads for each epoch that the log does not know the start of. */
export async function shapeOf (log: Log, entryAt: (seq: number) => Promise<LogEntry | undefined>): Promise<LogShape> {
  const { durableHead: head, first } = log
  const epochs = [...startsThrough(log.starts, head)]
  const keptEpochAt = async (seq: number): Promise<number | undefined> => seq < first ? undefined : (await entryAt(seq))?.epoch
  let last = epochs.length === 0 ? head : epochs[0]!.first - 1
  // What its newest entry is of is known, kept or not.
  let epoch = head === 0 ? undefined : epochs.length === 0 && log.head === head ? log.epoch : await keptEpochAt(last)
  while (epoch !== undefined && epochs.length < maxEpochStarts) {
    let [low, high] = [Math.min(first, last), last]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const entry = await entryAt(middle)
      if (entry !== undefined && entry.epoch >= epoch) high = middle
      else low = middle + 1
    }
    if (epochs[0]?.epoch === epoch) epochs.shift()
    epochs.unshift({ epoch, first: high })
    last = high - 1
    epoch = await keptEpochAt(last)
  }
  return { first, head, epochs }
}

/** @throws ProtocolError MALFORMED: no log goes like this */
export function shapeFromWire ({ first, head, epochs }: LogEpochs): LogShape {
  const isNumber = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
  const isRising = epochs.every((one, i) => isNumber(one.first) && one.first <= head && one.epoch >= 1 && (i === 0 || (one.epoch > epochs[i - 1]!.epoch && one.first > epochs[i - 1]!.first)))
  if (!isNumber(first) || !isNumber(head) || !isRising || (head > 0) !== (epochs.length > 0)) throw new ProtocolError('MALFORMED', { what: 'epochs of a log' })
  return { first, head, epochs }
}

/** Number at which the first epoch above `epoch` begins; undefined: there is none. */
export const endOf = ({ epochs }: LogShape, epoch: number): number | undefined => epochs.find((one) => one.epoch > epoch)?.first

/** Epoch of the newest entry; 0: none. */
export const newestEpoch = ({ epochs }: LogShape): number => epochs.at(-1)?.epoch ?? 0

/** `a` has come further: a newer epoch, or more of the same. */
export const isFurther = (a: LogShape, b: LogShape): boolean => newestEpoch(a) > newestEpoch(b) || (newestEpoch(a) === newestEpoch(b) && a.head > b.head)

/** Both have come as far; what waits here may stand in what only `a` has not dropped. */
export const keepsMore = (a: LogShape, b: LogShape): boolean => !isFurther(b, a) && a.first < b.first

function epochAt ({ epochs }: LogShape, seq: number): number | undefined {
  let found: number | undefined
  for (const { epoch, first } of epochs) if (first <= seq) found = epoch
  return found
}

/** Of an entry that is not kept there any more it is known that its epoch is not above the oldest that is. */
const isAbove = (epoch: number | undefined, { epochs }: LogShape): boolean => epoch !== undefined && epochs[0] !== undefined && epoch > epochs[0].epoch

/** Epoch of the entry there, through which both are the same; of one that neither keeps, one that is not above what follows it. */
export const epochThrough = (a: LogShape, b: LogShape, seq: number): number =>
  epochAt(a, seq) ?? epochAt(b, seq) ?? Math.min(a.epochs[0]?.epoch ?? 1, b.epochs[0]?.epoch ?? 1)

/** Highest number, of those that both have, through which both are the same as far as it can be told. */
export function agreedThrough (a: LogShape, b: LogShape): number {
  const upTo = Math.min(a.head, b.head)
  const points = [...a.epochs, ...b.epochs].map(({ first }) => first).filter((first) => first <= upTo).sort((one, other) => one - other)
  for (const point of points) {
    const [one, other] = [epochAt(a, point), epochAt(b, point)]
    if (one !== undefined && other !== undefined ? one !== other : isAbove(one, b) || isAbove(other, a)) return point - 1
  }
  return upTo
}
