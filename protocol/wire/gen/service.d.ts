import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
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
export interface Signed {
    body: Uint8Array;
    signature: Uint8Array;
}
export declare namespace Signed {
    const codec: () => Codec<Signed>;
    interface SignedBodyFieldEvent {
        field: '$.body';
        value: Uint8Array;
    }
    interface SignedSignatureFieldEvent {
        field: '$.signature';
        value: Uint8Array;
    }
    function encode(obj: Partial<Signed>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signed>): Signed;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signed>): Generator<SignedBodyFieldEvent | SignedSignatureFieldEvent>;
}
export interface DeviceList {
    version: number;
    account: Uint8Array;
    epoch: number;
    issuedAtMs: number;
    expiresAtMs: number;
    devices: Device[];
}
export declare namespace DeviceList {
    const codec: () => Codec<DeviceList>;
    interface DeviceListVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface DeviceListAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface DeviceListEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface DeviceListIssuedAtMsFieldEvent {
        field: '$.issuedAtMs';
        value: number;
    }
    interface DeviceListExpiresAtMsFieldEvent {
        field: '$.expiresAtMs';
        value: number;
    }
    interface DeviceListDevicesTransportKeyFieldEvent {
        field: '$.devices[].transportKey';
        value: Uint8Array;
        index: number;
    }
    interface DeviceListDevicesIdentityKeyFieldEvent {
        field: '$.devices[].identityKey';
        value: Uint8Array;
        index: number;
    }
    interface DeviceListDevicesRegistrationIdFieldEvent {
        field: '$.devices[].registrationId';
        value: number;
        index: number;
    }
    function encode(obj: Partial<DeviceList>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceList>): DeviceList;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceList>): Generator<DeviceListVersionFieldEvent | DeviceListAccountFieldEvent | DeviceListEpochFieldEvent | DeviceListIssuedAtMsFieldEvent | DeviceListExpiresAtMsFieldEvent | DeviceListDevicesTransportKeyFieldEvent | DeviceListDevicesIdentityKeyFieldEvent | DeviceListDevicesRegistrationIdFieldEvent>;
}
export interface Device {
    transportKey: Uint8Array;
    identityKey: Uint8Array;
    registrationId: number;
}
export declare namespace Device {
    const codec: () => Codec<Device>;
    interface DeviceTransportKeyFieldEvent {
        field: '$.transportKey';
        value: Uint8Array;
    }
    interface DeviceIdentityKeyFieldEvent {
        field: '$.identityKey';
        value: Uint8Array;
    }
    interface DeviceRegistrationIdFieldEvent {
        field: '$.registrationId';
        value: number;
    }
    function encode(obj: Partial<Device>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Device;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Generator<DeviceTransportKeyFieldEvent | DeviceIdentityKeyFieldEvent | DeviceRegistrationIdFieldEvent>;
}
export interface HomeRecord {
    version: number;
    account: Uint8Array;
    epoch: number;
    homes: Uint8Array[];
    region: string;
    issuedAtMs: number;
}
export declare namespace HomeRecord {
    const codec: () => Codec<HomeRecord>;
    interface HomeRecordVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface HomeRecordAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface HomeRecordEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface HomeRecordHomesFieldEvent {
        field: '$.homes[]';
        index: number;
        value: Uint8Array;
    }
    interface HomeRecordRegionFieldEvent {
        field: '$.region';
        value: string;
    }
    interface HomeRecordIssuedAtMsFieldEvent {
        field: '$.issuedAtMs';
        value: number;
    }
    function encode(obj: Partial<HomeRecord>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HomeRecord>): HomeRecord;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HomeRecord>): Generator<HomeRecordVersionFieldEvent | HomeRecordAccountFieldEvent | HomeRecordEpochFieldEvent | HomeRecordHomesFieldEvent | HomeRecordRegionFieldEvent | HomeRecordIssuedAtMsFieldEvent>;
}
export interface RelayRecord {
    version: number;
    relay: Uint8Array;
    name: string;
    region: string;
    addresses: string[];
    loadPermille: number;
    openRegistration: boolean;
    software: string;
    issuedAtMs: number;
    directory: number;
}
export declare namespace RelayRecord {
    const codec: () => Codec<RelayRecord>;
    interface RelayRecordVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface RelayRecordRelayFieldEvent {
        field: '$.relay';
        value: Uint8Array;
    }
    interface RelayRecordNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface RelayRecordRegionFieldEvent {
        field: '$.region';
        value: string;
    }
    interface RelayRecordAddressesFieldEvent {
        field: '$.addresses[]';
        index: number;
        value: string;
    }
    interface RelayRecordLoadPermilleFieldEvent {
        field: '$.loadPermille';
        value: number;
    }
    interface RelayRecordOpenRegistrationFieldEvent {
        field: '$.openRegistration';
        value: boolean;
    }
    interface RelayRecordSoftwareFieldEvent {
        field: '$.software';
        value: string;
    }
    interface RelayRecordIssuedAtMsFieldEvent {
        field: '$.issuedAtMs';
        value: number;
    }
    interface RelayRecordDirectoryFieldEvent {
        field: '$.directory';
        value: number;
    }
    function encode(obj: Partial<RelayRecord>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecord>): RelayRecord;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecord>): Generator<RelayRecordVersionFieldEvent | RelayRecordRelayFieldEvent | RelayRecordNameFieldEvent | RelayRecordRegionFieldEvent | RelayRecordAddressesFieldEvent | RelayRecordLoadPermilleFieldEvent | RelayRecordOpenRegistrationFieldEvent | RelayRecordSoftwareFieldEvent | RelayRecordIssuedAtMsFieldEvent | RelayRecordDirectoryFieldEvent>;
}
export interface RelayRecords {
    records: Uint8Array[];
}
export declare namespace RelayRecords {
    const codec: () => Codec<RelayRecords>;
    interface RelayRecordsRecordsFieldEvent {
        field: '$.records[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<RelayRecords>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecords>): RelayRecords;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecords>): Generator<RelayRecordsRecordsFieldEvent>;
}
export interface DeviceKeys {
    version: number;
    suite: number;
    registrationId: number;
    identityKey: Uint8Array;
    signedPrekey?: SignedPrekey;
    kemPrekey?: SignedPrekey;
    issuedAtMs: number;
}
export declare namespace DeviceKeys {
    const codec: () => Codec<DeviceKeys>;
    interface DeviceKeysVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface DeviceKeysSuiteFieldEvent {
        field: '$.suite';
        value: number;
    }
    interface DeviceKeysRegistrationIdFieldEvent {
        field: '$.registrationId';
        value: number;
    }
    interface DeviceKeysIdentityKeyFieldEvent {
        field: '$.identityKey';
        value: Uint8Array;
    }
    interface DeviceKeysSignedPrekeyIdFieldEvent {
        field: '$.signedPrekey.id';
        value: number;
    }
    interface DeviceKeysSignedPrekeyKeyFieldEvent {
        field: '$.signedPrekey.key';
        value: Uint8Array;
    }
    interface DeviceKeysSignedPrekeySignatureFieldEvent {
        field: '$.signedPrekey.signature';
        value: Uint8Array;
    }
    interface DeviceKeysKemPrekeyIdFieldEvent {
        field: '$.kemPrekey.id';
        value: number;
    }
    interface DeviceKeysKemPrekeyKeyFieldEvent {
        field: '$.kemPrekey.key';
        value: Uint8Array;
    }
    interface DeviceKeysKemPrekeySignatureFieldEvent {
        field: '$.kemPrekey.signature';
        value: Uint8Array;
    }
    interface DeviceKeysIssuedAtMsFieldEvent {
        field: '$.issuedAtMs';
        value: number;
    }
    function encode(obj: Partial<DeviceKeys>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceKeys>): DeviceKeys;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceKeys>): Generator<DeviceKeysVersionFieldEvent | DeviceKeysSuiteFieldEvent | DeviceKeysRegistrationIdFieldEvent | DeviceKeysIdentityKeyFieldEvent | DeviceKeysSignedPrekeyIdFieldEvent | DeviceKeysSignedPrekeyKeyFieldEvent | DeviceKeysSignedPrekeySignatureFieldEvent | DeviceKeysKemPrekeyIdFieldEvent | DeviceKeysKemPrekeyKeyFieldEvent | DeviceKeysKemPrekeySignatureFieldEvent | DeviceKeysIssuedAtMsFieldEvent>;
}
export interface SignedPrekey {
    id: number;
    key: Uint8Array;
    signature: Uint8Array;
}
export declare namespace SignedPrekey {
    const codec: () => Codec<SignedPrekey>;
    interface SignedPrekeyIdFieldEvent {
        field: '$.id';
        value: number;
    }
    interface SignedPrekeyKeyFieldEvent {
        field: '$.key';
        value: Uint8Array;
    }
    interface SignedPrekeySignatureFieldEvent {
        field: '$.signature';
        value: Uint8Array;
    }
    function encode(obj: Partial<SignedPrekey>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedPrekey>): SignedPrekey;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedPrekey>): Generator<SignedPrekeyIdFieldEvent | SignedPrekeyKeyFieldEvent | SignedPrekeySignatureFieldEvent>;
}
export interface OneTimePrekey {
    id: number;
    key: Uint8Array;
}
export declare namespace OneTimePrekey {
    const codec: () => Codec<OneTimePrekey>;
    interface OneTimePrekeyIdFieldEvent {
        field: '$.id';
        value: number;
    }
    interface OneTimePrekeyKeyFieldEvent {
        field: '$.key';
        value: Uint8Array;
    }
    function encode(obj: Partial<OneTimePrekey>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimePrekey>): OneTimePrekey;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimePrekey>): Generator<OneTimePrekeyIdFieldEvent | OneTimePrekeyKeyFieldEvent>;
}
export interface PrekeyUpload {
    deviceKeys?: Uint8Array;
    oneTime: OneTimePrekey[];
    replaces?: boolean;
}
export declare namespace PrekeyUpload {
    const codec: () => Codec<PrekeyUpload>;
    interface PrekeyUploadDeviceKeysFieldEvent {
        field: '$.deviceKeys';
        value: Uint8Array;
    }
    interface PrekeyUploadOneTimeIdFieldEvent {
        field: '$.oneTime[].id';
        value: number;
        index: number;
    }
    interface PrekeyUploadOneTimeKeyFieldEvent {
        field: '$.oneTime[].key';
        value: Uint8Array;
        index: number;
    }
    interface PrekeyUploadReplacesFieldEvent {
        field: '$.replaces';
        value: boolean;
    }
    function encode(obj: Partial<PrekeyUpload>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeyUpload>): PrekeyUpload;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeyUpload>): Generator<PrekeyUploadDeviceKeysFieldEvent | PrekeyUploadOneTimeIdFieldEvent | PrekeyUploadOneTimeKeyFieldEvent | PrekeyUploadReplacesFieldEvent>;
}
export interface Bundle {
    device: Uint8Array;
    deviceKeys: Uint8Array;
    oneTime?: OneTimePrekey;
}
export declare namespace Bundle {
    const codec: () => Codec<Bundle>;
    interface BundleDeviceFieldEvent {
        field: '$.device';
        value: Uint8Array;
    }
    interface BundleDeviceKeysFieldEvent {
        field: '$.deviceKeys';
        value: Uint8Array;
    }
    interface BundleOneTimeIdFieldEvent {
        field: '$.oneTime.id';
        value: number;
    }
    interface BundleOneTimeKeyFieldEvent {
        field: '$.oneTime.key';
        value: Uint8Array;
    }
    function encode(obj: Partial<Bundle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bundle>): Bundle;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bundle>): Generator<BundleDeviceFieldEvent | BundleDeviceKeysFieldEvent | BundleOneTimeIdFieldEvent | BundleOneTimeKeyFieldEvent>;
}
