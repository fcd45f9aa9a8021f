/**
 * Which conversation an envelope belongs to, who is in it, and who anchors its log.
 *
 * A conversation id describes itself, so a relay needs no state to know the two people of a pair:
 *   pair   01 ‖ lower account key 32 ‖ higher account key 32      (65 bytes)
 * Kinds 02 (group) and 03 (self) are reserved for what follows.
 */
import { compareBytes, concat, mapKey, toHex } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { accountIdOfKey, accountKeyOf, keyBytes, type AccountId } from './ids.ts'

declare const brand: unique symbol
/** Hex of the bytes above. */
export type ConversationId = string & { readonly [brand]: 'ConversationId' }

const PAIR = 0x01
export const pairConversationBytes = 1 + 2 * keyBytes

export interface Conversation {
  readonly id: ConversationId
  readonly bytes: Uint8Array
  /** The two people, lower account key first. */
  readonly members: readonly [AccountId, AccountId]
  /** Its primary home sequences the log: the lower of the two account keys. */
  readonly anchor: AccountId
}

// A conversation comes with every envelope; reading one costs two base32 encodings. Bounded.
const maxCached = 50_000
const cache = new Map<string, Conversation>()

/** @throws ProtocolError BAD_CONVERSATION when both are the same account */
export function pairConversation (a: AccountId, b: AccountId): Conversation {
  const [keyA, keyB] = [accountKeyOf(a), accountKeyOf(b)]
  const order = compareBytes(keyA, keyB)
  if (order === 0) throw new ProtocolError('BAD_CONVERSATION', { what: 'a conversation needs two people' })
  const [low, high] = order < 0 ? [keyA, keyB] : [keyB, keyA]
  return conversationFromBytes(concat(Uint8Array.of(PAIR), low, high))
}

/** @param bytes kept, not modified. @throws ProtocolError BAD_CONVERSATION */
export function conversationFromBytes (bytes: Uint8Array): Conversation {
  if (bytes.byteLength !== pairConversationBytes || bytes[0] !== PAIR) throw new ProtocolError('BAD_CONVERSATION')
  const key = mapKey(bytes)
  const known = cache.get(key)
  if (known !== undefined) return known
  const own = bytes.slice() // not a view of a frame: it would keep the whole frame alive
  const low = own.subarray(1, 1 + keyBytes)
  const high = own.subarray(1 + keyBytes)
  if (compareBytes(low, high) >= 0) throw new ProtocolError('BAD_CONVERSATION')
  const members = [accountIdOfKey(low), accountIdOfKey(high)] as const
  const conversation = { id: toHex(own) as ConversationId, bytes: own, members, anchor: members[0] }
  if (cache.size >= maxCached) cache.clear()
  cache.set(key, conversation)
  return conversation
}

export function conversationFromId (id: ConversationId): Conversation {
  const bytes = new Uint8Array(id.length / 2)
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16)
  return conversationFromBytes(bytes)
}

/** @throws ProtocolError BAD_CONVERSATION when `account` is not in it */
export function otherMember (conversation: Conversation, account: AccountId): AccountId {
  const [low, high] = conversation.members
  if (account === low) return high
  if (account === high) return low
  throw new ProtocolError('BAD_CONVERSATION')
}
