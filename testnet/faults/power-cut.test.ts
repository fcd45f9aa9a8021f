import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { openLevelStore } from '../../node/store/store-level.ts'
import { compileLibrary } from './compiled.ts'
import { PowerCutDisk } from './power-cut.ts'
import { log } from './store-writer.ts'

const writer = fileURLToPath(new URL('store-writer.ts', import.meta.url))
const acknowledgedBeforeCut = 400

/** @returns how many appends were acknowledged before the power was cut, and how many are there afterwards */
async function cutWhileWriting (env: Record<string, string>, folder: string): Promise<{ acknowledged: number, kept: number }> {
  const disk = await PowerCutDisk.open(folder)
  try {
    const path = join(disk.folder, 'db')
    const child = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
    const exit = once(child, 'exit')
    let acknowledged = 0
    try {
      await new Promise<void>((resolve, reject) => {
        createInterface({ input: child.stdout }).on('line', (line) => {
          acknowledged = Number(line)
          if (acknowledged >= acknowledgedBeforeCut) resolve()
        })
        void exit.then(() => { reject(new Error('the writer has ended')) })
      })
      child.kill('SIGSTOP')
      await disk.cut()
    } finally {
      child.kill('SIGKILL')
      await exit
    }
    await disk.restore()
    // LevelDB may not open what a disk that lies has left: then nothing is kept.
    const store = await openLevelStore({ path, minFreeBytes: 1 }).catch(() => undefined)
    const kept = (await store?.openLog(log).catch(() => undefined))?.head ?? 0
    await store?.close()
    return { acknowledged, kept }
  } finally {
    await disk.close()
  }
}

describe('a power cut', function () {
  this.timeout(60_000)
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-power-cut-test-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  it('loses nothing that the store has acknowledged', async () => {
    const { acknowledged, kept } = await cutWhileWriting({}, folder)
    assert.ok(kept >= acknowledged, `${kept} of ${acknowledged}`)
  })

  it('loses what was acknowledged on a disk that lies, so that the check above can fail', async () => {
    const { acknowledged, kept } = await cutWhileWriting({ LD_PRELOAD: await compileLibrary('no-sync', folder) }, folder)
    assert.ok(kept < acknowledged, `${kept} of ${acknowledged}`)
  })
})
