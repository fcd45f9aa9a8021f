/**
 * The .proto files, read as far as a fuzzer needs them: which fields a message has, so that random messages reach past the
 * decoder's first look. Writes by hand what protons would, and what it would not.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { SeededRandom } from '../../protocol/clock-manual.ts'
import { concat, utf8 } from '../../protocol/bytes.ts'
import { writeVarint } from './fields.ts'

interface Field { readonly type: string, readonly number: number, readonly isRepeated: boolean }
export type Schema = ReadonlyMap<string, readonly Field[]>

const folder = join(import.meta.dirname, '..', '..', 'protocol', 'wire')

/** Message name → its fields, of every .proto file. Two files may each have a message of one name: then it is `file.Name`. */
export function readSchema (): Schema {
  const files = readdirSync(folder).filter((file) => file.endsWith('.proto')).map((file) => ({
    file: file.slice(0, -'.proto'.length),
    messages: Array.from(readFileSync(join(folder, file), 'utf8').replace(/\/\/.*$/gm, '').replace(/\boneof \w+ \{([^}]*)\}/g, '$1').matchAll(/\bmessage (\w+) \{([^}]*)\}/g), ([, name, body]) => ({ name: name!, body: body! }))
  }))
  const names = files.flatMap(({ messages }) => messages.map(({ name }) => name))
  const isTwice = (name: string): boolean => names.indexOf(name) !== names.lastIndexOf(name)
  const nameIn = (file: string, type: string): string => isTwice(type) ? `${file}.${type}` : type
  return new Map(files.flatMap(({ file, messages }) => messages.map(({ name, body }) => [
    nameIn(file, name),
    Array.from(body.matchAll(/(repeated |optional )?(\w+) \w+ = (\d+)/g), ([, label, type, number]) => ({ type: nameIn(file, type!), number: Number(number), isRepeated: label === 'repeated ' }))
  ])))
}

export function varint (value: bigint): Uint8Array {
  const out = new Uint8Array(10)
  return out.subarray(0, writeVarint(out, 0, value))
}

const delimited = (field: number, bytes: Uint8Array): Uint8Array => concat(varint(BigInt(field << 3 | 2)), varint(BigInt(bytes.byteLength)), bytes)
const sizes = [0, 1, 8, 12, 16, 31, 32, 33, 34, 44, 64, 65, 100, 300]
const numbers = [0n, 1n, 2n, 127n, 128n, 0xffffn, 0x7fffffffn, 0xffffffffn, 1n << 40n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, (1n << 64n) - 1n]

/** A message of this type whose fields are of their types; `depth` bounds what contains itself. */
export function randomMessage (schema: Schema, name: string, random: SeededRandom, depth = 4): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { type, number, isRepeated } of schema.get(name)!) {
    const times = isRepeated ? random.below(4) : random.below(5) === 0 ? 0 : 1
    for (let i = 0; i < times; i++) {
      if (schema.has(type)) {
        if (depth > 0) parts.push(delimited(number, randomMessage(schema, type, random, depth - 1)))
      } else if (type === 'bytes') parts.push(delimited(number, random.bytes(random.pick(sizes))))
      else if (type === 'string') parts.push(delimited(number, utf8(random.pick(['', 'a', 'eu-1.example.org', 'ünï ☀', 'x'.repeat(300), '\u0000']))))
      else if (type === 'bool') parts.push(varint(BigInt(number << 3)), varint(BigInt(random.below(2))))
      // sint, int, uint: all varints
      else parts.push(varint(BigInt(number << 3)), varint(random.pick(numbers)))
    }
  }
  return concat(...parts)
}
