import assert from 'node:assert/strict'
import { utf8 } from './bytes.ts'
import { SeededRandom } from './clock-manual.ts'
import { nodePrimitives as p } from './e2ee/primitives-node.ts'
import { isProtocolError, type ErrorCode } from './errors.ts'
import { HomeRecordValidator } from './home-record-validator.ts'
import { accountIdOfKey, relayIdOfKey, type AccountId } from './ids.ts'
import { limits } from './limits.ts'
import { homeRecordKey } from './protocols.ts'
import { isNewer, signHomeRecord, verifyHomeRecord } from './records/home-record.ts'

const random = new SeededRandom(5)
const relay = relayIdOfKey(p.ed25519PublicKey(random.bytes(32)))

function person (): { account: AccountId, key: Uint8Array, record (epoch: number, issuedAtMs?: number): Uint8Array } {
  const seed = random.bytes(32)
  const account = accountIdOfKey(p.ed25519PublicKey(seed))
  return {
    account,
    key: utf8(homeRecordKey(account)),
    record: (epoch, issuedAtMs = 1) => signHomeRecord(p, { account, epoch, homes: [relay], region: 'eu', issuedAtMs }, seed).bytes
  }
}
const validatorFor = (maxAccounts?: number): HomeRecordValidator =>
  new HomeRecordValidator((bytes) => verifyHomeRecord(p, bytes), maxAccounts === undefined ? {} : { maxAccounts })
const is = (...codes: ErrorCode[]) => (error: unknown): boolean => isProtocolError(error, ...codes)

describe('the validator of home records in the DHT', () => {
  it('takes a record, the same again, and a newer one', () => {
    const [validator, a] = [validatorFor(), person()]
    validator.validate(a.key, a.record(1))
    validator.validate(a.key, a.record(1))
    validator.validate(a.key, a.record(7))
  })

  it('refuses an older one than it has seen, and goes on refusing it', () => {
    const [validator, a] = [validatorFor(), person()]
    const old = a.record(1)
    validator.validate(a.key, old)
    validator.validate(a.key, a.record(2))
    for (let i = 0; i < 3; i++) assert.throws(() => { validator.validate(a.key, old) }, is('ROLLED_BACK'))
  })

  it('of two records of one epoch takes the same one in any order, and refuses the other after it', () => {
    for (let i = 0; i < 20; i++) {
      const a = person()
      const [one, two] = [a.record(4), a.record(4, 2)]
      const [winner, loser] = isNewer({ epoch: 4, bytes: one }, { epoch: 4, bytes: two }) ? [one, two] : [two, one]
      const [first, second] = [validatorFor(), validatorFor()]
      first.validate(a.key, loser)
      first.validate(a.key, winner)
      second.validate(a.key, winner)
      for (const validator of [first, second]) assert.throws(() => { validator.validate(a.key, loser) }, is('ROLLED_BACK'), `seed ${random.seed}`)
      assert.equal(first.select(a.key, [loser, winner]), 1)
      assert.equal(first.select(a.key, [winner, loser]), 0)
    }
  })

  it('refuses a forged record, and does not take its epoch for seen', () => {
    const [validator, a] = [validatorFor(), person()]
    const forged = a.record(99).slice()
    forged[forged.length - 3]! ^= 1
    assert.throws(() => { validator.validate(a.key, forged) }, is('BAD_SIGNATURE', 'MALFORMED'))
    validator.validate(a.key, a.record(1))
  })

  it('refuses a record under the key of somebody else', () => {
    const [validator, a, b] = [validatorFor(), person(), person()]
    assert.throws(() => { validator.validate(b.key, a.record(1)) }, is('BAD_SIGNATURE'))
  })

  it('refuses what is too large or no record, before it looks at a signature', () => {
    const a = person()
    const validator = new HomeRecordValidator(() => assert.fail('must not be verified'))
    assert.throws(() => { validator.validate(a.key, new Uint8Array(limits.recordBytes + 1)) }, is('TOO_LARGE'))
    assert.throws(() => { validator.validate(utf8('/elsewhere/x'), new Uint8Array(10)) }, is('MALFORMED'))
    assert.throws(() => { validator.validate(Uint8Array.of(0xff, 0xfe), new Uint8Array(10)) }, is('MALFORMED'))
    assert.throws(() => { validator.validate(new Uint8Array(200), new Uint8Array(10)) }, is('MALFORMED'))
  })

  it('survives any bytes with a typed error', () => {
    const [validator, a] = [validatorFor(), person()]
    const good = a.record(3)
    for (let i = 0; i < 500; i++) {
      const bytes = random.below(2) === 0 ? random.bytes(random.below(200)) : good.slice(0, random.below(good.length))
      assert.throws(() => { validator.validate(a.key, bytes) }, (error) => isProtocolError(error), `seed ${random.seed}`)
    }
  })

  it('selects the highest epoch among those that are valid', () => {
    const [validator, a] = [validatorFor(), person()]
    const forged = a.record(9).slice()
    forged[10]! ^= 1
    assert.equal(validator.select(a.key, [a.record(2), a.record(5), forged, a.record(4)]), 1)
    assert.equal(validator.select(a.key, [forged]), 0)
  })

  it('remembers a bounded number of accounts, the latest offered longest', () => {
    const validator = validatorFor(3)
    const people = Array.from({ length: 5 }, person)
    for (const one of people.slice(0, 3)) validator.validate(one.key, one.record(5))
    validator.validate(people[0]!.key, people[0]!.record(5)) // used again: stays
    for (const one of people.slice(3)) validator.validate(one.key, one.record(5))
    assert.equal(validator.size, 3)
    assert.throws(() => { validator.validate(people[0]!.key, people[0]!.record(1)) }, is('ROLLED_BACK'))
    validator.validate(people[1]!.key, people[1]!.record(1)) // forgotten
  })
})
