import assert from 'node:assert/strict'
import { SeededRandom } from '../clock-manual.ts'
import { keyPairFrom, type KeyPair } from '../e2ee/curve-keys.ts'
import { nodePrimitives as primitives } from '../e2ee/primitives-node.ts'
import { isProtocolError, type ErrorCode } from '../errors.ts'
import { deviceKeyOf } from '../ids.ts'
import { limits } from '../limits.ts'
import { testAccount, testDevice, testRelay } from '../testing.ts'
import { checkIntroduction, signDeviceProof } from './device-proof.ts'
import { checkReveal, linkCommitment, linkSecrets, type LinkPublics, type LinkSecrets } from './handshake.ts'
import { encodeLinkCode, isLinkCode, parseLinkCode, rendezvousBytes } from './link-code.ts'
import { LinkCipher, encodeLinkMessage, expectLinkMessage } from './parcels.ts'

const refuses = (work: () => unknown, code: ErrorCode, what?: string): void => {
  assert.throws(work, (error) => isProtocolError(error, code), what)
}

interface Meeting { publics: LinkPublics, newDevice: KeyPair, primary: KeyPair }

function meeting (seed: number): Meeting {
  const random = new SeededRandom(seed)
  const [newDevice, primary] = [keyPairFrom(primitives, random.bytes(32)), keyPairFrom(primitives, random.bytes(32))]
  return {
    newDevice,
    primary,
    publics: { rendezvous: random.bytes(rendezvousBytes), newDeviceKey: newDevice.publicKey, primaryKey: primary.publicKey, newDeviceNonce: random.bytes(32), primaryNonce: random.bytes(32) }
  }
}

const secretsOf = ({ publics, newDevice, primary }: Meeting): { atNewDevice: LinkSecrets, atPrimary: LinkSecrets } => ({
  atNewDevice: linkSecrets(primitives, publics, { privateKey: newDevice.privateKey, otherKey: publics.primaryKey }),
  atPrimary: linkSecrets(primitives, publics, { privateKey: primary.privateKey, otherKey: publics.newDeviceKey })
})

const flipped = (bytes: Uint8Array, at = 0): Uint8Array => bytes.map((byte, i) => i === at ? byte ^ 1 : byte)

describe('the code of a new device', () => {
  const addresses = [`/ip4/192.0.2.1/tcp/4001/p2p/${testRelay(1).id}`, `/dns4/eu-1.example.org/tcp/443/tls/ws/p2p/${testRelay(1).id}`]
  const code = { rendezvous: new Uint8Array(16).fill(7), key: new Uint8Array(32).fill(8), addresses }

  it('says where to meet whom, and survives being pasted', () => {
    const text = encodeLinkCode(code)
    assert.ok(isLinkCode(text) && text.length < 600, text)
    assert.deepEqual(parseLinkCode(`  ${text}\n`), code)
    assert.deepEqual(parseLinkCode(`${text}&later=1`), code, 'unknown parts are ignored')
  })

  it('what is no code, or not a whole one, is refused', () => {
    const text = encodeLinkCode(code)
    for (const bad of ['', 'heliograph:link', 'heliograph:link?', text.replace('id=b', 'id=x'), text.replace(/key=[a-z2-7]+/, 'key=baaaa'), text.replace(/&at=.*/, ''), encodeLinkCode({ ...code, rendezvous: new Uint8Array(15) }), encodeLinkCode({ ...code, addresses: ['/ip4/192.0.2.1/tcp/1'] })]) {
      refuses(() => parseLinkCode(bad), bad === 'heliograph:link?' ? 'UNSUPPORTED_VERSION' : 'MALFORMED', bad)
    }
    refuses(() => parseLinkCode(text.replace('v=1', 'v=2')), 'UNSUPPORTED_VERSION')
    refuses(() => parseLinkCode(text + '&x='.padEnd(2_000, 'y')), 'TOO_LARGE')
  })
})

