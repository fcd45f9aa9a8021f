/**
 * What other relays ask of this one on the message path: introduce, forward, replicate, pull.
 *
 * Owns: quotas, one origin per relay, who may pull. A relay is known by its key, which the transport proved; what it may do
 * follows from signed home records alone. Spec: docs/protocol/relay.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits, rates } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { isNewer, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { Page, ReadLog } from '../../protocol/wire/gen/log.js'
import type { Intake } from '../log/intake.ts'
import type { Origin } from '../log/intake-batch.ts'
import type { LogReader } from '../log/log-reader.ts'
import { FairIntake } from '../limits/fair-intake.ts'
import type { Load } from '../limits/load.ts'
import type { Turns } from '../limits/turns.ts'
import type { Logs } from '../log/logs.ts'
import { wireEntry } from '../delivery/pages-builder.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Defer, Homes } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'
import type { Replicas } from './replica.ts'

export interface RelaySessionsComponents {
  intake: Intake
  replicas: Replicas
  logs: Logs
  reader: LogReader
  placement: Placement
  homes: Homes
  buckets: Buckets
  clock: Clock
  defer: Defer
  meter: Meter
  loopLagMs?: (() => number) | undefined
  turns?: Turns
  load?: Load
  signing: Signing
  /** A request came from this relay: it can be reached, or soon. */
  heardOf (relay: RelayId): void
}

/** Envelopes that one signature check counts for: 0.14 ms. */
const recordCost = 20
/** And what a record counts for that replaces another: all logs in memory are looked through for the account. */
const moveCost = 200
const maxOrigins = 10_000

export class RelaySessions {
  readonly #c: RelaySessionsComponents
  readonly #origins = new Map<RelayId, Origin>()
  #isDraining = false

  readonly #fair: FairIntake

  constructor (components: RelaySessionsComponents) {
    this.#c = components
    this.#fair = new FairIntake(components, { allowance: rates.promptPerRelay, maxBytes: limits.turnsBytesOfRelay, name: 'relays' })
  }

  register (handlers: Handlers): void {
    const { buckets, intake, replicas, heardOf } = this.#c
    handlers
      .on(relayMethods.introduce, ({ homeRecords }, channel) => {
        const relay = relayOf(channel)
        buckets.take('forwardPerRelay', relay, recordCost * homeRecords.length)
        heardOf(relay)
        this.#learn(homeRecords, relay)
        return {}
      })
      .on(relayMethods.forward, ({ envelopes }, channel) => {
        const relay = relayOf(channel)
        // [LATER] what is sequenced now could not be replicated any more
        if (this.#isDraining) throw new ProtocolError('DRAINING')
        buckets.take('forwardPerRelay', relay, envelopes.length)
        const bytes = envelopes.reduce((sum, { byteLength }) => sum + byteLength, 0)
        return this.#fair.run(relay, { envelopes: envelopes.length, bytes }, () => intake.accept(envelopes, this.#origin(relay)).then((outcomes) => ({ outcomes })))
      })
      .on(relayMethods.replicate, ({ pages }, channel) => {
        const relay = relayOf(channel)
        let [envelopes, bytes] = [0, 0]
        for (const page of pages) {
          envelopes += page.entries.length
          for (const { envelope } of page.entries) bytes += envelope?.byteLength ?? 0
        }
        buckets.take('forwardPerRelay', relay, envelopes)
        return this.#fair.run(relay, { envelopes, bytes }, () => replicas.receive(pages, relay).then((positions) => ({ positions })))
      })
      .on(relayMethods.pull, (request, channel) => {
        const relay = relayOf(channel)
        const maxEntries = Math.min(request.maxEntries || limits.pageEntries, limits.pageEntries)
        buckets.take('forwardPerRelay', relay, maxEntries)
        this.#c.load?.check('history')
        return this.#onPull(request, relay, maxEntries)
      })
  }

  drain (): void { this.#isDraining = true }

  /** Envelopes that each relay has handed in, as long as it is remembered. */
  forwarded (): Map<RelayId, number> { return new Map(Array.from(this.#origins, ([relay, { envelopes }]) => [relay, envelopes ?? 0])) }

  #origin (relay: RelayId): Origin {
    let origin = this.#origins.get(relay)
    if (origin === undefined) {
      if (this.#origins.size >= maxOrigins) {
        for (const [other, { pendingBytes, assigning }] of this.#origins) if (pendingBytes === 0 && assigning === undefined) this.#origins.delete(other)
      }
      origin = { pendingBytes: 0, relay }
      this.#origins.set(relay, origin)
    }
    return origin
  }

  /** Take all of them. @throws ProtocolError of the first that was not taken; ROLLED_BACK carries the newer record */
  #learn (records: readonly Uint8Array[], relay: RelayId): void {
    let failure: ProtocolError | undefined
    for (const record of records) {
      try {
        this.#chargeMove(record, relay)
        this.#c.homes.learn(record)
      } catch (error) {
        if (!isProtocolError(error)) throw error
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
  }

  /** @throws ProtocolError QUOTA; MALFORMED, … when it is no record */
  #chargeMove (bytes: Uint8Array, relay: RelayId): void {
    // Before its signature is checked, which costs more than to read it.
    const record = verifyHomeRecord({ ...this.#c.signing, ed25519Verify: () => true }, bytes)
    const known = this.#c.homes.cached(record.account)
    if (known !== undefined && isNewer(record, known)) this.#c.buckets.take('forwardPerRelay', relay, moveCost)
  }

  async #onPull (request: ReadLog, relay: RelayId, maxEntries: number): Promise<Page> {
    const { logs, reader, placement } = this.#c
    const conversation = conversationFromBytes(request.conversation)
    // A group's members are known with its log.
    if (conversation.kind === 'group') await logs.load(conversation)
    // [REJECT] SPEC(relay §pull) only homes of a member read a log
    if (!placement.mayKeep(conversation, relay)) throw new ProtocolError('NOT_ADMITTED')
    const log = await logs.load(conversation)
    // [REJECT] a home that has lost its last member has no part in what comes after
    const last = Math.min(log.durableHead, placement.lastFor(conversation, relay))
    // A replica has its copies from the sequencer: two that ask each other for the same one would never come to an end.
    const mends = placement.isSequencer(conversation)
    const entries = request.fromSeq > last ? [] : await reader.read(log, request.fromSeq, { maxEntries, maxBytes: limits.pageBytes }, { mends })
    const epoch = entries[0]?.epoch ?? log.epoch
    return {
      conversation: conversation.bytes,
      epoch,
      entries: entries.filter((entry) => entry.epoch === epoch && entry.seq <= last).map((entry) => wireEntry(entry, undefined)),
      head: last
    }
  }
}

/** The transport proved that the far side holds this key. */
const relayOf = (channel: Channel): RelayId => channel.stream.remotePeer as RelayId
