/**
 * Numbers that may grow, as tables: protons throws on enum values it does not know, and an older relay must carry
 * what a newer client sends.
 */
export const wireVersion = 1

export const envelopeKinds = {
  /** Something that a person wrote or did. */
  content: 1,
  /** Receipts: stored and delivered like content, never a reason to wake a phone. */
  receipt: 2,
  /** Groups only: a signed change of membership or settings, in the clear for relays to check (groups/control.ts). */
  control: 3,
  /** Between engines: sender keys, requests and copies of what could not be opened. Never a reason to wake a phone. */
  keys: 4,
  /** In the self conversation: what an account's devices tell each other. */
  sync: 5,
  /** Never stored: typing and the like. Travels by `signal`, refused by `submit`. */
  signal: 6
} as const

export const ciphertextKinds = {
  prekeyMessage: 1,
  message: 2,
  /** SenderKeyMessage, for every device of the group: its `device` is empty. */
  senderKey: 3
} as const

/** gone: asked for with `unopened`, and the device that answers does not have it (any more). */
export const receiptStages = { delivered: 1, read: 2, unopened: 3, gone: 4 } as const

export const groupRoles = { member: 1, admin: 2, owner: 3 } as const
/** Who may send, add, or edit the profile. */
export const groupPolicies = { everyone: 1, admins: 2 } as const
