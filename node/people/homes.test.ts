import assert from 'node:assert/strict'
import { ManualClock, SeededRandom, settle } from '../../protocol/clock-manual.ts'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { AccountId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import { homeRecordKey } from '../../protocol/protocols.ts'
import { isNewer } from '../../protocol/records/home-record.ts'
import { StubMesh, TestPerson, directCommits, signing, testRelay } from '../testing/fixtures.ts'
import { HomeBook } from './homes.ts'
import { silentLogger } from '../watch/logger.ts'
import { MemoryStore } from '../store/store-memory.ts'

describe('homes', () => {
  const random = new SeededRandom(5)
  const [here, there] = [testRelay(random).id, testRelay(random).id]
  const { signal } = new AbortController()
  let clock: ManualClock
  let store: MemoryStore
  let mesh: StubMesh
  let locals: Set<AccountId>
  let homes: HomeBook
  let person: TestPerson
  let moved: AccountId[]

  const open = (maxCached?: number): HomeBook => {
    const book = new HomeBook({ store, commits: directCommits(store), mesh, accounts: { isLocal: (account) => locals.has(account) }, signing, clock, logger: silentLogger }, maxCached === undefined ? {} : { maxCached })
    book.onMoved((account) => { moved.push(account) })
    return book
  }
  const isCode = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)
  const inDht = (person: TestPerson, epoch: number): void => { mesh.dht.set(homeRecordKey(person.account), person.home(there, { epoch }).bytes) }

  beforeEach(() => {
    clock = new ManualClock()
    store = new MemoryStore()
    mesh = new StubMesh(here)
    locals = new Set()
    moved = []
    homes = open()
    person = new TestPerson(random)
  })

  it('finds a record in the DHT, and then in memory', async () => {
    await assert.rejects(homes.find(person.account, { signal }), isCode('UNKNOWN_ACCOUNT'))
    inDht(person, 1)
    assert.equal((await homes.find(person.account, { signal })).homes[0], there)
    mesh.dhtError = new Error('gone')
    assert.equal((await homes.find(person.account, { signal })).epoch, 1)
  })

  it('finds it in the store after a restart in a partition', async () => {
    inDht(person, 1)
    await homes.find(person.account, { signal })
    await homes.settled()
    mesh.dhtError = new Error('cut off')
    store = store.crash()
    assert.equal((await open().find(person.account, { signal })).epoch, 1)
  })

  it('says HOME_UNREACHABLE when nobody can be asked, and waits no longer than the signal', async () => {
    mesh.dhtError = new ProtocolError('TIMEOUT')
    await assert.rejects(homes.find(person.account, { signal }), isCode('HOME_UNREACHABLE'))
    mesh.dhtError = undefined
    mesh.getRecord = () => new Promise(() => {})
    const controller = new AbortController()
    const finding = homes.find(person.account, { signal: controller.signal })
    await settle()
    controller.abort(new ProtocolError('TIMEOUT'))
    await assert.rejects(finding, isCode('TIMEOUT'))
  })

  it('asks the DHT once for many who look for the same', async () => {
    let asked = 0
    mesh.getRecord = async () => {
      asked++
      await settle()
      return person.home(there).bytes
    }
    await Promise.all(Array.from({ length: 10 }, () => homes.find(person.account, { signal })))
    assert.equal(asked, 1)
  })

  it('answers with an old record at once, and tells when the DHT has a newer one', async () => {
    inDht(person, 1)
    await homes.find(person.account, { signal })
    inDht(person, 2)
    await clock.advance(limits.homeRecordCacheMs - 1)
    assert.equal((await homes.find(person.account, { signal })).epoch, 1)
    await settle()
    assert.deepEqual(moved, [])
    await clock.advance(1)
    assert.equal((await homes.find(person.account, { signal })).epoch, 1)
    await settle()
    assert.deepEqual(moved, [person.account])
    assert.equal(homes.cached(person.account)?.epoch, 2)
  })

  it('knows whether the DHT has been asked lately, or has been silent for a while', async () => {
    const was = (): boolean => homes.wasAsked(person.account, { withinMs: 10_000, patienceMs: 2_000 })
    assert.equal(was(), false)
    await homes.askNewest(person.account, { signal })
    assert.equal(was(), true, 'it knows nothing')
    await clock.advance(10_000)
    assert.equal(was(), false)
    inDht(person, 1)
    await homes.askNewest(person.account, { signal })
    assert.equal(was(), true)
    await clock.advance(10_000)
    assert.equal(was(), false)
    mesh.getRecord = () => new Promise(() => {})
    homes.askNewest(person.account, { signal }).catch(() => { /* nobody answers in time */ })
    await settle()
    assert.equal(was(), false)
    await clock.advance(2_000)
    assert.equal(was(), true, 'silent')
    await clock.advance(20_000)
  })

  it('does not ask for a crowd at once when many records are old', async () => {
    const people = Array.from({ length: 100 }, () => new TestPerson(random))
    for (const one of people) homes.learn(one.home(there).bytes)
    await clock.advance(limits.homeRecordCacheMs)
    const waiting: Array<() => void> = []
    mesh.getRecord = () => new Promise((resolve) => { waiting.push(() => { resolve(undefined) }) })
    for (const one of people) await homes.find(one.account, { signal })
    await settle()
    assert.equal(waiting.length, 32)
    for (const resolve of waiting.splice(0)) resolve()
    await settle()
    for (const one of people) await homes.find(one.account, { signal })
    await settle()
    assert.equal(waiting.length, 32)
    for (const resolve of waiting) resolve()
    await settle()
    assert.equal(clock.pending, 0)
  })

  it('does not believe the DHT when it offers an older, forged or another account\'s record', async () => {
    homes.learn(person.home(there, { epoch: 2 }).bytes)
    const forged = person.home(there, { epoch: 9 }).bytes.slice()
    forged[20]! ^= 1
    for (const bytes of [person.home(here, { epoch: 1 }).bytes, forged, new TestPerson(random).home(here).bytes]) {
      mesh.dht.set(homeRecordKey(person.account), bytes)
      await clock.advance(limits.homeRecordCacheMs)
      assert.equal((await homes.find(person.account, { signal })).epoch, 2)
      await settle()
      assert.equal(homes.cached(person.account)?.epoch, 2)
    }
  })

  it('keeps the highest epoch', () => {
    homes.learn(person.home(there, { epoch: 3 }).bytes)
    homes.learn(person.home(there, { epoch: 3 }).bytes)
    for (const record of [person.home(there, { epoch: 2 }), person.home(here, { epoch: 2 })]) {
      assert.throws(() => homes.learn(record.bytes), (error: unknown) => {
        assert.ok(isProtocolError(error, 'ROLLED_BACK'))
        assert.deepEqual(error.details.record, person.home(there, { epoch: 3 }).bytes)
        return true
      })
    }
    assert.deepEqual(moved, [])
    homes.learn(person.home(here, { epoch: 4 }).bytes)
    assert.deepEqual(moved, [person.account])
  })

  it('of two records of one epoch keeps the same one, whichever came first, in memory and on disk', async () => {
    for (const isStored of [false, true]) {
      for (const isWinnerFirst of [false, true]) {
        person = new TestPerson(random)
        const [a, b] = [person.home(there, { epoch: 3 }), person.home(here, { epoch: 3 })]
        const [winner, loser] = isNewer(a, b) ? [a, b] : [b, a]
        homes = open(1)
        moved = []
        const learn = async (bytes: Uint8Array): Promise<void> => { if (isStored) await homes.learnDurably(bytes); else homes.learn(bytes) }
        if (isWinnerFirst) {
          await learn(winner.bytes)
          await assert.rejects(async () => { await learn(loser.bytes) }, isCode('ROLLED_BACK'))
        } else {
          await learn(loser.bytes)
          await learn(winner.bytes)
        }
        await homes.settled()
        assert.deepEqual(homes.cached(person.account)?.bytes, winner.bytes, `seed ${random.seed}`)
        assert.deepEqual(moved, isWinnerFirst ? [] : [person.account])
        if (!isStored) continue
        assert.deepEqual(await store.get('home', person.account), winner.bytes)
        // Memory has forgotten it, the disk has not.
        homes.learn(new TestPerson(random).home(there).bytes)
        await homes.learnDurably(loser.bytes).catch(() => { /* that it was rolled back is said here, or found when it is written */ })
        assert.deepEqual(await store.get('home', person.account), winner.bytes)
      }
    }
  })

  it('does not put on disk what was only introduced', async () => {
    homes.learn(person.home(there).bytes)
    await homes.settled()
    assert.equal(await store.get('home', person.account), undefined)
    await homes.find(person.account, { signal })
    await homes.settled()
    assert.notEqual(await store.get('home', person.account), undefined)
  })

  it('writes no older record over a newer one that memory has forgotten', async () => {
    homes = open(1)
    inDht(person, 5)
    await homes.find(person.account, { signal })
    await homes.settled()
    homes.learn(new TestPerson(random).home(there).bytes)
    assert.equal(homes.cached(person.account), undefined)
    homes.learn(person.home(there, { epoch: 4 }).bytes)
    await homes.find(person.account, { signal })
    await homes.settled()
    assert.deepEqual(await store.get('home', person.account), person.home(there, { epoch: 5 }).bytes)
    assert.equal(homes.cached(person.account)?.epoch, 5)
  })

  it('always has the records of local accounts, however many others come by', async () => {
    homes = open(2)
    const people = Array.from({ length: 10 }, () => new TestPerson(random))
    for (const one of people) {
      locals.add(one.account)
      await store.write([{ op: 'put', table: 'home', key: one.account, value: one.home(here).bytes }], { durable: true })
      homes.committed(one.home(here))
    }
    const stranger = new TestPerson(random)
    await store.write([{ op: 'put', table: 'home', key: stranger.account, value: stranger.home(there).bytes }], { durable: true })
    const after = open(2)
    let isKnown = (): void => {}
    const loading = after.load(new Promise((resolve) => { isKnown = resolve }))
    await settle()
    isKnown()
    await loading
    assert.equal(after.cached(stranger.account), undefined)
    await assert.rejects(open(2).load(Promise.reject(new Error('damaged'))), /damaged/)
    for (const book of [homes, after]) {
      for (let i = 0; i < 10; i++) book.learn(new TestPerson(random).home(there).bytes)
      assert.deepEqual(people.map((one) => book.cached(one.account)?.epoch), people.map(() => 1))
    }
  })
})
