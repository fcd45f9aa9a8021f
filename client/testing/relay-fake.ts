/**
 * A relay in memory, for the client's own tests: the far side of the connection, as docs/protocol/client.md describes it,
 * with faults on demand. Not the relay's code: `node/` is tested against the client in `testnet/`.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { ByteStream, Dialer } from '../../protocol/byte-stream.ts'
import { Channel, Handlers } from '../../protocol/channel.ts'
import type { ManualClock, SeededRandom } from '../../protocol/clock-manual.ts'
import { conversationFromBytes, type ConversationId } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { decodeEnvelope } from '../../protocol/envelope.ts'
import { ERRORS, ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, accountIdToBytes, deviceIdOfKey, deviceKeyOf, messageIdToBytes, relayIdOfKey, type AccountId, type DeviceId, type MessageId, type RelayId } from '../../protocol/ids.ts'
import { snapshotToWire } from '../../protocol/groups/snapshot.ts'
import { limits } from '../../protocol/limits.ts'
import { anyMethods, clientMethods, clientNotifications, directoryMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { verifyDeviceList, type SignedDeviceList } from '../../protocol/records/device-list.ts'
import { verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { signRelayRecord } from '../../protocol/records/relay-record.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { GroupReceipt, GroupSnapshot } from '../../protocol/wire/gen/group.js'
import type { Outcome, Page } from '../../protocol/wire/gen/log.js'
import type { Claimed } from '../../protocol/wire/gen/service.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { FakeGroup } from './group-fake.ts'

export interface FakeEntry { seq: number, envelope: Uint8Array, sender: DeviceId, messageId: MessageId }
export interface FakeLog { conversation: Uint8Array, epoch: number, first: number, entries: FakeEntry[], byMessage: Map<string, FakeEntry>, cursors: Map<DeviceId, number>, members: readonly AccountId[], group?: FakeGroup }
interface FakeKeys { deviceKeys: Uint8Array | undefined, oneTime: Array<{ id: number, key: Uint8Array }>, highestId: number }
/** Keys of the primary, and of other devices. */
interface FakeAccount extends FakeKeys { handle: string, deviceList: Uint8Array, homeRecord: Uint8Array, others: Map<DeviceId, FakeKeys> }

export interface Faults {
  /** Chances from 0 to 1, drawn for each submit or page. */
  cutBeforeSubmit: number
  cutAfterSubmit: number
  repeatPage: number
  dropPage: number
  /** Outcomes that say OVERLOADED without storing; the rest of the conversation in the batch too. */
  refuseSubmit: number
  /** For each receipt of a group. */
  dropReceipt: number
}
export const noFaults: Faults = { cutBeforeSubmit: 0, cutAfterSubmit: 0, repeatPage: 0, dropPage: 0, refuseSubmit: 0, dropReceipt: 0 }

export interface FakeRelayOptions {
  clock: ManualClock
  random: SeededRandom
  primitives: Primitives
  name?: string
  region?: string
  loadPermille?: number
}

