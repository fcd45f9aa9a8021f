import assert from 'node:assert/strict'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { rates } from '../../protocol/limits.ts'
import { streamPair } from '../../protocol/stream-pair.ts'
import { refusedAs } from '../../protocol/testing.ts'
import { TestPerson, register, sayHello, startTestRelay } from '../testing/fixtures.ts'

describe('newcomers', () => {
  it('are so many from one address, and an IPv6 customer has one address', async () => {
    const random = new SeededRandom(3)
    const relay = await startTestRelay({ random })
    const comeFrom = async (address: string): Promise<unknown> => {
      const person = new TestPerson(random)
      const [near, far] = streamPair(person.device.id, relay.id)
      Object.defineProperty(far, 'remoteAddress', { value: address })
      relay.accept(far)
      const channel = new Channel(near, { handlers: new Handlers(), clock: relay.clock }).start()
      await sayHello(channel, person)
      return await register(channel, person, relay.id)
    }
    for (let i = 0; i < rates.registerPerAddress.burst; i++) await comeFrom(`2001:db8:1:2::${i.toString(16)}`)
    await assert.rejects(comeFrom('2001:db8:1:2:ffff::1'), refusedAs('QUOTA'))
    await comeFrom('2001:db8:1:3::1')
    await comeFrom('192.0.2.1')
  })
})
