/**
 * Accounts that send all that they may and do not care what they are told, in a process of their own, for the scenario
 * `flood`. Whatever a relay answers, the next batch follows; message ids are new, so that nothing is cheap as a repetition.
 * More would measure who shares the processor with this process.
 */
import { setPriority } from 'node:os'
import { inspect } from 'node:util'
import { createNodeDialer } from '../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import { systemClock } from '../../node/system.ts'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import { groupConversation, pairConversation, type Conversation } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { noHead, signControl } from '../../protocol/groups/control.ts'
import { defaultSettings } from '../../protocol/groups/membership.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { rates } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { MessageIds, connectDevice, deviceListOf, makeIdentity, type RelayTarget, type SyntheticIdentity } from '../bench/load/synthetic-client.ts'

export type FloodOrder =
  /** Sender i at targets[i % n]; and as many who are only written to, at victims[0]. */
  | { do: 'connect', senders: number, targets: RelayTarget[], receivers: number, at: RelayTarget }
  /** `one`: all of them to the first receiver; `many`: each to all receivers in turn; `group`: all into one group of theirs. */
  | { do: 'flood', to: 'one' | 'many' | 'group' }
  | { do: 'stop' }

export interface FloodResult {
  seconds: number
  accepted: number
  /** Envelopes, by what became of them. */
  refused: Record<string, number>
}

const lowestPriority = 19
const batchSize = 32
const inFlight = 4
/** Envelopes that one of them offers in a second. */
const { perSecond } = rates.submitPerDevice
const pauseMs = 1_000 * batchSize * inFlight / perSecond
const messageBytes = 1_024
const heartbeatMs = 25_000

const ids = new MessageIds()
const payload = nodePrimitives.randomBytes(messageBytes)

class Flooder {
  readonly identity: SyntheticIdentity = makeIdentity(nodePrimitives)
  readonly #target: RelayTarget
  #channel: Channel | undefined

