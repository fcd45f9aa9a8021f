/**
 * A constant load while a scenario injects faults: pairs of people who write to one another over relays, and a group, each
 * at its own seeded pace. In the end the verdict of the assertions, the figures and the report.
 *
 * People who are away do not write; what is said to them goes on. Use:
 *
 *   const load = await Load.prepare(stage, { people })
 *   load.start()
 *   await load.fault('eu-1 is killed', async () => { … })
 *   await load.finish({ timeoutMs })
 */
import type { Message } from '../../client/client.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { convergence } from '../assertions/convergence.ts'
import type { Evidence, Violation } from '../assertions/evidence.ts'
import { groupOrder, type GroupEvidence } from '../assertions/group.ts'
import { noDuplicate } from '../assertions/no-duplicate.ts'
import { noLoss } from '../assertions/no-loss.ts'
import { order } from '../assertions/order.ts'
import { collectEvidence, type Person } from '../network/person.ts'
import { GroupTalk } from '../scenarios/group-talk.ts'
import { textFor } from '../scenarios/texts.ts'
import type { Stage } from '../scenario.ts'
import { figureRows, writeReport, type Verdict, type Written } from './report.ts'
import { Timeline } from './timeline.ts'

export interface LoadOptions {
  /** Everybody, at best over all relays; all of them know one another afterwards and are in the group. */
  readonly people: readonly Person[]
  /** Who writes to whom; default: a ring in both directions. */
  readonly pairs?: ReadonlyArray<readonly [from: Person, to: Person]>
  /** Mean pause between two messages of one pair's one way, and between two of the group. */
  readonly everyMs?: number
  readonly groupEveryMs?: number
  /** Without a group. */
  readonly hasGroup?: boolean
}

const waitMs = 200
const pauseStepMs = 50

export class Load {
  readonly timeline = new Timeline()
  /** By text: every message that a relay has said to have, as last heard of. */
  readonly acknowledged = new Map<string, { readonly author: Person, readonly message: Message }>()
  readonly people: readonly Person[]
  readonly group: GroupTalk | undefined
  readonly #stage: Stage
  /** Asked once: who is away does not say. */
  readonly #accounts: ReadonlyMap<Person, AccountId>
  readonly #pairs: ReadonlyArray<readonly [Person, Person]>
  readonly #everyMs: number
  readonly #groupEveryMs: number
  /** What somebody was writing when their client was killed: it may have been written down or not. */
  readonly #unsure = new Map<Person, Array<{ text: string, to: Person | undefined }>>()
  readonly #writers: Array<Promise<void>> = []
  #counter = 0
  #isOn = false
  #failure: Error | undefined

  private constructor (stage: Stage, { people, pairs = ring(people), everyMs = 150, groupEveryMs = 400 }: LoadOptions, group: GroupTalk | undefined) {
    this.#stage = stage
    this.people = people
    this.#accounts = new Map(people.map((person) => [person, person.account]))
    this.#pairs = pairs
    this.#everyMs = everyMs
    this.#groupEveryMs = groupEveryMs
    this.group = group
    for (const person of people) {
      person.watcher = {
        onSent: (text, message) => {
          this.timeline.onSent(text)
          this.acknowledged.set(text, { author: person, message })
        },
        onTold: (text) => { this.timeline.onTold(person.name, text) }
      }
    }
  }

  /** Makes them known to one another and the group. */
  static async prepare (stage: Stage, options: LoadOptions): Promise<Load> {
    const { people, hasGroup = true } = options
    for (const person of people) for (const other of people) if (other !== person) await person.befriend(other)
    return new Load(stage, options, hasGroup ? await GroupTalk.create(stage, 'load', people) : undefined)
  }

