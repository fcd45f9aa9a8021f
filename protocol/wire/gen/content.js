import { decodeMessage, encodeMessage, MaxLengthError, message } from 'protons-runtime';
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
                if ((obj.groupSeq != null && obj.groupSeq !== 0)) {
                    w.uint32(88);
                    w.uint64Number(obj.groupSeq);
                }
                if ((obj.groupHash != null && obj.groupHash.byteLength > 0)) {
                    w.uint32(98);
                    w.bytes(obj.groupHash);
                }
                if (obj.standsFor != null) {
                    w.uint32(106);
                    w.bytes(obj.standsFor);
                }
                if (obj.text != null) {
                    w.uint32(130);
                    Text.codec().encode(obj.text, w);
                }
                if (obj.receipt != null) {
                    w.uint32(138);
                    Receipt.codec().encode(obj.receipt, w);
                }
                if (obj.reaction != null) {
                    w.uint32(146);
                    Reaction.codec().encode(obj.reaction, w);
                }
                if (obj.edit != null) {
                    w.uint32(154);
                    Edit.codec().encode(obj.edit, w);
                }
                if (obj.deletion != null) {
                    w.uint32(162);
                    Deletion.codec().encode(obj.deletion, w);
                }
                if (obj.vote != null) {
                    w.uint32(170);
                    Vote.codec().encode(obj.vote, w);
                }
                if (obj.timer != null) {
                    w.uint32(178);
                    TimerChange.codec().encode(obj.timer, w);
                }
                if (obj.pin != null) {
                    w.uint32(186);
                    Pin.codec().encode(obj.pin, w);
                }
                if (obj.groupKeys != null) {
                    w.uint32(194);
                    GroupKeys.codec().encode(obj.groupKeys, w);
                }
                if (obj.resend != null) {
                    w.uint32(202);
                    Resend.codec().encode(obj.resend, w);
                }
                if (obj.copy != null) {
                    w.uint32(210);
                    Copy.codec().encode(obj.copy, w);
                }
                if (obj.welcome != null) {
                    w.uint32(218);
                    Welcome.codec().encode(obj.welcome, w);
                }
                if (obj.profile != null) {
                    w.uint32(226);
                    PersonalProfile.codec().encode(obj.profile, w);
                }
                if (obj.sync != null) {
                    w.uint32(234);
                    Sync.codec().encode(obj.sync, w);
                }
                if (obj.typing != null) {
                    w.uint32(242);
                    Typing.codec().encode(obj.typing, w);
                }
                if (obj.viewedOnce != null) {
                    w.uint32(250);
                    ViewedOnce.codec().encode(obj.viewedOnce, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    version: 0,
                    conversation: new Uint8Array(0),
                    messageId: new Uint8Array(0),
                    senderDevice: new Uint8Array(0),
                    sentAtMs: 0,
                    previous: new Uint8Array(0),
                    ownListEpoch: 0,
                    ownListHash: new Uint8Array(0),
                    theirListEpoch: 0,
                    theirListHash: new Uint8Array(0),
                    groupSeq: 0,
                    groupHash: new Uint8Array(0)
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
                        case 11: {
                            obj.groupSeq = reader.uint64Number();
                            break;
                        }
                        case 12: {
                            obj.groupHash = reader.bytes();
                            break;
                        }
                        case 13: {
                            obj.standsFor = reader.bytes();
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
                        case 18: {
                            obj.reaction = Reaction.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.reaction
                            });
                            break;
                        }
                        case 19: {
                            obj.edit = Edit.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.edit
                            });
                            break;
                        }
                        case 20: {
                            obj.deletion = Deletion.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.deletion
                            });
                            break;
                        }
                        case 21: {
                            obj.vote = Vote.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.vote
                            });
                            break;
                        }
                        case 22: {
                            obj.timer = TimerChange.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.timer
                            });
                            break;
                        }
                        case 23: {
                            obj.pin = Pin.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.pin
                            });
                            break;
                        }
                        case 24: {
                            obj.groupKeys = GroupKeys.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.groupKeys
                            });
                            break;
                        }
                        case 25: {
                            obj.resend = Resend.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.resend
                            });
                            break;
                        }
                        case 26: {
                            obj.copy = Copy.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.copy
                            });
                            break;
                        }
                        case 27: {
                            obj.welcome = Welcome.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.welcome
                            });
                            break;
                        }
                        case 28: {
                            obj.profile = PersonalProfile.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.profile
                            });
                            break;
                        }
                        case 29: {
                            obj.sync = Sync.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.sync
                            });
                            break;
                        }
                        case 30: {
                            obj.typing = Typing.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.typing
                            });
                            break;
                        }
                        case 31: {
                            obj.viewedOnce = ViewedOnce.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.viewedOnce
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
        return encodeMessage(obj, Content.codec());
    }
    Content.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Content.codec(), opts);
    }
    Content.decode = decode;
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
                if (obj.replyTo != null) {
                    w.uint32(26);
                    Quote.codec().encode(obj.replyTo, w);
                }
                if (obj.mentions != null && obj.mentions.length > 0) {
                    for (const value of obj.mentions) {
                        w.uint32(34);
                        Mention.codec().encode(value, w);
                    }
                }
                if ((obj.forwarded != null && obj.forwarded !== 0)) {
                    w.uint32(40);
                    w.uint32(obj.forwarded);
                }
                if ((obj.expiresAfterS != null && obj.expiresAfterS !== 0)) {
                    w.uint32(48);
                    w.uint32(obj.expiresAfterS);
                }
                if ((obj.viewOnce != null && obj.viewOnce !== false)) {
                    w.uint32(56);
                    w.bool(obj.viewOnce);
                }
                if (obj.location != null) {
                    w.uint32(66);
                    Location.codec().encode(obj.location, w);
                }
                if (obj.contact != null) {
                    w.uint32(74);
                    ContactCard.codec().encode(obj.contact, w);
                }
                if (obj.poll != null) {
                    w.uint32(82);
                    Poll.codec().encode(obj.poll, w);
                }
                if (obj.standsAt != null) {
                    w.uint32(90);
                    Place.codec().encode(obj.standsAt, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    body: '',
                    mentions: [],
                    forwarded: 0,
                    expiresAfterS: 0,
                    viewOnce: false
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
                        case 3: {
                            obj.replyTo = Quote.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.replyTo
                            });
                            break;
                        }
                        case 4: {
                            if (opts.limits?.mentions != null && obj.mentions.length === opts.limits.mentions) {
                                throw new MaxLengthError('Decode error - repeated field "mentions" had too many elements');
                            }
                            if (obj.mentions.length === 64) {
                                throw new MaxLengthError('Decode error - repeated field "mentions" had too many elements');
                            }
                            obj.mentions.push(Mention.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.mentions$
                            }));
                            break;
                        }
                        case 5: {
                            obj.forwarded = reader.uint32();
                            break;
                        }
                        case 6: {
                            obj.expiresAfterS = reader.uint32();
                            break;
                        }
                        case 7: {
                            obj.viewOnce = reader.bool();
                            break;
                        }
                        case 8: {
                            obj.location = Location.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.location
                            });
                            break;
                        }
                        case 9: {
                            obj.contact = ContactCard.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.contact
                            });
                            break;
                        }
                        case 10: {
                            obj.poll = Poll.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.poll
                            });
                            break;
                        }
                        case 11: {
                            obj.standsAt = Place.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.standsAt
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
        return encodeMessage(obj, Text.codec());
    }
    Text.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Text.codec(), opts);
    }
    Text.decode = decode;
})(Text || (Text = {}));
export var Place;
(function (Place) {
    let _codec;
    Place.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.epoch != null && obj.epoch !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.epoch);
                }
                if ((obj.seq != null && obj.seq !== 0)) {
                    w.uint32(16);
                    w.uint64Number(obj.seq);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    epoch: 0,
                    seq: 0
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
                            obj.seq = reader.uint64Number();
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
        return encodeMessage(obj, Place.codec());
    }
    Place.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Place.codec(), opts);
    }
    Place.decode = decode;
})(Place || (Place = {}));
export var Quote;
(function (Quote) {
    let _codec;
    Quote.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if ((obj.author != null && obj.author.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.author);
                }
                if ((obj.excerpt != null && obj.excerpt !== '')) {
                    w.uint32(26);
                    w.string(obj.excerpt);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0),
                    author: new Uint8Array(0),
                    excerpt: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.author = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.excerpt = reader.string();
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
        return encodeMessage(obj, Quote.codec());
    }
    Quote.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Quote.codec(), opts);
    }
    Quote.decode = decode;
})(Quote || (Quote = {}));
export var Mention;
(function (Mention) {
    let _codec;
    Mention.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.account);
                }
                if ((obj.start != null && obj.start !== 0)) {
                    w.uint32(16);
                    w.uint32(obj.start);
                }
                if ((obj.length != null && obj.length !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.length);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    account: new Uint8Array(0),
                    start: 0,
                    length: 0
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
                            obj.start = reader.uint32();
                            break;
                        }
                        case 3: {
                            obj.length = reader.uint32();
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
        return encodeMessage(obj, Mention.codec());
    }
    Mention.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Mention.codec(), opts);
    }
    Mention.decode = decode;
})(Mention || (Mention = {}));
export var Location;
(function (Location) {
    let _codec;
    Location.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.latitudeE7 != null && obj.latitudeE7 !== 0)) {
                    w.uint32(8);
                    w.sint32(obj.latitudeE7);
                }
                if ((obj.longitudeE7 != null && obj.longitudeE7 !== 0)) {
                    w.uint32(16);
                    w.sint32(obj.longitudeE7);
                }
                if ((obj.accuracyM != null && obj.accuracyM !== 0)) {
                    w.uint32(24);
                    w.uint32(obj.accuracyM);
                }
                if ((obj.label != null && obj.label !== '')) {
                    w.uint32(34);
                    w.string(obj.label);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    latitudeE7: 0,
                    longitudeE7: 0,
                    accuracyM: 0,
                    label: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.latitudeE7 = reader.sint32();
                            break;
                        }
                        case 2: {
                            obj.longitudeE7 = reader.sint32();
                            break;
                        }
                        case 3: {
                            obj.accuracyM = reader.uint32();
                            break;
                        }
                        case 4: {
                            obj.label = reader.string();
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
        return encodeMessage(obj, Location.codec());
    }
    Location.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Location.codec(), opts);
    }
    Location.decode = decode;
})(Location || (Location = {}));
export var ContactCard;
(function (ContactCard) {
    let _codec;
    ContactCard.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(10);
                    w.string(obj.name);
                }
                if ((obj.account != null && obj.account.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.account);
                }
                if ((obj.handle != null && obj.handle !== '')) {
                    w.uint32(26);
                    w.string(obj.handle);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    name: '',
                    account: new Uint8Array(0),
                    handle: ''
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
                            obj.account = reader.bytes();
                            break;
                        }
                        case 3: {
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
        return encodeMessage(obj, ContactCard.codec());
    }
    ContactCard.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ContactCard.codec(), opts);
    }
    ContactCard.decode = decode;
})(ContactCard || (ContactCard = {}));
export var Poll;
(function (Poll) {
    let _codec;
    Poll.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.question != null && obj.question !== '')) {
                    w.uint32(10);
                    w.string(obj.question);
                }
                if (obj.options != null && obj.options.length > 0) {
                    for (const value of obj.options) {
                        w.uint32(18);
                        w.string(value);
                    }
                }
                if ((obj.allowsSeveral != null && obj.allowsSeveral !== false)) {
                    w.uint32(24);
                    w.bool(obj.allowsSeveral);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    question: '',
                    options: [],
                    allowsSeveral: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.question = reader.string();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.options != null && obj.options.length === opts.limits.options) {
                                throw new MaxLengthError('Decode error - repeated field "options" had too many elements');
                            }
                            if (obj.options.length === 12) {
                                throw new MaxLengthError('Decode error - repeated field "options" had too many elements');
                            }
                            obj.options.push(reader.string());
                            break;
                        }
                        case 3: {
                            obj.allowsSeveral = reader.bool();
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
        return encodeMessage(obj, Poll.codec());
    }
    Poll.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Poll.codec(), opts);
    }
    Poll.decode = decode;
})(Poll || (Poll = {}));
export var Vote;
(function (Vote) {
    let _codec;
    Vote.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.poll != null && obj.poll.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.poll);
                }
                if (obj.options != null && obj.options.length > 0) {
                    for (const value of obj.options) {
                        w.uint32(16);
                        w.uint32(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    poll: new Uint8Array(0),
                    options: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.poll = reader.bytes();
                            break;
                        }
                        case 2: {
                            if (opts.limits?.options != null && obj.options.length === opts.limits.options) {
                                throw new MaxLengthError('Decode error - repeated field "options" had too many elements');
                            }
                            if (obj.options.length === 12) {
                                throw new MaxLengthError('Decode error - repeated field "options" had too many elements');
                            }
                            obj.options.push(reader.uint32());
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
        return encodeMessage(obj, Vote.codec());
    }
    Vote.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Vote.codec(), opts);
    }
    Vote.decode = decode;
})(Vote || (Vote = {}));
export var Reaction;
(function (Reaction) {
    let _codec;
    Reaction.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if ((obj.emoji != null && obj.emoji !== '')) {
                    w.uint32(18);
                    w.string(obj.emoji);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0),
                    emoji: ''
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.emoji = reader.string();
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
        return encodeMessage(obj, Reaction.codec());
    }
    Reaction.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Reaction.codec(), opts);
    }
    Reaction.decode = decode;
})(Reaction || (Reaction = {}));
export var Edit;
(function (Edit) {
    let _codec;
    Edit.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if ((obj.body != null && obj.body !== '')) {
                    w.uint32(18);
                    w.string(obj.body);
                }
                if (obj.mentions != null && obj.mentions.length > 0) {
                    for (const value of obj.mentions) {
                        w.uint32(26);
                        Mention.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0),
                    body: '',
                    mentions: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.body = reader.string();
                            break;
                        }
                        case 3: {
                            if (opts.limits?.mentions != null && obj.mentions.length === opts.limits.mentions) {
                                throw new MaxLengthError('Decode error - repeated field "mentions" had too many elements');
                            }
                            if (obj.mentions.length === 64) {
                                throw new MaxLengthError('Decode error - repeated field "mentions" had too many elements');
                            }
                            obj.mentions.push(Mention.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.mentions$
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
        return encodeMessage(obj, Edit.codec());
    }
    Edit.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Edit.codec(), opts);
    }
    Edit.decode = decode;
})(Edit || (Edit = {}));
export var Deletion;
(function (Deletion) {
    let _codec;
    Deletion.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
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
        return encodeMessage(obj, Deletion.codec());
    }
    Deletion.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Deletion.codec(), opts);
    }
    Deletion.decode = decode;
})(Deletion || (Deletion = {}));
export var TimerChange;
(function (TimerChange) {
    let _codec;
    TimerChange.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.expiresAfterS != null && obj.expiresAfterS !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.expiresAfterS);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    expiresAfterS: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.expiresAfterS = reader.uint32();
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
        return encodeMessage(obj, TimerChange.codec());
    }
    TimerChange.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, TimerChange.codec(), opts);
    }
    TimerChange.decode = decode;
})(TimerChange || (TimerChange = {}));
export var Pin;
(function (Pin) {
    let _codec;
    Pin.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if ((obj.isPinned != null && obj.isPinned !== false)) {
                    w.uint32(16);
                    w.bool(obj.isPinned);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0),
                    isPinned: false
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.isPinned = reader.bool();
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
        return encodeMessage(obj, Pin.codec());
    }
    Pin.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Pin.codec(), opts);
    }
    Pin.decode = decode;
})(Pin || (Pin = {}));
export var ViewedOnce;
(function (ViewedOnce) {
    let _codec;
    ViewedOnce.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.messageId);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    messageId: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.messageId = reader.bytes();
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
        return encodeMessage(obj, ViewedOnce.codec());
    }
    ViewedOnce.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, ViewedOnce.codec(), opts);
    }
    ViewedOnce.decode = decode;
})(ViewedOnce || (ViewedOnce = {}));
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
                if (obj.through != null) {
                    w.uint32(26);
                    Place.codec().encode(obj.through, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    stage: 0,
                    messageIds: new Uint8Array(0)
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
                        case 3: {
                            obj.through = Place.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.through
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
        return encodeMessage(obj, Receipt.codec());
    }
    Receipt.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Receipt.codec(), opts);
    }
    Receipt.decode = decode;
})(Receipt || (Receipt = {}));
export var GroupKeys;
(function (GroupKeys) {
    let _codec;
    GroupKeys.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.group != null && obj.group.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.group);
                }
                if (obj.distribution != null) {
                    w.uint32(18);
                    w.bytes(obj.distribution);
                }
                if (obj.receiptKey != null) {
                    w.uint32(26);
                    w.bytes(obj.receiptKey);
                }
                if (obj.profileKeyId != null) {
                    w.uint32(34);
                    w.bytes(obj.profileKeyId);
                }
                if (obj.profileKey != null) {
                    w.uint32(42);
                    w.bytes(obj.profileKey);
                }
                if ((obj.forDevice != null && obj.forDevice.byteLength > 0)) {
                    w.uint32(50);
                    w.bytes(obj.forDevice);
                }
                if (obj.name != null) {
                    w.uint32(58);
                    w.string(obj.name);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    group: new Uint8Array(0),
                    forDevice: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.group = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.distribution = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.receiptKey = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.profileKeyId = reader.bytes();
                            break;
                        }
                        case 5: {
                            obj.profileKey = reader.bytes();
                            break;
                        }
                        case 6: {
                            obj.forDevice = reader.bytes();
                            break;
                        }
                        case 7: {
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
        return encodeMessage(obj, GroupKeys.codec());
    }
    GroupKeys.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, GroupKeys.codec(), opts);
    }
    GroupKeys.decode = decode;
})(GroupKeys || (GroupKeys = {}));
export var Resend;
(function (Resend) {
    let _codec;
    Resend.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.group != null && obj.group.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.group);
                }
                if ((obj.messageIds != null && obj.messageIds.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.messageIds);
                }
                if (obj.after != null) {
                    w.uint32(26);
                    Place.codec().encode(obj.after, w);
                }
                if (obj.through != null) {
                    w.uint32(34);
                    Place.codec().encode(obj.through, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    group: new Uint8Array(0),
                    messageIds: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.group = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.messageIds = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.after = Place.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.after
                            });
                            break;
                        }
                        case 4: {
                            obj.through = Place.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.through
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
        return encodeMessage(obj, Resend.codec());
    }
    Resend.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Resend.codec(), opts);
    }
    Resend.decode = decode;
})(Resend || (Resend = {}));
export var Copy;
(function (Copy) {
    let _codec;
    Copy.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.group != null && obj.group.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.group);
                }
                if ((obj.messageId != null && obj.messageId.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.messageId);
                }
                if ((obj.content != null && obj.content.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.content);
                }
                if (obj.stoodAt != null) {
                    w.uint32(34);
                    Place.codec().encode(obj.stoodAt, w);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    group: new Uint8Array(0),
                    messageId: new Uint8Array(0),
                    content: new Uint8Array(0)
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.group = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.messageId = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.content = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.stoodAt = Place.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.stoodAt
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
        return encodeMessage(obj, Copy.codec());
    }
    Copy.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Copy.codec(), opts);
    }
    Copy.decode = decode;
})(Copy || (Copy = {}));
export var Welcome;
(function (Welcome) {
    let _codec;
    Welcome.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.snapshot != null && obj.snapshot.byteLength > 0)) {
                    w.uint32(10);
                    w.bytes(obj.snapshot);
                }
                if ((obj.profileKeyId != null && obj.profileKeyId.byteLength > 0)) {
                    w.uint32(18);
                    w.bytes(obj.profileKeyId);
                }
                if ((obj.profileKey != null && obj.profileKey.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.profileKey);
                }
                if (obj.shared != null && obj.shared.length > 0) {
                    for (const value of obj.shared) {
                        w.uint32(34);
                        w.bytes(value);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    snapshot: new Uint8Array(0),
                    profileKeyId: new Uint8Array(0),
                    profileKey: new Uint8Array(0),
                    shared: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.snapshot = reader.bytes();
                            break;
                        }
                        case 2: {
                            obj.profileKeyId = reader.bytes();
                            break;
                        }
                        case 3: {
                            obj.profileKey = reader.bytes();
                            break;
                        }
                        case 4: {
                            if (opts.limits?.shared != null && obj.shared.length === opts.limits.shared) {
                                throw new MaxLengthError('Decode error - repeated field "shared" had too many elements');
                            }
                            if (obj.shared.length === 100) {
                                throw new MaxLengthError('Decode error - repeated field "shared" had too many elements');
                            }
                            obj.shared.push(reader.bytes());
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
export var PersonalProfile;
(function (PersonalProfile) {
    let _codec;
    PersonalProfile.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.name != null && obj.name !== '')) {
                    w.uint32(10);
                    w.string(obj.name);
                }
                if ((obj.about != null && obj.about !== '')) {
                    w.uint32(18);
                    w.string(obj.about);
                }
                if ((obj.picture != null && obj.picture.byteLength > 0)) {
                    w.uint32(26);
                    w.bytes(obj.picture);
                }
                if ((obj.version != null && obj.version !== 0)) {
                    w.uint32(32);
                    w.uint64Number(obj.version);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    name: '',
                    about: '',
                    picture: new Uint8Array(0),
                    version: 0
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
                            obj.about = reader.string();
                            break;
                        }
                        case 3: {
                            obj.picture = reader.bytes();
                            break;
                        }
                        case 4: {
                            obj.version = reader.uint64Number();
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
        return encodeMessage(obj, PersonalProfile.codec());
    }
    PersonalProfile.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, PersonalProfile.codec(), opts);
    }
    PersonalProfile.decode = decode;
})(PersonalProfile || (PersonalProfile = {}));
export var Typing;
(function (Typing) {
    let _codec;
    Typing.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.state != null && obj.state !== 0)) {
                    w.uint32(8);
                    w.uint32(obj.state);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    state: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.state = reader.uint32();
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
        return encodeMessage(obj, Typing.codec());
    }
    Typing.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Typing.codec(), opts);
    }
    Typing.decode = decode;
})(Typing || (Typing = {}));
export var Sync;
(function (Sync) {
    let _codec;
    Sync.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if (obj.facts != null && obj.facts.length > 0) {
                    for (const value of obj.facts) {
                        w.uint32(10);
                        SyncFact.codec().encode(value, w);
                    }
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    facts: []
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            if (opts.limits?.facts != null && obj.facts.length === opts.limits.facts) {
                                throw new MaxLengthError('Decode error - repeated field "facts" had too many elements');
                            }
                            if (obj.facts.length === 512) {
                                throw new MaxLengthError('Decode error - repeated field "facts" had too many elements');
                            }
                            obj.facts.push(SyncFact.codec().decode(reader, reader.uint32(), {
                                limits: opts.limits?.facts$
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
        return encodeMessage(obj, Sync.codec());
    }
    Sync.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, Sync.codec(), opts);
    }
    Sync.decode = decode;
})(Sync || (Sync = {}));
export var SyncFact;
(function (SyncFact) {
    let _codec;
    SyncFact.codec = () => {
        if (_codec == null) {
            _codec = message((obj, w, opts = {}) => {
                if (opts.lengthDelimited !== false) {
                    w.fork();
                }
                if ((obj.key != null && obj.key !== '')) {
                    w.uint32(10);
                    w.string(obj.key);
                }
                if ((obj.value != null && obj.value !== '')) {
                    w.uint32(18);
                    w.string(obj.value);
                }
                if ((obj.madeAtMs != null && obj.madeAtMs !== 0)) {
                    w.uint32(24);
                    w.uint64Number(obj.madeAtMs);
                }
                if (opts.lengthDelimited !== false) {
                    w.ldelim();
                }
            }, (reader, length, opts = {}) => {
                const obj = {
                    key: '',
                    value: '',
                    madeAtMs: 0
                };
                const end = length == null ? reader.len : reader.pos + length;
                while (reader.pos < end) {
                    const tag = reader.uint32();
                    switch (tag >>> 3) {
                        case 1: {
                            obj.key = reader.string();
                            break;
                        }
                        case 2: {
                            obj.value = reader.string();
                            break;
                        }
                        case 3: {
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
        return encodeMessage(obj, SyncFact.codec());
    }
    SyncFact.encode = encode;
    function decode(buf, opts) {
        return decodeMessage(buf, SyncFact.codec(), opts);
    }
    SyncFact.decode = decode;
})(SyncFact || (SyncFact = {}));
