/**
 * Test support: two devices with published prekeys, as small as a test needs them.
 *
 * No mocha, no Node: benchmarks and browser tests use it too.
 */
import { concat, utf8 } from '../bytes.ts'
import { generateKeyPair } from './curve-keys.ts'
import { makeKemPrekey, makeOneTimePrekeys, makeSignedPrekey } from './prekeys.ts'
import { open, seal, startSession } from './sessions.ts'
import type { OwnDevice, PrekeyBundle, PrekeySecrets } from './prekeys.ts'
import type { Primitives } from './primitives.ts'
import type { SealedMessage, SessionRecord } from './sessions.ts'
import type { Suite } from './suite.ts'

/** Whole numbers below `below`, from the suite's randomness. */
export function numberBelow (primitives: Primitives, below: number): number {
  return new DataView(primitives.randomBytes(4).buffer).getUint32(0) % below
}

/** One installation with its prekeys, and its record of one other device. */
export class TestDevice {
  readonly suite: Suite
  readonly own: OwnDevice
  readonly secrets: PrekeySecrets
  readonly consumed = new Set<number>()
  readonly #bundle: Omit<PrekeyBundle, 'oneTimePrekey'>
  readonly #oneTime: ReturnType<typeof makeOneTimePrekeys>
  record: SessionRecord | undefined
  nowMs = 1_700_000_000_000

  constructor (suite: Suite, oneTimePrekeys = 0) {
    this.suite = suite
    this.own = { identity: generateKeyPair(suite.primitives), registrationId: 1 + numberBelow(suite.primitives, 0x3fff) }
    const signed = makeSignedPrekey(suite, this.own, 1)
    const kem = makeKemPrekey(suite, this.own, 2)
    this.#oneTime = makeOneTimePrekeys(suite, 100, oneTimePrekeys)
    this.#bundle = { suite: 1, registrationId: this.own.registrationId, identityKey: this.own.identity.publicKey, signedPrekey: signed.public, kemPrekey: kem.public }
    this.secrets = {
      signedPrekey: id => id === 1 ? signed.secret : undefined,
      kemPrekey: id => id === 2 ? kem.secret : undefined,
      oneTimePrekey: id => this.consumed.has(id) ? undefined : this.#oneTime.find(key => key.id === id)?.secret
    }
  }

  /** @param oneTime index of a one-time prekey to hand out */
  bundle (oneTime?: number): PrekeyBundle {
    return oneTime === undefined ? this.#bundle : { ...this.#bundle, oneTimePrekey: this.#oneTime[oneTime]!.public }
  }

  start (other: TestDevice, oneTime?: number): void {
    this.record = startSession(this.suite, this.own, other.bundle(oneTime), this.record, this.nowMs)
  }

  send (text: string | Uint8Array): SealedMessage {
    const sealed = seal(this.suite, this.own, this.record!, typeof text === 'string' ? utf8(text) : text, this.nowMs)
    this.record = sealed.record
    return sealed.message
  }

  /** Opens and commits: the next record and the consumed prekey together. */
  receive (message: SealedMessage, from: TestDevice): Uint8Array {
    const opened = open(this.suite, this.own, this.record, message, from.own.identity.publicKey, this.secrets, this.nowMs)
    this.record = opened.record
    if (opened.consumedOneTimePrekey !== undefined) this.consumed.add(opened.consumedOneTimePrekey)
    return opened.plaintext
  }
}

/** Two devices after one message each way, so that neither sends prekey messages any more. */
export function talkingPair (suite: Suite): { alice: TestDevice, bob: TestDevice } {
  const [alice, bob] = [new TestDevice(suite), new TestDevice(suite, 1)]
  alice.start(bob, 0)
  bob.receive(alice.send('hello'), alice)
  alice.receive(bob.send('hello yourself'), bob)
  return { alice, bob }
}

/** `bytes` with one bit of the byte at `at` inverted. */
export function flipped (bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const damaged = concat(bytes)
  damaged[at]! ^= 1 << bit
  return damaged
}
