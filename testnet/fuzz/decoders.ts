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
import { decodeEntry, decodeHead, decodeTableValue, encodeHead, encodeRow, encodeTableValue } from '../../node/store/store-keys.ts'
import { toHex, utf8 } from '../../protocol/bytes.ts'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { decodeKem, encodeKem } from '../../protocol/e2ee/kem.ts'
import { readPrekeyMessage, readRatchetMessage } from '../../protocol/e2ee/messages.ts'
import { pad, unpad } from '../../protocol/e2ee/padding.ts'
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
import { homeRecordKey } from '../../protocol/protocols.ts'
import { signDeviceKeys, verifyDeviceKeys } from '../../protocol/records/device-keys.ts'
import { verifyDeviceList } from '../../protocol/records/device-list.ts'
import { signHomeRecord, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { signPublicProfile, verifyPublicProfile } from '../../protocol/records/public-profile.ts'
import { signRelayRecord, verifyRelayRecord } from '../../protocol/records/relay-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { testAccount, testDevice, testEnvelope, testMessageId, testRelay, testRelayRecord } from '../../protocol/testing.ts'
import { decode, type WireType } from '../../protocol/wire/codec.ts'
import { DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { LinkMessage } from '../../protocol/wire/gen/link.js'
import { randomMessage, readSchema } from './schema.ts'

export interface Decoder {
  readonly name: string
  readonly corpus: readonly Uint8Array[]
  /** Reads; anything thrown but a ProtocolError is a finding. */
  read (bytes: Uint8Array): unknown
  /** What must come out of `corpus[0]` untouched: it is read without an error. Not of messages of chance. */
  readonly isStrict: boolean
}

const trusting: Signing = { ...nodePrimitives, ed25519Verify: () => true }
const suite: Suite = { primitives: nodePrimitives, profile: heliographProfile }
const generated = new URL('../../protocol/wire/gen/', import.meta.url)
const modules = await Promise.all(readdirSync(generated).filter((name) => name.endsWith('.js')).map(async (name) => await import(new URL(name, generated).href) as Record<string, unknown>))

/** Every message of every .proto file, from random ones of its shape. @throws Error when one was not generated */
function wireMessages (random: SeededRandom): Decoder[] {
  const schema = readSchema()
  const types = new Map(modules.flatMap((one) => Object.entries(one)))
  return [...schema.keys()].map((name) => {
    const type = types.get(name) as WireType<unknown> | undefined
    if (type === undefined) throw new Error(`no generated code for the message ${name}`)
    return { name: `wire.${name}`, corpus: Array.from({ length: 40 }, () => randomMessage(schema, name, random)), read: (bytes) => decode(type, bytes), isStrict: false }
  })
}

const [ada, bob, relay] = [testAccount(1), testAccount(2), testRelay(1)]
const device = testDevice(1)
const binding = testEnvelope()
const strict = (name: string, corpus: readonly Uint8Array[], read: (bytes: Uint8Array) => unknown): Decoder => ({ name, corpus, read, isStrict: true })
/** Of what people paste: bytes that are no UTF-8 are no text. */
const text = (name: string, corpus: readonly string[], read: (pasted: string) => unknown): Decoder =>
  strict(name, corpus.map(utf8), (bytes) => read(new TextDecoder().decode(bytes)))

function signedRecords (): Decoder[] {
  const home = signHomeRecord(nodePrimitives, { account: ada.id, epoch: 3, homes: [relay.id, testRelay(2).id], region: 'eu', issuedAtMs: 5 }, ada.seed).bytes
  const list = testPerson(1).list.bytes
  const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)
  const keys = signDeviceKeys(nodePrimitives, { suite: 1, registrationId: 9, identityKey: key(1), signedPrekey: { id: 1, key: key(2), signature: new Uint8Array(64) }, kemPrekey: { id: 2, key: new Uint8Array(1_569).fill(4), signature: new Uint8Array(64) }, issuedAtMs: 5 }, device.seed)
  const profile = signPublicProfile(nodePrimitives, { account: ada.id, name: 'Ada', about: 'counts', issuedAtMs: 5 }, ada.seed).bytes
  const validator = new HomeRecordValidator((bytes) => verifyHomeRecord(trusting, bytes), { maxAccounts: 100 })
  const person = DirectoryPerson.encode({ account: accountIdToBytes(ada.id), homeRecord: home, deviceList: list, bundles: [{ device: deviceKeyOf(device.id), deviceKeys: keys }], profile })
  return [
    strict('home record', [home], (bytes) => verifyHomeRecord(trusting, bytes)),
    strict('home record in the DHT', [home], (bytes) => { validator.validate(utf8(homeRecordKey(ada.id)), bytes) }),
    strict('device list', [list, testPerson(2).list.bytes], (bytes) => verifyDeviceList(trusting, bytes)),
    strict('device keys', [keys], (bytes) => verifyDeviceKeys(trusting, bytes, device.id)),
    strict('public profile', [profile], (bytes) => verifyPublicProfile(trusting, bytes)),
    strict('relay record', [signRelayRecord(nodePrimitives, testRelayRecord(1), relay.seed).bytes], (bytes) => verifyRelayRecord(trusting, bytes)),
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
  const key = newProfileKey(nodePrimitives)
  const profile = sealGroupProfile(nodePrimitives, world.conversation, key, { name: 'Walks', description: 'on Sundays', icon: new Uint8Array(0) })
  return [
    strict('change of a group', acts, (bytes) => verifyControl(trusting, bytes)),
    strict('state of a group', [snapshotOf(world.state)], stateFromSnapshot),
    strict('profile of a group', [profile.sealed], (sealed) => openGroupProfile(nodePrimitives, world.conversation, { keyId: key.id, sealed }, key)),
    text('invite to a group', [encodeGroupInvite({ conversation: world.conversation, linkId: new Uint8Array(16), seed: new Uint8Array(32), profileKey: key, name: 'Walks', addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${relay.id}`] })], parseGroupInvite)
  ]
}

function encryption (random: SeededRandom): Decoder[] {
  const [ann, ben] = [new TestDevice(suite), new TestDevice(suite)]
  ann.start(ben)
  const first = ann.send('first')
  ben.receive(first, ann)
  ann.receive(ben.send('answer'), ben)
  const next = ann.send('next')
  const [annRecord, benRecord] = [ann.record!, ben.record!]
  const openAt = (record: SessionRecord | undefined, message: typeof next) => (bytes: Uint8Array): unknown => open(suite, ben.own, record, { ...message, bytes }, ann.own.identity.publicKey, ben.secrets, ben.nowMs)
  const senderKey = createSenderKey(suite, 5)
  const sealed = sealForGroup(suite, senderKey, utf8('hello'))
  const received = acceptDistribution(undefined, distributionOf(senderKey))
  const header = { conversation: testGroup(1), to: ada.id, from: bob.id, device: device.id, counter: 1 }
  const receiptKey = deriveReceiptKey(nodePrimitives, random.bytes(32), header.conversation, device.id)
  return [
    strict('ratchet message', [next.bytes], readRatchetMessage),
    strict('prekey message', [first.bytes], (bytes) => readPrekeyMessage(suite, bytes)),
    strict('prekey message, opened', [first.bytes], openAt(undefined, first)),
    strict('ratchet message, opened', [next.bytes], openAt(benRecord, next)),
    strict('session', [encodeSessionRecord(annRecord), encodeSessionRecord(benRecord)], decodeSessionRecord),
    strict('sender key message', [sealed.message], senderKeyOf),
    strict('sender key message, opened', [sealed.message], (bytes) => openForGroup(suite, received, bytes)),
    strict('distribution of a sender key', [distributionOf(senderKey)], (bytes) => acceptDistribution(undefined, bytes)),
    strict('sender key, stored', [encodeSenderKey(senderKey)], decodeSenderKey),
    strict('sender keys, stored', [encodeSenderKeyRecord(received)], decodeSenderKeyRecord),
    strict('receipt of a group', [sealReceipt(nodePrimitives, receiptKey, header, { deliveredSeq: 9, readSeq: 3, epoch: 1 })], (bytes) => openReceipt(nodePrimitives, receiptKey, header, bytes)),
    strict('KEM key', [encodeKem(suite, random.bytes(1_568))], (bytes) => decodeKem(suite, bytes)),
    strict('padding', [pad(random.bytes(100)), pad(new Uint8Array(0))], unpad)
  ]
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
    strict('point of a chain', [encodeChainPoint({ epoch: 1, seq: 2, hash: random.bytes(32) })], decodeChainPoint)
  ]
}

function codes (): Decoder[] {
  const address = `/ip4/192.0.2.1/tcp/4001/p2p/${relay.id}`
  return [
    text('invite', [encodeInvite({ account: ada.id, handle: 'ada@eu-1.example.org', addresses: [address] })], parseInvite),
    text('link code', [encodeLinkCode({ rendezvous: new Uint8Array(16), key: new Uint8Array(32), addresses: [address] })], parseLinkCode),
    text('account id, as text', [ada.id], parseAccountId),
    text('relay id, as text', [relay.id], parseRelayId),
    strict('account id', [accountIdToBytes(ada.id)], accountIdFromBytes),
    strict('message id', [messageIdToBytes(testMessageId(3))], messageIdFromBytes),
    strict('message of linking', [LinkMessage.encode({ nonce: { nonce: new Uint8Array(32) } }), LinkMessage.encode({ ready: {} })], readLinkMessage)
  ]
}

/** The relay's own disk may be damaged: rows carry a checksum, and what it does not cover is read all the same. */
function rows (random: SeededRandom): Decoder[] {
  const entry = encodeRow({ epoch: 1, sender: device.id, messageId: testMessageId(3), storedAtMs: 5, expiresAtMs: 9, envelope: random.bytes(80) }, 7, 3)
  const key = Buffer.from('xkey')
  return [
    strict('row of an entry', [entry], (bytes) => decodeEntry(Buffer.from(bytes), 7, 3)),
    strict('row of a head', [encodeHead({ epoch: 1, first: 1, head: 9, low: 0 }, 7)], (bytes) => decodeHead(Buffer.from(bytes), 7)),
    strict('row of a table', [encodeTableValue(random.bytes(40), key)], (bytes) => decodeTableValue(Buffer.from(bytes), key))
  ]
}

function directories (random: SeededRandom): Decoder[] {
  const name = { relay: relay.id, address: '/orbitdb/zdpuAtest' }
  const entry = dagCbor.encode({
    id: name.address, payload: { op: 'PUT', key: 'a', value: random.bytes(80) }, next: [], refs: [], clock: { id: relay.id, time: 1 }, v: 2, key: toHex(relayKeyOf(relay.id)), identity: relay.id, sig: '0'.repeat(128)
  })
  return [strict('entry of a directory', [entry], (bytes) => checkEntry({ signing: trusting, sha256: (data) => nodePrimitives.sha256(data) }, bytes, name))]
}

/** All of them. Names are unique. */
export const decoders = (random: SeededRandom): Decoder[] =>
  [...wireMessages(random), ...signedRecords(), ...envelopes(random), ...groups(), ...encryption(random), ...contents(random), ...codes(), ...rows(random), ...directories(random)]
