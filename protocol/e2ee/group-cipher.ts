/**
 * How a group's messages are sealed once for everybody, as a port: the client knows this and not sender keys, so that another
 * scheme (MLS) can take their place. Pure: state goes in as stored bytes and comes out as stored bytes; a call that throws has
 * changed nothing. The caller stores the next state and its effect in one batch.
 */
import { acceptDistribution, createSenderKey, distributionOf, needsRotation, openForGroup, sealForGroup } from './sender-keys.ts'
import { decodeSenderKey, decodeSenderKeyRecord, encodeSenderKey, encodeSenderKeyRecord } from './sender-keys-stored.ts'
import type { Suite } from './suite.ts'

export interface GroupCipher {
  /** A fresh key of one's own for one group, as stored bytes. */
  create (nowMs: number): Uint8Array
  /** What a device needs to open everything that is sealed with `own` from now on. Secret: for one session each. */
  distribution (own: Uint8Array): Uint8Array
  /** Whether it is time for a new key, by age and use. */
  needsRotation (own: Uint8Array, nowMs: number): boolean
  seal (own: Uint8Array, plaintext: Uint8Array): { next: Uint8Array, message: Uint8Array }

  /**
   * @param record stored bytes of one sending device in one group; undefined: the first key of it
   * @throws ProtocolError MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION
   */
  accept (record: Uint8Array | undefined, distribution: Uint8Array): Uint8Array
  /** @throws ProtocolError NO_SENDER_KEY, UNDECRYPTABLE, DUPLICATE, TOO_FAR_AHEAD, MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION */
  open (record: Uint8Array | undefined, message: Uint8Array): { next: Uint8Array, plaintext: Uint8Array }
}

export const senderKeyCipher = (suite: Suite): GroupCipher => ({
  create: (nowMs) => encodeSenderKey(createSenderKey(suite, nowMs)),
  distribution: (own) => distributionOf(decodeSenderKey(own)),
  needsRotation: (own, nowMs) => needsRotation(decodeSenderKey(own), { nowMs }),
  seal (own, plaintext) {
    const { next, message } = sealForGroup(suite, decodeSenderKey(own), plaintext)
    return { next: encodeSenderKey(next), message }
  },
  accept: (record, distribution) => encodeSenderKeyRecord(acceptDistribution(record === undefined ? undefined : decodeSenderKeyRecord(record), distribution)),
  open (record, message) {
    const { next, plaintext } = openForGroup(suite, record === undefined ? undefined : decodeSenderKeyRecord(record), message)
    return { next: encodeSenderKeyRecord(next), plaintext }
  }
})
