/**
 * Becoming and staying an account of this relay: register, change devices, move away.
 *
 * Owns: which checks each of them passes, and that what belongs together is one batch. One at a time per account and
 * per handle. Does not know: connections. Spec: docs/protocol/hello.md, docs/protocol/handles.md
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { isExpired, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { isNewer, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import type { PrekeyUpload } from '../../protocol/wire/gen/records.js'
import { registrationOf, type Accounts, type Registration } from './accounts.ts'
import { deadline } from '../deadline.ts'
import { checkLocalPart, type Handles } from './handles.ts'
import type { HomePublisher } from './home-publisher.ts'
import type { HomeBook } from './homes.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import type { Commits, Logger } from '../ports.ts'
import type { Prekeys } from './prekeys.ts'
import type { Standby } from '../standby/standby.ts'
import type { Shipped } from '../standby/takeover.ts'
import type { Write } from '../store/store.ts'

/** How long a registration waits for the DHT's word on a newer home record. Late news correct it as MOVED. */
const dhtPatienceMs = 2_000
/** A device whose home is dead has just asked here for the newest record of its account. */
const askedLatelyMs = 10_000
/** Registrations that wait for the DHT at a time; a crowd is let in without asking. */
const maxAsking = 16

export interface RegistrarComponents {
  accounts: Accounts
  handles: Handles
  prekeys: Prekeys
  homes: HomeBook
  publisher: Pick<HomePublisher, 'publish'>
  commits: Pick<Commits, 'commit'>
  signing: Signing
  clock: Clock
  logger: Logger
  /** What another relay has shipped of an account that registers here. */
  standby?: Pick<Standby, 'takeOver' | 'registered' | 'gaveUp'>
  /** What others may know of an account has changed: it has registered, its devices, handle or home. */
  onChange? (account: AccountId): void
}

export interface RegisterRequest {
  /** As checked at hello. */
  readonly devices: SignedDeviceList
  /** The device that asks. */
  readonly device: DeviceId
  readonly homeRecord: Uint8Array
  /** Local part as typed; '' for none, or to keep the present one. */
  readonly handle: string
  readonly prekeys: PrekeyUpload | undefined
}

export type LeaveListener = (devices: readonly DeviceId[], reason: ProtocolError) => void

export class Registrar {
  readonly #components: RegistrarComponents
  readonly #isOpen: boolean
  readonly #serial = new KeyedSerial()
  readonly #leaveListeners: Array<LeaveListener> = []
  #asking = 0

  /** @param isOpen false: accounts that are not registered yet are refused */
  constructor (components: RegistrarComponents, { isOpen }: { isOpen: boolean }) {
    this.#components = components
    this.#isOpen = isOpen
    components.homes.onMoved((account) => { this.#onMoved(account) })
  }

  /** Devices that may not act for an account here any more: unlinked from it, or it has moved. */
  onLeave (listener: LeaveListener): void { this.#leaveListeners.push(listener) }

  /**
   * Registering again with the same is harmless; with another handle it changes the handle.
   *
   * @returns the account's handle, local part; '' for none
   * @throws ProtocolError REGISTRATION_CLOSED, NOT_ADMITTED (the record names another relay), ROLLED_BACK, BAD_HANDLE,
   *         HANDLE_TAKEN, those of Prekeys.upload, STORAGE_FULL: nothing was written
   */
  async register (request: RegisterRequest): Promise<string> {
    const { accounts, homes, signing } = this.#components
    const { account } = request.devices
    const record = verifyHomeRecord(signing, request.homeRecord)
    // [REJECT] somebody else's record, or one that names another relay
    if (record.account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the home record is another account\'s' })
    if (record.homes[0] !== homes.self) throw new ProtocolError('NOT_ADMITTED', { what: 'the home record names another relay' })
    const wanted = request.handle === '' ? '' : checkLocalPart(request.handle)
    if (!accounts.isLocal(account)) {
      if (!this.#isOpen && await accounts.find(account) === undefined) throw new ProtocolError('REGISTRATION_CLOSED')
      await this.#askDht(account)
    }
    return await this.#serial.run(account, async () => {
      // [REJECT] the account has said something newer
      await this.#checkNewest(record)
      // [REFRESH] from a backup: its logs go on under an epoch that nobody has seen a number of
      if (accounts.isAwaited(account) && record.epoch <= ((await homes.known(account))?.epoch ?? 0)) throw new ProtocolError('ROLLED_BACK', { what: 'home record', record: (await homes.known(account))!.bytes })
      const wasAwaited = accounts.isAwaited(account)
      const { standby } = this.#components
      try {
        const known = homes.cached(account)
        // Also when this relay has not heard that it lived elsewhere: a home that was not left is told of a newer record by updateHome.
        const hasMoved = record.epoch > 1 && (!accounts.isLocal(account) || (known !== undefined && isNewer(record, known)))
        const shipped = accounts.isLocal(account) ? undefined : await standby?.takeOver(account, record.epoch)
        const name = wanted === '' ? await this.#shippedName(account, shipped) : wanted
        const claim = async (): Promise<string> => await this.#write(request, record, name, shipped)
        const handle = name === '' ? await claim() : await this.#serial.run(`@${name}`, claim)
        standby?.registered(account, { wasAwaited, hasMoved })
        return handle
      } catch (error) {
        standby?.gaveUp(account)
        throw error
      }
    })
  }

  /** A handle is a name at the relay that issued it: here the account gets the same local part, if that is free. '': none. */
  async #shippedName (account: AccountId, shipped: Shipped | undefined): Promise<string> {
    const { accounts, handles } = this.#components
    const name = shipped?.registration?.handle ?? ''
    if (name === '' || (await accounts.find(account) ?? { handle: '' }).handle !== '') return ''
    return await handles.isFree(name) ? name : ''
  }

