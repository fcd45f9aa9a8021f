/**
 * Relays die and come back, lines are cut, devices come and go, people move by hand: from a seed. Whatever happened,
 * everything that was written arrives once, in one order.
 */
import assert from 'node:assert/strict'
import { SeededRandom } from '../protocol/clock-manual.ts'
import type { TestDevice } from './device-world.ts'
import { MoveWorld } from './move-world.ts'

const names = ['eu-1', 'us-1', 'ap-1', 'sa-1'] as const

/** How many seeds, from which on: MOVE_SEEDS=100 MOVE_SEED=1 */
const seeds = Number(process.env['MOVE_SEEDS'] ?? 4)
const firstSeed = Number(process.env['MOVE_SEED'] ?? 1)

interface Person { readonly name: string, readonly devices: TestDevice[], readonly wrote: Map<string, string[]> }

async function run (seed: number, isGrouped: boolean): Promise<number> {
  const random = new SeededRandom(seed)
  const world = await MoveWorld.with(names, { seed })
  const at = `seed ${seed}`
  const people: Person[] = []
  for (const [i, name] of ['ann', 'bob', 'eve'].entries()) {
    const device = await world.person(name, names[i]!, { standby: random.below(3) === 0 ? 'none' : 'auto' })
    people.push({ name, devices: [device], wrote: new Map() })
  }
  const [ann] = people
  const hasOrder = (await ann!.devices[0]!.client.home.status()).mayMove
  ann!.devices.push(await world.another('laptop', ann!.devices[0]!, 'eu-1', hasOrder ? {} : { standby: 'none' }))
  const devices = people.flatMap((one) => one.devices)
  const group = isGrouped ? (await world.world.during(ann!.devices[0]!.client.groups.create({ name: 'Harbour', members: people.slice(1).map((one) => one.devices[0]!.account) }))).chat : undefined
  const toAll: string[] = []
  if (group !== undefined) {
    for (const device of devices) await world.until(async () => (await device.client.groups.list()).length === 1, `the group at ${device.name}`)
    // Everybody has everybody's keys: whoever is cut off before could not have said anything.
    for (const device of devices) {
      await device.client.send(group, `${device.name} is here`)
      toAll.push(`${device.name} is here`)
    }
    for (const device of devices) await world.until(async () => (await device.history(group)).length === devices.length, `the first messages at ${device.name}`)
  }
  const isHere = new Set(devices)
  const steps: string[] = []
  let count = 0
  const come = async (device: TestDevice): Promise<void> => {
    await device.open()
    world.watch(device)
    device.client.start()
    isHere.add(device)
  }
  for (let step = 0; step < 40; step++) {
    const running = world.nodes.filter((one) => one.isRunning)
    const stopped = world.nodes.filter((one) => !one.isRunning)
    const person = people[random.below(people.length)]!
    const device = person.devices[random.below(person.devices.length)]!
    const kind = random.below(20)
    if (kind < 11) {
      const other = people[(people.indexOf(person) + 1 + random.below(people.length - 1)) % people.length]!
      if (!isHere.has(device)) continue
      const text = `${device.name} ${++count}`
      if (group !== undefined && random.below(2) === 0) {
        await device.say(group, text)
        toAll.push(text)
        continue
      }
      await device.say(other.devices[0]!.account, text)
      person.wrote.set(other.name, [...person.wrote.get(other.name) ?? [], text])
    } else if (kind === 11 && running.length > 2) {
      const node = running[random.below(running.length)]!
      steps.push(`${step} crash ${node.name}`)
      world.crash(node.name)
    } else if (kind < 14 && stopped.length > 0) {
      const node = stopped[random.below(stopped.length)]!
      steps.push(`${step} restart ${node.name}`)
      await world.restart(node.name)
    } else if (kind === 14 && isHere.has(device)) {
      steps.push(`${step} away ${device.name}`)
      await device.away()
      isHere.delete(device)
    } else if (kind === 15 && !isHere.has(device)) {
      steps.push(`${step} back ${device.name}`)
      await come(device)
    } else if (kind === 16) {
      const name = names[random.below(names.length)]!
      const isCut = random.below(2) === 0
      steps.push(`${step} line ${device.name} ${name} ${isCut ? 'cut' : 'healed'}`)
      if (isCut) world.cutLine(device, name)
      else world.healLine(device, name)
    } else if (kind === 17 && isHere.has(device) && running.length > 0) {
      const { name } = running[random.below(running.length)]!
      steps.push(`${step} ${device.name} moves to ${name}`)
      await world.world.during(device.client.home.move(name)).catch((error: unknown) => { steps.push(String(error)) })
    } else {
      await world.world.pass([500, 3_000, 15_000, 90_000][random.below(4)]!)
    }
    await world.world.pass(random.below(400))
  }
  for (const node of world.nodes) if (!node.isRunning) await world.restart(node.name)
  for (const device of devices) {
    for (const name of names) world.healLine(device, name)
    if (!isHere.has(device)) await come(device)
  }
  const told = (): string => `${at}\n${steps.join('\n')}\n${devices.map((one) => `${one.name} at ${one.client.account!.home.name} ${one.client.connection.state}`).join('\n')}`
  const linesOf = async (device: TestDevice, other: Person): Promise<string[]> => (await device.history(other.devices[0]!.account)).map(({ text }) => text)
  const isDone = async (): Promise<boolean> => {
    for (const one of people) {
      for (const other of people) {
        if (one === other) continue
        const wanted = (one.wrote.get(other.name) ?? []).length + (other.wrote.get(one.name) ?? []).length
        for (const device of one.devices) if ((await linesOf(device, other)).length < wanted) return false
      }
      for (const device of one.devices) if (group !== undefined && (await device.history(group)).length < toAll.length) return false
      for (const device of one.devices) if (await device.client.outboxLength() > 0 || device.client.connection.state !== 'online') return false
    }
    return true
  }
  for (let minutes = 0; minutes < 40 && !await isDone(); minutes++) await world.world.pass(60_000)
  if (!await isDone()) {
    const missing: string[] = []
    for (const one of people) {
      for (const other of people) {
        if (one === other) continue
        for (const device of one.devices) {
          const lines = await linesOf(device, other)
          for (const text of [...one.wrote.get(other.name) ?? [], ...other.wrote.get(one.name) ?? []]) if (!lines.includes(text)) missing.push(`${device.name} lacks "${text}"`)
        }
      }
    }
    if (group !== undefined) {
      for (const device of devices) {
        const lines = (await device.history(group)).map(({ text }) => text)
        for (const text of toAll) if (!lines.includes(text)) missing.push(`${device.name} lacks "${text}" of the group`)
      }
    }
    assert.fail(`not everything has arrived: ${missing.join(', ')}; ${told()}`)
  }
  await world.world.pass(120_000)
  for (const one of people) {
    for (const other of people) {
      if (one === other) continue
      const all = await Promise.all([...one.devices.map(async (device) => await linesOf(device, other)), ...other.devices.map(async (device) => await linesOf(device, one))])
      for (const lines of all) {
        assert.equal(new Set(lines).size, lines.length, `nothing is there twice: ${lines.join(', ')} ${told()}`)
        assert.deepEqual(lines, all[0], `one order for all ${told()}`)
      }
    }
    for (const device of one.devices) assert.equal(new Set(device.received).size, device.received.length, `nothing is announced twice to ${device.name} ${told()}`)
  }
  if (group !== undefined) {
    const all = await Promise.all(devices.map(async (device) => (await device.history(group)).map(({ text }) => text)))
    for (const lines of all) {
      assert.equal(new Set(lines).size, lines.length, `nothing is there twice: ${lines.join(', ')} ${told()}`)
      assert.deepEqual(lines, all[0], `one order for all in the group ${told()}`)
    }
  }
  const homes = new Set(ann!.devices.map((device) => device.client.account!.home.name))
  assert.equal(homes.size, 1, `one home for all devices ${told()}`)
  await world.stop()
  return [...world.changes.values()].flat().length
}

describe(`accounts that move, with faults (MOVE_SEED=${firstSeed} MOVE_SEEDS=${seeds})`, function () {
  this.timeout(120_000)
  let moves = 0
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    it(`everything arrives once, in one order (seed ${seed})`, async () => { moves += await run(seed, false) })
    it(`and in a group (seed ${seed})`, async () => { moves += await run(seed, true) })
  }
  it('and there were moves', () => { assert.ok(moves >= seeds, `${moves} moves in ${2 * seeds} runs`) })
})
