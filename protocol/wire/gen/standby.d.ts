import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
import { NumberedId } from './log.js';
export interface Shipment {
    accounts: ShipAccount[];
    logs: ShipLog[];
    sync: number;
}
export declare namespace Shipment {
    const codec: () => Codec<Shipment>;
    function encode(obj: Partial<Shipment>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shipment>): Shipment;
}
export interface ShipAccount {
    account: Uint8Array;
    rows: ShipRow[];
    isWhole: boolean;
    formerRecord?: Uint8Array;
    isDone: boolean;
}
export declare namespace ShipAccount {
    const codec: () => Codec<ShipAccount>;
    function encode(obj: Partial<ShipAccount>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipAccount>): ShipAccount;
}
export interface ShipRow {
    table: number;
    key: string;
    value?: Uint8Array;
}
export declare namespace ShipRow {
    const codec: () => Codec<ShipRow>;
    function encode(obj: Partial<ShipRow>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipRow>): ShipRow;
}
export interface ShipLog {
    conversation: Uint8Array;
    account: Uint8Array;
    skipThrough: number;
    skipEpoch: number;
    entries: ShipEntry[];
    dequeued: number[];
    items: ShipItem[];
    itemsFrom: number;
    itemsTo: number;
    cursors: ShipCursor[];
    rows: ShipRow[];
    isWhole: boolean;
    trimThrough: number;
    asks: boolean;
    cutThrough: number;
    isCut: boolean;
    numbered: NumberedId[];
}
export declare namespace ShipLog {
    const codec: () => Codec<ShipLog>;
    function encode(obj: Partial<ShipLog>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipLog>): ShipLog;
}
export interface ShipEntry {
    epoch: number;
    seq: number;
    storedAtMs: number;
    expiresAtMs: number;
    envelope: Uint8Array;
}
export declare namespace ShipEntry {
    const codec: () => Codec<ShipEntry>;
    function encode(obj: Partial<ShipEntry>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipEntry>): ShipEntry;
}
export interface ShipItem {
    position: number;
    storedAtMs: number;
    expiresAtMs: number;
    envelope: Uint8Array;
}
export declare namespace ShipItem {
    const codec: () => Codec<ShipItem>;
    function encode(obj: Partial<ShipItem>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipItem>): ShipItem;
}
export interface ShipCursor {
    device: Uint8Array;
    seq: number;
}
export declare namespace ShipCursor {
    const codec: () => Codec<ShipCursor>;
    function encode(obj: Partial<ShipCursor>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipCursor>): ShipCursor;
}
export interface Shipped {
    answers: ShipAnswer[];
}
export declare namespace Shipped {
    const codec: () => Codec<Shipped>;
    function encode(obj: Partial<Shipped>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Shipped>): Shipped;
}
export interface ShipAnswer {
    of: Uint8Array;
    status: number;
    record?: Uint8Array;
    epoch: number;
    first: number;
    head: number;
}
export declare namespace ShipAnswer {
    const codec: () => Codec<ShipAnswer>;
    function encode(obj: Partial<ShipAnswer>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ShipAnswer>): ShipAnswer;
}
export interface ReadShipped {
    conversation: Uint8Array;
    account: Uint8Array;
    fromSeq: number;
    fromPosition: number;
}
export declare namespace ReadShipped {
    const codec: () => Codec<ReadShipped>;
    function encode(obj: Partial<ReadShipped>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadShipped>): ReadShipped;
}
export interface AskHomes {
    accounts: Uint8Array[];
}
export declare namespace AskHomes {
    const codec: () => Codec<AskHomes>;
    function encode(obj: Partial<AskHomes>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AskHomes>): AskHomes;
}
export interface StandbyState {
    standby: Uint8Array;
    state: number;
    behindMs: number;
}
export declare namespace StandbyState {
    const codec: () => Codec<StandbyState>;
    function encode(obj: Partial<StandbyState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<StandbyState>): StandbyState;
}
