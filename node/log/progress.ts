/**
 * What has arrived where: cursors of devices and positions of replicas, written down lazily, and the trimming that follows.
 *
 * Owns: gathering changes for a moment and writing each once. Losing the last moment in a crash only means that some
 * entries are delivered again, which is harmless. Nothing is trimmed before everybody has it.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, RelayId } from '../../protocol/ids.ts'
import type { LazyWrite } from '../store/commit.ts'
import type { Groups } from '../groups/groups.ts'
import type { Storage } from '../limits/storage.ts'
import type { Log } from './log.ts'
import type { Logs } from './logs.ts'
import type { Meter } from '../watch/meter.ts'
import type { Placement } from './placement.ts'
import type { Commits, Logger } from '../ports.ts'

/** How long changes are gathered. */
const gatherMs = 500

type Placing = Pick<Placement, 'spanOf' | 'devicesOf' | 'localMembers'>

/** The device has everything up to here that is for its account; Infinity: it needs nothing of this log. */
function deviceHas ({ conversation, cursors }: Log, account: AccountId, device: DeviceId, placement: Placing): number {
  const span = placement.spanOf(conversation, account)
  if (span === undefined) return Infinity
  const has = Math.max(cursors.get(device) ?? 0, span.first - 1)
  return has >= span.last ? Infinity : has
}

/** Everybody who lives here has what is for them up to here, on every device. */
export function hadThrough (log: Log, placement: Placing): number {
  let through = Infinity
  for (const account of placement.localMembers(log.conversation)) for (const device of placement.devicesOf(account)) through = Math.min(through, deviceHas(log, account, device, placement))
  return through
}

interface Changed { readonly devices: Set<DeviceId>, readonly relays: Set<RelayId> }

export class Progress {
  readonly #clock: Clock
  readonly #commits: Commits
  readonly #placement: Placement
  readonly #groups: Groups
  readonly #logs: Logs
  readonly #logger: Logger
  readonly #trimmed
  readonly #storage: Pick<Storage, 'removed'> | undefined
  /** A log that is being taken over: whose devices need it is not known here yet. */
  readonly #isBeingTaken: (log: Log) => boolean
  #changed = new Map<Log, Changed>()
  #timer: Timer | undefined

  constructor (components: { clock: Clock, commits: Commits, placement: Placement, groups: Groups, logs: Logs, meter: Meter, logger: Logger, storage?: Pick<Storage, 'removed'>, standby?: { isTaking (id: ConversationId): boolean } | undefined }) {
    this.#storage = components.storage
    this.#isBeingTaken = ({ conversation }) => components.standby?.isTaking(conversation.id) === true
    this.#clock = components.clock
    this.#commits = components.commits
    this.#placement = components.placement
    this.#groups = components.groups
    this.#logs = components.logs
    this.#logger = components.logger
    this.#trimmed = components.meter.counter('heliograph_log_trimmed_total', 'entries dropped because everybody has them')
  }

  /** A local device has everything up to `seq`. */
  acknowledged (log: Log, device: DeviceId, seq: number): void {
    const upTo = Math.min(seq, log.durableHead)
    if (upTo <= (log.cursors.get(device) ?? 0)) return
    log.cursors.set(device, upTo)
    this.#note(log).devices.add(device)
  }

  /** Whoever held it may not do so any more, without acknowledging anything: see whether anything is still kept. */
  look (log: Log): void { this.#note(log) }

  /** Another relay's replica has everything up to `seq`. */
  replicated (log: Log, relay: RelayId, seq: number): void {
    const upTo = Math.min(seq, log.durableHead)
    if (upTo <= (log.replicas.get(relay) ?? -1)) return
    log.replicas.set(relay, upTo)
    this.#note(log).relays.add(relay)
  }

  #note (log: Log): Changed {
    this.#timer ??= this.#clock.after(gatherMs, () => { this.flush() })
    let changed = this.#changed.get(log)
    if (changed === undefined) {
      changed = { devices: new Set(), relays: new Set() }
      this.#changed.set(log, changed)
    }
    return changed
  }

