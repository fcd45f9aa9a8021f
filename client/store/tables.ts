/**
 * The key table of the client's store. Every fact has one home here; queues, timers and counters are made from these.
 *
 * prefix | key                        | value                                             | kept until
 * me/    | device, account, last-id, linking, set-back | JSON: keys, home, highest message id, a device that is being linked, when the store was found to be an older copy | the account goes
 * me/    | home                       | JSON: standby, standing order, epochs that were signed (home/) | with the account
 * me/    | schema                     | JSON: which form everything here has (migration.ts) | replaced
 * dl/    | account                    | Signed DeviceList, the newest that was checked    | with the account
 * hr/    | account                    | Signed HomeRecord, the newest that was checked    | with the account
 * ct/    | account                    | JSON: name, handle, verified                      | removed by the person
 * se/    | account/device             | session record (protocol/e2ee/stored.ts)          | with the account
 * ps/    | state                      | JSON: next prekey ids, what is published          | with the account
 * p1/    | prekey id                  | JSON: one-time prekey with its secret             | a message was opened with it; the newest 1,000
 * pk/    | prekey id                  | JSON: signed prekey and KEM prekey, with secrets  | 30 days after its successor
 * ob/    | chat/message id            | JSON: what is still to be sent, sealed or delivered | sequenced, and delivered to every device addressed
 * sl/    | chat/message id            | sealed envelope                                   | with ob/; the oldest beyond 10,000 in a conversation go once sent
 * ag/    | chat/message id            | JSON: what was sent again, or is no text, in case somebody asks for it | 30 days; the newest 10,000
 * sd/    | account/device             | JSON: since when it is in its account's list      | with the account
 * lg/    | chat                       | JSON: how far the log has come, running hash      | with the account
 * hi/    | chat/device                | highest message id of that device that was processed | with the account
 * lh/    | chat/position              | running hash there, 32 bytes                      | the newest 2,048
 * ow/    | chat                       | JSON: receipts that are owed                      | sealed
 * cv/    | chat                       | JSON: unread messages                             | with the account
 * ms/    | chat/i or o, message id    | JSON: message, in or out                          | deleted by the person
 * ix/    | chat/position.i or o, id   | empty: the order of ms/                           | with ms/
 * sy/    | fact key                   | JSON: what all devices share (devices/device-tables.ts) | replaced
 * sq/    | fact key                   | empty: not told to the other devices yet          | in the outbox
 * rd/    | chat                       | JSON: how far it was read on another device       | with the account
 * mw/    | chat/message id            | JSON: not sealed for this device, asked of another | given; 30 days
 * fi/    | chat/message id            | JSON: the id that a message had before it was sent again under this one | 30 days; the newest 10,000, at a start
 * ma/    | chat/message id            | JSON: what the other person did with a message, for other own devices | 30 days; the newest 2,000
 * cf/    | chat                       | JSON: muted, blocked, timer, pins … (chat/chat-tables.ts) | with the account
 * ea/    | chat/message id            | JSON: what was said of a message that is not here | it comes; 30 days
 * ex/    | time/chat/i or o, id       | empty: a message that disappears then             | with ms/
 * pf/    | account                    | JSON: name, about, picture                        | with the account
 * bad/   | chat/position              | f64 time, envelope that could not be opened       | 30 days; the newest 1,000
 *
 * A chat is named as in chat-id.ts: a pair by the other person's AccountId, anything else by its ConversationId. A
 * position is epoch and seq in hex, so that keys sort as the log does; a message without one sorts behind, by id, under `~`.
 */
import { concat } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { decodeSessionRecord, encodeSessionRecord, type SessionRecord } from '../../protocol/e2ee/sessions.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import { verifyDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { Table, type Codec } from './ledger.ts'
import type { TextExtras } from '../messages/bodies.ts'
import type { Message } from '../model.ts'
import { inMemory, json, rawBytes, readStored } from './stored.ts'

/** Bytes as hex. */
type Hex = string

export interface DeviceRow {
  /** Ed25519 transport key */
  readonly seed: Hex
  readonly identityPublic: Hex
  readonly identityPrivate: Hex
  readonly registrationId: number
}

export interface AccountRow {
  readonly id: AccountId
  /** Ed25519 account key; empty on a device that was linked: only the primary has it */
  readonly seed: Hex
  /** false: keys are made, but no relay has taken the account yet */
  readonly isRegistered: boolean
  readonly handle: string
  readonly relay: RelayId | ''
  readonly relayName: string
  readonly region: string
  readonly addresses: readonly string[]
  /** What this device needs of the primary is not all there yet. */
  readonly isLinking?: true
  /** The account's newest list leaves this device out. */
  readonly isUnlinked?: true
}

/** A relay as it was when it was chosen. */
export interface RelayPlace {
  readonly relay: RelayId
  readonly name: string
  readonly region: string
  readonly addresses: readonly string[]
}

