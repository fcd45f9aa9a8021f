/**
 * A world of relays and people, drawn from a seed and moved by a schedule.
 *
 * Owns: who there is, what was said, doing the steps, ending all faults. Judging what came of it is for properties/.
 */
import { createHash } from 'node:crypto'
import { isPairChat, type ChatId } from '../../client/chat-id.ts'
import type { Client, Message } from '../../client/client.ts'
import { fromHex } from '../../client/store/stored.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { conversationFromBytes, pairConversation, type ConversationId } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { isNewer, verifyHomeRecord } from '../../protocol/records/home-record.ts'
import { clockJumpMs, type Schedule, type Step } from './schedule.ts'
import { SimNetwork, type CutKind } from './network.ts'
import { SimDevice, SimRelay, type AnyMachine, type Shown, type SimPerson } from './nodes.ts'
import { rememberingSigning } from './signatures.ts'
import { LyingRelay, lieKinds } from './lying-relay.ts'
import { SimTime } from './time.ts'
import { Trace } from './trace.ts'

/** Something a person has written, as far as the person was told. */
export interface Said {
  readonly text: string
  readonly by: SimDevice
  /** Whom it is for: a person, or a group. */
  readonly to: SimPerson | SimGroup
  /** The client said that it is written down. */
  isTaken: boolean
  /** The client refused it, and said so. */
  refusal: string | undefined
  /** Nobody else was in the group then: there was nothing to send. */
  isToNobody: boolean
}

export interface SimGroup { readonly name: string, readonly chat: ChatId, readonly founder: SimPerson }

export const isGroup = (to: SimPerson | SimGroup): to is SimGroup => 'founder' in to

/** Nobody else is in the group. */
export async function isAlone (client: Client, { chat }: SimGroup): Promise<boolean> {
  try {
    return (await client.groups.state(chat))?.members.length === 1
  } catch {
    return false // it has stopped
  }
}

const secondMs = 1_000
const startTimeoutMs = 60 * secondMs

export class World {
  readonly seed: number
  readonly schedule: Schedule
  readonly time = new SimTime()
  readonly trace: Trace
  readonly network: SimNetwork
  readonly relays: SimRelay[] = []
  readonly people: SimPerson[] = []
  readonly groups: SimGroup[] = []
  readonly said: Said[] = []
  readonly faults = new Map<string, number>()
  /** A word in every text, that must stand nowhere but at clients. */
  readonly secretWord: string
  /** Set by properties. */
  readonly onShownListeners: Array<(device: SimDevice, shown: Shown) => void> = []
  readonly onUpdateListeners: Array<(device: SimDevice, message: Message) => void> = []
  readonly onBuiltListeners: Array<() => void> = []
  readonly onEndListeners: Array<() => void> = []
  /** A relay has lost what was on its disk: what it acknowledged is at others or at its sender, or nowhere. */
  isDiskLost = false
  /** Numbers of a log may have been given twice. */
  isOrderLost = false
  /** A relay went back to an older copy of its disk. */
  isSetBack = false
  /** Bits of a log have flipped. */
  isDamaged = false
  readonly liar: LyingRelay
  onRelayBytes: (bytes: Uint8Array, where: string) => void = () => {}
  /** Steps whose end is still to come. */
  readonly #endings = new Set<() => void>()
  readonly #doing = new Set<Promise<void>>()
  readonly #stopping = new Set<AnyMachine>()

  constructor (schedule: Schedule) {
    this.schedule = schedule
    this.seed = schedule.seed
    this.trace = new Trace(() => this.time.passedMs)
    this.liar = new LyingRelay({
      mayTell: (log) => this.isToBeWatched(log),
      onTold: ({ kind, relay, victim, seq, log }) => { this.trace.note(`${relay.name} lies to ${victim.name} about ${this.conversationName(log!)}: ${kind} at ${seq}`) }
    })
    this.secretWord = `secret-${createHash('sha256').update(`word ${this.seed}`).digest('hex').slice(0, 12)}`
    const record = (bytes: Uint8Array): ReturnType<typeof verifyHomeRecord> => verifyHomeRecord(rememberingSigning, bytes)
    const network = this.network = new SimNetwork({ time: this.time, trace: this.trace, random: this.fork('network'), isNewer: (a, b) => isNewer(record(a), record(b)) }, schedule.shape.network)
    network.tamper = (from, to, chunk) => this.liar.tamper(from, to, chunk)
  }

