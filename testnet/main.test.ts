import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { scenarios } from './scenarios/scenarios.ts'

const command = fileURLToPath(new URL('../cli/bin/heliograph.js', import.meta.url))

const heliograph = (...args: string[]): Promise<{ code: number, stdout: string, stderr: string }> => new Promise((resolve) => {
  execFile(process.execPath, [command, ...args], (error, stdout, stderr) => { resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }) })
})

describe('heliograph testnet', function () {
  this.timeout(60_000)

  it('lists every scenario with what it is about', async () => {
    const { code, stdout } = await heliograph('testnet', 'list')
    assert.equal(code, 0)
    assert.deepEqual(stdout.trim().split('\n').map((line) => line.split(' ')[0]), [...scenarios.keys()])
  })

  it('explains itself, and says what is wrong with a command line', async () => {
    assert.match((await heliograph('testnet', 'run', '--help')).stdout, /--seed/)
    const unknown = await heliograph('testnet', 'run', 'no-such-scenario')
    assert.equal(unknown.code, 4)
    assert.match(unknown.stderr, /no scenario "no-such-scenario".*cross-region/)
    for (const args of [['run'], ['run', 'offline', '--seed', 'x'], ['run', 'offline', '--scale', '0'], ['wat']]) {
      const wrong = await heliograph('testnet', ...args)
      assert.equal(wrong.code, 2, args.join(' '))
      assert.ok(!wrong.stderr.includes('    at '), wrong.stderr)
    }
  })
})
