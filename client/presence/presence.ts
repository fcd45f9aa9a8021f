/**
 * Who is there and who types, as a client shows it, and what it tells of its own person. Specs: docs/protocol/presence.md
 *
 * `setState` or `touch` say whether somebody is at this device; the home makes online, away and last seen of it.
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientNotifications } from '../../protocol/methods.ts'
import type { PresencePolicy } from '../../protocol/presence.ts'
import type { Presences } from '../../protocol/wire/gen/presence.js'
import { isGroupChat, isPairChat, type ChatId } from '../chat-id.ts'
import type { ClientLogger } from '../components.ts'
import type { Emitter } from '../events.ts'
import type { Entries } from '../messages/entries.ts'
import { admissionOf, type MessageGate } from '../messages/gate.ts'
import type { Sealer } from '../messages/sealer.ts'
import type { ChatInfo, PersonPresence, TypingState } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import type { Ledger } from '../store/ledger.ts'
import { OwnPolicy } from './presence-policy.ts'
import { OthersTyping, OwnTyping } from './typing.ts'
import { Watching, presenceOf, type WatchedPerson } from './watching.ts'

export interface PresenceComponents {
  readonly ledger: Ledger
  readonly link: RelayLink
  readonly events: Emitter
  readonly sealer: Pick<Sealer, 'sealSignal'>
  readonly entries: Pick<Entries, 'openSignal'>
  /** Who may be heard at all. */
  readonly gates: readonly MessageGate[]
  readonly clock: Clock
  readonly random: Random
  readonly logger: ClientLogger | undefined
  /** undefined: not a group that this device knows. */
  readonly groupSize: (chat: ChatId) => number | undefined
}

const typingCodes = { stopped: 0, typing: 1, recording: 2 } as const
const typingNames: readonly TypingState[] = ['stopped', 'typing', 'recording']
/** Signals that wait to be opened; a relay that sends more is not listened to. */
const maxWaiting = 256

export class ClientPresence {
  readonly #on: PresenceComponents
  readonly #policy: OwnPolicy
  readonly #watching: Watching
  readonly #ownTyping: OwnTyping
  readonly #othersTyping: OthersTyping
  readonly #stopListening: Array<() => void> = []
  #state: 'active' | 'idle' = 'active'
  /** What was last said of somebody in this run: not again for each message of a stranger. */
  readonly #hidden = new Map<AccountId, boolean>()
  #untouched: Timer | undefined
  #waiting = 0

