import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface AskHome {
    relay: Uint8Array;
}
export declare namespace AskHome {
    const codec: () => Codec<AskHome>;
    function encode(obj: Partial<AskHome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<AskHome>): AskHome;
}
export interface HomeState {
    state: number;
    homeRecord?: Uint8Array;
    isBehind: boolean;
}
export declare namespace HomeState {
    const codec: () => Codec<HomeState>;
    function encode(obj: Partial<HomeState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HomeState>): HomeState;
}
export interface Announce {
    accounts: Uint8Array[];
    homes: Uint8Array[];
}
export declare namespace Announce {
    const codec: () => Codec<Announce>;
    function encode(obj: Partial<Announce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Announce>): Announce;
}
export interface GuestPermit {
    version: number;
    account: Uint8Array;
    device: Uint8Array;
    relay: Uint8Array;
    expiresAtMs: number;
}
export declare namespace GuestPermit {
    const codec: () => Codec<GuestPermit>;
    function encode(obj: Partial<GuestPermit>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GuestPermit>): GuestPermit;
}
export interface GuestBatch {
    permit: Uint8Array;
    envelopes: Uint8Array[];
}
export declare namespace GuestBatch {
    const codec: () => Codec<GuestBatch>;
    function encode(obj: Partial<GuestBatch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GuestBatch>): GuestBatch;
}
export interface GuestForward {
    permit: Uint8Array;
    deviceList: Uint8Array;
    envelopes: Uint8Array[];
}
export declare namespace GuestForward {
    const codec: () => Codec<GuestForward>;
    function encode(obj: Partial<GuestForward>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GuestForward>): GuestForward;
}
export interface GuestItem {
    permit: Uint8Array;
    deviceList: Uint8Array;
    envelope: Uint8Array;
}
export declare namespace GuestItem {
    const codec: () => Codec<GuestItem>;
    function encode(obj: Partial<GuestItem>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GuestItem>): GuestItem;
}
