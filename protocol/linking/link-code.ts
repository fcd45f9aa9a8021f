/**
 * The code that a new device shows, as QR or as text to paste: where to meet it, and its ephemeral key.
 *
 *   heliograph:link?v=1&id=<rendezvous>&key=<X25519 key>&at=<multiaddr>&at=…
 *
 * Good once and for a few minutes. Whoever sees it can come to the meeting, and gets nothing there unless the person
 * confirms the short code. Spec: docs/protocol/devices.md
 */
import { fromBase32, toBase32 } from '../bytes.ts'
import { ProtocolError } from '../errors.ts'
import { keyBytes } from '../ids.ts'
import { limits } from '../limits.ts'
import { wireVersion } from '../wire/kinds.ts'

export interface LinkCode {
  /** 16 bytes */
  readonly rendezvous: Uint8Array
  /** The new device's ephemeral X25519 key, 32 bytes. */
  readonly key: Uint8Array
  /** Multiaddrs of the relay where it waits, each ending in /p2p/<relay>; at least one. */
  readonly addresses: readonly string[]
}

export const rendezvousBytes = 16
const scheme = 'heliograph:link?'
/** A QR code holds about this much comfortably. */
const maxCodeChars = 1_024
const maxAddresses = 4

export function encodeLinkCode ({ rendezvous, key, addresses }: LinkCode): string {
  const start = `${scheme}v=${wireVersion}&id=${toBase32(rendezvous)}&key=${toBase32(key)}`
  let code = start
  for (const address of addresses.slice(0, maxAddresses)) {
    const longer = `${code}&at=${encodeURIComponent(address).replaceAll('%2F', '/')}`
    if (longer.length > maxCodeChars) break
    code = longer
  }
  return code
}

export const isLinkCode = (text: string): boolean => text.trim().toLowerCase().startsWith(scheme)

/** @throws ProtocolError TOO_LARGE, MALFORMED, UNSUPPORTED_VERSION. Unknown parts are ignored. */
export function parseLinkCode (text: string): LinkCode {
  const code = text.trim()
  // [REJECT] bounded before it is taken apart
  if (code.length > maxCodeChars) throw new ProtocolError('TOO_LARGE', { max: maxCodeChars, what: 'link code' })
  if (!isLinkCode(code)) throw new ProtocolError('MALFORMED', { what: 'link code' })
  const query = new URLSearchParams(code.slice(scheme.length))
  if (query.get('v') !== String(wireVersion)) throw new ProtocolError('UNSUPPORTED_VERSION', { what: 'link code' })
  const addresses = query.getAll('at')
  // [REJECT] no place to meet, or one that says not whose it is
  if (addresses.length === 0 || addresses.length > maxAddresses || addresses.some((address) => address.length > limits.addressBytes || !address.includes('/p2p/'))) {
    throw new ProtocolError('MALFORMED', { what: 'link code' })
  }
  return { rendezvous: bytesOf(query.get('id'), rendezvousBytes), key: bytesOf(query.get('key'), keyBytes), addresses }
}

function bytesOf (text: string | null, length: number): Uint8Array {
  try {
    const bytes = fromBase32((text ?? '').toLowerCase())
    if (bytes.byteLength === length) return bytes
  } catch {
    // not base32: as any other text that is no code
  }
  throw new ProtocolError('MALFORMED', { what: 'link code' })
}
