import assert from 'node:assert/strict'
import type { RelayStatus } from '../node/admin/answers.ts'
import { accountLines, bytesText, spanText, statusLines, table } from './describe-relay.ts'

describe('what a relay says', () => {
  const status: RelayStatus = {
    version: 'heliograph/0.1.0',
    id: '12D3KooWADvjdTBgvZk9F5s5o2tqnjA5imnHv4kpA8ESxKBxggCG',
    name: 'eu-1.example.org',
    region: 'eu',
    addresses: ['/ip4/127.0.0.1/tcp/4001'],
    pid: 7,
    startedAt: '2026-11-22T10:00:00.000Z',
    uptimeSeconds: 93_784,
    state: 'running',
    notReady: [],
    accounts: { here: 3, awaited: 0, connected: 2, registration: 'open' },
    connections: { open: 5, max: 20_000, pending: 0, devices: 2 },
    storage: { usedBytes: 1_234_567, freeBytes: 80e9, reserveBytes: 537e6 },
    blocked: { accounts: 0, relays: 0 },
    peers: [],
    figures: {}
  }
  const lineOf = (name: string, rest: Partial<RelayStatus> = {}): string => statusLines({ ...status, ...rest }).find((line) => line.startsWith(name)) ?? ''

  it('is short when all is well', () => {
    const lines = statusLines(status)
    assert.equal(lineOf('State'), 'State       running')
    assert.equal(lineOf('Running'), 'Running     heliograph/0.1.0, for 1 d 2 h, process 7')
    assert.equal(lineOf('Storage'), 'Storage     1.2 MB used, 80.0 GB free; nothing new below 512 MB (minFreeMegabytes)')
    assert.equal(lineOf('Outbox'), 'Outbox      empty')
    for (const absent of ['Blocked', 'Restored', 'Guests']) assert.ok(!lines.some((line) => line.startsWith(absent)))
  })

  it('names what needs attention', () => {
    assert.equal(lineOf('State', { state: 'draining', notReady: ['draining', 'the database cannot be written: STORAGE_FULL'], figures: { heliograph_load_level: 1 } }), 'State       draining; the database cannot be written: STORAGE_FULL; busy: presence is left out')
    assert.equal(lineOf('Accounts', { accounts: { ...status.accounts, awaited: 4 } }), 'Accounts    3 here, 2 connected, 4 awaited; registration is open')
    assert.equal(lineOf('Outbox', { figures: { heliograph_outbox_length: 1, heliograph_outbox_conversations: 1, heliograph_outbox_oldest_seconds: 70 } }), 'Outbox      1 envelope for 1 conversation of other relays, the oldest for 1 min 10 s')
    assert.equal(lineOf('Standby', { figures: { heliograph_standby_shipped_accounts: 3, heliograph_standby_behind: 1, heliograph_standby_behind_seconds: 61, heliograph_standby_accounts: 2, heliograph_standby_bytes: 1_500 } }),
      'Standby     3 accounts here have one, 1 standby behind for 1 min 1 s at most; stands by for 2 accounts (1.5 KB)')
    assert.equal(lineOf('Relays', { peers: [{ id: status.id, name: 'us-1', region: 'us', isConnected: false, waiting: 3, isBackingOff: true }] }), 'Relays      us-1 (us)  BxggCG  no channel, not answering, 3 waiting')
    assert.equal(lineOf('Blocked', { blocked: { accounts: 1, relays: 2 } }), 'Blocked     1 account, 2 relays')
    assert.match(lineOf('Restored', { restored: { takenAt: 'then', restoredAt: 'now' } }), /on now from a backup of then/)
    assert.equal(lineOf('Repaired', { restored: { takenAt: 'now', restoredAt: 'now' } }), 'Repaired    on now')
    assert.equal(lineOf('State', { figures: { heliograph_store_damaged_total: 1 } }), 'State       running; the disk has damaged the database: 1 row could not be read, see HeliographDamaged in docs/alerts.md')
  })

  it('shortens ids unless whole ones are asked for', () => {
    const row = { account: `b${'a'.repeat(55)}`, handle: 'ada@eu-1', devices: 2, connected: 0, registeredAt: '', logs: 3, logBytes: 999, isBlocked: true, isMoved: false, isAwaited: true }
    const [, short] = accountLines([row], { isFull: false })
    assert.match(short!, /^aaaaaa +ada@eu-1 +2 +0 +3 +999 B +never +blocked, awaited$/)
    assert.ok(accountLines([row], { isFull: true })[1]!.startsWith(row.account))
  })

  it('writes sizes, spans and tables that can be read', () => {
    assert.deepEqual([0, 999, 1_000, 123_456, 5e12, 7e15].map(bytesText), ['0 B', '999 B', '1.0 KB', '123 KB', '5.0 TB', '7000 TB'])
    assert.deepEqual([0, 0.4, 59, 60, 3_600, 3_660, 90_000].map(spanText), ['0 s', '0 s', '59 s', '1 min', '1 h', '1 h 1 min', '1 d 1 h'])
    assert.deepEqual(table(['A', 'LONG'], [['x', 1], ['yy', 22]]), ['A   LONG', 'x      1', 'yy    22'])
    assert.deepEqual(table(['A'], []), ['A'])
  })
})