/** What this device knows of its account's homes beside the home record. */
export interface HomeRow {
  /** Highest epoch that this device has ever signed: no two records of one epoch. */
  readonly signedEpoch?: number
  /** What the person wants; absent: as configured. */
  readonly wish?: 'auto' | 'none' | RelayPlace
  /** Signed in advance: makes the standby the primary. Good while the account's record has not passed the one it follows. */
  readonly order?: { readonly record: Hex, readonly after: number, readonly standby: RelayPlace }
  /** Signed, and not taken by the home yet. */
  readonly pending?: { readonly record: Hex, readonly order?: Hex, readonly standby?: RelayPlace }
  /** Somebody else has signed another record of this epoch, which counts: it is time for the next. */
  readonly contestedEpoch?: number
  /** Other relays, for when the home does not answer. */
  readonly relays?: { readonly atMs: number, readonly places: readonly RelayPlace[] }
  /** Where the account has lived before, the last ones. */
  readonly former?: readonly RelayPlace[]
  /** The new home has not been asked yet to tell the others. */
  readonly isUnannounced?: true
  /** Homes that may not have heard that the account has left them. */
  readonly left?: readonly RelayId[]
}

export interface ContactRow {
  readonly name: string
  readonly handle: string
  /** What an invite link said, not confirmed by the relay that issues it yet; absent: nothing. */
  readonly claimedHandle?: string
  readonly isVerified: boolean
  readonly addedAtMs: number
}

/** When it was noticed last that this store had been set back to an older copy. */
export interface SetBackRow { readonly atMs: number }

export interface PrekeyStateRow {
  readonly nextOneTimeId: number
  /** One-time prekeys below are at the relay; those from here on were made and not taken by it yet. */
  readonly publishedBelow: number
  readonly currentId: number
  readonly isCurrentPublished: boolean
  /** Never falls: a relay refuses older device keys. */
  readonly issuedAtMs: number
  /** Whatever the relay has is of a state that is gone: the next upload takes its place. */
  readonly isReplacing?: true
}

export interface KeyPairRow { readonly publicKey: Hex, readonly privateKey: Hex }

export interface SignedPrekeysRow {
  readonly curve: KeyPairRow & { readonly signature: Hex }
  readonly kem: KeyPairRow & { readonly signature: Hex }
  readonly madeAtMs: number
  /** 0 while it is the current one */
  readonly replacedAtMs: number
}

export interface OutboxRow {
  readonly kind: number
  readonly state: 'waiting' | 'sealed' | 'sent'
  /** What it says, encoded. Absent for what has a row in ms/: that is in there. */
  readonly body?: Hex
  readonly sentAtMs: number
  /** Absent: relays keep it as long as anything. */
  readonly expiresAtMs?: number
  /** Sent again: the id of the message in ms/, then those of earlier tries. */
  readonly standsFor?: readonly [MessageId, ...MessageId[]]
  /** SHA-256 of the sealed envelope, for the chain; empty while it waits. */
  readonly digest: Hex
  /** Devices of other people that were addressed and have not said that they have it. */
  readonly awaiting: readonly DeviceId[]
  /** Its number in the log was seen: the chain has passed it. */
  readonly isSequenced: boolean
  /** positionKey of that number; empty: it is void, and the message is offered again. */
  readonly at?: string
}

/** What is needed to send something again that has no row in the outbox any more. isSibling: another device of this account sent it. */
export type AgainRow = Pick<OutboxRow, 'kind' | 'sentAtMs' | 'body' | 'expiresAtMs' | 'standsFor'> & { readonly isSibling?: boolean }

export interface LogRow {
  readonly epoch: number
  /** Last entry that was processed; 0 for none. */
  readonly seq: number
  /** Running hash there; empty: the beginning of the log is not known. */
  readonly hash: Hex
  /** Highest id of any envelope here, opened or not: a higher one is surely not in the history. */
  readonly newest: MessageId | ''
  /** Epoch in which a fork was reported: once is enough. */
  readonly forkedInEpoch: number
  /** Of a group: the relay has nothing any more between what was processed and here. */
  readonly isSkipped?: boolean
  /** What was never given here, since the relay had nothing of it any more. The newest few. */
  readonly holes?: readonly Hole[]
  /** A newer epoch has begun: what this device has sent and nobody has confirmed is offered again before anything new. */
  readonly isUnsure?: true
}

/** positionKeys: of the last entry before it, and of the last one in it. */
export interface Hole { readonly after: string, readonly through: string }
export function isInHole ({ epoch, seq }: { epoch: number, seq: number }, log: LogRow | undefined): boolean {
  const place = positionKey(epoch, seq)
  return log?.holes?.some(({ after, through }) => after < place && place <= through) === true
}

export interface OwedRow {
  readonly delivered: readonly MessageId[]
  readonly read: readonly MessageId[]
}
export interface ConversationRow { readonly unread: number }

