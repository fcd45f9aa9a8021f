import assert from 'node:assert/strict'
import { ManualClock } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { silentLogger } from '../watch/logger.ts'
import { AwaitedHomes } from './awaited-homes.ts'

describe('awaited homes', () => {
  function world (count: number): { clock: ManualClock, awaited: Set<AccountId>, asked: AccountId[], homes: AwaitedHomes, most: () => number, answer: { now (account: AccountId): Promise<undefined> } } {
    const clock = new ManualClock()
    const awaited = new Set(Array.from({ length: count }, (_, index) => `b${index}` as AccountId))
    const asked: AccountId[] = []
    let [running, most] = [0, 0]
    const answer = { now: async (_account: AccountId): Promise<undefined> => undefined }
    const homes = new AwaitedHomes({
      clock,
      logger: silentLogger,
      accounts: { awaited: () => awaited.keys(), get awaitedSize () { return awaited.size }, isAwaited: (account) => awaited.has(account) },
      homes: {
        askNewest: async (account) => {
          asked.push(account)
          most = Math.max(most, ++running)
          try {
            await answer.now(account)
          } finally {
            running--
          }
          return undefined
        }
      }
    })
    return { clock, awaited, asked, homes, most: () => most, answer }
  }

  it('asks for each, a few at a time, and again later for those that are still away', async () => {
    const { clock, awaited, asked, homes, most } = world(30)
    homes.start()
    await clock.advance(5_000)
    assert.equal(new Set(asked).size, 30)
    assert.ok(most() <= 8)
    awaited.clear()
    awaited.add('b7' as AccountId)
    asked.length = 0
    await clock.advance(10 * 60_000)
    assert.deepEqual(asked, ['b7'])
    await homes.stop()
  })

  it('goes on when nobody knows, and leaves no timer', async () => {
    const { clock, asked, homes, answer } = world(3)
    answer.now = async () => { throw new ProtocolError('HOME_UNREACHABLE') }
    homes.start()
    await clock.advance(5_000)
    assert.equal(asked.length, 3)
    await clock.advance(10 * 60_000)
    assert.equal(asked.length, 6)
    await homes.stop()
    assert.equal(clock.pending, 0)
  })

  it('does nothing for a database that was not restored', async () => {
    const { clock, asked, homes } = world(0)
    homes.start()
    assert.equal(clock.pending, 0)
    await clock.advance(60 * 60_000)
    assert.deepEqual(asked, [])
    await homes.stop()
  })
})
