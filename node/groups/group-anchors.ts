/**
 * Who anchors groups that were re-anchored: the newest record of each that this relay has checked against the membership that it
 * keeps. Of a group without a record the founder is the anchor, as its id says.
 *
 * Owns: which record counts, the membership at which the first of its epoch was taken (another of the same epoch is checked
 * against that one, whatever was changed since under the first). Does not know: who is told, what follows for a log.
 * Spec: docs/protocol/groups.md §13. Rows of table `group`:
 *
 * | key            | value                                      | kept until      |
 * | `anchor/<group>` | Signed GroupAnchor                       | a newer one     |
 * | `base/<group>`   | GroupSnapshot when that epoch was new here | the next epoch |
 */
import type { Channel } from '../../protocol/channel.ts'
import type { Clock } from '../../protocol/clock.ts'
import { sameBytes } from '../../protocol/bytes.ts'
import type { ConversationId } from '../../protocol/conversation.ts'
import { ProtocolError, isProtocolError } from '../../protocol/errors.ts'
import { checkAnchor, firstEpochOf, isFollowedBy, isHigherAnchor, verifyGroupAnchor, type SignedGroupAnchor } from '../../protocol/groups/anchor.ts'
import { applyChange, checkControl, type GroupState } from '../../protocol/groups/membership.ts'
import { snapshotOf, stateFromSnapshot, stateFromWire } from '../../protocol/groups/snapshot.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { relayMethods } from '../../protocol/methods.ts'
import { deadline } from '../deadline.ts'
import type { Links } from '../federation/links.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import { readEnvelopeHeader } from '../log/envelope-header.ts'
import type { Logs } from '../log/logs.ts'
import type { Placement } from '../log/placement.ts'
import type { AnchorsKnown, Commits, Homes, Logger } from '../ports.ts'
import type { Store, Write } from '../store/store.ts'
import type { Meter } from '../watch/meter.ts'
import type { GroupSigning, Groups } from './groups.ts'

const anchorPrefix = 'anchor/'
const anchorKey = (id: ConversationId): string => `${anchorPrefix}${id}`
const baseKey = (id: ConversationId): string => `base/${id}`

/** Records of groups of which this relay keeps nothing: only where to forward to. */
const maxHints = 10_000
/** Records of groups of which somebody says that they have come here, and nothing has: of one relay, and in all. */
const maxExpectedPerRelay = 256
const maxExpected = 10_000
/** Pages of a log, and relays, that are asked for changes which lead to the membership that a record names. */
const maxProofPages = 64
const maxProvers = 8
/** Groups whose records are looked at, or proven, at the same time. */
const maxTaking = 1_000

export interface GroupAnchorsComponents {
  store: Pick<Store, 'get' | 'scan'>
  commits: Pick<Commits, 'commit'>
  logs: Pick<Logs, 'load'>
  placement: Placement
  groups: Pick<Groups, 'verify'>
  homes: Pick<Homes, 'find'>
  links: () => Pick<Links, 'channelTo' | 'introduce'>
  signing: GroupSigning
  clock: Clock
  logger: Logger
  meter: Meter
}

/** From whom a record comes: an account's device here, or another relay. */
export type AnchorSource = RelayId | 'device'

export class GroupAnchors implements AnchorsKnown {
  readonly #known: Map<ConversationId, SignedGroupAnchor>
  readonly #c: GroupAnchorsComponents
  /** Not in the store. */
  readonly #hints = new Set<ConversationId>()
  /** In the store, though nothing is kept of the group yet: made up, perhaps. By whom it was told; oldest first. */
  readonly #expected = new Map<ConversationId, AnchorSource>()
  readonly #serial = new KeyedSerial()
  readonly #taking = new Map<ConversationId, Promise<unknown>>()
  readonly #listeners: Array<(anchor: SignedGroupAnchor, source: AnchorSource) => void> = []
  readonly #taken

  /** @param known which others look at (placement.ts); changed here alone */
  constructor (components: GroupAnchorsComponents, known: Map<ConversationId, SignedGroupAnchor>) {
    this.#c = components
    this.#known = known
    this.#taken = components.meter.counter('heliograph_group_anchors_total', 'records that name a group\'s anchor, by what came of them', ['outcome'])
    components.meter.gauge('heliograph_group_reanchored', 'groups that are anchored to somebody else than their founder', () => known.size)
  }

