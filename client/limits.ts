/**
 * Bounds of the client's own, with their reasons. What both ends must agree on: protocol/limits.ts
 */
const MIB = 1024 * 1024

export const clientLimits = {
  /** Submits under way: enough to hide the round trip between conversations, few enough to stay fair. */
  submitsInFlight: 8,
  /** Bytes of envelopes in one submit, below what a frame may carry. */
  submitBytes: MIB,
  /** Messages sealed or opened in one batch of the store. */
  messagesPerBatch: 256,
  /** Sealed messages of one conversation kept for a resubmit until they are delivered; then the oldest sent one goes. */
  sealedKept: 10_000,
  /** How often a message is sent again to a device that cannot open it, or has later ones and not this one. */
  sendAgain: 5,
  /** Fresh sessions with somebody whose messages cannot be opened, no more often than this: a relay could cause that, too. */
  renewSessionsMs: 60 * 60_000,
  /** Entries that came early or wait for their turn, and their bytes; what is beyond is asked for again. */
  arrivedEntries: 4_096,
  arrivedBytes: 16 * MIB,
  /** Messages that cannot be opened are kept this long and this many, in case they can be one day. */
  unopenedKeptMs: 30 * 24 * 60 * 60_000,
  unopenedKept: 1_000,
  /** Repeated entries of one log that wait to be compared with what they repeat. */
  repeatsCompared: 256,
  /** A gap that does not close by itself for this long is asked for: what is missing may be on its way. */
  gapPatienceMs: 2_000,
  /** Running hashes kept, to check what a message says of an earlier state of the log. */
  logHashes: 2_048,
  /** How long receipts of one conversation are collected when they come thick and fast. */
  receiptDelayMs: 50,
  /** Heartbeats no closer than this, whatever a relay asks for: a phone's battery. */
  heartbeatMinMs: 5_000,
  /** The longest pause that a relay may ask for: it must not be able to silence a device for ever. */
  retryAfterMaxMs: 10 * 60_000,
  /** How long a message waits for somebody whom the relay cannot find: their relay may be cut off, or new to the others. */
  unknownAccountMs: 24 * 60 * 60_000,
  /** How often somebody's device list is asked for before a message of an unknown device is given up. */
  lookupAttempts: 5,
  /** Devices remembered as being in nobody's list. */
  unknownDevices: 1_000,
  /** Relays whose round trip is measured when a new account looks for the nearest. */
  relaysMeasured: 8,
  /** Relays asked for in one directory answer. */
  directoryRelays: 1_000,
  /** Directory servers asked at once. */
  directoriesAsked: 3
} as const
