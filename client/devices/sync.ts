/**
 * Facts that all devices of an account share: what is read, muted, pinned, drafted, what a device is called.
 *
 * A fact is a key with a value; the newest wins, by time and then by value, so that all devices end with the same,
 * whatever order they hear it in. Own facts travel as `sync` bodies in the self conversation, those of a moment together.
 * Knows no key: who uses a prefix says with `onFact` what follows from it. Spec: docs/protocol/devices.md
 */
import { utf8 } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import type { BodyTaker, OpenedMessage, SyncFact } from '../messages/bodies.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { Tables } from '../store/tables.ts'
import type { DeviceTables, FactRow } from './device-tables.ts'

/** @param isOwnWrite said by this device just now. Runs in the batch that stores the fact: it writes to the draft only. */
export type FactListener = (draft: Draft, key: string, value: string, isOwnWrite: boolean) => Promise<void>

export interface SyncComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly clock: Clock
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Into the self conversation: durable with the draft. */
  readonly compose: (draft: Draft, facts: readonly SyncFact[]) => Promise<void>
}

/** ASCII, as keys of the store are. */
export const factKeyChars = 256
export const factValueBytes = 12 * 1024
/** What one message carries: as many facts as content.proto says, and what an envelope has room for nine times. */
const factsPerMessage = 512
const bytesPerMessage = 14 * 1024
/** Field tags, lengths and time of a fact. */
const factOverheadBytes = 24
const empty = new Uint8Array(0)

export class SyncFacts implements BodyTaker {
  readonly kinds = ['sync'] as const
  readonly #on: SyncComponents
  readonly #listeners: Array<{ readonly prefix: string, readonly listener: FactListener }> = []
  #isTelling = false
  #isMore = false

