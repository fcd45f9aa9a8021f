/**
 * Alert rules and dashboard against a relay that runs: what they name is there, they can be read, each alert is explained and goes off.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Channel, Handlers } from '../../protocol/channel.ts'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { selfConversation } from '../../protocol/conversation.ts'
import { encodeEnvelope } from '../../protocol/envelope.ts'
import { isProtocolError } from '../../protocol/errors.ts'
import { messageIdFromBytes } from '../../protocol/ids.ts'
import { quietLogger } from '../../protocol/libp2p/quiet.ts'
import { Libp2pByteStream } from '../../protocol/libp2p/stream.ts'
import { clientMethods } from '../../protocol/methods.ts'
import { protocols } from '../../protocol/protocols.ts'
import { ciphertextKinds, envelopeKinds } from '../../protocol/wire/kinds.ts'
import { createRelay, type RunningRelay } from '../node.ts'
import { systemClock } from '../system.ts'
import { TestPerson, register, sayHello } from '../testing/fixtures.ts'
import { evaluate, usedIn, type Series } from '../testing/promql.ts'
import { readRules, type Rule } from '../testing/rule-file.ts'

const file = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8')

/** Added by Prometheus itself. */
const ofPrometheus = new Set(['instance', 'job', 'le'])

interface Panel { readonly title: string, readonly targets?: ReadonlyArray<{ expr: string }> }