  /** Hand everything gathered to the store. */
  flush (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#changed.size === 0) return
    const changes = this.#changed
    this.#changed = new Map()
    const writes: LazyWrite[] = []
    for (const [log, { devices, relays }] of changes) {
      const { id } = log.conversation
      for (const device of devices) writes.push({ op: 'cursor', log: id, device, seq: log.cursors.get(device)! })
      for (const relay of relays) {
        // Retired meanwhile: it has confirmed the entry that says so, and its row is gone.
        const seq = log.replicas.get(relay)
        if (seq !== undefined) writes.push({ op: 'replicated', log: id, relay, seq })
      }
      this.#letGo(log)
      const through = log.isDropped ? 0 : this.#safe(log)
      if (through < log.first) continue
      writes.push({ op: 'trim', log: id, throughSeq: through })
      this.#trimmed.inc(through - log.first + 1)
      this.#storage?.removed(log.conversation, { gone: through - log.first + 1, entries: log.head - log.first + 1 })
      log.first = through + 1
    }
    this.#commits.lazy(writes)
  }

  /** What is gathered goes now, and no timer is left. */
  stop (): void { this.flush() }

  /** Highest number that every active device of every local member and every replica has; less than `first` when somebody holds it there. */
  #safe (log: Log): number {
    const { conversation } = log
    // The anchor has moved and its new home has not been heard of: it will ask for what is here.
    if (!this.#placement.isSequencer(conversation) && log.epoch < this.#placement.epochOf(conversation)) return 0
    if (this.#isBeingTaken(log)) return 0
    // In a group of a thousand it is nearly always the same one that is away.
    if (log.heldBy !== undefined && this.#has(log, log.heldBy.account, log.heldBy.device) < log.first) return 0
    log.heldBy = undefined
    let safe = log.durableHead
    if (this.#placement.isSequencer(conversation)) {
      safe = Math.min(safe, this.#placement.neededFrom(conversation) - 1)
      for (const relay of this.#placement.relaysOf(conversation)) safe = Math.min(safe, log.replicas.get(relay) ?? 0)
      for (const relay of log.group?.retiring.keys() ?? []) safe = Math.min(safe, log.replicas.get(relay) ?? 0)
      // A relay that nobody in it lives at any more: its row stands until what it lacked is owed to others (replication.ts).
      if (log.group !== undefined) for (const seq of log.replicas.values()) safe = Math.min(safe, seq)
    }
    // What the sequencer may never have had: taken over from a shadow, or numbered here once.
    else if (log.group === undefined) for (const seq of log.replicas.values()) safe = Math.min(safe, seq)
    if (log.group !== undefined && log.replicas.size > 0 && !this.#placement.isSequencer(conversation) && this.#placement.isReanchored(conversation)) {
      // It was sequenced here once, and nobody says any more who has what: what a home had not confirmed then it may ask for.
      for (const [relay, seq] of log.replicas) if (log.group.isHomeOfMember(relay)) safe = Math.min(safe, seq)
    }
    const holdFor = (account: AccountId): void => {
      for (const device of this.#placement.devicesOf(account)) {
        const has = this.#has(log, account, device)
        if (has >= safe) continue
        safe = has
        if (has < log.first) log.heldBy = { account, device }
      }
    }
    for (const account of this.#placement.localMembers(conversation)) holdFor(account)
    for (const account of log.group?.leaving.keys() ?? []) holdFor(account)
    return safe
  }

  #has (log: Log, account: AccountId, device: DeviceId): number { return this.#placement.devicesOf(account).includes(device) ? deviceHas(log, account, device, this.#placement) : Infinity }

  /** Accounts that were removed from a group, and whose devices have the entry that says so: nothing is kept for them any more. */
  #letGo (log: Log): void {
    const { group } = log
    if (group === undefined || group.leaving.size === 0 || log.isDropped) return
    const done = [...group.leaving.keys()].filter((account) => this.#placement.devicesOf(account).every((device) => this.#has(log, account, device) === Infinity))
    if (done.length === 0) return
    const writes = this.#groups.left(group, done)
    for (const account of done) this.#logs.left(log, account)
    this.#commits.commit(writes).catch((error: unknown) => {
      // The rows are still there, and with them the accounts, when the log is loaded again.
      this.#logs.drop(log)
      this.#logger.warn('progress.let-go', {}, error)
    })
  }
}
