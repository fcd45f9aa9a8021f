/**
 * Numbers that may grow, as tables: protons throws on enum values it does not know, and an older relay must carry
 * what a newer client sends.
 */
export const wireVersion = 1

export const envelopeKinds = {
  /** Something that a person wrote or did. */
  content: 1,
  /** Receipts: stored and delivered like content, never a reason to wake a phone. */
  receipt: 2
} as const

export const ciphertextKinds = { prekeyMessage: 1, message: 2 } as const

export const receiptStages = { delivered: 1, read: 2, unopened: 3 } as const
