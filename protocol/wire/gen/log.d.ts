import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Page {
    conversation: Uint8Array;
    epoch: number;
    entries: Entry[];
    head: number;
}
export declare namespace Page {
    const codec: () => Codec<Page>;
    function encode(obj: Partial<Page>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Page>): Page;
}
export interface Entry {
    seq: number;
    envelope?: Uint8Array;
    messageId?: Uint8Array;
    senderDevice?: Uint8Array;
    storedAtMs: number;
}
export declare namespace Entry {
    const codec: () => Codec<Entry>;
    function encode(obj: Partial<Entry>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Entry;
}
export interface Position {
    conversation: Uint8Array;
    epoch: number;
    seq: number;
}
export declare namespace Position {
    const codec: () => Codec<Position>;
    function encode(obj: Partial<Position>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Position>): Position;
}
export interface Outcome {
    status: number;
    epoch: number;
    seq: number;
    retryAfterMs: number;
    record?: Uint8Array;
}
export declare namespace Outcome {
    const codec: () => Codec<Outcome>;
    function encode(obj: Partial<Outcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcome>): Outcome;
}
export interface Batch {
    envelopes: Uint8Array[];
}
export declare namespace Batch {
    const codec: () => Codec<Batch>;
    function encode(obj: Partial<Batch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Batch;
}
export interface Outcomes {
    outcomes: Outcome[];
}
export declare namespace Outcomes {
    const codec: () => Codec<Outcomes>;
    function encode(obj: Partial<Outcomes>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcomes>): Outcomes;
}
export interface Pages {
    pages: Page[];
}
export declare namespace Pages {
    const codec: () => Codec<Pages>;
    function encode(obj: Partial<Pages>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pages>): Pages;
}
export interface Positions {
    positions: Position[];
}
export declare namespace Positions {
    const codec: () => Codec<Positions>;
    function encode(obj: Partial<Positions>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Positions>): Positions;
}
export interface ReadLog {
    conversation: Uint8Array;
    fromSeq: number;
    maxEntries: number;
}
export declare namespace ReadLog {
    const codec: () => Codec<ReadLog>;
    function encode(obj: Partial<ReadLog>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadLog>): ReadLog;
}
export interface LogState {
    conversation: Uint8Array;
    epoch: number;
    first: number;
    head: number;
    cursor: number;
}
export declare namespace LogState {
    const codec: () => Codec<LogState>;
    function encode(obj: Partial<LogState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogState>): LogState;
}
export interface LogStates {
    logs: LogState[];
}
export declare namespace LogStates {
    const codec: () => Codec<LogStates>;
    function encode(obj: Partial<LogStates>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogStates>): LogStates;
}
export interface GossipPage {
    relay: Uint8Array;
    page: Uint8Array;
    signature: Uint8Array;
}
export declare namespace GossipPage {
    const codec: () => Codec<GossipPage>;
    function encode(obj: Partial<GossipPage>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GossipPage>): GossipPage;
}
export interface NumberedId {
    epoch: number;
    seq: number;
    sender: Uint8Array;
    messageId: Uint8Array;
    storedAtMs: number;
}
export declare namespace NumberedId {
    const codec: () => Codec<NumberedId>;
    function encode(obj: Partial<NumberedId>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NumberedId>): NumberedId;
}
export interface ReadIds {
    conversation: Uint8Array;
    fromSeq: number;
    throughSeq: number;
    after?: Uint8Array;
}
export declare namespace ReadIds {
    const codec: () => Codec<ReadIds>;
    function encode(obj: Partial<ReadIds>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadIds>): ReadIds;
}
export interface NumberedIds {
    conversation: Uint8Array;
    ids: NumberedId[];
    next?: Uint8Array;
}
export declare namespace NumberedIds {
    const codec: () => Codec<NumberedIds>;
    function encode(obj: Partial<NumberedIds>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<NumberedIds>): NumberedIds;
}
