import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS, ProtocolError, isProtocolError, type ErrorCode } from './errors.ts'

const rows = Object.entries(ERRORS) as Array<[ErrorCode, typeof ERRORS[ErrorCode]]>
const page = readFileSync(join(import.meta.dirname, '../docs/protocol/errors.md'), 'utf8')
/** Rows of the page's table: `| 1 | `MALFORMED` | reject | text |`. */
const documented = [...page.matchAll(/^\| *(\d+) *\| *`([A-Z_]+)` *\| *([a-z]+) *\| *(.+?) *\|$/gm)].map(([, status, code, action, says]) => ({ status: Number(status), code, action, says }))

describe('error catalogue', () => {
  it('is the table in docs/protocol/errors.md, row by row', () => {
    assert.deepEqual(documented, rows.map(([code, { status, action, says }]) => ({ status, code, action, says })))
  })

  it('has every status once, in u8, and none that means success', () => {
    const statuses = rows.map(([, { status }]) => status)
    assert.equal(new Set(statuses).size, statuses.length)
    assert.ok(statuses.every((status) => Number.isInteger(status) && status >= 1 && status <= 255))
  })

  it('says what a person can read: no capital at the start, no full stop, no code', () => {
    for (const [code, { says }] of rows) {
      assert.match(says, /^[a-z].*[^.]$/, code)
      assert.doesNotMatch(says, /_|[A-Z]{5}/, code)
    }
  })

  it('explains every action', () => {
    for (const action of new Set(rows.map(([, row]) => row.action))) assert.match(page, new RegExp(`^- \`${action}\`: `, 'm'))
  })
})

describe('ProtocolError', () => {
  it('carries code, status, action, details and cause', () => {
    const cause = new RangeError('out of range')
    const error = new ProtocolError('QUOTA', { retryAfterMs: 5, what: 'submit', cause })
    assert.deepEqual([error.code, error.status, error.action, error.details.retryAfterMs, error.cause], ['QUOTA', 40, 'later', 5, cause])
    assert.equal(error.message, 'QUOTA: too fast; slow down (submit)')
    assert.ok(error instanceof Error)
  })

  it('comes back from its status; a status of a newer peer is INTERNAL, which says to go elsewhere', () => {
    for (const [code, { status }] of rows) assert.equal(ProtocolError.fromStatus(status).code, code)
    for (const status of [0, 17, 255, 70_000, Number.NaN]) assert.equal(ProtocolError.fromStatus(status, { max: 3 }).code, 'INTERNAL')
    assert.equal(ProtocolError.fromStatus(2, { max: 3 }).details.max, 3)
  })

  it('is told apart from other errors and by code', () => {
    const error = new ProtocolError('GAP')
    assert.ok(isProtocolError(error) && isProtocolError(error, 'MOVED', 'GAP'))
    assert.ok(!isProtocolError(error, 'MOVED') && !isProtocolError(new Error('GAP')) && !isProtocolError(undefined) && !isProtocolError({ code: 'GAP' }))
  })
})
