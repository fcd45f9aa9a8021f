import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { bundleForBrowser } from './bundle.ts'
import { chromiumPath } from './chromium.ts'
import { openBrowserPage } from './harness.ts'
import type { BrowserPage } from './harness.ts'

const probe = new URL('./entries/probe.ts', import.meta.url)

/** Process ids of this process's descendants; Linux only, elsewhere empty. */
function descendants (): number[] {
  const parents = new Map<number, number>()
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
      } catch {
        // gone between listing and reading
      }
    }
  } catch {
    // no /proc
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid)
    return parent === process.pid || (parent !== undefined && parent > 1 && isOurs(parent))
  }
  return [...parents.keys()].filter(isOurs)
}

describe('the browser harness', function () {
  this.timeout(60_000)

  describe('an open page', () => {
    let page: BrowserPage
    before(async () => { page = await openBrowserPage({ entry: probe, timeoutMs: 20_000 }) })
    after(async () => { await page?.close() })

    it('calls functions with arguments and gives their result', async () => {
      assert.equal(await page.call('add', [2, 3]), 5)
    })

    it('is a secure context on loopback, so that WebCrypto is there', async () => {
      const seen = await page.call<{ secure: boolean, subtle: string, origin: string }>('later')
      assert.equal(seen.secure, true)
      assert.equal(seen.subtle, 'object')
      assert.match(seen.origin, /^http:\/\/127\.0\.0\.1:\d+$/)
    })

    it('passes on what the function throws', async () => {
      await assert.rejects(page.call('fail'), /in the browser: Error: probe failed/)
    })

    it('says which export is missing or no function', async () => {
      await assert.rejects(page.call('absent'), /exports no function absent/)
      await assert.rejects(page.call('notAFunction'), /exports no function notAFunction/)
    })

    it('gives up on a call that does not end, and goes on', async () => {
      await assert.rejects(page.call('hang', [], { timeoutMs: 200 }), /hang in the browser took more than 200 ms/)
      assert.equal(await page.call('add', [1, 1]), 2)
    })

    it('collects console errors and uncaught ones, the latest 500', async () => {
      assert.deepEqual(page.errors, [])
      await page.call('throwLater')
      await page.call('complain', [600])
      // console lines come by another road than results; one more round trip settles them
      await page.call('add', [1, 1])
      assert.equal(page.errors.length, 500)
      assert.equal(page.errors.at(-1), 'error: complaint 599')
      assert.ok(page.log.length <= 500)
    })
  })

  it('reports an uncaught error by its message', async () => {
    await using page = await openBrowserPage({ entry: probe })
    await page.call('throwLater')
    await page.call('add', [1, 1])
    assert.match(page.errors.join('\n'), /nobody catches this/)
  })

  it('leaves no process and no server behind, and can be closed twice', async () => {
    const before = new Set(descendants())
    const page = await openBrowserPage({ entry: probe })
    const { origin } = await page.call<{ origin: string }>('later')
    if (process.platform === 'linux') assert.ok(descendants().some((pid) => !before.has(pid)), 'Chromium is a descendant while it runs')
    await page.close()
    await page.close()
    assert.deepEqual(descendants().filter((pid) => !before.has(pid)), [])
    await assert.rejects(fetch(origin))
    await assert.rejects(page.call('add', [1, 1]))
  })

  it('refuses an entry that throws while loading', async () => {
    await assert.rejects(openBrowserPage({ entry: new URL('./entries/probe-throws.ts', import.meta.url) }), /does not load in the browser: Error: thrown while loading/)
  })

  it('refuses an entry that needs Node, and names who needs what', async () => {
    const entry = new URL('./entries/probe-needs-node.ts', import.meta.url)
    // `await using`, or a harness that does open it would leave a browser behind
    await assert.rejects(async () => { await using page = await openBrowserPage({ entry }); assert.ok(page) }, /the bundle needs Node: node:os ← .*probe-needs-node\.ts/)
  })

  it('refuses an entry that does not exist', async () => {
    await assert.rejects(bundleForBrowser(new URL('./entries/absent.ts', import.meta.url)))
  })

  it('takes the browser that CHROMIUM names, and says what to do when there is none', () => {
    assert.equal(chromiumPath({ CHROMIUM: process.execPath }), process.execPath)
    assert.throws(() => chromiumPath({ CHROMIUM: '/nonexistent/chromium', PATH: process.env['PATH'] }), /CHROMIUM is set to \/nonexistent\/chromium/)
    assert.throws(() => chromiumPath({ PATH: '/nonexistent' }), /run \.ci\/apt\.sh, or install Chromium/)
  })
})
