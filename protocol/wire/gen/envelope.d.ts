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
    interface EnvelopeVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface EnvelopeConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface EnvelopeSenderAccountFieldEvent {
        field: '$.senderAccount';
        value: Uint8Array;
    }
    interface EnvelopeSenderDeviceFieldEvent {
        field: '$.senderDevice';
        value: Uint8Array;
    }
    interface EnvelopeMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface EnvelopeKindFieldEvent {
        field: '$.kind';
        value: number;
    }
    interface EnvelopeExpiresAtMsFieldEvent {
        field: '$.expiresAtMs';
        value: number;
    }
    interface EnvelopeCiphertextsDeviceFieldEvent {
        field: '$.ciphertexts[].device';
        value: Uint8Array;
        index: number;
    }
    interface EnvelopeCiphertextsKindFieldEvent {
        field: '$.ciphertexts[].kind';
        value: number;
        index: number;
    }
    interface EnvelopeCiphertextsBytesFieldEvent {
        field: '$.ciphertexts[].bytes';
        value: Uint8Array;
        index: number;
    }
    interface EnvelopeControlFieldEvent {
        field: '$.control';
        value: Uint8Array;
    }
    function encode(obj: Partial<Envelope>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Envelope;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Envelope>): Generator<EnvelopeVersionFieldEvent | EnvelopeConversationFieldEvent | EnvelopeSenderAccountFieldEvent | EnvelopeSenderDeviceFieldEvent | EnvelopeMessageIdFieldEvent | EnvelopeKindFieldEvent | EnvelopeExpiresAtMsFieldEvent | EnvelopeCiphertextsDeviceFieldEvent | EnvelopeCiphertextsKindFieldEvent | EnvelopeCiphertextsBytesFieldEvent | EnvelopeControlFieldEvent>;
}
export interface Ciphertext {
    device: Uint8Array;
    kind: number;
    bytes: Uint8Array;
}
export declare namespace Ciphertext {
    const codec: () => Codec<Ciphertext>;
    interface CiphertextDeviceFieldEvent {
        field: '$.device';
        value: Uint8Array;
    }
    interface CiphertextKindFieldEvent {
        field: '$.kind';
        value: number;
    }
    interface CiphertextBytesFieldEvent {
        field: '$.bytes';
        value: Uint8Array;
    }
    function encode(obj: Partial<Ciphertext>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ciphertext>): Ciphertext;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Ciphertext>): Generator<CiphertextDeviceFieldEvent | CiphertextKindFieldEvent | CiphertextBytesFieldEvent>;
}
