import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { ERRORS, ProtocolError, type ErrorCode } from '../protocol/errors.ts'
import { aboutFolder, aboutPerson, aboutRelays, aboutText } from './explain.ts'
import { exitCodes } from './exit-codes.ts'
import { CliError, failureOf } from './failure.ts'

describe('what a person reads when something fails', () => {
  it('every code of the catalogue becomes one sentence without the code, and an exit code', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const failure = failureOf(new ProtocolError(code))
      assert.match(failure.sentence, /^[A-Z].*\.$/)
      assert.ok(!failure.sentence.includes(code), code)
      assert.ok((Object.values(exitCodes) as number[]).includes(failure.exitCode), code)
      assert.equal(failure.code, code)
    }
  })

  it('a person who does not exist is told apart from a relay that cannot be reached', () => {
    assert.equal(failureOf(new ProtocolError('UNKNOWN_HANDLE')).exitCode, exitCodes.notFound)
    assert.equal(failureOf(new ProtocolError('TIMEOUT')).exitCode, exitCodes.later)
    assert.equal(failureOf(new ProtocolError('BAD_CONFIG', { what: 'listen' })).exitCode, exitCodes.failed)
  })

  it('an error of the operating system names the file', () => {
    let error: unknown
    try { readFileSync('no-such-file-here') } catch (caught) { error = caught }
    assert.equal(failureOf(error).sentence, 'There is no such file or folder: no-such-file-here.')
  })

  it('a fault of ours is called that, in one line', () => {
    const failure = failureOf(new TypeError('x is not a function\n    at somewhere'))
    assert.ok(!failure.sentence.includes('\n'))
    assert.ok(!failure.sentence.includes('    at'))
    assert.equal(failure.exitCode, exitCodes.failed)
  })

  it('a sentence of the command stays as it is', () => {
    assert.deepEqual(failureOf(new CliError('No.', { exitCode: exitCodes.usage })), { sentence: 'No.', code: 'FAILED', exitCode: exitCodes.usage })
  })

  it('what the command knows goes into the sentence, and code and exit code stay', () => {
    const cases: ReadonlyArray<readonly [explained: unknown, code: ErrorCode, says: RegExp]> = [
      [aboutPerson(new ProtocolError('UNKNOWN_HANDLE'), 'bob@ap-1'), 'UNKNOWN_HANDLE', /Nobody has the handle "bob@ap-1"/],
      [aboutPerson(new ProtocolError('UNKNOWN_RELAY'), 'bob@zz-1'), 'UNKNOWN_RELAY', /after the @/],
      [aboutRelays(new ProtocolError('HOME_UNREACHABLE'), undefined), 'HOME_UNREACHABLE', /No relay can be reached.*--bootstrap/],
      [aboutRelays(new ProtocolError('UNKNOWN_RELAY'), 'zz-1'), 'UNKNOWN_RELAY', /No relay called "zz-1"/],
      [aboutFolder(new ProtocolError('DATABASE_LOCKED'), 'a-folder'), 'DATABASE_LOCKED', /a-folder open\. Close it first/],
      [aboutFolder(new ProtocolError('DATABASE_CORRUPT'), 'a-folder'), 'DATABASE_CORRUPT', /damaged and was left as it is/],
      [aboutFolder(new ProtocolError('DATABASE_TOO_NEW'), 'a-folder'), 'DATABASE_TOO_NEW', /a-folder was written by a newer heliograph/],
      [aboutText(new ProtocolError('TOO_LARGE', { max: 3 }), 'öö'), 'TOO_LARGE', /at most 3 bytes long, and this one has 4/]
    ]
    for (const [explained, code, says] of cases) {
      const failure = failureOf(explained)
      assert.match(failure.sentence, says)
      assert.equal(failure.code, code)
      assert.equal(failure.exitCode, failureOf(new ProtocolError(code)).exitCode)
    }
    const other = new ProtocolError('QUOTA')
    assert.equal(aboutPerson(other, 'bob'), other)
    assert.equal(aboutFolder('anything', 'a-folder'), 'anything')
  })
})
