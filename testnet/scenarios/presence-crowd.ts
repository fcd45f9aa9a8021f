/**
 * Many devices without people behind them, for scenarios about presence: they register, connect, vanish, come back, and
 * watch one another. Every byte to the relay is the real protocol; what their messages contain is noise.
 */
import type { Channel} from '../../protocol/channel.ts';
import { Handlers } from '../../protocol/channel.ts'
import { createNodeDialer } from '../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import { systemClock, systemRandom } from '../../node/system.ts'
import { backoffMs, sleep } from '../../protocol/clock.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { presenceStates } from '../../protocol/presence.ts'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { MessageIds, connectDevice, makeIdentity, type RelayTarget, type SyntheticIdentity } from '../bench/load/synthetic-client.ts'

const components = { primitives: nodePrimitives, clock: systemClock }
const ids = new MessageIds()
const maxAttempts = 6

export class CrowdDevice {
  readonly identity: SyntheticIdentity = makeIdentity(nodePrimitives)
  readonly #target: RelayTarget
  readonly #dialer: ReturnType<typeof createNodeDialer>
  /** When presence was told, `performance.now()`. */
  readonly toldAtMs: number[] = []
  readonly online = new Set<AccountId>()
  #channel: Channel | undefined
  #beat: NodeJS.Timeout | undefined

  constructor (target: RelayTarget) {
    this.#target = target
    this.#dialer = createNodeDialer({ seed: this.identity.deviceSeed, encrypter: fastNoise() })
  }

  get account (): AccountId { return this.identity.account }
  get isConnected (): boolean { return this.#channel?.isClosed === false }

  async connect ({ register = false } = {}): Promise<void> {
    const handlers = new Handlers()
      .onNotification(clientNotifications.deliver, ({ pages }) => {
        // Taken, so that the relay need not keep it.
        const positions = pages.map((page) => ({ conversation: page.conversation, epoch: page.epoch, seq: page.entries.at(-1)?.seq ?? 0 }))
        this.#channel?.notify(clientNotifications.acknowledge, { positions })
      })
      .onNotification(clientNotifications.draining, () => {})
      .onNotification(clientNotifications.signal, () => {})
      .onNotification(clientNotifications.presence, ({ presences }) => {
        this.toldAtMs.push(performance.now())
        for (const { account, state } of presences) {
          if (state === presenceStates.online) this.online.add(accountIdFromBytes(account))
          else this.online.delete(accountIdFromBytes(account))
        }
      })
    await connectDevice(this.identity, { ...components, dialer: this.#dialer, handlers }, this.#target, { register, onOpen: (channel) => { this.#channel = channel } })
    clearInterval(this.#beat)
    this.#beat = setInterval(() => { this.#channel?.call(anyMethods.ping, {}).catch(() => { /* its end is what counts */ }) }, limits.heartbeatMs)
  }

  /**
   * As a client does: again, with growing pauses that chance spreads, until it is there.
   * @param isEndless as long as it says so no try is the last
   * @throws Error of the last try
   */
  async connectPatiently ({ isEndless = () => false, ...options }: { register?: boolean, isEndless?: () => boolean } = {}): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.connect(options)
        return
      } catch (error) {
        if (!isProtocolError(error) || (attempt >= maxAttempts && !isEndless())) throw error
        this.vanish()
        await sleep(components.clock, backoffMs(attempt, systemRandom, limits))
      }
    }
  }

  /** Gone without a word. */
  vanish (): void {
    clearInterval(this.#beat)
    this.#channel?.abort(new ProtocolError('DISCONNECTED'))
    this.#channel = undefined
  }

  async leave (): Promise<void> {
    clearInterval(this.#beat)
    await this.#channel?.close()
    this.#channel = undefined
  }

  /** One message each, so that they share a conversation. */
  async writeTo (others: readonly CrowdDevice[]): Promise<void> {
    for (let at = 0; at < others.length; at += limits.batchEnvelopes) {
      const envelopes = others.slice(at, at + limits.batchEnvelopes).map(({ identity }) => encodeEnvelope({
        conversation: pairConversation(this.account, identity.account),
        sender: this.account,
        senderDevice: this.identity.device,
        messageId: ids.next(),
        kind: envelopeKinds.content,
        expiresAtMs: 0,
        ciphertexts: [{ device: identity.device, kind: ciphertextKinds.message, bytes: nodePrimitives.randomBytes(64) }]
      }))
      const { outcomes } = await this.#channel!.call(clientMethods.submit, { envelopes }, { timeoutMs: 60_000 })
      const refused = outcomes.find(({ status }) => status !== 0)
      if (refused !== undefined) throw ProtocolError.fromStatus(refused.status)
    }
  }

  async watch (others: readonly CrowdDevice[]): Promise<void> {
    await this.#channel!.call(clientMethods.watchPresence, { accounts: others.map(({ account }) => ({ account: accountIdToBytes(account) })) })
  }

  /** The most notifications within any second. */
  mostInOneSecond (): number {
    let most = 0
    let from = 0
    for (let i = 0; i < this.toldAtMs.length; i++) {
      while (this.toldAtMs[from]! <= this.toldAtMs[i]! - 1_000) from++
      most = Math.max(most, i - from + 1)
    }
    return most
  }
}

export async function inParallel<T> (items: readonly T[], parallel: number, task: (item: T) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < items.length) await task(items[next++]!)
  }))
}
