/**
 * Every request and notification that travels on a channel: its number, the schema of its bodies, how large they may
 * be, and which quota pays for it. A method without a quota does not compile.
 *
 * Numbers are never reused. A body over `maxRequestBytes` is refused before it is parsed.
 */
import { limits, type rates } from './limits.ts'
import type { WireType } from './wire/codec.ts'
import { ClaimMany, ClaimedMany, DirectoryEntries, DirectoryHeads, DirectoryRead, DirectoryRef } from './wire/gen/directory.js'
import { GroupAnchors, GroupReceipts, GroupRef, GroupSnapshot, LogEpochs, Refused } from './wire/gen/group.js'
import { Announce, AskHome, GuestBatch, GuestForward, HomeState } from './wire/gen/guest.js'
import { LinkMeet, LinkParcel } from './wire/gen/link.js'
import { Batch, LogStates, NumberedIds, Outcomes, Page, Pages, Positions, ReadIds, ReadLog } from './wire/gen/log.js'
import { Activity, PresencePolicy, Presences, RelayPresences, Watch, WatchAtRelay, WatchingAtRelay } from './wire/gen/presence.js'
import { PrekeyUpload, RelayRecords, Signed } from './wire/gen/records.js'
import { Claim, Claimed, Empty, FindAccount, FindHandle, Found, GetDirectory, Hello, Introduce, PrekeysLeft, Register, Registered, Welcome } from './wire/gen/service.js'
import { AskHomes, ReadShipped, ShipLog, Shipment, Shipped, StandbyState } from './wire/gen/standby.js'

/** `free`: bounded by the connection's own limits. */
export type Quota = keyof typeof rates | 'free'

export interface Method<Request, Reply> {
  readonly id: number
  readonly name: string
  readonly request: WireType<Request>
  readonly reply: WireType<Reply>
  readonly maxRequestBytes: number
  readonly quota: Quota
}

export interface Notification<Body> {
  readonly id: number
  readonly name: string
  readonly body: WireType<Body>
  readonly maxBytes: number
  readonly quota: Quota
}

const small = 16 * 1024
const method = <Request, Reply>(id: number, name: string, request: WireType<Request>, reply: WireType<Reply>, rest: { maxRequestBytes: number, quota: Quota }): Method<Request, Reply> => ({ id, name, request, reply, ...rest })
const notification = <Body>(id: number, name: string, body: WireType<Body>, rest: { maxBytes: number, quota: Quota }): Notification<Body> => ({ id, name, body, ...rest })

/** Both directions, on every channel. */
export const anyMethods = {
  ping: method(1, 'ping', Empty, Empty, { maxRequestBytes: 16, quota: 'free' })
}

