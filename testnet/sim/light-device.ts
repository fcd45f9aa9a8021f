/**
 * A device that speaks the client protocol and nothing else, for simulations of very many: it connects, hands in envelopes,
 * acknowledges what comes, and leaves. What it sends is noise of the right form; it encrypts nothing and keeps no history.
 */
import { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { accountIdOfKey, accountIdToBytes, deviceIdOfKey, messageIdFromBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { signDeviceKeys } from '../../protocol/records/device-keys.ts'
import { signDeviceList } from '../../protocol/records/device-list.ts'
import { signHomeRecord } from '../../protocol/records/home-record.ts'
import { protocols } from '../../protocol/protocols.ts'
import { limits } from '../../protocol/limits.ts'
import { ciphertextKinds, envelopeKinds, wireVersion } from '../../protocol/wire/kinds.ts'
import type { Host, SimNetwork } from './network.ts'
import type { SimRelay } from './nodes.ts'
import { rememberingSigning as signing } from './signatures.ts'

export interface LightCounts { sessions: number, submitted: number, sent: number, delivered: number, failed: number }

export class LightDevice {
  readonly account: AccountId
  readonly id: DeviceId
  readonly home: SimRelay
  readonly #seed: Uint8Array
  readonly #deviceSeed: Uint8Array
  readonly #network: SimNetwork
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #counts: LightCounts
  readonly #host: Host
  #deviceList: Uint8Array | undefined
  #channel: Channel | undefined
  #lastMs = 0

  constructor (parts: { network: SimNetwork, clock: Clock, random: SeededRandom, counts: LightCounts }, home: SimRelay) {
    this.#network = parts.network
    this.#clock = parts.clock
    this.#random = parts.random
    this.#counts = parts.counts
    this.#seed = parts.random.bytes(32)
    this.#deviceSeed = parts.random.bytes(32)
    this.account = accountIdOfKey(signing.ed25519PublicKey(this.#seed))
    this.id = deviceIdOfKey(signing.ed25519PublicKey(this.#deviceSeed))
    this.home = home
    this.#host = parts.network.host('device', 'device', this.id)
  }

  get isOnline (): boolean { return this.#channel !== undefined }

  async #connect (): Promise<Channel> {
    const stream = await this.#network.open(this.#host, this.home.id, protocols.client, AbortSignal.any([]))
    const channel = new Channel(stream, {
      clock: this.#clock,
      handlers: new Handlers().onNotification(clientNotifications.draining, () => {}).onNotification(clientNotifications.deliver, ({ pages }) => {
        for (const { entries } of pages) this.#counts.delivered += entries.length
        channel.notify(clientNotifications.acknowledge, { positions: pages.map(({ conversation, epoch, entries }) => ({ conversation, epoch, seq: entries.at(-1)!.seq })) })
      })
    }).start()
    channel.onClose(() => { if (this.#channel === channel) this.#channel = undefined })
    this.#deviceList ??= signDeviceList(signing, {
      account: this.account, epoch: 1, issuedAtMs: 1, expiresAtMs: 0, devices: [{ id: this.id, identityKey: this.#random.bytes(32), registrationId: 1 }]
    }, this.#seed).bytes
    await channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(this.account), deviceList: this.#deviceList, software: 'light' })
    return channel
  }

  async register (): Promise<void> {
    const channel = await this.#connect()
    const key = (length: number): Uint8Array => this.#random.bytes(length)
    const { identityKey } = { identityKey: this.#deviceList!.slice(0, 32) }
    const deviceKeys = signDeviceKeys(signing, {
      suite: 1, registrationId: 1, identityKey, signedPrekey: { id: 1, key: key(32), signature: key(64) }, kemPrekey: { id: 1, key: key(1568), signature: key(64) }, issuedAtMs: 1
    }, this.#deviceSeed)
    const { bytes } = signHomeRecord(signing, { account: this.account, epoch: 1, homes: [this.home.id], region: this.home.region, issuedAtMs: 1 }, this.#seed)
    await channel.call(clientMethods.register, { homeRecord: bytes, handle: '', prekeys: { deviceKeys, oneTime: [] } })
    await channel.close()
  }

  /** Online for a while: takes what waits, says one thing. */
  async visit (to: LightDevice, forMs: number): Promise<void> {
    if (this.#channel !== undefined) return
    try {
      const channel = this.#channel = await this.#connect()
      this.#counts.sessions++
      this.#beat(channel)
      this.#clock.after(forMs, () => { void channel.close() })
      this.#counts.submitted++
      const { outcomes } = await channel.call(clientMethods.submit, { envelopes: [this.#envelope(to)] })
      if (outcomes[0]!.status === 0) this.#counts.sent++
      else this.#counts.failed++
    } catch {
      // Counted, and not tried again: nothing is judged here but speed.
      this.#counts.failed++
      this.#channel = undefined
    }
  }

  #beat (channel: Channel): void {
    this.#clock.after(limits.heartbeatMs, () => {
      if (this.#channel !== channel) return
      channel.call(anyMethods.ping, {}).catch(() => { /* the channel's end says so */ })
      this.#beat(channel)
    })
  }

  #envelope (to: LightDevice): Uint8Array {
    const id = this.#random.bytes(16)
    // UUIDv7, rising.
    this.#lastMs = Math.max(this.#lastMs + 1, this.#clock.nowMs())
    const view = new DataView(id.buffer)
    view.setUint16(0, Math.floor(this.#lastMs / 2 ** 32))
    view.setUint32(2, this.#lastMs % 2 ** 32)
    id[6] = 0x70 | (id[6]! & 0x0f)
    id[8] = 0x80 | (id[8]! & 0x3f)
    return encodeEnvelope({
      conversation: pairConversation(this.account, to.account),
      sender: this.account,
      senderDevice: this.id,
      messageId: messageIdFromBytes(id),
      kind: envelopeKinds.content,
      expiresAtMs: 0,
      ciphertexts: [{ device: to.id, kind: ciphertextKinds.message, bytes: this.#random.bytes(400) }]
    })
  }
}
