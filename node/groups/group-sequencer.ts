/**
 * Envelopes of groups at the relay that gives the numbers: who may write, which changes are made, what is written with them.
 *
 * Owns: the rules that only the sequencer has (the clock of invite links), the rows of replicas that a change brings.
 * Does not know: places, batches (intake.ts, adoption.ts). Spec: docs/protocol/relay.md, groups
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { Control } from '../../protocol/groups/control.ts'
import { maySend, type GroupChange } from '../../protocol/groups/membership.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import { unresolvedKey } from '../log/unresolved-logs.ts'
import type { LocalAccounts } from '../ports.ts'
import type { LogEntry, Write } from '../store/store.ts'
import type { Group } from './group.ts'
import type { Groups } from './groups.ts'

/** A control entry whose signatures were checked. */
export interface Verified { readonly control: Control, readonly bytes: Uint8Array }

/**
 * Refusals after which the device looks again and decides anew, under another message id: nothing waits for this envelope,
 * and what follows it in the conversation is not held up.
 */
export const decidedAnew: readonly ErrorCode[] = ['STALE_MEMBERSHIP', 'STALE_DEVICES', 'ROLLED_BACK', 'UNKNOWN_GROUP', 'UNKNOWN_DEVICE']

/** Envelopes that the two signatures of a control entry count for, beside the envelope itself: 0.3 ms. */
export const controlCost = 40

export interface GroupSequencerComponents {
  groups: Groups
  logs: Logs
  accounts: Pick<LocalAccounts, 'listEpochOf'>
  clock: Clock
}

export class GroupSequencer {
  readonly #c: GroupSequencerComponents

  constructor (components: GroupSequencerComponents) { this.#c = components }

  /** @throws ProtocolError as verifyControlEnvelope; MALFORMED when it says when it ends; STALE_DEVICES when this relay, home to the actor, knows a newer list */
  async verify (envelope: Uint8Array): Promise<Verified> {
    // [REJECT] who is away, a relay or a device, must find it there as long as anything is kept: what follows is hashed onto it
    if (readEnvelopeHeader(envelope).expiresAtMs !== 0) throw new ProtocolError('MALFORMED', { what: 'a change of a group does not expire' })
    const verified = this.#c.groups.verify(envelope)
    const { actor, actorList } = verified.control
    // [REFRESH] signed under a list that its own home knows to be old
    if (actorList.epoch < (await this.#c.accounts.listEpochOf(actor) ?? 0)) throw new ProtocolError('STALE_DEVICES')
    return verified
  }

  /** As `verify`, with what is wrong with it as the answer. @param charge what the check costs whoever sent it; may throw a ProtocolError */
  async verdictOn (envelope: Uint8Array, charge: () => void = () => {}): Promise<Verified | ProtocolError> {
    try {
      charge()
      return await this.verify(envelope)
    } catch (error) {
      if (isProtocolError(error)) return error
      throw error
    }
  }

  /**
   * May this be the next entry? Changes nothing.
   * @param verified of a control envelope
   * @throws ProtocolError UNKNOWN_GROUP, NOT_A_MEMBER, NOT_ALLOWED; as checkControl
   */
  check (group: Group, sender: AccountId, verified: Verified | undefined): GroupChange | undefined {
    const { state } = group
    if (verified !== undefined) {
      const { act } = verified.control
      if (!group.isKnown && act.act !== 'create') throw new ProtocolError('UNKNOWN_GROUP')
      const link = act.act === 'join' ? state.links.get(toHex(act.link))?.link : undefined
      // [REJECT] the actor's clock is the actor's word
      if (link !== undefined && link.expiresAtMs !== 0 && link.expiresAtMs <= this.#c.clock.nowMs()) throw new ProtocolError('EXPIRED', { what: 'invite link' })
      return this.#c.groups.check(group, verified)
    }
    if (!group.isKnown) throw new ProtocolError('UNKNOWN_GROUP')
    // [REJECT] only members write, and only those that the settings let
    if (!state.members.has(sender)) throw new ProtocolError('NOT_A_MEMBER')
    if (!maySend(state, sender)) throw new ProtocolError('NOT_ALLOWED')
    return undefined
  }

  /** `entry` was appended and makes this change. @param writes of its batch */
  record (log: Log, group: Group, change: GroupChange, { epoch, seq }: LogEntry, writes: Write[]): void {
    const effect = this.#c.groups.apply(group, change, { epoch, seq }, writes)
    const { id } = log.conversation
    for (const relay of effect.relaysAdded) {
      if (log.replicas.has(relay)) continue
      // It begins with the entry that brought its first member in.
      log.replicas.set(relay, seq - 1)
      writes.push({ op: 'replicated', log: id, relay, seq: seq - 1 })
    }
    if (effect.unplaced.length > 0) writes.push({ op: 'put', table: 'meta', key: unresolvedKey(id), value: new Uint8Array(0) })
    this.#c.logs.changed(log, effect)
  }
}
