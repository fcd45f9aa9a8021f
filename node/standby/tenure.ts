/**
 * Since when this relay is an account's primary home without interruption. A new record that names it again (another standby, another
 * region) is a new epoch, but nobody else can have numbered the account's logs in between: they go on at once.
 *
 * Owns: rows `t/<account>`, of accounts whose record was renewed here. Losing one costs a question to the other homes.
 */
import type { Conversation } from '../../protocol/conversation.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { logEpochOf } from '../../protocol/groups/anchor.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Commits, Homes, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { decodeU32, drop, encodeU32, put, tenureKey } from './shadow-rows.ts'

export interface TenureComponents {
  store: Pick<Store, 'scan'>
  commits: Pick<Commits, 'commit'>
  homes: Pick<Homes, 'self' | 'cached'>
  logger: Logger
}

export class Tenure {
  readonly #c: TenureComponents
  readonly #since = new Map<AccountId, number>()

  constructor (components: TenureComponents) { this.#c = components }

  async load (): Promise<void> {
    for await (const { key, value } of this.#c.store.scan('standby', 't/')) this.#since.set(key.slice(2) as AccountId, decodeU32(value))
  }

  /** A newer record than `before` is known. */
  moved (account: AccountId, before: SignedHomeRecord): void {
    const { homes } = this.#c
    const isStill = before.homes[0] === homes.self && homes.cached(account)?.homes[0] === homes.self
    if (isStill && !this.#since.has(account)) {
      this.#since.set(account, before.epoch)
      this.#write(account, before.epoch)
    } else if (!isStill) this.end(account)
  }

  /** It lives elsewhere, or is back from a backup: from now on the epoch of its record counts. */
  end (account: AccountId): void { if (this.#since.delete(account)) this.#write(account, undefined) }

  #write (account: AccountId, since: number | undefined): void {
    const key = tenureKey(account)
    this.#c.commits.commit([since === undefined ? drop(key) : put(key, encodeU32(since))]).catch((error: unknown) => { this.#c.logger.warn('standby.tenure', {}, error) })
  }

  /** undefined: since its newest record. */
  sinceOf (account: AccountId): number | undefined { return this.#since.get(account) }

  /** Can nobody else have numbered this log, whose newest entry is of `logEpoch`? Of a group that was never re-anchored. */
  covers (conversation: Conversation, logEpoch: number): boolean {
    const since = this.#since.get(conversation.anchor)
    if (since === undefined) return false
    return since === 1 || (logEpoch > 0 && logEpoch >= logEpochOf(conversation, undefined, since))
  }
}
