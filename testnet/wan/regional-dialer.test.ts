import assert from 'node:assert/strict'
import type { ByteStream, Dialer } from '../../protocol/byte-stream.ts'
import { regionalDialer, routed } from './regional-dialer.ts'

const routes = { 4001: 5001 }
const far = '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGRUaMYDfUVgqzzQwoWYCKzYQyGP3yx7ZfuUDiFZnN5jJ'

class Recorder implements Dialer {
  readonly asked: string[] = []
  #secret = 'kept'

  async dial ({ addresses }: { addresses: readonly string[] }): Promise<ByteStream> {
    this.asked.push(...addresses)
    throw new Error('nobody there')
  }

  async measureRttMs (addresses: readonly string[]): Promise<number> { this.asked.push(...addresses); return 1 }
  get secret (): string { return this.#secret }
}

describe('regional dialer', () => {
  it('sends dials to servers elsewhere through the proxies, and leaves the others alone', () => {
    assert.equal(routed(far, routes), far.replace('4001', '5001'))
    assert.equal(routed('/ip4/127.0.0.1/tcp/4001/ws/p2p/x', routes), '/ip4/127.0.0.1/tcp/5001/ws/p2p/x')
    for (const other of ['/ip4/127.0.0.1/tcp/40011/p2p/x', '/ip4/10.0.0.1/tcp/4001/p2p/x', '/dns4/a.example/tcp/4001/p2p/x', '']) assert.equal(routed(other, routes), other)
  })

  it('covers measuring, and passes everything else to the dialer itself', async () => {
    const recorder = new Recorder()
    const dialer = regionalDialer(recorder, routes)
    await assert.rejects(dialer.dial({ addresses: [far] }), /nobody there/)
    assert.equal(await dialer.measureRttMs([far]), 1)
    assert.deepEqual(recorder.asked, [routed(far, routes), routed(far, routes)])
    assert.equal(dialer.secret, 'kept')
  })
})
