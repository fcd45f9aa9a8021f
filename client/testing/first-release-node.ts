/**
 * What people had on their devices, and their relay, when the first release stopped: recorded from it, by its own client
 * (first-release.json). Messages both ways in every state, a pending outbox, receipts in the outbox and owed, a
 * message that could not be opened and is to be asked for, contacts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { conversationFromBytes } from '../../protocol/conversation.ts'
import type { AccountId, DeviceId, MessageId } from '../../protocol/ids.ts'
import type { Contact, Message } from '../client.ts'
import { FakePerson, FakeWorld } from './world-fake.ts'

/** Bytes as base64. */
type Base64 = string

export interface RecordedPerson {
  readonly id: AccountId
  /** By the other's name, as that client showed it. */
  readonly history: Readonly<Record<string, ReadonlyArray<Omit<Message, 'chat' | 'sender'> & { readonly peer: AccountId }>>>
  readonly contacts: readonly Contact[]
  readonly unread: Readonly<Record<AccountId, number>>
  readonly outbox: number
  readonly store: Readonly<Record<string, Base64>>
}

interface Recording {
  readonly relaySeed: Base64
  readonly nowMs: number
  readonly people: Readonly<Record<'alice' | 'bob' | 'carol', RecordedPerson>>
  readonly relay: {
    readonly accounts: ReadonlyArray<{ id: AccountId, handle: string, deviceList: Base64, homeRecord: Base64, deviceKeys: Base64, oneTime: ReadonlyArray<{ id: number, key: Base64 }>, highestId: number }>
    readonly logs: ReadonlyArray<{ conversation: Base64, epoch: number, first: number, members: readonly AccountId[], cursors: Record<DeviceId, number>, entries: ReadonlyArray<{ seq: number, envelope: Base64, sender: DeviceId, messageId: MessageId }> }>
  }
}

export const recording = JSON.parse(readFileSync(join(import.meta.dirname, 'first-release.json'), 'utf8')) as Recording

const bytes = (text: Base64): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

export const recordedStore = ({ store }: RecordedPerson): Map<string, Uint8Array> => new Map(Object.entries(store).map(([key, value]) => [key, bytes(value)]))

/** The relay as it was, at that moment; nobody is there yet. */
export async function recordedWorld (primitives: Primitives, seed: number): Promise<FakeWorld> {
  let relaySeed: Uint8Array | undefined = bytes(recording.relaySeed)
  const world = new FakeWorld({
    ...primitives,
    // The relay is made first, with the identity that people know it by.
    randomBytes: (length) => {
      const once = relaySeed
      relaySeed = undefined
      return once ?? primitives.randomBytes(length)
    }
  }, seed)
  await world.clock.advance(recording.nowMs - world.clock.nowMs())
  for (const { id, deviceList, homeRecord, deviceKeys, oneTime, ...row } of recording.relay.accounts) {
    world.relay.accounts.set(id, { ...row, deviceList: bytes(deviceList), homeRecord: bytes(homeRecord), deviceKeys: bytes(deviceKeys), oneTime: oneTime.map((one) => ({ id: one.id, key: bytes(one.key) })), others: new Map() })
  }
  for (const { conversation, entries: stored, cursors, ...row } of recording.relay.logs) {
    const entries = stored.map((entry) => ({ ...entry, envelope: bytes(entry.envelope) }))
    world.relay.logs.set(conversationFromBytes(bytes(conversation)).id, {
      ...row,
      conversation: bytes(conversation),
      entries,
      byMessage: new Map(entries.map((entry) => [`${entry.sender}/${entry.messageId}`, entry])),
      cursors: new Map(Object.entries(cursors) as Array<[DeviceId, number]>)
    })
  }
  return world
}

/** Their device, with the present client, not started. */
export async function recordedPerson (world: FakeWorld, name: keyof Recording['people']): Promise<FakePerson> {
  const person = new FakePerson(world, name, { strangers: 'ask' })
  for (const [key, value] of recordedStore(recording.people[name])) person.data.set(key, value)
  world.people.push(person)
  await person.open()
  return person
}