  constructor (target: RelayTarget) { this.#target = target }

  async connect (): Promise<void> {
    const handlers = new Handlers()
      .onNotification(clientNotifications.deliver, ({ pages }) => {
        this.#channel?.notify(clientNotifications.acknowledge, { positions: pages.map((page) => ({ conversation: page.conversation, epoch: page.epoch, seq: page.entries.at(-1)?.seq ?? 0 })) })
      })
      .onNotification(clientNotifications.refused, () => {})
      .onNotification(clientNotifications.draining, () => {})
    const dialer = createNodeDialer({ seed: this.identity.deviceSeed, encrypter: fastNoise() })
    await connectDevice(this.identity, { primitives: nodePrimitives, clock: systemClock, dialer, handlers }, this.#target, { register: true, onOpen: (channel) => { this.#channel = channel } })
    setInterval(() => { this.#channel?.call(anyMethods.ping, {}).catch(() => { /* its end is what counts */ }) }, heartbeatMs).unref()
  }

  async createGroup (members: readonly AccountId[]): Promise<Conversation> {
    const conversation = groupConversation(this.identity.account, nodePrimitives.randomBytes(32))
    const control = signControl(nodePrimitives, {
      conversation,
      actor: this.identity.account,
      device: this.identity.device,
      deviceList: deviceListOf(this.identity, nodePrimitives),
      previous: noHead,
      madeAtMs: Date.now(),
      act: { act: 'create', members, settings: defaultSettings }
    }, this.identity.deviceSeed)
    const { outcomes } = await this.#channel!.call(clientMethods.submit, { envelopes: [this.#seal(conversation, envelopeKinds.control, control)] })
    if (outcomes[0]!.status !== 0) throw ProtocolError.fromStatus(outcomes[0]!.status)
    return conversation
  }

  #seal (conversation: Conversation, kind: number, control?: Uint8Array): Uint8Array {
    return encodeEnvelope({
      conversation,
      sender: this.identity.account,
      senderDevice: this.identity.device,
      messageId: ids.next(),
      kind,
      expiresAtMs: 0,
      ciphertexts: control !== undefined ? [] : [{ device: this.identity.device, kind: conversation.kind === 'group' ? ciphertextKinds.senderKey : ciphertextKinds.message, bytes: payload }],
      ...(control === undefined ? {} : { control })
    })
  }

  /** Batches to `next()`, several under way, until `isOver`. */
  async flood (next: () => Conversation, isOver: () => boolean, result: FloodResult): Promise<void> {
    await Promise.all(Array.from({ length: inFlight }, async () => {
      // Not all of them at the same moment.
      await new Promise((resolve) => { setTimeout(resolve, pauseMs * Math.random()) })
      while (!isOver() && this.#channel?.isClosed === false) {
        const begun = performance.now()
        const conversation = next()
        const envelopes = Array.from({ length: batchSize }, () => this.#seal(conversation, envelopeKinds.content))
        try {
          const { outcomes } = await this.#channel.call(clientMethods.submit, { envelopes }, { timeoutMs: 60_000 })
          for (const { status } of outcomes) {
            if (status === 0) result.accepted++
            else count(result, ProtocolError.fromStatus(status).code, 1)
          }
        } catch (error) {
          if (!isProtocolError(error)) throw error
          count(result, error.code, batchSize)
        }
        await new Promise((resolve) => { setTimeout(resolve, Math.max(0, begun + pauseMs - performance.now())) })
      }
      if (this.#channel?.isClosed === true) count(result, 'connection ended', 1)
    }))
  }
}

const count = (result: FloodResult, code: string, envelopes: number): void => { result.refused[code] = (result.refused[code] ?? 0) + envelopes }

let senders: Flooder[] = []
let receivers: Flooder[] = []
let group: Conversation | undefined
let stop: (() => Promise<FloodResult>) | undefined

async function connect ({ senders: many, targets, receivers: few, at }: Extract<FloodOrder, { do: 'connect' }>): Promise<{ connected: number }> {
  // They stand for machines elsewhere. The relay is measured, not the race for the processor: everybody else on this one goes first.
  setPriority(lowestPriority)
  senders = Array.from({ length: many }, (_, i) => new Flooder(targets[i % targets.length]!))
  receivers = Array.from({ length: few }, () => new Flooder(at))
  const everybody = [...receivers, ...senders]
  let next = 0
  await Promise.all(Array.from({ length: 8 }, async () => { while (next < everybody.length) await everybody[next++]!.connect() }))
  return { connected: senders.length + receivers.length }
}

async function flood (to: 'one' | 'many' | 'group'): Promise<void> {
  const result: FloodResult = { seconds: 0, accepted: 0, refused: {} }
  let isOver = false
  const begun = performance.now()
  if (to === 'group') group ??= await senders[0]!.createGroup(senders.slice(1).map(({ identity }) => identity.account))
  const running = senders.map((sender, i) => {
    let turn = i
    const next = (): Conversation => {
      if (to === 'group') return group!
      const receiver = receivers[to === 'one' ? 0 : turn++ % receivers.length]!
      return pairConversation(sender.identity.account, receiver.identity.account)
    }
    return sender.flood(next, () => isOver, result)
  })
  stop = async () => {
    isOver = true
    await Promise.all(running)
    return { ...result, seconds: (performance.now() - begun) / 1_000 }
  }
}

async function onOrder (order: FloodOrder): Promise<unknown> {
  switch (order.do) {
    case 'connect': return await connect(order)
    case 'flood': await flood(order.to); return {}
    case 'stop': return await stop!()
  }
}

process.on('message', (order: FloodOrder) => {
  onOrder(order).then(
    (result) => { process.send!({ result }) },
    (error: unknown) => { process.send!({ error: inspect(error) }) }
  )
})
process.on('disconnect', () => { process.exit(0) })
process.send!({ event: 'ready' })
