/**
 * Group receipts on their way: from readers' devices, gathered, to the homes of those who sent the messages, and to their devices.
 *
 * Owns: who may give a receipt for whom, gathering (one frame for many readers), giving a device what changed while it was
 * away. A receipt is cumulative and sealed; a lost one is made good by the next, so nothing is repeated here.
 * Does not know: what is kept of them (receipt-board.ts). Spec: docs/protocol/fanout.md, receipts
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock, Timer } from '../../protocol/clock.ts'
import { mapKey } from '../../protocol/bytes.ts'
import { conversationFromBytes, type Conversation } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, deviceIdOfKey, keyBytes, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications, relayNotifications } from '../../protocol/methods.ts'
import type { GroupReceipt } from '../../protocol/wire/gen/group.js'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Homes, Logger } from '../ports.ts'
import type { Meter } from '../watch/meter.ts'
import type { AccountReceipts, ReceiptBoard } from './receipt-board.ts'

/** How long receipts are gathered here, on top of what devices gather. */
const gatherMs = 100
/** Receipts in one frame to a relay (700 KB at most) and to a device (175 KB). */
const togetherToRelay = 2_048
const togetherToDevice = 512
/** Waiting for one relay: beyond it a receipt is dropped. */
const maxWaiting = 20_000
/** Receipts that one token of a bucket stands for. */
const receiptsPerToken = 16
/** A connection may have been dead this long before it counted as such: what was given meanwhile is given again. */
const marginMs = 2 * limits.deadAfterMs
/** Senders whose homes are looked for at once, and receipts that wait for each. */
const maxFinding = 64
const maxFindingEach = 2_048
/** Groups and boards that are being loaded because receipts came for them. */
const maxLoading = 256

/** A connected device that hello has proved. */
export interface ReceiptDevice {
  readonly account: AccountId
  readonly device: DeviceId
  readonly channel: Channel
}

export interface GroupReceiptsComponents {
  board: ReceiptBoard
  placement: Pick<Placement, 'isHome' | 'isHomeOf' | 'isMember' | 'primaryOf' | 'groupOf'>
  logs: Pick<Logs, 'peek' | 'load'>
  links: Pick<Links, 'peek' | 'channelTo' | 'introduce'>
  homes: Pick<Homes, 'self' | 'find'>
  buckets: Buckets
  clock: Clock
  logger: Logger
  meter: Meter
}

interface Checked {
  readonly receipt: GroupReceipt
  readonly conversation: Conversation
  readonly to: AccountId
  readonly from: AccountId
}

export class GroupReceipts {
  readonly #c: GroupReceiptsComponents
  readonly #byChannel = new Map<Channel, ReceiptDevice>()
  readonly #byAccount = new Map<AccountId, Set<ReceiptDevice>>()
  /** Whose rows stay in memory for them. */
  readonly #caughtUp = new Set<ReceiptDevice>()
  /** By relay, then by group, sender and reader's device. */
  #toRelays = new Map<RelayId, Map<string, Checked>>()
  #toDevices = new Map<AccountReceipts, Set<GroupReceipt>>()
  readonly #finding = new Map<AccountId, Checked[]>()
  readonly #taken
  readonly #dropped
  readonly #frames
  #timer: Timer | undefined
  #loading = 0
  #isStopped = false

  constructor (components: GroupReceiptsComponents) {
    this.#c = components
    const { meter } = components
    this.#taken = meter.counter('heliograph_receipts_taken_total', 'group receipts taken, by where they came from', ['from'])
    this.#dropped = meter.counter('heliograph_receipts_dropped_total', 'group receipts that went no further, by why', ['why'])
    this.#frames = meter.counter('heliograph_receipts_frames_total', 'frames with gathered group receipts, by to whom', ['to'])
  }

