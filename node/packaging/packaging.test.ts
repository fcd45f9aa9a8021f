/**
 * The unit, the image and the proxy against what the relay really needs: files, ports, times, limits. The image is not built here.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defaultConfig } from '../config.ts'
import { createRelay } from '../node.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const file = (name: string): Promise<string> => readFile(join(root, 'node/packaging', name), 'utf8')
const installedAt = '/opt/heliograph'
const inCheckout = (path: string): string => join(root, relative(installedAt, path))
const defaults = defaultConfig()
const portOf = (multiaddr: string): string => /\/tcp\/(\d+)/.exec(multiaddr)![1]!

/** Sections of a unit file; a key that comes again is added. */
function readUnit (text: string): Map<string, string[]> {
  const settings = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || /^\[\w+\]$/.test(line)) continue
    const pair = /^([A-Za-z]+)=(.*)$/.exec(line)
    assert.ok(pair !== null, `not a setting: ${line}`)
    settings.set(pair[1]!, [...settings.get(pair[1]!) ?? [], pair[2]!])
  }
  return settings
}

/** Instructions of a Dockerfile, one each. */
const readDockerfile = (text: string): Array<[instruction: string, rest: string]> =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.split(' ')[0]!, line.slice(line.indexOf(' ') + 1)])

/** Files and packages that are loaded when this one is, at once or later; types are not. */
async function loadedBy (entry: string): Promise<{ files: Set<string>, packages: Set<string> }> {
  const files = new Set<string>()
  const packages = new Set<string>()
  const queue = [entry]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (files.has(path)) continue
    files.add(path)
    if (!/\.[jt]s$/.test(path)) continue
    const text = await readFile(path, 'utf8')
    for (const [, , from, lazily] of text.matchAll(/^(?:import|export)(?! type)(?=[ {*'])([^']*?from )?'([^']+)'|\bimport\('([^']+)'\)/gm)) {
      const specifier = (from ?? lazily)!
      if (specifier.startsWith('.')) queue.push(join(dirname(path), specifier))
      else if (!specifier.startsWith('node:') && !builtinModules.includes(specifier)) packages.add(specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/'))
    }
  }
  return { files, packages }
}

