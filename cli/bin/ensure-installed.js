/**
 * Installs the dependencies when they are missing or older than the lockfile; otherwise does nothing, in a few
 * milliseconds. Runs before `npm start`, `npm test` and `npm run bench`, under any Node from 20 on.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isNewEnough, packagedNode, root, whatToInstall } from './node-runtime.js'

/**
 * Compares what npm says it has installed with what the lockfile asks for. npm writes its own list last, so an
 * installation that was cut short has none.
 *
 * @param {string} folder with package-lock.json
 * @returns {string | undefined} why an installation is needed, undefined when everything is there
 */
export function whatIsMissing (folder) {
  const wanted = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages
  let installed
  try {
    installed = JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8')).packages
  } catch (error) {
    // Not there, or cut short while it was written: both mean that an installation is needed.
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return 'nothing is installed yet'
    throw error
  }
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue
    const found = installed[path]
    // Optional packages are left out on platforms that they are not for.
    if (found === undefined && (entry.optional === true || entry.devOptional === true)) continue
    if (found?.version !== entry.version || found?.integrity !== entry.integrity) return `${path.replace(/^.*node_modules\//, '')} ${entry.version} is not installed`
  }
  return undefined
}

function main () {
  const missing = whatIsMissing(root)
  if (missing !== undefined) {
    process.stdout.write(`Installing what is missing (${missing}); this takes about a minute the first time.\n`)
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
    const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
    if (result.status !== 0) {
      process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\nThe installation failed (npm ci ended with ${result.status ?? result.signal ?? result.error?.message}). Check the network and run this again.\n`)
      process.exitCode = 1
      return
    }
  }
  if (!isNewEnough(process.versions.node) && packagedNode() === undefined) {
    process.stderr.write(whatToInstall + '\n')
    process.exitCode = 1
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
