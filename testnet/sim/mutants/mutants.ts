/**
 * Defects that somebody might make in the production code, as replacements of exact texts. The simulation must find each.
 * A text that is not found, or is found more than once, is an error: the mutant is to be updated, never skipped.
 */
export interface Mutant {
  /** For `--only`. */
  readonly name: string
  readonly what: string
  /** From the root of the checkout. */
  readonly file: string
  readonly from: string
  readonly to: string
}

export const mutants: readonly Mutant[] = [
  // durability
  {
    name: 'ack-before-fsync',
    what: 'a relay acknowledges before its disk does',
    file: 'node/store/commit.ts',
    from: '    try {\n      await this.#store.write(writes, { durable })',
    to: '    for (const commit of batch) commit.resolve?.()\n    try {\n      await this.#store.write(writes, { durable })'
  },
  { name: 'no-fsync', what: 'a relay writes without a sync', file: 'node/store/commit.ts', from: 'await this.#store.write(writes, { durable })', to: 'await this.#store.write(writes, { durable: false })' },
  { name: 'ack-on-full-disk', what: 'a batch that failed counts as written', file: 'node/store/commit.ts', from: 'for (const commit of lost) commit.reject?.(error)', to: 'for (const commit of lost) commit.resolve?.()' },
  { name: 'deliver-before-durable', what: 'a relay hands out entries that are not on disk', file: 'node/log/log.ts', from: '    this.head = entry.seq\n    if (entry.epoch', to: '    this.head = this.durableHead = entry.seq\n    for (const follower of this.followers) follower.wake()\n    if (entry.epoch' },
  {
    name: 'client-ack-before-stored',
    what: 'a client shows and acknowledges before its store has it',
    file: 'client/store/ledger.ts',
    from: '    try {\n      await this.#commit(draft)\n    } catch',
    to: '    for (const { table, key, value } of draft.changes()) table.remember(key, value)\n    for (const effect of draft.effects()) effect()\n    draft.effects = () => []\n    try {\n      await this.#commit(draft)\n    } catch'
  },
  { name: 'sent-unasked', what: 'a client shows sent before its relay has answered', file: 'client/messages/submission.ts', from: 'const { outcomes } = await link.call(clientMethods.submit, { envelopes })', to: 'link.call(clientMethods.submit, { envelopes }).catch(() => {}); const outcomes = items.map(() => ({ status: 0, epoch: 0, seq: 0, retryAfterMs: 0 }))' },
  // deduplication
  { name: 'relay-no-dedup', what: 'a relay does not know repeats', file: 'node/log/intake.ts', from: 'if (!log.isNew(sender, messageId)) {', to: 'if (messageId === undefined) {' },
  { name: 'client-no-dedup', what: 'a client shows a message again under another number', file: 'client/messages/entries.ts', from: 'const isRepeat = messageId <= (await this.#highest(draft, chat, senderDevice))', to: 'const isRepeat = false; if (messageId <= (await this.#highest(draft, chat, senderDevice))) { const row = await this.#on.history.find(draft, chat, \'in\', messageId); if (row !== undefined) draft.after(() => { this.#on.events.emit(\'message\', row) }) }' },
  // cursors and trimming
  { name: 'cursor-off-by-one', what: 'a relay goes on one behind what a device has acknowledged', file: 'node/delivery/delivery.ts', from: 'const sent = Math.max(log.cursors.get(this.#device) ?? 0, log.first - 1, since - 1)', to: 'const sent = Math.max((log.cursors.get(this.#device) ?? -1) + 1, log.first - 1, since - 1)' },
  { name: 'trim-early', what: 'a relay trims what one device does not have', file: 'node/log/progress.ts', from: '        safe = has\n', to: '' },
  { name: 'trim-before-replica', what: 'a relay trims what a replica does not have', file: 'node/log/progress.ts', from: 'for (const relay of this.#placement.relaysOf(conversation)) safe = Math.min(safe, log.replicas.get(relay) ?? 0)', to: '' },
  { name: 'never-trim', what: 'a relay keeps everything', file: 'node/log/progress.ts', from: 'if (through < log.first) continue', to: 'if (through !== undefined) continue' },
  // gaps, retries, restarts
  { name: 'no-rewind', what: 'what was on its way to a replica when the line broke is taken as arrived', file: 'node/federation/replica-lane.ts', from: '      if (follower.log.isDropped) continue\n      follower.feed.rewind(first - 1)\n', to: '      if (follower.log.isDropped) continue\n' },
  { name: 'no-forward-again', what: 'what was on its way to a sequencer when the line broke is taken as arrived', file: 'node/federation/forwarding.ts', from: '      sending.isInFlight = false\n      sending.feed.rewind(items[0]!.position - 1)\n', to: '      sending.isInFlight = false\n' },
  { name: 'no-gap-repair', what: 'a client does not ask for what is missing before what it has', file: 'client/messages/inbox.ts', from: 'else this.#startReading(chat, buffer, log)\n      })', to: '})' },
  { name: 'no-retry-of-store', what: 'a client whose store has failed does not try again', file: 'client/messages/inbox.ts', from: 'if (!this.#isStopped) this.#retries.schedule(this.#on.ownAccount, error, () => { this.#wake() })', to: 'this.#isWanted = false' },
  { name: 'client-forgets-outbox', what: 'a client forgets what it had not sent when it starts again', file: 'client/messages/outbox.ts', from: 'else if (value.state === \'sealed\') queue.unsent.push(id)', to: 'else if (value.state === \'sealed\') continue' },
  { name: 'relay-forgets-outbox', what: 'a relay forgets what it had to forward when it starts again', file: 'node/log/outbox.ts', from: 'if (this.#queues.has(log)) continue\n      const queue', to: 'if (log !== undefined) continue\n      const queue' },
  { name: 'no-resubmit', what: 'a client does not offer again what a relay may have lost', file: 'client/messages/outbox.ts', from: '      await this.#resubmit(draft, chat, () => true)', to: '      if (this.length > 1e9) await this.#resubmit(draft, chat, () => true)' },
  { name: 'resubmit-in-wrong-order', what: 'what is offered again goes behind what is newer', file: 'client/messages/outbox.ts', from: 'queue.unsent = [...again, ...queue.unsent].sort()', to: 'queue.unsent = [...queue.unsent, ...again].reverse()' },
  // what a relay may not be believed
  { name: 'ignore-chain', what: 'a client does not compare the hash of the log', file: 'client/messages/chain-check.ts', from: 'return here !== undefined && !sameBytes(here, previous.hash)', to: 'return false' },
  { name: 'older-home', what: 'an older home record replaces a newer one', file: 'protocol/records/home-record.ts', from: 'if (a.epoch !== b.epoch) return a.epoch > b.epoch', to: 'if (a.epoch !== b.epoch) return a.epoch < b.epoch' },
  // groups and secrets
  { name: 'ignore-changes', what: 'a client does not apply what others change in a group', file: 'client/messages/entries.ts', from: 'if (!isRepeat) await groups.takeControl(', to: 'if (isRepeat) await groups.takeControl(' },
  { name: 'names-in-clear', what: 'the name of a group is not sealed', file: 'protocol/groups/profile.ts', from: 'sealed: concat(nonce, primitives.aesGcmEncrypt(key.key, nonce, padded, associated(conversation, key.id))) }', to: 'sealed: concat(nonce, padded) }' }
]
