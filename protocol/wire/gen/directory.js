/* eslint-disable require-yield */
import { decodeMessage, encodeMessage, MaxLengthError, message, streamMessage } from 'protons-runtime';
import { alloc as uint8ArrayAlloc } from 'uint8arrays/alloc';
export var PublicProfile;
(function (PublicProfile) {
    let _codec;
    PublicProfile.codec = () => {
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
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(26);
                    w.string(obj.name);
                }
                if ((obj.about != null && obj.about !== '')) {
                    w.uint32(34);
                    w.string(obj.about);
                }
                if ((obj.issuedAtMs != null && obj.issuedAtMs !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.issuedAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    account: uint8ArrayAlloc(0),
                    name: '',
                    about: '',
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
                            obj.name = reader.string();
                            break;
                        }
                        case 4: {
                            obj.about = reader.string();
                            break;
                        }
                        case 5: {
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
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.name`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.about`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.issuedAtMs`,
                                value: reader.uint64Number()
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
        return encodeMessage(obj, PublicProfile.codec());
    }
    PublicProfile.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PublicProfile.codec(), opts);
    }
    PublicProfile.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, PublicProfile.codec(), opts);
    }
    PublicProfile.stream = stream;
})(PublicProfile || (PublicProfile = {}));
export var DirectoryBundle;
(function (DirectoryBundle) {
    let _codec;
    DirectoryBundle.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.version);
                }
                if (obj.people != null && obj.people.length > 0) {
                    for (const value of obj.people) {
                        w.uint32(18);
                        DirectoryPerson.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    people: []
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
                            if (opts.limits?.people != null && obj.people.length === opts.limits.people) {
                                throw new MaxLengthError('Decode error - repeated field "people" had too many elements');
                            }
                            if (obj.people.length === 64) {
                                throw new MaxLengthError('Decode error - repeated field "people" had too many elements');
                            }
                            obj.people.push(DirectoryPerson.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.people$
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    people: 64
                };
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
                            if (opts.limits?.people != null && obj.people === opts.limits.people) {
                                throw new MaxLengthError('Streaming decode error - repeated field "people" had too many elements');
                            }
                            if (obj.people === 64) {
                                throw new MaxLengthError('Streaming decode error - repeated field "people" had too many elements');
                            }
                            for (const evt of DirectoryPerson.codec().stream(reader, reader.uint32(), `${prefix}.people[]`, {
                                limits: opts.limits?.people$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.people
                                };
                            }
                            obj.people++;
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
        return encodeMessage(obj, DirectoryBundle.codec());
    }
    DirectoryBundle.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryBundle.codec(), opts);
    }
    DirectoryBundle.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryBundle.codec(), opts);
    }
    DirectoryBundle.stream = stream;
})(DirectoryBundle || (DirectoryBundle = {}));
export var DirectoryPerson;
(function (DirectoryPerson) {
    let _codec;
    DirectoryPerson.codec = () => {
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
                if (obj.bundles != null && obj.bundles.length > 0) {
                    for (const value of obj.bundles) {
                        w.uint32(34);
                        Bundle.codec().encode(value, w);
                    }
                }
                if ((obj.handleHash != null && obj.handleHash.byteLength > 0)) {
                    w.uint32(42);
                    w.bytes(obj.handleHash);
                }
                if (obj.profile != null) {
                    w.uint32(50);
                    w.bytes(obj.profile);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: uint8ArrayAlloc(0),
                    homeRecord: uint8ArrayAlloc(0),
                    deviceList: uint8ArrayAlloc(0),
                    bundles: [],
                    handleHash: uint8ArrayAlloc(0)
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
                        case 5: {
                            obj.handleHash = reader.bytes();
                            break;
                        }
                        case 6: {
                            obj.profile = reader.bytes();
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
                const obj = {
                    bundles: 10
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.homeRecord`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.deviceList`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 4: {
                            if (opts.limits?.bundles != null && obj.bundles === opts.limits.bundles) {
                                throw new MaxLengthError('Streaming decode error - repeated field "bundles" had too many elements');
                            }
                            if (obj.bundles === 10) {
                                throw new MaxLengthError('Streaming decode error - repeated field "bundles" had too many elements');
                            }
                            for (const evt of Bundle.codec().stream(reader, reader.uint32(), `${prefix}.bundles[]`, {
                                limits: opts.limits?.bundles$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.bundles
                                };
                            }
                            obj.bundles++;
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.handleHash`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 6: {
                            yield {
                                field: `${prefix}.profile`,
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
        return encodeMessage(obj, DirectoryPerson.codec());
    }
    DirectoryPerson.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryPerson.codec(), opts);
    }
    DirectoryPerson.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryPerson.codec(), opts);
    }
    DirectoryPerson.stream = stream;
})(DirectoryPerson || (DirectoryPerson = {}));
export var DirectoryRef;
(function (DirectoryRef) {
    let _codec;
    DirectoryRef.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.relay);
                }
                if ((obj.generation != null && obj.generation !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.generation);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    relay: uint8ArrayAlloc(0),
                    generation: 0
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
                            obj.generation = reader.uint32();
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
                                field: `${prefix}.relay`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.generation`,
                                value: reader.uint32()
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
        return encodeMessage(obj, DirectoryRef.codec());
    }
    DirectoryRef.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryRef.codec(), opts);
    }
    DirectoryRef.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryRef.codec(), opts);
    }
    DirectoryRef.stream = stream;
})(DirectoryRef || (DirectoryRef = {}));
export var DirectoryHeads;
(function (DirectoryHeads) {
    let _codec;
    DirectoryHeads.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.heads != null && obj.heads.length > 0) {
                    for (const value of obj.heads) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    heads: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.heads != null && obj.heads.length === opts.limits.heads) {
                                throw new MaxLengthError('Decode error - repeated field "heads" had too many elements');
                            }
                            if (obj.heads.length === 16) {
                                throw new MaxLengthError('Decode error - repeated field "heads" had too many elements');
                            }
                            obj.heads.push(reader.bytes());
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
                const obj = {
                    heads: 16
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.heads != null && obj.heads === opts.limits.heads) {
                                throw new MaxLengthError('Streaming decode error - repeated field "heads" had too many elements');
                            }
                            if (obj.heads === 16) {
                                throw new MaxLengthError('Streaming decode error - repeated field "heads" had too many elements');
                            }
                            yield {
                                field: `${prefix}.heads[]`,
                                index: obj.heads,
                                value: reader.bytes()
                            };
                            obj.heads++;
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
        return encodeMessage(obj, DirectoryHeads.codec());
    }
    DirectoryHeads.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryHeads.codec(), opts);
    }
    DirectoryHeads.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryHeads.codec(), opts);
    }
    DirectoryHeads.stream = stream;
})(DirectoryHeads || (DirectoryHeads = {}));
export var DirectoryRead;
(function (DirectoryRead) {
    let _codec;
    DirectoryRead.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.relay != null && obj.relay.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.relay);
                }
                if ((obj.generation != null && obj.generation !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.generation);
                }
                if ((obj.hash != null && obj.hash.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.hash);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    relay: uint8ArrayAlloc(0),
                    generation: 0,
                    hash: uint8ArrayAlloc(0)
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
                            obj.generation = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.hash = reader.bytes();
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
                                field: `${prefix}.relay`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.generation`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.hash`,
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
        return encodeMessage(obj, DirectoryRead.codec());
    }
    DirectoryRead.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryRead.codec(), opts);
    }
    DirectoryRead.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryRead.codec(), opts);
    }
    DirectoryRead.stream = stream;
})(DirectoryRead || (DirectoryRead = {}));
export var DirectoryEntries;
(function (DirectoryEntries) {
    let _codec;
    DirectoryEntries.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.entries != null && obj.entries.length > 0) {
                    for (const value of obj.entries) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    entries: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.entries != null && obj.entries.length === opts.limits.entries) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            if (obj.entries.length === 256) {
                                throw new MaxLengthError('Decode error - repeated field "entries" had too many elements');
                            }
                            obj.entries.push(reader.bytes());
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
                const obj = {
                    entries: 256
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.entries != null && obj.entries === opts.limits.entries) {
                                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements');
                            }
                            if (obj.entries === 256) {
                                throw new MaxLengthError('Streaming decode error - repeated field "entries" had too many elements');
                            }
                            yield {
                                field: `${prefix}.entries[]`,
                                index: obj.entries,
                                value: reader.bytes()
                            };
                            obj.entries++;
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
        return encodeMessage(obj, DirectoryEntries.codec());
    }
    DirectoryEntries.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DirectoryEntries.codec(), opts);
    }
    DirectoryEntries.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DirectoryEntries.codec(), opts);
    }
    DirectoryEntries.stream = stream;
})(DirectoryEntries || (DirectoryEntries = {}));
export var ClaimMany;
(function (ClaimMany) {
    let _codec;
    ClaimMany.codec = () => {
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    accounts: 256
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.accounts != null && obj.accounts === opts.limits.accounts) {
                                throw new MaxLengthError('Streaming decode error - repeated field "accounts" had too many elements');
                            }
                            if (obj.accounts === 256) {
                                throw new MaxLengthError('Streaming decode error - repeated field "accounts" had too many elements');
                            }
                            yield {
                                field: `${prefix}.accounts[]`,
                                index: obj.accounts,
                                value: reader.bytes()
                            };
                            obj.accounts++;
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
        return encodeMessage(obj, ClaimMany.codec());
    }
    ClaimMany.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ClaimMany.codec(), opts);
    }
    ClaimMany.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, ClaimMany.codec(), opts);
    }
    ClaimMany.stream = stream;
})(ClaimMany || (ClaimMany = {}));
export var ClaimedMany;
(function (ClaimedMany) {
    let _codec;
    ClaimedMany.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.outcomes != null && obj.outcomes.length > 0) {
                    for (const value of obj.outcomes) {
                        w.uint32(10);
                        ClaimOutcome.codec().encode(value, w);
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
                            obj.outcomes.push(ClaimOutcome.codec().decode(reader, reader.uint32(), {
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    outcomes: 256
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.outcomes != null && obj.outcomes === opts.limits.outcomes) {
                                throw new MaxLengthError('Streaming decode error - repeated field "outcomes" had too many elements');
                            }
                            if (obj.outcomes === 256) {
                                throw new MaxLengthError('Streaming decode error - repeated field "outcomes" had too many elements');
                            }
                            for (const evt of ClaimOutcome.codec().stream(reader, reader.uint32(), `${prefix}.outcomes[]`, {
                                limits: opts.limits?.outcomes$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.outcomes
                                };
                            }
                            obj.outcomes++;
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
        return encodeMessage(obj, ClaimedMany.codec());
    }
    ClaimedMany.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ClaimedMany.codec(), opts);
    }
    ClaimedMany.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, ClaimedMany.codec(), opts);
    }
    ClaimedMany.stream = stream;
})(ClaimedMany || (ClaimedMany = {}));
export var ClaimOutcome;
(function (ClaimOutcome) {
    let _codec;
    ClaimOutcome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.status != null && obj.status !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.status);
                }
                if (obj.claimed != null) {
                    w.uint32(18);
                    Claimed.codec().encode(obj.claimed, w);
                }
                if ((obj.retryAfterMs != null && obj.retryAfterMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.retryAfterMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    status: 0,
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
                            obj.claimed = Claimed.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.claimed
                            });
                            break;
                        }
                        case 3: {
                            obj.retryAfterMs = reader.uint64Number();
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
                                field: `${prefix}.status`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield* Claimed.codec().stream(reader, reader.uint32(), `${prefix}.claimed`, {
                                limits: opts.limits?.claimed
                            });
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.retryAfterMs`,
                                value: reader.uint64Number()
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
        return encodeMessage(obj, ClaimOutcome.codec());
    }
    ClaimOutcome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ClaimOutcome.codec(), opts);
    }
    ClaimOutcome.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, ClaimOutcome.codec(), opts);
    }
    ClaimOutcome.stream = stream;
})(ClaimOutcome || (ClaimOutcome = {}));
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
                    body: uint8ArrayAlloc(0),
                    signature: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.body`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.signature`,
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
        return encodeMessage(obj, Signed.codec());
    }
    Signed.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Signed.codec(), opts);
    }
    Signed.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Signed.codec(), opts);
    }
    Signed.stream = stream;
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
                    account: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    devices: 10
                };
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
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.epoch`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.issuedAtMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.expiresAtMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 6: {
                            if (opts.limits?.devices != null && obj.devices === opts.limits.devices) {
                                throw new MaxLengthError('Streaming decode error - repeated field "devices" had too many elements');
                            }
                            if (obj.devices === 10) {
                                throw new MaxLengthError('Streaming decode error - repeated field "devices" had too many elements');
                            }
                            for (const evt of Device.codec().stream(reader, reader.uint32(), `${prefix}.devices[]`, {
                                limits: opts.limits?.devices$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.devices
                                };
                            }
                            obj.devices++;
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
        return encodeMessage(obj, DeviceList.codec());
    }
    DeviceList.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DeviceList.codec(), opts);
    }
    DeviceList.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DeviceList.codec(), opts);
    }
    DeviceList.stream = stream;
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
                    transportKey: uint8ArrayAlloc(0),
                    identityKey: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.transportKey`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.identityKey`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.registrationId`,
                                value: reader.uint32()
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
        return encodeMessage(obj, Device.codec());
    }
    Device.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Device.codec(), opts);
    }
    Device.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Device.codec(), opts);
    }
    Device.stream = stream;
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
                    account: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    homes: 3
                };
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
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.epoch`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 4: {
                            if (opts.limits?.homes != null && obj.homes === opts.limits.homes) {
                                throw new MaxLengthError('Streaming decode error - repeated field "homes" had too many elements');
                            }
                            if (obj.homes === 3) {
                                throw new MaxLengthError('Streaming decode error - repeated field "homes" had too many elements');
                            }
                            yield {
                                field: `${prefix}.homes[]`,
                                index: obj.homes,
                                value: reader.bytes()
                            };
                            obj.homes++;
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.region`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 6: {
                            yield {
                                field: `${prefix}.issuedAtMs`,
                                value: reader.uint64Number()
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
        return encodeMessage(obj, HomeRecord.codec());
    }
    HomeRecord.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, HomeRecord.codec(), opts);
    }
    HomeRecord.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, HomeRecord.codec(), opts);
    }
    HomeRecord.stream = stream;
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
                    relay: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    addresses: 16
                };
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
                                field: `${prefix}.relay`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.name`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.region`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 5: {
                            if (opts.limits?.addresses != null && obj.addresses === opts.limits.addresses) {
                                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements');
                            }
                            if (obj.addresses === 16) {
                                throw new MaxLengthError('Streaming decode error - repeated field "addresses" had too many elements');
                            }
                            yield {
                                field: `${prefix}.addresses[]`,
                                index: obj.addresses,
                                value: reader.string()
                            };
                            obj.addresses++;
                            break;
                        }
                        case 6: {
                            yield {
                                field: `${prefix}.loadPermille`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 7: {
                            yield {
                                field: `${prefix}.openRegistration`,
                                value: reader.bool()
                            };
                            break;
                        }
                        case 8: {
                            yield {
                                field: `${prefix}.software`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 9: {
                            yield {
                                field: `${prefix}.issuedAtMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 10: {
                            yield {
                                field: `${prefix}.directory`,
                                value: reader.uint32()
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
        return encodeMessage(obj, RelayRecord.codec());
    }
    RelayRecord.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, RelayRecord.codec(), opts);
    }
    RelayRecord.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, RelayRecord.codec(), opts);
    }
    RelayRecord.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    records: 1000
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.records != null && obj.records === opts.limits.records) {
                                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements');
                            }
                            if (obj.records === 1000) {
                                throw new MaxLengthError('Streaming decode error - repeated field "records" had too many elements');
                            }
                            yield {
                                field: `${prefix}.records[]`,
                                index: obj.records,
                                value: reader.bytes()
                            };
                            obj.records++;
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
        return encodeMessage(obj, RelayRecords.codec());
    }
    RelayRecords.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, RelayRecords.codec(), opts);
    }
    RelayRecords.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, RelayRecords.codec(), opts);
    }
    RelayRecords.stream = stream;
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
                    identityKey: uint8ArrayAlloc(0),
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
                                field: `${prefix}.suite`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.registrationId`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.identityKey`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 5: {
                            yield* SignedPrekey.codec().stream(reader, reader.uint32(), `${prefix}.signedPrekey`, {
                                limits: opts.limits?.signedPrekey
                            });
                            break;
                        }
                        case 6: {
                            yield* SignedPrekey.codec().stream(reader, reader.uint32(), `${prefix}.kemPrekey`, {
                                limits: opts.limits?.kemPrekey
                            });
                            break;
                        }
                        case 7: {
                            yield {
                                field: `${prefix}.issuedAtMs`,
                                value: reader.uint64Number()
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
        return encodeMessage(obj, DeviceKeys.codec());
    }
    DeviceKeys.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, DeviceKeys.codec(), opts);
    }
    DeviceKeys.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, DeviceKeys.codec(), opts);
    }
    DeviceKeys.stream = stream;
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
                    key: uint8ArrayAlloc(0),
                    signature: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.id`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.key`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.signature`,
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
        return encodeMessage(obj, SignedPrekey.codec());
    }
    SignedPrekey.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, SignedPrekey.codec(), opts);
    }
    SignedPrekey.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, SignedPrekey.codec(), opts);
    }
    SignedPrekey.stream = stream;
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
                    key: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.id`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.key`,
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
        return encodeMessage(obj, OneTimePrekey.codec());
    }
    OneTimePrekey.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, OneTimePrekey.codec(), opts);
    }
    OneTimePrekey.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, OneTimePrekey.codec(), opts);
    }
    OneTimePrekey.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    oneTime: 100
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.deviceKeys`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            if (opts.limits?.oneTime != null && obj.oneTime === opts.limits.oneTime) {
                                throw new MaxLengthError('Streaming decode error - repeated field "oneTime" had too many elements');
                            }
                            if (obj.oneTime === 100) {
                                throw new MaxLengthError('Streaming decode error - repeated field "oneTime" had too many elements');
                            }
                            for (const evt of OneTimePrekey.codec().stream(reader, reader.uint32(), `${prefix}.oneTime[]`, {
                                limits: opts.limits?.oneTime$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.oneTime
                                };
                            }
                            obj.oneTime++;
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.replaces`,
                                value: reader.bool()
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
        return encodeMessage(obj, PrekeyUpload.codec());
    }
    PrekeyUpload.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PrekeyUpload.codec(), opts);
    }
    PrekeyUpload.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, PrekeyUpload.codec(), opts);
    }
    PrekeyUpload.stream = stream;
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
                    device: uint8ArrayAlloc(0),
                    deviceKeys: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.device`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.deviceKeys`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield* OneTimePrekey.codec().stream(reader, reader.uint32(), `${prefix}.oneTime`, {
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
    function stream(buf, opts) {
        return streamMessage(buf, Bundle.codec(), opts);
    }
    Bundle.stream = stream;
})(Bundle || (Bundle = {}));
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.status`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.retryAfterMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.max`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.record`,
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
        return encodeMessage(obj, Failure.codec());
    }
    Failure.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Failure.codec(), opts);
    }
    Failure.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Failure.codec(), opts);
    }
    Failure.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
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
    function stream(buf, opts) {
        return streamMessage(buf, Empty.codec(), opts);
    }
    Empty.stream = stream;
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
                    account: uint8ArrayAlloc(0),
                    deviceList: uint8ArrayAlloc(0),
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
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.deviceList`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.software`,
                                value: reader.string()
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
        return encodeMessage(obj, Hello.codec());
    }
    Hello.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Hello.codec(), opts);
    }
    Hello.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Hello.codec(), opts);
    }
    Hello.stream = stream;
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
                                field: `${prefix}.relayName`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.region`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.nowMs`,
                                value: reader.uint64Number()
                            };
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.heartbeatMs`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 6: {
                            yield {
                                field: `${prefix}.isRegistered`,
                                value: reader.bool()
                            };
                            break;
                        }
                        case 7: {
                            yield {
                                field: `${prefix}.oneTimePrekeysLeft`,
                                value: reader.uint32()
                            };
                            break;
                        }
                        case 8: {
                            yield {
                                field: `${prefix}.handle`,
                                value: reader.string()
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
        return encodeMessage(obj, Welcome.codec());
    }
    Welcome.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Welcome.codec(), opts);
    }
    Welcome.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Welcome.codec(), opts);
    }
    Welcome.stream = stream;
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
                    homeRecord: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.homeRecord`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.handle`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 3: {
                            yield* PrekeyUpload.codec().stream(reader, reader.uint32(), `${prefix}.prekeys`, {
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
    function stream(buf, opts) {
        return streamMessage(buf, Register.codec(), opts);
    }
    Register.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.handle`,
                                value: reader.string()
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
        return encodeMessage(obj, Registered.codec());
    }
    Registered.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Registered.codec(), opts);
    }
    Registered.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Registered.codec(), opts);
    }
    Registered.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.oneTime`,
                                value: reader.uint32()
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
        return encodeMessage(obj, PrekeysLeft.codec());
    }
    PrekeysLeft.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PrekeysLeft.codec(), opts);
    }
    PrekeysLeft.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, PrekeysLeft.codec(), opts);
    }
    PrekeysLeft.stream = stream;
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
                    account: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.account`,
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
        return encodeMessage(obj, Claim.codec());
    }
    Claim.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Claim.codec(), opts);
    }
    Claim.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Claim.codec(), opts);
    }
    Claim.stream = stream;
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
                    deviceList: uint8ArrayAlloc(0),
                    homeRecord: uint8ArrayAlloc(0),
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    bundles: 10
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.deviceList`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.homeRecord`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            if (opts.limits?.bundles != null && obj.bundles === opts.limits.bundles) {
                                throw new MaxLengthError('Streaming decode error - repeated field "bundles" had too many elements');
                            }
                            if (obj.bundles === 10) {
                                throw new MaxLengthError('Streaming decode error - repeated field "bundles" had too many elements');
                            }
                            for (const evt of Bundle.codec().stream(reader, reader.uint32(), `${prefix}.bundles[]`, {
                                limits: opts.limits?.bundles$
                            })) {
                                yield {
                                    ...evt,
                                    index: obj.bundles
                                };
                            }
                            obj.bundles++;
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.isCopy`,
                                value: reader.bool()
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
        return encodeMessage(obj, Claimed.codec());
    }
    Claimed.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Claimed.codec(), opts);
    }
    Claimed.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Claimed.codec(), opts);
    }
    Claimed.stream = stream;
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
                    account: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.account`,
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
        return encodeMessage(obj, FindAccount.codec());
    }
    FindAccount.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FindAccount.codec(), opts);
    }
    FindAccount.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, FindAccount.codec(), opts);
    }
    FindAccount.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.handle`,
                                value: reader.string()
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
        return encodeMessage(obj, FindHandle.codec());
    }
    FindHandle.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, FindHandle.codec(), opts);
    }
    FindHandle.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, FindHandle.codec(), opts);
    }
    FindHandle.stream = stream;
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
                    account: uint8ArrayAlloc(0),
                    homeRecord: uint8ArrayAlloc(0),
                    deviceList: uint8ArrayAlloc(0)
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.account`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.homeRecord`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 3: {
                            yield {
                                field: `${prefix}.deviceList`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 4: {
                            yield {
                                field: `${prefix}.profile`,
                                value: reader.bytes()
                            };
                            break;
                        }
                        case 5: {
                            yield {
                                field: `${prefix}.isCopy`,
                                value: reader.bool()
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
        return encodeMessage(obj, Found.codec());
    }
    Found.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Found.codec(), opts);
    }
    Found.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Found.codec(), opts);
    }
    Found.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const obj = {
                    homeRecords: 256
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.homeRecords != null && obj.homeRecords === opts.limits.homeRecords) {
                                throw new MaxLengthError('Streaming decode error - repeated field "homeRecords" had too many elements');
                            }
                            if (obj.homeRecords === 256) {
                                throw new MaxLengthError('Streaming decode error - repeated field "homeRecords" had too many elements');
                            }
                            yield {
                                field: `${prefix}.homeRecords[]`,
                                index: obj.homeRecords,
                                value: reader.bytes()
                            };
                            obj.homeRecords++;
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
        return encodeMessage(obj, Introduce.codec());
    }
    Introduce.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Introduce.codec(), opts);
    }
    Introduce.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, Introduce.codec(), opts);
    }
    Introduce.stream = stream;
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
            }, function* (reader, length, prefix, opts = {}) {
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            yield {
                                field: `${prefix}.region`,
                                value: reader.string()
                            };
                            break;
                        }
                        case 2: {
                            yield {
                                field: `${prefix}.max`,
                                value: reader.uint32()
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
        return encodeMessage(obj, GetDirectory.codec());
    }
    GetDirectory.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GetDirectory.codec(), opts);
    }
    GetDirectory.decode = decode;
    function stream(buf, opts) {
        return streamMessage(buf, GetDirectory.codec(), opts);
    }
    GetDirectory.stream = stream;
})(GetDirectory || (GetDirectory = {}));
