/**
 * Every kind of body to and from its wire form, with all bounds. What a peer may say is checked here, once: whatever
 * comes out of `bodyOfWire` keeps the limits of docs/protocol/content.md, and the client's own input goes the same way.
 */
import { concat, utf8 } from '../../protocol/bytes.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, keyBytes, messageIdBytes, messageIdFromBytes, messageIdToBytes, type MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type * as Wire from '../../protocol/wire/gen/content.js'
import { clientLimits } from '../limits.ts'
import type { Body, ContactCard, Location, Mention, Poll, Quote, Stretch, TextBody } from './bodies.ts'

/** What a body may hold, and why. */
export const bodyLimits = {
  /** Of a quote, in UTF-16 units: enough to recognise the original. */
  excerptChars: 200,
  mentions: 64,
  /** One emoji with its modifiers: a family with skin tones takes 41 bytes, all others fit in 32. */
  emojiBytes: 32,
  pollOptionsMin: 2,
  pollOptionsMax: 12,
  questionBytes: 1_024,
  optionBytes: 256,
  labelBytes: 256,
  nameBytes: 256,
  aboutBytes: 1_024,
  /** 32 characters, an @ and the name of a relay. */
  handleBytes: 192,
  syncFacts: 512,
  syncKeyBytes: 256,
  syncValueBytes: 12 * 1024,
  resendIds: 100,
  /** SenderKeyDistributionMessage: about 80 bytes. */
  distributionBytes: 1_024,
  /** A Content sealed again, and a snapshot of 1,024 members (46 KiB). */
  copyBytes: 64 * 1024,
  snapshotBytes: 64 * 1024,
  shared: 100
} as const

/** The last moment that a Date can hold: what claims to be later is shown as that. */
export const lastMoment = 8.64e15

const profileKeyIdBytes = 8
const degrees = 1e7
const pictures = [Uint8Array.of(0xff, 0xd8, 0xff), Uint8Array.of(0x89, 0x50, 0x4e, 0x47)]

type WireBody = Partial<Omit<Wire.Content, 'version' | 'conversation' | 'messageId' | 'senderDevice' | 'sentAtMs' | 'previous' | 'ownListEpoch' | 'ownListHash' | 'theirListEpoch' | 'theirListHash' | 'groupSeq' | 'groupHash' | 'standsFor'>>

const bodyFields = ['text', 'receipt', 'reaction', 'edit', 'deletion', 'vote', 'timer', 'pin', 'groupKeys', 'resend', 'copy', 'welcome', 'profile', 'sync', 'typing', 'viewedOnce'] as const satisfies ReadonlyArray<keyof WireBody>

/** What a peer's bytes make of a text may have halves of characters. */
const wellFormed = (text: string): string => text.toWellFormed()

const malformed = (what: string): ProtocolError => new ProtocolError('MALFORMED', { what })

/** Optional fields only when they are there. */
const given = <T extends object>(isGiven: boolean, fields: () => T): T | Record<string, never> => isGiven ? fields() : {}

