/**
 * Whom and what a command line means: people, groups and messages by what people call them.
 */
import { isGroupChat } from '../client/chat-id.ts'
import { isGroupInvite } from '../protocol/groups/invite-link.ts'
import type { AccountId, ChatId, ClientLike, GroupInfo, Message, MessageId } from './context.ts'
import { printableName, shortMessageId } from './describe-messages.ts'
import { contactFor, shortId } from './describe-people.ts'
import { aboutPerson } from './explain.ts'
import { exitCodes } from './exit-codes.ts'
import { CliError } from './failure.ts'
import { groupName, type Names } from './names.ts'

export interface Target { readonly chat: ChatId, readonly name: string }

const notFound = (sentence: string, code: string): CliError => new CliError(sentence, { exitCode: exitCodes.notFound, code })

/** Characters of a group's id that are worth looking for. */
const minIdChars = 4

/** By name, id, the end of an id, or the only name that begins so. @throws CliError */
export async function groupFor (client: ClientLike, who: string): Promise<GroupInfo> {
  const found = matching(await client.groups.list(), who)
  if (found.length === 1) return found[0]!
  const shown = printableName(who)
  if (found.length > 1) throw new CliError(`There is more than one group "${shown}". Name it by its id: heliograph group list`, { code: 'AMBIGUOUS' })
  if (await client.contact(who) !== undefined) throw notFound('This is a person, not a group. Open or name the group that you mean.', 'NO_GROUP')
  throw notFound(`There is no group called "${shown}". See "heliograph group list".`, 'NO_GROUP')
}

function matching (groups: readonly GroupInfo[], who: string): GroupInfo[] {
  const text = who.trim()
  const lower = text.toLowerCase().replace(/^…/, '')
  const isId = /^[0-9a-f]+$/.test(lower) && lower.length >= minIdChars
  const rules: Array<(group: GroupInfo) => boolean> = [
    ({ chat }) => chat === lower,
    ({ name }) => name === text,
    ({ name }) => name.toLowerCase() === lower,
    ({ chat }) => isId && (chat.endsWith(lower) || chat.startsWith(lower)),
    ({ name }) => lower.length > 0 && name.toLowerCase().startsWith(lower)
  ]
  for (const rule of rules) {
    const found = groups.filter(rule)
    // One that was left gives way to one that one is in.
    const inside = found.filter(({ isMember, isPending }) => isMember || isPending)
    if (found.length > 0) return inside.length > 0 ? inside : found
  }
  return []
}

/** A person's conversation or a group. @throws CliError, or as contactFor */
export async function chatFor (client: ClientLike, who: string, { mayAdd, connect }: { mayAdd: boolean, connect: () => Promise<void> }): Promise<Target> {
  if (isGroupInvite(who)) throw new CliError('This is an invite link to a group. Join it first: heliograph group join LINK', { exitCode: exitCodes.usage, code: 'GROUP_LINK' })
  const [contact, groups] = [await client.contact(who), matching(await client.groups.list(), who)]
  const isExact = (name: string): boolean => name.toLowerCase() === who.trim().toLowerCase()
  const exactGroups = groups.filter(({ name, chat }) => isExact(name) || chat === who.trim())
  if (contact !== undefined && exactGroups.length > 0 && isExact(contact.name)) {
    throw new CliError(`"${printableName(who)}" is a contact and a group. Name the one you mean by its handle or id.`, { code: 'AMBIGUOUS' })
  }
  if (contact !== undefined && (exactGroups.length === 0 || isExact(contact.name))) return { chat: contact.account, name: contact.name }
  if (groups.length > 0) {
    const group = await groupFor(client, who)
    return { chat: group.chat, name: groupName(group.name, group.chat) }
  }
  const stranger = await strangerFor(client, who)
  if (stranger !== undefined) return stranger
  if (!mayAdd) throw notFound(`There is no contact and no group called "${printableName(who)}". See "heliograph contact list" and "heliograph group list".`, 'NO_CONTACT')
  const added = await contactFor(client, who, { mayAdd, connect })
  return { chat: added.account, name: added.name }
}