  /** Randomness of its own for whoever asks by this name: what one draws does not change what another does. */
  fork (name: string): SeededRandom { return new SeededRandom(createHash('sha256').update(`${this.seed} ${name}`).digest().readUInt32BE()) }

  get devices (): SimDevice[] { return this.people.flatMap(({ devices }) => devices) }
  get machines (): AnyMachine[] { return [...this.relays, ...this.devices] }

  readable (text: string): string { return text.replaceAll(this.secretWord, '*') }
  onShown (device: SimDevice, shown: Shown): void { for (const listener of this.onShownListeners) listener(device, shown) }
  onUpdate (device: SimDevice, message: Message): void {
    if (message.direction === 'out') this.trace.note(`${device.name} sees "${this.readable(message.text)}" ${message.state}`)
    for (const listener of this.onUpdateListeners) listener(device, message)
  }

  /** Relays, people, devices and groups as the shape says, without any fault. @throws Error when even that fails */
  async build (): Promise<void> {
    const { shape } = this.schedule
    for (let i = 0; i < shape.relays; i++) this.relays.push(new SimRelay(this, i))
    for (const listener of this.onBuiltListeners) listener()
    await this.time.during(Promise.all(this.relays.map(async (relay) => { await relay.start() })), startTimeoutMs, 'starting the relays')
    for (let i = 0; i < shape.people; i++) await this.#settle(i)
    for (let i = 0; i < shape.companions; i++) await this.#link(this.people[i % this.people.length]!)
    for (let i = 0; i < shape.groups; i++) await this.#found(i)
    // Time to become known: an account of a relay that dies before it has told anybody cannot be found.
    await this.time.pass(5 * secondMs)
  }

