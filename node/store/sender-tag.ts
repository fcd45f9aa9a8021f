/**
 * What a sender's device is known by where a log keeps message ids: the first 8 bytes of its key, as 16 hex digits. Making a second key
 * with the same ones takes 2^64 tries, and would win nothing but that one's own messages counting as repeats.
 */
import { toHex } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { deviceKeyOf, type DeviceId } from '../../protocol/ids.ts'

declare const brand: unique symbol
export type SenderTag = string & { readonly [brand]: 'SenderTag' }

export const senderTagBytes = 8

// Devices repeat in every entry. Bounded.
const maxCached = 50_000
const tags = new Map<DeviceId, SenderTag>()

/** A tag is its own. */
export function senderTagOf (sender: DeviceId | SenderTag): SenderTag {
  if (sender.length === 2 * senderTagBytes) return sender as SenderTag
  const known = tags.get(sender as DeviceId)
  if (known !== undefined) return known
  if (tags.size >= maxCached) tags.clear()
  const tag = toHex(deviceKeyOf(sender as DeviceId).subarray(0, senderTagBytes)) as SenderTag
  tags.set(sender as DeviceId, tag)
  return tag
}

/** @throws ProtocolError MALFORMED unless 8 bytes */
export function senderTagFromBytes (bytes: Uint8Array): SenderTag {
  if (bytes.byteLength !== senderTagBytes) throw new ProtocolError('MALFORMED', { what: 'sender' })
  return toHex(bytes) as SenderTag
}

export const senderTagToBytes = (tag: SenderTag): Uint8Array => Buffer.from(tag, 'hex')