  start (): void {
    this.#isOn = true
    for (const [from, to] of this.#pairs) this.#writers.push(this.#write(() => this.#sayToPair(from, to), this.#everyMs))
    if (this.group !== undefined) this.#writers.push(this.#write(() => this.#sayToGroup(), this.#groupEveryMs))
  }

  /** For this long. */
  async run (ms: number): Promise<void> { await new Promise((resolve) => { setTimeout(resolve, ms) }) }

  /** Does something bad; the graph has a band from its beginning to its end. */
  async fault<T> (name: string, work: () => Promise<T>): Promise<T> {
    const end = this.timeline.begin(name)
    try {
      return await work()
    } finally {
      end()
    }
  }

  /** Opens the client of somebody who was killed; what they were writing then counts as said if it was written down. */
  async revive (person: Person): Promise<void> {
    await person.comeBack({ untilOnline: false })
    for (const { text, to } of this.#unsure.get(person) ?? []) {
      const chat = to === undefined ? this.group!.chat : this.#accounts.get(to)!
      if (!(await person.historyOf(chat)).some((entry) => entry.text === text)) this.timeline.onUnsaid(text)
      else if (to === undefined) this.group!.said(person, text)
      else person.sent.push({ from: person.name, to: to.name, text })
    }
    this.#unsure.delete(person)
  }

  /** Everybody falls silent. @throws what made a writer fail */
  async stop (): Promise<void> {
    this.#isOn = false
    await Promise.all(this.#writers.splice(0))
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Everything that was said is there, and its writers know it. @returns what is missing when the time is up */
  async untilDelivered (timeoutMs: number, { mayLackTicks = false }: { mayLackTicks?: boolean } = {}): Promise<Violation[]> {
    const deadline = performance.now() + timeoutMs
    let missing: Violation[] = []
    do {
      await new Promise((resolve) => { setTimeout(resolve, waitMs) })
      missing = this.timeline.open > 0 ? [`${this.timeline.open} deliveries are missing after ${Math.round(timeoutMs / 1000)} s`] : mayLackTicks ? [] : await this.#unsettled()
    } while (missing.length > 0 && performance.now() < deadline)
    if (missing.length > 0 || this.group === undefined) return missing
    try {
      // Places in the log, and the same view of the group, may come a moment after the words.
      await this.group.untilArrived(timeoutMs)
      await this.group.untilAgreed(timeoutMs)
      return []
    } catch (error) {
      return [(error as Error).message]
    }
  }

  /**
   * Falls silent, waits until everything has arrived, has the assertions judge, writes the report, fills the table.
   * @param conditions for the report
   * @param mayLackTicks a fault may have destroyed receipts: messages that arrived without their author knowing are a figure then
   * @param mayBeLate texts whose place among others is not judged: what a fault has destroyed comes again after what was said later
   */
  async finish ({ timeoutMs, conditions = {}, mayBeLate = new Set(), mayLackTicks = false }: { timeoutMs: number, conditions?: Readonly<Record<string, string>>, mayBeLate?: ReadonlySet<string>, mayLackTicks?: boolean }): Promise<Written> {
    const stage = this.#stage
    await this.stop()
    const missing = await stage.step((late) => late.length === 0 ? 'everything arrives' : 'the time for it to arrive is up', () => this.untilDelivered(timeoutMs, { mayLackTicks }))
    stage.check('everything arrives in time', missing)
    const evidence = await collectEvidence(this.people)
    stage.check('no loss', noLoss(evidence))
    stage.check('no duplicate', noDuplicate(evidence))
    const placed = without(evidence, mayBeLate)
    stage.check('order', order(placed))
    stage.check('convergence', convergence(placed))
    const inGroup = await this.group?.check({ mayBeLate })
    const verdict = verdictOf(evidence, inGroup, mayBeLate)
    const written = await writeReport(await stage.reportFolder(), { scenario: stage.name, seed: stage.random.seed, scale: stage.scale, timeline: this.timeline, verdict, conditions })
    for (const [name, value] of figureRows(written.figures, verdict)) stage.figure(name, value)
    if (mayLackTicks) stage.figure('delivered without ✓✓', (await this.#unsettled())[0] ?? 'none')
    stage.figure('report', written.svg)
    return written
  }

  async #write (say: () => Promise<void>, everyMs: number): Promise<void> {
    // Not all at the same moment, and not in step.
    let dueMs = performance.now() + this.#stage.random.fraction() * everyMs
    while (this.#isOn) {
      const waitMs = dueMs - performance.now()
      if (waitMs > 0) { await new Promise((resolve) => { setTimeout(resolve, Math.min(pauseStepMs, waitMs)) }); continue }
      dueMs = Math.max(performance.now() - everyMs, dueMs) + everyMs * (0.5 + this.#stage.random.fraction())
      try {
        await say()
      } catch (error) {
        this.#failure ??= error as Error
        return
      }
    }
  }

  async #sayToPair (from: Person, to: Person): Promise<void> {
    if (!this.#isWriting(from)) return
    const text = textFor(this.#stage.random, from.name, this.#counter++)
    this.timeline.onSaid({ stream: `${from.name} → ${to.name}`, author: from.name, text, readers: [to.name] })
    await this.#sayOrDie(from, { text, to }, () => from.send({ account: this.#accounts.get(to)!, name: to.name }, text))
  }

  async #sayToGroup (): Promise<void> {
    const here = this.group!.members.filter((member) => this.#isWriting(member))
    if (here.length === 0) return
    const from = this.#stage.random.pick(here)
    const text = textFor(this.#stage.random, from.name, this.#counter++)
    this.timeline.onSaid({ stream: `${from.name} → group`, author: from.name, text, readers: this.group!.members.filter((member) => member !== from).map(({ name }) => name) })
    await this.#sayOrDie(from, { text, to: undefined }, () => this.group!.say(from, { text }))
  }

  /** Nothing new before it is known what became of the last. */
  #isWriting (person: Person): boolean { return person.isHere && !this.#unsure.has(person) }

  async #sayOrDie (from: Person, what: { text: string, to: Person | undefined }, say: () => Promise<unknown>): Promise<void> {
    const { runs } = from
    try {
      await say()
    } catch (error) {
      if (from.isHere && from.runs === runs) throw error
      this.#unsure.set(from, [...this.#unsure.get(from) ?? [], what])
    }
  }

  /** Messages of pairs whose writer does not know yet that they are there. */
  async #unsettled (): Promise<Violation[]> {
    for (const [from, to] of this.#pairs) {
      const { pending, sent } = await from.stateCounts(this.#accounts.get(to)!)
      if (pending + sent > 0) return [`${from.name} does not know of ${pending + sent} messages whether ${to.name} has them`]
    }
    return []
  }
}

const ring = (people: readonly Person[]): Array<readonly [Person, Person]> =>
  people.flatMap((person, index) => {
    const next = people[(index + 1) % people.length]!
    // Of two, the second's next is the first, who has been there.
    return next === person || (people.length === 2 && index === 1) ? [] : [[person, next], [next, person]] as const
  })

function without ({ sent, announced, histories }: Evidence, texts: ReadonlySet<string>): Evidence {
  const isIn = ({ text }: { readonly text: string }): boolean => !texts.has(text)
  return {
    sent,
    announced: Object.fromEntries(Object.entries(announced).map(([person, list]) => [person, list.filter(isIn)])),
    histories: Object.fromEntries(Object.entries(histories).map(([person, others]) => [person, Object.fromEntries(Object.entries(others).map(([other, list]) => [other, list.filter(isIn)]))]))
  }
}

/** Deliveries that are lost or doubled, each counted once however many assertions name it. */
function verdictOf (evidence: Evidence, group: GroupEvidence | undefined, mayBeLate: ReadonlySet<string>): Verdict {
  const { sent, histories, announced } = evidence
  const times = (list: ReadonlyArray<{ readonly text: string }> | undefined): Map<string, number> => {
    const counts = new Map<string, number>()
    for (const { text } of list ?? []) counts.set(text, (counts.get(text) ?? 0) + 1)
    return counts
  }
  const found: Array<readonly [kept: number, told: number]> = []
  const kept = new Map(Object.entries(histories).flatMap(([person, others]) => Object.entries(others).map(([other, list]) => [`${person} ${other}`, times(list)])))
  const told = new Map(Object.entries(announced).map(([person, list]) => [person, times(list)]))
  for (const { from, to, text } of sent) found.push([kept.get(`${to} ${from}`)?.get(text) ?? 0, told.get(to)?.get(text) ?? 0])
  if (group !== undefined) {
    const keptInGroup = new Map(Object.entries(group.histories).map(([person, list]) => [person, times(list)]))
    const toldInGroup = new Map(Object.entries(group.announced).map(([person, list]) => [person, times(list)]))
    for (const { from, to, text } of group.sent) for (const reader of to) if (reader !== from) found.push([keptInGroup.get(reader)?.get(text) ?? 0, toldInGroup.get(reader)?.get(text) ?? 0])
  }
  return {
    lost: found.filter(([kept]) => kept === 0).length,
    twice: found.filter(([kept, told]) => kept > 1 || told > 1).length,
    outOfOrder: order(without(evidence, mayBeLate)).length + (group === undefined ? 0 : groupOrder({ ...group, histories: Object.fromEntries(Object.entries(group.histories).map(([person, list]) => [person, list.filter(({ text }) => !mayBeLate.has(text))])) }).length)
  }
}
