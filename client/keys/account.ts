/**
 * The account of this store: made once, registered at a relay, and where that relay is.
 *
 * The device that made it is the primary and keeps the account key; one that was linked has everything else, and is told
 * NOT_ALLOWED where the key is needed.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import { Handlers, type Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { signDeviceList, verifyDeviceList, type Device, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { isNewer, signHomeRecord, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { dialChannel } from '../relay/dial.ts'
import { deviceIn, type Devices } from './devices.ts'
import { ensureAccount, type DeviceIdentity } from './identity.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { AccountInfo } from '../model.ts'
import type { PrekeyBox } from './prekey-box.ts'
import type { Candidate, RelayChoice, Wish } from '../relay/relay-choice.ts'
import { sayHello, type Home } from '../relay/relay-connection.ts'
import { fromHex } from '../store/stored.ts'
import type { AccountRow, RelayPlace, Tables } from '../store/tables.ts'

export interface AccountComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly prekeys: PrekeyBox
  readonly choice: RelayChoice
  readonly dialer: Dialer
  readonly clock: Clock
  readonly primitives: Primitives
  readonly device: DeviceIdentity
  readonly devices: Devices
  readonly software: string
  /** The account's newest list leaves this device out. Once, after it is stored. */
  readonly onUnlinked: () => void
}

/** What a device that was linked knows of its account. */
export interface Admission {
  readonly id: AccountId
  readonly deviceList: SignedDeviceList
  readonly homeRecord: SignedHomeRecord
  readonly handle: string
  readonly relayName: string
  readonly region: string
  readonly addresses: readonly string[]
}

export class Account {
  readonly #on: AccountComponents
  #row: AccountRow | undefined
  #list: SignedDeviceList | undefined

