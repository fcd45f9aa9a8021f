/** The operator's own machine: a reverse proxy or a test network there stands for many people, so no quota per address counts it. */
export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.')
