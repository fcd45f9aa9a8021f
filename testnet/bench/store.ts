/**
 * `npm run bench -- store`: the relay's LevelDB store by itself. Appends with an fsync per batch, appends that are
 * delivered and trimmed as on a busy relay, group commit, and draining. Figures stand in docs/performance.md.
 */
import { mkdtemp, open, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SeededRandom } from '../../protocol/clock-manual.ts'
import { pairConversation, type ConversationId } from '../../protocol/conversation.ts'
import { accountIdOfKey, deviceIdOfKey, messageIdFromBytes, type DeviceId } from '../../protocol/ids.ts'
import { GroupCommit } from '../../node/store/commit.ts'
import { openLevelStore, type LevelStore } from '../../node/store/store-level.ts'
import type { Write } from '../../node/store/store.ts'
import { systemClock } from '../../node/system.ts'

const help = `usage: bench store [--count 100000] [--bytes 1100] [--logs 500] [--folder DIR]

  --count N    appends in each measurement
  --bytes N    size of an envelope
  --logs N     conversations that the appends are spread over
  --folder DIR where the database goes; default the system's folder for temporary files
`

interface Conditions { count: number, bytes: number, logs: number, folder: string }
interface Usage { seconds: number, cpuMicros: number, mainMicros: number }

const print = (line: string): void => { process.stdout.write(`${line}\n`) }
const number = (value: number): string => Math.round(value).toLocaleString('en').padStart(9)

export async function run (args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '100000' }, bytes: { type: 'string', default: '1100' }, logs: { type: 'string', default: '500' },
      folder: { type: 'string', default: tmpdir() }, help: { type: 'boolean', default: false }
    }
  })
  if (values.help) {
    process.stdout.write(help)
    return
  }
  const conditions = { count: Number(values.count), bytes: Number(values.bytes), logs: Number(values.logs), folder: values.folder }
  print(`store: ${conditions.count} envelopes of ${conditions.bytes} bytes in ${conditions.logs} logs, each with its deduplication row; every batch fsynced`)
  print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown CPU'}; an fdatasync of 4 KiB takes ${(await fdatasyncMs(conditions.folder)).toFixed(3)} ms (median)`)
  print('CPU: of the whole process, LevelDB\'s compactions until they settle included; main: of the JavaScript thread')
  print('')
  print(`${''.padEnd(44)}  appends/s   CPU µs  main µs  of one append`)
  for (const size of [1, 10, 100, 500]) await appends(conditions, size)
  for (const size of [10, 100]) await appends(conditions, size, { isTrimmed: true })
  for (const callers of [100, 1_000]) await groupCommit(conditions, callers)
  print('')
  print(`${''.padEnd(44)}  entries/s   CPU µs  main µs  of one entry`)
  await drain(conditions)
}

async function withStore (folder: string, task: (store: LevelStore) => Promise<void>): Promise<void> {
  const path = await mkdtemp(join(folder, 'heliograph-bench-'))
  try {
    const store = await openLevelStore({ path, minFreeBytes: 0 })
    await task(store)
    await store.close()
  } finally {
    await rm(path, { recursive: true })
  }
}

/** Next appends over the logs in turn, ids rising as a client's do. */
class Load {
  readonly #logs: ConversationId[]
  readonly #devices: DeviceId[]
  readonly #envelope: Uint8Array
  readonly #id = Buffer.alloc(16, 0x80)
  #made = 0

  constructor ({ logs, bytes }: Conditions) {
    const random = new SeededRandom(1)
    const accounts = Array.from({ length: logs + 1 }, () => accountIdOfKey(random.bytes(32)))
    this.#logs = accounts.slice(1).map((other) => pairConversation(accounts[0]!, other).id)
    this.#devices = this.#logs.map(() => deviceIdOfKey(random.bytes(32)))
    this.#envelope = random.bytes(bytes)
  }

