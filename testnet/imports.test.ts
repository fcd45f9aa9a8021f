/**
 * The layering of the source: who may import whom, no cycle (types included), no barrel, and nothing of Node or the DOM in
 * the folders that run anywhere, but for their adapters.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

const root = join(import.meta.dirname, '..')
/** Folder → folders that it may import from; itself is always allowed. */
const mayImport: Record<string, readonly string[]> = {
  protocol: [],
  client: ['protocol'],
  node: ['protocol'],
  bootstrap: ['protocol'],
  web: ['client', 'protocol'],
  cli: ['client', 'node', 'bootstrap', 'protocol'],
  testnet: ['client', 'node', 'bootstrap', 'protocol']
}
const isomorphic = ['protocol', 'client', 'web']
/** Written for comparison with other implementations, or by a generator. */
const excluded = ['testnet/oracle', 'protocol/wire/gen', 'node_modules']

const isAdapter = (file: string): boolean => /-(?:node|browser)\.tsx?$/.test(file)
const isNodeAdapter = (file: string): boolean => /-node\.tsx?$/.test(file)
/** Exported conformance suites run in tests only. */
const isSuite = (file: string): boolean => /-suite\.ts$/.test(file)

function walk (folder: string): string[] {
  if (!existsSync(folder) || excluded.includes(relative(root, folder).split(sep).join('/'))) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return name === 'node_modules' || name === 'dist' ? [] : walk(path)
    return /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) ? [path] : []
  })
}

/** Comments out, so that an example in one is not taken for an import; a URL in a text is no comment. */
const codeOf = (source: string): string => source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/.*$/gm, '$1')
/** Static, side-effect, re-export, type-only and dynamic imports, and types written as import('…'). */
const importPattern = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm
const importsIn = (source: string): string[] => [...codeOf(source).matchAll(importPattern)].map((match) => (match[1] ?? match[2] ?? match[3])!)

interface SourceFile { path: string, name: string, folder: string, source: string, packages: string[], files: string[] }

function read (path: string): SourceFile {
  const source = readFileSync(path, 'utf8')
  const imports = importsIn(source)
  const name = relative(root, path).split(sep).join('/')
  return {
    path, name, folder: name.split('/')[0]!, source,
    packages: imports.filter((one) => !one.startsWith('.')),
    files: imports.filter((one) => one.startsWith('.')).map((one) => resolve(dirname(path), one))
  }
}

const nameOf = (path: string): string => relative(root, path).split(sep).join('/')
const files = Object.keys(mayImport).flatMap((folder) => walk(join(root, folder))).map(read)
const byPath = new Map(files.map((file) => [file.path, file]))

/** What is wrong with one import, or undefined. */
function forbidden (from: string, to: string): string | undefined {
  const [fromFolder, toFolder] = [from.split('/')[0]!, to.split('/')[0]!]
  if (fromFolder !== toFolder && !mayImport[fromFolder]!.includes(toFolder)) return `${from} imports ${to}: ${fromFolder} may not depend on ${toFolder}`
  if (isomorphic.includes(fromFolder) && !isAdapter(from) && isNodeAdapter(to)) return `${from} imports ${to}: only an adapter may import an adapter of Node`
  return undefined
}

/** @returns the files of a cycle, first and last the same, or undefined */
function cycleIn (edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    path.push(file)
    for (const to of edges.get(file) ?? []) {
      const cycle = visit(to)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(file)
    return undefined
  }
  for (const file of edges.keys()) {
    const cycle = visit(file)
    if (cycle !== undefined) return cycle
  }
  return undefined
}

/** A file that is there to pass on what others declare. A module may name a few types of its own interface beside its code. */
function isBarrel (name: string, source: string): boolean {
  const code = codeOf(source)
  if (/(?:^|\/)index\.tsx?$/.test(name) || /^\s*export\s*\*/m.test(code)) return true
  return /^\s*export\s+(?:type\s+)?\{[^}]*\}\s*from\b/m.test(code) && !/^\s*export\s+(?:declare\s+|abstract\s+|async\s+)*(?:const|let|function|class|interface|type\s+\w)/m.test(code)
}

describe('imports', () => {
  it('are found: the check sees every folder, and files in it', () => {
    for (const folder of ['protocol', 'client', 'node', 'bootstrap', 'cli', 'testnet']) {
      const ofFolder = files.filter((file) => file.folder === folder)
      assert.ok(ofFolder.length > 3 && ofFolder.some((file) => file.files.length > 0), folder)
    }
    assert.deepEqual(importsIn(`
      import type { A } from './a.ts'
      import {
        b,
        c
      } from "./b.ts"
      import './c.ts'
      export * from './d.ts'
      // import { no } from './no.ts'
      /* import { no } from './no.ts' */
      const e = await import('./e.ts')
      type F = import('./f.ts').F
      const url = 'https://example.org' // see
    `).sort(), ['./a.ts', './b.ts', './c.ts', './d.ts', './e.ts', './f.ts'])
  })

  it('point to files that are there', () => {
    for (const file of files) for (const to of file.files) assert.ok(existsSync(to), `${file.name} imports ${nameOf(to)}, which is missing`)
  })

  it('point downward only', () => {
    assert.match(forbidden('client/x.ts', 'node/y.ts')!, /may not depend/)
    assert.match(forbidden('testnet/x.ts', 'cli/y.ts')!, /may not depend/)
    assert.match(forbidden('protocol/x.ts', 'protocol/y-node.ts')!, /only an adapter/)
    assert.equal(forbidden('node/x.ts', 'protocol/y-node.ts'), undefined)
    const wrong = files.flatMap((file) => file.files.flatMap((to) => forbidden(file.name, nameOf(to)) ?? []))
    assert.deepEqual(wrong, [])
  })

  it('make no cycle, types included', () => {
    assert.deepEqual(cycleIn(new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]])), ['b', 'c', 'b'])
    assert.equal(cycleIn(new Map([['a', ['b', 'c']], ['b', ['c']], ['c', []]])), undefined)
    const cycle = cycleIn(new Map(files.map((file) => [file.name, file.files.filter((to) => byPath.has(to)).map(nameOf)])))
    assert.deepEqual(cycle, undefined, cycle?.join(' → '))
  })

  it('of Node\'s own modules stand in no file that runs anywhere', () => {
    const wrong = files.filter((file) => isomorphic.includes(file.folder) && !isAdapter(file.name) && !isSuite(file.name))
      .flatMap((file) => file.packages.filter((one) => one.startsWith('node:')).map((one) => `${file.name} imports ${one}`))
    assert.deepEqual(wrong, [])
  })

  it('go to the file that declares the name: no barrel', () => {
    assert.ok(isBarrel('x/index.ts', 'export const a = 1'))
    assert.ok(isBarrel('x/y.ts', "export * from './a.ts'\nexport const b = 1"))
    assert.ok(isBarrel('x/y.ts', "export { a } from './a.ts'\nexport type { B } from './b.ts'"))
    assert.ok(!isBarrel('x/y.ts', "export type { B } from './b.ts'\nexport class A {}"))
    assert.deepEqual(files.filter((file) => isBarrel(file.name, file.source)).map((file) => file.name), [])
  })

  it('of conformance suites stand in tests only', () => {
    const wrong = files.flatMap((file) => file.files.filter((to) => isSuite(to) && !isSuite(file.path)).map((to) => `${file.name} imports ${nameOf(to)}`))
    assert.deepEqual(wrong, [])
  })
})