  async #settle (i: number): Promise<void> {
    const home = this.relays[i % this.relays.length]!
    const person: SimPerson = { name: `person-${i}`, devices: [], home, account: undefined }
    const device = new SimDevice(this, person, `${person.name}.0`, home)
    person.devices.push(device)
    this.people.push(person)
    const client = await this.time.during(device.open(), startTimeoutMs, 'opening a client')
    person.account = (await this.time.during(client.createAccount({ relay: home.address }), startTimeoutMs, 'making an account')).id
    client.start()
    await this.#until(() => device.isOnline, `${device.name} online`)
  }

  async #link (person: SimPerson): Promise<void> {
    const [primary] = person.devices as [SimDevice]
    const device = new SimDevice(this, person, `${person.name}.${person.devices.length}`, person.home)
    const client = await this.time.during(device.open(), startTimeoutMs, 'opening a client')
    const linking = await this.time.during(client.devices.startLinking({ name: device.name, relay: person.home.address }), startTimeoutMs, 'linking')
    const approval = await this.time.during(primary.client!.devices.approve(linking.code), startTimeoutMs, 'approving')
    await this.time.during(approval.confirm(), startTimeoutMs, 'confirming')
    await this.time.during(linking.hasWholeHistory, startTimeoutMs, 'handing over')
    person.devices.push(device)
    client.start()
    await this.#until(() => device.isOnline, `${device.name} online`)
  }

  async #found (i: number): Promise<void> {
    const founder = this.people[i % this.people.length]!
    const others = this.people.filter((one) => one !== founder)
    const name = `group-${i}`
    const client = founder.devices[0]!.client!
    const { chat } = await this.time.during(client.groups.create({ name: `${name} ${this.secretWord}`, members: others.map(({ devices }) => devices[0]!.account) }), startTimeoutMs, 'founding')
    this.groups.push({ name, chat, founder })
    for (let ms = 0; ms < startTimeoutMs; ms += 200) {
      const states = await Promise.all(this.devices.map(async (device) => await device.client!.groups.state(chat)))
      if (states.every((state) => state?.isPending === false)) return
      await this.time.pass(200)
    }
    throw new Error(`${name} did not come about`)
  }

  async #until (isSo: () => boolean, what: string): Promise<void> {
    if (!await this.time.pass(startTimeoutMs, isSo)) throw new Error(`${what}: not within ${startTimeoutMs} ms`)
  }

  /** Do the steps, each at its time. */
  async live (): Promise<void> {
    const startMs = this.time.nowMs
    for (const step of this.schedule.steps) this.time.after(step.atMs, () => { this.#do(step) })
    await this.time.pass(this.schedule.shape.durationMs)
    this.trace.note(`the faults end after ${this.time.nowMs - startMs} ms`)
  }

  /** Everything runs, reaches everything, has room; clocks stay as wrong as they are. */
  async recover (): Promise<void> {
    for (const ending of [...this.#endings]) ending()
    this.network.healAll()
    for (const machine of this.machines) {
      machine.trap = undefined
      machine.isHeldDown = false
    }
    const due = this.machines.filter(({ isGone }) => !isGone)
    // What is still stopping counts as running, and is started afterwards.
    for (let ms = 0; ms < 10 * startTimeoutMs && !due.every((machine) => machine.isRunning && !this.#stopping.has(machine)); ms += secondMs) {
      for (const machine of due) if (!machine.isRunning) this.#start(machine)
      await this.time.pass(secondMs)
    }
    for (const machine of due) if (!machine.isRunning) throw new Error(`${machine.name} does not start`)
  }

  /** Something may be missing somewhere of which nobody knows: the next message says so. */
  get needsLastWords (): boolean { return this.schedule.shape.isSilentAtEnd !== true && (this.isDiskLost || this.isDamaged || this.liar.lies.length > 0) }

  /** Everybody writes to everybody once more. */
  sayLastWords (): void {
    for (const { devices } of this.people) {
      const [device] = devices as [SimDevice]
      for (const other of this.people) if (other !== device.person) this.say(device, other)
      for (const group of this.groups) this.say(device, group)
    }
  }

  count (fault: string): void { this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1) }

  /** In the background; what goes wrong is told, not thrown. */
  background (what: string, work: Promise<unknown>): void {
    const doing = work.then(() => {}, (error: unknown) => {
      if (!isProtocolError(error)) this.failures.push(`${what}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
      this.trace.note(`${what}: ${error instanceof Error ? error.message : String(error)}`)
    }).finally(() => { this.#doing.delete(doing) })
    this.#doing.add(doing)
  }

  /** Defects that showed themselves as something other than a ProtocolError. */
  readonly failures: string[] = []

  #start (machine: AnyMachine): void {
    if (machine.isRunning || machine.isHeldDown || machine.isGone) return
    this.trace.note(`${machine.name} starts`)
    this.background(`starting ${machine.name}`, machine.start())
  }

  #stop (machine: AnyMachine): void {
    this.#stopping.add(machine)
    this.background(`stopping ${machine.name}`, machine.stop().finally(() => { this.#stopping.delete(machine) }))
  }

  /** The process of this machine ends now and comes back later. */
  crash (machine: AnyMachine, { power, downMs }: { readonly power: boolean, readonly downMs: number }): void {
    if (!machine.isRunning) return
    machine.crash(power)
    machine.isHeldDown = true
    this.#later(downMs, () => {
      machine.isHeldDown = false
      this.#start(machine)
    })
  }

  /** The end of a fault: after its time, or when all faults end. */
  #later (delayMs: number, end: () => void): void {
    const ending = (): void => {
      if (!this.#endings.delete(ending)) return
      end()
    }
    this.#endings.add(ending)
    this.time.after(delayMs, ending)
  }

  #relay ({ a }: Step): SimRelay { return this.relays[a % this.relays.length]! }
  #device ({ a }: Step): SimDevice { return this.devices[a % this.devices.length]! }

  #do (step: Step): void {
    const { b, c, forMs } = step
    switch (step.do) {
      case 'say': this.#say(step); return
      case 'say-group': this.#sayToGroup(step); return
      case 'read': this.#read(step); return
      case 'move': this.#move(step); return
      case 'group-add': case 'group-remove': case 'group-rename': case 'group-create': this.#actOnGroup(step); return
      default:
    }
    this.count(step.do)
    const [relay, device] = [this.#relay(step), this.#device(step)]
    const note = (text: string): void => { this.trace.note(`${text} for ${forMs} ms`) }
    switch (step.do) {
      case 'kill': case 'power':
        note(`${relay.name} is ${step.do === 'kill' ? 'killed' : 'without power'}`)
        this.crash(relay, { power: step.do === 'power', downMs: forMs })
        return
      case 'device-kill':
        note(`${device.name} is killed`)
        this.crash(device, { power: b % 2 === 0, downMs: forMs })
        return
      case 'crash-at-write': case 'device-crash-at-write': {
        const machine = step.do === 'crash-at-write' ? relay : device
        note(`${machine.name} will crash at a write`)
        machine.trap = { writes: b % 12, step: c % 2 === 0 ? 'before' : 'after', power: c % 3 === 0, downMs: forMs }
        return
      }
      case 'restart': {
        if (!relay.isRunning || relay.isHeldDown) return
        note(`${relay.name} restarts`)
        relay.isHeldDown = true
        this.#stop(relay)
        this.#later(Math.max(forMs, 100), () => { relay.isHeldDown = false; this.#start(relay) })
        return
      }
      case 'away': {
        if (!device.isRunning) return
        note(`${device.name} is away`)
        device.isHeldDown = true
        this.#stop(device)
        this.#later(Math.max(forMs, 100), () => { device.isHeldDown = false; this.#start(device) })
        return
      }
      case 'destroy':
        if (!relay.isRunning) return
        note(`${relay.name} is killed and its disk destroyed`)
        this.isDiskLost = this.isOrderLost = true
        this.crash(relay, { power: true, downMs: forMs })
        relay.disk.destroy()
        return
      case 'gone':
        this.trace.note(`${relay.name} is gone for good`)
        this.isDiskLost = this.isOrderLost = true
        relay.crash(true)
        relay.isGone = true
        return
      case 'roll-back': {
        const goBack = relay.disk.copy()
        this.trace.note(`the disk of ${relay.name} is copied`)
        this.#later(forMs, () => {
          this.trace.note(`${relay.name} goes back to the copy of its disk`)
          this.isDiskLost = this.isOrderLost = this.isSetBack = true
          relay.crash(true)
          goBack()
          relay.isHeldDown = false
          this.#start(relay)
        })
        return
      }
      case 'lie': {
        const kind = lieKinds[c % lieKinds.length]!
        this.trace.note(`${device.person.home.name} will lie to ${device.name}: ${kind}`)
        this.isOrderLost = true
        this.liar.plan(kind, device.person.home.host, device.host)
        return
      }
      case 'damage': this.#damage(step); return
      case 'cut': case 'cut-one-way': this.#cut(step); return
      case 'break': {
        const other = this.machines[b % this.machines.length]!
        note(`connections between ${relay.name} and ${other.name} break`)
        this.network.breakStreams((stream) => stream.isBetween(relay.host, other.host))
        return
      }
      case 'stall': {
        const other = this.machines[b % this.machines.length]!
        if (other === relay) return
        note(`what ${other.name} sends to ${relay.name} stalls`)
        this.network.cut(other.host, relay.host, 'hold')
        this.#later(Math.min(forMs, 5_000), () => { this.network.heal(other.host, relay.host) })
        return
      }
      case 'disk-full':
        note(`the disk of ${relay.name} is full`)
        relay.disk.setFull(true)
        this.#later(forMs, () => { relay.disk.setFull(false) })
        return
      case 'device-disk-full':
        note(`the disk of ${device.name} is full`)
        device.disk.isFull = true
        this.#later(forMs, () => { device.disk.isFull = false })
        return
      case 'slow-disk': {
        const machine = this.machines[b % this.machines.length]!
        note(`the disk of ${machine.name} is slow`)
        const before = machine.disk.syncMs
        // Slow already.
        if (before > 100) return
        machine.disk.syncMs = 100 + (c % 10) * 200
        this.#later(forMs, () => { machine.disk.syncMs = before })
        return
      }
      case 'clock': {
        const machine = this.machines[b % this.machines.length]!
        const jumpMs = clockJumpMs(step)
        this.trace.note(`the clock of ${machine.name} jumps by ${jumpMs} ms`)
        machine.offsetMs += jumpMs
        if (forMs > 0) this.#later(forMs, () => { machine.offsetMs -= jumpMs })
        return
      }
      default:
    }
  }

  /** An entry of which another relay has a copy. */
  #damage ({ a, b }: Step): void {
    const relay = this.relays[a % this.relays.length]!
    const kept = [...relay.disk.memory.kept()].filter(({ entries }) => entries > 0)
    const [first] = kept.filter(({ log, head }) => this.relays.some((other) => other !== relay && [...other.disk.memory.kept()].some((copy) => copy.log === log && copy.entries > 0 && copy.first <= head && copy.head >= head)))
    if (first === undefined) return
    this.trace.note(`bits flip at ${relay.name} in ${this.conversationName(first.log)} at ${first.head}, of ${kept.length} logs`)
    this.isDamaged = this.isOrderLost = true
    relay.disk.damage(first.log, first.head - b % Math.min(2, first.entries))
  }

  #move ({ a, b }: Step): void {
    const person = this.people[a % this.people.length]!
    const [device] = person.devices as [SimDevice]
    const to = this.relays[b % this.relays.length]!
    const { client } = device
    if (!device.isRunning || client?.account === undefined || client.account.home.relay === to.id) return
    this.trace.note(`${person.name} moves to ${to.name}`)
    this.background(`the move of ${person.name}`, client.home.move(to.address))
  }

  #cut ({ a, b, c, do: what, forMs }: Step): void {
    const machines = this.machines
    const [one, other] = [this.relays[a % this.relays.length]!, machines[b % machines.length]!]
    if (one === other) return
    const kind = (['hold', 'lose', 'reset'] as const satisfies CutKind[])[c % 3]!
    const isOneWay = what === 'cut-one-way'
    const [from, to] = c % 2 === 0 ? [one, other] : [other, one]
    this.trace.note(`${from.name} ${isOneWay ? 'does not reach' : 'and'} ${to.name}${isOneWay ? '' : ' do not reach each other'} (${kind}) for ${forMs} ms`)
    this.network.cut(from.host, to.host, kind)
    if (!isOneWay) this.network.cut(to.host, from.host, kind)
    this.#later(forMs, () => {
      this.trace.note(`${from.name} and ${to.name} reach each other again`)
      this.network.heal(from.host, to.host)
      this.network.heal(to.host, from.host)
    })
  }

  #say ({ a, b }: Step): void {
    const device = this.devices[a % this.devices.length]!
    const others = this.people.filter((one) => one !== device.person)
    this.say(device, others[b % others.length]!)
  }

  #sayToGroup ({ a, b }: Step): void {
    if (this.groups.length === 0) return
    this.say(this.devices[a % this.devices.length]!, this.groups[b % this.groups.length]!)
  }

  /** Nothing happens when the device does not run: there is nobody to type on. */
  say (by: SimDevice, to: SimPerson | SimGroup): void {
    const { client } = by
    if (!by.isRunning || client?.account === undefined) return
    const said: Said = { text: `${this.said.length} by ${by.name} to ${to.name} ${this.secretWord}`, by, to, isTaken: false, refusal: undefined, isToNobody: false }
    this.said.push(said)
    this.trace.note(`${by.name} writes "${this.readable(said.text)}"`)
    this.background(`sending of ${by.name}`, client.send(isGroup(to) ? to.chat : this.accountOf(to), said.text).then(
      async () => {
        said.isTaken = true
        if (isGroup(to)) said.isToNobody = await isAlone(client, to)
      },
      (error: unknown) => { said.refusal = String(error); throw error }))
  }

  accountOf (person: SimPerson): AccountId { return person.account! }

  /** Of a chat as one person has it. */
  logOf (person: SimPerson, chat: ChatId): ConversationId { return isPairChat(chat) ? pairConversation(person.account!, chat).id : chat }

  /** People whose devices say that they live there, of a pair or an account's own log; of a group all who live there. */
  peopleIn (log: ConversationId, relay: SimRelay): SimPerson[] {
    const conversation = conversationFromBytes(fromHex(log))
    return this.people.filter(({ account, devices }) => (conversation.kind === 'group' || (conversation.members as readonly AccountId[]).includes(account!)) &&
      devices.some(({ client }) => client?.account?.home.relay === relay.id))
  }

  /** A pair's or a group's: what people see. */
  isToBeWatched (log: ConversationId): boolean { return conversationFromBytes(fromHex(log)).kind !== 'self' }

  /** Of a log, for people. */
  conversationName (log: ConversationId): string {
    const { kind, id } = conversationFromBytes(fromHex(log))
    if (kind === 'group') return this.groups.find(({ chat }) => chat === id)?.name ?? 'a group'
    if (kind === 'self') return 'somebody\'s own devices'
    return this.people.flatMap((one, i) => this.people.slice(i + 1).map((other) => [one, other] as const))
      .find(([one, other]) => pairConversation(one.account!, other.account!).id === id)?.map(({ name }) => name).join(' and ') ?? 'a pair'
  }

  #read ({ a, b }: Step): void {
    const device = this.devices[a % this.devices.length]!
    const others = this.people.filter((one) => one !== device.person)
    if (device.isRunning && device.client?.account !== undefined) this.background(`reading of ${device.name}`, device.client.markRead(this.accountOf(others[b % others.length]!)))
  }

  #actOnGroup (step: Step): void {
    const { a, b, c } = step
    const device = this.devices[a % this.devices.length]!
    const { client } = device
    if (!device.isRunning || client?.account === undefined) return
    const others = this.people.filter((one) => one !== device.person)
    const someone = this.accountOf(others[c % others.length]!)
    if (step.do === 'group-create') {
      if (this.groups.length >= 4) return
      const name = `group-${this.groups.length}`
      this.trace.note(`${device.name} founds ${name}`)
      this.background(`founding of ${name}`, client.groups.create({ name: `${name} ${this.secretWord}`, members: others.map((one) => this.accountOf(one)) })
        .then(({ chat }) => { this.groups.push({ name: `group-${this.groups.length}`, chat, founder: device.person }) }))
      return
    }
    const group = this.groups[b % this.groups.length]
    if (group === undefined) return
    this.trace.note(`${device.name}: ${step.do} in ${group.name}`)
    const { groups } = client
    const act = step.do === 'group-add' ? groups.add(group.chat, [someone]) : step.do === 'group-remove' ? groups.remove(group.chat, [someone]) : groups.rename(group.chat, `${group.name} ${this.secretWord} ${c}`)
    this.background(`${step.do} of ${device.name}`, act)
  }

  async stop (): Promise<void> {
    for (const listener of this.onEndListeners) listener()
    for (const device of this.devices) if (device.isRunning) device.crash(false)
    for (const relay of this.relays) if (relay.isRunning) relay.crash(false)
    await this.time.pass(0)
  }
}
