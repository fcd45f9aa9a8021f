/**
 * A founder has moved, and the new home knows nothing of the groups that it sequences from now on: relays that keep them say so,
 * and it takes state and log from them.
 *
 * Owns: finding a founder's groups here, telling the new home until it has heard, and as the new home asking one group after
 * the other. Does not know: how a log is taken over (adoption.ts, replica.ts). Spec: docs/protocol/relay.md, offer
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import { backoffMs, type Clock, type Random, type Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, conversationFromId, groupConversation, groupNonceBytes, type ConversationId, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { keyBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Position } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Adoption } from '../log/adoption.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { memberOfKey } from './group-rows.ts'
import type { Meter } from '../watch/meter.ts'

/** Positions in one offer, as wire/log.proto bounds them; groups of one founder that are offered. */
const together = 1_024
const maxGroups = 10_000
/** Members of a founder's groups whose home records go ahead, as far as they are known here. */
const maxMembers = 10_000
/** Tries to tell a new home: more than half an hour. Afterwards it hears from whoever writes. */
const maxAttempts = 64
/** Groups that wait to be asked for, at the new home: all, and those that one relay has offered; and those asked for at once. */
const maxWaiting = 20_000
const maxWaitingOfOne = 5_000
const maxAsking = 4
/** Envelopes that one offered group counts for: it makes us ask for a snapshot. */
const offerCost = 50

export interface GroupOffersComponents {
  store: Pick<Store, 'scan'>
  logs: Logs
  placement: Placement
  adoption: Pick<Adoption, 'isUnknown' | 'takeOver'>
  links: Links
  buckets: Buckets
  clock: Clock
  random: Random
  logger: Logger
  meter: Meter
}

export class GroupOffers {
  readonly #c: GroupOffersComponents
  readonly #retries = new Map<AccountId, Timer>()
  /** By group: who has offered it and was not asked yet. */
  readonly #waiting = new Map<ConversationId, Set<RelayId>>()
  /** How many of these each relay has. */
  readonly #offered = new Map<RelayId, number>()
  /** Being asked: one that is slow keeps only its own offers waiting. */
  readonly #asked = new Set<RelayId>()
  readonly #taken
  #count = 0
  #isStopped = false

  constructor (components: GroupOffersComponents) {
    this.#c = components
    this.#taken = components.meter.counter('heliograph_group_offers_total', 'groups that another relay has offered, by what came of it', ['outcome'])
  }

