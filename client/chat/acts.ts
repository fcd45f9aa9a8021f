/**
 * What people do with messages that are there: react, edit, delete, vote, pin, look at once. One way for what others
 * do and for what is done here: find the message, check who may do that, write its new form.
 *
 * What a peer may not do is reported and changes nothing. Spec: docs/protocol/chat.md
 */
import type { Clock } from '../../protocol/clock.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import type { AccountId, MessageId } from '../../protocol/ids.ts'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import { warningPlace, type Events } from '../events.ts'
import type { Body, BodyTaker, OpenedMessage } from '../messages/bodies.ts'
import { decodeBody } from '../messages/content.ts'
import { messageOf, type History } from '../messages/history.ts'
import type { Draft } from '../store/ledger.ts'
import { isStoreFailure } from '../store/store.ts'
import { fromHex } from '../store/stored.ts'
import type { MessageRow } from '../store/tables.ts'
import { isTargetBody, targetKinds, targetOf, type Act, type TargetBody, type TimerBody } from './act.ts'
import { deletedForEveryone } from './deletions.ts'
import type { EarlyActs } from './early.ts'
import { edited } from './edits.ts'
import type { ChatFlags } from './flags.ts'
import { isLater, pinned } from './pins.ts'
import { reacted } from './reactions.ts'
import { openedOnce } from './view-once.ts'
import { voted } from './votes.ts'

/** What a group lets its members do: asked where an act stands in the log. */
export interface GroupRights {
  isAdmin (draft: Draft, chat: ChatId, account: AccountId): boolean | Promise<boolean>
  /** Pins and the timer are as the profile: for everybody, or for admins. */
  mayEdit (draft: Draft, chat: ChatId, account: AccountId): boolean | Promise<boolean>
}

export interface ActComponents {
  readonly history: History
  readonly flags: ChatFlags
  readonly early: EarlyActs
  readonly events: Events
  readonly clock: Clock
  readonly rights: GroupRights
  /** Another device of this account has deleted or starred it before it came. */
  readonly onMarked: (draft: Draft, chat: ChatId, id: MessageId, kind: 'gone' | 'star') => Promise<void>
}

/** [IGNORE] a timer or pin that says it is from the future: nobody could change it any more. */
const futureMs = 24 * 60 * 60_000

export class Acts implements BodyTaker {
  readonly kinds = [...targetKinds, 'timer'] as const
  readonly #on: ActComponents

