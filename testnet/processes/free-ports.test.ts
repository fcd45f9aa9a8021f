import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { freePorts } from './free-ports.ts'

describe('free ports', () => {
  it('are all different, and none is one that the system gives to outgoing connections', async () => {
    const ports = await freePorts(40)
    assert.equal(new Set(ports).size, 40)
    for (const port of ports) assert.ok(port >= 15_000 && port < 32_000, String(port))
  })

  it('are those of the last time, but for the ones that somebody else has now', async () => {
    const before = await freePorts(5)
    assert.deepEqual(await freePorts(5, before), before)
    const other = createServer()
    other.listen(before[2], '127.0.0.1')
    await once(other, 'listening')
    const after = await freePorts(5, before)
    other.close()
    assert.notEqual(after[2], before[2])
    assert.deepEqual([after[0], after[1], after[3], after[4]], [before[0], before[1], before[3], before[4]])
  })
})
