/**
 * For the harness's own test: a module that no browser can run.
 */
import { hostname } from 'node:os'

export function name (): string {
  return hostname()
}
