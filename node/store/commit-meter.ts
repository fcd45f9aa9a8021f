/**
 * What the group commit does, in figures: how many writes share an fsync, how long it takes, who waits.
 */
import type { CommittedBatch, GroupCommit } from './commit.ts'
import type { Meter } from '../watch/meter.ts'

const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5]

/** @returns what to give GroupCommit as `onBatch` */
export function commitMeter (meter: Meter): (batch: CommittedBatch) => void {
  const batches = meter.counter('heliograph_commit_batches_total', 'Batches written; a durable one is one fsync', ['durable'])
  const writes = meter.counter('heliograph_commit_writes_total', 'Writes in them')
  const bytes = meter.counter('heliograph_commit_written_bytes_total', 'Bytes of envelopes and values in them, roughly')
  const seconds = meter.histogram('heliograph_commit_batch_seconds', 'Duration of one batch, fsync included', buckets)
  const synced = meter.histogram('heliograph_commit_fsync_seconds', 'The same, of batches that were synced', buckets)
  return (batch) => {
    batches.inc(1, { durable: batch.durable ? 'yes' : 'no' })
    writes.inc(batch.writes)
    bytes.inc(batch.bytes)
    seconds.observe(batch.seconds)
    if (batch.durable) synced.observe(batch.seconds)
  }
}

export function commitGauges (meter: Meter, commits: GroupCommit): void {
  meter.gauge('heliograph_commit_queue_length', 'Commits that wait for the next batch', () => commits.queueLength)
  meter.gauge('heliograph_commit_oldest_seconds', 'How long the oldest of them has waited', () => commits.oldestAgeMs / 1000)
  meter.gauge('heliograph_commit_failed', 'Batches that the store refused since the start', () => commits.counts.failures)
}
