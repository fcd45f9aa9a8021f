/**
 * One seeded run of two or three people whose devices lose what keeps their conversations readable: sessions, a store that
 * is set back to an older copy, pages that never come, a log whose end the relay has lost; devices are linked and unlinked
 * meanwhile. Client engines as they ship, on a relay in memory and a manual clock. At the end everything that its author
 * still has must be readable on every device that it is for; what nobody has any more must be called lost.
 */
import { TokenBuckets } from '../../node/people/buckets.ts'
import { Rendezvous } from '../../node/linking/rendezvous.ts'
import { noMeter } from '../../node/watch/meter.ts'
import type { ChatId } from '../../client/chat-id.ts'
import type { Message } from '../../client/client.ts'
import { noFaults } from '../../client/testing/relay-fake.ts'
import { FakeWorld, type FakePerson } from '../../client/testing/world-fake.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import type { Violation } from '../assertions/evidence.ts'
import { withLimits } from '../with-limits.ts'

export const faultNames = ['lost sessions', 'set back', 'lost pages', 'lost tail', 'restart', 'away', 'new device', 'unlinked'] as const
export type Fault = typeof faultNames[number]

export interface HealResult {
  readonly violations: readonly Violation[]
  readonly messages: number
  /** Faults of each kind that this run had. */
  readonly faults: Readonly<Record<Fault, number>>
  /** Placeholders that were seen when the faults ended, on all devices together. */
  readonly placeholders: number
  /** Of those that were left, where nobody has the message any more. */
  readonly lost: number
  /** Acknowledged once by a device that was set back later, and not in the relay's log any more: nobody knows that it is missing. */
  readonly forgotten: number
  /** How the three of them talked in a group. */
  readonly group: 'none' | 'pairwise' | 'sender key'
  /** What happened, in order. */
  readonly schedule: readonly string[]
}

const turns = 14
const faultChance = 0.4
const secondMs = 1_000
const hourMs = 3_600 * secondMs
/** Questions are repeated with growing pauses, sessions are started anew at most once an hour. */
const calmMs = [15 * secondMs, 75 * secondMs, 11 * 60 * secondMs, hourMs, hourMs, hourMs, 6 * hourMs, 6 * hourMs, 24 * hourMs]
const maxDevices = 3
/** Enough for the sessions of a run; a hundred would be most of its time. */
const prekeys = { oneTimePrekeys: 12, oneTimePrekeysLow: 4 }

interface Account { readonly name: string, readonly devices: FakePerson[] }
interface Said { readonly text: string, readonly author: Account, readonly readers: readonly Account[], readonly group?: ChatId }

export async function healRun (seed: number): Promise<HealResult> {
  const random = new SeededRandom(seed ^ 0x9e37)
  const dice = random.fraction()
  const group = dice < 0.5 ? 'none' : dice < 0.75 ? 'pairwise' : 'sender key'
  return await withLimits({ ...prekeys, ...(group === 'sender key' ? { pairwiseGroupDevices: 2 } : {}) }, async () => await new Run(seed, random, group).run())
}

class Run {
  readonly #world: FakeWorld
  readonly #random: SeededRandom
  readonly #rendezvous: Rendezvous
  readonly #people: Account[] = []
  readonly #copies = new Map<FakePerson, Map<string, Uint8Array>>()
  readonly #faults = Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<Fault, number>
  readonly #said: Said[] = []
  readonly #schedule: string[] = []
  readonly #wereSetBack = new Set<FakePerson>()
  readonly #kind: HealResult['group']
  #group: ChatId | undefined
  #linked = 0

