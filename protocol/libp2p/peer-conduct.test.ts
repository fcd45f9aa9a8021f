import assert from 'node:assert/strict'
import { ManualClock } from '../clock-manual.ts'
import { PeerConduct } from './peer-conduct.ts'

const graylist = -80

describe('the conduct of neighbours in gossip', () => {
  it('is graylisted after 11 wrong messages, and forgiven in time', async () => {
    const clock = new ManualClock()
    const conduct = new PeerConduct({ clock })
    for (let i = 0; i < 10; i++) conduct.wrong('bad')
    assert.ok(conduct.scoreOf('bad') >= graylist, 'a link that is damaged brings a few')
    conduct.wrong('bad')
    assert.ok(conduct.scoreOf('bad') < graylist)
    assert.equal(conduct.scoreOf('good'), 0)
    await clock.advance(60_000)
    assert.ok(Math.abs(conduct.scoreOf('bad') + 44) < 0.1)
    for (let minute = 0; minute < 20; minute++) { conduct.wrong('rarely'); await clock.advance(60_000) }
    assert.ok(conduct.scoreOf('rarely') > -20, 'one a minute is no reason')
  })

  it('who sends more than its share is not looked at, and graylisted when it goes on', async () => {
    const clock = new ManualClock()
    const conduct = new PeerConduct({ clock })
    let checked = 0
    for (let second = 0; second < 10; second++) {
      for (let i = 0; i < 2_000; i++) if (conduct.mayCheck('flooder')) checked++
      for (let i = 0; i < 100; i++) assert.equal(conduct.mayCheck('honest'), true)
      await clock.advance(1_000)
    }
    assert.ok(checked <= 2_000 + 10 * 400, `${checked}`)
    assert.ok(conduct.scoreOf('flooder') < graylist)
    assert.equal(conduct.scoreOf('honest'), 0)
  })

  it('a crowd of neighbours together costs a bounded number of checks, and none of them its name', () => {
    const conduct = new PeerConduct({ clock: new ManualClock() })
    let checked = 0
    for (let peer = 0; peer < 100; peer++) for (let i = 0; i < 500; i++) if (conduct.mayCheck(`peer ${peer}`)) checked++
    assert.equal(checked, 5_000)
    for (let peer = 0; peer < 100; peer++) assert.equal(conduct.scoreOf(`peer ${peer}`), 0)
  })

  it('is remembered of a bounded number', () => {
    const conduct = new PeerConduct({ clock: new ManualClock() })
    conduct.wrong('first')
    for (let i = 0; i < 10_000; i++) conduct.wrong(`peer ${i}`)
    assert.equal(conduct.scoreOf('first'), 0)
    assert.equal(conduct.scoreOf('peer 9999'), -8)
  })
})
