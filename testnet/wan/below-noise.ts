/**
 * Loaded into a relay with `--import`: records every plaintext that the process gives to Noise, in both directions.
 * That is what the relay itself can read of what crosses; the wiretap scenario looks through it.
 *
 * The functions of the cipher are wrapped before libp2p takes them, so the relay's own code stays as it is.
 * The file is named in this module's own URL (`below-noise.ts?file=<path>`).
 */
import { openSync, writeSync } from 'node:fs'
import { sodiumNoiseCrypto } from '../../node/libp2p/noise-crypto.ts'

const path = new URL(import.meta.url).searchParams.get('file')
if (path === null) throw new Error('below-noise.ts needs ?file=')
const file = openSync(path, 'a', 0o600)

const { chaCha20Poly1305Encrypt: encrypt, chaCha20Poly1305Decrypt: decrypt } = sodiumNoiseCrypto
const record = (plaintext: Uint8Array): void => { writeSync(file, plaintext) }

sodiumNoiseCrypto.chaCha20Poly1305Encrypt = (plaintext, ...rest) => {
  record(plaintext.subarray())
  return encrypt(plaintext, ...rest)
}
sodiumNoiseCrypto.chaCha20Poly1305Decrypt = (...args) => {
  const plaintext = decrypt(...args)
  record(plaintext.subarray())
  return plaintext
}