export function wireOfBody (body: Body): WireBody {
  switch (body.kind) {
    case 'text': return { text: wireOfText(body) }
    case 'receipt': return { receipt: { stage: body.stage, messageIds: joinIds(body.ids), ...(body.through === undefined ? {} : { through: body.through }) } }
    case 'reaction': return { reaction: { messageId: messageIdToBytes(body.messageId), emoji: body.emoji } }
    case 'edit': return { edit: { messageId: messageIdToBytes(body.messageId), body: body.text, mentions: body.mentions.map(wireOfMention) } }
    case 'deletion': return { deletion: { messageId: messageIdToBytes(body.messageId) } }
    case 'vote': return { vote: { poll: messageIdToBytes(body.poll), options: [...body.options] } }
    case 'timer': return { timer: { expiresAfterS: body.expiresAfterS } }
    case 'pin': return { pin: { messageId: messageIdToBytes(body.messageId), isPinned: body.isPinned } }
    case 'viewedOnce': return { viewedOnce: { messageId: messageIdToBytes(body.messageId) } }
    case 'groupKeys': {
      const { group, forDevice, distribution, receiptKey, profileKeyId, profileKey, name } = body
      return {
        groupKeys: {
          group: group.bytes,
          forDevice: deviceKeyOf(forDevice),
          ...(name === undefined ? {} : { name }),
          ...(distribution === undefined ? {} : { distribution }),
          ...(receiptKey === undefined ? {} : { receiptKey }),
          ...(profileKeyId === undefined ? {} : { profileKeyId }),
          ...(profileKey === undefined ? {} : { profileKey })
        }
      }
    }
    case 'resend': return { resend: { group: body.group.bytes, messageIds: joinIds(body.ids), ...(body.stretch ?? {}) } }
    case 'copy': return { copy: { group: body.group.bytes, messageId: messageIdToBytes(body.messageId), content: body.content, ...(body.stoodAt === undefined ? {} : { stoodAt: body.stoodAt }) } }
    case 'welcome': return { welcome: { snapshot: body.snapshot, profileKeyId: body.profileKeyId, profileKey: body.profileKey, shared: [...body.shared] } }
    case 'profile': return { profile: { name: body.name, about: body.about, picture: body.picture, version: body.version } }
    case 'sync': return { sync: { facts: body.facts.map(({ key, value, madeAtMs }) => ({ key, value, madeAtMs })) } }
    case 'typing': return { typing: { state: body.state } }
    case 'unknown': return {}
  }
}

/**
 * @param messageId of the message that it stands in; absent: a body that was kept by itself
 * @throws ProtocolError MALFORMED, TOO_LARGE, TOO_MANY, BAD_MESSAGE_ID, BAD_CONVERSATION
 */
export function bodyOfWire (wire: WireBody, messageId?: MessageId): Body {
  const fields = bodyFields.filter((field) => wire[field] !== undefined)
  // [REJECT] what would mean one thing to this client and another to the next
  if (fields.length > 1) throw malformed('more than one body')
  const [field] = fields
  if (field === undefined) return { kind: 'unknown' }
  switch (field) {
    case 'text': return textOf(wire.text!, messageId)
    case 'receipt': return { kind: 'receipt', stage: wire.receipt!.stage, ids: idsOf(wire.receipt!.messageIds, limits.receiptIds), ...given(wire.receipt!.through !== undefined, () => ({ through: placeOf(wire.receipt!.through!) })) }
    case 'reaction': return { kind: 'reaction', messageId: messageIdFromBytes(wire.reaction!.messageId), emoji: within(wire.reaction!.emoji, bodyLimits.emojiBytes, 'emoji') }
    case 'edit': {
      const text = textWithin(wire.edit!.body)
      // [REJECT] nothing left: that is a deletion
      if (text === '') throw malformed('an edit to nothing')
      return { kind: 'edit', messageId: messageIdFromBytes(wire.edit!.messageId), text, mentions: mentionsOf(wire.edit!.mentions, text) }
    }
    case 'deletion': return { kind: 'deletion', messageId: messageIdFromBytes(wire.deletion!.messageId) }
    case 'vote': return voteOf(wire.vote!)
    case 'timer': return { kind: 'timer', expiresAfterS: timerOf(wire.timer!.expiresAfterS) }
    case 'pin': return { kind: 'pin', messageId: messageIdFromBytes(wire.pin!.messageId), isPinned: wire.pin!.isPinned }
    case 'viewedOnce': return { kind: 'viewedOnce', messageId: messageIdFromBytes(wire.viewedOnce!.messageId) }
    case 'groupKeys': return groupKeysOf(wire.groupKeys!)
    case 'resend': {
      const ids = idsOf(wire.resend!.messageIds, bodyLimits.resendIds)
      return { kind: 'resend', group: groupOf(wire.resend!.group), ids, ...stretchOf(wire.resend!) }
    }
    case 'copy': return { kind: 'copy', group: groupOf(wire.copy!.group), messageId: messageIdFromBytes(wire.copy!.messageId), content: bytesWithin(wire.copy!.content, bodyLimits.copyBytes, 'copy'), ...given(wire.copy!.stoodAt !== undefined, () => ({ stoodAt: placeOf(wire.copy!.stoodAt!) })) }
    case 'welcome': return welcomeOf(wire.welcome!)
    case 'profile': return profileOf(wire.profile!)
    case 'sync': return syncOf(wire.sync!)
    case 'typing': return { kind: 'typing', state: wire.typing!.state }
  }
}

