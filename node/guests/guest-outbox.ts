/**
 * What guests have left here: envelopes of people whose home is away, on their way to the sequencers of their conversations.
 *
 * Owns: durable, FIFO for each device and conversation, bounded for each device and in all; trying again until a sequencer has
 * them, has refused them for good, or the permit is over. An item that its device gives its own home later as well is the same
 * message: ids make that harmless. Table: `guest`. Spec: docs/protocol/move.md
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { verifyGuestPermit } from '../../protocol/records/guest-permit.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { GuestItem } from '../../protocol/wire/gen/guest.js'
import type { Outcome } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import { shareOf } from '../limits/share.ts'
import { readCandidate } from '../log/submission.ts'
import type { RelayChannels } from '../people/people.ts'
import type { Commits, Homes, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'

/** One device: a day of writing. */
const maxItemsPerDevice = 1_000
/**
 * Bytes of a device, of its account, of all who came from one address, and of all: a relay with some hundred guests, in memory as on disk.
 * Keys cost nothing, so a crowd of them shares, and leaves something for the next guest.
 */
const shares = { device: { most: 4 * 1024 * 1024, part: 16 }, account: { most: 8 * 1024 * 1024, part: 8 }, address: { most: 8 * 1024 * 1024, part: 8 } } as const
const defaultMaxBytes = 64 * 1024 * 1024
const itemOverheadBytes = 2_048
const batchBytes = 256 * 1024
/** Sequencers asked at a time, and of them for one device: what it has left for homes that nobody finds does not hold up the others. */
const maxSending = 64
const maxSendingPerDevice = 4
const counterDigits = 12

/** Refusals that the sender's home will hear as well, when the device gives it the same: nothing comes of a repetition here. */
const later: readonly ErrorCode[] = ['MOVED', 'REANCHORED', 'NOT_ADMITTED', 'UNKNOWN_ACCOUNT', 'UNKNOWN_GROUP']
const reanchored = new ProtocolError('REANCHORED').status

export interface GuestPass {
  readonly account: AccountId
  readonly device: DeviceId
  readonly permit: Uint8Array
  readonly expiresAtMs: number
  readonly deviceList: Uint8Array
  /** Where the device is; absent: it does not count, or is not known any more since the relay was started. */
  readonly address?: string
}

interface Item {
  readonly key: string
  readonly messageId: MessageId
  readonly bytes: number
  readonly pass: GuestPass
  readonly envelope: Uint8Array
}

interface Queue {
  readonly name: string
  readonly conversation: Conversation
  readonly items: Item[]
  isSending: boolean
  attempt: number
  retry: Timer | undefined
}

export interface GuestOutboxComponents {
  readonly store: Pick<Store, 'scan'>
  readonly commits: Pick<Commits, 'commit'>
  readonly homes: Pick<Homes, 'self' | 'find' | 'learn' | 'refresh'>
  readonly relays: RelayChannels
  readonly signing: Signing
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly meter: Meter
  /** This relay is the sequencer itself. */
  readonly accept: (envelopes: readonly Uint8Array[], pass: Pick<GuestPass, 'account' | 'device'>) => Promise<Outcome[]>
  /** Groups that were re-anchored; absent: none are known. */
  readonly anchors?: {
    /** Whose primary home sequences it, as far as is known here. */
    of (conversation: Conversation): AccountId
    /** Another relay says that somebody else anchors a group now. */
    heard (record: Uint8Array, relay: RelayId): void
  }
}

export class GuestOutbox {
  readonly #c: GuestOutboxComponents
  readonly #queues = new Map<string, Queue>()
  /** By device, account and address. */
  readonly #used = new Map<string, { items: number, bytes: number }>()
  readonly #maxBytes: number
  #bytes = 0
  #items = 0
  #counter = 0
  #sending = 0
  readonly #sendingOf = new Map<DeviceId, number>()
  /** Queues that wait for one of their device's to come back. */
  readonly #inLine = new Map<DeviceId, Set<Queue>>()
  #isStopped = false
  readonly #forwarded

