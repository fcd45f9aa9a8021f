/**
 * Name, about and picture: sealed to the people this account talks with, once each time they change. Of somebody else's
 * the highest version counts. No relay sees any of it.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { selfConversation } from '../../protocol/conversation.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { isPairChat, type ChatId } from '../chat-id.ts'
import type { GroupNames } from '../groups/group-engine.ts'
import type { Body, BodyTaker, OpenedMessage } from '../messages/bodies.ts'
import { decodeBody, encodeBody } from '../messages/content.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { Profile } from '../model.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { Tables } from '../store/tables.ts'
import type { ChatTables, ProfileRow } from './chat-tables.ts'
import type { ChatFlags } from './flags.ts'

export interface ProfileComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly chatTables: ChatTables
  readonly outbox: Pick<Outbox, 'compose'>
  readonly flags: ChatFlags
  readonly clock: Clock
  readonly own: AccountId
}

export interface ProfileText {
  readonly name?: string
  readonly about?: string
  /** JPEG or PNG, at most 16 KiB; empty: none */
  readonly picture?: Uint8Array
}

/** People told in one batch of the store: each is a message to seal. */
const toldPerBatch = 50
const nobody: ProfileRow = { name: '', about: '', picture: '', version: 0 }

const bodyOf = ({ name, about, picture, version }: ProfileRow): Body => ({ kind: 'profile', name, about, picture: fromHex(picture), version })

export class Profiles implements BodyTaker, GroupNames {
  readonly kinds = ['profile'] as const
  readonly #on: ProfileComponents

  constructor (components: ProfileComponents) { this.#on = components }

  /** Who was not told before the program ended is told now. */
  async load (): Promise<void> { if (await this.#own() !== undefined) await this.#tellAll() }

  async of (account: AccountId): Promise<Profile | undefined> {
    const row = await this.#on.ledger.read(this.#on.chatTables.profiles, account)
    return row === undefined ? undefined : { account, name: row.name, about: row.about, picture: fromHex(row.picture), version: row.version }
  }

  /**
   * What is left out stays as it is.
   * @throws ProtocolError TOO_LARGE, MALFORMED
   */
  async set (change: ProfileText): Promise<void> {
    const { ledger, chatTables, clock, own, outbox } = this.#on
    await ledger.run(async (draft) => {
      const before = await draft.read(chatTables.profiles, own) ?? nobody
      const { name = before.name, about = before.about, picture } = change
      const row = { name, about, picture: picture === undefined ? before.picture : toHex(picture), version: Math.max(clock.nowMs(), before.version + 1) }
      const body = decodeBody(encodeBody(bodyOf(row))) // refuses what others would refuse
      draft.write(chatTables.profiles, own, row)
      await outbox.compose(draft, { chat: selfConversation(own).id, body, kind: envelopeKinds.sync })
    })
    await this.#tellAll()
  }

  /** Tell the person of a chat, unless they have it, or are not to be told anything. */
  async tell (draft: Draft, chat: ChatId): Promise<void> {
    const { chatTables, flags, outbox, own } = this.#on
    if (!this.#isToTell(chat, flags.row(chat, draft)) || flags.isSilent(chat, draft)) return
    const row = await draft.read(chatTables.profiles, own)
    if (row === undefined || row.version <= (flags.row(chat, draft).toldVersion ?? 0)) return
    await outbox.compose(draft, { chat, body: bodyOf(row), kind: envelopeKinds.keys })
    flags.change(draft, chat, undefined, (before) => ({ ...before, toldVersion: row.version }))
  }

  /** For those who are in a group with this account. */
  async ownName (draft: Draft): Promise<string> { return (await draft.read(this.#on.chatTables.profiles, this.#on.own))?.name ?? '' }

  /** What somebody in a group calls themselves; what they tell this account itself counts for more. */
  async named (draft: Draft, account: AccountId, name: string): Promise<void> {
    const { chatTables, flags, own } = this.#on
    const known = await draft.read(chatTables.profiles, account)
    // [IGNORE] of somebody who is not to be heard
    if (account === own || flags.isBlocked(account, draft) || name === '' || (known !== undefined && (known.version > 0 || known.name === name))) return
    draft.write(chatTables.profiles, account, { ...nobody, name })
    flags.tell(draft, account, 'profile')
  }

  async take (draft: Draft, { chat, sender, isOwn, body }: OpenedMessage): Promise<void> {
    const { chatTables, flags, tables, own } = this.#on
    if (body.kind !== 'profile') return
    const { name, about, picture, version } = body
    if (isOwn && isPairChat(chat)) flags.change(draft, chat, undefined, (row) => ({ ...row, toldVersion: Math.max(version, row.toldVersion ?? 0) }))
    if (!isOwn) {
      // [IGNORE] of somebody with whom there is nothing: nobody fills the store with pictures
      const { request, isBlocked } = flags.row(sender, draft)
      const isKnown = request === 'accepted' || request === 'pending' || await draft.read(tables.contacts, sender) !== undefined
      if (chat !== sender || isBlocked === true || !isKnown) return
    }
    const account = isOwn ? own : sender
    if (version <= ((await draft.read(chatTables.profiles, account))?.version ?? 0)) return
    draft.write(chatTables.profiles, account, { name, about, picture: toHex(picture), version })
    flags.tell(draft, isOwn ? selfConversation(own).id : sender, 'profile')
  }

  #isToTell (chat: ChatId, { request }: { readonly request?: string }): boolean { return isPairChat(chat) && request === 'accepted' }

  async #own (): Promise<ProfileRow | undefined> { return await this.#on.ledger.read(this.#on.chatTables.profiles, this.#on.own) }

  async #tellAll (): Promise<void> {
    const { flags, ledger } = this.#on
    const version = (await this.#own())?.version ?? 0
    const chats = [...flags.rows()].filter(([chat, row]) => this.#isToTell(chat, row) && (row.toldVersion ?? 0) < version && !flags.isSilent(chat)).map(([chat]) => chat)
    for (let at = 0; at < chats.length; at += toldPerBatch) {
      await ledger.run(async (draft) => { for (const chat of chats.slice(at, at + toldPerBatch)) await this.tell(draft, chat) })
    }
  }
}
