/**
 * How values are kept in the client's store: small facts as JSON (bytes in it as hex), sealed bytes as they are.
 * Nothing here travels: the wire has its own schema.
 */
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { Codec } from './ledger.ts'

/** @throws ProtocolError DATABASE_CORRUPT when stored bytes are not what was written */
export function readStored<T> (what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new ProtocolError('DATABASE_CORRUPT', { what, cause: error })
  }
}

export const json = <T>(what: string): Codec<T> => ({
  encode: (value) => utf8(JSON.stringify(value)),
  decode: (bytes) => readStored(what, () => JSON.parse(fromUtf8(bytes)) as T)
})

export const rawBytes: Codec<Uint8Array> = { encode: (value) => value, decode: (bytes) => bytes }

/** For tables that live in memory only. */
export const inMemory = <T>(): Codec<T> => ({
  encode: () => { throw new Error('this table is not stored') },
  decode: () => { throw new Error('this table is not stored') }
})

/** @throws RangeError unless an even number of hex digits */
export function fromHex (text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new RangeError('not hex')
  const out = new Uint8Array(text.length / 2)
  for (let i = 0; i < out.byteLength; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return out
}