  /** @param maxBytes of all guests */
  constructor (components: GuestOutboxComponents, { maxBytes = defaultMaxBytes }: { readonly maxBytes?: number } = {}) {
    this.#c = components
    this.#maxBytes = maxBytes
    const { meter } = components
    this.#forwarded = meter.counter('heliograph_guest_forwarded_total', 'envelopes of guests that a sequencer has answered, by what it said', ['code'])
    meter.gauge('heliograph_guest_outbox_length', 'envelopes of guests that wait for a sequencer', () => this.#items)
    meter.gauge('heliograph_guest_outbox_bytes', 'and their bytes', () => this.#bytes)
  }

  get length (): number { return this.#items }

  /** What the last run left. */
  async load (): Promise<void> {
    const { clock, logger, signing, store } = this.#c
    const bad: Write[] = []
    for await (const { key, value } of store.scan('guest', '')) {
      this.#counter = Math.max(this.#counter, parseInt(key.slice(-counterDigits), 16))
      try {
        const { deviceList, envelope, permit } = decode(GuestItem, value)
        const { account, device, expiresAtMs } = verifyGuestPermit(signing, permit, clock.nowMs())
        const { conversation, messageId } = readCandidate(envelope, 0, 0)
        this.#add(conversation, { key, messageId, bytes: value.byteLength, pass: { account, device, permit, expiresAtMs, deviceList }, envelope })
      } catch (error) {
        if (!isProtocolError(error)) throw error
        if (error.code !== 'EXPIRED') logger.warn('guest.damaged-row', {}, error)
        bad.push({ op: 'delete', table: 'guest', key })
      }
    }
    if (bad.length > 0) await this.#c.commits.commit(bad)
    for (const queue of this.#queues.values()) this.#pump(queue)
  }

  /** @returns one outcome each, in order, when what was taken is durable */
  async take (envelopes: readonly Uint8Array[], pass: GuestPass): Promise<Outcome[]> {
    // [REJECT] a batch has a bound
    if (envelopes.length > limits.batchEnvelopes) throw new ProtocolError('TOO_MANY', { max: limits.batchEnvelopes, what: 'envelopes' })
    const outcomes: Outcome[] = []
    const writes: Write[] = []
    const taken: Array<{ readonly conversation: Conversation, readonly item: Item }> = []
    let full: ProtocolError | undefined
    for (const envelope of envelopes) {
      try {
        // Nothing overtakes what did not fit.
        if (full !== undefined) throw full
        const candidate = readCandidate(envelope, this.#c.clock.nowMs(), 0)
        // [REJECT] a device speaks for itself only
        if (candidate.sender !== pass.account || candidate.senderDevice !== pass.device) throw new ProtocolError('NOT_ADMITTED')
        const { conversation, messageId } = candidate
        const name = `${conversation.id} ${pass.device}`
        const isHere = this.#queues.get(name)?.items.some((item) => item.messageId === messageId) === true || taken.some(({ item }) => item.messageId === messageId)
        if (!isHere) {
          const key = `${pass.device}/${(++this.#counter).toString(16).padStart(counterDigits, '0')}`
          const value = encode(GuestItem, { permit: pass.permit, deviceList: pass.deviceList, envelope })
          const item = { key, messageId, bytes: value.byteLength + itemOverheadBytes, pass, envelope: Buffer.from(envelope) }
          this.#reserve(pass, item.bytes)
          writes.push({ op: 'put', table: 'guest', key, value })
          taken.push({ conversation, item })
        }
        outcomes.push({ status: 0, epoch: 0, seq: 0, retryAfterMs: 0 })
      } catch (error) {
        if (!isProtocolError(error)) throw error
        if (error.action === 'later') full = error
        outcomes.push({ status: error.status, epoch: 0, seq: 0, retryAfterMs: error.details.retryAfterMs ?? 0 })
      }
    }
    try {
      if (writes.length > 0) await this.#c.commits.commit(writes)
    } catch (error) {
      for (const { item } of taken) this.#release(pass, item.bytes)
      throw error
    }
    for (const { conversation, item } of taken) {
      this.#release(pass, item.bytes)
      this.#pump(this.#add(conversation, item))
    }
    return outcomes
  }

  /** @throws ProtocolError QUOTA, OVERLOADED */
  #reserve (pass: GuestPass, bytes: number): void {
    const space = { all: this.#maxBytes, used: this.#bytes + bytes }
    for (const [kind, key] of sourcesOf(pass)) {
      const own = this.#used.get(key)
      const after = (own?.bytes ?? 0) + bytes
      // [LATER] what one guest may leave here is bounded, and what all may
      if (after > shares[kind].most || (kind === 'device' && (own?.items ?? 0) >= maxItemsPerDevice)) throw new ProtocolError('QUOTA', { retryAfterMs: limits.retryMaxMs })
      if (after > shareOf(shares[kind], space)) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryMaxMs })
    }
    this.#count(pass, bytes, 1)
  }

  #release (pass: GuestPass, bytes: number): void { this.#count(pass, bytes, -1) }

  #count (pass: GuestPass, bytes: number, sign: 1 | -1): void {
    this.#bytes += sign * bytes
    this.#items += sign
    for (const [, key] of sourcesOf(pass)) {
      const own = this.#used.get(key) ?? { items: 0, bytes: 0 }
      if (own.items + sign <= 0) this.#used.delete(key)
      else this.#used.set(key, { items: own.items + sign, bytes: own.bytes + sign * bytes })
    }
  }

  #add (conversation: Conversation, item: Item): Queue {
    const { device } = item.pass
    this.#count(item.pass, item.bytes, 1)
    const name = `${conversation.id} ${device}`
    let queue = this.#queues.get(name)
    if (queue === undefined) this.#queues.set(name, queue = { name, conversation, items: [], isSending: false, attempt: 0, retry: undefined })
    queue.items.push(item)
    return queue
  }

  #pump (queue: Queue): void {
    if (this.#isStopped || queue.isSending || queue.retry !== undefined || queue.items.length === 0) return
    const { device } = queue.items[0]!.pass
    const ofDevice = this.#sendingOf.get(device) ?? 0
    if (ofDevice >= maxSendingPerDevice) {
      const line = this.#inLine.get(device) ?? new Set()
      this.#inLine.set(device, line.add(queue))
      return
    }
    if (this.#sending >= maxSending) { this.#later(queue); return }
    queue.isSending = true
    this.#sending++
    this.#sendingOf.set(device, ofDevice + 1)
    const batch = this.#next(queue)
    this.#send(queue, batch).then(async (outcomes) => {
      await this.#answered(queue, batch, outcomes)
    }).catch((error: unknown) => {
      if (!isProtocolError(error)) this.#c.logger.warn('guest.forward', {}, error)
      if (isProtocolError(error, 'MOVED')) this.#learn(error.details.record)
      this.#later(queue)
    }).finally(() => {
      queue.isSending = false
      this.#sending--
      this.#cameBack(device)
      if (queue.items.length === 0) this.#queues.delete(queue.name)
      else this.#pump(queue)
    })
  }

