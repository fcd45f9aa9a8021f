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
    function encode(obj: Partial<Control>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Control>): Control;
}
export interface GroupCreate {
    members: Uint8Array[];
    settings?: GroupSettings;
    profile?: GroupProfile;
}
export declare namespace GroupCreate {
    const codec: () => Codec<GroupCreate>;
    function encode(obj: Partial<GroupCreate>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupCreate>): GroupCreate;
}
export interface GroupAdd {
    accounts: Uint8Array[];
}
export declare namespace GroupAdd {
    const codec: () => Codec<GroupAdd>;
    function encode(obj: Partial<GroupAdd>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupAdd>): GroupAdd;
}
export interface GroupRemove {
    accounts: Uint8Array[];
}
export declare namespace GroupRemove {
    const codec: () => Codec<GroupRemove>;
    function encode(obj: Partial<GroupRemove>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRemove>): GroupRemove;
}
export interface GroupLeave {
}
export declare namespace GroupLeave {
    const codec: () => Codec<GroupLeave>;
    function encode(obj: Partial<GroupLeave>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLeave>): GroupLeave;
}
export interface GroupSetRole {
    account: Uint8Array;
    role: number;
}
export declare namespace GroupSetRole {
    const codec: () => Codec<GroupSetRole>;
    function encode(obj: Partial<GroupSetRole>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSetRole>): GroupSetRole;
}
export interface GroupSettings {
    whoMaySend: number;
    whoMayAdd: number;
    whoMayEdit: number;
}
export declare namespace GroupSettings {
    const codec: () => Codec<GroupSettings>;
    function encode(obj: Partial<GroupSettings>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSettings>): GroupSettings;
}
export interface GroupLink {
    id: Uint8Array;
    publicKey: Uint8Array;
    expiresAtMs: number;
    maxUses: number;
}
export declare namespace GroupLink {
    const codec: () => Codec<GroupLink>;
    function encode(obj: Partial<GroupLink>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLink>): GroupLink;
}
export interface GroupRevoke {
    link: Uint8Array;
}
export declare namespace GroupRevoke {
    const codec: () => Codec<GroupRevoke>;
    function encode(obj: Partial<GroupRevoke>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRevoke>): GroupRevoke;
}
export interface GroupJoin {
    link: Uint8Array;
    proof: Uint8Array;
}
export declare namespace GroupJoin {
    const codec: () => Codec<GroupJoin>;
    function encode(obj: Partial<GroupJoin>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupJoin>): GroupJoin;
}
export interface GroupProfile {
    keyId: Uint8Array;
    sealed: Uint8Array;
}
export declare namespace GroupProfile {
    const codec: () => Codec<GroupProfile>;
    function encode(obj: Partial<GroupProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfile>): GroupProfile;
}
export interface GroupProfileText {
    name: string;
    description: string;
    icon: Uint8Array;
}
export declare namespace GroupProfileText {
    const codec: () => Codec<GroupProfileText>;
    function encode(obj: Partial<GroupProfileText>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupProfileText>): GroupProfileText;
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
    function encode(obj: Partial<GroupSnapshot>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupSnapshot>): GroupSnapshot;
}
export interface GroupMember {
    account: Uint8Array;
    role: number;
    sinceSeq: number;
    listEpoch: number;
}
export declare namespace GroupMember {
    const codec: () => Codec<GroupMember>;
    function encode(obj: Partial<GroupMember>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupMember>): GroupMember;
}
export interface GroupLinkState {
    link?: GroupLink;
    uses: number;
    madeBy: Uint8Array;
}
export declare namespace GroupLinkState {
    const codec: () => Codec<GroupLinkState>;
    function encode(obj: Partial<GroupLinkState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupLinkState>): GroupLinkState;
}
export interface GroupRef {
    conversation: Uint8Array;
}
export declare namespace GroupRef {
    const codec: () => Codec<GroupRef>;
    function encode(obj: Partial<GroupRef>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupRef>): GroupRef;
}
export interface GroupAnchor {
    version: number;
    conversation: Uint8Array;
    epoch: number;
    anchor: Uint8Array;
    homeEpoch: number;
    admin: Uint8Array;
    device: Uint8Array;
    deviceList: Uint8Array;
    logEpoch: number;
    seq: number;
    head: Uint8Array;
    madeAtMs: number;
}
export declare namespace GroupAnchor {
    const codec: () => Codec<GroupAnchor>;
    function encode(obj: Partial<GroupAnchor>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupAnchor>): GroupAnchor;
}
export interface GroupAnchors {
    anchor?: Uint8Array;
    home?: Uint8Array;
}
export declare namespace GroupAnchors {
    const codec: () => Codec<GroupAnchors>;
    function encode(obj: Partial<GroupAnchors>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupAnchors>): GroupAnchors;
}
export interface LogEpochs {
    conversation: Uint8Array;
    first: number;
    head: number;
    epochs: LogEpoch[];
}
export declare namespace LogEpochs {
    const codec: () => Codec<LogEpochs>;
    function encode(obj: Partial<LogEpochs>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogEpochs>): LogEpochs;
}
export interface LogEpoch {
    epoch: number;
    first: number;
}
export declare namespace LogEpoch {
    const codec: () => Codec<LogEpoch>;
    function encode(obj: Partial<LogEpoch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogEpoch>): LogEpoch;
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
    function encode(obj: Partial<GroupReceipt>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipt>): GroupReceipt;
}
export interface GroupReceiptMarks {
    deliveredSeq: number;
    readSeq: number;
    epoch: number;
}
export declare namespace GroupReceiptMarks {
    const codec: () => Codec<GroupReceiptMarks>;
    function encode(obj: Partial<GroupReceiptMarks>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceiptMarks>): GroupReceiptMarks;
}
export interface GroupReceipts {
    receipts: GroupReceipt[];
}
export declare namespace GroupReceipts {
    const codec: () => Codec<GroupReceipts>;
    function encode(obj: Partial<GroupReceipts>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupReceipts>): GroupReceipts;
}
export interface Refused {
    conversation: Uint8Array;
    messageId: Uint8Array;
    status: number;
}
export declare namespace Refused {
    const codec: () => Codec<Refused>;
    function encode(obj: Partial<Refused>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Refused>): Refused;
}
