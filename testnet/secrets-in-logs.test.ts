/**
 * Two relays and their people on loopback, everything logged that can be: what people write, their handles, full ids and keys
 * must not be in it, in any form. Words that may be there show that the test would see them.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ClassicLevel } from 'classic-level'
import { openNodeClient, type NodeClient } from '../client/client-node.ts'
import { createRelay, type RunningRelay } from '../node/node.ts'
import { createLogger } from '../node/watch/logger.ts'
import { nodePrimitives } from '../protocol/e2ee/primitives-node.ts'
import { isProtocolError } from '../protocol/errors.ts'
import { accountIdToBytes, deviceKeyOf } from '../protocol/ids.ts'
import { noPlaintext } from './assertions/no-plaintext.ts'

describe('what relays and clients log', () => {
  it('has no text, handle, full id or key, though everything is logged', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heliograph-logs-'))
    const lines: string[] = []
    const destination = { write: (line: string) => { lines.push(line) } }
    const relays: RunningRelay[] = []
    const people: NodeClient[] = []
    try {
      const seeds = [nodePrimitives.randomBytes(32), nodePrimitives.randomBytes(32)]
      const start = async (i: number, bootstrapPeers: readonly string[] = []): Promise<RunningRelay> => {
        const relay = await createRelay({
          name: `relay-${i}.example.org`, region: 'eu', dataDir: join(folder, `relay-${i}`), listen: ['/ip4/127.0.0.1/tcp/0'], httpAddress: '127.0.0.1:0', logLevel: 'debug', minFreeMegabytes: 0, bootstrapPeers: [...bootstrapPeers]
        }, { seed: seeds[i]!, logDestination: destination })
        await relay.start()
        relays.push(relay)
        return relay
      }
      const one = await start(0)
      const two = await start(1, [one.addresses[0]!])
      const handles = ['annabel-of-the-logs', 'bartholomew-logged']
      const open = async (i: number, home: RunningRelay): Promise<NodeClient> => {
        const person = await openNodeClient({ folder: join(folder, `person-${i}`), config: { bootstrap: [home.addresses[0]!], software: 'test', strangers: 'accept' }, logger: createLogger({ level: 'debug', destination }) })
        people.push(person)
        await person.client.createAccount({ handle: handles[i]!, relay: home.addresses[0]! })
        person.client.start()
        return person
      }
      const [ann, bob] = [(await open(0, one)).client, (await open(1, two)).client]
      const texts = ['a sentence that no log may hold', 'another one, in a group of two', 'a name for a group that is nobody\'s business', 'what somebody says of themselves']
      const isThere = async (what: string, look: () => Promise<boolean>): Promise<void> => {
        for (let i = 0; i < 600; i++) {
          if (await look()) return
          await wait(50)
        }
        assert.fail(`${what}\n${lines.slice(-20).join('')}`)
      }
      const bobsAccount = (await isFound(() => ann.addContact(`${handles[1]!}@relay-1.example.org`, { name: 'Bob' }))).account
      await ann.send(bobsAccount, texts[0]!)
      await isThere('the message', async () => (await bob.history(ann.account!.id, {})).some(({ text }) => text === texts[0]))
      const group = (await ann.groups.create({ name: texts[2]!, members: [bobsAccount] })).chat
      await ann.send(group, texts[1]!)
      await isThere('the group', async () => (await bob.history(group, {})).some(({ text }) => text === texts[1]))
      await ann.chats.setProfile({ name: texts[3]! })
      // What goes wrong is logged as well: nobody's handle, a relay that is not there, a relay that goes.
      for (const nobody of ['nobody-of-this-name@relay-1.example.org', `${handles[1]!}@no-such.example.org`]) await assert.rejects(ann.addContact(nobody), (error) => isProtocolError(error))
      await two.stop({ withinMs: 0 })
      await ann.send(bobsAccount, texts[0]!)
      await wait(1_500)
      await ann.stop()

      const log = Buffer.from(lines.join(''))
      assert.ok(lines.length > 8, `${lines.length} lines`)
      const all = [{ name: 'the log', bytes: log }]
      const secrets = [...handles, ...texts, 'nobody-of-this-name', ann.account!.id, bob.account!.id, ann.account!.device, bob.account!.device, one.id, two.id]
      assert.deepEqual(noPlaintext(secrets, all), [])
      const keys = [...seeds, ...await Promise.all([0, 1].map((i) => keysOf(join(folder, `person-${i}`), people[i]!)))].flat()
      assert.ok(keys.length > 20, `${keys.length} keys`)
      const ids = [ann, bob].flatMap(({ account }) => [accountIdToBytes(account!.id).slice(2), deviceKeyOf(account!.device)])
      for (const key of [...keys, ...ids]) for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) assert.equal(log.includes(Buffer.from(Buffer.from(key).toString(form))), false, `a key, as ${form}`)
      // The test would see them: a relay's name and region are in what it says when it starts.
      assert.equal(noPlaintext(['relay-0.example.org'], all).length, 1)
    } finally {
      for (const person of people) await person.close()
      for (const relay of relays) await relay.stop({ withinMs: 0 })
      await rm(folder, { recursive: true, force: true })
    }

    async function isFound<T> (ask: () => Promise<T>): Promise<T> {
      for (let i = 0; ; i++) {
        try {
          return await ask()
        } catch (error) {
          // Relays need a moment to hear of one another.
          if (!isProtocolError(error) || i === 100) throw error
          await wait(100)
        }
      }
    }
  }).timeout(90_000)
})

/** What stands in a person's rows as hexadecimal and is long enough to be a key: seeds, identity keys, sessions, prekeys. */
async function keysOf (folder: string, person: NodeClient): Promise<Uint8Array[]> {
  await person.close()
  const db = new ClassicLevel<string, string>(folder)
  await db.open()
  const keys: Uint8Array[] = []
  for await (const [, value] of db.iterator()) for (const [digits] of value.matchAll(/[0-9a-f]{64,}/g)) keys.push(Buffer.from(digits.slice(0, 64), 'hex'))
  await db.close()
  return keys
}
