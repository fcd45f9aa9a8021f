/**
 * The Double Ratchet, as pure functions: state and input give the next state; nothing is modified.
 *
 * Spec: signal.org/docs/specifications/doubleratchet, sections cited below. RK root key, CK chain key, MK message key.
 * Knows keys and counters only: not what a message looks like, who sends it, or whether its MAC is right. Receiving is
 * therefore two calls: `deriveMessageKey` costs one DH at most and draws no randomness, `accept` is called once the
 * MAC was right, so that a forged message can change nothing and costs little.
 */
import { sameBytes } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { agree, generateKeyPair } from './curve-keys.ts'
import type { KeyPair } from './curve-keys.ts'
import type { Agreement } from './pqxdh.ts'
import type { Suite } from './suite.ts'

export interface Chain {
  /** CK, 32 bytes */
  readonly key: Uint8Array
  /** number of the next message of this chain, from 0 */
  readonly index: number
}

/** A message key that was passed over, §2.6. */
export interface SkippedKey {
  readonly counter: number
  /** MK, 32 bytes */
  readonly messageKey: Uint8Array
}

export interface ReceiverChain {
  /** the other side's ratchet key of this chain, 32 bytes */
  readonly ratchetKey: Uint8Array
  readonly chain: Chain
  /** oldest first, at most limits.ratchetSkippedKeys */
  readonly skipped: readonly SkippedKey[]
}

export interface RatchetState {
  /** RK, 32 bytes */
  readonly rootKey: Uint8Array
  readonly ratchetKeyPair: KeyPair
  readonly sending: Chain
  /** PN of our messages, §3.4; a reader ignores it */
  readonly previousCounter: number
  /** oldest first, at most limits.ratchetReceiverChains */
  readonly receiving: readonly ReceiverChain[]
}

/** Keys of one message, §7.2: 32 ‖ 32 ‖ 16 bytes. */
export interface MessageKeys {
  readonly cipherKey: Uint8Array
  readonly macKey: Uint8Array
  readonly iv: Uint8Array
}

const MESSAGE_KEY_INPUT = Uint8Array.of(0x01)
const CHAIN_KEY_INPUT = Uint8Array.of(0x02)
const NO_SALT = new Uint8Array(0)

/** §3.3 RatchetInitAlice. Bob's signed prekey is his first ratchet key, and has a receiving chain from the agreement. */
export function startAsInitiator (suite: Suite, agreement: Agreement, signedPrekey: Uint8Array): RatchetState {
  const ratchetKeyPair = generateKeyPair(suite.primitives)
  const { rootKey, chainKey } = rootStep(suite, agreement.rootKey, ratchetKeyPair.privateKey, signedPrekey)
  return {
    rootKey,
    ratchetKeyPair,
    sending: { key: chainKey, index: 0 },
    previousCounter: 0,
    receiving: [{ ratchetKey: signedPrekey, chain: { key: agreement.chainKey, index: 0 }, skipped: [] }]
  }
}

/** §3.3 RatchetInitBob, with a sending chain from the agreement as Alice's receiving one. */
export function startAsResponder (agreement: Agreement, signedPrekey: KeyPair): RatchetState {
  return {
    rootKey: agreement.rootKey,
    ratchetKeyPair: signedPrekey,
    sending: { key: agreement.chainKey, index: 0 },
    previousCounter: 0,
    receiving: []
  }
}

/** §3.4 RatchetEncrypt without the encryption. */
export function nextSendingKey (suite: Suite, state: RatchetState): { state: RatchetState, counter: number, messageKey: Uint8Array } {
  const { key, index } = state.sending
  return { state: { ...state, sending: nextChain(suite, state.sending) }, counter: index, messageKey: messageKeyOf(suite, key) }
}

/** What `accept` needs to finish a step. */
export interface Received {
  readonly messageKey: Uint8Array
  /** the receiving chain after this message */
  readonly receiver: ReceiverChain
  /** RK after the first half of a DH ratchet step; absent when the chain was known */
  readonly rootKey: Uint8Array | undefined
}

/** Whether a message with this ratchet key continues a chain that the state has. */
export const knowsRatchetKey = (state: RatchetState, ratchetKey: Uint8Array): boolean => findChain(state, ratchetKey) !== undefined

/**
 * §3.5 RatchetDecrypt up to the message key.
 *
 * @param ratchetKey 32 bytes, from the message
 * @param maxJump    how far ahead of the chain the counter may be; limits.ratchetForwardJump for the session in use
 * @throws ProtocolError DUPLICATE when the key of this counter was used or dropped,
 *         TOO_FAR_AHEAD when more than `maxJump` messages would be skipped, MALFORMED on a bad ratchet key
 */
