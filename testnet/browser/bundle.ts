/**
 * Bundles a TypeScript entry for a browser, in memory, and says what of Node it would have needed.
 */
import { isBuiltin } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import type { Plugin, Rolldown } from 'vite'

const ENTRY = 'entry.js'

export interface Bundle {
  /** File name → text; `entry.js` has the exports of the entry. */
  readonly files: ReadonlyMap<string, string>
  readonly entry: string
  readonly bytes: number
  readonly gzipBytes: number
  /** Every module in the bundle, as a path. */
  readonly modules: readonly string[]
  /** Node built-ins that something in the bundle imports, as `name ← importer`; the importer would fail in a browser. */
  readonly nodeBuiltins: readonly string[]
}

/** Vite puts one empty module in place of every Node built-in that a package does not replace for browsers. */
const STUB = '__vite-browser-external'

function collector (modules: Set<string>, builtins: Set<string>): Plugin {
  return {
    name: 'heliograph-node-builtins',
    enforce: 'pre',
    async resolveId (source, importer, options) {
      if (!isBuiltin(source)) return null
      // a package's `browser` field or an npm package of that name may answer; only the empty module is a lack
      const resolved = await this.resolve(source, importer, { ...options, skipSelf: true })
      if (resolved === null || resolved.id.startsWith(STUB)) builtins.add(`${source} ← ${importer ?? 'the entry'}`)
      return resolved
    },
    buildEnd () {
      for (const id of this.getModuleIds()) modules.add(id)
    }
  }
}

/** @throws Error when the entry or something that it imports does not resolve or parse */
export async function bundleForBrowser (entry: URL): Promise<Bundle> {
  const modules = new Set<string>()
  const nodeBuiltins = new Set<string>()
  const result = await build({
    configFile: false,
    envFile: false,
    publicDir: false,
    root: fileURLToPath(new URL('../..', import.meta.url)),
    logLevel: 'silent',
    plugins: [collector(modules, nodeBuiltins)],
    build: {
      write: false,
      target: 'esnext',
      minify: true,
      modulePreload: false,
      rolldownOptions: {
        input: fileURLToPath(entry),
        // the page calls the entry's exports by name
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: ENTRY, chunkFileNames: '[name]-[hash].js' }
      }
    }
  })
  const files = new Map<string, string>()
  for (const output of (Array.isArray(result) ? result : [result]) as Rolldown.RolldownOutput[]) {
    for (const part of output.output) files.set(part.fileName, part.type === 'chunk' ? part.code : String(part.source))
  }
  const all = [...files.values()].join('')
  return {
    files,
    entry: ENTRY,
    bytes: Buffer.byteLength(all),
    gzipBytes: gzipSync(all).byteLength,
    modules: [...modules],
    nodeBuiltins: [...nodeBuiltins]
  }
}
