/**
 * A page of a group's log as it travels by gossip: signed by the relay that gives the numbers, on the topic of its shard.
 * Knows form and signature only. Spec: docs/protocol/fanout.md
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { keyBytes, relayIdOfKey, relayKeyOf, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { checkSigned, contexts, signBody, type Signing } from '../../protocol/records/signed.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { GossipPage, Page } from '../../protocol/wire/gen/log.js'

/** Key and signature around a page. */
const wrapperBytes = 256

export interface SignedPage {
  readonly relay: RelayId
  readonly conversation: GroupConversation
  readonly page: Page
  /** Whether `relay` has signed it: as costly as some dozens of entries, so not asked before it matters. @throws ProtocolError BAD_SIGNATURE */
  checkSignature (): void
}

/** Which of the topics a group's pages go to. */
export function shardOf (primitives: Pick<Primitives, 'sha256'>, conversation: Uint8Array): number {
  const [a, b, c, d] = primitives.sha256(conversation)
  return ((a! << 24 | b! << 16 | c! << 8 | d!) >>> 0) % limits.gossipShards
}

/** @param seed 32-byte Ed25519 seed of `relay`. @throws ProtocolError TOO_LARGE */
export function signGossipPage (signing: Signing, page: Page, relay: RelayId, seed: Uint8Array): Uint8Array {
  const bytes = encode(Page, page)
  if (bytes.byteLength > limits.gossipPageBytes) throw new ProtocolError('TOO_LARGE', { max: limits.gossipPageBytes, what: 'page' })
  return encode(GossipPage, { relay: relayKeyOf(relay), page: bytes, signature: signBody(signing, contexts.gossipPage, bytes, seed) })
}

/**
 * Read a page of any origin and check its form; its signature, and whether its signer may give these numbers, is the caller's to check.
 * @param shard of the topic that it came on
 * @throws ProtocolError TOO_LARGE, MALFORMED, BAD_CONVERSATION
 */
export function openGossipPage (primitives: Signing & Pick<Primitives, 'sha256'>, bytes: Uint8Array, shard: number): SignedPage {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.gossipPageBytes + wrapperBytes) throw new ProtocolError('TOO_LARGE', { max: limits.gossipPageBytes })
  const { relay, page: body, signature } = decode(GossipPage, bytes)
  if (relay.byteLength !== keyBytes || body.byteLength > limits.gossipPageBytes) throw new ProtocolError('MALFORMED', { what: 'gossip page' })
  // [REJECT] gossip knows a message again by its bytes: in another form the same page would go around again
  if (!sameBytes(encode(GossipPage, { relay, page: body, signature }), bytes)) throw new ProtocolError('MALFORMED', { what: 'gossip page' })
  const page = decode(Page, body)
  const conversation = conversationFromBytes(page.conversation)
  // [REJECT] only groups travel by gossip, each on the topic that everybody who keeps it listens to
  if (conversation.kind !== 'group' || shardOf(primitives, conversation.bytes) !== shard) throw new ProtocolError('BAD_CONVERSATION', { what: 'gossip page' })
  checkOrder(page)
  return { relay: relayIdOfKey(relay), conversation, page, checkSignature: () => { checkSigned(primitives, contexts.gossipPage, { body, signature }, relay) } }
}

/** [REJECT] a page without entries, with gaps or with references is no page of gossip. @throws ProtocolError MALFORMED */
function checkOrder ({ entries }: Page): void {
  const first = entries[0]?.seq ?? 0
  const isInOrder = entries.every(({ seq, envelope }, i) => seq === first + i && envelope !== undefined)
  if (first < 1 || !Number.isSafeInteger(first) || !isInOrder) throw new ProtocolError('MALFORMED', { what: 'gossip page' })
}
