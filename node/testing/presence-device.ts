/**
 * For tests only: a device that watches, beats, types, and remembers when it was told what.
 */
import { Channel, Handlers } from '../../protocol/channel.ts'
import { pairConversation, type Conversation, type GroupConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, messageIdFromBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { defaultPresencePolicy, policyToWire, seenFromWire, unseen, type PresencePolicy, type Seen } from '../../protocol/presence.ts'
import type { SignedDeviceList } from '../../protocol/records/device-list.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { TestPerson, register, sayHello, testDevice, type TestDevice } from './fixtures.ts'
import type { TestRelayNode, World } from './message-world.ts'

export class PresenceDevice {
  readonly person: TestPerson
  readonly home: TestRelayNode
  /** When each notification came, and how many states it brought. */
  readonly toldAtMs: number[] = []
  readonly told: Array<{ account: AccountId, seen: Seen }> = []
  readonly seen = new Map<AccountId, Seen>()
  readonly signals: Uint8Array[] = []
  /** Set to fall silent without closing: a phone in a tunnel. */
  isSilent = false
  readonly device: TestDevice
  readonly #world: World
  #devices: SignedDeviceList | undefined
  #channel: Channel | undefined

  constructor (world: World, home: TestRelayNode, person = new TestPerson(world.random), device = person.device) {
    this.#world = world
    this.home = home
    this.person = person
    this.device = device
  }

  /** Registered and connected. */
  static async at (world: World, home: TestRelayNode): Promise<PresenceDevice> {
    const device = new PresenceDevice(world, home)
    await world.during(device.connect({ isNew: true }))
    return device
  }

  get account (): AccountId { return this.person.account }
  get channel (): Channel { return this.#channel! }
  /** What it was told of `other` last. */
  of (other: PresenceDevice | AccountId): Seen { return this.seen.get(typeof other === 'string' ? other : other.account) ?? unseen }

  async connect ({ isNew = false, homeRecord }: { isNew?: boolean, homeRecord?: Uint8Array } = {}): Promise<void> {
    const handlers = new Handlers()
      .onNotification(clientNotifications.deliver, () => {})
      .onNotification(clientNotifications.draining, () => {})
      .onNotification(clientNotifications.signal, ({ envelopes }) => { for (const bytes of envelopes) this.signals.push(bytes.slice()) })
      .onNotification(clientNotifications.presence, ({ presences }) => {
        this.toldAtMs.push(this.#world.clock.nowMs())
        for (const presence of presences) {
          const [account, seen] = [accountIdFromBytes(presence.account), seenFromWire(presence)]
          this.told.push({ account, seen })
          this.seen.set(account, seen)
        }
      })
    const [near, far] = streamPair(this.device.id, this.home.id)
    this.home.relay.clients.accept(far)
    const channel = new Channel(near, { handlers, clock: this.#world.clock }).start()
    this.#channel = channel
    channel.onClose(() => { if (this.#channel === channel) this.#channel = undefined })
    await sayHello(channel, this.person, this.#devices)
    if (isNew) await register(channel, this.person, this.home.id, homeRecord === undefined ? {} : { homeRecord })
    this.#beat(channel)
  }

  /** Another device of this person, connected. */
  async linkDevice (): Promise<PresenceDevice> {
    const device = testDevice(this.#world.random)
    const list = this.person.devices({ epoch: 2, devices: [this.device, device] })
    await this.#world.during(this.channel.call(clientMethods.updateDevices, decode(Signed, list.bytes)))
    const other = new PresenceDevice(this.#world, this.home, this.person, device)
    this.#devices = other.#devices = list
    await this.#world.during(other.connect())
    return other
  }

  #beat (channel: Channel): void {
    this.#world.clock.after(limits.heartbeatMs, () => {
      if (this.#channel !== channel) return
      if (!this.isSilent) channel.call(anyMethods.ping, {}).catch(() => { /* the channel's end says so */ })
      this.#beat(channel)
    })
  }

  async close (): Promise<void> {
    const channel = this.#channel
    this.#channel = undefined
    await channel?.close()
  }

  /** The relay has gone without a word. */
  lose (): void {
    const channel = this.#channel
    this.#channel = undefined
    channel?.abort(new ProtocolError('DISCONNECTED'))
  }

  async watch (...others: Array<PresenceDevice | { account: AccountId, group: GroupConversation }>): Promise<void> {
    await this.#world.during(this.channel.call(clientMethods.watchPresence, {
      accounts: others.map((other) => ({ account: accountIdToBytes(other.account), ...('group' in other ? { group: other.group.bytes } : {}) }))
    }))
  }

  async setPolicy (policy: Partial<PresencePolicy>): Promise<void> {
    await this.#world.during(this.channel.call(clientMethods.setPresencePolicy, policyToWire({ ...defaultPresencePolicy, ...policy })))
  }

  setIdle (isIdle: boolean): void { this.channel.notify(clientNotifications.activity, { isIdle }) }
}

/** The two have written to one another: both homes keep their log. */
export async function acquaint (world: World, one: PresenceDevice, other: PresenceDevice): Promise<void> {
  const sealed = envelopeFrom(one, other, world)
  await world.during(one.channel.call(clientMethods.submit, { envelopes: [sealed] }))
  await world.pass(2_000)
}

let counter = 0

export function envelopeFrom (from: PresenceDevice, to: PresenceDevice, world: World, { kind = envelopeKinds.content, sender = from.account, sizeBytes = 50, conversation = pairConversation(from.account, to.account) }: { kind?: number, sender?: AccountId, sizeBytes?: number, conversation?: Conversation } = {}): Uint8Array {
  const id = world.random.bytes(16)
  new DataView(id.buffer).setUint32(0, ++counter)
  id[6] = 0x70
  id[8] = 0x80
  return encodeEnvelope({
    conversation,
    sender,
    senderDevice: from.device.id,
    messageId: messageIdFromBytes(id),
    kind,
    expiresAtMs: 0,
    ciphertexts: [{ device: to.device.id, kind: 2, bytes: world.random.bytes(sizeBytes) }]
  })
}
