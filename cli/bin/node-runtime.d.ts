export const root: string
export const compileCache: string
export const whatToInstall: string
export function isNewEnough (version: string): boolean
export function packagedNode (folder?: string, where?: { platform?: string, arch?: string }): string | undefined
