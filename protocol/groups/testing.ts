/**
 * People with one device each, and a group that lives in memory, for the tests beside it and above. Everything comes from
 * an index; nothing here is for production.
 */
import { noblePrimitives } from '../e2ee/primitives-noble.ts'
import { groupConversation, type GroupConversation } from '../conversation.ts'
import { accountIdOfKey, type AccountId, type DeviceId } from '../ids.ts'
import { signDeviceList, type SignedDeviceList } from '../records/device-list.ts'
import { signing, testAccount, testDevice } from '../testing.ts'
import { joinProof, noHead, signControl, verifyControl, type Control, type GroupAct, type GroupLink } from './control.ts'
import { applyChange, checkControl, emptyGroup, type GroupChange, type GroupState } from './membership.ts'

export interface TestPerson {
  readonly account: AccountId
  readonly device: DeviceId
  readonly deviceSeed: Uint8Array
  readonly list: SignedDeviceList
}

const people = new Map<string, TestPerson>()

/** @param epoch of the device list; another epoch has another device */
export function testPerson (index: number, epoch = 1): TestPerson {
  const known = people.get(`${index}/${epoch}`)
  if (known !== undefined) return known
  const account = testAccount(index)
  const device = testDevice(index + 10_000 * epoch)
  const list = signDeviceList(signing, {
    account: account.id, epoch, issuedAtMs: epoch, expiresAtMs: 0, devices: [{ id: device.id, identityKey: new Uint8Array(32).fill(index), registrationId: 1 }]
  }, account.seed)
  const person = { account: account.id, device: device.id, deviceSeed: device.seed, list }
  people.set(`${index}/${epoch}`, person)
  return person
}

export const testGroup = (founder: number, nonce = 9): GroupConversation => groupConversation(testAccount(founder).id, new Uint8Array(32).fill(nonce))

/** Accounts without keys that anybody knows: to fill a group. */
export const manyAccounts = (count: number): AccountId[] => Array.from({ length: count }, (_, index) => {
  const key = new Uint8Array(32).fill(0xaa)
  new DataView(key.buffer).setUint32(0, index)
  return accountIdOfKey(key)
})

/** A link whose id, key and seed follow from `index`. */
export function testLink (index: number, rest: Partial<Pick<GroupLink, 'expiresAtMs' | 'maxUses'>> = {}): GroupLink & { seed: Uint8Array } {
  const seed = new Uint8Array(32).fill(77).fill(index, 1, 5)
  return { id: new Uint8Array(16).fill(index), publicKey: signing.ed25519PublicKey(seed), expiresAtMs: 0, maxUses: 0, ...rest, seed }
}

export const joinBy = (group: GroupConversation, person: TestPerson, link: { id: Uint8Array, seed: Uint8Array }): GroupAct =>
  ({ act: 'join', link: link.id, proof: joinProof(signing, link.seed, group, person.account) })

export function signedBy (person: TestPerson, conversation: GroupConversation, previous: Uint8Array, act: GroupAct, madeAtMs = 1_000): Uint8Array {
  return signControl(signing, { conversation, actor: person.account, device: person.device, deviceList: person.list.bytes, previous: act.act === 'join' ? noHead : previous, madeAtMs, act }, person.deviceSeed)
}

/** A log of control entries and the state that follows; as a sequencer, a replica and a client each have it. */
export class TestGroup {
  readonly conversation: GroupConversation
  readonly state: GroupState
  readonly entries: Uint8Array[] = []

  constructor (conversation: GroupConversation) {
    this.conversation = conversation
    this.state = emptyGroup(conversation)
  }

  /** Signs and takes it. @throws ProtocolError when it is refused; then nothing has changed */
  act (person: TestPerson, act: GroupAct, madeAtMs?: number): GroupChange {
    return this.take(signedBy(person, this.conversation, this.state.head, act, madeAtMs))
  }

  take (bytes: Uint8Array): GroupChange {
    const change = checkControl(noblePrimitives, this.state, verifyControl(signing, bytes), bytes)
    this.entries.push(bytes)
    applyChange(this.state, change, { epoch: 1, seq: this.entries.length })
    return change
  }
}

/** A control without its signature, for tests of what membership.ts decides. */
export function unsignedControl (person: TestPerson, conversation: GroupConversation, previous: Uint8Array, act: GroupAct, madeAtMs = 1_000): Control {
  return { conversation, actor: person.account, device: person.device, actorList: person.list, previous: act.act === 'join' ? noHead : previous, madeAtMs, act }
}
