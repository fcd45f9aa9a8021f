/**
 * The client engine on this machine: LevelDB in the person's folder, libp2p to the relays, native cryptography.
 */
import type { ClientConfig } from '../client/client.ts'
import { openNodeClient } from '../client/client-node.ts'
import { sodiumNoiseCrypto } from '../node/libp2p/noise-crypto.ts'
import type { ClientLike } from './context.ts'

export async function openClient ({ folder, config, software, verbose }: { folder: string, config: Omit<ClientConfig, 'software'>, software: string, verbose: boolean }): Promise<ClientLike> {
  return await openNodeClient({ folder, config: { ...config, software }, noiseCrypto: sodiumNoiseCrypto, logTo: verbose ? process.stderr : undefined })
}
