/**
 * Keeping the relay supplied with prekeys: refilled when few are left, the signed one made anew every week.
 */
import type { Clock, Random, Timer } from '../../protocol/clock.ts'
import { limits } from '../../protocol/limits.ts'
import { clientMethods } from '../../protocol/methods.ts'
import type { Ledger } from '../store/ledger.ts'
import type { RelayLink } from '../relay/link.ts'
import type { PrekeyBox } from './prekey-box.ts'
import { Retries } from '../relay/retry.ts'

export interface UpkeepComponents {
  readonly ledger: Ledger
  readonly prekeys: PrekeyBox
  readonly link: RelayLink
  readonly clock: Clock
  readonly random: Random
}

/** A week is long: looking now and then is enough. */
const lookEveryMs = 6 * 60 * 60 * 1000

export class PrekeyUpkeep {
  readonly #on: UpkeepComponents
  readonly #retries: Retries<'upload'>
  /** One-time prekeys that the relay has, as far as this device can know. */
  #left: number = limits.oneTimePrekeys
  /** `#left` was counted down here: keys that were claimed before the relay last said a number count twice. */
  #isGuess = false
  #isUploading = false
  #isWanted = false
  #timer: Timer | undefined

  constructor (components: UpkeepComponents) {
    this.#on = components
    this.#retries = new Retries(components)
  }

  /** Connected: the relay has said what it has left. */
  resume (left: number): void {
    this.#setLeft(left)
    this.#retries.clear()
    this.#look()
  }

  stop (): void {
    this.#retries.clear()
    this.#timer?.cancel()
  }

  /** Somebody has used a one-time prekey. */
  onConsumed (): void {
    this.#left = Math.max(0, this.#left - 1)
    this.#isGuess = true
    if (this.#left < limits.oneTimePrekeysLow) this.#uploadIfDue()
  }

  /** All of them have been made anew. */
  onReplaced (): void {
    this.#isWanted = this.#isUploading
    this.#uploadIfDue()
  }

  #setLeft (left: number): void {
    this.#left = left
    this.#isGuess = false
  }

  #look (): void {
    this.#timer?.cancel()
    this.#timer = this.#on.clock.after(lookEveryMs, () => { this.#look() })
    this.#uploadIfDue()
  }

  #uploadIfDue (): void {
    if (this.#isUploading || !this.#on.link.isOnline || this.#retries.isWaiting('upload')) return
    this.#isUploading = true
    this.#upload().then(() => { this.#retries.succeeded('upload') }, (error: unknown) => {
      if (this.#on.link.isOnline) this.#retries.schedule('upload', error, () => { this.#uploadIfDue() })
    }).finally(() => {
      this.#isUploading = false
      if (!this.#isWanted) return
      this.#isWanted = false
      this.#uploadIfDue()
    })
  }

  async #upload (): Promise<void> {
    const { ledger, prekeys, link } = this.#on
    // An upload of nothing tells what is there: too many at once would be refused as a whole.
    if (this.#isGuess && this.#left < limits.oneTimePrekeysLow) this.#setLeft((await link.call(clientMethods.uploadPrekeys, {})).oneTime)
    const upload = await ledger.run(async (draft) => await prekeys.prepareUpload(draft, this.#left))
    if (upload === undefined) return
    const { oneTime } = await link.call(clientMethods.uploadPrekeys, upload)
    this.#setLeft(oneTime)
    await ledger.run(async (draft) => { await prekeys.published(draft, upload) })
  }
}
