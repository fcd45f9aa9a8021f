/**
 * Replays what libsignal's group cipher sealed through this implementation, byte for byte; as transcripts.ts, without
 * mocha, Node or files. libsignal does not tell what its signatures drew, so the 64 bytes of each are checked instead of made.
 * Throws an Error that names the place at the first difference.
 */
import { sameBytes, toHex } from '../bytes.ts'
import { isProtocolError } from '../errors.ts'
import { keyPairFrom } from './curve-keys.ts'
import type { Primitives } from './primitives.ts'
import { acceptDistribution, distributionOf, openForGroup, sealForGroup, type SenderKey, type SenderKeyRecord } from './sender-keys.ts'
import { decodeSenderKey, decodeSenderKeyRecord, encodeSenderKey, encodeSenderKeyRecord } from './sender-keys-stored.ts'
import { signalProfile, type Suite } from './suite.ts'
import { fromHex } from './transcripts.ts'
import { SIGNATURE_BYTES } from './xeddsa.ts'

/** Byte strings are lower-case hex; the id is a UUID. */
export interface SenderKeyTranscript {
  distributionId: string
  distribution: string
  signingPrivate: string
  messages: Array<{ text: string, bytes: string }>
}

export interface SenderKeyCounts { sealed: number, opened: number }

export function replaySenderKeys (primitives: Primitives, transcript: SenderKeyTranscript): SenderKeyCounts {
  const suite = { primitives, profile: signalProfile }
  const texts = transcript.messages.map(({ text }) => fromHex(text))
  const recorded = transcript.messages.map(({ bytes }) => fromHex(bytes))
  const own = recordedKey(suite, transcript)
  same('distribution', toHex(distributionOf(own)), transcript.distribution)

  // in its place: the same bytes, but for what the signature drew
  const ours = sealAll(suite, own, texts)
  for (const [at, message] of ours.entries()) {
    same(`message ${at}`, toHex(unsigned(message)), toHex(unsigned(recorded[at]!)))
  }
  // as a reader, of both: in order, in reverse, and every message a second time
  for (const messages of [recorded, ours]) {
    openAll(suite, transcript, messages.map((message, at) => ({ message, text: texts[at]! })))
    openAll(suite, transcript, messages.map((message, at) => ({ message, text: texts[at]! })).reverse())
  }
  return { sealed: ours.length, opened: 2 * (recorded.length + ours.length) }
}

/** The sender as libsignal had it, at the place of its distribution. */
function recordedKey (suite: Suite, transcript: SenderKeyTranscript): SenderKey {
  const { keys: [received] } = acceptDistribution(undefined, fromHex(transcript.distribution))
  if (received === undefined) throw new Error('the distribution was not taken')
  same('id', toHex(received.id), transcript.distributionId.replaceAll('-', ''))
  const { id, chainId, iteration, chainKey } = received
  return decodeSenderKey(encodeSenderKey({ id, chainId, iteration, chainKey, signing: keyPairFrom(suite.primitives, fromHex(transcript.signingPrivate)), createdAtMs: 0 }))
}

function sealAll (suite: Suite, from: SenderKey, texts: readonly Uint8Array[]): Uint8Array[] {
  let key = from
  return texts.map((text) => {
    const { next, message } = sealForGroup(suite, key, text)
    key = decodeSenderKey(encodeSenderKey(next))
    return message
  })
}

function openAll (suite: Suite, transcript: SenderKeyTranscript, messages: ReadonlyArray<{ message: Uint8Array, text: Uint8Array }>): void {
  let record: SenderKeyRecord = acceptDistribution(undefined, fromHex(transcript.distribution))
  for (const [at, { message, text }] of messages.entries()) {
    const { next, plaintext } = openForGroup(suite, record, message)
    if (!sameBytes(plaintext, text)) throw new Error(`message ${at} opened to another text`)
    record = decodeSenderKeyRecord(encodeSenderKeyRecord(next))
    try {
      openForGroup(suite, record, message)
    } catch (error) {
      if (isProtocolError(error, 'DUPLICATE')) continue
      throw error
    }
    throw new Error(`message ${at} opened twice`)
  }
}

const unsigned = (message: Uint8Array): Uint8Array => message.subarray(0, message.byteLength - SIGNATURE_BYTES)

function same (what: string, actual: string, expected: string): void {
  if (actual !== expected) throw new Error(`${what} differs: ${actual.slice(0, 80)} instead of ${expected.slice(0, 80)}`)
}
