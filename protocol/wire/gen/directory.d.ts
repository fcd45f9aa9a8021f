import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
import { Bundle } from './records.js';
import { Claimed } from './service.js';
export interface PublicProfile {
    version: number;
    account: Uint8Array;
    name: string;
    about: string;
    issuedAtMs: number;
}
export declare namespace PublicProfile {
    const codec: () => Codec<PublicProfile>;
    function encode(obj: Partial<PublicProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicProfile>): PublicProfile;
}
export interface DirectoryBundle {
    version: number;
    people: DirectoryPerson[];
}
export declare namespace DirectoryBundle {
    const codec: () => Codec<DirectoryBundle>;
    function encode(obj: Partial<DirectoryBundle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryBundle>): DirectoryBundle;
}
export interface DirectoryPerson {
    account: Uint8Array;
    homeRecord: Uint8Array;
    deviceList: Uint8Array;
    bundles: Bundle[];
    handleHash: Uint8Array;
    profile?: Uint8Array;
}
export declare namespace DirectoryPerson {
    const codec: () => Codec<DirectoryPerson>;
    function encode(obj: Partial<DirectoryPerson>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryPerson>): DirectoryPerson;
}
export interface DirectoryRef {
    relay: Uint8Array;
    generation: number;
}
export declare namespace DirectoryRef {
    const codec: () => Codec<DirectoryRef>;
    function encode(obj: Partial<DirectoryRef>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRef>): DirectoryRef;
}
export interface DirectoryHeads {
    heads: Uint8Array[];
}
export declare namespace DirectoryHeads {
    const codec: () => Codec<DirectoryHeads>;
    function encode(obj: Partial<DirectoryHeads>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryHeads>): DirectoryHeads;
}
export interface DirectoryRead {
    relay: Uint8Array;
    generation: number;
    hash: Uint8Array;
}
export declare namespace DirectoryRead {
    const codec: () => Codec<DirectoryRead>;
    function encode(obj: Partial<DirectoryRead>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRead>): DirectoryRead;
}
export interface DirectoryEntries {
    entries: Uint8Array[];
}
export declare namespace DirectoryEntries {
    const codec: () => Codec<DirectoryEntries>;
    function encode(obj: Partial<DirectoryEntries>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryEntries>): DirectoryEntries;
}
export interface ClaimMany {
    accounts: Uint8Array[];
}
export declare namespace ClaimMany {
    const codec: () => Codec<ClaimMany>;
    function encode(obj: Partial<ClaimMany>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimMany>): ClaimMany;
}
export interface ClaimedMany {
    outcomes: ClaimOutcome[];
}
export declare namespace ClaimedMany {
    const codec: () => Codec<ClaimedMany>;
    function encode(obj: Partial<ClaimedMany>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimedMany>): ClaimedMany;
}
export interface ClaimOutcome {
    status: number;
    claimed?: Claimed;
    retryAfterMs: number;
}
export declare namespace ClaimOutcome {
    const codec: () => Codec<ClaimOutcome>;
    function encode(obj: Partial<ClaimOutcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimOutcome>): ClaimOutcome;
}
