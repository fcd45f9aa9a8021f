/**
 * The load generator of `bench group`: the members of one large group in one process, told what to do over IPC.
 */
import { getPriority, setPriority } from 'node:os'
import { performance } from 'node:perf_hooks'
import { inspect } from 'node:util'
import { groupConversation, type GroupConversation } from '../../../protocol/conversation.ts'
import { nodePrimitives } from '../../../protocol/e2ee/primitives-node.ts'
import { noHead, signControl, type GroupAct } from '../../../protocol/groups/control.ts'
import { defaultSettings, nextHead } from '../../../protocol/groups/membership.ts'
import { systemClock } from '../../../node/system.ts'
import { createNodeDialer } from '../../../client/libp2p/libp2p-node.ts'
import { fastNoise } from '../../../node/libp2p/fast-noise.ts'
import { GroupMember } from './group-member.ts'
import { Histogram } from './histogram.ts'
import { deviceListOf, makeIdentity, type RelayTarget } from './synthetic-client.ts'

export type GroupOrder =
  /** Member i lives at targets[i % n]; the first is the founder. */
  | { do: 'connect', members: number, targets: RelayTarget[], parallel: number }
  /** A group of the first `members`; done when each of them has its first entry. */
  | { do: 'create', members: number }
  /** `inFlight` messages that not every member has, always; the sender is another member each time. */
  | { do: 'saturate', inFlight: number, warmUpMs: number, measureMs: number }
  | { do: 'steady', perSecond: number, measureMs: number }
  /** `size` messages at once, every `everyMs`, until `stop`. */
  | { do: 'burst', size: number, everyMs: number }
  | { do: 'stop' }
  /** From now on this process runs when nobody else wants to. */
  | { do: 'yield' }
  /** Everybody but the founder goes. */
  | { do: 'disconnect' }
  /** As `create`, without waiting for anybody. */
  | { do: 'begin', members: number }
  /** Add `count` members to the group, one at a time, each when the one before is answered. */
  | { do: 'add', count: number }

export interface GroupRun {
  seconds: number
  /** Entries that members were given, by relay. */
  delivered: number[]
  messages: number
  /** From SENT to each member, and of each message to its last member. */
  toMember: { p50Ms: number, p99Ms: number }
  toLast: { p50Ms: number, p99Ms: number, maxMs: number }
  missing: number
  cpuSeconds: number
}

interface OnItsWay { sentAtMs: number, left: number, lastAtMs: number, isMeasured: boolean, done (): void }

const components = { primitives: nodePrimitives, clock: systemClock }
const members: GroupMember[] = []
let relays = 1
let group: { conversation: GroupConversation, head: Uint8Array, size: number } | undefined
/** By number. */
const onTheirWay = new Map<number, OnItsWay>()
/** Came before its sender was told the number. */
const early = new Map<number, number[]>()
let isMeasuring = false
let delivered: number[] = []
let messages = 0
let toMember = new Histogram()
let toLast = new Histogram()
let nextSender = 0

const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

async function until (condition: () => boolean, what: string, ms = 60_000): Promise<void> {
  for (const begun = performance.now(); !condition(); await wait(5)) {
    if (performance.now() - begun > ms) throw new Error(`${what}: not within ${ms / 1000} s`)
  }
}

async function connect ({ members: count, targets, parallel }: Extract<GroupOrder, { do: 'connect' }>): Promise<{ seconds: number }> {
  const begun = performance.now()
  relays = targets.length
  const added = Array.from({ length: count }, (_, i) => {
    const at = members.length + i
    return new GroupMember(makeIdentity(nodePrimitives), targets[at % relays]!, components, { onEntry: (seq) => { onEntry(at, seq) } })
  })
  members.push(...added)
  let next = 0
  await Promise.all(Array.from({ length: parallel }, async () => {
    while (next < added.length) {
      const member = added[next++]!
      await member.connect(createNodeDialer({ seed: member.identity.deviceSeed, encrypter: fastNoise() }))
    }
  }))
  return { seconds: (performance.now() - begun) / 1000 }
}

function onEntry (member: number, seq: number): void {
  const nowMs = performance.now()
  if (isMeasuring) delivered[member % relays]!++
  const message = onTheirWay.get(seq)
  if (message === undefined) {
    const known = early.get(seq)
    if (known === undefined) early.set(seq, [nowMs])
    else known.push(nowMs)
    return
  }
  message.lastAtMs = nowMs
  if (message.isMeasured) toMember.add(nowMs - message.sentAtMs)
  if (--message.left === 0) landed(seq, message)
}

function landed (seq: number, message: OnItsWay): void {
  onTheirWay.delete(seq)
  if (message.isMeasured) toLast.add(message.lastAtMs - message.sentAtMs)
  message.done()
}

/** One message of the next member; resolves when every other member has it. */
async function send (): Promise<void> {
  // A stride that visits every member and every relay in turn.
  nextSender = (nextSender + 31) % group!.size
  const { seq: numbered } = await members[nextSender]!.send()
  const sentAtMs = performance.now()
  messages++
  const seq = await numbered
  await new Promise<void>((resolve) => {
    const known = early.get(seq) ?? []
    early.delete(seq)
    const message: OnItsWay = { sentAtMs, left: group!.size - 1 - known.length, lastAtMs: Math.max(sentAtMs, ...known), isMeasured: isMeasuring, done: resolve }
    if (isMeasuring) for (const atMs of known) toMember.add(atMs - sentAtMs)
    onTheirWay.set(seq, message)
    if (message.left === 0) landed(seq, message)
  })
}

