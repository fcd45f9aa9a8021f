import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
import { PrekeyUpload, Bundle } from './records.js';
export interface Failure {
    status: number;
    retryAfterMs: number;
    max: number;
    record?: Uint8Array;
}
export declare namespace Failure {
    const codec: () => Codec<Failure>;
    function encode(obj: Partial<Failure>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Failure;
}
export interface Empty {
}
export declare namespace Empty {
    const codec: () => Codec<Empty>;
    function encode(obj: Partial<Empty>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Empty>): Empty;
}
export interface Hello {
    version: number;
    account: Uint8Array;
    deviceList: Uint8Array;
    software: string;
}
export declare namespace Hello {
    const codec: () => Codec<Hello>;
    function encode(obj: Partial<Hello>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello;
}
export interface Welcome {
    version: number;
    relayName: string;
    region: string;
    nowMs: number;
    heartbeatMs: number;
    isRegistered: boolean;
    oneTimePrekeysLeft: number;
    handle: string;
}
export declare namespace Welcome {
    const codec: () => Codec<Welcome>;
    function encode(obj: Partial<Welcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
}
export interface Register {
    homeRecord: Uint8Array;
    handle: string;
    prekeys?: PrekeyUpload;
}
export declare namespace Register {
    const codec: () => Codec<Register>;
    function encode(obj: Partial<Register>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Register>): Register;
}
export interface Registered {
    handle: string;
}
export declare namespace Registered {
    const codec: () => Codec<Registered>;
    function encode(obj: Partial<Registered>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Registered>): Registered;
}
export interface PrekeysLeft {
    oneTime: number;
}
export declare namespace PrekeysLeft {
    const codec: () => Codec<PrekeysLeft>;
    function encode(obj: Partial<PrekeysLeft>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeysLeft>): PrekeysLeft;
}
export interface Claim {
    account: Uint8Array;
}
export declare namespace Claim {
    const codec: () => Codec<Claim>;
    function encode(obj: Partial<Claim>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claim>): Claim;
}
export interface Claimed {
    deviceList: Uint8Array;
    homeRecord: Uint8Array;
    bundles: Bundle[];
    isCopy?: boolean;
}
export declare namespace Claimed {
    const codec: () => Codec<Claimed>;
    function encode(obj: Partial<Claimed>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claimed>): Claimed;
}
export interface FindAccount {
    account: Uint8Array;
}
export declare namespace FindAccount {
    const codec: () => Codec<FindAccount>;
    function encode(obj: Partial<FindAccount>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindAccount>): FindAccount;
}
export interface FindHandle {
    handle: string;
}
export declare namespace FindHandle {
    const codec: () => Codec<FindHandle>;
    function encode(obj: Partial<FindHandle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindHandle>): FindHandle;
}
export interface Found {
    account: Uint8Array;
    homeRecord: Uint8Array;
    deviceList: Uint8Array;
    profile?: Uint8Array;
    isCopy?: boolean;
}
export declare namespace Found {
    const codec: () => Codec<Found>;
    function encode(obj: Partial<Found>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Found>): Found;
}
export interface Introduce {
    homeRecords: Uint8Array[];
}
export declare namespace Introduce {
    const codec: () => Codec<Introduce>;
    function encode(obj: Partial<Introduce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Introduce>): Introduce;
}
export interface GetDirectory {
    region: string;
    max: number;
}
export declare namespace GetDirectory {
    const codec: () => Codec<GetDirectory>;
    function encode(obj: Partial<GetDirectory>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GetDirectory>): GetDirectory;
}
