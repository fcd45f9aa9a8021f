/**
 * The silent many of a large group: devices with real keys that take what they are given, in order, and keep the running
 * hash of the log. They never write and open nothing; who writes and reads in the scenario has a whole client.
 */
import { extendChain } from '../../client/messages/chain.ts'
import { createNodeDialer } from '../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import { systemClock } from '../../node/system.ts'
import { sameBytes, toHex } from '../../protocol/bytes.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import { generateKeyPair } from '../../protocol/e2ee/curve-keys.ts'
import { makeKemPrekey, makeSignedPrekey } from '../../protocol/e2ee/prekeys.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { SUITE_PQXDH, heliographProfile } from '../../protocol/e2ee/suite.ts'
import { accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { signDeviceKeys } from '../../protocol/records/device-keys.ts'
import { signDeviceList } from '../../protocol/records/device-list.ts'
import { signHomeRecord } from '../../protocol/records/home-record.ts'
import type { Page } from '../../protocol/wire/gen/log.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { limits } from '../../protocol/limits.ts'
import { makeIdentity, type RelayTarget, type SyntheticIdentity } from '../bench/load/synthetic-client.ts'

const suite = { primitives: nodePrimitives, profile: heliographProfile }
const gatherMs = 100
const noHash = new Uint8Array(32)

export class SilentMember {
  readonly identity: SyntheticIdentity = makeIdentity(nodePrimitives)
  readonly #target: RelayTarget
  readonly #early = new Map<number, { epoch: number, envelope: Uint8Array }>()
  #conversation: Conversation | undefined
  #channel: Channel | undefined
  #beat: NodeJS.Timeout | undefined
  #acknowledging: NodeJS.Timeout | undefined
  #seq = 0
  #epoch = 0
  #hash: Uint8Array = noHash
  /** Entries that came a second time. */
  repeats = 0

  constructor (target: RelayTarget) { this.#target = target }

  get account (): AccountId { return this.identity.account }
  get seq (): number { return this.#seq }
  /** Hash of everything from the first entry on, as hex. */
  get chain (): string { return toHex(this.#hash) }

  /** The group whose entries are followed; others are only acknowledged. */
  follow (conversation: Conversation): void { this.#conversation = conversation }

  async connect (): Promise<void> {
    const { account, device, accountSeed, deviceSeed } = this.identity
    const own = { identity: generateKeyPair(nodePrimitives), registrationId: 1 }
    const nowMs = systemClock.nowMs()
    const signal = AbortSignal.timeout(30_000)
    const dialer = createNodeDialer({ seed: deviceSeed, encrypter: fastNoise() })
    const stream = await dialer.dial({ addresses: [this.#target.address], expect: this.#target.relay }, protocols.client, { signal })
    const channel = this.#channel = new Channel(stream, {
      handlers: new Handlers().onNotification(clientNotifications.deliver, ({ pages }) => { for (const page of pages) this.#onPage(page) }),
      clock: systemClock
    })
    channel.start()
    const deviceList = signDeviceList(nodePrimitives, { account, epoch: 1, issuedAtMs: nowMs, expiresAtMs: 0, devices: [{ id: device, identityKey: own.identity.publicKey, registrationId: 1 }] }, accountSeed).bytes
    const { region } = await channel.call(clientMethods.hello, { version: wireVersion, account: accountIdToBytes(account), deviceList, software: 'heliograph testnet' }, { signal })
    const homeRecord = signHomeRecord(nodePrimitives, { account, epoch: 1, homes: [this.#target.relay], region, issuedAtMs: nowMs }, accountSeed).bytes
    const deviceKeys = signDeviceKeys(nodePrimitives, {
      suite: SUITE_PQXDH,
      registrationId: 1,
      identityKey: own.identity.publicKey,
      signedPrekey: makeSignedPrekey(suite, own, 1).public,
      kemPrekey: makeKemPrekey(suite, own, 1).public,
      issuedAtMs: nowMs
    }, deviceSeed)
    await channel.call(clientMethods.register, { homeRecord, handle: '', prekeys: { deviceKeys, oneTime: [] } }, { signal, timeoutMs: 30_000 })
    this.#beat = setInterval(() => { channel.call(anyMethods.ping, {}).catch(() => { /* the scenario looks at what has arrived */ }) }, limits.heartbeatMs)
  }

  async leave (): Promise<void> {
    clearInterval(this.#beat)
    clearTimeout(this.#acknowledging)
    await this.#channel?.close()
  }

  #onPage (page: Page): void {
    if (this.#conversation === undefined || !sameBytes(page.conversation, this.#conversation.bytes)) {
      this.#channel!.notify(clientNotifications.acknowledge, { positions: [{ conversation: page.conversation, epoch: page.epoch, seq: page.entries.at(-1)?.seq ?? 0 }] })
      return
    }
    for (const { seq, envelope } of page.entries) {
      if (envelope === undefined) continue
      if (seq <= this.#seq) { this.repeats++; continue }
      this.#early.set(seq, { epoch: page.epoch, envelope })
    }
    for (let next = this.#early.get(this.#seq + 1); next !== undefined; next = this.#early.get(this.#seq + 1)) {
      this.#early.delete(++this.#seq)
      this.#epoch = next.epoch
      this.#hash = extendChain(nodePrimitives, this.#hash, next.epoch, this.#seq, nodePrimitives.sha256(next.envelope))
    }
    this.#acknowledging ??= setTimeout(() => {
      this.#acknowledging = undefined
      this.#channel!.notify(clientNotifications.acknowledge, { positions: [{ conversation: page.conversation, epoch: this.#epoch, seq: this.#seq }] })
    }, gatherMs)
  }
}