  constructor (seed: number, random: SeededRandom, kind: HealResult['group']) {
    // Keys too come from the seed, so that a run can be repeated.
    const keys = new SeededRandom(seed ^ 0x5eed)
    const world = this.#world = new FakeWorld({ ...nodePrimitives, randomBytes: (length) => keys.bytes(length) }, seed)
    this.#random = random
    this.#kind = kind
    this.#rendezvous = new Rendezvous({ clock: world.clock, buckets: new TokenBuckets({ clock: world.clock }), meter: noMeter, channelMeter: {} })
    world.relay.onLink = (stream) => { this.#rendezvous.accept(stream) }
  }

  async run (): Promise<HealResult> {
    const world = this.#world
    try {
      await this.#meet()
      for (let turn = 0; turn < turns; turn++) await this.#turn()
      world.relay.faults = noFaults
      const placeholders = (await this.#failed()).length
      await this.#calm()
      const { violations, lost, forgotten } = await this.#judge()
      return { violations, messages: this.#said.length, faults: this.#faults, placeholders, lost, forgotten, group: this.#kind, schedule: this.#schedule }
    } finally {
      await world.stop()
      await this.#rendezvous.stop()
    }
  }

  async #meet (): Promise<void> {
    const names = ['ann', 'bob', 'cleo'].slice(0, this.#kind === 'none' && this.#chance(0.5) ? 2 : 3)
    for (const name of names) this.#people.push({ name, devices: [await this.#world.member(name)] })
    for (const one of this.#people) for (const other of this.#people) if (other !== one) await this.#world.settled(one.devices[0]!.client.addContact(idOf(other), { name: other.name }))
    if (this.#kind === 'none') return
    const [founder, ...others] = this.#people as [Account, ...Account[]]
    const { chat } = await this.#world.settled(founder.devices[0]!.client.groups.create({ name: 'harbour', members: others.map(idOf) }))
    this.#group = chat
    await this.#world.until(async () => (await Promise.all(this.#people.map(async ({ devices }) => await devices[0]!.client.groups.state(chat)))).every((state) => state?.isPending === false), { what: 'the group' })
  }

  async #turn (): Promise<void> {
    const random = this.#random
    await this.#say()
    if (this.#chance(0.3)) await this.#quiet(this.#chance(0.5) ? 100 : 2 * secondMs)
    if (this.#chance(0.25)) {
      const device = this.#device(random.pick(this.#people))
      this.#copies.set(device, copyOf(device))
      this.#note(`a copy of ${device.name}`)
    }
    if (!this.#chance(faultChance)) return
    const fault = random.pick(faultNames)
    const person = random.pick(this.#people)
    const device = this.#device(person)
    if (!await this.#doFault(fault, person, device)) return
    this.#faults[fault]++
    this.#note(`${fault}: ${device.name}`)
  }

  /** @returns whether there was anything to break */
  async #doFault (fault: Fault, person: Account, device: FakePerson): Promise<boolean> {
    const { relay } = this.#world
    switch (fault) {
      case 'lost sessions': {
        await device.client.stop()
        let count = 0
        for (const key of [...device.data.keys()]) if (key.startsWith('se/')) { device.data.delete(key); count++ }
        await this.#comeBack(device)
        return count > 0
      }
      case 'set back': {
        const copy = this.#copies.get(device)
        if (copy === undefined) return false
        await device.client.stop()
        device.data.clear()
        for (const [key, value] of copy) device.data.set(key, value)
        this.#wereSetBack.add(device)
        await this.#comeBack(device)
        return true
      }
      case 'lost pages': relay.faults = { ...noFaults, dropPage: 0.3 }; return true
      case 'lost tail': {
        const isLost = relay.loseTail() > 0
        relay.restart()
        await this.#quiet(2 * secondMs)
        return isLost
      }
      case 'restart': await device.client.stop(); await this.#comeBack(device); return true
      case 'away': {
        await device.client.stop()
        await this.#quiet(2 * secondMs)
        await this.#comeBack(device)
        return true
      }
      case 'new device': return await this.#link(person)
      case 'unlinked': return await this.#unlink(person)
    }
  }

  async #link (person: Account): Promise<boolean> {
    const [primary] = person.devices as [FakePerson]
    if (person.devices.length >= maxDevices || this.#world.relay.faults !== noFaults) return false
    const device = await this.#world.person(`${person.name}-${++this.#linked}`)
    const { client } = device
    try {
      const linking = await this.#world.settled(client.devices.startLinking({ name: device.name, relay: this.#world.relay.address }))
      const approval = await this.#world.settled(primary.client.devices.approve(linking.code))
      await this.#world.settled(approval.confirm())
      await this.#world.settled(linking.hasWholeHistory)
    } catch (error) {
      // A primary whose list went back to an older one learns the newest first: nothing was linked.
      await client.stop()
      this.#note(`${device.name} was not linked: ${String(error)}`)
      return false
    }
    person.devices.push(device)
    await device.online()
    await this.#quiet(100)
    return true
  }

  async #unlink (person: Account): Promise<boolean> {
    const [primary, ...others] = person.devices as [FakePerson, ...FakePerson[]]
    if (others.length === 0) return false
    const device = this.#random.pick(others)
    await this.#world.settled(primary.client.devices.unlink(device.client.account!.device))
    await this.#quiet(100)
    await device.client.stop()
    person.devices.splice(person.devices.indexOf(device), 1)
    return true
  }

  async #comeBack (device: FakePerson): Promise<void> {
    await device.open()
    await device.online()
    await this.#quiet(100)
  }

  async #say (from = this.#random.pick(this.#people), to?: Account | 'group'): Promise<void> {
    const device = this.#device(from)
    const goal = to ?? (this.#group !== undefined && this.#chance(0.5) ? 'group' : this.#random.pick(this.#people.filter((one) => one !== from)))
    const text = `${this.#said.length} by ${device.name}`
    this.#note(`${text} to ${goal === 'group' ? 'all' : goal.name}`)
    this.#said.push({ text, author: from, readers: goal === 'group' ? this.#people.filter((one) => one !== from) : [goal], ...(goal === 'group' ? { group: this.#group! } : {}) })
    await this.#world.settled(device.client.send(goal === 'group' ? this.#group! : idOf(goal), text))
  }

  /** Everybody writes to everybody, time passes, requests are repeated. */
  async #calm (): Promise<void> {
    for (const pauseMs of calmMs) {
      for (const from of this.#people) {
        for (const to of this.#people) if (from !== to) await this.#say(from, to)
        if (this.#group !== undefined) await this.#say(from, 'group')
      }
      await this.#quiet(3 * secondMs)
      if ((await this.#judge()).violations.length === 0) return
      this.#note(`${pauseMs / secondMs} s of calm`)
      await this.#quiet(pauseMs)
    }
  }

  /** What stands on some device as unreadable. */
  async #failed (): Promise<Array<{ device: FakePerson, message: Message, author: Account | undefined }>> {
    const found = []
    for (const person of this.#people) {
      for (const device of person.devices) {
        for (const chat of this.#chatsOf(person)) {
          for (const message of await historyOf(device, chat)) if (message.direction === 'in' && message.state === 'failed') found.push({ device, message, author: this.#people.find((one) => idOf(one) === message.sender) })
        }
      }
    }
    return found
  }

  async #judge (): Promise<{ violations: Violation[], lost: number, forgotten: number }> {
    const violations: Violation[] = []
    const failed = await this.#failed()
    let lost = 0
    let forgotten = 0
    for (const { device, message, author } of failed) {
      const { isLost, id, chat } = message
      const isKept = author !== undefined && (await Promise.all(author.devices.map(async (one) => (await historyOf(one, isGroup(chat) ? chat : idOf(this.#ownerOf(device)))).some((other) => other.direction === 'out' && other.id === id)))).some(Boolean)
      if (isLost === true && !isKept) lost++
      else violations.push(`${device.name} cannot read number ${message.seq ?? '?'} of ${author?.name ?? 'nobody'}${isKept ? '' : ', who does not have it any more'}`)
    }
    for (const { text, author, readers, group } of this.#said) {
      for (const reader of readers) {
        // Only what its author has can come again.
        const has = (await Promise.all(author.devices.map(async (one) => (await historyOf(one, group ?? idOf(reader))).find((message) => message.direction === 'out' && message.text === text && message.state !== 'failed')))).find((message) => message !== undefined)
        if (has === undefined) continue
        for (const device of reader.devices) {
          const count = (await historyOf(device, group ?? idOf(author))).filter((message) => message.direction === 'in' && message.text === text).length
          if (count === 0 && this.#wereSetBack.has(device) && (has.state === 'delivered' || has.state === 'read') && !this.#isAtRelay(has)) forgotten++
          else if (count !== 1) violations.push(count === 0 ? `"${text}" never came to ${device.name}` : `"${text}" stands ${count} times on ${device.name}`)
        }
      }
    }
    return { violations, lost, forgotten }
  }

  /** Under the id that it had first. */
  #isAtRelay ({ conversation, id }: Message): boolean { return this.#world.relay.logs.get(conversation)?.entries.some(({ messageId }) => messageId === id) ?? false }

  #ownerOf (device: FakePerson): Account { return this.#people.find(({ devices }) => devices.includes(device))! }
  #chatsOf (person: Account): ChatId[] { return [...this.#people.filter((one) => one !== person).map(idOf), ...this.#group === undefined ? [] : [this.#group]] }
  #device (person: Account): FakePerson { return this.#random.pick(person.devices) }
  #chance (probability: number): boolean { return this.#random.fraction() < probability }
  #note (line: string): void { this.#schedule.push(line) }
  async #quiet (ms: number): Promise<void> { await this.#world.quiet(ms) }
}

const idOf = ({ devices }: Account): NonNullable<FakePerson['client']['account']>['id'] => devices[0]!.id
const isGroup = (chat: ChatId): boolean => chat.startsWith('02')
const copyOf = ({ data }: FakePerson): Map<string, Uint8Array> => new Map([...data].map(([key, value]) => [key, value.slice()]))
const historyOf = async (person: FakePerson, chat: ChatId): Promise<Message[]> => await person.client.history(chat, { limit: 10_000 })
