/**
 * What is known from directories, by relay and person: this relay's own (what was published) and copies of others.
 *
 * Owns: rows `m`, `o`, `f`, `p`, `n` of rows.ts, and that a bundle is indexed together with how far was read.
 * Does not check signatures: who reads does (people-records.ts).
 */
import { sameBytes, toHex, utf8, fromUtf8 } from '../../protocol/bytes.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { accountIdFromBytes, keyBytes, type AccountId, type RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { decode, encode } from '../../protocol/wire/codec.ts'
import { DirectoryBundle, DirectoryPerson } from '../../protocol/wire/gen/directory.js'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { mergePerson } from './people-records.ts'
import type { Row, Rows } from './rows.ts'

/** How far a relay's directory was read. */
export interface Followed {
  readonly generation: number
  /** Position of the last bundle that was indexed. */
  readonly position: number
  /** When somebody here looked for people there last; 0: never, it is kept because there is room. */
  readonly wantedAtMs: number
}

const generationBytes = 4
const ownKey = 'm/own'
const publishedKey = (generation: number, account: AccountId): string => `o/${generation}/${account}`
const followedKey = (relay: RelayId): string => `f/${relay}`
const personKey = (relay: RelayId, account: AccountId): string => `p/${relay}/${account}`
const handleKey = (relay: RelayId, hash: Uint8Array): string => `n/${relay}/${toHex(hash)}`

function withGeneration (generation: number, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(generationBytes + value.byteLength)
  new DataView(out.buffer).setUint32(0, generation)
  out.set(value, generationBytes)
  return out
}
const generationOf = (row: Uint8Array): number => new DataView(row.buffer, row.byteOffset, row.byteLength).getUint32(0)
const valueOf = (row: Uint8Array): Uint8Array => row.subarray(generationBytes)

export class DirectoryIndex {
  readonly #rows: Rows

  constructor ({ rows }: { rows: Rows }) { this.#rows = rows }

  /** Generation of this relay's own database; 0: none was begun. */
  async ownGeneration (): Promise<number> {
    const row = await this.#rows.get(ownKey)
    return row === undefined ? 0 : generationOf(row)
  }

  async beginOwn (generation: number): Promise<void> { await this.#rows.write([{ key: ownKey, value: withGeneration(generation, new Uint8Array(0)) }]) }

  /** Hash of what was published of an account. */
  async published (generation: number, account: AccountId): Promise<Uint8Array | undefined> { return await this.#rows.get(publishedKey(generation, account)) }

  async markPublished (generation: number, hashes: ReadonlyMap<AccountId, Uint8Array>): Promise<void> {
    await this.#rows.write([...hashes].map(([account, value]) => ({ key: publishedKey(generation, account), value })))
  }

  async forgetPublished (generation: number): Promise<void> { await this.#rows.deleteAll(`o/${generation}/`) }

  async * followed (): AsyncGenerator<{ relay: RelayId, followed: Followed }> {
    for await (const { key, value } of this.#rows.scan('f/')) {
      yield { relay: key.slice(2) as RelayId, followed: JSON.parse(fromUtf8(value)) as Followed }
    }
  }

  async setFollowed (relay: RelayId, followed: Followed): Promise<void> { await this.#rows.write([followedRow(relay, followed)]) }

  /**
   * Take a bundle of `relay`'s directory. The same again changes nothing.
   * @returns people that were taken; those that cannot be read are left out
   */
  async take (relay: RelayId, bytes: Uint8Array, followed: Followed): Promise<number> {
    const changes = new Map<string, Uint8Array | undefined>()
    let taken = 0
    for (const person of readBundle(bytes)) if (await this.#takePerson(relay, person, followed.generation, changes)) taken++
    const rows: Row[] = [...changes].map(([key, value]) => ({ key, value }))
    await this.#rows.write([...rows, followedRow(relay, followed)])
    return taken
  }

  async #takePerson (relay: RelayId, next: DirectoryPerson, generation: number, changes: Map<string, Uint8Array | undefined>): Promise<boolean> {
    try {
      const account = accountIdFromBytes(next.account)
      const key = personKey(relay, account)
      const row = changes.get(key) ?? await this.#rows.get(key)
      const known = row === undefined ? undefined : decode(DirectoryPerson, valueOf(row))
      const person = mergePerson(known, next)
      if (known !== undefined && known.handleHash.byteLength === keyBytes && !sameBytes(known.handleHash, next.handleHash)) {
        // It may have been given to somebody else since.
        const owner = await this.#rows.get(handleKey(relay, known.handleHash))
        if (owner !== undefined && sameBytes(valueOf(owner), next.account)) changes.set(handleKey(relay, known.handleHash), undefined)
      }
      changes.set(key, withGeneration(generation, encode(DirectoryPerson, person)))
      if (next.handleHash.byteLength === keyBytes) changes.set(handleKey(relay, next.handleHash), withGeneration(generation, next.account))
      return true
    } catch (error) {
      if (!isProtocolError(error)) throw error
      // [DROP] this person cannot be read: the others of the bundle can
      return false
    }
  }

  /** Unchecked. */
  async find (relay: RelayId, account: AccountId): Promise<DirectoryPerson | undefined> {
    const row = await this.#rows.get(personKey(relay, account))
    return row === undefined ? undefined : decode(DirectoryPerson, valueOf(row))
  }

  async ownerOf (relay: RelayId, handleHash: Uint8Array): Promise<AccountId | undefined> {
    const row = await this.#rows.get(handleKey(relay, handleHash))
    return row === undefined ? undefined : accountIdFromBytes(valueOf(row))
  }

  /** Rows of people that the last two generations did not mention any more. */
  async forgetBefore (relay: RelayId, generation: number): Promise<void> {
    for (const prefix of [`p/${relay}/`, `n/${relay}/`]) {
      const rows: Row[] = []
      for await (const { key, value } of this.#rows.scan(prefix)) {
        if (generationOf(value) < generation) rows.push({ key, value: undefined })
        if (rows.length >= 500) await this.#rows.write(rows.splice(0))
      }
      if (rows.length > 0) await this.#rows.write(rows)
    }
  }

  async forget (relay: RelayId): Promise<void> {
    await this.#rows.deleteAll(`p/${relay}/`)
    await this.#rows.deleteAll(`n/${relay}/`)
    await this.#rows.write([{ key: followedKey(relay), value: undefined }])
  }
}

const followedRow = (relay: RelayId, followed: Followed): Row => ({ key: followedKey(relay), value: utf8(JSON.stringify(followed)) })

/** People of a bundle; none when it cannot be read: its relay is broken, not we. */
function readBundle (bytes: Uint8Array): readonly DirectoryPerson[] {
  if (bytes.byteLength > limits.directoryBundleBytes) return []
  try {
    const { version, people } = decode(DirectoryBundle, bytes)
    if (version !== wireVersion) throw new ProtocolError('UNSUPPORTED_VERSION')
    return people
  } catch (error) {
    if (!isProtocolError(error)) throw error
    // [DROP] nobody in it can be looked up; what follows may be readable
    return []
  }
}
