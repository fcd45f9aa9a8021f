/**
 * Every request and notification is paid for: who has used up a quota is refused by each that names it, before anything else
 * is looked at.
 */
import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation } from '../../protocol/conversation.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { accountIdToBytes } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications, relayMethods, relayNotifications, type Method, type Notification } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { wireVersion } from '../../protocol/wire/kinds.ts'
import { TestPerson, register, sayHello, testRelay } from '../testing/fixtures.ts'
import { World, type TestRelayNode } from '../testing/message-world.ts'

const someone = accountIdToBytes(new TestPerson(new SeededRandom(1)).account)

type AnyMethod = Method<object, object>
type AnyNotification = Notification<object>

const founder = new TestPerson(new SeededRandom(2)).account
/** What most of the others name: its form is looked at first, which costs nothing. */
const ofConversation = { conversation: groupConversation(founder, new Uint8Array(32)).bytes }

/** Bodies that cost something: a batch of nothing is free. */
const bodies: Record<string, object> = {
  hello: { version: wireVersion },
  submit: { envelopes: [new Uint8Array(10)] },
  forward: { envelopes: [new Uint8Array(10)] },
  replicate: { pages: [{ conversation: new Uint8Array(65), epoch: 1, head: 1, entries: [{ seq: 1, storedAtMs: 1, envelope: new Uint8Array(10) }] }] },
  introduce: { homeRecords: [new Uint8Array(10)] },
  'claim-many': { accounts: [someone] },
  ship: { accounts: [{ account: someone, rows: [] }] },
  'read-shipped': { account: someone, ...ofConversation, log: ofConversation.conversation, fromSeq: 1 },
  'standby-homes': { accounts: [someone] },
  'offer-logs': { positions: [{ conversation: new Uint8Array(65), epoch: 1, seq: 1 }] },
}

/** Paid in another way, each with why. */
const otherwise = new Set<string>([
  'guest-submit', // before it pays, a device that lives here is turned away
  'directory-heads', 'read-directory', // served only with a copied directory (node/orbit/replicated-directory.test.ts)
  'register' // whoever is registered pays a look-up when the record is looked at, a newcomer's address for a new account
])
/** Only the relay sends them. Of what a device acknowledges, logs in memory are looked at; loading others pays signalPerDevice. */
const onlyToDevices = new Set<string>(['deliver', 'draining', 'refused', 'presence'])

describe('quotas', () => {
  let world: World
  let relay: TestRelayNode

  beforeEach(async () => {
    world = new World(19)
    relay = await world.relay('eu-1')
  })
  afterEach(async () => { await world.stop() })

  async function device (): Promise<Channel> {
    const person = new TestPerson(world.random)
    const [near, far] = streamPair(person.device.id, relay.id)
    relay.relay.clients.accept(far)
    const channel = new Channel(near, { handlers: new Handlers(), clock: world.clock }).start()
    await world.during(sayHello(channel, person))
    await world.during(register(channel, person, relay.id))
    return channel
  }

  async function peer (): Promise<Channel> {
    const near = world.network.join(testRelay(world.random).id)
    await near.start()
    const stream = await world.during(near.dial(relay.id, [], protocols.relay, { signal: new AbortController().signal }))
    return new Channel(stream, { handlers: new Handlers(), clock: world.clock }).start()
  }

  /** No time passes: nothing is refilled. */
  async function answerTo (channel: Channel, method: AnyMethod, body = bodies[method.name] ?? ofConversation): Promise<string> {
    let answer = 'no answer yet'
    channel.call(method, body).then(() => { answer = 'answered' }, (error: unknown) => { answer = isProtocolError(error) ? error.code : String(error) })
    for (let i = 0; i < 5 && answer === 'no answer yet'; i++) await settle()
    return answer
  }

  /** Ask until it is refused for that reason. */
  async function useUp (channel: Channel, method: AnyMethod, body?: object): Promise<void> {
    let answer = ''
    for (let i = 0; i < 5_000; i++) {
      answer = await answerTo(channel, method, body)
      if (answer === 'QUOTA') return
    }
    assert.fail(`${method.name} is never refused: ${answer}`)
  }

  const accounts = Array.from({ length: limits.claimBatch }, () => someone)

  for (const [quota, method, body] of [
    ['lookupPerDevice', clientMethods.getDirectory, {}],
    ['submitPerDevice', clientMethods.submit, { envelopes: Array.from({ length: limits.batchEnvelopes }, () => new Uint8Array(1)) }],
    ['claimPerDevice', clientMethods.claimBundles, { account: someone }]
  ] as const) {
    it(`${quota}: once it is used up, each request of a device that names it is refused`, async () => {
      const channel = await device()
      await useUp(channel, method as AnyMethod, body)
      // What is left is less than one batch.
      if (quota === 'submitPerDevice') for (const size of [16, 1]) await useUp(channel, method as AnyMethod, { envelopes: Array.from({ length: size }, () => new Uint8Array(1)) })
      for (const other of Object.values(clientMethods) as AnyMethod[]) {
        if (other.quota === quota && !otherwise.has(other.name)) assert.equal(await answerTo(channel, other), 'QUOTA', other.name)
      }
    }).timeout(20_000)
  }

  it('of a relay: once they are used up, every request is refused', async () => {
    const channel = await peer()
    await useUp(channel, relayMethods.claimMany as AnyMethod, { accounts })
    await useUp(channel, relayMethods.claimBundles as AnyMethod, { account: someone })
    await useUp(channel, relayMethods.findHandle as AnyMethod, { handle: 'nobody@nowhere' })
    await useUp(channel, relayMethods.forward as AnyMethod, { envelopes: [new Uint8Array(1)] })
    for (const other of Object.values(relayMethods) as AnyMethod[]) {
      if (other.quota === 'forwardPerRelay' && !otherwise.has(other.name)) assert.equal(await answerTo(channel, other), 'QUOTA', other.name)
    }
  }).timeout(20_000)

  it('every request names one, and every notification that comes from outside', () => {
    for (const { name, quota } of [...Object.values(clientMethods), ...Object.values(relayMethods)] as AnyMethod[]) assert.notEqual(quota, 'free', name)
    for (const { name, quota } of Object.values(relayNotifications) as AnyNotification[]) assert.notEqual(quota, 'free', name)
    for (const { name, quota } of Object.values(clientNotifications) as AnyNotification[]) if (!onlyToDevices.has(name) && name !== 'acknowledge') assert.notEqual(quota, 'free', name)
  })
})
