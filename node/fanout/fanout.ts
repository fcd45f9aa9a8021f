/**
 * What makes one entry reach many: gossip of wide groups between relays, receipts of groups the other way.
 *
 * Owns: putting the parts together, and what relays confirm. Delivery to devices has its own queue (scheduler.ts).
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, RelayId } from '../../protocol/ids.ts'
import { relayNotifications } from '../../protocol/methods.ts'
import type { Position } from '../../protocol/wire/gen/log.js'
import type { Links } from '../federation/links.ts'
import type { Replicas } from '../federation/replica.ts'
import type { Replication } from '../federation/replication.ts'
import type { GroupSigning } from '../groups/groups.ts'
import type { Log } from '../log/log.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Mesh } from '../mesh/mesh.ts'
import type { Buckets, Commits, Defer, Homes, Logger } from '../ports.ts'
import type { Store } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import { Confirmations } from './confirmations.ts'
import { GossipPublisher } from './gossip-publisher.ts'
import { GossipReceiver } from './gossip-receiver.ts'
import { GroupReceipts } from './group-receipts.ts'
import { ReceiptBoard } from './receipt-board.ts'
import type { Roads } from './roads.ts'

export interface FanoutComponents {
  mesh: Pick<Mesh, 'self' | 'publish' | 'subscribe'>
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  logs: Logs
  placement: Placement
  homes: Homes
  links: Links
  replicas: Pick<Replicas, 'receiveGossip'>
  replication: Pick<Replication, 'confirmed'>
  roads: Roads
  buckets: Buckets
  signing: GroupSigning
  clock: Clock
  defer: Defer
  logger: Logger
  meter: Meter
}

export class Fanout {
  readonly #c: FanoutComponents
  readonly #publisher: GossipPublisher
  readonly #receiver: GossipReceiver
  readonly #confirmations: Confirmations
  readonly #receipts: GroupReceipts
  readonly #confirmed

  /** @param config.seed 32-byte Ed25519 seed of this relay's key */
  constructor (components: FanoutComponents, { seed }: { readonly seed: Uint8Array }) {
    this.#c = components
    const { homes, logs, meter, placement, replicas, roads, signing } = components
    this.#confirmed = meter.counter('heliograph_gossip_confirmed_total', 'positions that replicas have confirmed after gossip')
    meter.gauge('heliograph_gossip_deaf_relays', 'relays that did not confirm what went by gossip, and are sent everything for a while', () => roads.deaf)
    this.#confirmations = new Confirmations(components)
    this.#publisher = new GossipPublisher(components, seed)
    this.#receiver = new GossipReceiver({ ...components, confirmations: this.#confirmations, take: (page, relay) => replicas.receiveGossip(page, relay) })
    this.#receipts = new GroupReceipts({ ...components, board: new ReceiptBoard({ ...components, primitives: signing }) })
    logs.onLoad((log) => { this.#follow(log) })
    logs.onChange((log, { left }) => {
      this.#follow(log)
      if (left.length > 0) this.#receipts.left(log.conversation, left)
    })
    homes.onMoved((account) => { if (!placement.isHome(account)) this.#receipts.moved(account) })
  }

  #follow (log: Log): void {
    if (log.group === undefined) return
    this.#publisher.follow(log)
    this.#receiver.follow(log)
  }

  register (clientHandlers: Handlers, relayHandlers: Handlers): void {
    relayHandlers.onNotification(relayNotifications.confirm, ({ positions }, channel) => { this.#onConfirm(positions, channel.stream.remotePeer as RelayId) })
    this.#receipts.register(clientHandlers, relayHandlers)
  }

  attach (device: { account: AccountId, device: DeviceId, channel: Channel }): void { this.#receipts.attach(device) }
  detach (device: { channel: Channel }): void { this.#receipts.detach(device) }

  /** @throws ProtocolError QUOTA, BAD_CONVERSATION */
  #onConfirm (positions: readonly Position[], relay: RelayId): void {
    const { buckets, logs, placement, replication } = this.#c
    buckets.take('forwardPerRelay', relay, positions.length)
    for (const { conversation: bytes, seq } of positions) {
      const conversation = conversationFromBytes(bytes)
      const log = logs.peek(conversation.id)
      // [IGNORE] of a log that somebody else sequences by now, or that left memory: what is sent next is answered as well
      if (log === undefined || !placement.isSequencer(conversation)) continue
      this.#confirmed.inc()
      replication.confirmed(relay, log, seq)
    }
  }

  /** Before the channels close. */
  async stop (): Promise<void> {
    this.#publisher.stop()
    this.#confirmations.stop()
    await this.#receipts.stop()
  }
}
