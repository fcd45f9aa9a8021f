/**
 * A client in Chromium and a client in Node talk through a real relay: libp2p, LevelDB, WebSocket, IndexedDB.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AccountInfo, Client, Message, MessageState, Warning } from '../../client/client.ts'
import { openNodeClient, type NodeClient } from '../../client/client-node.ts'
import { createRelay, type RunningRelay } from '../../node/node.ts'
import { openBrowserPage, type BrowserPage } from './harness.ts'

const waitMs = 15_000

/** The Node side, with promises for what its events bring. */
class Bob {
  readonly received: Message[] = []
  readonly warnings: Warning[] = []
  readonly states = new Map<string, MessageState[]>()
  readonly client: Client
  readonly #looks = new Set<() => void>()

  constructor (client: Client) {
    this.client = client
    client.on('message', (message) => { this.received.push(message); this.#notice() })
    client.on('update', ({ id, state }) => {
      const states = this.states.get(id) ?? []
      if (states.at(-1) !== state) this.states.set(id, [...states, state])
      this.#notice()
    })
    client.on('connection', () => { this.#notice() })
    client.on('warning', (warning) => { this.warnings.push(warning) })
  }

  async until (what: string, isTrue: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (): void => { if (isTrue()) resolve() }
    const timer = setTimeout(() => { reject(new Error(`not within ${waitMs} ms: ${what}`)) }, waitMs)
    this.#looks.add(look)
    look()
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#looks.delete(look)
    }
  }

  #notice (): void { for (const look of [...this.#looks]) look() }
}

describe('a client in Chromium', function () {
  this.timeout(40_000)
  let folder: string
  let relay: RunningRelay
  let opened: NodeClient
  let bob: Bob
  let page: BrowserPage
  const address = (isWebSocket: boolean): string => relay.addresses.find((one) => one.includes('/ws/') === isWebSocket)!
  const openPage = async (): Promise<void> => { await page.call('open', [{ name: 'alice', bootstrap: [address(true)] }]) }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'heliograph-browser-'))
    relay = await createRelay({
      name: 'eu-1.example.org', region: 'eu', dataDir: join(folder, 'relay'), listen: ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0
    }, { seed: randomBytes(32) })
    await relay.start()
    opened = await openNodeClient({ folder: join(folder, 'bob'), config: { bootstrap: [address(false)], software: 'heliograph-test' } })
    bob = new Bob(opened.client)
    await bob.client.createAccount({ handle: 'bob' })
    bob.client.start()
    page = await openBrowserPage({ entry: new URL('./entries/client.ts', import.meta.url), timeoutMs: waitMs })
  })
  after(async () => {
    await page?.close()
    await opened?.close()
    await relay?.stop({ withinMs: 0 })
    await rm(folder, { recursive: true, force: true })
  })

  let alice: AccountInfo
  it('makes an account over WebSocket and comes online', async () => {
    await openPage()
    alice = await page.call<AccountInfo>('createAccount', [{ handle: 'alice' }])
    assert.equal(alice.handle, 'alice@eu-1.example.org')
    assert.equal(alice.home.relay, relay.id)
    await page.call('start')
    await bob.until('bob online', () => bob.client.connection.state === 'online')
  })

  it('has the safety number that the other side has', async () => {
    assert.equal((await page.call<{ account: string }>('addContact', ['bob@eu-1.example.org'])).account, bob.client.account!.id)
    const contact = await bob.client.addContact('alice@eu-1.example.org')
    assert.equal(contact.account, alice.id)
    const { digits } = await bob.client.safetyNumber(alice.id)
    assert.match(digits, /^(\d{5} ){11}\d{5}$/)
    assert.equal(await page.call('safetyNumber', ['bob']), digits)
  })

  it('sends, and sees its ticks rise to delivered and read', async () => {
    const sent = await page.call<Message>('send', ['bob', 'hello from the page ☀'])
    await bob.until('a message from the page', () => bob.received.length === 1)
    assert.deepEqual([bob.received[0]!.text, bob.received[0]!.chat, bob.received[0]!.id], ['hello from the page ☀', alice.id, sent.id])
    await page.call('reached', [sent.id, 'delivered'])
    await bob.client.markRead(alice.id)
    await page.call('reached', [sent.id, 'read'])
  })

  it('receives, and tells what it has and what was read', async () => {
    const sent = await bob.client.send(alice.id, 'hello from Node ☾')
    const received = await page.call<Message>('receivedMessage', [1])
    assert.deepEqual([received.text, received.chat, received.id], ['hello from Node ☾', bob.client.account!.id, sent.id])
    await bob.until('the tick of delivery', () => bob.states.get(sent.id)?.includes('delivered') === true)
    await page.call('markRead', ['bob'])
    await bob.until('the tick of reading', () => bob.states.get(sent.id)?.includes('read') === true)
    assert.deepEqual(bob.states.get(sent.id), ['sent', 'delivered', 'read'])
  })

  it('writes to disk before it says so, and keeps no more than was asked', async () => {
    assert.deepEqual(await page.call('probeStore'), { value: [7, 7, 7, 7, 7], keptBytes: 5, durability: ['strict'] })
  })

  it('lets no second tab open the same account', async () => {
    assert.equal(await page.call('openAgain', ['alice']), 'DATABASE_LOCKED')
  })

  it('has account, sessions and history after a reload, and gets what came in between', async () => {
    const before = await page.call('history', ['bob'])
    assert.deepEqual(before, ['out hello from the page ☀ read', 'in hello from Node ☾ read'])
    // not closed: a page goes without a word
    await page.reload()
    const missed = await bob.client.send(alice.id, 'sent while the page was gone')
    await openPage()
    assert.deepEqual(await page.call('account'), alice)
    assert.deepEqual((await page.call<string[]>('history', ['bob'])).slice(0, 2), before)
    await page.call('start')
    assert.equal((await page.call<Message>('receivedMessage', [1])).id, missed.id)
    await bob.until('the tick of the missed message', () => bob.states.get(missed.id)?.includes('delivered') === true)
    const sent = await page.call<Message>('send', ['bob', 'in the session from before'])
    await bob.until('a message after the reload', () => bob.received.length === 2)
    assert.equal(bob.received[1]!.text, 'in the session from before')
    await page.call('reached', [sent.id, 'delivered'])
  })

  it('leaves nothing readable at the relay, and nobody was warned', async () => {
    const { warnings, received } = await page.call<{ warnings: Warning[], received: Message[] }>('seen')
    assert.deepEqual(warnings, [])
    assert.equal(received.length, 1, 'since the reload')
    assert.deepEqual(bob.warnings, [])
    assert.deepEqual(page.errors, [])
    await page.call('stop')
    await opened.close()
    await relay.stop({ withinMs: 2_000 })
    const files = await readdir(join(folder, 'relay'), { recursive: true, withFileTypes: true })
    const contents = await Promise.all(files.filter((file) => file.isFile()).map(async (file) => await readFile(join(file.parentPath, file.name), 'latin1')))
    // LevelDB's newest rows are in its log, not compressed: the handle is there as it was written
    assert.ok(contents.some((text) => text.includes('alice')))
    assert.deepEqual(contents.filter((text) => /hello from|in the session from before|page was gone/.test(text)), [])
  })
})
