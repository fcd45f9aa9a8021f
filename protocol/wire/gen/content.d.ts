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
    interface ContentVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    interface ContentConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface ContentMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface ContentSenderDeviceFieldEvent {
        field: '$.senderDevice';
        value: Uint8Array;
    }
    interface ContentSentAtMsFieldEvent {
        field: '$.sentAtMs';
        value: number;
    }
    interface ContentPreviousFieldEvent {
        field: '$.previous';
        value: Uint8Array;
    }
    interface ContentOwnListEpochFieldEvent {
        field: '$.ownListEpoch';
        value: number;
    }
    interface ContentOwnListHashFieldEvent {
        field: '$.ownListHash';
        value: Uint8Array;
    }
    interface ContentTheirListEpochFieldEvent {
        field: '$.theirListEpoch';
        value: number;
    }
    interface ContentTheirListHashFieldEvent {
        field: '$.theirListHash';
        value: Uint8Array;
    }
    interface ContentGroupSeqFieldEvent {
        field: '$.groupSeq';
        value: number;
    }
    interface ContentGroupHashFieldEvent {
        field: '$.groupHash';
        value: Uint8Array;
    }
    interface ContentStandsForFieldEvent {
        field: '$.standsFor';
        value: Uint8Array;
    }
    interface ContentTextBodyFieldEvent {
        field: '$.text.body';
        value: string;
    }
    interface ContentTextStandsForFieldEvent {
        field: '$.text.standsFor';
        value: Uint8Array;
    }
    interface ContentTextReplyToMessageIdFieldEvent {
        field: '$.text.replyTo.messageId';
        value: Uint8Array;
    }
    interface ContentTextReplyToAuthorFieldEvent {
        field: '$.text.replyTo.author';
        value: Uint8Array;
    }
    interface ContentTextReplyToExcerptFieldEvent {
        field: '$.text.replyTo.excerpt';
        value: string;
    }
    interface ContentTextMentionsAccountFieldEvent {
        field: '$.text.mentions[].account';
        value: Uint8Array;
        index: number;
    }
    interface ContentTextMentionsStartFieldEvent {
        field: '$.text.mentions[].start';
        value: number;
        index: number;
    }
    interface ContentTextMentionsLengthFieldEvent {
        field: '$.text.mentions[].length';
        value: number;
        index: number;
    }
    interface ContentTextForwardedFieldEvent {
        field: '$.text.forwarded';
        value: number;
    }
    interface ContentTextExpiresAfterSFieldEvent {
        field: '$.text.expiresAfterS';
        value: number;
    }
    interface ContentTextViewOnceFieldEvent {
        field: '$.text.viewOnce';
        value: boolean;
    }
    interface ContentTextLocationLatitudeE7FieldEvent {
        field: '$.text.location.latitudeE7';
        value: number;
    }
    interface ContentTextLocationLongitudeE7FieldEvent {
        field: '$.text.location.longitudeE7';
        value: number;
    }
    interface ContentTextLocationAccuracyMFieldEvent {
        field: '$.text.location.accuracyM';
        value: number;
    }
    interface ContentTextLocationLabelFieldEvent {
        field: '$.text.location.label';
        value: string;
    }
    interface ContentTextContactNameFieldEvent {
        field: '$.text.contact.name';
        value: string;
    }
    interface ContentTextContactAccountFieldEvent {
        field: '$.text.contact.account';
        value: Uint8Array;
    }
    interface ContentTextContactHandleFieldEvent {
        field: '$.text.contact.handle';
        value: string;
    }
    interface ContentTextPollQuestionFieldEvent {
        field: '$.text.poll.question';
        value: string;
    }
    interface ContentTextPollOptionsFieldEvent {
        field: '$.text.poll.options[]';
        index: number;
        value: string;
    }
    interface ContentTextPollAllowsSeveralFieldEvent {
        field: '$.text.poll.allowsSeveral';
        value: boolean;
    }
    interface ContentReceiptStageFieldEvent {
        field: '$.receipt.stage';
        value: number;
    }
    interface ContentReceiptMessageIdsFieldEvent {
        field: '$.receipt.messageIds';
        value: Uint8Array;
    }
    interface ContentReactionMessageIdFieldEvent {
        field: '$.reaction.messageId';
        value: Uint8Array;
    }
    interface ContentReactionEmojiFieldEvent {
        field: '$.reaction.emoji';
        value: string;
    }
    interface ContentEditMessageIdFieldEvent {
        field: '$.edit.messageId';
        value: Uint8Array;
    }
    interface ContentEditBodyFieldEvent {
        field: '$.edit.body';
        value: string;
    }
    interface ContentEditMentionsAccountFieldEvent {
        field: '$.edit.mentions[].account';
        value: Uint8Array;
        index: number;
    }
    interface ContentEditMentionsStartFieldEvent {
        field: '$.edit.mentions[].start';
        value: number;
        index: number;
    }
    interface ContentEditMentionsLengthFieldEvent {
        field: '$.edit.mentions[].length';
        value: number;
        index: number;
    }
    interface ContentDeletionMessageIdFieldEvent {
        field: '$.deletion.messageId';
        value: Uint8Array;
    }
    interface ContentVotePollFieldEvent {
        field: '$.vote.poll';
        value: Uint8Array;
    }
    interface ContentVoteOptionsFieldEvent {
        field: '$.vote.options[]';
        index: number;
        value: number;
    }
    interface ContentTimerExpiresAfterSFieldEvent {
        field: '$.timer.expiresAfterS';
        value: number;
    }
    interface ContentPinMessageIdFieldEvent {
        field: '$.pin.messageId';
        value: Uint8Array;
    }
    interface ContentPinIsPinnedFieldEvent {
        field: '$.pin.isPinned';
        value: boolean;
    }
    interface ContentGroupKeysGroupFieldEvent {
        field: '$.groupKeys.group';
        value: Uint8Array;
    }
    interface ContentGroupKeysDistributionFieldEvent {
        field: '$.groupKeys.distribution';
        value: Uint8Array;
    }
    interface ContentGroupKeysReceiptKeyFieldEvent {
        field: '$.groupKeys.receiptKey';
        value: Uint8Array;
    }
    interface ContentGroupKeysProfileKeyIdFieldEvent {
        field: '$.groupKeys.profileKeyId';
        value: Uint8Array;
    }
    interface ContentGroupKeysProfileKeyFieldEvent {
        field: '$.groupKeys.profileKey';
        value: Uint8Array;
    }
    interface ContentGroupKeysForDeviceFieldEvent {
        field: '$.groupKeys.forDevice';
        value: Uint8Array;
    }
    interface ContentGroupKeysNameFieldEvent {
        field: '$.groupKeys.name';
        value: string;
    }
    interface ContentResendGroupFieldEvent {
        field: '$.resend.group';
        value: Uint8Array;
    }
    interface ContentResendMessageIdsFieldEvent {
        field: '$.resend.messageIds';
        value: Uint8Array;
    }
    interface ContentCopyGroupFieldEvent {
        field: '$.copy.group';
        value: Uint8Array;
    }
    interface ContentCopyMessageIdFieldEvent {
        field: '$.copy.messageId';
        value: Uint8Array;
    }
    interface ContentCopyContentFieldEvent {
        field: '$.copy.content';
        value: Uint8Array;
    }
    interface ContentWelcomeSnapshotFieldEvent {
        field: '$.welcome.snapshot';
        value: Uint8Array;
    }
    interface ContentWelcomeProfileKeyIdFieldEvent {
        field: '$.welcome.profileKeyId';
        value: Uint8Array;
    }
    interface ContentWelcomeProfileKeyFieldEvent {
        field: '$.welcome.profileKey';
        value: Uint8Array;
    }
    interface ContentWelcomeSharedFieldEvent {
        field: '$.welcome.shared[]';
        index: number;
        value: Uint8Array;
    }
    interface ContentProfileNameFieldEvent {
        field: '$.profile.name';
        value: string;
    }
    interface ContentProfileAboutFieldEvent {
        field: '$.profile.about';
        value: string;
    }
    interface ContentProfilePictureFieldEvent {
        field: '$.profile.picture';
        value: Uint8Array;
    }
    interface ContentProfileVersionFieldEvent {
        field: '$.profile.version';
        value: number;
    }
    interface ContentSyncFactsKeyFieldEvent {
        field: '$.sync.facts[].key';
        value: string;
        index: number;
    }
    interface ContentSyncFactsValueFieldEvent {
        field: '$.sync.facts[].value';
        value: string;
        index: number;
    }
    interface ContentSyncFactsMadeAtMsFieldEvent {
        field: '$.sync.facts[].madeAtMs';
        value: number;
        index: number;
    }
    interface ContentTypingStateFieldEvent {
        field: '$.typing.state';
        value: number;
    }
    interface ContentViewedOnceMessageIdFieldEvent {
        field: '$.viewedOnce.messageId';
        value: Uint8Array;
    }
    function encode(obj: Partial<Content>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Content;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Content>): Generator<ContentVersionFieldEvent | ContentConversationFieldEvent | ContentMessageIdFieldEvent | ContentSenderDeviceFieldEvent | ContentSentAtMsFieldEvent | ContentPreviousFieldEvent | ContentOwnListEpochFieldEvent | ContentOwnListHashFieldEvent | ContentTheirListEpochFieldEvent | ContentTheirListHashFieldEvent | ContentGroupSeqFieldEvent | ContentGroupHashFieldEvent | ContentStandsForFieldEvent | ContentTextBodyFieldEvent | ContentTextStandsForFieldEvent | ContentTextReplyToMessageIdFieldEvent | ContentTextReplyToAuthorFieldEvent | ContentTextReplyToExcerptFieldEvent | ContentTextMentionsAccountFieldEvent | ContentTextMentionsStartFieldEvent | ContentTextMentionsLengthFieldEvent | ContentTextForwardedFieldEvent | ContentTextExpiresAfterSFieldEvent | ContentTextViewOnceFieldEvent | ContentTextLocationLatitudeE7FieldEvent | ContentTextLocationLongitudeE7FieldEvent | ContentTextLocationAccuracyMFieldEvent | ContentTextLocationLabelFieldEvent | ContentTextContactNameFieldEvent | ContentTextContactAccountFieldEvent | ContentTextContactHandleFieldEvent | ContentTextPollQuestionFieldEvent | ContentTextPollOptionsFieldEvent | ContentTextPollAllowsSeveralFieldEvent | ContentReceiptStageFieldEvent | ContentReceiptMessageIdsFieldEvent | ContentReactionMessageIdFieldEvent | ContentReactionEmojiFieldEvent | ContentEditMessageIdFieldEvent | ContentEditBodyFieldEvent | ContentEditMentionsAccountFieldEvent | ContentEditMentionsStartFieldEvent | ContentEditMentionsLengthFieldEvent | ContentDeletionMessageIdFieldEvent | ContentVotePollFieldEvent | ContentVoteOptionsFieldEvent | ContentTimerExpiresAfterSFieldEvent | ContentPinMessageIdFieldEvent | ContentPinIsPinnedFieldEvent | ContentGroupKeysGroupFieldEvent | ContentGroupKeysDistributionFieldEvent | ContentGroupKeysReceiptKeyFieldEvent | ContentGroupKeysProfileKeyIdFieldEvent | ContentGroupKeysProfileKeyFieldEvent | ContentGroupKeysForDeviceFieldEvent | ContentGroupKeysNameFieldEvent | ContentResendGroupFieldEvent | ContentResendMessageIdsFieldEvent | ContentCopyGroupFieldEvent | ContentCopyMessageIdFieldEvent | ContentCopyContentFieldEvent | ContentWelcomeSnapshotFieldEvent | ContentWelcomeProfileKeyIdFieldEvent | ContentWelcomeProfileKeyFieldEvent | ContentWelcomeSharedFieldEvent | ContentProfileNameFieldEvent | ContentProfileAboutFieldEvent | ContentProfilePictureFieldEvent | ContentProfileVersionFieldEvent | ContentSyncFactsKeyFieldEvent | ContentSyncFactsValueFieldEvent | ContentSyncFactsMadeAtMsFieldEvent | ContentTypingStateFieldEvent | ContentViewedOnceMessageIdFieldEvent>;
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
}
export declare namespace Text {
    const codec: () => Codec<Text>;
    interface TextBodyFieldEvent {
        field: '$.body';
        value: string;
    }
    interface TextStandsForFieldEvent {
        field: '$.standsFor';
        value: Uint8Array;
    }
    interface TextReplyToMessageIdFieldEvent {
        field: '$.replyTo.messageId';
        value: Uint8Array;
    }
    interface TextReplyToAuthorFieldEvent {
        field: '$.replyTo.author';
        value: Uint8Array;
    }
    interface TextReplyToExcerptFieldEvent {
        field: '$.replyTo.excerpt';
        value: string;
    }
    interface TextMentionsAccountFieldEvent {
        field: '$.mentions[].account';
        value: Uint8Array;
        index: number;
    }
    interface TextMentionsStartFieldEvent {
        field: '$.mentions[].start';
        value: number;
        index: number;
    }
    interface TextMentionsLengthFieldEvent {
        field: '$.mentions[].length';
        value: number;
        index: number;
    }
    interface TextForwardedFieldEvent {
        field: '$.forwarded';
        value: number;
    }
    interface TextExpiresAfterSFieldEvent {
        field: '$.expiresAfterS';
        value: number;
    }
    interface TextViewOnceFieldEvent {
        field: '$.viewOnce';
        value: boolean;
    }
    interface TextLocationLatitudeE7FieldEvent {
        field: '$.location.latitudeE7';
        value: number;
    }
    interface TextLocationLongitudeE7FieldEvent {
        field: '$.location.longitudeE7';
        value: number;
    }
    interface TextLocationAccuracyMFieldEvent {
        field: '$.location.accuracyM';
        value: number;
    }
    interface TextLocationLabelFieldEvent {
        field: '$.location.label';
        value: string;
    }
    interface TextContactNameFieldEvent {
        field: '$.contact.name';
        value: string;
    }
    interface TextContactAccountFieldEvent {
        field: '$.contact.account';
        value: Uint8Array;
    }
    interface TextContactHandleFieldEvent {
        field: '$.contact.handle';
        value: string;
    }
    interface TextPollQuestionFieldEvent {
        field: '$.poll.question';
        value: string;
    }
    interface TextPollOptionsFieldEvent {
        field: '$.poll.options[]';
        index: number;
        value: string;
    }
    interface TextPollAllowsSeveralFieldEvent {
        field: '$.poll.allowsSeveral';
        value: boolean;
    }
    function encode(obj: Partial<Text>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Text;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Text>): Generator<TextBodyFieldEvent | TextStandsForFieldEvent | TextReplyToMessageIdFieldEvent | TextReplyToAuthorFieldEvent | TextReplyToExcerptFieldEvent | TextMentionsAccountFieldEvent | TextMentionsStartFieldEvent | TextMentionsLengthFieldEvent | TextForwardedFieldEvent | TextExpiresAfterSFieldEvent | TextViewOnceFieldEvent | TextLocationLatitudeE7FieldEvent | TextLocationLongitudeE7FieldEvent | TextLocationAccuracyMFieldEvent | TextLocationLabelFieldEvent | TextContactNameFieldEvent | TextContactAccountFieldEvent | TextContactHandleFieldEvent | TextPollQuestionFieldEvent | TextPollOptionsFieldEvent | TextPollAllowsSeveralFieldEvent>;
}
export interface Quote {
    messageId: Uint8Array;
    author: Uint8Array;
    excerpt: string;
}
export declare namespace Quote {
    const codec: () => Codec<Quote>;
    interface QuoteMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface QuoteAuthorFieldEvent {
        field: '$.author';
        value: Uint8Array;
    }
    interface QuoteExcerptFieldEvent {
        field: '$.excerpt';
        value: string;
    }
    function encode(obj: Partial<Quote>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Quote>): Quote;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Quote>): Generator<QuoteMessageIdFieldEvent | QuoteAuthorFieldEvent | QuoteExcerptFieldEvent>;
}
export interface Mention {
    account: Uint8Array;
    start: number;
    length: number;
}
export declare namespace Mention {
    const codec: () => Codec<Mention>;
    interface MentionAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface MentionStartFieldEvent {
        field: '$.start';
        value: number;
    }
    interface MentionLengthFieldEvent {
        field: '$.length';
        value: number;
    }
    function encode(obj: Partial<Mention>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mention>): Mention;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Mention>): Generator<MentionAccountFieldEvent | MentionStartFieldEvent | MentionLengthFieldEvent>;
}
export interface Location {
    latitudeE7: number;
    longitudeE7: number;
    accuracyM: number;
    label: string;
}
export declare namespace Location {
    const codec: () => Codec<Location>;
    interface LocationLatitudeE7FieldEvent {
        field: '$.latitudeE7';
        value: number;
    }
    interface LocationLongitudeE7FieldEvent {
        field: '$.longitudeE7';
        value: number;
    }
    interface LocationAccuracyMFieldEvent {
        field: '$.accuracyM';
        value: number;
    }
    interface LocationLabelFieldEvent {
        field: '$.label';
        value: string;
    }
    function encode(obj: Partial<Location>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Location>): Location;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Location>): Generator<LocationLatitudeE7FieldEvent | LocationLongitudeE7FieldEvent | LocationAccuracyMFieldEvent | LocationLabelFieldEvent>;
}
export interface ContactCard {
    name: string;
    account: Uint8Array;
    handle: string;
}
export declare namespace ContactCard {
    const codec: () => Codec<ContactCard>;
    interface ContactCardNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface ContactCardAccountFieldEvent {
        field: '$.account';
        value: Uint8Array;
    }
    interface ContactCardHandleFieldEvent {
        field: '$.handle';
        value: string;
    }
    function encode(obj: Partial<ContactCard>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContactCard>): ContactCard;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ContactCard>): Generator<ContactCardNameFieldEvent | ContactCardAccountFieldEvent | ContactCardHandleFieldEvent>;
}
export interface Poll {
    question: string;
    options: string[];
    allowsSeveral: boolean;
}
export declare namespace Poll {
    const codec: () => Codec<Poll>;
    interface PollQuestionFieldEvent {
        field: '$.question';
        value: string;
    }
    interface PollOptionsFieldEvent {
        field: '$.options[]';
        index: number;
        value: string;
    }
    interface PollAllowsSeveralFieldEvent {
        field: '$.allowsSeveral';
        value: boolean;
    }
    function encode(obj: Partial<Poll>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Poll>): Poll;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Poll>): Generator<PollQuestionFieldEvent | PollOptionsFieldEvent | PollAllowsSeveralFieldEvent>;
}
export interface Vote {
    poll: Uint8Array;
    options: number[];
}
export declare namespace Vote {
    const codec: () => Codec<Vote>;
    interface VotePollFieldEvent {
        field: '$.poll';
        value: Uint8Array;
    }
    interface VoteOptionsFieldEvent {
        field: '$.options[]';
        index: number;
        value: number;
    }
    function encode(obj: Partial<Vote>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Vote>): Vote;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Vote>): Generator<VotePollFieldEvent | VoteOptionsFieldEvent>;
}
export interface Reaction {
    messageId: Uint8Array;
    emoji: string;
}
export declare namespace Reaction {
    const codec: () => Codec<Reaction>;
    interface ReactionMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface ReactionEmojiFieldEvent {
        field: '$.emoji';
        value: string;
    }
    function encode(obj: Partial<Reaction>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reaction>): Reaction;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Reaction>): Generator<ReactionMessageIdFieldEvent | ReactionEmojiFieldEvent>;
}
export interface Edit {
    messageId: Uint8Array;
    body: string;
    mentions: Mention[];
}
export declare namespace Edit {
    const codec: () => Codec<Edit>;
    interface EditMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface EditBodyFieldEvent {
        field: '$.body';
        value: string;
    }
    interface EditMentionsAccountFieldEvent {
        field: '$.mentions[].account';
        value: Uint8Array;
        index: number;
    }
    interface EditMentionsStartFieldEvent {
        field: '$.mentions[].start';
        value: number;
        index: number;
    }
    interface EditMentionsLengthFieldEvent {
        field: '$.mentions[].length';
        value: number;
        index: number;
    }
    function encode(obj: Partial<Edit>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Edit>): Edit;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Edit>): Generator<EditMessageIdFieldEvent | EditBodyFieldEvent | EditMentionsAccountFieldEvent | EditMentionsStartFieldEvent | EditMentionsLengthFieldEvent>;
}
export interface Deletion {
    messageId: Uint8Array;
}
export declare namespace Deletion {
    const codec: () => Codec<Deletion>;
    interface DeletionMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    function encode(obj: Partial<Deletion>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Deletion>): Deletion;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Deletion>): Generator<DeletionMessageIdFieldEvent>;
}
export interface TimerChange {
    expiresAfterS: number;
}
export declare namespace TimerChange {
    const codec: () => Codec<TimerChange>;
    interface TimerChangeExpiresAfterSFieldEvent {
        field: '$.expiresAfterS';
        value: number;
    }
    function encode(obj: Partial<TimerChange>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimerChange>): TimerChange;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<TimerChange>): Generator<TimerChangeExpiresAfterSFieldEvent>;
}
export interface Pin {
    messageId: Uint8Array;
    isPinned: boolean;
}
export declare namespace Pin {
    const codec: () => Codec<Pin>;
    interface PinMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface PinIsPinnedFieldEvent {
        field: '$.isPinned';
        value: boolean;
    }
    function encode(obj: Partial<Pin>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pin>): Pin;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pin>): Generator<PinMessageIdFieldEvent | PinIsPinnedFieldEvent>;
}
export interface ViewedOnce {
    messageId: Uint8Array;
}
export declare namespace ViewedOnce {
    const codec: () => Codec<ViewedOnce>;
    interface ViewedOnceMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    function encode(obj: Partial<ViewedOnce>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ViewedOnce>): ViewedOnce;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ViewedOnce>): Generator<ViewedOnceMessageIdFieldEvent>;
}
export interface Receipt {
    stage: number;
    messageIds: Uint8Array;
}
export declare namespace Receipt {
    const codec: () => Codec<Receipt>;
    interface ReceiptStageFieldEvent {
        field: '$.stage';
        value: number;
    }
    interface ReceiptMessageIdsFieldEvent {
        field: '$.messageIds';
        value: Uint8Array;
    }
    function encode(obj: Partial<Receipt>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Receipt;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Receipt>): Generator<ReceiptStageFieldEvent | ReceiptMessageIdsFieldEvent>;
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
    interface GroupKeysGroupFieldEvent {
        field: '$.group';
        value: Uint8Array;
    }
    interface GroupKeysDistributionFieldEvent {
        field: '$.distribution';
        value: Uint8Array;
    }
    interface GroupKeysReceiptKeyFieldEvent {
        field: '$.receiptKey';
        value: Uint8Array;
    }
    interface GroupKeysProfileKeyIdFieldEvent {
        field: '$.profileKeyId';
        value: Uint8Array;
    }
    interface GroupKeysProfileKeyFieldEvent {
        field: '$.profileKey';
        value: Uint8Array;
    }
    interface GroupKeysForDeviceFieldEvent {
        field: '$.forDevice';
        value: Uint8Array;
    }
    interface GroupKeysNameFieldEvent {
        field: '$.name';
        value: string;
    }
    function encode(obj: Partial<GroupKeys>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupKeys>): GroupKeys;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GroupKeys>): Generator<GroupKeysGroupFieldEvent | GroupKeysDistributionFieldEvent | GroupKeysReceiptKeyFieldEvent | GroupKeysProfileKeyIdFieldEvent | GroupKeysProfileKeyFieldEvent | GroupKeysForDeviceFieldEvent | GroupKeysNameFieldEvent>;
}
export interface Resend {
    group: Uint8Array;
    messageIds: Uint8Array;
}
export declare namespace Resend {
    const codec: () => Codec<Resend>;
    interface ResendGroupFieldEvent {
        field: '$.group';
        value: Uint8Array;
    }
    interface ResendMessageIdsFieldEvent {
        field: '$.messageIds';
        value: Uint8Array;
    }
    function encode(obj: Partial<Resend>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resend>): Resend;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Resend>): Generator<ResendGroupFieldEvent | ResendMessageIdsFieldEvent>;
}
export interface Copy {
    group: Uint8Array;
    messageId: Uint8Array;
    content: Uint8Array;
}
export declare namespace Copy {
    const codec: () => Codec<Copy>;
    interface CopyGroupFieldEvent {
        field: '$.group';
        value: Uint8Array;
    }
    interface CopyMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface CopyContentFieldEvent {
        field: '$.content';
        value: Uint8Array;
    }
    function encode(obj: Partial<Copy>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Copy>): Copy;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Copy>): Generator<CopyGroupFieldEvent | CopyMessageIdFieldEvent | CopyContentFieldEvent>;
}
export interface Welcome {
    snapshot: Uint8Array;
    profileKeyId: Uint8Array;
    profileKey: Uint8Array;
    shared: Uint8Array[];
}
export declare namespace Welcome {
    const codec: () => Codec<Welcome>;
    interface WelcomeSnapshotFieldEvent {
        field: '$.snapshot';
        value: Uint8Array;
    }
    interface WelcomeProfileKeyIdFieldEvent {
        field: '$.profileKeyId';
        value: Uint8Array;
    }
    interface WelcomeProfileKeyFieldEvent {
        field: '$.profileKey';
        value: Uint8Array;
    }
    interface WelcomeSharedFieldEvent {
        field: '$.shared[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<Welcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Welcome;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Welcome>): Generator<WelcomeSnapshotFieldEvent | WelcomeProfileKeyIdFieldEvent | WelcomeProfileKeyFieldEvent | WelcomeSharedFieldEvent>;
}
export interface PersonalProfile {
    name: string;
    about: string;
    picture: Uint8Array;
    version: number;
}
export declare namespace PersonalProfile {
    const codec: () => Codec<PersonalProfile>;
    interface PersonalProfileNameFieldEvent {
        field: '$.name';
        value: string;
    }
    interface PersonalProfileAboutFieldEvent {
        field: '$.about';
        value: string;
    }
    interface PersonalProfilePictureFieldEvent {
        field: '$.picture';
        value: Uint8Array;
    }
    interface PersonalProfileVersionFieldEvent {
        field: '$.version';
        value: number;
    }
    function encode(obj: Partial<PersonalProfile>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PersonalProfile>): PersonalProfile;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<PersonalProfile>): Generator<PersonalProfileNameFieldEvent | PersonalProfileAboutFieldEvent | PersonalProfilePictureFieldEvent | PersonalProfileVersionFieldEvent>;
}
export interface Typing {
    state: number;
}
export declare namespace Typing {
    const codec: () => Codec<Typing>;
    interface TypingStateFieldEvent {
        field: '$.state';
        value: number;
    }
    function encode(obj: Partial<Typing>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Typing>): Typing;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Typing>): Generator<TypingStateFieldEvent>;
}
export interface Sync {
    facts: SyncFact[];
}
export declare namespace Sync {
    const codec: () => Codec<Sync>;
    interface SyncFactsKeyFieldEvent {
        field: '$.facts[].key';
        value: string;
        index: number;
    }
    interface SyncFactsValueFieldEvent {
        field: '$.facts[].value';
        value: string;
        index: number;
    }
    interface SyncFactsMadeAtMsFieldEvent {
        field: '$.facts[].madeAtMs';
        value: number;
        index: number;
    }
    function encode(obj: Partial<Sync>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sync>): Sync;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Sync>): Generator<SyncFactsKeyFieldEvent | SyncFactsValueFieldEvent | SyncFactsMadeAtMsFieldEvent>;
}
export interface SyncFact {
    key: string;
    value: string;
    madeAtMs: number;
}
export declare namespace SyncFact {
    const codec: () => Codec<SyncFact>;
    interface SyncFactKeyFieldEvent {
        field: '$.key';
        value: string;
    }
    interface SyncFactValueFieldEvent {
        field: '$.value';
        value: string;
    }
    interface SyncFactMadeAtMsFieldEvent {
        field: '$.madeAtMs';
        value: number;
    }
    function encode(obj: Partial<SyncFact>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SyncFact>): SyncFact;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<SyncFact>): Generator<SyncFactKeyFieldEvent | SyncFactValueFieldEvent | SyncFactMadeAtMsFieldEvent>;
}