// --- a message of its own

function wireOfText (body: TextBody): Wire.Text {
  const { text, standsFor, standsAt, replyTo, mentions, forwarded, expiresAfterS, viewOnce, location, contact, poll } = body
  return {
    body: text,
    mentions: (mentions ?? []).map(wireOfMention),
    forwarded: forwarded ?? 0,
    expiresAfterS: expiresAfterS ?? 0,
    viewOnce: viewOnce ?? false,
    ...(standsFor === undefined ? {} : { standsFor: joinIds(standsFor) }),
    ...(standsAt === undefined ? {} : { standsAt }),
    ...(replyTo === undefined ? {} : { replyTo: { messageId: messageIdToBytes(replyTo.messageId), author: accountIdToBytes(replyTo.author), excerpt: replyTo.excerpt } }),
    ...(location === undefined ? {} : { location: wireOfLocation(location) }),
    ...(contact === undefined ? {} : { contact: { name: contact.name, account: accountIdToBytes(contact.account), handle: contact.handle } }),
    ...(poll === undefined ? {} : { poll: { question: poll.question, options: [...poll.options], allowsSeveral: poll.allowsSeveral } })
  }
}

function textOf (wire: Wire.Text, messageId: MessageId | undefined): Body {
  const text = textWithin(wire.body)
  const { location, contact, poll } = wire
  // Something of a newer version stands in place of the text.
  if (text === '' && location === undefined && contact === undefined && poll === undefined) return { kind: 'unknown' }
  return {
    kind: 'text',
    text,
    ...given(wire.standsFor !== undefined, () => ({ standsFor: standsForOf(wire.standsFor!, messageId) })),
    ...given(wire.standsAt !== undefined, () => ({ standsAt: placeOf(wire.standsAt!) })),
    ...given(wire.replyTo !== undefined, () => ({ replyTo: quoteOf(wire.replyTo!) })),
    ...given(wire.mentions.length > 0, () => ({ mentions: mentionsOf(wire.mentions, text) })),
    ...given(wire.forwarded > 0, () => ({ forwarded: wire.forwarded })),
    ...given(wire.expiresAfterS > 0, () => ({ expiresAfterS: timerOf(wire.expiresAfterS) })),
    ...given(wire.viewOnce, () => ({ viewOnce: true })),
    ...given(location !== undefined, () => ({ location: locationOf(location!) })),
    ...given(contact !== undefined, () => ({ contact: contactOf(contact!) })),
    ...given(poll !== undefined, () => ({ poll: pollOf(poll!) }))
  }
}

export function standsForOf (bytes: Uint8Array, messageId: MessageId | undefined): MessageId[] {
  const ids = idsOf(bytes, 1 + clientLimits.sendAgain)
  // [REJECT] ids rise: what it stands for was made before it
  if (ids.length === 0 || (messageId !== undefined && ids.some((id) => id >= messageId))) throw malformed('stands for a later message')
  return ids
}

function placeOf ({ epoch, seq }: Wire.Place): { epoch: number, seq: number } {
  // [REJECT] no log has such a place
  if (epoch < 1 || seq < 1 || !Number.isSafeInteger(seq)) throw malformed('place')
  return { epoch, seq }
}

function stretchOf (wire: Wire.Resend): { stretch?: Stretch } {
  if (wire.after === undefined && wire.through === undefined) return {}
  // [REJECT] from where to where
  if (wire.after === undefined || wire.through === undefined) throw malformed('stretch')
  const [after, through] = [placeOf(wire.after), placeOf(wire.through)]
  if (through.epoch < after.epoch || through.seq <= after.seq) throw malformed('stretch')
  return { stretch: { after, through } }
}

function quoteOf ({ messageId, author, excerpt }: Wire.Quote): Quote {
  if (excerpt.length > bodyLimits.excerptChars) throw new ProtocolError('TOO_LARGE', { max: bodyLimits.excerptChars, what: 'excerpt' })
  return { messageId: messageIdFromBytes(messageId), author: accountIdFromBytes(author), excerpt: wellFormed(excerpt) }
}

