/**
 * Changes every constant and every check of the end-to-end encryption, one at a time, in a copy, and shows that a test fails.
 *
 *   npx node testnet/mutants/e2ee.ts [--only text] [--jobs 2]
 *
 * A mutant is one exact replacement in one file; a replacement that no longer applies is an error, so the list cannot
 * fall behind the code. Prints a line for each; exits 1 when one survives.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

interface Mutant {
  what: string
  /** under protocol/ */
  file: string
  from: string
  to: string
  /** test files under protocol/e2ee, most likely first; all of the core's when absent */
  tests?: string[]
}

const TRANSCRIPTS = ['transcripts']
const CORE = ['ratchet', 'sessions', 'prekeys', 'curve-keys', 'kem', 'xeddsa', 'messages', 'wire-fields', 'stored', 'padding', 'safety-number', 'rekeying', 'properties', 'sender-keys-transcripts', 'sender-keys', 'group-cipher', 'receipt-key', 'transcripts']
const GROUP_TRANSCRIPTS = ['sender-keys-transcripts']
const SENDER_KEYS = ['sender-keys']
const RECEIPTS = ['receipt-key']

const mutants: Mutant[] = [
  // encoding and keys
  { what: 'type byte of a public key', file: 'e2ee/curve-keys.ts', from: 'CURVE_BYTE = 0x05', to: 'CURVE_BYTE = 0x06', tests: TRANSCRIPTS },
  { what: 'clamping, low bits', file: 'e2ee/curve-keys.ts', from: 'privateKey[0]! &= 248', to: 'privateKey[0]! &= 255', tests: ['curve-keys'] },
  { what: 'clamping, high bits', file: 'e2ee/curve-keys.ts', from: '(privateKey[31]! & 127) | 64', to: '(privateKey[31]! & 127)', tests: ['curve-keys'] },
  { what: 'non-canonical key refused', file: 'e2ee/curve-keys.ts', from: 'return key[0]! < 0xed', to: 'return key[0]! < 0xee', tests: ['curve-keys'] },
  { what: 'key with the top bit set refused', file: 'e2ee/curve-keys.ts', from: 'return key[31]! < 0x7f', to: 'return key[31]! !== 0x7f', tests: ['curve-keys'] },
  { what: 'all-zero DH refused', file: 'e2ee/curve-keys.ts', from: 'if (primitives.equal(secret, new Uint8Array(KEY_BYTES)))', to: 'if (primitives.equal(secret, new Uint8Array(KEY_BYTES)) && privateKey.byteLength === 0)', tests: ['curve-keys'] },

  // X3DH and PQXDH
  { what: 'F, the 32 bytes before the secrets', file: 'e2ee/pqxdh.ts', from: '.fill(0xff)', to: '.fill(0xfe)', tests: TRANSCRIPTS },
  { what: 'length of F', file: 'e2ee/pqxdh.ts', from: 'const F = new Uint8Array(32)', to: 'const F = new Uint8Array(31)', tests: TRANSCRIPTS },
  { what: 'salt of the agreement', file: 'e2ee/pqxdh.ts', from: 'const NO_SALT = new Uint8Array(32)', to: 'const NO_SALT = new Uint8Array(32).fill(1)', tests: TRANSCRIPTS },
  { what: 'order of root key and chain key', file: 'e2ee/pqxdh.ts', from: '{ rootKey: output.slice(0, 32), chainKey: output.slice(32) }', to: '{ rootKey: output.slice(32), chainKey: output.slice(0, 32) }', tests: TRANSCRIPTS },
  { what: 'order of the first two DH, both roles', file: 'e2ee/pqxdh.ts', from: 'const input = concat(F, ...secrets,', to: 'const input = concat(F, secrets[1]!, secrets[0]!, ...secrets.slice(2),', tests: TRANSCRIPTS },
  { what: 'one-time prekey counts, both roles', file: 'e2ee/pqxdh.ts', from: 'const input = concat(F, ...secrets,', to: 'const input = concat(F, ...secrets.slice(0, 3),', tests: TRANSCRIPTS },
  { what: 'KEM secret counts, both roles', file: 'e2ee/pqxdh.ts', from: '...(kemSecret === undefined ? [] : [kemSecret])', to: '...(kemSecret === undefined ? [] : [])', tests: TRANSCRIPTS },
  { what: 'info of X3DH', file: 'e2ee/suite.ts', from: "'WhisperText')", to: "'WhisperTexu')", tests: TRANSCRIPTS },
  { what: 'info of PQXDH', file: 'e2ee/suite.ts', from: 'CRYSTALS-KYBER-1024', to: 'CRYSTALS-KYBER-1025', tests: TRANSCRIPTS },
  { what: 'info of PQXDH, production', file: 'e2ee/suite.ts', from: 'Heliograph_X25519_SHA-256_ML-KEM-1024', to: 'Heliograph_X25519_SHA-256_ML-KEM-768', tests: TRANSCRIPTS },
  { what: 'KEM, production', file: 'e2ee/suite.ts', from: "kem: 'ml-kem-1024',", to: "kem: 'kyber-1024-round3',", tests: TRANSCRIPTS },
  { what: 'KEM byte, production', file: 'e2ee/suite.ts', from: 'kemByte: 0x0a', to: 'kemByte: 0x0b', tests: TRANSCRIPTS },
  { what: 'oldest version, production', file: 'e2ee/suite.ts', from: 'minVersion: PQXDH_VERSION', to: 'minVersion: X3DH_VERSION', tests: ['sessions', 'prekeys'] },
  { what: 'context of prekey signatures, production', file: 'e2ee/suite.ts', from: 'Heliograph_Prekey', to: 'Heliograph_Prekez', tests: TRANSCRIPTS },
  { what: 'wrapper authenticated, production', file: 'e2ee/suite.ts', from: 'authenticatesWrapper: true', to: 'authenticatesWrapper: false', tests: ['transcripts', 'properties'] },
  { what: 'account key prefix, production', file: 'e2ee/suite.ts', from: 'Uint8Array.of(0xed, 0x01)', to: 'Uint8Array.of(0xed)', tests: ['safety-number'] },
  { what: 'ratchet info, production', file: 'e2ee/suite.ts', from: 'Heliograph_Ratchet', to: 'Heliograph_Ratched', tests: TRANSCRIPTS },
  { what: 'message keys info, production', file: 'e2ee/suite.ts', from: 'Heliograph_MessageKeys', to: 'Heliograph_MessageKeyz', tests: TRANSCRIPTS },

  // KEM of the Signal profile
  { what: 'KEM byte', file: 'e2ee/suite.ts', from: 'kemByte: 0x08', to: 'kemByte: 0x07', tests: TRANSCRIPTS },
  { what: 'randomness hashed before encapsulation', file: 'e2ee/kem.ts', from: 'primitives.sha3_256(primitives.randomBytes(KEM_SECRET_BYTES))', to: 'primitives.randomBytes(KEM_SECRET_BYTES)', tests: TRANSCRIPTS },
  { what: 'ciphertext hashed into the secret', file: 'e2ee/kem.ts', from: 'concat(shared, primitives.sha3_256(ciphertext))', to: 'concat(shared, primitives.sha256(ciphertext))', tests: TRANSCRIPTS },
  { what: 'SHAKE256 of the secret', file: 'e2ee/kem.ts', from: 'return primitives.shake256(concat(shared, primitives.sha3_256(ciphertext)), KEM_SECRET_BYTES)', to: 'return primitives.sha3_256(concat(shared, primitives.sha3_256(ciphertext)))', tests: TRANSCRIPTS },

  // ratchet
  { what: 'root step: DH is the input, root key the salt', file: 'e2ee/ratchet.ts', from: 'hkdfSha256(secret, rootKey,', to: 'hkdfSha256(rootKey, secret,', tests: TRANSCRIPTS },
  { what: 'root step: info', file: 'e2ee/suite.ts', from: 'WhisperRatchet', to: 'WhisperRatched', tests: TRANSCRIPTS },
  { what: 'root step: order of its output', file: 'e2ee/ratchet.ts', from: '{ rootKey: output.slice(0, 32), chainKey: output.slice(32) }', to: '{ rootKey: output.slice(32), chainKey: output.slice(0, 32) }', tests: TRANSCRIPTS },
  { what: 'chain step: message key constant 01', file: 'e2ee/ratchet.ts', from: 'MESSAGE_KEY_INPUT = Uint8Array.of(0x01)', to: 'MESSAGE_KEY_INPUT = Uint8Array.of(0x03)', tests: TRANSCRIPTS },
  { what: 'chain step: chain key constant 02', file: 'e2ee/ratchet.ts', from: 'CHAIN_KEY_INPUT = Uint8Array.of(0x02)', to: 'CHAIN_KEY_INPUT = Uint8Array.of(0x04)', tests: TRANSCRIPTS },
  { what: 'message keys: info', file: 'e2ee/suite.ts', from: 'WhisperMessageKeys', to: 'WhisperMessageKeyz', tests: TRANSCRIPTS },
  { what: 'message keys: no salt', file: 'e2ee/ratchet.ts', from: 'const NO_SALT = new Uint8Array(0)', to: 'const NO_SALT = new Uint8Array(32).fill(1)', tests: TRANSCRIPTS },
  { what: 'message keys: order of AES and MAC key', file: 'e2ee/ratchet.ts', from: 'cipherKey: output.subarray(0, 32), macKey: output.subarray(32, 64)', to: 'macKey: output.subarray(0, 32), cipherKey: output.subarray(32, 64)', tests: TRANSCRIPTS },
  { what: 'message keys: place of the IV', file: 'e2ee/ratchet.ts', from: 'iv: output.subarray(64, 80)', to: 'iv: output.subarray(48, 64)', tests: TRANSCRIPTS },
  { what: 'previous counter: index − 1', file: 'e2ee/ratchet.ts', from: 'Math.max(state.sending.index - 1, 0)', to: 'state.sending.index', tests: TRANSCRIPTS },
  { what: 'previous counter: not below 0', file: 'e2ee/ratchet.ts', from: 'Math.max(state.sending.index - 1, 0)', to: 'Math.max(state.sending.index - 1, 1)', tests: TRANSCRIPTS },
  { what: 'a used counter is a DUPLICATE', file: 'e2ee/ratchet.ts', from: "throw new ProtocolError('DUPLICATE'", to: "throw new ProtocolError('UNDECRYPTABLE'", tests: ['sessions'] },
  { what: 'a skipped key is used once', file: 'e2ee/ratchet.ts', from: 'skipped: skipped.filter(key => key !== kept)', to: 'skipped', tests: ['ratchet'] },
  { what: 'limit: forward jump, more', file: 'limits.ts', from: 'ratchetForwardJump: 25_000', to: 'ratchetForwardJump: 25_001', tests: TRANSCRIPTS },
  { what: 'limit: forward jump, less', file: 'limits.ts', from: 'ratchetForwardJump: 25_000', to: 'ratchetForwardJump: 24_999', tests: TRANSCRIPTS },
  { what: 'limit: skipped keys, more', file: 'limits.ts', from: 'ratchetSkippedKeys: 2_000', to: 'ratchetSkippedKeys: 2_001', tests: TRANSCRIPTS },
  { what: 'limit: skipped keys, less', file: 'limits.ts', from: 'ratchetSkippedKeys: 2_000', to: 'ratchetSkippedKeys: 1_999', tests: TRANSCRIPTS },
  { what: 'limit: receiver chains, more', file: 'limits.ts', from: 'ratchetReceiverChains: 5', to: 'ratchetReceiverChains: 6', tests: TRANSCRIPTS },
  { what: 'limit: receiver chains, less', file: 'limits.ts', from: 'ratchetReceiverChains: 5', to: 'ratchetReceiverChains: 4', tests: TRANSCRIPTS },
  { what: 'limit: archived sessions, more', file: 'limits.ts', from: 'archivedSessions: 40', to: 'archivedSessions: 41', tests: TRANSCRIPTS },
  { what: 'limit: archived sessions, less', file: 'limits.ts', from: 'archivedSessions: 40', to: 'archivedSessions: 39', tests: TRANSCRIPTS },
  { what: 'limit: unacknowledged session, longer', file: 'limits.ts', from: 'unacknowledgedSessionMs: 30 * DAY', to: 'unacknowledgedSessionMs: 31 * DAY', tests: TRANSCRIPTS },
  { what: 'limit: unacknowledged session, shorter', file: 'limits.ts', from: 'unacknowledgedSessionMs: 30 * DAY', to: 'unacknowledgedSessionMs: 30 * DAY - 1', tests: TRANSCRIPTS },
  { what: 'a new chain of an archived session is bounded', file: 'e2ee/sessions.ts', from: 'limits.ratchetForwardJump : limits.ratchetSkippedKeys', to: 'limits.ratchetForwardJump : limits.ratchetForwardJump', tests: ['sessions'] },

  // messages
  { what: 'low half of the version byte', file: 'e2ee/messages.ts', from: 'CURRENT_VERSION = 4', to: 'CURRENT_VERSION = 3', tests: TRANSCRIPTS },
  { what: 'high half of the version byte', file: 'e2ee/messages.ts', from: 'version << 4 | CURRENT_VERSION', to: 'PQXDH_VERSION << 4 | CURRENT_VERSION', tests: TRANSCRIPTS },
  { what: 'length of the MAC', file: 'e2ee/messages.ts', from: 'MAC_BYTES = 8', to: 'MAC_BYTES = 10', tests: TRANSCRIPTS },
  { what: 'order of the identity keys under the MAC', file: 'e2ee/messages.ts', from: '[encodeKey(sender), encodeKey(receiver), authenticated]', to: '[encodeKey(receiver), encodeKey(sender), authenticated]', tests: TRANSCRIPTS },
  { what: 'identity keys under the MAC', file: 'e2ee/messages.ts', from: '[encodeKey(sender), encodeKey(receiver), authenticated]', to: '[sender, receiver, authenticated]', tests: TRANSCRIPTS },
  { what: 'version byte under the MAC', file: 'e2ee/messages.ts', from: '[encodeKey(sender), encodeKey(receiver), authenticated]', to: '[encodeKey(sender), encodeKey(receiver), authenticated.subarray(1)]', tests: TRANSCRIPTS },
  { what: 'the MAC is compared', file: 'e2ee/messages.ts', from: 'if (!suite.primitives.equal(', to: 'if (suite.primitives.name !== suite.primitives.name && !suite.primitives.equal(', tests: ['properties'] },
  { what: 'the MAC is compared whole', file: 'e2ee/messages.ts', from: ', message.mac)) throw', to: '.subarray(0, 7), message.mac.subarray(0, 7))) throw', tests: ['sessions', 'properties'] },
  ...fields('RATCHET_KEY', 'COUNTER', 'PREVIOUS_COUNTER', 'CIPHERTEXT'),
  ...fields('PREKEY_ID', 'BASE_KEY', 'IDENTITY_KEY', 'MESSAGE', 'REGISTRATION_ID', 'SIGNED_PREKEY_ID', 'KEM_PREKEY_ID', 'KEM_CIPHERTEXT'),
  { what: 'fields in rising order', file: 'e2ee/wire-fields.ts', from: 'if (field <= last)', to: 'if (field === 0)', tests: ['wire-fields'] },
  { what: 'minimal varints', file: 'e2ee/wire-fields.ts', from: 'if (byte === 0 && shift > 0)', to: 'if (byte === 0 && shift > 28)', tests: ['wire-fields'] },
  { what: 'bytes fields are bounded', file: 'e2ee/wire-fields.ts', from: 'length > max || ', to: '', tests: ['wire-fields'] },
  { what: 'a message is at most an envelope', file: 'e2ee/messages.ts', from: 'if (bytes.byteLength > limits.envelopeBytes)', to: 'if (bytes.byteLength > 2 * limits.envelopeBytes)', tests: ['messages'] },

  // XEdDSA
  { what: 'prefix of the nonce hash', file: 'e2ee/xeddsa.ts', from: 'HASH1_PREFIX[0] = 0xfe', to: 'HASH1_PREFIX[0] = 0xfd', tests: TRANSCRIPTS },
  { what: 'the sign of A is negated away', file: 'e2ee/xeddsa.ts', from: '=== 0 ? k : Q - k', to: '=== 0 ? k : k', tests: TRANSCRIPTS },
  { what: 'the verifier takes the sign of A from the top bit', file: 'e2ee/xeddsa.ts', from: 'edwards[31]! |= strict[63]! & 0x80', to: 'edwards[31]! |= strict[63]! & 0x00', tests: TRANSCRIPTS },
  { what: 'the verifier clears the top bit', file: 'e2ee/xeddsa.ts', from: 'strict[63]! &= 0x7f', to: 'strict[63]! &= 0xff', tests: TRANSCRIPTS },
  { what: 'signature over the encoded key', file: 'e2ee/prekeys.ts', from: "context(suite, suiteNumber, 'curve', id), encodeKey(key)", to: "context(suite, suiteNumber, 'curve', id), key", tests: TRANSCRIPTS },
  { what: 'signature over the encoded KEM key', file: 'e2ee/prekeys.ts', from: "context(suite, suiteNumber, 'kem', id), encodeKem(suite, key)", to: "context(suite, suiteNumber, 'kem', id), key", tests: TRANSCRIPTS },
  { what: 'signatures name the suite', file: 'e2ee/prekeys.ts', from: 'tail.set([suiteNumber, PQXDH_VERSION,', to: 'tail.set([1, PQXDH_VERSION,', tests: ['prekeys'] },
  { what: 'signatures name the kind', file: 'e2ee/prekeys.ts', from: "kind === 'curve' ? 1 : 2", to: "kind === 'curve' ? 1 : 1", tests: TRANSCRIPTS },
  { what: 'signatures name the id', file: 'e2ee/prekeys.ts', from: '.setUint32(3, id)', to: '.setUint32(3, 0)', tests: ['prekeys'] },
  { what: 'the signed prekey is checked', file: 'e2ee/prekeys.ts', from: "throw new ProtocolError('BAD_SIGNATURE', { what: 'signed prekey' })", to: '/* unchecked */', tests: ['prekeys'] },
  { what: 'the KEM prekey is checked', file: 'e2ee/prekeys.ts', from: "throw new ProtocolError('BAD_SIGNATURE', { what: 'KEM prekey' })", to: '/* unchecked */', tests: ['prekeys'] },
  { what: 'a bundle without KEM prekey is refused', file: 'e2ee/prekeys.ts', from: 'if ((kemPrekey === undefined) !== (bundle.suite === SUITE_X3DH))', to: 'if (kemPrekey === null)', tests: ['prekeys'] },

  // sessions
  { what: 'once post-quantum, never less: bundles', file: 'e2ee/sessions.ts', from: 'version < existing.strongestVersion', to: 'version < 3', tests: ['sessions'] },
  { what: 'once post-quantum, never less: messages', file: 'e2ee/sessions.ts', from: 'record?.strongestVersion ?? 0', to: '0', tests: ['sessions'] },
  { what: 'the identity key is compared', file: 'e2ee/sessions.ts', from: 'if (!sameBytes(message.identityKey, expectedIdentityKey))', to: 'if (expectedIdentityKey.byteLength === 0)', tests: ['sessions'] },
  { what: 'an opened first message is remembered', file: 'e2ee/sessions.ts', from: 'openedFirstMessages: [digest, ...next.openedFirstMessages]', to: 'openedFirstMessages: [...next.openedFirstMessages]', tests: ['sessions'] },
  { what: 'an answer ends the repeating of the first header', file: 'e2ee/sessions.ts', from: 'ratchet, unacknowledged: undefined, messages', to: 'ratchet, messages', tests: TRANSCRIPTS },
  { what: 'the session that receives becomes the current one', file: 'e2ee/session-record.ts', from: 'if (record.current === before) return { ...record, current: after }', to: 'if (record.current !== before) return { ...record, archived: record.archived.map(session => session === before ? after : session) }\n  if (record.current === before) return { ...record, current: after }', tests: TRANSCRIPTS },

  // curves on limbs
  { what: 'limbs: 2^255 is 19', file: 'e2ee/field-limbs.ts', from: 'FOLD = 19 *', to: 'FOLD = 20 *', tests: ['x25519-limbs'] },
  { what: 'limbs: rounding of one limb', file: 'e2ee/field-limbs.ts', from: 'ROUND_5 = 3 * 2 ** (51 + 128)', to: 'ROUND_5 = 3 * 2 ** (51 + 107)', tests: ['x25519-limbs', 'ed25519-limbs'] },
  { what: 'limbs: a24', file: 'e2ee/x25519-limbs.ts', from: 'A24 = 121_665', to: 'A24 = 121_666', tests: ['x25519-limbs'] },
  { what: 'limbs: clamping', file: 'e2ee/x25519-limbs.ts', from: 'scalar[0]! &= 248', to: 'scalar[0]! &= 252', tests: ['x25519-limbs'] },
  { what: 'limbs: S below L', file: 'e2ee/ed25519-limbs.ts', from: 'if (s >= L) return false', to: 'if (s >= 2n * L) return false', tests: ['ed25519-limbs'] },
  { what: 'limbs: A of small order', file: 'e2ee/ed25519-limbs.ts', from: 'point === undefined || isSmallOrder(point)', to: 'point === undefined', tests: ['ed25519-limbs'] },
  { what: 'limbs: A canonical', file: 'e2ee/ed25519-limbs.ts', from: '>= P) return undefined', to: '>= 2n * P) return undefined', tests: ['ed25519-limbs', 'primitives'] },
  { what: 'limbs: R is compared whole', file: 'e2ee/ed25519-limbs.ts', from: 'for (let i = 0; i < 32; i++) if (encoded[i]', to: 'for (let i = 0; i < 31; i++) if (encoded[i]', tests: ['ed25519-limbs'] },
  { what: 'limbs: the sign of x', file: 'e2ee/ed25519-limbs.ts', from: '(xBytes[0]! & 1) !== sign', to: '(xBytes[0]! & 1) === sign', tests: ['ed25519-limbs'] },

  // the rest
  { what: 'safety number: rounds', file: 'e2ee/safety-number.ts', from: 'ROUNDS = 5_200', to: 'ROUNDS = 5_201', tests: TRANSCRIPTS },
  { what: 'safety number: version', file: 'e2ee/safety-number.ts', from: 'Uint8Array.of(0, 0)', to: 'Uint8Array.of(0, 1)', tests: TRANSCRIPTS },
  { what: 'safety number: key hashed in every round', file: 'e2ee/safety-number.ts', from: 'concat(hash, key)', to: 'concat(hash)', tests: TRANSCRIPTS },
  { what: 'safety number: chunk of 5 bytes', file: 'e2ee/safety-number.ts', from: 'CHUNK_BYTES = 5', to: 'CHUNK_BYTES = 4', tests: TRANSCRIPTS },
  { what: 'safety number: modulus', file: 'e2ee/safety-number.ts', from: 'CHUNK_MODULUS = 100_000', to: 'CHUNK_MODULUS = 99_999', tests: TRANSCRIPTS },
  { what: 'safety number: six chunks', file: 'e2ee/safety-number.ts', from: 'CHUNKS = 6', to: 'CHUNKS = 5', tests: TRANSCRIPTS },
  { what: 'safety number: halves sorted', file: 'e2ee/safety-number.ts', from: '<= 0 ? own + theirs : theirs + own', to: '>= 0 ? own + theirs : theirs + own', tests: TRANSCRIPTS },
  { what: 'safety number: key prefix of the Signal profile', file: 'e2ee/suite.ts', from: 'accountKeyPrefix: Uint8Array.of(0x05)', to: 'accountKeyPrefix: Uint8Array.of(0x06)', tests: TRANSCRIPTS },
  { what: 'padding: smallest class', file: 'e2ee/padding.ts', from: 'SMALLEST_BYTES = 160', to: 'SMALLEST_BYTES = 176', tests: ['padding'] },
  { what: 'padding: first doubled class', file: 'e2ee/padding.ts', from: 'FIRST_DOUBLED_BYTES = 512', to: 'FIRST_DOUBLED_BYTES = 256', tests: ['padding'] },
  { what: 'padding: room for the mark', file: 'e2ee/padding.ts', from: 'while (size <= length)', to: 'while (size < length)', tests: ['padding'] },
  { what: 're-keying by age', file: 'e2ee/rekeying.ts', from: '>= policy.maxAgeMs ||', to: '> policy.maxAgeMs ||', tests: ['rekeying'] },
  { what: 're-keying by messages', file: 'e2ee/rekeying.ts', from: 'session.messages >= policy.maxMessages', to: 'session.messages > policy.maxMessages', tests: ['rekeying'] },
  { what: 'stored records are read to the end', file: 'e2ee/stored-fields.ts', from: 'if (this.#offset !== this.#input.byteLength)', to: 'if (this.#offset > this.#input.byteLength)', tests: ['stored'] },
  { what: 'the archive survives storage', file: 'e2ee/stored.ts', from: 'archived: hasCurrent ? sessions.slice(1) : sessions', to: 'archived: hasCurrent ? [] : sessions', tests: ['stored'] },

  // sender keys
  { what: 'sender keys: info', file: 'e2ee/suite.ts', from: 'WhisperGroup', to: 'WhisperGrouq', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: info, production', file: 'e2ee/suite.ts', from: 'Heliograph_SenderKey', to: 'Heliograph_SenderKez', tests: SENDER_KEYS },
  { what: 'sender keys: version byte', file: 'e2ee/sender-keys.ts', from: 'VERSION_BYTE = 0x33', to: 'VERSION_BYTE = 0x34', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: seed constant 01', file: 'e2ee/sender-keys.ts', from: 'SEED_INPUT = Uint8Array.of(0x01)', to: 'SEED_INPUT = Uint8Array.of(0x03)', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: chain key constant 02', file: 'e2ee/sender-keys.ts', from: 'CHAIN_KEY_INPUT = Uint8Array.of(0x02)', to: 'CHAIN_KEY_INPUT = Uint8Array.of(0x04)', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: no salt', file: 'e2ee/sender-keys.ts', from: 'const NO_SALT = new Uint8Array(0)', to: 'const NO_SALT = new Uint8Array(32).fill(1)', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: IV before AES key', file: 'e2ee/sender-keys.ts', from: 'iv: output.subarray(0, 16), cipherKey: output.subarray(16, 48)', to: 'cipherKey: output.subarray(0, 32), iv: output.subarray(32, 48)', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: length of the id', file: 'e2ee/sender-keys.ts', from: 'SENDER_KEY_ID_BYTES = 16', to: 'SENDER_KEY_ID_BYTES = 15', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: chain id of 31 bits', file: 'e2ee/sender-keys.ts', from: 'getUint32(0) >>> 1', to: 'getUint32(0) >>> 2', tests: SENDER_KEYS },
  { what: 'sender keys: first iteration', file: 'e2ee/sender-keys.ts', from: 'iteration: 0,', to: 'iteration: 1,', tests: SENDER_KEYS },
  { what: 'sender keys: the signature covers the version byte', file: 'e2ee/sender-keys.ts', from: 'message: concat(signed, xeddsaSign(suite.primitives, key.signing.privateKey, signed))', to: 'message: concat(signed, xeddsaSign(suite.primitives, key.signing.privateKey, signed.subarray(1)))', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: signature checked', file: 'e2ee/sender-keys.ts', from: 'if (!xeddsaVerify(suite.primitives, key.signingKey, read.signed, read.signature))', to: 'if (read.signature.byteLength === 0)', tests: SENDER_KEYS },
  { what: 'sender keys: an unknown key is NO_SENDER_KEY', file: 'e2ee/sender-keys.ts', from: 'throw new ProtocolError(\'NO_SENDER_KEY\')', to: 'throw new ProtocolError(\'UNDECRYPTABLE\')', tests: SENDER_KEYS },
  { what: 'sender keys: a used iteration is a DUPLICATE', file: 'e2ee/sender-keys.ts', from: 'throw new ProtocolError(\'DUPLICATE\'', to: 'throw new ProtocolError(\'UNDECRYPTABLE\'', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: a skipped seed is used once', file: 'e2ee/sender-keys.ts', from: 'skipped: key.skipped.filter((one) => one !== kept)', to: 'skipped: key.skipped', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: the chain moves on', file: 'e2ee/sender-keys.ts', from: 'next: { ...key, iteration: key.iteration + 1, chainKey: nextChainKey(suite, key.chainKey) }', to: 'next: { ...key, iteration: key.iteration + 1 }', tests: GROUP_TRANSCRIPTS },
  { what: 'sender keys: the id names a key', file: 'e2ee/sender-keys.ts', from: 'key.chainId === chainId && sameBytes(key.id, id)', to: 'key.chainId === chainId', tests: SENDER_KEYS },
  { what: 'sender keys: the chain id names a key', file: 'e2ee/sender-keys.ts', from: 'key.chainId === chainId && sameBytes(key.id, id)', to: 'sameBytes(key.id, id)', tests: SENDER_KEYS },
  { what: 'sender keys: a known key keeps its place', file: 'e2ee/sender-keys.ts', from: 'keys: [known ?? received, ...others]', to: 'keys: [received, ...others]', tests: SENDER_KEYS },
  { what: 'sender keys: another signing key replaces', file: 'e2ee/sender-keys.ts', from: 'known = record?.keys.find((key) => isNamed(key, received) && sameBytes(key.signingKey, received.signingKey))', to: 'known = record?.keys.find((key) => isNamed(key, received))', tests: SENDER_KEYS },
  { what: 'sender keys: rotation by messages', file: 'e2ee/sender-keys.ts', from: 'key.iteration >= limits.senderKeyMaxMessages', to: 'key.iteration > limits.senderKeyMaxMessages', tests: SENDER_KEYS },
  { what: 'sender keys: rotation by age', file: 'e2ee/sender-keys.ts', from: 'nowMs - key.createdAtMs >= limits', to: 'nowMs - key.createdAtMs > limits', tests: SENDER_KEYS },
  { what: 'sender keys: ciphertext of whole blocks', file: 'e2ee/sender-keys.ts', from: 'ciphertext.byteLength % BLOCK_BYTES !== 0', to: 'ciphertext.byteLength % BLOCK_BYTES > BLOCK_BYTES', tests: SENDER_KEYS },
  { what: 'sender keys: forward jump, more', file: 'limits.ts', from: 'senderKeyForwardJump: 25_000', to: 'senderKeyForwardJump: 25_001', tests: SENDER_KEYS },
  { what: 'sender keys: forward jump, less', file: 'limits.ts', from: 'senderKeyForwardJump: 25_000', to: 'senderKeyForwardJump: 24_999', tests: SENDER_KEYS },
  { what: 'sender keys: skipped keys, more', file: 'limits.ts', from: 'senderKeySkipped: 2_000', to: 'senderKeySkipped: 2_001', tests: SENDER_KEYS },
  { what: 'sender keys: skipped keys, less', file: 'limits.ts', from: 'senderKeySkipped: 2_000', to: 'senderKeySkipped: 1_999', tests: SENDER_KEYS },
  { what: 'sender keys: states, more', file: 'limits.ts', from: 'senderKeyStates: 5', to: 'senderKeyStates: 6', tests: SENDER_KEYS },
  { what: 'sender keys: states, less', file: 'limits.ts', from: 'senderKeyStates: 5', to: 'senderKeyStates: 4', tests: SENDER_KEYS },
  { what: 'sender keys: messages of one key, more', file: 'limits.ts', from: 'senderKeyMaxMessages: 1_000', to: 'senderKeyMaxMessages: 1_001', tests: SENDER_KEYS },
  { what: 'sender keys: messages of one key, less', file: 'limits.ts', from: 'senderKeyMaxMessages: 1_000', to: 'senderKeyMaxMessages: 999', tests: SENDER_KEYS },
  { what: 'sender keys: age of one key, more', file: 'limits.ts', from: 'senderKeyMaxAgeMs: 7 * DAY', to: 'senderKeyMaxAgeMs: 7 * DAY + 1', tests: SENDER_KEYS },
  { what: 'sender keys: age of one key, less', file: 'limits.ts', from: 'senderKeyMaxAgeMs: 7 * DAY', to: 'senderKeyMaxAgeMs: 7 * DAY - 1', tests: SENDER_KEYS },
  ...senderKeyFields('ID', 'CHAIN_ID', 'ITERATION', 'CHAIN_KEY', 'SIGNING_KEY', 'CIPHERTEXT'),
  { what: 'sender keys: stored skipped seeds', file: 'e2ee/sender-keys-stored.ts', from: 'u32(key.skipped.length))', to: 'u32(0))', tests: SENDER_KEYS },

  // receipts of groups
  { what: 'receipts: context of the key', file: 'e2ee/receipt-key.ts', from: 'heliograph receipt key 1', to: 'heliograph receipt key 2', tests: RECEIPTS },
  { what: 'receipts: the key is of one group', file: 'e2ee/receipt-key.ts', from: 'Uint8Array.of(0), conversation.bytes, deviceKeyOf(reader)', to: 'Uint8Array.of(0), deviceKeyOf(reader)', tests: RECEIPTS },
  { what: 'receipts: all of one length', file: 'e2ee/receipt-key.ts', from: 'MARKS_BYTES = 32', to: 'MARKS_BYTES = 33', tests: RECEIPTS },
  { what: 'receipts: bound to their header', file: 'e2ee/receipt-key.ts', from: 'concat(utf8(SEAL_CONTEXT), Uint8Array.of(0), conversation.bytes, accountIdToBytes(to), accountIdToBytes(from), deviceKeyOf(device), number)', to: 'concat(utf8(SEAL_CONTEXT), Uint8Array.of(0), conversation.bytes, accountIdToBytes(to), accountIdToBytes(from), deviceKeyOf(device))', tests: RECEIPTS },
  { what: 'receipts: read is delivered', file: 'e2ee/receipt-key.ts', from: '|| readSeq > deliveredSeq', to: '|| readSeq > deliveredSeq + 1', tests: RECEIPTS }
]

/** Field numbers: each moved to a free one, which keeps the fields in order or breaks it; either way a transcript must notice. */
function fields (...names: string[]): Mutant[] {
  return names.map(name => ({ what: `field number of ${name.toLowerCase()}`, file: 'e2ee/messages.ts', from: `const ${name} = `, to: `const ${name} = 8 + `, tests: TRANSCRIPTS }))
}

/** As `fields`, of the sender-key messages. */
function senderKeyFields (...names: string[]): Mutant[] {
  return names.map(name => ({ what: `sender keys: field number of ${name.toLowerCase()}`, file: 'e2ee/sender-keys.ts', from: `const ${name} = `, to: `const ${name} = 8 + `, tests: GROUP_TRANSCRIPTS }))
}

const root = fileURLToPath(new URL('../..', import.meta.url))

/** A copy of protocol/ beside the checkout's node_modules. */
function makeCopy (): string {
  const folder = mkdtempSync(join(tmpdir(), 'heliograph-mutants-'))
  cpSync(join(root, 'protocol'), join(folder, 'protocol'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  return folder
}

/** @returns the title of the first failing test, or undefined when all pass */
async function firstFailure (folder: string, tests: readonly string[]): Promise<string | undefined> {
  const files = tests.map(name => `protocol/e2ee/${name}.test.ts`)
  const mocha = spawn(process.execPath, [join(root, 'node_modules/mocha/bin/mocha.js'), '--no-config', '--bail', '--timeout', '20000', '--reporter', 'json', ...files], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  let errors = ''
  mocha.stdout.on('data', (chunk: Buffer) => { output += chunk.toString() })
  mocha.stderr.on('data', (chunk: Buffer) => { errors += chunk.toString() })
  const code = await new Promise<number | null>((resolve, reject) => {
    mocha.once('error', reject)
    mocha.once('close', resolve)
  })
  if (code === 0) return undefined
  const start = output.indexOf('{\n')
  if (start < 0) return `did not load: ${errors.trim().split('\n')[0] ?? ''}`
  const report = JSON.parse(output.slice(start)) as { failures: Array<{ fullTitle: string, err: { message?: string } }> }
  const first = report.failures[0]
  return first === undefined ? 'did not run' : `${first.fullTitle}: ${first.err.message?.split('\n')[0] ?? ''}`
}

async function judge (folder: string, mutant: Mutant): Promise<string | undefined> {
  const path = join(folder, 'protocol', mutant.file)
  const original = readFileSync(path, 'utf8')
  const parts = original.split(mutant.from)
  if (parts.length !== 2) throw new Error(`"${mutant.what}": "${mutant.from}" stands ${parts.length - 1} times in ${mutant.file}; update the mutant`)
  writeFileSync(path, parts.join(mutant.to))
  try {
    return await firstFailure(folder, mutant.tests ?? CORE)
  } finally {
    writeFileSync(path, original)
  }
}

async function main (): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, jobs: { type: 'string', default: '2' } } })
  const chosen = mutants.filter(mutant => mutant.what.includes(values.only))
  const folders = Array.from({ length: Number(values.jobs) }, makeCopy)
  const startMs = performance.now()
  let survivors = 0
  try {
    const sound = await firstFailure(folders[0]!, CORE)
    if (sound !== undefined) throw new Error(`the tests fail without any mutant: ${sound}`)
    const queue = [...chosen]
    await Promise.all(folders.map(async folder => {
      for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
        const failure = await judge(folder, mutant)
        if (failure === undefined) survivors++
        process.stdout.write(`${failure === undefined ? 'SURVIVED' : 'killed  '}  ${mutant.what}${failure === undefined ? '' : `  ←  ${failure.slice(0, 150)}`}\n`)
      }
    }))
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  }
  process.stdout.write(`${chosen.length} mutants, ${survivors} survived, ${((performance.now() - startMs) / 1000).toFixed(0)} s\n`)
  if (survivors > 0) process.exitCode = 1
}

await main()
