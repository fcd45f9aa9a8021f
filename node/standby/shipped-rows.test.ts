/**
 * Found by fuzzing: what a relay ships must not stop whoever looks at it.
 */
import assert from 'node:assert/strict'
import { testPerson } from '../../protocol/groups/testing.ts'
import { signing } from '../../protocol/testing.ts'
import { Accounts } from '../people/accounts.ts'
import { MemoryStore } from '../store/store-memory.ts'
import { shippedRegistration } from './shipped-rows.ts'

describe('a registration that another relay has shipped', () => {
  const { account, list } = testPerson(1)
  const write = new Accounts({ store: new MemoryStore() }).put({ account, deviceEpoch: 1, devices: list.devices.map(({ id }) => id), deviceList: list.bytes, handle: 'ada', registeredAtMs: 5, hasMoved: false })
  const row = (write as { value: Uint8Array }).value

  it('is passed over when the bytes of its handle are no text', () => {
    assert.equal(shippedRegistration(signing, account, row)?.handle, 'ada')
    const handleAt = Buffer.from(row).indexOf('ada')
    for (const byte of [0x80, 0xc0, 0xff]) {
      const bad = row.slice()
      bad[handleAt + 1] = byte
      assert.equal(shippedRegistration(signing, account, bad), undefined)
    }
  })
})
