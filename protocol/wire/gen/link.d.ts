import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface LinkMeet {
    rendezvous: Uint8Array;
    isNewDevice: boolean;
}
export declare namespace LinkMeet {
    const codec: () => Codec<LinkMeet>;
    interface LinkMeetRendezvousFieldEvent {
        field: '$.rendezvous';
        value: Uint8Array;
    }
    interface LinkMeetIsNewDeviceFieldEvent {
        field: '$.isNewDevice';
        value: boolean;
    }
    function encode(obj: Partial<LinkMeet>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMeet>): LinkMeet;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMeet>): Generator<LinkMeetRendezvousFieldEvent | LinkMeetIsNewDeviceFieldEvent>;
}
export interface LinkParcel {
    payload: Uint8Array;
}
export declare namespace LinkParcel {
    const codec: () => Codec<LinkParcel>;
    interface LinkParcelPayloadFieldEvent {
        field: '$.payload';
        value: Uint8Array;
    }
    function encode(obj: Partial<LinkParcel>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkParcel>): LinkParcel;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkParcel>): Generator<LinkParcelPayloadFieldEvent>;
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
    interface LinkMessageCommitVersionFieldEvent {
        field: '$.commit.version';
        value: number;
    }
    interface LinkMessageCommitCommitmentFieldEvent {
        field: '$.commit.commitment';
        value: Uint8Array;
    }
    interface LinkMessageNonceNonceFieldEvent {
        field: '$.nonce.nonce';
        value: Uint8Array;
    }
    interface LinkMessageRevealKeyFieldEvent {
        field: '$.reveal.key';
        value: Uint8Array;
    }
    interface LinkMessageRevealNonceFieldEvent {
        field: '$.reveal.nonce';
        value: Uint8Array;
    }
    interface LinkMessageGrantAccountFieldEvent {
        field: '$.grant.account';
        value: Uint8Array;
    }
    interface LinkMessageGrantEpochFieldEvent {
        field: '$.grant.epoch';
        value: number;
    }
    interface LinkMessageIntroductionTransportKeyFieldEvent {
        field: '$.introduction.transportKey';
        value: Uint8Array;
    }
    interface LinkMessageIntroductionIdentityKeyFieldEvent {
        field: '$.introduction.identityKey';
        value: Uint8Array;
    }
    interface LinkMessageIntroductionRegistrationIdFieldEvent {
        field: '$.introduction.registrationId';
        value: number;
    }
    interface LinkMessageIntroductionProofFieldEvent {
        field: '$.introduction.proof';
        value: Uint8Array;
    }
    interface LinkMessageIntroductionNameFieldEvent {
        field: '$.introduction.name';
        value: string;
    }
    interface LinkMessageAdmissionDeviceListFieldEvent {
        field: '$.admission.deviceList';
        value: Uint8Array;
    }
    interface LinkMessageAdmissionHomeRecordFieldEvent {
        field: '$.admission.homeRecord';
        value: Uint8Array;
    }
    interface LinkMessageAdmissionHandleFieldEvent {
        field: '$.admission.handle';
        value: string;
    }
    interface LinkMessageAdmissionRelayNameFieldEvent {
        field: '$.admission.relayName';
        value: string;
    }
    interface LinkMessageAdmissionRegionFieldEvent {
        field: '$.admission.region';
        value: string;
    }
    interface LinkMessageAdmissionAddressesFieldEvent {
        field: '$.admission.addresses[]';
        index: number;
        value: string;
    }
    interface LinkMessageRowsRowsTableFieldEvent {
        field: '$.rows.rows[].table';
        value: string;
        index: number;
    }
    interface LinkMessageRowsRowsKeyFieldEvent {
        field: '$.rows.rows[].key';
        value: string;
        index: number;
    }
    interface LinkMessageRowsRowsValueFieldEvent {
        field: '$.rows.rows[].value';
        value: Uint8Array;
        index: number;
    }
    interface LinkMessageRowsIsHistoryFieldEvent {
        field: '$.rows.isHistory';
        value: boolean;
    }
    interface LinkMessageRowsDoneFieldEvent {
        field: '$.rows.done';
        value: number;
    }
    interface LinkMessageRowsTotalFieldEvent {
        field: '$.rows.total';
        value: number;
    }
    interface LinkMessageRowsIsCompleteFieldEvent {
        field: '$.rows.isComplete';
        value: boolean;
    }
    function encode(obj: Partial<LinkMessage>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMessage>): LinkMessage;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkMessage>): Generator<LinkMessageCommitVersionFieldEvent | LinkMessageCommitCommitmentFieldEvent | LinkMessageNonceNonceFieldEvent | LinkMessageRevealKeyFieldEvent | LinkMessageRevealNonceFieldEvent | LinkMessageGrantAccountFieldEvent | LinkMessageGrantEpochFieldEvent | LinkMessageIntroductionTransportKeyFieldEvent | LinkMessageIntroductionIdentityKeyFieldEvent | LinkMessageIntroductionRegistrationIdFieldEvent | LinkMessageIntroductionProofFieldEvent | LinkMessageIntroductionNameFieldEvent | LinkMessageAdmissionDeviceListFieldEvent | LinkMessageAdmissionHomeRecordFieldEvent | LinkMessageAdmissionHandleFieldEvent | LinkMessageAdmissionRelayNameFieldEvent | LinkMessageAdmissionRegionFieldEvent | LinkMessageAdmissionAddressesFieldEvent | LinkMessageRowsRowsTableFieldEvent | LinkMessageRowsRowsKeyFieldEvent | LinkMessageRowsRowsValueFieldEvent | LinkMessageRowsIsHistoryFieldEvent | LinkMessageRowsDoneFieldEvent | LinkMessageRowsTotalFieldEvent | LinkMessageRowsIsCompleteFieldEvent>;
}
export interface LinkCommit {
    version: number;
    commitment: Uint8Array;
}
export declare namespace LinkCommit {
    const codec: () => Codec<LinkCommit>;
    interface LinkCommitVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface LinkCommitCommitmentFieldEvent {
        field: '$.commitment';
        value: Uint8Array;
    }
    function encode(obj: Partial<LinkCommit>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkCommit>): LinkCommit;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkCommit>): Generator<LinkCommitVersionFieldEvent | LinkCommitCommitmentFieldEvent>;
}
export interface LinkNonce {
    nonce: Uint8Array;
}
export declare namespace LinkNonce {
    const codec: () => Codec<LinkNonce>;
    interface LinkNonceNonceFieldEvent {
        field: '$.nonce';
        value: Uint8Array;
    }
    function encode(obj: Partial<LinkNonce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkNonce>): LinkNonce;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkNonce>): Generator<LinkNonceNonceFieldEvent>;
}
export interface LinkReveal {
    key: Uint8Array;
    nonce: Uint8Array;
}
export declare namespace LinkReveal {
    const codec: () => Codec<LinkReveal>;
    interface LinkRevealKeyFieldEvent {
        field: '$.key';
        value: Uint8Array;
    }
    interface LinkRevealNonceFieldEvent {
        field: '$.nonce';
        value: Uint8Array;
    }
    function encode(obj: Partial<LinkReveal>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReveal>): LinkReveal;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReveal>): Generator<LinkRevealKeyFieldEvent | LinkRevealNonceFieldEvent>;
}
export interface LinkGrant {
    account: Uint8Array;
    epoch: number;
}
export declare namespace LinkGrant {
    const codec: () => Codec<LinkGrant>;
    interface LinkGrantAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface LinkGrantEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    function encode(obj: Partial<LinkGrant>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkGrant>): LinkGrant;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkGrant>): Generator<LinkGrantAccountFieldEvent | LinkGrantEpochFieldEvent>;
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
    interface LinkIntroductionTransportKeyFieldEvent {
        field: '$.transportKey';
        value: Uint8Array;
    }
    interface LinkIntroductionIdentityKeyFieldEvent {
        field: '$.identityKey';
        value: Uint8Array;
    }
    interface LinkIntroductionRegistrationIdFieldEvent {
        field: '$.registrationId';
        value: number;
    }
    interface LinkIntroductionProofFieldEvent {
        field: '$.proof';
        value: Uint8Array;
    }
    interface LinkIntroductionNameFieldEvent {
        field: '$.name';
        value: string;
    }
    function encode(obj: Partial<LinkIntroduction>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkIntroduction>): LinkIntroduction;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkIntroduction>): Generator<LinkIntroductionTransportKeyFieldEvent | LinkIntroductionIdentityKeyFieldEvent | LinkIntroductionRegistrationIdFieldEvent | LinkIntroductionProofFieldEvent | LinkIntroductionNameFieldEvent>;
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
    interface LinkAdmissionDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface LinkAdmissionHomeRecordFieldEvent {
        field: '$.homeRecord';
        value: Uint8Array;
    }
    interface LinkAdmissionHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    interface LinkAdmissionRelayNameFieldEvent {
        field: '$.relayName';
        value: string;
    }
    interface LinkAdmissionRegionFieldEvent {
        field: '$.region';
        value: string;
    }
    interface LinkAdmissionAddressesFieldEvent {
        field: '$.addresses[]';
        index: number;
        value: string;
    }
    function encode(obj: Partial<LinkAdmission>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkAdmission>): LinkAdmission;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkAdmission>): Generator<LinkAdmissionDeviceListFieldEvent | LinkAdmissionHomeRecordFieldEvent | LinkAdmissionHandleFieldEvent | LinkAdmissionRelayNameFieldEvent | LinkAdmissionRegionFieldEvent | LinkAdmissionAddressesFieldEvent>;
}
export interface LinkReady {
}
export declare namespace LinkReady {
    const codec: () => Codec<LinkReady>;
    function encode(obj: Partial<LinkReady>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReady>): LinkReady;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkReady>): Generator<{}>;
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
    interface LinkRowsRowsTableFieldEvent {
        field: '$.rows[].table';
        value: string;
        index: number;
    }
    interface LinkRowsRowsKeyFieldEvent {
        field: '$.rows[].key';
        value: string;
        index: number;
    }
    interface LinkRowsRowsValueFieldEvent {
        field: '$.rows[].value';
        value: Uint8Array;
        index: number;
    }
    interface LinkRowsIsHistoryFieldEvent {
        field: '$.isHistory';
        value: boolean;
    }
    interface LinkRowsDoneFieldEvent {
        field: '$.done';
        value: number;
    }
    interface LinkRowsTotalFieldEvent {
        field: '$.total';
        value: number;
    }
    interface LinkRowsIsCompleteFieldEvent {
        field: '$.isComplete';
        value: boolean;
    }
    function encode(obj: Partial<LinkRows>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRows>): LinkRows;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRows>): Generator<LinkRowsRowsTableFieldEvent | LinkRowsRowsKeyFieldEvent | LinkRowsRowsValueFieldEvent | LinkRowsIsHistoryFieldEvent | LinkRowsDoneFieldEvent | LinkRowsTotalFieldEvent | LinkRowsIsCompleteFieldEvent>;
}
export interface LinkRow {
    table: string;
    key: string;
    value: Uint8Array;
}
export declare namespace LinkRow {
    const codec: () => Codec<LinkRow>;
    interface LinkRowTableFieldEvent {
        field: '$.table';
        value: string;
    }
    interface LinkRowKeyFieldEvent {
        field: '$.key';
        value: string;
    }
    interface LinkRowValueFieldEvent {
        field: '$.value';
        value: Uint8Array;
    }
    function encode(obj: Partial<LinkRow>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRow>): LinkRow;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkRow>): Generator<LinkRowTableFieldEvent | LinkRowKeyFieldEvent | LinkRowValueFieldEvent>;
}
export interface LinkFinished {
}
export declare namespace LinkFinished {
    const codec: () => Codec<LinkFinished>;
    function encode(obj: Partial<LinkFinished>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkFinished>): LinkFinished;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LinkFinished>): Generator<{}>;
}
