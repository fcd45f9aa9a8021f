/**
 * No plaintext outside clients: a word that stands in every text and every name of a group is looked for in all bytes that
 * cross the network and all that a relay writes, and at the end in each form in which it might stand on a relay's disk.
 */
import { noPlaintext } from '../../assertions/no-plaintext.ts'
import type { Property } from './property.ts'

export const secret: Property = {
  name: 'no plaintext outside clients',
  watch (world, report) {
    const word = Buffer.from(world.secretWord)
    let kept: Uint8Array[] = []
    let keptBytes = 0
    const look = (bytes: Uint8Array, where: string): void => {
      if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(word)) report(`a secret word crosses ${where}`)
    }
    world.network.onBytes = look
    world.onRelayBytes = (bytes, where) => {
      look(bytes, where)
      kept.push(bytes)
      keptBytes += bytes.byteLength
      if (keptBytes > 1 << 20) { kept = []; keptBytes = 0 }
    }
    world.onEndListeners.push(() => {
      for (const violation of noPlaintext([world.secretWord], [{ name: 'what the relays wrote last', bytes: Buffer.concat(kept) }])) report(violation)
    })
  }
}
