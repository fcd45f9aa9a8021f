import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var AskHome;
(function (AskHome) {
    let _codec;
    AskHome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.relay);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    relay: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.relay = reader.bytes();
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
        return encodeMessage(obj, AskHome.codec());
    }
    AskHome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, AskHome.codec(), opts);
    }
    AskHome.decode = decode;
})(AskHome || (AskHome = {}));
export var HomeState;
(function (HomeState) {
    let _codec;
    HomeState.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.state != null && obj.state !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.state);
                }
                if (obj.homeRecord != null) {
                    w.uint32(18);
                    w.bytes(obj.homeRecord);
                }
                if ((obj.isBehind != null && obj.isBehind !== false)) {
                    w.uint32(24);
                    w.bool(obj.isBehind);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    state: 0,
                    isBehind: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.state = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.homeRecord = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.isBehind = reader.bool();
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
        return encodeMessage(obj, HomeState.codec());
    }
    HomeState.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, HomeState.codec(), opts);
    }
    HomeState.decode = decode;
})(HomeState || (HomeState = {}));
export var Announce;
(function (Announce) {
    let _codec;
    Announce.codec = () => {
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
                if (obj.homes != null && obj.homes.length > 0) {
                    for (const value of obj.homes) {
                        w.uint32(18);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    accounts: [],
                    homes: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.accounts != null && obj.accounts.length === opts.limits.accounts) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            if (obj.accounts.length === 2048) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            obj.accounts.push(reader.bytes());
                            break;
                        }
                        case 2: {
                            if (opts.limits?.homes != null && obj.homes.length === opts.limits.homes) {
                                throw new MaxLengthError('Decode error - repeated field "homes" had too many elements');
                            }
                            if (obj.homes.length === 3) {
                                throw new MaxLengthError('Decode error - repeated field "homes" had too many elements');
                            }
                            obj.homes.push(reader.bytes());
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
        return encodeMessage(obj, Announce.codec());
    }
    Announce.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Announce.codec(), opts);
    }
    Announce.decode = decode;
})(Announce || (Announce = {}));
export var GuestPermit;
(function (GuestPermit) {
    let _codec;
    GuestPermit.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.account);
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.device);
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.relay);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.expiresAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    account: new Uint8Array(0),
                    device: new Uint8Array(0),
                    relay: new Uint8Array(0),
                    expiresAtMs: 0
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
                            obj.account = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.device = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.relay = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.expiresAtMs = reader.uint64Number();
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
        return encodeMessage(obj, GuestPermit.codec());
    }
    GuestPermit.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GuestPermit.codec(), opts);
    }
    GuestPermit.decode = decode;
})(GuestPermit || (GuestPermit = {}));
export var GuestBatch;
(function (GuestBatch) {
    let _codec;
    GuestBatch.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.permit != null && obj.permit.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.permit);
                }
                if (obj.envelopes != null && obj.envelopes.length > 0) {
                    for (const value of obj.envelopes) {
                        w.uint32(18);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    permit: new Uint8Array(0),
                    envelopes: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.permit = reader.bytes();
                            break;
                        }
                        case 2: {
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
        return encodeMessage(obj, GuestBatch.codec());
    }
    GuestBatch.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GuestBatch.codec(), opts);
    }
    GuestBatch.decode = decode;
})(GuestBatch || (GuestBatch = {}));
export var GuestForward;
(function (GuestForward) {
    let _codec;
    GuestForward.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.permit != null && obj.permit.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.permit);
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.deviceList);
                }
                if (obj.envelopes != null && obj.envelopes.length > 0) {
                    for (const value of obj.envelopes) {
                        w.uint32(26);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    permit: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    envelopes: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.permit = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 3: {
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
        return encodeMessage(obj, GuestForward.codec());
    }
    GuestForward.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GuestForward.codec(), opts);
    }
    GuestForward.decode = decode;
})(GuestForward || (GuestForward = {}));
export var GuestItem;
(function (GuestItem) {
    let _codec;
    GuestItem.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.permit != null && obj.permit.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.permit);
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.deviceList);
                }
                if ((obj.envelope != null && obj.envelope.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.envelope);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    permit: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    envelope: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.permit = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 3: {
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
        return encodeMessage(obj, GuestItem.codec());
    }
    GuestItem.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GuestItem.codec(), opts);
    }
    GuestItem.decode = decode;
})(GuestItem || (GuestItem = {}));
