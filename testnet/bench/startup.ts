/**
 * `npm run bench -- startup`: how long a relay with many accounts and groups on disk takes to start, and what it holds.
 *
 * Builds the database of a relay that has been used (accounts with homes and prekeys, conversations with a few entries,
 * groups with members), then starts the `heliograph` command on it, in a process of its own: time until /readyz says
 * yes, memory then and half a minute later, CPU while nobody asks anything. Signatures in the rows are noise: a relay
 * checked them before it stored them, and does not at the start.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkConfig } from '../../node/config.ts'
import { configFileName, initRelay, readRelayKey } from '../../node/config-file.ts'
import { headRow, memberRow } from '../../node/groups/group-rows.ts'
import { Accounts } from '../../node/people/accounts.ts'
import { openLevelStore, type LevelStore } from '../../node/store/store-level.ts'
import type { Write } from '../../node/store/store.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { groupConversation, pairConversation, type Conversation } from '../../protocol/conversation.ts'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { emptyGroup } from '../../protocol/groups/membership.ts'
import { accountIdOfKey, accountIdToBytes, deviceIdOfKey, deviceKeyOf, messageIdFromBytes, relayIdOfKey, relayKeyOf, type AccountId, type DeviceId, type MessageId, type RelayId } from '../../protocol/ids.ts'
import { encode } from '../../protocol/wire/codec.ts'
import { DeviceKeys, DeviceList, HomeRecord, Signed } from '../../protocol/wire/gen/records.js'
import { groupRoles, wireVersion } from '../../protocol/wire/kinds.ts'
import { freePorts } from '../processes/free-ports.ts'
import { printConditions } from './load/fleet.ts'

const help = `usage: bench startup [--accounts 100000] [--groups 10000] [--members 30] [--folder DIR] [--runs 3] [--no-directory]

  --accounts N    accounts with one device each; every second pair of them has a conversation of two entries
  --groups N      groups
  --members N     members of each, all of this relay
  --folder DIR    build it there and leave it; when it is there already, only start
  --runs N        starts
  --no-directory  without the directory that relays copy (directoryMegabytes = 0)
`

const command = fileURLToPath(new URL('../../cli/bin/heliograph.js', import.meta.url))
const batchWrites = 5_000
const settleMs = 30_000
const idleMs = 10_000
const megabyte = 1024 * 1024
const print = (line: string): void => { process.stdout.write(`${line}\n`) }

interface Plan { accounts: number, groups: number, members: number }

export async function run (args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      accounts: { type: 'string', default: '100000' }, groups: { type: 'string', default: '10000' }, members: { type: 'string', default: '30' },
      folder: { type: 'string' }, runs: { type: 'string', default: '3' }, 'no-directory': { type: 'boolean', default: false }, help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  printConditions()
  const plan = { accounts: Number(values.accounts), groups: Number(values.groups), members: Number(values.members) }
  const folder = values.folder ?? await mkdtemp(join(tmpdir(), 'heliograph-startup-'))
  try {
    const isThere = existsSync(join(folder, configFileName))
    if (!isThere) await build(folder, plan, { hasDirectory: !values['no-directory'] })
    for (let turn = 1; turn <= Number(values.runs); turn++) await start(folder, { isLast: turn === Number(values.runs) })
  } finally {
    if (values.folder === undefined) await rm(folder, { recursive: true, force: true })
  }
}

async function build (folder: string, plan: Plan, { hasDirectory }: { hasDirectory: boolean }): Promise<void> {
  const began = performance.now()
  const [port = 0, httpPort = 0] = await freePorts(2)
  const config = checkConfig({
    name: 'bench.example.org', region: 'bench', dataDir: folder, listen: [`/ip4/127.0.0.1/tcp/${port}`], httpAddress: `127.0.0.1:${httpPort}`, logLevel: 'warn', ...(hasDirectory ? {} : { directoryMegabytes: 0 })
  })
  await initRelay(folder, config)
  const relay = relayIdOfKey(nodePrimitives.ed25519PublicKey(await readRelayKey(folder)))
  const store = await openLevelStore({ path: join(folder, 'db'), minFreeBytes: 0 })
  try {
    await fill(store, relay, plan)
  } finally {
    await store.close()
  }
  print(`${plan.accounts.toLocaleString('en')} accounts and ${plan.groups.toLocaleString('en')} groups of ${plan.members} written in ${((performance.now() - began) / 1000).toFixed(0)} s`)
}

async function fill (store: LevelStore, relay: RelayId, { accounts: count, groups, members }: Plan): Promise<void> {
  const random = new SeededRandom(1)
  const accounts = new Accounts({ store })
  let writes: Write[] = []
  const add = async (...more: Write[]): Promise<void> => {
    writes.push(...more)
    if (writes.length < batchWrites) return
    await store.write(writes, { durable: false })
    writes = []
  }
  const people: Array<{ account: AccountId, device: DeviceId }> = []
  for (let index = 0; index < count; index++) {
    const person = { account: accountIdOfKey(random.bytes(32)), device: deviceIdOfKey(random.bytes(32)) }
    people.push(person)
    await add(...rowsOfPerson(accounts, person, { relay, random, handle: `p${index}` }))
  }
  for (let index = 0; index + 1 < count; index += 2) {
    const [a, b] = [people[index]!, people[index + 1]!]
    await add(...rowsOfLog(pairConversation(a.account, b.account), [a, b], random))
  }
  for (let index = 0; index < groups; index++) {
    const first = Math.floor(random.fraction() * Math.max(1, count - members))
    await add(...rowsOfGroup(people.slice(first, first + members), random))
  }
  await store.write(writes, { durable: true })
}

const signed = (body: Uint8Array, random: SeededRandom): Uint8Array => encode(Signed, { body, signature: random.bytes(64) })

function rowsOfPerson (accounts: Accounts, { account, device }: { account: AccountId, device: DeviceId }, { relay, random, handle }: { relay: RelayId, random: SeededRandom, handle: string }): Write[] {
  const identityKey = random.bytes(32)
  const common = { version: wireVersion, account: accountIdToBytes(account), epoch: 1, issuedAtMs: 1 }
  const deviceList = signed(encode(DeviceList, { ...common, devices: [{ transportKey: deviceKeyOf(device), identityKey, registrationId: 1 }] }), random)
  const keys = encode(DeviceKeys, {
    version: wireVersion, suite: 1, registrationId: 1, identityKey, issuedAtMs: 1,
    signedPrekey: { id: 1, key: random.bytes(32), signature: random.bytes(64) }, kemPrekey: { id: 1, key: random.bytes(1568), signature: random.bytes(64) }
  })
  return [
    accounts.put({ account, deviceEpoch: 1, devices: [device], deviceList, handle, registeredAtMs: 1, hasMoved: false }),
    { op: 'put', table: 'handle', key: handle, value: accountIdToBytes(account) },
    { op: 'put', table: 'home', key: account, value: signed(encode(HomeRecord, { ...common, homes: [relayKeyOf(relay)], region: 'bench' }), random) },
    { op: 'put', table: 'prekey', key: `${account}/${device}/keys`, value: signed(keys, random) },
    { op: 'put', table: 'prekey', key: `${account}/${device}/once`, value: random.bytes(4 + 100 * 36) }
  ]
}

/** A UUID of version 7. */
function messageId (random: SeededRandom): MessageId {
  const bytes = random.bytes(16)
  bytes[6] = 0x70 | bytes[6]! & 0x0f
  bytes[8] = 0x80 | bytes[8]! & 0x3f
  return messageIdFromBytes(bytes)
}

