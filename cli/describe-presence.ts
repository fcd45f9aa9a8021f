/** Who is there, in words. */
import type { ClientLike } from './context.ts'
import { agoText } from './durations.ts'

export type Presence = ReturnType<ClientLike['presence']['of']>

/** `online`, `away, 5 min ago`, `last seen 2 hours ago`; empty when nothing may be known. */
export function presenceText ({ state, lastSeenMs }: Presence, nowMs: number): string {
  const ago = lastSeenMs === undefined ? undefined : agoText(nowMs - lastSeenMs)
  switch (state) {
    case 'online': return 'online'
    case 'away': return ago === undefined ? 'away' : `away, here ${ago}`
    case 'offline': return ago === undefined ? 'offline' : `last seen ${ago}`
    case 'unknown': return ''
  }
}

export const presenceJson = ({ account, state, lastSeenMs }: Presence, name: string): Record<string, unknown> => ({ account, name, state, lastSeenAt: lastSeenMs === undefined ? null : new Date(lastSeenMs).toISOString() })
