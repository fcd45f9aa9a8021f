import assert from 'node:assert/strict'
import { fromUtf8, toHex, utf8 } from '../bytes.ts'
import { limits } from '../limits.ts'
import { refusedAs } from '../testing.ts'
import { senderKeyCipher } from './group-cipher.ts'
import { noblePrimitives } from './primitives-noble.ts'
import { nodePrimitives } from './primitives-node.ts'
import { heliographProfile } from './suite.ts'

for (const primitives of [nodePrimitives, noblePrimitives]) {
  describe(`group cipher (${primitives.name})`, () => {
    const cipher = senderKeyCipher({ primitives, profile: heliographProfile })

    it('seals for everybody who was given the key, from bytes to bytes', () => {
      let own = cipher.create(0)
      let record = cipher.accept(undefined, cipher.distribution(own))
      for (const text of ['one', 'two']) {
        const sealed = cipher.seal(own, utf8(text))
        own = sealed.next
        const opened = cipher.open(record, sealed.message)
        assert.equal(fromUtf8(opened.plaintext), text)
        const before = toHex(opened.next)
        assert.throws(() => cipher.open(opened.next, sealed.message), refusedAs('DUPLICATE'))
        assert.equal(toHex(opened.next), before)
        record = opened.next
      }
      assert.throws(() => cipher.open(undefined, cipher.seal(own, utf8('three')).message), refusedAs('NO_SENDER_KEY'))
    })

    it('leaves what it is given as it is', () => {
      const own = cipher.create(0)
      const [before, distribution] = [toHex(own), cipher.distribution(own)]
      const record = cipher.accept(undefined, distribution)
      const recordBefore = toHex(record)
      const { message } = cipher.seal(own, utf8('one'))
      cipher.open(record, message)
      cipher.accept(record, cipher.distribution(cipher.create(1)))
      assert.deepEqual([toHex(own), toHex(record)], [before, recordBefore])
    })

    it('asks for a new key by age', () => {
      const own = cipher.create(1_000)
      assert.deepEqual([limits.senderKeyMaxAgeMs - 1, limits.senderKeyMaxAgeMs].map((ageMs) => cipher.needsRotation(own, 1_000 + ageMs)), [false, true])
    })
  })
}