const wireOfMention = ({ account, start, length }: Mention): Wire.Mention => ({ account: accountIdToBytes(account), start, length })

function mentionsOf (wire: readonly Wire.Mention[], text: string): Mention[] {
  if (wire.length > bodyLimits.mentions) throw new ProtocolError('TOO_MANY', { max: bodyLimits.mentions, what: 'mentions' })
  let end = 0
  return wire.map(({ account, start, length }) => {
    // [REJECT] outside of the text, or across each other
    if (length === 0 || start < end || start + length > text.length) throw malformed('mention')
    end = start + length
    return { account: accountIdFromBytes(account), start, length }
  })
}

function wireOfLocation ({ latitude, longitude, accuracyM, label }: Location): Wire.Location {
  // [REJECT] what has no place in a number: it would travel as zero
  if (![latitude, longitude, accuracyM].every(Number.isFinite) || Math.abs(latitude) > 90 || Math.abs(longitude) > 180 || accuracyM < 0 || accuracyM > 0xffffffff) throw malformed('location')
  return { latitudeE7: Math.round(latitude * degrees), longitudeE7: Math.round(longitude * degrees), accuracyM: Math.round(accuracyM), label }
}

function locationOf ({ latitudeE7, longitudeE7, accuracyM, label }: Wire.Location): Location {
  // [REJECT] nowhere on earth
  if (Math.abs(latitudeE7) > 90 * degrees || Math.abs(longitudeE7) > 180 * degrees) throw malformed('location')
  return { latitude: latitudeE7 / degrees, longitude: longitudeE7 / degrees, accuracyM, label: within(label, bodyLimits.labelBytes, 'label') }
}

const contactOf = ({ name, account, handle }: Wire.ContactCard): ContactCard =>
  ({ name: within(name, bodyLimits.nameBytes, 'name'), account: accountIdFromBytes(account), handle: within(handle, bodyLimits.handleBytes, 'handle') })

function pollOf ({ question, options: wire, allowsSeveral }: Wire.Poll): Poll {
  const { pollOptionsMin, pollOptionsMax, questionBytes, optionBytes } = bodyLimits
  if (wire.length > pollOptionsMax) throw new ProtocolError('TOO_MANY', { max: pollOptionsMax, what: 'options' })
  const options = wire.map((option) => within(option, optionBytes, 'option'))
  // [REJECT] nothing to choose between
  if (question === '' || options.length < pollOptionsMin || options.includes('') || new Set(options).size < options.length) throw malformed('poll')
  return { question: within(question, questionBytes, 'question'), options, allowsSeveral }
}

// --- about other messages, and between engines

function voteOf ({ poll, options }: Wire.Vote): Body {
  // [REJECT] an option that no poll has, or the same one twice
  if (options.some((option) => option >= bodyLimits.pollOptionsMax) || new Set(options).size < options.length) throw malformed('vote')
  return { kind: 'vote', poll: messageIdFromBytes(poll), options }
}

function timerOf (seconds: number): number {
  const { disappearingMinS, disappearingMaxS } = limits
  if (seconds !== 0 && (seconds < disappearingMinS || seconds > disappearingMaxS)) throw malformed('timer')
  return seconds
}

function groupKeysOf ({ group, forDevice, distribution, receiptKey, profileKeyId, profileKey, name }: Wire.GroupKeys): Body {
  if (receiptKey !== undefined && receiptKey.byteLength !== keyBytes) throw malformed('receipt key')
  if (profileKeyId !== undefined || profileKey !== undefined) checkProfileKey(profileKeyId, profileKey)
  return {
    kind: 'groupKeys',
    group: groupOf(group),
    forDevice: deviceIdOfKey(forDevice),
    ...given(name !== undefined, () => ({ name: within(name!, bodyLimits.nameBytes, 'name') })),
    ...given(distribution !== undefined, () => ({ distribution: bytesWithin(distribution!, bodyLimits.distributionBytes, 'distribution') })),
    ...given(receiptKey !== undefined, () => ({ receiptKey: receiptKey!.slice() })),
    ...given(profileKey !== undefined, () => ({ profileKeyId: profileKeyId!.slice(), profileKey: profileKey!.slice() }))
  }
}

