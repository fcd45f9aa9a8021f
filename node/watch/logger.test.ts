import assert from 'node:assert/strict'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { ProtocolError } from '../../protocol/errors.ts'
import { TestPerson } from '../testing/fixtures.ts'
import { createLogger, type LogLevel } from './logger.ts'

const lines = (level: LogLevel): { log: ReturnType<typeof createLogger>, read: () => Array<Record<string, unknown>> } => {
  const out: string[] = []
  return { log: createLogger({ level, destination: { write: (line) => { out.push(line) } } }), read: () => out.map((line) => JSON.parse(line) as Record<string, unknown>) }
}

describe('logger', () => {
  const person = new TestPerson(new SeededRandom(4))

  it('writes an event and its fields as one line of JSON', () => {
    const { log, read } = lines('info')
    log.info('relay.started', { port: 4001, isOpen: true })
    const [line] = read()
    assert.deepEqual([line!['level'], line!['event'], line!['port'], line!['isOpen']], ['info', 'relay.started', 4001, true])
    assert.match(String(line!['time']), /^\d{4}-/)
  })

  it('shortens ids wherever they stand', () => {
    const { log, read } = lines('debug')
    log.warn('x', { account: person.account, text: `dial of /p2p/${person.device.id} failed` }, new Error(`no route to ${person.device.id}`))
    const text = JSON.stringify(read())
    assert.ok(!text.includes(person.account) && !text.includes(person.device.id), text)
    assert.ok(text.includes(person.device.id.slice(-6)))
  })

  it('writes an expected error as its code, a defect with its stack', () => {
    const { log, read } = lines('debug')
    log.debug('a', {}, new ProtocolError('QUOTA', { what: 'claims' }))
    log.error('b', {}, new TypeError('oops'))
    const [a, b] = read()
    assert.deepEqual(a!['error'], { code: 'QUOTA', what: 'claims' })
    assert.match((b!['error'] as { stack: string }).stack, /TypeError: oops\n {4}at /)
  })

  it('keeps quiet below its level', () => {
    const { log, read } = lines('warn')
    log.debug('a')
    log.info('b')
    log.error('c')
    assert.deepEqual(read().map((line) => line['event']), ['c'])
    const silent = lines('silent')
    silent.log.error('d')
    assert.deepEqual(silent.read(), [])
  })
})
