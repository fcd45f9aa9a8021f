/**
 * Rows of the outbox and the messages that belong to them: kept, dropped, failed, always both in one draft.
 */
import { ERRORS, type ProtocolError } from '../../protocol/errors.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import type { Events } from '../events.ts'
import type { Draft } from '../store/ledger.ts'
import type { OutboxRow, Tables } from '../store/tables.ts'
import { messageOf, type History } from './history.ts'
import type { GroupPort } from './group-port.ts'
import type { Item, Queues } from './queues.ts'

export const rowKey = ({ chat, id }: Item): string => `${chat}/${id}`

export interface RowComponents {
  readonly tables: Tables
  readonly history: History
  readonly events: Events
  readonly queues: Queues
  readonly groups: Pick<GroupPort, 'controlFailed'>
  /** Everybody has it: its row goes. */
  readonly onDone: (draft: Draft, item: Item, row: OutboxRow) => void
}

export class Rows {
  readonly #on: RowComponents

  constructor (components: RowComponents) { this.#on = components }

  async read (draft: Draft, item: Item): Promise<OutboxRow | undefined> { return await draft.read(this.#on.tables.outbox, rowKey(item)) }
  write (draft: Draft, item: Item, row: OutboxRow): void { draft.write(this.#on.tables.outbox, rowKey(item), row) }

  /** Keep the row, or drop it with its bytes when there is nothing left to wait for. */
  keep (draft: Draft, item: Item, row: OutboxRow): void {
    if (row.isSequenced && row.awaiting.length === 0) {
      this.drop(draft, item)
      this.#on.onDone(draft, item, row)
    } else this.write(draft, item, row)
  }

  drop (draft: Draft, item: Item): void {
    draft.erase(this.#on.tables.outbox, rowKey(item))
    draft.erase(this.#on.tables.sealed, rowKey(item))
    draft.after(() => { this.#on.queues.forget(item) })
  }

  /** Refused for good. @param isRefused by the sequencer, after a relay had said `sent` */
  async fail (draft: Draft, item: Item, error: ProtocolError, isRefused = false): Promise<void> {
    const row = await this.read(draft, item)
    this.drop(draft, item)
    if (row?.kind === envelopeKinds.control) await this.#on.groups.controlFailed(draft, item, error)
    await this.updateMessage(draft, item, { state: 'failed', error: ERRORS[error.code].says, isRefused })
  }

  async updateMessage (draft: Draft, { chat, id }: Item, change: Parameters<History['update']>[4]): Promise<void> {
    // A receipt has no message of its own.
    const after = await this.#on.history.update(draft, chat, 'out', id, change)
    if (after !== undefined) draft.after(() => { this.#on.events.emit('update', messageOf(after)) })
  }

  markSent (item: Item): void { this.#on.queues.markSent(item, this.#on.tables.outbox.cached(rowKey(item)) !== undefined) }

  /** Bring rows and messages into memory in one go. */
  async prefetch (draft: Draft, items: readonly Item[]): Promise<void> {
    await draft.prefetch(this.#on.tables.outbox, items.map(rowKey))
    await this.#on.history.prefetch(draft, items, 'out')
  }
}
