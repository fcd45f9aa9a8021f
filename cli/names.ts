/**
 * What people and conversations are called: as the person has named them, else as they call themselves (with a ~ before
 * it: nobody has checked that), else the beginning of the id. Never printable by itself: what comes from others passes
 * `printable` where it is shown.
 */
import { isGroupChat, isPairChat } from '../client/chat-id.ts'
import type { AccountId, ChatId, ClientLike } from './context.ts'
import { printableName } from './describe-messages.ts'
import { shortId } from './describe-people.ts'

export class Names {
  readonly #client: ClientLike
  readonly #people = new Map<AccountId, string>()
  readonly #groups = new Map<ChatId, string>()
  readonly #asked = new Set<AccountId>()

  private constructor (client: ClientLike) { this.#client = client }

  static async load (client: ClientLike): Promise<Names> {
    const names = new Names(client)
    await names.refresh()
    return names
  }

  /** Contacts and groups as they are now. */
  async refresh (): Promise<void> {
    for (const { account, name } of await this.#client.contacts()) this.#people.set(account, name)
    for (const { chat, name } of await this.#client.groups.list()) this.#groups.set(chat, name)
    this.#asked.clear()
  }

  named (account: AccountId, name: string): void { this.#people.set(account, name) }

  /** Look up what these call themselves. @returns whether a name is new */
  async learn (accounts: Iterable<AccountId>): Promise<boolean> {
    let isNew = false
    for (const account of new Set(accounts)) {
      if (this.#people.get(account)?.startsWith('~') === false || this.#asked.has(account) || account === this.#client.account?.id) continue
      this.#asked.add(account)
      const profile = await this.#client.chats.profileOf(account)
      const name = profile === undefined || printableName(profile.name).trim() === '' ? undefined : `~${printableName(profile.name).trim()}`
      if (name === undefined || name === this.#people.get(account)) continue
      this.#people.set(account, name)
      isNew = true
    }
    return isNew
  }

  /** @returns `you` for oneself */
  of (account: AccountId): string {
    return account === this.#client.account?.id ? 'you' : this.#people.get(account) ?? shortId(account)
  }

  ofChat (chat: ChatId): string {
    if (isPairChat(chat)) return this.of(chat)
    return isGroupChat(chat) ? groupName(this.#groups.get(chat) ?? '', chat) : 'Yourself'
  }
}

/** The end: groups of one founder begin alike. */
export const shortGroupId = (chat: ChatId): string => `…${chat.slice(-8)}`
export const groupName = (name: string, chat: ChatId): string => printableName(name).trim() === '' ? `group ${shortGroupId(chat)}` : name
