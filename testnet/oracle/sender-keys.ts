/**
 * Records sender keys: distributions and messages of libsignal's group cipher, for the tests of group encryption.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import * as signal from '@signalapp/libsignal-client'
import { bytesAt, fieldsOf, hex } from './stored-session.ts'

class SenderKeys extends signal.SenderKeyStore {
  stored: Buffer | undefined
  async saveSenderKey (_sender: signal.ProtocolAddress, _id: string, record: signal.SenderKeyRecord): Promise<void> { this.stored = record.serialize() }
  async getSenderKey (): Promise<signal.SenderKeyRecord | null> { return this.stored === undefined ? null : signal.SenderKeyRecord.deserialize(this.stored) }
}

export interface SenderKeyTranscript {
  distributionId: string
  /** the distribution message, and the private half of its signing key */
  distribution: string
  signingPrivate: string
  messages: Array<{ text: string, bytes: string }>
}

/** @param skipped how many messages are sent before the distribution is made, so that it starts at that iteration */
export async function senderKeyTranscript (skipped: number, count: number): Promise<SenderKeyTranscript> {
  const sender = signal.ProtocolAddress.new('sender', 1)
  const distributionId = randomUUID()
  const store = new SenderKeys()
  await signal.SenderKeyDistributionMessage.create(sender, distributionId, store)
  for (let i = 0; i < skipped; i++) await signal.groupEncrypt(sender, distributionId, store, Buffer.from('before'))
  const distribution = (await signal.SenderKeyDistributionMessage.create(sender, distributionId, store)).serialize()
  // SenderKeyRecord { 1 states { 3 signing key { 1 public, 2 private } } }
  const signingPrivate = hex(bytesAt(fieldsOf(store.stored!), 1, 3, 2))
  const reader = new SenderKeys()
  await signal.processSenderKeyDistributionMessage(sender, signal.SenderKeyDistributionMessage.deserialize(distribution), reader)
  const messages = []
  for (let i = 0; i < count; i++) {
    const text = randomBytes(i * 7 % 120)
    const bytes = (await signal.groupEncrypt(sender, distributionId, store, text)).serialize()
    if (!(await signal.groupDecrypt(sender, reader, bytes)).equals(text)) throw new Error('the group message opened to another text')
    messages.push({ text: hex(text), bytes: hex(bytes) })
  }
  return { distributionId, distribution: hex(distribution), signingPrivate, messages }
}
