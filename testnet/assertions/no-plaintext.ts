/**
 * None of the given words is found in what was recorded or stored, in any of the forms that a careless layer would
 * leave it in: UTF-8, UTF-16, hexadecimal, base64 at each of its three alignments, base64url.
 */
import type { Violation } from './evidence.ts'

export interface Haystack { readonly name: string, readonly bytes: Uint8Array }

/** Shorter words would be found by chance. */
const minNeedleBytes = 12

/** @returns the forms of a word that are looked for */
export function formsOf (needle: string): Array<{ form: string, bytes: Buffer }> {
  const utf8 = Buffer.from(needle)
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64')
    // The first and last characters depend on what stands beside the word.
    return shifted.slice(shift === 0 ? 0 : shift + 1, -4)
  })
  return [
    { form: 'UTF-8', bytes: utf8 },
    { form: 'UTF-16', bytes: Buffer.from(needle, 'utf16le') },
    { form: 'hexadecimal', bytes: Buffer.from(utf8.toString('hex')) },
    ...base64.flatMap((text) => [{ form: 'base64', bytes: Buffer.from(text) }, { form: 'base64url', bytes: Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_')) }])
  ]
}

/**
 * @param needles words of at least 12 bytes
 * @throws RangeError for a word that is too short to mean anything
 */
export function noPlaintext (needles: readonly string[], haystacks: readonly Haystack[]): Violation[] {
  const violations: Violation[] = []
  for (const needle of needles) {
    if (Buffer.byteLength(needle) < minNeedleBytes) throw new RangeError(`"${needle}" is too short to look for`)
    for (const { form, bytes } of formsOf(needle)) {
      for (const haystack of haystacks) {
        const at = Buffer.from(haystack.bytes.buffer, haystack.bytes.byteOffset, haystack.bytes.byteLength).indexOf(bytes)
        if (at !== -1) violations.push(`"${needle}" stands in ${haystack.name} at byte ${at}, as ${form}`)
      }
    }
  }
  return violations
}
