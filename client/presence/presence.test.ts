/**
 * Presence and typing as the client shows them, against a relay that is a list of what was asked.
 */
import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { groupConversation, pairConversation } from '../../protocol/conversation.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { accountIdOfKey, accountIdToBytes, type AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods, clientNotifications } from '../../protocol/methods.ts'
import { defaultPresencePolicy, policyFromWire, policyToWire, presenceStates, type PresencePolicy } from '../../protocol/presence.ts'
import { refusedAs, testAccount, testDevice, testMessageId } from '../../protocol/testing.ts'
import { utf8, fromUtf8 } from '../../protocol/bytes.ts'
import type { ChatId } from '../chat-id.ts'
import { Emitter } from '../events.ts'
import type { OpenedMessage } from '../messages/bodies.ts'
import type { MessageGate } from '../messages/gate.ts'
import type { Message, PersonPresence, TypingChange } from '../model.ts'
import type { RelayLink } from '../relay/link.ts'
import { Ledger } from '../store/ledger.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { ClientPresence } from './presence.ts'

const [ann, bob, dan] = [testAccount(1).id, testAccount(2).id, testAccount(3).id]
const group = groupConversation(bob, new Uint8Array(32).fill(5)).id

/** What a signal says, without encryption: these tests are not about that. */
interface Plain { chat: ChatId, sender: AccountId, state: number }

class World {
  readonly clock = new ManualClock()
  readonly events = new Emitter()
  readonly seen: PersonPresence[] = []
  readonly typed: TypingChange[] = []
  readonly asked: Array<{ method: string, request: unknown }> = []
  readonly notified: Array<{ kind: string, body: unknown }> = []
  readonly store = new MemoryStore()
  readonly gates: MessageGate[] = []
  policy: PresencePolicy = defaultPresencePolicy
  isOnline = true
  failure: ProtocolError | undefined
  groupSize: number | undefined = 3
  presence!: ClientPresence

  async open (): Promise<ClientPresence> {
    const link: RelayLink = {
      isOnline: true,
      call: async (method, request) => {
        if (!this.isOnline) throw new ProtocolError('DISCONNECTED')
        this.asked.push({ method: method.name, request })
        if (this.failure !== undefined) throw this.failure
        if (method.name === clientMethods.setPresencePolicy.name) this.policy = policyFromWire(request as unknown as Parameters<typeof policyFromWire>[0])
        return (method.name === clientMethods.presencePolicy.name ? policyToWire(this.policy) : {}) as never
      },
      notify: (kind, body) => { if (this.isOnline) this.notified.push({ kind: kind.name, body }) }
    }
    Object.defineProperty(link, 'isOnline', { get: () => this.isOnline })
    this.presence = new ClientPresence({
      ledger: new Ledger(this.store),
      link,
      events: this.events,
      sealer: { sealSignal: async (_draft, chat, body) => utf8(JSON.stringify({ chat, sender: ann, state: body.kind === 'typing' ? body.state : -1 } satisfies Plain)) },
      entries: {
        openSignal: async (_draft, bytes): Promise<OpenedMessage | undefined> => {
          const { chat, sender, state } = JSON.parse(fromUtf8(bytes)) as Plain
          if (state === 99) throw new ProtocolError('UNDECRYPTABLE')
          return { chat, id: testMessageId(1), sender, senderDevice: testDevice(2).id, isOwn: sender === ann, place: { epoch: 0, seq: 0 }, sentAtMs: 0, receivedAtMs: 0, body: { kind: 'typing', state } }
        }
      },
      gates: this.gates,
      clock: this.clock,
      random: new SeededRandom(1),
      logger: undefined,
      groupSize: () => this.groupSize
    })
    await this.presence.load()
    this.events.on('presence', (one) => { this.seen.push(one) })
    this.events.on('typing', (one) => { this.typed.push(one) })
    return this.presence
  }

  async pass (ms = 0): Promise<void> { await this.clock.advance(ms); await settle() }
  tell (account: AccountId, state: keyof typeof presenceStates, lastSeenMs = 0): void {
    this.presence.onPresences({ presences: [{ account: accountIdToBytes(account), state: presenceStates[state], lastSeenMs }] })
  }

  async hear (signal: Plain): Promise<void> {
    this.presence.onSignals([utf8(JSON.stringify(signal))])
    await this.pass()
  }

  get signals (): Plain[] { return this.notified.filter(({ kind }) => kind === clientNotifications.signal.name).flatMap(({ body }) => (body as { envelopes: Uint8Array[] }).envelopes.map((bytes) => JSON.parse(fromUtf8(bytes)) as Plain)) }
  get watches (): number[] { return this.asked.filter(({ method }) => method === clientMethods.watchPresence.name).map(({ request }) => (request as { accounts: unknown[] }).accounts.length) }
  message (chat: ChatId, sender: AccountId, direction: 'in' | 'out'): Message {
    return { id: testMessageId(1), conversation: pairConversation(ann, bob).id, chat, sender, direction, text: 'x', sentAtMs: 1, state: direction === 'in' ? 'delivered' : 'sent' }
  }
}