  cached (id: ConversationId): SignedGroupAnchor | undefined { return this.#known.get(id) }

  all (): Iterable<SignedGroupAnchor> { return this.#known.values() }

  /** Another record counts from now on. */
  onAnchored (listener: (anchor: SignedGroupAnchor, source: AnchorSource) => void): void { this.#listeners.push(listener) }

  /** What an earlier run has kept. */
  async load (): Promise<void> {
    const { store, signing, logger } = this.#c
    for await (const { value } of store.scan('group', anchorPrefix)) {
      try {
        // Checked before it was stored, and rows carry a checksum.
        const anchor = verifyGroupAnchor({ ...signing, ed25519Verify: () => true }, value)
        const { id } = anchor.conversation
        this.#known.set(id, anchor)
        if (!await this.#isKept(id)) this.#expected.set(id, 'device')
      } catch (error) {
        if (!isProtocolError(error)) throw error
        logger.error('group.anchor-row', {}, error)
      }
    }
  }

  /** Resolves when every record of this group that has come so far was looked at. */
  settled (id: ConversationId): Promise<unknown> | undefined { return this.#taking.get(id) }

  /**
   * A record of any origin: checked, kept durably if it counts. The same once more is fine.
   * @throws ProtocolError as verifyGroupAnchor, checkAnchor; STALE_ANCHOR with the one that counts; UNKNOWN_GROUP: nobody in it lives here; OVERLOADED
   */
  take (bytes: Uint8Array, source: AnchorSource): Promise<SignedGroupAnchor> {
    const anchor = verifyGroupAnchor(this.#c.signing, bytes)
    const { id } = anchor.conversation
    // [LATER] memory is bounded
    if (this.#taking.size >= maxTaking) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
    const taken = this.#serial.run(id, () => this.#take(anchor, source))
    const settled = taken.then(() => {}, (error: unknown) => {
      this.#taken.inc(1, { outcome: isProtocolError(error) ? error.code : 'INTERNAL' })
    }).then(() => { if (this.#taking.get(id) === settled) this.#taking.delete(id) })
    this.#taking.set(id, settled)
    return taken.then(() => anchor)
  }

  async #take (anchor: SignedGroupAnchor, source: AnchorSource): Promise<void> {
    const { logs, commits, logger } = this.#c
    const { conversation } = anchor
    const { id } = conversation
    const known = this.#known.get(id)
    if (known !== undefined && sameBytes(known.bytes, anchor.bytes)) return
    // [REFRESH] SPEC(groups §13) an older one, or of two of one epoch the one that does not count
    if (known !== undefined && !isHigherAnchor(anchor, known)) throw new ProtocolError('STALE_ANCHOR', { record: known.bytes })
    const { group } = await logs.load(conversation)
    const isKnownGroup = group?.isKnown === true
    const writes: Write[] = [{ op: 'put', table: 'group', key: anchorKey(id), value: anchor.bytes }]
    if (!isKnownGroup) {
      if (await this.#isHint(anchor, source)) { this.#note(anchor, source, true); return }
      await this.#expect(id, source, writes)
    } else {
      const base = known?.epoch === anchor.epoch ? await this.#base(id) : undefined
      // With what was proven: a removal that has not come here yet counts against records of this epoch.
      const checked = await this.#check(base ?? group.state, anchor, source)
      if (base === undefined) writes.push({ op: 'put', table: 'group', key: baseKey(id), value: snapshotOf(checked) })
    }
    await this.#findHome(anchor)
    await commits.commit(writes)
    this.#note(anchor, source, false)
    logger.info('group.re-anchored', { epoch: anchor.epoch, here: this.#c.placement.isSequencer(conversation) })
  }

  async #isKept (id: ConversationId): Promise<boolean> { return await this.#c.store.get('group', `${id}/`) !== undefined }

  /** [IGNORE] one relay does not fill this one: what it was the first to tell of, and has not come, makes room */
  async #expect (id: ConversationId, source: AnchorSource, writes: Write[]): Promise<void> {
    this.#expected.delete(id)
    const ofSource = [...this.#expected].filter(([, from]) => from === source).map(([one]) => one)
    const gone = ofSource.length >= maxExpectedPerRelay ? ofSource[0] : this.#expected.size >= maxExpected ? this.#expected.keys().next().value : undefined
    this.#expected.set(id, source)
    if (gone === undefined) return
    this.#expected.delete(gone)
    if (await this.#isKept(gone)) return
    this.#known.delete(gone)
    writes.push({ op: 'delete', table: 'group', key: anchorKey(gone) })
  }

  #note (anchor: SignedGroupAnchor, source: AnchorSource, isHint: boolean): void {
    const { id } = anchor.conversation
    if (!isHint) this.#hints.delete(id)
    else {
      if (this.#hints.size >= maxHints) for (const oldest of this.#hints) { this.#hints.delete(oldest); this.#known.delete(oldest); break }
      this.#hints.add(id)
    }
    this.#known.set(id, anchor)
    this.#taken.inc(1, { outcome: 'taken' })
    for (const listener of this.#listeners) listener(anchor, source)
  }

  /** Membership when the first record of this epoch was taken; undefined: this relay has come later. */
  async base (id: ConversationId): Promise<GroupState | undefined> { return await this.#base(id) }

  async #base (id: ConversationId): Promise<GroupState | undefined> {
    const bytes = await this.#c.store.get('group', baseKey(id))
    return bytes === undefined ? undefined : stateFromSnapshot(bytes)
  }

  /** @returns the membership that it is good against. @throws ProtocolError as checkAnchor */
  async #check (state: GroupState, anchor: SignedGroupAnchor, source: AnchorSource): Promise<GroupState> {
    try {
      checkAnchor(state, anchor)
      return state
    } catch (error) {
      // It refers to changes that have not come here: they prove themselves, whoever gives them.
      if (!isProtocolError(error, 'ANCHOR_UNPROVEN')) throw error
      const proven = await this.#prove(state, anchor, source)
      checkAnchor(proven, anchor)
      return proven
    }
  }

  /** The membership that signed changes make of `from`, up to the place that the record names. Changes nothing here. */
  async #prove (from: GroupState, anchor: SignedGroupAnchor, source: AnchorSource): Promise<GroupState> {
    const { placement, logger } = this.#c
    const relays = new Set(source === 'device' ? [] : [source])
    for (const relay of placement.relaysOf(anchor.conversation)) if (relays.size < maxProvers) relays.add(relay)
    let state = from
    for (const relay of relays) {
      try {
        state = await this.#follow(from, anchor, relay)
        if (sameBytes(state.head, anchor.head)) break
      } catch (error) {
        if (!isProtocolError(error)) throw error
        logger.debug('group.prove-anchor', {}, error)
      }
    }
    return state
  }

  async #follow (from: GroupState, anchor: SignedGroupAnchor, relay: RelayId): Promise<GroupState> {
    const { links, clock, groups, signing } = this.#c
    const state: GroupState = { ...from, members: new Map(from.members), links: new Map(from.links) }
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel: Channel = await links().channelTo(relay, { signal: limit.signal })
      for (let page = 0, next = from.seq + 1; page < maxProofPages && next <= anchor.place.seq; page++) {
        const { entries, epoch } = await channel.call(relayMethods.pull, { conversation: anchor.conversation.bytes, fromSeq: next, maxEntries: limits.pageEntries }, { signal: limit.signal })
        if (entries.length === 0 || epoch >= firstEpochOf(anchor)) break
        for (const { seq, envelope } of entries) {
          if (seq > anchor.place.seq) break
          next = Math.max(next, seq + 1)
          if (envelope === undefined || readEnvelopeHeader(envelope).control === undefined) continue
          try {
            const { control, bytes } = groups.verify(envelope)
            applyChange(state, checkControl(signing, state, control, bytes), { epoch, seq })
          } catch (error) {
            if (!isProtocolError(error)) throw error // void for everybody
          }
        }
      }
      return state
    } finally {
      limit.cancel()
    }
  }

  /**
   * Of a group that is not known here: one that has come to this relay under the new anchor, as whoever sequences it says; else
   * the founder's home says where it went, which is only a hint of where to forward to.
   * @returns whether it is a hint. @throws ProtocolError UNKNOWN_GROUP
   */
  async #isHint (anchor: SignedGroupAnchor, source: AnchorSource): Promise<boolean> {
    const { placement, links, clock } = this.#c
    const { conversation } = anchor
    if (source === 'device') throw new ProtocolError('UNKNOWN_GROUP')
    const limit = deadline(clock, limits.requestTimeoutMs / 2)
    try {
      const channel = await links().channelTo(source, { signal: limit.signal })
      links().introduce(channel, [conversation.anchor, anchor.anchor])
      const state = stateFromWire(await channel.call(relayMethods.groupState, { conversation: conversation.bytes }, { signal: limit.signal }))
      if (state.conversation.id !== conversation.id) throw new ProtocolError('BAD_CONVERSATION')
      if (!isFollowedBy(state, anchor)) checkAnchor(state, anchor)
      if ([...state.members.keys()].some((account) => placement.isHome(account))) return false
    } catch (error) {
      if (!isProtocolError(error)) throw error
      if (error.action === 'later') throw error
    } finally {
      limit.cancel()
    }
    if (placement.primaryOf(conversation.anchor) === source) return true
    throw new ProtocolError('UNKNOWN_GROUP')
  }

  /** Where the new anchor lives: known if it can be, before anything is decided by it. */
  async #findHome ({ anchor }: SignedGroupAnchor): Promise<void> {
    const limit = deadline(this.#c.clock, limits.requestTimeoutMs / 2)
    try {
      await this.#c.homes.find(anchor, { signal: limit.signal })
    } catch (error) {
      // Looked for again by whoever forwards.
      if (!isProtocolError(error)) throw error
    } finally {
      limit.cancel()
    }
  }
}
