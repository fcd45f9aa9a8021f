import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Watch {
    accounts: Watched[];
}
export declare namespace Watch {
    const codec: () => Codec<Watch>;
    function encode(obj: Partial<Watch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watch>): Watch;
}
export interface Watched {
    account: Uint8Array;
    group?: Uint8Array;
}
export declare namespace Watched {
    const codec: () => Codec<Watched>;
    function encode(obj: Partial<Watched>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watched>): Watched;
}
export interface Presences {
    presences: Presence[];
}
export declare namespace Presences {
    const codec: () => Codec<Presences>;
    function encode(obj: Partial<Presences>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presences>): Presences;
}
export interface Presence {
    account: Uint8Array;
    state: number;
    lastSeenMs: number;
}
export declare namespace Presence {
    const codec: () => Codec<Presence>;
    function encode(obj: Partial<Presence>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Presence;
}
export interface Activity {
    isIdle: boolean;
}
export declare namespace Activity {
    const codec: () => Codec<Activity>;
    function encode(obj: Partial<Activity>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Activity>): Activity;
}
export interface PresencePolicy {
    online: number;
    lastSeen: number;
    contacts: Uint8Array[];
    blocked: Uint8Array[];
}
export declare namespace PresencePolicy {
    const codec: () => Codec<PresencePolicy>;
    function encode(obj: Partial<PresencePolicy>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresencePolicy>): PresencePolicy;
}
export interface WatchAtRelay {
    isAnew: boolean;
    add: WatchedPair[];
    remove: WatchedPair[];
    wantsAll: boolean;
}
export declare namespace WatchAtRelay {
    const codec: () => Codec<WatchAtRelay>;
    function encode(obj: Partial<WatchAtRelay>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchAtRelay>): WatchAtRelay;
}
export interface WatchedPair {
    account: Uint8Array;
    watcher: Uint8Array;
    group?: Uint8Array;
}
export declare namespace WatchedPair {
    const codec: () => Codec<WatchedPair>;
    function encode(obj: Partial<WatchedPair>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchedPair>): WatchedPair;
}
export interface WatchingAtRelay {
    isKnown: boolean;
}
export declare namespace WatchingAtRelay {
    const codec: () => Codec<WatchingAtRelay>;
    function encode(obj: Partial<WatchingAtRelay>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchingAtRelay>): WatchingAtRelay;
}
export interface RelayPresences {
    presences: Presence[];
    grants: PresenceGrant[];
}
export declare namespace RelayPresences {
    const codec: () => Codec<RelayPresences>;
    function encode(obj: Partial<RelayPresences>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayPresences>): RelayPresences;
}
export interface PresenceGrant {
    account: Uint8Array;
    watcher: Uint8Array;
    bits: number;
}
export declare namespace PresenceGrant {
    const codec: () => Codec<PresenceGrant>;
    function encode(obj: Partial<PresenceGrant>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresenceGrant>): PresenceGrant;
}