export function deriveMessageKey (suite: Suite, state: RatchetState, message: { ratchetKey: Uint8Array, counter: number }, maxJump: number): Received {
  const known = findChain(state, message.ratchetKey)
  if (known !== undefined) return { ...skipTo(suite, known, message.counter, maxJump), rootKey: undefined }
  const step = rootStep(suite, state.rootKey, state.ratchetKeyPair.privateKey, message.ratchetKey)
  const fresh: ReceiverChain = { ratchetKey: message.ratchetKey, chain: { key: step.chainKey, index: 0 }, skipped: [] }
  return { ...skipTo(suite, fresh, message.counter, maxJump), rootKey: step.rootKey }
}

/** The state after a message whose MAC was right. On a new ratchet key this is the second half of §3.5 DHRatchet. */
export function accept (suite: Suite, state: RatchetState, received: Received): RatchetState {
  const { receiver, rootKey } = received
  if (rootKey === undefined) {
    return { ...state, receiving: state.receiving.map(chain => sameBytes(chain.ratchetKey, receiver.ratchetKey) ? receiver : chain) }
  }
  const ratchetKeyPair = generateKeyPair(suite.primitives)
  const step = rootStep(suite, rootKey, ratchetKeyPair.privateKey, receiver.ratchetKey)
  return {
    rootKey: step.rootKey,
    ratchetKeyPair,
    sending: { key: step.chainKey, index: 0 },
    previousCounter: Math.max(state.sending.index - 1, 0),
    receiving: [...state.receiving, receiver].slice(-limits.ratchetReceiverChains)
  }
}

/** §7.2: HKDF without salt, 80 bytes = AES key ‖ MAC key ‖ IV. */
export function messageKeys (suite: Suite, messageKey: Uint8Array): MessageKeys {
  const output = suite.primitives.hkdfSha256(messageKey, NO_SALT, suite.profile.messageKeysInfo, 80)
  return { cipherKey: output.subarray(0, 32), macKey: output.subarray(32, 64), iv: output.subarray(64, 80) }
}

function findChain (state: RatchetState, ratchetKey: Uint8Array): ReceiverChain | undefined {
  return state.receiving.find(chain => sameBytes(chain.ratchetKey, ratchetKey))
}

/** §3.5 TrySkippedMessageKeys and SkipMessageKeys, on one chain. */
function skipTo (suite: Suite, receiver: ReceiverChain, counter: number, maxJump: number): { messageKey: Uint8Array, receiver: ReceiverChain } {
  const { ratchetKey, chain, skipped } = receiver
  if (counter < chain.index) {
    const kept = skipped.find(key => key.counter === counter)
    if (kept === undefined) throw new ProtocolError('DUPLICATE', { what: 'message counter' })
    return { messageKey: kept.messageKey, receiver: { ratchetKey, chain, skipped: skipped.filter(key => key !== kept) } }
  }
  if (counter - chain.index > maxJump) throw new ProtocolError('TOO_FAR_AHEAD', { max: maxJump })
  // Of the keys passed over only the newest are kept, so the others are not even made.
  const firstKept = counter - limits.ratchetSkippedKeys
  const passed: SkippedKey[] = []
  let at = chain
  while (at.index < counter) {
    if (at.index >= firstKept) passed.push({ counter: at.index, messageKey: messageKeyOf(suite, at.key) })
    at = nextChain(suite, at)
  }
  return {
    messageKey: messageKeyOf(suite, at.key),
    receiver: { ratchetKey, chain: nextChain(suite, at), skipped: passed.length === 0 ? skipped : [...skipped, ...passed].slice(-limits.ratchetSkippedKeys) }
  }
}

/** §7.2 KDF_RK(rk, dh_out). */
function rootStep (suite: Suite, rootKey: Uint8Array, privateKey: Uint8Array, publicKey: Uint8Array): Agreement {
  const secret = agree(suite.primitives, privateKey, publicKey)
  const output = suite.primitives.hkdfSha256(secret, rootKey, suite.profile.ratchetInfo, 64)
  return { rootKey: output.slice(0, 32), chainKey: output.slice(32) }
}

/** §7.2 KDF_CK(ck). */
const messageKeyOf = (suite: Suite, chainKey: Uint8Array): Uint8Array => suite.primitives.hmacSha256(chainKey, MESSAGE_KEY_INPUT)
const nextChain = (suite: Suite, chain: Chain): Chain => ({ key: suite.primitives.hmacSha256(chain.key, CHAIN_KEY_INPUT), index: chain.index + 1 })
