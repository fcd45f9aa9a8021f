// protons writes a second decoder for every message, which streams field by field: nobody here uses it, and it is more than half
// of what browsers would load. Argument: folder with the compiled .js and .d.ts.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder] = process.argv.slice(2)
for (const name of readdirSync(folder)) {
  const file = join(folder, name)
  const source = readFileSync(file, 'utf8')
  const trimmed = name.endsWith('.d.ts')
    ? source.replace(/^ {4}interface \w+FieldEvent \{\n[^]*?^ {4}\}\n/gm, '').replace(/^ {4}function stream\(.*\n/gm, '')
    : source
      .replace(/^ {12}\}, function\* \(reader, length, prefix, opts = \{\}\) \{\n[^]*?^ {12}\}\);$/gm, '            });')
      .replace(/^ {4}function stream\(buf, opts\) \{\n[^]*?^ {4}\}\n {4}\w+\.stream = stream;\n/gm, '')
      .replace(', streamMessage }', ' }')
      .replace(/^\/\* eslint-disable require-yield \*\/\n+/, '')
  if (trimmed.includes('stream')) throw new Error(`${name} still has a stream: protons writes something else than it did`)
  writeFileSync(file, trimmed)
}