function checkProfileKey (id: Uint8Array | undefined, key: Uint8Array | undefined): void {
  if (id?.byteLength !== profileKeyIdBytes || key?.byteLength !== keyBytes) throw malformed('profile key')
}

function welcomeOf ({ snapshot, profileKeyId, profileKey, shared }: Wire.Welcome): Body {
  // Both empty: the group has no profile.
  if (profileKeyId.byteLength + profileKey.byteLength > 0) checkProfileKey(profileKeyId, profileKey)
  if (shared.length > bodyLimits.shared) throw new ProtocolError('TOO_MANY', { max: bodyLimits.shared, what: 'shared messages' })
  return {
    kind: 'welcome',
    snapshot: bytesWithin(snapshot, bodyLimits.snapshotBytes, 'snapshot'),
    profileKeyId: profileKeyId.slice(),
    profileKey: profileKey.slice(),
    shared: shared.map((content) => bytesWithin(content, bodyLimits.copyBytes, 'shared message'))
  }
}

function profileOf ({ name, about, picture, version }: Wire.PersonalProfile): Body {
  // [REJECT] anything that is no picture: what shows it must not have to guess
  if (picture.byteLength > 0 && !pictures.some((start) => start.every((byte, i) => picture[i] === byte))) throw malformed('picture')
  return {
    kind: 'profile',
    name: within(name, bodyLimits.nameBytes, 'name'),
    about: within(about, bodyLimits.aboutBytes, 'about'),
    picture: bytesWithin(picture, limits.pictureBytes, 'picture'),
    version
  }
}

function syncOf ({ facts }: Wire.Sync): Body {
  if (facts.length > bodyLimits.syncFacts) throw new ProtocolError('TOO_MANY', { max: bodyLimits.syncFacts, what: 'facts' })
  return {
    kind: 'sync',
    facts: facts.map(({ key, value, madeAtMs }) => {
      if (key === '') throw malformed('a fact without a key')
      return { key: within(key, bodyLimits.syncKeyBytes, 'key'), value: within(value, bodyLimits.syncValueBytes, 'value'), madeAtMs: Math.min(madeAtMs, lastMoment) }
    })
  }
}

// --- parts

function groupOf (bytes: Uint8Array): GroupConversation {
  const conversation = conversationFromBytes(bytes)
  // [REJECT] the keys of a pair are never handed over
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION', { what: 'not a group' })
  return conversation
}

function textWithin (text: string): string {
  // [REJECT] three bytes of UTF-8 at most for each UTF-16 unit: cheap, and never refuses what `send` allows
  if (text.length > limits.textBytes) throw new ProtocolError('TOO_LARGE', { max: limits.textBytes })
  return wellFormed(text)
}

function within (text: string, maxBytes: number, what: string): string {
  if (text.length > maxBytes || utf8(text).byteLength > maxBytes) throw new ProtocolError('TOO_LARGE', { max: maxBytes, what })
  return wellFormed(text)
}

/** A copy: what comes out of a frame must not keep the whole of it alive. */
function bytesWithin (bytes: Uint8Array, max: number, what: string): Uint8Array {
  if (bytes.byteLength > max) throw new ProtocolError('TOO_LARGE', { max, what })
  return bytes.slice()
}

export const joinIds = (ids: readonly MessageId[]): Uint8Array => concat(...ids.map(messageIdToBytes))

function idsOf (bytes: Uint8Array, max: number): MessageId[] {
  // [REJECT] whole ids, and not more than there may be
  if (bytes.byteLength % messageIdBytes !== 0) throw malformed('message ids')
  if (bytes.byteLength > max * messageIdBytes) throw new ProtocolError('TOO_MANY', { max, what: 'message ids' })
  const ids: MessageId[] = []
  for (let at = 0; at < bytes.byteLength; at += messageIdBytes) ids.push(messageIdFromBytes(bytes.subarray(at, at + messageIdBytes)))
  return ids
}
