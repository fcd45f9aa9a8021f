/** For tests only: the relays and people that many tests begin with, and what they all do with them. */
import type { MessageId } from '../../protocol/ids.ts'
import { World, type TestClient, type TestRelayNode } from './message-world.ts'

type Conditions = ConstructorParameters<typeof World>[1]

export interface TwoPeople {
  readonly world: World
  readonly eu: TestRelayNode
  readonly us: TestRelayNode
  /** At `eu`, which sequences what the two write to each other. */
  readonly a: TestClient
  /** At `us`. */
  readonly b: TestClient
}

export async function twoPeople (seed: number, conditions: Conditions = {}): Promise<TwoPeople> {
  const world = new World(seed, conditions)
  const [eu, us] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org')]
  const [a, b] = await world.pair(eu, us)
  return { world, eu, us, a, b }
}

export interface ThreeRelays {
  readonly world: World
  readonly eu: TestRelayNode
  readonly us: TestRelayNode
  readonly asia: TestRelayNode
}

export async function threeRelays (seed: number, conditions: Conditions = {}, config: ConstructorParameters<typeof World>[2] = {}): Promise<ThreeRelays> {
  const world = new World(seed, conditions, config)
  return { world, eu: await world.relay('eu-1.example.org'), us: await world.relay('us-1.example.org'), asia: await world.relay('asia-1.example.org') }
}

export const sendMany = (from: TestClient, to: TestClient, count: number, options: Parameters<TestClient['send']>[1] = {}): MessageId[] =>
  Array.from({ length: count }, () => from.send(to, options))

/** Everything that either has sent is out, and both show `count` messages. */
export async function untilSeen (world: World, a: TestClient, b: TestClient, count: number): Promise<void> {
  const text = (): string => `${count} messages (${a.shownWith(b).length} and ${b.shownWith(a).length}, ${a.outbox.length} and ${b.outbox.length} waiting)`
  await world.until(() => a.outbox.length + b.outbox.length === 0 && a.shownWith(b).length === count && b.shownWith(a).length === count, 120_000, text)
}