/** Device → relay, on protocols.client. */
export const clientMethods = {
  hello: method(10, 'hello', Hello, Welcome, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  register: method(11, 'register', Register, Registered, { maxRequestBytes: small, quota: 'registerPerAddress' }),
  submit: method(12, 'submit', Batch, Outcomes, { maxRequestBytes: limits.frameBytes, quota: 'submitPerDevice' }),
  readLog: method(13, 'read-log', ReadLog, Page, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  listLogs: method(14, 'list-logs', Empty, LogStates, { maxRequestBytes: 16, quota: 'lookupPerDevice' }),
  uploadPrekeys: method(15, 'upload-prekeys', PrekeyUpload, PrekeysLeft, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  claimBundles: method(16, 'claim-bundles', Claim, Claimed, { maxRequestBytes: small, quota: 'claimPerDevice' }),
  findAccount: method(17, 'find-account', FindAccount, Found, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  findHandle: method(18, 'find-handle', FindHandle, Found, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  updateDevices: method(19, 'update-devices', Signed, Empty, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  updateHome: method(20, 'update-home', Signed, Empty, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  getDirectory: method(21, 'get-directory', GetDirectory, RelayRecords, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  /** the members' view of a group that the home keeps: only for members */
  groupState: method(22, 'group-state', GroupRef, GroupSnapshot, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  /** whom this device wants to know about; what may be told follows as notifications, silence otherwise */
  watchPresence: method(23, 'watch-presence', Watch, Empty, { maxRequestBytes: 64 * 1024, quota: 'lookupPerDevice' }),
  setPresencePolicy: method(24, 'set-presence-policy', PresencePolicy, Empty, { maxRequestBytes: 128 * 1024, quota: 'lookupPerDevice' }),
  presencePolicy: method(25, 'presence-policy', Empty, PresencePolicy, { maxRequestBytes: 16, quota: 'lookupPerDevice' }),
  /** a Signed PublicProfile of the account; the newest stays. Found carries it */
  setPublicProfile: method(28, 'set-public-profile', Signed, Empty, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  /** claimBundles for many people at once, one outcome each; every account counts as a claim */
  claimMany: method(29, 'claim-many', ClaimMany, ClaimedMany, { maxRequestBytes: small, quota: 'claimPerDevice' }),
  /** to the primary home: which relay stands by for the account, and whether it has everything */
  standbyState: method(32, 'standby-state', Empty, StandbyState, { maxRequestBytes: 16, quota: 'lookupPerDevice' }),
  /** to any relay, after hello: does my home answer you, and what is my newest home record */
  askHome: method(34, 'ask-home', AskHome, HomeState, { maxRequestBytes: 64, quota: 'lookupPerDevice' }),
  /** to a relay that is not the account's home, after hello: envelopes for its outbox of guests */
  guestSubmit: method(35, 'guest-submit', GuestBatch, Outcomes, { maxRequestBytes: limits.frameBytes, quota: 'submitPerDevice' }),
  /** to a new home: tell the homes of these people where this account lives now */
  announce: method(36, 'announce', Announce, Empty, { maxRequestBytes: 128 * 1024, quota: 'lookupPerDevice' }),
  /** a Signed GroupAnchor by this device, an admin's: the home checks it, keeps it and tells the members' homes */
  anchorGroup: method(38, 'anchor-group', Signed, Empty, { maxRequestBytes: small, quota: 'lookupPerDevice' }),
  /** who anchors a group, as the home knows: only for members */
  groupAnchors: method(39, 'group-anchors', GroupRef, GroupAnchors, { maxRequestBytes: small, quota: 'lookupPerDevice' })
  // 26–27 group receipts, 30–31 directory
}

/** Relay → device, and device → relay, without an answer. */
export const clientNotifications = {
  /** relay → device: log pages, references in place of what the device sent itself */
  deliver: notification(40, 'deliver', Pages, { maxBytes: limits.frameBytes, quota: 'free' }),
  /** device → relay: cumulative, one position per log */
  acknowledge: notification(41, 'acknowledge', Positions, { maxBytes: limits.frameBytes, quota: 'free' }),
  /** relay → device: connect elsewhere, this relay is shutting down */
  draining: notification(42, 'draining', Empty, { maxBytes: 16, quota: 'free' }),
  /** relay → device: refused by the sequencer after it was accepted here */
  refused: notification(43, 'refused', Refused, { maxBytes: 1024, quota: 'free' }),
  /** both ways: envelopes of kind signal, never stored */
  signal: notification(44, 'signal', Batch, { maxBytes: 256 * 1024, quota: 'signalPerDevice' }),
  /** both ways: group receipts, gathered; cumulative, so a lost one is made good by the next */
  groupReceipts: notification(46, 'group-receipts', GroupReceipts, { maxBytes: limits.frameBytes, quota: 'signalPerDevice' }),
  /** relay → device: what has changed of those it watches, at most once a second */
  presence: notification(45, 'presence', Presences, { maxBytes: 64 * 1024, quota: 'free' }),
  /** device → relay: somebody is there, or has not been for a while */
  activity: notification(47, 'activity', Activity, { maxBytes: 16, quota: 'signalPerDevice' })
}

/** Relay → relay, on protocols.relay. */
export const relayMethods = {
  /** signed home records that what follows is checked against; answered when they are taken */
  introduce: method(60, 'introduce', Introduce, Empty, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** to the sequencer: envelopes of accounts whose home is the caller */
  forward: method(61, 'forward', Batch, Outcomes, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** from the sequencer: pages for a replica, answered with the replica's heads once durable */
  replicate: method(62, 'replicate', Pages, Positions, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** to the sequencer: entries that a replica misses */
  pull: method(63, 'pull', ReadLog, Page, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  claimBundles: method(64, 'claim-bundles', Claim, Claimed, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  findAccount: method(65, 'find-account', FindAccount, Found, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  findHandle: method(66, 'find-handle', FindHandle, Found, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to the sequencer: a group that the caller has to keep from now on */
  groupState: method(67, 'group-state', GroupRef, GroupSnapshot, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to the new home of a founder: groups that the caller keeps, and the far side sequences from now on; only their ids count */
  offerLogs: method(68, 'offer-logs', Positions, Empty, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** to the home of the watched; empty: a heartbeat */
  watchPresence: method(69, 'watch-presence', WatchAtRelay, WatchingAtRelay, { maxRequestBytes: 256 * 1024, quota: 'signalPerRelay' }),
  /** the newest entries of a directory database, from its relay or from who keeps a copy */
  directoryHeads: method(72, 'directory-heads', DirectoryRef, DirectoryHeads, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** an entry of it and those before, a page of them */
  readDirectory: method(73, 'read-directory', DirectoryRead, DirectoryEntries, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  claimMany: method(74, 'claim-many', ClaimMany, ClaimedMany, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to the standby: what has changed of accounts that name it in their home records; answered when it is durable there */
  ship: method(75, 'ship', Shipment, Shipped, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** to a standby: the newest home records that it knows of these accounts */
  standbyHomes: method(76, 'standby-homes', AskHomes, Introduce, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to the standby, from the primary: what it keeps of a log */
  readShipped: method(77, 'read-shipped', ReadShipped, ShipLog, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to the sequencer: envelopes of one device that is a guest at the caller, with its permit */
  guestForward: method(81, 'guest-forward', GuestForward, Outcomes, { maxRequestBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  /** a Signed GroupAnchor, to a home of a member; answered when it is kept there */
  groupAnchor: method(85, 'group-anchor', Signed, Empty, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** between homes of a group: which epoch of its log begins where */
  logEpochs: method(86, 'log-epochs', GroupRef, LogEpochs, { maxRequestBytes: small, quota: 'forwardPerRelay' }),
  /** to another home of a log: ids of what it has numbered and need not keep any more */
  readIds: method(87, 'read-ids', ReadIds, NumberedIds, { maxRequestBytes: small, quota: 'forwardPerRelay' })
  // 70–71 presence
}

/** Relay → relay, without an answer. */
export const relayNotifications = {
  /** replica → sequencer: how far logs are durably, when that came by gossip */
  confirm: notification(90, 'confirm', Positions, { maxBytes: limits.frameBytes, quota: 'forwardPerRelay' }),
  signal: notification(91, 'signal', Batch, { maxBytes: limits.frameBytes, quota: 'signalPerRelay' }),
  groupReceipts: notification(92, 'group-receipts', GroupReceipts, { maxBytes: limits.frameBytes, quota: 'signalPerRelay' }),
  presence: notification(93, 'presence', RelayPresences, { maxBytes: limits.frameBytes, quota: 'signalPerRelay' })
  // 94–95 presence
}

/** Two devices and the relay where they meet, on protocols.link. */
export const linkMethods = {
  /** device → relay: wait for, or come to, whoever has the same id */
  meet: method(100, 'link-meet', LinkMeet, Empty, { maxRequestBytes: 64, quota: 'linkPerAddress' }),
  /** device → relay → other device: answered when the other has taken it */
  parcel: method(101, 'link-parcel', LinkParcel, Empty, { maxRequestBytes: limits.linkParcelBytes + 64, quota: 'free' })
}

/** Anybody → relay or bootstrap node, on protocols.directory. */
export const directoryMethods = {
  getDirectory: method(80, 'get-directory', GetDirectory, RelayRecords, { maxRequestBytes: small, quota: 'free' })
}
