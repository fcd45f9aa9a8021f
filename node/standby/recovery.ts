/**
 * A relay that comes back does not know whether its database is the newest: the account may have moved, or the disk is a copy of
 * last week's. Accounts that had a standby are asked about there before they are served, and what the standby has more of their logs
 * is taken back before a number is given.
 *
 * Owns: which accounts and logs are not looked at yet since the start. Ends for each after a time: a relay whose standby is gone, too,
 * serves what it has. Spec: docs/protocol/standby.md, coming back
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Conversation, ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits, storageLimits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import type { ShipAnswer, ShipLog } from '../../protocol/wire/gen/standby.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Groups } from '../groups/groups.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { OutboxQueue, Outboxes } from '../log/outbox.ts'
import type { Placement } from '../log/placement.ts'
import type { Memo } from '../log/submission.ts'
import type { SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { withoutOneTime } from '../people/prekeys.ts'
import type { Commits, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { checkEnvelope, checkNumber } from './shadow-checks.ts'
import type { Shipping } from './shipping.ts'
import { appendEntry, itemOf, senderOf } from './takeover.ts'
import { refillOutbox } from './outbox-refill.ts'

/** Accounts asked about in one request. */
const askedTogether = 256
/** Far beyond every position: only entries are asked for. */
const noItems = 2 ** 48

export interface RecoveryComponents {
  store: Pick<Store, 'scan' | 'findMessage'>
  commits: Pick<Commits, 'commit'>
  homes: { askNewest (account: AccountId, options: { signal: AbortSignal }): Promise<SignedHomeRecord | undefined> }
  links: Links
  logs: Logs
  outboxes: Outboxes
  placement: Pick<Placement, 'epochOf' | 'isHome' | 'isSequencer'>
  groups: Groups
  shipping: () => Shipping
  clock: Clock
  logger: Logger
  meter: Meter
  queued (queue: OutboxQueue): void
}

export class Recovery {
  readonly #c: RecoveryComponents
  /** Accounts that are not served yet. */
  readonly #asking = new Map<AccountId, Promise<void>>()
  /** Accounts whose logs are compared with the standby's before they are numbered. */
  readonly #suspect = new Set<AccountId>()
  readonly #compared = new Set<ConversationId>()
  readonly #restored
  readonly #begun = Promise.withResolvers<void>()
  #isStopped = false

  constructor (components: RecoveryComponents) {
    this.#c = components
    this.#restored = components.meter.counter('heliograph_standby_restored_total', 'what this relay had lost and a standby has given back, by kind', ['kind'])
  }

  /** @param accounts that had a standby when this relay stopped: not served before `begin` has heard of them */
  hold (accounts: readonly AccountId[]): void {
    for (const account of accounts) {
      this.#suspect.add(account)
      this.#asking.set(account, this.#begun.promise)
    }
  }

