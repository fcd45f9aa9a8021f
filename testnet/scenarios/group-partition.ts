/** A third of a group is cut off, both sides go on, admins act on both; after healing everybody has the same. */
import { regions } from '../network/network.ts'
import type { Scenario } from '../scenario.ts'
import { GroupTalk } from './group-talk.ts'

const peoplePerRegion = 3
const messagesEach = 15
/** Longer than a request may take (10 s), so that relays give up and find one another again. */
const holdMs = 12_000
const arrivalTimeoutMs = 60_000
/** Backoff between tries goes up to 30 s, and a half-open connection is noticed after 60. */
const healTimeoutMs = 120_000

export const groupPartition: Scenario = {
  name: 'group-partition',
  summary: 'a third of a group of nine is cut off; both sides write and act; after healing all have the same',

  async run (stage) {
    const each = Math.max(2, Math.round(messagesEach * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const people = await stage.step(`${peoplePerRegion} people in each of three regions`, async () => {
      const made = []
      for (let index = 0; index < peoplePerRegion; index++) for (const region of regions) made.push(await stage.person(`${region}${index}`, region))
      return made
    })
    const [founder, ...others] = people
    await stage.step('the first knows everybody', async () => { for (const other of others) { await founder!.befriend(other); await other.befriend(founder!) } })
    const talk = await stage.step('and makes a group of them', () => GroupTalk.create(stage, 'strait', people))
    const [, second] = people.filter(({ region }) => region === 'eu')
    const away = people.filter(({ region }) => region === 'ap')
    const [awayAdmin, awayMember] = away
    await stage.step('somebody on each side becomes an admin', async () => {
      for (const admin of [second!, awayAdmin!]) await founder!.client.groups.setRole(talk.chat, admin.account, 'admin')
      await talk.untilAll('to know the admins', async (person) => (await person.client.groups.state(talk.chat))?.members.filter(({ role }) => role === 'admin').length === 2)
    })
    await stage.step(`each says ${each} things, which arrive`, async () => { await talk.everybodySays(each); await talk.untilArrived(arrivalTimeoutMs) })
    await stage.step('ap is cut off', async () => { for (const other of ['eu', 'us'] as const) network.cut('ap', other, 'silence') })
    await stage.step(`all nine say ${each} things, on both sides of the cut`, () => talk.everybodySays(each))
    await stage.step('on both sides an admin acts: one renames the group, one takes the right to add away', async () => {
      // The one that is cut off cannot be decided before the cables are mended: it waits, and is decided anew then.
      const pending = awayAdmin!.client.groups.setSettings(talk.chat, { whoMayAdd: 'admins' })
      await second!.client.groups.setProfile(talk.chat, { name: 'wide strait' })
      await new Promise((resolve) => { setTimeout(resolve, holdMs * Math.min(1, stage.scale * 4)) })
      for (const other of ['eu', 'us'] as const) network.heal('ap', other)
      await pending
    })
    await stage.step('the cables are mended and everything arrives', () => talk.untilArrived(healTimeoutMs))
    await stage.step('both acts are there for all', () => talk.untilAll('to see both', async (person) => {
      const state = await person.client.groups.state(talk.chat)
      return state?.name === 'wide strait' && state.settings.whoMayAdd === 'admins'
    }, { timeoutMs: healTimeoutMs }))
    await stage.step('somebody from there is removed, and all see it', async () => {
      await awayAdmin!.client.groups.remove(talk.chat, [awayMember!.account])
      talk.left(awayMember!)
      await talk.untilAll('to see eight', async (person) => (await person.client.groups.state(talk.chat))?.members.length === people.length - 1)
    })
    await stage.step('the others go on', async () => { await talk.everybodySays(1); await talk.untilArrived(arrivalTimeoutMs); await talk.untilAgreed(healTimeoutMs) })
    await talk.check()
  }
}
