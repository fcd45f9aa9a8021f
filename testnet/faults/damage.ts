/** Ways in which a disk damages the files of a database while nobody has them open. */
import { open, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SeededRandom } from '../seeded-random.ts'

export interface Damage {
  readonly name: string
  /** @param path folder of the database. @returns what was done to which file; undefined when there is nothing to do it to */
  inflict (path: string, random: SeededRandom): Promise<string | undefined>
}

const flippedBytes = 24

/** Bytes somewhere in the middle half are others. */
async function flip (file: string, random: SeededRandom): Promise<string | undefined> {
  const { size } = await stat(file)
  if (size < 4 * flippedBytes) return undefined
  const at = random.integer(Math.floor(size / 4), Math.floor(size * 3 / 4) - flippedBytes)
  const handle = await open(file, 'r+')
  try {
    const bytes = Buffer.alloc(flippedBytes)
    await handle.read(bytes, 0, flippedBytes, at)
    await handle.write(bytes.map((byte) => byte ^ random.integer(1, 255)), 0, flippedBytes, at)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return `${flippedBytes} bytes at ${at} of ${size}`
}

async function largest (path: string, pattern: RegExp): Promise<string | undefined> {
  const sized = await Promise.all((await readdir(path)).filter((name) => pattern.test(name)).map(async (name) => ({ file: join(path, name), size: (await stat(join(path, name))).size })))
  return sized.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size)[0]?.file
}

const of = (pattern: RegExp, work: (file: string, random: SeededRandom) => Promise<string | undefined>): Damage['inflict'] => async (path, random) => {
  const file = await largest(path, pattern)
  const done = file === undefined ? undefined : await work(file, random)
  return done === undefined ? undefined : `${file!.slice(path.length + 1)}: ${done}`
}

const half = async (file: string): Promise<string> => {
  const { size } = await stat(file)
  await truncate(file, Math.floor(size / 2))
  return `${Math.ceil(size / 2)} bytes cut off its end`
}

/** In a short run the first of them. */
export const damages: readonly Damage[] = [
  { name: 'bytes of the journal are wrong', inflict: of(/\.log$/, flip) },
  { name: 'the manifest is damaged', inflict: of(/^MANIFEST/, async (file) => { await writeFile(file, 'not a manifest'); return 'overwritten' }) },
  { name: 'the journal has lost its second half', inflict: of(/\.log$/, half) },
  { name: 'CURRENT is missing', inflict: of(/^CURRENT$/, async (file) => { await rm(file); return 'removed' }) },
  { name: 'bytes of a table are wrong', inflict: of(/\.ldb$/, flip) },
  { name: 'a table has lost its second half', inflict: of(/\.ldb$/, half) }
]
