/** `heliograph home …`: the relay that keeps the account's messages, who stands in for it, and moving. */
import { Command } from 'commander'
import { command, examples, type Outcome } from '../command.ts'
import type { ClientLike, Context } from '../context.ts'
import { printableName } from '../describe-messages.ts'
import { answer, atDesk, withTimeout, type Answer, type Desk, type DeskOptions } from '../desk.ts'
import { aboutHome } from '../explain.ts'
import { mustBeLinked, untilOnline } from '../session.ts'

type Status = Awaited<ReturnType<ClientLike['home']['status']>>
type Place = Pick<Status, 'name' | 'region'>

const placeText = ({ name, region }: Place): string => `${printableName(name)}${region === '' ? '' : ` (${printableName(region)})`}`
const placeJson = ({ relay, name, region }: Pick<Status, 'relay' | 'name' | 'region'>): Record<string, unknown> => ({ relay, name, region })

export const homeJson = (status: Status): Record<string, unknown> => ({
  home: placeJson(status),
  epoch: status.epoch,
  online: status.isOnline,
  standby: status.standby === undefined ? null : placeJson(status.standby),
  standbyInSync: status.isStandbyInSync ?? null,
  wish: status.wish,
  mayMove: status.mayMove,
  primary: status.isPrimary,
  downSince: status.downSinceMs === undefined ? null : new Date(status.downSinceMs).toISOString(),
  guestOf: status.guestOf === undefined ? null : placeJson(status.guestOf)
})

const syncText = ({ isStandbyInSync }: Status): string => isStandbyInSync === undefined ? '' : isStandbyInSync ? ', has everything' : ', does not have everything yet'
const wishText = { auto: 'chosen by itself', chosen: 'chosen by you', none: '' } as const

export function homeLines (status: Status): string[] {
  const { downSinceMs, guestOf, standby, wish } = status
  const state = status.isOnline ? 'online' : downSinceMs === undefined ? 'not connected' : `does not answer since ${new Date(downSinceMs).toISOString().slice(11, 19)} UTC`
  return [
    `Home     ${placeText(status)}, ${state}`,
    standby !== undefined
      ? `Standby  ${placeText(standby)}, ${wishText[wish] === '' ? 'not wanted any more' : wishText[wish]}${syncText(status)}`
      : `Standby  none${wish === 'none' ? '' : ' yet'}`,
    ...(guestOf === undefined ? [] : [`Guest    of ${placeText(guestOf)}: what you write goes over it until your home is back`]),
    ...(standby !== undefined && !status.mayMove ? ['This device does not know yet what to do when the home dies; it hears of it from your primary device.'] : [])
  ]
}

const shown = (status: Status): Answer => ({ lines: homeLines(status), json: [homeJson(status)] })

export function homeCommand (context: Context, outcome: Outcome): Command {
  const home = new Command('home').summary('the relay that keeps your messages, and moving to another').description('Your account lives at one relay. Another one, the standby, has everything as well and takes over when the first one dies.')

  home.addCommand(withTimeout(command('show', 'where your account lives, and who stands in'))
    .addHelpText('after', examples('home show', 'home show --json'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      await connected(desk)
      return shown(await desk.client.home.status())
    })))

  home.addCommand(withTimeout(command('standby', 'primary device: choose who stands in when your home dies').argument('<relay>', 'its name or address, "auto" or "none"'))
    .addHelpText('after', examples('home standby auto', 'home standby us-1.example.org', 'home standby none') +
      '\n"auto", as from the beginning: the nearest relay that somebody else runs in another region.\n')
    .action((relay: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      await desk.connect()
      const status = await desk.client.home.setStandby(relay.trim(), { signal: AbortSignal.timeout(desk.leftMs) }).catch((error: unknown) => { throw aboutHome(error, relay) })
      const line = status.standby !== undefined
        ? `When ${printableName(status.name)} dies, your account moves to ${placeText(status.standby)} by itself.`
        : relay.trim() === 'none' ? 'Nobody stands in for your home any more.' : 'No other relay answers that could stand in; one is looked for again.'
      return await desk.handedOver(answer(line, homeJson(status)))
    })))

  home.addCommand(withTimeout(command('move', 'live at another relay from now on').argument('[relay]', 'its name or address (default: the standby, else the best that answers)'))
    .addHelpText('after', examples('home move', 'home move ap-1.example.org') +
      '\nWorks also when your home does not answer. Your contacts do nothing; your handle there may be another one.\n')
    .action((relay: string | undefined, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      await connected(desk)
      const before = (await desk.client.home.status()).name
      const status = await desk.client.home.move(relay?.trim(), { signal: AbortSignal.timeout(desk.leftMs) }).catch((error: unknown) => { throw aboutHome(error, relay ?? '') })
      const handle = desk.client.account?.handle ?? ''
      return await desk.handedOver(answer(`You have moved from ${printableName(before)} to ${placeText(status)}.${handle === '' ? '' : ` Your handle is ${printableName(handle)}.`}`, { ...homeJson(status), handle }))
    })))

  return home
}

/** Connected if the home answers soon: of one that does not there is something to say as well. */
async function connected (desk: Desk): Promise<void> {
  mustBeLinked(desk.client)
  if (desk.isInChat) return
  await untilOnline(desk.client, { timeoutMs: Math.min(patienceMs, desk.leftMs) }).catch(() => { /* what is known is shown all the same */ })
}

const patienceMs = 4_000
