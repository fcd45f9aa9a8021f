/**
 * What own edits said, as it is kept for those who may have to be given them again (messages/again.ts, groups/waiting.ts):
 * it goes with the message that it belongs to. An edit follows its message within minutes, so it is looked for right
 * behind it; one that was sent again later, or a program that ended in between, is for the next start.
 */
import type { MessageId } from '../../protocol/ids.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { isGroupChat, type ChatId } from '../chat-id.ts'
import type { GroupTables } from '../groups/group-tables.ts'
import type { Body } from '../messages/bodies.ts'
import { bodyInside, decodeBody } from '../messages/content.ts'
import type { History } from '../messages/history.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import type { MessageRow, Tables } from '../store/tables.ts'

export interface EditCopyComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly groupTables: GroupTables
  readonly history: () => History
}

/** Clocks of one device do not go back by more. */
const slackMs = 60_000
const timeChars = 12

export class EditCopies {
  readonly #on: EditCopyComponents

  constructor (components: EditCopyComponents) { this.#on = components }

  /** Of messages that went while the program could not see to it. */
  async load (): Promise<void> {
    const { ledger, tables, history } = this.#on
    const rows = await ledger.range(tables.again, { from: '', to: '\x7f' })
    const edits = rows.flatMap(({ key, value: { body } }) => {
      const edit = body === undefined ? undefined : readOrNothing(() => decodeBody(fromHex(body)))
      return edit?.kind === 'edit' ? [{ key, id: edit.messageId }] : []
    })
    if (edits.length === 0) return
    await ledger.run(async (draft) => {
      for (const { key, id } of edits) {
        const row = await history().find(draft, key.slice(0, key.indexOf('/')) as ChatId, 'out', id)
        if (row === undefined || row.isDeleted === true) draft.erase(tables.again, key)
      }
    })
  }

  /** Nothing of this message is left. */
  forget (draft: Draft, { chat, id, direction }: Pick<MessageRow, 'chat' | 'id' | 'direction'>): void {
    if (direction === 'out') draft.after(() => { this.#forget(chat, id).catch(() => { /* the store's failure: the next start does it */ }) })
  }

  async #forget (chat: ChatId, id: MessageId): Promise<void> {
    const { ledger, tables, groupTables } = this.#on
    const untilMs = Number.parseInt(id.slice(0, timeChars), 16) + limits.editWindowMs + slackMs
    const range = { from: `${chat}/${id}`, to: `${chat}/${untilMs.toString(16).padStart(timeChars, '0')}` }
    const isOfIt = (body: Body | undefined): boolean => body?.kind === 'edit' && body.messageId === id
    const again = (await ledger.range(tables.again, range)).filter(({ value: { body } }) => body !== undefined && isOfIt(readOrNothing(() => decodeBody(fromHex(body)))))
    const contents = !isGroupChat(chat) ? [] : (await ledger.range(groupTables.contents, range)).filter(({ value: { content } }) => isOfIt(readOrNothing(() => bodyInside(content))))
    if (again.length + contents.length === 0) return
    await ledger.run((draft) => {
      for (const { key } of again) draft.erase(tables.again, key)
      for (const { key } of contents) draft.erase(groupTables.contents, key)
    })
  }
}

function readOrNothing (read: () => Body): Body | undefined {
  try {
    return read()
  } catch (error) {
    if (!isProtocolError(error)) throw error
    return undefined // of a newer version
  }
}