describe('client presence', () => {
  let world: World
  let presence: ClientPresence

  beforeEach(async () => {
    world = new World()
    presence = await world.open()
  })

  afterEach(() => {
    presence.close()
    assert.equal(world.clock.pending, 0, 'leaves no timer')
  })

  describe('watching', () => {
    it('asks once for all changes of a moment, and again after a reconnect', async () => {
      presence.watch([bob])
      presence.watch([bob, { account: dan, group }])
      await world.pass()
      assert.deepEqual(world.watches, [2])
      presence.lost()
      presence.resume()
      await world.pass()
      assert.deepEqual(world.watches, [2, 2])
    })

    it('shows what is told, of those whom it watches only, and changes only', async () => {
      presence.watch([bob])
      world.tell(bob, 'online')
      world.tell(bob, 'online')
      world.tell(dan, 'online')
      world.tell(bob, 'offline', 1_000)
      assert.deepEqual(world.seen, [{ account: bob, state: 'online' }, { account: bob, state: 'offline', lastSeenMs: 1_000 }])
      assert.deepEqual(presence.of(bob), { account: bob, state: 'offline', lastSeenMs: 1_000 })
      assert.deepEqual(presence.of(dan), { account: dan, state: 'unknown' })
      await world.pass()
    })

    it('forgets what is not confirmed soon after a reconnect, and what was told a minute before without one', async () => {
      presence.watch([bob, dan])
      world.tell(bob, 'online')
      world.tell(dan, 'online')
      presence.lost()
      await world.pass(20_000)
      assert.equal(presence.of(bob).state, 'online')
      presence.resume()
      world.tell(bob, 'online')
      await world.pass(6_000)
      assert.deepEqual([presence.of(bob).state, presence.of(dan).state], ['online', 'unknown'])
      presence.lost()
      await world.pass(limits.deadAfterMs)
      assert.equal(presence.of(bob).state, 'unknown')
    })

    it('asks again when a conversation has begun, not with every message', async () => {
      presence.watch([bob])
      await world.pass(20_000)
      for (let i = 0; i < 5; i++) world.events.emit('message', world.message(bob, bob, 'in'))
      await world.pass()
      assert.deepEqual(world.watches, [1, 1])
      world.tell(bob, 'online')
      await world.pass(60_000)
      world.events.emit('update', world.message(bob, ann, 'out'))
      await world.pass()
      assert.deepEqual(world.watches, [1, 1])
    })

    it('tries again later when the relay is busy, not when it refuses', async () => {
      world.failure = new ProtocolError('QUOTA', { retryAfterMs: 5_000 })
      presence.watch([bob])
      await world.pass(1_000)
      world.failure = undefined
      await world.pass(6_000)
      assert.deepEqual(world.watches, [1, 1])
      world.failure = new ProtocolError('UNKNOWN_METHOD')
      presence.watch([dan])
      await world.pass(60_000)
      assert.deepEqual(world.watches, [1, 1, 1])
    })

    it('refuses more people than a device may watch', () => {
      assert.throws(() => { presence.watch(Array.from({ length: limits.presenceWatched + 1 }, (_, i) => accountIdOfKey(new Uint8Array(32).fill(i).fill(i >> 8, 1)))) }, refusedAs('TOO_MANY'))
    })
  })

  describe('one\'s own state', () => {
    const activities = (): boolean[] => world.notified.filter(({ kind }) => kind === clientNotifications.activity.name).map(({ body }) => (body as { isIdle: boolean }).isIdle)

    it('idle and active are told when they change, idle again after a reconnect', async () => {
      presence.setState('active')
      presence.setState('idle')
      presence.setState('idle')
      presence.resume()
      presence.setState('active')
      presence.resume()
      await world.pass()
      assert.deepEqual(activities(), [true, true, false])
    })

    it('five minutes without a touch are idle', async () => {
      presence.touch()
      await world.pass(limits.idleAwayMs - 1_000)
      presence.touch()
      await world.pass(limits.idleAwayMs - 1_000)
      assert.deepEqual(activities(), [])
      await world.pass(2_000)
      assert.deepEqual(activities(), [true])
      presence.touch()
      assert.deepEqual(activities(), [true, false])
    })
  })

  describe('the policy', () => {
    it('changes what is named and keeps the rest, which may come from another device', async () => {
      world.policy = { ...defaultPresencePolicy, contacts: [dan] }
      await presence.setPolicy({ lastSeen: 'contacts' })
      assert.deepEqual(world.policy, { online: 'everyone', lastSeen: 'contacts', contacts: [dan], blocked: [] })
      assert.deepEqual(await presence.policy(), world.policy)
    })

    it('who is blocked while the relay is away is blocked there when it is back, also after a restart', async () => {
      world.isOnline = false
      world.events.emit('chat', { chat: bob, what: 'block', info: { chat: bob, isMuted: false, isArchived: false, timerS: 0, pins: [], isBlocked: true } })
      await world.pass()
      presence.close()
      presence = await world.open()
      world.isOnline = true
      presence.resume()
      await world.pass()
      assert.deepEqual(world.policy.blocked, [bob])
      world.events.emit('chat', { chat: bob, what: 'block', info: { chat: bob, isMuted: false, isArchived: false, timerS: 0, pins: [], isBlocked: false } })
      await world.pass()
      assert.deepEqual(world.policy.blocked, [])
      const before = world.asked.length
      presence.resume()
      await world.pass()
      assert.equal(world.asked.length, before + 1, 'told once')
    })

    it('cannot be changed without the relay', async () => {
      world.isOnline = false
      await assert.rejects(presence.setPolicy({ online: 'nobody' }), refusedAs('DISCONNECTED'))
    })
  })

  describe('typing', () => {
    it('goes out every three seconds at most, a change and the end at once', async () => {
      for (let i = 0; i < 50; i++) {
        await presence.typing(bob, 'typing')
        await world.pass(100)
      }
      assert.deepEqual(world.signals.map(({ state }) => state), [1, 1])
      await presence.typing(bob, 'recording')
      await presence.typing(bob, 'stopped')
      await presence.typing(bob, 'stopped')
      assert.deepEqual(world.signals.map(({ state }) => state), [1, 1, 2, 0])
    })

    it('is not said to have stopped when it is over by itself, or a message has been sent', async () => {
      await presence.typing(bob, 'typing')
      await world.pass(limits.typingMs)
      await presence.typing(bob, 'stopped')
      await presence.typing(bob, 'typing')
      world.events.emit('update', world.message(bob, ann, 'out'))
      await presence.typing(bob, 'stopped')
      assert.deepEqual(world.signals.map(({ state }) => state), [1, 1])
    })

    it('is not said to those who may not know, who are away, or are too many', async () => {
      await presence.setPolicy({ online: 'contacts', contacts: [dan] })
      await presence.typing(bob, 'typing')
      await presence.typing(dan, 'typing')
      await presence.typing(group, 'typing')
      assert.deepEqual(world.signals.map(({ chat }) => chat), [dan])
      await presence.setPolicy({ online: 'everyone', contacts: [], blocked: [dan] })
      await world.pass(limits.typingMs)
      world.groupSize = limits.signalGroupMembers + 1
      await presence.typing(group, 'typing')
      await presence.typing(dan, 'typing')
      world.groupSize = undefined
      await presence.typing(group, 'typing')
      presence.watch([bob])
      world.tell(bob, 'offline', 1)
      await presence.typing(bob, 'typing')
      assert.equal(world.signals.length, 1)
      world.groupSize = limits.signalGroupMembers
      await presence.typing(group, 'typing')
      world.tell(bob, 'online')
      await presence.typing(bob, 'typing')
      assert.deepEqual(world.signals.map(({ chat }) => chat), [dan, group, bob])
      world.isOnline = false
      await world.pass(limits.typingMs)
      await presence.typing(bob, 'typing')
      assert.equal(world.signals.length, 3)
    })

    it('that is heard is over after six seconds, or with the message', async () => {
      await world.hear({ chat: bob, sender: bob, state: 1 })
      await world.hear({ chat: bob, sender: bob, state: 1 })
      assert.deepEqual(presence.typingIn(bob), [{ account: bob, state: 'typing' }])
      await world.pass(limits.typingMs - 1_000)
      await world.hear({ chat: bob, sender: bob, state: 2 })
      await world.pass(limits.typingMs - 1)
      assert.deepEqual(world.typed.map(({ state }) => state), ['typing', 'recording'])
      await world.pass(1)
      assert.deepEqual(world.typed.at(-1), { chat: bob, account: bob, state: 'stopped' })
      await world.hear({ chat: group, sender: dan, state: 1 })
      world.events.emit('message', world.message(group, dan, 'in'))
      assert.deepEqual(world.typed.slice(-2).map(({ state }) => state), ['typing', 'stopped'])
      assert.deepEqual(presence.typingIn(group), [])
    })

    it('of oneself on another device, of the blocked, of who may not be heard, and what cannot be opened or understood is not shown', async () => {
      await presence.setPolicy({ blocked: [dan] })
      await world.hear({ chat: bob, sender: ann, state: 1 })
      await world.hear({ chat: dan, sender: dan, state: 1 })
      await world.hear({ chat: bob, sender: bob, state: 99 })
      await world.hear({ chat: bob, sender: bob, state: 7 })
      world.gates.push({ admit: async () => 'silent', shown: async () => {} })
      await world.hear({ chat: bob, sender: bob, state: 1 })
      assert.deepEqual(world.typed, [])
    })
  })
})
