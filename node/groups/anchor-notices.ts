/**
 * A group has a new anchor: the homes of its members are told, until they have heard; and a home that keeps a copy of the log
 * brings it in line with the new sequencer's, also when nobody writes.
 *
 * Owns: whom to tell, trying again. Does not know: which record counts (group-anchors.ts), what is cut (federation/alignment.ts).
 */
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import type { ConversationId, GroupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { SignedGroupAnchor } from '../../protocol/groups/anchor.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Adoption } from '../log/adoption.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Homes, Logger } from '../ports.ts'
import type { AnchorSource, GroupAnchors } from './group-anchors.ts'

/** Homes of members of one group that are told. */
const maxRelays = 1_024
/** Tries: more than half an hour. Who was away for longer hears of it from whoever sequences, or when it forwards. */
const maxAttempts = 64
/** Groups for which somebody has still to be told, or whose log is to be brought in line. */
const maxPending = 10_000

export interface AnchorNoticesComponents {
  anchors: GroupAnchors
  logs: Logs
  placement: Placement
  homes: Pick<Homes, 'find'>
  links: Links
  /** Compare the log here with that of `relay`, which sequences it, and give up what is not there. @throws ProtocolError */
  follow (conversation: GroupConversation, relay: RelayId): Promise<void>
  /** The log here is in line: what waits may be forwarded. */
  onInLine (id: ConversationId): void
  adoption: Pick<Adoption, 'startTakeover' | 'mayNumber'>
  clock: Clock
  random: Random
  logger: Logger
}

/** Something that is tried until it is done. */
interface Task { attempt: number, timer: Timer | undefined, step (): Promise<boolean> }

export class AnchorNotices {
  readonly #c: AnchorNoticesComponents
  /** Others to be told. */
  readonly #telling = new Map<ConversationId, Task>()
  /** The log here to be brought in line; what waits for its sequencer is not forwarded before, since older entries may join it. */
  readonly #aligning = new Map<ConversationId, Task>()
  #isStopped = false

  constructor (components: AnchorNoticesComponents) { this.#c = components }

  /** What an earlier run may not have finished. */
  resume (): void { for (const anchor of this.#c.anchors.all()) this.anchored(anchor, 'device') }

  /** @param source of the record: who has it from a device, or sequences, tells the others */
  anchored (anchor: SignedGroupAnchor, source: AnchorSource): void {
    const { conversation } = anchor
    const { id } = conversation
    this.#end(this.#telling, id)
    this.#end(this.#aligning, id)
    if (this.#isStopped || this.#aligning.size >= maxPending) return
    this.#begin(this.#aligning, id, async () => await this.#align(conversation), () => { this.#c.onInLine(id) })
    if (source !== 'device' && !this.#c.placement.isSequencer(conversation)) return
    let left: Set<RelayId> | undefined
    this.#begin(this.#telling, id, async () => {
      const relays = [...left ?? await this.#relaysOf(conversation)]
      const isTold = await Promise.all(relays.map(async (relay) => await this.#tell(anchor, relay)))
      left = new Set(relays.filter((_, i) => isTold[i] === false))
      return left.size === 0
    })
  }

  /** Is it not known yet whether the log here is what its sequencer's is? */
  isParted (id: ConversationId): boolean { return this.#aligning.has(id) }

  /** It was compared with the sequencer's. */
  inLine (id: ConversationId): void {
    if (!this.#aligning.has(id)) return
    this.#end(this.#aligning, id)
    this.#c.onInLine(id)
  }

  #begin (tasks: Map<ConversationId, Task>, id: ConversationId, step: () => Promise<boolean>, onEnd: () => void = () => {}): void {
    const task: Task = { attempt: 0, timer: undefined, step }
    tasks.set(id, task)
    const end = (): void => {
      tasks.delete(id)
      onEnd()
    }
    const run = (): void => {
      step().then((isDone) => {
        if (this.#isStopped || tasks.get(id) !== task) return
        if (isDone || task.attempt >= maxAttempts) { end(); return }
        task.timer = this.#c.clock.after(backoffMs(task.attempt++, this.#c.random, limits), run)
      }, (error: unknown) => {
        this.#c.logger.warn('group.anchor-notice', {}, error)
        if (tasks.get(id) === task) end()
      })
    }
    run()
  }

  #end (tasks: Map<ConversationId, Task>, id: ConversationId): void {
    tasks.get(id)?.timer?.cancel()
    tasks.delete(id)
  }

  /** Homes of its members, and those that may still think that they sequence it. */
  async #relaysOf (conversation: GroupConversation): Promise<Set<RelayId>> {
    const { logs, placement } = this.#c
    await logs.load(conversation)
    const relays = new Set<RelayId>(placement.relaysOf(conversation).slice(0, maxRelays))
    for (const account of placement.anchorsOf(conversation)) {
      const relay = placement.primaryOf(account)
      if (relay !== undefined) relays.add(relay)
    }
    relays.delete(placement.self)
    return relays
  }

  /** @returns false: it has not heard */
  async #tell ({ conversation, bytes }: SignedGroupAnchor, relay: RelayId): Promise<boolean> {
    const { links, placement, clock, anchors, logger } = this.#c
    const limit = deadline(clock, limits.requestTimeoutMs)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      links.introduce(channel, placement.anchorsOf(conversation))
      await channel.call(relayMethods.groupAnchor, decode(Signed, bytes), { signal: limit.signal })
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      if (isProtocolError(error, 'STALE_ANCHOR') && error.details.record !== undefined) {
        const { record } = error.details
        anchors.take(record, relay).catch((refused: unknown) => { logger.debug('group.anchor-told', {}, refused) })
        return true
      }
      logger.debug('group.anchor-notice', {}, error)
      // What it refuses for good, it will refuse again.
      return error.action === 'reject'
    } finally {
      limit.cancel()
    }
  }

  /** The log here is what the sequencer's is, or part of it; here, it is known how far it goes. @returns false: not now */
  async #align (conversation: GroupConversation): Promise<boolean> {
    const { logs, placement, follow, adoption, homes, clock, logger } = this.#c
    try {
      const log = await logs.load(conversation)
      if (placement.isSequencer(conversation)) {
        if (!adoption.mayNumber(log)) adoption.startTakeover(log)
        return adoption.mayNumber(log)
      }
      if (log.group?.isKnown !== true) return true
      const anchor = placement.anchorOf(conversation)
      if (placement.primaryOf(anchor) === undefined) {
        const limit = deadline(clock, limits.requestTimeoutMs / 2)
        await homes.find(anchor, { signal: limit.signal }).finally(() => { limit.cancel() })
      }
      const relay = placement.primaryOf(anchor)
      if (relay === undefined || relay === placement.self) return false
      await follow(conversation, relay)
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      logger.debug('group.align', {}, error)
      return isProtocolError(error, 'NOT_ADMITTED')
    }
  }

  stop (): void {
    this.#isStopped = true
    for (const tasks of [this.#telling, this.#aligning]) for (const { timer } of tasks.values()) timer?.cancel()
  }
}
