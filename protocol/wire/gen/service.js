import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
import { PrekeyUpload, Bundle } from './records.js';
export var Failure;
(function (Failure) {
    let _codec;
    Failure.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.status != null && obj.status !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.status);
                }
                if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.retryAfterMs);
                }
                if ((obj.max != null && obj.max !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.max);
                }
                if (obj.record != null) {
                    w.uint32(34);
                    w.bytes(obj.record);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    status: 0,
                    retryAfterMs: 0,
                    max: 0
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
                            obj.retryAfterMs = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.max = reader.uint64Number();
                            break;
                        }
                        case 4: {
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
        return encodeMessage(obj, Failure.codec());
    }
    Failure.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Failure.codec(), opts);
    }
    Failure.decode = decode;
})(Failure || (Failure = {}));
export var Empty;
(function (Empty) {
    let _codec;
    Empty.codec = () => {
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
        return encodeMessage(obj, Empty.codec());
    }
    Empty.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Empty.codec(), opts);
    }
    Empty.decode = decode;
})(Empty || (Empty = {}));
export var Hello;
(function (Hello) {
    let _codec;
    Hello.codec = () => {
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
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.deviceList);
                }
                if ((obj.software != null && obj.software !== '')) {
                    w.uint32(34);
                    w.string(obj.software);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    account: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    software: ''
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
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.software = reader.string();
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
        return encodeMessage(obj, Hello.codec());
    }
    Hello.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Hello.codec(), opts);
    }
    Hello.decode = decode;
})(Hello || (Hello = {}));
export var Welcome;
(function (Welcome) {
    let _codec;
    Welcome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.relayName != null && obj.relayName !== '')) {
                    w.uint32(18);
                    w.string(obj.relayName);
                }
                if ((obj.region != null && obj.region !== '')) {
                    w.uint32(26);
                    w.string(obj.region);
                }
                if ((obj.nowMs != null && obj.nowMs !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.nowMs);
                }
                if ((obj.heartbeatMs != null && obj.heartbeatMs !== 0)) {
                    w.uint32(40);
                    w.uint32(obj.heartbeatMs);
                }
                if ((obj.isRegistered != null && obj.isRegistered !== false)) {
                    w.uint32(48);
                    w.bool(obj.isRegistered);
                }
                if ((obj.oneTimePrekeysLeft != null && obj.oneTimePrekeysLeft !== 0)) {
                    w.uint32(56);
                    w.uint32(obj.oneTimePrekeysLeft);
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(66);
                    w.string(obj.handle);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    relayName: '',
                    region: '',
                    nowMs: 0,
                    heartbeatMs: 0,
                    isRegistered: false,
                    oneTimePrekeysLeft: 0,
                    handle: ''
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
                            obj.relayName = reader.string();
                            break;
                        }
                        case 3: {
                            obj.region = reader.string();
                            break;
                        }
                        case 4: {
                            obj.nowMs = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.heartbeatMs = reader.uint32();
                            break;
                        }
                        case 6: {
                            obj.isRegistered = reader.bool();
                            break;
                        }
                        case 7: {
                            obj.oneTimePrekeysLeft = reader.uint32();
                            break;
                        }
                        case 8: {
                            obj.handle = reader.string();
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
        return encodeMessage(obj, Welcome.codec());
    }
    Welcome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Welcome.codec(), opts);
    }
    Welcome.decode = decode;
})(Welcome || (Welcome = {}));
export var Register;
(function (Register) {
    let _codec;
    Register.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.homeRecord != null && obj.homeRecord.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.homeRecord);
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(18);
                    w.string(obj.handle);
                }
                if (obj.prekeys != null) {
                    w.uint32(26);
                    PrekeyUpload.codec().encode(obj.prekeys, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    homeRecord: new Uint8Array(0),
                    handle: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.homeRecord = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.handle = reader.string();
                            break;
                        }
                        case 3: {
                            obj.prekeys = PrekeyUpload.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.prekeys
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
        return encodeMessage(obj, Register.codec());
    }
    Register.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Register.codec(), opts);
    }
    Register.decode = decode;
})(Register || (Register = {}));
export var Registered;
(function (Registered) {
    let _codec;
    Registered.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(10);
                    w.string(obj.handle);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    handle: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.handle = reader.string();
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
        return encodeMessage(obj, Registered.codec());
    }
    Registered.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Registered.codec(), opts);
    }
    Registered.decode = decode;
})(Registered || (Registered = {}));
export var PrekeysLeft;
(function (PrekeysLeft) {
    let _codec;
    PrekeysLeft.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.oneTime != null && obj.oneTime !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.oneTime);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    oneTime: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.oneTime = reader.uint32();
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
        return encodeMessage(obj, PrekeysLeft.codec());
    }
    PrekeysLeft.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PrekeysLeft.codec(), opts);
    }
    PrekeysLeft.decode = decode;
})(PrekeysLeft || (PrekeysLeft = {}));
export var Claim;
(function (Claim) {
    let _codec;
    Claim.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.account = reader.bytes();
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
        return encodeMessage(obj, Claim.codec());
    }
    Claim.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Claim.codec(), opts);
    }
    Claim.decode = decode;
})(Claim || (Claim = {}));
export var Claimed;
(function (Claimed) {
    let _codec;
    Claimed.codec = () => {
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
                if (obj.bundles != null && obj.bundles.length > 0) {
                    for (const value of obj.bundles) {
                        w.uint32(26);
                        Bundle.codec().encode(value, w);
                    }
                }
                if (obj.isCopy != null) {
                    w.uint32(32);
                    w.bool(obj.isCopy);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    deviceList: new Uint8Array(0),
                    homeRecord: new Uint8Array(0),
                    bundles: []
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
                            if (opts.limits?.bundles != null && obj.bundles.length === opts.limits.bundles) {
                                throw new MaxLengthError('Decode error - repeated field "bundles" had too many elements');
                            }
                            if (obj.bundles.length === 10) {
                                throw new MaxLengthError('Decode error - repeated field "bundles" had too many elements');
                            }
                            obj.bundles.push(Bundle.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.bundles$
                            }));
                            break;
                        }
                        case 4: {
                            obj.isCopy = reader.bool();
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
        return encodeMessage(obj, Claimed.codec());
    }
    Claimed.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Claimed.codec(), opts);
    }
    Claimed.decode = decode;
})(Claimed || (Claimed = {}));
export var FindAccount;
(function (FindAccount) {
    let _codec;
    FindAccount.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.account = reader.bytes();
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
        return encodeMessage(obj, FindAccount.codec());
    }
    FindAccount.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FindAccount.codec(), opts);
    }
    FindAccount.decode = decode;
})(FindAccount || (FindAccount = {}));
export var FindHandle;
(function (FindHandle) {
    let _codec;
    FindHandle.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(10);
                    w.string(obj.handle);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    handle: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.handle = reader.string();
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
        return encodeMessage(obj, FindHandle.codec());
    }
    FindHandle.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FindHandle.codec(), opts);
    }
    FindHandle.decode = decode;
})(FindHandle || (FindHandle = {}));
export var Found;
(function (Found) {
    let _codec;
    Found.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.homeRecord != null && obj.homeRecord.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.homeRecord);
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.deviceList);
                }
                if (obj.profile != null) {
                    w.uint32(34);
                    w.bytes(obj.profile);
                }
                if (obj.isCopy != null) {
                    w.uint32(40);
                    w.bool(obj.isCopy);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    homeRecord: new Uint8Array(0),
                    deviceList: new Uint8Array(0)
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
                            obj.homeRecord = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.profile = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.isCopy = reader.bool();
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
        return encodeMessage(obj, Found.codec());
    }
    Found.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Found.codec(), opts);
    }
    Found.decode = decode;
})(Found || (Found = {}));
export var Introduce;
(function (Introduce) {
    let _codec;
    Introduce.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.homeRecords != null && obj.homeRecords.length > 0) {
                    for (const value of obj.homeRecords) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    homeRecords: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.homeRecords != null && obj.homeRecords.length === opts.limits.homeRecords) {
                                throw new MaxLengthError('Decode error - repeated field "homeRecords" had too many elements');
                            }
                            if (obj.homeRecords.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "homeRecords" had too many elements');
                            }
                            obj.homeRecords.push(reader.bytes());
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
        return encodeMessage(obj, Introduce.codec());
    }
    Introduce.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Introduce.codec(), opts);
    }
    Introduce.decode = decode;
})(Introduce || (Introduce = {}));
export var GetDirectory;
(function (GetDirectory) {
    let _codec;
    GetDirectory.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.region != null && obj.region !== '')) {
                    w.uint32(10);
                    w.string(obj.region);
                }
                if ((obj.max != null && obj.max !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.max);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    region: '',
                    max: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.region = reader.string();
                            break;
                        }
                        case 2: {
                            obj.max = reader.uint32();
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
        return encodeMessage(obj, GetDirectory.codec());
    }
    GetDirectory.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GetDirectory.codec(), opts);
    }
    GetDirectory.decode = decode;
})(GetDirectory || (GetDirectory = {}));
