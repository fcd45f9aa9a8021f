/**
 * The same load as `relay`, the two people of every pair on two relays.
 */
import { run as runRelays } from './relay.ts'

export const run = async (args: string[]): Promise<void> => { await runRelays(args, 2) }