  async #write (request: RegisterRequest, record: SignedHomeRecord, wanted: string, shipped?: Shipped): Promise<string> {
    const { accounts, clock, commits, handles, homes, logger, prekeys, publisher } = this.#components
    const { device, devices } = request
    const known = await accounts.find(devices.account)
    checkDevicesNewest(devices, known)
    // What its former home knew last counts as well: a device that was unlinked there does not register here.
    checkDevicesNewest(devices, shipped?.registration)
    const current = known?.handle ?? ''
    const registration = registrationOf(devices, {
      handle: wanted === '' ? current : wanted,
      registeredAtMs: known?.registeredAtMs ?? clock.nowMs(),
      hasMoved: false
    })
    const writes: Write[] = [...shipped?.writes ?? [], ...wanted === '' ? [] : await handles.claim(devices.account, { wanted, current })]
    if (known === undefined || isOther(known, registration)) writes.push(accounts.put(registration))
    const cached = homes.cached(devices.account)
    if (cached === undefined || isNewer(record, cached) || !accounts.isLocal(devices.account)) writes.push({ op: 'put', table: 'home', key: devices.account, value: record.bytes })
    if (request.prekeys !== undefined) await prekeys.upload(devices.account, device, request.prekeys, writes)
    else if (writes.length > 0) await commits.commit(writes)
    accounts.remember(registration)
    try {
      homes.committed(record)
    } catch (error) {
      // A newer record came in while this one was being written: the account lives elsewhere after all.
      this.#onMoved(devices.account)
      throw error
    }
    publisher.publish(devices.account)
    this.#components.onChange?.(devices.account)
    if (known === undefined) logger.debug('account.registered', { account: devices.account })
    return registration.handle
  }

  /**
   * A device list of a registered account. The same again changes nothing.
   * @returns whether it changed anything
   * @throws ProtocolError ROLLED_BACK with the newer list, EXPIRED
   */
  async updateDevices (list: SignedDeviceList): Promise<boolean> {
    const { accounts, clock, commits, prekeys } = this.#components
    if (isExpired(list, clock.nowMs())) throw new ProtocolError('EXPIRED', { what: 'device list' })
    return await this.#serial.run(list.account, async () => {
      const known = await accounts.find(list.account)
      if (known === undefined) throw new ProtocolError('NOT_REGISTERED')
      checkDevicesNewest(list, known)
      if (known.deviceEpoch === list.epoch) return false
      const registration = registrationOf(list, known)
      const unlinked = known.devices.filter((device) => !registration.devices.includes(device))
      await commits.commit([accounts.put(registration), ...unlinked.flatMap((device) => prekeys.drop(list.account, device))])
      accounts.remember(registration)
      this.#components.onChange?.(list.account)
      if (unlinked.length > 0) this.#tellLeave(unlinked, new ProtocolError('UNKNOWN_DEVICE'))
      return true
    })
  }

  /**
   * A newer home record of a local account, which may name another relay: then the account has moved when this resolves.
   * @throws ProtocolError NOT_ADMITTED, ROLLED_BACK
   */
  async updateHome (account: AccountId, bytes: Uint8Array): Promise<void> {
    const { homes, publisher, signing } = this.#components
    if (verifyHomeRecord(signing, bytes).account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the home record is another account\'s' })
    const record = await homes.learnDurably(bytes)
    // The new home may not be able to publish yet; a record that names us is ours to publish anyway.
    if (record.homes[0] === homes.self) publisher.publish(account)
    else await this.#serial.run(account, async () => { await this.#flagMoved(account) })
    this.#components.onChange?.(account)
  }

  #tellLeave (devices: readonly DeviceId[], reason: ProtocolError): void {
    for (const listener of this.#leaveListeners) listener(devices, reason)
  }

  /** A newer record was learned, from whomever. When it names another relay, this one is not the account's home from this moment on. */
  #onMoved (account: AccountId): void {
    const { accounts, homes, logger } = this.#components
    const isHere = accounts.isLocal(account) || accounts.isAwaited(account)
    if (!isHere || homes.cached(account)?.homes[0] === homes.self) return
    const devices = accounts.devicesOf(account)
    accounts.forget(account)
    this.#tellLeave(devices, new ProtocolError('MOVED'))
    logger.info('account.moved-away', { account })
    this.#serial.run(account, async () => { await this.#flagMoved(account) }).catch((error: unknown) => {
      logger.warn('account.store-failed', { account }, error)
    })
  }

  async #flagMoved (account: AccountId): Promise<void> {
    const { accounts, commits, homes } = this.#components
    const known = await accounts.find(account)
    // It may have come back in the meantime.
    if (known === undefined || known.hasMoved || homes.cached(account)?.homes[0] === homes.self) return
    const moved = { ...known, hasMoved: true, isAwaited: false }
    await commits.commit([accounts.put(moved)])
    accounts.remember(moved)
    this.#components.onChange?.(account)
  }

  /** @throws ProtocolError ROLLED_BACK */
  async #checkNewest (record: SignedHomeRecord): Promise<void> {
    const known = await this.#components.homes.known(record.account)
    if (known !== undefined && isNewer(known, record)) throw new ProtocolError('ROLLED_BACK', { what: 'home record', record: known.bytes })
  }

  /** Best effort: a device that was away long may not know that its account lives elsewhere now. */
  async #askDht (account: AccountId): Promise<void> {
    if (this.#asking >= maxAsking || this.#components.homes.wasAsked(account, { withinMs: askedLatelyMs, patienceMs: dhtPatienceMs })) return
    this.#asking++
    const limit = deadline(this.#components.clock, dhtPatienceMs)
    try {
      await this.#components.homes.askNewest(account, { signal: limit.signal })
    } catch (error) {
      // Not found, too slow or unreachable: the record at hand is the newest that we can know of.
      this.#components.logger.debug('account.dht-silent', { account }, error)
    } finally {
      limit.cancel()
      this.#asking--
    }
  }
}

/** @throws ProtocolError ROLLED_BACK with the known list */
export function checkDevicesNewest (list: SignedDeviceList, known: Registration | undefined): void {
  if (known === undefined || list.epoch > known.deviceEpoch) return
  // [REJECT] an older list, or a second one of the same epoch: whoever signed it must go on from the newest
  if (list.epoch < known.deviceEpoch || !sameBytes(list.bytes, known.deviceList)) throw new ProtocolError('ROLLED_BACK', { what: 'device list', record: known.deviceList })
}

const isOther = (a: Registration, b: Registration): boolean =>
  a.deviceEpoch !== b.deviceEpoch || a.handle !== b.handle || a.hasMoved !== b.hasMoved || a.isAwaited !== b.isAwaited
