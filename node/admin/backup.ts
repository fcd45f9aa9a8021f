/**
 * A backup of a running relay as one stream: the database as it was at one moment, the configuration, the key.
 *
 *   "HELIOGRAPH BACKUP 1\n"
 *   u32 length ‖ manifest as JSON
 *   chunks:  u32 length > 0 ‖ SHA-256 of the rows ‖ rows, each u32 key length ‖ u32 value length ‖ key ‖ value
 *   the end: u32 0 ‖ u48 number of rows ‖ SHA-256 of everything before this length
 *
 * Numbers are big-endian. Without the end it is no backup. Read back in restore.ts. Owns: this form.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../../protocol/clock.ts'
import { toBase32 } from '../../protocol/bytes.ts'
import type { RelayId } from '../../protocol/ids.ts'
import type { RelayConfig } from '../config.ts'
import { renderConfig } from '../config-file.ts'
import { schemaVersion } from '../store/store-keys.ts'
import type { LevelStore } from '../store/store-level.ts'

export const magic = Buffer.from('HELIOGRAPH BACKUP 1\n')
export const hashBytes = 32
/** Rows in one chunk; a large row makes a larger one. */
const chunkBytes = 1 << 20

export interface BackupManifest {
  readonly software: string
  /** Of the database. */
  readonly schema: number
  readonly relay: RelayId
  readonly name: string
  readonly region: string
  readonly takenAt: string
  /** relay.toml with the settings in force. */
  readonly config: string
  /** As relay.key holds it; absent when it was left out. */
  readonly key?: string
}

export interface BackupParts {
  store: Pick<LevelStore, 'snapshot'>
  clock: Pick<Clock, 'nowMs'>
  config: RelayConfig
  software: string
  relay: RelayId
  seed?: Uint8Array
}

export async function * backupOf ({ store, clock, config, software, relay, seed }: BackupParts): AsyncGenerator<Uint8Array> {
  const whole = createHash('sha256')
  const out = (bytes: Buffer): Buffer => {
    whole.update(bytes)
    return bytes
  }
  const manifest: BackupManifest = {
    software,
    schema: schemaVersion,
    relay,
    name: config.name,
    region: config.region,
    takenAt: new Date(clock.nowMs()).toISOString(),
    config: renderConfig({ ...config, dataDir: '.' }),
    ...(seed === undefined ? {} : { key: toBase32(seed) })
  }
  const text = Buffer.from(JSON.stringify(manifest))
  yield out(Buffer.concat([magic, u32(text.byteLength), text]))
  let rows = 0
  let parts: Buffer[] = []
  let bytes = 0
  const chunk = (): Buffer => {
    const body = Buffer.concat(parts)
    parts = []
    bytes = 0
    return out(Buffer.concat([u32(body.byteLength), createHash('sha256').update(body).digest(), body]))
  }
  for await (const batch of store.snapshot()) {
    for (const [key, value] of batch) {
      parts.push(u32(key.byteLength, value.byteLength), key, value)
      bytes += 8 + key.byteLength + value.byteLength
      rows++
    }
    if (bytes >= chunkBytes) yield chunk()
  }
  if (bytes > 0) yield chunk()
  const count = Buffer.alloc(6)
  count.writeUIntBE(rows, 0, 6)
  yield Buffer.concat([u32(0), count, whole.digest()])
}

export const endBytes = 4 + 6 + hashBytes

function u32 (...values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * values.length)
  values.forEach((value, index) => { bytes.writeUInt32BE(value, 4 * index) })
  return bytes
}
