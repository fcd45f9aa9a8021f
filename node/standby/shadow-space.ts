/**
 * How much one relay may leave here of what it ships, and all of them.
 *
 * Owns: the bytes of every relay, counted as they come and now and then anew. Does not know: who may ship (shadow-register.ts).
 * Spec: docs/protocol/standby.md
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import type { ShipRow } from '../../protocol/wire/gen/standby.js'
import { shareOf } from '../limits/share.ts'
import type { Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { ShadowRegister } from './shadow-register.ts'
import * as rows from './shadow-rows.ts'

/** What a row without a value of its own takes on the disk. */
const rowBytes = 200
/** Between two counts of what one relay has left here. */
const recountEveryMs = 10 * 60_000

export interface ShadowSpaceComponents {
  store: Pick<Store, 'get' | 'scan'>
  register: Pick<ShadowRegister, 'accountsOf'>
  clock: Clock
  logger: Logger
}

/** What a request writes, and what it counts for. */
export interface ShadowWrites {
  readonly relay: RelayId
  readonly writes: Write[]
  bytes: number
}

export class ShadowSpace {
  readonly #c: ShadowSpaceComponents
  readonly #maxBytes: number
  readonly #maxAllBytes: number
  #total = 0
  readonly #bytes = new Map<RelayId, number>()
  readonly #recounting = new Set<RelayId>()
  readonly #recountTimers = new Set<Timer>()
  #isStopped = false

  /** @param maxBytes kept for one relay, `maxAllBytes` for all */
  constructor (components: ShadowSpaceComponents, { maxBytes, maxAllBytes }: { readonly maxBytes: number, readonly maxAllBytes: number }) {
    this.#c = components
    this.#maxBytes = maxBytes
    this.#maxAllBytes = maxAllBytes
  }

  get total (): number { return this.#total }

  /** What has reached the disk, or with a negative number has gone from it. */
  add (relay: RelayId, bytes: number): void { this.#set(relay, Math.max(0, (this.#bytes.get(relay) ?? 0) + bytes)) }

  #set (relay: RelayId, bytes: number): void {
    this.#total += bytes - (this.#bytes.get(relay) ?? 0)
    if (bytes === 0) this.#bytes.delete(relay)
    else this.#bytes.set(relay, bytes)
  }

  /** @throws ProtocolError TOO_MANY: as every charge */
  writeRow (key: string, { value }: ShipRow, taken: ShadowWrites): void {
    if (value === undefined) taken.writes.push(rows.drop(key))
    else {
      this.charge(taken, value.byteLength)
      taken.writes.push(rows.put(key, value))
    }
  }

  /** What is overwritten or goes is not looked up for its length, so this counts too much: when it comes to the bound, what is there is counted anew. */
  charge (taken: ShadowWrites, bytes: number): void {
    const { relay } = taken
    taken.bytes += bytes
    // [REJECT] SPEC(standby §bounds) one relay does not fill this one
    const own = (this.#bytes.get(relay) ?? 0) + taken.bytes
    if (own <= shareOf({ most: this.#maxBytes, part: 4 }, { all: this.#maxAllBytes, used: this.#total + taken.bytes })) return
    this.#recount(relay)
    throw new ProtocolError('TOO_MANY', { what: 'bytes kept for one relay' })
  }

  /** A row that may be written often, and is small. */
  async chargeNew (key: string, taken: ShadowWrites): Promise<void> {
    if (await this.#c.store.get('standby', key) === undefined) this.charge(taken, rowBytes)
  }

  #recount (relay: RelayId): void {
    if (this.#recounting.has(relay) || this.#isStopped) return
    this.#recounting.add(relay)
    const count = async (): Promise<void> => {
      let bytes = 0
      for (const kind of ['e', 'm', 'o', 'g']) for await (const { value } of this.#c.store.scan('standby', `${kind}/${relay}/`)) bytes += value.byteLength
      for (const kind of ['c', 'k', 'l']) for await (const row of this.#c.store.scan('standby', `${kind}/${relay}/`)) bytes += row.key === '' ? 0 : rowBytes
      for (const account of this.#c.register.accountsOf(relay)) {
        for await (const { value } of this.#c.store.scan('standby', rows.rowsKey(account, relay))) bytes += value.byteLength
      }
      this.#set(relay, bytes)
    }
    count().catch((error: unknown) => { this.#c.logger.warn('standby.recount', {}, error) })
    this.#recountTimers.add(this.#c.clock.after(recountEveryMs, () => { this.#recounting.delete(relay) }))
  }

  stop (): void {
    this.#isStopped = true
    for (const timer of this.#recountTimers) timer.cancel()
  }
}
