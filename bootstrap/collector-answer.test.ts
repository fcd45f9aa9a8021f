import assert from 'node:assert/strict'
import { Channel, Handlers } from '../protocol/channel.ts'
import { ManualClock } from '../protocol/clock-manual.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { relayIdOfKey, type RelayId } from '../protocol/ids.ts'
import { rates } from '../protocol/limits.ts'
import { directoryMethods } from '../protocol/methods.ts'
import { signRelayRecord } from '../protocol/records/relay-record.ts'
import { streamPair } from '../protocol/stream-pair.ts'
import { Collector } from './collector.ts'

function recordOf (name: string, seedByte: number, issuedAtMs: number): Uint8Array {
  const seed = new Uint8Array(32).fill(seedByte)
  const relay = relayIdOfKey(nodePrimitives.ed25519PublicKey(seed))
  return signRelayRecord(nodePrimitives, { relay, name, region: 'eu', addresses: [`/ip4/127.0.0.1/tcp/4001/p2p/${relay}`], loadPermille: 0, openRegistration: true, software: 'test', issuedAtMs }, seed).bytes
}

describe('answers of the bootstrap node', () => {
  it('an answer from before the first relay joined is not given again after it', () => {
    const clock = new ManualClock()
    const collector = new Collector({ clock, signing: nodePrimitives })
    assert.equal(collector.answer({ region: '', max: 0 }).records?.length, 0)
    assert.equal(collector.onGossip(recordOf('eu-1', 1, clock.nowMs())), 'accept')
    assert.equal(collector.answer({ region: '', max: 0 }).records?.length, 1)
    assert.equal(collector.onGossip(recordOf('eu-2', 2, clock.nowMs())), 'accept')
    assert.equal(collector.answer({ region: '', max: 0 }).records?.length, 2)
  })

  it('one peer is answered so often, others go on being answered', async () => {
    const clock = new ManualClock()
    const collector = new Collector({ clock, signing: nodePrimitives })
    const ids = [1, 2, 3].map((byte) => relayIdOfKey(nodePrimitives.ed25519PublicKey(new Uint8Array(32).fill(byte))))
    const peer = (id: RelayId): Channel => {
      const [far, near] = streamPair(id, ids[2]!)
      collector.accept(near)
      return new Channel(far, { handlers: new Handlers(), clock }).start()
    }
    const [greedy, honest] = [peer(ids[0]!), peer(ids[1]!)]
    const ask = async (channel: Channel): Promise<string> => await channel.call(directoryMethods.getDirectory, { max: 0 }).then(() => 'answered', (error: unknown) => isProtocolError(error) ? error.code : String(error))
    const answers: string[] = []
    for (let i = 0; i < 30; i++) answers.push(await ask(greedy))
    assert.deepEqual([answers.filter((answer) => answer === 'answered').length, answers.at(-1)], [rates.directoryPerPeer.burst, 'QUOTA'])
    assert.equal(await ask(honest), 'answered')
    assert.equal(await ask(peer(ids[0]!)), 'QUOTA', 'another stream of the same peer')
    await collector.stop()
  })
})
