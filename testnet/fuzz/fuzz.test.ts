/**
 * A slice of `npm run fuzz`, which runs ten million frames: each decoder for a moment, under a seed of its own.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { decoders } from './decoders.ts'
import { fieldsOf } from './fields.ts'
import { Frames } from './mutate.ts'
import { readResults, rowOf, textOf } from './results.ts'
import { runFuzz } from './run.ts'
import { randomMessage, readSchema } from './schema.ts'
import { runInWorkers } from './workers.ts'

const seed = Number(process.env['FUZZ_SEED'] ?? randomBytes(4).readUInt32LE())

describe(`every decoder, fed broken bytes (FUZZ_SEED=${seed})`, () => {
  const all = decoders(new SeededRandom(seed))

  it('gives a ProtocolError or a value', () => {
    for (const decoder of all) assert.deepEqual(runFuzz(decoder, { frames: 1_000, seed }).findings, [], decoder.name)
  }).timeout(60_000)

  it('of every message in the .proto files is among them, each once', () => {
    const names = all.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    for (const message of readSchema().keys()) assert.ok(names.includes(`wire.${message}`), message)
    assert.ok(readSchema().get('HomeRecord')!.some(({ type, isRepeated }) => type === 'bytes' && isRepeated))
  })

  it('is judged: other errors, slowness and what is kept are found', () => {
    const fed = (read: (bytes: Uint8Array) => unknown, collect?: () => void): string[] =>
      runFuzz({ name: 'made up', corpus: [new Uint8Array(9)], read, isStrict: false }, { frames: 200, seed, collect }).findings
    assert.match(fed((bytes) => { if (bytes.byteLength > 9) throw new TypeError('oops') }).join(), /TypeError: oops .* from [0-9a-f]+/)
    assert.deepEqual(fed(() => { throw new ProtocolError('MALFORMED') }), [])
    let slow: string | undefined
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
    assert.match(fed((bytes) => { if (hex(bytes) === (slow ??= hex(bytes))) spend(600) }).join(), /took \d{3,} ms/)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: number[][] = []
    assert.match(fed(() => { if (kept.length < 200) kept.push(new Array<number>(150_000).fill(1)) }, collect).join(), /kept \d+ bytes/)
    kept.length = 0
    // Not of the heap, but of buffers: and a view of few bytes keeps all that it is a view of.
    const buffers: Uint8Array[] = []
    assert.match(fed((bytes) => { if (buffers.length < 200) buffers.push(bytes, new Uint8Array(1_000_000)) }, collect).join(), /kept \d+ bytes/)
    assert.deepEqual(fed((bytes) => bytes.slice(), collect), [])
  }).timeout(60_000)

  it('must take the good bytes that it starts from', () => {
    assert.match(runFuzz({ name: 'made up', corpus: [new Uint8Array(3)], read: () => { throw new ProtocolError('MALFORMED') }, isStrict: true }, { frames: 1, seed }).findings.join(), /MALFORMED/)
  })
})

describe('a frame that is fed', () => {
  const schema = readSchema()
  const made = (name: string): Frames => new Frames(Array.from({ length: 10 }, (_, i) => randomMessage(schema, name, new SeededRandom(i))), seed)

  it('follows from the seed, and is not changed by the next', () => {
    const [one, other] = [made('Envelope'), made('Envelope')]
    const frames = Array.from({ length: 3_000 }, () => { const frame = one.next(); return { frame, bytes: frame.slice() } })
    for (const { frame, bytes } of frames) {
      assert.deepEqual(frame, bytes)
      assert.deepEqual(other.next(), bytes)
    }
    assert.ok(new Set(frames.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size > 2_500)
  })

  it('is a message often enough, with fields that were added, lost, longer and shorter in messages within it too', () => {
    for (const name of ['Control', 'Pages', 'Content', 'GroupSnapshot']) {
      const frames = made(name)
      const lengths = new Set<number>()
      let messages = 0
      for (let i = 0; i < 2_000; i++) {
        const frame = frames.next()
        if (fieldsOf(frame).length === 0) continue
        messages++
        lengths.add(frame.byteLength)
        frames.taken(frame)
      }
      assert.ok(messages > 600, `${name}: ${messages} messages`)
      assert.ok(lengths.size > 50, `${name}: ${lengths.size} lengths`)
    }
  })
})

describe('what a run has come to', () => {
  const figures = { frames: 1_000, taken: 250, refused: 750, unreadable: 500, slowestMs: 0, cpuSeconds: 0.005, growth: -2_048, peak: 4_096, findings: [] }

  it('is a row that is read back, one for each decoder', () => {
    const row = rowOf({ name: 'home record', commit: 'abc1234', seed: 7, figures })
    assert.equal(row, '| home record | 1000 | 25 % | 50 % | 5.0 | 0 | < 1 | -2 | 4 | abc1234 | 7 | nothing |')
    const bad = rowOf({ name: 'frames', commit: 'abc1234', seed: 7, figures: { ...figures, taken: 0, refused: 0, unreadable: 0, findings: ['the process ended'] } })
    assert.equal(bad, '| frames | 1000 |  |  |  | 0 | < 1 | -2 | 4 | abc1234 | 7 | 1 |')
    const text = textOf(new Map([['home record', { row }], ['frames', { row: bad }], ['gone', { row }]]), ['frames', 'home record', 'handle'], 1_000)
    assert.deepEqual(readResults(text), new Map([['frames', { row: bad, frames: 1_000, isClean: false }], ['home record', { row, frames: 1_000, isClean: true }]]))
    assert.match(text, /2 of 3 decoders have a row; no run of 1,000 frames yet: handle\./)
  })
})

describe('a process that fuzzes', () => {
  it('is named in a finding when it ends before it has said what came of it', async () => {
    const seen: string[] = []
    await runInWorkers(['no such decoder', 'message id'], { frames: 200, seed, jobs: 1 }, (name, { findings }) => { seen.push(`${name}: ${findings.join()}`) })
    assert.match(seen[0]!, /no such decoder: the process ended with/)
    assert.equal(seen[1], 'message id: ')
  }).timeout(60_000)
})

/** Time of this thread's processor: others may have it meanwhile. */
function spend (ms: number): void {
  const start = process.threadCpuUsage()
  for (let spent = 0; spent < ms * 1000;) { const { user, system } = process.threadCpuUsage(start); spent = user + system }
}
