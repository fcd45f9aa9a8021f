/** A group of 1,024 over three relays: sender keys, fan-out, a relay that is killed; all end at the same place. */
import { conversationFromId, type ConversationId } from '../../protocol/conversation.ts'
import { limits } from '../../protocol/limits.ts'
import { regions } from '../network/network.ts'
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { SilentMember } from './group-crowd.ts'
import { GroupTalk } from './group-talk.ts'
import { inParallel } from './presence-crowd.ts'
import { quantiles } from './quantiles.ts'

const messagesEach = 20
/** Registrations at once from one machine. */
const parallel = 16
const arrivalTimeoutMs = 120_000

export const group1024: Scenario = {
  name: 'group-1024',
  summary: `a group of ${limits.groupMembers.toLocaleString('en')} over three relays: people write, a relay is killed, somebody is removed; all end at the same place`,

  async run (stage) {
    const size = Math.max(60, Math.round(limits.groupMembers * Math.min(1, stage.scale)))
    const each = Math.max(3, Math.round(messagesEach * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const people = await stage.step('two people in each of three regions', async () => {
      const made = []
      for (const name of ['ann', 'bob']) for (const region of regions) made.push(await stage.person(`${name}-${region}`, region))
      return made
    })
    const [founder, ...others] = people
    await stage.step('the first knows the others', async () => { for (const other of others) { await founder!.befriend(other); await other.befriend(founder!) } })
    const crowd = Array.from({ length: size - people.length }, (_, index) => {
      const { id, address } = network.relays[index % network.relays.length]!
      return new SilentMember({ relay: id, address })
    })
    try {
      await stage.step(`${crowd.length} more devices, spread over the relays`, () => inParallel(crowd, parallel, (member) => member.connect()))
      const talk = await stage.step(`the first makes a group of ${size}`, async () => {
        const made = await GroupTalk.create(stage, 'the whole harbour', people, { alsoMembers: crowd.map(({ account }) => account) })
        for (const member of crowd) member.follow(conversationFromId(made.chat as ConversationId))
        return made
      })
      await stage.step('one message, for which the sender key goes to everybody', async () => { await talk.say(founder!); await talk.untilArrived(arrivalTimeoutMs) })
      for (const person of people) person.tickMs.sent.length = 0
      await stage.step(`six people say ${each} things each`, async () => { await talk.everybodySays(each); await talk.untilArrived(arrivalTimeoutMs) })
      stage.figure('time to ✓', quantiles(people.flatMap(({ tickMs }) => tickMs.sent)))
      await stage.step('everybody has everything', () => untilTogether(crowd))
      await stage.step('a relay is killed while they write, and starts again', async () => {
        const { daemon } = network.relay('us')
        const writing = talk.everybodySays(each)
        await daemon.kill()
        await writing
        await daemon.start()
      })
      await stage.step('what was written arrives', () => talk.untilArrived(arrivalTimeoutMs))
      await stage.step('somebody is removed: keys turn, the others go on without them', async () => {
        const removed = others.at(-1)!
        await founder!.client.groups.remove(talk.chat, [removed.account])
        talk.left(removed)
        await talk.untilAll('to see one less', async (person) => (await person.client.groups.state(talk.chat))?.members.length === size - 1)
        await talk.everybodySays(1)
        await talk.untilArrived(arrivalTimeoutMs)
      })
      await talk.untilAgreed(arrivalTimeoutMs)
      await talk.check()
      const connected = crowd.filter((_, index) => network.relays[index % network.relays.length]!.region !== 'us')
      await stage.step('the silent ones whose relay lived have the whole log', () => untilTogether(connected))
      stage.check('the silent ones all have the same log, nothing twice', [...new Set(connected.map(({ chain }) => chain))].length === 1 && connected.every(({ repeats }) => repeats === 0)
        ? []
        : connected.flatMap(({ seq, chain, repeats }, index) => chain === connected[0]!.chain && repeats === 0 ? [] : [`number ${index} is at ${seq} with another hash, ${repeats} repeats`]))
    } finally {
      await Promise.all(crowd.map((member) => member.leave()))
    }
  }
}

/** Until all stand at the same number, and it stays. */
async function untilTogether (crowd: readonly SilentMember[]): Promise<void> {
  let highest = 0
  await until(async () => {
    const before = highest
    highest = Math.max(...crowd.map(({ seq }) => seq))
    return highest === before && crowd.every(({ seq }) => seq === highest)
  }, { timeoutMs: arrivalTimeoutMs, what: () => `everybody at ${highest} (${crowd.filter(({ seq }) => seq < highest).length} are behind)` })
}
