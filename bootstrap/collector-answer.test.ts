import assert from 'node:assert/strict'
import { ManualClock } from '../protocol/clock-manual.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { relayIdOfKey } from '../protocol/ids.ts'
import { signRelayRecord } from '../protocol/records/relay-record.ts'
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
})
