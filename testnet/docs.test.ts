import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scenarios } from './scenarios/scenarios.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')).map((name) => join(root, name)),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join(root, 'docs', name))
]
const read = (path: string): string => readFileSync(path, 'utf8')

describe('documentation', () => {
  it('every link to a file of ours leads somewhere', () => {
    const broken = pages.flatMap((page) => [...read(page).matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !existsSync(resolve(dirname(page), target)))
      .map((target) => `${relative(root, page)} → ${target}`))
    assert.deepEqual(broken, [])
  })

  it('every source file that is named in the README or a guide is there', () => {
    const guides = pages.filter((page) => !relative(root, page).startsWith(join('docs', 'decisions')))
    const missing = guides.flatMap((page) => [...read(page).matchAll(/`((?:protocol|client|node|bootstrap|cli|testnet|web)\/[\w./-]+\.(?:ts|js|proto|json))`/g)]
      .map(([, path]) => path!)
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${relative(root, page)} → ${path}`))
    assert.deepEqual(missing, [])
  })

  it('the README names commands that exist', () => {
    const { scripts } = JSON.parse(read(join(root, 'package.json'))) as { scripts: Record<string, string> }
    const named = [...read(join(root, 'README.md')).matchAll(/(?:^|`)npm (?:run )?(\w+)/gm)].map(([, name]) => name!)
    assert.ok(named.includes('start') && named.includes('test'))
    for (const name of named) assert.ok(Object.hasOwn(scripts, name), name)
  })

  it('the page on the testnet has a row for every scenario, and no other', () => {
    const rows = [...read(join(root, 'docs', 'testnet.md')).matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name]) => name)
    assert.deepEqual(rows, [...scenarios.keys()])
  })

  it('no page names a path of the machine that it was written on', () => {
    for (const page of pages) assert.ok(!/(?:^|[\s(`"'])\/(?:work|root|home)\//m.test(read(page)), relative(root, page))
  })
})
