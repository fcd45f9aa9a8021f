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
    interface PublicProfileVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface PublicProfileAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface PublicProfileNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface PublicProfileAboutFieldEvent {
        field: '$.about';
        value: string;
    }
    interface PublicProfileIssuedAtMsFieldEvent {
        field: '$.issuedAtMs';
        value: number;
    }
    function encode(obj: Partial<PublicProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicProfile>): PublicProfile;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PublicProfile>): Generator<PublicProfileVersionFieldEvent | PublicProfileAccountFieldEvent | PublicProfileNameFieldEvent | PublicProfileAboutFieldEvent | PublicProfileIssuedAtMsFieldEvent>;
}
export interface DirectoryBundle {
    version: number;
    people: DirectoryPerson[];
}
export declare namespace DirectoryBundle {
    const codec: () => Codec<DirectoryBundle>;
    interface DirectoryBundleVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface DirectoryBundlePeopleAccountFieldEvent {
        field: '$.people[].account';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleHomeRecordFieldEvent {
        field: '$.people[].homeRecord';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleDeviceListFieldEvent {
        field: '$.people[].deviceList';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleBundlesDeviceFieldEvent {
        field: '$.people[].bundles[].device';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleBundlesDeviceKeysFieldEvent {
        field: '$.people[].bundles[].deviceKeys';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleBundlesOneTimeIdFieldEvent {
        field: '$.people[].bundles[].oneTime.id';
        value: number;
        index: number;
    }
    interface DirectoryBundlePeopleBundlesOneTimeKeyFieldEvent {
        field: '$.people[].bundles[].oneTime.key';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleHandleHashFieldEvent {
        field: '$.people[].handleHash';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryBundlePeopleProfileFieldEvent {
        field: '$.people[].profile';
        value: Uint8Array;
        index: number;
    }
    function encode(obj: Partial<DirectoryBundle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryBundle>): DirectoryBundle;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryBundle>): Generator<DirectoryBundleVersionFieldEvent | DirectoryBundlePeopleAccountFieldEvent | DirectoryBundlePeopleHomeRecordFieldEvent | DirectoryBundlePeopleDeviceListFieldEvent | DirectoryBundlePeopleBundlesDeviceFieldEvent | DirectoryBundlePeopleBundlesDeviceKeysFieldEvent | DirectoryBundlePeopleBundlesOneTimeIdFieldEvent | DirectoryBundlePeopleBundlesOneTimeKeyFieldEvent | DirectoryBundlePeopleHandleHashFieldEvent | DirectoryBundlePeopleProfileFieldEvent>;
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
    interface DirectoryPersonAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface DirectoryPersonHomeRecordFieldEvent {
        field: '$.homeRecord';
        value: Uint8Array;
    }
    interface DirectoryPersonDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface DirectoryPersonBundlesDeviceFieldEvent {
        field: '$.bundles[].device';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryPersonBundlesDeviceKeysFieldEvent {
        field: '$.bundles[].deviceKeys';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryPersonBundlesOneTimeIdFieldEvent {
        field: '$.bundles[].oneTime.id';
        value: number;
        index: number;
    }
    interface DirectoryPersonBundlesOneTimeKeyFieldEvent {
        field: '$.bundles[].oneTime.key';
        value: Uint8Array;
        index: number;
    }
    interface DirectoryPersonHandleHashFieldEvent {
        field: '$.handleHash';
        value: Uint8Array;
    }
    interface DirectoryPersonProfileFieldEvent {
        field: '$.profile';
        value: Uint8Array;
    }
    function encode(obj: Partial<DirectoryPerson>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryPerson>): DirectoryPerson;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryPerson>): Generator<DirectoryPersonAccountFieldEvent | DirectoryPersonHomeRecordFieldEvent | DirectoryPersonDeviceListFieldEvent | DirectoryPersonBundlesDeviceFieldEvent | DirectoryPersonBundlesDeviceKeysFieldEvent | DirectoryPersonBundlesOneTimeIdFieldEvent | DirectoryPersonBundlesOneTimeKeyFieldEvent | DirectoryPersonHandleHashFieldEvent | DirectoryPersonProfileFieldEvent>;
}
export interface DirectoryRef {
    relay: Uint8Array;
    generation: number;
}
export declare namespace DirectoryRef {
    const codec: () => Codec<DirectoryRef>;
    interface DirectoryRefRelayFieldEvent {
        field: '$.relay';
        value: Uint8Array;
    }
    interface DirectoryRefGenerationFieldEvent {
        field: '$.generation';
        value: number;
    }
    function encode(obj: Partial<DirectoryRef>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRef>): DirectoryRef;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRef>): Generator<DirectoryRefRelayFieldEvent | DirectoryRefGenerationFieldEvent>;
}
export interface DirectoryHeads {
    heads: Uint8Array[];
}
export declare namespace DirectoryHeads {
    const codec: () => Codec<DirectoryHeads>;
    interface DirectoryHeadsHeadsFieldEvent {
        field: '$.heads[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<DirectoryHeads>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryHeads>): DirectoryHeads;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryHeads>): Generator<DirectoryHeadsHeadsFieldEvent>;
}
export interface DirectoryRead {
    relay: Uint8Array;
    generation: number;
    hash: Uint8Array;
}
export declare namespace DirectoryRead {
    const codec: () => Codec<DirectoryRead>;
    interface DirectoryReadRelayFieldEvent {
        field: '$.relay';
        value: Uint8Array;
    }
    interface DirectoryReadGenerationFieldEvent {
        field: '$.generation';
        value: number;
    }
    interface DirectoryReadHashFieldEvent {
        field: '$.hash';
        value: Uint8Array;
    }
    function encode(obj: Partial<DirectoryRead>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRead>): DirectoryRead;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryRead>): Generator<DirectoryReadRelayFieldEvent | DirectoryReadGenerationFieldEvent | DirectoryReadHashFieldEvent>;
}
export interface DirectoryEntries {
    entries: Uint8Array[];
}
export declare namespace DirectoryEntries {
    const codec: () => Codec<DirectoryEntries>;
    interface DirectoryEntriesEntriesFieldEvent {
        field: '$.entries[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<DirectoryEntries>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryEntries>): DirectoryEntries;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DirectoryEntries>): Generator<DirectoryEntriesEntriesFieldEvent>;
}
export interface ClaimMany {
    accounts: Uint8Array[];
}
export declare namespace ClaimMany {
    const codec: () => Codec<ClaimMany>;
    interface ClaimManyAccountsFieldEvent {
        field: '$.accounts[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<ClaimMany>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimMany>): ClaimMany;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimMany>): Generator<ClaimManyAccountsFieldEvent>;
}
export interface ClaimedMany {
    outcomes: ClaimOutcome[];
}
export declare namespace ClaimedMany {
    const codec: () => Codec<ClaimedMany>;
    interface ClaimedManyOutcomesStatusFieldEvent {
        field: '$.outcomes[].status';
        value: number;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedDeviceListFieldEvent {
        field: '$.outcomes[].claimed.deviceList';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedHomeRecordFieldEvent {
        field: '$.outcomes[].claimed.homeRecord';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedBundlesDeviceFieldEvent {
        field: '$.outcomes[].claimed.bundles[].device';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedBundlesDeviceKeysFieldEvent {
        field: '$.outcomes[].claimed.bundles[].deviceKeys';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedBundlesOneTimeIdFieldEvent {
        field: '$.outcomes[].claimed.bundles[].oneTime.id';
        value: number;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedBundlesOneTimeKeyFieldEvent {
        field: '$.outcomes[].claimed.bundles[].oneTime.key';
        value: Uint8Array;
        index: number;
    }
    interface ClaimedManyOutcomesClaimedIsCopyFieldEvent {
        field: '$.outcomes[].claimed.isCopy';
        value: boolean;
        index: number;
    }
    interface ClaimedManyOutcomesRetryAfterMsFieldEvent {
        field: '$.outcomes[].retryAfterMs';
        value: number;
        index: number;
    }
    function encode(obj: Partial<ClaimedMany>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimedMany>): ClaimedMany;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimedMany>): Generator<ClaimedManyOutcomesStatusFieldEvent | ClaimedManyOutcomesClaimedDeviceListFieldEvent | ClaimedManyOutcomesClaimedHomeRecordFieldEvent | ClaimedManyOutcomesClaimedBundlesDeviceFieldEvent | ClaimedManyOutcomesClaimedBundlesDeviceKeysFieldEvent | ClaimedManyOutcomesClaimedBundlesOneTimeIdFieldEvent | ClaimedManyOutcomesClaimedBundlesOneTimeKeyFieldEvent | ClaimedManyOutcomesClaimedIsCopyFieldEvent | ClaimedManyOutcomesRetryAfterMsFieldEvent>;
}
export interface ClaimOutcome {
    status: number;
    claimed?: Claimed;
    retryAfterMs: number;
}
export declare namespace ClaimOutcome {
    const codec: () => Codec<ClaimOutcome>;
    interface ClaimOutcomeStatusFieldEvent {
        field: '$.status';
        value: number;
    }
    interface ClaimOutcomeClaimedDeviceListFieldEvent {
        field: '$.claimed.deviceList';
        value: Uint8Array;
    }
    interface ClaimOutcomeClaimedHomeRecordFieldEvent {
        field: '$.claimed.homeRecord';
        value: Uint8Array;
    }
    interface ClaimOutcomeClaimedBundlesDeviceFieldEvent {
        field: '$.claimed.bundles[].device';
        value: Uint8Array;
        index: number;
    }
    interface ClaimOutcomeClaimedBundlesDeviceKeysFieldEvent {
        field: '$.claimed.bundles[].deviceKeys';
        value: Uint8Array;
        index: number;
    }
    interface ClaimOutcomeClaimedBundlesOneTimeIdFieldEvent {
        field: '$.claimed.bundles[].oneTime.id';
        value: number;
        index: number;
    }
    interface ClaimOutcomeClaimedBundlesOneTimeKeyFieldEvent {
        field: '$.claimed.bundles[].oneTime.key';
        value: Uint8Array;
        index: number;
    }
    interface ClaimOutcomeClaimedIsCopyFieldEvent {
        field: '$.claimed.isCopy';
        value: boolean;
    }
    interface ClaimOutcomeRetryAfterMsFieldEvent {
        field: '$.retryAfterMs';
        value: number;
    }
    function encode(obj: Partial<ClaimOutcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimOutcome>): ClaimOutcome;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ClaimOutcome>): Generator<ClaimOutcomeStatusFieldEvent | ClaimOutcomeClaimedDeviceListFieldEvent | ClaimOutcomeClaimedHomeRecordFieldEvent | ClaimOutcomeClaimedBundlesDeviceFieldEvent | ClaimOutcomeClaimedBundlesDeviceKeysFieldEvent | ClaimOutcomeClaimedBundlesOneTimeIdFieldEvent | ClaimOutcomeClaimedBundlesOneTimeKeyFieldEvent | ClaimOutcomeClaimedIsCopyFieldEvent | ClaimOutcomeRetryAfterMsFieldEvent>;
}
