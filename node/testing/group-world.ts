/**
 * For tests only: groups over the relays and devices of message-world.ts. A device derives the membership from the entries
 * that it has, as docs/protocol/groups.md asks, so that tests can compare what relays and devices believe.
 */
import { toHex } from '../../protocol/bytes.ts'
import { groupConversation, type GroupConversation } from '../../protocol/conversation.ts'
import { decodeEnvelope } from '../../protocol/envelope.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { noHead, signControl, verifyControlEnvelope, type GroupAct } from '../../protocol/groups/control.ts'
import { applyChange, checkControl, defaultSettings, emptyGroup, type GroupChange, type GroupState } from '../../protocol/groups/membership.ts'
import { stateFromWire } from '../../protocol/groups/snapshot.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { readRows, rowsOf } from '../groups/group-rows.ts'
import { signing } from './fixtures.ts'
import type { TestClient, TestRelayNode, World } from './message-world.ts'

/** A signed change by this device, on top of `previous`. */
export function signedChange (client: TestClient, conversation: GroupConversation, act: GroupAct, { previous = noHead, madeAtMs = 1, deviceList = client.deviceList.bytes, seed = client.device.seed }: { previous?: Uint8Array, madeAtMs?: number, deviceList?: Uint8Array, seed?: Uint8Array } = {}): Uint8Array {
  return signControl(signing, { conversation, actor: client.account, device: client.device.id, deviceList, previous, madeAtMs, act }, seed)
}

/** What the home of this device says of the group. @throws ProtocolError as clientMethods.groupState */
export async function stateAt (world: World, client: TestClient, conversation: GroupConversation): Promise<GroupState> {
  return stateFromWire(await world.during(client.channel.call(clientMethods.groupState, { conversation: conversation.bytes })))
}

/** What stands in a relay's store; its log need not be in memory. */
export async function storedState (relay: TestRelayNode, conversation: GroupConversation): Promise<GroupState> {
  return (await readRows(conversation, relay.store.scan('group', rowsOf(conversation)))).state
}

export const headOf = async (relay: TestRelayNode, conversation: GroupConversation): Promise<string> => toHex((await storedState(relay, conversation)).head)

/** One group as a test drives it. */
export class TestGroup {
  readonly world: World
  readonly founder: TestClient
  readonly conversation: GroupConversation

  constructor (world: World, founder: TestClient) {
    this.world = world
    this.founder = founder
    this.conversation = groupConversation(founder.account, world.random.bytes(32))
  }

  /** Into the founder's outbox. */
  create (members: readonly TestClient[], settings = defaultSettings): MessageId {
    return this.#send(this.founder, { act: 'create', members: members.map(({ account }) => account), settings }, noHead)
  }

  /** By `actor`, on top of what its home knows. */
  async change (actor: TestClient, act: GroupAct): Promise<MessageId> {
    const { head } = await stateAt(this.world, actor, this.conversation)
    return this.#send(actor, act, act.act === 'join' ? noHead : head)
  }

  async add (actor: TestClient, ...members: TestClient[]): Promise<MessageId> { return await this.change(actor, { act: 'add', accounts: accountsOf(members) }) }
  async remove (actor: TestClient, ...members: TestClient[]): Promise<MessageId> { return await this.change(actor, { act: 'remove', accounts: accountsOf(members) }) }

  #send (actor: TestClient, act: GroupAct, previous: Uint8Array): MessageId {
    return actor.enqueue(actor.sealFor(this.conversation, { control: signedChange(actor, this.conversation, act, { previous }) }))
  }

  say (from: TestClient, options: Parameters<TestClient['sealFor']>[1] = {}): MessageId { return from.enqueue(from.sealFor(this.conversation, options)) }

  /** What the device has seen of the group, in order. */
  shownTo (client: TestClient): readonly MessageId[] { return client.logOf(this.conversation.id).shown }

  /** The membership that follows from everything this device has seen, which must be everything from the first entry on. */
  derivedBy (client: TestClient): GroupState { return this.#derive(client, () => {}) }

  #derive (client: TestClient, onChange: (messageId: MessageId, change: GroupChange) => void): GroupState {
    const state = emptyGroup(this.conversation)
    for (const [i, messageId] of this.shownTo(client).entries()) {
      const envelope = decodeEnvelope(client.envelopes.get(messageId)!)
      if (envelope.control === undefined) continue
      try {
        const control = verifyControlEnvelope(signing, envelope)
        const change = checkControl(signing, state, control, envelope.control)
        onChange(messageId, change)
        applyChange(state, change, { epoch: 1, seq: i + 1 })
      } catch (error) {
        if (!isProtocolError(error)) throw error // void for everybody
      }
    }
    return state
  }

  /** From which entry to which each account was a member, as this device has seen it from the first entry on; nobody comes twice. */
  partsSeenBy (client: TestClient): Map<AccountId, { readonly from: MessageId, to: MessageId | undefined }> {
    const parts = new Map<AccountId, { readonly from: MessageId, to: MessageId | undefined }>()
    this.#derive(client, (messageId, { set, removed }) => {
      for (const { account, sinceSeq } of set) if (sinceSeq === undefined) parts.set(account, { from: messageId, to: undefined })
      for (const account of removed) parts.get(account)!.to = messageId
    })
    return parts
  }

  /** All of these relays have the same head. */
  async isAgreed (relays: readonly TestRelayNode[]): Promise<boolean> {
    const heads = new Set(await Promise.all(relays.map((relay) => headOf(relay, this.conversation))))
    return heads.size === 1
  }
}

const accountsOf = (clients: readonly TestClient[]): AccountId[] => clients.map(({ account }) => account)
