/** `heliograph device …`: the devices of this account: list, link, approve, rename, unlink. */
import { Command } from 'commander'
import { createInterface } from 'node:readline'
import { collect, command, examples, run, type Outcome } from '../command.ts'
import { dataDir, say, sayJson, warn, type ApprovalLike, type ClientLike, type CommonOptions, type Context } from '../context.ts'
import { printableName } from '../describe-messages.ts'
import { answer, atDesk, withTimeout, type Desk, type DeskOptions } from '../desk.ts'
import { aboutDevices, aboutFolder, aboutRelays } from '../explain.ts'
import { exitCodes } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { qrLines } from '../qr-code.ts'
import { checkAddress, readSettings, writeSettings } from '../settings.ts'
import { stopOnSignals } from '../stopping.ts'

type Device = Awaited<ReturnType<ClientLike['devices']['list']>>[number]

/** The beginning is as good as the whole: nobody has that many. */
const shortDevice = (device: Device): string => device.id.slice(-8)
const nameOf = (device: Device): string => device.name === '' ? shortDevice(device) : printableName(device.name)

const deviceJson = (device: Device): Record<string, unknown> => ({ device: device.id, name: device.name, isThis: device.isThis, isPrimary: device.isPrimary, linkedAt: device.linkedAtMs === undefined ? null : new Date(device.linkedAtMs).toISOString() })

function deviceLine (device: Device): string {
  const marks = [...(device.isPrimary ? ['primary'] : []), ...(device.isThis ? ['this device'] : []), ...(device.linkedAtMs === undefined ? [] : [`linked ${new Date(device.linkedAtMs).toISOString().slice(0, 10)}`])]
  return `${shortDevice(device)}  ${device.name === '' ? '(no name)' : printableName(device.name)}  ${marks.join(', ')}`.trimEnd()
}

export async function deviceFor (client: ClientLike, what: string): Promise<Device> {
  const all = await client.devices.list()
  const text = what.trim()
  const found = all.filter(({ id, name, isThis }) => id === text || name.toLowerCase() === text.toLowerCase() || (text === 'this' && isThis) || (text.length >= 4 && id.endsWith(text)))
  if (found.length === 1) return found[0]!
  throw new CliError(found.length === 0 ? `There is no device "${printableName(what)}". See "heliograph device list".` : `More than one device is "${printableName(what)}". Name it by its id.`, { exitCode: exitCodes.notFound, code: 'NO_DEVICE' })
}

