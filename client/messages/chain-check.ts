/**
 * The running hash of a log (chain.ts) as this device has it, compared with what a sender had and with what comes again.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import type { ChatId } from '../chat-id.ts'
import { clientLimits } from '../limits.ts'
import type { Draft } from '../store/ledger.ts'
import { fromHex } from '../store/stored.ts'
import { positionKey, type Tables } from '../store/tables.ts'
import { chainStart, extendChain } from './chain.ts'
import type { Content } from './content.ts'
import type { Arrival, Place } from './log-entry.ts'

export interface ChainComponents {
  readonly tables: Tables
  readonly primitives: Primitives
}

const keyOf = (chat: ChatId, { epoch, seq }: Place): string => `${chat}/${positionKey(epoch, seq)}`

export class ChainCheck {
  readonly #on: ChainComponents

  constructor (components: ChainComponents) { this.#on = components }

  /** SPEC(content §4) the hash that the sender had must be the one that this device had at the same place. */
  async isForked (draft: Draft, { chat, entry, log }: Arrival, { previous }: Content): Promise<boolean> {
    if (previous === undefined || previous.seq === 0) return false
    // A message cannot come before what its sender had seen of the same log.
    if (previous.epoch === entry.epoch && previous.seq >= entry.seq) return true
    const here = previous.epoch === log.epoch && previous.seq === log.seq
      ? log.hash === '' ? undefined : fromHex(log.hash)
      : await draft.read(this.#on.tables.logHashes, keyOf(chat, previous))
    // Too long ago, or this device has not seen the beginning: nothing to compare with.
    return here !== undefined && !sameBytes(here, previous.hash)
  }

  /**
   * The hash with this entry in it.
   * @param digest SHA-256 of its envelope; undefined when it is not known: then nor is the hash
   */
  async next (draft: Draft, { chat, entry, log }: Arrival, digest: Uint8Array | undefined, content: Content | undefined): Promise<Uint8Array | undefined> {
    if (digest === undefined) return undefined
    const previous = content?.previous
    const before = entry.seq === log.seq + 1
      // Who does not know the beginning takes the other's word for it once; from there on both are bound.
      ? log.hash !== '' ? fromHex(log.hash) : previous?.epoch === log.epoch && previous.seq === log.seq ? previous.hash : undefined
      : await draft.read(this.#on.tables.logHashes, keyOf(chat, { epoch: log.epoch, seq: entry.seq - 1 }))
    return before === undefined ? undefined : extendChain(this.#on.primitives, before, entry.epoch, entry.seq, digest)
  }

  /** For later comparison, and not without a bound. */
  keep (draft: Draft, chat: ChatId, { epoch, seq }: Place, hash: Uint8Array): void {
    const { logHashes } = this.#on.tables
    draft.write(logHashes, keyOf(chat, { epoch, seq }), hash)
    if (seq > clientLimits.logHashes) draft.erase(logHashes, keyOf(chat, { epoch, seq: seq - clientLimits.logHashes }))
  }

  /**
   * @param digest SHA-256 of an envelope that is said to stand there
   * @returns unknown: too long ago to be compared
   */
  async compareRepeat (draft: Draft, chat: ChatId, { epoch, seq }: Place, digest: Uint8Array): Promise<'same' | 'different' | 'unknown'> {
    const { tables, primitives } = this.#on
    const [before, here] = await Promise.all([seq - 1, seq].map(async (at) => at === 0 ? chainStart.hash : await draft.read(tables.logHashes, keyOf(chat, { epoch, seq: at }))))
    if (before === undefined || here === undefined) return 'unknown'
    return sameBytes(extendChain(primitives, before, epoch, seq, digest), here) ? 'same' : 'different'
  }
}
