/** Either home is killed with SIGKILL in the middle of a stream of messages and started again. */
import type { Scenario } from '../scenario.ts'
import { annAndBob, checkMessages, exchange, untilDelivered } from './two-people.ts'

const messagesEach = 150
/** Reconnecting backs off up to 30 s; a relay is away for a second or two here. */
const deliveryTimeoutMs = 90_000

export const killRelay: Scenario = {
  name: 'kill-relay',
  summary: 'each home is killed with SIGKILL in the middle of a stream of messages and started again',

  async run (stage) {
    const count = Math.max(20, Math.round(messagesEach * stage.scale))
    const network = await stage.step('a bootstrap node and three relays run, 80 ms apart', () => stage.network())
    const [ann, bob] = await annAndBob(stage)
    let from = 0
    for (const [person, relay] of [[ann, network.relay(ann.home)], [bob, network.relay(bob.home)]] as const) {
      await stage.step(`${relay.name}, the home of ${person.name}, dies while ${2 * count} messages flow, and comes back`, async () => {
        const flowing = exchange(stage, [ann, bob], count, { pauseMs: 15, from })
        await pause(stage.random.integer(200, 900))
        await relay.daemon.kill()
        await pause(stage.random.integer(100, 800))
        await relay.daemon.start()
        await flowing
      })
      from += count
    }
    await stage.step('everything is delivered', () => untilDelivered([ann, bob], deliveryTimeoutMs))
    const evidence = await checkMessages(stage, [ann, bob])
    stage.figure('messages', String(evidence.sent.length))
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
