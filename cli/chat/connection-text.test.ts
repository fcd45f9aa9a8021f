import assert from 'node:assert/strict'
import { ProtocolError } from '../../protocol/errors.ts'
import { connectionText } from './connection-text.ts'

describe('connection in words', () => {
  it('says what is going on and how much waits', () => {
    const at = { nowMs: 1000, waiting: 0 }
    assert.equal(connectionText({ ...at, connection: { state: 'online', relay: 'eu-1', rttMs: 80.4 } }).text, '● online · eu-1 · 80 ms')
    assert.equal(connectionText({ ...at, connection: { state: 'online', relay: 'eu-1', rttMs: 0.2 } }).text, '● online · eu-1 · <1 ms')
    assert.equal(connectionText({ ...at, waiting: 2, connection: { state: 'connecting', relay: 'eu-1' } }).text, '◌ connecting to eu-1 … · 2 waiting')
    assert.equal(connectionText({ ...at, waiting: 1, retryAtMs: 3900, connection: { state: 'waiting' } }).text, '○ reconnecting in 3 s … · 1 waiting')
    assert.equal(connectionText({ ...at, retryAtMs: 900, connection: { state: 'waiting' } }).text, '○ reconnecting …')
    assert.equal(connectionText({ ...at, connection: { state: 'offline' } }).text, '◌ connecting …', 'the chat has only begun')
    assert.equal(connectionText({ ...at, connection: { state: 'offline', error: new ProtocolError('DRAINING') } }).text, '○ offline: the relay is shutting down')
  })

  it('the name of a relay cannot move the cursor', () => {
    assert.ok(!connectionText({ nowMs: 0, waiting: 0, connection: { state: 'online', relay: '\u001b[2Jevil' } }).text.includes('\u001b'))
  })
})
