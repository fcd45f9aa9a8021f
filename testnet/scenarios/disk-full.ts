/** The disk of a relay fills up, to its reserve and to the last byte, also over restarts, and has room again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Violation } from '../assertions/evidence.ts'
import { SmallDisk } from '../faults/small-disk.ts'
import { answers, figureSum, type RelayHandle } from '../network/network.ts'
import { until, type Person } from '../network/person.ts'
import type { Scenario, Stage } from '../scenario.ts'
import { textFor } from './texts.ts'
import { arrivalTimeoutMs, pause, underLoad, withoutStandby } from './under-load.ts'

const diskMegabytes = 160
/** What the relay is told to keep free. */
const reserveMegabytes = 48
const fullMs = 20_000
const calmMs = 8_000
const waitingMessages = 20
const timeoutMs = 30_000

export const diskFull: Scenario = {
  name: 'disk-full',
  summary: 'a relay\'s disk fills up under load, to the last byte and over restarts, and has room again',
  testScale: 0.02,

  async run (stage) {
    const disk = await stage.step(`eu-1 keeps its data on a disk of ${diskMegabytes} MB`, () => SmallDisk.open(join(stage.folder, 'disk'), { megabytes: diskMegabytes }))
    stage.onEnd(() => disk.close())
    const holdMs = Math.max(2_500, fullMs * stage.scale)
    const quietMs = Math.max(1_000, calmMs * stage.scale)
    const { network, people, load } = await underLoad(stage, {
      place: (name) => name === 'eu-1' ? { folder: join(disk.folder, 'relay'), config: { minFreeMegabytes: reserveMegabytes, directoryMegabytes: 16 } } : withoutStandby
    })
    const relay = network.relay('eu-1')
    const [ann, ben] = people as [Person, Person]
    const zoe = await stage.step('zoe, who is at eu-1, too, goes away and is written to', async () => {
      const person = await stage.person('zoe', 'eu')
      await ben.befriend(person)
      await person.befriend(ben)
      const { account } = person
      await person.leave()
      // Not by `send`: the load knows nothing of zoe and would look for these among its own.
      for (let index = 0; index < waitingMessages; index++) await ben.say(account, textFor(stage.random, 'to zoe', index))
      await until(async () => (await ben.stateCounts(account)).pending === 0, { timeoutMs, what: () => 'the messages to zoe to be accepted' })
      return person
    })
    await load.run(quietMs)

    const end = load.timeline.begin('disk full to its reserve')
    await stage.step('the disk fills up to the reserve', () => disk.fillUntil((reserveMegabytes - 8) << 20))
    await untilRefusing(stage, relay)
    await silent(stage, { relay, holdMs, when: 'while the disk is full' })
    await stage.step(`zoe comes back and has the ${waitingMessages} messages that were waiting`, async () => {
      await zoe.comeBack()
      await until(() => zoe.announced.length >= waitingMessages, { timeoutMs, what: () => `what waited for zoe (${zoe.announced.length} are there)` })
    })
    await stage.step('eu-1 is killed, starts again on the full disk, and lets people in', async () => {
      await relay.daemon.kill()
      await relay.daemon.start({ isReady: () => answers(`${relay.httpUrl}/healthz`) })
      await untilOnline(ann)
    })
    await untilRefusing(stage, relay)
    await silent(stage, { relay, holdMs: holdMs / 2, when: 'after starting on a full disk' })
    end()

    const endBrim = load.timeline.begin('disk full to the last byte')
    await stage.step('the disk fills up to the last byte', () => disk.fillUntil(0))
    await silent(stage, { relay, holdMs, when: 'with not a byte left' })
    await stage.step('eu-1 still lets people in', async () => {
      await ann.leave()
      await ann.comeBack()
    })
    await stage.step((how: string) => `eu-1 is killed and started with not a byte left: ${how}`, async () => {
      await relay.daemon.kill()
      try {
        await relay.daemon.start({ isReady: () => answers(`${relay.httpUrl}/healthz`) })
        return 'it starts'
      } catch {
        const log = await readFile(network.logFile(relay.name), 'utf8')
        stage.check('a start that fails says why', /STORAGE_FULL/.test(log.slice(-4_000)) ? [] : [`the log ends with ${log.trim().split('\n').at(-1)}`])
        return 'it says that the disk is full, and ends'
      }
    })
    endBrim()

    await stage.step('there is room again', async () => {
      await disk.makeRoom()
      if (relay.daemon.pid === undefined) await relay.daemon.start()
      else await until(() => answers(`${relay.httpUrl}/readyz`), { timeoutMs, what: () => 'eu-1 to take messages again' })
    })
    await load.run(quietMs)
    await load.finish({ timeoutMs: arrivalTimeoutMs, conditions: { 'round trip': '80 ms', disk: `tmpfs of ${diskMegabytes} MB, reserve ${reserveMegabytes} MB` } })
    stage.check('what waited is there once', exactlyOnce(zoe))
  }
}

async function untilOnline (person: Person): Promise<void> {
  await until(() => person.client.connection.state === 'online', { timeoutMs, what: () => `${person.name} to be online` })
}

const refused = (relay: RelayHandle): Promise<number> => figureSum(`${relay.httpUrl}/metrics`, 'heliograph_intake_refused_total', { code: 'STORAGE_FULL' })

async function untilRefusing (stage: Stage, relay: RelayHandle): Promise<void> {
  await stage.step('messages are refused with STORAGE_FULL, and eu-1 says that it is not ready', async () => {
    await until(async () => await refused(relay) > 0, { timeoutMs, what: () => 'eu-1 to refuse a message' })
    await until(async () => !await answers(`${relay.httpUrl}/readyz`), { timeoutMs, what: () => 'eu-1 to say that it is not ready' })
  })
}

/** The relay says of nothing that it has it while nothing can be durable, whoever asks. */
async function silent (stage: Stage, { relay, holdMs, when }: { relay: RelayHandle, holdMs: number, when: string }): Promise<void> {
  const accepted = (): Promise<number> => figureSum(`${relay.httpUrl}/metrics`, 'heliograph_intake_accepted_total', {})
  const [before, refusedBefore] = [await accepted(), await refused(relay)]
  await pause(holdMs)
  // Refusals grow rare as the pauses between tries grow.
  await until(async () => await refused(relay) > refusedBefore, { timeoutMs: arrivalTimeoutMs, what: () => 'another message to be refused' })
  const lies = await accepted() - before
  stage.check(`no ✓ from eu-1 ${when}`, lies === 0 ? [] : [`it accepted ${lies} messages`])
}

function exactlyOnce (person: Person): Violation[] {
  const texts = new Set(person.announced.map(({ text }) => text))
  return texts.size === waitingMessages && person.announced.length === waitingMessages ? [] : [`${person.announced.length} were told, ${texts.size} different ones, instead of ${waitingMessages}`]
}
