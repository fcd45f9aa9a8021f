/**
 * The only place where wire bytes are decoded: whatever the runtime throws becomes MALFORMED.
 * Lengths are bounded before this by the frame reader; repeated fields by limits in the .proto files.
 */
import { ProtocolError } from '../errors.ts'

/** What protons generates for a message. */
export interface WireType<T> {
  encode (value: Partial<T>): Uint8Array
  decode (bytes: Uint8Array): T
}

/** @throws ProtocolError MALFORMED */
export function decode<T> (type: WireType<T>, bytes: Uint8Array): T {
  try {
    return type.decode(bytes)
  } catch (error) {
    // RangeError past the end, MaxLengthError of a repeated field, plain Error of a wire type, TypeError of bad UTF-8
    throw new ProtocolError('MALFORMED', { cause: error })
  }
}

export const encode = <T>(type: WireType<T>, value: Partial<T>): Uint8Array => type.encode(value)