/** Somebody who is not a contact, and with whom there is a conversation: by id, as it is written short, or by what they call themselves. */
async function strangerFor (client: ClientLike, who: string): Promise<Target | undefined> {
  const text = who.trim().toLowerCase()
  const strangers = (await client.conversations()).flatMap(({ account }) => account ?? [])
  const found: Target[] = []
  for (const account of strangers) {
    const name = printableName((await client.chats.profileOf(account))?.name ?? '').trim()
    const isIt = account === text || shortId(account) === text || (name !== '' && (`~${name}`.toLowerCase() === text || name.toLowerCase() === text))
    if (isIt) found.push({ chat: account, name: name === '' ? shortId(account) : `~${name}` })
  }
  if (found.length > 1) throw new CliError(`There is more than one "${printableName(who)}". Name the one you mean by the account id.`, { code: 'AMBIGUOUS' })
  return found[0]
}

/**
 * A person: a contact, a member of one of the groups by the name shown there, anybody else by handle, id or invite link.
 *
 * @param options.isKept somebody new becomes a contact
 */
export async function personFor (client: ClientLike, who: string, { names, connect, isKept = false }: { names: Names, connect: () => Promise<void>, isKept?: boolean }): Promise<AccountId> {
  if (['me', 'myself'].includes(who)) return client.account!.id
  const known = await client.contact(who)
  if (known !== undefined) return known.account
  const strangers = new Set<AccountId>()
  for (const { members } of await client.groups.list()) for (const { account } of members) strangers.add(account)
  for (const { account } of await client.conversations()) if (account !== undefined) strangers.add(account)
  await names.learn(strangers)
  const text = who.trim().toLowerCase().replace(/^~/, '')
  const found = [...strangers].filter((account) => account === text || shortId(account) === text || names.of(account).toLowerCase().replace(/^~/, '') === text)
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`There is more than one "${printableName(who)}". Name the one you mean by the account id.`, { code: 'AMBIGUOUS' })
  await connect()
  if (isKept) return (await client.addContact(who, {}).catch((error: unknown) => { throw aboutPerson(error, who) })).account
  return (await client.findPerson(who).catch((error: unknown) => { throw aboutPerson(error, who) })).account
}

/** Messages that are looked through for a short id. */
const lookedThrough = 10_000
const pageSize = 500

/**
 * A message of this conversation: `last`, its id, or the end of it as the history shows it.
 * @throws CliError
 */
export async function messageFor (client: ClientLike, chat: ChatId, what: string): Promise<Message> {
  const text = what.trim().toLowerCase().replace(/^#/, '')
  if (text === 'last') {
    const [last] = await client.history(chat, { limit: 1 })
    if (last === undefined) throw notFound('There are no messages in this conversation yet.', 'NO_MESSAGE')
    return last
  }
  if (!/^[0-9a-f]{4,32}$/.test(text)) throw new CliError(`"${printableName(what)}" is not the id of a message. The history shows them; "last" is the newest.`, { exitCode: exitCodes.usage, code: 'BAD_MESSAGE_ID' })
  const whole = text.length === 32 ? await client.chats.message(chat, text as MessageId) : undefined
  if (whole !== undefined) return whole
  const found: Message[] = []
  let before: string | undefined
  for (let seen = 0; seen < lookedThrough;) {
    const page = await client.history(chat, { limit: pageSize, ...(before === undefined ? {} : { before }) })
    found.push(...page.filter(({ id }) => id.endsWith(text)))
    if (page.length < pageSize) break
    seen += page.length
    before = page[0]!.id
  }
  if (found.length === 1) return found[0]!
  if (found.length > 1) throw new CliError(`More than one message ends in ${text}: ${found.slice(0, 5).map(({ id }) => id).join(', ')}`, { code: 'AMBIGUOUS' })
  throw notFound(`There is no message ${text} in this conversation. The history shows the ids; messages that came since need "heliograph history --sync" first.`, 'NO_MESSAGE')
}

/** In words, for answers: `“See you at eight” (1f3a9c)`. */
export function messageName (message: Message): string {
  const words = printableName(message.text !== '' ? message.text : message.poll?.question ?? message.location?.label ?? message.contact?.name ?? '')
  return words === '' ? shortMessageId(message.id) : `"${[...words].length > 40 ? `${[...words].slice(0, 39).join('')}…` : words}" (${shortMessageId(message.id)})`
}

export const isGroup = (chat: ChatId): boolean => isGroupChat(chat)
