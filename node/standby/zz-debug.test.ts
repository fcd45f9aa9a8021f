import { World } from '../testing/message-world.ts'
import { standBy } from '../testing/standby-world.ts'
import { pairConversation } from '../../protocol/conversation.ts'
it('debug', async () => {
  const log = (level: string) => (event: string, fields?: unknown, error?: unknown) => { if (/standby|moved|cut|align|adopt|take-over|forward/.test(event)) console.log(world.clock.nowMs() % 1e6, level, event, JSON.stringify(fields), String(error ?? '')) }
  const world: World = new World(11, { latencyMs: 20 }, { logger: { debug: log('d'), info: log('i'), warn: log('w'), error: log('e') } })
  const [primary, standby, other] = [await world.relay('eu-1.example.org'), await world.relay('us-1.example.org'), await world.relay('asia-1.example.org')]
  const [a, b] = await world.pair(primary, other)
  await standBy(world, a, standby)
  for (let i = 0; i < 10; i++) { a.send(b); b.send(a) }
  await world.pass(3000)
  world.network.cut(primary.id, standby.id)
  world.network.cut(primary.id, other.id)
  await world.pass(3_000)
  const alone = Array.from({ length: 7 }, () => a.send(b))
  await world.until(() => a.outbox.length === 0)
  primary.crash()
  await a.moveTo(standby, 3)
  const more = [a.send(b), a.send(b), a.send(b), b.send(a), b.send(a)]
  await world.pass(5_000)
  world.network.heal(primary.id, standby.id)
  world.network.heal(primary.id, other.id)
  console.log('--- restart')
  await primary.restart()
  await world.pass(60_000)
  const { id } = pairConversation(a.account, b.account)
  for (const relay of [primary, standby, other]) {
    console.log(relay.name, (await relay.store.openLog(id))?.first, (await relay.store.openLog(id))?.head)
    for (const e of await relay.store.readLog(id, 15, { maxEntries: 100, maxBytes: 1e6 })) console.log(e.epoch, e.seq, alone.indexOf(e.messageId), more.indexOf(e.messageId))
    console.log('outbox', (await relay.store.readOutbox(id, 0, { maxEntries: 100, maxBytes: 1e6 })).length)
  }
  for (const m of alone) console.log(JSON.stringify(await standby.store.findMessage(id, a.device.id, m)))
  console.log([...standby.meter.counts].filter(([k]) => /standby|refused/.test(k)))
}).timeout(30000)
