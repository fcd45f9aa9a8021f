/**
 * libp2p's Noise with another record layer: one write and one cipher call per connection and turn of the event loop.
 *
 * The handshake is libp2p's, untouched. What changes is what its `EncryptedMessageStream` does with records afterwards,
 * which no option reaches, so four members of the instance are replaced (`tune`, the only place that knows its inside):
 *  - reading: its length decoder throws and catches a RangeError at the end of every chunk, 12–15% of an echo relay's
 *    profile; and each record became an event of its own;
 *  - writing: header and ciphertext of every muxer frame were a socket write each, 16–19% of the profile. Here the
 *    frames of a turn are gathered, sealed as one record (they may: a record has no meaning to the muxer) and written once.
 * Measured (echo, 200 connections with one 1 KB frame each under way): see docs/performance.md.
 * Should a later version of @libp2p/noise look different inside, connections fall back to what it does by itself.
 */
import { serviceCapabilities, type ConnectionEncrypter, type MessageStream, type SecuredConnection } from '@libp2p/interface'
import { noise, type NoiseExtensions } from '@libp2p/noise'
import { Uint8ArrayList } from 'uint8arraylist'
import { concat } from '../../protocol/bytes.ts'
import { limits } from '../../protocol/limits.ts'
import { recordOf, sodiumNoiseCrypto } from './noise-crypto.ts'

type Bytes = Uint8Array | Uint8ArrayList
export type EncrypterFactory = ReturnType<typeof noise>

/** A record is at most 65,535 bytes, 16 of them the tag. */
const maxPlaintextBytes = 65_535 - 16
/** Gathered bytes that are not held back until the end of the turn: the socket may as well start. */
const flushAtBytes = maxPlaintextBytes
/** What a connection may hold unsent before it is aborted: the streams stop at limits.outboundBufferBytes each. */
const maxUnsentBytes = 2 * limits.outboundBufferBytes

export function fastNoise (): EncrypterFactory {
  return (components) => {
    const inner = noise({ crypto: sodiumNoiseCrypto })(components)
    const encrypter: ConnectionEncrypter<NoiseExtensions> & { [serviceCapabilities]: string[] } = {
      protocol: inner.protocol,
      [serviceCapabilities]: ['@libp2p/connection-encryption'],
      secureInbound: async (stream, options) => tune(await inner.secureInbound(stream, options), stream),
      secureOutbound: async (stream, options) => tune(await inner.secureOutbound(stream, options), stream)
    }
    return encrypter
  }
}

/** The members of @libp2p/noise 17's EncryptedMessageStream that are read or replaced. */
interface Encrypted extends MessageStream {
  handshake: { encrypt (plaintext: Bytes): Bytes, decrypt (ciphertext: Bytes, into: Uint8Array): Bytes }
  decoder: { decode (data: Bytes): Iterable<Bytes>, buffer?: Uint8ArrayList }
  decrypt (record: Bytes): Bytes
  sendData (data: Uint8ArrayList): { sentBytes: number, canSendMore: boolean }
}

function isAsExpected (stream: MessageStream): stream is Encrypted {
  const { handshake, decoder, decrypt, sendData } = stream as Partial<Encrypted>
  return typeof handshake?.encrypt === 'function' && typeof handshake.decrypt === 'function' &&
    typeof decoder?.decode === 'function' && decoder.buffer instanceof Uint8ArrayList &&
    typeof decrypt === 'function' && typeof sendData === 'function'
}

function tune<Extension> (secured: SecuredConnection<Extension>, raw: MessageStream): SecuredConnection<Extension> {
  const stream: MessageStream = secured.connection
  if (!isAsExpected(stream)) return secured
  const reader = new RecordReader(stream.handshake, stream.decoder.buffer!.subarray())
  const writer = new RecordWriter(stream.handshake, raw)
  stream.decoder = reader
  stream.decrypt = (plaintext) => plaintext // the reader has opened it
  stream.sendData = (data) => writer.write(data)
  // The muxer answers pings and window updates whether or not the peer reads; nothing else bounds what piles up then.
  stream.maxWriteBufferLength = raw.maxWriteBufferLength = maxUnsentBytes
  // libp2p closes the socket below us as soon as the muxer has said good-bye: what is gathered must be out by then.
  const closeRaw = raw.close.bind(raw)
  raw.close = async (options) => {
    writer.flush()
    await closeRaw(options)
  }
  return secured
}

