/**
 * The one error class and its catalogue.
 *
 * A code names the cause; its `action` tells the caller what to do, so nobody parses messages.
 * Statuses travel on the wire and are never renumbered or reused. Rows stand in docs/protocol/errors.md (a test compares).
 */

/**
 * reject: the sender is wrong, do not retry · later: retry after `retryAfterMs` or with backoff ·
 * refresh: fetch the newer record, then retry · rekey: start a new session · done: treat as success ·
 * elsewhere: this relay cannot, another may.
 */
export type ErrorAction = 'reject' | 'later' | 'refresh' | 'rekey' | 'done' | 'elsewhere'

export const ERRORS = {
  // what was sent is wrong
  MALFORMED: { status: 1, action: 'reject', says: 'the other side sent something that cannot be read' },
  TOO_LARGE: { status: 2, action: 'reject', says: 'this is larger than the network carries' },
  UNSUPPORTED_VERSION: { status: 3, action: 'reject', says: 'the other side speaks another protocol version; update the older one' },
  UNKNOWN_METHOD: { status: 4, action: 'reject', says: 'the other side does not know this request; update the older one' },
  BAD_SIGNATURE: { status: 5, action: 'reject', says: 'a signature does not match' },
  ROLLED_BACK: { status: 6, action: 'refresh', says: 'an older record was offered than the one already known' },
  EXPIRED: { status: 7, action: 'reject', says: 'this has expired' },
  BAD_CONVERSATION: { status: 8, action: 'reject', says: 'the message does not belong to this conversation' },
  BAD_MESSAGE_ID: { status: 9, action: 'reject', says: 'the message id is not a version 7 UUID' },

  // who sends it
  NOT_AUTHENTICATED: { status: 20, action: 'reject', says: 'say hello first: the connection is not bound to an account' },
  NOT_ADMITTED: { status: 21, action: 'reject', says: 'this device may not do that' },
  NOT_REGISTERED: { status: 22, action: 'reject', says: 'this relay does not keep this account; register first' },
  UNKNOWN_DEVICE: { status: 23, action: 'refresh', says: 'the device is not in the account\'s signed device list' },
  REGISTRATION_CLOSED: { status: 24, action: 'elsewhere', says: 'this relay takes no new accounts' },
  BLOCKED: { status: 25, action: 'elsewhere', says: 'the operator of this relay does not serve this account or relay' },

  // who it is for
  MOVED: { status: 30, action: 'refresh', says: 'the account has moved to another relay' },
  UNKNOWN_ACCOUNT: { status: 31, action: 'reject', says: 'nobody with this id can be found' },
  UNKNOWN_HANDLE: { status: 32, action: 'reject', says: 'this relay has issued no such handle' },
  HANDLE_TAKEN: { status: 33, action: 'reject', says: 'the handle belongs to someone else; choose another' },
  BAD_HANDLE: { status: 34, action: 'reject', says: 'a handle is 3 to 32 letters a–z, digits, dots, hyphens or underscores, and starts with a letter' },
  UNKNOWN_RELAY: { status: 35, action: 'later', says: 'no relay of this name is known' },
  HOME_UNREACHABLE: { status: 36, action: 'later', says: 'the other person\'s relay cannot be reached now; it will be tried again' },
  NO_BUNDLE: { status: 37, action: 'later', says: 'the other person\'s device has published no keys yet' },

  // limits
  QUOTA: { status: 40, action: 'later', says: 'too fast; slow down' },
  OVERLOADED: { status: 41, action: 'later', says: 'the relay is busy' },
  STORAGE_FULL: { status: 42, action: 'elsewhere', says: 'the relay has no disk space left' },
  TOO_MANY: { status: 43, action: 'reject', says: 'more items than allowed' },
  DRAINING: { status: 44, action: 'elsewhere', says: 'the relay is shutting down' },
  MAILBOX_FULL: { status: 45, action: 'later', says: 'too much waits already for this person or group; it will be tried again' },

  // log
  DUPLICATE: { status: 50, action: 'done', says: 'already there' },
  GAP: { status: 51, action: 'refresh', says: 'entries before this one are missing' },
  STALE_EPOCH: { status: 52, action: 'refresh', says: 'the log has moved to a newer epoch' },
  DAMAGED: { status: 53, action: 'later', says: 'a stored entry is damaged and is being fetched again' },

  // end-to-end encryption
  UNDECRYPTABLE: { status: 60, action: 'rekey', says: 'the message cannot be opened' },
  NO_SESSION: { status: 61, action: 'rekey', says: 'there is no session with this device' },
  TOO_FAR_AHEAD: { status: 62, action: 'rekey', says: 'the message is too far ahead of the session' },
  DOWNGRADE: { status: 63, action: 'reject', says: 'weaker encryption was offered than agreed before' },
  STALE_PREKEY: { status: 64, action: 'rekey', says: 'the message uses a prekey that is gone' },
  IDENTITY_CHANGED: { status: 65, action: 'reject', says: 'the key differs from the one that was pinned' },
  STALE_DEVICES: { status: 66, action: 'refresh', says: 'the device list has changed' },

  // groups
  NOT_A_MEMBER: { status: 70, action: 'reject', says: 'the sender is not in this group' },
  NOT_ALLOWED: { status: 71, action: 'reject', says: 'only an admin of the group may do that' },
  STALE_MEMBERSHIP: { status: 72, action: 'refresh', says: 'the group has changed meanwhile; look again and decide anew' },
  BAD_CONTROL: { status: 73, action: 'reject', says: 'this change of the group is not possible' },
  GROUP_FULL: { status: 74, action: 'reject', says: 'the group has as many members as it may' },
  LINK_REVOKED: { status: 75, action: 'reject', says: 'the invite link is not valid any more' },
  UNKNOWN_GROUP: { status: 76, action: 'refresh', says: 'this relay does not keep this group' },
  NO_SENDER_KEY: { status: 77, action: 'rekey', says: 'the sender\'s key for this group has not arrived yet' },

  // devices
  TOO_MANY_DEVICES: { status: 78, action: 'reject', says: 'the account has as many devices as it may; unlink one first' },
  LINK_FAILED: { status: 79, action: 'reject', says: 'linking did not succeed; begin anew with a new code' },

  // running
  TIMEOUT: { status: 80, action: 'later', says: 'no answer in time' },
  DISCONNECTED: { status: 81, action: 'later', says: 'the connection was lost' },
  CANCELLED: { status: 82, action: 'done', says: 'cancelled' },
  INTERNAL: { status: 83, action: 'elsewhere', says: 'the relay failed; its operator can see why' },

  // a group that was re-anchored
  REANCHORED: { status: 86, action: 'refresh', says: 'another relay sequences this group now' },
  STALE_ANCHOR: { status: 87, action: 'refresh', says: 'the group was re-anchored by somebody else' },
  ANCHOR_UNPROVEN: { status: 88, action: 'later', says: 'the membership that the new anchor refers to is not known here yet' },

  // starting
  DATABASE_LOCKED: { status: 90, action: 'reject', says: 'the database is in use by another process; stop that one first' },
  DATABASE_CORRUPT: { status: 91, action: 'reject', says: 'the database is damaged and was left as it is; move it aside and start with an empty folder' },
  PORT_IN_USE: { status: 92, action: 'reject', says: 'the port is taken; choose another or stop what uses it' },
  BAD_CONFIG: { status: 93, action: 'reject', says: 'the configuration is not valid' },
  DATABASE_TOO_NEW: { status: 94, action: 'reject', says: 'the database was written by a newer release and was left as it is; update this one' }
} as const satisfies Record<string, { status: number, action: ErrorAction, says: string }>

