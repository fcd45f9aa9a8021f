/**
 * A device as the relay sees one, without the person: it registers, submits envelopes whose ciphertext is random bytes,
 * acknowledges what is delivered and answers it with receipts. No end-to-end encryption, so that the load generator
 * costs less than the relay it measures; every byte on the wire and every rule of the protocol is the real one.
 */
import type { Dialer } from '../../../protocol/byte-stream.ts'
import { Channel, Handlers } from '../../../protocol/channel.ts'
import type { Clock } from '../../../protocol/clock.ts'
import { pairConversation, type Conversation } from '../../../protocol/conversation.ts'
import type { Primitives } from '../../../protocol/e2ee/primitives.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../../protocol/errors.ts'
import { accountIdOfKey, accountIdToBytes, deviceIdOfKey, messageIdFromBytes, messageIdToBytes, type AccountId, type DeviceId, type MessageId, type RelayId } from '../../../protocol/ids.ts'
import { limits } from '../../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../../protocol/methods.ts'
import { protocols } from '../../../protocol/protocols.ts'
import { signDeviceList } from '../../../protocol/records/device-list.ts'
import { signHomeRecord } from '../../../protocol/records/home-record.ts'
import { ciphertextKinds, envelopeKinds, wireVersion } from '../../../protocol/wire/kinds.ts'

export interface RelayTarget { relay: RelayId, address: string }

export interface SyntheticIdentity {
  account: AccountId
  device: DeviceId
  accountSeed: Uint8Array
  deviceSeed: Uint8Array
}

export function makeIdentity (primitives: Primitives): SyntheticIdentity {
  const [accountSeed, deviceSeed] = [primitives.randomBytes(32), primitives.randomBytes(32)]
  return {
    accountSeed,
    deviceSeed,
    account: accountIdOfKey(primitives.ed25519PublicKey(accountSeed)),
    device: deviceIdOfKey(primitives.ed25519PublicKey(deviceSeed))
  }
}

/** Device 1 of 1. */
export function deviceListOf (identity: SyntheticIdentity, primitives: Primitives): Uint8Array {
  return signDeviceList(primitives, {
    account: identity.account,
    epoch: 1,
    issuedAtMs: 1,
    expiresAtMs: 0,
    devices: [{ id: identity.device, identityKey: new Uint8Array(32).fill(9), registrationId: 1 }]
  }, identity.accountSeed).bytes
}

/** Dial, say hello, register when asked to and not registered. `onOpen` has the channel before anything comes in on it. */
export async function connectDevice (
  identity: SyntheticIdentity,
  { primitives, clock, dialer, handlers }: { primitives: Primitives, clock: Clock, dialer: Dialer, handlers: Handlers },
  target: RelayTarget,
  { register, onOpen }: { register: boolean, onOpen (channel: Channel): void }
): Promise<void> {
  const signal = AbortSignal.timeout(30_000)
  const stream = await dialer.dial({ addresses: [target.address], expect: target.relay }, protocols.client, { signal })
  const channel = new Channel(stream, { handlers, clock })
  onOpen(channel)
  channel.start()
  const hello = { version: wireVersion, account: accountIdToBytes(identity.account), deviceList: deviceListOf(identity, primitives), software: 'bench' }
  const welcome = await channel.call(clientMethods.hello, hello, { signal })
  if (welcome.isRegistered || !register) return
  const home = signHomeRecord(primitives, { account: identity.account, epoch: 1, homes: [target.relay], region: welcome.region, issuedAtMs: clock.nowMs() }, identity.accountSeed)
  await channel.call(clientMethods.register, { homeRecord: home.bytes, handle: '' }, { signal, timeoutMs: 30_000 })
}

/** UUIDs of version 7 whose random part is a counter: rise within a millisecond. */
export class MessageIds {
  #counter = 0

  next (): MessageId {
    const bytes = new Uint8Array(16)
    const view = new DataView(bytes.buffer)
    const nowMs = Date.now()
    view.setUint16(0, Math.floor(nowMs / 2 ** 32))
    view.setUint32(2, nowMs % 2 ** 32)
    view.setUint32(9, ++this.#counter)
    bytes[6] = 0x70
    bytes[8] = 0x80
    return messageIdFromBytes(bytes)
  }
}

export interface SyntheticEvents {
  /** A message came: when it was queued, by the sender's `performance.now()`. */
  onMessage (queuedAtMs: number): void
  /** The far side has `count` more of this device's messages. */
  onReceipt (count: number): void
  onSent (count: number): void
}

const messageBytes = 1024

export class SyntheticClient {
  readonly identity: SyntheticIdentity
  readonly #primitives: Primitives
  readonly #clock: Clock
  readonly #events: SyntheticEvents
  #channel: Channel | undefined
  #peer: { conversation: Conversation, identity: SyntheticIdentity } | undefined
  #lastSeq = 0
  readonly #early = new Set<number>()
  #outgoing: Uint8Array[] = []
  #receipts: MessageId[] = []
  #isScheduled = false
  #ackSeq = 0
  readonly #ids = new MessageIds()
  readonly #payload: Uint8Array
  answersReceipts = true

