/**
 * Where accounts live: the newest signed home record known of each.
 *
 * Owns: memory over store over DHT, the rule that the newer record wins, telling others when an account moves.
 * Durable for accounts kept here and for people that this relay had to look up; what others merely introduced stays in
 * memory, bounded, so that strangers cannot fill the disk. Table: `home`. Spec: docs/protocol/records.md
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { isNewer, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { deadline } from '../deadline.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Commits, Homes, LocalAccounts, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'

interface Known {
  record: SignedHomeRecord
  /** When somebody vouched for it last: the DHT, or the account itself. */
  askedAtMs: number
  isStored: boolean
}

/** Records in memory: 50,000 at about 700 bytes. */
const defaultMaxCached = 50_000
/** Time for the DHT: p95 of a get across regions was 0.3 s, of one that walks 1.3 s. */
const dhtTimeoutMs = 5_000
/** After the DHT had no answer, it is not asked again for the same account for this long. */
const missMs = 5_000

/** Between two questions about one account while its home does not answer. */
const refreshPauseMs = 30_000
/** A look-up costs some ms of CPU; those that somebody waits for come on top of these. */
const maxRefreshing = 32

export interface HomesComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  mesh: Pick<Mesh, 'self' | 'getRecord'>
  accounts: Pick<LocalAccounts, 'isLocal'>
  signing: Signing
  clock: Clock
  logger: Logger
}

export class HomeBook implements Homes {
  readonly self: RelayId
  readonly #components: HomesComponents
  readonly #maxCached: number
  /** Least recently learned first, bounded. */
  readonly #known = new Map<AccountId, Known>()
  /** Of local accounts all of them, as compact as it gets: a string of bytes takes 200, the record with its parts 700. */
  readonly #local = new Map<AccountId, string>()
  readonly #asking = new Map<AccountId, { readonly atMs: number, readonly answer: Promise<SignedHomeRecord | undefined> }>()
  readonly #missedAtMs = new Map<AccountId, number>()
  readonly #listeners: Array<(account: AccountId, before: SignedHomeRecord) => void> = []
  /** Writes under way, so that stop() leaves none behind. */
  readonly #writing = new Set<Promise<void>>()
  readonly #serial = new KeyedSerial()

  constructor (components: HomesComponents, { maxCached = defaultMaxCached }: { maxCached?: number } = {}) {
    this.#components = components
    this.#maxCached = maxCached
    this.self = components.mesh.self
  }

