import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var Watch;
(function (Watch) {
    let _codec;
    Watch.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.accounts != null && obj.accounts.length > 0) {
                    for (const value of obj.accounts) {
                        w.uint32(10);
                        Watched.codec().encode(value, w);
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
                            if (obj.accounts.length === 500) {
                                throw new MaxLengthError('Decode error - repeated field "accounts" had too many elements');
                            }
                            obj.accounts.push(Watched.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.accounts$
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
        return encodeMessage(obj, Watch.codec());
    }
    Watch.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Watch.codec(), opts);
    }
    Watch.decode = decode;
})(Watch || (Watch = {}));
export var Watched;
(function (Watched) {
    let _codec;
    Watched.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if (obj.group != null) {
                    w.uint32(18);
                    w.bytes(obj.group);
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
                        case 2: {
                            obj.group = reader.bytes();
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
        return encodeMessage(obj, Watched.codec());
    }
    Watched.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Watched.codec(), opts);
    }
    Watched.decode = decode;
})(Watched || (Watched = {}));
export var Presences;
(function (Presences) {
    let _codec;
    Presences.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.presences != null && obj.presences.length > 0) {
                    for (const value of obj.presences) {
                        w.uint32(10);
                        Presence.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    presences: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.presences != null && obj.presences.length === opts.limits.presences) {
                                throw new MaxLengthError('Decode error - repeated field "presences" had too many elements');
                            }
                            if (obj.presences.length === 500) {
                                throw new MaxLengthError('Decode error - repeated field "presences" had too many elements');
                            }
                            obj.presences.push(Presence.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.presences$
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
        return encodeMessage(obj, Presences.codec());
    }
    Presences.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Presences.codec(), opts);
    }
    Presences.decode = decode;
})(Presences || (Presences = {}));
export var Presence;
(function (Presence) {
    let _codec;
    Presence.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.state != null && obj.state !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.state);
                }
                if ((obj.lastSeenMs != null && obj.lastSeenMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.lastSeenMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    state: 0,
                    lastSeenMs: 0
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
                            obj.state = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.lastSeenMs = reader.uint64Number();
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
        return encodeMessage(obj, Presence.codec());
    }
    Presence.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Presence.codec(), opts);
    }
    Presence.decode = decode;
})(Presence || (Presence = {}));
export var Activity;
(function (Activity) {
    let _codec;
    Activity.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.isIdle != null && obj.isIdle !== false)) {
                    w.uint32(8);
                    w.bool(obj.isIdle);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    isIdle: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.isIdle = reader.bool();
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
        return encodeMessage(obj, Activity.codec());
    }
    Activity.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Activity.codec(), opts);
    }
    Activity.decode = decode;
})(Activity || (Activity = {}));
export var PresencePolicy;
(function (PresencePolicy) {
    let _codec;
    PresencePolicy.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.online != null && obj.online !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.online);
                }
                if ((obj.lastSeen != null && obj.lastSeen !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.lastSeen);
                }
                if (obj.contacts != null && obj.contacts.length > 0) {
                    for (const value of obj.contacts) {
                        w.uint32(26);
                        w.bytes(value);
                    }
                }
                if (obj.blocked != null && obj.blocked.length > 0) {
                    for (const value of obj.blocked) {
                        w.uint32(34);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    online: 0,
                    lastSeen: 0,
                    contacts: [],
                    blocked: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.online = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.lastSeen = reader.uint32();
                            break;
                        }
                        case 3: {
                            if (opts.limits?.contacts != null && obj.contacts.length === opts.limits.contacts) {
                                throw new MaxLengthError('Decode error - repeated field "contacts" had too many elements');
                            }
                            if (obj.contacts.length === 2000) {
                                throw new MaxLengthError('Decode error - repeated field "contacts" had too many elements');
                            }
                            obj.contacts.push(reader.bytes());
                            break;
                        }
                        case 4: {
                            if (opts.limits?.blocked != null && obj.blocked.length === opts.limits.blocked) {
                                throw new MaxLengthError('Decode error - repeated field "blocked" had too many elements');
                            }
                            if (obj.blocked.length === 1000) {
                                throw new MaxLengthError('Decode error - repeated field "blocked" had too many elements');
                            }
                            obj.blocked.push(reader.bytes());
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
        return encodeMessage(obj, PresencePolicy.codec());
    }
    PresencePolicy.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PresencePolicy.codec(), opts);
    }
    PresencePolicy.decode = decode;
})(PresencePolicy || (PresencePolicy = {}));
export var WatchAtRelay;
(function (WatchAtRelay) {
    let _codec;
    WatchAtRelay.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.isAnew != null && obj.isAnew !== false)) {
                    w.uint32(8);
                    w.bool(obj.isAnew);
                }
                if (obj.add != null && obj.add.length > 0) {
                    for (const value of obj.add) {
                        w.uint32(18);
                        WatchedPair.codec().encode(value, w);
                    }
                }
                if (obj.remove != null && obj.remove.length > 0) {
                    for (const value of obj.remove) {
                        w.uint32(26);
                        WatchedPair.codec().encode(value, w);
                    }
                }
                if ((obj.wantsAll != null && obj.wantsAll !== false)) {
                    w.uint32(32);
                    w.bool(obj.wantsAll);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    isAnew: false,
                    add: [],
                    remove: [],
                    wantsAll: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.isAnew = reader.bool();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.add != null && obj.add.length === opts.limits.add) {
                                throw new MaxLengthError('Decode error - repeated field "add" had too many elements');
                            }
                            if (obj.add.length === 1000) {
                                throw new MaxLengthError('Decode error - repeated field "add" had too many elements');
                            }
                            obj.add.push(WatchedPair.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.add$
                            }));
                            break;
                        }
                        case 3: {
                            if (opts.limits?.remove != null && obj.remove.length === opts.limits.remove) {
                                throw new MaxLengthError('Decode error - repeated field "remove" had too many elements');
                            }
                            if (obj.remove.length === 1000) {
                                throw new MaxLengthError('Decode error - repeated field "remove" had too many elements');
                            }
                            obj.remove.push(WatchedPair.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.remove$
                            }));
                            break;
                        }
                        case 4: {
                            obj.wantsAll = reader.bool();
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
        return encodeMessage(obj, WatchAtRelay.codec());
    }
    WatchAtRelay.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, WatchAtRelay.codec(), opts);
    }
    WatchAtRelay.decode = decode;
})(WatchAtRelay || (WatchAtRelay = {}));
export var WatchedPair;
(function (WatchedPair) {
    let _codec;
    WatchedPair.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.watcher != null && obj.watcher.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.watcher);
                }
                if (obj.group != null) {
                    w.uint32(26);
                    w.bytes(obj.group);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    watcher: new Uint8Array(0)
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
                            obj.watcher = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.group = reader.bytes();
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
        return encodeMessage(obj, WatchedPair.codec());
    }
    WatchedPair.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, WatchedPair.codec(), opts);
    }
    WatchedPair.decode = decode;
})(WatchedPair || (WatchedPair = {}));
export var WatchingAtRelay;
(function (WatchingAtRelay) {
    let _codec;
    WatchingAtRelay.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.isKnown != null && obj.isKnown !== false)) {
                    w.uint32(8);
                    w.bool(obj.isKnown);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    isKnown: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.isKnown = reader.bool();
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
        return encodeMessage(obj, WatchingAtRelay.codec());
    }
    WatchingAtRelay.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, WatchingAtRelay.codec(), opts);
    }
    WatchingAtRelay.decode = decode;
})(WatchingAtRelay || (WatchingAtRelay = {}));
export var RelayPresences;
(function (RelayPresences) {
    let _codec;
    RelayPresences.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.presences != null && obj.presences.length > 0) {
                    for (const value of obj.presences) {
                        w.uint32(10);
                        Presence.codec().encode(value, w);
                    }
                }
                if (obj.grants != null && obj.grants.length > 0) {
                    for (const value of obj.grants) {
                        w.uint32(18);
                        PresenceGrant.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    presences: [],
                    grants: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.presences != null && obj.presences.length === opts.limits.presences) {
                                throw new MaxLengthError('Decode error - repeated field "presences" had too many elements');
                            }
                            if (obj.presences.length === 8192) {
                                throw new MaxLengthError('Decode error - repeated field "presences" had too many elements');
                            }
                            obj.presences.push(Presence.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.presences$
                            }));
                            break;
                        }
                        case 2: {
                            if (opts.limits?.grants != null && obj.grants.length === opts.limits.grants) {
                                throw new MaxLengthError('Decode error - repeated field "grants" had too many elements');
                            }
                            if (obj.grants.length === 4096) {
                                throw new MaxLengthError('Decode error - repeated field "grants" had too many elements');
                            }
                            obj.grants.push(PresenceGrant.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.grants$
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
        return encodeMessage(obj, RelayPresences.codec());
    }
    RelayPresences.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, RelayPresences.codec(), opts);
    }
    RelayPresences.decode = decode;
})(RelayPresences || (RelayPresences = {}));
export var PresenceGrant;
(function (PresenceGrant) {
    let _codec;
    PresenceGrant.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.watcher != null && obj.watcher.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.watcher);
                }
                if ((obj.bits != null && obj.bits !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.bits);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    watcher: new Uint8Array(0),
                    bits: 0
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
                            obj.watcher = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.bits = reader.uint32();
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
        return encodeMessage(obj, PresenceGrant.codec());
    }
    PresenceGrant.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PresenceGrant.codec(), opts);
    }
    PresenceGrant.decode = decode;
})(PresenceGrant || (PresenceGrant = {}));
