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
import { runFuzz } from './run.ts'
import { readSchema } from './schema.ts'

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
    let reads = 0
    assert.match(fed(() => { if (reads++ < 2) for (const endMs = performance.now() + 600; performance.now() < endMs;); }).join(), /took \d{3,} ms/)
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: number[][] = []
    assert.match(fed(() => { if (kept.length < 200) kept.push(new Array<number>(60_000).fill(1)) }, collect).join(), /kept \d+ bytes/)
    kept.length = 0
  }).timeout(20_000)

  it('must take the good bytes that it starts from', () => {
    assert.match(runFuzz({ name: 'made up', corpus: [new Uint8Array(3)], read: () => { throw new ProtocolError('MALFORMED') }, isStrict: true }, { frames: 1, seed }).findings.join(), /MALFORMED/)
  })
})