  constructor (components: ActComponents) { this.#on = components }

  /** Of another device: a peer's, or an own one. */
  async take (draft: Draft, opened: OpenedMessage): Promise<void> {
    const { chat, sender, isOwn, sentAtMs, receivedAtMs, body } = opened
    const child = draft.child()
    try {
      if (body.kind === 'timer' || body.kind === 'pin') {
        if (sentAtMs > receivedAtMs + futureMs) throw new ProtocolError('MALFORMED', { what: 'from the future' })
      }
      if (body.kind === 'timer') {
        await this.setTimer(child, { chat, sender, isOwn, sentAtMs, isAdmin: false, body })
      } else if (isTargetBody(body)) {
        const isAdmin = isGroupChat(chat) && await this.#on.rights.isAdmin(draft, chat, sender)
        const act = { chat, sender, isOwn, sentAtMs, isAdmin, body }
        if (await this.apply(child, act) === 'unknown') this.#on.early.keep(child, targetOf(body), act)
      }
      draft.absorb(child)
    } catch (error) {
      if (!isProtocolError(error) || isStoreFailure(error)) throw error
      this.#report(draft, chat, error)
    }
  }

  /** A message has come: what was said of it before counts now, oldest first. */
  async shown (draft: Draft, { chat, id }: MessageRow): Promise<void> {
    const acts = [...this.#on.early.take(draft, chat, id)].sort((a, b) => a.sentAtMs - b.sentAtMs)
    for (const { kind, isOwn } of acts) if (isOwn && (kind === 'gone' || kind === 'star')) await this.#on.onMarked(draft, chat, id, kind)
    for (const { sender, isOwn, sentAtMs, isAdmin, kind, body: bytes } of acts) {
      if (!targetKinds.some((one) => one === kind)) continue
      const child = draft.child()
      try {
        const body = decodeBody(fromHex(bytes))
        if (isTargetBody(body)) await this.apply(child, { chat, sender, isOwn, sentAtMs, isAdmin, body })
        draft.absorb(child)
      } catch (error) {
        if (!isProtocolError(error) || isStoreFailure(error)) throw error
        this.#report(draft, chat, error)
      }
    }
  }

  /**
   * @returns unknown: there is no such message here
   * @throws ProtocolError NOT_ADMITTED, NOT_ALLOWED, EXPIRED, MALFORMED, TOO_MANY: this account may not do that
   */
  async apply (draft: Draft, act: Act): Promise<'done' | 'unknown'> {
    const row = await this.#find(draft, act)
    if (row === undefined) return 'unknown'
    if (act.body.kind === 'pin') {
      await this.#pin(draft, row, { ...act, body: act.body })
      return 'done'
    }
    const after = changed(row, act)
    if (after === undefined) return 'done'
    this.write(draft, after)
    if (after.isDeleted === true) this.#unpin(draft, after)
    return 'done'
  }

  /** @throws ProtocolError NOT_ALLOWED */
  async setTimer (draft: Draft, act: Act<TimerBody>): Promise<void> {
    const { flags } = this.#on
    await this.#checkMayEdit(draft, act)
    const timer = { by: act.sender, atMs: act.sentAtMs, seconds: act.body.expiresAfterS }
    if (isLater(timer, flags.row(act.chat, draft).timer)) flags.change(draft, act.chat, 'timer', (row) => ({ ...row, timer }))
  }

  /** A message in another form; told once it is durable. */
  write (draft: Draft, row: MessageRow): void {
    this.#on.history.replace(draft, row)
    draft.after(() => { this.#on.events.emit('update', messageOf(row)) })
  }

  /** A message that waits to be opened is not here yet. */
  async find (draft: Draft, chat: ChatId, id: MessageId, isMeant: (row: MessageRow) => boolean = () => true): Promise<MessageRow | undefined> {
    const { history } = this.#on
    const rows = [await history.find(draft, chat, 'in', id), await history.find(draft, chat, 'out', id)]
      .filter((row) => row !== undefined && (row.direction === 'out' || row.state !== 'failed'))
    return rows.find((row) => isMeant(row!)) ?? rows[0]
  }

  /** Nobody can make an act on his own message count for another's by using its id again. */
  async #find (draft: Draft, { chat, sender, isOwn, body }: Act): Promise<MessageRow | undefined> {
    if (body.kind === 'viewedOnce') return await this.find(draft, chat, body.messageId, ({ direction }) => (direction === 'in') === isOwn)
    return await this.find(draft, chat, targetOf(body), (row) => row.sender === sender)
  }

  async #pin (draft: Draft, row: MessageRow, act: Act<Extract<Body, { kind: 'pin' }>>): Promise<void> {
    const { flags } = this.#on
    await this.#checkMayEdit(draft, act)
    if (row.isDeleted === true || row.viewOnce === true) return
    const { messageId: id, isPinned } = act.body
    const pins = pinned(flags.row(act.chat, draft).pins ?? [], { id, by: act.sender, atMs: act.sentAtMs, isPinned })
    if (pins !== undefined) flags.change(draft, act.chat, 'pins', (before) => ({ ...before, pins }))
  }

  /** For good: whoever pins it at the same moment changes nothing. */
  #unpin (draft: Draft, { id, chat, sender }: MessageRow): void {
    const { flags } = this.#on
    const before = flags.row(chat, draft).pins ?? []
    if (!before.some((pin) => pin.id === id && pin.isPinned)) return
    const pins = pinned(before, { id, by: sender, atMs: Number.MAX_SAFE_INTEGER, isPinned: false }) ?? before
    flags.change(draft, chat, 'pins', (row) => ({ ...row, pins }))
  }

  async #checkMayEdit (draft: Draft, { chat, sender }: Act<TargetBody | TimerBody>): Promise<void> {
    // [REJECT] in a group that leaves it to its admins
    if (!isPairChat(chat) && !await this.#on.rights.mayEdit(draft, chat, sender)) throw new ProtocolError('NOT_ALLOWED')
  }

  #report (draft: Draft, chat: ChatId, error: ProtocolError): void {
    draft.after(() => { this.#on.events.emit('warning', { ...warningPlace(chat), kind: 'refused', text: `Somebody tried what they may not do in this conversation (${error.code}).` }) })
  }
}

function changed (row: MessageRow, { sender, isOwn, sentAtMs, isAdmin, body }: Act): MessageRow | undefined {
  switch (body.kind) {
    case 'reaction': return reacted(row, { account: sender, emoji: body.emoji, atMs: sentAtMs })
    case 'edit': return edited(row, { by: sender, atMs: sentAtMs, text: body.text, mentions: body.mentions })
    case 'deletion': return deletedForEveryone(row, { by: sender, isAdmin })
    case 'vote': return voted(row, { account: sender, options: body.options, atMs: sentAtMs })
    case 'viewedOnce': return openedOnce(row, { by: sender, isOwn })
    case 'pin': return undefined
  }
}
