import assert from 'node:assert/strict'
import { SeededRandom } from './clock-manual.ts'
import { isProtocolError } from './errors.ts'
import { accountIdOfKey, relayIdOfKey } from './ids.ts'
import { encodeInvite, isInvite, parseInvite } from './invite.ts'

const random = new SeededRandom(8)
const account = accountIdOfKey(random.bytes(32))
const relay = relayIdOfKey(random.bytes(32))
const address = (host: string): string => `/dns4/${host}/tcp/4001/p2p/${relay}`

describe('invite link', () => {
  it('comes back as it was, and can be read by people', () => {
    const invite = { account, handle: 'alice@eu-1.example.org', addresses: [address('a.example.org'), address('b.example.org')] }
    const link = encodeInvite(invite)
    assert.deepEqual(parseInvite(link), invite)
    assert.ok(link.startsWith(`heliograph:${account}?handle=alice@eu-1.example.org&at=/dns4/a.example.org/`), link)
    assert.ok(isInvite(link))
  })

  it('needs nothing but the account', () => {
    assert.deepEqual(parseInvite(encodeInvite({ account, handle: '', addresses: [] })), { account, handle: '', addresses: [] })
  })

  it('is read also from capital letters and with space around it, as from a QR code or a mail', () => {
    assert.equal(parseInvite(`  HELIOGRAPH:${account.toUpperCase()}\n`).account, account)
  })

  it('leaves out addresses that would make it too long for a QR code', () => {
    const link = encodeInvite({ account, handle: '', addresses: Array.from({ length: 8 }, (_, i) => address(`${'x'.repeat(240)}${i}`)) })
    assert.ok(link.length <= 2_048)
    assert.ok(parseInvite(encodeInvite({ account, handle: '', addresses: Array.from({ length: 20 }, (_, i) => address(`h${i}`)) })).addresses.length <= 8)
  })

  it('ignores what it does not know', () => {
    assert.equal(parseInvite(`heliograph:${account}?colour=red`).account, account)
  })

  it('refuses what is no invite', () => {
    for (const text of ['', 'https://example.org', 'heliograph:', `heliograph:${account.slice(1)}`, `heliograph:${account}?${'at=/a&'.repeat(9)}`, `heliograph:${account}?handle=${'h'.repeat(300)}`, `heliograph:${account}?at=${'x'.repeat(3_000)}`]) {
      assert.throws(() => parseInvite(text), (error: unknown) => isProtocolError(error, 'MALFORMED', 'TOO_LARGE'), text.slice(0, 60))
    }
  })
})
