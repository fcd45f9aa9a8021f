/**
 * Groups, for whoever uses the client: made, changed, looked at. What is said in them goes through the client as in any
 * other conversation. A change resolves when it is written down; it takes effect when the group's sequencer has taken it,
 * which `settled` waits for. Rules: docs/protocol/groups.md
 */
import { toHex } from '../../protocol/bytes.ts'
import { groupConversation, groupNonceBytes, type ConversationId, type GroupConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { joinProof, linkIdBytes, noHead, verifyControl, type GroupAct, type GroupSettings } from '../../protocol/groups/control.ts'
import { encodeGroupInvite, parseGroupInvite } from '../../protocol/groups/invite-link.ts'
import { defaultSettings, type GroupState } from '../../protocol/groups/membership.ts'
import { keyBytes, parseAccountId, type AccountId, type MessageId } from '../../protocol/ids.ts'
import { envelopeKinds, groupRoles } from '../../protocol/wire/kinds.ts'
import { isGroupChat, type ChatId } from '../chat-id.ts'
import type { GroupInfo, GroupReceipt, GroupRole, GroupRules, MemberInfo } from '../model.ts'
import type { History } from '../messages/history.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { Tables } from '../store/tables.ts'
import { groupConversationOf, type GroupEngine } from './group-engine.ts'
import { roleNumber, roleOf, rulesOf, settingsOf } from './words.ts'

export interface GroupsComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly history: History
  readonly primitives: Primitives
  /** @throws ProtocolError NOT_REGISTERED */
  readonly running: () => { readonly account: AccountId, readonly groups: GroupEngine, readonly outbox: Outbox }
  /** Where this account's relay can be reached: goes into invite links. */
  readonly addresses: () => readonly string[]
}

export interface NewGroup {
  readonly name: string
  readonly description?: string
  readonly icon?: Uint8Array
  readonly members: readonly AccountId[]
  readonly settings?: Partial<GroupRules>
}

/** A change that is on its way: for `settled`. Without an id: it was so already. */
export interface GroupActRef { readonly chat: ConversationId, readonly id?: MessageId }

const noIcon = new Uint8Array(0)

export class Groups {
  readonly #on: GroupsComponents

  constructor (components: GroupsComponents) { this.#on = components }

  /**
   * @returns its chat, in which one can write at once
   * @throws ProtocolError GROUP_FULL, BAD_CONTROL, MALFORMED (no name), TOO_LARGE, NOT_REGISTERED
   */
  async create ({ name, description = '', icon = noIcon, members, settings }: NewGroup): Promise<GroupActRef> {
    const { account, groups } = this.#on.running()
    const conversation = groupConversation(account, this.#on.primitives.randomBytes(groupNonceBytes))
    return await this.#on.ledger.run(async (draft) => {
      const { profile } = await groups.profiles.seal(draft, conversation.id, conversation, { name, description, icon })
      const info = await groups.states.infoOf(draft, conversation.id)
      draft.write(groups.tables.infos, conversation.id, { ...info, name, description, icon: toHex(icon) })
      return await this.#compose(draft, conversation, { act: 'create', members: accountsIn(members), settings: settingsOf(settings ?? {}, defaultSettings), profile })
    })
  }

  /** @param options.shareHistory the newest 100 messages are for them, too (admins). @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, BAD_CONTROL, GROUP_FULL */
  async add (chat: ChatId, accounts: readonly AccountId[], { shareHistory = false }: { shareHistory?: boolean } = {}): Promise<GroupActRef> {
    const { account, groups } = this.#on.running()
    const isAdmin = (groups.states.current(chat)?.members.get(account)?.role ?? 0) >= groupRoles.admin
    if (shareHistory && !isAdmin) throw new ProtocolError('NOT_ALLOWED', { what: 'only admins share earlier messages' })
    const ref = await this.#act(chat, { act: 'add', accounts: accountsIn(accounts) })
    if (shareHistory) groups.welcomes.share(chat, accounts)
    return ref
  }

