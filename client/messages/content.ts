/**
 * What is inside a ciphertext: padded, bound to its envelope, with the sender's view of the log and of the device lists.
 * Spec: docs/protocol/content.md
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { pad, unpad } from '../../protocol/e2ee/padding.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, deviceKeyOf, messageIdToBytes, type DeviceId, type MessageId } from '../../protocol/ids.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { Content as WireContent } from '../../protocol/wire/gen/content.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import type { Body } from './bodies.ts'
import { bodyOfWire, joinIds, lastMoment, standsForOf, wireOfBody } from './body-codec.ts'
import { decodeChainPoint, encodeChainPoint, type ChainPoint } from './chain.ts'

export interface ListMark {
  readonly epoch: number
  /** SHA-256 of the Signed DeviceList */
  readonly hash: Uint8Array
}

export interface GroupMark {
  /** Place in the log of the last control entry that was applied. */
  readonly seq: number
  /** membershipHash there, 32 bytes */
  readonly hash: Uint8Array
}

export interface Content {
  readonly sentAtMs: number
  /** undefined: the sender does not know the beginning of the log */
  readonly previous: ChainPoint | undefined
  /** the sender's own list, as it knows it */
  readonly senderList: ListMark
  /** the other person's list, as the sender knows it; undefined in a group and among own devices */
  readonly peerList?: ListMark | undefined
  /** groups: what the sender had of the membership */
  readonly group?: GroupMark | undefined
  /** sent again, and not a text: the id that it had first, then those of earlier tries */
  readonly standsFor?: readonly MessageId[] | undefined
  readonly body: Body
}

const hashBytes = 32

type Binding = Pick<Envelope, 'conversation' | 'messageId' | 'senderDevice'>

/** @returns the padded plaintext */
export function encodeContent (binding: Binding, content: Content): Uint8Array {
  const { body, peerList, group, standsFor } = content
  return pad(encode(WireContent, {
    version: wireVersion,
    conversation: binding.conversation.bytes,
    messageId: messageIdToBytes(binding.messageId),
    senderDevice: deviceKeyOf(binding.senderDevice),
    sentAtMs: content.sentAtMs,
    previous: content.previous === undefined ? new Uint8Array(0) : encodeChainPoint(content.previous),
    ownListEpoch: content.senderList.epoch,
    ownListHash: content.senderList.hash,
    ...(peerList === undefined ? {} : { theirListEpoch: peerList.epoch, theirListHash: peerList.hash }),
    ...(group === undefined ? {} : { groupSeq: group.seq, groupHash: group.hash }),
    ...(standsFor === undefined ? {} : { standsFor: joinIds(standsFor) }),
    ...wireOfBody(body)
  }))
}

/**
 * @param envelope what stood outside
 * @throws ProtocolError MALFORMED, UNSUPPORTED_VERSION; BAD_CONVERSATION when the inside belongs to another envelope
 */
export function decodeContent (padded: Uint8Array, envelope: Binding): Content {
  const wire = decode(WireContent, unpad(padded))
  // [REJECT] a version that may mean something else
  if (wire.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'content' })
  // [REJECT] SPEC(content §2) sealed for another conversation, id or sender: somebody replays it
  if (!sameBytes(wire.conversation, envelope.conversation.bytes) || !sameBytes(wire.messageId, messageIdToBytes(envelope.messageId)) ||
      !sameBytes(wire.senderDevice, deviceKeyOf(envelope.senderDevice))) throw new ProtocolError('BAD_CONVERSATION', { what: 'the inside belongs to another envelope' })
  return {
    sentAtMs: Math.min(wire.sentAtMs, lastMoment),
    previous: decodeChainPoint(wire.previous),
    senderList: { epoch: wire.ownListEpoch, hash: wire.ownListHash },
    peerList: wire.theirListEpoch === 0 ? undefined : { epoch: wire.theirListEpoch, hash: wire.theirListHash },
    group: groupMarkOf(wire),
    ...(wire.standsFor === undefined ? {} : { standsFor: standsForOf(wire.standsFor, envelope.messageId) }),
    body: bodyOfWire(wire, envelope.messageId)
  }
}

/** Of one's own padded Content, whatever envelope it was for. @throws ProtocolError */
export const bodyInside = (padded: Uint8Array): Body => bodyOfWire(decode(WireContent, unpad(padded)))

/** The device that sealed it, as it says. @throws ProtocolError */
export const deviceInside = (padded: Uint8Array): DeviceId => deviceIdOfKey(decode(WireContent, unpad(padded)).senderDevice)

/** A body by itself, as it is kept until it is sealed. */
export const encodeBody = (body: Body): Uint8Array => encode(WireContent, wireOfBody(body))

/** @throws ProtocolError MALFORMED, TOO_LARGE, TOO_MANY, BAD_MESSAGE_ID, BAD_CONVERSATION: everything that a receiver would refuse */
export const decodeBody = (bytes: Uint8Array): Body => bodyOfWire(decode(WireContent, bytes))

function groupMarkOf ({ groupSeq: seq, groupHash: hash }: WireContent): GroupMark | undefined {
  if (hash.byteLength === 0) return undefined
  if (hash.byteLength !== hashBytes) throw new ProtocolError('MALFORMED', { what: 'membership' })
  return { seq, hash: hash.slice() }
}
