/**
 * Whom the operator does not serve: accounts and other relays. Durable, in memory as well; the people side and the message
 * path ask (ports.ts, `Blocks`).
 *
 * Owns: the list and its bound, telling who was just blocked. Does not know: connections, who may ask (admin.ts).
 * Table `meta`, keys `block/account/<id>` and `block/relay/<id>`: f64 milliseconds since 1970, when it was blocked.
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import type { Blocks, Commits } from '../ports.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'

/** Read whole at start, kept in memory: 100 bytes each. */
const maxBlocked = 100_000

const prefix = 'block/'
export type BlockKind = 'account' | 'relay'
const keyOf = (kind: BlockKind, id: string): string => `${prefix}${kind}/${id}`

export interface BlocklistComponents {
  store: Pick<Store, 'scan'>
  commits: Pick<Commits, 'commit'>
  clock: Clock
  meter: Meter
}

export class Blocklist implements Blocks {
  readonly #c: BlocklistComponents
  readonly #since: Record<BlockKind, Map<string, number>> = { account: new Map(), relay: new Map() }
  readonly #listeners: Array<Parameters<Blocks['onChange']>[0]> = []
  readonly #refused

  constructor (components: BlocklistComponents) {
    this.#c = components
    components.meter.gauge('heliograph_block_accounts', 'accounts that the operator has blocked', () => this.#since.account.size)
    components.meter.gauge('heliograph_block_relays', 'relays that the operator has blocked', () => this.#since.relay.size)
    this.#refused = components.meter.counter('heliograph_block_refused_total', 'connections and envelopes of the blocked that were refused', ['what'])
  }

  /** Once, at start. */
  async load (): Promise<void> {
    for await (const { key, value } of this.#c.store.scan('meta', prefix)) {
      const [, kind, id] = key.split('/')
      if ((kind === 'account' || kind === 'relay') && id !== undefined && value.byteLength === 8) this.#since[kind].set(id, new DataView(value.buffer, value.byteOffset).getFloat64(0))
    }
  }

  hasAccount (account: AccountId): boolean { return this.#since.account.size > 0 && this.#has('account', account) }
  hasRelay (relay: RelayId): boolean { return this.#since.relay.size > 0 && this.#has('relay', relay) }

  /** For the operator's eyes: not counted. */
  isBlocked (kind: BlockKind, id: string): boolean { return this.#since[kind].has(id) }

  #has (kind: BlockKind, id: string): boolean {
    if (!this.#since[kind].has(id)) return false
    this.#refused.inc(1, { what: kind })
    return true
  }

  onChange (listener: Parameters<Blocks['onChange']>[0]): void { this.#listeners.push(listener) }

  /** Oldest first. */
  list (): Array<{ kind: BlockKind, id: string, sinceMs: number }> {
    return (['account', 'relay'] as const).flatMap((kind) => Array.from(this.#since[kind], ([id, sinceMs]) => ({ kind, id, sinceMs }))).sort((a, b) => a.sinceMs - b.sinceMs)
  }

  /** In force at once, durable when it resolves. @returns false: it was blocked already. @throws ProtocolError TOO_MANY, those of Commits.commit */
  async block (kind: BlockKind, id: AccountId | RelayId): Promise<boolean> {
    const since = this.#since[kind]
    if (since.has(id)) return false
    // [REJECT] memory is bounded
    if (this.#since.account.size + this.#since.relay.size >= maxBlocked) throw new ProtocolError('TOO_MANY', { max: maxBlocked, what: 'blocked' })
    const sinceMs = this.#c.clock.nowMs()
    since.set(id, sinceMs)
    try {
      const value = new Uint8Array(8)
      new DataView(value.buffer).setFloat64(0, sinceMs)
      await this.#c.commits.commit([{ op: 'put', table: 'meta', key: keyOf(kind, id), value }])
    } catch (error) {
      since.delete(id)
      throw error
    }
    for (const listener of this.#listeners) listener({ kind, id, isBlocked: true })
    return true
  }

  /** @returns false: it was not blocked. @throws those of Commits.commit */
  async unblock (kind: BlockKind, id: AccountId | RelayId): Promise<boolean> {
    if (!this.#since[kind].has(id)) return false
    await this.#c.commits.commit([{ op: 'delete', table: 'meta', key: keyOf(kind, id) }])
    this.#since[kind].delete(id)
    for (const listener of this.#listeners) listener({ kind, id, isBlocked: false })
    return true
  }
}
