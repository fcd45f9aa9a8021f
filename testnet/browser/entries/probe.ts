/**
 * For the harness's own test: one export per thing that a page can do.
 */
export function add (a: number, b: number): number {
  return a + b
}

export async function later (): Promise<{ secure: boolean, subtle: string, origin: string }> {
  await Promise.resolve()
  return { secure: isSecureContext, subtle: typeof crypto.subtle, origin: location.origin }
}

export function fail (): never {
  throw new Error('probe failed')
}

export async function hang (): Promise<never> {
  return await Promise.withResolvers<never>().promise
}

export function complain (count: number): void {
  for (let i = 0; i < count; i++) console.error(`complaint ${i}`)
}

export function throwLater (): void {
  queueMicrotask(() => { throw new Error('nobody catches this') })
}

export const notAFunction = 1
