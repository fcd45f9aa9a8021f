import { decodeMessage, encodeMessage, message, streamMessage } from 'protons-runtime';
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc';
export var Content;
(function (Content) {
    let _codec;
    Content.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.conversation);
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.messageId);
                }
                if ((obj.senderDevice != null && obj.senderDevice.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.senderDevice);
                }
                if ((obj.sentAtMs != null && obj.sentAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.sentAtMs);
                }
                if ((obj.previous != null && obj.previous.byteLength > 0)) {
                    w.uint32(50);
                    w.bytes(obj.previous);
                }
                if ((obj.ownListEpoch != null && obj.ownListEpoch !== 0)) {
                    w.uint32(56);
                    w.uint32(obj.ownListEpoch);
                }
                if ((obj.ownListHash != null && obj.ownListHash.byteLength > 0)) {
                    w.uint32(66);
                    w.bytes(obj.ownListHash);
                }
                if ((obj.theirListEpoch != null && obj.theirListEpoch !== 0)) {
                    w.uint32(72);
                    w.uint32(obj.theirListEpoch);
                }
                if ((obj.theirListHash != null && obj.theirListHash.byteLength > 0)) {
                    w.uint32(82);
                    w.bytes(obj.theirListHash);
                }
                if (obj.text != null) {
                    w.uint32(130);
                    Text.codec().encode(obj.text, w);
                }
                if (obj.receipt != null) {
                    w.uint32(138);
                    Receipt.codec().encode(obj.receipt, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    conversation: uint8ArrayAlloc(0),
                    messageId: uint8ArrayAlloc(0),
                    senderDevice: uint8ArrayAlloc(0),
                    sentAtMs: 0,
                    previous: uint8ArrayAlloc(0),
                    ownListEpoch: 0,
                    ownListHash: uint8ArrayAlloc(0),
                    theirListEpoch: 0,
                    theirListHash: uint8ArrayAlloc(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.version = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.conversation = reader.bytes();
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
                            obj.sentAtMs = reader.uint64Number();
                            break;
                        }
                        case 6: {
                            obj.previous = reader.bytes();
                            break;
                        }
                        case 7: {
                            obj.ownListEpoch = reader.uint32();
                            break;
                        }
                        case 8: {
                            obj.ownListHash = reader.bytes();
                            break;
                        }
                        case 9: {
                            obj.theirListEpoch = reader.uint32();
                            break;
                        }
                        case 10: {
                            obj.theirListHash = reader.bytes();
                            break;
                        }
                        case 16: {
                            obj.text = Text.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.text
                            });
                            break;
                        }
                        case 17: {
                            obj.receipt = Receipt.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.receipt
                            });
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.version`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.conversation`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.messageId`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.senderDevice`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.sentAtMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 6: {
                            yield {
                                field: `${prefix}.previous`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 7: {
                            yield {
                                field: `${prefix}.ownListEpoch`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 8: {
                            yield {
                                field: `${prefix}.ownListHash`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 9: {
                            yield {
                                field: `${prefix}.theirListEpoch`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 10: {
                            yield {
                                field: `${prefix}.theirListHash`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 16: {
                            yield* Text.codec().stream(reader, reader.uint32(), `${prefix}.text`, {
                                limits: opts.limits?.text
                            });
                            break;
                        }
                        case 17: {
                            yield* Receipt.codec().stream(reader, reader.uint32(), `${prefix}.receipt`, {
                                limits: opts.limits?.receipt
                            });
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Content.codec());
    }
    Content.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Content.codec(), opts);
    }
    Content.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Content.codec(), opts);
    }
    Content.stream = stream;
})(Content || (Content = {}));
export var Text;
(function (Text) {
    let _codec;
    Text.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.body != null && obj.body !== '')) {
                    w.uint32(10);
                    w.string(obj.body);
                }
                if (obj.standsFor != null) {
                    w.uint32(18);
                    w.bytes(obj.standsFor);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    body: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.body = reader.string();
                            break;
                        }
                        case 2: {
                            obj.standsFor = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.body`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.standsFor`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Text.codec());
    }
    Text.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Text.codec(), opts);
    }
    Text.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Text.codec(), opts);
    }
    Text.stream = stream;
})(Text || (Text = {}));
export var Receipt;
(function (Receipt) {
    let _codec;
    Receipt.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.stage != null && obj.stage !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.stage);
                }
                if ((obj.messageIds != null && obj.messageIds.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.messageIds);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    stage: 0,
                    messageIds: uint8ArrayAlloc(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.stage = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.messageIds = reader.bytes();
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
                return obj;
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.stage`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.messageIds`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        default: {
                            reader.skipType(tag & 7);
                            break;
                        }
                    }
                }
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, Receipt.codec());
    }
    Receipt.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Receipt.codec(), opts);
    }
    Receipt.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Receipt.codec(), opts);
    }
    Receipt.stream = stream;
})(Receipt || (Receipt = {}));
