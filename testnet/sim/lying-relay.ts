/**
 * A relay that lies to one device: between its production core and the network stands somebody who changes what the device
 * is given of a log, consistently, as an operator of ill will could.
 *
 * drop: an entry is left out, and the numbers after it close up · swap: two entries change places · replay: an entry comes
 * again under the next number · alter: bits of an envelope are flipped. To show one device another log than the others is
 * to equivocate. What goes back to an older copy of its disk is a fault of the world (`roll-back`).
 */
import { FrameReader, encodeFrame, frameTypes } from '../../protocol/frames.ts'
import { conversationFromBytes, type ConversationId } from '../../protocol/conversation.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { limits } from '../../protocol/limits.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { Page, Pages, type Entry } from '../../protocol/wire/gen/log.js'
import type { Host } from './network.ts'

export const lieKinds = ['drop', 'swap', 'replay', 'alter'] as const
export type LieKind = typeof lieKinds[number]

export interface Lie {
  readonly kind: LieKind
  readonly relay: Host
  readonly victim: Host
  /** Told since then: in this log, from this number on. */
  log: ConversationId | undefined
  seq: number
  /** The envelope that it is about. */
  bytes: Uint8Array | undefined
  /** The victim was given something that is not so. What was only kept back so far may still come, as from a relay that is slow. */
  isTold: boolean
}

export class LyingRelay {
  readonly lies: Lie[] = []
  readonly #mayTell: (conversation: ConversationId) => boolean
  readonly #onTold: (lie: Lie) => void

  /** @param parts.mayTell in this log a lie is told */
  constructor ({ mayTell, onTold }: { mayTell: (conversation: ConversationId) => boolean, onTold: (lie: Lie) => void }) {
    this.#mayTell = mayTell
    this.#onTold = onTold
  }

  /** Soon, when there is something to lie about. */
  plan (kind: LieKind, relay: Host, victim: Host): void { this.lies.push({ kind, relay, victim, log: undefined, seq: 0, bytes: undefined, isTold: false }) }

  /** @param chunk whole frames, as a channel sends them */
  tamper (from: Host, to: Host, chunk: Uint8Array): Uint8Array {
    const lies = this.lies.filter(({ relay, victim }) => relay === from && victim === to)
    if (lies.length === 0) return chunk
    return Buffer.concat(new FrameReader(limits.frameBytes).push(chunk).map(({ type, method, id, body }) => {
      let told = body
      if (type === frameTypes.notification && method === clientNotifications.deliver.id) {
        const { pages } = decode(Pages, body)
        told = encode(Pages, { pages: pages.map((page) => lies.reduce((one, lie) => this.#tell(lie, one), page)) })
      } else if (type === frameTypes.reply && method === clientMethods.readLog.id) {
        told = encode(Page, lies.reduce((one, lie) => this.#tell(lie, one), decode(Page, body)))
      }
      return encodeFrame(type, method, id, told)
    }))
  }

  #tell (lie: Lie, page: Page): Page {
    const { id } = conversationFromBytes(page.conversation)
    if (lie.log === undefined && this.#mayTell(id) && !this.#isToldAbout(id, lie.victim)) this.#choose(lie, id, page.entries)
    if (lie.log !== id) return page
    const { kind, seq, bytes } = lie
    const { entries } = page
    switch (kind) {
      case 'drop':
        lie.isTold ||= entries.some((entry) => entry.seq > seq)
        return { ...page, entries: entries.filter((entry) => entry.seq !== seq).map((entry) => entry.seq < seq ? entry : { ...entry, seq: entry.seq - 1 }), head: page.head - 1 }
      case 'replay': {
        const out: Entry[] = []
        for (const entry of entries) {
          out.push(entry.seq <= seq ? entry : { ...entry, seq: entry.seq + 1 })
          if (entry.seq === seq) out.push({ seq: seq + 1, envelope: bytes!, storedAtMs: entry.storedAtMs })
        }
        return { ...page, entries: out, head: page.head + 1 }
      }
      case 'swap': {
        const [one, other] = [entries.find((entry) => entry.seq === seq), entries.find((entry) => entry.seq === seq + 1)]
        if (one === undefined || other === undefined) return page
        return { ...page, entries: entries.map((entry) => entry === one ? { ...other, seq } : entry === other ? { ...one, seq: seq + 1 } : entry) }
      }
      case 'alter': return { ...page, entries: entries.map((entry) => entry.seq === seq ? { ...entry, envelope: bytes! } : entry) }
    }
  }

  /** Two lies about one log may undo each other: an entry that is altered twice is as it was. */
  #isToldAbout (id: ConversationId, to: Host): boolean { return this.lies.some(({ log, victim }) => log === id && victim === to) }

  #choose (lie: Lie, id: ConversationId, entries: readonly Entry[]): void {
    const at = entries.findIndex(({ envelope }, index) => envelope !== undefined && (lie.kind !== 'swap' || entries[index + 1]?.envelope !== undefined))
    if (at < 0) return
    const { seq, envelope } = entries[at]!
    lie.log = id
    lie.seq = seq
    lie.bytes = new Uint8Array(envelope!)
    lie.isTold = lie.kind !== 'drop'
    // In the last ciphertext: the envelope can still be read.
    if (lie.kind === 'alter') lie.bytes[lie.bytes.byteLength - 20]! ^= 0x10
    this.#onTold(lie)
  }
}