export class FakeRelay {
  readonly id: RelayId
  readonly name: string
  readonly region: string
  readonly address: string
  readonly record: Uint8Array
  /** What a restart keeps. */
  readonly logs = new Map<ConversationId, FakeLog>()
  readonly accounts = new Map<AccountId, FakeAccount>()
  faults: Faults = noFaults
  isUp = true
  /** SPEC(client, deliver) the answer to `submit` can be the delivery; false: a reference follows always. */
  areOutcomesDelivery = true
  /** Homes do not answer: what is said of accounts comes from copies of their directories. */
  areHomesDown = false
  heartbeatMs: number = limits.heartbeatMs
  /** Answer to `register`, whatever was asked for. */
  handleGiven: string | undefined
  /** Takes connections and frames and says nothing. */
  isMute = false
  readonly muteAddresses = new Set<string>()
  /** Each way of what it is told and says. */
  delayMs = 0
  onHello: (() => ProtocolError | undefined) | undefined
  onRegister: (() => ProtocolError | undefined) | undefined
  afterRegister: (() => void) | undefined
  /** Answers of a relay that cannot reach somebody else's: the error by account. */
  readonly unreachable = new Map<AccountId, ProtocolError>()
  /** Calls received, by method name. */
  readonly calls = new Map<string, number>()
  /** Replace the outcome of an envelope; undefined: as usual. */
  onSubmit: ((envelope: Uint8Array) => ProtocolError | undefined) | undefined
  /** Said `sent` to, and refused afterwards. */
  refuseLater: ((envelope: Uint8Array) => ProtocolError | undefined) | undefined
  /** Show another state of a group. */
  onGroupState: ((snapshot: GroupSnapshot) => GroupSnapshot) | undefined
  /** Where devices that are being linked meet; absent: nowhere. */
  onLink: ((stream: ByteStream) => void) | undefined
  /** Change a page before it is delivered; undefined: as it is. */
  onDeliver: ((page: Page, to: DeviceId) => Page | undefined) | undefined
  /** Pages that go out before the one of `onDeliver`. */
  alsoDelivered: Page[] = []
  directory: () => Uint8Array[] = () => [this.record]
  readonly #options: FakeRelayOptions
  readonly #channels = new Map<Channel, { device: DeviceId, account: AccountId | undefined, sent: Map<ConversationId, number> }>()

  constructor (options: FakeRelayOptions) {
    this.#options = options
    const seed = options.primitives.randomBytes(32)
    this.id = relayIdOfKey(options.primitives.ed25519PublicKey(seed))
    this.name = options.name ?? 'eu-1.example.org'
    this.region = options.region ?? 'eu'
    this.address = `/dns4/${this.name}/tcp/4001/p2p/${this.id}`
    this.record = signRelayRecord(options.primitives, {
      relay: this.id, name: this.name, region: this.region, addresses: [this.address], loadPermille: options.loadPermille ?? 0, openRegistration: true, software: 'fake/1', issuedAtMs: options.clock.nowMs()
    }, seed).bytes
  }