  /** @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, BAD_CONTROL */
  async remove (chat: ChatId, accounts: readonly AccountId[]): Promise<GroupActRef> { return await this.#act(chat, { act: 'remove', accounts: accountsIn(accounts) }) }
  async leave (chat: ChatId): Promise<GroupActRef> { return await this.#act(chat, { act: 'leave' }) }
  /** @param role owner: hands the group over. @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, BAD_CONTROL */
  async setRole (chat: ChatId, account: AccountId, role: GroupRole): Promise<GroupActRef> { return await this.#act(chat, { act: 'setRole', account: parseAccountId(account), role: roleNumber(role) }) }

  /** What is not named stays. @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, BAD_CONTROL */
  async setSettings (chat: ChatId, rules: Partial<GroupRules>): Promise<GroupActRef> {
    return await this.#act(chat, { act: 'settings', settings: settingsOf(rules, this.#state(chat).settings) })
  }

  async rename (chat: ChatId, name: string): Promise<GroupActRef> { return await this.setProfile(chat, { name }) }

  /** What is not named stays. @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, TOO_LARGE, MALFORMED (no name) */
  async setProfile (chat: ChatId, change: { readonly name?: string, readonly description?: string, readonly icon?: Uint8Array }): Promise<GroupActRef> {
    const { groups } = this.#on.running()
    const { conversation } = this.#state(chat)
    return await this.#on.ledger.run(async (draft) => {
      const { name, description, icon } = await groups.states.infoOf(draft, chat)
      const { profile } = await groups.profiles.seal(draft, chat, conversation, { name: change.name ?? name, description: change.description ?? description, icon: change.icon ?? fromHex(icon) })
      return await this.#compose(draft, conversation, { act: 'profile', profile })
    })
  }

  /**
   * @returns the link's text: whoever has it can join. It works once the change has taken effect.
   * @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, TOO_MANY
   */
  async createLink (chat: ChatId, { expiresAtMs = 0, maxUses = 0 }: { expiresAtMs?: number, maxUses?: number } = {}): Promise<GroupActRef & { readonly link: string, readonly linkId: string }> {
    const { groups } = this.#on.running()
    const { primitives, ledger, addresses } = this.#on
    const { conversation } = this.#state(chat)
    const seed = primitives.randomBytes(keyBytes)
    const id = primitives.randomBytes(linkIdBytes)
    return await ledger.run(async (draft) => {
      const ref = await this.#compose(draft, conversation, { act: 'link', link: { id, publicKey: primitives.ed25519PublicKey(seed), expiresAtMs, maxUses } })
      const { name } = await groups.states.infoOf(draft, chat)
      const profileKey = await groups.profiles.currentKey(draft, chat)
      return { ...ref, linkId: toHex(id), link: encodeGroupInvite({ conversation, linkId: id, seed, profileKey, name, addresses: addresses() }) }
    })
  }

  /** @param linkId hex, as in `state`. @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, LINK_REVOKED */
  async revokeLink (chat: ChatId, linkId: string): Promise<GroupActRef> { return await this.#act(chat, { act: 'revoke', link: fromHex(linkId) }) }

  /**
   * The relay that gives the group's numbers is gone for good: from now on the home of `to` gives them; default: this account's. For
   * admins. Resolves when this account's home keeps the record and tells the others.
   * @throws ProtocolError NOT_A_MEMBER, NOT_ALLOWED, TOO_MANY, UNKNOWN_ACCOUNT, STALE_ANCHOR (another admin was first, and counts), DISCONNECTED, …
   */
  async reanchor (chat: ChatId, { to }: { to?: AccountId } = {}): Promise<{ readonly chat: ChatId, readonly anchor: AccountId, readonly epoch: number }> {
    if (!isGroupChat(chat)) throw new ProtocolError('BAD_CONVERSATION')
    const { account, groups } = this.#on.running()
    const { anchor, epoch } = await groups.anchors.reanchor(chat, groupConversationOf(chat), to === undefined ? account : parseAccountId(to))
    return { chat, anchor, epoch }
  }

  /** @throws ProtocolError MALFORMED, BAD_CONVERSATION: no such link; `settled` says LINK_REVOKED, EXPIRED, GROUP_FULL */
  async join (link: string): Promise<GroupActRef> {
    const { account, groups } = this.#on.running()
    const { conversation, linkId, seed, profileKey, name } = parseGroupInvite(link)
    if (groups.states.current(conversation.id)?.members.has(account) === true) throw new ProtocolError('BAD_CONTROL', { what: 'already in the group' })
    return await this.#on.ledger.run(async (draft) => {
      const info = await groups.states.infoOf(draft, conversation.id)
      draft.write(groups.tables.infos, conversation.id, { ...info, ...(info.name === '' ? { name } : {}) })
      if (profileKey !== undefined) await groups.profiles.takeKey(draft, conversation.id, profileKey)
      await groups.asked?.joined(draft, conversation.id)
      return await this.#compose(draft, conversation, { act: 'join', link: linkId, proof: joinProof(this.#on.primitives, seed, conversation, account) })
    })
  }

  /** Resolves when the change has taken effect. @throws ProtocolError why it was refused; the signal's reason */
  async settled ({ chat, id }: GroupActRef, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    const { groups, outbox } = this.#on.running()
    if (id === undefined) return
    await groups.acts.settled(id, { isThere: () => outbox.isThere(chat, id), ...(signal === undefined ? {} : { signal }) })
  }

