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
    interface FailureStatusFieldEvent {
        field: '$.status';
        value: number;
    }
    interface FailureRetryAfterMsFieldEvent {
        field: '$.retryAfterMs';
        value: number;
    }
    interface FailureMaxFieldEvent {
        field: '$.max';
        value: number;
    }
    interface FailureRecordFieldEvent {
        field: '$.record';
        value: Uint8Array;
    }
    function encode(obj: Partial<Failure>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Failure;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Failure>): Generator<FailureStatusFieldEvent | FailureRetryAfterMsFieldEvent | FailureMaxFieldEvent | FailureRecordFieldEvent>;
}
export interface Empty {
}
export declare namespace Empty {
    const codec: () => Codec<Empty>;
    function encode(obj: Partial<Empty>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Empty>): Empty;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Empty>): Generator<{}>;
}
export interface Hello {
    version: number;
    account: Uint8Array;
    deviceList: Uint8Array;
    software: string;
}
export declare namespace Hello {
    const codec: () => Codec<Hello>;
    interface HelloVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface HelloAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface HelloDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface HelloSoftwareFieldEvent {
        field: '$.software';
        value: string;
    }
    function encode(obj: Partial<Hello>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Hello;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Hello>): Generator<HelloVersionFieldEvent | HelloAccountFieldEvent | HelloDeviceListFieldEvent | HelloSoftwareFieldEvent>;
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
    interface WelcomeVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface WelcomeRelayNameFieldEvent {
        field: '$.relayName';
        value: string;
    }
    interface WelcomeRegionFieldEvent {
        field: '$.region';
        value: string;
    }
    interface WelcomeNowMsFieldEvent {
        field: '$.nowMs';
        value: number;
    }
    interface WelcomeHeartbeatMsFieldEvent {
        field: '$.heartbeatMs';
        value: number;
    }
    interface WelcomeIsRegisteredFieldEvent {
        field: '$.isRegistered';
        value: boolean;
    }
    interface WelcomeOneTimePrekeysLeftFieldEvent {
        field: '$.oneTimePrekeysLeft';
        value: number;
    }
    interface WelcomeHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    function encode(obj: Partial<Welcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeVersionFieldEvent | WelcomeRelayNameFieldEvent | WelcomeRegionFieldEvent | WelcomeNowMsFieldEvent | WelcomeHeartbeatMsFieldEvent | WelcomeIsRegisteredFieldEvent | WelcomeOneTimePrekeysLeftFieldEvent | WelcomeHandleFieldEvent>;
}
export interface Register {
    homeRecord: Uint8Array;
    handle: string;
    prekeys?: PrekeyUpload;
}
export declare namespace Register {
    const codec: () => Codec<Register>;
    interface RegisterHomeRecordFieldEvent {
        field: '$.homeRecord';
        value: Uint8Array;
    }
    interface RegisterHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    interface RegisterPrekeysDeviceKeysFieldEvent {
        field: '$.prekeys.deviceKeys';
        value: Uint8Array;
    }
    interface RegisterPrekeysOneTimeIdFieldEvent {
        field: '$.prekeys.oneTime[].id';
        value: number;
        index: number;
    }
    interface RegisterPrekeysOneTimeKeyFieldEvent {
        field: '$.prekeys.oneTime[].key';
        value: Uint8Array;
        index: number;
    }
    interface RegisterPrekeysReplacesFieldEvent {
        field: '$.prekeys.replaces';
        value: boolean;
    }
    function encode(obj: Partial<Register>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Register>): Register;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Register>): Generator<RegisterHomeRecordFieldEvent | RegisterHandleFieldEvent | RegisterPrekeysDeviceKeysFieldEvent | RegisterPrekeysOneTimeIdFieldEvent | RegisterPrekeysOneTimeKeyFieldEvent | RegisterPrekeysReplacesFieldEvent>;
}
export interface Registered {
    handle: string;
}
export declare namespace Registered {
    const codec: () => Codec<Registered>;
    interface RegisteredHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    function encode(obj: Partial<Registered>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Registered>): Registered;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Registered>): Generator<RegisteredHandleFieldEvent>;
}
export interface PrekeysLeft {
    oneTime: number;
}
export declare namespace PrekeysLeft {
    const codec: () => Codec<PrekeysLeft>;
    interface PrekeysLeftOneTimeFieldEvent {
        field: '$.oneTime';
        value: number;
    }
    function encode(obj: Partial<PrekeysLeft>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeysLeft>): PrekeysLeft;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeysLeft>): Generator<PrekeysLeftOneTimeFieldEvent>;
}
export interface Claim {
    account: Uint8Array;
}
export declare namespace Claim {
    const codec: () => Codec<Claim>;
    interface ClaimAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    function encode(obj: Partial<Claim>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claim>): Claim;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claim>): Generator<ClaimAccountFieldEvent>;
}
export interface Claimed {
    deviceList: Uint8Array;
    homeRecord: Uint8Array;
    bundles: Bundle[];
    isCopy?: boolean;
}
export declare namespace Claimed {
    const codec: () => Codec<Claimed>;
    interface ClaimedDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface ClaimedHomeRecordFieldEvent {
        field: '$.homeRecord';
        value: Uint8Array;
    }
    interface ClaimedBundlesDeviceFieldEvent {
        field: '$.bundles[].device';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedBundlesDeviceKeysFieldEvent {
        field: '$.bundles[].deviceKeys';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedBundlesOneTimeIdFieldEvent {
        field: '$.bundles[].oneTime.id';
        value: number;
        index: number;
    }
    interface ClaimedBundlesOneTimeKeyFieldEvent {
        field: '$.bundles[].oneTime.key';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedIsCopyFieldEvent {
        field: '$.isCopy';
        value: boolean;
    }
    function encode(obj: Partial<Claimed>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claimed>): Claimed;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Claimed>): Generator<ClaimedDeviceListFieldEvent | ClaimedHomeRecordFieldEvent | ClaimedBundlesDeviceFieldEvent | ClaimedBundlesDeviceKeysFieldEvent | ClaimedBundlesOneTimeIdFieldEvent | ClaimedBundlesOneTimeKeyFieldEvent | ClaimedIsCopyFieldEvent>;
}
export interface FindAccount {
    account: Uint8Array;
}
export declare namespace FindAccount {
    const codec: () => Codec<FindAccount>;
    interface FindAccountAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    function encode(obj: Partial<FindAccount>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindAccount>): FindAccount;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindAccount>): Generator<FindAccountAccountFieldEvent>;
}
export interface FindHandle {
    handle: string;
}
export declare namespace FindHandle {
    const codec: () => Codec<FindHandle>;
    interface FindHandleHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    function encode(obj: Partial<FindHandle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindHandle>): FindHandle;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<FindHandle>): Generator<FindHandleHandleFieldEvent>;
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
    interface FoundAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface FoundHomeRecordFieldEvent {
        field: '$.homeRecord';
        value: Uint8Array;
    }
    interface FoundDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface FoundProfileFieldEvent {
        field: '$.profile';
        value: Uint8Array;
    }
    interface FoundIsCopyFieldEvent {
        field: '$.isCopy';
        value: boolean;
    }
    function encode(obj: Partial<Found>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Found>): Found;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Found>): Generator<FoundAccountFieldEvent | FoundHomeRecordFieldEvent | FoundDeviceListFieldEvent | FoundProfileFieldEvent | FoundIsCopyFieldEvent>;
}
export interface Introduce {
    homeRecords: Uint8Array[];
}
export declare namespace Introduce {
    const codec: () => Codec<Introduce>;
    interface IntroduceHomeRecordsFieldEvent {
        field: '$.homeRecords[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<Introduce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Introduce>): Introduce;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Introduce>): Generator<IntroduceHomeRecordsFieldEvent>;
}
export interface GetDirectory {
    region: string;
    max: number;
}
export declare namespace GetDirectory {
    const codec: () => Codec<GetDirectory>;
    interface GetDirectoryRegionFieldEvent {
        field: '$.region';
        value: string;
    }
    interface GetDirectoryMaxFieldEvent {
        field: '$.max';
        value: number;
    }
    function encode(obj: Partial<GetDirectory>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GetDirectory>): GetDirectory;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GetDirectory>): Generator<GetDirectoryRegionFieldEvent | GetDirectoryMaxFieldEvent>;
}
