/**
 * Bounds of the client's own, with their reasons. What both ends must agree on: protocol/limits.ts
 */
import { limits } from '../protocol/limits.ts'

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
  /** How long nobody has confirmed the first words to somebody, and how many of these, when they are sent again. */
  firstWordsAgainAfterMs: [10 * 60_000, 6 * 60 * 60_000, 3 * 24 * 60 * 60_000],
  firstWords: 20,
  /** The same to one device that asks for it, in one run. */
  answersPerMessage: 10,
  /** Answers remembered for that. */
  answersKept: 10_000,
  /** Own messages remembered beside the history, for those who may ask for them; no longer than relays know repeats. */
  againKept: 10_000,
  /** Fresh sessions with somebody whose messages cannot be opened, no more often than this: a relay could cause that, too. */
  renewSessionsMs: 60 * 60_000,
  /** Entries that came early or wait for their turn, and their bytes; what is beyond is asked for again. */
  arrivedEntries: 4_096,
  arrivedBytes: 16 * MIB,
  /** Messages that cannot be opened are kept this long and this many, in case they can be one day. */
  unopenedKeptMs: 30 * 24 * 60 * 60_000,
  unopenedKept: 1_000,
  /** Ids of messages that were sent again; a peer decides how many there are. */
  firstIdsKept: 10_000,
  /** Repeated entries of one log that wait to be compared with what they repeat. */
  repeatsCompared: 256,
  /** Entries of a log that a device reads again when its store was set back, to compare them. */
  readAgainAfterSetBack: 64,
  /** A gap that does not close by itself for this long is asked for: what is missing may be on its way. */
  gapPatienceMs: 2_000,
  /** Stretches of one log that this device was never given, of which it is remembered where they are. */
  holesKept: 16,
  /** Of a stretch of a group's log that no relay has any more: numbers asked for (a longer one has expired), people asked, and answers to one device in one run. */
  groupHoleEntries: 100,
  groupHoleAsked: 64,
  groupHoleAnswers: 16,
  /** Running hashes kept, to check what a message says of an earlier state of the log. */
  logHashes: 2_048,
  /** How long receipts of one conversation are collected when they come thick and fast. */
  receiptDelayMs: 50,
  /** Heartbeats no closer than this, whatever a relay asks for: a phone's battery. */
  heartbeatMinMs: 5_000,
  /** With a standby, and somebody at the device or something unanswered: silence that is asked about, how long an answer may take … */
  lineSilenceMs: 2_000,
  lineAnswerMs: 1_500,
  lineGraceMs: 100,
  /** … and silence after which a connection is given up although others see the home. */
  lineGivenUpMs: 10_000,
  /** The longest pause that a relay may ask for: it must not be able to silence a device for ever. */
  retryAfterMaxMs: 10 * 60_000,
  /** A device without keys is asked for so often with growing pauses, then every `retryAfterMaxMs`. */
  keylessAttempts: 5,
  /** How long a message waits for somebody whom the relay cannot find: their relay may be cut off, or new to the others. */
  unknownAccountMs: 24 * 60 * 60_000,
  /** People whose keys are claimed in one request each; more are asked for together. */
  claimsOneByOne: 4,
  /** How often somebody's device list is asked for before a message of an unknown device is given up. */
  lookupAttempts: 5,
  /** Devices remembered as being in nobody's list. */
  unknownDevices: 1_000,
  /** People who are given keys of a group in one batch of the store: each takes a message of its own. */
  keysGivenPerBatch: 64,
  /** Keys taken in one run from people who are not known to be in the group yet. */
  strangeKeys: 1_000,
  /** A message of a group that cannot be opened: its key may be on its way, then it is asked for, five times. */
  resendAfterMs: [10_000, 60_000, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000, 24 * 60 * 60_000],
  /** The same for one that was not sealed for this device at all: nothing is on its way. */
  resendUnaddressedMs: 1_000,
  /** Own messages of a group that are kept for those who ask for them again. */
  groupContentsKept: 1_000,
  groupContentsPrune: 64,
  /** Sealed messages of one group kept for a resubmit until everybody has them. */
  groupSealedKept: 1_000,
  /** Receipts of groups are gathered for so long; longer in groups with more than so many people. */
  groupReceiptsMs: 250,
  groupReceiptsSmall: 64,
  groupReceiptsLargeMs: 1_000,
  groupReceiptsAtOnce: 1_000,
  /** Marks that changed within this time are told again to a relay that may have lost them. */
  groupReceiptsRecentMs: 7 * 24 * 60 * 60_000,
  /** Own messages of one group of which is watched who has read them. */
  groupUnreadKept: 2_000,
  /** Groups whose receipts are in memory. */
  groupBoards: 100,
  /** What a home has taken and the group's sequencer has not for this long: the person is told. A restart takes less. */
  groupStuckMs: 60_000,
  /** A re-anchored group in which an admin is none any more is re-anchored once more: by the next admin when nobody has for so long, by how many in turn. */
  contestPatienceMs: 10_000,
  contestRanks: 6,
  contestAgainMs: 60_000,
  /** Of 255 times the last are left for relays that are gone. */
  contestLastEpoch: 200,
  /** A device acknowledges entries of groups together, after about this long: a thousand devices would send a frame each for every message, and all at once. */
  groupAcknowledgeMs: 100,
  /** Relays whose round trip is measured when a new account looks for the nearest. */
  relaysMeasured: 8,
  /** Relays asked for in one directory answer. */
  directoryRelays: 1_000,
  /** Directory servers asked at once. */
  directoriesAsked: 3,
  /** A home that has not answered for this long is asked about elsewhere: longer than a relay takes to restart. */
  moveAfterMs: 5_000,
  /** The same after the relay has said that it restarts. */
  drainGraceMs: 60_000,
  /** The same while the standby may not have everything: most homes come back, and what only they have keeps its order then. */
  behindGraceMs: 60_000,
  /** Another relay's answer about the home: it looks for two seconds itself. */
  askHomeMs: 4_000,
  /** Between two looks at a home that stays away. */
  lookAgainMs: 5_000,
  lookAgainMaxMs: 30_000,
  /** An account without a standby moves by itself when its home has been away for this long. */
  moveWithoutStandbyAfterMs: 60 * 60_000,
  /** A standby is looked for when the connection has lasted this long, and again after a failure. */
  standbyDelayMs: 5_000,
  standbyRetryMs: 10 * 60_000,
  /** One that has not had everything for this long is replaced, unless the person has named it; looked at as often. */
  standbyGivenUpMs: 15 * 60_000,
  /** Other relays that are remembered in case the home does not answer, and for how long: one answer of a directory may be large. */
  relaysRemembered: 8,
  rememberRelaysMs: 7 * 24 * 60 * 60_000,
  formerHomes: 4,
  /** When one directory has answered, the others are waited for this long. */
  directoryPatienceMs: 1_000,
  /** What a device lets a relay do for it while its home is away. */
  guestPermitMs: limits.guestPermitMs,
  /** People whose homes are told of a move at once; the others find it in the DHT. */
  announced: 2_048,
  /** Members of groups of at most this many people are among them. */
  announcedGroup: 64
} as const
