import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
import { Bundle } from './records.js';
import { Claimed } from './service.js';
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
                    account: new Uint8Array(0),
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
                    account: new Uint8Array(0),
                    homeRecord: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    bundles: [],
                    handleHash: new Uint8Array(0)
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
                    relay: new Uint8Array(0),
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
                    relay: new Uint8Array(0),
                    generation: 0,
                    hash: new Uint8Array(0)
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
})(ClaimOutcome || (ClaimOutcome = {}));
