/**
 * Group receipts for people who live here: the newest of each reader's device, for each group and sender.
 *
 * Owns: which is newer (the counter rises), the rows on disk, written some time later; what changed while a device was away.
 * Does not know: what a receipt says (it is sealed), who is connected. What a crash loses the reader says again.
 * Bounds: rows of one reader in a group, of one account, in memory over all; accounts that nobody asks for leave memory.
 *
 * Table `receipt`: `r/<account>/<group>/<reader>/<device>` → u8 version ‖ u48 changed, milliseconds since 1970 ‖ encoded
 * GroupReceipt; `d/<account>/<device>` → u8 version ‖ u48 when that device was last given everything. <group>, <reader>: 16
 * bytes of SHA-256, hex. The reader is in the key because only their home knows which devices are theirs: another relay
 * may name any, and must not stand in the way of whose it is.
 */
import type { Clock, Timer } from '../../protocol/clock.ts'
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { deviceIdOfKey, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { GroupReceipt } from '../../protocol/wire/gen/group.js'
import type { Commits, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'

const rowVersion = 1
const rowHeaderBytes = 7
/** How long changes are gathered before they are written. */
const writeAfterMs = 2_000
const perCommit = 1_000
const hashChars = 32
/** `<group>/<reader>` */
const readerChars = 2 * hashChars + 1

export interface Row {
  readonly receipt: GroupReceipt
  readonly changedAtMs: number
}

export interface ReceiptBoardComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  clock: Clock
  primitives: Pick<Primitives, 'sha256'>
  logger: Logger
  meter: Meter
}

export interface ReceiptBoardConfig {
  /** Of one account: sixteen groups of 1,024. The ones that have not changed for longest go first. */
  readonly maxRowsPerAccount: number
  /** In memory over all accounts: 60 MB. */
  readonly maxRows: number
}

export const receiptBoardDefaults: ReceiptBoardConfig = { maxRowsPerAccount: 16_384, maxRows: 100_000 }

/** What is known of one account's receipts; oldest change first. */
export class AccountReceipts {
  readonly account: AccountId
  readonly rows = new Map<string, Row>()
  /** Keys of the rows of each reader in each group. */
  readonly readers = new Map<string, string[]>()
  /** Changed or gone, and not on disk yet. */
  readonly unwritten = new Set<string>()
  /** Connected devices; with some of them it stays in memory. */
  users = 0

  constructor (account: AccountId) { this.account = account }

  set (key: string, row: Row): void {
    const reader = key.slice(0, readerChars)
    const keys = this.readers.get(reader)
    if (!this.rows.delete(key)) {
      if (keys === undefined) this.readers.set(reader, [key])
      else keys.push(key)
    }
    this.rows.set(key, row)
  }

  delete (key: string): boolean {
    if (!this.rows.delete(key)) return false
    const reader = key.slice(0, readerChars)
    const keys = this.readers.get(reader)!.filter((one) => one !== key)
    if (keys.length === 0) this.readers.delete(reader)
    else this.readers.set(reader, keys)
    return true
  }

  /** Of a reader with as many rows as an account has devices: the one that has not changed for longest. */
  surplusOf (key: string): string | undefined {
    const keys = this.readers.get(key.slice(0, readerChars)) ?? []
    if (keys.length < limits.devices) return undefined
    return keys.reduce((oldest, one) => this.rows.get(one)!.changedAtMs < this.rows.get(oldest)!.changedAtMs ? one : oldest)
  }
}

export class ReceiptBoard {
  readonly #c: ReceiptBoardComponents
  readonly #config: ReceiptBoardConfig
  /** Least recently used first. */
  readonly #accounts = new Map<AccountId, AccountReceipts>()
  readonly #loading = new Map<AccountId, Promise<AccountReceipts>>()
  /** Accounts with rows that are not on disk, and when devices left. */
  readonly #unwritten = new Set<AccountReceipts>()
  readonly #left = new Map<string, number>()
  readonly #refused
  #rows = 0
  /** Of the accounts in memory, about. */
  #largest: AccountReceipts | undefined
  #timer: Timer | undefined
  #isStopped = false
  #writing: Promise<void> = Promise.resolve()

  constructor (components: ReceiptBoardComponents, config: ReceiptBoardConfig = receiptBoardDefaults) {
    this.#c = components
    this.#config = config
    const { meter } = components
    this.#refused = meter.counter('heliograph_receipt_rows_refused_total', 'group receipts not kept because memory for them was full')
    meter.gauge('heliograph_receipt_rows', 'group receipts in memory', () => this.#rows)
  }

  get size (): number { return this.#rows }

  /** In memory already? */
  peek (account: AccountId): AccountReceipts | undefined {
    const known = this.#accounts.get(account)
    if (known !== undefined) {
      this.#accounts.delete(account)
      this.#accounts.set(account, known)
    }
    return known
  }

  open (account: AccountId): Promise<AccountReceipts> {
    const known = this.peek(account)
    if (known !== undefined) return Promise.resolve(known)
    let loading = this.#loading.get(account)
    if (loading === undefined) {
      loading = this.#load(account).finally(() => { this.#loading.delete(account) })
      this.#loading.set(account, loading)
    }
    return loading
  }

  async #load (account: AccountId): Promise<AccountReceipts> {
    const prefix = `r/${account}/`
    const read: Array<[string, Row]> = []
    const oldestMs = this.#c.clock.nowMs() - limits.retentionMs
    const expired: string[] = []
    for await (const { key, value } of this.#c.store.scan('receipt', prefix)) {
      const row = readRow(value)
      const name = key.slice(prefix.length)
      // Of another form: of an older release.
      if (row === undefined || row.changedAtMs < oldestMs || name.charAt(readerChars) !== '/') expired.push(name)
      else read.push([name, row])
    }
    const receipts = new AccountReceipts(account)
    for (const [key, row] of read.sort(([, a], [, b]) => a.changedAtMs - b.changedAtMs)) receipts.set(key, row)
    this.#rows += receipts.rows.size
    for (const key of expired) this.#change(receipts, key)
    this.#accounts.set(account, receipts)
    if (receipts.rows.size > (this.#largest?.rows.size ?? 0)) this.#largest = receipts
    this.#evict()
    return receipts
  }

  #evict (): void {
    for (const [account, receipts] of this.#accounts) {
      if (this.#rows <= this.#config.maxRows) return
      if (receipts.users > 0 || receipts.unwritten.size > 0) continue
      this.#accounts.delete(account)
      this.#rows -= receipts.rows.size
      if (this.#largest === receipts) this.#largest = undefined
    }
  }

  #hash (bytes: Uint8Array): string { return toHex(this.#c.primitives.sha256(bytes)).slice(0, hashChars) }

  /** @param receipt kept. @returns false: not newer than what is here, or no room */
  put (receipts: AccountReceipts, receipt: GroupReceipt): boolean {
    const key = `${this.#hash(receipt.conversation)}/${this.#hash(receipt.from)}/${deviceIdOfKey(receipt.device)}`
    const known = receipts.rows.get(key)
    if (known !== undefined && known.receipt.counter >= receipt.counter) return false
    if (known === undefined) {
      const surplus = receipts.surplusOf(key)
      if (surplus !== undefined) this.remove(receipts, surplus)
      else if (receipts.rows.size >= this.#config.maxRowsPerAccount) this.remove(receipts, receipts.rows.keys().next().value!)
      if (this.#rows >= this.#config.maxRows) this.#evict()
      if (this.#rows >= this.#config.maxRows && !this.#takeFromLargest(receipts)) {
        this.#refused.inc()
        return false
      }
      this.#rows++
    }
    receipts.set(key, { receipt, changedAtMs: this.#c.clock.nowMs() })
    if (receipts.rows.size > (this.#largest?.rows.size ?? 0)) this.#largest = receipts
    this.#change(receipts, key)
    return true
  }

  /** Memory is full: who has most gives up the row that has not changed for longest, so that nobody fills it for everybody. */
  #takeFromLargest (receipts: AccountReceipts): boolean {
    const largest = this.#largest
    if (largest === undefined || largest.rows.size <= receipts.rows.size + 1) return false
    this.remove(largest, largest.rows.keys().next().value!)
    return true
  }

  remove (receipts: AccountReceipts, key: string): void {
    if (!receipts.delete(key)) return
    this.#rows--
    this.#change(receipts, key)
  }

  /** A device of the account has gone. */
  close (receipts: AccountReceipts): void {
    receipts.users--
    const { account, rows, unwritten, users } = receipts
    if (users === 0 && rows.size === 0 && unwritten.size === 0) this.#accounts.delete(account)
  }

  /** The account has left the group, or has moved away (no group given). */
  async forget (account: AccountId, conversation?: Uint8Array): Promise<void> {
    const receipts = await this.open(account)
    const prefix = conversation === undefined ? '' : `${this.#hash(conversation)}/`
    for (const key of [...receipts.rows.keys()]) if (key.startsWith(prefix)) this.remove(receipts, key)
    // Nobody may ever ask for it again.
    if (receipts.rows.size === 0 && receipts.unwritten.size === 0 && receipts.users === 0) this.#accounts.delete(account)
  }

  /** Rows that have changed at or after `sinceMs`, oldest change first. */
  changedSince ({ rows }: AccountReceipts, sinceMs: number): Array<[string, Row]> {
    return [...rows].filter(([, { changedAtMs }]) => changedAtMs >= sinceMs)
  }

  /** When this device was last given everything; 0: never heard of. */
  async leftAtMs (account: AccountId, device: DeviceId): Promise<number> {
    const key = `d/${account}/${device}`
    const fresh = this.#left.get(key)
    if (fresh !== undefined) return fresh
    const value = await this.#c.store.get('receipt', key)
    return value === undefined || value.byteLength < rowHeaderBytes ? 0 : readTime(value)
  }

  left (account: AccountId, device: DeviceId): void {
    this.#left.set(`d/${account}/${device}`, this.#c.clock.nowMs())
    this.#schedule()
  }

  #change (receipts: AccountReceipts, key: string): void {
    receipts.unwritten.add(key)
    this.#unwritten.add(receipts)
    this.#schedule()
  }

  #schedule (): void {
    if (this.#isStopped) return
    this.#timer ??= this.#c.clock.after(writeAfterMs, () => {
      this.#timer = undefined
      void this.flush()
    })
  }

  /** Write what has changed. Never rejects: what is not written is tried again with the next change. */
  flush (): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write (): Promise<void> {
    const written: Array<[AccountReceipts, string]> = []
    const left = [...this.#left]
    const writes: Write[] = left.map(([key, atMs]) => ({ op: 'put', table: 'receipt', key, value: writeRow(atMs) }))
    for (const receipts of this.#unwritten) {
      for (const key of receipts.unwritten) {
        const row = receipts.rows.get(key)
        const name = `r/${receipts.account}/${key}`
        writes.push(row === undefined ? { op: 'delete', table: 'receipt', key: name } : { op: 'put', table: 'receipt', key: name, value: writeRow(row.changedAtMs, row.receipt) })
        written.push([receipts, key])
      }
      receipts.unwritten.clear()
    }
    this.#unwritten.clear()
    this.#left.clear()
    try {
      for (let at = 0; at < writes.length; at += perCommit) await this.#c.commits.commit(writes.slice(at, at + perCommit))
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // The store has said so. Newer times and rows stay.
      this.#c.logger.debug('receipts.write', { rows: writes.length }, error)
      for (const [key, atMs] of left) if (!this.#left.has(key)) this.#left.set(key, atMs)
      for (const [receipts, key] of written) {
        receipts.unwritten.add(key)
        this.#unwritten.add(receipts)
      }
    }
  }

  /** What is gathered goes now, and no timer is left. */
  async stop (): Promise<void> {
    this.#isStopped = true
    await this.flush()
  }
}

function writeRow (changedAtMs: number, receipt?: GroupReceipt): Uint8Array {
  const body = receipt === undefined ? new Uint8Array(0) : encode(GroupReceipt, receipt)
  const row = new Uint8Array(rowHeaderBytes + body.byteLength)
  const view = new DataView(row.buffer)
  view.setUint8(0, rowVersion)
  view.setUint16(1, Math.floor(changedAtMs / 2 ** 32))
  view.setUint32(3, changedAtMs % 2 ** 32)
  row.set(body, rowHeaderBytes)
  return row
}

function readTime (row: Uint8Array): number {
  const view = new DataView(row.buffer, row.byteOffset)
  return view.getUint16(1) * 2 ** 32 + view.getUint32(3)
}

/** undefined: of another version, or not readable. */
function readRow (row: Uint8Array): Row | undefined {
  if (row.byteLength <= rowHeaderBytes || row[0] !== rowVersion) return undefined
  try {
    return { receipt: decode(GroupReceipt, row.slice(rowHeaderBytes)), changedAtMs: readTime(row) }
  } catch (error) {
    if (isProtocolError(error)) return undefined
    throw error
  }
}