  /** Its rows came from a backup: what the standby has counts as newer. */
  suspect (account: AccountId): void { if (this.#c.shipping().standbyOf(account) !== undefined) this.#suspect.add(account) }

  /** Other relays can be reached from now on. */
  begin (): void {
    const byStandby = new Map<RelayId, AccountId[]>()
    for (const account of this.#asking.keys()) {
      const standby = this.#c.shipping().standbyOf(account)
      if (standby === undefined) { this.#asking.delete(account); continue }
      const known = byStandby.get(standby)
      if (known === undefined) byStandby.set(standby, [account])
      else known.push(account)
    }
    for (const [standby, all] of byStandby) {
      for (let at = 0; at < all.length; at += askedTogether) {
        const some = all.slice(at, at + askedTogether)
        const asking = this.#ask(standby, some).finally(() => { for (const account of some) this.#asking.delete(account) })
        for (const account of some) this.#asking.set(account, asking)
      }
    }
    this.#begun.resolve()
  }

  /** Resolves when the account may be served; undefined: now. */
  mayServe (account: AccountId): Promise<void> | undefined {
    const asking = this.#asking.get(account)
    return asking === this.#begun.promise ? asking.then(() => this.mayServe(account)) : asking
  }

  /** The standby's word on newer records; when it is silent, the DHT's. Never rejects. */
  async #ask (standby: RelayId, accounts: readonly AccountId[]): Promise<void> {
    const { clock, homes, links, logger } = this.#c
    const limit = deadline(clock, limits.standbyAckTimeoutMs)
    try {
      const channel = await links.channelTo(standby, { signal: limit.signal })
      const { homeRecords } = await channel.call(relayMethods.standbyHomes, { accounts: accounts.map(accountIdToBytes) }, { signal: limit.signal })
      for (const record of homeRecords) links.learn(record)
      return
    } catch (error) {
      logger.debug('standby.ask-homes', { accounts: accounts.length }, error)
    } finally {
      limit.cancel()
    }
    const dht = deadline(clock, limits.standbyAckTimeoutMs)
    // Of very many the DHT is asked one after the other anyway, when their records are published again.
    await Promise.allSettled(accounts.slice(0, 16).map(async (account) => { await homes.askNewest(account, { signal: dht.signal }) }))
    dht.cancel()
  }

  /** May this log be numbered, as far as the standby is concerned? */
  isCompared ({ anchor, id }: Conversation): boolean {
    if (this.#suspect.size === 0 || !this.#suspect.has(anchor)) return true
    if (this.#c.shipping().shipperOf(anchor)?.isFilledFor(anchor) === true) {
      this.#suspect.delete(anchor)
      return true
    }
    return this.#compared.has(id)
  }

  /** Look what the standby has of it. Resolves after `standbyAckTimeoutMs` at the latest: then this relay goes on with what it has. */
  async compare ({ anchor, id }: Conversation): Promise<void> {
    const shipper = this.#c.shipping().shipperOf(anchor)
    if (this.#compared.has(id) || this.#isStopped) return
    if (shipper !== undefined) {
      const limit = deadline(this.#c.clock, limits.standbyAckTimeoutMs)
      const late = new Promise<void>((resolve) => { limit.signal.addEventListener('abort', () => { resolve() }, { once: true }) })
      await Promise.race([shipper.compare(id, anchor), late])
      limit.cancel()
    }
    this.#compared.add(id)
  }

  /** Before the standby's copy is made what stands here: what only the standby has comes back. @throws ProtocolError */
  async beforeFill (id: ConversationId, account: AccountId, channel: Channel, answer: ShipAnswer): Promise<void> {
    if (!this.#suspect.has(account) || this.#compared.has(id)) return
    const log = await this.#c.logs.loadId(id)
    if (answer.head > log.head) await this.#restoreEntries(log, account, channel, answer.head)
    await this.#restoreItems(log, account, channel)
    if (this.#compared.size > 200_000) this.#compared.clear()
    this.#compared.add(id)
  }

  /**
   * [REJECT] a standby gives back what it was shipped, and no more: of this log, as far as it has said that it goes, under no
   * epoch that nobody has signed. @returns bytes of its envelopes. @throws ProtocolError
   */
  #checkPart (conversation: Conversation, { entries, items, skipThrough, skipEpoch }: ShipLog, head: number, fromPosition: number): number {
    const { placement } = this.#c
    const memo: Memo = {}
    const most = placement.isSequencer(conversation) ? placement.epochOf(conversation) : Infinity
    if (checkNumber(skipThrough) > head || (skipThrough > 0 && skipEpoch > most)) throw malformed()
    let bytes = 0
    for (const entry of entries) {
      if (checkNumber(entry.seq) > head || entry.epoch > most) throw malformed()
      checkEnvelope(entry, conversation, memo)
      bytes += entry.envelope.byteLength
    }
    let after = fromPosition - 1
    for (const item of items) {
      const { position, envelope } = item
      checkEnvelope(item, conversation, memo)
      // What waited here was written by people of this relay.
      if (checkNumber(position) <= after || !placement.isHome(senderOf(envelope))) throw malformed()
      after = position
      bytes += envelope.byteLength
    }
    return bytes
  }

  async #restoreEntries ({ conversation, head: mine }: Log, account: AccountId, channel: Channel, head: number): Promise<void> {
    const { groups, logs, logger } = this.#c
    const { id } = conversation
    logger.warn('standby.rolled-back', { head: mine, standby: head })
    await this.#forgetOneTimePrekeys(account)
    for (let bytes = 0; ;) {
      // It may have gone from memory, and come back.
      const log = await logs.loadId(id)
      if (log.head >= head) return
      const part = await channel.call(relayMethods.readShipped, { conversation: conversation.bytes, account: accountIdToBytes(account), fromSeq: log.head + 1, fromPosition: noItems })
      bytes += this.#checkPart(conversation, part, head, 0)
      if (bytes > storageLimits.groupBytes) throw malformed()
      const writes: Write[] = []
      if (log.isDropped) continue
      if (part.skipThrough > log.head && log.head === log.durableHead) {
        log.skipTo(part.skipThrough, part.skipEpoch)
        writes.push({ op: 'skip', log: conversation.id, epoch: part.skipEpoch, throughSeq: part.skipThrough })
      }
      for (const { seq, epoch, storedAtMs, expiresAtMs, envelope } of part.entries) {
        if (seq !== log.head + 1 || epoch < log.epoch || log.isDropped) continue
        appendEntry(log, { seq, epoch, ...itemOf({ epoch, storedAtMs, expiresAtMs, envelope: Buffer.from(envelope) }) }, { groups, logs, writes })
      }
      if (writes.length === 0) return
      await this.#c.logs.written(log, this.#c.commits.commit(writes))
      this.#restored.inc(part.entries.length, { kind: 'entry' })
    }
  }

  /** They may have been handed out by the life of this database that is lost. */
  async #forgetOneTimePrekeys (account: AccountId): Promise<void> {
    const writes: Write[] = []
    for await (const { key, value } of this.#c.store.scan('prekey', `${account}/`)) {
      if (key.endsWith('/once') && value.byteLength > 4) writes.push({ op: 'put', table: 'prekey', key, value: withoutOneTime(value) })
    }
    if (writes.length > 0) await this.#c.commits.commit(writes)
  }

  async #restoreItems ({ conversation }: Log, account: AccountId, channel: Channel): Promise<void> {
    for (let from = 1, bytes = 0; ;) {
      const part = await channel.call(relayMethods.readShipped, { conversation: conversation.bytes, account: accountIdToBytes(account), fromSeq: noItems, fromPosition: from })
      const { items } = part
      bytes += this.#checkPart(conversation, part, Infinity, from)
      if (bytes > storageLimits.groupBytes) throw malformed()
      const last = items.at(-1)
      if (last === undefined) return
      from = last.position + 1
      const envelopes = items.map(({ storedAtMs, expiresAtMs, envelope }) => itemOf({ epoch: 0, storedAtMs, expiresAtMs, envelope: Buffer.from(envelope) }))
      const filled = await refillOutbox(this.#c, conversation, envelopes)
      if (filled === undefined) continue
      this.#restored.inc(filled.count, { kind: 'outbox' })
      this.#c.queued(filled.queue)
    }
  }

  /** A relay asks for the newest home records of accounts that it may have missed. */
  static async recordsOf (accounts: readonly AccountId[], known: (account: AccountId) => Promise<SignedHomeRecord | undefined>): Promise<Uint8Array[]> {
    const records = await Promise.all(accounts.map(known))
    return records.flatMap((record) => record === undefined ? [] : [record.bytes])
  }

  stop (): void {
    this.#isStopped = true
    this.#asking.clear()
    this.#begun.resolve()
  }
}

const malformed = (): ProtocolError => new ProtocolError('MALFORMED', { what: 'what a standby gives back' })
