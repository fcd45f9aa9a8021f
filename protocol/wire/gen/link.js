import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var LinkMeet;
(function (LinkMeet) {
    let _codec;
    LinkMeet.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.rendezvous != null && obj.rendezvous.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.rendezvous);
                }
                if ((obj.isNewDevice != null && obj.isNewDevice !== false)) {
                    w.uint32(16);
                    w.bool(obj.isNewDevice);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    rendezvous: new Uint8Array(0),
                    isNewDevice: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.rendezvous = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.isNewDevice = reader.bool();
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
        return encodeMessage(obj, LinkMeet.codec());
    }
    LinkMeet.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkMeet.codec(), opts);
    }
    LinkMeet.decode = decode;
})(LinkMeet || (LinkMeet = {}));
export var LinkParcel;
(function (LinkParcel) {
    let _codec;
    LinkParcel.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.payload != null && obj.payload.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.payload);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    payload: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.payload = reader.bytes();
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
        return encodeMessage(obj, LinkParcel.codec());
    }
    LinkParcel.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkParcel.codec(), opts);
    }
    LinkParcel.decode = decode;
})(LinkParcel || (LinkParcel = {}));
export var LinkMessage;
(function (LinkMessage) {
    let _codec;
    LinkMessage.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.commit != null) {
                    w.uint32(10);
                    LinkCommit.codec().encode(obj.commit, w);
                }
                if (obj.nonce != null) {
                    w.uint32(18);
                    LinkNonce.codec().encode(obj.nonce, w);
                }
                if (obj.reveal != null) {
                    w.uint32(26);
                    LinkReveal.codec().encode(obj.reveal, w);
                }
                if (obj.grant != null) {
                    w.uint32(34);
                    LinkGrant.codec().encode(obj.grant, w);
                }
                if (obj.introduction != null) {
                    w.uint32(42);
                    LinkIntroduction.codec().encode(obj.introduction, w);
                }
                if (obj.admission != null) {
                    w.uint32(50);
                    LinkAdmission.codec().encode(obj.admission, w);
                }
                if (obj.ready != null) {
                    w.uint32(58);
                    LinkReady.codec().encode(obj.ready, w);
                }
                if (obj.rows != null) {
                    w.uint32(66);
                    LinkRows.codec().encode(obj.rows, w);
                }
                if (obj.finished != null) {
                    w.uint32(74);
                    LinkFinished.codec().encode(obj.finished, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {};
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.commit = LinkCommit.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.commit
                            });
                            break;
                        }
                        case 2: {
                            obj.nonce = LinkNonce.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.nonce
                            });
                            break;
                        }
                        case 3: {
                            obj.reveal = LinkReveal.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.reveal
                            });
                            break;
                        }
                        case 4: {
                            obj.grant = LinkGrant.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.grant
                            });
                            break;
                        }
                        case 5: {
                            obj.introduction = LinkIntroduction.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.introduction
                            });
                            break;
                        }
                        case 6: {
                            obj.admission = LinkAdmission.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.admission
                            });
                            break;
                        }
                        case 7: {
                            obj.ready = LinkReady.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.ready
                            });
                            break;
                        }
                        case 8: {
                            obj.rows = LinkRows.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.rows
                            });
                            break;
                        }
                        case 9: {
                            obj.finished = LinkFinished.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.finished
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
            });
        }
        return _codec;
    };
    function encode(obj) {
        return encodeMessage(obj, LinkMessage.codec());
    }
    LinkMessage.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkMessage.codec(), opts);
    }
    LinkMessage.decode = decode;
})(LinkMessage || (LinkMessage = {}));
export var LinkCommit;
(function (LinkCommit) {
    let _codec;
    LinkCommit.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.commitment != null && obj.commitment.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.commitment);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    commitment: new Uint8Array(0)
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
                            obj.commitment = reader.bytes();
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
        return encodeMessage(obj, LinkCommit.codec());
    }
    LinkCommit.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkCommit.codec(), opts);
    }
    LinkCommit.decode = decode;
})(LinkCommit || (LinkCommit = {}));
export var LinkNonce;
(function (LinkNonce) {
    let _codec;
    LinkNonce.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.nonce);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    nonce: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.nonce = reader.bytes();
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
        return encodeMessage(obj, LinkNonce.codec());
    }
    LinkNonce.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkNonce.codec(), opts);
    }
    LinkNonce.decode = decode;
})(LinkNonce || (LinkNonce = {}));
export var LinkReveal;
(function (LinkReveal) {
    let _codec;
    LinkReveal.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.key != null && obj.key.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.key);
                }
                if ((obj.nonce != null && obj.nonce.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.nonce);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    key: new Uint8Array(0),
                    nonce: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.key = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.nonce = reader.bytes();
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
        return encodeMessage(obj, LinkReveal.codec());
    }
    LinkReveal.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkReveal.codec(), opts);
    }
    LinkReveal.decode = decode;
})(LinkReveal || (LinkReveal = {}));
export var LinkGrant;
(function (LinkGrant) {
    let _codec;
    LinkGrant.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    epoch: 0
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
                            obj.epoch = reader.uint32();
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
        return encodeMessage(obj, LinkGrant.codec());
    }
    LinkGrant.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkGrant.codec(), opts);
    }
    LinkGrant.decode = decode;
})(LinkGrant || (LinkGrant = {}));
export var LinkIntroduction;
(function (LinkIntroduction) {
    let _codec;
    LinkIntroduction.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.transportKey != null && obj.transportKey.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.transportKey);
                }
                if ((obj.identityKey != null && obj.identityKey.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.identityKey);
                }
                if ((obj.registrationId != null && obj.registrationId !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.registrationId);
                }
                if ((obj.proof != null && obj.proof.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.proof);
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(42);
                    w.string(obj.name);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    transportKey: new Uint8Array(0),
                    identityKey: new Uint8Array(0),
                    registrationId: 0,
                    proof: new Uint8Array(0),
                    name: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.transportKey = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.identityKey = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.registrationId = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.proof = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.name = reader.string();
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
        return encodeMessage(obj, LinkIntroduction.codec());
    }
    LinkIntroduction.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkIntroduction.codec(), opts);
    }
    LinkIntroduction.decode = decode;
})(LinkIntroduction || (LinkIntroduction = {}));
export var LinkAdmission;
(function (LinkAdmission) {
    let _codec;
    LinkAdmission.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.deviceList);
                }
                if ((obj.homeRecord != null && obj.homeRecord.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.homeRecord);
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(26);
                    w.string(obj.handle);
                }
                if ((obj.relayName != null && obj.relayName !== '')) {
                    w.uint32(34);
                    w.string(obj.relayName);
                }
                if ((obj.region != null && obj.region !== '')) {
                    w.uint32(42);
                    w.string(obj.region);
                }
                if (obj.addresses != null && obj.addresses.length > 0) {
                    for (const value of obj.addresses) {
                        w.uint32(50);
                        w.string(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    deviceList: new Uint8Array(0),
                    homeRecord: new Uint8Array(0),
                    handle: '',
                    relayName: '',
                    region: '',
                    addresses: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.homeRecord = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.handle = reader.string();
                            break;
                        }
                        case 4: {
                            obj.relayName = reader.string();
                            break;
                        }
                        case 5: {
                            obj.region = reader.string();
                            break;
                        }
                        case 6: {
                            if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements');
                            }
                            if (obj.addresses.length === 16) {
                                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements');
                            }
                            obj.addresses.push(reader.string());
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
        return encodeMessage(obj, LinkAdmission.codec());
    }
    LinkAdmission.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkAdmission.codec(), opts);
    }
    LinkAdmission.decode = decode;
})(LinkAdmission || (LinkAdmission = {}));
export var LinkReady;
(function (LinkReady) {
    let _codec;
    LinkReady.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {};
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
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
        return encodeMessage(obj, LinkReady.codec());
    }
    LinkReady.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkReady.codec(), opts);
    }
    LinkReady.decode = decode;
})(LinkReady || (LinkReady = {}));
export var LinkRows;
(function (LinkRows) {
    let _codec;
    LinkRows.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.rows != null && obj.rows.length > 0) {
                    for (const value of obj.rows) {
                        w.uint32(10);
                        LinkRow.codec().encode(value, w);
                    }
                }
                if ((obj.isHistory != null && obj.isHistory !== false)) {
                    w.uint32(16);
                    w.bool(obj.isHistory);
                }
                if ((obj.done != null && obj.done !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.done);
                }
                if ((obj.total != null && obj.total !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.total);
                }
                if ((obj.isComplete != null && obj.isComplete !== false)) {
                    w.uint32(40);
                    w.bool(obj.isComplete);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    rows: [],
                    isHistory: false,
                    done: 0,
                    total: 0,
                    isComplete: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.rows != null && obj.rows.length === opts.limits.rows) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            if (obj.rows.length === 4096) {
                                throw new MaxLengthError('Decode error - repeated field "rows" had too many elements');
                            }
                            obj.rows.push(LinkRow.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.rows$
                            }));
                            break;
                        }
                        case 2: {
                            obj.isHistory = reader.bool();
                            break;
                        }
                        case 3: {
                            obj.done = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.total = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.isComplete = reader.bool();
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
        return encodeMessage(obj, LinkRows.codec());
    }
    LinkRows.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkRows.codec(), opts);
    }
    LinkRows.decode = decode;
})(LinkRows || (LinkRows = {}));
export var LinkRow;
(function (LinkRow) {
    let _codec;
    LinkRow.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.table != null && obj.table !== '')) {
                    w.uint32(10);
                    w.string(obj.table);
                }
                if ((obj.key != null && obj.key !== '')) {
                    w.uint32(18);
                    w.string(obj.key);
                }
                if ((obj.value != null && obj.value.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.value);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    table: '',
                    key: '',
                    value: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.table = reader.string();
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
        return encodeMessage(obj, LinkRow.codec());
    }
    LinkRow.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkRow.codec(), opts);
    }
    LinkRow.decode = decode;
})(LinkRow || (LinkRow = {}));
export var LinkFinished;
(function (LinkFinished) {
    let _codec;
    LinkFinished.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {};
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
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
        return encodeMessage(obj, LinkFinished.codec());
    }
    LinkFinished.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LinkFinished.codec(), opts);
    }
    LinkFinished.decode = decode;
})(LinkFinished || (LinkFinished = {}));
