/**
 * Listeners of the client's events. A listener that throws is logged and does not disturb the others or the engine.
 */
import { isPairChat, type ChatId } from './chat-id.ts'
import type { ClientLogger } from './components.ts'
import type { ClientEvents, Warning } from './model.ts'

type Listener<Event extends keyof ClientEvents> = (value: ClientEvents[Event]) => void
type Emit = <Event extends keyof ClientEvents>(event: Event, value: ClientEvents[Event]) => void

/** What the parts of the engine need: to say that something happened. */
export interface Events { emit: Emit }

/** Where a warning belongs. */
export const warningPlace = (chat: ChatId): Pick<Warning, 'chat' | 'peer'> => isPairChat(chat) ? { chat, peer: chat } : { chat }

export class Emitter implements Events {
  readonly #logger: ClientLogger | undefined
  readonly #listeners: { [Event in keyof ClientEvents]: Set<Listener<Event>> } = {
    message: new Set(), update: new Set(), connection: new Set(), home: new Set(), contact: new Set(), warning: new Set(), chat: new Set(), gone: new Set(), group: new Set(), stuck: new Set(), presence: new Set(), typing: new Set(), devices: new Set(), unlinked: new Set()
  }

  constructor (logger?: ClientLogger) { this.#logger = logger }

  /** @returns how to stop listening */
  on<Event extends keyof ClientEvents> (event: Event, listener: Listener<Event>): () => void {
    this.#listeners[event].add(listener)
    return () => { this.#listeners[event].delete(listener) }
  }

  readonly emit: Emit = (event, value) => {
    for (const listener of [...this.#listeners[event]]) {
      try {
        listener(value)
      } catch (error) {
        this.#logger?.warn('client.listener-threw', { event, error: String(error) })
      }
    }
  }
}
