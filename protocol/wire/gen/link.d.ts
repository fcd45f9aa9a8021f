import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface LinkMeet {
    rendezvous: Uint8Array;
    isNewDevice: boolean;
}
export declare namespace LinkMeet {
    const codec: () => Codec<LinkMeet>;
    function encode(obj: Partial<LinkMeet>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMeet>): LinkMeet;
}
export interface LinkParcel {
    payload: Uint8Array;
}
export declare namespace LinkParcel {
    const codec: () => Codec<LinkParcel>;
    function encode(obj: Partial<LinkParcel>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkParcel>): LinkParcel;
}
export interface LinkMessage {
    commit?: LinkCommit;
    nonce?: LinkNonce;
    reveal?: LinkReveal;
    grant?: LinkGrant;
    introduction?: LinkIntroduction;
    admission?: LinkAdmission;
    ready?: LinkReady;
    rows?: LinkRows;
    finished?: LinkFinished;
}
export declare namespace LinkMessage {
    const codec: () => Codec<LinkMessage>;
    function encode(obj: Partial<LinkMessage>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMessage>): LinkMessage;
}
export interface LinkCommit {
    version: number;
    commitment: Uint8Array;
}
export declare namespace LinkCommit {
    const codec: () => Codec<LinkCommit>;
    function encode(obj: Partial<LinkCommit>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkCommit>): LinkCommit;
}
export interface LinkNonce {
    nonce: Uint8Array;
}
export declare namespace LinkNonce {
    const codec: () => Codec<LinkNonce>;
    function encode(obj: Partial<LinkNonce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkNonce>): LinkNonce;
}
export interface LinkReveal {
    key: Uint8Array;
    nonce: Uint8Array;
}
export declare namespace LinkReveal {
    const codec: () => Codec<LinkReveal>;
    function encode(obj: Partial<LinkReveal>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReveal>): LinkReveal;
}
export interface LinkGrant {
    account: Uint8Array;
    epoch: number;
}
export declare namespace LinkGrant {
    const codec: () => Codec<LinkGrant>;
    function encode(obj: Partial<LinkGrant>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkGrant>): LinkGrant;
}
export interface LinkIntroduction {
    transportKey: Uint8Array;
    identityKey: Uint8Array;
    registrationId: number;
    proof: Uint8Array;
    name: string;
}
export declare namespace LinkIntroduction {
    const codec: () => Codec<LinkIntroduction>;
    function encode(obj: Partial<LinkIntroduction>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkIntroduction>): LinkIntroduction;
}
export interface LinkAdmission {
    deviceList: Uint8Array;
    homeRecord: Uint8Array;
    handle: string;
    relayName: string;
    region: string;
    addresses: string[];
}
export declare namespace LinkAdmission {
    const codec: () => Codec<LinkAdmission>;
    function encode(obj: Partial<LinkAdmission>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkAdmission>): LinkAdmission;
}
export interface LinkReady {
}
export declare namespace LinkReady {
    const codec: () => Codec<LinkReady>;
    function encode(obj: Partial<LinkReady>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReady>): LinkReady;
}
export interface LinkRows {
    rows: LinkRow[];
    isHistory: boolean;
    done: number;
    total: number;
    isComplete: boolean;
}
export declare namespace LinkRows {
    const codec: () => Codec<LinkRows>;
    function encode(obj: Partial<LinkRows>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRows>): LinkRows;
}
export interface LinkRow {
    table: string;
    key: string;
    value: Uint8Array;
}
export declare namespace LinkRow {
    const codec: () => Codec<LinkRow>;
    function encode(obj: Partial<LinkRow>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRow>): LinkRow;
}
export interface LinkFinished {
}
export declare namespace LinkFinished {
    const codec: () => Codec<LinkFinished>;
    function encode(obj: Partial<LinkFinished>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkFinished>): LinkFinished;
}
