/**
 * Seeded runs: two people link, use, switch off and unlink devices in any order. At the end every device that is linked has
 * the same history, in the same order, with the same count of unread messages, also of what unlinked devices had sent.
 */
import assert from 'node:assert/strict'
import { DeviceWorld, type TestDevice } from './device-world.ts'

interface Side { readonly phone: TestDevice, readonly companions: TestDevice[], linked: number }

const steps = 40

async function run (seed: number, { areReactionsCompared = true } = {}): Promise<void> {
  const world = await DeviceWorld.start(seed)
  const { random } = world.world
  const sides: Side[] = []
  for (const [i, name] of ['ann', 'bob'].entries()) sides.push({ phone: await world.primary(name, world.nodes[i]!), companions: [], linked: 0 })
  await world.world.pass(5_000)
  const [ann, bob] = sides as [Side, Side]
  const other = (side: Side): Side => side === ann ? bob : ann
  const devicesOf = (side: Side): TestDevice[] => [side.phone, ...side.companions]
  const isOnline = (device: TestDevice): boolean => device.client.connection.state === 'online'
  let written = 0
  const done: string[] = []
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
  const what = `seed ${seed}: ${done.join(', ')}`
  for (const side of sides) for (const device of devicesOf(side)) if (!isOnline(device)) await device.back()
  for (const side of sides) {
    for (const device of devicesOf(side)) {
      let there = 0
      await world.until(async () => (there = (await device.history(other(side).phone.account)).length) >= written, `${written} messages at ${device.name} (${there}); ${what}`).catch((error: unknown) => { throw new Error(`${there} of ${written} at ${device.name}; ${what}`, { cause: error }) })
    }
  }
  // What an unlinked device had sent to somebody who was away comes again from its siblings, a little later.
  const textsOf = async (side: Side, device: TestDevice): Promise<string[]> => (await device.history(other(side).phone.account)).map(({ text }) => text)
  for (const side of sides) for (const device of devicesOf(side)) await world.until(async () => !(await textsOf(side, device)).includes(''), `nothing unopened at ${device.name}; ${what}`, 3_600_000)
  await world.world.pass(60_000)
  const texts = await textsOf(ann, ann.phone)
  assert.equal(new Set(texts).size, written, what)
  const reactionsOf = async (side: Side, device: TestDevice): Promise<string[]> => (await device.history(other(side).phone.account)).map(({ text, reactions = [] }) => `${text}: ${reactions.map(({ account, emoji }) => `${account === ann.phone.account ? 'ann' : 'bob'} ${emoji}`).sort().join(', ')}`)
  const reactions = await reactionsOf(ann, ann.phone)
  for (const side of sides) {
    const unread = async (device: TestDevice): Promise<number> => (await device.client.conversations()).reduce((sum, one) => sum + one.unread, 0)
    for (const device of devicesOf(side)) {
      assert.deepEqual(await textsOf(side, device), texts, `${device.name}; ${what}`)
      if (areReactionsCompared) assert.deepEqual(await reactionsOf(side, device), reactions, `reactions at ${device.name}; ${what}`)
      assert.equal(await unread(device), await unread(side.phone), `unread at ${device.name}; ${what}`)
      assert.deepEqual(device.warnings.filter(({ text }) => !text.includes('UNKNOWN_DEVICE')), [], `${device.name}; ${what}`)
    }
  }
  await world.stop()
}

describe('devices come and go', () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) it(`in the order of seed ${seed}`, async () => { await run(seed) }).timeout(60_000)
  // Reactions of a device that was unlinked do not always reach every other device: docs/protocol/devices.md, limits.
  it('a placeholder that a device is handed is filled later, in the order of seed 40', async () => { await run(40, { areReactionsCompared: false }) }).timeout(60_000)
})
