/**
 * A group inside a scenario: who is in it, what was sent to whom, and the evidence at the end.
 */
import type { ChatId } from '../../client/chat-id.ts'
import type { Message } from '../../client/client.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { groupDelivery, groupOrder, groupViews, type GroupEvidence } from '../assertions/group.ts'
import { until, type Person } from '../network/person.ts'
import type { Stage } from '../scenario.ts'
import { textFor } from './texts.ts'

export class GroupTalk {
  readonly chat: ChatId
  readonly #stage: Stage
  /** Everybody who ever was in it. */
  readonly #people = new Set<Person>()
  readonly #members = new Set<Person>()
  readonly #sent: Array<{ from: string, text: string, to: readonly string[] }> = []
  #counter = 0

  private constructor (stage: Stage, chat: ChatId, people: readonly Person[]) {
    this.#stage = stage
    this.chat = chat
    for (const person of people) this.joined(person)
  }

  /** The first of them makes it, with all the others in it; all of them know of it when it resolves. */
  static async create (stage: Stage, name: string, people: readonly Person[], { alsoMembers = [] }: { alsoMembers?: readonly AccountId[] } = {}): Promise<GroupTalk> {
    const [founder, ...others] = people
    const { chat } = await founder!.client.groups.create({ name, members: [...others.map(({ account }) => account), ...alsoMembers] })
    const talk = new GroupTalk(stage, chat, people)
    await talk.untilAll('to know of the group', async (person) => (await person.client.groups.state(chat))?.name === name)
    return talk
  }

  get members (): readonly Person[] { return [...this.#members] }
  get messages (): number { return this.#sent.length }

  joined (person: Person): void {
    this.#people.add(person)
    this.#members.add(person)
  }

  left (person: Person): void { this.#members.delete(person) }

  /** @param to who is to have it, when that is not everybody who is in now */
  async say (from: Person, { to = this.members, text }: { to?: readonly Person[], text?: string } = {}): Promise<Message> {
    const said = text ?? textFor(this.#stage.random, from.name, this.#counter++)
    const message = await from.say(this.chat, said)
    this.said(from, said, to)
    return message
  }

  said (from: Person, text: string, to: readonly Person[] = this.members): void {
    this.#sent.push({ from: from.name, text, to: to.map(({ name }) => name) })
  }

  /** Everybody says `each` things, all at the same time. */
  async everybodySays (each: number, people: readonly Person[] = this.members): Promise<void> {
    for (let turn = 0; turn < each; turn++) await Promise.all(people.map((person) => this.say(person)))
  }

  /** Waits until everything that was sent is where it belongs. */
  async untilArrived (timeoutMs: number): Promise<void> {
    await this.untilAll('to have every message', async (person) => {
      const texts = new Set((await person.historyOf(this.chat)).map(({ text }) => text))
      return this.#sent.every(({ text, to }) => !to.includes(person.name) || texts.has(text))
    }, { timeoutMs, people: [...this.#people] })
    await this.untilAll('to have a place for every message', async (person) => (await person.historyOf(this.chat)).every(({ seq }) => seq !== undefined), { timeoutMs, people: [...this.#people] })
  }

  /** Waits until every member sees the same chain head. */
  async untilAgreed (timeoutMs: number): Promise<void> {
    await until(async () => groupViews(await this.#seen()).length === 0, { timeoutMs, what: async () => `everybody to see the same group (${groupViews(await this.#seen())[0] ?? ''})` })
  }

  async untilAll (what: string, isSo: (person: Person) => Promise<boolean>, { timeoutMs = 60_000, people = this.members }: { timeoutMs?: number, people?: readonly Person[] } = {}): Promise<void> {
    for (const person of people) await until(() => isSo(person), { timeoutMs, what: () => `${person.name} ${what}` })
  }

  /**
   * @param mayBeLate texts whose place is not judged: what a fault has destroyed comes again after what was said later
   * @returns what it judged
   */
  async check ({ mayBeLate = new Set() }: { mayBeLate?: ReadonlySet<string> } = {}): Promise<GroupEvidence> {
    const evidence: GroupEvidence = {
      sent: this.#sent,
      announced: Object.fromEntries([...this.#people].map((person) => [person.name, person.announcedIn(this.chat)])),
      histories: Object.fromEntries(await Promise.all([...this.#people].map(async (person) => [person.name, await person.historyOf(this.chat)] as const))),
      views: await this.#views()
    }
    this.#stage.check('everybody has what was for them, once, and nothing else', groupDelivery(evidence))
    this.#stage.check('one order for all', groupOrder({ ...evidence, histories: Object.fromEntries(Object.entries(evidence.histories).map(([person, list]) => [person, list.filter(({ text }) => !mayBeLate.has(text))])) }))
    this.#stage.check('the same chain head and members for all', groupViews(evidence))
    this.#stage.figure('messages', String(this.#sent.length))
    return evidence
  }

  async #seen (): Promise<GroupEvidence> { return { sent: [], announced: {}, histories: {}, views: await this.#views() } }

  async #views (): Promise<GroupEvidence['views']> {
    const views = await Promise.all(this.members.map(async (person) => {
      const state = await person.client.groups.state(this.chat)
      return [person.name, { head: state?.head ?? 'none', members: state?.members.map(({ account }) => account) ?? [] }] as const
    }))
    return Object.fromEntries(views)
  }
}
