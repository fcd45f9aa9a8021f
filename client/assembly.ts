/**
 * What lives on an account: the engine that carries messages, and the parts on top of it, put together and loaded.
 */
import { selfConversation } from '../protocol/conversation.ts'
import type { Suite } from '../protocol/e2ee/suite.ts'
import type { ProtocolError } from '../protocol/errors.ts'
import type { AccountId } from '../protocol/ids.ts'
import { envelopeKinds } from '../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from './chat-id.ts'
import type { ChatTables } from './chat/chat-tables.ts'
import { Chats } from './chat/chats.ts'
import { shareContacts } from './chat/contact-facts.ts'
import type { Disappearing } from './chat/disappearing.ts'
import type { ClientComponents, ClientConfig } from './components.ts'
import type { Contacts } from './contacts.ts'
import { Conversations } from './conversations.ts'
import type { DeviceTables } from './devices/device-tables.ts'
import { KeptActs } from './devices/kept-acts.ts'
import { Missed } from './devices/missed.ts'
import type { OwnDevices } from './devices/own-devices.ts'
import { OwnView } from './devices/own-view.ts'
import { ReadMarks } from './devices/read-marks.ts'
import { SyncFacts } from './devices/sync.ts'
import { Engine } from './engine.ts'
import type { Emitter } from './events.ts'
import type { GroupTables } from './groups/group-tables.ts'
import type { Devices } from './keys/devices.ts'
import type { Orders } from './home/orders.ts'
import type { DeviceIdentity } from './keys/identity.ts'
import type { PrekeyBox } from './keys/prekey-box.ts'
import type { SyncFact } from './messages/bodies.ts'
import type { History } from './messages/history.ts'
import { ClientPresence } from './presence/presence.ts'
import type { RelayLink } from './relay/link.ts'
import type { Draft, Ledger } from './store/ledger.ts'
import type { Tables } from './store/tables.ts'

/** What there is without an account. */
export interface AssemblyParts extends Pick<ClientComponents, 'clock' | 'random' | 'primitives' | 'logger'> {
  readonly config: ClientConfig
  readonly ledger: Ledger
  readonly tables: Tables
  readonly deviceTables: DeviceTables
  readonly chatTables: ChatTables
  readonly groupTables: GroupTables
  readonly suite: Suite
  readonly device: DeviceIdentity
  readonly devices: Devices
  readonly prekeys: PrekeyBox
  readonly events: Emitter
  readonly history: History
  readonly contacts: Contacts
  readonly disappearing: Disappearing
  readonly ownDevices: OwnDevices
  readonly link: RelayLink
  readonly submitLink: RelayLink
  readonly orders: Orders
  readonly account: AccountId
  readonly isPrimary: () => boolean
  readonly leaveGroup: (chat: ChatId) => Promise<void>
  readonly reconnect: (error: ProtocolError) => void
}

export interface Assembly {
  readonly engine: Engine
  readonly facts: SyncFacts
  readonly missed: Missed
  readonly chats: Chats
  readonly conversations: Conversations
  readonly presence: ClientPresence
}

/** Reads what an earlier run left. @throws ProtocolError DATABASE_CORRUPT */
export async function assemble (parts: AssemblyParts): Promise<Assembly> {
  const { config, ledger, tables, deviceTables, history, contacts, events, device, link, account, clock, random, logger } = parts
  const readReceipts = config.readReceipts !== false
  const engine = await Engine.load({
    ...parts,
    logger,
    readReceipts: () => readReceipts,
    onForeignView: (chat, mark) => { ownView.check(chat, mark).catch((error: unknown) => { logger?.debug('client.own-view', { error: String(error) }) }) },
    onDisowned: parts.reconnect,
    onUnaddressed: async (draft, entry) => { await missed.note(draft, entry) },
    onHere: async (draft, chat, ids) => await missed.here(draft, chat, ids)
  })
  const ownView = new OwnView({ ledger, tables, events, own: account, isPrimary: parts.isPrimary, refresh: async () => { await engine.keys.refresh(account) } })
  const shared = {
    ledger,
    tables,
    deviceTables,
    history,
    events,
    clock,
    own: { account, device: device.id },
    compose: async (draft: Draft, told: readonly SyncFact[]) => { await engine.outbox.compose(draft, { chat: selfConversation(account).id, kind: envelopeKinds.sync, body: { kind: 'sync', facts: told } }) }
  }
  const facts = new SyncFacts(shared)
  const acts = new KeptActs({ ...shared, hasOthers: async (draft) => await facts.hasOthers(draft) })
  const missed = new Missed({
    ...shared,
    acts,
    give: async (draft, opened) => { for (const taker of engine.takers) if (taker.kinds.includes(opened.body.kind)) await taker.take(draft, opened) },
    shown: async (draft, row) => { for (const gate of engine.gates) await gate.shown(draft, row) },
    forget: async (draft, chat, id) => { await engine.entries.forget(draft, chat, id) },
    lost: async (draft, chat, id) => { await engine.entries.giveUp(draft, chat, id, true) },
    healed: async (draft, chat, id) => { if (isPairChat(chat) && !chats.isSilent(chat, draft)) await engine.receipts.owe(draft, chat, 'delivered', [id]) },
    retell: async (draft) => { await facts.retell(draft) },
    isRead: async (draft, chat, place) => await readMarks.isRead(draft, chat, place)
  })
  const readMarks = new ReadMarks({ ...shared, facts })
  engine.takers.push(facts, missed, acts, parts.ownDevices)
  engine.gates.push(readMarks)
  const chats = new Chats({
    ledger,
    tables,
    chatTables: parts.chatTables,
    history,
    outbox: engine.outbox,
    receipts: engine.receipts,
    facts,
    events,
    clock,
    random,
    own: account,
    strangers: config.strangers ?? 'ask',
    readReceipts,
    rights: engine.groups.rights,
    leaveGroup: parts.leaveGroup
  })
  shareContacts(contacts, facts, async (draft, named) => { await chats.onContact(draft, named) })
  engine.takers.push(...chats.takers)
  engine.gates.push(chats.gate)
  engine.groups.asked = chats.gate
  chats.onBlocked(async (draft, blocked) => { await engine.groups.onBlocked(draft, blocked) })
  await chats.load()
  parts.disappearing.start()
  parts.orders.load(facts)
  facts.load()
  await parts.ownDevices.load({ facts, compose: shared.compose, flushed: async (signal) => { await engine.outbox.flushed(signal) } })
  await acts.load()
  await missed.load()
  await readMarks.load()
  const presence = new ClientPresence({
    ledger,
    link,
    events,
    sealer: engine.sealer,
    entries: engine.entries,
    gates: engine.gates,
    clock,
    random,
    logger,
    groupSize: (chat) => engine.groups.states.current(chat)?.members.size
  })
  await presence.load()
  const conversations = new Conversations({ ledger, tables, history, contacts, events, chats, groups: engine.groups, receipts: engine.receipts, readMarks, own: account, readReceipts })
  return { engine, facts, missed, chats, conversations, presence }
}
