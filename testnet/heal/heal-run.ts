/**
 * One seeded run of two or three people whose devices lose what keeps their conversations readable: sessions, a store that
 * is set back to an older copy, pages that never come. Client engines as they ship, on a relay in memory and a manual clock.
 * At the end everything that can be read must be read: no message stays "could not be opened".
 */
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { FakeWorld, type FakePerson } from '../../client/testing/world-fake.ts'
import { noFaults } from '../../client/testing/relay-fake.ts'
import type { Message } from '../../client/client.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import type { Violation } from '../assertions/evidence.ts'

export interface HealResult {
  readonly violations: readonly Violation[]
  readonly messages: number
  /** Faults of each kind that this run had. */
  readonly faults: Readonly<Record<Fault, number>>
  /** Placeholders that were seen on the way and healed. */
  readonly healed: number
}

export const faultNames = ['lost sessions', 'set back', 'lost pages', 'restart', 'away'] as const
export type Fault = typeof faultNames[number]

const turns = 14
const faultChance = 0.4
/** Sessions are started anew at most once an hour for each person; requests are repeated up to five times. */
const calmRounds = 8
const hourMs = 3_600_000

export async function healRun (seed: number): Promise<HealResult> {
  // Keys too come from the seed, so that a run can be repeated.
  const keys = new SeededRandom(seed ^ 0x5eed)
  const world = new FakeWorld({ ...nodePrimitives, randomBytes: (length) => keys.bytes(length) }, seed)
  const random = new SeededRandom(seed ^ 0x9e37)
  const chance = (probability: number): boolean => random.fraction() < probability
  const names = ['ann', 'bob', 'cleo'].slice(0, chance(0.5) ? 2 : 3)
  const people: FakePerson[] = []
  for (const name of names) people.push(await world.member(name))
  for (const person of people) for (const other of people) if (other !== person) await world.settled(person.client.addContact(other.id, { name: other.name }))
  const faults: Record<Fault, number> = { 'lost sessions': 0, 'set back': 0, 'lost pages': 0, restart: 0, away: 0 }
  const copies = new Map<FakePerson, Map<string, Uint8Array>>()
  let counter = 0
  const say = async (from: FakePerson, to: FakePerson): Promise<void> => { await world.settled(from.client.send(to.id, `${from.name} to ${to.name} ${counter++}`)) }

  for (let turn = 0; turn < turns; turn++) {
    const from = random.pick(people)
    const to = random.pick(people.filter((one) => one !== from))
    await say(from, to)
    if (chance(0.3)) await world.quiet(chance(0.5) ? 100 : 2_000)
    if (chance(0.25)) { const person = random.pick(people); copies.set(person, copyOf(person)) }
    if (!chance(faultChance)) continue
    const fault = random.pick(faultNames)
    if (await doFault(fault, world, random.pick(people), copies)) faults[fault]++
  }
  world.relay.faults = noFaults
  const seen = await failed(people)
  // In calm: everybody writes to everybody, time passes, requests are repeated.
  const last = new Map<string, readonly [FakePerson, FakePerson]>()
  for (let round = 0; round < calmRounds; round++) {
    for (const from of people) for (const to of people) {
      if (from === to) continue
      last.set(`${from.name} to ${to.name} ${counter}`, [from, to])
      await say(from, to)
    }
    await world.quiet(3_000)
    if ((await failed(people)).length === 0 && (await missing(last)).length === 0) break
    await world.quiet(hourMs)
  }
  const violations = [...await failed(people), ...await missing(last)]
  await world.stop()
  return { violations, messages: counter, faults, healed: seen.length }
}

/** @returns whether there was anything to break */
async function doFault (fault: Fault, world: FakeWorld, person: FakePerson, copies: Map<FakePerson, Map<string, Uint8Array>>): Promise<boolean> {
  switch (fault) {
    case 'lost sessions': {
      await person.client.stop()
      let count = 0
      for (const key of [...person.data.keys()]) if (key.startsWith('se/')) { person.data.delete(key); count++ }
      await comeBack(world, person)
      return count > 0
    }
    case 'set back': {
      const copy = copies.get(person)
      if (copy === undefined) return false
      await person.client.stop()
      person.data.clear()
      for (const [key, value] of copy) person.data.set(key, value)
      await comeBack(world, person)
      return true
    }
    case 'lost pages': world.relay.faults = { ...noFaults, dropPage: 0.3 }; return true
    case 'restart': await person.client.stop(); await comeBack(world, person); return true
    case 'away': {
      await person.client.stop()
      await world.quiet(2_000)
      await comeBack(world, person)
      return true
    }
  }
}

async function comeBack (world: FakeWorld, person: FakePerson): Promise<void> {
  await person.open()
  await person.online()
  await world.quiet(100)
}

const copyOf = ({ data }: FakePerson): Map<string, Uint8Array> => new Map([...data].map(([key, value]) => [key, value.slice()]))

/** What stands somewhere as unreadable although its author's device still has it. */
async function failed (people: readonly FakePerson[]): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const person of people) {
    for (const author of people) {
      if (author === person) continue
      const kept = new Set((await historyOf(author, person.id)).filter(({ direction }) => direction === 'out').map(({ id }) => id))
      for (const message of await historyOf(person, author.id)) {
        if (message.direction === 'in' && message.state === 'failed' && !(message.isLost === true && !kept.has(message.id))) violations.push(`${person.name} cannot read number ${message.seq ?? '?'} of ${author.name}${kept.has(message.id) ? '' : ', who does not have it any more'}`)
      }
    }
  }
  return violations
}

async function missing (wanted: ReadonlyMap<string, readonly [FakePerson, FakePerson]>): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const [text, [from, to]] of wanted) if (!(await historyOf(to, from.id)).some((message) => message.text === text)) violations.push(`"${text}" never came`)
  return violations
}

const historyOf = async (person: FakePerson, other: FakePerson['id']): Promise<Message[]> => await person.client.history(other, { limit: 10_000 })
