import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var Signed;
(function (Signed) {
    let _codec;
    Signed.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.body != null && obj.body.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.body);
                }
                if ((obj.signature != null && obj.signature.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.signature);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    body: new Uint8Array(0),
                    signature: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.body = reader.bytes();
                            break;
                        }
                        case 2: {
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
        return encodeMessage(obj, Signed.codec());
    }
    Signed.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Signed.codec(), opts);
    }
    Signed.decode = decode;
})(Signed || (Signed = {}));
export var DeviceList;
(function (DeviceList) {
    let _codec;
    DeviceList.codec = () => {
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
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.epoch);
                }
                if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.issuedAtMs);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.expiresAtMs);
                }
                if (obj.devices != null && obj.devices.length > 0) {
                    for (const value of obj.devices) {
                        w.uint32(50);
                        Device.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    account: new Uint8Array(0),
                    epoch: 0,
                    issuedAtMs: 0,
                    expiresAtMs: 0,
                    devices: []
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
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.issuedAtMs = reader.uint64Number();
                            break;
                        }
                        case 5: {
                            obj.expiresAtMs = reader.uint64Number();
                            break;
                        }
                        case 6: {
                            if (opts.limits?.devices != null && obj.devices.length === opts.limits.devices) {
                                throw new MaxLengthError('Decode error - repeated field "devices" had too many elements');
                            }
                            if (obj.devices.length === 10) {
                                throw new MaxLengthError('Decode error - repeated field "devices" had too many elements');
                            }
                            obj.devices.push(Device.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.devices$
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
        return encodeMessage(obj, DeviceList.codec());
    }
    DeviceList.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DeviceList.codec(), opts);
    }
    DeviceList.decode = decode;
})(DeviceList || (DeviceList = {}));
export var Device;
(function (Device) {
    let _codec;
    Device.codec = () => {
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
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    transportKey: new Uint8Array(0),
                    identityKey: new Uint8Array(0),
                    registrationId: 0
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
        return encodeMessage(obj, Device.codec());
    }
    Device.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Device.codec(), opts);
    }
    Device.decode = decode;
})(Device || (Device = {}));
export var HomeRecord;
(function (HomeRecord) {
    let _codec;
    HomeRecord.codec = () => {
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
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.epoch);
                }
                if (obj.homes != null && obj.homes.length > 0) {
                    for (const value of obj.homes) {
                        w.uint32(34);
                        w.bytes(value);
                    }
                }
                if ((obj.region != null && obj.region !== '')) {
                    w.uint32(42);
                    w.string(obj.region);
                }
                if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
                    w.uint32(48);
                    w.uint64Number(obj.issuedAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    account: new Uint8Array(0),
                    epoch: 0,
                    homes: [],
                    region: '',
                    issuedAtMs: 0
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
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 4: {
                            if (opts.limits?.homes != null && obj.homes.length === opts.limits.homes) {
                                throw new MaxLengthError('Decode error - repeated field "homes" had too many elements');
                            }
                            if (obj.homes.length === 3) {
                                throw new MaxLengthError('Decode error - repeated field "homes" had too many elements');
                            }
                            obj.homes.push(reader.bytes());
                            break;
                        }
                        case 5: {
                            obj.region = reader.string();
                            break;
                        }
                        case 6: {
                            obj.issuedAtMs = reader.uint64Number();
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
        return encodeMessage(obj, HomeRecord.codec());
    }
    HomeRecord.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, HomeRecord.codec(), opts);
    }
    HomeRecord.decode = decode;
})(HomeRecord || (HomeRecord = {}));
export var RelayRecord;
(function (RelayRecord) {
    let _codec;
    RelayRecord.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.relay);
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(26);
                    w.string(obj.name);
                }
                if ((obj.region != null && obj.region !== '')) {
                    w.uint32(34);
                    w.string(obj.region);
                }
                if (obj.addresses != null && obj.addresses.length > 0) {
                    for (const value of obj.addresses) {
                        w.uint32(42);
                        w.string(value);
                    }
                }
                if ((obj.loadPermille != null && obj.loadPermille !== 0)) {
                    w.uint32(48);
                    w.uint32(obj.loadPermille);
                }
                if ((obj.openRegistration != null && obj.openRegistration !== false)) {
                    w.uint32(56);
                    w.bool(obj.openRegistration);
                }
                if ((obj.software != null && obj.software !== '')) {
                    w.uint32(66);
                    w.string(obj.software);
                }
                if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
                    w.uint32(72);
                    w.uint64Number(obj.issuedAtMs);
                }
                if ((obj.directory != null && obj.directory !== 0)) {
                    w.uint32(80);
                    w.uint32(obj.directory);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    relay: new Uint8Array(0),
                    name: '',
                    region: '',
                    addresses: [],
                    loadPermille: 0,
                    openRegistration: false,
                    software: '',
                    issuedAtMs: 0,
                    directory: 0
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
                            obj.relay = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.name = reader.string();
                            break;
                        }
                        case 4: {
                            obj.region = reader.string();
                            break;
                        }
                        case 5: {
                            if (opts.limits?.addresses != null && obj.addresses.length === opts.limits.addresses) {
                                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements');
                            }
                            if (obj.addresses.length === 16) {
                                throw new MaxLengthError('Decode error - repeated field "addresses" had too many elements');
                            }
                            obj.addresses.push(reader.string());
                            break;
                        }
                        case 6: {
                            obj.loadPermille = reader.uint32();
                            break;
                        }
                        case 7: {
                            obj.openRegistration = reader.bool();
                            break;
                        }
                        case 8: {
                            obj.software = reader.string();
                            break;
                        }
                        case 9: {
                            obj.issuedAtMs = reader.uint64Number();
                            break;
                        }
                        case 10: {
                            obj.directory = reader.uint32();
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
        return encodeMessage(obj, RelayRecord.codec());
    }
    RelayRecord.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, RelayRecord.codec(), opts);
    }
    RelayRecord.decode = decode;
})(RelayRecord || (RelayRecord = {}));
export var RelayRecords;
(function (RelayRecords) {
    let _codec;
    RelayRecords.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.records != null && obj.records.length > 0) {
                    for (const value of obj.records) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    records: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.records != null && obj.records.length === opts.limits.records) {
                                throw new MaxLengthError('Decode error - repeated field "records" had too many elements');
                            }
                            if (obj.records.length === 1000) {
                                throw new MaxLengthError('Decode error - repeated field "records" had too many elements');
                            }
                            obj.records.push(reader.bytes());
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
        return encodeMessage(obj, RelayRecords.codec());
    }
    RelayRecords.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, RelayRecords.codec(), opts);
    }
    RelayRecords.decode = decode;
})(RelayRecords || (RelayRecords = {}));
export var DeviceKeys;
(function (DeviceKeys) {
    let _codec;
    DeviceKeys.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if ((obj.suite != null && obj.suite !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.suite);
                }
                if ((obj.registrationId != null && obj.registrationId !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.registrationId);
                }
                if ((obj.identityKey != null && obj.identityKey.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.identityKey);
                }
                if (obj.signedPrekey != null) {
                    w.uint32(42);
                    SignedPrekey.codec().encode(obj.signedPrekey, w);
                }
                if (obj.kemPrekey != null) {
                    w.uint32(50);
                    SignedPrekey.codec().encode(obj.kemPrekey, w);
                }
                if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.issuedAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    suite: 0,
                    registrationId: 0,
                    identityKey: new Uint8Array(0),
                    issuedAtMs: 0
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
                            obj.suite = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.registrationId = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.identityKey = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.signedPrekey = SignedPrekey.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.signedPrekey
                            });
                            break;
                        }
                        case 6: {
                            obj.kemPrekey = SignedPrekey.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.kemPrekey
                            });
                            break;
                        }
                        case 7: {
                            obj.issuedAtMs = reader.uint64Number();
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
        return encodeMessage(obj, DeviceKeys.codec());
    }
    DeviceKeys.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DeviceKeys.codec(), opts);
    }
    DeviceKeys.decode = decode;
})(DeviceKeys || (DeviceKeys = {}));
export var SignedPrekey;
(function (SignedPrekey) {
    let _codec;
    SignedPrekey.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.id != null && obj.id !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.id);
                }
                if ((obj.key != null && obj.key.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.key);
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
                    id: 0,
                    key: new Uint8Array(0),
                    signature: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.id = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.key = reader.bytes();
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
        return encodeMessage(obj, SignedPrekey.codec());
    }
    SignedPrekey.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, SignedPrekey.codec(), opts);
    }
    SignedPrekey.decode = decode;
})(SignedPrekey || (SignedPrekey = {}));
export var OneTimePrekey;
(function (OneTimePrekey) {
    let _codec;
    OneTimePrekey.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.id != null && obj.id !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.id);
                }
                if ((obj.key != null && obj.key.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.key);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    id: 0,
                    key: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.id = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.key = reader.bytes();
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
        return encodeMessage(obj, OneTimePrekey.codec());
    }
    OneTimePrekey.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, OneTimePrekey.codec(), opts);
    }
    OneTimePrekey.decode = decode;
})(OneTimePrekey || (OneTimePrekey = {}));
export var PrekeyUpload;
(function (PrekeyUpload) {
    let _codec;
    PrekeyUpload.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.deviceKeys != null) {
                    w.uint32(10);
                    w.bytes(obj.deviceKeys);
                }
                if (obj.oneTime != null && obj.oneTime.length > 0) {
                    for (const value of obj.oneTime) {
                        w.uint32(18);
                        OneTimePrekey.codec().encode(value, w);
                    }
                }
                if (obj.replaces != null) {
                    w.uint32(24);
                    w.bool(obj.replaces);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    oneTime: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.deviceKeys = reader.bytes();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.oneTime != null && obj.oneTime.length === opts.limits.oneTime) {
                                throw new MaxLengthError('Decode error - repeated field "oneTime" had too many elements');
                            }
                            if (obj.oneTime.length === 100) {
                                throw new MaxLengthError('Decode error - repeated field "oneTime" had too many elements');
                            }
                            obj.oneTime.push(OneTimePrekey.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.oneTime$
                            }));
                            break;
                        }
                        case 3: {
                            obj.replaces = reader.bool();
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
        return encodeMessage(obj, PrekeyUpload.codec());
    }
    PrekeyUpload.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PrekeyUpload.codec(), opts);
    }
    PrekeyUpload.decode = decode;
})(PrekeyUpload || (PrekeyUpload = {}));
export var Bundle;
(function (Bundle) {
    let _codec;
    Bundle.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.device);
                }
                if ((obj.deviceKeys != null && obj.deviceKeys.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.deviceKeys);
                }
                if (obj.oneTime != null) {
                    w.uint32(26);
                    OneTimePrekey.codec().encode(obj.oneTime, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    device: new Uint8Array(0),
                    deviceKeys: new Uint8Array(0)
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
                            obj.deviceKeys = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.oneTime = OneTimePrekey.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.oneTime
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
        return encodeMessage(obj, Bundle.codec());
    }
    Bundle.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Bundle.codec(), opts);
    }
    Bundle.decode = decode;
})(Bundle || (Bundle = {}));
