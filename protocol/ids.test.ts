import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { base58btc } from 'multiformats/bases/base58'
import { SeededRandom } from './clock-manual.ts'
import { concat, sameBytes } from './bytes.ts'
import {
  accountIdFromBytes, accountIdOfKey, accountIdToBytes, accountKeyOf, deviceIdOfKey, deviceKeyOf, messageIdFromBytes, messageIdToBytes,
  parseAccountId, parseDeviceId, parseRelayId, relayIdOfKey, relayKeyOf, shortId
} from './ids.ts'
import { refusedAs, testAccount, testDevice } from './testing.ts'

describe('ids', () => {
  const random = new SeededRandom(5)
  const keys = [new Uint8Array(32), new Uint8Array(32).fill(255), ...Array.from({ length: 30 }, () => random.bytes(32))]

  it('an account id is 34 bytes and 56 characters, and carries its key', () => {
    for (const key of keys) {
      const id = accountIdOfKey(key)
      assert.equal(id.length, 56)
      assert.equal(accountIdToBytes(id).byteLength, 34)
      assert.ok(sameBytes(accountKeyOf(id), key))
      assert.equal(accountIdFromBytes(accountIdToBytes(id)), id)
      assert.equal(parseAccountId(id), id)
    }
  })

  it('device and relay ids are libp2p PeerIds of their keys', () => {
    for (const key of keys) {
      const id = deviceIdOfKey(key)
      assert.match(id, /^12D3KooW/)
      const peer = peerIdFromString(id)
      assert.equal(peer.type, 'Ed25519')
      assert.ok(sameBytes(peer.publicKey!.raw, key))
      assert.ok(sameBytes(deviceKeyOf(id), key))
      assert.equal(parseDeviceId(id), id)
      assert.equal(parseRelayId(id), relayIdOfKey(key))
      assert.ok(sameBytes(relayKeyOf(relayIdOfKey(key)), key))
    }
  })

  it('keys of another length are refused', () => {
    for (const length of [0, 31, 33, 64]) {
      const key = new Uint8Array(length)
      for (const make of [accountIdOfKey, deviceIdOfKey, relayIdOfKey]) assert.throws(() => make(key), refusedAs('MALFORMED'))
    }
  })

  it('account ids with another hash, length, alphabet or case are refused', () => {
    const { id } = testAccount(1)
    const bytes = accountIdToBytes(id)
    for (const wrong of [bytes.subarray(1), concat(bytes, bytes), concat(Uint8Array.of(0x12), bytes.subarray(1)), concat(Uint8Array.of(0, 0x21), bytes.subarray(2))]) {
      assert.throws(() => accountIdFromBytes(wrong), refusedAs('MALFORMED'))
    }
    for (const text of ['', id.slice(1), `${id}a`, id.toUpperCase(), `b${id.slice(1, -1)}!`, `z${id.slice(1)}`, `b${'0'.repeat(55)}`, testDevice(1).id]) {
      assert.throws(() => parseAccountId(text), refusedAs('MALFORMED'), text)
    }
  })

  it('every account has one text only: spare bits of the last character are refused', () => {
    const { id } = testAccount(1)
    const others = [...'abcdefghijklmnopqrstuvwxyz234567'].map((last) => id.slice(0, -1) + last).filter((text) => text !== id)
    for (const text of others) {
      let taken: string | undefined
      try { taken = parseAccountId(text) } catch (error) { refusedAs('MALFORMED')(error) }
      assert.ok(taken === undefined || taken === text, `${text} is read as ${taken}`)
    }
  })

  it('PeerIds of other keys, other lengths and other alphabets are refused', () => {
    const { id } = testDevice(1)
    const rsa = base58btc.encode(concat(Uint8Array.of(0x12, 0x20), new Uint8Array(32))).slice(1)
    const secp = base58btc.encode(concat(Uint8Array.of(0x00, 0x25, 0x08, 0x02, 0x12, 0x21), new Uint8Array(33))).slice(1)
    const otherType = base58btc.encode(concat(Uint8Array.of(0x00, 0x24, 0x08, 0x02, 0x12, 0x20), new Uint8Array(32))).slice(1)
    for (const text of ['', otherType, id.slice(1), `${id}1`, `0${id.slice(1)}`, `${id.slice(0, -1)}l`, rsa, secp, testAccount(1).id, '1'.repeat(52), '1'.repeat(100_000)]) {
      assert.throws(() => parseDeviceId(text), refusedAs('MALFORMED'), text)
      assert.throws(() => parseRelayId(text), refusedAs('MALFORMED'), text)
    }
  })

  it('message ids are UUIDs of version 7, as 32 hex digits', () => {
    const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6, 0x7a, 8, 0xbf, 10, 11, 12, 13, 14, 15, 255])
    const id = messageIdFromBytes(bytes)
    assert.equal(id, '0102030405067a08bf0a0b0c0d0e0fff')
    assert.deepEqual(messageIdToBytes(id), bytes)
    const changed = (at: number, value: number): Uint8Array => { const copy = bytes.slice(); copy[at] = value; return copy }
    for (const wrong of [changed(6, 0x4a), changed(6, 0x8a), changed(8, 0x3f), changed(8, 0xff), bytes.subarray(1), concat(bytes, bytes), new Uint8Array(0)]) {
      assert.throws(() => messageIdFromBytes(wrong), refusedAs('BAD_MESSAGE_ID'))
    }
  })

  it('short ids differ between people and are six characters', () => {
    const shorts = [...Array.from({ length: 50 }, (_, index) => shortId(testAccount(index).id)), ...Array.from({ length: 50 }, (_, index) => shortId(testDevice(index).id))]
    assert.equal(new Set(shorts).size, 100)
    assert.ok(shorts.every((short) => short.length === 6))
  })

  it('stay right when more of them are seen than are remembered', () => {
    const key = (index: number): Uint8Array => { const out = new Uint8Array(32); new DataView(out.buffer).setUint32(0, index); return out }
    const first = accountIdOfKey(key(0))
    for (let index = 0; index < 50_010; index++) accountIdOfKey(key(index))
    assert.equal(accountIdOfKey(key(0)), first)
  })
})
