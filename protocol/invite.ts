/**
 * The invite link: who somebody is and where they can be found, as text or QR code.
 *
 *   heliograph:<account id>?handle=alice@eu-1.example.org&at=<multiaddr>&at=…
 *
 * Only the account id is trusted, since it carries the account key; handle and addresses are hints.
 * Spec: docs/protocol/invite.md
 */
import { ProtocolError } from './errors.ts'
import { parseAccountId, type AccountId } from './ids.ts'
import { limits } from './limits.ts'

export interface Invite {
  readonly account: AccountId
  /** Complete, or '' for none. */
  readonly handle: string
  /** Multiaddrs of the account's home relay, each ending in /p2p/<relay>. */
  readonly addresses: readonly string[]
}

export const inviteScheme = 'heliograph:'
/** A QR code holds about this much comfortably. */
const maxLinkChars = 2_048
const maxAddresses = 8
const maxHandleChars = limits.handleMaxChars + 1 + limits.relayNameBytes

export function encodeInvite ({ account, handle, addresses }: Invite): string {
  const query = new URLSearchParams()
  if (handle !== '') query.set('handle', handle)
  let link = linkOf(account, query)
  for (const address of addresses.slice(0, maxAddresses)) {
    query.append('at', address)
    const longer = linkOf(account, query)
    if (longer.length > maxLinkChars) break
    link = longer
  }
  return link
}

// '@', '/' and ':' mean nothing inside a query; left alone, people can read the link.
const linkOf = (account: AccountId, query: URLSearchParams): string =>
  inviteScheme + account + (query.size === 0 ? '' : `?${query.toString().replaceAll('%40', '@').replaceAll('%2F', '/').replaceAll('%3A', ':')}`)

export const isInvite = (text: string): boolean => text.trim().toLowerCase().startsWith(inviteScheme)

/** @throws ProtocolError TOO_LARGE, MALFORMED. Unknown parts are ignored. */
export function parseInvite (text: string): Invite {
  const link = text.trim()
  // [REJECT] bounded before it is taken apart
  if (link.length > maxLinkChars) throw new ProtocolError('TOO_LARGE', { max: maxLinkChars, what: 'invite link' })
  if (!isInvite(link)) throw new ProtocolError('MALFORMED', { what: 'invite link' })
  const [id = '', ...rest] = link.slice(inviteScheme.length).split('?')
  const query = new URLSearchParams(rest.join('?'))
  const handle = query.get('handle') ?? ''
  const addresses = query.getAll('at')
  if (handle.length > maxHandleChars || addresses.length > maxAddresses || addresses.some((address) => address.length > limits.addressBytes)) {
    throw new ProtocolError('MALFORMED', { what: 'invite link' })
  }
  return { account: parseAccountId(id.toLowerCase()), handle, addresses }
}
