/**
 * Runs a TypeScript module in this machine's headless Chromium.
 *
 * Owns: the bundle, a file server on loopback, the browser with an empty profile, and the end of all three.
 * Does not know what the module does: settings of the page (a libp2p connection gater, say) belong into the entry file.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { bundleForBrowser } from './bundle.ts'
import type { Bundle } from './bundle.ts'
import { chromiumPath } from './chromium.ts'

const DEFAULT_TIMEOUT_MS = 30_000
/** A browser that hangs at its end is killed after this. */
const CLOSE_TIMEOUT_MS = 5_000
/** Of what the page logs, the latest lines; a page that logs in a loop must not fill the memory. */
const MAX_LOG_LINES = 500

const FLAGS = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  // a hidden page must not be slowed down while a test waits for its timers
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows'
]

// Everything the page needs is on the page's own origin; WebSockets to relays are the exception.
const HTML = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>heliograph test</title>
<script type="module">globalThis.heliographEntry = import('/entry.js')</script>
`

export interface BrowserPageOptions {
  /** The module whose exports `call` can reach; `.ts` or `.js`. */
  readonly entry: URL
  /** For opening, and for each call that does not say otherwise. */
  readonly timeoutMs?: number
}

export interface BrowserPage {
  readonly bundle: Bundle
  /** Errors that nobody caught and lines of `console.error`, as they come. */
  readonly errors: readonly string[]
  /** The latest lines of the page's console, errors included. */
  readonly log: readonly string[]
  /**
   * Calls an exported function of the entry with arguments that JSON can carry and waits for its result.
   *
   * @throws Error with the page's own message and stack when the function throws; when the time is over; when the page is gone
   */
  call<Result = unknown> (name: string, args?: readonly unknown[], options?: { timeoutMs?: number }): Promise<Result>
  /** Loads the page anew, as a person does: what was in memory is gone, IndexedDB stays. @throws Error as `openBrowserPage` */
  reload (): Promise<void>
  /** Ends browser and server; may be called twice. */
  close (): Promise<void>
  [Symbol.asyncDispose] (): Promise<void>
}

async function within<T> (what: string, timeoutMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => { reject(new Error(`${what} took more than ${timeoutMs} ms`)) }, timeoutMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

async function serve (bundle: Bundle): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const script = bundle.files.get(path.slice(1))
    // cross-origin isolation makes performance.now() tell 5 µs apart instead of 100
    response.setHeader('cross-origin-opener-policy', 'same-origin')
    response.setHeader('cross-origin-embedder-policy', 'require-corp')
    if (path === '/') response.setHeader('content-type', 'text/html').end(HTML)
    else if (script !== undefined) response.setHeader('content-type', path.endsWith('.css') ? 'text/css' : 'text/javascript').end(script)
    else response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function stopServer (server: Server): Promise<void> {
  server.closeAllConnections()
  server.close()
  if (server.listening) await once(server, 'close')
}

function listen (page: Page): { errors: string[], log: string[] } {
  const errors: string[] = []
  const log: string[] = []
  const add = (lines: string[], line: string): void => {
    lines.push(line)
    if (lines.length > MAX_LOG_LINES) lines.shift()
  }
  page.on('console', (message) => {
    const line = `${message.type()}: ${message.text()}`
    add(log, line)
    if (message.type() === 'error') add(errors, line)
  })
  page.on('pageerror', (error) => {
    add(log, `uncaught: ${error.message}`)
    add(errors, `uncaught: ${error.stack ?? error.message}`)
  })
  page.on('crash', () => { add(errors, 'the page crashed') })
  return { errors, log }
}

type Answer = { ok: true, result: unknown } | { ok: false, error: string }

/** Runs inside the page. */
async function callInPage ({ name, args }: { name: string, args: unknown[] }): Promise<Answer> {
  try {
    const entry = await (globalThis as unknown as { heliographEntry: Promise<Record<string, unknown>> }).heliographEntry
    const target = entry[name]
    if (typeof target !== 'function') return { ok: false, error: `the entry exports no function ${name}` }
    return { ok: true, result: await (target as (...args: unknown[]) => unknown)(...args) }
  } catch (error) {
    // with what it was caused by: `toString` of an error leaves that out
    const texts: string[] = []
    for (let at: unknown = error; at !== undefined && texts.length < 5; at = at instanceof Error ? at.cause : undefined) {
      texts.push(at instanceof Error ? at.stack ?? at.message : String(at))
    }
    return { ok: false, error: texts.join('\ncaused by ') }
  }
}

/** @throws Error when the entry throws while loading */
async function entryLoaded (page: Page, timeoutMs: number): Promise<void> {
  const error = await within('loading the entry', timeoutMs, page.evaluate(async () => {
    try {
      await (globalThis as unknown as { heliographEntry: Promise<unknown> }).heliographEntry
      return ''
    } catch (error) {
      return error instanceof Error ? error.stack ?? error.message : String(error)
    }
  }))
  if (error !== '') throw new Error(`the entry does not load in the browser: ${error}`)
}

/**
 * Bundles `entry`, opens it in a fresh headless Chromium and waits until it has loaded.
 *
 * @throws Error when there is no Chromium, the bundle fails, the entry needs Node built-ins or throws while loading
 */
export async function openBrowserPage ({ entry, timeoutMs = DEFAULT_TIMEOUT_MS }: BrowserPageOptions): Promise<BrowserPage> {
  const executablePath = chromiumPath()
  const bundle = await bundleForBrowser(entry)
  if (bundle.nodeBuiltins.length > 0) throw new Error(`the bundle needs Node: ${bundle.nodeBuiltins.join('; ')}`)

  const server = await serve(bundle)
  let browser: Browser | undefined
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    closing ??= (async () => {
      try {
        if (browser !== undefined) await within('closing Chromium', CLOSE_TIMEOUT_MS, browser.close())
      } finally {
        await stopServer(server)
      }
    })()
    await closing
  }

  try {
    browser = await chromium.launch({ executablePath, headless: true, chromiumSandbox: false, timeout: timeoutMs, args: FLAGS })
    const page = await browser.newPage()
    const { errors, log } = listen(page)
    const { port } = server.address() as AddressInfo
    const call = async <Result>(name: string, args: readonly unknown[] = [], options: { timeoutMs?: number } = {}): Promise<Result> => {
      // through JSON both ways, so that a test cannot come to rely on what the driver carries beyond it
      const plain = JSON.parse(JSON.stringify(args)) as unknown[]
      const answer: Answer = await within(`${name} in the browser`, options.timeoutMs ?? timeoutMs, page.evaluate(callInPage, { name, args: plain }))
      if (!answer.ok) throw new Error(`in the browser: ${answer.error}`)
      return answer.result as Result
    }
    await page.goto(`http://127.0.0.1:${port}/`, { timeout: timeoutMs })
    await entryLoaded(page, timeoutMs)
    const reload = async (): Promise<void> => {
      await page.reload({ timeout: timeoutMs })
      await entryLoaded(page, timeoutMs)
    }
    return { bundle, errors, log, call, reload, close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}
