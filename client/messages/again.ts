/**
 * Messages between two people that are sent again: to a device that did not get one, or could not open it, or had it and
 * was set back to an older copy of its store since.
 *
 * Owns: what may be given again to whom, how often, under which ids; what is remembered of messages that have no row in the
 * history or had another id. Does not know how anything is sealed or sent. Spec: docs/protocol/content.md §6
 */
import type { Clock } from '../../protocol/clock.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from '../chat-id.ts'
import type { PinnedList } from '../keys/devices.ts'
import { clientLimits } from '../limits.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { AgainRow, OutboxRow, Tables } from '../store/tables.ts'
import { AnswerCounts } from './answer-counts.ts'
import type { History } from './history.ts'
import type { Item } from './queues.ts'
import { rowKey, type Rows } from './rows.ts'

export interface AgainComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly rows: Rows
  readonly clock: Clock
  /** Under a new id, to be sealed for everybody. */
  readonly compose: (draft: Draft, chat: ChatId, row: AgainRow) => Promise<MessageId>
}

interface Found {
  readonly id: MessageId
  readonly row: AgainRow
  /** Not acknowledged by everybody yet. */
  readonly unacknowledged?: OutboxRow
}

/** The id that it had first, then those of earlier tries that are not forgotten. */
const idsOf = ({ id, row }: Found): readonly MessageId[] => [...row.standsFor ?? [], id]

export class Again {
  readonly #on: AgainComponents
  /** By device and first id. */
  readonly #given = new AnswerCounts()
  /** The newest answer, by first id: while it has no number yet, there is no other. */
  readonly #underWay = new Map<string, MessageId>()

