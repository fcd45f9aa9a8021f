/**
 * Two people with three devices each over two regions: devices linked over real relays, everything on all of them, read
 * state shared, one device away and back, one logged out.
 */
import { join } from 'node:path'
import { openNodeClient, type NodeClient } from '../../client/client-node.ts'
import type { Client } from '../../client/client.ts'
import { fastNoise } from '../../node/libp2p/fast-noise.ts'
import type { AccountId } from '../../protocol/ids.ts'
import type { Violation } from '../assertions/evidence.ts'
import type { Network, Region } from '../network/network.ts'
import { until, type Person } from '../network/person.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { regionalDialer } from '../wan/regional-dialer.ts'
import { quantiles } from './quantiles.ts'
import { textFor } from './texts.ts'
import { annAndBob } from './two-people.ts'

const messages = 120
const timeoutMs = 60_000

/** One device of somebody. The first of each person is the runner's. */
interface Device {
  readonly name: string
  readonly owner: Person
  readonly client: () => Client
  readonly warnings: string[]
  isUnlinked: boolean
  leave (): Promise<void>
  comeBack (): Promise<void>
}

export const multiDevice: Scenario = {
  name: 'multi-device',
  summary: 'two people with three devices each over two regions; linked over relays, one away and back, one logged out',

  async run (stage) {
    const count = Math.max(12, Math.round(messages * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [ann, bob] = await annAndBob(stage)
    const opened: Device[] = []
    try {
      await run(stage, { network, people: [ann, bob], count, opened })
    } finally {
      await Promise.allSettled(opened.map(async (device) => { await device.leave() }))
    }
  }
}

async function run (stage: Stage, { network, people: [ann, bob], count, opened }: { network: Network, people: readonly [Person, Person], count: number, opened: Device[] }): Promise<void> {
  const wrote = new Map<string, number>()
  const write = async (device: Device, many: number): Promise<void> => {
    const from = wrote.get(device.name) ?? 0
    wrote.set(device.name, from + many)
    for (let i = 0; i < many; i++) await device.client().send(otherOf(device).account, textFor(stage.random, device.name, from + i))
  }
  const otherOf = ({ owner }: Device): Person => owner === ann ? bob : ann
  const historyOf = async (device: Device): Promise<string[]> => await allTexts(device.client(), otherOf(device).account)
  let total = 0
  const untilAllThere = async (devices: readonly Device[], what: string): Promise<void> => {
    for (const device of devices) {
      let there = 0
      await until(async () => (there = (await historyOf(device)).length) >= total, { timeoutMs, what: () => `${total} messages at ${device.name} ${what} (${there} there)` })
    }
  }

  const phones = [deviceOf(ann), deviceOf(bob)] as const
  await stage.step(`${Math.ceil(count / 4)} messages from before there are other devices`, async () => {
    for (const phone of phones) await write(phone, Math.ceil(count / 8))
    total += 2 * Math.ceil(count / 8)
    await untilAllThere(phones, 'before linking')
  })
  const linkMs: number[] = []
  const [laptop, tablet, desk, watch] = await stage.step('four devices are linked, over relays of both regions', async () => {
    const devices: Device[] = []
    for (const [name, phone, region] of [['laptop', phones[0], 'eu'], ['tablet', phones[0], 'ap'], ['desk', phones[1], 'ap'], ['watch', phones[1], 'eu']] as const) {
      const startedMs = performance.now()
      const device = await link(network, { name, phone, region })
      linkMs.push(performance.now() - startedMs)
      devices.push(device)
      opened.push(device)
    }
    return devices as [Device, Device, Device, Device]
  })
  const all = [...phones, laptop, tablet, desk, watch]
  const ofAnn = [phones[0], laptop, tablet]
  const ofBob = [phones[1], desk, watch]
  stage.check('what was there before is on every device', await differences(ofAnn, ofBob, historyOf))

  await stage.step(`all six write, ${count} messages together`, async () => {
    await Promise.all(all.map(async (device) => { await write(device, Math.ceil(count / 6)) }))
    total += 6 * Math.ceil(count / 6)
    await untilAllThere(all, 'of all six')
  })
  await stage.step('what bob reads at the desk is read on all his devices, and ann sees it on all of hers', async () => {
    await desk.client().markRead(ann.account)
    for (const device of ofBob) await until(async () => await unreadOf(device) === 0, { timeoutMs, what: () => `nothing unread at ${device.name}` })
    for (const device of ofAnn) await until(async () => (await device.client().history(bob.account, { limit: 20 })).filter(({ direction }) => direction === 'out').every(({ state }) => state === 'read'), { timeoutMs, what: () => `blue ticks at ${device.name}` })
  })
  await stage.step('the tablet is switched off, the others go on', async () => {
    await tablet.leave()
    const here = all.filter((device) => device !== tablet)
    await Promise.all(here.map(async (device) => { await write(device, Math.ceil(count / 10)) }))
    total += here.length * Math.ceil(count / 10)
    await untilAllThere(here, 'without the tablet')
  })
  await stage.step('bob logs his watch out, and it says so', async () => {
    await bob.client.devices.unlink(watch.client().account!.device)
    await until(() => watch.isUnlinked, { timeoutMs, what: () => 'the watch to know that it is out' })
  })
  const atWatch = await historyOf(watch)
  const left = all.filter((device) => device !== watch)
  await stage.step('the tablet comes back, and those that are left write on', async () => {
    await tablet.comeBack()
    await Promise.all(left.map(async (device) => { await write(device, 2) }))
    total += 2 * left.length
    await untilAllThere(left, 'at the end')
  })

  stage.check('every device has the same history, in the same order', await differences(ofAnn, ofBob.filter((device) => device !== watch), historyOf))
  stage.check('nothing that was written after reached the device that was logged out', (await historyOf(watch)).length === atWatch.length ? [] : ['the watch has messages that it must not have'])
  const wrongLists: Violation[] = []
  for (const device of left) {
    const [listed, linked] = [(await device.client().devices.list()).length, device.owner === ann ? 3 : 2]
    if (listed !== linked) wrongLists.push(`${device.name} knows ${listed} devices, not ${linked}`)
  }
  stage.check('every device knows which are linked', wrongLists)
  stage.check('nothing to warn of', left.flatMap(({ name, warnings }) => warnings.map((text) => `${name}: ${text}`)))
  stage.figure('time to link a device', quantiles(linkMs))
  stage.figure('messages on each device', String(total))
}

async function unreadOf (device: Device): Promise<number> { return (await device.client().conversations()).reduce((sum, { unread }) => sum + unread, 0) }

/** Direction is seen from the person, so the two people are compared apart and then with each other. */
async function differences (ofAnn: readonly Device[], ofBob: readonly Device[], historyOf: (device: Device) => Promise<string[]>): Promise<Violation[]> {
  const [reference, ...others] = [...ofAnn, ...ofBob]
  const expected = await historyOf(reference!)
  const violations: Violation[] = []
  for (const device of others) {
    const there = await historyOf(device)
    const at = expected.findIndex((text, i) => there[i] !== text)
    if (at >= 0 || there.length !== expected.length) violations.push(`${device.name} has ${there.length} messages, ${reference!.name} ${expected.length}; the first difference is number ${at < 0 ? expected.length + 1 : at + 1}`)
  }
  return violations
}

async function allTexts (client: Client, other: AccountId): Promise<string[]> {
  const pages: string[][] = []
  for (let before: string | undefined; ;) {
    const page = await client.history(other, { limit: 500, ...(before === undefined ? {} : { before }) })
    if (page.length === 0) return pages.reverse().flat()
    pages.push(page.map(({ text }) => text))
    before = page[0]!.id
  }
}

function deviceOf (owner: Person): Device {
  const warnings: string[] = []
  owner.client.on('warning', ({ text }) => { warnings.push(text) })
  return { name: owner.name, owner, client: () => owner.client, warnings, isUnlinked: false, leave: async () => { await owner.leave() }, comeBack: async () => { await owner.comeBack() } }
}

/** A new device in `region` shows a code, the phone takes it, the codes are compared. */
async function link (network: Network, { name, phone, region }: { name: string, phone: Device, region: Region }): Promise<Device> {
  let open: NodeClient | undefined
  const start = async (): Promise<Client> => {
    const routes = network.routesFrom(region)
    open = await openNodeClient({
      folder: join(network.folder, 'people', name),
      config: { bootstrap: [network.bootstrapAddress], software: 'heliograph testnet', strangers: 'accept', region },
      encrypter: fastNoise(),
      wrapDialer: (dialer) => regionalDialer(dialer, routes)
    })
    open.client.on('warning', ({ text }) => { device.warnings.push(text) })
    open.client.on('unlinked', () => { device.isUnlinked = true })
    return open.client
  }
  const device: Device = {
    name,
    owner: phone.owner,
    client: () => {
      if (open === undefined) throw new Error(`${name} is away`)
      return open.client
    },
    warnings: [],
    isUnlinked: false,
    leave: async () => { await open?.close(); open = undefined },
    comeBack: async () => { (await start()).start(); await online(device) }
  }
  const client = await start()
  const linking = await client.devices.startLinking({ name, region })
  const approval = await phone.client().devices.approve(linking.code)
  if (approval.shortCode !== await linking.shortCode) throw new Error('the short codes differ')
  await approval.confirm()
  await linking.linked
  if (!await linking.hasWholeHistory || !await approval.history) throw new Error(`${name} has not got all of the history`)
  client.start()
  await online(device)
  return device
}

async function online (device: Device): Promise<void> {
  await until(() => device.client().connection.state === 'online', { timeoutMs, what: () => `${device.name} to come online` })
}
