import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../main.ts', import.meta.url))
const patienceMs = 20_000

/** Images that loop devices of the kernel stand on. */
async function loopImages (): Promise<string[]> {
  const devices = (await readdir('/sys/block')).filter((name) => name.startsWith('loop'))
  return (await Promise.all(devices.map(async (name) => await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')))).map((path) => path.trim()).filter((path) => path !== '')
}

const regionInterfaces = (): string[] => Object.keys(networkInterfaces()).filter((name) => /^hg\d+\.0$/.test(name))

/** Runs a scenario in a temporary folder of its own until it has said `step`. */
async function startUntil (scenario: string, step: RegExp, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [program, 'run', scenario, '--scale', '0.02'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: folder } })
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => { if (step.test(line)) resolve() })
    child.once('exit', (code) => { reject(new Error(`${scenario} has ended with ${code}`)) })
  })
  return child
}

async function gone (what: () => Promise<readonly string[]>): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (let left = await what(); left.length > 0; left = await what()) {
    assert.ok(performance.now() < deadline, `still there: ${left.join(', ')}`)
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
}

describe('what faults leave behind', function () {
  this.timeout(90_000)
  let folder = ''
  beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'heliograph-left-behind-')) })
  afterEach(async () => { await rm(folder, { recursive: true, force: true }) })

  for (const [how, signal, step] of [['Ctrl-C', 'SIGINT', /a bootstrap node and three relays run/], ['kill -9', 'SIGKILL', /keep their data on disks/]] as const) {
    it(`${how} with disks whose power can be cut: no mount, no loop device, no process`, async () => {
      const child = await startUntil('powercut', step, folder)
      const mine = async (): Promise<string[]> => (await loopImages()).filter((path) => path.includes(folder))
      assert.ok((await mine()).length > 0)
      child.kill(signal)
      await once(child, 'exit')
      await gone(mine)
      await gone(async () => await processesNaming(folder))
    })
  }

  it('Ctrl-C while regions are network namespaces: no interface, no process', async () => {
    const before = regionInterfaces()
    const child = await startUntil('wan', /three network namespaces/, folder)
    const made = regionInterfaces().filter((name) => !before.includes(name))
    assert.ok(made.length > 0)
    child.kill('SIGINT')
    await once(child, 'exit')
    await gone(async () => regionInterfaces().filter((name) => made.includes(name)))
    await gone(async () => await processesNaming(folder))
  })
})

/** Processes that have this folder in their command line. */
async function processesNaming (folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map(async (id) => `${id} ${(await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ')}`))
  return lines.filter((line) => line.includes(folder))
}