  constructor (identity: SyntheticIdentity, components: { primitives: Primitives, clock: Clock }, events: SyntheticEvents) {
    this.identity = identity
    this.#primitives = components.primitives
    this.#clock = components.clock
    this.#events = events
    this.#payload = components.primitives.randomBytes(messageBytes)
  }

  /** Whom it writes to. */
  pairWith (peer: SyntheticIdentity): void {
    this.#peer = { conversation: pairConversation(this.identity.account, peer.account), identity: peer }
  }

  async connect (dialer: Dialer, target: RelayTarget, { register }: { register: boolean }): Promise<void> {
    const handlers = new Handlers().onNotification(clientNotifications.deliver, ({ pages }) => {
      for (const page of pages) for (const entry of page.entries) this.#onEntry(entry.seq, entry.envelope)
    })
    await connectDevice(this.identity, { primitives: this.#primitives, clock: this.#clock, dialer, handlers }, target, {
      register,
      onOpen: (channel) => { this.#channel = channel }
    })
  }

  /** Queue one message of 1 KB; leaves with everything else of this turn. */
  queueMessage (): void {
    const body = this.#payload.slice()
    new DataView(body.buffer).setFloat64(0, performance.now())
    this.#outgoing.push(this.#seal(envelopeKinds.content, body))
    this.#schedule()
  }

  #seal (kind: number, body: Uint8Array): Uint8Array {
    const { conversation, identity } = this.#peer!
    return encodeEnvelope({
      conversation,
      sender: this.identity.account,
      senderDevice: this.identity.device,
      messageId: this.#ids.next(),
      kind,
      expiresAtMs: 0,
      ciphertexts: [{ device: identity.device, kind: ciphertextKinds.message, bytes: body }]
    })
  }

  #onEntry (seq: number, envelope: Uint8Array | undefined): void {
    if (seq <= this.#lastSeq || this.#early.has(seq)) return
    if (envelope !== undefined) {
      const opened = decodeEnvelope(envelope)
      if (opened.sender !== this.identity.account) {
        const body = opened.ciphertexts[0]!.bytes
        if (opened.kind === envelopeKinds.receipt) {
          this.#events.onReceipt(body.byteLength / 16)
        } else {
          this.#events.onMessage(new DataView(body.buffer, body.byteOffset).getFloat64(0))
          if (this.answersReceipts) this.#receipts.push(opened.messageId)
        }
      }
    }
    this.#onSeq(seq)
  }

  /** This device has entry `seq`: delivered, or its own and numbered by the answer to its submit. */
  #onSeq (seq: number): void {
    if (seq <= this.#lastSeq) return
    if (seq !== this.#lastSeq + 1) {
      // The answer to a submit is handled a microtask later than the delivery that came with it.
      this.#early.add(seq)
      return
    }
    this.#lastSeq = seq
    while (this.#early.delete(this.#lastSeq + 1)) this.#lastSeq++
    this.#schedule()
  }

  /** Entries that came although an earlier one did not. */
  get missing (): number { return this.#early.size }

  #schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => { this.#flush() })
  }

  #flush (): void {
    this.#isScheduled = false
    const channel = this.#channel
    const peer = this.#peer
    if (channel === undefined || peer === undefined || channel.isClosed) return
    if (this.#receipts.length > 0) {
      const ids = this.#receipts.splice(0)
      const body = new Uint8Array(ids.length * 16)
      ids.forEach((id, i) => { body.set(messageIdToBytes(id), i * 16) })
      this.#outgoing.push(this.#seal(envelopeKinds.receipt, body))
    }
    if (this.#lastSeq > this.#ackSeq) {
      this.#ackSeq = this.#lastSeq
      channel.notify(clientNotifications.acknowledge, { positions: [{ conversation: peer.conversation.bytes, epoch: 1, seq: this.#ackSeq }] })
    }
    while (this.#outgoing.length > 0) this.#submit(channel, this.#outgoing.splice(0, limits.batchEnvelopes))
  }

  #submit (channel: Channel, envelopes: Uint8Array[]): void {
    channel.call(clientMethods.submit, { envelopes }, { timeoutMs: 60_000 }).then(({ outcomes }) => {
      for (const outcome of outcomes) {
        // A load that is refused is not a load: stop and say so.
        if (outcome.status !== 0) throw ProtocolError.fromStatus(outcome.status)
        this.#onSeq(outcome.seq)
      }
      this.#events.onSent(outcomes.length)
    }).catch((error: unknown) => {
      if (isProtocolError(error, 'DISCONNECTED')) return
      process.nextTick(() => { throw error })
    })
  }

  async disconnect (): Promise<void> { await this.#channel?.close() }
}