  constructor (components: AccountComponents) {
    this.#on = components
    components.devices.onChanged(async (draft, account, { after }) => {
      if (account !== this.#row?.id) return
      draft.after(() => { this.#list = after.list })
      if (deviceIn(after, components.device.id) === undefined) await this.#unlinked(draft)
    })
  }

  async load (): Promise<void> {
    const { ledger, tables } = this.#on
    const row = await ledger.read(tables.account, 'account')
    if (row === undefined) return
    this.#row = row
    this.#list = (await ledger.read(tables.deviceLists, row.id))?.list
  }

  /** undefined until a relay has taken the account. */
  get info (): AccountInfo | undefined {
    const row = this.#row
    if (row === undefined || !row.isRegistered || row.relay === '' || row.isLinking === true) return undefined
    return { id: row.id, device: this.#on.device.id, handle: row.handle, home: { relay: row.relay, name: row.relayName, region: row.region } }
  }

  /** Has the account key. */
  get isPrimary (): boolean { return this.#row !== undefined && this.#row.seed !== '' }
  /** A linking that came this far and was not finished. */
  get isLinking (): boolean { return this.#row?.isLinking === true }
  get isUnlinked (): boolean { return this.#row?.isUnlinked === true }

  /** undefined while there is nowhere to connect to, or nothing to do there. */
  get home (): Home | undefined {
    const row = this.#row
    if (row === undefined || !row.isRegistered || row.relay === '' || this.#list === undefined || row.isLinking === true || row.isUnlinked === true) return undefined
    return { account: row.id, relay: row.relay, name: row.relayName === '' ? row.relay : row.relayName, addresses: row.addresses, deviceList: this.#list.bytes }
  }

  /**
   * Make the keys, if there are none, and register at the nearest relay that takes the account.
   * @throws ProtocolError NOT_ADMITTED when the store has an account already; BAD_HANDLE, HANDLE_TAKEN; UNKNOWN_RELAY;
   *   what the last relay said when none takes it. Trying again goes on with the same keys.
   */
  async create ({ handle = '', wish, signal }: { handle?: string, wish: Wish, signal: AbortSignal }): Promise<AccountInfo> {
    if (this.info !== undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'there is an account already' })
    const { ledger, tables, primitives, device, clock, choice } = this.#on
    const { row, list } = await ledger.run(async (draft) => await ensureAccount(draft, tables, primitives, device, clock.nowMs()))
    this.#row = row
    this.#list = list
    let lastError: unknown
    for (const candidate of await choice.candidates(wish, signal)) {
      try {
        await this.#registerAt(candidate, handle, signal)
        return this.info!
      } catch (error) {
        signal.throwIfAborted()
        // Wrong here is wrong everywhere; the rest another relay may do better.
        if (!isProtocolError(error) || error.action === 'reject') throw error
        lastError = error
      }
    }
    throw lastError
  }

  /**
   * The home relay does not know the account, e.g. after it lost its disk: give it everything again. With a new epoch,
   * because its logs may begin anew: a number must not mean two things in one epoch.
   */
  async registerAgain (channel: Channel): Promise<void> {
    const { ledger, tables } = this.#on
    const row = this.#row!
    // The primary does it when it connects; until then this device tries again and again.
    if (row.seed === '') throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device registers the account' })
    const record = await ledger.run(async (draft) => {
      const known = await draft.read(tables.homeRecords, row.id)
      if (known === undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: 'hr/' })
      const next = await this.signHome(draft, known)
      draft.write(tables.homeRecords, row.id, next)
      return next
    })
    await this.#register(channel, record, row.handle.split('@')[0] ?? '')
  }

  /**
   * The relay shows a newer record of this account: another device has moved it, or the primary has signed another list. The record
   * may be known from an answer about the account, or from before this device died, and not be lived by yet.
   * @returns whether there was something to follow
   * @throws ProtocolError when it is not this account's
   */
  async onMoved (bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { ledger, tables, primitives, devices, clock } = this.#on
    const row = this.#row!
    const list = listIn(primitives, bytes)
    if (list !== undefined) return await ledger.run(async (draft) => await devices.pinList(draft, row.id, list.bytes, clock.nowMs()))
    const record = verifyHomeRecord(primitives, bytes)
    if (record.account !== row.id) throw new ProtocolError('BAD_SIGNATURE', { what: 'home record of another account' })
    const known = await ledger.read(tables.homeRecords, row.id)
    const isKnown = known !== undefined && !isNewer(record, known)
    const newest = isKnown ? known : record
    const isSame = newest.homes[0] === row.relay
    if (isKnown && isSame) return false
    const found = isSame ? undefined : await this.#find(newest.homes[0], row.addresses, signal)
    await this.#adopt(newest, isSame ? row : { ...row, relay: newest.homes[0], relayName: found?.name ?? '', region: newest.region, addresses: found?.addresses ?? [] })
    return true
  }

  /** The account's newest home record that this device knows. */
  async homeRecord (): Promise<SignedHomeRecord | undefined> {
    const row = this.#row
    return row === undefined ? undefined : await this.#on.ledger.read(this.#on.tables.homeRecords, row.id)
  }

  /**
   * Primary: a home record of an epoch that this device has never signed before. Nothing follows from it but that.
   * @throws ProtocolError NOT_ALLOWED
   */
  async signHome (draft: Draft, { homes, region }: Pick<SignedHomeRecord, 'homes' | 'region'>): Promise<SignedHomeRecord> {
    const { clock, primitives, tables } = this.#on
    const row = this.#row
    if (row === undefined || row.seed === '') throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device signs where the account lives' })
    const known = await draft.read(tables.homeRecords, row.id)
    const home = await draft.read(tables.home, 'home')
    const epoch = Math.max(known?.epoch ?? 0, home?.signedEpoch ?? 0) + 1
    draft.write(tables.home, 'home', { ...home, signedEpoch: epoch })
    return signHomeRecord(primitives, { account: row.id, epoch, homes, region, issuedAtMs: clock.nowMs() }, fromHex(row.seed))
  }

  /** A signed record of this account, from wherever. @throws ProtocolError BAD_SIGNATURE, MALFORMED, … */
  readRecord (bytes: Uint8Array): SignedHomeRecord {
    const record = verifyHomeRecord(this.#on.primitives, bytes)
    if (record.account !== this.#row?.id) throw new ProtocolError('BAD_SIGNATURE', { what: 'home record of another account' })
    return record
  }

  /** The home has taken a record that changes nothing but the standby. Durable with the draft. */
  keepRecord (draft: Draft, record: SignedHomeRecord): void { draft.write(this.#on.tables.homeRecords, record.account, record) }

  /**
   * Register at another relay with a record that names it, and live there from then on. The connection is the caller's business.
   * @throws ProtocolError HOME_UNREACHABLE, TIMEOUT; as the relay answers: ROLLED_BACK with the newer record, REGISTRATION_CLOSED, …
   */
  async moveTo (place: RelayPlace, record: SignedHomeRecord, signal: AbortSignal): Promise<void> {
    const row = this.#row!
    const channel = await dialChannel(this.#on, { target: { addresses: place.addresses, expect: place.relay }, protocol: protocols.client, handlers: deaf(), signal })
    channel.start()
    try {
      const relayName = await this.#helloAt(channel, signal)
      const local = row.handle.split('@')[0] ?? ''
      let handle: string
      try {
        handle = await this.#register(channel, record, local, signal)
      } catch (error) {
        // SPEC(move) a name is a relay's own: there it may be somebody else's
        if (!isProtocolError(error, 'HANDLE_TAKEN', 'BAD_HANDLE') || local === '') throw error
        handle = await this.#register(channel, record, '', signal)
      }
      await this.#adopt(record, {
        ...this.#row!,
        handle: handle === '' ? row.handle : handle,
        relay: place.relay,
        relayName: relayName === '' ? place.name : relayName,
        region: place.region,
        addresses: place.addresses
      }, true)
    } finally {
      await channel.close()
    }
  }

  /** @returns the relay's name; '' when it did not say */
  async #helloAt (channel: Channel, signal: AbortSignal): Promise<string> {
    try {
      return (await sayHello(channel, { account: this.#row!.id, deviceList: this.#list!.bytes }, this.#on.software, { signal })).relayName
    } catch (error) {
      // It knows where the account has lived; the connection is good for a registration.
      if (!isProtocolError(error, 'MOVED')) throw error
      return ''
    }
  }

  /** From now on the account lives where `record` says. */
  async #adopt (record: SignedHomeRecord, to: AccountRow, isRegistered = false): Promise<void> {
    const { prekeys, tables } = this.#on
    const known = await this.homeRecord()
    await this.#save((draft) => {
      draft.write(tables.homeRecords, record.account, record)
      return to
    }, async (draft) => {
      const home = await draft.read(tables.home, 'home')
      const isContested = known?.epoch === record.epoch && !sameBytes(known.bytes, record.bytes)
      const left = [...known?.homes ?? [], ...home?.left ?? []].filter((relay, i, all) => !record.homes.includes(relay) && all.indexOf(relay) === i).slice(0, limits.homes)
      draft.write(tables.home, 'home', { ...home, isUnannounced: true, left, ...(isContested ? { contestedEpoch: record.epoch } : {}) })
      if (!isRegistered) await prekeys.moved(draft)
    })
  }

  async #find (relay: RelayId, alsoAsk: readonly string[], signal: AbortSignal): Promise<Candidate | undefined> {
    const order = (await this.#on.ledger.read(this.#on.tables.home, 'home'))?.order?.standby
    try {
      return await this.#on.choice.find(relay, alsoAsk, signal) ?? (order?.relay === relay ? order : undefined)
    } catch (error) {
      if (!isProtocolError(error) || order?.relay !== relay) throw error
      return order
    }
  }

  /** Where the home relay can be reached now. @throws ProtocolError when no directory answers */
  async findAddresses (signal: AbortSignal): Promise<void> {
    const row = this.#row!
    if (row.relay === '') return
    const found = await this.#on.choice.find(row.relay, row.addresses, signal)
    if (found === undefined || sameAddresses(found.addresses, row.addresses)) return
    await this.#save(() => ({ ...row, relayName: found.name, region: found.region, addresses: found.addresses }))
  }

  /**
   * Primary: another list of the account's devices, signed with the next epoch, pinned with the draft. Whoever changes it
   * sees to it that the relay gets it; hello shows it in any case.
   * @throws ProtocolError NOT_ALLOWED, TOO_MANY_DEVICES
   */
  async changeDevices (draft: Draft, change: (devices: readonly Device[]) => readonly Device[]): Promise<SignedDeviceList> {
    const { devices, primitives, clock } = this.#on
    const row = this.#row
    if (row === undefined || row.seed === '') throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device links and unlinks devices' })
    const known = (await devices.listOf(draft, row.id))!.list
    const next = change(known.devices)
    if (next.length > limits.devices) throw new ProtocolError('TOO_MANY_DEVICES', { max: limits.devices })
    const list = signDeviceList(primitives, { account: row.id, epoch: known.epoch + 1, issuedAtMs: clock.nowMs(), expiresAtMs: 0, devices: next }, fromHex(row.seed))
    await devices.pinList(draft, row.id, list.bytes, clock.nowMs())
    if (known.devices.some(({ id }) => !next.some((device) => device.id === id))) await this.#endOrder(draft, row.id)
    return list
  }

  /** Whoever is out has the record that was signed in advance for the standby, and could publish it: a newer one is due (home/orders.ts). */
  async #endOrder (draft: Draft, id: AccountId): Promise<void> {
    const { tables } = this.#on
    const [home, record] = [await draft.read(tables.home, 'home'), await draft.read(tables.homeRecords, id)]
    if (home?.order !== undefined && record !== undefined) draft.write(tables.home, 'home', { ...home, contestedEpoch: record.epoch })
  }

  /** New device: what the primary says of the account, as far as it was checked. Nothing follows from it before `linked`. */
  async admit ({ id, deviceList, homeRecord, handle, relayName, region, addresses }: Admission): Promise<void> {
    const { tables, primitives } = this.#on
    await this.#save((draft) => {
      draft.write(tables.deviceLists, id, { list: deviceList, hash: primitives.sha256(deviceList.bytes) })
      draft.write(tables.homeRecords, id, homeRecord)
      return { id, seed: '', isRegistered: true, isLinking: true, handle, relay: homeRecord.homes[0], relayName, region, addresses }
    })
    this.#list = deviceList
  }

  /** New device: its keys at the home relay, so that others can seal for it. @throws ProtocolError HOME_UNREACHABLE, TIMEOUT, as the relay answers */
  async publishKeys (signal: AbortSignal): Promise<void> {
    const { ledger, prekeys, software } = this.#on
    const row = this.#row!
    const target = { addresses: row.addresses, expect: row.relay as RelayId }
    const channel = await dialChannel(this.#on, { target, protocol: protocols.client, handlers: deaf(), signal })
    channel.start()
    try {
      const welcome = await sayHello(channel, { account: row.id, deviceList: this.#list!.bytes }, software, { signal })
      if (!welcome.isRegistered) throw new ProtocolError('NOT_REGISTERED')
      const upload = (await ledger.run(async (draft) => await prekeys.prepareUpload(draft, welcome.oneTimePrekeysLeft, { isComplete: true })))!
      await channel.call(clientMethods.uploadPrekeys, upload, { signal })
      await ledger.run(async (draft) => { await prekeys.published(draft, upload) })
    } finally {
      await channel.close()
    }
  }

  /** New device: it has what it needs. */
  linked (draft: Draft): void {
    const { isLinking: _isLinking, ...row } = this.#row!
    draft.write(this.#on.tables.account, 'account', row)
    draft.after(() => { this.#row = row })
  }

  /** New device: as if nothing had been said. */
  forget (draft: Draft): void {
    const { tables } = this.#on
    const row = this.#row
    if (row === undefined) return
    draft.erase(tables.account, 'account')
    draft.erase(tables.deviceLists, row.id)
    draft.erase(tables.homeRecords, row.id)
    draft.after(() => {
      this.#row = undefined
      this.#list = undefined
    })
  }

  /** This device leaves its account. It stops as when it was unlinked. */
  async leave (draft: Draft): Promise<void> { await this.#unlinked(draft) }

  async #unlinked (draft: Draft): Promise<void> {
    const { tables, onUnlinked } = this.#on
    const known = await draft.read(tables.account, 'account')
    if (known === undefined || known.isUnlinked === true) return
    const row = { ...known, isUnlinked: true as const }
    draft.write(tables.account, 'account', row)
    draft.after(() => { this.#row = row; onUnlinked() })
  }

  async #registerAt (candidate: Candidate, handle: string, signal: AbortSignal): Promise<void> {
    const { ledger, tables, software } = this.#on
    const row = this.#row!
    const channel = await dialChannel(this.#on, { target: { addresses: candidate.addresses, expect: candidate.relay }, protocol: protocols.client, signal })
    channel.start()
    try {
      const welcome = await sayHello(channel, { account: row.id, deviceList: this.#list!.bytes }, software, { signal })
      const region = candidate.region === '' ? welcome.region : candidate.region
      const record = await ledger.run(async (draft) => await this.#homeRecord(draft, candidate, region))
      const complete = await this.#register(channel, record, handle, signal)
      await this.#save(() => ({
        ...row,
        isRegistered: true,
        handle: complete,
        relay: candidate.relay,
        relayName: welcome.relayName === '' ? candidate.name : welcome.relayName,
        region,
        addresses: candidate.addresses
      }), (draft) => { draft.write(tables.homeRecords, row.id, record) })
    } finally {
      await channel.close()
    }
  }

  /** The record that names this relay. Another relay than last time is a move, with its own epoch, also if the first try only seemed to fail. */
  async #homeRecord (draft: Draft, candidate: Candidate, region: string): Promise<SignedHomeRecord> {
    const { tables } = this.#on
    const row = this.#row!
    const known = await draft.read(tables.homeRecords, row.id)
    if (known !== undefined && known.homes[0] === candidate.relay) return known
    const record = await this.signHome(draft, { homes: [candidate.relay], region })
    draft.write(tables.homeRecords, row.id, record)
    return record
  }

  /** @returns the complete handle */
  async #register (channel: Channel, record: SignedHomeRecord, handle: string, signal?: AbortSignal): Promise<string> {
    const { ledger, prekeys } = this.#on
    // In place of whatever the relay has from when the account lived there before.
    const upload = { ...(await ledger.run(async (draft) => await prekeys.prepareUpload(draft, 0, { isComplete: true })))!, replaces: true }
    const registered = await channel.call(clientMethods.register, { homeRecord: record.bytes, handle, prekeys: upload }, signal === undefined ? {} : { signal })
    // [REJECT] another handle than the one asked for, or none that can be shown
    if (!isHandleFor(handle, registered.handle)) throw new ProtocolError('MALFORMED', { what: 'handle' })
    await ledger.run(async (draft) => { await prekeys.published(draft, upload) })
    return registered.handle
  }

  async #save (change: (draft: Draft) => AccountRow, also?: (draft: Draft) => void | Promise<void>): Promise<void> {
    const { ledger, tables } = this.#on
    await ledger.run(async (draft) => {
      await also?.(draft)
      const row = change(draft)
      draft.write(tables.account, 'account', row)
      draft.after(() => { this.#row = row })
    })
  }
}

/** A relay begins to deliver after hello: not here, and nothing is acknowledged, so it comes again. */
const deaf = (): Handlers => new Handlers().onNotification(clientNotifications.deliver, () => {}).onNotification(clientNotifications.draining, () => {})

/** @returns undefined when it is a record of another kind */
function listIn (primitives: Primitives, bytes: Uint8Array): SignedDeviceList | undefined {
  try {
    return verifyDeviceList(primitives, bytes)
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined
  }
}

/** `given` is `name@relay`, for the name asked for; any name or none when none was asked for. */
function isHandleFor (asked: string, given: string): boolean {
  if (given === '') return asked === ''
  const [, name, relay] = /^([a-z][a-z0-9._-]*)@([a-z0-9.-]+)$/.exec(given) ?? []
  return name !== undefined && relay !== undefined && name.length <= limits.handleMaxChars && relay.length <= limits.relayNameBytes && (asked === '' || name === asked.toLowerCase())
}

const sameAddresses = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((address, i) => address === b[i])
