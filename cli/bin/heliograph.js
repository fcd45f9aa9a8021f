#!/usr/bin/env node
/**
 * Starts the `heliograph` command. Plain JavaScript: a Node that is too old for the rest hands over to the packaged one.
 */
import { spawn } from 'node:child_process'
import module from 'node:module'
import { fileURLToPath } from 'node:url'
import { compileCache, isNewEnough, packagedNode, whatToInstall } from './node-runtime.js'

if (isNewEnough(process.versions.node)) {
  // Stripped and compiled once: a relay then starts in a third of the time. Processes started from here share it.
  process.env.NODE_COMPILE_CACHE ??= compileCache
  module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE)
  const { main } = await import('../heliograph.ts')
  await main(process.argv.slice(2))
} else {
  const node = packagedNode()
  if (node === undefined) {
    process.stderr.write(whatToInstall + '\n')
    process.exitCode = 1
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
    // The terminal sends Ctrl-C to both; what was sent to this process alone is passed on. The child decides when to end.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal) })
    child.on('error', (error) => { process.stderr.write(`The packaged Node could not be started: ${error.message}\n`); process.exitCode = 1 })
    child.on('exit', (code, signal) => { process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143) })
  }
}
