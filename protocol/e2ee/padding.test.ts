import assert from 'node:assert/strict'
import { isProtocolError } from '../errors.ts'
import { pad, paddedLength, unpad } from './padding.ts'

describe('padding', () => {
  it('fills 160, 512, 1024, 2048 and so on', () => {
    for (const [length, padded] of [[0, 160], [159, 160], [160, 512], [511, 512], [512, 1024], [1023, 1024], [1024, 2048], [4096, 8192], [16384, 32768]] as const) {
      assert.equal(paddedLength(length), padded, `${length}`)
      assert.equal(pad(new Uint8Array(length)).byteLength, padded)
    }
  })

  it('comes off again, whatever the content ends in', () => {
    for (const length of [0, 1, 158, 159, 160, 161, 511, 512, 3000]) {
      for (const filling of [0x00, 0x80, 0xff]) {
        const content = new Uint8Array(length).fill(filling)
        assert.deepEqual(unpad(pad(content)), content)
      }
    }
  })

  it('is refused when no `pad` made it', () => {
    const bad = [new Uint8Array(0), new Uint8Array(160), new Uint8Array(160).fill(1), pad(new Uint8Array(5)).subarray(0, 159), new Uint8Array(512).fill(0x80, 0, 1)]
    for (const padded of bad) assert.throws(() => unpad(padded), (error: unknown) => isProtocolError(error, 'MALFORMED'))
  })
})
