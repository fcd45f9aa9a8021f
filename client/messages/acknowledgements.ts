/**
 * How far this device has the logs, told to its relay: conversations of two at once, groups together a moment later.
 *
 * Owns: what is to be told, and when. Does not know: what was stored before (inbox.ts).
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import { conversationOfChat, isGroupChat, type ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Tables } from '../store/tables.ts'

export interface AcknowledgementsComponents {
  readonly tables: Pick<Tables, 'logs'>
  readonly link: RelayLink
  readonly clock: Clock
  readonly random: Random
  readonly ownAccount: AccountId
}

export class Acknowledgements {
  readonly #on: AcknowledgementsComponents
  readonly #chats = new Set<ChatId>()
  readonly #groups = new Set<ChatId>()
  #timer: Timer | undefined

  constructor (components: AcknowledgementsComponents) { this.#on = components }

  add (chat: ChatId): void { this.#chats.add(chat) }

  /** What is to be told is on disk: tell it. */
  send ({ isStopped }: { readonly isStopped: boolean }): void {
    const chats = [...this.#chats]
    this.#chats.clear()
    for (const chat of chats) if (isGroupChat(chat)) this.#groups.add(chat)
    this.#tell(chats.filter((chat) => !isGroupChat(chat)))
    if (this.#groups.size === 0 || isStopped) return
    this.#timer ??= this.#on.clock.after(clientLimits.groupAcknowledgeMs * (0.5 + this.#on.random.fraction()), () => {
      this.#timer = undefined
      const groups = [...this.#groups]
      this.#groups.clear()
      this.#tell(groups)
    })
  }

  #tell (chats: readonly ChatId[]): void {
    const positions = []
    for (const chat of chats) {
      const log = this.#on.tables.logs.cached(chat)
      if (log !== undefined) positions.push({ conversation: conversationOfChat(this.#on.ownAccount, chat).bytes, epoch: log.epoch, seq: log.seq })
    }
    if (positions.length > 0) this.#on.link.notify(clientNotifications.acknowledge, { positions })
  }

  stop (): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
