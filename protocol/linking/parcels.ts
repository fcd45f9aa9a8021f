/**
 * What the two parties of a linking say to each other, as bytes: in the clear until there are keys, then sealed.
 *
 * Sealed with AES-256-GCM under the direction's key; the nonce is a counter that both sides keep, so that a parcel that
 * is dropped, repeated, reordered or changed ends the linking. Spec: docs/protocol/devices.md
 */
import type { Primitives } from '../e2ee/primitives.ts'
import { ProtocolError } from '../errors.ts'
import { limits } from '../limits.ts'
import { decode, encode } from '../wire/codec.ts'
import { LinkMessage } from '../wire/gen/link.js'

const nonceBytes = 12
const noData = new Uint8Array(0)

/** The kinds of message, of which each parcel has one. */
export type LinkKind = Exclude<keyof LinkMessage, symbol>
export type LinkBody<Kind extends LinkKind> = NonNullable<LinkMessage[Kind]>

/** @throws ProtocolError TOO_LARGE */
export function encodeLinkMessage (message: LinkMessage): Uint8Array {
  const bytes = encode(LinkMessage, message)
  if (bytes.byteLength > limits.linkParcelBytes) throw new ProtocolError('TOO_LARGE', { max: limits.linkParcelBytes, what: 'link' })
  return bytes
}

/** The body of the one kind that may come now. @throws ProtocolError LINK_FAILED */
export function expectLinkMessage<Kind extends LinkKind> (bytes: Uint8Array, kind: Kind): LinkBody<Kind> {
  return bodyOf(readLinkMessage(bytes), kind)
}

/** @throws ProtocolError LINK_FAILED */
export function readLinkMessage (bytes: Uint8Array): LinkMessage {
  // [REJECT] bounded before it is parsed
  if (bytes.byteLength > limits.linkParcelBytes) throw new ProtocolError('LINK_FAILED', { what: 'size' })
  try {
    return decode(LinkMessage, bytes)
  } catch (error) {
    throw new ProtocolError('LINK_FAILED', { what: 'message', cause: error })
  }
}

/** @throws ProtocolError LINK_FAILED when it is of another kind */
export function bodyOf<Kind extends LinkKind> (message: LinkMessage, kind: Kind): LinkBody<Kind> {
  const body = message[kind]
  // [REJECT] out of turn
  if (body === undefined || body === null) throw new ProtocolError('LINK_FAILED', { what: `a ${kind} was expected` })
  return body as LinkBody<Kind>
}

/** One side's keys and counters. */
export class LinkCipher {
  readonly #primitives: Pick<Primitives, 'aesGcmEncrypt' | 'aesGcmDecrypt'>
  readonly #sendKey: Uint8Array
  readonly #receiveKey: Uint8Array
  #sent = 0n
  #received = 0n

  /** @param keys 32 bytes each */
  constructor (primitives: Pick<Primitives, 'aesGcmEncrypt' | 'aesGcmDecrypt'>, keys: { send: Uint8Array, receive: Uint8Array }) {
    this.#primitives = primitives
    this.#sendKey = keys.send
    this.#receiveKey = keys.receive
  }

  seal (plaintext: Uint8Array): Uint8Array { return this.#primitives.aesGcmEncrypt(this.#sendKey, nonceOf(this.#sent++), plaintext, noData) }

  /** @throws ProtocolError LINK_FAILED; the linking is over then */
  open (sealed: Uint8Array): Uint8Array {
    try {
      return this.#primitives.aesGcmDecrypt(this.#receiveKey, nonceOf(this.#received++), sealed, noData)
    } catch (error) {
      throw new ProtocolError('LINK_FAILED', { what: 'seal', cause: error })
    }
  }
}

function nonceOf (counter: bigint): Uint8Array {
  const nonce = new Uint8Array(nonceBytes)
  new DataView(nonce.buffer).setBigUint64(nonceBytes - 8, counter)
  return nonce
}
