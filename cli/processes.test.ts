import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exitCodes } from './exit-codes.ts'

const command = fileURLToPath(new URL('bin/heliograph.js', import.meta.url))

interface Ended { readonly code: number | null, readonly stdout: string, readonly stderr: string }

/** The command as people run it: a process of its own. */
class Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor (args: readonly string[]) {
    this.child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child.stdout!.on('data', (chunk: Buffer) => { this.stdout += chunk.toString() })
    this.child.stderr!.on('data', (chunk: Buffer) => { this.stderr += chunk.toString() })
    this.ended = new Promise((resolve) => { this.child.on('close', (code) => { resolve({ code, stdout: this.stdout, stderr: this.stderr }) }) })
  }

  /** The first line of JSON on standard output that has `key`. */
  async json<T> (key: keyof T & string): Promise<T> {
    for (let i = 0; i < 1500; i++) {
      for (const line of this.stdout.split('\n').slice(0, -1)) {
        const value = JSON.parse(line) as T
        if (typeof value === 'object' && value !== null && key in value) return value
      }
      if (this.child.exitCode !== null) break
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    throw new Error(`no line with "${key}"\n${this.stdout}\n${this.stderr}`)
  }
}

describe('the heliograph command as processes', function () {
  this.timeout(90_000)
  let folder = ''
  // Below what the system gives to outgoing connections: the relay comes back to it after a stop.
  const port = randomInt(15_000, 32_000)
  let relay: Running
  let address = ''
  const running: Running[] = []
  const start = (...args: string[]): Running => {
    const one = new Running(args)
    running.push(one)
    return one
  }
  const run = async (...args: string[]): Promise<Ended> => await start(...args).ended
  const config = (): string => join(folder, 'relay', 'relay.toml')
  const data = (name: string): string => join(folder, name)

  async function startRelay (): Promise<void> {
    relay = start('relay', 'start', '--json', '--config', config())
    const { addresses } = await relay.json<{ addresses: string[] }>('addresses')
    address = addresses[0]!
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-processes-'))
    const made = await run('relay', 'init', join(folder, 'relay'), '--name', 'eu-1', '--region', 'eu', '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--http', '127.0.0.1:0')
    assert.equal(made.code, exitCodes.ok, made.stderr)
    await startRelay()
    for (const name of ['ada', 'bob']) {
      const created = await run('account', 'create', '--json', '--data', data(name), '--handle', name, '--bootstrap', address)
      assert.equal(created.code, exitCodes.ok, created.stdout + created.stderr)
      assert.equal((JSON.parse(created.stdout) as { handle: string }).handle, `${name}@eu-1`)
    }
  })
  after(async () => {
    for (const { child } of running) if (child.exitCode === null) child.kill('SIGKILL')
    await Promise.all(running.map(({ ended }) => ended))
    await rm(folder, { recursive: true, force: true })
  })

  it('a message goes from one to the other, with its ticks, and stands in both histories', async () => {
    const listening = start('listen', '--json', '--count', '1', '--timeout', '30', '--strangers', 'accept', '--data', data('bob'))
    const sent = await run('send', 'bob@eu-1', 'hello from a process', '--wait', 'delivered', '--data', data('ada'))
    assert.deepEqual([sent.code, sent.stdout], [exitCodes.ok, 'Delivered: bob@eu-1\n'], sent.stderr)
    assert.equal((await listening.ended).code, exitCodes.ok)
    assert.equal((JSON.parse(listening.stdout) as { text: string }).text, 'hello from a process')
    for (const [name, other] of [['ada', 'bob'], ['bob', 'ada']] as const) {
      await run('contact', 'add', `${other}@eu-1`, '--name', other, '--data', data(name))
      const { stdout } = await run('history', other, '--json', '--data', data(name))
      assert.deepEqual(stdout.trim().split('\n').map((line) => (JSON.parse(line) as { text: string }).text), ['hello from a process'])
    }
  })

  it('both see the same safety number', async () => {
    const numbers = await Promise.all([['ada', 'bob@eu-1'], ['bob', 'ada@eu-1']].map(async ([name, other]) => {
      const { stdout } = await run('contact', 'verify', other!, '--json', '--data', data(name!))
      return (JSON.parse(stdout) as { safetyNumber: string }).safetyNumber
    }))
    assert.equal(numbers[0], numbers[1])
    assert.match(numbers[0]!.replaceAll(' ', ''), /^\d{60}$/)
  })

  it('what is wrong is a sentence and an exit code, never a stack', async () => {
    const listening = start('listen', '--json', '--data', data('bob'))
    const blocker = createServer()
    await new Promise<void>((resolve) => { blocker.listen(0, '127.0.0.1', resolve) })
    const { port } = blocker.address() as AddressInfo
    await run('relay', 'init', join(folder, 'second'), '--name', 'eu-2', '--listen', `/ip4/127.0.0.1/tcp/${port}`, '--http', '127.0.0.1:0')
    await writeFile(join(folder, 'bad.toml'), 'nmae = "eu-1"\n')
    // A listener that printed a message has its folder open.
    assert.equal((await run('send', 'bob@eu-1', 'are you there', '--data', data('ada'))).code, exitCodes.ok)
    await listening.json('text')
    const cases: Array<[RegExp, number, string[]]> = [
      [/Nobody has the handle "nobody@eu-1"/, exitCodes.notFound, ['send', 'nobody@eu-1', 'hi', '--data', data('ada')]],
      [/No relay can be reached/, exitCodes.later, ['account', 'create', '--data', data('eve'), '--bootstrap', address.replace(/\/tcp\/\d+/, `/tcp/${port}`)]],
      [/at most 16384 bytes long, and this one has 20000/, exitCodes.failed, ['send', 'bob@eu-1', 'x'.repeat(20_000), '--data', data('ada')]],
      [/belongs to someone else/, exitCodes.failed, ['account', 'create', '--data', data('eve'), '--handle', 'ada', '--bootstrap', address]],
      [/open\. Close it first/, exitCodes.failed, ['history', 'ada', '--data', data('bob')]],
      [/did you mean "name"/, exitCodes.failed, ['relay', 'start', '--config', join(folder, 'bad.toml')]],
      [/in use by another process/, exitCodes.failed, ['relay', 'start', '--config', config()]],
      [/port is taken/, exitCodes.failed, ['relay', 'start', '--config', join(folder, 'second', 'relay.toml')]],
      [/exists already/, exitCodes.failed, ['relay', 'init', join(folder, 'relay')]],
      [/no file/, exitCodes.failed, ['relay', 'start', '--config', join(folder, 'nowhere.toml')]]
    ]
    for (const [says, code, args] of cases) {
      const ended = await run(...args)
      assert.match(ended.stderr, says, args.join(' '))
      assert.equal(ended.code, code, `${args.join(' ')}\n${ended.stderr}`)
      assert.ok(!ended.stderr.includes('    at '), ended.stderr)
    }
    blocker.close()
    listening.child.kill('SIGINT')
    assert.equal((await listening.ended).code, exitCodes.interrupted)
  })

  it('a relay that is told to stop drains; what is sent meanwhile is kept and goes out when it is back', async () => {
    relay.child.kill('SIGTERM')
    assert.equal((await relay.ended).code, exitCodes.ok)
    const kept = await run('send', 'bob@eu-1', 'while the relay is away', '--timeout', '1', '--data', data('ada'))
    assert.equal(kept.code, exitCodes.later, kept.stderr)
    await startRelay()
    const listening = start('listen', '--json', '--count', '1', '--timeout', '30', '--data', data('bob'))
    const sent = await run('send', 'bob@eu-1', 'and now', '--wait', 'delivered', '--data', data('ada'))
    assert.equal(sent.code, exitCodes.ok, sent.stderr)
    await listening.ended
    const { stdout } = await run('history', 'ada@eu-1', '--json', '--data', data('bob'))
    assert.deepEqual(stdout.trim().split('\n').slice(-2).map((line) => (JSON.parse(line) as { text: string }).text), ['while the relay is away', 'and now'])
  })

  it('three people talk in a group: reactions and receipts come back', async () => {
    const made = await run('account', 'create', '--json', '--data', data('carol'), '--handle', 'carol', '--bootstrap', address)
    assert.equal(made.code, exitCodes.ok, made.stderr)
    const created = await run('group', 'create', 'Book club', 'bob@eu-1', 'carol@eu-1', '--data', data('ada'))
    assert.deepEqual([created.code, created.stdout], [exitCodes.ok, 'Made: Book club, 3 members.\n'], created.stderr)
    const listening = ['bob', 'carol'].map((name) => start('listen', '--json', '--count', '1', '--timeout', '30', '--mark-read', '--data', data(name)))
    const sent = await run('send', 'Book club', 'which one?', '--wait', 'delivered', '--data', data('ada'))
    assert.equal(sent.code, exitCodes.ok, sent.stderr)
    for (const one of listening) {
      const { code, stdout, stderr } = await one.ended
      assert.equal(code, exitCodes.ok, stderr)
      assert.equal((JSON.parse(stdout) as { text: string }).text, 'which one?')
    }
    const reacted = await run('message', 'react', 'Book club', 'last', '👍', '--data', data('bob'))
    assert.equal(reacted.code, exitCodes.ok, reacted.stderr)
    const { stdout } = await run('message', 'info', 'Book club', 'last', '--sync', '--json', '--data', data('ada'))
    const info = JSON.parse(stdout) as { reactions: Array<{ emoji: string }>, receipts: Array<{ state: string }> }
    assert.deepEqual(info.reactions.map(({ emoji }) => emoji), ['👍'])
    assert.equal(info.receipts.length, 2)
    assert.ok(info.receipts.every(({ state }) => state !== 'sent'), stdout)
  })

  it('a second device is linked, has the history, and shows in the list', async () => {
    const linking = start('device', 'link', '--json', '--name', 'laptop', '--data', data('ada-laptop'), '--bootstrap', address)
    const { code } = await linking.json<{ code: string }>('code')
    // Nobody has compared anything: nothing may happen.
    const blind = await run('device', 'approve', code, '--yes', '--data', data('ada'))
    assert.equal(blind.code, exitCodes.usage, blind.stderr)
    const wrong = await run('device', 'approve', 'heliograph:link?v=1&id=x', '--digits', '123456', '--yes', '--data', data('ada'))
    assert.equal(wrong.code, exitCodes.failed, wrong.stdout)
    const approving = spawn(process.execPath, [command, 'device', 'approve', code, '--json', '--data', data('ada')], { stdio: ['pipe', 'pipe', 'pipe'] })
    const { digits } = await linking.json<{ digits: string }>('digits')
    let asked = ''
    let answered = ''
    approving.stdout.on('data', (chunk: Buffer) => { answered += chunk.toString() })
    approving.stderr.on('data', (chunk: Buffer) => {
      asked += chunk.toString()
      // The person compares, and says yes.
      if (asked.includes('[y/N]')) approving.stdin.end(asked.includes(`${digits.slice(0, 3)} ${digits.slice(3)}`) ? 'y\n' : 'n\n')
    })
    assert.equal(await new Promise((resolve) => { approving.on('close', resolve) }), exitCodes.ok, asked + answered)
    const ended = await linking.ended
    assert.equal(ended.code, exitCodes.ok, ended.stderr)
    const listed = await run('device', 'list', '--json', '--data', data('ada-laptop'))
    assert.deepEqual(listed.stdout.trim().split('\n').map((line) => (JSON.parse(line) as { name: string }).name), ['', 'laptop'])
    const { stdout } = await run('history', 'Book club', '--json', '--data', data('ada-laptop'))
    assert.ok(stdout.split('\n').some((line) => line !== '' && (JSON.parse(line) as { text: string }).text === 'which one?'), stdout)
  })
})
