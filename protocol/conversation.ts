/**
 * Which conversation an envelope belongs to, and who anchors its log.
 *
 * A conversation id describes itself, 65 bytes, so that nobody needs state to know who sequences it:
 *   pair   01 ‖ lower account key 32 ‖ higher account key 32    the members are in it
 *   group  02 ‖ founder's account key 32 ‖ random 32            the members are state: groups/membership.ts
 *   self   03 ‖ account key 32 ‖ zero 32                        an account's own devices among themselves
 */
import { compareBytes, concat, mapKey, toHex } from './bytes.ts'
import { ProtocolError } from './errors.ts'
import { accountIdOfKey, accountKeyOf, keyBytes, type AccountId } from './ids.ts'

declare const brand: unique symbol
/** Hex of the bytes above. */
export type ConversationId = string & { readonly [brand]: 'ConversationId' }

const PAIR = 0x01
const GROUP = 0x02
const SELF = 0x03
export const conversationBytes = 1 + 2 * keyBytes
/** Of a group's id, made once by its founder. */
export const groupNonceBytes = keyBytes

interface Base {
  readonly id: ConversationId
  readonly bytes: Uint8Array
  /** Its primary home sequences the log: the lower of the two account keys, a group's founder, the account itself. */
  readonly anchor: AccountId
}
export interface PairConversation extends Base {
  readonly kind: 'pair'
  /** The two people, lower account key first. */
  readonly members: readonly [AccountId, AccountId]
}
export interface GroupConversation extends Base { readonly kind: 'group' }
export interface SelfConversation extends Base { readonly kind: 'self', readonly members: readonly [AccountId] }
export type Conversation = PairConversation | GroupConversation | SelfConversation

// A conversation comes with every envelope; reading one costs two base32 encodings. Bounded.
const maxCached = 50_000
const cache = new Map<string, Conversation>()

/** @throws ProtocolError BAD_CONVERSATION when both are the same account */
export function pairConversation (a: AccountId, b: AccountId): PairConversation {
  const [keyA, keyB] = [accountKeyOf(a), accountKeyOf(b)]
  const order = compareBytes(keyA, keyB)
  if (order === 0) throw new ProtocolError('BAD_CONVERSATION', { what: 'a conversation needs two people' })
  const [low, high] = order < 0 ? [keyA, keyB] : [keyB, keyA]
  return conversationFromBytes(concat(Uint8Array.of(PAIR), low, high)) as PairConversation
}

/** @param nonce 32 random bytes */
export function groupConversation (founder: AccountId, nonce: Uint8Array): GroupConversation {
  return conversationFromBytes(concat(Uint8Array.of(GROUP), accountKeyOf(founder), nonce)) as GroupConversation
}

export function selfConversation (account: AccountId): SelfConversation {
  return conversationFromBytes(concat(Uint8Array.of(SELF), accountKeyOf(account), new Uint8Array(keyBytes))) as SelfConversation
}

/** @param bytes kept, not modified. @throws ProtocolError BAD_CONVERSATION */
export function conversationFromBytes (bytes: Uint8Array): Conversation {
  if (bytes.byteLength !== conversationBytes) throw new ProtocolError('BAD_CONVERSATION')
  const key = mapKey(bytes)
  const known = cache.get(key)
  if (known !== undefined) return known
  const conversation = read(bytes.slice()) // not a view of a frame: it would keep the whole frame alive
  if (cache.size >= maxCached) cache.clear()
  cache.set(key, conversation)
  return conversation
}

function read (bytes: Uint8Array): Conversation {
  const id = toHex(bytes) as ConversationId
  const first = bytes.subarray(1, 1 + keyBytes)
  const second = bytes.subarray(1 + keyBytes)
  const anchor = accountIdOfKey(first)
  switch (bytes[0]) {
    case PAIR:
      if (compareBytes(first, second) >= 0) throw new ProtocolError('BAD_CONVERSATION')
      return { kind: 'pair', id, bytes, anchor, members: [anchor, accountIdOfKey(second)] }
    case GROUP: return { kind: 'group', id, bytes, anchor }
    case SELF:
      if (second.some((byte) => byte !== 0)) throw new ProtocolError('BAD_CONVERSATION')
      return { kind: 'self', id, bytes, anchor, members: [anchor] }
    default: throw new ProtocolError('BAD_CONVERSATION')
  }
}

export function conversationFromId (id: ConversationId): Conversation {
  const bytes = new Uint8Array(id.length / 2)
  for (let i = 0; i < bytes.byteLength; i++) bytes[i] = Number.parseInt(id.slice(2 * i, 2 * i + 2), 16)
  return conversationFromBytes(bytes)
}

/** @throws ProtocolError BAD_CONVERSATION when `account` is not in it, or it is no pair */
export function otherMember (conversation: Conversation, account: AccountId): AccountId {
  if (conversation.kind !== 'pair') throw new ProtocolError('BAD_CONVERSATION')
  const [low, high] = conversation.members
  if (account === low) return high
  if (account === high) return low
  throw new ProtocolError('BAD_CONVERSATION')
}

/** May `account` write here, as far as the id alone says: a group's members are known to its state only. */
export const mayBelong = (conversation: Conversation, account: AccountId): boolean => conversation.kind === 'group' || conversation.members.some((member) => member === account)
