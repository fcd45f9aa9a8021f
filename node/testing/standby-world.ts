/** For tests only: home records with standbys, over the relays and devices of message-world.ts. */
import { clientMethods } from '../../protocol/methods.ts'
import { signHomeRecord, type SignedHomeRecord } from '../../protocol/records/home-record.ts'
import { decode } from '../../protocol/wire/codec.ts'
import { Signed } from '../../protocol/wire/gen/records.js'
import type { StandbyState } from '../../protocol/wire/gen/standby.js'
import { signing } from './fixtures.ts'
import type { TestClient, TestRelayNode, World } from './message-world.ts'
import { threeRelays } from './worlds.ts'

/** Three relays, by what they are to an account with a standby. */
export async function threeHomes (seed: number, latencyMs = 20): Promise<{ world: World, primary: TestRelayNode, standby: TestRelayNode, other: TestRelayNode }> {
  const { world, eu: primary, us: standby, asia: other } = await threeRelays(seed, { latencyMs })
  return { world, primary, standby, other }
}

export const standbyRecord = (client: TestClient, epoch: number, ...homes: [TestRelayNode, ...TestRelayNode[]]): SignedHomeRecord =>
  signHomeRecord(signing, { account: client.account, epoch, homes: homes.map(({ id }) => id) as [TestRelayNode['id']], region: 'eu', issuedAtMs: 1 }, client.person.seed)

/** The device tells its home; the first of `homes` is the primary. */
export async function nameHomes (world: World, client: TestClient, epoch: number, ...homes: [TestRelayNode, ...TestRelayNode[]]): Promise<void> {
  await world.during(client.channel.call(clientMethods.updateHome, decode(Signed, standbyRecord(client, epoch, ...homes).bytes)))
}

export async function standbyState (world: World, client: TestClient): Promise<StandbyState> {
  return await world.during(client.channel.call(clientMethods.standbyState, {}))
}

export async function untilInSync (world: World, client: TestClient, ms = 60_000): Promise<void> {
  // Two questions a second are what a device may ask.
  for (let passed = 0; (await standbyState(world, client)).state !== 2; passed += 500) {
    if (passed > ms) throw new Error(`not in sync within ${ms} ms`)
    await world.pass(500)
  }
}

/** Name `standby` under `epoch`, and wait until it has everything. */
export async function standBy (world: World, client: TestClient, standby: TestRelayNode, epoch = 2): Promise<void> {
  await nameHomes(world, client, epoch, client.home, standby)
  await untilInSync(world, client)
}