  register (clientHandlers: Handlers, relayHandlers: Handlers): void {
    clientHandlers.onNotification(clientNotifications.groupReceipts, ({ receipts }, channel) => { this.#fromDevice(receipts, channel) })
    relayHandlers.onNotification(relayNotifications.groupReceipts, ({ receipts }, channel) => { this.#fromRelay(receipts, channel.stream.remotePeer as RelayId) })
  }

  /** A device has said hello: give it what has changed since it was last here. */
  attach (attached: ReceiptDevice): void {
    if (this.#byChannel.has(attached.channel)) return
    this.#byChannel.set(attached.channel, attached)
    const devices = this.#byAccount.get(attached.account) ?? new Set()
    this.#byAccount.set(attached.account, devices.add(attached))
    this.#catchUp(attached).catch((error: unknown) => {
      // Gone again, or the store is in trouble: it learns of them when it comes back.
      if (!isProtocolError(error, 'DISCONNECTED')) this.#c.logger.warn('receipts.catch-up', {}, error)
    })
  }

  detach ({ channel }: Pick<ReceiptDevice, 'channel'>): void {
    const attached = this.#byChannel.get(channel)
    if (attached === undefined) return
    const { account, device } = attached
    this.#byChannel.delete(channel)
    const devices = this.#byAccount.get(account)
    devices?.delete(attached)
    if (devices?.size === 0) this.#byAccount.delete(account)
    // Else it was not given what had changed, and the time of its last visit still counts.
    if (!this.#caughtUp.delete(attached)) return
    this.#c.board.close(this.#c.board.peek(account)!)
    this.#c.board.left(account, device)
  }

  async #catchUp (attached: ReceiptDevice): Promise<void> {
    const { board, clock } = this.#c
    const { account, device, channel } = attached
    const leftAtMs = await board.leftAtMs(account, device)
    const receipts = await board.open(account)
    if (this.#byChannel.get(channel) !== attached) return
    receipts.users++
    this.#caughtUp.add(attached)
    const due: GroupReceipt[] = []
    for (const [key, { receipt }] of board.changedSince(receipts, Math.min(leftAtMs, clock.nowMs()) - marginMs)) {
      if (this.#hasLeft(conversationFromBytes(receipt.conversation), accountIdFromBytes(receipt.from))) board.remove(receipts, key)
      else due.push(receipt)
    }
    for (let at = 0; at < due.length && !channel.isClosed; at += togetherToDevice) {
      this.#give(channel, due.slice(at, at + togetherToDevice))
      await channel.stream.drained()
    }
  }

  /** Known not to be in the group any more. */
  #hasLeft (conversation: Conversation, account: AccountId): boolean {
    return this.#c.placement.groupOf(conversation) !== undefined && !this.#c.placement.isMember(conversation, account)
  }

  /** Local members have left a group. */
  left (conversation: Conversation, accounts: readonly AccountId[]): void {
    for (const account of accounts) this.#forget(account, conversation.bytes)
  }

  /** The account does not live here any more. */
  moved (account: AccountId): void { this.#forget(account) }

  #forget (account: AccountId, conversation?: Uint8Array): void {
    this.#c.board.forget(account, conversation).catch((error: unknown) => { this.#c.logger.warn('receipts.forget', {}, error) })
  }

  /** @throws ProtocolError NOT_AUTHENTICATED, NOT_ADMITTED, QUOTA, MALFORMED, BAD_CONVERSATION, TOO_LARGE */
  #fromDevice (receipts: readonly GroupReceipt[], channel: Channel): void {
    const session = this.#byChannel.get(channel)
    if (session === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    this.#charge('signalPerDevice', session.device, receipts.length)
    for (const receipt of receipts) {
      const checked = read(receipt)
      // [REJECT] a device speaks for itself only
      if (checked.from !== session.account || deviceIdOfKey(receipt.device) !== session.device) throw new ProtocolError('NOT_ADMITTED')
      this.#whenKnown(checked, () => { this.#accept(checked, 'device') })
    }
  }

  /** @throws as fromDevice */
  #fromRelay (receipts: readonly GroupReceipt[], relay: RelayId): void {
    this.#charge('signalPerRelay', relay, receipts.length)
    for (const receipt of receipts) {
      const checked = read(receipt)
      // [DROP] a relay speaks for its own people only
      if (this.#c.placement.isHomeOf(checked.from, relay) !== true) { this.#dropped.inc(1, { why: 'reader' }); continue }
      this.#whenKnown(checked, () => { this.#accept(checked, 'relay') })
    }
  }

  #charge (quota: 'signalPerDevice' | 'signalPerRelay', key: string, count: number): void {
    try {
      this.#c.buckets.take(quota, key, Math.ceil(count / receiptsPerToken))
    } catch (error) {
      this.#dropped.inc(count, { why: 'quota' })
      throw error
    }
  }

  /** A group's members are known once its log is in memory. */
  #whenKnown ({ conversation }: Checked, then: () => void): void {
    const { logs, logger } = this.#c
    if (logs.peek(conversation.id) !== undefined) { then(); return }
    if (this.#loading >= maxLoading) { this.#dropped.inc(1, { why: 'busy' }); return }
    this.#loading++
    logs.load(conversation).then(then).catch((error: unknown) => {
      logger.debug('receipts.load', {}, error)
      this.#dropped.inc(1, { why: 'busy' })
    }).finally(() => { this.#loading-- })
  }

  #accept (checked: Checked, from: 'device' | 'relay'): void {
    const { placement, homes } = this.#c
    const { conversation, to } = checked
    if (this.#isStopped) return
    // [DROP] among members only
    if (!placement.isMember(conversation, checked.from) || !placement.isMember(conversation, to)) { this.#dropped.inc(1, { why: 'member' }); return }
    this.#taken.inc(1, { from })
    if (placement.isHome(to)) { this.#put(checked); return }
    // [DROP] a receipt travels one hop
    if (from === 'relay') { this.#dropped.inc(1, { why: 'moved' }); return }
    const relay = placement.primaryOf(to)
    // Its record names us, but it is not registered here (yet).
    if (relay === homes.self) { this.#dropped.inc(1, { why: 'home' }); return }
    if (relay === undefined) { this.#find(checked); return }
    this.#gather(relay, checked)
  }

  /** Where the sender lives; a relay that does not sequence the group may not have heard of it. */
  #find (checked: Checked): void {
    const { clock, homes, logger, placement } = this.#c
    const { to } = checked
    const waiting = this.#finding.get(to)
    if (waiting !== undefined) {
      if (waiting.length < maxFindingEach) waiting.push(checked)
      else this.#dropped.inc(1, { why: 'busy' })
      return
    }
    if (this.#finding.size >= maxFinding) { this.#dropped.inc(1, { why: 'busy' }); return }
    const found = [checked]
    this.#finding.set(to, found)
    const limit = deadline(clock, limits.requestTimeoutMs)
    homes.find(to, { signal: limit.signal }).then(() => {
      const relay = placement.primaryOf(to)
      if (relay === undefined || relay === homes.self || this.#isStopped) this.#dropped.inc(found.length, { why: 'home' })
      else for (const one of found) this.#gather(relay, one)
    }, (error: unknown) => {
      if (!isProtocolError(error)) logger.warn('receipts.find', {}, error)
      this.#dropped.inc(found.length, { why: 'home' })
    }).finally(() => {
      limit.cancel()
      this.#finding.delete(to)
    })
  }

  #gather (relay: RelayId, checked: Checked): void {
    let waiting = this.#toRelays.get(relay)
    if (waiting === undefined) {
      waiting = new Map()
      this.#toRelays.set(relay, waiting)
    }
    const key = mapKey(checked.receipt.conversation) + checked.to + checked.from + mapKey(checked.receipt.device)
    const known = waiting.get(key)
    if (known === undefined && waiting.size >= maxWaiting) this.#dropped.inc(1, { why: 'busy' })
    else if (known === undefined || known.receipt.counter < checked.receipt.counter) waiting.set(key, checked)
    this.#schedule()
  }

  #put (checked: Checked): void {
    const { board, logger } = this.#c
    const known = board.peek(checked.to)
    if (known !== undefined) { this.#putInto(known, checked); return }
    if (this.#loading >= maxLoading) { this.#dropped.inc(1, { why: 'busy' }); return }
    this.#loading++
    board.open(checked.to).then((receipts) => { this.#putInto(receipts, checked) }).catch((error: unknown) => {
      logger.warn('receipts.open', {}, error)
    }).finally(() => { this.#loading-- })
  }

  #putInto (receipts: AccountReceipts, { receipt, to }: Checked): void {
    if (!this.#c.board.put(receipts, receipt)) { this.#dropped.inc(1, { why: 'known' }); return }
    if (!this.#byAccount.has(to)) return // given when a device comes
    let waiting = this.#toDevices.get(receipts)
    if (waiting === undefined) {
      waiting = new Set()
      this.#toDevices.set(receipts, waiting)
    }
    waiting.add(receipt)
    this.#schedule()
  }

  #schedule (): void {
    if (!this.#isStopped) this.#timer ??= this.#c.clock.after(gatherMs, () => { this.flush() })
  }

  /** Send what is gathered. */
  flush (): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const [toRelays, toDevices] = [this.#toRelays, this.#toDevices]
    this.#toRelays = new Map()
    this.#toDevices = new Map()
    for (const [relay, waiting] of toRelays) {
      this.#tell(relay, [...waiting.values()]).catch((error: unknown) => {
        if (!isProtocolError(error)) this.#c.logger.warn('receipts.forward', {}, error)
        this.#dropped.inc(waiting.size, { why: 'unreachable' })
      })
    }
    for (const [{ account }, waiting] of toDevices) {
      const receipts = [...waiting]
      for (const { channel } of this.#byAccount.get(account) ?? []) {
        for (let at = 0; at < receipts.length; at += togetherToDevice) this.#give(channel, receipts.slice(at, at + togetherToDevice))
      }
    }
  }

  async #tell (relay: RelayId, waiting: readonly Checked[]): Promise<void> {
    const { clock, links } = this.#c
    const limit = deadline(clock, limits.dialTimeoutMs)
    try {
      const channel = links.peek(relay) ?? await links.channelTo(relay, { signal: limit.signal })
      // It believes receipts of people whose home record names us.
      links.introduce(channel, new Set(waiting.map(({ from }) => from)))
      for (let at = 0; at < waiting.length; at += togetherToRelay) {
        channel.notify(relayNotifications.groupReceipts, { receipts: waiting.slice(at, at + togetherToRelay).map(({ receipt }) => receipt) })
        this.#frames.inc(1, { to: 'relay' })
      }
    } finally {
      limit.cancel()
    }
  }

  #give (channel: Channel, receipts: GroupReceipt[]): void {
    channel.notify(clientNotifications.groupReceipts, { receipts })
    this.#frames.inc(1, { to: 'device' })
  }

  /** What is gathered goes now; rows reach the disk. Before the channels close. */
  async stop (): Promise<void> {
    this.flush()
    this.#isStopped = true
    for (const attached of [...this.#byChannel.values()]) this.detach(attached)
    await this.#c.board.stop()
  }
}

/** @throws ProtocolError MALFORMED, BAD_CONVERSATION, TOO_LARGE. The result holds no view of a frame */
function read (wire: GroupReceipt): Checked {
  // [REJECT] bounded before it is kept
  if (wire.sealed.byteLength === 0 || wire.sealed.byteLength > limits.groupReceiptBytes) throw new ProtocolError('TOO_LARGE', { max: limits.groupReceiptBytes, what: 'receipt' })
  const conversation = conversationFromBytes(wire.conversation)
  if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
  const [to, from] = [accountIdFromBytes(wire.to), accountIdFromBytes(wire.from)]
  if (to === from || wire.device.byteLength !== keyBytes || !Number.isSafeInteger(wire.counter) || wire.counter < 1) throw new ProtocolError('MALFORMED', { what: 'receipt' })
  const receipt = { conversation: conversation.bytes, to: wire.to.slice(), from: wire.from.slice(), device: wire.device.slice(), counter: wire.counter, sealed: wire.sealed.slice() }
  return { receipt, conversation, to, from }
}
