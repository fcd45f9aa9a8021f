import assert from 'node:assert/strict'
import { MemoryStore } from './store-memory.ts'
import { makeWorld, messageIdOf } from './store-model.ts'
import { storeSuite } from './store-suite.ts'

storeSuite('memory', async () => {
  let store = new MemoryStore()
  let isCrashed = true
  return {
    open: async () => {
      // closed before: everything is there again; crashed before: `store` is what was left
      if (!isCrashed) store = store.crash()
      isCrashed = false
      return store
    },
    crash: async () => {
      store = store.crash()
      isCrashed = true
    },
    damage: async (log, seq) => {
      store = store.crash()
      isCrashed = true
      store.damage(log, seq)
    },
    setFull: (isFull) => { store.setFull(isFull) },
    dispose: async () => {}
  }
})

describe('memory store', () => {
  const world = makeWorld()
  const log = world.logs[0]!
  const entry = { epoch: 1, seq: 1, sender: world.devices[0]!, messageId: messageIdOf(1), storedAtMs: 1, expiresAtMs: 2, envelope: new Uint8Array(3) }

  for (const [step, isThere] of [['before', false], ['after', true]] as const) {
    it(`a crash ${step} the batch is made ${isThere ? 'keeps' : 'drops'} it, and acknowledges nothing`, async () => {
      let go: () => void = () => {}
      const store = new MemoryStore({ pause: async (at) => { if (at === step) await new Promise<void>((resolve) => { go = resolve }) } })
      const writing = store.write([{ op: 'append', log, entry }], { durable: true })
      writing.catch(() => { /* asserted below */ })
      for (let i = 0; i < 10; i++) await Promise.resolve()
      const after = store.crash()
      go()
      await assert.rejects(writing, { code: 'INTERNAL' })
      assert.equal((await after.openLog(log))?.head, isThere ? 1 : undefined)
      await assert.rejects(store.openLog(log), { code: 'INTERNAL' })
    })
  }
})
