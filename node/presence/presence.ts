/**
 * Who is there: the relay's presence out of its parts, and its requests and notifications.
 *
 * Owns: the order of the parts, the sweep, one WatchingDevice for each session. Spec: docs/protocol/presence.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, type AccountId, type DeviceId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications, relayMethods, relayNotifications } from '../../protocol/methods.ts'
import { policyFromWire, policyToWire } from '../../protocol/presence.ts'
import type { Watched } from '../../protocol/wire/gen/presence.js'
import type { Links } from '../federation/links.ts'
import type { Load } from '../limits/load.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Commits, Defer, Homes, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { Acquaintance } from './acquaintance.ts'
import { Board } from './board.ts'
import { LastSeen } from './last-seen.ts'
import { LocalPeople } from './local-people.ts'
import { LocalWatches, WatchingDevice } from './local-watches.ts'
import { Policies } from './policies.ts'
import { RelayWatchers } from './relay-watchers.ts'
import { RemoteHomes } from './remote-homes.ts'
import { Signals, type SignalDevice } from './signals.ts'
import { Targets } from './targets.ts'
import { Turnstile } from './turnstile.ts'

export interface PresenceComponents {
  store: Store
  commits: Commits
  homes: Homes
  placement: Placement
  logs: Logs
  links: Links
  buckets: Buckets
  load?: Load
  clock: Clock
  random: Random
  defer: Defer
  logger: Logger
  meter: Meter
}

/** A session of a registered account, proved by hello. */
interface Session extends SignalDevice { readonly watching: WatchingDevice }

/** Heartbeats to other relays are looked at this often; everything else every third time. */
const beatEveryMs = 10_000

export class Presence {
  readonly #c: PresenceComponents
  readonly #byChannel = new Map<Channel, Session>()
  readonly #byAccount = new Map<AccountId, Set<Session>>()
  readonly #lastSeen: LastSeen
  readonly #policies: Policies
  readonly #board: Board
  readonly #people: LocalPeople
  readonly #watches: LocalWatches
  readonly #remote: RemoteHomes
  readonly #relays: RelayWatchers
  readonly #signals: Signals
  readonly #checks: Turnstile
  #timer: Timer | undefined
  #beats = 0
  #isStopped = false

