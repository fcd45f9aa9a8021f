/**
 * Do two accounts share a conversation, as far as this relay can see cheaply? They do when it keeps the log of the two, or of
 * the group that the watcher names. Nobody else is ever told anything.
 */
import { pairConversation, type GroupConversation } from '../../protocol/conversation.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Store } from '../store/store.ts'

export interface AcquaintanceComponents {
  store: Pick<Store, 'openLog'>
  logs: Pick<Logs, 'peek' | 'load'>
  placement: Pick<Placement, 'isMember'>
}

export class Acquaintance {
  readonly #c: AcquaintanceComponents

  constructor (components: AcquaintanceComponents) { this.#c = components }

  async share (one: AccountId, other: AccountId, group: GroupConversation | undefined): Promise<boolean> {
    if (await this.#isKept(pairConversation(one, other).id)) return true
    if (group === undefined || !await this.#isKept(group.id)) return false
    // A group's members are known once its log is in memory.
    await this.#c.logs.load(group)
    return this.#c.placement.isMember(group, one) && this.#c.placement.isMember(group, other)
  }

  /** Is there anything in this log? */
  async #isKept (id: Parameters<Store['openLog']>[0]): Promise<boolean> {
    const log = this.#c.logs.peek(id)
    return (log !== undefined && log.head > 0) || await this.#c.store.openLog(id) !== undefined
  }
}