function control (act: GroupAct): Uint8Array {
  const { identity } = members[0]!
  const { conversation, head } = group!
  const bytes = signControl(nodePrimitives, {
    conversation,
    actor: identity.account,
    device: identity.device,
    deviceList: deviceListOf(identity, nodePrimitives),
    previous: head,
    madeAtMs: Date.now(),
    act
  }, identity.deviceSeed)
  group!.head = nextHead(nodePrimitives, head, bytes)
  return bytes
}

/** A new group with the first `size` of the members in it. */
async function begin (size: number): Promise<void> {
  const [founder] = members
  group = { conversation: groupConversation(founder!.identity.account, nodePrimitives.randomBytes(32)), head: noHead, size }
  onTheirWay.clear()
  early.clear()
  for (const member of members) member.join(group.conversation)
  await founder!.change(control({ act: 'create', members: members.slice(1, size).map(({ identity }) => identity.account), settings: defaultSettings }))
}

async function create ({ members: size }: Extract<GroupOrder, { do: 'create' }>): Promise<{ seconds: number }> {
  const begun = performance.now()
  await begin(size)
  await until(() => members.slice(1, size).every(({ lastSeq }) => lastSeq > 0), 'the group at every member')
  return { seconds: (performance.now() - begun) / 1000 }
}

/** What happens until `end`; what is under way then lands before the answer. */
async function measured (end: Promise<void>, stopping: () => Promise<void>): Promise<GroupRun> {
  delivered = new Array<number>(relays).fill(0)
  messages = 0
  toMember = new Histogram()
  toLast = new Histogram()
  isMeasuring = true
  process.send!({ event: 'measuring' })
  const [begun, cpu] = [performance.now(), process.cpuUsage()]
  await end
  isMeasuring = false
  const seconds = (performance.now() - begun) / 1000
  const used = process.cpuUsage(cpu)
  const counts = { delivered: [...delivered], messages }
  await stopping()
  return {
    ...counts,
    seconds,
    toMember: { p50Ms: toMember.quantile(0.5), p99Ms: toMember.quantile(0.99) },
    toLast: { p50Ms: toLast.quantile(0.5), p99Ms: toLast.quantile(0.99), maxMs: toLast.quantile(1) },
    missing: members.reduce((sum, member) => sum + member.missing, 0),
    cpuSeconds: (used.user + used.system) / 1e6
  }
}

async function saturate ({ inFlight, warmUpMs, measureMs }: Extract<GroupOrder, { do: 'saturate' }>): Promise<GroupRun> {
  let isRunning = true
  const places = Array.from({ length: inFlight }, async () => { while (isRunning) await send() })
  await Promise.race([wait(warmUpMs), ...places])
  return await measured(wait(measureMs), async () => {
    isRunning = false
    await Promise.all(places)
  })
}

async function steady ({ perSecond, measureMs }: Extract<GroupOrder, { do: 'steady' }>): Promise<GroupRun> {
  const underWay = new Set<Promise<void>>()
  const timer = setInterval(() => {
    const sending = send().finally(() => { underWay.delete(sending) })
    underWay.add(sending)
  }, 1000 / perSecond)
  return await measured(wait(measureMs), async () => {
    clearInterval(timer)
    await Promise.all(underWay)
  })
}

let stopBurst: (() => Promise<GroupRun>) | undefined
function burst ({ size, everyMs }: Extract<GroupOrder, { do: 'burst' }>): void {
  const underWay = new Set<Promise<void>>()
  const timer = setInterval(() => {
    for (let i = 0; i < size; i++) {
      const sending = send().finally(() => { underWay.delete(sending) })
      underWay.add(sending)
    }
  }, everyMs)
  const stopped = Promise.withResolvers<void>()
  const run = measured(stopped.promise, async () => {
    clearInterval(timer)
    await Promise.all(underWay)
  })
  stopBurst = async () => { stopped.resolve(); return await run }
}

async function disconnect (): Promise<void> {
  await Promise.all(members.slice(1).map((member) => member.disconnect()))
}

async function add ({ count }: Extract<GroupOrder, { do: 'add' }>): Promise<{ eachMs: number[] }> {
  const eachMs: number[] = []
  for (let i = 0; i < count; i++) {
    const bytes = control({ act: 'add', accounts: [members[group!.size++]!.identity.account] })
    const begun = performance.now()
    await members[0]!.change(bytes)
    eachMs.push(performance.now() - begun)
  }
  return { eachMs }
}

async function onOrder (order: GroupOrder): Promise<unknown> {
  switch (order.do) {
    case 'connect': return await connect(order)
    case 'create': return await create(order)
    case 'saturate': return await saturate(order)
    case 'steady': return await steady(order)
    case 'burst': burst(order); return {}
    case 'stop': return await stopBurst!()
    case 'yield': setPriority(Math.min(19, getPriority() + 10)); return {}
    case 'disconnect': await disconnect(); return {}
    case 'begin': await begin(order.members); return {}
    case 'add': return await add(order)
  }
}

process.on('message', (order: GroupOrder) => {
  onOrder(order).then(
    (result) => { process.send!({ result }) },
    (error: unknown) => { process.send!({ error: inspect(error) }) }
  )
})
process.on('disconnect', () => { process.exit(0) })
process.send!({ event: 'ready' })