  #cameBack (device: DeviceId): void {
    const left = this.#sendingOf.get(device)! - 1
    if (left === 0) this.#sendingOf.delete(device)
    else this.#sendingOf.set(device, left)
    const line = this.#inLine.get(device)
    for (const next of line ?? []) {
      line!.delete(next)
      if (line!.size === 0) this.#inLine.delete(device)
      this.#pump(next)
      break
    }
  }

  /** The oldest, of one permit. */
  #next ({ items }: Queue): Item[] {
    const batch: Item[] = []
    let bytes = 0
    for (const item of items) {
      if (batch.length >= limits.batchEnvelopes || (bytes > 0 && bytes + item.envelope.byteLength > batchBytes) || item.pass.permit !== items[0]!.pass.permit) break
      bytes += item.envelope.byteLength
      batch.push(item)
    }
    return batch
  }

  async #send ({ conversation }: Queue, batch: readonly Item[]): Promise<Outcome[]> {
    const { accept, clock, homes, relays } = this.#c
    const { pass } = batch[0]!
    // The device still has them, and gives them to its home or asks another relay with a new permit.
    if (pass.expiresAtMs <= clock.nowMs()) return batch.map(() => ({ status: new ProtocolError('EXPIRED').status, epoch: 0, seq: 0, retryAfterMs: 0 }))
    const limit = deadline(clock, limits.requestTimeoutMs)
    const envelopes = batch.map(({ envelope }) => envelope)
    // Looked at each time: while this waits, the group may be re-anchored.
    const anchor = this.#c.anchors?.of(conversation) ?? conversation.anchor
    try {
      const relay = (await homes.find(anchor, { signal: limit.signal })).homes[0]
      if (relay === homes.self) return await accept(envelopes, pass)
      const channel = await relays.channelTo(relay, { signal: limit.signal })
      const { outcomes } = await channel.call(relayMethods.guestForward, { permit: pass.permit, deviceList: pass.deviceList, envelopes }, { signal: limit.signal })
      // [REJECT] an answer about something else
      if (outcomes.length !== batch.length) throw new ProtocolError('MALFORMED', { what: 'outcomes' })
      for (const { record, status } of outcomes) if (record !== undefined && status === reanchored) this.#c.anchors?.heard(record, relay)
      return outcomes
    } catch (error) {
      // Its relay may be gone for good, and the account elsewhere by now.
      if (isProtocolError(error)) homes.refresh(anchor)
      throw error
    } finally {
      limit.cancel()
    }
  }

  async #answered (queue: Queue, batch: readonly Item[], outcomes: readonly Outcome[]): Promise<void> {
    let done = 0
    for (const outcome of outcomes) {
      const error = outcome.status === 0 ? undefined : ProtocolError.fromStatus(outcome.status)
      this.#forwarded.inc(1, { code: error?.code ?? 'OK' })
      if (error !== undefined && (later.includes(error.code) || error.action === 'later' || error.action === 'elsewhere')) {
        // Those that follow must not overtake it.
        if (error.code === 'MOVED') this.#learn(outcome.record)
        break
      }
      done++
    }
    if (done > 0) {
      await this.#c.commits.commit(batch.slice(0, done).map(({ key }) => ({ op: 'delete', table: 'guest', key })))
      for (const { bytes, pass } of queue.items.splice(0, done)) this.#release(pass, bytes)
      queue.attempt = 0
    }
    if (done < batch.length) this.#later(queue)
  }

  #learn (record: Uint8Array | undefined): void {
    if (record === undefined) return
    try {
      this.#c.homes.learn(record)
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // forged, or older than what is known here: no news
    }
  }

  #later (queue: Queue): void {
    if (this.#isStopped || queue.retry !== undefined) return
    queue.retry = this.#c.clock.after(backoffMs(queue.attempt++, this.#c.random, limits), () => {
      queue.retry = undefined
      this.#pump(queue)
    })
  }

  stop (): void {
    this.#isStopped = true
    for (const { retry } of this.#queues.values()) retry?.cancel()
  }
}

/** Who pays for what a guest leaves. */
const sourcesOf = ({ account, address, device }: GuestPass): Array<[keyof typeof shares, string]> =>
  address === undefined ? [['device', device], ['account', account]] : [['device', device], ['account', account], ['address', address]]
