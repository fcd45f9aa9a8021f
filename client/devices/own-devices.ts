/**
 * The devices of this account: which there are, linking another one, unlinking, what they are called.
 *
 * Owns: who may do what (the primary signs, the others are told NOT_ALLOWED), that a half-linked device does not stay in the
 * list, what the person is told when the list changes. Spec: docs/protocol/devices.md
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import type { Device, SignedDeviceList } from '../../protocol/records/device-list.ts'
import { decode } from '../../protocol/wire/codec.ts'
import type { LinkAdmission } from '../../protocol/wire/gen/link.js'
import { Signed } from '../../protocol/wire/gen/records.js'
import { conversationOfChat, type ChatId } from '../chat-id.ts'
import type { Events } from '../events.ts'
import type { Account } from '../keys/account.ts'
import { deviceIn, type Devices, type PinnedList } from '../keys/devices.ts'
import type { DeviceIdentity } from '../keys/identity.ts'
import type { BodyTaker, OpenedMessage, SyncFact } from '../messages/bodies.ts'
import type { History } from '../messages/history.ts'
import type { OwnDevice } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import type { RelayChoice } from '../relay/relay-choice.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { ClientStore } from '../store/store.ts'
import type { Tables } from '../store/tables.ts'
import { Approval } from './approval.ts'
import type { DeviceTables } from './device-tables.ts'
import { Handover } from './handover.ts'
import { NewDevice, deviceNameChars, forgetHalfLinked, type LinkProgress } from './new-device.ts'
import type { SyncFacts } from './sync.ts'

export type { Approval } from './approval.ts'
export type { LinkProgress, NewDevice } from './new-device.ts'

export interface OwnDevicesComponents {
  readonly store: ClientStore
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly history: History
  readonly account: Account
  readonly devices: Devices
  readonly device: DeviceIdentity
  readonly choice: RelayChoice
  readonly dialer: Dialer
  readonly link: RelayLink
  readonly events: Events
  readonly clock: Clock
  readonly primitives: Primitives
  /** This device has been linked: it has an account now. */
  readonly onLinked: () => Promise<void>
  /** A device has published its first keys. */
  readonly onReady: () => void
  /** Connect again, so that hello shows the newest list. */
  readonly reconnect: (error: ProtocolError) => void
}

const linkingKey = 'linking'
const factPrefix = 'device/'
const leavePrefix = '!leave/'
const leavingPrefix = 'leaving/'
const letGoAfterMs = 10_000
/** As log.proto says. */
const positionsPerNotice = 1_024

/** What there is once there is an account. */
export interface OwnTalk {
  readonly facts: SyncFacts
  /** Into the self conversation: durable with the draft. */
  readonly compose: (draft: Draft, facts: readonly SyncFact[]) => Promise<void>
  /** Everything that was written is at a relay. */
  readonly flushed: (signal?: AbortSignal) => Promise<void>
}

export class OwnDevices implements BodyTaker {
  readonly kinds = ['sync'] as const
  /** What a new device gets; parts with tables of their own add them. */
  readonly handover: Handover
  readonly #on: OwnDevicesComponents
  #talk: OwnTalk | undefined
  /** Devices that want to leave go then. */
  #lettingGo: Timer | undefined
  /** A list that this device is signing now: news of it is no surprise. */
  #isSigning = false
  /** Linked in this run. */
  #isNew = false

