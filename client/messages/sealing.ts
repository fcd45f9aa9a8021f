/**
 * What waits for keys: sealed at once when there are keys for everybody, else as soon as there are, in order.
 *
 * Does not know what goes inside (sealer.ts) or how it gets to a relay (submission.ts).
 */
import type { Clock } from '../../protocol/clock.ts'
import { isProtocolError, type ProtocolError } from '../../protocol/errors.ts'
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isPairChat, isSelfChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { OutboxRow, Tables } from '../store/tables.ts'
import type { GroupPort } from './group-port.ts'
import { timeOf, without, type Item, type Queues } from './queues.ts'
import { rowKey, type Rows } from './rows.ts'
import type { Sealer } from './sealer.ts'

export interface SealingComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly sealer: Sealer
  readonly queues: Queues
  readonly rows: Rows
  readonly groups: Pick<GroupPort, 'controlRefused'>
  readonly clock: Clock
  /** Get sessions with this chat's people, then call `sealWaiting`. */
  readonly wantKeysOf: (chat: ChatId) => void
  /** There is something to submit. */
  readonly wake: () => void
}

export class Sealing {
  readonly #on: SealingComponents

  constructor (components: SealingComponents) { this.#on = components }

  /** The relay can be reached again. */
  resume (): void {
    this.#on.sealer.forgetKeyless()
    for (const [chat] of this.#on.queues.all()) this.#sealSoon(chat)
  }

  /** Seal at once when nothing older of this conversation waits; else wait behind it. */
  async compose (draft: Draft, item: Item, row: OutboxRow): Promise<void> {
    const { tables, rows, queues, sealer } = this.#on
    const { chat, id } = item
    // Now: keys that come before it waits are to be noted.
    queues.of(chat)
    // Nobody to tell.
    if (isSelfChat(chat) && !await sealer.hasOtherDevices(draft)) {
      await rows.updateMessage(draft, item, { state: 'sent' })
      return
    }
    if ((draft.peek(tables.waitingCounts, chat) ?? 0) === 0) {
      const result = await this.#seal(draft, item, row)
      if (result === 'nobody') return
      if (result === 'sealed') {
        draft.after(() => { queues.of(chat).unsent.push(id); this.#on.wake() })
        return
      }
    }
    rows.write(draft, item, row)
    this.#countWaiting(draft, chat, 1)
    draft.after(() => {
      const queue = queues.of(chat)
      queue.waiting.push(id)
      // Keys came after this was looked at, and before it waited.
      if (queue.isSealWanted) this.#sealSoon(chat)
    })
  }

  /** @returns whether it was still waiting */
  async cancel (draft: Draft, item: Item): Promise<boolean> {
    const { rows } = this.#on
    if ((await rows.read(draft, item))?.state !== 'waiting') return false
    rows.drop(draft, item)
    this.#countWaiting(draft, item.chat, -1)
    return true
  }

  /** It turns out to be in the log already: it waits no more. */
  sentBefore (draft: Draft, { chat, id }: Item): void {
    this.#countWaiting(draft, chat, -1)
    draft.after(() => {
      const queue = this.#on.queues.of(chat)
      queue.waiting = without(queue.waiting, id)
    })
  }

  /** Not waited for; a failure of the store is made good by the next connection. */
  #sealSoon (chat: ChatId): void { this.sealWaiting(chat).catch(() => { /* see above */ }) }

  /**
   * Keys may be there now: seal what waits, oldest first. `keyless` devices have none to give.
   * Where nothing waits yet, `isSealWanted` stays for what is about to.
   */
  async sealWaiting (chat: ChatId, keyless: readonly DeviceId[] = []): Promise<void> {
    this.#on.sealer.addKeyless(keyless)
    const queue = this.#on.queues.of(chat)
    queue.isSealWanted = true
    if (queue.isSealing) return
    queue.isSealing = true
    try {
      while (queue.isSealWanted && queue.waiting.length > 0) {
        queue.isSealWanted = false
        const isMore = await this.#on.ledger.run(async (draft) => await this.#sealAll(draft, chat), { isFresh: true })
        if (isMore) queue.isSealWanted = true
      }
    } finally {
      queue.isSealing = false
    }
  }

  /** Keys of this account's own other devices, which every message goes to. */
  async sealAllWaiting (keyless: readonly DeviceId[]): Promise<void> {
    this.#on.sealer.addKeyless(keyless)
    for (const [chat] of this.#on.queues.all()) await this.sealWaiting(chat)
  }

  /** Nobody of this id can be found. Not for ever, because a relay cannot always know: what has waited for long fails. */
  async failWaiting (chat: ChatId, error: ProtocolError): Promise<void> {
    const { queues, ledger, rows } = this.#on
    if (!isPairChat(chat) || !queues.of(chat).waiting.some((id) => this.isGivenUp(id))) return
    await ledger.run(async (draft) => {
      const ids = queues.of(chat).waiting.filter((id) => this.isGivenUp(id))
      for (const id of ids) await rows.fail(draft, { chat, id }, error)
      this.#countWaiting(draft, chat, -ids.length)
    }, { isFresh: true })
  }

  isGivenUp (id: MessageId): boolean { return timeOf(id) + clientLimits.unknownAccountMs < this.#on.clock.nowMs() }

  /**
   * Sealed for devices that are not all of them any more: back to waiting, all that follows too, and new keys first.
   * @param after only what was written after this one
   */
  async unseal (draft: Draft, chat: ChatId, after: MessageId | '' = ''): Promise<void> {
    const { queues, rows, tables } = this.#on
    const moved: MessageId[] = []
    for (const id of queues.of(chat).unsent) {
      const row = await rows.read(draft, { chat, id })
      if (row?.state !== 'sealed' || id <= after) continue
      rows.write(draft, { chat, id }, { ...row, state: 'waiting', digest: '', awaiting: [] })
      draft.erase(tables.sealed, rowKey({ chat, id }))
      moved.push(id)
    }
    this.#countWaiting(draft, chat, moved.length)
    draft.after(() => {
      const queue = queues.of(chat)
      queue.waiting = [...moved, ...queue.waiting]
      queue.unsent = queue.unsent.filter((id) => !moved.includes(id) && id <= after)
      this.#on.wantKeysOf(chat)
      queues.checkFlushed()
    })
  }

  /** Refused as it was: back to where it waits, before everything that was written later, to be sealed anew. */
  async again (draft: Draft, item: Item): Promise<void> {
    const { queues, rows, tables, groups } = this.#on
    const { chat, id } = item
    const row = await rows.read(draft, item)
    if (row === undefined || row.state === 'waiting') return
    if (row.kind === envelopeKinds.control) await groups.controlRefused(draft, item, row)
    rows.write(draft, item, { ...row, state: 'waiting', digest: '', awaiting: [] })
    draft.erase(tables.sealed, rowKey(item))
    this.#countWaiting(draft, chat, 1)
    draft.after(() => {
      const queue = queues.of(chat)
      queue.sent.delete(id)
      queue.unsent = without(queue.unsent, id)
      queue.waiting.unshift(id)
      this.#on.wantKeysOf(chat)
      // What it waits for may have come already.
      this.#sealSoon(chat)
    })
  }

  #countWaiting (draft: Draft, chat: ChatId, change: number): void {
    const { waitingCounts } = this.#on.tables
    draft.write(waitingCounts, chat, (draft.peek(waitingCounts, chat) ?? 0) + change)
  }

  /** @returns whether all of them were sealed, so that there may be more */
  async #sealAll (draft: Draft, chat: ChatId): Promise<boolean> {
    const { queues, rows, tables } = this.#on
    const ids = queues.of(chat).waiting.slice(0, clientLimits.messagesPerBatch)
    let sealed = 0
    for (const id of ids) {
      const item = { chat, id }
      const row = await rows.read(draft, item)
      if (row === undefined) { sealed++; continue }
      try {
        if (await this.#seal(draft, item, row) === 'waits') break
      } catch (error) {
        if (!isProtocolError(error) || error.action !== 'reject') throw error
        await rows.fail(draft, item, error)
      }
      sealed++
    }
    this.#countWaiting(draft, chat, -sealed)
    draft.after(() => {
      const queue = queues.of(chat)
      for (const id of ids.slice(0, sealed)) {
        queue.waiting = without(queue.waiting, id)
        if (tables.outbox.cached(rowKey({ chat, id }))?.state === 'sealed') queue.unsent.push(id)
      }
      this.#on.wake()
    })
    return sealed === ids.length
  }

  /** waits: keys are missing; they were asked for */
  async #seal (draft: Draft, item: Item, row: OutboxRow): Promise<'sealed' | 'waits' | 'nobody'> {
    const { sealer, tables, rows } = this.#on
    const sealed = await sealer.seal(draft, item, row)
    if (sealed === 'nobody') {
      rows.drop(draft, item)
      await rows.updateMessage(draft, item, { state: 'sent' })
      return 'nobody'
    }
    if (sealed === 'waits') return 'waits'
    draft.write(tables.sealed, rowKey(item), sealed.envelope)
    rows.write(draft, item, sealed.row)
    return 'sealed'
  }
}