export interface UnopenedRow { readonly atMs: number, readonly envelope: Uint8Array }
const timeBytes = 8
export const unopenedCodec: Codec<UnopenedRow> = {
  encode: ({ atMs, envelope }) => {
    const time = new Uint8Array(timeBytes)
    new DataView(time.buffer).setFloat64(0, atMs)
    return concat(time, envelope)
  },
  decode: (bytes) => readStored('bad/', () => ({ atMs: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0), envelope: bytes.subarray(timeBytes) }))
}

export interface MessageRow extends Message, TextExtras {
  readonly epoch?: number
  /** Its key in ix/, after the chat. */
  readonly at: string
}

/** A list and its hash, which travels in every message. */
export interface PinnedList { readonly list: SignedDeviceList, readonly hash: Uint8Array }

export class Tables {
  readonly device = new Table<DeviceRow>('me/', json('me/device'))
  readonly account = new Table<AccountRow>('me/', json('me/account'))
  readonly home = new Table<HomeRow>('me/', json('me/home'))
  readonly lastId = new Table<MessageId>('me/', json('me/last-id'))
  readonly setBack = new Table<SetBackRow>('me/', json('me/set-back'))
  readonly deviceLists: Table<PinnedList>
  readonly homeRecords: Table<SignedHomeRecord>
  readonly contacts = new Table<ContactRow>('ct/', json('ct/'))
  readonly sessions = new Table<SessionRecord>('se/', {
    encode: encodeSessionRecord,
    decode: (bytes) => readStored('se/', () => decodeSessionRecord(bytes))
  }, { maxCached: 2_000 })
  readonly prekeyState = new Table<PrekeyStateRow>('ps/', json('ps/'))
  /** Preloaded. */
  readonly oneTimePrekeys = new Table<KeyPairRow>('p1/', json('p1/'), { maxCached: Infinity })
  /** Preloaded. */
  readonly signedPrekeys = new Table<SignedPrekeysRow>('pk/', json('pk/'), { maxCached: Infinity })
  readonly outbox = new Table<OutboxRow>('ob/', json('ob/'), { maxCached: 4_000 })
  /** How many messages of a conversation wait to be sealed: while one does, those after it wait too. */
  readonly waitingCounts = new Table<number>(undefined, inMemory())
  readonly sealed = new Table<Uint8Array>('sl/', rawBytes, { maxCached: 1_000 })
  readonly again = new Table<AgainRow>('ag/', json('ag/'))
  /** Of a message that was sent again: the id that it had first, for the other devices of this account. */
  readonly firstIds = new Table<MessageId>('fi/', json('fi/'))
  /** Absent: before this device knew the account. */
  readonly seenSince = new Table<number>('sd/', json('sd/'))
  /** Preloaded: what is delivered is compared with it at once. */
  readonly logs = new Table<LogRow>('lg/', json('lg/'), { maxCached: Infinity })
  /** Highest message id processed, per sending device: a higher one is surely new. */
  readonly highest = new Table<MessageId>('hi/', json('hi/'), { maxCached: 20_000 })
  readonly logHashes = new Table<Uint8Array>('lh/', rawBytes, { maxCached: 1_000 })
  readonly owed = new Table<OwedRow>('ow/', json('ow/'))
  readonly conversations = new Table<ConversationRow>('cv/', json('cv/'), { maxCached: 10_000 })
  readonly messages = new Table<MessageRow>('ms/', json('ms/'), { maxCached: 2_000 })
  readonly order = new Table<Uint8Array>('ix/', rawBytes, { maxCached: 0 })
  readonly unopened = new Table<UnopenedRow>('bad/', unopenedCodec, { maxCached: 0 })

  constructor (primitives: Primitives) {
    this.deviceLists = new Table<PinnedList>('dl/', {
      encode: ({ list }) => list.bytes,
      decode: (bytes) => readStored('dl/', () => ({ list: verifyDeviceList(primitives, bytes), hash: primitives.sha256(bytes) }))
    })
    this.homeRecords = new Table<SignedHomeRecord>('hr/', {
      encode: (record) => record.bytes,
      decode: (bytes) => readStored('hr/', () => verifyHomeRecord(primitives, bytes))
    })
  }
}

const epochDigits = 8
const seqDigits = 14
/** Sorts as the log does. */
export const positionKey = (epoch: number, seq: number): string => epoch.toString(16).padStart(epochDigits, '0') + seq.toString(16).padStart(seqDigits, '0')
/** @param key a positionKey, or one that ends with it */
export function placeOfKey (key: string): { epoch: number, seq: number } {
  const position = key.slice(-epochDigits - seqDigits)
  return { epoch: Number.parseInt(position.slice(0, epochDigits), 16), seq: Number.parseInt(position.slice(epochDigits), 16) }
}
/** Is it of an older epoch than the one that began at `began`, there or behind? Both as positionKeys. */
export const isVoid = (at: string, began: string): boolean => at.slice(0, epochDigits) < began.slice(0, epochDigits) && at.slice(epochDigits) >= began.slice(epochDigits)

