/**
 * Looks for what people wrote in everything that an operator or an eavesdropper has: the bytes between regions, what
 * the relays hand to their transport before it encrypts, and every row and file of their databases.
 *
 * It must notice when there is something to find. So a word is planted in the clear in each of these places, by the
 * road that everything takes: a handle, which relays know by design, is looked up across regions and stored; and a
 * connection that nobody encrypts goes through the recorded cable.
 */
import { connect } from 'node:net'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import { noPlaintext, type Haystack } from '../assertions/no-plaintext.ts'
import type { RelayHandle } from '../network/network.ts'
import type { Scenario } from '../scenario.ts'
import { annAndBob, exchange, untilDelivered } from './two-people.ts'

const messagesEach = 60
/** More than a scenario makes; a recording that grows past it is a fault. */
const maxRecordedBytes = 256 * 1024 * 1024

export const wiretap: Scenario = {
  name: 'wiretap',
  summary: 'nothing that people write can be read in what crosses between regions or in what relays see and store',

  async run (stage) {
    const count = Math.max(10, Math.round(messagesEach * stage.scale))
    const canary = `canary-${Array.from({ length: 12 }, () => stage.random.integer(0, 15).toString(16)).join('')}`
    const crossed: Buffer[] = []
    let crossedBytes = 0
    const network = await stage.step('a bootstrap node and three relays run; the cables between them are tapped, the relays recorded', () => stage.network({
      isRecorded: true,
      tap: (_crossing, chunk) => {
        crossedBytes += chunk.byteLength
        if (crossedBytes > maxRecordedBytes) throw new Error('the recording has grown too large')
        crossed.push(Buffer.from(chunk))
      }
    }))
    const [ann, bob] = await annAndBob(stage)
    await stage.step(`${count} messages each way are sent`, () => exchange(stage, [ann, bob], count))
    await stage.step('and delivered', () => untilDelivered([ann, bob]))
    await stage.step('a canary registers in ap under a telling handle, and ann looks it up from eu', async () => {
      const bird = await stage.person(canary, 'ap')
      await ann.befriend(bird)
    })
    await stage.step('a connection that nobody encrypts carries the canary through the tapped cable', async () => {
      const [port] = Object.values(network.routesFrom('eu'))
      await sendInTheClear(port!, canary)
    })
    await stage.step('everybody leaves, the relays stop', async () => {
      await Promise.all([ann.leave(), bob.leave()])
      await Promise.all(network.relays.map(({ daemon }) => daemon.stop()))
    })

    const cable: Haystack = { name: 'what crossed between regions', bytes: Buffer.concat(crossed) }
    const recorded = await stage.step((all) => `${all.length} recordings of what relays handed to their transport are read`, () => Promise.all(network.relays.map(async ({ name }): Promise<Haystack> =>
      ({ name: `what ${name} handed to its transport`, bytes: await readFile(network.recordFile(name)) }))))
    const rows = await stage.step((all) => `the databases of ${all.length} relays are read row by row`, () => Promise.all(network.relays.map(rowsOf)))
    const files = await stage.step((all) => `${all.length} files of theirs are read as they are`, async () => (await Promise.all(network.relays.map(filesOf))).flat())
    stage.figure('looked through', `${megabytes([cable, ...recorded, ...rows, ...files])} MB`)

    const texts = [...ann.sent, ...bob.sent].map(({ text }) => text)
    stage.figure('texts looked for', String(texts.length))
    const notices = (haystacks: readonly Haystack[]): string[] => noPlaintext([canary], haystacks).length > 0 ? [] : [`the canary is not found in ${haystacks.map(({ name }) => name).join(', ')}`]
    stage.check('the canary is found in what crossed', notices([cable]))
    stage.check('the canary is found in what relays handed to their transport', notices(recorded))
    stage.check('the canary is found in what relays stored', notices(rows))
    stage.check('no plaintext in what crossed', noPlaintext(texts, [cable]))
    stage.check('no plaintext in what relays handed to their transport', noPlaintext(texts, recorded))
    stage.check('no plaintext in what relays stored', noPlaintext(texts, [...rows, ...files]))
  }
}

const megabytes = (haystacks: readonly Haystack[]): string => (haystacks.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) / 1e6).toFixed(1)

async function sendInTheClear (port: number, text: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.end(text) })
    // The relay does not like it and hangs up; by then the cable has carried it.
    socket.on('error', () => { /* as expected */ })
    socket.on('close', () => { resolve() })
    socket.resume()
  })
}

/** Keys and values as LevelDB returns them: files may be compressed. */
async function rowsOf ({ name, folder }: RelayHandle): Promise<Haystack> {
  const db = new ClassicLevel<Buffer, Buffer>(join(folder, 'db'), { keyEncoding: 'buffer', valueEncoding: 'buffer', createIfMissing: false })
  await db.open()
  const parts: Buffer[] = []
  for await (const [key, value] of db.iterator()) parts.push(key, value)
  await db.close()
  return { name: `the database of ${name}`, bytes: Buffer.concat(parts) }
}

async function filesOf ({ name, folder }: RelayHandle): Promise<Haystack[]> {
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return await Promise.all(paths.map(async (path) => ({ name: `${name}/${path.slice(folder.length + 1)}`, bytes: await readFile(path) })))
}
