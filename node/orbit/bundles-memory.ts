/**
 * Bundles in memory, for tests and simulation: relays of one process that follow each other over whatever `reaches` says.
 */
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import type { BundleLogs, FollowedBundles, OwnBundles, TakeBundle } from './bundles.ts'

type Copies = Map<string, Uint8Array[]>
interface Follower { readonly by: RelayId, readonly of: RelayId, readonly copy: Uint8Array[], hear (): void }

const nameOf = (relay: RelayId, generation: number): string => `${relay}/${generation}`

/** What the relays of one process share. */
export class MemoryBundleNetwork {
  readonly copies = new Map<RelayId, Copies>()
  readonly followers = new Map<string, Set<Follower>>()
  readonly reaches: (from: RelayId, to: RelayId) => boolean

  constructor ({ reaches = () => true }: { reaches?: (from: RelayId, to: RelayId) => boolean } = {}) { this.reaches = reaches }

  copyAt (relay: RelayId, name: string): Uint8Array[] {
    const copies = this.copies.get(relay) ?? new Map<string, Uint8Array[]>()
    this.copies.set(relay, copies)
    const copy = copies.get(name) ?? []
    copies.set(name, copy)
    return copy
  }
}

export class MemoryBundles implements BundleLogs {
  readonly self: RelayId
  readonly #network: MemoryBundleNetwork
  readonly #open = new Set<FollowedBundles>()

  constructor (self: RelayId, network: MemoryBundleNetwork) {
    this.self = self
    this.#network = network
  }

  own (generation: number): Promise<OwnBundles> {
    const name = nameOf(this.self, generation)
    const copy = this.#network.copyAt(this.self, name)
    return Promise.resolve({
      get length () { return copy.length },
      append: (bundle) => {
        copy.push(bundle.slice())
        for (const follower of this.#network.followers.get(name) ?? []) if (this.#network.reaches(this.self, follower.by)) follower.hear()
        return Promise.resolve(copy.length)
      },
      close: () => Promise.resolve()
    })
  }

  async follow (relay: RelayId, generation: number, after: number, take: TakeBundle): Promise<FollowedBundles> {
    const name = nameOf(relay, generation)
    const copy = this.#network.copyAt(this.self, name)
    let taken = Math.min(after, copy.length)
    let taking: Promise<void> = Promise.resolve()
    const takeAll = async (): Promise<void> => { while (taken < copy.length) await take(copy[taken]!, ++taken) }
    const catchUp = (from: readonly Uint8Array[]): Promise<void> => {
      copy.push(...from.slice(copy.length))
      taking = taking.then(takeAll)
      return taking
    }
    const follower: Follower = { by: this.self, of: relay, copy, hear: () => { void catchUp(this.#network.copyAt(relay, name)) } }
    const followers = this.#network.followers.get(name) ?? new Set()
    this.#network.followers.set(name, followers.add(follower))
    await takeAll()
    const followed: FollowedBundles = {
      get bytes () { return copy.reduce((sum, bundle) => sum + bundle.byteLength, 0) },
      isBehind: false,
      refresh: async (others) => {
        const source = [relay, ...others].find((one) => this.#network.reaches(this.self, one) && this.#network.copies.get(one)?.has(name) === true)
        if (source === undefined) throw new ProtocolError('HOME_UNREACHABLE')
        await catchUp(this.#network.copyAt(source, name))
      },
      close: async () => {
        followers.delete(follower)
        this.#open.delete(followed)
        await taking
      }
    }
    this.#open.add(followed)
    return followed
  }

  drop (relay: RelayId, generation: number): Promise<void> {
    this.#network.copies.get(this.self)?.delete(nameOf(relay, generation))
    return Promise.resolve()
  }

  async stop (): Promise<void> { for (const followed of this.#open) await followed.close() }
}
