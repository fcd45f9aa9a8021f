/**
 * What every implementation of `BundleLogs` does. Run by bundles.test.ts for memory and OrbitDB.
 */
import assert from 'node:assert/strict'
import { fromUtf8, utf8 } from '../../protocol/bytes.ts'
import { sleep } from '../../protocol/clock.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { systemClock } from '../system.ts'
import type { BundleLogs, FollowedBundles, OwnBundles } from './bundles.ts'

/** Three relays; `restart` closes one and opens it anew over the same rows. */
export interface BundlesWorld {
  readonly ids: readonly [RelayId, RelayId, RelayId]
  logs (index: number): BundleLogs
  restart (index: number): Promise<void>
  /** Nobody reaches this relay any more, or everybody again. */
  setCut (index: number, isCut: boolean): void
  stop (): Promise<void>
}

const signal = new AbortController().signal
export const until = async (what: string, isTrue: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 2_000; turn++) {
    if (isTrue()) return
    await sleep(systemClock, 5)
  }
  assert.fail(`did not happen: ${what}`)
}

export function describeBundles (name: string, begin: () => Promise<BundlesWorld>): void {
  describe(`bundles: ${name}`, () => {
    let world: BundlesWorld
    let own: OwnBundles
    let heard: string[]

    const follow = async (index: number, { of = 0, after = 0 } = {}): Promise<FollowedBundles> => {
      heard = []
      return await world.logs(index).follow(world.ids[of]!, 1, after, (bundle, position) => {
        heard.push(`${position} ${fromUtf8(bundle)}`)
        return Promise.resolve()
      })
    }
    const append = async (...texts: string[]): Promise<void> => { for (const text of texts) await own.append(utf8(text)) }

    beforeEach(async () => {
      world = await begin()
      own = await world.logs(0).own(1)
    })
    afterEach(async () => { await world.stop() })

    it('who follows gets what was written before, in order, and what is written then', async () => {
      await append('a', 'b', 'c')
      assert.equal(own.length, 3)
      const followed = await follow(1)
      await followed.refresh([], { signal })
      assert.deepEqual(heard, ['1 a', '2 b', '3 c'])
      await append('d')
      await until('the fourth bundle comes by itself', () => heard.length === 4)
      assert.equal(heard[3], '4 d')
      assert.ok(followed.bytes >= 4)
    })

    it('a refresh without news takes nothing twice', async () => {
      await append('a')
      const followed = await follow(1)
      await followed.refresh([], { signal })
      await followed.refresh([], { signal })
      assert.deepEqual(heard, ['1 a'])
    })

    it('one that has nothing yet is empty, not unreachable', async () => {
      const followed = await follow(1)
      await followed.refresh([], { signal })
      assert.deepEqual(heard, [])
    })

    it('a relay that does not answer is HOME_UNREACHABLE, unless another has a copy', async () => {
      await append('a', 'b')
      const first = await follow(1)
      await first.refresh([], { signal })
      world.setCut(0, true)
      const second = await follow(2)
      await assert.rejects(second.refresh([], { signal }), (error) => isProtocolError(error, 'HOME_UNREACHABLE'))
      await second.refresh([world.ids[1]], { signal })
      assert.deepEqual(heard, ['1 a', '2 b'])
      world.setCut(0, false)
    })

    it('a relay that starts again goes on with its own, and its follower with its copy', async () => {
      await append('a', 'b')
      const followed = await follow(1)
      await followed.refresh([], { signal })
      await world.restart(1)
      await world.restart(0)
      own = await world.logs(0).own(1)
      assert.equal(own.length, 2)
      const again = await follow(1, { after: 2 })
      assert.deepEqual(heard, [])
      await append('c')
      await again.refresh([], { signal })
      assert.deepEqual(heard, ['3 c'])
    })

    it('what was not taken before a crash is given again', async () => {
      await append('a', 'b', 'c')
      const followed = await follow(1)
      await followed.refresh([], { signal })
      await world.restart(1)
      await follow(1, { after: 1 })
      assert.deepEqual(heard, ['2 b', '3 c'])
    })

    it('a copy that was dropped is fetched anew', async () => {
      await append('a', 'b')
      const followed = await follow(1)
      await followed.refresh([], { signal })
      await followed.close()
      await world.logs(1).drop(world.ids[0], 1)
      const again = await follow(1)
      await again.refresh([], { signal })
      assert.deepEqual(heard, ['1 a', '2 b'])
    })

    it('a follower that was away catches up over many bundles', async () => {
      const first = await follow(1)
      await first.refresh([], { signal })
      await first.close()
      await append(...Array.from({ length: 60 }, (_, index) => `n${index}`))
      const again = await follow(1)
      await again.refresh([], { signal })
      assert.deepEqual(heard, Array.from({ length: 60 }, (_, index) => `${index + 1} n${index}`))
    })
  })
}
