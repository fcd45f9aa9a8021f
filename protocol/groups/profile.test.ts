import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { noblePrimitives } from '../e2ee/primitives-noble.ts'
import { nodePrimitives } from '../e2ee/primitives-node.ts'
import { concat, utf8 } from '../bytes.ts'
import { limits } from '../limits.ts'
import { fuzz, refusedAs } from '../testing.ts'
import { encode } from '../wire/codec.ts'
import { GroupProfileText } from '../wire/gen/group.js'
import { newProfileKey, openGroupProfile, sealGroupProfile } from './profile.ts'
import { testGroup } from './testing.ts'

const group = testGroup(1)
const key = newProfileKey(nodePrimitives)
const text = { name: 'Sunday walks', description: 'Where we go, and when ☀', icon: new Uint8Array(5_000).fill(3) }

/** Anything sealed as a profile by somebody who has the key. */
const sealedAs = (content: Uint8Array): Parameters<typeof openGroupProfile>[2] => {
  const nonce = new Uint8Array(12)
  return { keyId: key.id, sealed: concat(nonce, nodePrimitives.aesGcmEncrypt(key.key, nonce, content, concat(utf8('heliograph group profile 1\0'), group.bytes, key.id))) }
}

describe('group profile', () => {
  for (const primitives of [nodePrimitives, noblePrimitives]) {
    it(`opens with the key that sealed it (${primitives.name})`, () => {
      for (const one of [text, { name: 'x', description: '', icon: new Uint8Array(0) }]) {
        const profile = sealGroupProfile(primitives, group, key, one)
        assert.deepEqual(profile.keyId, key.id)
        assert.deepEqual(openGroupProfile(primitives, group, profile, key), one)
      }
    })
  }

  it('of the largest size fits the limit', () => {
    const largest = { name: 'n'.repeat(limits.groupNameBytes), description: 'd'.repeat(limits.groupDescriptionBytes), icon: new Uint8Array(limits.pictureBytes) }
    const profile = sealGroupProfile(nodePrimitives, group, key, largest)
    assert.ok(profile.sealed.byteLength <= limits.groupProfileBytes)
    assert.deepEqual(openGroupProfile(nodePrimitives, group, profile, key), largest)
    for (const over of [{ name: 'n'.repeat(limits.groupNameBytes + 1) }, { description: 'd'.repeat(limits.groupDescriptionBytes + 1) }, { icon: new Uint8Array(limits.pictureBytes + 1) }]) {
      assert.throws(() => sealGroupProfile(nodePrimitives, group, key, { ...text, ...over }), refusedAs('TOO_LARGE'))
      assert.throws(() => openGroupProfile(nodePrimitives, group, sealedAs(concat(encode(GroupProfileText, { ...text, icon: new Uint8Array(0), ...over }), Uint8Array.of(0x80))), key), refusedAs('TOO_LARGE'), 'from a member who keeps no limit')
    }
  })

  it('has a name', () => {
    for (const name of ['', ' \n ']) assert.throws(() => sealGroupProfile(nodePrimitives, group, key, { ...text, name }), refusedAs('MALFORMED'))
  })

  it('says little of how long the name is', () => {
    const lengthOf = (name: string): number => sealGroupProfile(nodePrimitives, group, key, { name, description: '', icon: new Uint8Array(0) }).sealed.byteLength
    assert.equal(lengthOf('x'), lengthOf('x'.repeat(limits.groupNameBytes)))
  })

  it('of any length comes back whole', () => {
    for (let length = 480; length < 520; length++) {
      const one = { name: 'x', description: 'd'.repeat(length), icon: new Uint8Array(0) }
      assert.deepEqual(openGroupProfile(nodePrimitives, group, sealGroupProfile(nodePrimitives, group, key, one), key), one)
    }
  })

  it('with another key, in another group, damaged or too large is refused', () => {
    const profile = sealGroupProfile(nodePrimitives, group, key, text)
    assert.throws(() => openGroupProfile(nodePrimitives, group, profile, newProfileKey(nodePrimitives)), refusedAs('UNDECRYPTABLE'))
    assert.throws(() => openGroupProfile(nodePrimitives, group, profile, { ...key, key: new Uint8Array(32) }), refusedAs('UNDECRYPTABLE'))
    assert.throws(() => openGroupProfile(nodePrimitives, testGroup(2), profile, key), refusedAs('UNDECRYPTABLE'))
    assert.throws(() => openGroupProfile(nodePrimitives, group, profile, { id: new Uint8Array(8), key: key.key }), refusedAs('UNDECRYPTABLE'))
    const renamed = { id: new Uint8Array(8), key: key.key }
    assert.throws(() => openGroupProfile(nodePrimitives, group, { ...profile, keyId: renamed.id }, renamed), refusedAs('UNDECRYPTABLE'))
    assert.throws(() => openGroupProfile(nodePrimitives, group, { ...profile, sealed: new Uint8Array(limits.groupProfileBytes + 1) }, key), refusedAs('TOO_LARGE'))
    const { refused } = fuzz((sealed) => openGroupProfile(nodePrimitives, group, { ...profile, sealed }, key), { good: [profile.sealed], random: new SeededRandom(51), rounds: 500 })
    assert.ok(refused > 470)
  })

  it('sealed by a member who keeps no rules is refused', () => {
    for (const content of [new Uint8Array(0), new Uint8Array(512), encode(GroupProfileText, text), Uint8Array.of(0xff, 0xff, 0x80)]) {
      assert.throws(() => openGroupProfile(nodePrimitives, group, sealedAs(content), key), refusedAs('MALFORMED'))
    }
  })
})
