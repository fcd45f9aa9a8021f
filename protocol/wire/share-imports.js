// protons writes every message of an imported .proto out again. Here each is kept where it is defined and imported elsewhere.
// Arguments: folder with the .proto files, folder with the TypeScript that protons made of them.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [protoFolder, outFolder] = process.argv.slice(2)
const read = (file) => readFileSync(file, 'utf8')
const names = readdirSync(protoFolder).filter((file) => file.endsWith('.proto')).map((file) => file.slice(0, -'.proto'.length))
const definedIn = new Map(names.map((name) => [name, [...read(join(protoFolder, `${name}.proto`)).matchAll(/^message (\w+)/gm)].map(([, message]) => message)]))

for (const [name, own] of definedIn) {
  const file = join(outFolder, `${name}.ts`)
  let source = read(file)
  const imports = []
  for (const [other, theirs] of definedIn) {
    const copies = theirs.filter((message) => !own.includes(message) && source.includes(`\nexport namespace ${message} {`))
    for (const message of copies) source = source.replace(new RegExp(`\\nexport interface ${message} \\{(?:\\}|[^]*?\\n\\})\\n\\nexport namespace ${message} \\{[^]*?\\n\\}\\n`), '')
    const used = copies.filter((message) => new RegExp(`\\b${message}\\b`).test(source))
    if (used.length > 0) imports.push(`import { ${used.join(', ')} } from './${other}.js'`)
  }
  if (imports.length > 0) source = source.replace(/\n\nexport /, `\n${imports.join('\n')}\n\nexport `)
  writeFileSync(file, source)
}
