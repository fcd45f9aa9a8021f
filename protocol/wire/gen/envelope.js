import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var Envelope;
(function (Envelope) {
    let _codec;
    Envelope.codec = () => {
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
                if ((obj.senderAccount != null && obj.senderAccount.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.senderAccount);
                }
                if ((obj.senderDevice != null && obj.senderDevice.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.senderDevice);
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(42);
                    w.bytes(obj.messageId);
                }
                if ((obj.kind != null && obj.kind !== 0)) {
                    w.uint32(48);
                    w.uint32(obj.kind);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.expiresAtMs);
                }
                if (obj.ciphertexts != null && obj.ciphertexts.length > 0) {
                    for (const value of obj.ciphertexts) {
                        w.uint32(66);
                        Ciphertext.codec().encode(value, w);
                    }
                }
                if (obj.control != null) {
                    w.uint32(74);
                    w.bytes(obj.control);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    conversation: new Uint8Array(0),
                    senderAccount: new Uint8Array(0),
                    senderDevice: new Uint8Array(0),
                    messageId: new Uint8Array(0),
                    kind: 0,
                    expiresAtMs: 0,
                    ciphertexts: []
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
                            obj.senderAccount = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.senderDevice = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 6: {
                            obj.kind = reader.uint32();
                            break;
                        }
                        case 7: {
                            obj.expiresAtMs = reader.uint64Number();
                            break;
                        }
                        case 8: {
                            if (opts.limits?.ciphertexts != null && obj.ciphertexts.length === opts.limits.ciphertexts) {
                                throw new MaxLengthError('Decode error - repeated field "ciphertexts" had too many elements');
                            }
                            if (obj.ciphertexts.length === 20) {
                                throw new MaxLengthError('Decode error - repeated field "ciphertexts" had too many elements');
                            }
                            obj.ciphertexts.push(Ciphertext.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.ciphertexts$
                            }));
                            break;
                        }
                        case 9: {
                            obj.control = reader.bytes();
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
        return encodeMessage(obj, Envelope.codec());
    }
    Envelope.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Envelope.codec(), opts);
    }
    Envelope.decode = decode;
})(Envelope || (Envelope = {}));
export var Ciphertext;
(function (Ciphertext) {
    let _codec;
    Ciphertext.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.device);
                }
                if ((obj.kind != null && obj.kind !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.kind);
                }
                if ((obj.bytes != null && obj.bytes.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.bytes);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    device: new Uint8Array(0),
                    kind: 0,
                    bytes: new Uint8Array(0)
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
                            obj.kind = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.bytes = reader.bytes();
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
        return encodeMessage(obj, Ciphertext.codec());
    }
    Ciphertext.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Ciphertext.codec(), opts);
    }
    Ciphertext.decode = decode;
})(Ciphertext || (Ciphertext = {}));