/** Not a Buffer, whose `slice` would keep a whole chunk alive with every few bytes that somebody keeps of it. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Cuts what arrives into records and opens them. */
class RecordReader {
  readonly #cipher: Encrypted['handshake']
  /** The start of a record whose end has not come. */
  #rest: Uint8Array[] = []
  #restBytes = 0
  /** Bytes that `rest` must reach before it is worth looking at again. */
  #wantedBytes = 2

  constructor (cipher: Encrypted['handshake'], early: Uint8Array) {
    this.#cipher = cipher
    if (early.byteLength > 0) this.#keep(early)
  }

  /** @returns the plaintext of all records that are complete, as one; nothing when none is. @throws on a wrong tag */
  decode (data: Bytes): Bytes[] {
    let bytes = plain(data.subarray())
    if (this.#restBytes > 0) {
      this.#rest.push(bytes)
      this.#restBytes += bytes.byteLength
      if (this.#restBytes < this.#wantedBytes) return []
      bytes = concat(...this.#rest)
      this.#rest = []
      this.#restBytes = 0
    }
    let first: Bytes | undefined
    let all: Uint8ArrayList | undefined
    let offset = 0
    while (bytes.byteLength - offset >= 2) {
      const end = offset + 2 + (bytes[offset]! << 8 | bytes[offset + 1]!)
      if (end > bytes.byteLength) break
      const record = bytes.subarray(offset + 2, end)
      const plaintext = this.#cipher.decrypt(record, record)
      if (first === undefined) first = plaintext
      else if (all === undefined) all = new Uint8ArrayList(first, plaintext)
      else all.append(plaintext)
      offset = end
    }
    if (offset < bytes.byteLength) this.#keep(offset === 0 ? bytes : bytes.subarray(offset))
    const out = all ?? first
    return out === undefined ? [] : [out]
  }

  #keep (bytes: Uint8Array): void {
    this.#rest = [bytes]
    this.#restBytes = bytes.byteLength
    this.#wantedBytes = bytes.byteLength < 2 ? 2 : 2 + (bytes[0]! << 8 | bytes[1]!)
  }
}

/** Gathers what the muxer sends in one turn and writes it as one. */
class RecordWriter {
  readonly #cipher: Encrypted['handshake']
  readonly #raw: MessageStream
  #pending = new Uint8ArrayList()
  #isScheduled = false

  constructor (cipher: Encrypted['handshake'], raw: MessageStream) {
    this.#cipher = cipher
    this.#raw = raw
  }

  write (data: Uint8ArrayList): { sentBytes: number, canSendMore: boolean } {
    const sentBytes = data.byteLength
    this.#pending.append(data)
    if (this.#pending.byteLength >= flushAtBytes) this.flush()
    else if (!this.#isScheduled) {
      this.#isScheduled = true
      setImmediate(this.#onTurn)
    }
    // When a flush has filled the socket the muxer hears of it here, at its next frame; 'drain' comes from the socket.
    return { sentBytes, canSendMore: !this.#raw.writableNeedsDrain }
  }

  readonly #onTurn = (): void => {
    this.#isScheduled = false
    this.flush()
  }

  flush (): void {
    const pending = this.#pending
    if (pending.byteLength === 0) return
    this.#pending = new Uint8ArrayList()
    if (this.#raw.status !== 'open') return // aborted meanwhile: there is nobody to write to
    try {
      if (pending.byteLength <= maxPlaintextBytes) {
        this.#raw.send(recordOf(this.#cipher.encrypt(pending)))
        return
      }
      const records = new Uint8ArrayList()
      for (let offset = 0; offset < pending.byteLength; offset += maxPlaintextBytes) {
        records.append(recordOf(this.#cipher.encrypt(pending.sublist(offset, Math.min(offset + maxPlaintextBytes, pending.byteLength)))))
      }
      this.#raw.send(records)
    } catch (error) {
      this.#raw.abort(error as Error)
    }
  }
}