  constructor (components: OwnDevicesComponents) {
    this.#on = components
    this.handover = new Handover(components)
    components.devices.onChanged((draft, account, lists) => { if (account === components.account.info?.id) this.#onList(draft, lists) })
  }

  /** Before there is an engine: what a linking that was cut off has left. */
  async recover (): Promise<void> { await forgetHalfLinked({ ...this.#on, handover: this.handover }) }

  /** There is an account, and facts can be said. */
  async load (talk: OwnTalk): Promise<void> {
    const { ledger, deviceTables, account } = this.#on
    const { facts } = this.#talk = talk
    const linking = await ledger.read(deviceTables.linking, linkingKey)
    if (linking === undefined) return
    if (account.isPrimary) await this.#remove(linking.device)
    else {
      await ledger.run(async (draft) => {
        await facts.replay(draft)
        draft.erase(deviceTables.linking, linkingKey)
      }, { isFresh: true })
      this.#isNew = true
    }
  }

  /** The relay can be reached (again). */
  resume (): void {
    if (this.isPrimary) this.#letGoSoon()
    if (!this.#isNew) return
    this.#isNew = false
    // What stands before its place in each log this device was given: none of it needs to be delivered.
    const { tables, link } = this.#on
    const positions = [...tables.logs.cachedEntries()].map(([chat, { epoch, seq }]) => ({ conversation: conversationOfChat(this.#own(), chat as ChatId).bytes, epoch, seq }))
    for (let at = 0; at < positions.length; at += positionsPerNotice) link.notify(clientNotifications.acknowledge, { positions: positions.slice(at, at + positionsPerNotice) })
  }

  get isPrimary (): boolean { return this.#on.account.isPrimary }
  /** This device was taken out of the account's list. What is in the store stays until `wipe`. */
  get isUnlinked (): boolean { return this.#on.account.isUnlinked }

  /** The primary first, then in the order in which they were linked. Empty without an account. */
  async list (): Promise<OwnDevice[]> {
    const { ledger, tables, account, device } = this.#on
    const id = account.info?.id
    const pinned = id === undefined ? undefined : await ledger.read(tables.deviceLists, id)
    return await Promise.all((pinned?.list.devices ?? []).map(async (one, i): Promise<OwnDevice> => {
      const { name = '', linkedAtMs } = await this.#factOf(one.id)
      return { id: one.id, name, isThis: one.id === device.id, isPrimary: i === 0, ...(linkedAtMs === undefined ? {} : { linkedAtMs }) }
    }))
  }

  /**
   * This device, which has no account, asks to be linked: shows a code until the primary comes.
   * @param options.name what the person calls it
   * @param options.relay where to wait: name or multiaddr; absent: the nearest
   * @throws ProtocolError NOT_ADMITTED when there is an account; HOME_UNREACHABLE, TIMEOUT, UNKNOWN_RELAY, QUOTA
   */
  async startLinking ({ name = '', relay, region, signal = AbortSignal.any([]), onProgress }: { name?: string, relay?: string | undefined, region?: string | undefined, signal?: AbortSignal, onProgress?: (progress: LinkProgress) => void } = {}): Promise<NewDevice> {
    const { account } = this.#on
    if (account.info !== undefined || account.isPrimary) throw new ProtocolError('NOT_ADMITTED', { what: 'there is an account already' })
    return await NewDevice.start({ ...this.#on, handover: this.handover }, { name: checkName(name), wish: { relay, region }, signal, onProgress })
  }

  /**
   * Primary: come to the new device that shows this code. The person compares `shortCode` on both, then `confirm`s.
   * @throws ProtocolError NOT_ALLOWED, TOO_MANY_DEVICES, LINK_FAILED; MALFORMED, TOO_LARGE, UNSUPPORTED_VERSION: not a code
   */
  async approve (code: string, { signal = AbortSignal.any([]) }: { signal?: AbortSignal } = {}): Promise<Approval> {
    const { dialer, clock, primitives, onReady } = this.#on
    return await Approval.start({
      dialer,
      clock,
      primitives,
      handover: this.handover,
      own: this.#own(),
      nextEpoch: async () => await this.#nextEpoch(),
      add: async (device, name, epoch) => await this.#add(device, name, epoch),
      publish: async (list) => { await this.#publish(list) },
      admission: async (list) => await this.#admission(list),
      onReady,
      settle: async () => { await this.#on.ledger.run((draft) => { draft.erase(this.#on.deviceTables.linking, linkingKey) }) },
      remove: async ({ id }) => { await this.#remove(id) }
    }, code, signal)
  }

  /**
   * Primary: log a device out. It is refused by the relay at once, or as soon as the relay can be reached; nobody seals for it any more.
   * @throws ProtocolError NOT_ALLOWED (not the primary, or the primary itself), UNKNOWN_DEVICE
   */
  async unlink (device: DeviceId): Promise<void> {
    if (!this.isPrimary) throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device unlinks devices' })
    if (device === this.#on.device.id) throw new ProtocolError('NOT_ALLOWED', { what: 'the primary device holds the account key' })
    if (!(await this.list()).some(({ id }) => id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
    await this.#remove(device)
  }

  /**
   * Companion: log this device out. What is still to be sent goes first, then the primary is asked to take it out of the list,
   * and it stops as one that was unlinked: what it has stored stays until `wipe`. Others seal for it until the primary has heard.
   *
   * @throws ProtocolError NOT_ALLOWED (the primary), NOT_REGISTERED; DISCONNECTED: nothing has happened. The signal's reason:
   *   the primary is asked as soon as a relay can be reached
   */
  async leave ({ signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { account, ledger, link, device, clock } = this.#on
    const talk = this.#talk
    if (this.isPrimary) throw new ProtocolError('NOT_ALLOWED', { what: 'the primary device holds the account key' })
    if (this.isUnlinked) return
    this.#own()
    if (talk === undefined || !link.isOnline) throw new ProtocolError('DISCONNECTED')
    await ledger.run(async (draft) => { await talk.compose(draft, [{ key: leavePrefix + device.id, value: '{}', madeAtMs: clock.nowMs() }]) })
    await talk.flushed(signal)
    await ledger.run(async (draft) => { await account.leave(draft) })
  }

  /** On the primary: another device wants to be logged out. It speaks for itself only. */
  async take (draft: Draft, { isOwn, senderDevice, body }: OpenedMessage): Promise<void> {
    if (!isOwn || body.kind !== 'sync' || !this.isPrimary || !body.facts.some(({ key }) => key === leavePrefix + senderDevice)) return
    draft.write(this.#on.deviceTables.linking, leavingPrefix + senderDevice, { device: senderDevice, atMs: this.#on.clock.nowMs() })
    draft.after(() => { this.#letGoSoon() })
  }

  /** Leaves no timer. */
  stop (): void {
    this.#lettingGo?.cancel()
    this.#lettingGo = undefined
  }

  /** What a device has written in other conversations before it left is opened first. */
  #letGoSoon (): void {
    this.#lettingGo ??= this.#on.clock.after(letGoAfterMs, () => {
      this.#lettingGo = undefined
      if (this.#on.link.isOnline) this.#letGo().catch(() => { /* the store's failure: the next connection tries again */ })
    })
  }

  async #letGo (): Promise<void> {
    const { ledger, deviceTables } = this.#on
    for (const { key, value: { device } } of await ledger.range(deviceTables.linking, { from: leavingPrefix, to: `${leavingPrefix}\x7f` })) {
      const list = await this.#sign(async (draft) => {
        draft.erase(deviceTables.linking, key)
        return await this.#without(draft, device)
      })
      await this.#publish(list)
    }
  }

  /** @throws ProtocolError TOO_LARGE, UNKNOWN_DEVICE */
  async rename (device: DeviceId, name: string): Promise<void> {
    checkName(name)
    if (!(await this.list()).some(({ id }) => id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
    const known = await this.#factOf(device)
    await this.#on.ledger.run(async (draft) => { await this.#talk?.facts.put(draft, factPrefix + device, JSON.stringify({ ...known, name })) })
  }

  /** Everything in the store goes: keys, history, all. Stop the client before; afterwards open a new one. */
  async wipe (): Promise<void> {
    const { store, ledger } = this.#on
    await ledger.idle()
    for (;;) {
      const rows = await store.range({ from: '', to: '\x7f', limit: 1_000 })
      if (rows.length === 0) return
      await store.batch(rows.map(({ key }) => ({ op: 'delete', key })))
    }
  }

  #own (): AccountId {
    const id = this.#on.account.info?.id
    if (id === undefined) throw new ProtocolError('NOT_REGISTERED', { what: 'create an account first' })
    return id
  }

  async #factOf (device: DeviceId): Promise<{ name?: string, linkedAtMs?: number }> {
    const text = await this.#talk?.facts.get(this.#on.ledger, factPrefix + device)
    if (text === undefined) return {}
    try {
      const fact = JSON.parse(text) as { name?: unknown, linkedAtMs?: unknown }
      return { ...(typeof fact.name === 'string' ? { name: fact.name.slice(0, deviceNameChars) } : {}), ...(typeof fact.linkedAtMs === 'number' ? { linkedAtMs: fact.linkedAtMs } : {}) }
    } catch {
      return {} // of a newer version
    }
  }

  /** @throws ProtocolError NOT_ALLOWED, TOO_MANY_DEVICES */
  async #nextEpoch (): Promise<number> {
    const { ledger, tables } = this.#on
    if (!this.isPrimary) throw new ProtocolError('NOT_ALLOWED', { what: 'only the primary device links devices' })
    const { list } = (await ledger.read(tables.deviceLists, this.#own()))!
    if (list.devices.length >= limits.devices) throw new ProtocolError('TOO_MANY_DEVICES', { max: limits.devices })
    return list.epoch + 1
  }

  async #add (device: Device, name: string, epoch: number): Promise<SignedDeviceList> {
    const { deviceTables, clock } = this.#on
    return await this.#sign(async (draft) => {
      const linking = await draft.read(deviceTables.linking, linkingKey)
      if (linking !== undefined) throw new ProtocolError('LINK_FAILED', { what: 'another device is being linked' })
      const list = await this.#on.account.changeDevices(draft, (devices) => {
        if (devices.some(({ id }) => id === device.id)) throw new ProtocolError('LINK_FAILED', { what: 'the device is linked already' })
        return [...devices, device]
      })
      // Its consent is for one epoch.
      if (list.epoch !== epoch) throw new ProtocolError('LINK_FAILED', { what: 'the device list has changed meanwhile' })
      draft.write(deviceTables.linking, linkingKey, { device: device.id, atMs: clock.nowMs() })
      await this.#talk?.facts.put(draft, factPrefix + device.id, JSON.stringify({ name, linkedAtMs: clock.nowMs() }))
      return list
    })
  }

  async #remove (device: DeviceId): Promise<void> {
    await this.#publish(await this.#sign(async (draft) => await this.#without(draft, device)))
  }

  /** A list without it; the newest when it is gone already. */
  async #without (draft: Draft, device: DeviceId): Promise<SignedDeviceList> {
    const { deviceTables, tables, account } = this.#on
    if ((await draft.read(deviceTables.linking, linkingKey))?.device === device) draft.erase(deviceTables.linking, linkingKey)
    const known = (await draft.read(tables.deviceLists, this.#own()))!
    if (deviceIn(known, device) === undefined) return known.list
    const next = await account.changeDevices(draft, (devices) => devices.filter(({ id }) => id !== device))
    await this.#talk?.facts.put(draft, factPrefix + device, '')
    return next
  }

  async #sign (work: (draft: Draft) => Promise<SignedDeviceList>): Promise<SignedDeviceList> {
    return await this.#on.ledger.run(async (draft) => {
      this.#isSigning = true
      try {
        return await work(draft)
      } finally {
        this.#isSigning = false
      }
    })
  }

  /** Not reached now: hello shows the list with the next connection. */
  async #publish (list: SignedDeviceList): Promise<void> {
    const { link, reconnect } = this.#on
    if (!link.isOnline) return
    try {
      await link.call(clientMethods.updateDevices, decode(Signed, list.bytes))
    } catch (error) {
      if (!isProtocolError(error)) throw error
      reconnect(error)
    }
  }

  async #admission (list: SignedDeviceList): Promise<LinkAdmission> {
    const { account, ledger, tables } = this.#on
    const { home, info } = account
    const record = await ledger.read(tables.homeRecords, list.account)
    if (home === undefined || info === undefined || record === undefined) throw new ProtocolError('LINK_FAILED', { what: 'the account has no home' })
    return { deviceList: list.bytes, homeRecord: record.bytes, handle: info.handle, relayName: info.home.name, region: info.home.region, addresses: [...home.addresses] }
  }

  #onList (draft: Draft, { before, after }: { before: PinnedList | undefined, after: PinnedList }): void {
    const { events } = this.#on
    const added = after.list.devices.filter(({ id }) => before === undefined || deviceIn(before, id) === undefined).map(({ id }) => id)
    const removed = (before?.list.devices ?? []).filter(({ id }) => deviceIn(after, id) === undefined).map(({ id }) => id)
    const isSurprise = this.isPrimary && !this.#isSigning
    draft.after(() => {
      if (added.length + removed.length > 0) events.emit('devices', { added, removed })
      if (isSurprise) events.emit('warning', { kind: 'devices', text: 'There is a list of your devices that was not signed here: somebody else may have the account\'s key.' })
    })
  }
}

/** @throws ProtocolError TOO_LARGE */
function checkName (name: string): string {
  if (name.length > deviceNameChars) throw new ProtocolError('TOO_LARGE', { max: deviceNameChars, what: 'device name' })
  return name
}
