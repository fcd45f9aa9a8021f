/**
 * Is what others believe of this account's devices true? Only the account's own devices can notice a ghost among them.
 *
 * Every message says which list its sender sealed for. The primary knows every list that there is, because it has signed
 * them. Another device first looks whether there is a newer one, of which it had not heard.
 */
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { ChatId } from '../chat-id.ts'
import { warningPlace, type Events } from '../events.ts'
import { compareMark } from '../keys/devices.ts'
import type { ListMark } from '../messages/content.ts'
import type { Ledger } from '../store/ledger.ts'
import type { Tables } from '../store/tables.ts'
import { toHex } from '../../protocol/bytes.ts'

export interface OwnViewComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly events: Events
  readonly own: AccountId
  readonly isPrimary: () => boolean
  /** Learn this account's newest list. @throws ProtocolError */
  readonly refresh: () => Promise<void>
}

/** Views that were reported: once is enough. */
const maxReported = 256

export class OwnView {
  readonly #on: OwnViewComponents
  readonly #reported = new Set<string>()

  constructor (components: OwnViewComponents) { this.#on = components }

  /** @param mark the list of this account that a sender in `chat` used */
  async check (chat: ChatId, mark: ListMark): Promise<void> {
    if (!this.#on.isPrimary() && await this.#compare(mark) === 'newer') await this.#refresh()
    const compared = await this.#compare(mark)
    if (compared === 'same' || compared === 'older') return
    const key = `${chat}/${mark.epoch}/${toHex(mark.hash)}`
    if (this.#reported.has(key)) return
    if (this.#reported.size >= maxReported) this.#reported.clear()
    this.#reported.add(key)
    this.#on.events.emit('warning', { ...warningPlace(chat), kind: 'devices', text: 'The sender was shown a list of your devices that this device does not know: there may be a device that is not yours.' })
  }

  async #compare (mark: ListMark): Promise<ReturnType<typeof compareMark>> {
    return compareMark(mark, await this.#on.ledger.read(this.#on.tables.deviceLists, this.#on.own))
  }

  async #refresh (): Promise<void> {
    try {
      await this.#on.refresh()
    } catch (error) {
      // The relay does not say, so what is known counts.
      if (!isProtocolError(error)) throw error
    }
  }
}
