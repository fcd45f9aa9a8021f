/**
 * The client engine on this machine: the person's folder, libsodium under Noise, the engine's log when it is asked for.
 */
import type { ClientConfig, ClientLogger } from '../client/client.ts'
import { openNodeClient } from '../client/client-node.ts'
import { fastNoise } from '../node/libp2p/fast-noise.ts'
import { createLogger } from '../node/watch/logger.ts'
import type { OpenedClient } from './context.ts'

export async function openClient ({ folder, config, software, verbose }: { folder: string, config: Omit<ClientConfig, 'software'>, software: string, verbose: boolean }): Promise<OpenedClient> {
  const logger: ClientLogger | undefined = verbose ? createLogger({ level: 'debug', destination: process.stderr }) : undefined
  return await openNodeClient({ folder, config: { ...config, software }, encrypter: fastNoise(), ...(logger === undefined ? {} : { logger }) })
}