function rowsOfLog (conversation: Conversation, people: ReadonlyArray<{ account: AccountId, device: DeviceId }>, random: SeededRandom): Write[] {
  const storedAtMs = Date.now()
  const entry = (seq: number): Write => ({ op: 'append', log: conversation.id, entry: { epoch: 1, seq, sender: people[0]!.device, messageId: messageId(random), storedAtMs, expiresAtMs: storedAtMs + 30 * 86_400_000, envelope: random.bytes(700) } })
  return [
    entry(1),
    entry(2),
    ...people.map(({ account }): Write => ({ op: 'join', log: conversation.id, account })),
    ...people.map(({ device }): Write => ({ op: 'cursor', log: conversation.id, device, seq: 2 }))
  ]
}

function rowsOfGroup (people: ReadonlyArray<{ account: AccountId, device: DeviceId }>, random: SeededRandom): Write[] {
  const [owner] = people
  if (owner === undefined) return []
  const group = groupConversation(owner.account, random.bytes(32))
  const state = emptyGroup(group)
  for (const { account } of people) state.members.set(account, { role: account === owner.account ? groupRoles.owner : groupRoles.member, sinceSeq: 1, listEpoch: 1 })
  return [
    headRow({ ...state, epoch: 1, seq: 1, head: random.bytes(32) }),
    ...[...state.members].map(([account, member]) => memberRow(group, account, member)),
    ...rowsOfLog(group, people, random)
  ]
}

async function start (folder: string, { isLast }: { isLast: boolean }): Promise<void> {
  const url = /httpAddress = "([^"]+)"/.exec(readFileSync(join(folder, configFileName), 'utf8'))![1]!
  const began = performance.now()
  const child = spawn(process.execPath, [command, 'relay', 'start', '--config', join(folder, configFileName)], { stdio: ['ignore', 'inherit', 'inherit'] })
  const ended = new Promise<void>((resolve) => { child.once('exit', () => { resolve() }) })
  try {
    while (!await isReady(url)) {
      if (child.exitCode !== null) throw new Error('the relay ended before it was ready')
      await wait(10)
    }
    const seconds = (performance.now() - began) / 1000
    const atStart = residentBytes(child.pid!)
    print(`ready after ${seconds.toFixed(2)} s · resident ${(atStart / megabyte).toFixed(0)} MiB`)
    if (!isLast) return
    await wait(settleMs)
    const before = cpuSeconds(child.pid!)
    await wait(idleMs)
    print(`${settleMs / 1000} s later: resident ${(residentBytes(child.pid!) / megabyte).toFixed(0)} MiB · ${((cpuSeconds(child.pid!) - before) / idleMs * 100_000).toFixed(1)}% of a core`)
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

const isReady = async (url: string): Promise<boolean> => await fetch(`http://${url}/readyz`).then((answer) => answer.ok, () => false)
const residentBytes = (pid: number): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

/** User and system time; fields 14 and 15 of /proc/pid/stat, in hundredths of a second. */
function cpuSeconds (pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}