  /**
   * Records of local accounts, once at start. Not checked here: they were before they were stored.
   * @param accounts resolves when it is known who is local. Both tables are read at the same time: LevelDB in one thread, this in another.
   */
  async load (accounts: Promise<void>): Promise<void> {
    let isKnown = false
    const known = accounts.then(() => { isKnown = true })
    known.catch(() => {
      // thrown below, unless this table fails first
    })
    const early: AccountId[] = []
    for await (const { key, value } of this.#components.store.scan('home', '')) {
      const account = key as AccountId
      if (isKnown && !this.#components.accounts.isLocal(account)) continue
      if (!isKnown) early.push(account)
      this.#local.set(account, toText(value))
    }
    await known
    for (const account of early) if (!this.#components.accounts.isLocal(account)) this.#local.delete(account)
  }

  cached (account: AccountId): SignedHomeRecord | undefined { return this.#recall(account)?.record }

  /** Memory, then store; the network is not asked. */
  async known (account: AccountId): Promise<SignedHomeRecord | undefined> {
    const known = this.#recall(account)
    if (known !== undefined) return known.record
    const bytes = await this.#components.store.get('home', account)
    if (bytes === undefined) return undefined
    // Somebody may have taught us a newer one while the store was read.
    const record = this.#known.get(account)?.record ?? this.#readStored(bytes)
    if (!this.#known.has(account)) this.#keep(account, { record, askedAtMs: 0, isStored: true })
    return record
  }

  async find (account: AccountId, { signal }: { signal: AbortSignal }): Promise<SignedHomeRecord> {
    const record = await this.known(account)
    if (record !== undefined) {
      const { askedAtMs } = this.#known.get(account) ?? { askedAtMs: 0 }
      const isOwn = record.homes[0] === this.self && this.#components.accounts.isLocal(account)
      if (!isOwn && askedAtMs + limits.homeRecordCacheMs <= this.#components.clock.nowMs()) this.refresh(account)
      this.#store(account)
      return record
    }
    signal.throwIfAborted()
    const found = await withSignal(this.#ask(account), signal)
    if (found === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT')
    this.#store(account)
    return found
  }

  /** The newest record that the DHT and we have. @throws ProtocolError HOME_UNREACHABLE; the signal's reason */
  async askNewest (account: AccountId, { signal }: { signal: AbortSignal }): Promise<SignedHomeRecord | undefined> {
    await this.known(account)
    return await withSignal(this.#ask(account), signal)
  }

  /** Has the DHT been asked lately, or for a while without an answer? Then it has nothing more to say. */
  wasAsked (account: AccountId, { withinMs, patienceMs }: { withinMs: number, patienceMs: number }): boolean {
    const nowMs = this.#components.clock.nowMs()
    const under = this.#asking.get(account)
    if (under !== undefined) return nowMs - under.atMs >= patienceMs
    const atMs = Math.max(this.#known.get(account)?.askedAtMs ?? -Infinity, this.#missedAtMs.get(account) ?? -Infinity)
    return nowMs - atMs < withinMs
  }

  /** Ask the DHT in the background, at most once at a time, not again right after a miss, and not for a crowd at once. */
  refresh (account: AccountId): void {
    // Whoever still wants to know asks again: the record stays old until somebody has looked.
    if (this.#asking.size >= maxRefreshing) return
    const askedAtMs = this.#known.get(account)?.askedAtMs
    if (askedAtMs !== undefined && askedAtMs + refreshPauseMs > this.#components.clock.nowMs()) return
    const missedAtMs = this.#missedAtMs.get(account)
    if (missedAtMs !== undefined && missedAtMs + missMs > this.#components.clock.nowMs()) return
    this.#ask(account).catch((error: unknown) => { this.#components.logger.debug('home.refresh-failed', { account }, error) })
  }

  learn (bytes: Uint8Array): SignedHomeRecord {
    const record = verifyHomeRecord(this.#components.signing, bytes)
    this.#take(record)
    return record
  }

  /** As `learn`, and durable when it resolves. Also for records that nobody here has asked for. */
  async learnDurably (bytes: Uint8Array): Promise<SignedHomeRecord> {
    const record = verifyHomeRecord(this.#components.signing, bytes)
    await this.known(record.account)
    this.#take(record)
    const known = this.#known.get(record.account)
    if (known?.isStored === false) await this.#write(record.account, known)
    await Promise.all(this.#writing)
    return record
  }

  /** A record that was committed by somebody else, in a batch with what belongs to it. */
  committed (record: SignedHomeRecord): void {
    const { account } = record
    this.#take(record, { isStored: true })
    const known = this.#known.get(account)
    if (known !== undefined) known.isStored = true
    if (this.#components.accounts.isLocal(account) && record.homes[0] === this.self) this.#local.set(account, toText(record.bytes))
  }

  onMoved (listener: (account: AccountId, before: SignedHomeRecord) => void): void { this.#listeners.push(listener) }

  /** Resolves when no write is under way. */
  async settled (): Promise<void> { await Promise.allSettled(this.#writing) }

  /**
   * The newest record of the DHT and of ours.
   * @throws ProtocolError HOME_UNREACHABLE or TIMEOUT when the DHT cannot be asked
   */
  async #ask (account: AccountId): Promise<SignedHomeRecord | undefined> {
    const under = this.#asking.get(account)
    if (under !== undefined) return await under.answer
    const answer = this.#askMesh(account)
    this.#asking.set(account, { atMs: this.#components.clock.nowMs(), answer })
    try {
      return await answer
    } finally {
      this.#asking.delete(account)
    }
  }

  async #askMesh (account: AccountId): Promise<SignedHomeRecord | undefined> {
    const { clock, mesh } = this.#components
    const limit = deadline(clock, dhtTimeoutMs)
    let bytes: Uint8Array | undefined
    try {
      bytes = await mesh.getRecord(homeRecordKey(account), { signal: limit.signal })
    } catch (error) {
      this.#missed(account)
      throw new ProtocolError('HOME_UNREACHABLE', { what: 'directory of homes', cause: error })
    } finally {
      limit.cancel()
    }
    if (bytes === undefined) {
      this.#missed(account)
      return this.cached(account)
    }
    try {
      const record = this.learn(bytes)
      if (record.account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'the record is another account\'s' })
      const known = this.#known.get(account)
      if (known !== undefined) known.askedAtMs = clock.nowMs()
      this.#missedAtMs.delete(account)
    } catch (error) {
      // The DHT is open to everybody: a forged or old record is no answer, ours stands.
      if (!isProtocolError(error)) throw error
      this.#missed(account)
    }
    return this.cached(account)
  }

  /** Its signature was checked before it was stored, and rows carry a checksum: 10 µs instead of 150. */
  #readStored (bytes: Uint8Array): SignedHomeRecord {
    return verifyHomeRecord({ ...this.#components.signing, ed25519Verify: () => true }, bytes)
  }

  #recall (account: AccountId): Known | undefined {
    const known = this.#known.get(account)
    if (known !== undefined) return known
    const text = this.#local.get(account)
    if (text === undefined) return undefined
    const read = { record: this.#readStored(fromText(text)), askedAtMs: 0, isStored: true }
    this.#keep(account, read)
    return read
  }

  #missed (account: AccountId): void {
    if (this.#missedAtMs.size >= this.#maxCached) this.#missedAtMs.clear()
    this.#missedAtMs.set(account, this.#components.clock.nowMs())
  }

  /** @throws ProtocolError ROLLED_BACK */
  #take (record: SignedHomeRecord, { isStored = false } = {}): void {
    const { account } = record
    const before = this.#recall(account)
    if (before !== undefined) {
      // [REJECT] only a newer record replaces another, also of two of the same epoch
      if (isNewer(before.record, record)) throw new ProtocolError('ROLLED_BACK', { what: 'home record', record: before.record.bytes })
      if (!isNewer(record, before.record)) return
    }
    const known = { record, askedAtMs: this.#components.clock.nowMs(), isStored }
    this.#keep(account, known)
    const isLocal = this.#components.accounts.isLocal(account)
    if (isLocal && record.homes[0] === this.self) this.#local.set(account, toText(record.bytes))
    else this.#local.delete(account)
    if (!isStored && (before?.isStored === true || isLocal)) this.#writeInBackground(account, known)
    if (before !== undefined) for (const listener of this.#listeners) listener(account, before.record)
  }

  #keep (account: AccountId, known: Known): void {
    this.#known.delete(account)
    if (this.#known.size >= this.#maxCached) {
      for (const oldest of this.#known.keys()) { this.#known.delete(oldest); break }
    }
    this.#known.set(account, known)
  }

  #store (account: AccountId): void {
    const known = this.#known.get(account)
    if (known?.isStored === false) this.#writeInBackground(account, known)
  }

  #writeInBackground (account: AccountId, known: Known): void {
    this.#write(account, known).catch((error: unknown) => { this.#components.logger.warn('home.store-failed', { account }, error) })
  }

  async #write (account: AccountId, known: Known): Promise<void> {
    known.isStored = true
    const writing = this.#serial.run(account, async () => {
      // Memory is bounded: the store may hold a newer one that memory has forgotten.
      const stored = await this.#components.store.get('home', account)
      const before = stored === undefined ? undefined : this.#readStored(stored)
      if (before !== undefined && isNewer(before, known.record)) this.#take(before)
      else if (before === undefined || isNewer(known.record, before)) await this.#components.commits.commit([{ op: 'put', table: 'home', key: account, value: known.record.bytes }])
    })
    this.#writing.add(writing)
    try {
      await writing
    } catch (error) {
      known.isStored = false
      throw error
    } finally {
      this.#writing.delete(writing)
    }
  }
}

/** One character per byte: V8 keeps such a string in one byte each. */
const toText = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
const fromText = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

function withSignal<T> (promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => { reject(signal.reason as Error) }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => { signal.removeEventListener('abort', onAbort) })
  })
}
