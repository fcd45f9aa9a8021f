/** Small C programs of the faults, compiled with `cc` when they are first needed, into a folder of the run. */
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runProgram } from './needs.ts'

export const compilerPrograms = { cc: 'gcc' } as const

/** @returns the path of the shared library, for LD_PRELOAD */
export async function compileLibrary (source: string, folder: string): Promise<string> {
  return await compile(source, folder, `${source}.so`, ['-shared', '-fPIC'])
}

/** @returns the path of the program */
export async function compileProgram (source: string, folder: string): Promise<string> {
  return await compile(source, folder, source, [])
}

/** @param source its name beside this file, without `.c` */
async function compile (source: string, folder: string, output: string, options: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  const [made, path] = [join(folder, `${output}.${process.pid}`), join(folder, output)]
  await runProgram('cc', ['-O2', '-Wall', '-Wextra', '-Werror', ...options, '-o', made, fileURLToPath(new URL(`${source}.c`, import.meta.url))])
  await rename(made, path)
  return path
}
