/**
 * Which messages of which conversation are in which state, oldest first: made from ob/ at the start, then kept in step
 * by effects. In memory only; what is stored is rows.ts.
 */
import type { DeviceId, MessageId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import type { OutboxRow } from '../store/tables.ts'

/** Names a row of the outbox. */
export interface Item { readonly chat: ChatId, readonly id: MessageId }

/** What becomes of a row when it is sealed. */
export interface Sealed { readonly envelope: Uint8Array, readonly row: OutboxRow }

/** In place of a list of devices that are awaited: everybody in a group, whose receipts are marks (client/groups/). */
export const everyDevice: readonly DeviceId[] = ['*' as DeviceId]

/** Ids of one conversation by state, oldest first. */
export interface Queue {
  waiting: MessageId[]
  unsent: MessageId[]
  readonly sent: Set<MessageId>
  isSubmitting: boolean
  isSealing: boolean
  /** There were keys to seal with after the last look. */
  isSealWanted: boolean
}

export class Queues {
  readonly #queues = new Map<ChatId, Queue>()
  #flushWaiters: Array<() => void> = []

  of (chat: ChatId): Queue {
    let queue = this.#queues.get(chat)
    if (queue === undefined) this.#queues.set(chat, queue = { waiting: [], unsent: [], sent: new Set(), isSubmitting: false, isSealing: false, isSealWanted: false })
    return queue
  }

  find (chat: ChatId): Queue | undefined { return this.#queues.get(chat) }
  all (): IterableIterator<[ChatId, Queue]> { return this.#queues.entries() }

  /** Not at a relay yet. */
  get length (): number {
    let length = 0
    for (const queue of this.#queues.values()) length += queue.waiting.length + queue.unsent.length
    return length
  }

  /** Resolves when everything written so far is at a relay, or was refused. */
  async flushed (signal?: AbortSignal): Promise<void> {
    while (this.length > 0) {
      signal?.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const onAbort = (): void => { reject(signal!.reason as Error) }
        signal?.addEventListener('abort', onAbort, { once: true })
        this.#flushWaiters.push(() => { signal?.removeEventListener('abort', onAbort); resolve() })
      })
    }
  }

  checkFlushed (): void {
    if (this.#flushWaiters.length > 0 && this.length === 0) for (const resolve of this.#flushWaiters.splice(0)) resolve()
  }

  forget ({ chat, id }: Item): void {
    const queue = this.of(chat)
    queue.sent.delete(id)
    queue.unsent = without(queue.unsent, id)
    queue.waiting = without(queue.waiting, id)
    this.checkFlushed()
  }

  /** @param isKept its row is still there: something may be asked of it again */
  markSent ({ chat, id }: Item, isKept: boolean): void {
    const queue = this.of(chat)
    queue.unsent = without(queue.unsent, id)
    if (isKept) queue.sent.add(id)
    this.checkFlushed()
  }
}

/** When an id of this device was made, in milliseconds. */
export const timeOf = (id: MessageId): number => Number.parseInt(id.slice(0, 12), 16)

/** Mostly the first: FIFO. */
export function without (ids: MessageId[], id: MessageId): MessageId[] {
  if (ids[0] === id) { ids.shift(); return ids }
  const at = ids.indexOf(id)
  if (at >= 0) ids.splice(at, 1)
  return ids
}
