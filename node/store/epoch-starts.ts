/**
 * Which epoch of a log begins at which number: kept with its head, when the entries are not any more, so that copies that
 * have parted can be compared where both have dropped everything (log/epochs.ts).
 */

/** `first`: the number at which it begins, or from which on it is known to run. */
export interface EpochStart { readonly epoch: number, readonly first: number }
/** Rising by both; empty: not known. */
export type EpochStarts = readonly EpochStart[]

/** The newest; more re-anchorings and moves are older than what anybody keeps. */
export const maxEpochStarts = 32

export const noEpochStarts: EpochStarts = []

export function startsWith (starts: EpochStarts, { epoch, seq }: { readonly epoch: number, readonly seq: number }): EpochStarts {
  const last = starts.at(-1)
  return last !== undefined && last.epoch >= epoch ? starts : [...starts, { epoch, first: seq }].slice(-maxEpochStarts)
}

export const startsThrough = (starts: EpochStarts, throughSeq: number): EpochStarts =>
  (starts.at(-1)?.first ?? 0) <= throughSeq ? starts : starts.filter(({ first }) => first <= throughSeq)
