/**
 * How people, ids and safety numbers are written for people and for scripts.
 */
import type { ClientLike } from './context.ts'
import { aboutPerson } from './explain.ts'
import { exitCodes } from './exit-codes.ts'
import { CliError } from './failure.ts'

type Contact = Awaited<ReturnType<ClientLike['contacts']>>[number]
type Account = NonNullable<ClientLike['account']>

/** An id is 56 characters; nobody compares them by eye. Safety numbers are for that. */
export const shortId = (id: string): string => `${id.slice(0, 8)}…${id.slice(-4)}`

/** 60 digits as three lines of four groups of five, as on paper. */
export function safetyNumberLines (digits: string): string[] {
  const groups = digits.replaceAll(' ', '').match(/.{1,5}/g) ?? []
  return Array.from({ length: Math.ceil(groups.length / 4) }, (_, row) => groups.slice(row * 4, row * 4 + 4).join(' '))
}

export const contactJson = (contact: Contact): Record<string, unknown> => ({
  account: contact.account, name: contact.name, handle: contact.handle ?? null, verified: contact.isVerified, addedAt: new Date(contact.addedAtMs).toISOString()
})

export const accountJson = (account: Account, invite: string): Record<string, unknown> => ({
  account: account.id, device: account.device, handle: account.handle === '' ? null : account.handle, relay: account.home.name, region: account.home.region, relayId: account.home.relay, invite
})

/**
 * A contact by name, handle or id; somebody new is looked up and added when `mayAdd`.
 *
 * @throws CliError or ProtocolError when nobody of that name can be found
 */
export async function contactFor (client: ClientLike, who: string, { mayAdd, connect }: { mayAdd: boolean, connect: () => Promise<void> }): Promise<Contact> {
  const known = await client.contact(who)
  if (known !== undefined) return known
  if (!mayAdd) throw new CliError(`There is no contact called "${who}". Add one with "heliograph contact add", or see "heliograph contact list".`, { exitCode: exitCodes.notFound, code: 'NO_CONTACT' })
  await connect()
  return await client.addContact(who, {}).catch((error: unknown) => { throw aboutPerson(error, who) })
}
