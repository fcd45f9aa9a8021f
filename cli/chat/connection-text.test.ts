import assert from 'node:assert/strict'
import { ProtocolError } from '../../protocol/errors.ts'
import type { RelayId } from '../../protocol/ids.ts'
import { connectionText, homeChangeText } from './connection-text.ts'

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

  it('says over whom one writes while the own relay is away', () => {
    const away = connectionText({ nowMs: 1000, waiting: 1, retryAtMs: 3900, connection: { state: 'waiting', relay: 'eu-1', guestOf: 'us-1' } })
    assert.deepEqual(away, { level: 'busy', text: '◌ eu-1 is away · writing over us-1 · 1 waiting' })
  })

  it('says that the operator of the own relay has blocked the account, which is not the same as being away', () => {
    const connection = { state: 'waiting', relay: 'eu-1', error: new ProtocolError('BLOCKED') } as const
    const at = { nowMs: 1000, waiting: 1, retryAtMs: 3900 }
    assert.equal(connectionText({ ...at, connection }).text, '○ eu-1 does not serve you (/home move) · 1 waiting')
    assert.equal(connectionText({ ...at, connection: { ...connection, guestOf: 'us-1' } }).text, '◌ eu-1 does not serve you · writing over us-1 · 1 waiting')
  })

  it('says in one line that the account has moved', () => {
    const place = (name: string): { relay: RelayId, name: string, region: string } => ({ relay: name as RelayId, name, region: '' })
    const change = { from: place('eu-1'), to: place('ap-1'), handle: '' }
    assert.equal(homeChangeText({ ...change, reason: 'dead' }), 'Your relay eu-1 does not answer: you are at ap-1 now. Your contacts need to do nothing.')
    assert.match(homeChangeText({ ...change, reason: 'forgotten' }), /eu-1 has lost what it kept: you are at ap-1 now/)
    assert.match(homeChangeText({ ...change, reason: 'asked' }), /at ap-1 now, no longer at eu-1/)
    assert.match(homeChangeText({ ...change, reason: 'followed' }), /moved from eu-1 to ap-1/)
    assert.ok(!homeChangeText({ ...change, to: place('\u001b[2Jevil'), reason: 'dead' }).includes('\u001b'))
  })

  it('the name of a relay cannot move the cursor', () => {
    assert.ok(!connectionText({ nowMs: 0, waiting: 0, connection: { state: 'online', relay: '\u001b[2Jevil' } }).text.includes('\u001b'))
  })
})
