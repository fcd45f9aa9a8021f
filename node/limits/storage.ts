/**
 * How much of the disk whom is given: accounts for what waits for them and for what they have sent that nobody has, groups,
 * and relays for what is kept here because they number it.
 *
 * Owns: an estimate in bytes for each conversation and who pays for it, sums per payer, what is refused. Nothing is written:
 * after a restart a conversation's bytes are its number of entries, which the store knows, times the size of the first few.
 * Of an account everything that it pays for is looked at once, before the first envelope that it must pay for.
 * Does not know: who may write where, when something is trimmed (progress.ts says so). Spec: docs/protocol/limits.md
 */
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromId, type Conversation, type ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { storageLimits } from '../../protocol/limits.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'

export type StorageLimits = { readonly [Limit in keyof typeof storageLimits]: number }

export interface StorageComponents {
  store: Pick<Store, 'logsOf' | 'openLog' | 'readLog'>
  placement: Pick<Placement, 'isHome' | 'isSequencer' | 'localMembers' | 'members' | 'devicesOf' | 'primaryOf' | 'anchorOf'>
  logs: Pick<Logs, 'peek' | 'loadMark'>
  outboxes: Pick<Outboxes, 'peek'>
  clock: Clock
  meter: Meter
}

/** One conversation. */
interface Held {
  bytes: number
  payers: readonly string[]
  /** Local people who have never written here: they have not said that they want any of it. */
  strangersTo: readonly AccountId[]
  /** Who they are was looked up: done when the conversation is used, not when its account is. */
  isWhole: boolean
  atMs: number
}

/** Entries of which the mean size is taken for all. */
const sampleEntries = 16
const sampleBytes = 64 * 1024
/** What nobody looked at for this long may have expired meanwhile: counted anew before somebody is refused. */
const staleMs = 10 * 60_000
const retryAfterMs = 60_000
/** Conversations and accounts that are remembered; what is forgotten is counted again when needed. */
const maxConversations = 100_000
const maxAccounts = 50_000
/** Conversations of one account that are looked at together. */
const together = 16

export class Storage {
  readonly #c: StorageComponents
  readonly #limits: StorageLimits
  /** Least recently counted first. */
  readonly #held = new Map<ConversationId, Held>()
  readonly #sums = new Map<string, number>()
  readonly #counted = new Set<AccountId>()
  readonly #counting = new Map<AccountId, Promise<void>>()
  readonly #refused

