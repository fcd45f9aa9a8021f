/**
 * Every limit, with its reason. A bound that is not here does not exist.
 */
const KIB = 1024
const MIB = 1024 * KIB
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const limits = {
  /** One envelope, all ciphertexts in it. 256 KiB: a long text to ten devices; anything larger is media and travels as a blob. */
  envelopeBytes: 256 * KIB,
  /** One frame. Room for a page of 1 MiB and its headers; a reader never buffers more than this. */
  frameBytes: MIB + 512 * KIB,
  /** From the first to the last byte of a frame: a full one over 12 KB/s. */
  frameTimeoutMs: 2 * MINUTE,
  /** One frame of a device that has not said who it is: hello, and a registration with its prekeys. */
  strangerFrameBytes: 32 * KIB,
  /** Entries and bytes of one delivered page: bounds what a slow reader costs. */
  pageEntries: 256,
  pageBytes: MIB,
  /** Envelopes in one submit, forward or replicate batch. */
  batchEnvelopes: 256,
  /** Ciphertexts in one envelope: ten devices of each of the two people. */
  ciphertexts: 20,
  /** Devices of one account. */
  devices: 10,
  /** Linking: one parcel between the two devices, with a chunk of history in it. */
  linkParcelBytes: 256 * KIB,
  /** A new device waits this long for the primary; two that have met may be silent this long, which is time to compare a code. */
  linkTtlMs: 5 * MINUTE,
  /** From the first to the last parcel, and all of them together: some 100,000 messages. What is older stays on the primary. */
  linkMaxMs: 30 * MINUTE,
  linkMaxBytes: 64 * MIB,
  /** Until the other device has taken a parcel: a chunk over a slow line. */
  linkParcelTimeoutMs: 30 * SECOND,
  /** Meetings at one relay. */
  linkMeetings: 1_000,
  /** Homes in a home record: a primary and standbys. */
  homes: 3,
  /** A signed record in the DHT or the directory; a device list of ten devices takes about 1 KiB. */
  recordBytes: 4 * KIB,
  /** Addresses in a relay record, and the length of one. */
  relayAddresses: 16,
  addressBytes: 256,
  /** Name and region of a relay, for people. */
  relayNameBytes: 128,
  regionBytes: 32,
  /** Relays that a directory keeps and serves; 10,000 relays at 1 KiB are 10 MiB. */
  directoryRelays: 10_000,
  /** Of them with addresses of one /24, /48 or domain: an operator with many, not a crowd of keys; of addresses that are nobody's in public more. */
  relaysPerRange: 64,
  relaysPerOwnRange: 4_000,
  /** A relay that was away for this long has lost its name to whoever uses it next. */
  relayNameKeptMs: DAY,
  /** A relay that was not heard of for this long leaves the directory. */
  relayRecordTtlMs: 10 * MINUTE,
  relayRecordRefreshMs: 2 * MINUTE,
  /** Home records that a DHT server keeps: 1 million at 512 bytes are 512 MiB. */
  dhtRecords: 1_000_000,
  /** kad-dht forgets after 48 h: publish again well before. */
  homeRecordRepublishMs: 12 * HOUR,
  /** How long a looked-up home record is believed without asking again. MOVED corrects it sooner. */
  homeRecordCacheMs: 10 * MINUTE,

  /** One-time prekeys kept at the home, refilled below the low mark. */
  oneTimePrekeys: 100,
  oneTimePrekeysLow: 25,
  signedPrekeyRotateMs: 7 * DAY,
  signedPrekeyKeepMs: 30 * DAY,
  /** Claims of prekeys by one asker of one target: enough to write to somebody, not enough to drain 100 prekeys. */
  claimsPerTargetPerHour: 30,

  /** One-time prekeys of one device that may go out at once, whoever asks, and after that in an hour: a crowd does not take all 100 of them. */
  oneTimePrekeysAtOnce: 75,
  oneTimePrekeysPerHour: 60,

  /** People in one batch of claims: with one device each their bundles take 600 KiB. */
  claimBatch: 256,
  /** Public profile, in UTF-16 units. */
  publicNameChars: 64,
  publicAboutChars: 256,
  /** One value of a relay's directory database: what gossip and OrbitDB's exchange of heads carry comfortably. */
  directoryBundleBytes: 40 * KIB,
  /** Values in one directory database: 200,000 are 8 GiB, a relay of some 3 million people. */
  directoryBundles: 200_000,

  handleMinChars: 3,
  handleMaxChars: 32,

  /** Time to answer one request. Above the worst RTT (250 ms) and a slow fsync, below a person's patience. */
  requestTimeoutMs: 10 * SECOND,
  dialTimeoutMs: 8 * SECOND,
  /** A connection that has not said hello by then is closed. */
  helloTimeoutMs: 10 * SECOND,
  heartbeatMs: 30 * SECOND,
  /** Silence after which a connection counts as dead: two heartbeats. */
  deadAfterMs: 60 * SECOND,
  /** Requests under way on one channel. */
  requestsInFlight: 256,
  /** Malformed frames before a peer is disconnected. */
  malformedFrames: 3,
  /** What a peer that does not read may hold in our memory before it is disconnected. */
  outboundBufferBytes: 4 * MIB,
  /** Bytes and entries delivered to a device and not acknowledged yet; then the pump waits. */
  deliveryWindowBytes: 2 * MIB,
  deliveryWindowEntries: 1024,
  /** Of all devices together; beyond it each gets a window of `deliveryTightBytes`: a thousand that do not read must not hold 2 GiB. */
  deliveryAllBytes: 256 * MIB,
  deliveryTightBytes: 64 * KIB,
  /** What waits for the turn of one account that sends much; of one relay, whose forwards and replicas come in windows of 1 MiB and a batch each. */
  turnsBytesOfAccount: MIB,
  turnsBytesOfRelay: 4 * MIB,
  /** Devices that are not read for a moment, each with a window of 4 MiB at most that has come (protocol/libp2p/yamux.ts): 512 MiB, and in practice a few frames each. */
  unreadStreams: 128,
  /** Unread for half a minute without getting less: such a device is disconnected. */
  unreadBytes: 128 * KIB,

  /** A primary waits so long for its standby before it goes on alone: above the worst RTT and a slow fsync, below the time in which a device tries again. */
  standbyAckTimeoutMs: 2 * SECOND,
  /** After a standby is not one any more it keeps what it has for this long: a record that was changed by mistake is changed back. */
  standbyGraceMs: 10 * MINUTE,
  /** What a standby keeps for one other relay, and accounts of it. */
  standbyBytesPerRelay: 8 * 1024 * MIB,
  standbyAccountsPerRelay: 100_000,
  /** And for all of them. One relay gets a quarter of what is free at most: keys of relays cost nothing. */
  standbyBytes: 64 * 1024 * MIB,
  standbyAccounts: 1_000_000,
  /** A guest's permit, and how far a device's clock may be ahead. */
  guestPermitMs: 7 * DAY,
  guestPermitSlackMs: DAY,

  retryBaseMs: SECOND,
  retryMaxMs: 30 * SECOND,

  /** How long an entry stays that somebody has not acknowledged: a phone left off over a long holiday. */
  retentionMs: 30 * DAY,
  /** A message id is remembered this long for deduplication: at least as long as a client may repeat it. */
  dedupMs: 30 * DAY,
  /** Ids that travel with a log, of what its home does not keep any more: those of the last numbers. More than a device keeps to send again. */
  travellingIds: 16_384,
  /** The furthest a client may set an expiry. */
  expiryMaxMs: 90 * DAY,

  /** Double Ratchet. Forward jump and kept keys as libsignal; five receiver chains; forty archived sessions. */
  ratchetForwardJump: 25_000,
  ratchetSkippedKeys: 2_000,
  ratchetReceiverChains: 5,
  archivedSessions: 40,
  unacknowledgedSessionMs: 30 * DAY,
  /** A fresh PQXDH after this stands in for a post-quantum ratchet. */
  sessionMaxAgeMs: 30 * DAY,
  sessionMaxMessages: 100_000,

  /** Text of one message, in bytes of UTF-8: what padding and ten devices leave of an envelope. */
  textBytes: 16 * KIB,
  /** Message ids in one receipt. */
  receiptIds: 1_000,

  /** People in a group: what one envelope per sender key and one snapshot (46 KiB) carry comfortably. */
  groupMembers: 1_024,
  /** Up to here a group's messages are sealed for each device: it heals after a compromise with every answer. */
  pairwiseGroupDevices: 16,
  /** Invite links of one group that are not revoked. */
  groupLinks: 32,
  /** Sealed name, description and icon of a group, and what of it is text. */
  groupProfileBytes: 24 * KIB,
  groupNameBytes: 256,
  groupDescriptionBytes: 4 * KIB,
  /** A signed change of a group. The largest: `create` with 1,023 members (36 KiB), a profile and a device list. */
  groupControlBytes: 68 * KIB,
  /** A snapshot: 1,024 members, 32 links, a profile. */
  groupSnapshotBytes: 96 * KIB,
  /** Who anchors a group: a device list (4 KiB) and what it says. */
  groupAnchorBytes: 5 * KIB,
  groupReceiptBytes: 128,
  /** Icons, profile pictures, thumbnails: inline, inside the encryption. */
  pictureBytes: 16 * KIB,
  /** Sender keys: a jump as in the ratchet, a few states of one sender for what is under way, and when to begin anew. */
  senderKeyForwardJump: 25_000,
  senderKeySkipped: 2_000,
  senderKeyStates: 5,
  senderKeyMaxMessages: 1_000,
  senderKeyMaxAgeMs: 7 * DAY,
  /** Gossip topics for group pages. Above 999 a peer ignores subscriptions in silence. */
  gossipShards: 64,
  /** A page that goes by gossip: some hundred messages of a busy group. Above 4 MiB gossipsub drops in silence. */
  gossipPageBytes: 128 * KIB,

  /** A member of its own that edits: the sender's clock against the original's. */
  editWindowMs: 15 * MINUTE,
  disappearingMinS: 5,
  disappearingMaxS: 90 * DAY / SECOND,
  /** Typing expires by itself. */
  typingMs: 6 * SECOND,
  idleAwayMs: 5 * MINUTE,
  /** People whom one device watches: those of its open and recent chats. */
  presenceWatched: 500,
  /** Kept as the device gives them: 34 bytes each in one row of its home. */
  presenceContacts: 2_000,
  presenceBlocked: 1_000,
  /** Between two notifications of presence to one watcher, device or relay. */
  presenceEveryMs: SECOND,
  /** A typing signal of twenty devices, some of whose sessions begin with it. */
  signalBytes: 32 * KIB,
  /** Typing is not shown in larger groups: everybody's typing to everybody would be more than their messages. */
  signalGroupMembers: 256
} as const

