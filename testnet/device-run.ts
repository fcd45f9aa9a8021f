/**
 * One seeded run: two people link, use, switch off and unlink devices in any order. At the end every device that is linked has
 * the same history, in the same order, with the same reactions and count of unread messages, also of what unlinked devices
 * had sent.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { DeviceWorld, type TestDevice } from './device-world.ts'

interface Side { readonly phone: TestDevice, readonly companions: TestDevice[], linked: number }

const steps = 40
const calmMs = [10_000, 60_000, 11 * 60_000, 3_600_000, 6 * 3_600_000]

/** @returns a hash of what all devices have stored at the end: the same for the same seed. @throws AssertionError what is not as it should be */
export async function deviceRun (seed: number, keys = seed): Promise<string> {
  const world = await DeviceWorld.start(seed, keys)
  const { random } = world.world
  const sides: Side[] = []
  for (const [i, name] of ['ann', 'bob'].entries()) sides.push({ phone: await world.primary(name, world.nodes[i]!), companions: [], linked: 0 })
  await world.world.pass(5_000)
  const [ann, bob] = sides as [Side, Side]
  const other = (side: Side): Side => side === ann ? bob : ann
  const devicesOf = (side: Side): TestDevice[] => [side.phone, ...side.companions]
  let written = 0
  const done: string[] = []
  const linesOf = async (side: Side, device: TestDevice): Promise<string[]> => (await device.history(other(side).phone.account)).map(({ text, reactions = [] }) => `${text}: ${reactions.map(({ account, emoji }) => `${account === ann.phone.account ? 'ann' : 'bob'} ${emoji}`).sort().join(', ')}`)
  const unread = async (device: TestDevice): Promise<number> => (await device.client.conversations()).reduce((sum, one) => sum + one.unread, 0)
  /** Between the devices, or from what should be; undefined: none. */
  const difference = async (): Promise<Error | undefined> => {
    const what = `seed ${seed}, keys ${keys}: ${done.join(', ')}`
    const expected = await linesOf(ann, ann.phone)
    try {
      assert.equal(expected.length, written, what)
      assert.equal(new Set(expected.map((line) => line.slice(0, line.indexOf(':')))).size, written, what)
      for (const side of sides) {
        for (const device of devicesOf(side)) {
          assert.deepEqual(await linesOf(side, device), expected, `${device.name}; ${what}`)
          assert.equal(await unread(device), await unread(side.phone), `unread at ${device.name}; ${what}`)
          assert.deepEqual(device.warnings.filter(({ text }) => !text.includes('UNKNOWN_DEVICE')), [], `${device.name}; ${what}`)
        }
      }
      return undefined
    } catch (error) {
      return error as Error
    }
  }
  const isOnline = (device: TestDevice): boolean => device.client.connection.state === 'online'
  for (let step = 0; step < steps; step++) {
    const side = random.pick(sides)
    const device = random.pick(devicesOf(side))
    const action = random.below(10)
    done.push(`${action} ${device.name}`)
    if (action < 5) {
      const many = 1 + random.below(4)
      for (let i = 0; i < many; i++) await device.say(other(side).phone.account, `${written++} ${device.name}`)
    } else if (action === 5) {
      if (isOnline(device)) await device.away()
      else await device.back()
    } else if (action === 6) {
      await world.world.during(device.client.markRead(other(side).phone.account))
    } else if (action === 7 && side.companions.length < 3) {
      if (!isOnline(side.phone)) await side.phone.back()
      side.companions.push(await world.companion(`${side.phone.name} ${++side.linked}`, side.phone, random.pick(world.nodes)))
    } else if (action === 8 && side.companions.length > 0) {
      const gone = random.pick(side.companions)
      if (!isOnline(gone)) await gone.back()
      if (!isOnline(side.phone)) await side.phone.back()
      // What it has still to send would be lost with it.
      await world.world.during(gone.client.flushed())
      await world.world.pass(5_000)
      side.companions.splice(side.companions.indexOf(gone), 1)
      await world.world.during(side.phone.client.devices.unlink(gone.id))
      await world.until(() => gone.news.includes('unlinked'), `${gone.name} is told`)
    } else if (action === 9) {
      const there = (await device.history(other(side).phone.account)).filter(({ text }) => text !== '')
      if (there.length > 0) await device.client.chats.react(other(side).phone.account, random.pick(there).id, random.pick(['👍', '🎉', '🙈']))
      // Two reactions of one person at the same moment would be a matter of chance.
      await world.world.pass(50)
    } else {
      await world.world.pass(random.below(3_000))
    }
  }
  for (const side of sides) for (const device of devicesOf(side)) if (!isOnline(device)) await device.back()
  // What was not sealed for a device, or could not be opened, is asked for again with growing pauses.
  for (const ms of calmMs) {
    await world.world.pass(ms)
    if (await difference() === undefined) break
  }
  const left = await difference()
  if (left !== undefined) throw left
  await world.stop()
  return hashOf(world)
}

function hashOf ({ devices }: DeviceWorld): string {
  const hash = createHash('sha256')
  for (const { data } of devices) for (const key of [...data.keys()].sort()) hash.update(key).update(data.get(key)!)
  return hash.digest('hex')
}
