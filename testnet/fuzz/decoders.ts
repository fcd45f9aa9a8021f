/**
 * Everything here that reads bytes of others: with good bytes to start from, and how to read them.
 *
 * Signatures count as right (`trusting`): what stands behind them is read as if its writer were malicious. Secrets stay real.
 */
import { readdirSync } from 'node:fs'
import * as dagCbor from '@ipld/dag-cbor'
import { bodyInside, decodeBody, decodeContent, encodeBody, encodeContent } from '../../client/messages/content.ts'
import { decodeChainPoint, encodeChainPoint } from '../../client/messages/chain.ts'
import { openGossipPage, shardOf, signGossipPage } from '../../node/fanout/gossip-page.ts'
import { readEnvelopeHeader } from '../../node/log/envelope-header.ts'
import { checkEntry } from '../../node/orbit/orbit-entry.ts'
import { checkPerson } from '../../node/orbit/people-records.ts'
import { Accounts } from '../../node/people/accounts.ts'
import { parseHandle } from '../../node/people/handles.ts'
import { shippedKeys, shippedPolicy, shippedProfile, shippedRegistration } from '../../node/standby/shipped-rows.ts'
import { decodeEntry, decodeHead, decodeTableValue, encodeHead, encodeRow, encodeTableValue } from '../../node/store/store-keys.ts'
import { MemoryStore } from '../../node/store/store-memory.ts'
import { concat, toHex, utf8 } from '../../protocol/bytes.ts'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { decodeKem, encodeKem } from '../../protocol/e2ee/kem.ts'
import { readPrekeyMessage, readRatchetMessage } from '../../protocol/e2ee/messages.ts'
import { pad, unpad } from '../../protocol/e2ee/padding.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { deriveReceiptKey, openReceipt, sealReceipt } from '../../protocol/e2ee/receipt-key.ts'
import { acceptDistribution, createSenderKey, distributionOf, openForGroup, sealForGroup, senderKeyOf } from '../../protocol/e2ee/sender-keys.ts'
import { decodeSenderKey, decodeSenderKeyRecord, encodeSenderKey, encodeSenderKeyRecord } from '../../protocol/e2ee/sender-keys-stored.ts'
import { open, type SessionRecord } from '../../protocol/e2ee/sessions.ts'
import { decodeSessionRecord, encodeSessionRecord } from '../../protocol/e2ee/stored.ts'
import { heliographProfile, type Suite } from '../../protocol/e2ee/suite.ts'
import { TestDevice } from '../../protocol/e2ee/two-devices.ts'
import { decodeEnvelope, encodeEnvelope } from '../../protocol/envelope.ts'
import { FrameReader, encodeFrame, frameTypes } from '../../protocol/frames.ts'
import { signGroupAnchor, verifyGroupAnchor } from '../../protocol/groups/anchor.ts'
import { verifyControl } from '../../protocol/groups/control.ts'
import { encodeGroupInvite, parseGroupInvite } from '../../protocol/groups/invite-link.ts'
import { newProfileKey, openGroupProfile, sealGroupProfile } from '../../protocol/groups/profile.ts'
import { snapshotOf, stateFromSnapshot } from '../../protocol/groups/snapshot.ts'
import { TestGroup, signedBy, testGroup, testLink, testPerson } from '../../protocol/groups/testing.ts'
import { HomeRecordValidator } from '../../protocol/home-record-validator.ts'
import { deviceKeyOf, accountIdFromBytes, accountIdToBytes, messageIdFromBytes, messageIdToBytes, parseAccountId, parseRelayId, relayKeyOf } from '../../protocol/ids.ts'
import { encodeInvite, parseInvite } from '../../protocol/invite.ts'
import { limits } from '../../protocol/limits.ts'
import { encodeLinkCode, parseLinkCode } from '../../protocol/linking/link-code.ts'
import { readLinkMessage } from '../../protocol/linking/parcels.ts'
import { anyMethods, clientMethods, clientNotifications, directoryMethods, linkMethods, relayMethods, relayNotifications } from '../../protocol/methods.ts'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { signDeviceKeys, verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import { signGuestPermit, verifyGuestPermit } from '../../protocol/records/guest-permit.ts'
import { signHomeRecord, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { signPublicProfile, verifyPublicProfile } from '../../protocol/records/public-profile.ts'
import { signRelayRecord, verifyRelayRecord } from '../../protocol/records/relay-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { testAccount, testDevice, testEnvelope, testMessageId, testRelay, testRelayRecord } from '../../protocol/testing.ts'
import { decode, type WireType } from '../../protocol/wire/codec.ts'
import { DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { LinkMessage } from '../../protocol/wire/gen/link.js'
import { PresencePolicy } from '../../protocol/wire/gen/presence.js'
import { randomMessage, readSchema } from './schema.ts'

export interface Decoder {
  readonly name: string
  readonly corpus: readonly Uint8Array[]
  /** Reads; anything thrown but a ProtocolError is a finding. */
  read (bytes: Uint8Array): unknown
  /** What must come out of `corpus[0]` untouched: it is read without an error. Not of messages of chance. */
  readonly isStrict: boolean
  /** Another one to start from, of chance. */
  fresh? (random: SeededRandom): Uint8Array
}

const trusting: Signing = { ...nodePrimitives, ed25519Verify: () => true }
const generated = new URL('../../protocol/wire/gen/', import.meta.url)
const files = await Promise.all(readdirSync(generated).filter((name) => name.endsWith('.js')).map(async (name) => [name.slice(0, -'.js'.length), await import(new URL(name, generated).href) as Record<string, WireType<unknown>>] as const))

/**
 * Every message of every .proto file, from random ones of its shape: first what is a frame's whole body, then what is only found
 * inside of others. @throws Error when one was not generated
 */
function wireMessages (random: SeededRandom): Decoder[] {
  const schema = readSchema()
  const bodies = new Set<unknown>([anyMethods, clientMethods, clientNotifications, relayMethods, relayNotifications, linkMethods, directoryMethods].flatMap((group) => Object.values(group).flatMap((one) => 'body' in one ? [one.body] : [one.request, one.reply])))
  const all = [...schema.keys()].map((name) => {
    const [ofFile, message] = name.includes('.') ? name.split('.') as [string, string] : [undefined, name]
    const type = files.find(([file, types]) => (ofFile === undefined || ofFile === file) && types[message] !== undefined)?.[1][message]
    if (type === undefined) throw new Error(`no generated code for the message ${name}`)
    const fresh = (chance: SeededRandom): Uint8Array => randomMessage(schema, name, chance)
    return { type, decoder: { name: `wire.${name}`, corpus: Array.from({ length: 40 }, () => fresh(random)), read: (bytes: Uint8Array) => decode(type, bytes), isStrict: false, fresh } }
  })
  return [true, false].flatMap((isBody) => all.filter(({ type }) => bodies.has(type) === isBody).map(({ decoder }) => decoder))
}

const [ada, bob, relay] = [testAccount(1), testAccount(2), testRelay(1)]
const device = testDevice(1)
const binding = testEnvelope()
/** What says by `undefined` that it was not taken. */
const known = (value: unknown): unknown => {
  if (value === undefined) throw new ProtocolError('MALFORMED', { what: 'passed over' })
  return value
}
const strict = (name: string, corpus: readonly Uint8Array[], read: (bytes: Uint8Array) => unknown): Decoder => ({ name, corpus, read, isStrict: true })
/** Of what people paste: bytes that are no UTF-8 are no text. */
const text = (name: string, corpus: readonly string[], read: (pasted: string) => unknown): Decoder =>
  strict(name, corpus.map(utf8), (bytes) => read(new TextDecoder().decode(bytes)))

const testProfile = (): Uint8Array => signPublicProfile(nodePrimitives, { account: ada.id, name: 'Ada', about: 'counts', issuedAtMs: 5 }, ada.seed).bytes
function testKeys (): Uint8Array {
  const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  return signDeviceKeys(nodePrimitives, { suite: 1, registrationId: 9, identityKey: key(1), signedPrekey: { id: 1, key: key(2), signature: new Uint8Array(64) }, kemPrekey: { id: 2, key: new Uint8Array(1_569).fill(4), signature: new Uint8Array(64) }, issuedAtMs: 5 }, device.seed)
}

function signedRecords (): Decoder[] {
  const home = signHomeRecord(nodePrimitives, { account: ada.id, epoch: 3, homes: [relay.id, testRelay(2).id], region: 'eu', issuedAtMs: 5 }, ada.seed).bytes
  const list = testPerson(1).list.bytes
  const [keys, profile] = [testKeys(), testProfile()]
  let validator: HomeRecordValidator
  let validated = 0
  const validate = (bytes: Uint8Array): void => {
    // With every signature taken as good, one damaged epoch makes all that follows look old: now and then it begins anew.
    if (validated++ % 100 === 0) validator = new HomeRecordValidator((record) => verifyHomeRecord(trusting, record))
    validator.validate(utf8(homeRecordKey(ada.id)), bytes)
  }
  const person = DirectoryPerson.encode({ account: accountIdToBytes(ada.id), homeRecord: home, deviceList: list, bundles: [{ device: deviceKeyOf(device.id), deviceKeys: keys }], profile })
  return [
    strict('home record', [home], (bytes) => verifyHomeRecord(trusting, bytes)),
    strict('home record in the DHT', [home], validate),
    strict('device list', [list, testPerson(2).list.bytes], (bytes) => verifyDeviceList(trusting, bytes)),
    strict('device keys', [keys], (bytes) => verifyDeviceKeys(trusting, bytes, device.id)),
    strict('public profile', [profile], (bytes) => verifyPublicProfile(trusting, bytes)),
    strict('relay record', [signRelayRecord(nodePrimitives, testRelayRecord(1), relay.seed).bytes], (bytes) => verifyRelayRecord(trusting, bytes)),
    strict('guest permit', [signGuestPermit(nodePrimitives, { account: ada.id, device: device.id, relay: relay.id, expiresAtMs: 5 }, device.seed)], (bytes) => verifyGuestPermit(trusting, bytes, 4)),
    strict('person of a directory', [person], (bytes) => checkPerson(trusting, decode(DirectoryPerson, bytes), 10))
  ]
}

function envelopes (random: SeededRandom): Decoder[] {
  const plain = encodeEnvelope(binding)
  const many = encodeEnvelope(testEnvelope({ ciphertexts: Array.from({ length: 10 }, (_, i) => ({ device: testDevice(i).id, kind: 2, bytes: random.bytes(90) })) }))
  const frames = encodeFrame(frameTypes.request, 10, 7, random.bytes(90))
  const page = { conversation: testGroup(1).bytes, epoch: 1, entries: [{ seq: 4, envelope: plain, storedAtMs: 5 }], head: 4 }
  const gossip = signGossipPage(nodePrimitives, page, relay.id, relay.seed)
  const shard = shardOf(nodePrimitives, page.conversation)
  return [
    strict('envelope', [plain, many], decodeEnvelope),
    strict('header of an envelope', [plain, many], readEnvelopeHeader),
    strict('frames', [frames, Uint8Array.of(...frames, ...frames)], (bytes) => {
      const reader = new FrameReader(limits.frameBytes)
      const cut = bytes.byteLength >> 1
      return [reader.push(bytes.subarray(0, cut)), reader.push(bytes.subarray(cut))]
    }),
    strict('conversation id', [binding.conversation.bytes, testGroup(1).bytes], conversationFromBytes),
    strict('page of gossip', [gossip], (bytes) => openGossipPage({ ...nodePrimitives, ...trusting }, bytes, shard))
  ]
}

function groups (): Decoder[] {
  const founder = testPerson(1)
  const settings = { whoMaySend: 1, whoMayAdd: 2, whoMayEdit: 2 }
  const world = new TestGroup(testGroup(1))
  world.act(founder, { act: 'create', members: [bob.id, testAccount(3).id], settings })
  world.act(founder, { act: 'link', link: testLink(1) })
  const acts = [...world.entries, signedBy(founder, world.conversation, world.state.head, { act: 'remove', accounts: [bob.id] }), signedBy(founder, world.conversation, world.state.head, { act: 'leave' })]
  const anchor = signGroupAnchor(nodePrimitives, {
    conversation: world.conversation, epoch: 1, anchor: bob.id, homeEpoch: 1, admin: founder.account, device: founder.device, deviceList: founder.list.bytes, place: { epoch: 1, seq: 2 }, head: new Uint8Array(32), madeAtMs: 5
  }, founder.deviceSeed).bytes
  const key = { id: new Uint8Array(8), key: new Uint8Array(32) }
  return [
    strict('anchor of a group', [anchor], (bytes) => verifyGroupAnchor(trusting, bytes)),
    strict('change of a group', acts, (bytes) => verifyControl(trusting, bytes)),
    strict('state of a group', [snapshotOf(world.state)], stateFromSnapshot),
    text('invite to a group', [encodeGroupInvite({ conversation: world.conversation, linkId: new Uint8Array(16), seed: new Uint8Array(32), profileKey: key, name: 'Walks', addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${relay.id}`] })], parseGroupInvite)
  ]
}

/** What stands behind AES-GCM, as who has the key may write it. @param read opens something good, with these primitives */
function inside (name: string, primitives: Primitives, read: (used: Primitives) => unknown): Decoder {
  let plain = new Uint8Array(0)
  read({ ...primitives, aesGcmDecrypt: (...sealed) => plain = new Uint8Array(primitives.aesGcmDecrypt(...sealed)) })
  let given: Uint8Array = plain
  const used = { ...primitives, aesGcmDecrypt: () => given }
  return strict(name, [plain], (bytes) => {
    given = bytes
    return read(used)
  })
}

/** Random bytes are those of the seed, so that a run can be repeated. @returns plain: what is read without a key; opened: with one, which takes up to fifty times as long */
function encryption (random: SeededRandom): { plain: Decoder[], opened: Decoder[] } {
  const primitives: Primitives = { ...nodePrimitives, randomBytes: (length) => random.bytes(length) }
  const suite: Suite = { primitives, profile: heliographProfile }
  const [ann, ben] = [new TestDevice(suite), new TestDevice(suite)]
  ann.start(ben)
  const first = ann.send('first')
  ben.receive(first, ann)
  ann.receive(ben.send('answer'), ben)
  const next = ann.send('next')
  const [annRecord, benRecord] = [ann.record!, ben.record!]
  const senderKey = createSenderKey(suite, 5)
  const sealed = sealForGroup(suite, senderKey, utf8('hello'))
  const received = acceptDistribution(undefined, distributionOf(senderKey))
  const conversation = testGroup(1)
  const header = { conversation, to: ada.id, from: bob.id, device: device.id, counter: 1 }
  const receiptKey = deriveReceiptKey(primitives, random.bytes(32), conversation, device.id)
  const receipt = sealReceipt(primitives, receiptKey, header, { deliveredSeq: 9, readSeq: 3, epoch: 1 })
  const profileKey = newProfileKey(primitives)
  const { sealed: profile } = sealGroupProfile(primitives, conversation, profileKey, { name: 'Walks', description: 'on Sundays', icon: new Uint8Array(0) })
  const profileOf = (used: Primitives, given: Uint8Array): unknown => openGroupProfile(used, conversation, { keyId: profileKey.id, sealed: given }, profileKey)
  const openAt = (record: SessionRecord | undefined, message: typeof next) => (bytes: Uint8Array): unknown => open(suite, ben.own, record, { ...message, bytes }, ann.own.identity.publicKey, ben.secrets, ben.nowMs)
  return {
    plain: [
      strict('ratchet message', [next.bytes], readRatchetMessage),
      strict('prekey message', [first.bytes], (bytes) => readPrekeyMessage(suite, bytes)),
      strict('sender key message', [sealed.message], senderKeyOf),
      strict('distribution of a sender key', [distributionOf(senderKey)], (bytes) => acceptDistribution(undefined, bytes)),
      strict('KEM key', [encodeKem(suite, random.bytes(1_568))], (bytes) => decodeKem(suite, bytes)),
      strict('padding', [pad(random.bytes(100)), pad(new Uint8Array(0))], unpad),
      inside('inside of a receipt of a group', primitives, (used) => openReceipt(used, receiptKey, header, receipt)),
      inside('inside of a profile of a group', primitives, (used) => profileOf(used, profile)),
      strict('session', [encodeSessionRecord(annRecord), encodeSessionRecord(benRecord)], decodeSessionRecord),
      strict('sender key, stored', [encodeSenderKey(senderKey)], decodeSenderKey),
      strict('sender keys, stored', [encodeSenderKeyRecord(received)], decodeSenderKeyRecord)
    ],
    opened: [
      strict('receipt of a group', [receipt], (bytes) => openReceipt(primitives, receiptKey, header, bytes)),
      strict('profile of a group', [profile], (bytes) => profileOf(primitives, bytes)),
      strict('ratchet message, opened', [next.bytes], openAt(benRecord, next)),
      strict('sender key message, opened', [sealed.message], (bytes) => openForGroup(suite, received, bytes)),
      strict('prekey message, opened', [first.bytes], openAt(undefined, first))
    ]
  }
}

function contents (random: SeededRandom): Decoder[] {
  const mark = { epoch: 1, hash: new Uint8Array(32) }
  const bodies = [
    { kind: 'text', text: 'hello ☀', mentions: [{ account: bob.id, start: 0, length: 3 }], poll: { question: '?', options: ['a', 'b'], allowsSeveral: false } },
    { kind: 'receipt', stage: 1, ids: [testMessageId(3), testMessageId(4)] },
    { kind: 'reaction', messageId: testMessageId(3), emoji: '👍' },
    { kind: 'edit', messageId: testMessageId(3), text: 'better', mentions: [] },
    { kind: 'sync', facts: [{ key: 'read/02', value: '[1,2]', madeAtMs: 5 }] },
    { kind: 'profile', name: 'Ada', about: 'counts', picture: new Uint8Array(0), version: 3 },
    { kind: 'copy', group: testGroup(1), messageId: testMessageId(3), content: random.bytes(60) }
  ] as const
  const padded = bodies.map((body) => encodeContent(binding, { sentAtMs: 5, previous: { epoch: 1, seq: 2, hash: new Uint8Array(32) }, senderList: mark, peerList: mark, body }))
  return [
    strict('content', padded, (bytes) => decodeContent(bytes, binding)),
    // A mutation of the padded form mostly breaks the padding: this one gets past it.
    strict('content, padded anew', padded.map(unpad), (bytes) => decodeContent(pad(bytes), binding)),
    strict('content of one\'s own', padded, bodyInside),
    strict('body', bodies.map(encodeBody), decodeBody),
    strict('point of a chain', [encodeChainPoint({ epoch: 1, seq: 2, hash: random.bytes(32) })], (bytes) => known(decodeChainPoint(bytes)))
  ]
}

function codes (): Decoder[] {
  const address = `/ip4/192.0.2.1/tcp/4001/p2p/${relay.id}`
  return [
    text('invite', [encodeInvite({ account: ada.id, handle: 'ada@eu-1.example.org', addresses: [address] })], parseInvite),
    text('link code', [encodeLinkCode({ rendezvous: new Uint8Array(16), key: new Uint8Array(32), addresses: [address] })], parseLinkCode),
    text('handle', ['ada@eu-1.example.org', 'b.o-b_2@xn--p1ai'], parseHandle),
    text('account id, as text', [ada.id], parseAccountId),
    text('relay id, as text', [relay.id], parseRelayId),
    strict('account id', [accountIdToBytes(ada.id)], accountIdFromBytes),
    strict('message id', [messageIdToBytes(testMessageId(3))], messageIdFromBytes),
    strict('message of linking', [LinkMessage.encode({ nonce: { nonce: new Uint8Array(32) } }), LinkMessage.encode({ ready: {} })], readLinkMessage)
  ]
}

/** Rows of an account that another relay has shipped, as they are looked at before a standby takes the account over. */
function shipped (random: SeededRandom): Decoder[] {
  const { list } = testPerson(1)
  const accounts = new Accounts({ store: new MemoryStore() })
  const row = (hasMoved: boolean): Uint8Array => (accounts.put({ account: ada.id, deviceEpoch: 1, devices: list.devices.map(({ id }) => id), deviceList: list.bytes, handle: 'ada', registeredAtMs: 5, hasMoved }) as { value: Uint8Array }).value
  const policy = PresencePolicy.encode({ online: 1, lastSeen: 2, contacts: [accountIdToBytes(bob.id)], blocked: [accountIdToBytes(testAccount(3).id)] })
  const oneTime = concat(Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 1), random.bytes(32), Uint8Array.of(0, 0, 0, 2), random.bytes(32))
  return [
    strict('shipped registration', [row(false), row(true)], (bytes) => known(shippedRegistration(trusting, ada.id, bytes))),
    strict('shipped profile', [testProfile()], (bytes) => known(shippedProfile(trusting, ada.id, bytes))),
    strict('shipped policy', [policy], (bytes) => known(shippedPolicy(bytes))),
    strict('shipped device keys', [testKeys()], (bytes) => known(shippedKeys(trusting, `${ada.id}/${device.id}/keys`, bytes))),
    strict('shipped one-time prekeys', [oneTime], (bytes) => known(shippedKeys(trusting, `${ada.id}/${device.id}/once`, bytes)))
  ]
}

/** The relay's own disk may be damaged: rows carry a checksum, and what it does not cover is read all the same. */
function rows (random: SeededRandom): Decoder[] {
  const entry = encodeRow({ epoch: 1, sender: device.id, messageId: testMessageId(3), storedAtMs: 5, expiresAtMs: 9, envelope: random.bytes(80) }, 7, 3)
  const key = Buffer.from('xkey')
  return [
    strict('row of an entry', [entry], (bytes) => known(decodeEntry(Buffer.from(bytes), 7, 3))),
    strict('row of a head', [encodeHead({ epoch: 1, first: 1, head: 9, low: 0, starts: [{ epoch: 1, first: 1 }, { epoch: 3, first: 4 }] }, 7)], (bytes) => known(decodeHead(Buffer.from(bytes), 7))),
    strict('row of a table', [encodeTableValue(random.bytes(40), key)], (bytes) => known(decodeTableValue(Buffer.from(bytes), key)))
  ]
}

function directories (random: SeededRandom): Decoder[] {
  const name = { relay: relay.id, address: '/orbitdb/zdpuAtest' }
  const entry = dagCbor.encode({
    id: name.address, payload: { op: 'PUT', key: 'a', value: random.bytes(80) }, next: [], refs: [], clock: { id: relay.id, time: 1 }, v: 2, key: toHex(relayKeyOf(relay.id)), identity: relay.id, sig: '0'.repeat(128)
  })
  return [strict('entry of a directory', [entry], (bytes) => checkEntry({ signing: trusting, sha256: (data) => nodePrimitives.sha256(data) }, bytes, name))]
}

/** All of them, what strangers may send first. Names are unique. */
export function decoders (random: SeededRandom): Decoder[] {
  const { plain, opened } = encryption(random)
  return [...signedRecords(), ...envelopes(random), ...groups(), ...codes(), ...plain, ...contents(random), ...directories(random), ...shipped(random), ...wireMessages(random), ...rows(random), ...opened]
}
