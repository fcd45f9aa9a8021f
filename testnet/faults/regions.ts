/**
 * Regions as network namespaces, with delay, jitter, loss and cuts between them, one way each, for every packet of whatever
 * runs inside (regions.c). Needs root and /dev/net/tun; leaves nothing behind however it ends.
 */
import { networkInterfaces } from 'node:os'
import { CannotRunHere } from '../scenario.ts'
import { compileProgram, compilerPrograms } from './compiled.ts'
import { Holder } from './holder.ts'
import { checkNeeds } from './needs.ts'

export interface Link {
  /** One way. */
  readonly delayMs: number
  /** On top, evenly from 0 to this; packets stay in order. */
  readonly jitterMs?: number
  /** Of 1. */
  readonly loss?: number
}

const subnets = 64
const regionsPerSubnet = 8

/** One that no other run on this machine uses. */
function freeSubnet (): number {
  const used = new Set(Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []).map(({ address }) => address))
  for (let tried = 0; tried < subnets; tried++) {
    const subnet = (process.pid + tried) % subnets
    if (!used.has(hostOf(subnet, 0))) return subnet
  }
  throw new CannotRunHere(`cannot run here: all ${subnets} subnets for regions are in use`)
}

function hostOf (subnet: number, region: number): string {
  const place = subnet * regionsPerSubnet + region
  return `198.${18 + Math.floor(place / 256)}.${place % 256}.1`
}

export class Regions<Name extends string> {
  readonly #holder: Holder
  readonly #names: readonly Name[]
  readonly #subnet: number
  readonly #spaces: ReadonlyMap<number, string>

  private constructor (holder: Holder, names: readonly Name[], subnet: number, spaces: ReadonlyMap<number, string>) {
    this.#holder = holder
    this.#names = names
    this.#subnet = subnet
    this.#spaces = spaces
  }

  /** @param folder for the compiled program. @throws CannotRunHere */
  static async open<Name extends string> (names: readonly Name[], { folder, seed }: { folder: string, seed: number }): Promise<Regions<Name>> {
    await checkNeeds({ what: 'network namespaces', isRoot: true, programs: { ...compilerPrograms, nsenter: 'util-linux' }, devices: ['/dev/net/tun'] })
    const program = await compileProgram('regions', folder)
    const subnet = freeSubnet()
    const spaces = new Map<number, string>()
    const holder = await Holder.start(program, [String(names.length), String(subnet), String(seed)], (line) => {
      const [, region, fd] = /^region (\d+) fd (\d+)$/.exec(line) ?? []
      if (region !== undefined) spaces.set(Number(region), fd!)
    })
    return new Regions(holder, names, subnet, spaces)
  }

  /** Where everything in a region listens and is reached, from this process, too (without delay). */
  host (name: Name): string { return hostOf(this.#subnet, this.#index(name)) }

  /** Words before a command that is to run there. */
  prefix (name: Name): string[] { return ['nsenter', `--net=/proc/${this.#holder.pid}/fd/${this.#spaces.get(this.#index(name))!}`] }

  /** Both ways. */
  link (a: Name, b: Name, { delayMs, jitterMs = 0, loss = 0 }: Link): void {
    for (const [from, to] of [[a, b], [b, a]] as const) this.#holder.tell(`link ${this.#index(from)} ${this.#index(to)} ${Math.round(delayMs * 1000)} ${Math.round(jitterMs * 1000)} ${Math.round(loss * 1_000_000)}`)
  }

  /** Nothing passes from `from` to `to` any more, also what is on its way; the other direction is another thing. */
  cutOneWay (from: Name, to: Name): void { this.#holder.tell(`cut ${this.#index(from)} ${this.#index(to)}`) }
  cut (a: Name, b: Name): void { this.cutOneWay(a, b); this.cutOneWay(b, a) }
  heal (a: Name, b: Name): void { for (const [from, to] of [[a, b], [b, a]] as const) this.#holder.tell(`heal ${this.#index(from)} ${this.#index(to)}`) }

  /** Packets between regions so far. */
  async stats (): Promise<{ passed: number, lost: number }> {
    const total = { passed: 0, lost: 0 }
    await this.#holder.ask('stats', (line) => {
      const [, from, to, passed, lost] = /^stats (\d+) (\d+) (\d+) (\d+)$/.exec(line) ?? []
      if (from !== undefined && from !== '0' && to !== '0') { total.passed += Number(passed); total.lost += Number(lost) }
      return line === 'end'
    })
    return total
  }

  async close (): Promise<void> { await this.#holder.close() }

  #index (name: Name): number { return this.#names.indexOf(name) + 1 }
}
