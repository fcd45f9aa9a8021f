import type { Codec, DecodeOptions } from 'protons-runtime';
import type { Uint8ArrayList } from 'uint8arraylist';
export interface Page {
    conversation: Uint8Array;
    epoch: number;
    entries: Entry[];
    head: number;
}
export declare namespace Page {
    const codec: () => Codec<Page>;
    interface PageConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface PageEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface PageEntriesSeqFieldEvent {
        field: '$.entries[].seq';
        value: number;
        index: number;
    }
    interface PageEntriesEnvelopeFieldEvent {
        field: '$.entries[].envelope';
        value: Uint8Array;
        index: number;
    }
    interface PageEntriesMessageIdFieldEvent {
        field: '$.entries[].messageId';
        value: Uint8Array;
        index: number;
    }
    interface PageEntriesSenderDeviceFieldEvent {
        field: '$.entries[].senderDevice';
        value: Uint8Array;
        index: number;
    }
    interface PageEntriesStoredAtMsFieldEvent {
        field: '$.entries[].storedAtMs';
        value: number;
        index: number;
    }
    interface PageHeadFieldEvent {
        field: '$.head';
        value: number;
    }
    function encode(obj: Partial<Page>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Page>): Page;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Page>): Generator<PageConversationFieldEvent | PageEpochFieldEvent | PageEntriesSeqFieldEvent | PageEntriesEnvelopeFieldEvent | PageEntriesMessageIdFieldEvent | PageEntriesSenderDeviceFieldEvent | PageEntriesStoredAtMsFieldEvent | PageHeadFieldEvent>;
}
export interface Entry {
    seq: number;
    envelope?: Uint8Array;
    messageId?: Uint8Array;
    senderDevice?: Uint8Array;
    storedAtMs: number;
}
export declare namespace Entry {
    const codec: () => Codec<Entry>;
    interface EntrySeqFieldEvent {
        field: '$.seq';
        value: number;
    }
    interface EntryEnvelopeFieldEvent {
        field: '$.envelope';
        value: Uint8Array;
    }
    interface EntryMessageIdFieldEvent {
        field: '$.messageId';
        value: Uint8Array;
    }
    interface EntrySenderDeviceFieldEvent {
        field: '$.senderDevice';
        value: Uint8Array;
    }
    interface EntryStoredAtMsFieldEvent {
        field: '$.storedAtMs';
        value: number;
    }
    function encode(obj: Partial<Entry>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Entry;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Entry>): Generator<EntrySeqFieldEvent | EntryEnvelopeFieldEvent | EntryMessageIdFieldEvent | EntrySenderDeviceFieldEvent | EntryStoredAtMsFieldEvent>;
}
export interface Position {
    conversation: Uint8Array;
    epoch: number;
    seq: number;
}
export declare namespace Position {
    const codec: () => Codec<Position>;
    interface PositionConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface PositionEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface PositionSeqFieldEvent {
        field: '$.seq';
        value: number;
    }
    function encode(obj: Partial<Position>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Position>): Position;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Position>): Generator<PositionConversationFieldEvent | PositionEpochFieldEvent | PositionSeqFieldEvent>;
}
export interface Outcome {
    status: number;
    epoch: number;
    seq: number;
    retryAfterMs: number;
    record?: Uint8Array;
}
export declare namespace Outcome {
    const codec: () => Codec<Outcome>;
    interface OutcomeStatusFieldEvent {
        field: '$.status';
        value: number;
    }
    interface OutcomeEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface OutcomeSeqFieldEvent {
        field: '$.seq';
        value: number;
    }
    interface OutcomeRetryAfterMsFieldEvent {
        field: '$.retryAfterMs';
        value: number;
    }
    interface OutcomeRecordFieldEvent {
        field: '$.record';
        value: Uint8Array;
    }
    function encode(obj: Partial<Outcome>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcome>): Outcome;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcome>): Generator<OutcomeStatusFieldEvent | OutcomeEpochFieldEvent | OutcomeSeqFieldEvent | OutcomeRetryAfterMsFieldEvent | OutcomeRecordFieldEvent>;
}
export interface Batch {
    envelopes: Uint8Array[];
}
export declare namespace Batch {
    const codec: () => Codec<Batch>;
    interface BatchEnvelopesFieldEvent {
        field: '$.envelopes[]';
        index: number;
        value: Uint8Array;
    }
    function encode(obj: Partial<Batch>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Batch;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Batch>): Generator<BatchEnvelopesFieldEvent>;
}
export interface Outcomes {
    outcomes: Outcome[];
}
export declare namespace Outcomes {
    const codec: () => Codec<Outcomes>;
    interface OutcomesOutcomesStatusFieldEvent {
        field: '$.outcomes[].status';
        value: number;
        index: number;
    }
    interface OutcomesOutcomesEpochFieldEvent {
        field: '$.outcomes[].epoch';
        value: number;
        index: number;
    }
    interface OutcomesOutcomesSeqFieldEvent {
        field: '$.outcomes[].seq';
        value: number;
        index: number;
    }
    interface OutcomesOutcomesRetryAfterMsFieldEvent {
        field: '$.outcomes[].retryAfterMs';
        value: number;
        index: number;
    }
    interface OutcomesOutcomesRecordFieldEvent {
        field: '$.outcomes[].record';
        value: Uint8Array;
        index: number;
    }
    function encode(obj: Partial<Outcomes>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcomes>): Outcomes;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Outcomes>): Generator<OutcomesOutcomesStatusFieldEvent | OutcomesOutcomesEpochFieldEvent | OutcomesOutcomesSeqFieldEvent | OutcomesOutcomesRetryAfterMsFieldEvent | OutcomesOutcomesRecordFieldEvent>;
}
export interface Pages {
    pages: Page[];
}
export declare namespace Pages {
    const codec: () => Codec<Pages>;
    interface PagesPagesConversationFieldEvent {
        field: '$.pages[].conversation';
        value: Uint8Array;
        index: number;
    }
    interface PagesPagesEpochFieldEvent {
        field: '$.pages[].epoch';
        value: number;
        index: number;
    }
    interface PagesPagesEntriesSeqFieldEvent {
        field: '$.pages[].entries[].seq';
        value: number;
        index: number;
    }
    interface PagesPagesEntriesEnvelopeFieldEvent {
        field: '$.pages[].entries[].envelope';
        value: Uint8Array;
        index: number;
    }
    interface PagesPagesEntriesMessageIdFieldEvent {
        field: '$.pages[].entries[].messageId';
        value: Uint8Array;
        index: number;
    }
    interface PagesPagesEntriesSenderDeviceFieldEvent {
        field: '$.pages[].entries[].senderDevice';
        value: Uint8Array;
        index: number;
    }
    interface PagesPagesEntriesStoredAtMsFieldEvent {
        field: '$.pages[].entries[].storedAtMs';
        value: number;
        index: number;
    }
    interface PagesPagesHeadFieldEvent {
        field: '$.pages[].head';
        value: number;
        index: number;
    }
    function encode(obj: Partial<Pages>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pages>): Pages;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Pages>): Generator<PagesPagesConversationFieldEvent | PagesPagesEpochFieldEvent | PagesPagesEntriesSeqFieldEvent | PagesPagesEntriesEnvelopeFieldEvent | PagesPagesEntriesMessageIdFieldEvent | PagesPagesEntriesSenderDeviceFieldEvent | PagesPagesEntriesStoredAtMsFieldEvent | PagesPagesHeadFieldEvent>;
}
export interface Positions {
    positions: Position[];
}
export declare namespace Positions {
    const codec: () => Codec<Positions>;
    interface PositionsPositionsConversationFieldEvent {
        field: '$.positions[].conversation';
        value: Uint8Array;
        index: number;
    }
    interface PositionsPositionsEpochFieldEvent {
        field: '$.positions[].epoch';
        value: number;
        index: number;
    }
    interface PositionsPositionsSeqFieldEvent {
        field: '$.positions[].seq';
        value: number;
        index: number;
    }
    function encode(obj: Partial<Positions>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Positions>): Positions;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<Positions>): Generator<PositionsPositionsConversationFieldEvent | PositionsPositionsEpochFieldEvent | PositionsPositionsSeqFieldEvent>;
}
export interface ReadLog {
    conversation: Uint8Array;
    fromSeq: number;
    maxEntries: number;
}
export declare namespace ReadLog {
    const codec: () => Codec<ReadLog>;
    interface ReadLogConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface ReadLogFromSeqFieldEvent {
        field: '$.fromSeq';
        value: number;
    }
    interface ReadLogMaxEntriesFieldEvent {
        field: '$.maxEntries';
        value: number;
    }
    function encode(obj: Partial<ReadLog>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadLog>): ReadLog;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<ReadLog>): Generator<ReadLogConversationFieldEvent | ReadLogFromSeqFieldEvent | ReadLogMaxEntriesFieldEvent>;
}
export interface LogState {
    conversation: Uint8Array;
    epoch: number;
    first: number;
    head: number;
    cursor: number;
}
export declare namespace LogState {
    const codec: () => Codec<LogState>;
    interface LogStateConversationFieldEvent {
        field: '$.conversation';
        value: Uint8Array;
    }
    interface LogStateEpochFieldEvent {
        field: '$.epoch';
        value: number;
    }
    interface LogStateFirstFieldEvent {
        field: '$.first';
        value: number;
    }
    interface LogStateHeadFieldEvent {
        field: '$.head';
        value: number;
    }
    interface LogStateCursorFieldEvent {
        field: '$.cursor';
        value: number;
    }
    function encode(obj: Partial<LogState>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogState>): LogState;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogState>): Generator<LogStateConversationFieldEvent | LogStateEpochFieldEvent | LogStateFirstFieldEvent | LogStateHeadFieldEvent | LogStateCursorFieldEvent>;
}
export interface LogStates {
    logs: LogState[];
}
export declare namespace LogStates {
    const codec: () => Codec<LogStates>;
    interface LogStatesLogsConversationFieldEvent {
        field: '$.logs[].conversation';
        value: Uint8Array;
        index: number;
    }
    interface LogStatesLogsEpochFieldEvent {
        field: '$.logs[].epoch';
        value: number;
        index: number;
    }
    interface LogStatesLogsFirstFieldEvent {
        field: '$.logs[].first';
        value: number;
        index: number;
    }
    interface LogStatesLogsHeadFieldEvent {
        field: '$.logs[].head';
        value: number;
        index: number;
    }
    interface LogStatesLogsCursorFieldEvent {
        field: '$.logs[].cursor';
        value: number;
        index: number;
    }
    function encode(obj: Partial<LogStates>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogStates>): LogStates;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<LogStates>): Generator<LogStatesLogsConversationFieldEvent | LogStatesLogsEpochFieldEvent | LogStatesLogsFirstFieldEvent | LogStatesLogsHeadFieldEvent | LogStatesLogsCursorFieldEvent>;
}
export interface GossipPage {
    relay: Uint8Array;
    page: Uint8Array;
    signature: Uint8Array;
}
export declare namespace GossipPage {
    const codec: () => Codec<GossipPage>;
    interface GossipPageRelayFieldEvent {
        field: '$.relay';
        value: Uint8Array;
    }
    interface GossipPagePageFieldEvent {
        field: '$.page';
        value: Uint8Array;
    }
    interface GossipPageSignatureFieldEvent {
        field: '$.signature';
        value: Uint8Array;
    }
    function encode(obj: Partial<GossipPage>): Uint8Array;
    function decode(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GossipPage>): GossipPage;
    function stream(buf: Uint8Array | Uint8ArrayList, opts?: DecodeOptions<GossipPage>): Generator<GossipPageRelayFieldEvent | GossipPagePageFieldEvent | GossipPageSignatureFieldEvent>;
}
