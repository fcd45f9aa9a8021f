import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Signed {
    body: Uint8Array;
    signature: Uint8Array;
}
export declare namespace Signed {
    const codec: () => Codec<Signed>;
    function encode(obj: Partial<Signed>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Signed>): Signed;
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
    function encode(obj: Partial<DeviceList>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceList>): DeviceList;
}
export interface Device {
    transportKey: Uint8Array;
    identityKey: Uint8Array;
    registrationId: number;
}
export declare namespace Device {
    const codec: () => Codec<Device>;
    function encode(obj: Partial<Device>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Device>): Device;
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
    function encode(obj: Partial<HomeRecord>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<HomeRecord>): HomeRecord;
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
    function encode(obj: Partial<RelayRecord>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecord>): RelayRecord;
}
export interface RelayRecords {
    records: Uint8Array[];
}
export declare namespace RelayRecords {
    const codec: () => Codec<RelayRecords>;
    function encode(obj: Partial<RelayRecords>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<RelayRecords>): RelayRecords;
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
    function encode(obj: Partial<DeviceKeys>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<DeviceKeys>): DeviceKeys;
}
export interface SignedPrekey {
    id: number;
    key: Uint8Array;
    signature: Uint8Array;
}
export declare namespace SignedPrekey {
    const codec: () => Codec<SignedPrekey>;
    function encode(obj: Partial<SignedPrekey>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SignedPrekey>): SignedPrekey;
}
export interface OneTimePrekey {
    id: number;
    key: Uint8Array;
}
export declare namespace OneTimePrekey {
    const codec: () => Codec<OneTimePrekey>;
    function encode(obj: Partial<OneTimePrekey>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<OneTimePrekey>): OneTimePrekey;
}
export interface PrekeyUpload {
    deviceKeys?: Uint8Array;
    oneTime: OneTimePrekey[];
    replaces?: boolean;
}
export declare namespace PrekeyUpload {
    const codec: () => Codec<PrekeyUpload>;
    function encode(obj: Partial<PrekeyUpload>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PrekeyUpload>): PrekeyUpload;
}
export interface Bundle {
    device: Uint8Array;
    deviceKeys: Uint8Array;
    oneTime?: OneTimePrekey;
}
export declare namespace Bundle {
    const codec: () => Codec<Bundle>;
    function encode(obj: Partial<Bundle>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Bundle>): Bundle;
}
