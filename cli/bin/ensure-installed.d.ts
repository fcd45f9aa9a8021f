/** @returns why an installation is needed, undefined when everything is there */
export function whatIsMissing (folder: string): string | undefined