  constructor (components: PresenceComponents) {
    this.#c = components
    const { homes, meter } = components
    const slowed = meter.counter('heliograph_presence_slowed_total', 'rounds of notifications after which presence went slower: this process was late')
    const shed = meter.counter('heliograph_presence_shed_total', 'presence that was dropped or put off, by why', ['why'])
    const targets = new Targets()
    const acquaintance = new Acquaintance(components)
    this.#checks = new Turnstile(components)
    this.#lastSeen = new LastSeen(components)
    this.#policies = new Policies(components)
    this.#board = new Board({ clock: components.clock, lastSeen: this.#lastSeen, onChange: (account, seen) => { this.#people.changed(account, seen) } })
    this.#people = new LocalPeople({ ...components, board: this.#board, lastSeen: this.#lastSeen, targets })
    this.#remote = new RemoteHomes({ ...components, targets, shed, granted: (account, watcher, bits) => { this.#watches.granted(account, watcher, bits) } })
    const shared = { ...components, targets, acquaintance, policies: this.#policies, people: this.#people, checks: this.#checks, slowed, shed }
    this.#watches = new LocalWatches({ ...shared, remote: this.#remote })
    this.#relays = new RelayWatchers(shared)
    this.#signals = new Signals({ ...components, devicesOf: (account) => this.#byAccount.get(account) ?? [] })
    homes.onMoved((account) => { this.#moved(account) })
    meter.gauge('heliograph_presence_online', 'local accounts that are online or away', () => this.#board.size)
    meter.gauge('heliograph_presence_targets', 'accounts that somebody watches', () => targets.size)
    meter.gauge('heliograph_presence_checks', 'checks of who may know what that wait', () => this.#checks.length)
  }

  register (clientHandlers: Handlers, relayHandlers: Handlers): void {
    clientHandlers
      .on(clientMethods.watchPresence, async ({ accounts }, channel) => {
        await this.#watches.watch(this.#asking(channel).watching, wantedOf(accounts))
        return {}
      })
      .on(clientMethods.setPresencePolicy, async (wire, channel) => {
        const { account } = this.#asking(channel)
        const policy = await this.#policies.put(account, policyFromWire(wire))
        this.#watches.policyChanged(account, policy)
        this.#relays.policyChanged(account, policy)
        return {}
      })
      .on(clientMethods.presencePolicy, async (_, channel) => policyToWire((await this.#policies.of(this.#asking(channel).account)).stated))
      .onNotification(clientNotifications.activity, ({ isIdle }, channel) => {
        const { account, device } = this.#session(channel)
        this.#c.buckets.take('signalPerDevice', device, 1)
        // [LATER] said again with the next change
        if (this.#c.load?.sheds('presence') === true) return
        this.#board.setIdle(account, channel, isIdle)
      })
      .onNotification(clientNotifications.signal, ({ envelopes }, channel) => { this.#signals.fromDevice(envelopes, this.#session(channel)) })
    relayHandlers
      .on(relayMethods.watchPresence, (request, channel) => ({ isKnown: this.#relays.onWatch(request, channel) }))
      .onNotification(relayNotifications.presence, (body, channel) => { this.#remote.onPresences(body, channel.stream.remotePeer as RelayId) })
      .onNotification(relayNotifications.signal, ({ envelopes }, channel) => { this.#signals.fromRelay(envelopes, channel.stream.remotePeer as RelayId) })
  }

  start (): void {
    this.#people.start()
    this.#schedule()
  }

  /** A device has said hello: its account is there. */
  attach ({ account, device, channel }: { account: AccountId, device: DeviceId, channel: Channel }): void {
    if (this.#byChannel.has(channel) || this.#isStopped) return
    const session: Session = { account, device, channel, watching: new WatchingDevice(account, channel) }
    this.#byChannel.set(channel, session)
    const sessions = this.#byAccount.get(account) ?? new Set()
    this.#byAccount.set(account, sessions.add(session))
    this.#board.attach(account, channel)
  }

  detach ({ channel }: { channel: Channel }): void {
    const session = this.#byChannel.get(channel)
    if (session === undefined) return
    const { account } = session
    this.#byChannel.delete(channel)
    const sessions = this.#byAccount.get(account)
    sessions?.delete(session)
    if (sessions?.size === 0) this.#byAccount.delete(account)
    this.#watches.detach(session.watching)
    this.#board.detach(account, channel)
  }

  /** Before the channels to other relays close. */
  async stop (): Promise<void> {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#checks.stop()
    this.#signals.stop()
    this.#remote.stop()
    this.#watches.stop()
    this.#relays.stop()
    this.#people.stop()
    this.#board.stop()
    await this.#lastSeen.flush()
  }

  #schedule (): void {
    this.#timer = this.#c.clock.after(beatEveryMs, () => {
      this.#schedule()
      this.#remote.beat()
      this.#relays.sweep()
      if (++this.#beats % 3 !== 0) return
      this.#watches.sweep()
      void this.#lastSeen.flush()
    })
  }

  #moved (account: AccountId): void {
    if (!this.#c.placement.isHome(account)) {
      this.#board.forget(account)
      this.#relays.moved(account)
    }
    this.#watches.moved(account)
  }

  /** @throws ProtocolError NOT_AUTHENTICATED */
  #session (channel: Channel): Session {
    const session = this.#byChannel.get(channel)
    if (session === undefined) throw new ProtocolError('NOT_AUTHENTICATED')
    return session
  }

  /** @throws ProtocolError NOT_AUTHENTICATED, MOVED, QUOTA */
  #asking (channel: Channel): Session {
    const session = this.#session(channel)
    if (!this.#c.placement.isHome(session.account)) throw this.#c.placement.notHere(session.account)
    this.#c.buckets.take('lookupPerDevice', session.device, 1)
    return session
  }
}

/** @throws ProtocolError TOO_MANY, MALFORMED, BAD_CONVERSATION */
function wantedOf (accounts: readonly Watched[]): Map<AccountId, GroupConversation | undefined> {
  // [REJECT] a device watches so many
  if (accounts.length > limits.presenceWatched) throw new ProtocolError('TOO_MANY', { max: limits.presenceWatched, what: 'watched' })
  const wanted = new Map<AccountId, GroupConversation | undefined>()
  for (const { account, group } of accounts) {
    const conversation = group === undefined ? undefined : conversationFromBytes(group)
    if (conversation !== undefined && conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
    wanted.set(accountIdFromBytes(account), conversation)
  }
  return wanted
}