/** Names with their labels, of a page of metrics. */
function served (page: string): Map<string, Set<string>> {
  const metrics = new Map<string, Set<string>>()
  for (const line of page.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(line)
    if (type !== null) for (const suffix of type[2] === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) metrics.set(type[1]! + suffix, metrics.get(type[1]! + suffix) ?? new Set())
    const sample = /^([a-z_0-9]+)\{([^}]*)\}/.exec(line)
    if (sample !== null) for (const [, label] of sample[2]!.matchAll(/(\w+)="/g)) metrics.get(sample[1]!)!.add(label!)
  }
  return metrics
}

describe('alert rules and dashboard', function () {
  this.timeout(30_000)
  let rules: Rule[]
  let panels: Panel[]
  let metrics: Map<string, Set<string>>
  let relay: RunningRelay
  let folder: string

  before(async () => {
    rules = readRules(await file('heliograph-alerts.yml'))
    panels = (JSON.parse(await file('heliograph-dashboard.json')) as { panels: Panel[] }).panels
    folder = await mkdtemp(join(tmpdir(), 'heliograph-alerts-'))
    const random = new SeededRandom(randomBytes(4).readUInt32LE())
    relay = await createRelay({ dataDir: folder, listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'silent', minFreeMegabytes: 0 }, { seed: random.bytes(32) })
    await relay.start()
    const person = new TestPerson(random)
    const libp2p = await createLibp2p({ privateKey: await generateKeyPairFromSeed('Ed25519', person.device.seed), logger: quietLogger, transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionGater: { denyDialMultiaddr: () => false } })
    try {
      const connection = await libp2p.dial(multiaddr(relay.addresses[0]!))
      const channel = new Channel(new Libp2pByteStream(await connection.newStream(protocols.client), connection), { handlers: new Handlers(), clock: systemClock }).start()
      await sayHello(channel, person)
      await register(channel, person, relay.id)
      // Something is taken, something is refused.
      const messageId = random.bytes(16)
      messageId[6] = 0x70 | (messageId[6]! & 0x0f)
      messageId[8] = 0x80 | (messageId[8]! & 0x3f)
      const envelope = encodeEnvelope({ conversation: selfConversation(person.account), sender: person.account, senderDevice: person.device.id, messageId: messageIdFromBytes(messageId), kind: envelopeKinds.content, expiresAtMs: 0, ciphertexts: [{ device: person.device.id, kind: ciphertextKinds.message, bytes: random.bytes(200) }] })
      const { outcomes } = await channel.call(clientMethods.submit, { envelopes: [envelope, random.bytes(40)] })
      assert.deepEqual(outcomes.map(({ status }) => status === 0), [true, false])
      await assert.rejects(channel.call(clientMethods.findHandle, { handle: '' }), (error: unknown) => isProtocolError(error))
    } finally {
      await libp2p.stop()
    }
    metrics = served(await (await fetch(`${relay.httpUrl}/metrics`)).text())
  })
  after(async () => {
    await relay.stop({ withinMs: 0 })
    await rm(folder, { recursive: true, force: true })
  })

  /** @returns what an expression names that the relay does not serve */
  function unknownIn (expression: string): string[] {
    const { metrics: used, groupings } = usedIn(expression)
    const labels = new Set(used.flatMap(({ name }) => [...metrics.get(name) ?? []]))
    return [
      ...used.filter(({ name }) => !metrics.has(name) && name !== 'up').map(({ name }) => name),
      ...used.flatMap(({ name, labels: matched }) => matched.filter((label) => !ofPrometheus.has(label) && metrics.get(name)?.has(label) !== true).map((label) => `${name}{${label}}`)),
      ...groupings.filter((label) => !ofPrometheus.has(label) && !labels.has(label)).map((label) => `by (${label})`)
    ]
  }

  it('name only metrics and labels that a relay serves', () => {
    assert.ok(rules.length > 20 && panels.length > 30)
    for (const { alert, expr } of rules) assert.deepEqual(unknownIn(expr), [], alert)
    for (const { title, targets = [] } of panels) for (const { expr } of targets) assert.deepEqual(unknownIn(expr), [], title)
    assert.deepEqual(unknownIn('sum by (people) (rate(heliograph_intake_accepted_total{to="log"}[5m])) + heliograph_made_up'), ['heliograph_made_up', 'by (people)'])
    assert.throws(() => usedIn('sum by (rate(x)'), /not PromQL/)
  })

  it('are explained, each alert in docs/alerts.md, and nothing is explained that is none', async () => {
    const page = await file('../../docs/alerts.md')
    const sections = [...page.matchAll(/^### (\w+)\n(critical|warning|info)\. \*\*Means:\*\* /gm)].map(([, alert, severity]) => `${alert} ${severity}`)
    assert.deepEqual(sections.sort(), rules.map(({ alert, severity }) => `${alert} ${severity}`).sort())
    assert.equal(page.match(/^### /gm)!.length, rules.length)
    assert.equal(page.match(/\*\*Do:\*\* /g)!.length, rules.length)
    for (const { alert, runbook, summary } of rules) {
      assert.equal(runbook, `docs/alerts.md#${alert.toLowerCase()}`)
      assert.ok(summary.length > 10)
    }
    assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length)
  })

  describe('go off when they should, and are quiet otherwise', () => {
    const nowSeconds = 100_000
    const at = { instance: 'eu-1:9464', job: 'heliograph' }
    /** Every 15 s of the last seven hours, one value each; `value` is given how long ago. */
    const series = (name: string, value: number | ((agoSeconds: number) => number), labels: Record<string, string> = {}): Series =>
      ({ name, labels: { ...at, ...labels }, points: Array.from({ length: 1_680 }, (_, index) => nowSeconds - (1_679 - index) * 15).map((seconds) => [seconds, typeof value === 'number' ? value : value(nowSeconds - seconds)] as const) })
    /** A histogram into which ten a second fall, all between `over` and the bound after it. */
    const histogram = (name: string, over: number): Series[] => {
      const bounds = [0.001, 0.01, 0.1, 0.5, 1, 2, 5, 10, 30, 60, Infinity]
      return bounds.map((bound) => series(`${name}_bucket`, (ago) => bound > over ? (30_000 - ago) * 10 : 0, { le: bound === Infinity ? '+Inf' : String(bound) }))
    }
    /** A counter that was raised by `by` the given time ago. */
    const raised = (by: number, agoSeconds: number) => (ago: number): number => ago < agoSeconds ? by : 0

    const states: Record<string, { bad: Series[], good: Series[] }> = {
      HeliographRelayDown: { bad: [series('up', 0)], good: [series('up', 1), { ...series('up', 0), labels: { job: 'other', instance: 'x' } }] },
      HeliographNotReady: { bad: [series('heliograph_relay_ready', 0)], good: [series('heliograph_relay_ready', 1)] },
      HeliographSlowAcknowledge: { bad: histogram('heliograph_intake_acknowledge_seconds', 1), good: histogram('heliograph_intake_acknowledge_seconds', 0.1) },
      HeliographSlowDelivery: { bad: histogram('heliograph_delivery_online_lag_seconds', 10), good: histogram('heliograph_delivery_online_lag_seconds', 1) },
      HeliographFanoutBacklog: {
        bad: [series('heliograph_fanout_waiting_pairs', 400), series('heliograph_fanout_waiting_small', 400), series('heliograph_fanout_waiting_large', 400)],
        good: [series('heliograph_fanout_waiting_pairs', 4), series('heliograph_fanout_waiting_small', 400), series('heliograph_fanout_waiting_large', 400)]
      },
      HeliographHotLog: { bad: [series('heliograph_logs_hottest_per_second', 150)], good: [series('heliograph_logs_hottest_per_second', 20)] },
      HeliographPartsFull: { bad: [series('heliograph_storage_refused_total', (ago) => 9_000 - ago / 15, { whose: 'strangers' })], good: [series('heliograph_storage_refused_total', 12, { whose: 'strangers' })] },
      HeliographShedding: { bad: [series('heliograph_shed_total', (ago) => 9_000 - ago / 15, { what: 'presence' })], good: [series('heliograph_shed_total', 77, { what: 'presence' })] },
      HeliographOutboxOld: { bad: [series('heliograph_outbox_oldest_seconds', 1_000)], good: [series('heliograph_outbox_oldest_seconds', 30)] },
      HeliographOutboxDeep: { bad: [series('heliograph_outbox_length', 20_000)], good: [series('heliograph_outbox_length', 200)] },
      HeliographReplicasBehind: { bad: [series('heliograph_replicate_waiting_logs', 101)], good: [series('heliograph_replicate_waiting_logs', 10)] },
      HeliographRetries: { bad: [series('heliograph_lane_retries_total', (ago) => (30_000 - ago) * 6, { lane: 'forward' })], good: [series('heliograph_lane_retries_total', (ago) => 30_000 - ago, { lane: 'forward' })] },
      HeliographAlone: {
        bad: [series('heliograph_directory_relays', 1), series('heliograph_directory_remembered_relays', 3)],
        good: [series('heliograph_directory_relays', 1), series('heliograph_directory_remembered_relays', 0)]
      },
      HeliographHomesUnpublished: { bad: [series('heliograph_home_unpublished', 4)], good: [series('heliograph_home_unpublished', 0)] },
      HeliographContradiction: { bad: [series('heliograph_gossip_contradictions_total', raised(1, 600))], good: [series('heliograph_gossip_contradictions_total', 5)] },
      HeliographStorageFull: {
        bad: [series('heliograph_store_free_bytes', 1e8), series('heliograph_store_reserve_bytes', 5e8)],
        good: [series('heliograph_store_free_bytes', 6e8), series('heliograph_store_reserve_bytes', 5e8)]
      },
      HeliographStorageFilling: {
        bad: [series('heliograph_store_free_bytes', (ago) => 2e9 + ago * 1e5), series('heliograph_store_reserve_bytes', 5e8)],
        good: [series('heliograph_store_free_bytes', (ago) => 9e10 + ago * 1e5), series('heliograph_store_reserve_bytes', 5e8)]
      },
      HeliographSlowFsync: { bad: histogram('heliograph_commit_fsync_seconds', 0.1), good: histogram('heliograph_commit_fsync_seconds', 0.01) },
      HeliographCommitStuck: { bad: [series('heliograph_commit_oldest_seconds', 9)], good: [series('heliograph_commit_oldest_seconds', 0.01)] },
      HeliographWritesFail: { bad: [series('heliograph_commit_failed', raised(1, 60))], good: [series('heliograph_commit_failed', 3)] },
      HeliographDamaged: { bad: [series('heliograph_store_damaged_total', 0, { kind: 'entry' }), { ...series('heliograph_store_damaged_total', 1, { kind: 'home' }), points: [[nowSeconds - 20, 1]] }], good: [series('heliograph_store_damaged_total', 2, { kind: 'entry' })] },
      HeliographDefect: {
        bad: [series('heliograph_channel_failed_total', 0, { protocol: 'client', method: 'frame' }), { ...series('heliograph_channel_failed_total', 1, { protocol: 'client', method: 'submit' }), points: [[nowSeconds - 20, 1]] }],
        good: [series('heliograph_channel_failed_total', 3, { protocol: 'client', method: 'submit' })]
      },
      HeliographConnectionsFull: {
        bad: [series('heliograph_mesh_connections', 19_000), series('heliograph_mesh_max_connections', 20_000)],
        good: [series('heliograph_mesh_connections', 9_000), series('heliograph_mesh_max_connections', 20_000)]
      },
      HeliographFewFiles: { bad: [series('process_open_fds', 900), series('process_max_fds', 1_000)], good: [series('process_open_fds', 900), series('process_max_fds', 65_536)] },
      HeliographBusyLoop: { bad: [series('nodejs_eventloop_lag_p99_seconds', 0.5)], good: [series('nodejs_eventloop_lag_p99_seconds', 0.02)] },
      HeliographRestarting: { bad: [series('process_start_time_seconds', (ago) => -Math.floor(ago / 600))], good: [series('process_start_time_seconds', (ago) => ago > 900 ? 1 : 2)] },
      HeliographStandbyBehind: { bad: [series('heliograph_standby_behind_seconds', 900)], good: [series('heliograph_standby_behind_seconds', 3)] },
      HeliographAwaited: { bad: [series('heliograph_account_awaited', 2)], good: [series('heliograph_account_awaited', 0)] }
    }

    it('each on a state made by hand', () => {
      for (const { alert, expr } of rules) {
        const state = states[alert]
        assert.ok(state !== undefined, `no state for ${alert}`)
        assert.equal(evaluate(expr, state.bad, nowSeconds).length, 1, `${alert} on a bad state`)
        assert.equal(evaluate(expr, state.good, nowSeconds).length, 0, `${alert} on a good state`)
      }
    })
  })
})
