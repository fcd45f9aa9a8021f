/**
 * What is pinned in a chat, for everyone in it: the newest three. Of two who say different things of one message the later counts.
 */
import type { MessageId } from '../../protocol/ids.ts'
import type { PinRow, Said } from './chat-tables.ts'

export const maxPins = 3
/** Words on messages that are remembered, so that a late older one does not count. */
const maxRemembered = 32

/** Of two by the same moment the higher account wins: everybody decides alike. */
export const isLater = (said: Said, than: Said | undefined): boolean =>
  than === undefined || said.atMs > than.atMs || (said.atMs === than.atMs && said.by > than.by)

/** A moment that counts before everything said so far, even by a clock that runs ahead. */
export const momentAfter = (nowMs: number, last: Said | undefined): number => Math.max(nowMs, (last?.atMs ?? 0) + 1)

/** @returns undefined when nothing changes */
export function pinned (pins: readonly PinRow[], change: PinRow): readonly PinRow[] | undefined {
  const before = pins.find(({ id }) => id === change.id)
  if (!isLater(change, before)) return undefined
  const rest = pins.filter((pin) => pin !== before)
  const kept = [...rest, change].sort((a, b) => Number(b.isPinned) - Number(a.isPinned) || b.atMs - a.atMs || (b.by > a.by ? 1 : -1))
  return kept.slice(0, maxRemembered)
}

/** Newest first. */
export const pinsOf = (pins: readonly PinRow[]): MessageId[] => pins.filter(({ isPinned }) => isPinned)
  .sort((a, b) => isLater(a, b) ? -1 : 1).slice(0, maxPins).map(({ id }) => id)
