/**
 * How a handle stands in a relay's directory: hashed, so that who keeps a copy can look a handle up and cannot read a list
 * of all of them. Guessing stays possible: handles are short words. For people who are found, not for secrets.
 */
import { concat, utf8 } from '../bytes.ts'
import type { Primitives } from '../e2ee/primitives.ts'

const context = 'heliograph handle 1'

/** @param handle complete and in lower case: `alice@eu-1.example.org`. @returns 32 bytes */
export const hashHandle = (primitives: Pick<Primitives, 'sha256'>, handle: string): Uint8Array => primitives.sha256(concat(utf8(context), Uint8Array.of(0), utf8(handle)))
