/**
 * A group's state for those who may have it: devices of members, and relays that keep a replica.
 *
 * Owns: who may ask. What is given stands on this relay's disk. Spec: docs/protocol/client.md and relay.md, group-state
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import { conversationFromBytes, type GroupConversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { verifyGroupAnchor } from '../../protocol/groups/anchor.ts'
import { snapshotToWire } from '../../protocol/groups/snapshot.ts'
import type { AccountId, RelayId } from '../../protocol/ids.ts'
import { clientMethods, relayMethods } from '../../protocol/methods.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { encode } from '../../protocol/wire/codec.ts'
import type { GroupRef, GroupSnapshot } from '../../protocol/wire/gen/group.js'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { Buckets, Homes } from '../ports.ts'
import type { Group } from './group.ts'
import type { GroupAnchors } from './group-anchors.ts'

/** Envelopes that a snapshot of up to 96 KiB counts for. */
const snapshotCost = 50
/** And a record with two signatures. */
const anchorCost = 60

export interface GroupServiceComponents {
  logs: Logs
  placement: Placement
  anchors: GroupAnchors
  homes: Pick<Homes, 'known'>
  signing: Signing
  buckets: Buckets
  /** The account of a device that has said hello. @throws ProtocolError NOT_AUTHENTICATED, MOVED, QUOTA */
  asking (channel: Channel): { readonly account: AccountId }
}

export class GroupService {
  readonly #c: GroupServiceComponents

  constructor (components: GroupServiceComponents) { this.#c = components }

  register (clientHandlers: Handlers, relayHandlers: Handlers): void {
    const { placement, buckets, asking } = this.#c
    clientHandlers.on(clientMethods.groupState, async (request, channel) => {
      const { account } = asking(channel)
      // [REJECT] only for members
      return await this.#give(request, (group) => group.state.members.has(account) ? undefined : new ProtocolError('NOT_A_MEMBER'))
    })
    clientHandlers
      .on(clientMethods.anchorGroup, async (signed, channel) => {
        const { account } = asking(channel)
        const bytes = encode(Signed, signed)
        // [REJECT] a device speaks for its account only
        if (verifyGroupAnchor(this.#c.signing, bytes).admin !== account) throw new ProtocolError('NOT_ADMITTED')
        await this.#c.anchors.take(bytes, 'device')
        return {}
      })
      .on(clientMethods.groupAnchors, async ({ conversation: bytes }, channel) => {
        const { account } = asking(channel)
        const conversation = conversationFromBytes(bytes)
        if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
        const { group } = await this.#c.logs.load(conversation)
        // [REJECT] only for members, and who was one and is told the end
        if (group?.spanOf(account) === undefined) throw new ProtocolError('NOT_A_MEMBER')
        const anchor = this.#c.anchors.cached(conversation.id)
        const home = await this.#c.homes.known(placement.anchorOf(conversation))
        return { ...(anchor === undefined ? {} : { anchor: anchor.bytes }), ...(home === undefined ? {} : { home: home.bytes }) }
      })
    relayHandlers.on(relayMethods.groupAnchor, async (signed, channel) => {
      const relay = channel.stream.remotePeer as RelayId
      buckets.take('forwardPerRelay', relay, anchorCost)
      await this.#c.anchors.take(encode(Signed, signed), relay)
      return {}
    })
    relayHandlers.on(relayMethods.groupState, async (request, channel) => {
      const relay = channel.stream.remotePeer as RelayId
      buckets.take('forwardPerRelay', relay, snapshotCost)
      // [REJECT] only for homes of members, and of the anchor; one that still needs the end of the log needs no state
      return await this.#give(request, ({ conversation }) => placement.mayKeep(conversation, relay) && placement.lastFor(conversation, relay) === Infinity ? undefined : new ProtocolError('NOT_ADMITTED'))
    })
  }

  /** @throws ProtocolError BAD_CONVERSATION, UNKNOWN_GROUP; what `refusal` gives; OVERLOADED when the disk is in trouble */
  async #give ({ conversation: bytes }: GroupRef, refusal: (group: Group) => ProtocolError | undefined): Promise<GroupSnapshot> {
    const conversation = conversationFromBytes(bytes)
    if (conversation.kind !== 'group') throw new ProtocolError('BAD_CONVERSATION')
    return await this.#durable(conversation, refusal)
  }

  async #durable (conversation: GroupConversation, refusal: (group: Group) => ProtocolError | undefined): Promise<GroupSnapshot> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const log = await this.#c.logs.load(conversation)
      const { group } = log
      if (group === undefined || log.isDropped) continue
      if (!group.isKnown) throw new ProtocolError('UNKNOWN_GROUP')
      const refused = refusal(group)
      if (refused !== undefined) throw refused
      if (group.state.seq <= log.durableHead) return snapshotToWire(group.state)
      // The newest change is on its way to the disk.
      await log.committing
    }
    throw new ProtocolError('OVERLOADED', { retryAfterMs: 1_000 })
  }
}
