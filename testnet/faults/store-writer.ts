/**
 * The process whose power power-cut.test.ts cuts: appends to a relay's store, one after another, and prints the number of
 * each that was acknowledged as durable.
 *
 * node store-writer.ts FOLDER
 */
import { writeSync } from 'node:fs'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { pairConversation } from '../../protocol/conversation.ts'
import { accountIdOfKey, deviceIdOfKey, messageIdFromBytes } from '../../protocol/ids.ts'
import { openLevelStore } from '../../node/store/store-level.ts'

const keyOf = (fill: number): Uint8Array => nodePrimitives.ed25519PublicKey(new Uint8Array(32).fill(fill))
export const log = pairConversation(accountIdOfKey(keyOf(1)), accountIdOfKey(keyOf(2))).id

if (process.argv[1] === import.meta.filename) {
  const store = await openLevelStore({ path: process.argv[2]!, minFreeBytes: 1 })
  const sender = deviceIdOfKey(keyOf(3))
  for (let seq = 1; ; seq++) {
    const id = new Uint8Array(16)
    new DataView(id.buffer).setUint32(4, seq)
    id[6] = 0x70
    id[8] = 0x80
    await store.write([{ op: 'append', log, entry: { epoch: 1, seq, sender, messageId: messageIdFromBytes(id), storedAtMs: seq, expiresAtMs: 10 ** 12, envelope: new Uint8Array(1_000).fill(seq) } }], { durable: true })
    writeSync(1, `${seq}\n`)
  }
}
