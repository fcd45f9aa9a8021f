/**
 * The parts that carry messages, put together for one account on one device.
 */
import type { Clock, Random } from '../protocol/clock.ts'
import type { Primitives } from '../protocol/e2ee/primitives.ts'
import type { Suite } from '../protocol/e2ee/suite.ts'
import type { AccountId, MessageId } from '../protocol/ids.ts'
import type { ProtocolError } from '../protocol/errors.ts'
import type { ChatId } from './chat-id.ts'
import type { ClientLogger } from './components.ts'
import type { Unaddressed } from './devices/missed.ts'
import type { Devices } from './keys/devices.ts'
import { Entries } from './messages/entries.ts'
import type { Events } from './events.ts'
import { GroupEngine } from './groups/group-engine.ts'
import type { GroupTables } from './groups/group-tables.ts'
import type { History } from './messages/history.ts'
import type { DeviceIdentity } from './keys/identity.ts'
import type { BodyTaker } from './messages/bodies.ts'
import type { ListMark } from './messages/content.ts'
import type { MessageGate } from './messages/gate.ts'
import { Inbox } from './messages/inbox.ts'
import { Keys } from './keys/keys.ts'
import type { Draft, Ledger } from './store/ledger.ts'
import { clientLimits } from './limits.ts'
import type { RelayLink } from './relay/link.ts'
import { MessageIds } from './messages/message-ids.ts'
import { timeOf } from './messages/queues.ts'
import { Outbox } from './messages/outbox.ts'
import type { PrekeyBox } from './keys/prekey-box.ts'
import { Receipts } from './messages/receipts.ts'
import { Sealer } from './messages/sealer.ts'
import { SessionBox } from './keys/session-box.ts'
import type { Tables } from './store/tables.ts'

export interface EngineComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly prekeys: PrekeyBox
  readonly link: RelayLink
  /** What is to be sent goes here. */
  readonly submitLink: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly random: Random
  readonly primitives: Primitives
  readonly suite: Suite
  readonly device: DeviceIdentity
  readonly devices: Devices
  readonly account: AccountId
  /** A message had nothing for this device in it, or nothing that can be opened. */
  readonly onUnaddressed: (draft: Draft, entry: Unaddressed) => Promise<void>
  /** These are here now. @returns where the first that other own devices were asked for stands */
  readonly onHere: (draft: Draft, chat: ChatId, ids: readonly MessageId[]) => Promise<{ readonly epoch: number, readonly seq: number } | undefined>
  /** What somebody believes of this account's devices, which is not what this device knows. */
  readonly onForeignView: (chat: ChatId, mark: ListMark) => void
  readonly groupTables: GroupTables
  readonly readReceipts: () => boolean
  readonly logger: ClientLogger | undefined
  readonly onDisowned: (error: ProtocolError) => void
}

export class Engine {
  readonly account: AccountId
  readonly keys: Keys
  readonly outbox: Outbox
  readonly inbox: Inbox
  readonly receipts: Receipts
  readonly sealer: Sealer
  readonly entries: Entries
  readonly groups: GroupEngine
  /** Parts that live on top of messages add themselves, before the first `resume`. */
  readonly takers: BodyTaker[] = []
  readonly gates: MessageGate[] = []

  /** Reads what an earlier run left. @throws ProtocolError DATABASE_CORRUPT */
  static async load (components: EngineComponents): Promise<Engine> {
    const last = await components.ledger.read(components.tables.lastId, 'last-id')
    const engine = new Engine(components, new MessageIds(components, last))
    await engine.groups.load()
    await engine.outbox.load()
    await engine.inbox.load()
    await engine.receipts.load()
    await forgetUnopened(components)
    await forgetFirstIds(components)
    return engine
  }

