/**
 * Devices at this relay: connections, who they are, and everything that they ask besides messages.
 *
 * Owns: hello, one session per device, silence and closing, the quotas of each request. A device proves itself by its
 * connection's key and the account's signed device list; there is no password and no token.
 * Does not know: messages. Spec: docs/protocol/hello.md
 */
import type { ByteStream } from '../../protocol/byte-stream.ts'
import { Channel, type ChannelMeter, type Handlers } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type DeviceId } from '../../protocol/ids.ts'
import { groupOf } from '../../protocol/libp2p/address-group.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications, type Quota } from '../../protocol/methods.ts'
import { isExpired, verifyDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { Hello, Register, Registered, Welcome } from '../../protocol/wire/gen/service.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import type { Accounts, Registration } from './accounts.ts'
import { deadline } from '../deadline.ts'
import { noLoad, type Load } from '../limits/load.ts'
import { isLoopback } from '../loopback.ts'
import type { Directory } from './directory.ts'
import type { HomeBook } from './homes.ts'
import type { Meter } from '../watch/meter.ts'
import type { People } from './people.ts'
import type { Blocks, Buckets, Logger } from '../ports.ts'
import type { Prekeys } from './prekeys.ts'
import type { Profiles } from './profiles.ts'
import { checkDevicesNewest, type Registrar } from './registration.ts'
import type { Standby } from '../standby/standby.ts'
import { WatchedStream } from './watched-stream.ts'

/** A device of a registered account, proved by hello. */
export interface Session {
  readonly account: AccountId
  readonly device: DeviceId
  readonly channel: Channel
}

/** What happens with a session: the message path. */
export interface Sessions {
  attach (session: Session): void
  detach (session: Session): void
}

export interface ClientServiceComponents {
  handlers: Handlers
  sessions: Sessions
  accounts: Accounts
  homes: HomeBook
  prekeys: Prekeys
  profiles: Pick<Profiles, 'set'>
  people: People
  registrar: Registrar
  directory: Pick<Directory, 'answer'>
  buckets: Buckets
  standby?: Pick<Standby, 'mayServe' | 'look'>
  load?: Load
  blocks?: Blocks
  signing: Signing
  clock: Clock
  logger: Logger
  meter: Meter
  channelMeter: ChannelMeter
}

export interface ClientServiceConfig {
  relayName: string
  region: string
}

interface Connection {
  readonly channel: Channel
  readonly stream: WatchedStream
  readonly device: DeviceId
  helloTimer: Timer | undefined
  /** A hello or a registration is under way. */
  isBusy: boolean
  /** What it had not read at the last look. */
  unreadBytes: number
  /** Said hello, not registered here (yet): what it proved. */
  guest: SignedDeviceList | undefined
  session: Session | undefined
}

/** How long a device may stay without registering: time to choose a handle. */
const guestTimeoutMs = 5 * 60_000
/** Time for the last answer to leave before a connection is closed. */
const lingerMs = 1_000

export class ClientService {
  readonly #components: ClientServiceComponents
  readonly #config: ClientServiceConfig
  readonly #connections = new Map<Channel, Connection>()
  readonly #byDevice = new Map<DeviceId, Connection>()
  readonly #closed
  #sweep: Timer | undefined
  #isDraining = false

  constructor (components: ClientServiceComponents, config: ClientServiceConfig) {
    this.#components = components
    this.#config = config
    const { handlers, load = noLoad, meter, registrar } = components
    handlers
      .on(anyMethods.ping, () => ({}))
      .on(clientMethods.hello, (hello, channel) => this.#onHello(hello, this.#connection(channel)))
      .on(clientMethods.register, (register, channel) => this.#onRegister(register, this.#connection(channel)))
      .on(clientMethods.uploadPrekeys, async (upload, channel) => {
        const { account, device } = this.#session(channel)
        return { oneTime: await components.prekeys.upload(account, device, upload) }
      })
      .on(clientMethods.claimBundles, (claim, channel) => {
        const session = this.#session(channel, clientMethods.claimBundles.quota)
        const account = accountIdFromBytes(claim.account)
        return this.#withDeadline((signal) => components.people.claim(account, { id: session.account, isRelay: false, device: session.device }, { signal }))
      })
      .on(clientMethods.claimMany, (claim, channel) => {
        const session = this.#session(channel, clientMethods.claimMany.quota, claim.accounts.length)
        const accounts = claim.accounts.map(accountIdFromBytes)
        return this.#withDeadline(async (signal) => ({ outcomes: await components.people.claimMany(accounts, { id: session.account, isRelay: false, device: session.device }, { signal }) }))
      })
      .on(clientMethods.setPublicProfile, async (signed, channel) => {
        const { account } = this.#session(channel)
        await components.profiles.set(account, encode(Signed, signed))
        return {}
      })
      .on(clientMethods.findAccount, (find, channel) => {
        this.#session(channel)
        load.check('history')
        const account = accountIdFromBytes(find.account)
        return this.#withDeadline((signal) => components.people.find(account, { signal }))
      })
      .on(clientMethods.findHandle, (find, channel) => {
        this.#session(channel)
        load.check('history')
        return this.#withDeadline((signal) => components.people.findHandle(find.handle, { signal }))
      })
      .on(clientMethods.updateDevices, async (signed, channel) => {
        const { account, device } = this.#session(channel)
        const list = verifyDeviceList(components.signing, encode(Signed, signed))
        this.#checkList(list, account, device, { mayLeave: true })
        await components.registrar.updateDevices(list)
        return {}
      })
      .on(clientMethods.updateHome, async (signed, channel) => {
        const { account } = this.#session(channel)
        await components.registrar.updateHome(account, encode(Signed, signed))
        return {}
      })
      .on(clientMethods.getDirectory, (request, channel) => {
        this.#charge(channel)
        load.check('history')
        return components.directory.answer(request)
      })
    registrar.onLeave((devices, reason) => { this.#dismiss(devices, reason) })
    components.blocks?.onChange(({ kind, id, isBlocked }) => { if (kind === 'account' && isBlocked) this.#dismiss(components.accounts.devicesOf(id as AccountId), new ProtocolError('BLOCKED')) })
    this.#closed = meter.counter('heliograph_client_closed_total', 'connections of devices that ended, by why: none, a device that went; TIMEOUT, silent or too slow; OVERLOADED, it did not read; MALFORMED, DISCONNECTED, …', ['code'])
    meter.gauge('heliograph_client_connections', 'Connections of devices', () => this.#connections.size)
    meter.gauge('heliograph_client_sessions', 'Connections of devices that said hello and are registered here', () => this.#byDevice.size)
  }

  get connections (): number { return this.#connections.size }

  /** Whoever said hello on this connection, registered here or not; pays. @throws ProtocolError NOT_AUTHENTICATED, QUOTA */
  asker (channel: Channel, cost: number): { readonly account: AccountId } {
    const { guest, session } = this.#connection(channel)
    const account = session?.account ?? guest?.account
    if (account === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    this.#charge(channel, 'lookupPerDevice', cost)
    return { account }
  }

  /** A device of an account of this relay; pays. @throws ProtocolError NOT_AUTHENTICATED, NOT_REGISTERED, QUOTA */
  resident (channel: Channel, cost: number): Session { return this.#session(channel, 'lookupPerDevice', cost) }

  /** A device whose account lives elsewhere; it stays for another while. @throws ProtocolError NOT_AUTHENTICATED, NOT_ADMITTED */
  guest (channel: Channel): { readonly device: DeviceId, readonly list: SignedDeviceList } {
    const connection = this.#connection(channel)
    if (connection.session !== undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'the account lives here' })
    if (connection.guest === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    this.#limitTime(connection, guestTimeoutMs)
    return { device: connection.device, list: connection.guest }
  }

  start (): void { this.#scheduleSweep() }

  /** A stream that a device has opened. */
  accept (stream: ByteStream): void {
    const { channelMeter, clock, handlers } = this.#components
    const watched = new WatchedStream(stream, clock)
    const channel = new Channel(watched, { handlers, clock, meter: channelMeter })
    channel.limitFrames(limits.strangerFrameBytes)
    const connection: Connection = { channel, stream: watched, device: stream.remotePeer as DeviceId, helloTimer: undefined, isBusy: false, unreadBytes: 0, guest: undefined, session: undefined }
    this.#connections.set(channel, connection)
    this.#limitTime(connection, limits.helloTimeoutMs)
    channel.onClose((error) => {
      this.#closed.inc(1, { code: error === undefined ? 'none' : isProtocolError(error) ? error.code : 'INTERNAL' })
      this.#onClose(connection)
    })
    channel.start()
    if (this.#isDraining) {
      channel.notify(clientNotifications.draining, {})
      this.#closeSoon(connection)
    }
  }

  /** Tell everybody to connect elsewhere; say no to whom comes now. What is under way goes on. */
  drain (): void {
    this.#isDraining = true
    for (const { channel } of this.#connections.values()) channel.notify(clientNotifications.draining, {})
  }

  /** Draining is over: whoever comes is welcome again. */
  resume (): void { this.#isDraining = false }

  /** Who is still here although it was told to go elsewhere. */
  dismissAll (): void { for (const connection of this.#connections.values()) this.#closeSoon(connection) }

  async stop (): Promise<void> {
    this.#isDraining = true
    this.#sweep?.cancel()
    await Promise.all([...this.#connections.values()].map(async ({ channel }) => { await channel.close() }))
    for (const connection of this.#connections.values()) connection.helloTimer?.cancel()
  }

  async #onHello (hello: Hello, connection: Connection): Promise<Partial<Welcome>> {
    // [REJECT] a version whose words may mean something else
    if (hello.version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
    if (this.#isDraining) throw new ProtocolError('DRAINING')
    this.#charge(connection.channel)
    const list = verifyDeviceList(this.#components.signing, hello.deviceList)
    const account = accountIdFromBytes(hello.account)
    this.#checkList(list, account, connection.device, { mayLeave: false })
    this.#checkBlocked(account)
    // [REJECT] one connection is one device of one account
    if (connection.session !== undefined && connection.session.account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the connection belongs to another account' })
    return await this.#exclusively(connection, async () => {
      const { accounts, registrar } = this.#components
      await this.#components.standby?.mayServe(account)
      const known = await accounts.find(account)
      if (known === undefined) return this.#welcomeGuest(connection, list)
      // [REJECT] unlinked since: told with the newer list, because a device must not believe a relay's word for it
      if (list.epoch < known.deviceEpoch && !known.devices.includes(connection.device)) throw new ProtocolError('UNKNOWN_DEVICE', { record: known.deviceList })
      checkDevicesNewest(list, known)
      if (!accounts.isLocal(account)) return await this.#welcomeBack(connection, list)
      if (list.epoch > known.deviceEpoch) await registrar.updateDevices(list)
      // Registering brings them; nothing else does before they are renewed in a week.
      if (await this.#components.prekeys.areLost(account, connection.device)) return this.#welcomeGuest(connection, list)
      const welcome = await this.#welcome(connection, known)
      this.#attach(connection, account)
      return welcome
    })
  }

  async #onRegister (register: Register, connection: Connection): Promise<Partial<Registered>> {
    const { accounts, buckets, registrar } = this.#components
    const devices = connection.guest ?? await this.#ownList(connection)
    this.#checkBlocked(devices.account)
    // A repeat or a new handle of somebody who is here is a request like others; a newcomer counts for its address.
    if (accounts.isLocal(devices.account)) this.#charge(connection.channel)
    else if (!isLoopback(connection.stream.remoteAddress)) buckets.take('registerPerAddress', groupOf(connection.stream.remoteAddress), 1)
    if (this.#isDraining) throw new ProtocolError('DRAINING')
    return await this.#exclusively(connection, async () => {
      const local = await registrar.register({ devices, device: connection.device, homeRecord: register.homeRecord, handle: register.handle, prekeys: register.prekeys })
      this.#attach(connection, devices.account)
      return { handle: this.#fullHandle(local) }
    })
  }

  /** [REJECT] the operator does not serve this account; who was there when it was blocked is sent away, too. @throws ProtocolError BLOCKED */
  #checkBlocked (account: AccountId): void {
    if (this.#components.blocks?.hasAccount(account) === true) throw new ProtocolError('BLOCKED')
  }

  /** @throws ProtocolError NOT_AUTHENTICATED */
  async #ownList (connection: Connection): Promise<SignedDeviceList> {
    const { accounts, signing } = this.#components
    if (connection.session === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    const registration = await accounts.find(connection.session.account)
    if (registration === undefined) throw new ProtocolError('NOT_REGISTERED')
    return verifyDeviceList(signing, registration.deviceList)
  }

  #checkList (list: SignedDeviceList, account: AccountId, device: DeviceId, { mayLeave }: { mayLeave: boolean }): void {
    // [REJECT] cheapest first: whose list, then whether it names the key that the connection has proved, then its age
    if (list.account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the device list is another account\'s' })
    if (!mayLeave && !list.devices.some((one) => one.id === device)) throw new ProtocolError('UNKNOWN_DEVICE')
    if (isExpired(list, this.#components.clock.nowMs())) throw new ProtocolError('EXPIRED', { what: 'device list' })
  }

  #welcomeGuest (connection: Connection, list: SignedDeviceList): Partial<Welcome> {
    this.#becomeGuest(connection, list)
    return { ...this.#greeting(), isRegistered: false }
  }

  /**
   * An account that had moved away. When its newest record names this relay again it only has to register; else it is
   * told where it lives. The connection stays good for a registration with a newer record in either case.
   * @throws ProtocolError MOVED
   */
  async #welcomeBack (connection: Connection, list: SignedDeviceList): Promise<Partial<Welcome>> {
    const { homes } = this.#components
    const welcome = this.#welcomeGuest(connection, list)
    const record = await homes.known(list.account)
    if (record !== undefined && record.homes[0] !== homes.self) throw new ProtocolError('MOVED', { record: record.bytes })
    return welcome
  }

  async #welcome (connection: Connection, { account, handle }: Registration): Promise<Partial<Welcome>> {
    return {
      ...this.#greeting(),
      isRegistered: true,
      oneTimePrekeysLeft: await this.#components.prekeys.countOf(account, connection.device),
      handle: this.#fullHandle(handle)
    }
  }

  #greeting (): Partial<Welcome> {
    const { relayName, region } = this.#config
    return { version: wireVersion, relayName, region, nowMs: this.#components.clock.nowMs(), heartbeatMs: limits.heartbeatMs }
  }

  #fullHandle (local: string): string { return local === '' ? '' : `${local}@${this.#config.relayName}` }

  #becomeGuest (connection: Connection, list: SignedDeviceList): void {
    connection.guest = list
    connection.channel.limitFrames(limits.frameBytes)
    this.#limitTime(connection, guestTimeoutMs)
  }

  #attach (connection: Connection, account: AccountId): void {
    const { channel, device } = connection
    connection.guest = undefined
    connection.helloTimer?.cancel()
    connection.helloTimer = undefined
    if (channel.isClosed || connection.session !== undefined) return
    const before = this.#byDevice.get(device)
    // The device has reconnected before we noticed that its old connection is dead.
    if (before !== undefined) this.#end(before, new ProtocolError('DISCONNECTED', { what: 'the device has connected again' }))
    connection.session = { account, device, channel }
    channel.limitFrames(limits.frameBytes)
    this.#byDevice.set(device, connection)
    this.#components.sessions.attach(connection.session)
    this.#components.standby?.look(account)
  }

  #detach (connection: Connection): void {
    const { session } = connection
    if (session === undefined) return
    connection.session = undefined
    if (this.#byDevice.get(connection.device) === connection) this.#byDevice.delete(connection.device)
    this.#components.sessions.detach(session)
  }

  #end (connection: Connection, reason: ProtocolError): void {
    this.#detach(connection)
    connection.channel.abort(reason)
  }

  /**
   * The connection ends a moment later, so that an answer under way still arrives. A device that was unlinked has no
   * session at once; one whose account has moved keeps it until then, to be told MOVED whatever it asks.
   */
  #dismiss (devices: readonly DeviceId[], reason: ProtocolError): void {
    for (const device of devices) {
      const connection = this.#byDevice.get(device)
      if (connection === undefined) continue
      if (reason.code !== 'MOVED') this.#detach(connection)
      this.#closeSoon(connection)
      this.#components.logger.debug('client.dismissed', { device, code: reason.code })
    }
  }

  #closeSoon (connection: Connection): void { this.#limitTime(connection, lingerMs) }

  #limitTime (connection: Connection, timeoutMs: number): void {
    connection.helloTimer?.cancel()
    connection.helloTimer = this.#components.clock.after(timeoutMs, () => {
      connection.channel.close().catch((error: unknown) => { connection.channel.abort(error as Error) })
    })
  }

  #onClose (connection: Connection): void {
    connection.helloTimer?.cancel()
    this.#connections.delete(connection.channel)
    this.#detach(connection)
  }

  /** [LATER] who speaks and does not read for half a minute gets nothing that way: let it connect again, and free what it holds */
  #checkReading (connection: Connection): void {
    const { bufferedBytes } = connection.stream
    if (connection.unreadBytes >= limits.unreadBytes && bufferedBytes >= connection.unreadBytes) this.#end(connection, new ProtocolError('OVERLOADED', { what: 'the device does not read' }))
    else connection.unreadBytes = bufferedBytes
  }

  #scheduleSweep (): void {
    this.#sweep = this.#components.clock.after(limits.heartbeatMs, () => {
      const silentSinceMs = this.#components.clock.nowMs() - limits.deadAfterMs
      for (const connection of this.#connections.values()) {
        if (connection.stream.heardAtMs <= silentSinceMs) this.#end(connection, new ProtocolError('TIMEOUT', { what: 'silent for two heartbeats' }))
        else this.#checkReading(connection)
      }
      this.#scheduleSweep()
    })
  }

  #connection (channel: Channel): Connection {
    const connection = this.#connections.get(channel)
    if (connection === undefined) throw new ProtocolError('DISCONNECTED')
    return connection
  }

  /** The session of a request that costs `quota`. @throws ProtocolError NOT_AUTHENTICATED, NOT_REGISTERED, QUOTA */
  #session (channel: Channel, quota: Quota = 'lookupPerDevice', cost = 1): Session {
    const { guest, session } = this.#connection(channel)
    if (session === undefined) throw new ProtocolError(guest === undefined ? 'NOT_AUTHENTICATED' : 'NOT_REGISTERED')
    this.#charge(channel, quota, cost)
    return session
  }

  #charge (channel: Channel, quota: Quota = 'lookupPerDevice', cost = 1): void {
    if (quota !== 'free') this.#components.buckets.take(quota, channel.stream.remotePeer, cost)
  }

  async #exclusively<T> (connection: Connection, task: () => Promise<T>): Promise<T> {
    if (connection.isBusy) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs, what: 'hello or register is under way' })
    connection.isBusy = true
    try {
      return await task()
    } finally {
      connection.isBusy = false
    }
  }

  async #withDeadline<T> (task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const limit = deadline(this.#components.clock, limits.requestTimeoutMs * 0.9)
    try {
      return await task(limit.signal)
    } finally {
      limit.cancel()
    }
  }
}