  /** A newer home record of the account is known. */
  moved (account: AccountId): void {
    this.#retries.get(account)?.cancel()
    this.#retries.delete(account)
    if (!this.#isStopped) this.#offer(account, 0)
  }

  #offer (account: AccountId, attempt: number): void {
    this.#tell(account).catch((error: unknown) => {
      if (this.#isStopped || !isProtocolError(error) || attempt >= maxAttempts) {
        this.#c.logger.warn('group.offer', { attempt }, error)
        return
      }
      this.#retries.set(account, this.#c.clock.after(backoffMs(attempt, this.#c.random, limits), () => {
        this.#retries.delete(account)
        this.#offer(account, attempt + 1)
      }))
    })
  }

  /** @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: later */
  async #tell (account: AccountId): Promise<void> {
    const { placement, links, clock } = this.#c
    const relay = placement.primaryOf(account)
    if (placement.isHome(account) || relay === undefined || relay === placement.self) return
    const { positions, members } = await this.#groupsOf(account)
    if (positions.length === 0) return
    const limit = deadline(clock, limits.requestTimeoutMs)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      // It may know older homes of the members: who has sequenced so far, and who is their home, knows better.
      links.introduce(channel, [account, ...members])
      for (let at = 0; at < positions.length; at += together) await channel.call(relayMethods.offerLogs, { positions: positions.slice(at, at + together) }, { signal: limit.signal })
    } finally {
      limit.cancel()
    }
  }

  /** Groups that this account has founded and this relay keeps, and their members. Their ids begin alike. */
  async #groupsOf (account: AccountId): Promise<{ positions: Position[], members: Set<AccountId> }> {
    const { id: any } = groupConversation(account, new Uint8Array(groupNonceBytes))
    const prefix = any.slice(0, 2 * (1 + keyBytes))
    const positions: Position[] = []
    const members = new Set<AccountId>()
    for await (const { key } of this.#c.store.scan('group', prefix)) {
      const member = memberOfKey(key)
      if (member !== undefined && members.size < maxMembers) members.add(member)
      if (key.length !== any.length + 1) continue // not the head
      positions.push({ conversation: conversationFromId(key.slice(0, any.length) as ConversationId).bytes, epoch: 0, seq: 0 })
      if (positions.length >= maxGroups) break
    }
    return { positions, members }
  }

  register (handlers: Handlers): void {
    handlers.on(relayMethods.offerLogs, ({ positions }, channel: Channel) => {
      const relay = channel.stream.remotePeer as RelayId
      this.#c.buckets.take('forwardPerRelay', relay, offerCost * positions.length)
      // [LATER] memory is bounded
      if (this.#count + positions.length > maxWaiting || (this.#offered.get(relay) ?? 0) + positions.length > maxWaitingOfOne) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      for (const { conversation: bytes } of positions) {
        const conversation = conversationFromBytes(bytes)
        const { placement } = this.#c
        // [LATER] its founder is on the way here
        if (!placement.isSequencer(conversation) && placement.primaryOf(placement.anchorOf(conversation)) === placement.self) throw new ProtocolError('UNKNOWN_ACCOUNT')
        // [IGNORE] what is not sequenced here
        if (conversation.kind === 'group' && placement.isSequencer(conversation)) this.#add(conversation.id, relay)
      }
      this.#askNext()
      return {}
    })
  }

  #add (id: ConversationId, relay: RelayId): void {
    const relays = this.#waiting.get(id) ?? new Set()
    if (relays.has(relay)) return
    this.#waiting.set(id, relays.add(relay))
    this.#offered.set(relay, (this.#offered.get(relay) ?? 0) + 1)
    this.#count++
  }

  /** The oldest offer of a relay that is not being asked. */
  #next (): { id: ConversationId, relay: RelayId } | undefined {
    for (const [id, relays] of this.#waiting) {
      for (const relay of relays) {
        if (this.#asked.has(relay)) continue
        relays.delete(relay)
        if (relays.size === 0) this.#waiting.delete(id)
        const left = this.#offered.get(relay)! - 1
        if (left === 0) this.#offered.delete(relay)
        else this.#offered.set(relay, left)
        this.#count--
        return { id, relay }
      }
    }
    return undefined
  }

  #askNext (): void {
    while (!this.#isStopped && this.#asked.size < maxAsking) {
      const next = this.#next()
      if (next === undefined) return
      const { id, relay } = next
      this.#asked.add(relay)
      this.#ask(conversationFromId(id) as GroupConversation, relay).then((outcome) => { this.#taken.inc(1, { outcome }) }, (error: unknown) => {
        this.#taken.inc(1, { outcome: 'failed' })
        this.#c.logger.debug('group.take-offer', {}, error)
      }).finally(() => {
        this.#asked.delete(relay)
        this.#askNext()
      })
    }
  }

  async #ask (conversation: GroupConversation, relay: RelayId): Promise<'known' | 'taken' | 'not-there'> {
    const { logs, adoption } = this.#c
    const log = await logs.load(conversation)
    if (!adoption.isUnknown(log)) return 'known'
    await adoption.takeOver(log, relay)
    return adoption.isUnknown(log) ? 'not-there' : 'taken'
  }

  stop (): void {
    this.#isStopped = true
    for (const timer of this.#retries.values()) timer.cancel()
    this.#waiting.clear()
  }
}