export function deviceCommand (context: Context, outcome: Outcome): Command {
  const device = new Command('device').summary('several devices of one account').description('Up to ten devices of one account. The one that made the account is the primary: it links and unlinks the others.')

  device.addCommand(command('list', 'list the devices of this account')
    .addHelpText('after', examples('device list', 'device list --json'))
    .action((options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const all = await desk.client.devices.list()
      return { lines: all.map(deviceLine), json: all.map(deviceJson) }
    })))

  device.addCommand(command('link', 'make this a device of an account that another device has')
    .option('--name <name>', 'what you call this device')
    .option('--relay <name|address>', 'where the two devices meet (default: the nearest relay)')
    .option('--region <region>', 'prefer relays of this region')
    .option('--bootstrap <address>', 'address of a relay or bootstrap node to start from; may be repeated', collect)
    .option('--no-qr', 'only the code as text')
    .addHelpText('after', examples('device link --data ./laptop --name laptop --bootstrap /dns4/eu-1.example.org/tcp/4001/p2p/12D3KooW…') +
      '\nShows a code. Give it to your primary device: heliograph device approve CODE. Both then show six digits; when they are\nthe same, say yes there.\n')
    .action((options: LinkOptions) => run(context, outcome, options, () => link(context, options))))

  device.addCommand(withTimeout(command('approve', 'primary device: link the device that shows this code')
    .argument('<code>', 'heliograph:link?…, as the new device shows it')
    .option('--digits <six digits>', 'what the new device shows; compared here')
    .option('--yes', 'do not ask; only together with --digits'))
    .addHelpText('after', examples('device approve "heliograph:link?v=1&id=…"', 'device approve "heliograph:link?v=1&id=…" --digits 123456 --yes'))
    .action((code: string, options: ApproveOptions) => atDesk(context, outcome, options, async (desk) => {
      if (options.yes === true && options.digits === undefined) throw new CliError('--yes needs --digits with what the new device shows: without comparing them somebody else\'s device might be linked.', { exitCode: exitCodes.usage, code: 'USAGE' })
      await desk.connect()
      const approval = await desk.client.devices.approve(code.trim(), { signal: AbortSignal.timeout(desk.leftMs) }).catch((error: unknown) => { throw aboutDevices(error) })
      return await approve(desk, approval, options)
    })))

  device.addCommand(withTimeout(command('rename', 'give a device a name').argument('<device>', 'its name or id, or "this"').argument('<name>', 'what you call it'))
    .addHelpText('after', examples('device rename this phone', 'device rename 5dQh3kXe laptop'))
    .action((what: string, name: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const { id } = await deviceFor(desk.client, what)
      await desk.client.devices.rename(id, name)
      return await desk.handedOver(answer(`It is called ${printableName(name)} now.`, { device: id, name }))
    })))

  device.addCommand(withTimeout(command('unlink', 'primary device: log a device out').argument('<device>', 'its name or id'))
    .addHelpText('after', examples('device unlink laptop') + '\nIt is refused by the relay from now on, and nobody encrypts for it any more. What it has stored stays there.\n')
    .action((what: string, options: DeskOptions) => atDesk(context, outcome, options, async (desk) => {
      const found = await deviceFor(desk.client, what)
      await desk.connect()
      await desk.client.devices.unlink(found.id).catch((error: unknown) => { throw aboutDevices(error) })
      return await desk.handedOver(answer(`${nameOf(found)} is not a device of this account any more.`, { device: found.id, unlinked: true }))
    })))

  return device
}

interface LinkOptions extends CommonOptions { name?: string, relay?: string, region?: string, bootstrap?: string[], qr: boolean }
interface ApproveOptions extends DeskOptions { digits?: string, yes?: boolean }

async function approve (desk: Desk, approval: ApprovalLike, options: ApproveOptions): Promise<ReturnType<typeof answer>> {
  const { context } = desk
  try {
    const digits = options.digits?.replaceAll(/\s/g, '')
    if (digits !== undefined && digits !== approval.shortCode) throw new CliError(`The digits are not the same: ${spaced(approval.shortCode)} here. Somebody may sit between the two devices. Nothing was linked.`, { code: 'DIGITS_DIFFER' })
    if (options.yes !== true) {
      const says = await ask(context, `The new device must show ${spaced(approval.shortCode)}. Is it the same? Link it? [y/N] `)
      if (!/^y(es)?$/i.test(says.trim())) throw new CliError('Nothing was linked.', { code: 'CANCELLED' })
    }
  } catch (error) {
    approval.reject()
    throw error
  }
  const progress = progressOf(context, options)
  const { id } = await approval.confirm({ onProgress: progress.at }).catch((error: unknown) => { throw aboutDevices(error) })
  if (options.json !== true && !desk.isInChat) say(context, 'Linked. Handing over the history …')
  const isWhole = await approval.history
  progress.end()
  return answer(isWhole ? 'Done: the new device has everything.' : 'Linked, but the new device left before it had the whole history.', { device: id, linked: true, hasWholeHistory: isWhole })
}