describe('the handshake of a linking', () => {
  it('both sides have the same keys, transcript and short code', () => {
    const { atNewDevice, atPrimary } = secretsOf(meeting(1))
    assert.deepEqual(atNewDevice, atPrimary)
    assert.match(atPrimary.shortCode, /^\d{6}$/)
    assert.notDeepEqual(atPrimary.toPrimary, atPrimary.toNewDevice)
  })

  it('each thing that was said goes into the code and the keys', () => {
    const one = meeting(2)
    const before = secretsOf(one).atPrimary
    for (const field of ['rendezvous', 'newDeviceNonce', 'primaryNonce'] as const) {
      const after = secretsOf({ ...one, publics: { ...one.publics, [field]: flipped(one.publics[field]) } }).atPrimary
      for (const part of ['transcript', 'shortCode', 'toPrimary', 'toNewDevice'] as const) assert.notDeepEqual(after[part], before[part], `${field}, ${part}`)
    }
  })

  it('the primary can reveal only what it has committed to', () => {
    const { publics } = meeting(3)
    const commitment = linkCommitment(primitives, publics)
    checkReveal(primitives, commitment, publics)
    for (const field of ['rendezvous', 'newDeviceKey', 'primaryKey', 'primaryNonce'] as const) refuses(() => { checkReveal(primitives, commitment, { ...publics, [field]: flipped(publics[field]) }) }, 'LINK_FAILED', field)
    refuses(() => { checkReveal(primitives, commitment, { ...publics, primaryNonce: new Uint8Array(31) }) }, 'LINK_FAILED')
    refuses(() => { checkReveal(primitives, commitment, { ...publics, primaryKey: new Uint8Array(33) }) }, 'LINK_FAILED')
  })

  it('a key of low order is refused', () => {
    const { publics, newDevice } = meeting(4)
    refuses(() => linkSecrets(primitives, publics, { privateKey: newDevice.privateKey, otherKey: new Uint8Array(32) }), 'LINK_FAILED')
  })

  it('somebody in the middle shows the two sides two codes, whatever is tried within the commitment', () => {
    // M has put its own key into the code that the person pasted, plays the primary to N and the new device to P.
    const random = new SeededRandom(5)
    let same = 0
    for (let i = 0; i < 200; i++) {
      const [n, p, mToP, mToN] = [0, 1, 2, 3].map(() => keyPairFrom(primitives, random.bytes(32))) as [KeyPair, KeyPair, KeyPair, KeyPair]
      const rendezvous = random.bytes(16)
      const [nonceN, nonceP, nonceM1, nonceM2] = [0, 1, 2, 3].map(() => random.bytes(32)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
      const atP = linkSecrets(primitives, { rendezvous, newDeviceKey: mToP.publicKey, primaryKey: p.publicKey, newDeviceNonce: nonceM1, primaryNonce: nonceP }, { privateKey: p.privateKey, otherKey: mToP.publicKey })
      const atN = linkSecrets(primitives, { rendezvous, newDeviceKey: n.publicKey, primaryKey: mToN.publicKey, newDeviceNonce: nonceN, primaryNonce: nonceM2 }, { privateKey: n.privateKey, otherKey: mToN.publicKey })
      if (atP.shortCode === atN.shortCode) same++
      // Having seen both, M would now look for another nonce of its own: it is bound already.
      refuses(() => { checkReveal(primitives, linkCommitment(primitives, { rendezvous, newDeviceKey: n.publicKey, primaryKey: mToN.publicKey, primaryNonce: nonceM2 }), { rendezvous, newDeviceKey: n.publicKey, primaryKey: mToN.publicKey, primaryNonce: random.bytes(32) }) }, 'LINK_FAILED')
    }
    assert.equal(same, 0, `seed ${random.seed}`)
  })
})

describe('sealed parcels', () => {
  const ciphers = (): [LinkCipher, LinkCipher] => {
    const { atNewDevice: keys } = secretsOf(meeting(6))
    return [new LinkCipher(primitives, { send: keys.toPrimary, receive: keys.toNewDevice }), new LinkCipher(primitives, { send: keys.toNewDevice, receive: keys.toPrimary })]
  }

  it('open in order on the other side, and only there', () => {
    const [newDevice, primary] = ciphers()
    for (let i = 0; i < 3; i++) assert.deepEqual(primary.open(newDevice.seal(Uint8Array.of(i))), Uint8Array.of(i))
    const [echo] = ciphers()
    refuses(() => echo.open(echo.seal(Uint8Array.of(1))), 'LINK_FAILED', 'one\'s own')
    const [again, other] = ciphers()
    const [first, second] = [again.seal(Uint8Array.of(1)), again.seal(Uint8Array.of(2))]
    refuses(() => other.open(second), 'LINK_FAILED', 'out of order')
    refuses(() => other.open(first), 'LINK_FAILED', 'and then the other')
  })

  it('a repeat, a dropped one and any flipped byte are noticed', () => {
    const [newDevice, primary] = ciphers()
    const first = newDevice.seal(Uint8Array.of(1, 2, 3))
    primary.open(first)
    refuses(() => primary.open(first), 'LINK_FAILED')
    for (let at = 0; at < first.byteLength; at++) refuses(() => ciphers()[1].open(flipped(first, at)), 'LINK_FAILED')
    refuses(() => ciphers()[1].open(new Uint8Array(0)), 'LINK_FAILED')
  })

  it('a message of another kind than the one that may come now ends it, and so does what cannot be read', () => {
    const bytes = encodeLinkMessage({ nonce: { nonce: new Uint8Array(32) } })
    assert.deepEqual(expectLinkMessage(bytes, 'nonce'), { nonce: new Uint8Array(32) })
    refuses(() => expectLinkMessage(bytes, 'reveal'), 'LINK_FAILED')
    refuses(() => expectLinkMessage(Uint8Array.of(0xff, 0xff), 'nonce'), 'LINK_FAILED')
    refuses(() => expectLinkMessage(new Uint8Array(limits.linkParcelBytes + 1), 'nonce'), 'LINK_FAILED')
    assert.deepEqual(expectLinkMessage(encodeLinkMessage({ ready: {} }), 'ready'), {})
    refuses(() => encodeLinkMessage({ rows: { rows: [{ table: 't', key: 'k', value: new Uint8Array(limits.linkParcelBytes) }], isHistory: true, done: 0, total: 0, isComplete: false } }), 'TOO_LARGE')
  })
})

describe('the introduction of a new device', () => {
  const { id, seed } = testDevice(1)
  const device = { id, identityKey: new Uint8Array(32).fill(5), registrationId: 77 }
  const meetingOf = { account: testAccount(1).id, epoch: 4, transcript: new Uint8Array(32).fill(6) }
  const introduction = { transportKey: deviceKeyOf(id), identityKey: device.identityKey, registrationId: 77, proof: signDeviceProof(primitives, { ...meetingOf, device }, seed) }

  it('is signed by the device for this account, epoch and meeting', () => {
    assert.deepEqual(checkIntroduction(primitives, introduction, meetingOf), device)
  })

  it('of another key, meeting, account or epoch is refused', () => {
    refuses(() => checkIntroduction(primitives, introduction, { ...meetingOf, epoch: 5 }), 'LINK_FAILED')
    refuses(() => checkIntroduction(primitives, introduction, { ...meetingOf, account: testAccount(2).id }), 'LINK_FAILED')
    refuses(() => checkIntroduction(primitives, introduction, { ...meetingOf, transcript: new Uint8Array(32) }), 'LINK_FAILED')
    for (const change of [{ transportKey: deviceKeyOf(testDevice(2).id) }, { identityKey: new Uint8Array(32) }, { registrationId: 78 }, { registrationId: 0 }, { registrationId: 0x4000 }, { transportKey: new Uint8Array(31) }, { proof: new Uint8Array(64) }, { proof: new Uint8Array(0) }]) {
      refuses(() => checkIntroduction(primitives, { ...introduction, ...change }, meetingOf), 'LINK_FAILED', JSON.stringify(Object.keys(change)))
    }
  })
})
