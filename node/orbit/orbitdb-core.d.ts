/** The part of @orbitdb/core 4 that orbit-bundles.ts uses; the package ships no types. */
declare module '@orbitdb/core' {
  import type { EventEmitter } from 'node:events'

  export interface LamportClock { readonly id: string, readonly time: number }

  export interface Entry {
    readonly id: string
    readonly payload: unknown
    readonly next: readonly string[]
    readonly refs: readonly string[]
    readonly clock: LamportClock
    readonly v: number
    readonly key: string
    readonly identity: string
    readonly sig: string
    readonly hash: string
  }

  export interface Identity {
    readonly id: string
    /** Text that stands in entries. */
    readonly publicKey: string
    readonly hash: string
    readonly type: string
    sign (identity: Identity, data: Uint8Array): Promise<string>
    verify (signature: string, publicKey: string, data: Uint8Array): Promise<boolean>
  }

  export interface Storage {
    put (hash: string, data: unknown): Promise<void>
    get (hash: string): Promise<unknown>
    del (hash: string): Promise<void>
    iterator (): AsyncIterable<[string, unknown]>
    merge (other: Storage): Promise<void>
    clear (): Promise<void>
    close (): Promise<void>
  }

  export interface AccessController {
    readonly type: string
    /** Part of what the database's address is the hash of. */
    readonly address: string
    canAppend (entry: Entry): Promise<boolean>
  }

  export interface Log {
    heads (): Promise<Entry[]>
    has (hash: string): Promise<boolean>
    joinEntry (entry: Entry): Promise<boolean>
    /** Newest first. */
    traverse (): AsyncIterable<Entry>
  }

  export interface KeyValueDatabase {
    readonly address: string
    readonly log: Log
    readonly events: EventEmitter
    put (key: string, value: unknown): Promise<string>
    close (): Promise<void>
  }

  export interface OpenOptions {
    type: 'keyvalue'
    AccessController: () => Promise<AccessController>
    entryStorage: Storage
    headsStorage: Storage
    indexStorage: Storage
    referencesCount: number
    sync: boolean
  }

  export interface OrbitDB {
    open (name: string, options: OpenOptions): Promise<KeyValueDatabase>
    stop (): Promise<void>
  }

  export function createOrbitDB (options: { ipfs: unknown, identities: unknown, identity: Identity, directory: string }): Promise<OrbitDB>
}
