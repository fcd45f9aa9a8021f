/**
 * From a message to a sealed envelope: who is addressed, what goes inside, one ciphertext for each device.
 *
 * Does not know when anything is sealed or sent: outbox.ts. Spec: docs/protocol/content.md
 */
import { toHex } from '../../protocol/bytes.ts'
import type { Clock } from '../../protocol/clock.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import { envelopeKinds } from '../../protocol/wire/kinds.ts'
import { chainStart, type ChainPoint } from './chain.ts'
import { encodeContent, type Body } from './content.ts'
import { markOf, type Devices, type PinnedList } from '../keys/devices.ts'
import type { History } from './history.ts'
import type { Draft } from '../store/ledger.ts'
import type { Address, SessionBox } from '../keys/session-box.ts'
import { fromHex } from '../store/stored.ts'
import type { OutboxRow, Tables } from '../store/tables.ts'

/** Names a row of the outbox. */
export interface Item { readonly peer: AccountId, readonly id: MessageId }

export interface SealerComponents {
  readonly tables: Tables
  readonly history: History
  readonly devices: Devices
  readonly sessions: SessionBox
  readonly clock: Clock
  readonly primitives: Primitives
  readonly own: { readonly account: AccountId, readonly device: DeviceId }
  /** Get sessions with these people's devices. */
  readonly wantKeys: (accounts: readonly AccountId[]) => void
}

export class Sealer {
  readonly #on: SealerComponents
  /** Devices that have published no keys: they get nothing until they do. */
  readonly #keyless = new Set<DeviceId>()

  constructor (components: SealerComponents) { this.#on = components }

  addKeyless (devices: readonly DeviceId[]): void { for (const device of devices) this.#keyless.add(device) }
  forgetKeyless (): void { this.#keyless.clear() }

  /**
   * Seal for every device of both people except this one.
   *
   * @returns undefined when keys are missing; they were asked for
   * @throws ProtocolError TOO_LARGE
   */
  async seal (draft: Draft, item: Item, row: OutboxRow): Promise<{ envelope: Uint8Array, row: OutboxRow } | undefined> {
    const { devices, sessions, own, clock, primitives } = this.#on
    const theirs = await devices.listOf(draft, item.peer)
    const ours = await devices.listOf(draft, own.account)
    if (theirs === undefined || ours === undefined) {
      draft.after(() => { this.#on.wantKeys([theirs === undefined ? item.peer : own.account]) })
      return undefined
    }
    const ready = await this.#ready(draft, item.peer, theirs, ours)
    if (ready === undefined) return undefined

    const binding = { conversation: pairConversation(own.account, item.peer), messageId: item.id, senderDevice: own.device }
    const { body, sentAtMs } = await this.#bodyOf(draft, item, row)
    const plaintext = encodeContent(binding, {
      sentAtMs: sentAtMs ?? clock.nowMs(),
      previous: await this.#chainPoint(draft, item.peer),
      senderList: markOf(ours),
      peerList: markOf(theirs),
      body
    })
    const ciphertexts = []
    for (const address of ready) ciphertexts.push(await sessions.seal(draft, address, plaintext))
    const envelope = encodeEnvelope({ ...binding, sender: own.account, kind: row.kind, expiresAtMs: 0, ciphertexts })
    return {
      envelope,
      row: {
        ...row,
        state: 'sealed',
        digest: toHex(primitives.sha256(envelope)),
        // Nobody acknowledges a receipt: it goes once it has its number.
        awaiting: row.kind === envelopeKinds.receipt ? [] : ready.filter(({ account }) => account === item.peer).map(({ device }) => device)
      }
    }
  }

  /** The devices to seal for. @returns undefined while one of them may still get keys, and while there is none of the other person */
  async #ready (draft: Draft, peer: AccountId, theirs: PinnedList, ours: PinnedList): Promise<Address[] | undefined> {
    const { sessions, own } = this.#on
    const all = [
      ...theirs.list.devices.map(({ id, identityKey }) => ({ account: peer, device: id, identityKey })),
      ...ours.list.devices.filter(({ id }) => id !== own.device).map(({ id, identityKey }) => ({ account: own.account, device: id, identityKey }))
    ]
    const ready: Address[] = []
    const wanted = new Set<AccountId>()
    let isMissing = false
    for (const address of all) {
      if (await sessions.canSeal(draft, address, address.identityKey)) {
        ready.push(address)
        // The old session serves until the new one is there.
        if (await sessions.needsRekey(draft, address)) wanted.add(address.account)
      } else if (!this.#keyless.has(address.device)) {
        isMissing = true
        wanted.add(address.account)
      }
    }
    if (!ready.some(({ account }) => account === peer)) {
      isMissing = true
      wanted.add(peer)
    }
    if (wanted.size > 0) draft.after(() => { this.#on.wantKeys([...wanted]) })
    return isMissing ? undefined : ready
  }

  async #bodyOf (draft: Draft, item: Item, row: OutboxRow): Promise<{ body: Body, sentAtMs?: number }> {
    if (row.receipt !== undefined) return { body: { kind: 'receipt', stage: row.receipt.stage, ids: row.receipt.ids } }
    const { standsFor } = row
    const message = await this.#on.history.find(draft, item.peer, 'out', standsFor?.[0] ?? item.id)
    if (message === undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: 'a message to send is missing' })
    return { body: { kind: 'text', text: message.text, ...(standsFor === undefined ? {} : { standsFor }) }, sentAtMs: message.sentAtMs }
  }

  /** How far this device has come in the log. */
  async #chainPoint (draft: Draft, peer: AccountId): Promise<ChainPoint | undefined> {
    const log = await draft.read(this.#on.tables.logs, peer)
    if (log === undefined) return chainStart
    return log.hash === '' ? undefined : { epoch: log.epoch, seq: log.seq, hash: fromHex(log.hash) }
  }
}