  constructor (components: SyncComponents) { this.#on = components }

  /** What an earlier run said and did not tell. */
  load (): void { this.#tellSoon() }

  /** The relay can be reached again, or another device has come: tell what waits. */
  resume (): void { this.#tellSoon() }

  /** `listener` hears of every change of a key that begins so, own ones included; in the order of registration. */
  onFact (prefix: string, listener: FactListener): void { this.#listeners.push({ prefix, listener }) }

  /**
   * Say something for all devices. The same value again is no change.
   * @param value JSON text; empty: gone
   * @throws ProtocolError TOO_LARGE, MALFORMED (a key that is not plain ASCII)
   */
  async put (draft: Draft, key: string, value: string): Promise<void> {
    checkKey(key)
    if (utf8(value).byteLength > factValueBytes) throw new ProtocolError('TOO_LARGE', { max: factValueBytes, what: 'fact' })
    const { deviceTables, clock, own } = this.#on
    const known = await draft.read(deviceTables.facts, key)
    if ((known?.value ?? '') === value) return
    // Above what it replaces: a device whose clock ran ahead must not have the last word for ever.
    const madeAtMs = Math.max(clock.nowMs(), (known?.madeAtMs ?? 0) + 1)
    draft.write(deviceTables.facts, key, { value, madeAtMs, device: own.device })
    await this.#tell(draft, key, value, true)
    if (!await this.hasOthers(draft)) return
    draft.write(deviceTables.untold, key, empty)
    draft.after(() => { this.#tellSoon() })
  }

  /** @returns the value; undefined when nothing was said, or it is gone */
  async get (draft: Pick<Draft, 'read'>, key: string): Promise<string | undefined> {
    const row = await draft.read(this.#on.deviceTables.facts, key)
    return row === undefined || row.value === '' ? undefined : row.value
  }

  /** Facts whose key begins with `prefix`, by key. */
  async list (prefix: string): Promise<Array<{ key: string, value: string }>> {
    const rows = await this.#on.ledger.range(this.#on.deviceTables.facts, { from: prefix, to: `${prefix}\x7f` })
    return rows.flatMap(({ key, value: { value } }) => value === '' ? [] : [{ key, value }])
  }

  /** This device was given all facts at once: whoever follows some of them hears of each. Durable with the draft. */
  async replay (draft: Draft): Promise<void> {
    const rows = await this.#on.ledger.range(this.#on.deviceTables.facts, { from: '', to: '\x7f' })
    for (const { key, value: { value } } of rows) await this.#tell(draft, key, value, false)
  }

  /** A device may have missed some: the newest again, as they are. Whoever has them hears nothing new. */
  async retell (draft: Draft): Promise<void> {
    const { ledger, deviceTables } = this.#on
    const rows = await ledger.range(deviceTables.facts, { from: '', to: '\x7f' })
    for (const { key } of rows.sort((a, b) => b.value.madeAtMs - a.value.madeAtMs).slice(0, factsPerMessage)) draft.write(deviceTables.untold, key, empty)
    draft.after(() => { this.#tellSoon() })
  }

  /** Facts of another device of this account. */
  async take (draft: Draft, { isOwn, senderDevice, body }: OpenedMessage): Promise<void> {
    // [IGNORE] only an account's own devices say what is so for it
    if (!isOwn || body.kind !== 'sync') return
    for (const fact of body.facts) {
      // [IGNORE] what no device of ours writes, and what is no fact (missed.ts); the others of the message count
      if (!isKey(fact.key) || fact.key.startsWith('!') || fact.value.length > factValueBytes || !Number.isSafeInteger(fact.madeAtMs)) continue
      const known = await draft.read(this.#on.deviceTables.facts, fact.key)
      if (!isNewer(fact, known)) continue
      draft.write(this.#on.deviceTables.facts, fact.key, { value: fact.value, madeAtMs: fact.madeAtMs, device: senderDevice })
      await this.#tell(draft, fact.key, fact.value, false)
    }
  }

  async #tell (draft: Draft, key: string, value: string, isOwnWrite: boolean): Promise<void> {
    for (const { prefix, listener } of this.#listeners) if (key.startsWith(prefix)) await listener(draft, key, value, isOwnWrite)
  }

  /** Is there another device to tell? */
  async hasOthers (draft: Draft): Promise<boolean> {
    const pinned = await draft.read(this.#on.tables.deviceLists, this.#on.own.account)
    return (pinned?.list.devices.length ?? 1) > 1
  }

  /** What is written down goes out together. A failure of the store leaves it written down: the next fact or connection tries again. */
  #tellSoon (): void {
    this.#isMore = true
    if (this.#isTelling) return
    this.#isTelling = true
    this.#tellAll().catch(() => { /* see above */ }).finally(() => { this.#isTelling = false })
  }

  async #tellAll (): Promise<void> {
    while (this.#isMore) {
      this.#isMore = false
      await this.#on.ledger.run(async (draft) => { await this.#compose(draft) }, { isFresh: true })
    }
  }

  async #compose (draft: Draft): Promise<void> {
    const { ledger, deviceTables, compose } = this.#on
    const untold = await ledger.range(deviceTables.untold, { from: '', to: '\x7f', limit: factsPerMessage })
    if (untold.length === 0) return
    const hasOthers = await this.hasOthers(draft)
    const facts: SyncFact[] = []
    let bytes = 0
    for (const { key } of untold) {
      const row = await draft.read(deviceTables.facts, key)
      if (row !== undefined && hasOthers) {
        const size = key.length + utf8(row.value).byteLength + factOverheadBytes
        if (bytes > 0 && bytes + size > bytesPerMessage) break
        bytes += size
        facts.push({ key, value: row.value, madeAtMs: row.madeAtMs })
      }
      draft.erase(deviceTables.untold, key)
    }
    if (facts.length > 0) await compose(draft, facts)
    draft.after(() => { this.#isMore = true })
  }
}

function isNewer (fact: SyncFact, known: FactRow | undefined): boolean {
  if (known === undefined || fact.madeAtMs > known.madeAtMs) return true
  return fact.madeAtMs === known.madeAtMs && fact.value > known.value
}

const isKey = (key: string): boolean => key.length > 0 && key.length <= factKeyChars && /^[\x21-\x7e]+$/.test(key)

/** @throws ProtocolError MALFORMED */
function checkKey (key: string): void {
  if (!isKey(key)) throw new ProtocolError('MALFORMED', { what: 'fact key' })
}
