import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var Page;
(function (Page) {
    let _codec;
    Page.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if (obj.entries != null && obj.entries.length > 0) {
                    for (const value of obj.entries) {
                        w.uint32(26);
                        Entry.codec().encode(value, w);
                    }
                }
                if ((obj.head != null && obj.head !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.head);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    epoch: 0,
                    entries: [],
                    head: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 3: {
                            if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            if (obj.entries.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            obj.entries.push(Entry.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.entries$
                            }));
                            break;
                        }
                        case 4: {
                            obj.head = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Page.codec());
    }
    Page.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Page.codec(), opts);
    }
    Page.decode = decode;
})(Page || (Page = {}));
export var Entry;
(function (Entry) {
    let _codec;
    Entry.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(8);
                    w.uint64Number(obj.seq);
                }
                if (obj.envelope != null) {
                    w.uint32(18);
                    w.bytes(obj.envelope);
                }
                if (obj.messageId != null) {
                    w.uint32(26);
                    w.bytes(obj.messageId);
                }
                if (obj.senderDevice != null) {
                    w.uint32(34);
                    w.bytes(obj.senderDevice);
                }
                if ((obj.storedAtMs != null && obj.storedAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.storedAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    seq: 0,
                    storedAtMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        case 2: {
                            obj.envelope = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.senderDevice = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.storedAtMs = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Entry.codec());
    }
    Entry.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Entry.codec(), opts);
    }
    Entry.decode = decode;
})(Entry || (Entry = {}));
export var Position;
(function (Position) {
    let _codec;
    Position.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.seq);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    epoch: 0,
                    seq: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Position.codec());
    }
    Position.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Position.codec(), opts);
    }
    Position.decode = decode;
})(Position || (Position = {}));
export var Outcome;
(function (Outcome) {
    let _codec;
    Outcome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.status != null && obj.status !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.status);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.seq);
                }
                if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.retryAfterMs);
                }
                if (obj.record != null) {
                    w.uint32(42);
                    w.bytes(obj.record);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    status: 0,
                    epoch: 0,
                    seq: 0,
                    retryAfterMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.status = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.retryAfterMs = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.record = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Outcome.codec());
    }
    Outcome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Outcome.codec(), opts);
    }
    Outcome.decode = decode;
})(Outcome || (Outcome = {}));
export var Batch;
(function (Batch) {
    let _codec;
    Batch.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.envelopes != null && obj.envelopes.length > 0) {
                    for (const value of obj.envelopes) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    envelopes: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.envelopes != null && obj.envelopes.length === opts.limits.envelopes) {
                                throw new MaxLengthError('Decode error - repeated field "envelopes" had too many elements');
                            }
                            if (obj.envelopes.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "envelopes" had too many elements');
                            }
                            obj.envelopes.push(reader.bytes());
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Batch.codec());
    }
    Batch.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Batch.codec(), opts);
    }
    Batch.decode = decode;
})(Batch || (Batch = {}));
export var Outcomes;
(function (Outcomes) {
    let _codec;
    Outcomes.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.outcomes != null && obj.outcomes.length > 0) {
                    for (const value of obj.outcomes) {
                        w.uint32(10);
                        Outcome.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    outcomes: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.outcomes != null && obj.outcomes.length === opts.limits.outcomes) {
                                throw new MaxLengthError('Decode error - repeated field "outcomes" had too many elements');
                            }
                            if (obj.outcomes.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "outcomes" had too many elements');
                            }
                            obj.outcomes.push(Outcome.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.outcomes$
                            }));
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Outcomes.codec());
    }
    Outcomes.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Outcomes.codec(), opts);
    }
    Outcomes.decode = decode;
})(Outcomes || (Outcomes = {}));
export var Pages;
(function (Pages) {
    let _codec;
    Pages.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.pages != null && obj.pages.length > 0) {
                    for (const value of obj.pages) {
                        w.uint32(10);
                        Page.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    pages: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.pages != null && obj.pages.length === opts.limits.pages) {
                                throw new MaxLengthError('Decode error - repeated field "pages" had too many elements');
                            }
                            if (obj.pages.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "pages" had too many elements');
                            }
                            obj.pages.push(Page.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.pages$
                            }));
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Pages.codec());
    }
    Pages.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Pages.codec(), opts);
    }
    Pages.decode = decode;
})(Pages || (Pages = {}));
export var Positions;
(function (Positions) {
    let _codec;
    Positions.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.positions != null && obj.positions.length > 0) {
                    for (const value of obj.positions) {
                        w.uint32(10);
                        Position.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    positions: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.positions != null && obj.positions.length === opts.limits.positions) {
                                throw new MaxLengthError('Decode error - repeated field "positions" had too many elements');
                            }
                            if (obj.positions.length === 1024) {
                                throw new MaxLengthError('Decode error - repeated field "positions" had too many elements');
                            }
                            obj.positions.push(Position.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.positions$
                            }));
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Positions.codec());
    }
    Positions.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Positions.codec(), opts);
    }
    Positions.decode = decode;
})(Positions || (Positions = {}));
export var ReadLog;
(function (ReadLog) {
    let _codec;
    ReadLog.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.fromSeq != null && obj.fromSeq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.fromSeq);
                }
                if ((obj.maxEntries != null && obj.maxEntries !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.maxEntries);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    fromSeq: 0,
                    maxEntries: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.fromSeq = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.maxEntries = reader.uint32();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, ReadLog.codec());
    }
    ReadLog.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ReadLog.codec(), opts);
    }
    ReadLog.decode = decode;
})(ReadLog || (ReadLog = {}));
export var LogState;
(function (LogState) {
    let _codec;
    LogState.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if ((obj.first != null && obj.first !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.first);
                }
                if ((obj.head != null && obj.head !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.head);
                }
                if ((obj.cursor != null && obj.cursor !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.cursor);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    epoch: 0,
                    first: 0,
                    head: 0,
                    cursor: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.first = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.head = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.cursor = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, LogState.codec());
    }
    LogState.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LogState.codec(), opts);
    }
    LogState.decode = decode;
})(LogState || (LogState = {}));
export var LogStates;
(function (LogStates) {
    let _codec;
    LogStates.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.logs != null && obj.logs.length > 0) {
                    for (const value of obj.logs) {
                        w.uint32(10);
                        LogState.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    logs: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.logs != null && obj.logs.length === opts.limits.logs) {
                                throw new MaxLengthError('Decode error - repeated field "logs" had too many elements');
                            }
                            if (obj.logs.length === 10000) {
                                throw new MaxLengthError('Decode error - repeated field "logs" had too many elements');
                            }
                            obj.logs.push(LogState.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.logs$
                            }));
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, LogStates.codec());
    }
    LogStates.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LogStates.codec(), opts);
    }
    LogStates.decode = decode;
})(LogStates || (LogStates = {}));
export var GossipPage;
(function (GossipPage) {
    let _codec;
    GossipPage.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.relay);
                }
                if ((obj.page != null && obj.page.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.page);
                }
                if ((obj.signature != null && obj.signature.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.signature);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    relay: new Uint8Array(0),
                    page: new Uint8Array(0),
                    signature: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.relay = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.page = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.signature = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, GossipPage.codec());
    }
    GossipPage.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GossipPage.codec(), opts);
    }
    GossipPage.decode = decode;
})(GossipPage || (GossipPage = {}));
export var NumberedId;
(function (NumberedId) {
    let _codec;
    NumberedId.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.epoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.seq);
                }
                if ((obj.sender != null && obj.sender.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.sender);
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.messageId);
                }
                if ((obj.storedAtMs != null && obj.storedAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.storedAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    epoch: 0,
                    seq: 0,
                    sender: new Uint8Array(0),
                    messageId: new Uint8Array(0),
                    storedAtMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.sender = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.storedAtMs = reader.uint64Number();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, NumberedId.codec());
    }
    NumberedId.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, NumberedId.codec(), opts);
    }
    NumberedId.decode = decode;
})(NumberedId || (NumberedId = {}));
export var ReadIds;
(function (ReadIds) {
    let _codec;
    ReadIds.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.fromSeq != null && obj.fromSeq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.fromSeq);
                }
                if ((obj.throughSeq != null && obj.throughSeq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.throughSeq);
                }
                if (obj.after != null) {
                    w.uint32(34);
                    w.bytes(obj.after);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    fromSeq: 0,
                    throughSeq: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.fromSeq = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.throughSeq = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.after = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, ReadIds.codec());
    }
    ReadIds.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ReadIds.codec(), opts);
    }
    ReadIds.decode = decode;
})(ReadIds || (ReadIds = {}));
export var NumberedIds;
(function (NumberedIds) {
    let _codec;
    NumberedIds.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if (obj.ids != null && obj.ids.length > 0) {
                    for (const value of obj.ids) {
                        w.uint32(18);
                        NumberedId.codec().encode(value, w);
                    }
                }
                if (obj.next != null) {
                    w.uint32(26);
                    w.bytes(obj.next);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    ids: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.ids != null && obj.ids.length === opts.limits.ids) {
                                throw new MaxLengthError('Decode error - repeated field "ids" had too many elements');
                            }
                            if (obj.ids.length === 4096) {
                                throw new MaxLengthError('Decode error - repeated field "ids" had too many elements');
                            }
                            obj.ids.push(NumberedId.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.ids$
                            }));
                            break;
                        }
                        case 3: {
                            obj.next = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, NumberedIds.codec());
    }
    NumberedIds.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, NumberedIds.codec(), opts);
    }
    NumberedIds.decode = decode;
})(NumberedIds || (NumberedIds = {}));
