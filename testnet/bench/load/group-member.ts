/**
 * A device in one large group, as the relay sees it: takes what is delivered, acknowledges gathered, submits when told to.
 * No end-to-end encryption: the sealed bytes are random, of the size that a sender-key message of 1 KB has.
 */
import type { Dialer } from '../../../protocol/byte-stream.ts'
import { type Channel, Handlers } from '../../../protocol/channel.ts'
import type { Clock } from '../../../protocol/clock.ts'
import type { Conversation } from '../../../protocol/conversation.ts'
import { sameBytes } from '../../../protocol/bytes.ts'
import type { Primitives } from '../../../protocol/e2ee/primitives.ts'
import { encodeEnvelope } from '../../../protocol/envelope.ts'
import { ERRORS, ProtocolError } from '../../../protocol/errors.ts'
import { messageIdFromBytes, type MessageId } from '../../../protocol/ids.ts'
import { clientMethods, clientNotifications } from '../../../protocol/methods.ts'
import type { Page } from '../../../protocol/wire/gen/log.js'
import { ciphertextKinds, envelopeKinds } from '../../../protocol/wire/kinds.ts'
import { MessageIds, connectDevice, type RelayTarget, type SyntheticIdentity } from './synthetic-client.ts'

/** Text of 1 KB, padding, signature and header of a SenderKeyMessage. */
const sealedBytes = 1024 + 100

/** Acknowledgements wait about this long for more, or for this many entries: 1,024 devices must not answer every message at once. */
const gatherMs = 200
const gatherEntries = 64

interface Followed {
  lastSeq: number
  ackedSeq: number
  readonly early: Set<number>
}

export interface GroupEvents {
  /** An entry of somebody else came, in whatever order. */
  onEntry (seq: number): void
}

export class GroupMember {
  readonly identity: SyntheticIdentity
  readonly target: RelayTarget
  readonly #primitives: Primitives
  readonly #clock: Clock
  readonly #events: GroupEvents
  readonly #ids = new MessageIds()
  readonly #payload: Uint8Array
  /** Sent, and numbered by another relay. */
  readonly #unnumbered = new Map<MessageId, (seq: number) => void>()
  #channel: Channel | undefined
  #group: { conversation: Conversation, followed: Followed } | undefined
  #isGathering = false

  constructor (identity: SyntheticIdentity, target: RelayTarget, components: { primitives: Primitives, clock: Clock }, events: GroupEvents) {
    this.identity = identity
    this.target = target
    this.#primitives = components.primitives
    this.#clock = components.clock
    this.#events = events
    this.#payload = components.primitives.randomBytes(sealedBytes)
  }

  async connect (dialer: Dialer): Promise<void> {
    const handlers = new Handlers()
      .onNotification(clientNotifications.deliver, ({ pages }) => { for (const page of pages) this.#onPage(page) })
    await connectDevice(this.identity, { primitives: this.#primitives, clock: this.#clock, dialer, handlers }, this.target, {
      register: true,
      onOpen: (channel) => { this.#channel = channel }
    })
  }

  /** The group to take part in from now on; entries of others are acknowledged and not counted. */
  join (conversation: Conversation): void { this.#group = { conversation, followed: { lastSeq: 0, ackedSeq: 0, early: new Set() } } }

  get lastSeq (): number { return this.#group?.followed.lastSeq ?? 0 }
  /** Entries that came although an earlier one did not. */
  get missing (): number { return this.#group?.followed.early.size ?? 0 }

  #onPage (page: Page): void {
    const group = this.#group
    if (group === undefined || !sameBytes(page.conversation, group.conversation.bytes)) {
      // A group of an earlier measurement.
      this.#channel!.notify(clientNotifications.acknowledge, { positions: [{ conversation: page.conversation, epoch: page.epoch, seq: page.entries.at(-1)?.seq ?? 0 }] })
      return
    }
    const { followed } = group
    for (const { seq, envelope, messageId } of page.entries) {
      if (seq <= followed.lastSeq || followed.early.has(seq)) continue
      if (envelope !== undefined) this.#events.onEntry(seq)
      else this.#numbered(messageIdFromBytes(messageId!), seq)
      // Who was added later begins where they were added.
      if (followed.lastSeq === 0) followed.lastSeq = seq - 1
      this.#onSeq(seq)
    }
  }

  #onSeq (seq: number): void {
    const { followed } = this.#group!
    if (seq <= followed.lastSeq) return
    if (seq !== followed.lastSeq + 1) {
      followed.early.add(seq)
      return
    }
    followed.lastSeq = seq
    while (followed.early.delete(followed.lastSeq + 1)) followed.lastSeq++
    if (followed.lastSeq - followed.ackedSeq >= gatherEntries) this.#acknowledge()
    else if (!this.#isGathering) {
      this.#isGathering = true
      setTimeout(() => { this.#isGathering = false; this.#acknowledge() }, gatherMs * (0.5 + Math.random()))
    }
  }

  #acknowledge (): void {
    const { conversation, followed } = this.#group!
    if (this.#channel?.isClosed !== false || followed.lastSeq === followed.ackedSeq) return
    followed.ackedSeq = followed.lastSeq
    this.#channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: conversation.bytes, epoch: 1, seq: followed.ackedSeq }] })
  }

  #numbered (messageId: MessageId, seq: number): void {
    this.#unnumbered.get(messageId)?.(seq)
    this.#unnumbered.delete(messageId)
  }

  /** One message of 1 KB to the group. Resolves when it is SENT; its number comes with that, or later from another relay. */
  async send (): Promise<{ seq: Promise<number> }> {
    return await this.#submit({ kind: envelopeKinds.content, ciphertexts: [{ device: undefined, kind: ciphertextKinds.senderKey, bytes: this.#payload }] })
  }

  /** @param control encoded Signed Control. As `send` */
  async change (control: Uint8Array): Promise<{ seq: Promise<number> }> {
    return await this.#submit({ kind: envelopeKinds.control, ciphertexts: [], control })
  }

  async #submit (rest: Pick<Parameters<typeof encodeEnvelope>[0], 'kind' | 'ciphertexts' | 'control'>): Promise<{ seq: Promise<number> }> {
    const messageId = this.#ids.next()
    const envelope = encodeEnvelope({
      conversation: this.#group!.conversation,
      sender: this.identity.account,
      senderDevice: this.identity.device,
      messageId,
      expiresAtMs: 0,
      ...rest
    })
    // The number may come before the answer.
    const seq = new Promise<number>((resolve) => { this.#unnumbered.set(messageId, resolve) })
    let { outcomes: [outcome] } = await this.#channel!.call(clientMethods.submit, { envelopes: [envelope] }, { timeoutMs: 60_000 })
    // As a client does when the group's bucket is empty.
    while (outcome!.status === ERRORS.QUOTA.status) {
      await new Promise((resolve) => { setTimeout(resolve, outcome!.retryAfterMs) })
      ;({ outcomes: [outcome] } = await this.#channel!.call(clientMethods.submit, { envelopes: [envelope] }, { timeoutMs: 60_000 }))
    }
    // A load that is refused is not a load: stop and say so.
    if (outcome!.status !== 0) throw ProtocolError.fromStatus(outcome!.status)
    if (outcome!.seq > 0) {
      this.#numbered(messageId, outcome!.seq)
      if (this.lastSeq > 0 || outcome!.seq === 1) this.#onSeq(outcome!.seq)
    }
    return { seq }
  }

  async disconnect (): Promise<void> { await this.#channel?.close() }
}