  constructor (components: StorageComponents, limits: Partial<StorageLimits> = {}) {
    this.#c = components
    this.#limits = { ...storageLimits, ...limits }
    const { meter } = components
    this.#refused = meter.counter('heliograph_storage_refused_total', 'envelopes refused because somebody\'s part of the disk is used up, by whose', ['whose'])
    // From 0 on, so that the first one is seen to have been added.
    for (const whose of ['account', 'strangers', 'group', 'founder', 'relay']) this.#refused.inc(0, { whose })
    meter.gauge('heliograph_storage_waiting_bytes', 'estimate of what waits in conversations that were used lately', () => {
      let bytes = 0
      for (const held of this.#held.values()) bytes += held.bytes
      return bytes
    })
  }

  /** What a payer has, as far as it was counted: `account:…`, `strangers:…`, `group:…`, `relay:…`. */
  usedBy (payer: string): number { return this.#sums.get(payer) ?? 0 }
  bytesOf (conversation: ConversationId): number { return this.#held.get(conversation)?.bytes ?? 0 }

  /** Everything is counted that `check` needs. */
  isReady (log: Log): boolean {
    return this.#held.get(log.conversation.id)?.isWhole === true && this.#mustPay(log.conversation).every((account) => this.#counted.has(account))
  }

  async prepare (log: Log): Promise<void> {
    await Promise.all(this.#mustPay(log.conversation).map((account) => this.#countAccount(account)))
    if (this.#held.get(log.conversation.id)?.isWhole !== true) await this.#count(log.conversation)
  }

  /**
   * May `bytes` more be kept? Called in the turn in which they are added.
   * @param sender of an envelope that comes in; undefined: an entry of a replica
   * @throws ProtocolError MAILBOX_FULL with retryAfterMs
   */
  check ({ conversation }: Log, bytes: number, sender?: AccountId): void {
    const held = this.#held.get(conversation.id)
    if (held === undefined) return
    const { strangerBytes, strangersBytes } = this.#limits
    // Who writes for the first time wants what is here from now on.
    const strangersTo = sender === undefined ? held.strangersTo : held.strangersTo.filter((account) => account !== sender)
    for (const account of strangersTo) {
      if (held.bytes + bytes > strangerBytes || this.usedBy(`strangers:${account}`) + bytes > strangersBytes) this.#refuse(conversation, held, 'strangers')
    }
    for (const payer of held.payers) {
      const [kind] = payer.split(':', 1) as ['account' | 'group' | 'founder' | 'relay']
      if (this.usedBy(payer) + bytes > this.#limits[`${kind}Bytes`]) this.#refuse(conversation, held, kind)
    }
  }

  /** @throws ProtocolError MAILBOX_FULL */
  #refuse ({ id }: Conversation, held: Held, whose: string): never {
    this.#refused.inc(1, { whose })
    // Counted again before the next one is refused: some of it may have expired.
    if (this.#c.clock.nowMs() - held.atMs > staleMs) {
      this.forget(id)
      for (const payer of held.payers) if (payer.startsWith('account:')) this.#counted.delete(payer.slice('account:'.length) as AccountId)
    }
    throw new ProtocolError('MAILBOX_FULL', { retryAfterMs })
  }

  /** `bytes` were added to the log or to the outbox; by `sender`, when that is somebody of this relay. */
  added ({ conversation }: Log, bytes: number, sender?: AccountId): void {
    const held = this.#held.get(conversation.id)
    if (held === undefined) return
    if (sender !== undefined && held.strangersTo.includes(sender)) {
      this.#change(held, -held.bytes)
      held.strangersTo = held.strangersTo.filter((account) => account !== sender)
      this.#change(held, held.bytes)
    }
    this.#change(held, bytes)
    held.bytes += bytes
  }

  /** Of `entries` that were kept `gone` are gone: their part of the bytes. */
  removed ({ id }: Conversation, { gone, entries }: { gone: number, entries: number }): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    const left = gone >= entries ? 0 : Math.round(held.bytes * (1 - gone / entries))
    this.#change(held, left - held.bytes)
    held.bytes = left
  }

  #change ({ payers, strangersTo }: Held, by: number): void {
    const add = (payer: string): void => {
      const sum = (this.#sums.get(payer) ?? 0) + by
      if (sum > 0) this.#sums.set(payer, sum)
      else this.#sums.delete(payer)
    }
    for (const payer of payers) add(payer)
    for (const account of strangersTo) add(`strangers:${account}`)
  }

  /** Who pays may be somebody else now, or what was added was not: counted anew when it is used next. */
  forget (id: ConversationId): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    this.#change(held, -held.bytes)
    this.#held.delete(id)
  }

  /** Accounts here whose own sums decide: both people of a pair; of a group whoever founded it. */
  #mustPay (conversation: Conversation): readonly AccountId[] {
    const { placement } = this.#c
    if (conversation.kind !== 'group') return placement.localMembers(conversation)
    const anchor = placement.anchorOf(conversation)
    return placement.isHome(anchor) ? [anchor] : []
  }

  #payers (conversation: Conversation): string[] {
    const { placement } = this.#c
    const payers = conversation.kind === 'group'
      ? [`group:${conversation.id}`, ...this.#mustPay(conversation).map((account) => `founder:${account}`)]
      : this.#mustPay(conversation).map((account) => `account:${account}`)
    const relay = placement.isSequencer(conversation) ? undefined : placement.primaryOf(placement.anchorOf(conversation))
    return relay === undefined ? payers : [...payers, `relay:${relay}`]
  }

  async #countAccount (account: AccountId): Promise<void> {
    if (this.#counted.has(account)) return
    const underWay = this.#counting.get(account)
    if (underWay !== undefined) { await underWay; return }
    const counting = (async () => {
      const ids = await this.#c.store.logsOf(account)
      for (let at = 0; at < ids.length; at += together) {
        await Promise.all(ids.slice(at, at + together).map(async (id) => { if (!this.#held.has(id)) await this.#count(conversationFromId(id)) }))
      }
      if (this.#counted.size >= maxAccounts) for (const oldest of this.#counted) { this.#counted.delete(oldest); break }
      this.#counted.add(account)
    })()
    this.#counting.set(account, counting)
    try {
      await counting
    } finally {
      this.#counting.delete(account)
    }
  }

  async #count (conversation: Conversation): Promise<void> {
    const bytes = await this.#estimate(conversation)
    const strangersTo = await this.#strangersTo(conversation)
    // Somebody else may have counted it meanwhile, and added to it.
    const known = this.#held.get(conversation.id)
    if (known !== undefined) {
      if (!known.isWhole && strangersTo !== undefined) {
        this.#change(known, -known.bytes)
        Object.assign(known, { strangersTo, isWhole: true })
        this.#change(known, known.bytes)
      }
      return
    }
    if (this.#held.size >= maxConversations) this.#forgetOne()
    const held: Held = { bytes, payers: this.#payers(conversation), strangersTo: strangersTo ?? [], isWhole: strangersTo !== undefined, atMs: this.#c.clock.nowMs() }
    this.#held.set(conversation.id, held)
    this.#change(held, bytes)
  }

  /** An empty one first, if there is one among the oldest. */
  #forgetOne (): void {
    let looked = 0
    for (const [id, held] of this.#held) {
      if (held.bytes > 0 && ++looked < 64) continue
      this.forget(id)
      return
    }
  }

  async #estimate ({ id }: Conversation): Promise<number> {
    const { logs, outboxes, store } = this.#c
    const loaded = logs.peek(id)
    const head = loaded ?? await store.openLog(id)
    const waiting = outboxes.peek(id)?.size ?? 0
    const entries = head === undefined ? 0 : Math.max(0, (loaded?.durableHead ?? head.head) - head.first + 1)
    if (entries === 0) return waiting * 1024
    let sample: Array<{ envelope: Uint8Array }>
    try {
      sample = await store.readLog(id, head!.first, { maxEntries: sampleEntries, maxBytes: sampleBytes })
    } catch {
      // Damaged: it is repaired or expires; a kilobyte each is near enough until then.
      sample = []
    }
    const mean = sample.length === 0 ? 1024 : sample.reduce((sum, { envelope }) => sum + envelope.byteLength, 0) / sample.length
    return Math.round((entries + waiting) * mean)
  }

  /** undefined: not in memory, so nobody writes there now, and its bytes count for the account alone. */
  async #strangersTo (conversation: Conversation): Promise<AccountId[] | undefined> {
    const { logs, placement } = this.#c
    if (conversation.kind !== 'pair') return []
    const log = logs.peek(conversation.id)
    if (log === undefined) return undefined
    const out: AccountId[] = []
    for (const account of placement.localMembers(conversation)) {
      const devices = placement.devicesOf(account)
      await Promise.all(devices.map((device) => logs.loadMark(log, device)))
      if (!devices.some((device) => log.hasWritten(device))) out.push(account)
    }
    return out
  }
}
