import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
import { NumberedId } from './log.js';
export var Shipment;
(function (Shipment) {
    let _codec;
    Shipment.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.accounts != null && obj.accounts.length > 0) {
                    for (const value of obj.accounts) {
                        w.uint32(10);
                        ShipAccount.codec().encode(value, w);
                    }
                }
                if (obj.logs != null && obj.logs.length > 0) {
                    for (const value of obj.logs) {
                        w.uint32(18);
                        ShipLog.codec().encode(value, w);
                    }
                }
                if ((obj.sync != null && obj.sync !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.sync);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    accounts: [],
                    logs: [],
                    sync: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.accounts != null && obj.accounts.length === opts.limits.accounts) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            if (obj.accounts.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            obj.accounts.push(ShipAccount.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.accounts$
                            }));
                            break;
                        }
                        case 2: {
                            if (opts.limits?.logs != null && obj.logs.length === opts.limits.logs) {
                                throw new MaxLengthError('Decode error - repeated field "logs" had too many elements');
                            }
                            if (obj.logs.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "logs" had too many elements');
                            }
                            obj.logs.push(ShipLog.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.logs$
                            }));
                            break;
                        }
                        case 3: {
                            obj.sync = reader.uint32();
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
        return encodeMessage(obj, Shipment.codec());
    }
    Shipment.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Shipment.codec(), opts);
    }
    Shipment.decode = decode;
})(Shipment || (Shipment = {}));
export var ShipAccount;
(function (ShipAccount) {
    let _codec;
    ShipAccount.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if (obj.rows != null && obj.rows.length > 0) {
                    for (const value of obj.rows) {
                        w.uint32(18);
                        ShipRow.codec().encode(value, w);
                    }
                }
                if ((obj.isWhole != null && obj.isWhole !== false)) {
                    w.uint32(24);
                    w.bool(obj.isWhole);
                }
                if (obj.formerRecord != null) {
                    w.uint32(34);
                    w.bytes(obj.formerRecord);
                }
                if ((obj.isDone != null && obj.isDone !== false)) {
                    w.uint32(40);
                    w.bool(obj.isDone);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    rows: [],
                    isWhole: false,
                    isDone: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.account = reader.bytes();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            if (obj.rows.length === 20000) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            obj.rows.push(ShipRow.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.rows$
                            }));
                            break;
                        }
                        case 3: {
                            obj.isWhole = reader.bool();
                            break;
                        }
                        case 4: {
                            obj.formerRecord = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.isDone = reader.bool();
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
        return encodeMessage(obj, ShipAccount.codec());
    }
    ShipAccount.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipAccount.codec(), opts);
    }
    ShipAccount.decode = decode;
})(ShipAccount || (ShipAccount = {}));
export var ShipRow;
(function (ShipRow) {
    let _codec;
    ShipRow.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.table != null && obj.table !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.table);
                }
                if ((obj.key != null && obj.key !== '')) {
                    w.uint32(18);
                    w.string(obj.key);
                }
                if (obj.value != null) {
                    w.uint32(26);
                    w.bytes(obj.value);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    table: 0,
                    key: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.table = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.key = reader.string();
                            break;
                        }
                        case 3: {
                            obj.value = reader.bytes();
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
        return encodeMessage(obj, ShipRow.codec());
    }
    ShipRow.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipRow.codec(), opts);
    }
    ShipRow.decode = decode;
})(ShipRow || (ShipRow = {}));
export var ShipLog;
(function (ShipLog) {
    let _codec;
    ShipLog.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.account);
                }
                if ((obj.skipThrough != null && obj.skipThrough !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.skipThrough);
                }
                if ((obj.skipEpoch != null && obj.skipEpoch !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.skipEpoch);
                }
                if (obj.entries != null && obj.entries.length > 0) {
                    for (const value of obj.entries) {
                        w.uint32(42);
                        ShipEntry.codec().encode(value, w);
                    }
                }
                if (obj.dequeued != null && obj.dequeued.length > 0) {
                    for (const value of obj.dequeued) {
                        w.uint32(48);
                        w.uint64Number(value);
                    }
                }
                if (obj.items != null && obj.items.length > 0) {
                    for (const value of obj.items) {
                        w.uint32(58);
                        ShipItem.codec().encode(value, w);
                    }
                }
                if ((obj.itemsFrom != null && obj.itemsFrom !== 0)) {
                    w.uint32(64);
                    w.uint64Number(obj.itemsFrom);
                }
                if ((obj.itemsTo != null && obj.itemsTo !== 0)) {
                    w.uint32(72);
                    w.uint64Number(obj.itemsTo);
                }
                if (obj.cursors != null && obj.cursors.length > 0) {
                    for (const value of obj.cursors) {
                        w.uint32(82);
                        ShipCursor.codec().encode(value, w);
                    }
                }
                if (obj.rows != null && obj.rows.length > 0) {
                    for (const value of obj.rows) {
                        w.uint32(90);
                        ShipRow.codec().encode(value, w);
                    }
                }
                if ((obj.isWhole != null && obj.isWhole !== false)) {
                    w.uint32(96);
                    w.bool(obj.isWhole);
                }
                if ((obj.trimThrough != null && obj.trimThrough !== 0)) {
                    w.uint32(104);
                    w.uint64Number(obj.trimThrough);
                }
                if ((obj.asks != null && obj.asks !== false)) {
                    w.uint32(112);
                    w.bool(obj.asks);
                }
                if ((obj.cutThrough != null && obj.cutThrough !== 0)) {
                    w.uint32(120);
                    w.uint64Number(obj.cutThrough);
                }
                if ((obj.isCut != null && obj.isCut !== false)) {
                    w.uint32(128);
                    w.bool(obj.isCut);
                }
                if (obj.numbered != null && obj.numbered.length > 0) {
                    for (const value of obj.numbered) {
                        w.uint32(138);
                        NumberedId.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    account: new Uint8Array(0),
                    skipThrough: 0,
                    skipEpoch: 0,
                    entries: [],
                    dequeued: [],
                    items: [],
                    itemsFrom: 0,
                    itemsTo: 0,
                    cursors: [],
                    rows: [],
                    isWhole: false,
                    trimThrough: 0,
                    asks: false,
                    cutThrough: 0,
                    isCut: false,
                    numbered: []
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
                            obj.account = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.skipThrough = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.skipEpoch = reader.uint32();
                            break;
                        }
                        case 5: {
                            if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            if (obj.entries.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            obj.entries.push(ShipEntry.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.entries$
                            }));
                            break;
                        }
                        case 6: {
                            if (opts.limits?.dequeued != null && obj.dequeued.length === opts.limits.dequeued) {
                                throw new MaxLengthError('Decode error - repeated field "dequeued" had too many elements');
                            }
                            if (obj.dequeued.length === 1024) {
                                throw new MaxLengthError('Decode error - repeated field "dequeued" had too many elements');
                            }
                            obj.dequeued.push(reader.uint64Number());
                            break;
                        }
                        case 7: {
                            if (opts.limits?.items != null && obj.items.length === opts.limits.items) {
                                throw new MaxLengthError('Decode error - repeated field "items" had too many elements');
                            }
                            if (obj.items.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "items" had too many elements');
                            }
                            obj.items.push(ShipItem.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.items$
                            }));
                            break;
                        }
                        case 8: {
                            obj.itemsFrom = reader.uint64Number();
                            break;
                        }
                        case 9: {
                            obj.itemsTo = reader.uint64Number();
                            break;
                        }
                        case 10: {
                            if (opts.limits?.cursors != null && obj.cursors.length === opts.limits.cursors) {
                                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements');
                            }
                            if (obj.cursors.length === 20000) {
                                throw new MaxLengthError('Decode error - repeated field "cursors" had too many elements');
                            }
                            obj.cursors.push(ShipCursor.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.cursors$
                            }));
                            break;
                        }
                        case 11: {
                            if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            if (obj.rows.length === 4096) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            obj.rows.push(ShipRow.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.rows$
                            }));
                            break;
                        }
                        case 12: {
                            obj.isWhole = reader.bool();
                            break;
                        }
                        case 13: {
                            obj.trimThrough = reader.uint64Number();
                            break;
                        }
                        case 14: {
                            obj.asks = reader.bool();
                            break;
                        }
                        case 15: {
                            obj.cutThrough = reader.uint64Number();
                            break;
                        }
                        case 16: {
                            obj.isCut = reader.bool();
                            break;
                        }
                        case 17: {
                            if (opts.limits?.numbered != null && obj.numbered.length === opts.limits.numbered) {
                                throw new MaxLengthError('Decode error - repeated field "numbered" had too many elements');
                            }
                            if (obj.numbered.length === 1024) {
                                throw new MaxLengthError('Decode error - repeated field "numbered" had too many elements');
                            }
                            obj.numbered.push(NumberedId.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.numbered$
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
        return encodeMessage(obj, ShipLog.codec());
    }
    ShipLog.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipLog.codec(), opts);
    }
    ShipLog.decode = decode;
})(ShipLog || (ShipLog = {}));
export var ShipEntry;
(function (ShipEntry) {
    let _codec;
    ShipEntry.codec = () => {
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
                if ((obj.storedAtMs != null && obj.storedAtMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.storedAtMs);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.expiresAtMs);
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(42);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    epoch: 0,
                    seq: 0,
                    storedAtMs: 0,
                    expiresAtMs: 0,
                    envelope: new Uint8Array(0)
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
                            obj.storedAtMs = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.expiresAtMs = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.envelope = reader.bytes();
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
        return encodeMessage(obj, ShipEntry.codec());
    }
    ShipEntry.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipEntry.codec(), opts);
    }
    ShipEntry.decode = decode;
})(ShipEntry || (ShipEntry = {}));
export var ShipItem;
(function (ShipItem) {
    let _codec;
    ShipItem.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.position != null && obj.position !== 0)) {
                    w.uint32(8);
                    w.uint64Number(obj.position);
                }
                if ((obj.storedAtMs != null && obj.storedAtMs !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.storedAtMs);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.expiresAtMs);
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    position: 0,
                    storedAtMs: 0,
                    expiresAtMs: 0,
                    envelope: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.position = reader.uint64Number();
                            break;
                        }
                        case 2: {
                            obj.storedAtMs = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.expiresAtMs = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.envelope = reader.bytes();
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
        return encodeMessage(obj, ShipItem.codec());
    }
    ShipItem.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipItem.codec(), opts);
    }
    ShipItem.decode = decode;
})(ShipItem || (ShipItem = {}));
export var ShipCursor;
(function (ShipCursor) {
    let _codec;
    ShipCursor.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.device);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.seq);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    device: new Uint8Array(0),
                    seq: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.device = reader.bytes();
                            break;
                        }
                        case 2: {
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
        return encodeMessage(obj, ShipCursor.codec());
    }
    ShipCursor.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipCursor.codec(), opts);
    }
    ShipCursor.decode = decode;
})(ShipCursor || (ShipCursor = {}));
export var Shipped;
(function (Shipped) {
    let _codec;
    Shipped.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.answers != null && obj.answers.length > 0) {
                    for (const value of obj.answers) {
                        w.uint32(10);
                        ShipAnswer.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    answers: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.answers != null && obj.answers.length === opts.limits.answers) {
                                throw new MaxLengthError('Decode error - repeated field "answers" had too many elements');
                            }
                            if (obj.answers.length === 1024) {
                                throw new MaxLengthError('Decode error - repeated field "answers" had too many elements');
                            }
                            obj.answers.push(ShipAnswer.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.answers$
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
        return encodeMessage(obj, Shipped.codec());
    }
    Shipped.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Shipped.codec(), opts);
    }
    Shipped.decode = decode;
})(Shipped || (Shipped = {}));
export var ShipAnswer;
(function (ShipAnswer) {
    let _codec;
    ShipAnswer.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.of != null && obj.of.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.of);
                }
                if ((obj.status != null && obj.status !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.status);
                }
                if (obj.record != null) {
                    w.uint32(26);
                    w.bytes(obj.record);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.epoch);
                }
                if ((obj.first != null && obj.first !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.first);
                }
                if ((obj.head != null && obj.head !== 0)) {
                    w.uint32(48);
                    w.uint64Number(obj.head);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    of: new Uint8Array(0),
                    status: 0,
                    epoch: 0,
                    first: 0,
                    head: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.of = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.status = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.record = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 5: {
                            obj.first = reader.uint64Number();
                            break;
                        }
                        case 6: {
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
        return encodeMessage(obj, ShipAnswer.codec());
    }
    ShipAnswer.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ShipAnswer.codec(), opts);
    }
    ShipAnswer.decode = decode;
})(ShipAnswer || (ShipAnswer = {}));
export var ReadShipped;
(function (ReadShipped) {
    let _codec;
    ReadShipped.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.account);
                }
                if ((obj.fromSeq != null && obj.fromSeq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.fromSeq);
                }
                if ((obj.fromPosition != null && obj.fromPosition !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.fromPosition);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    account: new Uint8Array(0),
                    fromSeq: 0,
                    fromPosition: 0
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
                            obj.account = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.fromSeq = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.fromPosition = reader.uint64Number();
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
        return encodeMessage(obj, ReadShipped.codec());
    }
    ReadShipped.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ReadShipped.codec(), opts);
    }
    ReadShipped.decode = decode;
})(ReadShipped || (ReadShipped = {}));
export var AskHomes;
(function (AskHomes) {
    let _codec;
    AskHomes.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.accounts != null && obj.accounts.length > 0) {
                    for (const value of obj.accounts) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    accounts: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.accounts != null && obj.accounts.length === opts.limits.accounts) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            if (obj.accounts.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            obj.accounts.push(reader.bytes());
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
        return encodeMessage(obj, AskHomes.codec());
    }
    AskHomes.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, AskHomes.codec(), opts);
    }
    AskHomes.decode = decode;
})(AskHomes || (AskHomes = {}));
export var StandbyState;
(function (StandbyState) {
    let _codec;
    StandbyState.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.standby != null && obj.standby.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.standby);
                }
                if ((obj.state != null && obj.state !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.state);
                }
                if ((obj.behindMs != null && obj.behindMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.behindMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    standby: new Uint8Array(0),
                    state: 0,
                    behindMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.standby = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.state = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.behindMs = reader.uint64Number();
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
        return encodeMessage(obj, StandbyState.codec());
    }
    StandbyState.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, StandbyState.codec(), opts);
    }
    StandbyState.decode = decode;
})(StandbyState || (StandbyState = {}));
