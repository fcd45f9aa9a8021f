/**
 * Whom local accounts let know when they are there.
 *
 * Owns: the policy of each account and what it grants to whom. Everyone until the account says otherwise.
 * Table `presence`, key `p/<account>`: PresencePolicy (wire/presence.proto).
 */
import type { AccountId } from '../../protocol/ids.ts'
import { defaultPresencePolicy, grantBits, policyFromWire, policyToWire, reciprocalBits, type Audience, type PresencePolicy } from '../../protocol/presence.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { PresencePolicy as WirePolicy } from '../../protocol/wire/gen/presence.js'
import type { Commits } from '../ports.ts'
import type { Store } from '../store/store.ts'

/** Policies in memory: 5,000, of which few have long lists. */
const maxCached = 5_000

export class Policy {
  readonly stated: PresencePolicy
  readonly #contacts: ReadonlySet<AccountId>
  readonly #blocked: ReadonlySet<AccountId>

  constructor (stated: PresencePolicy) {
    this.stated = stated
    this.#contacts = new Set(stated.contacts)
    this.#blocked = new Set(stated.blocked)
  }

  /** What `watcher`, who shares a conversation with the account, may be told of it. */
  grantTo (watcher: AccountId): number {
    if (this.#blocked.has(watcher)) return 0
    const isIn = (audience: Audience): boolean => audience === 'everyone' || (audience === 'contacts' && this.#contacts.has(watcher))
    return (isIn(this.stated.online) ? grantBits.online : 0) | (isIn(this.stated.lastSeen) ? grantBits.lastSeen : 0)
  }

  /** What the account itself may see of others. */
  get ownBits (): number { return reciprocalBits(this.stated) }
}

const usual = new Policy(defaultPresencePolicy)

export class Policies {
  readonly #store: Pick<Store, 'get'>
  readonly #commits: Pick<Commits, 'commit'>
  /** Least recently used first. */
  readonly #known = new Map<AccountId, Policy>()

  constructor ({ store, commits }: { store: Pick<Store, 'get'>, commits: Pick<Commits, 'commit'> }) {
    this.#store = store
    this.#commits = commits
  }

  /** Of a local account. */
  async of (account: AccountId): Promise<Policy> {
    const known = this.#known.get(account)
    if (known !== undefined) {
      this.#keep(account, known)
      return known
    }
    const row = await this.#store.get('presence', keyOf(account))
    const policy = this.#known.get(account) ?? (row === undefined ? usual : new Policy(policyFromWire(decode(WirePolicy, row))))
    this.#keep(account, policy)
    return policy
  }

  /** Durable when it resolves. @throws ProtocolError TOO_MANY, STORAGE_FULL, … */
  async put (account: AccountId, stated: PresencePolicy): Promise<Policy> {
    await this.#commits.commit([{ op: 'put', table: 'presence', key: keyOf(account), value: encode(WirePolicy, policyToWire(stated)) }])
    const policy = new Policy(stated)
    this.#keep(account, policy)
    return policy
  }

  #keep (account: AccountId, policy: Policy): void {
    this.#known.delete(account)
    if (this.#known.size >= maxCached) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(account, policy)
  }
}

const keyOf = (account: AccountId): string => `p/${account}`