describe('packaging', function () {
  this.timeout(30_000)

  it('the unit starts what is there, gives it time to drain, and files for its connections', async () => {
    const unit = readUnit(await file('heliograph.service'))
    const one = (name: string): string => {
      assert.equal(unit.get(name)?.length, 1, name)
      return unit.get(name)![0]!
    }
    const [node, command, ...args] = one('ExecStart').split(' ')
    await access(inCheckout(node!))
    await access(inCheckout(command!))
    assert.deepEqual(args, ['relay', 'start', '--config', '/var/lib/heliograph/relay.toml'])
    assert.equal(one('WorkingDirectory'), `/var/lib/${one('StateDirectory')}`)
    assert.equal(one('StateDirectoryMode'), '0700')
    assert.ok(Number(one('TimeoutStopSec')) >= defaults.drainSeconds + 10)
    assert.ok(Number(one('LimitNOFILE')) >= defaults.maxConnections + 2_000)
    assert.deepEqual([one('KillSignal'), one('KillMode'), one('Restart'), one('NoNewPrivileges'), one('ProtectSystem')], ['SIGTERM', 'mixed', 'on-failure', 'yes', 'strict'])
    // V8 could not run, and processes would have no sockets.
    assert.ok(!unit.has('MemoryDenyWriteExecute'))
    for (const family of ['AF_INET', 'AF_INET6', 'AF_UNIX']) assert.ok(one('RestrictAddressFamilies').includes(family))
    assert.match(await file('heliograph.sysusers'), new RegExp(`^u ${one('User')} - `, 'm'))
  })

  describe('the image', () => {
    let instructions: Array<[string, string]>
    before(async () => { instructions = readDockerfile(await file('Dockerfile')) })
    const all = (name: string): string[] => instructions.filter(([instruction]) => instruction === name).map(([, rest]) => rest)

    it('is made of what is there, all of which its ignore file lets in', async () => {
      const ignored = (await file('Dockerfile.dockerignore')).split('\n')
      assert.equal(ignored.find((line) => line !== '' && !line.startsWith('#')), '*')
      for (const copy of all('COPY').filter((rest) => !rest.startsWith('--from='))) {
        for (const source of copy.split(' ').slice(0, -1)) {
          await stat(join(root, source))
          assert.ok(ignored.includes(`!${source}`), source)
        }
      }
    })

    it('holds every file and package that the command loads', async () => {
      const { files, packages } = await loadedBy(join(root, 'cli/heliograph.ts'))
      const folders = all('COPY').filter((rest) => !rest.startsWith('--from=')).flatMap((rest) => rest.split(' ').slice(0, -1))
      assert.ok(files.size > 200)
      for (const path of files) {
        const name = relative(root, path)
        assert.ok(folders.some((folder) => name === folder || name.startsWith(`${folder}/`)), name)
        assert.ok(!name.endsWith('.test.ts') && !name.includes('/testing/'), name)
        await access(path)
      }
      const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { dev?: boolean, optional?: boolean, devOptional?: boolean }> }
      for (const name of packages) {
        const { dev, optional, devOptional } = lock.packages[`node_modules/${name}`] ?? assert.fail(`${name} is not in the lockfile`)
        assert.ok(dev !== true && optional !== true && devOptional !== true, `${name} is left out of the image`)
      }
      assert.ok(packages.has('libp2p') && packages.has('classic-level'))
    })

    it('runs as a user of its own, exposes what a relay listens on, and stops as a relay does', async () => {
      assert.deepEqual(all('USER'), ['heliograph'])
      assert.deepEqual(all('EXPOSE'), [defaults.listen.map(portOf).join(' ')])
      assert.deepEqual(all('STOPSIGNAL'), ['SIGTERM'])
      assert.deepEqual(all('VOLUME'), ['/var/lib/heliograph'])
      const [node, entry] = JSON.parse(all('ENTRYPOINT')[0]!) as [string, string]
      assert.equal(node, 'node')
      await access(inCheckout(entry))
      assert.deepEqual(JSON.parse(all('CMD')[0]!), ['relay', 'start', '--config', '/var/lib/heliograph/relay.toml'])
    })

    it('knows by its health check whether the relay lives', async () => {
      const [, rest] = instructions.find(([instruction]) => instruction === 'HEALTHCHECK')!
      const [, flag, script] = JSON.parse(rest.slice(rest.indexOf('CMD ') + 4)) as [string, string, string]
      assert.equal(flag, '-e')
      assert.ok(script.includes(`http://${defaults.httpAddress}/healthz`))
      const folder = await mkdtemp(join(tmpdir(), 'heliograph-image-'))
      const relay = await createRelay({ dataDir: folder, listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0 }, { seed: randomBytes(32) })
      await relay.start()
      const there = script.replace(`http://${defaults.httpAddress}`, relay.httpUrl)
      const check = async (): Promise<number | null> => await new Promise((resolve) => { spawn(process.execPath, ['-e', there]).on('exit', resolve) })
      assert.equal(await check(), 0)
      await relay.stop({ withinMs: 0 })
      assert.equal(await check(), 1)
      await rm(folder, { recursive: true, force: true })
    })
  })

  it('the proxies pass on to the WebSocket port, upgrades included', async () => {
    const port = portOf(defaults.listen.find((one) => one.endsWith('/ws'))!)
    const nginx = await file('nginx.conf')
    assert.match(nginx, new RegExp(`proxy_pass http://127\\.0\\.0\\.1:${port};`))
    for (const line of ['proxy_http_version 1.1;', 'proxy_set_header Upgrade $http_upgrade;']) assert.ok(nginx.includes(line))
    assert.match(await file('Caddyfile'), new RegExp(`reverse_proxy 127\\.0\\.0\\.1:${port}\n`))
  })
})
