/**
 * Presence as it is said: states, and who may know. Wire form: wire/presence.proto; rules: docs/protocol/presence.md
 */
import { ProtocolError } from './errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId } from './ids.ts'
import { limits } from './limits.ts'
import type { PresencePolicy as WirePolicy } from './wire/gen/presence.js'

export const presenceStates = { unknown: 0, online: 1, away: 2, offline: 3 } as const

/** online: there now · away: connected, but idle · offline: not connected · unknown: nothing that may be told. */
export type PresenceState = keyof typeof presenceStates

/** What of a person's presence somebody may be told; bits of PresenceGrant. */
export const grantBits = { online: 1, lastSeen: 2 } as const
export const everyGrant = grantBits.online | grantBits.lastSeen

const audiences = ['everyone', 'contacts', 'nobody'] as const
/** Of the people who share a conversation with the account: no others ever learn anything. */
export type Audience = typeof audiences[number]

export interface PresencePolicy {
  readonly online: Audience
  readonly lastSeen: Audience
  /** Who counts as a contact. At most limits.presenceContacts. */
  readonly contacts: readonly AccountId[]
  /** Told nothing, whatever the rest says. At most limits.presenceBlocked. */
  readonly blocked: readonly AccountId[]
}

export const defaultPresencePolicy: PresencePolicy = { online: 'everyone', lastSeen: 'everyone', contacts: [], blocked: [] }

/** @throws ProtocolError TOO_MANY */
export function policyToWire (policy: PresencePolicy): WirePolicy {
  if (policy.contacts.length > limits.presenceContacts) throw new ProtocolError('TOO_MANY', { max: limits.presenceContacts, what: 'contacts' })
  if (policy.blocked.length > limits.presenceBlocked) throw new ProtocolError('TOO_MANY', { max: limits.presenceBlocked, what: 'blocked' })
  return {
    online: audiences.indexOf(policy.online),
    lastSeen: audiences.indexOf(policy.lastSeen),
    contacts: policy.contacts.map(accountIdToBytes),
    blocked: policy.blocked.map(accountIdToBytes)
  }
}

/** An audience of a newer version is read as nobody: it cannot be wider than what we know. @throws ProtocolError MALFORMED */
export const policyFromWire = (wire: WirePolicy): PresencePolicy => ({
  online: audiences[wire.online] ?? 'nobody',
  lastSeen: audiences[wire.lastSeen] ?? 'nobody',
  contacts: wire.contacts.map(accountIdFromBytes),
  blocked: wire.blocked.map(accountIdFromBytes)
})

/** Who shows nothing is shown nothing: what of others an account with this policy may see at all. */
export const reciprocalBits = ({ online, lastSeen }: Pick<PresencePolicy, 'online' | 'lastSeen'>): number =>
  (online === 'nobody' ? 0 : grantBits.online) | (lastSeen === 'nobody' ? 0 : grantBits.lastSeen)

export interface Seen {
  readonly state: PresenceState
  /** When the person was last there, also while they are there again; 0: never, or not told */
  readonly lastSeenMs: number
}

export const unseen: Seen = { state: 'unknown', lastSeenMs: 0 }

/** What is left of `seen` for somebody with these grants. Offline without a time says no more than nothing at all. */
export function visible ({ state, lastSeenMs }: Seen, bits: number): Seen {
  const told = (bits & grantBits.lastSeen) === 0 ? 0 : lastSeenMs
  if ((state === 'online' || state === 'away') && (bits & grantBits.online) !== 0) return { state, lastSeenMs: told }
  // Who may know the last time only must not see it go away when the person comes back.
  return told === 0 ? unseen : { state: 'offline', lastSeenMs: told }
}

export const sameSeen = (a: Seen, b: Seen): boolean => a.state === b.state && a.lastSeenMs === b.lastSeenMs

const stateNames = new Map(Object.entries(presenceStates).map(([name, value]) => [value as number, name as PresenceState]))
/** A state of a newer version says nothing to us. */
export const seenFromWire = ({ state, lastSeenMs }: { state: number, lastSeenMs: number }): Seen => {
  const name = stateNames.get(state) ?? 'unknown'
  return name === 'unknown' ? unseen : { state: name, lastSeenMs }
}
