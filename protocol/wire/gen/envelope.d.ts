import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Envelope {
    version: number;
    conversation: Uint8Array;
    senderAccount: Uint8Array;
    senderDevice: Uint8Array;
    messageId: Uint8Array;
    kind: number;
    expiresAtMs: number;
    ciphertexts: Ciphertext[];
    control?: Uint8Array;
}
export declare namespace Envelope {
    const codec: () => Codec<Envelope>;
    function encode(obj: Partial<Envelope>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Envelope;
}
export interface Ciphertext {
    device: Uint8Array;
    kind: number;
    bytes: Uint8Array;
}
export declare namespace Ciphertext {
    const codec: () => Codec<Ciphertext>;
    function encode(obj: Partial<Ciphertext>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ciphertext>): Ciphertext;
}
