/**
 * Names, descriptions and icons of groups: sealed in the log under keys that members hand to each other.
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { GroupProfile } from '../../protocol/groups/control.ts'
import type { GroupState } from '../../protocol/groups/membership.ts'
import { newProfileKey, openGroupProfile, sealGroupProfile, type GroupProfileKey, type GroupText } from '../../protocol/groups/profile.ts'
import type { GroupConversation } from '../../protocol/conversation.ts'
import type { ChatId } from '../chat-id.ts'
import type { Draft } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { GroupTables } from './group-tables.ts'
import type { GroupStates } from './states.ts'

/** Keys of a group that are kept: older profiles are not shown any more. */
const keysKept = 8

export class Profiles {
  readonly #tables: GroupTables
  readonly #states: GroupStates
  readonly #primitives: Primitives

  constructor ({ groupTables, states, primitives }: { groupTables: GroupTables, states: GroupStates, primitives: Primitives }) {
    this.#tables = groupTables
    this.#states = states
    this.#primitives = primitives
  }

  /** That of the profile which is shown now; before there is one: the newest. */
  async currentKey (draft: Draft, chat: ChatId): Promise<GroupProfileKey | undefined> {
    const { profileKeys } = await this.#states.infoOf(draft, chat)
    const shown = (await this.#states.stateOf(draft, chat))?.profile?.keyId
    const id = shown === undefined ? Object.keys(profileKeys).at(-1) : toHex(shown)
    const key = id === undefined ? undefined : profileKeys[id]
    return id === undefined || key === undefined ? undefined : { id: fromHex(id), key: fromHex(key) }
  }

  /** A key that a member, or the link by which one came, has given. */
  async takeKey (draft: Draft, chat: ChatId, { id, key }: GroupProfileKey): Promise<void> {
    const info = await this.#states.infoOf(draft, chat)
    const name = toHex(id)
    if (info.profileKeys[name] !== undefined) return
    const keys = [...Object.entries(info.profileKeys), [name, toHex(key)] as const].slice(-keysKept)
    draft.write(this.#tables.infos, chat, { ...info, profileKeys: Object.fromEntries(keys) })
    const state = await this.#states.stateOf(draft, chat)
    if (state !== undefined) await this.show(draft, chat, state)
  }

  /** Open what the state has, if there is a key for it. What cannot be opened leaves the older name. */
  async show (draft: Draft, chat: ChatId, { profile, conversation }: GroupState): Promise<void> {
    if (profile === undefined) return
    const info = await this.#states.infoOf(draft, chat)
    const key = info.profileKeys[toHex(profile.keyId)]
    if (key === undefined) return
    try {
      const { name, description, icon } = openGroupProfile(this.#primitives, conversation, profile, { id: profile.keyId, key: fromHex(key) })
      draft.write(this.#tables.infos, chat, { ...info, name, description, icon: toHex(icon) })
    } catch (error) {
      // [IGNORE] sealed wrongly: the older one stays
      if (!isProtocolError(error)) throw error
    }
  }

  /**
   * Seal a new profile; under a new key when somebody has left since the last one was made.
   * @returns isNewKey: everybody has to be given it
   * @throws ProtocolError TOO_LARGE, MALFORMED
   */
  async seal (draft: Draft, chat: ChatId, conversation: GroupConversation, text: GroupText): Promise<{ profile: GroupProfile, isNewKey: boolean }> {
    const info = await this.#states.infoOf(draft, chat)
    const known = info.isProfileKeyStale ? undefined : await this.currentKey(draft, chat)
    const key = known ?? newProfileKey(this.#primitives)
    const profile = sealGroupProfile(this.#primitives, conversation, key, text)
    if (known === undefined) {
      await this.takeKey(draft, chat, key)
      draft.write(this.#tables.infos, chat, { ...await this.#states.infoOf(draft, chat), isProfileKeyStale: false })
    }
    return { profile, isNewKey: known === undefined }
  }

  /** Somebody has left who has the present key. */
  async retire (draft: Draft, chat: ChatId): Promise<void> {
    const info = await this.#states.infoOf(draft, chat)
    if (!info.isProfileKeyStale) draft.write(this.#tables.infos, chat, { ...info, isProfileKeyStale: true })
  }
}
