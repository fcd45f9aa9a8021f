import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Content {
    version: number;
    conversation: Uint8Array;
    messageId: Uint8Array;
    senderDevice: Uint8Array;
    sentAtMs: number;
    previous: Uint8Array;
    ownListEpoch: number;
    ownListHash: Uint8Array;
    theirListEpoch: number;
    theirListHash: Uint8Array;
    groupSeq: number;
    groupHash: Uint8Array;
    standsFor?: Uint8Array;
    text?: Text;
    receipt?: Receipt;
    reaction?: Reaction;
    edit?: Edit;
    deletion?: Deletion;
    vote?: Vote;
    timer?: TimerChange;
    pin?: Pin;
    groupKeys?: GroupKeys;
    resend?: Resend;
    copy?: Copy;
    welcome?: Welcome;
    profile?: PersonalProfile;
    sync?: Sync;
    typing?: Typing;
    viewedOnce?: ViewedOnce;
}
export declare namespace Content {
    const codec: () => Codec<Content>;
    function encode(obj: Partial<Content>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Content;
}
export interface Text {
    body: string;
    standsFor?: Uint8Array;
    replyTo?: Quote;
    mentions: Mention[];
    forwarded: number;
    expiresAfterS: number;
    viewOnce: boolean;
    location?: Location;
    contact?: ContactCard;
    poll?: Poll;
    standsAt?: Place;
}
export declare namespace Text {
    const codec: () => Codec<Text>;
    function encode(obj: Partial<Text>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Text;
}
export interface Place {
    epoch: number;
    seq: number;
}
export declare namespace Place {
    const codec: () => Codec<Place>;
    function encode(obj: Partial<Place>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Place>): Place;
}
export interface Quote {
    messageId: Uint8Array;
    author: Uint8Array;
    excerpt: string;
}
export declare namespace Quote {
    const codec: () => Codec<Quote>;
    function encode(obj: Partial<Quote>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Quote>): Quote;
}
export interface Mention {
    account: Uint8Array;
    start: number;
    length: number;
}
export declare namespace Mention {
    const codec: () => Codec<Mention>;
    function encode(obj: Partial<Mention>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mention>): Mention;
}
export interface Location {
    latitudeE7: number;
    longitudeE7: number;
    accuracyM: number;
    label: string;
}
export declare namespace Location {
    const codec: () => Codec<Location>;
    function encode(obj: Partial<Location>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Location>): Location;
}
export interface ContactCard {
    name: string;
    account: Uint8Array;
    handle: string;
}
export declare namespace ContactCard {
    const codec: () => Codec<ContactCard>;
    function encode(obj: Partial<ContactCard>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContactCard>): ContactCard;
}
export interface Poll {
    question: string;
    options: string[];
    allowsSeveral: boolean;
}
export declare namespace Poll {
    const codec: () => Codec<Poll>;
    function encode(obj: Partial<Poll>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Poll>): Poll;
}
export interface Vote {
    poll: Uint8Array;
    options: number[];
}
export declare namespace Vote {
    const codec: () => Codec<Vote>;
    function encode(obj: Partial<Vote>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Vote>): Vote;
}
export interface Reaction {
    messageId: Uint8Array;
    emoji: string;
}
export declare namespace Reaction {
    const codec: () => Codec<Reaction>;
    function encode(obj: Partial<Reaction>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reaction>): Reaction;
}
export interface Edit {
    messageId: Uint8Array;
    body: string;
    mentions: Mention[];
}
export declare namespace Edit {
    const codec: () => Codec<Edit>;
    function encode(obj: Partial<Edit>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Edit>): Edit;
}
export interface Deletion {
    messageId: Uint8Array;
}
export declare namespace Deletion {
    const codec: () => Codec<Deletion>;
    function encode(obj: Partial<Deletion>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Deletion>): Deletion;
}
export interface TimerChange {
    expiresAfterS: number;
}
export declare namespace TimerChange {
    const codec: () => Codec<TimerChange>;
    function encode(obj: Partial<TimerChange>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimerChange>): TimerChange;
}
export interface Pin {
    messageId: Uint8Array;
    isPinned: boolean;
}
export declare namespace Pin {
    const codec: () => Codec<Pin>;
    function encode(obj: Partial<Pin>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pin>): Pin;
}
export interface ViewedOnce {
    messageId: Uint8Array;
}
export declare namespace ViewedOnce {
    const codec: () => Codec<ViewedOnce>;
    function encode(obj: Partial<ViewedOnce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ViewedOnce>): ViewedOnce;
}
export interface Receipt {
    stage: number;
    messageIds: Uint8Array;
    through?: Place;
}
export declare namespace Receipt {
    const codec: () => Codec<Receipt>;
    function encode(obj: Partial<Receipt>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt;
}
export interface GroupKeys {
    group: Uint8Array;
    distribution?: Uint8Array;
    receiptKey?: Uint8Array;
    profileKeyId?: Uint8Array;
    profileKey?: Uint8Array;
    forDevice: Uint8Array;
    name?: string;
}
export declare namespace GroupKeys {
    const codec: () => Codec<GroupKeys>;
    function encode(obj: Partial<GroupKeys>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupKeys>): GroupKeys;
}
export interface Resend {
    group: Uint8Array;
    messageIds: Uint8Array;
    after?: Place;
    through?: Place;
}
export declare namespace Resend {
    const codec: () => Codec<Resend>;
    function encode(obj: Partial<Resend>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resend>): Resend;
}
export interface Copy {
    group: Uint8Array;
    messageId: Uint8Array;
    content: Uint8Array;
    stoodAt?: Place;
}
export declare namespace Copy {
    const codec: () => Codec<Copy>;
    function encode(obj: Partial<Copy>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Copy>): Copy;
}
export interface Welcome {
    snapshot: Uint8Array;
    profileKeyId: Uint8Array;
    profileKey: Uint8Array;
    shared: Uint8Array[];
}
export declare namespace Welcome {
    const codec: () => Codec<Welcome>;
    function encode(obj: Partial<Welcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
}
export interface PersonalProfile {
    name: string;
    about: string;
    picture: Uint8Array;
    version: number;
}
export declare namespace PersonalProfile {
    const codec: () => Codec<PersonalProfile>;
    function encode(obj: Partial<PersonalProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PersonalProfile>): PersonalProfile;
}
export interface Typing {
    state: number;
}
export declare namespace Typing {
    const codec: () => Codec<Typing>;
    function encode(obj: Partial<Typing>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Typing>): Typing;
}
export interface Sync {
    facts: SyncFact[];
}
export declare namespace Sync {
    const codec: () => Codec<Sync>;
    function encode(obj: Partial<Sync>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sync>): Sync;
}
export interface SyncFact {
    key: string;
    value: string;
    madeAtMs: number;
}
export declare namespace SyncFact {
    const codec: () => Codec<SyncFact>;
    function encode(obj: Partial<SyncFact>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SyncFact>): SyncFact;
}
