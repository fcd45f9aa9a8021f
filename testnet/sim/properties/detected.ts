/**
 * A lying relay is detected: a device of somebody in the conversation is warned about it. What a lie breaks besides is
 * forgiven where it was warned about (`isForgiven`), and only there.
 */
import type { ConversationId } from '../../../protocol/conversation.ts'
import type { World } from '../world.ts'
import type { Property } from './property.ts'

/** undecryptable is what remains of an altered message; fork of a dropped, doubled or moved one. */
const kinds = new Set(['fork', 'refused', 'undecryptable'])

export const detected: Property = {
  name: 'a lying relay is detected',
  check ({ world }) {
    return world.liar.lies.filter(({ log, isTold }) => log !== undefined && isTold && !isWarned(world, log)).map(({ kind, log, seq, relay, victim }) =>
      `${relay.name} lied to ${victim.name} about ${world.conversationName(log!)} (${kind} at ${seq}), and nobody was warned`)
  }
}

export function isWarned (world: World, log: ConversationId): boolean {
  return world.devices.some(({ warnings, person }) => warnings.some(({ kind, chat }) => kinds.has(kind) && chat !== undefined && world.logOf(person, chat) === log))
}

/** Somebody was told that this conversation is not as it was. @param where a name as in world.conversationName */
export function isForgiven (world: World, where: string): boolean {
  const isAboutLie = world.liar.lies.some(({ log }) => log !== undefined && world.conversationName(log) === where)
  // A log whose bits flip, or whose disk is set back, has an end that nobody may have any more; then people are told.
  return (isAboutLie || world.isSetBack || world.isDamaged) && world.devices.some(({ warnings, person }) => warnings.some(({ kind, chat }) => kinds.has(kind) && chat !== undefined && world.conversationName(world.logOf(person, chat)) === where))
}
