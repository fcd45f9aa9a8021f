/**
 * Whose devices are whose: the newest signed device list of everybody this client deals with.
 *
 * The AccountId carries the account key, so a list is checked from the id alone: trusting the id once is trusting the
 * account. Epochs only rise; an older list, or another one of the same epoch, is refused, whoever offers it.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId, DeviceId } from '../../protocol/ids.ts'
import { isExpired, verifyDeviceList, type Device } from '../../protocol/records/device-list.ts'
import { isNewer, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import type { ListMark } from '../messages/content.ts'
import type { Draft } from '../store/ledger.ts'
import type { PinnedList, Tables } from '../store/tables.ts'

export type { PinnedList } from '../store/tables.ts'

/** Runs in the batch that pins the newer list: it writes to the draft only. `before` is undefined for somebody new. */
export type ListListener = (draft: Draft, account: AccountId, lists: { readonly before: PinnedList | undefined, readonly after: PinnedList }) => void | Promise<void>

export class Devices {
  readonly #primitives: Primitives
  readonly #tables: Tables
  readonly #listeners: ListListener[] = []

  constructor ({ primitives, tables }: { primitives: Primitives, tables: Tables }) {
    this.#primitives = primitives
    this.#tables = tables
  }

  /** Somebody's list has been replaced by a newer one: their devices, or one's own, are not the same any more. */
  onChanged (listener: ListListener): void { this.#listeners.push(listener) }

  async listOf (draft: Draft, account: AccountId): Promise<PinnedList | undefined> { return await draft.read(this.#tables.deviceLists, account) }

  /**
   * Take a device list of any origin.
   * @returns whether it is newer than what was known
   * @throws ProtocolError MALFORMED, BAD_SIGNATURE; EXPIRED; ROLLED_BACK when a newer one is known; IDENTITY_CHANGED
   *   when another list of the same epoch is known: somebody holds the account key and says two things
   */
  async pinList (draft: Draft, account: AccountId, bytes: Uint8Array, nowMs: number): Promise<boolean> {
    const known = await this.listOf(draft, account)
    if (known !== undefined && sameBytes(known.list.bytes, bytes)) return false
    const list = verifyDeviceList(this.#primitives, bytes)
    // [REJECT] a good list of somebody else
    if (list.account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'device list of another account' })
    // [REJECT] rolled back, or two lists under one number
    if (known !== undefined && list.epoch < known.list.epoch) throw new ProtocolError('ROLLED_BACK', { what: 'device list' })
    if (known !== undefined && list.epoch === known.list.epoch) throw new ProtocolError('IDENTITY_CHANGED', { what: 'two device lists of one epoch' })
    // [REJECT] the account has said that this list is over
    if (isExpired(list, nowMs)) throw new ProtocolError('EXPIRED', { what: 'device list' })
    const after = { list, hash: this.#primitives.sha256(list.bytes) }
    draft.write(this.#tables.deviceLists, account, after)
    // A device that is out gets nothing any more: its session goes with the batch.
    for (const { id } of known?.list.devices ?? []) if (deviceIn(after, id) === undefined) draft.erase(this.#tables.sessions, `${account}/${id}`)
    for (const listener of this.#listeners) await listener(draft, account, { before: known, after })
    return true
  }

  /** @returns the newest that is known. @throws ProtocolError MALFORMED, BAD_SIGNATURE. An older one is ignored. */
  async pinHome (draft: Draft, account: AccountId, bytes: Uint8Array): Promise<SignedHomeRecord> {
    const known = await draft.read(this.#tables.homeRecords, account)
    if (known !== undefined && sameBytes(known.bytes, bytes)) return known
    const record = verifyHomeRecord(this.#primitives, bytes)
    if (record.account !== account) throw new ProtocolError('BAD_SIGNATURE', { what: 'home record of another account' })
    if (known !== undefined && !isNewer(record, known)) return known
    draft.write(this.#tables.homeRecords, account, record)
    return record
  }
}

export const deviceIn = (pinned: PinnedList, id: DeviceId): Device | undefined => pinned.list.devices.find((device) => device.id === id)
export const markOf = ({ list, hash }: PinnedList): ListMark => ({ epoch: list.epoch, hash })

/** What a mark that somebody sent says about the list that is known here. */
export function compareMark (mark: ListMark, pinned: PinnedList | undefined): 'same' | 'older' | 'newer' | 'different' {
  if (pinned === undefined || mark.epoch > pinned.list.epoch) return 'newer'
  if (mark.epoch < pinned.list.epoch) return 'older'
  return sameBytes(mark.hash, pinned.hash) ? 'same' : 'different'
}
