/**
 * What a copy of a log asks another relay for: the next page of it, and of a group the state that it begins with. Checked before
 * it is believed.
 *
 * Owns: what an epoch may be, and where the log of a group begins here. Does not know: why it is asked for (gaps.ts, log-takeover.ts,
 * replica.ts). Spec: docs/protocol/relay.md, pull
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { stateFromWire } from '../../protocol/groups/snapshot.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { Page } from '../../protocol/wire/gen/log.js'
import { deadline } from '../deadline.ts'
import type { Groups } from '../groups/groups.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Homes } from '../ports.ts'
import type { Counter, Meter } from '../watch/meter.ts'
import { checkNumbers } from './entry-copies.ts'
import type { Links } from './links.ts'
import type { ReplicaEntries, Taken } from './replica-entries.ts'

export interface ReplicaSourceComponents {
  entries: ReplicaEntries
  groups: Groups
  logs: Logs
  placement: Placement
  homes: Pick<Homes, 'refresh'>
  links: Links
  clock: Clock
  meter: Meter
}

export class ReplicaSource {
  readonly #c: ReplicaSourceComponents
  readonly #pulled: Counter
  readonly #snapshots: Counter

  constructor (components: ReplicaSourceComponents) {
    this.#c = components
    const { meter } = components
    this.#pulled = meter.counter('heliograph_replica_pulls_total', 'pages asked of a sequencer because something was missing')
    this.#snapshots = meter.counter('heliograph_replica_snapshots_total', 'states of groups taken from another relay')
  }

  /** What comes after the head of the log here. @throws ProtocolError MALFORMED, TIMEOUT, … */
  async pull (channel: Channel, log: Log): Promise<Page> {
    this.#pulled.inc()
    const page = checkNumbers(await channel.call(relayMethods.pull, { conversation: log.conversation.bytes, fromSeq: log.head + 1, maxEntries: limits.pageEntries }))
    if (!this.isEpoch(log.conversation, page)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
    return page
  }

  /** [REFRESH] an epoch is the version of the anchor's signed record: one that is made up would put the log out of reach of every home after this one */
  isEpoch (conversation: Conversation, { epoch }: { readonly epoch: number }): boolean {
    const { placement, homes } = this.#c
    if (epoch <= placement.epochOf(conversation)) return true
    homes.refresh(placement.anchorOf(conversation))
    return false
  }

  /**
   * A group that this relay has to keep from now on, or of which it has missed changes: its state as `relay` has it. The log
   * goes on with the entry that brought the first of this relay's members in: nothing older is for them.
   * @returns false: nobody in it lives here. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, …: not now
   */
  async foundGroup (log: Log, relay: RelayId, taken: Taken): Promise<boolean> {
    const { placement, clock, links, groups, logs, entries } = this.#c
    const { conversation, group } = log
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links.channelTo(relay, { signal: limit.signal })
      links.introduce(channel, placement.anchorsOf(conversation))
      links.present(channel, conversation)
      const state = stateFromWire(await channel.call(relayMethods.groupState, { conversation: conversation.bytes }, { signal: limit.signal }))
      if (state.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
      if (!this.isEpoch(conversation, state)) throw new ProtocolError('MALFORMED', { what: 'epoch' })
      if (log.isDropped || group === undefined) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      // [REJECT] an older state than the one that this relay has checked itself
      if (group.isKnown && (state.epoch < group.state.epoch || state.seq < group.state.seq)) throw new ProtocolError('STALE_EPOCH')
      let first = Infinity
      for (const [account, { sinceSeq }] of state.members) if (placement.isHome(account)) first = Math.min(first, sinceSeq)
      const isSequencer = placement.isSequencer(conversation)
      if (first === Infinity && !isSequencer) return false
      if (!isSequencer) await entries.skip(log, { throughSeq: first - 1, epoch: state.epoch }, taken)
      if (log.isDropped) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      const effect = groups.replace(group, state, taken.writes)
      taken.logs.add(log)
      logs.changed(log, effect)
      this.#snapshots.inc()
      return true
    } catch (error) {
      // Nobody in it lives here any more, the other relay says.
      if (isProtocolError(error, 'NOT_ADMITTED')) return false
      throw error
    } finally {
      limit.cancel()
    }
  }
}
