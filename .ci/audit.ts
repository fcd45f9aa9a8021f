/**
 * The dependencies, judged from package.json and package-lock.json alone, without a network: pinned, locked with a hash, from the
 * registry, permissively licensed in what ships, no install script that nobody has looked at, no release that an advisory names.
 *
 * Does not replace `npm audit`, which asks the registry: advisories.json holds what was known when somebody last looked (CONTRIBUTING.md).
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Locked {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly deprecated?: string
}
export interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}
export interface Lockfile { readonly lockfileVersion: number, readonly packages: Readonly<Record<string, Locked>> }
/** `affected`: pairs of the first version that has it and the first that has it no more. */
export interface Advisory { readonly id: string, readonly package: string, readonly affected: ReadonlyArray<readonly [string, string]>, readonly about: string }

const registry = 'https://registry.npmjs.org/'
const permissive = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'CC0-1.0', 'ISC', 'MIT', 'Unlicense', 'Python-2.0', 'PSF-2.0']
/** Weak copyleft by file is fine for tools: nothing of them ships. */
const forTools = [...permissive, 'MPL-2.0']
/** Package → licence that its lockfile entry does not name, with where it was read. */
const licenceElsewhere: Readonly<Record<string, string>> = {
  // `licenses` in its package.json, and LICENSE
  'prelude-ls': 'MIT'
}
/** Looked at: what they do when they are installed. */
const installScripts: Readonly<Record<string, string>> = {
  'classic-level': 'picks a prebuilt binary of its own package, compiles when there is none',
  protobufjs: 'prints a notice about version numbers'
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)

/** -1, 0 or 1; a pre-release comes before its release. */
function compareVersions (a: string, b: string): number {
  const parts = (version: string): number[] => {
    const [numbers = '', tag] = version.split('+')[0]!.split(/-(.*)/s)
    return [...numbers.split('.').map(Number), tag === undefined ? 1 : 0]
  }
  const [left, right] = [parts(a), parts(b)]
  for (const [i, number] of left.entries()) if (number !== right[i]) return number < (right[i] ?? 0) ? -1 : 1
  return 0
}

/** SPDX: `A OR B` needs one of them, `A AND B` all. */
function isAllowed (licence: string, allowed: readonly string[]): boolean {
  const plain = licence.replace(/^\((.*)\)$/, '$1')
  if (plain.includes(' AND ')) return plain.split(' AND ').every((one) => isAllowed(one, allowed))
  return plain.split(' OR ').some((one) => allowed.includes(one))
}

/** @returns what is wrong, a line each; nothing when all is well */
export function audit (manifest: Manifest, lock: Lockfile, advisories: readonly Advisory[]): string[] {
  const found: string[] = []
  if (lock.lockfileVersion !== 3) found.push(`package-lock.json: version ${lock.lockfileVersion}, not 3`)
  for (const [name, wanted] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies })) {
    const version = /^npm:.+@(.+)$/.exec(wanted)?.[1] ?? wanted
    if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) found.push(`${name}: ${wanted} is no exact version`)
    else if (lock.packages[`node_modules/${name}`]?.version !== version) found.push(`${name}: package.json says ${version}, the lockfile ${lock.packages[`node_modules/${name}`]?.version ?? 'nothing'}`)
  }
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue
    const name = nameOf(path)
    const { version = '', resolved, integrity = '', dev = false, deprecated } = entry
    const at = `${name} ${version}`
    if (entry.link === true) found.push(`${at}: a link to a folder`)
    if (!/^sha512-[\w+/]{86}==$/.test(integrity)) found.push(`${at}: no SHA-512 in the lockfile`)
    if (resolved !== undefined && !resolved.startsWith(registry)) found.push(`${at}: comes from ${resolved}`)
    if (entry.hasInstallScript === true && installScripts[name] === undefined) found.push(`${at}: runs a script when it is installed`)
    if (deprecated !== undefined && !dev) found.push(`${at}: ships and is deprecated: ${deprecated}`)
    const licence = entry.license ?? licenceElsewhere[name] ?? 'no licence named'
    if (!isAllowed(licence, dev ? forTools : permissive)) found.push(`${at}: ${licence}`)
    for (const advisory of advisories) {
      if (advisory.package !== name) continue
      if (advisory.affected.some(([from, to]) => compareVersions(version, from) >= 0 && compareVersions(version, to) < 0)) found.push(`${at}: ${advisory.id}, ${advisory.about}`)
    }
  }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const read = <T>(...path: string[]): T => JSON.parse(readFileSync(join(import.meta.dirname, ...path), 'utf8')) as T
  const [manifest, lock, advisories] = [read<Manifest>('..', 'package.json'), read<Lockfile>('..', 'package-lock.json'), read<Advisory[]>('advisories.json')]
  const found = audit(manifest, lock, advisories)
  const all = Object.entries(lock.packages).filter(([path]) => path !== '')
  for (const line of found) console.error(line)
  console.log(`audit: ${all.length} packages, ${all.filter(([, { dev }]) => dev !== true).length} of which ship, against ${advisories.length} advisories: ${found.length} found`)
  process.exitCode = found.length === 0 ? 0 : 1
}
