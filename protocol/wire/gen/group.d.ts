import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Control {
    version: number;
    conversation: Uint8Array;
    actor: Uint8Array;
    device: Uint8Array;
    deviceList: Uint8Array;
    previous: Uint8Array;
    madeAtMs: number;
    create?: GroupCreate;
    add?: GroupAdd;
    remove?: GroupRemove;
    leave?: GroupLeave;
    setRole?: GroupSetRole;
    settings?: GroupSettings;
    link?: GroupLink;
    revoke?: GroupRevoke;
    join?: GroupJoin;
    profile?: GroupProfile;
}
export declare namespace Control {
    const codec: () => Codec<Control>;
    interface ControlVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface ControlConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface ControlActorFieldEvent {
        field: '$.actor';
        value: Uint8Array;
    }
    interface ControlDeviceFieldEvent {
        field: '$.device';
        value: Uint8Array;
    }
    interface ControlDeviceListFieldEvent {
        field: '$.deviceList';
        value: Uint8Array;
    }
    interface ControlPreviousFieldEvent {
        field: '$.previous';
        value: Uint8Array;
    }
    interface ControlMadeAtMsFieldEvent {
        field: '$.madeAtMs';
        value: number;
    }
    interface ControlCreateMembersFieldEvent {
        field: '$.create.members[]';
        index: number;
        value: Uint8Array;
    }
    interface ControlCreateSettingsWhoMaySendFieldEvent {
        field: '$.create.settings.whoMaySend';
        value: number;
    }
    interface ControlCreateSettingsWhoMayAddFieldEvent {
        field: '$.create.settings.whoMayAdd';
        value: number;
    }
    interface ControlCreateSettingsWhoMayEditFieldEvent {
        field: '$.create.settings.whoMayEdit';
        value: number;
    }
    interface ControlCreateProfileKeyIdFieldEvent {
        field: '$.create.profile.keyId';
        value: Uint8Array;
    }
    interface ControlCreateProfileSealedFieldEvent {
        field: '$.create.profile.sealed';
        value: Uint8Array;
    }
    interface ControlAddAccountsFieldEvent {
        field: '$.add.accounts[]';
        index: number;
        value: Uint8Array;
    }
    interface ControlRemoveAccountsFieldEvent {
        field: '$.remove.accounts[]';
        index: number;
        value: Uint8Array;
    }
    interface ControlSetRoleAccountFieldEvent {
        field: '$.setRole.account';
        value: Uint8Array;
    }
    interface ControlSetRoleRoleFieldEvent {
        field: '$.setRole.role';
        value: number;
    }
    interface ControlSettingsWhoMaySendFieldEvent {
        field: '$.settings.whoMaySend';
        value: number;
    }
    interface ControlSettingsWhoMayAddFieldEvent {
        field: '$.settings.whoMayAdd';
        value: number;
    }
    interface ControlSettingsWhoMayEditFieldEvent {
        field: '$.settings.whoMayEdit';
        value: number;
    }
    interface ControlLinkIdFieldEvent {
        field: '$.link.id';
        value: Uint8Array;
    }
    interface ControlLinkPublicKeyFieldEvent {
        field: '$.link.publicKey';
        value: Uint8Array;
    }
    interface ControlLinkExpiresAtMsFieldEvent {
        field: '$.link.expiresAtMs';
        value: number;
    }
    interface ControlLinkMaxUsesFieldEvent {
        field: '$.link.maxUses';
        value: number;
    }
    interface ControlRevokeLinkFieldEvent {
        field: '$.revoke.link';
        value: Uint8Array;
    }
    interface ControlJoinLinkFieldEvent {
        field: '$.join.link';
        value: Uint8Array;
    }
    interface ControlJoinProofFieldEvent {
        field: '$.join.proof';
        value: Uint8Array;
    }
    interface ControlProfileKeyIdFieldEvent {
        field: '$.profile.keyId';
        value: Uint8Array;
    }
    interface ControlProfileSealedFieldEvent {
        field: '$.profile.sealed';
        value: Uint8Array;
    }
    function encode(obj: Partial<Control>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Control>): Control;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Control>): Generator<ControlVersionFieldEvent | ControlConversationFieldEvent | ControlActorFieldEvent | ControlDeviceFieldEvent | ControlDeviceListFieldEvent | ControlPreviousFieldEvent | ControlMadeAtMsFieldEvent | ControlCreateMembersFieldEvent | ControlCreateSettingsWhoMaySendFieldEvent | ControlCreateSettingsWhoMayAddFieldEvent | ControlCreateSettingsWhoMayEditFieldEvent | ControlCreateProfileKeyIdFieldEvent | ControlCreateProfileSealedFieldEvent | ControlAddAccountsFieldEvent | ControlRemoveAccountsFieldEvent | ControlSetRoleAccountFieldEvent | ControlSetRoleRoleFieldEvent | ControlSettingsWhoMaySendFieldEvent | ControlSettingsWhoMayAddFieldEvent | ControlSettingsWhoMayEditFieldEvent | ControlLinkIdFieldEvent | ControlLinkPublicKeyFieldEvent | ControlLinkExpiresAtMsFieldEvent | ControlLinkMaxUsesFieldEvent | ControlRevokeLinkFieldEvent | ControlJoinLinkFieldEvent | ControlJoinProofFieldEvent | ControlProfileKeyIdFieldEvent | ControlProfileSealedFieldEvent>;
}
export interface GroupCreate {
    members: Uint8Array[];
    settings?: GroupSettings;
    profile?: GroupProfile;
}
export declare namespace GroupCreate {
    const codec: () => Codec<GroupCreate>;
    interface GroupCreateMembersFieldEvent {
        field: '$.members[]';
        index: number;
        value: Uint8Array;
    }
    interface GroupCreateSettingsWhoMaySendFieldEvent {
        field: '$.settings.whoMaySend';
        value: number;
    }
    interface GroupCreateSettingsWhoMayAddFieldEvent {
        field: '$.settings.whoMayAdd';
        value: number;
    }
    interface GroupCreateSettingsWhoMayEditFieldEvent {
        field: '$.settings.whoMayEdit';
        value: number;
    }
    interface GroupCreateProfileKeyIdFieldEvent {
        field: '$.profile.keyId';
        value: Uint8Array;
    }
    interface GroupCreateProfileSealedFieldEvent {
        field: '$.profile.sealed';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupCreate>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupCreate>): GroupCreate;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupCreate>): Generator<GroupCreateMembersFieldEvent | GroupCreateSettingsWhoMaySendFieldEvent | GroupCreateSettingsWhoMayAddFieldEvent | GroupCreateSettingsWhoMayEditFieldEvent | GroupCreateProfileKeyIdFieldEvent | GroupCreateProfileSealedFieldEvent>;
}
export interface GroupAdd {
    accounts: Uint8Array[];
}
export declare namespace GroupAdd {
    const codec: () => Codec<GroupAdd>;
    interface GroupAddAccountsFieldEvent {
        field: '$.accounts[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupAdd>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupAdd>): GroupAdd;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupAdd>): Generator<GroupAddAccountsFieldEvent>;
}
export interface GroupRemove {
    accounts: Uint8Array[];
}
export declare namespace GroupRemove {
    const codec: () => Codec<GroupRemove>;
    interface GroupRemoveAccountsFieldEvent {
        field: '$.accounts[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupRemove>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRemove>): GroupRemove;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRemove>): Generator<GroupRemoveAccountsFieldEvent>;
}
export interface GroupLeave {
}
export declare namespace GroupLeave {
    const codec: () => Codec<GroupLeave>;
    function encode(obj: Partial<GroupLeave>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLeave>): GroupLeave;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLeave>): Generator<{}>;
}
export interface GroupSetRole {
    account: Uint8Array;
    role: number;
}
export declare namespace GroupSetRole {
    const codec: () => Codec<GroupSetRole>;
    interface GroupSetRoleAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface GroupSetRoleRoleFieldEvent {
        field: '$.role';
        value: number;
    }
    function encode(obj: Partial<GroupSetRole>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSetRole>): GroupSetRole;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSetRole>): Generator<GroupSetRoleAccountFieldEvent | GroupSetRoleRoleFieldEvent>;
}
export interface GroupSettings {
    whoMaySend: number;
    whoMayAdd: number;
    whoMayEdit: number;
}
export declare namespace GroupSettings {
    const codec: () => Codec<GroupSettings>;
    interface GroupSettingsWhoMaySendFieldEvent {
        field: '$.whoMaySend';
        value: number;
    }
    interface GroupSettingsWhoMayAddFieldEvent {
        field: '$.whoMayAdd';
        value: number;
    }
    interface GroupSettingsWhoMayEditFieldEvent {
        field: '$.whoMayEdit';
        value: number;
    }
    function encode(obj: Partial<GroupSettings>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSettings>): GroupSettings;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSettings>): Generator<GroupSettingsWhoMaySendFieldEvent | GroupSettingsWhoMayAddFieldEvent | GroupSettingsWhoMayEditFieldEvent>;
}
export interface GroupLink {
    id: Uint8Array;
    publicKey: Uint8Array;
    expiresAtMs: number;
    maxUses: number;
}
export declare namespace GroupLink {
    const codec: () => Codec<GroupLink>;
    interface GroupLinkIdFieldEvent {
        field: '$.id';
        value: Uint8Array;
    }
    interface GroupLinkPublicKeyFieldEvent {
        field: '$.publicKey';
        value: Uint8Array;
    }
    interface GroupLinkExpiresAtMsFieldEvent {
        field: '$.expiresAtMs';
        value: number;
    }
    interface GroupLinkMaxUsesFieldEvent {
        field: '$.maxUses';
        value: number;
    }
    function encode(obj: Partial<GroupLink>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLink>): GroupLink;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLink>): Generator<GroupLinkIdFieldEvent | GroupLinkPublicKeyFieldEvent | GroupLinkExpiresAtMsFieldEvent | GroupLinkMaxUsesFieldEvent>;
}
export interface GroupRevoke {
    link: Uint8Array;
}
export declare namespace GroupRevoke {
    const codec: () => Codec<GroupRevoke>;
    interface GroupRevokeLinkFieldEvent {
        field: '$.link';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupRevoke>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRevoke>): GroupRevoke;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRevoke>): Generator<GroupRevokeLinkFieldEvent>;
}
export interface GroupJoin {
    link: Uint8Array;
    proof: Uint8Array;
}
export declare namespace GroupJoin {
    const codec: () => Codec<GroupJoin>;
    interface GroupJoinLinkFieldEvent {
        field: '$.link';
        value: Uint8Array;
    }
    interface GroupJoinProofFieldEvent {
        field: '$.proof';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupJoin>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupJoin>): GroupJoin;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupJoin>): Generator<GroupJoinLinkFieldEvent | GroupJoinProofFieldEvent>;
}
export interface GroupProfile {
    keyId: Uint8Array;
    sealed: Uint8Array;
}
export declare namespace GroupProfile {
    const codec: () => Codec<GroupProfile>;
    interface GroupProfileKeyIdFieldEvent {
        field: '$.keyId';
        value: Uint8Array;
    }
    interface GroupProfileSealedFieldEvent {
        field: '$.sealed';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfile>): GroupProfile;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfile>): Generator<GroupProfileKeyIdFieldEvent | GroupProfileSealedFieldEvent>;
}
export interface GroupProfileText {
    name: string;
    description: string;
    icon: Uint8Array;
}
export declare namespace GroupProfileText {
    const codec: () => Codec<GroupProfileText>;
    interface GroupProfileTextNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface GroupProfileTextDescriptionFieldEvent {
        field: '$.description';
        value: string;
    }
    interface GroupProfileTextIconFieldEvent {
        field: '$.icon';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupProfileText>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfileText>): GroupProfileText;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfileText>): Generator<GroupProfileTextNameFieldEvent | GroupProfileTextDescriptionFieldEvent | GroupProfileTextIconFieldEvent>;
}
export interface GroupSnapshot {
    conversation: Uint8Array;
    epoch: number;
    seq: number;
    head: Uint8Array;
    settings?: GroupSettings;
    members: GroupMember[];
    links: GroupLinkState[];
    profile?: GroupProfile;
}
export declare namespace GroupSnapshot {
    const codec: () => Codec<GroupSnapshot>;
    interface GroupSnapshotConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface GroupSnapshotEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface GroupSnapshotSeqFieldEvent {
        field: '$.seq';
        value: number;
    }
    interface GroupSnapshotHeadFieldEvent {
        field: '$.head';
        value: Uint8Array;
    }
    interface GroupSnapshotSettingsWhoMaySendFieldEvent {
        field: '$.settings.whoMaySend';
        value: number;
    }
    interface GroupSnapshotSettingsWhoMayAddFieldEvent {
        field: '$.settings.whoMayAdd';
        value: number;
    }
    interface GroupSnapshotSettingsWhoMayEditFieldEvent {
        field: '$.settings.whoMayEdit';
        value: number;
    }
    interface GroupSnapshotMembersAccountFieldEvent {
        field: '$.members[].account';
        value: Uint8Array;
        index: number;
    }
    interface GroupSnapshotMembersRoleFieldEvent {
        field: '$.members[].role';
        value: number;
        index: number;
    }
    interface GroupSnapshotMembersSinceSeqFieldEvent {
        field: '$.members[].sinceSeq';
        value: number;
        index: number;
    }
    interface GroupSnapshotMembersListEpochFieldEvent {
        field: '$.members[].listEpoch';
        value: number;
        index: number;
    }
    interface GroupSnapshotLinksLinkIdFieldEvent {
        field: '$.links[].link.id';
        value: Uint8Array;
        index: number;
    }
    interface GroupSnapshotLinksLinkPublicKeyFieldEvent {
        field: '$.links[].link.publicKey';
        value: Uint8Array;
        index: number;
    }
    interface GroupSnapshotLinksLinkExpiresAtMsFieldEvent {
        field: '$.links[].link.expiresAtMs';
        value: number;
        index: number;
    }
    interface GroupSnapshotLinksLinkMaxUsesFieldEvent {
        field: '$.links[].link.maxUses';
        value: number;
        index: number;
    }
    interface GroupSnapshotLinksUsesFieldEvent {
        field: '$.links[].uses';
        value: number;
        index: number;
    }
    interface GroupSnapshotLinksMadeByFieldEvent {
        field: '$.links[].madeBy';
        value: Uint8Array;
        index: number;
    }
    interface GroupSnapshotProfileKeyIdFieldEvent {
        field: '$.profile.keyId';
        value: Uint8Array;
    }
    interface GroupSnapshotProfileSealedFieldEvent {
        field: '$.profile.sealed';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupSnapshot>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSnapshot>): GroupSnapshot;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSnapshot>): Generator<GroupSnapshotConversationFieldEvent | GroupSnapshotEpochFieldEvent | GroupSnapshotSeqFieldEvent | GroupSnapshotHeadFieldEvent | GroupSnapshotSettingsWhoMaySendFieldEvent | GroupSnapshotSettingsWhoMayAddFieldEvent | GroupSnapshotSettingsWhoMayEditFieldEvent | GroupSnapshotMembersAccountFieldEvent | GroupSnapshotMembersRoleFieldEvent | GroupSnapshotMembersSinceSeqFieldEvent | GroupSnapshotMembersListEpochFieldEvent | GroupSnapshotLinksLinkIdFieldEvent | GroupSnapshotLinksLinkPublicKeyFieldEvent | GroupSnapshotLinksLinkExpiresAtMsFieldEvent | GroupSnapshotLinksLinkMaxUsesFieldEvent | GroupSnapshotLinksUsesFieldEvent | GroupSnapshotLinksMadeByFieldEvent | GroupSnapshotProfileKeyIdFieldEvent | GroupSnapshotProfileSealedFieldEvent>;
}
export interface GroupMember {
    account: Uint8Array;
    role: number;
    sinceSeq: number;
    listEpoch: number;
}
export declare namespace GroupMember {
    const codec: () => Codec<GroupMember>;
    interface GroupMemberAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface GroupMemberRoleFieldEvent {
        field: '$.role';
        value: number;
    }
    interface GroupMemberSinceSeqFieldEvent {
        field: '$.sinceSeq';
        value: number;
    }
    interface GroupMemberListEpochFieldEvent {
        field: '$.listEpoch';
        value: number;
    }
    function encode(obj: Partial<GroupMember>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupMember>): GroupMember;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupMember>): Generator<GroupMemberAccountFieldEvent | GroupMemberRoleFieldEvent | GroupMemberSinceSeqFieldEvent | GroupMemberListEpochFieldEvent>;
}
export interface GroupLinkState {
    link?: GroupLink;
    uses: number;
    madeBy: Uint8Array;
}
export declare namespace GroupLinkState {
    const codec: () => Codec<GroupLinkState>;
    interface GroupLinkStateLinkIdFieldEvent {
        field: '$.link.id';
        value: Uint8Array;
    }
    interface GroupLinkStateLinkPublicKeyFieldEvent {
        field: '$.link.publicKey';
        value: Uint8Array;
    }
    interface GroupLinkStateLinkExpiresAtMsFieldEvent {
        field: '$.link.expiresAtMs';
        value: number;
    }
    interface GroupLinkStateLinkMaxUsesFieldEvent {
        field: '$.link.maxUses';
        value: number;
    }
    interface GroupLinkStateUsesFieldEvent {
        field: '$.uses';
        value: number;
    }
    interface GroupLinkStateMadeByFieldEvent {
        field: '$.madeBy';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupLinkState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLinkState>): GroupLinkState;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLinkState>): Generator<GroupLinkStateLinkIdFieldEvent | GroupLinkStateLinkPublicKeyFieldEvent | GroupLinkStateLinkExpiresAtMsFieldEvent | GroupLinkStateLinkMaxUsesFieldEvent | GroupLinkStateUsesFieldEvent | GroupLinkStateMadeByFieldEvent>;
}
export interface GroupRef {
    conversation: Uint8Array;
}
export declare namespace GroupRef {
    const codec: () => Codec<GroupRef>;
    interface GroupRefConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupRef>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRef>): GroupRef;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRef>): Generator<GroupRefConversationFieldEvent>;
}
export interface GroupReceipt {
    conversation: Uint8Array;
    to: Uint8Array;
    from: Uint8Array;
    device: Uint8Array;
    counter: number;
    sealed: Uint8Array;
}
export declare namespace GroupReceipt {
    const codec: () => Codec<GroupReceipt>;
    interface GroupReceiptConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface GroupReceiptToFieldEvent {
        field: '$.to';
        value: Uint8Array;
    }
    interface GroupReceiptFromFieldEvent {
        field: '$.from';
        value: Uint8Array;
    }
    interface GroupReceiptDeviceFieldEvent {
        field: '$.device';
        value: Uint8Array;
    }
    interface GroupReceiptCounterFieldEvent {
        field: '$.counter';
        value: number;
    }
    interface GroupReceiptSealedFieldEvent {
        field: '$.sealed';
        value: Uint8Array;
    }
    function encode(obj: Partial<GroupReceipt>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipt>): GroupReceipt;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipt>): Generator<GroupReceiptConversationFieldEvent | GroupReceiptToFieldEvent | GroupReceiptFromFieldEvent | GroupReceiptDeviceFieldEvent | GroupReceiptCounterFieldEvent | GroupReceiptSealedFieldEvent>;
}
export interface GroupReceiptMarks {
    deliveredSeq: number;
    readSeq: number;
    epoch: number;
}
export declare namespace GroupReceiptMarks {
    const codec: () => Codec<GroupReceiptMarks>;
    interface GroupReceiptMarksDeliveredSeqFieldEvent {
        field: '$.deliveredSeq';
        value: number;
    }
    interface GroupReceiptMarksReadSeqFieldEvent {
        field: '$.readSeq';
        value: number;
    }
    interface GroupReceiptMarksEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    function encode(obj: Partial<GroupReceiptMarks>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceiptMarks>): GroupReceiptMarks;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceiptMarks>): Generator<GroupReceiptMarksDeliveredSeqFieldEvent | GroupReceiptMarksReadSeqFieldEvent | GroupReceiptMarksEpochFieldEvent>;
}
export interface GroupReceipts {
    receipts: GroupReceipt[];
}
export declare namespace GroupReceipts {
    const codec: () => Codec<GroupReceipts>;
    interface GroupReceiptsReceiptsConversationFieldEvent {
        field: '$.receipts[].conversation';
        value: Uint8Array;
        index: number;
    }
    interface GroupReceiptsReceiptsToFieldEvent {
        field: '$.receipts[].to';
        value: Uint8Array;
        index: number;
    }
    interface GroupReceiptsReceiptsFromFieldEvent {
        field: '$.receipts[].from';
        value: Uint8Array;
        index: number;
    }
    interface GroupReceiptsReceiptsDeviceFieldEvent {
        field: '$.receipts[].device';
        value: Uint8Array;
        index: number;
    }
    interface GroupReceiptsReceiptsCounterFieldEvent {
        field: '$.receipts[].counter';
        value: number;
        index: number;
    }
    interface GroupReceiptsReceiptsSealedFieldEvent {
        field: '$.receipts[].sealed';
        value: Uint8Array;
        index: number;
    }
    function encode(obj: Partial<GroupReceipts>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipts>): GroupReceipts;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipts>): Generator<GroupReceiptsReceiptsConversationFieldEvent | GroupReceiptsReceiptsToFieldEvent | GroupReceiptsReceiptsFromFieldEvent | GroupReceiptsReceiptsDeviceFieldEvent | GroupReceiptsReceiptsCounterFieldEvent | GroupReceiptsReceiptsSealedFieldEvent>;
}
export interface Refused {
    conversation: Uint8Array;
    messageId: Uint8Array;
    status: number;
}
export declare namespace Refused {
    const codec: () => Codec<Refused>;
    interface RefusedConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface RefusedMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface RefusedStatusFieldEvent {
        field: '$.status';
        value: number;
    }
    function encode(obj: Partial<Refused>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refused>): Refused;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refused>): Generator<RefusedConversationFieldEvent | RefusedMessageIdFieldEvent | RefusedStatusFieldEvent>;
}