async function link (context: Context, options: LinkOptions): Promise<number> {
  const folder = dataDir(context, options)
  const before = await readSettings(folder)
  const bootstrap = options.bootstrap?.map(checkAddress) ?? before?.bootstrap ?? []
  const isAddress = options.relay?.startsWith('/') === true
  const from = bootstrap.length === 0 && isAddress ? [checkAddress(options.relay!)] : bootstrap
  if (from.length === 0) throw new CliError('No relay is known yet. Give one with --bootstrap: the same as your other device uses is in its settings.json.', { exitCode: exitCodes.usage, code: 'NO_BOOTSTRAP' })
  const region = options.region ?? before?.region
  const settings = { ...before, bootstrap: from, ...(region === undefined ? {} : { region }) }
  const stopping = stopOnSignals(context)
  const { client, close } = await context.openClient({ folder, config: settings, verbose: options.verbose ?? false }).catch((error: unknown) => { throw aboutFolder(error, folder) })
  try {
    if (client.account !== undefined) throw new CliError(`There is an account in ${folder} already. Use another folder with --data.`, { code: 'ACCOUNT_EXISTS' })
    await writeSettings(folder, settings)
    const progress = progressOf(context, options)
    const linking = await client.devices.startLinking({
      name: options.name ?? '',
      relay: options.relay,
      region,
      signal: stopping.signal,
      onProgress: progress.at
    }).catch((error: unknown) => { throw aboutRelays(error, options.relay) })
    showCode(context, linking, options)
    const digits = await linking.shortCode.catch((error: unknown) => { throw aboutDevices(error) })
    if (options.json === true) sayJson(context, { digits })
    else say(context, `\nThe other device must show the same digits:\n\n    ${spaced(digits)}\n\nWhen they are the same, say yes there.`)
    await linking.linked.catch((error: unknown) => { throw aboutDevices(error) })
    if (options.json !== true) say(context, 'Linked. Taking over the history …')
    const isWhole = await linking.hasWholeHistory
    progress.end()
    const account = client.account as ClientLike['account']
    if (options.json === true) sayJson(context, { linked: true, account: account?.id ?? null, handle: account?.handle ?? null, hasWholeHistory: isWhole })
    else say(context, `${isWhole ? 'Done' : 'Linked, without the whole history'}: this is a device of ${account?.handle || account?.id || 'the account'} now. Your keys are in ${folder}.`)
    return exitCodes.ok
  } finally {
    stopping.release()
    await close()
  }
}

function showCode (context: Context, { code, expiresAtMs }: { readonly code: string, readonly expiresAtMs: number }, options: LinkOptions): void {
  if (options.json === true) { sayJson(context, { code, expiresAt: new Date(expiresAtMs).toISOString() }); return }
  const lines = qrLines(code)
  const isWide = (context.stdout.columns ?? 0) >= lines[0]!.length
  if (options.qr && context.stdout.isTTY === true && isWide) {
    // White on black, whatever the terminal's colours are: a reader needs the one lighter than the other.
    for (const line of lines) say(context, `\u001b[97;40m${line}\u001b[0m`)
  }
  say(context, `On your primary device, within ${Math.max(1, Math.round((expiresAtMs - context.nowMs()) / 60_000))} minutes:\n\n    heliograph device approve "${code}"`)
}

const spaced = (digits: string): string => `${digits.slice(0, 3)} ${digits.slice(3)}`

/** A line every so often, and at the end; on a terminal one line that changes. */
function progressOf (context: Context, options: CommonOptions): { at: (progress: { done: number, total: number }) => void, end: () => void } {
  let lastPercent = -1
  let isOpen = false
  return {
    at ({ done, total }) {
      const percent = total === 0 ? 100 : Math.min(100, Math.floor(100 * done / total))
      if (percent === lastPercent || options.json === true || context.open !== undefined) return
      if (context.stderr.isTTY === true) {
        context.stderr.write(`\r${String(percent).padStart(3)} %`)
        isOpen = true
      } else if (percent % 25 === 0) warn(context, `${percent} %`)
      lastPercent = percent
    },
    end () { if (isOpen) context.stderr.write('\r     \r') }
  }
}

async function ask (context: Context, question: string): Promise<string> {
  if (context.ask !== undefined) return await context.ask(question)
  context.stderr.write(question)
  const input = createInterface({ input: context.stdin })
  try {
    for await (const line of input) return line
    return ''
  } finally {
    input.close()
  }
}
