/**
 * Which Node runs Heliograph. Plain JavaScript that Node 20 can read: it is what runs before the right Node is found.
 * The lockfile brings Node 24 as a package (`node-<platform>-<arch>`), so nobody has to install one by hand.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Where compiled modules are kept; `npm ci` clears it. */
export const compileCache = join(root, 'node_modules', '.cache', 'heliograph')

/** Node from 22.18 on runs TypeScript files as they are; libp2p needs 22 anyway. */
const oldest = [22, 18]

/** @param {string} version like "24.21.0" */
export function isNewEnough (version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1])
}

/** @returns {string | undefined} path of the packaged Node, when this platform has one */
export function packagedNode (folder = root, { platform = process.platform, arch = process.arch } = {}) {
  const file = platform === 'win32' ? 'node.exe' : 'node'
  const path = join(folder, 'node_modules', `node-${platform}-${arch}`, 'bin', file)
  return existsSync(path) ? path : undefined
}

export const whatToInstall = `Heliograph needs Node ${oldest.join('.')} or newer, and this is ${process.versions.node}. ` +
  `There is no packaged Node for ${process.platform} on ${process.arch}: install Node 24 from https://nodejs.org and run this again.`
