/**
 * What a fault below the process needs of the machine, and how it is said when that is not there. Nothing is skipped in
 * silence: a scenario that cannot run says so and ends with a status of its own.
 */
import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { CannotRunHere } from '../scenario.ts'

export interface Needs {
  /** What for, as in "power cuts". */
  readonly what: string
  readonly isRoot?: boolean
  /** Name of a program → the Debian package that has it. */
  readonly programs?: Readonly<Record<string, string>>
  readonly devices?: readonly string[]
}

/** Where programs for root are is not in everybody's PATH. */
const systemFolders = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/bin', '/bin']

/** @throws CannotRunHere with everything that is missing */
export async function checkNeeds ({ what, isRoot = false, programs = {}, devices = [] }: Needs): Promise<void> {
  const missing: string[] = []
  if (process.platform !== 'linux') missing.push('Linux')
  if (isRoot && process.getuid?.() !== 0) missing.push('root')
  for (const device of devices) if (!await isThere(device, constants.R_OK | constants.W_OK)) missing.push(`access to ${device}`)
  for (const [program, debianPackage] of Object.entries(programs)) if (await findProgram(program) === undefined) missing.push(`${program} (package ${debianPackage})`)
  if (missing.length > 0) throw new CannotRunHere(`cannot run here: ${what} need${what.endsWith('s') ? '' : 's'} ${missing.join(', ')}`)
}

export async function findProgram (name: string): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), ...systemFolders]) {
    const path = join(folder, name)
    if (folder !== '' && await isThere(path, constants.X_OK)) return path
  }
  return undefined
}

const isThere = (path: string, mode: number): Promise<boolean> => access(path, mode).then(() => true, () => false)

/** @returns its output. @throws Error with what it said on standard error */
export async function runProgram (name: string, args: readonly string[]): Promise<string> {
  const program = await findProgram(name) ?? name
  return await new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(`${name} ${args.join(' ')}: ${stderr.trim() === '' ? error.message : stderr.trim()}`))
    })
  })
}
