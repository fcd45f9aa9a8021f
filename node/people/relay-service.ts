/**
 * What other relays ask for their people: accounts, handles and key bundles of accounts that live here.
 *
 * Answers for local accounts only: a relay never asks on behalf of another, so a question travels one hop.
 * Does not know: messages (they have handlers of their own on the same channels). Spec: docs/protocol/relay.md
 */
import type { Channel, Handlers } from '../../protocol/channel.ts'
import { accountIdFromBytes } from '../../protocol/ids.ts'
import { anyMethods, relayMethods } from '../../protocol/methods.ts'
import { noLoad, type Load } from '../limits/load.ts'
import type { People } from './people.ts'
import type { Buckets } from '../ports.ts'

/** Envelopes that one lookup counts for: 2,500 lookups a second from one relay. */
const lookupCost = 20
/** A claim ends in an fsync. */
const claimCost = 50

export interface RelayServiceComponents {
  handlers: Handlers
  people: People
  buckets: Buckets
  load?: Load
}

export function serveRelays ({ handlers, people, buckets, load = noLoad }: RelayServiceComponents): void {
  const charge = (channel: Channel, cost: number): void => { buckets.take('forwardPerRelay', channel.stream.remotePeer, cost) }
  handlers
    .on(anyMethods.ping, () => ({}))
    .on(relayMethods.findAccount, (find, channel) => {
      charge(channel, lookupCost)
      load.check('history')
      return people.findHere(accountIdFromBytes(find.account))
    })
    .on(relayMethods.findHandle, (find, channel) => {
      charge(channel, lookupCost)
      load.check('history')
      return people.findHandleHere(find.handle)
    })
    .on(relayMethods.claimMany, async ({ accounts }, channel) => {
      charge(channel, claimCost * accounts.length)
      return { outcomes: await people.claimManyHere(accounts.map(accountIdFromBytes), { id: channel.stream.remotePeer, isRelay: true }) }
    })
    .on(relayMethods.claimBundles, (claim, channel) => {
      charge(channel, claimCost)
      return people.claimHere(accountIdFromBytes(claim.account), { id: channel.stream.remotePeer, isRelay: true })
    })
}
