/**
 * docs/security.md says where each threat is answered and which test shows it: the files and the tests are there.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8')
/** `file` "title", "title": each title belongs to the file before it. */
const parts = page.split(/(`[\w./-]+\.ts`)/)
const quoted = (text: string): string[] => Array.from(text.matchAll(/"([^"]+)"/g), ([, title]) => title!.replace(/\s+/g, ' '))

describe('docs/security.md', () => {
  it('names files that are there', () => {
    const files = Array.from(page.matchAll(/`((?:\.ci|protocol|client|node|bootstrap|cli|testnet)\/[\w./-]+\.\w+)`/g), ([, file]) => file!)
    assert.ok(files.length > 40)
    for (const file of files) assert.ok(existsSync(join(root, file)), file)
  })

  it('quotes tests by words that stand in their files', () => {
    let titles = 0
    for (let i = 1; i < parts.length; i += 2) {
      const source = readFileSync(join(root, parts[i]!.slice(1, -1)), 'utf8')
      for (const title of quoted(parts[i + 1]!)) {
        titles++
        assert.ok(source.includes(title), `${parts[i]}: ${title}`)
      }
    }
    assert.ok(titles > 35, `${titles} titles`)
  })

  it('answers every number of the list, or says that the part is not built', () => {
    const items = page.split(/\n(?=\d+\. \*\*)/).slice(1)
    assert.deepEqual(items.map((item) => Number.parseInt(item, 10)), Array.from({ length: 25 }, (_, i) => i + 1))
    for (const item of items) assert.ok(/\*Enforced:\*|\*Shown:\*|not built yet|limits\.md/.test(item), item)
  })
})