export type ErrorCode = keyof typeof ERRORS

/** What travels or is shown beside the code. Never user content. */
export interface ErrorDetails {
  /** for `later`: not before this many milliseconds */
  retryAfterMs?: number
  /** the limit that was passed */
  max?: number
  /** which field, file, key or port; text of ours, never of a peer */
  what?: string
  /** MOVED, ROLLED_BACK, UNKNOWN_DEVICE, REANCHORED, STALE_ANCHOR: the newer signed record, as bytes */
  record?: Uint8Array
  cause?: unknown
}

const codeByStatus = new Map<number, ErrorCode>(Object.entries(ERRORS).map(([code, row]) => [row.status, code as ErrorCode]))

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor (code: ErrorCode, details: ErrorDetails = {}) {
    super(`${code}: ${ERRORS[code].says}${details.what === undefined ? '' : ` (${details.what})`}`, { cause: details.cause })
    this.code = code
    this.details = details
  }

  get action (): ErrorAction { return ERRORS[this.code].action }
  get status (): number { return ERRORS[this.code].status }

  /** A status of a newer peer is kept as INTERNAL: its action ('elsewhere') is the safe one. */
  static fromStatus (status: number, details: ErrorDetails = {}): ProtocolError {
    return new ProtocolError(codeByStatus.get(status) ?? 'INTERNAL', details)
  }
}

export const isProtocolError = (error: unknown, ...codes: ErrorCode[]): error is ProtocolError =>
  error instanceof ProtocolError && (codes.length === 0 || codes.includes(error.code))
