import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ProtocolError, isProtocolError, type ErrorCode } from '../../protocol/errors.ts'
import type { Logger } from '../ports.ts'
import { silentLogger } from '../watch/logger.ts'
import { socketIn, startAdminSocket, type AdminRoute, type AdminSocket } from './admin-socket.ts'
import { NoRelay, askRelay, askRelayForBytes } from './ask-node.ts'

const isCode = (code: ErrorCode) => (error: unknown): boolean => isProtocolError(error, code)

async function until (condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => { setTimeout(resolve, 10) })
  assert.ok(condition(), 'not within 5 s')
}

describe('admin socket', () => {
  let dataDir: string
  let socket: AdminSocket | undefined
  let logged: string[]
  const logger: Logger = { ...silentLogger, warn: (event) => { logged.push(event) }, error: (event) => { logged.push(event) } }
  const routes = new Map<string, AdminRoute>([
    ['GET /echo', ({ query }) => ({ said: query.get('say') })],
    ['POST /echo', ({ body }) => ({ said: body['say'] })],
    ['GET /refuse', () => { throw new ProtocolError('QUOTA', { what: 'enough' }) }],
    ['GET /fail', () => { throw new TypeError('a secret in the text') }],
    ['GET /never', (_request, signal) => new Promise((_resolve, reject) => { logged.push('asked'); signal.addEventListener('abort', () => { logged.push('gone'); reject(signal.reason as Error) }) })],
    ['GET /cut', async function * () {
      yield Buffer.alloc(1_000)
      throw new ProtocolError('INTERNAL')
    }]
  ])

  beforeEach(async () => {
    logged = []
    dataDir = await mkdtemp(join(tmpdir(), 'heliograph-socket-'))
    socket = await startAdminSocket({ dataDir, routes, logger })
  })
  afterEach(async () => {
    await socket?.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('answers with JSON, and refuses with a code', async () => {
    assert.deepEqual(await askRelay(dataDir, '/echo?say=hello'), { said: 'hello' })
    assert.deepEqual(await askRelay(dataDir, '/echo', { body: { say: 'hello' } }), { said: 'hello' })
    await assert.rejects(askRelay(dataDir, '/refuse'), (error: unknown) => isProtocolError(error, 'QUOTA') && error.details.what === 'enough')
    await assert.rejects(askRelay(dataDir, '/none'), isCode('UNKNOWN_METHOD'))
    await assert.rejects(askRelay(dataDir, '/echo', { body: { say: 'x'.repeat(20_000) } }), isCode('TOO_LARGE'))
    assert.deepEqual(logged, [])
  })

  it('says nothing of a defect, and logs it', async () => {
    await assert.rejects(askRelay(dataDir, '/fail'), (error: unknown) => isProtocolError(error, 'INTERNAL') && !String(error).includes('secret'))
    assert.deepEqual(logged, ['admin.failed'])
  })

  it('is for its owner alone, whatever the process allows others', async () => {
    const before = process.umask(0)
    try {
      await socket!.stop()
      socket = await startAdminSocket({ dataDir, routes, logger })
      assert.equal((await stat(socketIn(dataDir))).mode & 0o777, 0o600)
      assert.equal(process.umask(), 0)
    } finally {
      process.umask(before)
    }
  })

  it('takes the place of one that a killed relay has left, and is gone after a stop', async () => {
    await socket!.stop()
    await writeFile(socketIn(dataDir), '')
    socket = await startAdminSocket({ dataDir, routes, logger })
    assert.deepEqual(await askRelay(dataDir, '/echo?say=again'), { said: 'again' })
    await socket!.stop()
    await assert.rejects(stat(socketIn(dataDir)), { code: 'ENOENT' })
    await assert.rejects(askRelay(dataDir, '/echo'), (error: unknown) => error instanceof NoRelay && error.code === 'NOT_RUNNING')
  })

  it('of a folder with too long a name does without, and says so', async () => {
    const long = join(dataDir, 'x'.repeat(120))
    await mkdir(long)
    assert.equal(await startAdminSocket({ dataDir: long, routes, logger }), undefined)
    assert.deepEqual(logged, ['admin.path-too-long'])
  })

  it('that cannot be made does not keep the relay from running', async () => {
    assert.equal(await startAdminSocket({ dataDir: join(dataDir, 'not-there'), routes, logger }), undefined)
    assert.deepEqual(logged, ['admin.not-opened'])
  })

  it('ends what nobody waits for any more, and a stream that fails is seen to be cut', async () => {
    const abort = new AbortController()
    const asking = askRelay(dataDir, '/never', { signal: abort.signal })
    await until(() => logged.includes('asked'))
    abort.abort()
    await assert.rejects(asking)
    await until(() => logged.includes('gone'))
    await assert.rejects(async () => { for await (const chunk of await askRelayForBytes(dataDir, '/cut')) assert.ok(chunk.byteLength > 0) })
  })

  it('gives up a request that never ends, and takes no crowd of sockets', async () => {
    let turnedAway = 0
    const crowd = Array.from({ length: 40 }, () => connect(socketIn(dataDir)).on('error', () => { /* seen as closed */ }).on('close', () => { turnedAway++ }))
    await until(() => turnedAway === 24)
    for (const one of crowd) one.destroy()
    await until(() => turnedAway === 40)
    assert.deepEqual(await askRelay(dataDir, '/echo?say=hello'), { said: 'hello' })
  })
})