  /** undefined: this device knows no such group. */
  async state (chat: ChatId): Promise<GroupInfo | undefined> {
    const { account, groups } = this.#on.running()
    const info = groups.tables.infos.cached(chat)
    const state = groups.states.current(chat)
    if (!isGroupChat(chat) || (info === undefined && state === undefined)) return undefined
    const { conversation, members, settings, links, head, seq } = state ?? await this.#planned(chat)
    return {
      chat,
      conversation: conversation.id,
      name: info?.name ?? '',
      description: info?.description ?? '',
      icon: fromHex(info?.icon ?? ''),
      isPending: state === undefined,
      isMember: members.has(account),
      ...(members.has(account) ? { role: roleOf(members.get(account)!.role) } : {}),
      members: [...members].map(([one, { role, sinceSeq }]): MemberInfo => ({ account: one, role: roleOf(role), sinceSeq })),
      settings: rulesOf(settings),
      links: [...links].map(([id, { link: { expiresAtMs, maxUses }, uses, madeBy }]) => ({ id, expiresAtMs, maxUses, uses, madeBy })),
      head: toHex(head),
      seq,
      anchor: groups.anchors.anchorOf(conversation),
      isReanchored: groups.anchors.anchorOf(conversation) !== conversation.anchor,
      ...(groups.stuck.since(chat) === undefined ? {} : { stuckSinceMs: groups.stuck.since(chat)! })
    }
  }

  /** Every group that this device knows of, also such that it is not in any more. */
  async list (): Promise<GroupInfo[]> {
    const { groups } = this.#on.running()
    const chats = new Set([...groups.tables.infos.cachedEntries()].map(([chat]) => chat as ChatId))
    for (const [chat] of groups.states.all()) chats.add(chat as ChatId)
    const all: GroupInfo[] = []
    for (const chat of chats) {
      const info = await this.state(chat)
      if (info !== undefined) all.push(info)
    }
    return all
  }

  /** Who has an own message. Empty while it has no place in the log. */
  async receiptsOf (chat: ChatId, id: MessageId): Promise<GroupReceipt[]> {
    const { groups } = this.#on.running()
    const { row, state } = await this.#on.ledger.run(async (draft) => ({ row: await this.#on.history.find(draft, chat, 'out', id), state: await groups.states.stateOf(draft, chat) }))
    if (row?.epoch === undefined || row.seq === undefined || state === undefined) return []
    return await groups.receipts.of(chat, { epoch: row.epoch, seq: row.seq }, state)
  }

  #state (chat: ChatId): GroupState {
    const state = this.#on.running().groups.states.current(chat)
    if (state === undefined) throw new ProtocolError('NOT_A_MEMBER')
    return state
  }

  /** Of a group whose `create` or `join` is still on its way. */
  async #planned (chat: ConversationId): Promise<Pick<GroupState, 'conversation' | 'members' | 'settings' | 'links' | 'head' | 'seq'>> {
    const { tables, primitives } = this.#on
    const { account } = this.#on.running()
    const members: GroupState['members'] = new Map()
    let settings: GroupSettings = defaultSettings
    for (const { value } of await this.#on.ledger.range(tables.outbox, { from: `${chat}/`, to: `${chat}/\x7f` })) {
      if (value.kind !== envelopeKinds.control || value.body === undefined) continue
      const { act } = verifyControl(primitives, fromHex(value.body))
      if (act.act !== 'create') continue
      members.set(account, { role: groupRoles.owner, sinceSeq: 0, listEpoch: 0 })
      for (const one of act.members) members.set(one, { role: groupRoles.member, sinceSeq: 0, listEpoch: 0 })
      settings = act.settings
    }
    return { conversation: groupConversationOf(chat), members, settings, links: new Map(), head: noHead, seq: 0 }
  }

  async #act (chat: ChatId, act: GroupAct): Promise<GroupActRef> {
    if (!isGroupChat(chat)) throw new ProtocolError('BAD_CONVERSATION')
    return await this.#on.ledger.run(async (draft) => await this.#compose(draft, groupConversationOf(chat), act))
  }

  async #compose (draft: Draft, conversation: GroupConversation, act: GroupAct): Promise<GroupActRef> {
    const id = await this.#on.running().groups.acts.compose(draft, conversation, act)
    return { chat: conversation.id, ...(id === undefined ? {} : { id }) }
  }
}

const accountsIn = (accounts: readonly AccountId[]): AccountId[] => accounts.map((account) => parseAccountId(account))