  constructor (components: AgainComponents) { this.#on = components }

  /** What is too old to be asked for goes. */
  async load (): Promise<void> {
    const { ledger, tables, clock } = this.#on
    const rows = await ledger.range(tables.again, { from: '', to: '\x7f' })
    rows.sort((a, b) => b.value.sentAtMs - a.value.sentAtMs)
    const old = rows.filter(({ value }, i) => i >= clientLimits.againKept || value.sentAtMs + limits.dedupMs < clock.nowMs())
    if (old.length > 0) await ledger.run((draft) => { for (const { key } of old) draft.erase(tables.again, key) })
  }

  /** A device that was not in its account's list before: what was sent until now was not for it. */
  async noteDevices (draft: Draft, account: AccountId, { before, after }: { before: PinnedList | undefined, after: PinnedList }): Promise<void> {
    if (before === undefined) return
    const known = new Set(before.list.devices.map(({ id }) => id))
    for (const { id } of after.list.devices) if (!known.has(id)) draft.write(this.#on.tables.seenSince, `${account}/${id}`, this.#on.clock.nowMs())
  }

  /**
   * A device of the other person could not open these, or has lost them.
   * @returns those that are not here (any more), and will not come
   */
  async answer (draft: Draft, chat: AccountId, ids: readonly MessageId[], device: DeviceId): Promise<MessageId[]> {
    const { tables, clock } = this.#on
    const sinceMs = await draft.read(tables.seenSince, `${chat}/${device}`) ?? -Infinity
    const gone: MessageId[] = []
    const found = new Map<MessageId, Found[]>()
    for (const id of ids) {
      const one = await this.#find(draft, { chat, id })
      if (one === 'gone' || (one !== undefined && one.row.sentAtMs + limits.dedupMs < clock.nowMs())) gone.push(id)
      // [IGNORE] still on its way; or never meant for the device that asks
      else if (one !== undefined && one.row.sentAtMs >= sinceMs) found.set(idsOf(one)[0]!, [...found.get(idsOf(one)[0]!) ?? [], one])
    }
    for (const [first, some] of found) await this.#give(draft, chat, first, some, device)
    return gone
  }

  /** The old bytes are of no use any more: the same again as a message of its own, a few times. */
  async replace (draft: Draft, { chat, id }: Item, row: OutboxRow): Promise<void> {
    this.#on.rows.drop(draft, { chat, id })
    this.remember(draft, { chat, id }, row)
    if ((row.standsFor?.length ?? 0) < clientLimits.sendAgain) await this.#compose(draft, chat, [{ id, row }])
  }

  /** Its row in the outbox goes. What the history alone does not tell is remembered. */
  remember (draft: Draft, { chat, id }: Item, { kind, sentAtMs, body, expiresAtMs, standsFor }: OutboxRow): void {
    if (!isPairChat(chat) || kind !== envelopeKinds.content || (body === undefined && standsFor === undefined)) return
    draft.write(this.#on.tables.again, rowKey({ chat, id }), { kind, sentAtMs, ...given({ body, expiresAtMs, standsFor }) })
  }

  /** undefined: nothing to do about it */
  async #find (draft: Draft, item: Item): Promise<Found | 'gone' | undefined> {
    const { tables, history, rows } = this.#on
    const waiting = await rows.read(draft, item)
    // Receipts and keys are not sent again: a newer one says as much.
    if (waiting !== undefined && (waiting.kind !== envelopeKinds.content || waiting.state !== 'sent')) return undefined
    // Sent again by another own device, it is known here under the id that it had first.
    const first = await draft.read(tables.firstIds, rowKey(item)) ?? item.id
    const again = waiting === undefined ? await draft.read(tables.again, rowKey(item)) ?? await draft.read(tables.again, rowKey({ chat: item.chat, id: first })) : undefined
    const row = waiting ?? again
    const known = row === undefined || row.standsFor !== undefined || first === item.id ? row : { ...row, standsFor: [first] as const }
    // What another device of this account has sent is its to send again: this one helps out when it was asked before.
    if (again?.isSibling === true && this.#given.count(`?${item.chat}/${item.id}`) === 1) return undefined
    if (known?.body !== undefined) return foundOf(item.id, known, waiting)
    const message = await history.find(draft, item.chat, 'out', known?.standsFor?.[0] ?? first)
    if (message === undefined || message.isDeleted === true || message.openedBy !== undefined || message.state === 'failed') return 'gone'
    // As above.
    if (message.receivedAtMs !== undefined && this.#given.count(`?${item.chat}/${item.id}`) === 1) return undefined
    return foundOf(item.id, known ?? { kind: envelopeKinds.content, sentAtMs: message.sentAtMs, ...(first === item.id ? {} : { standsFor: [first] }) }, waiting)
  }

  async #give (draft: Draft, chat: AccountId, first: MessageId, some: readonly Found[], device: DeviceId): Promise<void> {
    const { rows } = this.#on
    const underWay = this.#underWay.get(rowKey({ chat, id: first }))
    const before = underWay === undefined ? undefined : await rows.read(draft, { chat, id: underWay })
    if (before?.isSequenced === false) return
    if (this.#given.count(`${device}/${first}`) > clientLimits.answersPerMessage) return
    for (const { id, unacknowledged } of some) {
      if (unacknowledged?.awaiting.includes(device) !== true) continue
      rows.drop(draft, { chat, id })
      this.remember(draft, { chat, id }, unacknowledged)
    }
    await this.#compose(draft, chat, some)
  }

  /** @param some the same message under several ids */
  async #compose (draft: Draft, chat: ChatId, some: readonly Found[]): Promise<void> {
    const [first, ...later] = [...new Set(some.flatMap(idsOf))] as [MessageId, ...MessageId[]]
    // Oldest first; of too many the oldest are forgotten, but never the first.
    const standsFor = [first, ...later.sort().slice(-clientLimits.sendAgain)] as const
    const { kind, sentAtMs, body, expiresAtMs } = some[0]!.row
    const id = await this.#on.compose(draft, chat, { kind, sentAtMs, ...given({ body, expiresAtMs }), standsFor: standsFor as AgainRow['standsFor'] & object })
    for (const one of [...later, id]) draft.write(this.#on.tables.firstIds, rowKey({ chat, id: one }), first)
    if (this.#underWay.size >= clientLimits.answersKept) this.#underWay.clear()
    this.#underWay.set(rowKey({ chat, id: first }), id)
  }
}

const foundOf = (id: MessageId, row: AgainRow | OutboxRow, unacknowledged: OutboxRow | undefined): Found => ({ id, row: { kind: row.kind, sentAtMs: row.sentAtMs, ...given(row) }, ...(unacknowledged === undefined ? {} : { unacknowledged }) })

const given = ({ body, expiresAtMs, standsFor }: { body?: string | undefined, expiresAtMs?: number | undefined, standsFor?: AgainRow['standsFor'] | undefined }): Partial<AgainRow> => ({
  ...(body === undefined ? {} : { body }),
  ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  ...(standsFor === undefined ? {} : { standsFor })
})

