/**
 * The operator's commands on real relays with real clients: what they show, whom they shut out, and that a relay which is restored from
 * a backup gives no number twice.
 */
import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import type { ChatId } from '../client/chat-id.ts'
import { openNodeClient, type NodeClient } from '../client/client-node.ts'
import { askRelay } from '../node/admin/ask-node.ts'
import type { AccountRow, AccountsAnswer, BlockAnswer, RelayStatus, TopAnswer } from '../node/admin/answers.ts'
import { checkConfig } from '../node/config.ts'
import { initRelay, readConfigFile } from '../node/config-file.ts'
import { createRelay, type RunningRelay } from '../node/node.ts'
import type { Context } from './context.ts'
import { exitCodes } from './exit-codes.ts'
import { runHeliograph } from './heliograph.ts'

class Lines extends Writable {
  text = ''
  override _write (chunk: Buffer, _encoding: string, done: () => void): void { this.text += chunk.toString(); done() }
}

async function until (what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const endMs = Date.now() + timeoutMs
  while (Date.now() < endMs) {
    if (await condition()) return
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
  assert.fail(`not within ${timeoutMs / 1000} s: ${what}`)
}

describe('relay commands of the operator', function () {
  this.timeout(90_000)
  const ports = { eu: randomInt(15_000, 32_000), us: randomInt(15_000, 32_000) }
  const clients = new Map<string, NodeClient>()
  const relays = new Map<string, RunningRelay>()
  const received = new Map<string, string[]>()
  const warnings: unknown[] = []
  let folder: string
  /** Numbered at `eu`, like two of the three pairs or all of them: ada has founded it. */
  let group: ChatId

  const configOf = (name: string): string => join(folder, name, 'relay.toml')

  async function heliograph (...args: string[]): Promise<{ code: number, out: string, err: string }> {
    const [stdout, stderr] = [new Lines(), new Lines()]
    const context: Context = {
      stdout,
      stderr,
      stdin: new PassThrough(),
      env: {},
      cwd: folder,
      nowMs: () => Date.now(),
      openClient: () => { throw new Error('no client is needed') },
      exit: () => {},
      onSignal: () => () => {}
    }
    const code = await runHeliograph(args, context)
    return { code, out: stdout.text, err: stderr.text }
  }
  const ask = async <T>(...args: string[]): Promise<T> => {
    const { code, out, err } = await heliograph('relay', ...args, '--json', '--config', configOf('eu'))
    assert.equal(code, exitCodes.ok, out + err)
    return JSON.parse(out) as T
  }

  async function startRelay (name: 'eu' | 'us', bootstrapPeers: readonly string[] = []): Promise<RunningRelay> {
    const relay = await createRelay({ ...await readConfigFile(configOf(name)), bootstrapPeers: [...bootstrapPeers] })
    await relay.start()
    relays.set(name, relay)
    return relay
  }

  async function openClient (name: string, relay: RunningRelay): Promise<void> {
    const opened = await openNodeClient({ folder: join(folder, name), config: { bootstrap: [...relay.addresses], relay: relay.config.name, software: 'heliograph-test', strangers: 'accept', standby: name === 'ada' ? 'none' : 'auto' } })
    clients.set(name, opened)
    received.set(name, [])
    opened.client.on('message', ({ text, direction }) => { if (text !== undefined && direction === 'in') received.get(name)!.push(text) })
    opened.client.on('warning', (warning) => { warnings.push([name, warning]) })
    await opened.client.createAccount({ handle: name, relay: relay.config.name })
    opened.client.start()
  }

  const clientOf = (name: string): NodeClient['client'] => clients.get(name)!.client
  const texts = (from: string): string[] => [...received.values()].flat().filter((text) => text.startsWith(`${from} `))

  /** Everybody to everybody and to the group, and everything has arrived. */
  async function talk (round: string): Promise<void> {
    const names = [...clients.keys()]
    for (const from of names) await clientOf(from).send(group, `${from} all ${round}`)
    for (const from of names) for (const to of names) if (from !== to) await clientOf(from).send(clientOf(to).account!.id, `${from} ${to} ${round}`)
    await until(`everything of ${round}`, () => names.every((from) => texts(from).filter((text) => text.endsWith(round)).length === 2 * (names.length - 1)))
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-admin-'))
    for (const name of ['eu', 'us'] as const) await initRelay(join(folder, name), checkConfig({ name, region: name, listen: [`/ip4/127.0.0.1/tcp/${ports[name]}`], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0 }))
    const eu = await startRelay('eu')
    const us = await startRelay('us', eu.addresses)
    await until('the relays know each other', async () => (await askRelay<RelayStatus>(eu.config.dataDir, '/status')).peers.some(({ name }) => name === 'us'))
    await openClient('ada', eu)
    await openClient('bob', eu)
    await openClient('carol', us)
    const names = [...clients.keys()]
    for (const from of names) for (const to of names) if (from !== to) await clientOf(from).addContact(`${to}@${to === 'carol' ? 'us' : 'eu'}`)
    const founded = await clientOf('ada').groups.create({ name: 'all', members: ['bob', 'carol'].map((name) => clientOf(name).account!.id) })
    group = founded.chat
    await until('all are in the group', async () => (await Promise.all(names.map((name) => clientOf(name).groups.state(group)))).every((state) => state?.members.length === 3 && state.name === 'all'))
    await talk('first')
  })
  after(async () => {
    for (const { close } of clients.values()) await close()
    for (const relay of relays.values()) await relay.stop({ withinMs: 0 })
    await rm(folder, { recursive: true, force: true })
  })

  it('status says what the relay is and does', async () => {
    const status = await ask<RelayStatus>('status')
    assert.deepEqual([status.id, status.name, status.state, status.notReady], [relays.get('eu')!.id, 'eu', 'running', []])
    assert.deepEqual([status.accounts.here, status.accounts.connected, status.accounts.awaited], [2, 2, 0])
    assert.ok(status.storage.freeBytes > 0 && status.storage.usedBytes > 0)
    assert.deepEqual(status.peers.map(({ name, region }) => [name, region]), [['us', 'us']])
    const { out } = await heliograph('relay', 'status', '--config', configOf('eu'))
    assert.match(out, /^Relay {7}eu \(eu\) {2}12D3KooW\w+\nState {7}running\n[^]*Accounts {4}2 here, 2 connected; registration is open\n[^]*Outbox {6}/)
    assert.match(out, /Relays {6}us \(us\)/)
  })

  it('the socket is for its owner alone', async () => {
    const { mode } = await stat(join(folder, 'eu', 'admin.sock'))
    assert.equal(mode & 0o777, 0o600)
  })

  it('top shows who is busy, in short ids only', async () => {
    const looking = ask<TopAnswer>('top', '--once', '--interval', '1')
    await until('the first look is taken', async () => { await new Promise((resolve) => { setTimeout(resolve, 200) }); return true })
    for (let i = 0; i < 5; i++) await clientOf('ada').send(clientOf('bob').account!.id, `ada bob top ${i}`)
    const top = await looking
    assert.ok(top.logs[0]!.perSecond > 0 && top.logs[0]!.kind === 'pair', JSON.stringify(top))
    assert.equal(top.accounts[0]!.account, clientOf('ada').account!.id.slice(5, 11))
    assert.ok(top.accounts[0]!.submittedPerSecond > 0)
    for (const name of ['ada', 'bob']) assert.ok(!JSON.stringify(top).includes(clientOf(name).account!.id))
    const { out } = await heliograph('relay', 'top', '--once', '--interval', '1', '--config', configOf('eu'))
    assert.match(out, /LOG +KIND +MEMBERS[^]*ACCOUNT +DEVICES[^]*RELAY +FORWARDED/)
  })

  it('accounts lists who lives here, by the page', async () => {
    const { dataDir } = relays.get('eu')!.config
    const first = await askRelay<{ total: number, next?: string, accounts: AccountRow[] }>(dataDir, '/accounts?limit=1')
    const second = await askRelay<{ total: number, next?: string, accounts: AccountRow[] }>(dataDir, `/accounts?limit=1&after=${first.next!}`)
    assert.deepEqual([first.total, first.accounts.length, second.accounts.length, second.next], [2, 1, 1, undefined])
    const rows = [...first.accounts, ...second.accounts]
    assert.deepEqual(rows.map(({ handle }) => handle).sort(), ['ada@eu', 'bob@eu'])
    assert.deepEqual(rows.map(({ devices, connected, isBlocked }) => [devices, connected, isBlocked]), [[1, 1, false], [1, 1, false]])
    assert.ok(rows.every(({ logs }) => logs >= 2))
    const { out } = await heliograph('relay', 'accounts', '--config', configOf('eu'))
    assert.match(out, /ACCOUNT +HANDLE[^]*ada@eu[^]*now[^]*2 accounts/)
  })

  it('a blocked account is sent away with its code and kept out, until it is unblocked; what it could not send goes out then', async () => {
    const answer = await ask<BlockAnswer>('block', 'bob@eu')
    assert.deepEqual([answer.kind, answer.id, answer.isChanged], ['account', clientOf('bob').account!.id, true])
    await until('bob is told', () => { const { state, error } = clientOf('bob').connection as { state: string, error?: { code: string } }; return state !== 'online' && error?.code === 'BLOCKED' })
    await clientOf('bob').send(clientOf('ada').account!.id, 'bob ada while blocked')
    assert.equal((await ask<BlockAnswer>('block', 'bob')).isChanged, false)
    assert.match((await heliograph('relay', 'blocked', '--config', configOf('eu'))).out, new RegExp(`account {2}${answer.id}`))
    assert.deepEqual(texts('bob').filter((text) => text.endsWith('while blocked')), [])
    assert.equal((await ask<BlockAnswer>('unblock', answer.id.slice(5, 11))).isChanged, true)
    await until('it arrives', () => texts('bob').includes('bob ada while blocked'), 60_000)
  })

  it('of a blocked relay nothing is taken and nothing is brought to it; it may not block itself', async () => {
    const us = relays.get('us')!
    assert.equal((await ask<BlockAnswer>('block', 'us')).id, us.id)
    await clientOf('carol').send(clientOf('ada').account!.id, 'carol ada blocked')
    await clientOf('ada').send(clientOf('carol').account!.id, 'ada carol blocked')
    await until('it is refused', async () => ((await ask<RelayStatus>('status')).figures['heliograph_block_refused_total'] ?? 0) > 0)
    assert.deepEqual([...texts('carol'), ...texts('ada')].filter((text) => text.endsWith(' blocked')), [])
    assert.deepEqual(await askRelay<object>(us.config.dataDir, '/block', { body: { who: us.id } }).then(() => 'blocked itself', (error: { code: string }) => error.code), 'NOT_ALLOWED')
    await ask<BlockAnswer>('unblock', us.id)
    // Both arrive when the relays try again: node/admin/blocklist.test.ts waits for it, in virtual time.
  })

  it('drains and stays, and takes people again', async () => {
    const drained = await ask<{ state: string }>('drain')
    assert.equal(drained.state, 'draining')
    assert.equal((await fetch(`${relays.get('eu')!.httpUrl}/readyz`)).status, 503)
    await until('ada is sent away', () => clientOf('ada').connection.state !== 'online')
    assert.equal((await ask<RelayStatus>('status')).state, 'draining')
    await ask('drain', '--undo')
    assert.equal((await fetch(`${relays.get('eu')!.httpUrl}/readyz`)).status, 200)
    await until('ada is back', () => clientOf('ada').connection.state === 'online', 60_000)
  })

  it('compacts while it runs', async () => {
    const answer = await ask<{ beforeBytes: number, afterBytes: number }>('compact')
    assert.ok(answer.beforeBytes > 0 && answer.afterBytes > 0)
  })

  it('says what is wrong with a request, and that there is no relay', async () => {
    assert.match((await heliograph('relay', 'block', 'nobody-here', '--config', configOf('eu'))).err, /nobody with this id/i)
    assert.match((await heliograph('relay', 'block', 'nobody@eu', '--config', configOf('eu'))).err, /no such handle \(nobody@eu\)/)
    assert.match((await heliograph('relay', 'block', 'nobody@us', '--config', configOf('eu'))).err, /of people at other relays give the account id/)
    const { dataDir } = relays.get('eu')!.config
    for (const [path, code] of [['/top?seconds=1000', 'MALFORMED'], ['/secrets', 'UNKNOWN_METHOD']] as const) assert.equal(await askRelay(dataDir, path).then(() => '', (error: { code: string }) => error.code), code)
    assert.equal(await askRelay(dataDir, '/block', { body: { who: 'x'.repeat(20_000) } }).then(() => '', (error: { code: string }) => error.code), 'TOO_LARGE')
    await initRelay(join(folder, 'off'), checkConfig({}))
    const off = await heliograph('relay', 'status', '--json', '--config', configOf('off'))
    assert.equal(off.code, exitCodes.later)
    assert.equal((JSON.parse(off.out) as { error: { code: string } }).error.code, 'NOT_RUNNING')
  })

  it('a relay restored from a backup gives no number twice: everything arrives once, in order, and nobody reports a fork', async () => {
    const backup = join(folder, 'eu.heliograph')
    const made = await ask<{ bytes: number, rows: number }>('backup', backup)
    assert.ok(made.rows > 20)
    assert.equal((await stat(backup)).mode & 0o777, 0o600)
    assert.match((await heliograph('relay', 'backup', backup, '--config', configOf('eu'))).err, /exists already/)
    assert.equal((await heliograph('relay', 'backup', join(folder, 'nowhere', 'x'), '--config', configOf('eu'))).err, `There is no folder ${join(folder, 'nowhere')}.\n`)
    await talk('after the backup')
    await talk('and once more')
    const before = await askRelay<RelayStatus>(relays.get('eu')!.config.dataDir, '/status')
    assert.match((await heliograph('relay', 'restore', backup, '--replace', '--config', configOf('eu'))).err, /in use by another process/)

    await ask('drain', '--exit')
    await relays.get('eu')!.endAsked
    await relays.get('eu')!.stop({ withinMs: 1_000 })
    await clientOf('carol').send(clientOf('ada').account!.id, 'carol ada meanwhile')
    assert.match((await heliograph('relay', 'restore', backup, '--config', configOf('eu'))).err, /is there already/)
    const restored = await heliograph('relay', 'restore', backup, '--replace', '--config', configOf('eu'))
    assert.equal(restored.code, exitCodes.ok, restored.err)
    const eu = await startRelay('eu', relays.get('us')!.addresses)
    assert.equal(eu.id, before.id)
    await until('everybody is back', async () => (await askRelay<RelayStatus>(eu.config.dataDir, '/status')).accounts.awaited === 0, 60_000)
    // Ada has no standby and is registered here again; who has one lives there now, where everything is.
    assert.ok((await askRelay<AccountsAnswer>(eu.config.dataDir, '/accounts')).accounts.some(({ handle, isAwaited }) => handle === 'ada@eu' && !isAwaited))
    assert.ok((await ask<RelayStatus>('status')).restored !== undefined)
    await talk('after the restore')
    await until('what was sent while it was down', () => texts('carol').includes('carol ada meanwhile'), 60_000)
    for (const [name, all] of received) {
      assert.equal(new Set(all).size, all.length, `${name} has something twice: ${all.join(', ')}`)
      for (const from of clients.keys()) {
        for (const to of [name, 'all']) {
          const rounds = all.filter((text) => text.startsWith(`${from} ${to} `)).map((text) => text.split(' ').slice(2).join(' ')).filter((round) => ['first', 'after the backup', 'and once more', 'after the restore'].includes(round))
          if (from !== name) assert.deepEqual(rounds, ['first', 'after the backup', 'and once more', 'after the restore'], `from ${from} to ${to}, at ${name}`)
        }
      }
    }
    assert.deepEqual(warnings, [])
  })

  it('a backup that was cut off or changed is refused, and leaves the folder as it was', async () => {
    const backup = join(folder, 'eu.heliograph')
    const bytes = await readFile(backup)
    const damaged = join(folder, 'damaged')
    await writeFile(damaged, bytes)
    await truncate(damaged, bytes.byteLength - 10)
    const target = join(folder, 'off')
    const before = await readdir(target)
    assert.match((await heliograph('relay', 'restore', damaged, '--check')).err, /^The backup .+damaged cannot be used: it is cut off\. Nothing was changed\.$/m)
    assert.match((await heliograph('relay', 'restore', configOf('off'), '--check')).err, /cannot be used: it is no backup of a relay\./)
    for (const at of [100, Math.floor(bytes.byteLength / 2), bytes.byteLength - 1]) {
      const changed = Buffer.from(bytes)
      changed[at]! ^= 1
      await writeFile(damaged, changed)
      const { code, out } = await heliograph('relay', 'restore', damaged, '--json', '--config', configOf('off'))
      assert.equal(code, exitCodes.failed)
      assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, 'DATABASE_CORRUPT')
    }
    assert.match((await heliograph('relay', 'restore', backup, '--config', configOf('off'))).err, /^Nothing was restored: .+key of another relay/m)
    assert.deepEqual(await readdir(target), before)
  })
})