  private constructor (components: EngineComponents, ids: MessageIds) {
    const own = { account: components.account, device: components.device.id }
    const { devices } = components
    const sessions = new SessionBox(components)
    this.account = own.account
    this.keys = new Keys({
      ...components,
      own,
      devices,
      sessions,
      onKeys: (account, keyless) => {
        void this.#quietly('seal', account === own.account ? this.outbox.sealAllWaiting(keyless) : this.outbox.sealWaiting(account, keyless))
        this.sealer.setUnavailable(account, false)
        this.groups.onKeys(account)
      },
      onUnknown: (account, error) => { void this.#quietly('fail', this.outbox.failWaiting(account, error)) },
      onUnavailable: (account) => {
        this.sealer.setUnavailable(account, true)
        this.groups.onKeys(account)
      }
    })
    const wantKeys = (accounts: readonly AccountId[]): void => { this.keys.want(accounts) }
    // What waited for the keys of a device that is gone does not wait any more.
    devices.onChanged((draft, account) => {
      draft.after(() => { void this.#quietly('seal', account === own.account ? this.outbox.sealAllWaiting([]) : this.outbox.sealWaiting(account)) })
    })
    this.groups = new GroupEngine({
      ...components,
      own,
      sessions,
      outbox: () => this.outbox,
      entries: () => this.entries,
      wantKeys,
      refresh: async (account) => { await this.keys.refresh(account) },
      catchUp: async (chat) => { await this.inbox.catchUp(chat) },
      renewSessions: (account) => this.keys.renew(account),
      isUnavailable: (account) => this.sealer.isUnavailable(account),
      isKeyless: (device) => this.sealer.isKeyless(device),
      quietly: (what, work) => { void this.#quietly(what, work) }
    })
    this.takers.push(...this.groups.takers)
    const { groups } = this
    this.sealer = new Sealer({ ...components, own, devices, sessions, ids, groups, wantKeys })
    this.outbox = new Outbox({ ...components, link: components.submitLink, own, sealer: this.sealer, ids, groups, wantKeys, onSequenced: (placed) => { this.inbox.onSequenced(placed) } })
    devices.onChanged(async (draft, account, lists) => { await this.outbox.again.noteDevices(draft, account, lists) })
    this.receipts = new Receipts({ ...components, outbox: this.outbox })
    this.entries = new Entries({
      ...components,
      own,
      devices,
      sessions,
      outbox: this.outbox,
      receipts: this.receipts,
      groups,
      takers: this.takers,
      gates: this.gates,
      onNewerList: (account, epoch) => { void this.#quietly('refresh', this.keys.refreshTo(account, epoch)) }
    })
    this.inbox = new Inbox({
      ...components,
      entries: this.entries,
      groups,
      ownAccount: own.account,
      ownDevice: own.device,
      refresh: async (account) => { await this.keys.refresh(account) },
      epochBegan: async (draft, chat, place) => { await this.outbox.epochBegan(draft, chat, place) },
      onLost: async (chat) => { await this.#quietly('resubmit', this.outbox.resubmit(chat)) },
      onSetBack: async () => { await this.#onSetBack(components, sessions) }
    })
    this.#logger = components.logger
  }

  readonly #logger: ClientLogger | undefined

  /** The relay can be reached (again). */
  resume (): void {
    this.keys.resume()
    this.#resumeOutbox({ compared: this.inbox.resume() })
    this.receipts.resume()
    this.groups.resume()
  }

  /** Another relay takes what there is to send. */
  resumeAsGuest (): void { this.#resumeOutbox({ isGuest: true }) }

  /** What a relay has lost, or may have kept to itself, goes before what is new, so nothing is submitted until that is known. */
  #resumeOutbox ({ compared, isGuest = false }: { readonly compared?: Promise<void>, readonly isGuest?: boolean }): void {
    const release = this.outbox.hold()
    const placed = this.outbox.resume({ isGuest })
    void this.#quietly('compare', Promise.resolve(compared)).then(() => placed).then(release)
  }

  /** Another device of this account has published its first keys. */
  onOwnKeys (): void {
    this.sealer.forgetKeyless()
    this.keys.want([this.account])
  }

  stop (): void {
    this.keys.stop()
    this.outbox.stop()
    this.inbox.stop()
    this.receipts.stop()
    this.groups.stop()
  }

  /** Keys that were used since must not be used again, and others hold keys whose secrets are gone. */
  async #onSetBack ({ ledger, tables, prekeys, clock, logger }: EngineComponents, sessions: SessionBox): Promise<void> {
    const nowMs = clock.nowMs()
    await ledger.run(async (draft) => {
      const last = await draft.read(tables.setBack, 'set-back')
      // A relay could say so again and again.
      if (last !== undefined && nowMs - last.atMs < clientLimits.renewSessionsMs) return
      draft.write(tables.setBack, 'set-back', { atMs: nowMs })
      await sessions.retireAll(draft, ledger)
      await prekeys.replaceAll(draft)
      await this.groups.onSetBack(draft)
      await this.outbox.onSetBack(draft)
    }, { isFresh: true })
    logger?.warn('client.set-back')
  }

  /** Work that nobody waits for; if it fails, the next connection or restart brings it up again. */
  async #quietly (what: string, work: Promise<unknown>): Promise<void> {
    try {
      await work
    } catch (error) {
      this.#logger?.debug('client.later', { what, error: String(error) })
    }
  }
}

/** What could not be opened is kept for a while, and not without a bound. */
async function forgetUnopened ({ ledger, tables, clock }: EngineComponents): Promise<void> {
  const rows = (await ledger.range(tables.unopened, { from: '', to: '\x7f' })).sort((a, b) => b.value.atMs - a.value.atMs)
  const oldestMs = clock.nowMs() - clientLimits.unopenedKeptMs
  const gone = rows.filter(({ value }, i) => value.atMs < oldestMs || i >= clientLimits.unopenedKept)
  if (gone.length > 0) await ledger.run((draft) => { for (const { key } of gone) draft.erase(tables.unopened, key) })
}

/** The ids of messages that were sent again are of use while somebody may still ask for one of them. */
async function forgetFirstIds ({ ledger, tables, clock }: EngineComponents): Promise<void> {
  const timeOfKey = (key: string): number => timeOf(key.slice(key.indexOf('/') + 1) as MessageId)
  const keys = (await ledger.range(tables.firstIds, { from: '', to: '\x7f' })).map(({ key }) => key).sort((a, b) => timeOfKey(b) - timeOfKey(a))
  const oldestMs = clock.nowMs() - clientLimits.unopenedKeptMs
  const gone = keys.filter((key, i) => timeOfKey(key) < oldestMs || i >= clientLimits.firstIdsKept)
  if (gone.length > 0) await ledger.run((draft) => { for (const key of gone) draft.erase(tables.firstIds, key) })
}
