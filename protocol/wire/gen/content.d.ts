import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Content {
    version: number;
    conversation: Uint8Array;
    messageId: Uint8Array;
    senderDevice: Uint8Array;
    sentAtMs: number;
    previous: Uint8Array;
    ownListEpoch: number;
    ownListHash: Uint8Array;
    theirListEpoch: number;
    theirListHash: Uint8Array;
    text?: Text;
    receipt?: Receipt;
}
export declare namespace Content {
    const codec: () => Codec<Content>;
    interface ContentVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface ContentConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface ContentMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface ContentSenderDeviceFieldEvent {
        field: '$.senderDevice';
        value: Uint8Array;
    }
    interface ContentSentAtMsFieldEvent {
        field: '$.sentAtMs';
        value: number;
    }
    interface ContentPreviousFieldEvent {
        field: '$.previous';
        value: Uint8Array;
    }
    interface ContentOwnListEpochFieldEvent {
        field: '$.ownListEpoch';
        value: number;
    }
    interface ContentOwnListHashFieldEvent {
        field: '$.ownListHash';
        value: Uint8Array;
    }
    interface ContentTheirListEpochFieldEvent {
        field: '$.theirListEpoch';
        value: number;
    }
    interface ContentTheirListHashFieldEvent {
        field: '$.theirListHash';
        value: Uint8Array;
    }
    interface ContentTextBodyFieldEvent {
        field: '$.text.body';
        value: string;
    }
    interface ContentTextStandsForFieldEvent {
        field: '$.text.standsFor';
        value: Uint8Array;
    }
    interface ContentReceiptStageFieldEvent {
        field: '$.receipt.stage';
        value: number;
    }
    interface ContentReceiptMessageIdsFieldEvent {
        field: '$.receipt.messageIds';
        value: Uint8Array;
    }
    function encode(obj: Partial<Content>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Content;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Generator<ContentVersionFieldEvent | ContentConversationFieldEvent | ContentMessageIdFieldEvent | ContentSenderDeviceFieldEvent | ContentSentAtMsFieldEvent | ContentPreviousFieldEvent | ContentOwnListEpochFieldEvent | ContentOwnListHashFieldEvent | ContentTheirListEpochFieldEvent | ContentTheirListHashFieldEvent | ContentTextBodyFieldEvent | ContentTextStandsForFieldEvent | ContentReceiptStageFieldEvent | ContentReceiptMessageIdsFieldEvent>;
}
export interface Text {
    body: string;
    standsFor?: Uint8Array;
}
export declare namespace Text {
    const codec: () => Codec<Text>;
    interface TextBodyFieldEvent {
        field: '$.body';
        value: string;
    }
    interface TextStandsForFieldEvent {
        field: '$.standsFor';
        value: Uint8Array;
    }
    function encode(obj: Partial<Text>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Text;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Generator<TextBodyFieldEvent | TextStandsForFieldEvent>;
}
export interface Receipt {
    stage: number;
    messageIds: Uint8Array;
}
export declare namespace Receipt {
    const codec: () => Codec<Receipt>;
    interface ReceiptStageFieldEvent {
        field: '$.stage';
        value: number;
    }
    interface ReceiptMessageIdsFieldEvent {
        field: '$.messageIds';
        value: Uint8Array;
    }
    function encode(obj: Partial<Receipt>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Generator<ReceiptStageFieldEvent | ReceiptMessageIdsFieldEvent>;
}
