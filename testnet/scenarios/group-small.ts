/** Five people over three regions: everything that happens in a small group. */
import { isProtocolError } from '../../protocol/errors.ts'
import { until } from '../network/person.ts'
import type { Scenario } from '../scenario.ts'
import { GroupTalk } from './group-talk.ts'

const messagesEach = 40
const arrivalTimeoutMs = 60_000

export const groupSmall: Scenario = {
  name: 'group-small',
  summary: 'five people over three regions: write, join, leave, are removed, give receipts',

  async run (stage) {
    const each = Math.max(3, Math.round(messagesEach * stage.scale))
    await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [ann, bob, cleo, dora] = await stage.step('four people are online', async () => [
      await stage.person('ann', 'eu'), await stage.person('bob', 'ap'), await stage.person('cleo', 'us'), await stage.person('dora', 'eu')
    ] as const)
    const erik = await stage.step('and a fifth, who is not asked yet', () => stage.person('erik', 'ap'))
    await stage.step('ann knows everybody, and everybody knows ann', async () => {
      for (const other of [bob, cleo, dora, erik]) { await ann.befriend(other); await other.befriend(ann) }
    })
    const talk = await stage.step('ann makes a group of four; all of them see it', () => GroupTalk.create(stage, 'harbour', [ann, bob, cleo, dora]))
    await stage.step(`each says ${each} things at the same time`, () => talk.everybodySays(each))
    await stage.step('all of it arrives', () => talk.untilArrived(arrivalTimeoutMs))
    const first = await stage.step('ann says one thing, and sees two ticks when all have it', async () => {
      const message = await talk.say(ann)
      await until(async () => (await ann.client.history(talk.chat)).some(({ id, state }) => id === message.id && state === 'delivered'), { timeoutMs: arrivalTimeoutMs, what: () => 'two ticks in the group' })
      return message
    })
    await stage.step('three read it; ann sees who', async () => {
      for (const reader of [bob, cleo, dora]) await reader.client.markRead(talk.chat)
      await until(async () => (await ann.client.groups.receiptsOf(talk.chat, first.id)).every(({ state }) => state === 'read'), { timeoutMs: arrivalTimeoutMs, what: () => 'everybody to have read it' })
    })
    await stage.step('bob tries to add erik, which only admins may here', async () => {
      await ann.client.groups.setSettings(talk.chat, { whoMayAdd: 'admins' })
      await talk.untilAll('to know the setting', async (person) => (await person.client.groups.state(talk.chat))?.settings.whoMayAdd === 'admins')
      await refused(bob.client.groups.add(talk.chat, [erik.account]), 'NOT_ALLOWED')
    })
    await stage.step('ann makes bob an admin, and bob adds erik', async () => {
      await bob.befriend(erik)
      await erik.befriend(bob)
      await ann.client.groups.setRole(talk.chat, bob.account, 'admin')
      await until(async () => (await bob.client.groups.state(talk.chat))?.members.some(({ account, role }) => account === bob.account && role === 'admin') === true, { timeoutMs: arrivalTimeoutMs, what: () => 'bob to be an admin' })
      await bob.client.groups.add(talk.chat, [erik.account])
      talk.joined(erik)
      await talk.untilAll('to see erik', async (person) => (await person.client.groups.state(talk.chat))?.members.length === 5)
    })
    await stage.step(`all five say ${each} things`, async () => { await talk.everybodySays(each); await talk.untilArrived(arrivalTimeoutMs) })
    await stage.step('ann removes dora, cleo leaves', async () => {
      await ann.client.groups.remove(talk.chat, [dora.account])
      talk.left(dora)
      await cleo.client.groups.leave(talk.chat)
      talk.left(cleo)
      await talk.untilAll('to see three', async (person) => (await person.client.groups.state(talk.chat))?.members.length === 3)
      await until(async () => (await dora.client.groups.state(talk.chat))?.isMember === false, { timeoutMs: arrivalTimeoutMs, what: () => 'dora to know' })
    })
    await stage.step('dora cannot write any more', async () => { await refused(dora.client.send(talk.chat, 'dora is still here, or is she?'), 'NOT_A_MEMBER') })
    await stage.step('the three who are left go on', async () => { await talk.everybodySays(each); await talk.untilArrived(arrivalTimeoutMs) })
    await stage.step('everybody sees the same group', () => talk.untilAgreed(arrivalTimeoutMs))
    await talk.check()
  }
}

async function refused (work: Promise<unknown>, code: 'NOT_ALLOWED' | 'NOT_A_MEMBER'): Promise<void> {
  try {
    await work
  } catch (error) {
    if (isProtocolError(error, code)) return
    throw error
  }
  throw new Error(`it was not refused with ${code}`)
}
