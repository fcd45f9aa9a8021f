import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { toBase32 } from '../bytes.ts'
import { pairConversation } from '../conversation.ts'
import { isProtocolError } from '../errors.ts'
import { relayIdOfKey } from '../ids.ts'
import { isInvite, parseInvite } from '../invite.ts'
import { limits } from '../limits.ts'
import { refusedAs, testAccount } from '../testing.ts'
import { encodeGroupInvite, isGroupInvite, parseGroupInvite, type GroupInvite } from './invite-link.ts'
import { testGroup } from './testing.ts'

const random = new SeededRandom(8)
const relay = relayIdOfKey(random.bytes(32))
const address = (host: string): string => `/dns4/${host}/tcp/4001/p2p/${relay}`
const invite: GroupInvite = {
  conversation: testGroup(1), linkId: random.bytes(16), seed: random.bytes(32), profileKey: { id: random.bytes(8), key: random.bytes(32) },
  name: 'Sunday walks & more ☀', addresses: [address('a.example.org'), address('b.example.org')]
}

describe('invite link of a group', () => {
  it('comes back as it was', () => {
    for (const one of [invite, { ...invite, profileKey: undefined, name: '', addresses: [] }]) assert.deepEqual(parseGroupInvite(encodeGroupInvite(one)), one)
    assert.ok(encodeGroupInvite(invite).includes('&at=/dns4/a.example.org/tcp/4001/p2p/'), 'people can read where it leads')
  })

  it('is told apart from the invite of a person', () => {
    const link = encodeGroupInvite(invite)
    assert.ok(isGroupInvite(link) && isGroupInvite(`  ${link.replace('heliograph:group', 'HELIOGRAPH:GROUP')}\n`) && isInvite(link))
    assert.ok(!isGroupInvite(`heliograph:${testAccount(1).id}`) && !isGroupInvite('https://example.org/group?'))
    assert.throws(() => parseInvite(link), (error) => isProtocolError(error))
  })

  it('is read with capital letters in its ids and space around it', () => {
    const link = encodeGroupInvite(invite)
    const loud = link.replace(/(id|link|key|profile)=([a-z2-7]+)/g, (_, name: string, value: string) => `${name}=${value.toUpperCase()}`)
    assert.notEqual(loud, link)
    assert.deepEqual(parseGroupInvite(` ${loud}\n`), invite)
  })

  it('leaves out addresses that would make it too long for a QR code', () => {
    const link = encodeGroupInvite({ ...invite, addresses: Array.from({ length: 8 }, (_, i) => address(`${'x'.repeat(160)}${i}`)) })
    assert.ok(link.length <= 2_048)
    assert.ok(parseGroupInvite(link).addresses.length >= 3)
    assert.deepEqual(parseGroupInvite(encodeGroupInvite({ ...invite, addresses: [address('x'.repeat(300)), ...invite.addresses] })), invite, 'nor what nobody would take')
    assert.equal(parseGroupInvite(encodeGroupInvite({ ...invite, addresses: Array.from({ length: 20 }, (_, i) => address(`h${i}`)) })).addresses.length, 8)
  })

  it('ignores what it does not know', () => { assert.deepEqual(parseGroupInvite(`${encodeGroupInvite(invite)}&colour=red`), invite) })

  it('refuses too long a name when it is made', () => { assert.throws(() => encodeGroupInvite({ ...invite, name: 'n'.repeat(limits.groupNameBytes + 1) }), refusedAs('TOO_LARGE')) })

  it('refuses what is no such link', () => {
    const link = encodeGroupInvite(invite)
    const without = (name: string): string => link.replace(new RegExp(`${name}=[^&]*&?`), '')
    const wrong = [
      '', 'heliograph:group', 'heliograph:group?', 'heliograph:group?id=b', `heliograph:${testAccount(1).id}`, without('id'), without('link'), without('key'),
      link.replace(/key=b/, 'key=z'), link.replace(/key=b../, 'key=b'), link.replace(/profile=b../, 'profile=b'), `${link}${`&at=${address('z')}`.repeat(7)}`,
      `${without('name')}&name=${'n'.repeat(300)}`, `${link}&at=${'x'.repeat(300)}`, `${link}${'x'.repeat(2_048)}`
    ]
    for (const text of wrong) assert.throws(() => parseGroupInvite(text), (error) => isProtocolError(error, 'MALFORMED', 'TOO_LARGE'), text.slice(0, 200))
    const pair = pairConversation(testAccount(1).id, testAccount(2).id)
    assert.throws(() => parseGroupInvite(link.replace(toBase32(invite.conversation.bytes), toBase32(pair.bytes))), refusedAs('BAD_CONVERSATION'))
  })

  it('in broken text gives a ProtocolError or an invite (seed 61)', () => {
    const broken = new SeededRandom(61)
    const link = encodeGroupInvite(invite)
    for (let round = 0; round < 2_000; round++) {
      const at = broken.below(link.length)
      const text = link.slice(0, at) + String.fromCharCode(32 + broken.below(200)) + link.slice(at + broken.below(3))
      try {
        assert.equal(parseGroupInvite(text).seed.byteLength, 32)
      } catch (error) {
        assert.ok(isProtocolError(error), text)
      }
    }
  })
})
