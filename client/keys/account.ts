/**
 * The account of this store: made once, registered at a relay, and where that relay is.
 */
import type { Dialer } from '../../protocol/byte-stream.ts'
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import type { SignedDeviceList } from '../../protocol/records/device-list.ts'
import { signHomeRecord, verifyHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { dialChannel } from '../relay/dial.ts'
import { ensureAccount, type DeviceIdentity } from './identity.ts'
import type { Draft, Ledger } from '../store/ledger.ts'
import type { AccountInfo } from '../model.ts'
import type { PrekeyBox } from './prekey-box.ts'
import type { Candidate, RelayChoice, Wish } from '../relay/relay-choice.ts'
import { sayHello, type Home } from '../relay/relay-connection.ts'
import { fromHex } from '../store/stored.ts'
import type { AccountRow, Tables } from '../store/tables.ts'

export interface AccountComponents {
  readonly ledger: Ledger
  readonly tables: Tables
  readonly prekeys: PrekeyBox
  readonly choice: RelayChoice
  readonly dialer: Dialer
  readonly clock: Clock
  readonly primitives: Primitives
  readonly device: DeviceIdentity
  readonly software: string
}

export class Account {
  readonly #on: AccountComponents
  #row: AccountRow | undefined
  #list: SignedDeviceList | undefined

  constructor (components: AccountComponents) { this.#on = components }

  async load (): Promise<void> {
    const { ledger, tables } = this.#on
    const row = await ledger.read(tables.account, 'account')
    if (row === undefined) return
    this.#row = row
    this.#list = (await ledger.read(tables.deviceLists, row.id))?.list
  }

  /** undefined until a relay has taken the account. */
  get info (): AccountInfo | undefined {
    const row = this.#row
    if (row === undefined || !row.isRegistered || row.relay === '') return undefined
    return { id: row.id, device: this.#on.device.id, handle: row.handle, home: { relay: row.relay, name: row.relayName, region: row.region } }
  }

  get home (): Home | undefined {
    const row = this.#row
    if (row === undefined || !row.isRegistered || row.relay === '' || this.#list === undefined) return undefined
    return { account: row.id, relay: row.relay, name: row.relayName === '' ? row.relay : row.relayName, addresses: row.addresses, deviceList: this.#list.bytes }
  }

  /**
   * Make the keys, if there are none, and register at the nearest relay that takes the account.
   * @throws ProtocolError NOT_ADMITTED when the store has an account already; BAD_HANDLE, HANDLE_TAKEN; UNKNOWN_RELAY;
   *   what the last relay said when none takes it. Trying again goes on with the same keys.
   */
  async create ({ handle = '', wish, signal }: { handle?: string, wish: Wish, signal: AbortSignal }): Promise<AccountInfo> {
    if (this.info !== undefined) throw new ProtocolError('NOT_ADMITTED', { what: 'there is an account already' })
    const { ledger, tables, primitives, device, clock, choice } = this.#on
    const { row, list } = await ledger.run(async (draft) => await ensureAccount(draft, tables, primitives, device, clock.nowMs()))
    this.#row = row
    this.#list = list
    let lastError: unknown
    for (const candidate of await choice.candidates(wish, signal)) {
      try {
        await this.#registerAt(candidate, handle, signal)
        return this.info!
      } catch (error) {
        signal.throwIfAborted()
        // Wrong here is wrong everywhere; the rest another relay may do better.
        if (!isProtocolError(error) || error.action === 'reject') throw error
        lastError = error
      }
    }
    throw lastError
  }

  /**
   * The home relay does not know the account, e.g. after it lost its disk: give it everything again. With a new epoch,
   * because its logs may begin anew: a number must not mean two things in one epoch.
   */
  async registerAgain (channel: Channel): Promise<void> {
    const { ledger, tables, primitives, clock } = this.#on
    const row = this.#row!
    const record = await ledger.run(async (draft) => {
      const known = await draft.read(tables.homeRecords, row.id)
      if (known === undefined) throw new ProtocolError('DATABASE_CORRUPT', { what: 'hr/' })
      const { account, homes, region, epoch } = known
      const next = signHomeRecord(primitives, { account, homes, region, epoch: epoch + 1, issuedAtMs: clock.nowMs() }, fromHex(row.seed))
      draft.write(tables.homeRecords, row.id, next)
      return next
    })
    await this.#register(channel, record, row.handle.split('@')[0] ?? '')
  }

  /**
   * Somebody shows a newer home record of this account: another device has moved it.
   * @returns whether it is newer
   * @throws ProtocolError when it is not this account's
   */
  async onMoved (bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
    const { ledger, tables, primitives, choice } = this.#on
    const row = this.#row!
    const record = verifyHomeRecord(primitives, bytes)
    if (record.account !== row.id) throw new ProtocolError('BAD_SIGNATURE', { what: 'home record of another account' })
    const known = await ledger.read(tables.homeRecords, row.id)
    if (known !== undefined && record.epoch <= known.epoch) return false
    const found = await choice.find(record.homes[0], row.addresses, signal)
    await this.#save((draft) => {
      draft.write(tables.homeRecords, row.id, record)
      return { ...row, relay: record.homes[0], relayName: found?.name ?? '', region: record.region, addresses: found?.addresses ?? [] }
    })
    return true
  }

  /** Where the home relay can be reached now. @throws ProtocolError when no directory answers */
  async findAddresses (signal: AbortSignal): Promise<void> {
    const row = this.#row!
    if (row.relay === '') return
    const found = await this.#on.choice.find(row.relay, row.addresses, signal)
    if (found === undefined || sameAddresses(found.addresses, row.addresses)) return
    await this.#save(() => ({ ...row, relayName: found.name, region: found.region, addresses: found.addresses }))
  }

  async #registerAt (candidate: Candidate, handle: string, signal: AbortSignal): Promise<void> {
    const { device: _device, ledger, tables, software } = this.#on
    const row = this.#row!
    const channel = await dialChannel(this.#on, { target: { addresses: candidate.addresses, expect: candidate.relay }, protocol: protocols.client, signal })
    channel.start()
    try {
      const welcome = await sayHello(channel, { account: row.id, deviceList: this.#list!.bytes }, software, { signal })
      const region = candidate.region === '' ? welcome.region : candidate.region
      const record = await ledger.run(async (draft) => await this.#homeRecord(draft, candidate, region))
      const complete = await this.#register(channel, record, handle, signal)
      await this.#save(() => ({
        ...row,
        isRegistered: true,
        handle: complete,
        relay: candidate.relay,
        relayName: welcome.relayName === '' ? candidate.name : welcome.relayName,
        region,
        addresses: candidate.addresses
      }), (draft) => { draft.write(tables.homeRecords, row.id, record) })
    } finally {
      await channel.close()
    }
  }

  /** The record that names this relay. Another relay than last time is a move, with its own epoch, also if the first try only seemed to fail. */
  async #homeRecord (draft: Draft, candidate: Candidate, region: string): Promise<SignedHomeRecord> {
    const { tables, primitives, clock } = this.#on
    const row = this.#row!
    const known = await draft.read(tables.homeRecords, row.id)
    if (known !== undefined && known.homes[0] === candidate.relay) return known
    const record = signHomeRecord(primitives, { account: row.id, epoch: (known?.epoch ?? 0) + 1, homes: [candidate.relay], region, issuedAtMs: clock.nowMs() }, fromHex(row.seed))
    draft.write(tables.homeRecords, row.id, record)
    return record
  }

  /** @returns the complete handle */
  async #register (channel: Channel, record: SignedHomeRecord, handle: string, signal?: AbortSignal): Promise<string> {
    const { ledger, prekeys } = this.#on
    const upload = (await ledger.run(async (draft) => await prekeys.prepareUpload(draft, 0, { isComplete: true })))!
    const registered = await channel.call(clientMethods.register, { homeRecord: record.bytes, handle, prekeys: upload }, signal === undefined ? {} : { signal })
    // [REJECT] another handle than the one asked for, or none that can be shown
    if (!isHandleFor(handle, registered.handle)) throw new ProtocolError('MALFORMED', { what: 'handle' })
    await ledger.run(async (draft) => { await prekeys.published(draft, upload) })
    return registered.handle
  }

  async #save (change: (draft: Draft) => AccountRow, also?: (draft: Draft) => void): Promise<void> {
    const { ledger, tables } = this.#on
    await ledger.run((draft) => {
      also?.(draft)
      const row = change(draft)
      draft.write(tables.account, 'account', row)
      draft.after(() => { this.#row = row })
    })
  }
}

/** `given` is `name@relay`, for the name asked for; any name or none when none was asked for. */
function isHandleFor (asked: string, given: string): boolean {
  if (given === '') return asked === ''
  const [, name, relay] = /^([a-z][a-z0-9._-]*)@([a-z0-9.-]+)$/.exec(given) ?? []
  return name !== undefined && relay !== undefined && name.length <= limits.handleMaxChars && relay.length <= limits.relayNameBytes && (asked === '' || name === asked.toLowerCase())
}

const sameAddresses = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((address, i) => address === b[i])
