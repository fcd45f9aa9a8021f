/**
 * Where this machine's Chromium is.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

// the same names as in .ci/apt.sh
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

function isProgram (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // not there, or not for us
    return false
  }
}

/**
 * The program named by `CHROMIUM`, else the first Chromium or Chrome on `PATH`.
 *
 * @throws Error with a sentence for the person who runs the tests
 */
export function chromiumPath (env: NodeJS.ProcessEnv = process.env): string {
  const named = env['CHROMIUM']
  if (named !== undefined && named !== '') {
    if (!isProgram(named)) throw new Error(`CHROMIUM is set to ${named}, which is not a program`)
    return named
  }
  for (const directory of (env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue
    for (const name of NAMES) {
      const path = join(directory, name)
      if (isProgram(path)) return path
    }
  }
  throw new Error('no Chromium found: run .ci/apt.sh, or install Chromium or Chrome and set CHROMIUM to its path')
}
