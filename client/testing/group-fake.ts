/**
 * What a fake relay keeps of a group: who may write, and which part of the log is for whom. The checks are those of
 * protocol/groups/, as at a real sequencer.
 */
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import type { Envelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { verifyControlEnvelope } from '../../protocol/groups/control.ts'
import { applyChange, checkControl, emptyGroup, maySend, type GroupState } from '../../protocol/groups/membership.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'

export class FakeGroup {
  readonly state: GroupState
  readonly #primitives: Primitives
  /** Numbers of the entries that were the first and the last for somebody who is out. */
  readonly #former = new Map<AccountId, { from: number, to: number }>()

  constructor (primitives: Primitives, conversation: GroupConversation) {
    this.#primitives = primitives
    this.state = emptyGroup(conversation)
  }

  /**
   * May this envelope stand at `place`? Then it takes effect.
   * @throws ProtocolError as a sequencer answers
   */
  admit (envelope: Envelope, place: { epoch: number, seq: number }): void {
    const { state } = this
    if (envelope.kind !== envelopeKinds.control) {
      if (!state.members.has(envelope.sender)) throw new ProtocolError('NOT_A_MEMBER')
      if (envelope.kind === envelopeKinds.content && !maySend(state, envelope.sender)) throw new ProtocolError('NOT_ALLOWED')
      return
    }
    const change = checkControl(this.#primitives, state, verifyControlEnvelope(this.#primitives, envelope), envelope.control!)
    for (const account of change.removed) this.#former.set(account, { from: state.members.get(account)?.sinceSeq ?? place.seq, to: place.seq })
    for (const { account } of change.set) this.#former.delete(account)
    applyChange(state, change, place)
  }

  /** First and last number that are for this account; undefined: nothing is. */
  partFor (account: AccountId): { from: number, to: number } | undefined {
    const member = this.state.members.get(account)
    return member === undefined ? this.#former.get(account) : { from: member.sinceSeq, to: Infinity }
  }
}
