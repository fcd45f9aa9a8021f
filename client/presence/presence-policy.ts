/**
 * Whom this account lets know when it is there: the home keeps it, this device a copy.
 *
 * Owns: changing it, one change after another, and blocks that were made while the relay could not be reached.
 */
import type { AccountId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { defaultPresencePolicy, policyFromWire, policyToWire, type PresencePolicy } from '../../protocol/presence.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { ClientLogger } from '../components.ts'
import type { RelayLink } from '../relay/link.ts'
import { Table, type Ledger } from '../store/ledger.ts'
import { json } from '../store/stored.ts'

/** prefix | key | value | kept until: `pn/` | policy, blocks | JSON: the home's policy as known here; account → blocked or not, to be told | the account goes; told */
export class PresenceTables {
  readonly policy = new Table<PresencePolicy>('pn/', json('pn/policy'))
  readonly blocks = new Table<Record<AccountId, boolean>>('pn/', json('pn/blocks'))
}

export interface OwnPolicyComponents {
  readonly ledger: Ledger
  readonly link: RelayLink
  readonly logger: ClientLogger | undefined
}

export class OwnPolicy {
  readonly #on: OwnPolicyComponents
  readonly #tables = new PresenceTables()
  #known: PresencePolicy | undefined
  #changing: Promise<unknown> = Promise.resolve()

  constructor (components: OwnPolicyComponents) { this.#on = components }

  async load (): Promise<void> { this.#known = await this.#on.ledger.read(this.#tables.policy, 'policy') }

  /** undefined: not heard from the home yet. */
  get known (): PresencePolicy | undefined { return this.#known }

  /** As the home has it. @throws ProtocolError DISCONNECTED, TIMEOUT */
  async fetch (): Promise<PresencePolicy> {
    const policy = policyFromWire(await this.#on.link.call(clientMethods.presencePolicy, {}))
    await this.#keep(policy)
    return policy
  }

  /** @throws ProtocolError TOO_MANY, DISCONNECTED, TIMEOUT, QUOTA; nothing is changed then */
  async set (changes: Partial<PresencePolicy>): Promise<PresencePolicy> {
    return await this.#inTurn(async () => await this.#put({ ...await this.fetch(), ...changes }))
  }

  /** This person is told nothing (any more, or again as others are): now, or as soon as the home can be reached. */
  async setBlocked (account: AccountId, isBlocked: boolean): Promise<void> {
    await this.#on.ledger.run(async (draft) => {
      draft.write(this.#tables.blocks, 'blocks', { ...await draft.read(this.#tables.blocks, 'blocks'), [account]: isBlocked })
    })
    this.resume()
  }

  /** The home can be reached: hear what holds, tell what was decided meanwhile. */
  resume (): void {
    if (!this.#on.link.isOnline) return
    this.#inTurn(async () => {
      const policy = await this.fetch()
      const blocks = await this.#on.ledger.read(this.#tables.blocks, 'blocks')
      if (blocks === undefined) return
      const blocked = new Set(policy.blocked)
      for (const [account, isBlocked] of Object.entries(blocks) as Array<[AccountId, boolean]>) {
        if (isBlocked) blocked.add(account)
        else blocked.delete(account)
      }
      if (blocked.size !== policy.blocked.length || policy.blocked.some((account) => !blocked.has(account))) await this.#put({ ...policy, blocked: [...blocked] })
      await this.#on.ledger.run(async (draft) => {
        // Only what was told: more may have been decided meanwhile.
        const left = Object.entries(await draft.read(this.#tables.blocks, 'blocks') ?? {}).filter(([account, isBlocked]) => blocks[account as AccountId] !== isBlocked)
        if (left.length === 0) draft.erase(this.#tables.blocks, 'blocks')
        else draft.write(this.#tables.blocks, 'blocks', Object.fromEntries(left) as Record<AccountId, boolean>)
      })
    }).catch((error: unknown) => {
      // The next connection tries again.
      this.#on.logger?.debug('client.presence-policy', { error: String(error) })
    })
  }

  /** May people of this chat know that one types? As far as they may know that one is there. */
  allowsTyping (chat: ChatId): boolean {
    const { online, contacts, blocked } = this.#known ?? defaultPresencePolicy
    if (isPairChat(chat)) return !blocked.includes(chat) && (online === 'everyone' || (online === 'contacts' && contacts.includes(chat)))
    return isGroupChat(chat) && online === 'everyone'
  }

  isBlocked (account: AccountId): boolean { return this.#known?.blocked.includes(account) ?? false }

  async #put (policy: PresencePolicy): Promise<PresencePolicy> {
    await this.#on.link.call(clientMethods.setPresencePolicy, policyToWire(policy))
    await this.#keep(policy)
    return policy
  }

  async #keep (policy: PresencePolicy): Promise<void> {
    if (JSON.stringify(policy) === JSON.stringify(this.#known)) return
    this.#known = policy
    await this.#on.ledger.run((draft) => { draft.write(this.#tables.policy, 'policy', policy) })
  }

  #inTurn<T> (task: () => Promise<T>): Promise<T> {
    const running = this.#changing.then(task)
    this.#changing = running.catch(() => { /* told to whoever asked */ })
    return running
  }
}