  constructor (components: PresenceComponents) {
    this.#on = components
    this.#policy = new OwnPolicy(components)
    this.#watching = new Watching(components)
    this.#ownTyping = new OwnTyping(components)
    this.#othersTyping = new OthersTyping(components)
    const { events } = components
    this.#stopListening.push(
      events.on('message', ({ chat, sender }) => {
        this.#othersTyping.heard(chat, sender, 'stopped')
        this.#watching.onMessage(chat)
      }),
      events.on('update', ({ chat, direction, state }) => {
        if (direction !== 'out' || state !== 'sent') return
        // What was typed has been sent: the others see that by themselves.
        this.#ownTyping.sent(chat)
        this.#watching.onMessage(chat)
      }),
      events.on('chat', ({ chat, what, info }) => { if ((what === 'block' || what === 'request') && isPairChat(chat)) this.#onChat(chat, info) }))
  }

  async load (): Promise<void> { await this.#policy.load() }

  /** Is somebody at this device? Active until said otherwise. */
  setState (state: 'active' | 'idle'): void {
    this.#untouched?.cancel()
    this.#untouched = undefined
    if (state === this.#state) return
    this.#state = state
    this.#on.link.notify(clientNotifications.activity, { isIdle: state === 'idle' })
  }

  get isActive (): boolean { return this.#state === 'active' }

  /** Somebody has done something here: active from now on, idle after five minutes without another. */
  touch (): void {
    this.setState('active')
    this.#untouched = this.#on.clock.after(limits.idleAwayMs, () => { this.setState('idle') })
  }

  /** Whom one lets know. @throws ProtocolError DISCONNECTED, TIMEOUT: the home has to be asked */
  async policy (): Promise<PresencePolicy> { return await this.#policy.fetch() }

  /** What is left out stays as it is. @throws ProtocolError TOO_MANY, DISCONNECTED, TIMEOUT, QUOTA; nothing is changed then */
  async setPolicy (changes: Partial<PresencePolicy>): Promise<PresencePolicy> { return await this.#policy.set(changes) }

  /**
   * Watch these people and nobody else; `presence` events follow for whom it is allowed. Kept over reconnects.
   * @throws ProtocolError TOO_MANY (limits.presenceWatched)
   */
  watch (people: ReadonlyArray<AccountId | WatchedPerson>): void {
    this.#watching.watch(people.map((one) => typeof one === 'string' ? { account: one } : one))
  }

  /** The last that was told; `unknown` when nothing may be, or nobody watches. */
  of (account: AccountId): PersonPresence { return presenceOf(account, this.#watching.of(account)) }

  /** Who types or records in this chat right now. */
  typingIn (chat: ChatId): Array<{ account: AccountId, state: TypingState }> { return this.#othersTyping.in(chat) }

  /**
   * Say what one does in this chat; call it with every key, it is told every three seconds at most. Not told when nobody may
   * know, in large groups, and to somebody who is not there.
   */
  async typing (chat: ChatId, state: TypingState): Promise<void> {
    const { ledger, link, sealer } = this.#on
    if (!link.isOnline || !this.#mayTell(chat) || !this.#ownTyping.note(chat, state)) return
    const envelope = await ledger.run(async (draft) => await sealer.sealSignal(draft, chat, { kind: 'typing', state: typingCodes[state] }))
    if (envelope !== undefined && envelope.byteLength <= limits.signalBytes) link.notify(clientNotifications.signal, { envelopes: [envelope] })
  }

  // --- from the relay

  onPresences (body: Presences): void { this.#watching.onPresences(body) }

  onSignals (envelopes: readonly Uint8Array[]): void {
    for (const bytes of envelopes) {
      // [DROP] bounded
      if (this.#waiting >= maxWaiting) return
      this.#waiting++
      // A copy: the frame is not kept.
      this.#onSignal(bytes.slice()).catch((error: unknown) => {
        // Nothing is lost but a line that says that somebody types.
        this.#on.logger?.debug('client.signal', { code: isProtocolError(error) ? error.code : String(error) })
      }).finally(() => { this.#waiting-- })
    }
  }

  resume (): void {
    if (this.#state === 'idle') this.#on.link.notify(clientNotifications.activity, { isIdle: true })
    this.#policy.resume()
    this.#watching.resume()
  }

  /** The connection is gone. */
  lost (): void { this.#watching.lost() }

  stop (): void {
    this.#untouched?.cancel()
    this.#watching.stop()
    this.#othersTyping.stop()
  }

  /** Not used any more: its account has another engine. */
  close (): void {
    this.stop()
    for (const stop of this.#stopListening.splice(0)) stop()
  }

  #mayTell (chat: ChatId): boolean {
    if (!this.#policy.allowsTyping(chat)) return false
    if (isGroupChat(chat)) return (this.#on.groupSize(chat) ?? Infinity) <= limits.signalGroupMembers
    // Whoever may not know is `unknown` and is told: it cannot be seen from here whether they are there.
    return isPairChat(chat) && this.#watching.of(chat).state !== 'offline'
  }

  async #onSignal (bytes: Uint8Array): Promise<void> {
    const { ledger, entries, gates } = this.#on
    const opened = await ledger.run(async (draft) => {
      const signal = await entries.openSignal(draft, bytes)
      if (signal === undefined || signal.isOwn) return undefined
      return await admissionOf(gates, draft, { chat: signal.chat, sender: signal.sender, isText: false }) === 'show' ? signal : undefined
    })
    if (opened?.body.kind !== 'typing' || this.#policy.isBlocked(opened.sender)) return
    // [IGNORE] something that a newer version does
    const state = typingNames[opened.body.state]
    if (state !== undefined) this.#othersTyping.heard(opened.chat, opened.sender, state)
  }

  /** A stranger whom nobody has answered is told as little as somebody who is blocked. */
  #onChat (account: AccountId, { isBlocked, request }: ChatInfo): void {
    const isHidden = isBlocked || request !== undefined
    if (this.#hidden.get(account) === isHidden) return
    // Strangers must not fill the list in which blocks have their place.
    if (isHidden && !isBlocked && (this.#policy.known?.blocked.length ?? 0) >= limits.presenceBlocked / 2) return
    if (this.#hidden.size >= limits.presenceBlocked) this.#hidden.clear()
    this.#hidden.set(account, isHidden)
    this.#block(account, isHidden)
  }

  #block (account: AccountId, isBlocked: boolean): void {
    this.#policy.setBlocked(account, isBlocked).catch((error: unknown) => { this.#on.logger?.warn('client.presence-block', { error: String(error) }) })
  }
}
