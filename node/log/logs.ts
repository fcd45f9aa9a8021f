/**
 * The conversation logs that are in memory: loaded from the store when needed, forgotten when idle and many.
 *
 * Owns: one Log object per conversation at most, its loading and dropping. Bound: maxLogs, beyond which idle ones go.
 */
import { conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { Groups } from '../groups/groups.ts'
import type { GroupEffect } from '../groups/group.ts'
import { Log, type TailBudget } from './log.ts'
import type { Meter } from '../watch/meter.ts'
import type { Placement } from './placement.ts'
import type { Seen, Store } from '../store/store.ts'

export interface LogsConfig {
  /** Logs kept in memory although idle. 20,000 at about 1 KiB: 20 MiB. Four members of a group count as one more. */
  readonly maxLogs: number
  /** Bytes of recent entries kept for followers that are about to take them. */
  readonly tailBytes: number
}

export const logsDefaults: LogsConfig = { maxLogs: 20_000, tailBytes: 32 * 1024 * 1024 }

/** A member of a group in memory takes about 200 bytes. */
const weightOf = ({ group }: Log): number => 1 + (group === undefined ? 0 : group.state.members.size >> 2)

type LogStore = Pick<Store, 'openLog' | 'highestMessage' | 'findMessage'>

export class Logs {
  readonly #store: LogStore
  readonly #placement: Pick<Placement, 'members' | 'localMembers' | 'groupOf'>
  readonly #groups: Pick<Groups, 'read' | 'open' | 'forget' | 'withMember'>
  readonly #config: LogsConfig
  /** Oldest use first, roughly: a second chance instead of reordering at every use. */
  readonly #loaded = new Map<ConversationId, Log>()
  readonly #byMember = new Map<AccountId, Set<Log>>()
  readonly #loading = new Map<ConversationId, Promise<Log>>()
  readonly #budget: TailBudget
  readonly #onLoad: Array<(log: Log) => void> = []
  readonly #onChange: Array<(log: Log, effect: GroupEffect) => void> = []
  #weight = 0

  constructor (components: { store: LogStore, placement: Pick<Placement, 'members' | 'localMembers' | 'groupOf'>, groups: Pick<Groups, 'read' | 'open' | 'forget' | 'withMember'>, meter: Meter }, config: LogsConfig) {
    this.#store = components.store
    this.#placement = components.placement
    this.#groups = components.groups
    this.#config = config
    this.#budget = { usedBytes: 0, maxBytes: config.tailBytes }
    components.meter.gauge('heliograph_logs_loaded', 'conversation logs in memory', () => this.#loaded.size)
    components.meter.gauge('heliograph_logs_tail_bytes', 'recent entries in memory', () => this.#budget.usedBytes)
  }

  /** Called with every log that comes into memory, before anybody else has it: attach followers here. */
  onLoad (listener: (log: Log) => void): void { this.#onLoad.push(listener) }

  get loaded (): Iterable<Log> { return this.#loaded.values() }

  /** Logs in memory of which the account, which lives here, may have something. */
  loadedOf (account: AccountId): Iterable<Log> { return this.#byMember.get(account) ?? [] }

  /** Does this log in memory know that the account lives here? */
  isOf (log: Log, account: AccountId): boolean { return this.#byMember.get(account)?.has(log) === true }

  /** Logs in memory in which this account has a part, wherever it lives. */
  loadedWith (account: AccountId): Log[] {
    const logs = new Set(this.#byMember.get(account))
    for (const id of this.#groups.withMember(account)) {
      const log = this.#loaded.get(id)
      if (log !== undefined) logs.add(log)
    }
    return [...logs]
  }

  /** A change of a group's members was put into its log: whoever follows it for them is told. */
  changed (log: Log, effect: GroupEffect): void {
    for (const account of effect.joined) this.#index(account, log)
    this.#weight += weightOf(log) - log.weight
    log.weight = weightOf(log)
    for (const listener of this.#onChange) listener(log, effect)
  }

  /** The account has no part in it any more. */
  left (log: Log, account: AccountId): void { this.#unindex(account, log) }

  onChange (listener: (log: Log, effect: GroupEffect) => void): void { this.#onChange.push(listener) }

  /** In memory already? */
  peek (id: ConversationId): Log | undefined {
    const log = this.#loaded.get(id)
    if (log !== undefined) log.isRecent = true
    return log
  }

  load (conversation: Conversation): Promise<Log> {
    const known = this.peek(conversation.id)
    if (known !== undefined) return Promise.resolve(known)
    const loading = this.#loading.get(conversation.id)
    if (loading !== undefined) return loading
    const promise = this.#open(conversation)
    this.#loading.set(conversation.id, promise)
    return promise
  }

  async #open (conversation: Conversation): Promise<Log> {
    try {
      const [state, rows] = await Promise.all([this.#store.openLog(conversation.id), conversation.kind === 'group' ? this.#groups.read(conversation) : undefined])
      const log = new Log(conversation, state, this.#budget, rows === undefined ? undefined : this.#groups.open(rows))
      this.#add(log)
      for (const listener of this.#onLoad) listener(log)
      this.#evict(log)
      return log
    } finally {
      this.#loading.delete(conversation.id)
    }
  }

  loadId (id: ConversationId): Promise<Log> { return this.load(conversationFromId(id)) }

  /** So that `log.isNew` can answer for this sender. */
  async loadMark (log: Log, sender: DeviceId): Promise<void> {
    while (!log.hasMark(sender)) {
      const { remembrances } = log
      const highest = await this.#store.highestMessage(log.conversation.id, sender)
      if (remembrances === log.remembrances) log.setMark(sender, highest)
    }
  }

  findMessage (log: Log, sender: DeviceId, messageId: MessageId): Promise<Seen | undefined> {
    return this.#store.findMessage(log.conversation.id, sender, messageId)
  }

  /** Forget what memory says of this log, because the disk said otherwise or its role has changed; it is loaded again when needed. */
  drop (log: Log): void {
    if (log.isDropped) return
    this.#remove(log)
    const isFollowed = log.followers.length > 0
    log.drop()
    // Whoever followed it is waiting for what comes next: back into memory, with new followers.
    if (isFollowed) this.load(log.conversation).catch(() => { /* the store is in trouble and said so; the next use loads it */ })
  }

  /**
   * As `drop`, because roles have changed; what is on its way to the disk, or will be, gets there first, else the log would be
   * loaded without it, and its numbers given twice.
   */
  reset (log: Log): void {
    if (log.isDurable) this.drop(log)
    // More may have come by then. What the disk does not take is dropped by whoever wrote it.
    // Whoever has waited for the commit goes first: they still have this object.
    else if (!log.isDropped) log.settled().then(async () => { await log.committing }).then(() => { this.reset(log) }, () => { /* it never rejects */ })
  }

  /** What memory is ahead by is on its way to the disk. @throws what `done` rejects with; the log is dropped then */
  async written (log: Log, done: Promise<void>): Promise<void> {
    const { head } = log
    log.committing = done.catch(() => { /* told below; who waits for it sees the dropped log */ })
    try {
      await done
    } catch (error) {
      this.drop(log)
      throw error
    }
    log.committed(head)
  }

  #add (log: Log): void {
    this.#loaded.set(log.conversation.id, log)
    log.weight = weightOf(log)
    this.#weight += log.weight
    for (const account of this.#indexed(log)) this.#index(account, log)
  }

  /** Accounts that a log is found by: both people of a pair; of a group those that live here, or did and wait for its last entry. */
  #indexed ({ conversation, group }: Log): readonly AccountId[] {
    return group === undefined ? this.#placement.members(conversation) : [...group.locals, ...group.leaving.keys()]
  }

  #index (account: AccountId, log: Log): void {
    const logs = this.#byMember.get(account)
    if (logs === undefined) this.#byMember.set(account, new Set([log]))
    else logs.add(log)
  }

  #remove (log: Log): void {
    this.#loaded.delete(log.conversation.id)
    this.#weight -= log.weight
    if (log.group !== undefined) this.#groups.forget(log.conversation.id)
    for (const member of this.#indexed(log)) this.#unindex(member, log)
  }

  #unindex (account: AccountId, log: Log): void {
    const logs = this.#byMember.get(account)
    logs?.delete(log)
    if (logs?.size === 0) this.#byMember.delete(account)
  }

  #evict (justLoaded: Log): void {
    // A few looks per load: each one either frees a place or gives a second chance.
    for (let looks = 0; looks < 8 && this.#weight > this.#config.maxLogs && this.#loaded.size > 1; looks++) {
      const [id, log] = this.#loaded.entries().next().value!
      if (log === justLoaded || log.isRecent || !log.isIdle) {
        log.isRecent = false
        this.#loaded.delete(id)
        this.#loaded.set(id, log)
      } else {
        this.#remove(log)
        log.drop()
      }
    }
  }
}
