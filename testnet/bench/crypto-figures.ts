/**
 * Measures the end-to-end encryption on one provider: milliseconds per operation, as a client meets it.
 *
 * No Node in here, so that a browser measures the same. Keys are never used twice where a client would not: the native
 * provider caches imported keys.
 */
import { keyPairFrom } from '../../protocol/e2ee/curve-keys.ts'
import { makeOneTimePrekeys } from '../../protocol/e2ee/prekeys.ts'
import { safetyNumber } from '../../protocol/e2ee/safety-number.ts'
import { senderKeyCipher } from '../../protocol/e2ee/group-cipher.ts'
import { decodeSessionRecord, encodeSessionRecord, open, seal, startSession } from '../../protocol/e2ee/sessions.ts'
import { heliographProfile } from '../../protocol/e2ee/suite.ts'
import { TestDevice, talkingPair } from '../../protocol/e2ee/two-devices.ts'
import { xeddsaSign, xeddsaVerify } from '../../protocol/e2ee/xeddsa.ts'
import type { Primitives } from '../../protocol/e2ee/primitives.ts'

export interface CryptoFigure {
  what: string
  /** median and ninety-fifth percentile of one operation */
  medianMs: number
  p95Ms: number
  /** what was asked for, where something was */
  targetMs?: number
}

/** @param effort 1 = about two seconds on the native provider */
export function measureCrypto (primitives: Primitives, effort: number, nowMs: () => number): CryptoFigure[] {
  const suite = { primitives, profile: heliographProfile }
  const isNative = primitives.name === 'node'
  const times = (count: number): number => Math.max(5, Math.round(count * effort * (isNative ? 1 : 0.2)))

  const warmUpOf = (count: number): number => Math.max(10, Math.ceil(count / 10))

  function measure (what: string, count: number, step: (i: number) => void, options: { per?: number, targetMs?: number } = {}): CryptoFigure {
    const per = options.per ?? 1
    const samples: number[] = []
    // the first tenth, or ten, warm up the compiler and are not counted
    const warmUp = warmUpOf(count)
    for (let i = 0; i < count + warmUp; i++) {
      const startMs = nowMs()
      for (let j = 0; j < per; j++) step(i * per + j)
      if (i >= warmUp) samples.push((nowMs() - startMs) / per)
    }
    samples.sort((a, b) => a - b)
    const at = (share: number): number => samples[Math.min(samples.length - 1, Math.floor(samples.length * share))]!
    return { what, medianMs: at(0.5), p95Ms: at(0.95), ...(options.targetMs === undefined ? {} : { targetMs: options.targetMs }) }
  }

  const kilobyte = primitives.randomBytes(1024)
  const figures: CryptoFigure[] = []

  {
    const { alice, bob } = talkingPair(suite)
    const per = 20
    const count = times(200)
    const sealed: Array<ReturnType<typeof seal>['message']> = []
    figures.push(measure('seal 1 KB on a chain (symmetric step)', count, () => { sealed.push(alice.send(kilobyte)) }, { per, ...(isNative ? { targetMs: 0.1 } : {}) }))
    figures.push(measure('open 1 KB on a chain (symmetric step)', count, i => { bob.receive(sealed[i]!, alice) }, { per, ...(isNative ? { targetMs: 0.1 } : {}) }))
  }
  {
    const { alice, bob } = talkingPair(suite)
    figures.push(measure('ratchet round trip: seal, open, answer, open the answer (1 KB)', times(300), () => {
      bob.receive(alice.send(kilobyte), alice)
      alice.receive(bob.send(kilobyte), bob)
    }, isNative ? {} : { targetMs: 4 }))
  }
  {
    const count = Math.max(40, times(60))
    const warm = warmUpOf(count)
    const alice = new TestDevice(suite)
    const bobs = Array.from({ length: count + warm }, () => new TestDevice(suite, 1))
    const records: Array<ReturnType<typeof startSession>> = []
    figures.push(measure('PQXDH start: check the bundle, agree, first ratchet step', count, i => {
      records.push(startSession(suite, alice.own, bobs[i]!.bundle(0), undefined, 0))
    }, { targetMs: isNative ? 2 : 6 }))
    const first = records.map(record => seal(suite, alice.own, record, kilobyte, 0).message)
    figures.push(measure('PQXDH answer: open the first message', count, i => {
      open(suite, bobs[i]!.own, undefined, first[i]!, alice.own.identity.publicKey, bobs[i]!.secrets, 0)
    }, { targetMs: isNative ? 2 : 6 }))
  }
  {
    const count = times(200)
    const keys = Array.from({ length: count + warmUpOf(count) }, () => keyPairFrom(primitives, primitives.randomBytes(32)))
    const signatures: Uint8Array[] = []
    figures.push(measure('XEdDSA sign', count, i => { signatures.push(xeddsaSign(primitives, keys[i]!.privateKey, kilobyte)) }))
    figures.push(measure('XEdDSA verify', count, i => { if (!xeddsaVerify(primitives, keys[i]!.publicKey, kilobyte, signatures[i]!)) throw new Error('not verified') }))
  }
  figures.push(measure('make 100 one-time prekeys', times(20), i => { makeOneTimePrekeys(suite, i * 100, 100) }, isNative ? { targetMs: 20 } : {}))
  {
    const cipher = senderKeyCipher(suite)
    const target = isNative ? { targetMs: 1.5 } : {}
    const count = times(200)
    let own = cipher.create(0)
    let record = cipher.accept(undefined, cipher.distribution(own))
    const messages: Uint8Array[] = []
    figures.push(measure('sender key: seal 1 KB for a group, with its state from and to bytes', count, () => {
      const { next, message } = cipher.seal(own, kilobyte)
      own = next
      messages.push(message)
    }, target))
    figures.push(measure('sender key: open 1 KB of a group, with its state from and to bytes', count, i => { record = cipher.open(record, messages[i]!).next }, target))
    figures.push(measure('sender key: make one, hand it to one device, take it', count, () => { cipher.accept(undefined, cipher.distribution(cipher.create(0))) }))
  }
  {
    const { alice } = talkingPair(suite)
    let bytes = encodeSessionRecord(alice.record!)
    figures.push(measure('read and write a stored record', times(200), () => {
      alice.record = decodeSessionRecord(bytes)
      alice.record = { ...alice.record, current: { ...alice.record.current! } }
      bytes = encodeSessionRecord(alice.record)
    }))
  }
  const [one, two] = [primitives.randomBytes(32), primitives.randomBytes(32)]
  figures.push(measure('safety number', times(10), () => { safetyNumber(suite, one, one, two, two) }))
  return figures
}
