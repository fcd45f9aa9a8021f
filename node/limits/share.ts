/**
 * What one of a crowd may have of a place that all of them share, when any number of them costs nothing.
 *
 * A part of what is free, and never more than `most`: whoever comes first gets much, a crowd shares, and there is always something left
 * for the next one. A bound for each alone would be used up by as many as it takes; a bound for all alone by one.
 */

export interface Share {
  /** Whoever it is. */
  readonly most: number
  /** One has at most what is free, divided by this. */
  readonly part: number
}

/** @param used by all of them, this one included. @returns what this one may have in all */
export const shareOf = ({ most, part }: Share, { all, used }: { readonly all: number, readonly used: number }): number => Math.min(most, Math.max(0, all - used) / part)