/** Parts of a relay's disk, in bytes of envelopes (node/limits/storage.ts). */
export const storageLimits = {
  /** What waits in all conversations of two of one account, for it or from it: 100,000 texts, a month of a busy life. */
  accountBytes: 256 * MIB,
  /** Of that, from people to whom it has never written: in all, and from each. */
  strangersBytes: 64 * MIB,
  strangerBytes: 4 * MIB,
  /** One group, as long as somebody has not fetched it. */
  groupBytes: 512 * MIB,
  /** All groups that one account of this relay anchors. */
  founderBytes: 2_048 * MIB,
  /** Everything that one other relay numbers and that is kept here for its readers. */
  relayBytes: 32_768 * MIB
} as const

/** Token buckets: a burst, then a steady rate. */
export const rates = {
  /** Envelopes per device: a history of answers after a flight at once, then far above typing. Fifty that flood are half of what a relay carries, and take turns. */
  submitPerDevice: { burst: 3_000, perSecond: 200 },
  /** Envelopes of all devices of one account. */
  submitPerAccount: { burst: 6_000, perSecond: 300 },
  /** Submits of a device that are refused for a quota and answered at once; beyond that its stream is read so often (node/limits/read-later.ts). Who does as it is told waits longer than that anyway. */
  refusedPerDevice: { burst: 8, perSecond: 1 },
  /** What nobody waits for; who sends more takes turns with the others who do (node/limits/fair-intake.ts). A person who writes as fast as the keys go, on ten devices that all give receipts. */
  promptPerAccount: { burst: 48, perSecond: 40 },
  promptPerRelay: { burst: 512, perSecond: 2_000 },
  /** Envelopes from one peer relay. */
  forwardPerRelay: { burst: 200_000, perSecond: 50_000 },
  /** Envelopes into one group, of all its members together: 100 a second to 1,024 people are 100,000 deliveries. */
  submitPerGroup: { burst: 1_000, perSecond: 100 },
  /** Typing, presence, receipts of groups: never stored, shed first. */
  signalPerDevice: { burst: 60, perSecond: 10 },
  signalPerRelay: { burst: 20_000, perSecond: 5_000 },
  /** Lookups of people and handles per device. */
  lookupPerDevice: { burst: 60, perSecond: 2 },
  /** Questions for the whole directory, at a bootstrap node: of one peer, and of all; a thousand relays are a megabyte. */
  directoryPerPeer: { burst: 20, perSecond: 0.5 },
  directoryOfAll: { burst: 2_000, perSecond: 200 },
  /** Bundles: the first message to a group of 1,024 needs one of every member. */
  claimPerDevice: { burst: 1_200, perSecond: 5 },
  /** New accounts from one IP address. */
  registerPerAddress: { burst: 50, perSecond: 1 },
  /** Devices that meet to be linked, from one IP address: a household links a few devices on one evening. */
  linkPerAddress: { burst: 20, perSecond: 0.1 }
} as const
