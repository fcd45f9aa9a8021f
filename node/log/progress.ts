/**
 * What has arrived where: cursors of devices and positions of replicas, written down lazily, and the trimming that follows.
 *
 * Owns: gathering changes for a moment and writing each once. Losing the last moment in a crash only means that some
 * entries are delivered again, which is harmless. Nothing is trimmed before everybody has it.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { DeviceId, RelayId } from '../../protocol/ids.ts'
import type { LazyWrite } from '../store/commit.ts'
import type { Log } from './log.ts'
import type { Meter } from '../watch/meter.ts'
import type { Placement } from './placement.ts'
import type { Commits } from '../ports.ts'

/** How long changes are gathered. */
const gatherMs = 500

interface Changed { readonly devices: Set<DeviceId>, readonly relays: Set<RelayId> }

export class Progress {
  readonly #clock: Clock
  readonly #commits: Commits
  readonly #placement: Placement
  readonly #trimmed
  #changed = new Map<Log, Changed>()
  #timer: Timer | undefined

  constructor (components: { clock: Clock, commits: Commits, placement: Placement, meter: Meter }) {
    this.#clock = components.clock
    this.#commits = components.commits
    this.#placement = components.placement
    this.#trimmed = components.meter.counter('heliograph_log_trimmed_total', 'entries dropped because everybody has them')
  }

  /** A local device has everything up to `seq`. */
  acknowledged (log: Log, device: DeviceId, seq: number): void {
    const upTo = Math.min(seq, log.durableHead)
    if (upTo <= (log.cursors.get(device) ?? 0)) return
    log.cursors.set(device, upTo)
    this.#note(log).devices.add(device)
  }

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
      for (const relay of relays) writes.push({ op: 'replicated', log: id, relay, seq: log.replicas.get(relay)! })
      const through = log.isDropped ? 0 : this.#safe(log)
      if (through < log.first) continue
      writes.push({ op: 'trim', log: id, throughSeq: through })
      this.#trimmed.inc(through - log.first + 1)
      log.first = through + 1
    }
    this.#commits.lazy(writes)
  }

  /** What is gathered goes now, and no timer is left. */
  stop (): void { this.flush() }

  /** Highest number that every active device of every local member and every replica has. */
  #safe (log: Log): number {
    const { conversation } = log
    // The anchor has moved and its new home has not been heard of: it will ask for what is here.
    if (!this.#placement.isSequencer(conversation) && log.epoch < this.#placement.epochOf(conversation)) return 0
    let safe = log.durableHead
    if (this.#placement.isSequencer(conversation)) {
      safe = Math.min(safe, this.#placement.neededFrom(conversation) - 1)
      for (const relay of this.#placement.relaysOf(conversation)) safe = Math.min(safe, log.replicas.get(relay) ?? 0)
    }
    for (const member of this.#placement.localMembers(conversation)) {
      for (const device of this.#placement.devicesOf(member)) safe = Math.min(safe, log.cursors.get(device) ?? 0)
    }
    return safe
  }
}
