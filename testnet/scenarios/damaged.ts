/**
 * The database of a relay is damaged in one way after the other, under load, while somebody who lives there is away. Nobody has
 * a standby. The relay says what is wrong when it cannot start, is repaired as its operator would, and what is missing comes from elsewhere.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { damages, type Damage } from '../faults/damage.ts'
import type { Network, RelayHandle } from '../network/network.ts'
import type { Person } from '../network/person.ts'
import { Load } from '../report/load.ts'
import type { Scenario, Stage } from '../scenario.ts'
import type { Violation } from '../assertions/evidence.ts'
import { arrivalTimeoutMs, withoutStandby } from './under-load.ts'

const command = fileURLToPath(new URL('../../cli/bin/heliograph.js', import.meta.url))
const betweenMs = 6_000

export interface Repair { readonly logs: number, readonly entries: number, readonly missingEntries: number, readonly mendedHeads: number, readonly strayRows: number, readonly damagedRows: number }

export const damaged: Scenario = {
  name: 'damaged',
  summary: 'a relay\'s database is damaged in six ways under load, repaired, and filled up again from elsewhere',
  testScale: 0.02,

  async run (stage) {
    const count = Math.max(2, Math.round(damages.length * Math.min(1, stage.scale)))
    const quietMs = Math.max(2_000, betweenMs * stage.scale)
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network({ place: () => withoutStandby }))
    const people: Person[] = []
    await stage.step('ann and zoe are in eu, ben in us, cho in ap', async () => {
      for (const [name, region] of [['ann', 'eu'], ['zoe', 'eu'], ['ben', 'us'], ['cho', 'ap']] as const) people.push(await stage.person(name, region))
    })
    const [ann, zoe, ben, cho] = people as [Person, Person, Person, Person]
    const load = await stage.step('they know one another, are in a group, and begin to write', async () => {
      const prepared = await Load.prepare(stage, { people, pairs: [[ann, zoe], [zoe, ann], [ben, zoe], [zoe, ben], [ann, cho], [cho, ann], [ben, ann]] })
      prepared.start()
      return prepared
    })
    await load.run(quietMs)
    const relay = network.relay(zoe.home)
    const mayBeLate = new Set<string>()
    const repairs: Repair[] = []
    const unclear: Violation[] = []
    // In a short run: the first two, which are the most common ones.
    for (const damage of damages.slice(0, count)) {
      await stage.step(`zoe is away, and ${relay.name} goes on`, async () => {
        await zoe.leave()
        await load.run(quietMs)
      })
      const told = await stage.step((how: string) => `${damage.name}: ${how}`, () => load.fault(damage.name, async () => await survive(stage, { network, relay, damage, load, repairs, unclear, mayBeLate })))
      stage.figure(damage.name, told)
      await stage.step('zoe comes back', async () => {
        await zoe.comeBack()
        await load.run(quietMs)
      })
    }
    stage.check('a relay that does not start says what is wrong and what to do', unclear)
    stage.figure('missing after repairs', `${repairs.reduce((sum, { missingEntries }) => sum + missingEntries, 0)} entries, ${repairs.reduce((sum, { damagedRows }) => sum + damagedRows, 0)} other rows`)
    await load.finish({ timeoutMs: arrivalTimeoutMs, mayBeLate, mayLackTicks: true, conditions: { 'round trip': '80 ms', order: 'not judged for what was under way when the damage was done' } })
  }
}

interface Case { readonly network: Network, readonly relay: RelayHandle, readonly damage: Damage, readonly load: Load, readonly repairs: Repair[], readonly unclear: Violation[], readonly mayBeLate: Set<string> }

/** Kill, damage, start; and what an operator does when it does not start, or complains later. @returns what happened */
async function survive (stage: Stage, { network, relay, damage, load, repairs, unclear, mayBeLate }: Case): Promise<string> {
  await relay.daemon.kill()
  // What only this disk and its sender's device had comes again, after what was said meanwhile: what is on its way, and what
  // was written since the relay was started the last time.
  for (const text of load.timeline.openTexts()) mayBeLate.add(text)
  for (const { atMs, text } of load.timeline.messages) if (atMs >= load.timeline.faults.slice(0, -1).reduce((last, { untilMs }) => Math.max(last, untilMs), 0)) mayBeLate.add(text)
  const done = await damage.inflict(join(relay.folder, 'db'), stage.random)
  if (done === undefined) throw new Error(`there is nothing to damage for "${damage.name}"`)
  const logFile = network.logFile(relay.name)
  const before = (await readFile(logFile, 'utf8')).length
  const saidSince = async (): Promise<string> => (await readFile(logFile, 'utf8')).slice(before)
  let how = 'it starts'
  try {
    await relay.daemon.start()
    await load.run(1_000)
    if (!(await saidSince()).includes('DATABASE_CORRUPT')) return `it starts (${done})`
    how = 'it complains'
    await relay.daemon.stop()
  } catch {
    how = 'it does not start'
    const said = await saidSince()
    if (!said.includes('DATABASE_CORRUPT') || !said.includes('relay repair')) unclear.push(`after "${damage.name}" it said ${said.trim().split('\n').at(-1)}`)
  }
  const repaired = await repair(relay)
  repairs.push(repaired)
  await relay.daemon.start()
  return `${how}; repair: ${repaired.logs} logs, ${repaired.entries} entries, ${repaired.missingEntries} missing, ${repaired.mendedHeads} ends made anew (${done})`
}

async function repair (relay: RelayHandle): Promise<Repair> {
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [command, 'relay', 'repair', '--json', '--config', relay.configFile], (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as Repair)
      else reject(new Error(`relay repair: ${stderr}`))
    })
  })
}
