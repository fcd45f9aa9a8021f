/** The few functions of sodium-native that the transport uses; the package ships no types. Each writes into its first argument. */
declare module 'sodium-native' {
  export function crypto_aead_chacha20poly1305_ietf_encrypt (out: Uint8Array, message: Uint8Array, ad: Uint8Array | null, nsec: null, nonce: Uint8Array, key: Uint8Array): number
  /** @throws Error when the tag does not match */
  export function crypto_aead_chacha20poly1305_ietf_decrypt (out: Uint8Array, nsec: null, ciphertext: Uint8Array, ad: Uint8Array | null, nonce: Uint8Array, key: Uint8Array): number
  export function crypto_scalarmult_base (out: Uint8Array, secret: Uint8Array): void
  /** @throws Error when the result is all zero (a point of low order) */
  export function crypto_scalarmult (out: Uint8Array, secret: Uint8Array, point: Uint8Array): void
  export function crypto_hash_sha256 (out: Uint8Array, input: Uint8Array): void
  export function randombytes_buf (out: Uint8Array): void
}
