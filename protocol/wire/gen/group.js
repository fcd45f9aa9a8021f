import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
export var Control;
(function (Control) {
    let _codec;
    Control.codec = () => {
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
                if ((obj.actor != null && obj.actor.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.actor);
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.device);
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(42);
                    w.bytes(obj.deviceList);
                }
                if ((obj.previous != null && obj.previous.byteLength > 0)) {
                    w.uint32(50);
                    w.bytes(obj.previous);
                }
                if ((obj.madeAtMs != null && obj.madeAtMs !== 0)) {
                    w.uint32(56);
                    w.uint64Number(obj.madeAtMs);
                }
                if (obj.create != null) {
                    w.uint32(130);
                    GroupCreate.codec().encode(obj.create, w);
                }
                if (obj.add != null) {
                    w.uint32(138);
                    GroupAdd.codec().encode(obj.add, w);
                }
                if (obj.remove != null) {
                    w.uint32(146);
                    GroupRemove.codec().encode(obj.remove, w);
                }
                if (obj.leave != null) {
                    w.uint32(154);
                    GroupLeave.codec().encode(obj.leave, w);
                }
                if (obj.setRole != null) {
                    w.uint32(162);
                    GroupSetRole.codec().encode(obj.setRole, w);
                }
                if (obj.settings != null) {
                    w.uint32(170);
                    GroupSettings.codec().encode(obj.settings, w);
                }
                if (obj.link != null) {
                    w.uint32(178);
                    GroupLink.codec().encode(obj.link, w);
                }
                if (obj.revoke != null) {
                    w.uint32(186);
                    GroupRevoke.codec().encode(obj.revoke, w);
                }
                if (obj.join != null) {
                    w.uint32(194);
                    GroupJoin.codec().encode(obj.join, w);
                }
                if (obj.profile != null) {
                    w.uint32(202);
                    GroupProfile.codec().encode(obj.profile, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    conversation: new Uint8Array(0),
                    actor: new Uint8Array(0),
                    device: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    previous: new Uint8Array(0),
                    madeAtMs: 0
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
                            obj.actor = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.device = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 6: {
                            obj.previous = reader.bytes();
                            break;
                        }
                        case 7: {
                            obj.madeAtMs = reader.uint64Number();
                            break;
                        }
                        case 16: {
                            obj.create = GroupCreate.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.create
                            });
                            break;
                        }
                        case 17: {
                            obj.add = GroupAdd.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.add
                            });
                            break;
                        }
                        case 18: {
                            obj.remove = GroupRemove.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.remove
                            });
                            break;
                        }
                        case 19: {
                            obj.leave = GroupLeave.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.leave
                            });
                            break;
                        }
                        case 20: {
                            obj.setRole = GroupSetRole.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.setRole
                            });
                            break;
                        }
                        case 21: {
                            obj.settings = GroupSettings.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.settings
                            });
                            break;
                        }
                        case 22: {
                            obj.link = GroupLink.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.link
                            });
                            break;
                        }
                        case 23: {
                            obj.revoke = GroupRevoke.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.revoke
                            });
                            break;
                        }
                        case 24: {
                            obj.join = GroupJoin.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.join
                            });
                            break;
                        }
                        case 25: {
                            obj.profile = GroupProfile.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.profile
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
        return encodeMessage(obj, Control.codec());
    }
    Control.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Control.codec(), opts);
    }
    Control.decode = decode;
})(Control || (Control = {}));
export var GroupCreate;
(function (GroupCreate) {
    let _codec;
    GroupCreate.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.members != null && obj.members.length > 0) {
                    for (const value of obj.members) {
                        w.uint32(10);
                        w.bytes(value);
                    }
                }
                if (obj.settings != null) {
                    w.uint32(18);
                    GroupSettings.codec().encode(obj.settings, w);
                }
                if (obj.profile != null) {
                    w.uint32(26);
                    GroupProfile.codec().encode(obj.profile, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    members: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                                throw new MaxLengthError('Decode error - repeated field "members" had too many elements');
                            }
                            if (obj.members.length === 1023) {
                                throw new MaxLengthError('Decode error - repeated field "members" had too many elements');
                            }
                            obj.members.push(reader.bytes());
                            break;
                        }
                        case 2: {
                            obj.settings = GroupSettings.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.settings
                            });
                            break;
                        }
                        case 3: {
                            obj.profile = GroupProfile.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.profile
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
        return encodeMessage(obj, GroupCreate.codec());
    }
    GroupCreate.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupCreate.codec(), opts);
    }
    GroupCreate.decode = decode;
})(GroupCreate || (GroupCreate = {}));
export var GroupAdd;
(function (GroupAdd) {
    let _codec;
    GroupAdd.codec = () => {
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
                            if (obj.accounts.length === 1023) {
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
        return encodeMessage(obj, GroupAdd.codec());
    }
    GroupAdd.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupAdd.codec(), opts);
    }
    GroupAdd.decode = decode;
})(GroupAdd || (GroupAdd = {}));
export var GroupRemove;
(function (GroupRemove) {
    let _codec;
    GroupRemove.codec = () => {
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
                            if (obj.accounts.length === 1023) {
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
        return encodeMessage(obj, GroupRemove.codec());
    }
    GroupRemove.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupRemove.codec(), opts);
    }
    GroupRemove.decode = decode;
})(GroupRemove || (GroupRemove = {}));
export var GroupLeave;
(function (GroupLeave) {
    let _codec;
    GroupLeave.codec = () => {
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
        return encodeMessage(obj, GroupLeave.codec());
    }
    GroupLeave.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupLeave.codec(), opts);
    }
    GroupLeave.decode = decode;
})(GroupLeave || (GroupLeave = {}));
export var GroupSetRole;
(function (GroupSetRole) {
    let _codec;
    GroupSetRole.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.role != null && obj.role !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.role);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    role: 0
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
                            obj.role = reader.uint32();
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
        return encodeMessage(obj, GroupSetRole.codec());
    }
    GroupSetRole.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupSetRole.codec(), opts);
    }
    GroupSetRole.decode = decode;
})(GroupSetRole || (GroupSetRole = {}));
export var GroupSettings;
(function (GroupSettings) {
    let _codec;
    GroupSettings.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.whoMaySend != null && obj.whoMaySend !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.whoMaySend);
                }
                if ((obj.whoMayAdd != null && obj.whoMayAdd !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.whoMayAdd);
                }
                if ((obj.whoMayEdit != null && obj.whoMayEdit !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.whoMayEdit);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    whoMaySend: 0,
                    whoMayAdd: 0,
                    whoMayEdit: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.whoMaySend = reader.uint32();
                            break;
                        }
                        case 2: {
                            obj.whoMayAdd = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.whoMayEdit = reader.uint32();
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
        return encodeMessage(obj, GroupSettings.codec());
    }
    GroupSettings.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupSettings.codec(), opts);
    }
    GroupSettings.decode = decode;
})(GroupSettings || (GroupSettings = {}));
export var GroupLink;
(function (GroupLink) {
    let _codec;
    GroupLink.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.id != null && obj.id.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.id);
                }
                if ((obj.publicKey != null && obj.publicKey.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.publicKey);
                }
                if ((obj.expiresAtMs != null && obj.expiresAtMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.expiresAtMs);
                }
                if ((obj.maxUses != null && obj.maxUses !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.maxUses);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    id: new Uint8Array(0),
                    publicKey: new Uint8Array(0),
                    expiresAtMs: 0,
                    maxUses: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.id = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.publicKey = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.expiresAtMs = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.maxUses = reader.uint32();
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
        return encodeMessage(obj, GroupLink.codec());
    }
    GroupLink.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupLink.codec(), opts);
    }
    GroupLink.decode = decode;
})(GroupLink || (GroupLink = {}));
export var GroupRevoke;
(function (GroupRevoke) {
    let _codec;
    GroupRevoke.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.link != null && obj.link.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.link);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    link: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.link = reader.bytes();
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
        return encodeMessage(obj, GroupRevoke.codec());
    }
    GroupRevoke.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupRevoke.codec(), opts);
    }
    GroupRevoke.decode = decode;
})(GroupRevoke || (GroupRevoke = {}));
export var GroupJoin;
(function (GroupJoin) {
    let _codec;
    GroupJoin.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.link != null && obj.link.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.link);
                }
                if ((obj.proof != null && obj.proof.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.proof);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    link: new Uint8Array(0),
                    proof: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.link = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.proof = reader.bytes();
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
        return encodeMessage(obj, GroupJoin.codec());
    }
    GroupJoin.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupJoin.codec(), opts);
    }
    GroupJoin.decode = decode;
})(GroupJoin || (GroupJoin = {}));
export var GroupProfile;
(function (GroupProfile) {
    let _codec;
    GroupProfile.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.keyId != null && obj.keyId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.keyId);
                }
                if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.sealed);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    keyId: new Uint8Array(0),
                    sealed: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.keyId = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.sealed = reader.bytes();
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
        return encodeMessage(obj, GroupProfile.codec());
    }
    GroupProfile.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupProfile.codec(), opts);
    }
    GroupProfile.decode = decode;
})(GroupProfile || (GroupProfile = {}));
export var GroupProfileText;
(function (GroupProfileText) {
    let _codec;
    GroupProfileText.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(10);
                    w.string(obj.name);
                }
                if ((obj.description != null && obj.description !== '')) {
                    w.uint32(18);
                    w.string(obj.description);
                }
                if ((obj.icon != null && obj.icon.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.icon);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    name: '',
                    description: '',
                    icon: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.name = reader.string();
                            break;
                        }
                        case 2: {
                            obj.description = reader.string();
                            break;
                        }
                        case 3: {
                            obj.icon = reader.bytes();
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
        return encodeMessage(obj, GroupProfileText.codec());
    }
    GroupProfileText.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupProfileText.codec(), opts);
    }
    GroupProfileText.decode = decode;
})(GroupProfileText || (GroupProfileText = {}));
export var GroupSnapshot;
(function (GroupSnapshot) {
    let _codec;
    GroupSnapshot.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.epoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.seq);
                }
                if ((obj.head != null && obj.head.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.head);
                }
                if (obj.settings != null) {
                    w.uint32(42);
                    GroupSettings.codec().encode(obj.settings, w);
                }
                if (obj.members != null && obj.members.length > 0) {
                    for (const value of obj.members) {
                        w.uint32(50);
                        GroupMember.codec().encode(value, w);
                    }
                }
                if (obj.links != null && obj.links.length > 0) {
                    for (const value of obj.links) {
                        w.uint32(58);
                        GroupLinkState.codec().encode(value, w);
                    }
                }
                if (obj.profile != null) {
                    w.uint32(66);
                    GroupProfile.codec().encode(obj.profile, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    epoch: 0,
                    seq: 0,
                    head: new Uint8Array(0),
                    members: [],
                    links: []
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
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.head = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.settings = GroupSettings.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.settings
                            });
                            break;
                        }
                        case 6: {
                            if (opts.limits?.members != null && obj.members.length === opts.limits.members) {
                                throw new MaxLengthError('Decode error - repeated field "members" had too many elements');
                            }
                            if (obj.members.length === 1024) {
                                throw new MaxLengthError('Decode error - repeated field "members" had too many elements');
                            }
                            obj.members.push(GroupMember.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.members$
                            }));
                            break;
                        }
                        case 7: {
                            if (opts.limits?.links != null && obj.links.length === opts.limits.links) {
                                throw new MaxLengthError('Decode error - repeated field "links" had too many elements');
                            }
                            if (obj.links.length === 32) {
                                throw new MaxLengthError('Decode error - repeated field "links" had too many elements');
                            }
                            obj.links.push(GroupLinkState.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.links$
                            }));
                            break;
                        }
                        case 8: {
                            obj.profile = GroupProfile.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.profile
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
        return encodeMessage(obj, GroupSnapshot.codec());
    }
    GroupSnapshot.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupSnapshot.codec(), opts);
    }
    GroupSnapshot.decode = decode;
})(GroupSnapshot || (GroupSnapshot = {}));
export var GroupMember;
(function (GroupMember) {
    let _codec;
    GroupMember.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.role != null && obj.role !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.role);
                }
                if ((obj.sinceSeq != null && obj.sinceSeq !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.sinceSeq);
                }
                if ((obj.listEpoch != null && obj.listEpoch !== 0)) {
                    w.uint32(32);
                    w.uint32(obj.listEpoch);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    role: 0,
                    sinceSeq: 0,
                    listEpoch: 0
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
                            obj.role = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.sinceSeq = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            obj.listEpoch = reader.uint32();
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
        return encodeMessage(obj, GroupMember.codec());
    }
    GroupMember.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupMember.codec(), opts);
    }
    GroupMember.decode = decode;
})(GroupMember || (GroupMember = {}));
export var GroupLinkState;
(function (GroupLinkState) {
    let _codec;
    GroupLinkState.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.link != null) {
                    w.uint32(10);
                    GroupLink.codec().encode(obj.link, w);
                }
                if ((obj.uses != null && obj.uses !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.uses);
                }
                if ((obj.madeBy != null && obj.madeBy.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.madeBy);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    uses: 0,
                    madeBy: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.link = GroupLink.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.link
                            });
                            break;
                        }
                        case 2: {
                            obj.uses = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.madeBy = reader.bytes();
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
        return encodeMessage(obj, GroupLinkState.codec());
    }
    GroupLinkState.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupLinkState.codec(), opts);
    }
    GroupLinkState.decode = decode;
})(GroupLinkState || (GroupLinkState = {}));
export var GroupRef;
(function (GroupRef) {
    let _codec;
    GroupRef.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.conversation = reader.bytes();
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
        return encodeMessage(obj, GroupRef.codec());
    }
    GroupRef.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupRef.codec(), opts);
    }
    GroupRef.decode = decode;
})(GroupRef || (GroupRef = {}));
export var GroupAnchor;
(function (GroupAnchor) {
    let _codec;
    GroupAnchor.codec = () => {
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
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.epoch);
                }
                if ((obj.anchor != null && obj.anchor.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.anchor);
                }
                if ((obj.homeEpoch != null && obj.homeEpoch !== 0)) {
                    w.uint32(40);
                    w.uint32(obj.homeEpoch);
                }
                if ((obj.admin != null && obj.admin.byteLength > 0)) {
                    w.uint32(50);
                    w.bytes(obj.admin);
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(58);
                    w.bytes(obj.device);
                }
                if ((obj.deviceList != null && obj.deviceList.byteLength > 0)) {
                    w.uint32(66);
                    w.bytes(obj.deviceList);
                }
                if ((obj.logEpoch != null && obj.logEpoch !== 0)) {
                    w.uint32(72);
                    w.uint32(obj.logEpoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(80);
                    w.uint64Number(obj.seq);
                }
                if ((obj.head != null && obj.head.byteLength > 0)) {
                    w.uint32(90);
                    w.bytes(obj.head);
                }
                if ((obj.madeAtMs != null && obj.madeAtMs !== 0)) {
                    w.uint32(96);
                    w.uint64Number(obj.madeAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    conversation: new Uint8Array(0),
                    epoch: 0,
                    anchor: new Uint8Array(0),
                    homeEpoch: 0,
                    admin: new Uint8Array(0),
                    device: new Uint8Array(0),
                    deviceList: new Uint8Array(0),
                    logEpoch: 0,
                    seq: 0,
                    head: new Uint8Array(0),
                    madeAtMs: 0
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
                            obj.epoch = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.anchor = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.homeEpoch = reader.uint32();
                            break;
                        }
                        case 6: {
                            obj.admin = reader.bytes();
                            break;
                        }
                        case 7: {
                            obj.device = reader.bytes();
                            break;
                        }
                        case 8: {
                            obj.deviceList = reader.bytes();
                            break;
                        }
                        case 9: {
                            obj.logEpoch = reader.uint32();
                            break;
                        }
                        case 10: {
                            obj.seq = reader.uint64Number();
                            break;
                        }
                        case 11: {
                            obj.head = reader.bytes();
                            break;
                        }
                        case 12: {
                            obj.madeAtMs = reader.uint64Number();
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
        return encodeMessage(obj, GroupAnchor.codec());
    }
    GroupAnchor.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupAnchor.codec(), opts);
    }
    GroupAnchor.decode = decode;
})(GroupAnchor || (GroupAnchor = {}));
export var GroupAnchors;
(function (GroupAnchors) {
    let _codec;
    GroupAnchors.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.anchor != null) {
                    w.uint32(10);
                    w.bytes(obj.anchor);
                }
                if (obj.home != null) {
                    w.uint32(18);
                    w.bytes(obj.home);
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
                            obj.anchor = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.home = reader.bytes();
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
        return encodeMessage(obj, GroupAnchors.codec());
    }
    GroupAnchors.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupAnchors.codec(), opts);
    }
    GroupAnchors.decode = decode;
})(GroupAnchors || (GroupAnchors = {}));
export var LogEpochs;
(function (LogEpochs) {
    let _codec;
    LogEpochs.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.first != null && obj.first !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.first);
                }
                if ((obj.head != null && obj.head !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.head);
                }
                if (obj.epochs != null && obj.epochs.length > 0) {
                    for (const value of obj.epochs) {
                        w.uint32(34);
                        LogEpoch.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    first: 0,
                    head: 0,
                    epochs: []
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
                            obj.first = reader.uint64Number();
                            break;
                        }
                        case 3: {
                            obj.head = reader.uint64Number();
                            break;
                        }
                        case 4: {
                            if (opts.limits?.epochs != null && obj.epochs.length === opts.limits.epochs) {
                                throw new MaxLengthError('Decode error - repeated field "epochs" had too many elements');
                            }
                            if (obj.epochs.length === 32) {
                                throw new MaxLengthError('Decode error - repeated field "epochs" had too many elements');
                            }
                            obj.epochs.push(LogEpoch.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.epochs$
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
        return encodeMessage(obj, LogEpochs.codec());
    }
    LogEpochs.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LogEpochs.codec(), opts);
    }
    LogEpochs.decode = decode;
})(LogEpochs || (LogEpochs = {}));
export var LogEpoch;
(function (LogEpoch) {
    let _codec;
    LogEpoch.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.epoch);
                }
                if ((obj.first != null && obj.first !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.first);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    epoch: 0,
                    first: 0
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
                            obj.first = reader.uint64Number();
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
        return encodeMessage(obj, LogEpoch.codec());
    }
    LogEpoch.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, LogEpoch.codec(), opts);
    }
    LogEpoch.decode = decode;
})(LogEpoch || (LogEpoch = {}));
export var GroupReceipt;
(function (GroupReceipt) {
    let _codec;
    GroupReceipt.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.to != null && obj.to.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.to);
                }
                if ((obj.from != null && obj.from.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.from);
                }
                if ((obj.device != null && obj.device.byteLength > 0)) {
                    w.uint32(34);
                    w.bytes(obj.device);
                }
                if ((obj.counter != null && obj.counter !== 0)) {
                    w.uint32(40);
                    w.uint64Number(obj.counter);
                }
                if ((obj.sealed != null && obj.sealed.byteLength > 0)) {
                    w.uint32(50);
                    w.bytes(obj.sealed);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    to: new Uint8Array(0),
                    from: new Uint8Array(0),
                    device: new Uint8Array(0),
                    counter: 0,
                    sealed: new Uint8Array(0)
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
                            obj.to = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.from = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.device = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.counter = reader.uint64Number();
                            break;
                        }
                        case 6: {
                            obj.sealed = reader.bytes();
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
        return encodeMessage(obj, GroupReceipt.codec());
    }
    GroupReceipt.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupReceipt.codec(), opts);
    }
    GroupReceipt.decode = decode;
})(GroupReceipt || (GroupReceipt = {}));
export var GroupReceiptMarks;
(function (GroupReceiptMarks) {
    let _codec;
    GroupReceiptMarks.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.deliveredSeq != null && obj.deliveredSeq !== 0)) {
                    w.uint32(8);
                    w.uint64Number(obj.deliveredSeq);
                }
                if ((obj.readSeq != null && obj.readSeq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.readSeq);
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.epoch);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    deliveredSeq: 0,
                    readSeq: 0,
                    epoch: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.deliveredSeq = reader.uint64Number();
                            break;
                        }
                        case 2: {
                            obj.readSeq = reader.uint64Number();
                            break;
                        }
                        case 3: {
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
        return encodeMessage(obj, GroupReceiptMarks.codec());
    }
    GroupReceiptMarks.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupReceiptMarks.codec(), opts);
    }
    GroupReceiptMarks.decode = decode;
})(GroupReceiptMarks || (GroupReceiptMarks = {}));
export var GroupReceipts;
(function (GroupReceipts) {
    let _codec;
    GroupReceipts.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.receipts != null && obj.receipts.length > 0) {
                    for (const value of obj.receipts) {
                        w.uint32(10);
                        GroupReceipt.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    receipts: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.receipts != null && obj.receipts.length === opts.limits.receipts) {
                                throw new MaxLengthError('Decode error - repeated field "receipts" had too many elements');
                            }
                            if (obj.receipts.length === 2048) {
                                throw new MaxLengthError('Decode error - repeated field "receipts" had too many elements');
                            }
                            obj.receipts.push(GroupReceipt.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.receipts$
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
        return encodeMessage(obj, GroupReceipts.codec());
    }
    GroupReceipts.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupReceipts.codec(), opts);
    }
    GroupReceipts.decode = decode;
})(GroupReceipts || (GroupReceipts = {}));
export var Refused;
(function (Refused) {
    let _codec;
    Refused.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.conversation != null && obj.conversation.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.conversation);
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.messageId);
                }
                if ((obj.status != null && obj.status !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.status);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    conversation: new Uint8Array(0),
                    messageId: new Uint8Array(0),
                    status: 0
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
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.status = reader.uint32();
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
        return encodeMessage(obj, Refused.codec());
    }
    Refused.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Refused.codec(), opts);
    }
    Refused.decode = decode;
})(Refused || (Refused = {}));