  /** kill -9 and start again: connections are gone, what was durable is there. */
  restart (): void { this.cutAll() }
  cutAll (): void { for (const channel of [...this.#channels.keys()]) channel.abort(new Error('killed')) }
  down (): void { this.isUp = false; this.cutAll() }
  up (): void { this.isUp = true }
  drain (): void { for (const channel of this.#channels.keys()) channel.notify(clientNotifications.draining, {}) }
  get connections (): number { return this.#channels.size }

  accept (stream: ByteStream, address: string): void {
    const { clock } = this.#options
    const channel = new Channel(new SlowStream(stream, this, address, clock), { handlers: this.#handlers(), clock })
    this.#channels.set(channel, { device: stream.remotePeer as DeviceId, account: undefined, sent: new Map() })
    channel.onClose(() => { this.#channels.delete(channel) })
    channel.start()
  }

  #handlers (): Handlers {
    const session = (channel: Channel): { device: DeviceId, account: AccountId, sent: Map<ConversationId, number> } => {
      const one = this.#channels.get(channel)
      if (one?.account === undefined || !this.accounts.has(one.account)) throw new ProtocolError('NOT_AUTHENTICATED')
      return { ...one, account: one.account }
    }
    const count = (name: string): void => { this.calls.set(name, (this.calls.get(name) ?? 0) + 1) }
    return new Handlers()
      .on(anyMethods.ping, () => { count('ping'); return {} })
      .on(directoryMethods.getDirectory, () => ({ records: this.directory() }))
      .on(clientMethods.hello, ({ account, deviceList }, channel) => {
        count('hello')
        const refusal = this.onHello?.()
        if (refusal !== undefined) throw refusal
        const one = this.#channels.get(channel)!
        const id = accountIdFromBytes(account)
        const list = verifyDeviceList(this.#options.primitives, deviceList)
        const known = this.accounts.get(id)
        const newest = known === undefined ? list : this.#listOf(known)
        if (known !== undefined && newest.epoch > list.epoch) throw new ProtocolError('ROLLED_BACK', { record: known.deviceList })
        if (list.account !== id || !list.devices.some(({ id: device }) => device === one.device)) throw new ProtocolError('UNKNOWN_DEVICE')
        one.account = id
        if (known !== undefined) {
          this.#deliverSoon(channel)
          const receipts = [...this.#receipts.values()].filter(({ to }) => accountIdFromBytes(to) === id)
          if (receipts.length > 0) queueMicrotask(() => { channel.notify(clientNotifications.groupReceipts, { receipts }) })
        } else this.#lists.set(id, deviceList.slice())
        return { version: wireVersion, relayName: this.name, region: this.region, nowMs: this.#options.clock.nowMs(), heartbeatMs: this.heartbeatMs, isRegistered: known !== undefined, oneTimePrekeysLeft: known === undefined ? 0 : this.#keysOf(known, one.device).oneTime.length, handle: known?.handle ?? '' }
      })
      .on(clientMethods.register, ({ handle, homeRecord, prekeys }, channel) => {
        count('register')
        const refusal = this.onRegister?.()
        if (refusal !== undefined) throw refusal
        const { account } = this.#channels.get(channel)!
        const complete = handle === '' ? '' : `${handle}@${this.name}`
        if (account === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
        if (verifyHomeRecord(this.#options.primitives, homeRecord).homes[0] !== this.id) throw new ProtocolError('NOT_ADMITTED')
        for (const [other, row] of this.accounts) if (complete !== '' && row.handle === complete && other !== account) throw new ProtocolError('HANDLE_TAKEN')
        const before = this.accounts.get(account)
        this.accounts.set(account, {
          handle: complete,
          deviceList: before?.deviceList ?? this.#lists.get(account)!,
          homeRecord: homeRecord.slice(),
          others: before?.others ?? new Map(),
          deviceKeys: prekeys?.deviceKeys?.slice(),
          oneTime: prekeys?.oneTime.map(({ id, key }) => ({ id, key: key.slice() })) ?? [],
          highestId: Math.max(0, ...prekeys?.oneTime.map(({ id }) => id) ?? [])
        })
        this.#deliverSoon(channel)
        this.afterRegister?.()
        return { handle: this.handleGiven ?? complete }
      })
      .on(clientMethods.submit, async ({ envelopes }, channel) => {
        count('submit')
        const { device } = session(channel)
        if (this.#chance(this.faults.cutBeforeSubmit)) { channel.abort(new Error('cut')); throw new ProtocolError('DISCONNECTED') }
        const outcomes = this.#store(envelopes, device)
        if (this.areOutcomesDelivery) this.#countAsDelivered(channel, envelopes, outcomes)
        if (this.#chance(this.faults.cutAfterSubmit)) { channel.abort(new Error('cut')); throw new ProtocolError('DISCONNECTED') }
        return { outcomes }
      })
      .on(clientMethods.readLog, ({ conversation, fromSeq, maxEntries }, channel) => {
        count('read-log')
        const { account, device } = session(channel)
        const log = this.logs.get(conversationFromBytes(conversation).id)
        const part = log === undefined ? undefined : partFor(log, account)
        if (log === undefined || part === undefined) throw new ProtocolError('NOT_ADMITTED')
        const first = Math.max(fromSeq, part.from)
        return this.#page(log, device, first, Math.min(maxEntries, limits.pageEntries, Math.max(0, part.to - first + 1)))
      })
      .on(clientMethods.uploadPrekeys, ({ deviceKeys, oneTime, replaces }, channel) => {
        count('upload-prekeys')
        const { account, device } = session(channel)
        const row = this.#keysOf(this.accounts.get(account)!, device)
        if (deviceKeys !== undefined) row.deviceKeys = deviceKeys.slice()
        if (replaces === true) Object.assign(row, { oneTime: [], highestId: 0 })
        const offered = oneTime.filter(({ id }) => id > row.highestId)
        if (row.oneTime.length + offered.length > limits.oneTimePrekeys) throw new ProtocolError('TOO_MANY')
        row.oneTime.push(...offered.map(({ id, key }) => ({ id, key: key.slice() })))
        row.highestId = Math.max(row.highestId, ...offered.map(({ id }) => id))
        return { oneTime: row.oneTime.length }
      })
      .on(clientMethods.updateDevices, (signed, channel) => {
        const row = this.accounts.get(session(channel).account)!
        const list = verifyDeviceList(this.#options.primitives, encode(Signed, signed))
        if (list.epoch < this.#listOf(row).epoch) throw new ProtocolError('ROLLED_BACK', { record: row.deviceList })
        this.#setList(row, list.bytes)
        return {}
      })
      .on(clientMethods.claimBundles, ({ account }, channel) => {
        count('claim-bundles')
        session(channel)
        return this.#claim(account)
      })
      .on(clientMethods.findAccount, ({ account }, channel) => {
        count('find-account')
        session(channel)
        const row = this.#find(account)
        return { account, homeRecord: row.homeRecord, deviceList: row.deviceList, ...(this.areHomesDown ? { isCopy: true } : {}) }
      })
      .on(clientMethods.findHandle, ({ handle }, channel) => {
        session(channel)
        for (const row of this.accounts.values()) if (row.handle === handle) return { account: this.#accountBytes(row), homeRecord: row.homeRecord, deviceList: row.deviceList }
        throw new ProtocolError('UNKNOWN_HANDLE')
      })
      .on(clientMethods.listLogs, (_, channel) => {
        count('list-logs')
        const { account, device } = session(channel)
        return {
          logs: [...this.logs.values()].filter((log) => partFor(log, account) !== undefined).map((log) => ({
            conversation: log.conversation, epoch: log.epoch, first: log.first, head: log.first + log.entries.length - 1, cursor: log.cursors.get(device) ?? 0
          }))
        }
      })
      .on(clientMethods.groupState, ({ conversation }, channel) => {
        count('group-state')
        const { account } = session(channel)
        const { state } = this.logs.get(conversationFromBytes(conversation).id)?.group ?? {}
        if (state === undefined) throw new ProtocolError('UNKNOWN_GROUP')
        if (!state.members.has(account)) throw new ProtocolError('NOT_A_MEMBER')
        return this.onGroupState?.(snapshotToWire(state)) ?? snapshotToWire(state)
      })
      .on(clientMethods.claimMany, ({ accounts }, channel) => {
        count('claim-many')
        session(channel)
        return {
          outcomes: accounts.map((account) => {
            try {
              return { status: 0, claimed: this.#claim(account), retryAfterMs: 0 }
            } catch (error) {
              if (!isProtocolError(error)) throw error
              return { status: error.status, retryAfterMs: 0 }
            }
          })
        }
      })
      .onNotification(clientNotifications.groupReceipts, ({ receipts }, channel) => {
        count('group-receipts')
        session(channel)
        for (const one of receipts) {
          const receipt = { ...one, conversation: one.conversation.slice(), to: one.to.slice(), from: one.from.slice(), device: one.device.slice(), sealed: one.sealed.slice() }
          if (this.#chance(this.faults.dropReceipt)) continue
          this.#receipts.set(`${toHex(receipt.conversation)}/${toHex(receipt.to)}/${toHex(receipt.device)}`, receipt)
          for (const [other, { account }] of this.#channels) if (account === accountIdFromBytes(receipt.to)) other.notify(clientNotifications.groupReceipts, { receipts: [receipt] })
        }
      })
      .onNotification(clientNotifications.acknowledge, ({ positions }, channel) => {
        const { device } = session(channel)
        for (const { conversation, seq } of positions) {
          const log = this.logs.get(conversationFromBytes(conversation).id)
          log?.cursors.set(device, Math.max(Math.min(seq, log.first + log.entries.length - 1), log.cursors.get(device) ?? 0))
        }
      })
  }

  readonly #receipts = new Map<string, GroupReceipt>()
  readonly #lists = new Map<AccountId, Uint8Array>()

  #accountBytes (row: FakeAccount): Uint8Array {
    const { account } = verifyDeviceList(this.#options.primitives, row.deviceList)
    return accountIdToBytes(account)
  }

  #claim (account: Uint8Array): Claimed {
    const row = this.#find(account)
    const bundles: Claimed['bundles'] = []
    for (const { id } of this.#listOf(row).devices) {
      const keys = this.#keysOf(row, id)
      if (keys.deviceKeys === undefined) continue
      const oneTime = keys.oneTime.shift()
      bundles.push({ device: deviceKeyOf(id), deviceKeys: keys.deviceKeys, ...(oneTime === undefined ? {} : { oneTime }) })
    }
    if (bundles.length === 0) throw new ProtocolError('NO_BUNDLE')
    return { deviceList: row.deviceList, homeRecord: row.homeRecord, bundles }
  }

  #listOf (row: FakeAccount): SignedDeviceList { return verifyDeviceList(this.#options.primitives, row.deviceList) }

  /** Devices that are out of it are sent away. */
  #setList (row: FakeAccount, list: Uint8Array): void {
    row.deviceList = list.slice()
    const { account, devices } = this.#listOf(row)
    for (const [channel, one] of this.#channels) if (one.account === account && !devices.some(({ id }) => id === one.device)) channel.abort(new Error('unlinked'))
  }

  #keysOf (row: FakeAccount, device: DeviceId): FakeKeys {
    if (this.#listOf(row).devices[0]!.id === device) return row
    let keys = row.others.get(device)
    if (keys === undefined) row.others.set(device, keys = { deviceKeys: undefined, oneTime: [], highestId: 0 })
    return keys
  }

  /** The newest entries that nobody but their sender has had are lost, as after a power cut. @returns how many */
  loseTail (): number {
    let lost = 0
    for (const log of this.logs.values()) {
      if (log.group !== undefined) continue
      for (let last = log.entries.at(-1); last !== undefined && ![...log.cursors].some(([device, seq]) => device !== last!.sender && seq >= last!.seq); last = log.entries.at(-1)) {
        log.entries.pop()
        log.byMessage.delete(`${last.sender}/${last.messageId}`)
        lost++
      }
      const head = log.first + log.entries.length - 1
      for (const [device, seq] of log.cursors) log.cursors.set(device, Math.min(seq, head))
    }
    return lost
  }

  /** As a home that has said `sent` before the sequencer has answered. */
  #refuseSoon (device: DeviceId, refused: { conversation: Uint8Array, messageId: Uint8Array, status: number }): void {
    queueMicrotask(() => { for (const [channel, one] of this.#channels) if (one.device === device) channel.notify(clientNotifications.refused, refused) })
  }

  #find (bytes: Uint8Array): FakeAccount {
    const account = accountIdFromBytes(bytes)
    const error = this.unreachable.get(account)
    if (error !== undefined) throw error
    const row = this.accounts.get(account)
    if (row === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT')
    return row
  }

  #chance (chance: number): boolean { return chance > 0 && this.#options.random.fraction() < chance }

  #store (envelopes: readonly Uint8Array[], device: DeviceId): Array<Partial<Outcome> & { status: number, epoch: number, seq: number, retryAfterMs: number }> {
    const refused = new Set<ConversationId>()
    return envelopes.map((bytes) => {
      const outcome = { status: 0, epoch: 0, seq: 0, retryAfterMs: 0 }
      try {
        const envelope = decodeEnvelope(bytes)
        const { conversation, messageId, senderDevice } = envelope
        if (senderDevice !== device) throw new ProtocolError('NOT_ADMITTED')
        const error = this.onSubmit?.(bytes)
        if (error !== undefined) throw error
        if (refused.has(conversation.id) || this.#chance(this.faults.refuseSubmit)) { refused.add(conversation.id); throw new ProtocolError('OVERLOADED', { retryAfterMs: 200 }) }
        const log = this.#log(conversation.bytes)
        const late = this.refuseLater?.(bytes)
        if (late !== undefined) {
          this.#refuseSoon(device, { conversation: conversation.bytes, messageId: messageIdToBytes(messageId), status: ERRORS[late.code].status })
          return outcome
        }
        let entry = log.byMessage.get(`${device}/${messageId}`)
        if (entry === undefined) {
          entry = { seq: log.first + log.entries.length, envelope: bytes.slice(), sender: device, messageId }
          log.group?.admit(envelope, { epoch: log.epoch, seq: entry.seq })
          log.entries.push(entry)
          log.byMessage.set(`${device}/${messageId}`, entry)
        }
        for (const channel of this.#channels.keys()) this.#deliverSoon(channel)
        return { ...outcome, epoch: log.epoch, seq: entry.seq }
      } catch (error) {
        if (!isProtocolError(error)) throw error
        return { ...outcome, status: ERRORS[error.code].status, retryAfterMs: error.details.retryAfterMs ?? 0 }
      }
    })
  }

  /** An own message whose predecessors were all delivered on this connection needs no reference: its outcome says it. */
  #countAsDelivered (channel: Channel, envelopes: readonly Uint8Array[], outcomes: ReadonlyArray<{ status: number, seq: number }>): void {
    const { device, sent } = this.#channels.get(channel)!
    for (const [i, { status, seq }] of outcomes.entries()) {
      if (status !== 0) continue
      const { id } = decodeEnvelope(envelopes[i]!).conversation
      if (Math.max(sent.get(id) ?? 0, this.logs.get(id)?.cursors.get(device) ?? 0) === seq - 1) sent.set(id, seq)
    }
  }

  #log (bytes: Uint8Array): FakeLog {
    const conversation = conversationFromBytes(bytes)
    const { id, anchor } = conversation
    const members = conversation.kind === 'group' ? [] : conversation.members
    let log = this.logs.get(id)
    if (log !== undefined) return log
    const record = this.accounts.get(anchor)?.homeRecord
    const epoch = record === undefined ? 1 : verifyHomeRecord(this.#options.primitives, record).epoch
    this.logs.set(id, log = { conversation: bytes.slice(), epoch, first: 1, entries: [], byMessage: new Map(), cursors: new Map(), members, ...(conversation.kind === 'group' ? { group: new FakeGroup(this.#options.primitives, conversation) } : {}) })
    return log
  }

  /** Entries as this device gets them: references in place of its own. */
  #page (log: FakeLog, device: DeviceId, fromSeq: number, max: number): Page {
    const entries = log.entries.slice(Math.max(0, fromSeq - log.first), Math.max(0, fromSeq - log.first) + max).map((entry) => entry.sender === device
      ? { seq: entry.seq, storedAtMs: 0, messageId: messageIdToBytes(entry.messageId), senderDevice: deviceKeyOf(entry.sender) }
      : { seq: entry.seq, storedAtMs: 0, envelope: entry.envelope })
    return { conversation: log.conversation, epoch: log.epoch, entries, head: log.first + log.entries.length - 1 }
  }

  #deliverSoon (channel: Channel): void { queueMicrotask(() => { this.deliver(channel) }) }

  deliver (channel: Channel): void {
    const one = this.#channels.get(channel)
    if (one?.account === undefined) return
    for (const [id, log] of this.logs) {
      const part = partFor(log, one.account)
      if (log.entries.length === 0 || part === undefined) continue
      let from = Math.max(one.sent.get(id) ?? 0, log.cursors.get(one.device) ?? 0, part.from - 1) + 1
      while (from < log.first + log.entries.length && from <= part.to) {
        const first = Math.max(from, log.first)
        const page = this.#page(log, one.device, first, Math.min(limits.pageEntries, part.to - first + 1))
        from = page.entries.at(-1)!.seq + 1
        one.sent.set(id, from - 1)
        const changed = this.onDeliver === undefined ? page : this.onDeliver(page, one.device)
        for (const other of this.alsoDelivered.splice(0)) channel.notify(clientNotifications.deliver, { pages: [other] })
        if (changed === undefined || this.#chance(this.faults.dropPage)) continue
        channel.notify(clientNotifications.deliver, { pages: [changed] })
        if (this.#chance(this.faults.repeatPage)) channel.notify(clientNotifications.deliver, { pages: [changed] })
      }
    }
  }
}

/** Which numbers of a log are for somebody; undefined: none. */
function partFor ({ members, group }: FakeLog, account: AccountId): { from: number, to: number } | undefined {
  return group === undefined ? members.includes(account) ? { from: 1, to: Infinity } : undefined : group.partFor(account)
}

/** A relay's end of a stream, which is far away, or says nothing. */
class SlowStream implements ByteStream {
  readonly #stream: ByteStream
  readonly #relay: FakeRelay
  readonly #address: string
  readonly #clock: ManualClock

  constructor (stream: ByteStream, relay: FakeRelay, address: string, clock: ManualClock) {
    this.#stream = stream
    this.#relay = relay
    this.#address = address
    this.#clock = clock
  }

  get remotePeer (): ByteStream['remotePeer'] { return this.#stream.remotePeer }
  get remoteAddress (): string { return this.#stream.remoteAddress }
  get bufferedBytes (): number { return this.#stream.bufferedBytes }
  start (events: Parameters<ByteStream['start']>[0]): void { this.#stream.start(events) }
  async drained (): Promise<void> { await this.#stream.drained() }
  async close (): Promise<void> { await this.#stream.close() }
  abort (error: Error): void { this.#stream.abort(error) }

  send (bytes: Uint8Array): void {
    if (this.#relay.isMute || this.#relay.muteAddresses.has(this.#address)) return
    if (this.#relay.delayMs === 0) this.#stream.send(bytes)
    else this.#clock.after(this.#relay.delayMs, () => { this.#stream.send(bytes) })
  }
}

/** Reaches fake relays by their address, as one device. */
export class FakeDialer implements Dialer {
  readonly #relays: () => readonly FakeRelay[]
  readonly #device: DeviceId
  readonly dialled: string[] = []

  constructor (relays: () => readonly FakeRelay[], deviceSeed: Uint8Array, primitives: Primitives) {
    this.#relays = relays
    this.#device = deviceIdOfKey(primitives.ed25519PublicKey(deviceSeed))
  }

  async dial ({ addresses }: { addresses: readonly string[] }, protocol: string, { signal }: { signal: AbortSignal }): Promise<ByteStream> {
    signal.throwIfAborted()
    if (protocol !== protocols.client && protocol !== protocols.directory && protocol !== protocols.link) throw new ProtocolError('UNKNOWN_METHOD')
    for (const address of addresses) {
      this.dialled.push(address)
      const relay = this.#relays().find((one) => one.address === address || one.muteAddresses.has(address))
      if (relay === undefined || !relay.isUp) continue
      const [near, far] = streamPair(this.#device, relay.id)
      if (protocol === protocols.link) relay.onLink?.(far)
      else relay.accept(far, address)
      return near
    }
    throw new ProtocolError('HOME_UNREACHABLE')
  }
}
