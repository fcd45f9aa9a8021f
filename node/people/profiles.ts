/**
 * What people of this relay chose to tell everybody about themselves: signed by the account, the newest stays.
 *
 * Does not know: who may ask. Spec: docs/protocol/directory.md. Table: `profile`.
 */
import { sameBytes } from '../../protocol/bytes.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { verifyPublicProfile } from '../../protocol/records/public-profile.ts'
import type { Signing } from '../../protocol/records/signed.ts'
import { KeyedSerial } from '../keyed-serial.ts'
import type { Commits } from '../ports.ts'
import type { Store } from '../store/store.ts'

export interface ProfilesComponents {
  store: Pick<Store, 'get'>
  commits: Pick<Commits, 'commit'>
  signing: Signing
  /** An account's profile has changed. */
  onChange (account: AccountId): void
}

export class Profiles {
  readonly #components: ProfilesComponents
  readonly #serial = new KeyedSerial()

  constructor (components: ProfilesComponents) { this.#components = components }

  /** The Signed PublicProfile, as received. */
  async get (account: AccountId): Promise<Uint8Array | undefined> { return await this.#components.store.get('profile', account) }

  /** The same again changes nothing. @throws ProtocolError NOT_ADMITTED, ROLLED_BACK with the newer one, as verifyPublicProfile */
  async set (account: AccountId, bytes: Uint8Array): Promise<void> {
    const { commits, onChange, signing } = this.#components
    const profile = verifyPublicProfile(signing, bytes)
    if (profile.account !== account) throw new ProtocolError('NOT_ADMITTED', { what: 'the profile is another account\'s' })
    await this.#serial.run(account, async () => {
      const known = await this.get(account)
      if (known !== undefined) {
        if (sameBytes(known, bytes)) return
        // [REJECT] older, or a second one of the same moment: whoever signed it goes on from the newest
        if (verifyPublicProfile(signing, known).issuedAtMs >= profile.issuedAtMs) throw new ProtocolError('ROLLED_BACK', { what: 'public profile', record: known })
      }
      await commits.commit([{ op: 'put', table: 'profile', key: account, value: profile.bytes }])
      onChange(account)
    })
  }
}
