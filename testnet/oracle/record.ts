/**
 * Records libsignal's behaviour into protocol/vectors/signal-*.json. Opt-in; see README.md.
 *
 * Keys are fresh with every run, so the files change; what they prove does not.
 */
import { writeFile } from 'node:fs/promises'
import * as signal from '@signalapp/libsignal-client'
import { nodePrimitives } from '../../protocol/e2ee/primitives-node.ts'
import { replaySafetyNumbers, replaySignatures, replayTranscript } from '../../protocol/e2ee/transcripts.ts'
import { heliographParty, libsignalParty, signatures } from './parties.ts'
import { Recorder, archivedSessions, farAhead, randomTalk, receiverChains, seeded, simultaneous, unacknowledged } from './plans.ts'
import { senderKeyTranscript } from './sender-keys.ts'
import { hex } from './stored-session.ts'
import type { Party } from './parties.ts'
import type { Transcript } from '../../protocol/e2ee/transcripts.ts'

const SOURCE = '@signalapp/libsignal-client 0.72.1, recorded by testnet/oracle'
const libsignal = (oneTimePrekeys: number): Promise<Party> => libsignalParty({ oneTimePrekeys })
const heliograph = async (oneTimePrekeys: number): Promise<Party> => heliographParty({ oneTimePrekeys })
const pairs = [['libsignal', libsignal, 'libsignal', libsignal], ['heliograph', heliograph, 'libsignal', libsignal], ['libsignal', libsignal, 'heliograph', heliograph]] as const

async function performed (recorder: Recorder, plan: (r: Recorder) => Promise<void>): Promise<Transcript> {
  await plan(recorder)
  const { transcript } = recorder
  const counts = replayTranscript(nodePrimitives, transcript)
  console.log(`${transcript.name}: ${counts.sent} sent, ${counts.opened} opened, ${counts.refused} refused, replayed`)
  return transcript
}

async function conversations (): Promise<Transcript[]> {
  const transcripts: Transcript[] = []
  async function record (name: string, a: Promise<Party>, b: Promise<Party>, plan: (r: Recorder) => Promise<void>): Promise<void> {
    transcripts.push(await performed(new Recorder(name, 'signal', await a, await b), plan))
  }
  let seed = 1
  for (const [nameA, a, nameB, b] of pairs) {
    const who = `${nameA} to ${nameB}`
    for (const version of [3, 4] as const) {
      const name = version === 3 ? 'X3DH' : 'PQXDH'
      for (const oneTimePrekeyId of [101, undefined]) {
        const random = seeded(seed++)
        await record(`${name}, ${oneTimePrekeyId === undefined ? 'no' : 'with'} one-time prekey, ${who}`, a(1), b(1), async r => {
          await r.start('a', { version, ...(oneTimePrekeyId === undefined ? {} : { oneTimePrekeyId }) })
          await randomTalk(r, random, 42)
        })
      }
      await record(`${name}, simultaneous start, ${who}`, a(1), b(1), r => simultaneous(r, version, seeded(seed++)))
    }
    await record(`receiver chains, ${who}`, a(1), b(1), receiverChains)
    await record(`far ahead, ${who}`, a(1), b(1), farAhead)
    await record(`archived sessions, ${who}`, a(0), b(42), archivedSessions)
    await record(`unacknowledged, ${who}`, a(0), b(0), unacknowledged)
  }
  return transcripts
}

/** Not about libsignal: pins the bytes of the production profile, so that none of its constants changes unnoticed. */
async function pinned (): Promise<Transcript[]> {
  const party = (): Party => heliographParty({ oneTimePrekeys: 1 }, 'heliograph')
  const recorder = (name: string): Recorder => new Recorder(name, 'heliograph', party(), party())
  return [
    await performed(recorder('production profile, with one-time prekey'), async r => {
      await r.start('a', { version: 4, oneTimePrekeyId: 101 })
      await randomTalk(r, seeded(101), 20)
    }),
    await performed(recorder('production profile, simultaneous start'), r => simultaneous(r, 4, seeded(102)))
  ]
}

function safetyNumbers (): Array<{ ownKey: string, ownId: string, theirKey: string, theirId: string, digits: string }> {
  return Array.from({ length: 4 }, (_, i) => {
    const [own, theirs] = [signal.PrivateKey.generate().getPublicKey(), signal.PrivateKey.generate().getPublicKey()]
    const [ownId, theirId] = [Buffer.from(nodePrimitives.randomBytes(16 + i)), Buffer.from(nodePrimitives.randomBytes(16))]
    const fingerprint = signal.Fingerprint.new(5200, 2, ownId, own, theirId, theirs)
    return { ownKey: hex(own.getPublicKeyBytes()), ownId: hex(ownId), theirKey: hex(theirs.getPublicKeyBytes()), theirId: hex(theirId), digits: fingerprint.displayableFingerprint().toString() }
  })
}

async function write (name: string, content: Record<string, unknown[]>, source = SOURCE): Promise<void> {
  // one event or vector a line, so that a diff can be read
  const lines = (value: unknown, depth: number): string => {
    if (Array.isArray(value) && depth > 0) return value.length === 0 ? '[]' : `[\n${value.map(item => lines(item, depth - 1)).join(',\n')}\n]`
    if (typeof value === 'object' && value !== null && depth > 0) return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${lines(item, depth - 1)}`).join(',\n')}}`
    return JSON.stringify(value)
  }
  const path = new URL(`../../protocol/vectors/${name}.json`, import.meta.url)
  await writeFile(path, `${lines({ source, ...content }, 4)}\n`)
  console.log(`wrote protocol/vectors/${name}.json`)
}

if (process.argv.length > 2) {
  process.stdout.write('usage: npx node testnet/oracle/record.ts\n\nRecords everything again into protocol/vectors; takes no arguments.\n')
  process.exit(2)
}
const transcripts = await conversations()
const xeddsa = signatures(20)
const numbers = safetyNumbers()
replaySignatures(nodePrimitives, xeddsa)
replaySafetyNumbers(nodePrimitives, numbers)
await write('signal-sessions', { transcripts })
await write('signal-xeddsa', { signatures: xeddsa })
await write('signal-safety-numbers', { safetyNumbers: numbers })
await write('heliograph-sessions', { transcripts: await pinned() }, 'Heliograph itself, recorded by testnet/oracle; a pin, not a proof')
await write('signal-sender-keys', { transcripts: [await senderKeyTranscript(0, 40), await senderKeyTranscript(13, 20)] })