  get logs (): readonly ConversationId[] { return this.#logs }
  get device (): DeviceId { return this.#devices[0]! }

  next (): Extract<Write, { op: 'append' }> {
    const index = this.#made % this.#logs.length
    const seq = Math.floor(this.#made++ / this.#logs.length) + 1
    this.#id.writeUIntBE(1_800_000_000_000 + this.#made, 0, 6)
    this.#id[6] = 0x70
    return {
      op: 'append',
      log: this.#logs[index]!,
      entry: { epoch: 1, seq, sender: this.#devices[index]!, messageId: messageIdFromBytes(this.#id), storedAtMs: 1_800_000_000_000, expiresAtMs: 1_900_000_000_000, envelope: this.#envelope }
    }
  }
}

async function measure (task: () => Promise<void>): Promise<Usage> {
  const [startMs, cpu, main] = [performance.now(), process.cpuUsage(), process.threadCpuUsage()]
  await task()
  const seconds = (performance.now() - startMs) / 1000
  const { user: mainUser, system: mainSystem } = process.threadCpuUsage(main)
  await settled()
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuMicros: user + system, mainMicros: mainUser + mainSystem }
}

/** Compactions go on for a while; their CPU belongs to the appends. */
async function settled (): Promise<void> {
  for (let idleRounds = 0; idleRounds < 2;) {
    const before = process.cpuUsage()
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    const { user, system } = process.cpuUsage(before)
    idleRounds = user + system < 20_000 ? idleRounds + 1 : 0
  }
}

function report (what: string, count: number, usage: Usage): void {
  print(`${what.padEnd(44)}  ${number(count / usage.seconds)} ${(usage.cpuMicros / count).toFixed(1).padStart(8)} ${(usage.mainMicros / count).toFixed(1).padStart(8)}`)
}

async function appends (conditions: Conditions, size: number, { isTrimmed = false } = {}): Promise<void> {
  await withStore(conditions.folder, async (store) => {
    const load = new Load(conditions)
    const count = Math.min(conditions.count, size === 1 ? 20_000 : Infinity)
    const usage = await measure(async () => {
      for (let made = 0; made < count; made += size) {
        const batch: Write[] = Array.from({ length: size }, () => load.next())
        // Delivered and acknowledged a round later: a cursor and a trim go with the next append to the log.
        if (isTrimmed) {
          for (const write of batch.slice()) {
            if (write.op !== 'append' || write.entry.seq === 1) continue
            batch.push({ op: 'cursor', log: write.log, device: load.device, seq: write.entry.seq - 1 }, { op: 'trim', log: write.log, throughSeq: write.entry.seq - 1 })
          }
        }
        await store.write(batch, { durable: true })
      }
    })
    report(`batches of ${size}${isTrimmed ? ', each acknowledged and trimmed' : ''}`, count, usage)
  })
}

async function groupCommit (conditions: Conditions, callers: number): Promise<void> {
  await withStore(conditions.folder, async (store) => {
    const load = new Load({ ...conditions, logs: Math.max(conditions.logs, callers) })
    const commit = new GroupCommit({ store, clock: systemClock, onFailure: (error) => { throw error } })
    let made = 0
    const usage = await measure(async () => {
      await Promise.all(Array.from({ length: callers }, async () => {
        while (made < conditions.count) {
          made++
          await commit.commit([load.next()])
        }
      }))
    })
    report(`group commit, ${callers} callers, batches of ${(commit.counts.writes / commit.counts.batches).toFixed(0)}`, made, usage)
  })
}

async function drain (conditions: Conditions): Promise<void> {
  await withStore(conditions.folder, async (store) => {
    const load = new Load({ ...conditions, logs: Math.max(1, Math.round(conditions.logs / 10)) })
    for (let made = 0; made < conditions.count; made += 500) await store.write(Array.from({ length: 500 }, () => load.next()), { durable: false })
    await settled()
    for (const maxEntries of [1, 16, 256]) {
      let read = 0
      const usage = await measure(async () => {
        for (const log of load.logs) {
          for (let from = 1; ;) {
            const page = await store.readLog(log, from, { maxEntries, maxBytes: 1 << 20 })
            if (page.length === 0 || (maxEntries === 1 && from > 400)) break
            read += page.length
            from = page.at(-1)!.seq + 1
          }
        }
      })
      report(`drain ${load.logs.length} logs in pages of ${maxEntries}`, read, usage)
    }
  })
}

async function fdatasyncMs (folder: string): Promise<number> {
  const path = await mkdtemp(join(folder, 'heliograph-bench-'))
  const file = await open(join(path, 'probe'), 'w')
  const times: number[] = []
  for (let i = 0; i < 100; i++) {
    await file.write(Buffer.alloc(4096, i))
    const startMs = performance.now()
    await file.datasync()
    times.push(performance.now() - startMs)
  }
  await file.close()
  await rm(path, { recursive: true })
  return times.sort((a, b) => a - b)[50]!
}

if (import.meta.main) await run(process.argv.slice(2))
