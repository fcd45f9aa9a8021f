import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Watch {
    accounts: Watched[];
}
export declare namespace Watch {
    const codec: () => Codec<Watch>;
    interface WatchAccountsAccountFieldEvent {
        field: '$.accounts[].account';
        value: Uint8Array;
        index: number;
    }
    interface WatchAccountsGroupFieldEvent {
        field: '$.accounts[].group';
        value: Uint8Array;
        index: number;
    }
    function encode(obj: Partial<Watch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watch>): Watch;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watch>): Generator<WatchAccountsAccountFieldEvent | WatchAccountsGroupFieldEvent>;
}
export interface Watched {
    account: Uint8Array;
    group?: Uint8Array;
}
export declare namespace Watched {
    const codec: () => Codec<Watched>;
    interface WatchedAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface WatchedGroupFieldEvent {
        field: '$.group';
        value: Uint8Array;
    }
    function encode(obj: Partial<Watched>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watched>): Watched;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Watched>): Generator<WatchedAccountFieldEvent | WatchedGroupFieldEvent>;
}
export interface Presences {
    presences: Presence[];
}
export declare namespace Presences {
    const codec: () => Codec<Presences>;
    interface PresencesPresencesAccountFieldEvent {
        field: '$.presences[].account';
        value: Uint8Array;
        index: number;
    }
    interface PresencesPresencesStateFieldEvent {
        field: '$.presences[].state';
        value: number;
        index: number;
    }
    interface PresencesPresencesLastSeenMsFieldEvent {
        field: '$.presences[].lastSeenMs';
        value: number;
        index: number;
    }
    function encode(obj: Partial<Presences>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presences>): Presences;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presences>): Generator<PresencesPresencesAccountFieldEvent | PresencesPresencesStateFieldEvent | PresencesPresencesLastSeenMsFieldEvent>;
}
export interface Presence {
    account: Uint8Array;
    state: number;
    lastSeenMs: number;
}
export declare namespace Presence {
    const codec: () => Codec<Presence>;
    interface PresenceAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface PresenceStateFieldEvent {
        field: '$.state';
        value: number;
    }
    interface PresenceLastSeenMsFieldEvent {
        field: '$.lastSeenMs';
        value: number;
    }
    function encode(obj: Partial<Presence>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Presence;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Presence>): Generator<PresenceAccountFieldEvent | PresenceStateFieldEvent | PresenceLastSeenMsFieldEvent>;
}
export interface Activity {
    isIdle: boolean;
}
export declare namespace Activity {
    const codec: () => Codec<Activity>;
    interface ActivityIsIdleFieldEvent {
        field: '$.isIdle';
        value: boolean;
    }
    function encode(obj: Partial<Activity>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Activity>): Activity;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Activity>): Generator<ActivityIsIdleFieldEvent>;
}
export interface PresencePolicy {
    online: number;
    lastSeen: number;
    contacts: Uint8Array[];
    blocked: Uint8Array[];
}
export declare namespace PresencePolicy {
    const codec: () => Codec<PresencePolicy>;
    interface PresencePolicyOnlineFieldEvent {
        field: '$.online';
        value: number;
    }
    interface PresencePolicyLastSeenFieldEvent {
        field: '$.lastSeen';
        value: number;
    }
    interface PresencePolicyContactsFieldEvent {
        field: '$.contacts[]';
        index: number;
        value: Uint8Array;
    }
    interface PresencePolicyBlockedFieldEvent {
        field: '$.blocked[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<PresencePolicy>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresencePolicy>): PresencePolicy;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresencePolicy>): Generator<PresencePolicyOnlineFieldEvent | PresencePolicyLastSeenFieldEvent | PresencePolicyContactsFieldEvent | PresencePolicyBlockedFieldEvent>;
}
export interface WatchAtRelay {
    isAnew: boolean;
    add: WatchedPair[];
    remove: WatchedPair[];
    wantsAll: boolean;
}
export declare namespace WatchAtRelay {
    const codec: () => Codec<WatchAtRelay>;
    interface WatchAtRelayIsAnewFieldEvent {
        field: '$.isAnew';
        value: boolean;
    }
    interface WatchAtRelayAddAccountFieldEvent {
        field: '$.add[].account';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayAddWatcherFieldEvent {
        field: '$.add[].watcher';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayAddGroupFieldEvent {
        field: '$.add[].group';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayRemoveAccountFieldEvent {
        field: '$.remove[].account';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayRemoveWatcherFieldEvent {
        field: '$.remove[].watcher';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayRemoveGroupFieldEvent {
        field: '$.remove[].group';
        value: Uint8Array;
        index: number;
    }
    interface WatchAtRelayWantsAllFieldEvent {
        field: '$.wantsAll';
        value: boolean;
    }
    function encode(obj: Partial<WatchAtRelay>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchAtRelay>): WatchAtRelay;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchAtRelay>): Generator<WatchAtRelayIsAnewFieldEvent | WatchAtRelayAddAccountFieldEvent | WatchAtRelayAddWatcherFieldEvent | WatchAtRelayAddGroupFieldEvent | WatchAtRelayRemoveAccountFieldEvent | WatchAtRelayRemoveWatcherFieldEvent | WatchAtRelayRemoveGroupFieldEvent | WatchAtRelayWantsAllFieldEvent>;
}
export interface WatchedPair {
    account: Uint8Array;
    watcher: Uint8Array;
    group?: Uint8Array;
}
export declare namespace WatchedPair {
    const codec: () => Codec<WatchedPair>;
    interface WatchedPairAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface WatchedPairWatcherFieldEvent {
        field: '$.watcher';
        value: Uint8Array;
    }
    interface WatchedPairGroupFieldEvent {
        field: '$.group';
        value: Uint8Array;
    }
    function encode(obj: Partial<WatchedPair>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchedPair>): WatchedPair;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchedPair>): Generator<WatchedPairAccountFieldEvent | WatchedPairWatcherFieldEvent | WatchedPairGroupFieldEvent>;
}
export interface WatchingAtRelay {
    isKnown: boolean;
}
export declare namespace WatchingAtRelay {
    const codec: () => Codec<WatchingAtRelay>;
    interface WatchingAtRelayIsKnownFieldEvent {
        field: '$.isKnown';
        value: boolean;
    }
    function encode(obj: Partial<WatchingAtRelay>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchingAtRelay>): WatchingAtRelay;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<WatchingAtRelay>): Generator<WatchingAtRelayIsKnownFieldEvent>;
}
export interface RelayPresences {
    presences: Presence[];
    grants: PresenceGrant[];
}
export declare namespace RelayPresences {
    const codec: () => Codec<RelayPresences>;
    interface RelayPresencesPresencesAccountFieldEvent {
        field: '$.presences[].account';
        value: Uint8Array;
        index: number;
    }
    interface RelayPresencesPresencesStateFieldEvent {
        field: '$.presences[].state';
        value: number;
        index: number;
    }
    interface RelayPresencesPresencesLastSeenMsFieldEvent {
        field: '$.presences[].lastSeenMs';
        value: number;
        index: number;
    }
    interface RelayPresencesGrantsAccountFieldEvent {
        field: '$.grants[].account';
        value: Uint8Array;
        index: number;
    }
    interface RelayPresencesGrantsWatcherFieldEvent {
        field: '$.grants[].watcher';
        value: Uint8Array;
        index: number;
    }
    interface RelayPresencesGrantsBitsFieldEvent {
        field: '$.grants[].bits';
        value: number;
        index: number;
    }
    function encode(obj: Partial<RelayPresences>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayPresences>): RelayPresences;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayPresences>): Generator<RelayPresencesPresencesAccountFieldEvent | RelayPresencesPresencesStateFieldEvent | RelayPresencesPresencesLastSeenMsFieldEvent | RelayPresencesGrantsAccountFieldEvent | RelayPresencesGrantsWatcherFieldEvent | RelayPresencesGrantsBitsFieldEvent>;
}
export interface PresenceGrant {
    account: Uint8Array;
    watcher: Uint8Array;
    bits: number;
}
export declare namespace PresenceGrant {
    const codec: () => Codec<PresenceGrant>;
    interface PresenceGrantAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface PresenceGrantWatcherFieldEvent {
        field: '$.watcher';
        value: Uint8Array;
    }
    interface PresenceGrantBitsFieldEvent {
        field: '$.bits';
        value: number;
    }
    function encode(obj: Partial<PresenceGrant>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresenceGrant>): PresenceGrant;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PresenceGrant>): Generator<PresenceGrantAccountFieldEvent | PresenceGrantWatcherFieldEvent | PresenceGrantBitsFieldEvent>;
}
