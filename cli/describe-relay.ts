/** What a running relay says of itself, as lines for a person. */
import { shortId } from '../protocol/ids.ts'
import type { AccountRow, RelayStatus, TopAnswer } from '../node/admin/answers.ts'

export function bytesText (bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]!}`
}

/** 1 d 2 h, 3 min 5 s: the two largest parts. */
export function spanText (seconds: number): string {
  const units: ReadonlyArray<readonly [string, number]> = [['d', 86_400], ['h', 3_600], ['min', 60], ['s', 1]]
  const whole = Math.round(seconds)
  const from = units.findIndex(([, size]) => whole >= size)
  if (from < 0) return '0 s'
  const [name, size] = units[from]!
  const next = units[from + 1]
  const rest = next === undefined ? 0 : Math.floor(whole % size / next[1])
  return `${Math.floor(whole / size)} ${name}${rest === 0 ? '' : ` ${rest} ${next![0]}`}`
}

/** Columns as wide as their longest cell; numbers to the right. */
export function table (head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string[] {
  const cells = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)))
  return cells.map((row) => row.map((cell, column) => typeof rows[0]?.[column] === 'number' ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)).join('  ').trimEnd())
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

export function statusLines (status: RelayStatus): string[] {
  const { accounts, blocked, connections, figures, peers, restored, storage } = status
  const figure = (name: string): number => figures[`heliograph_${name}`] ?? 0
  const behind = figure('standby_behind')
  const damaged = figure('store_damaged_total')
  const others = [
    ...status.notReady.filter((reason) => reason !== status.state),
    ...(damaged > 0 ? [`the disk has damaged the database: ${counted(damaged, 'row')} could not be read, see HeliographDamaged in docs/alerts.md`] : []),
    ...(figure('load_level') > 0 ? [figure('load_level') === 1 ? 'busy: presence is left out' : 'overloaded: presence and history are left out'] : [])
  ]
  const row = (name: string, text: string): string => `${name.padEnd(12)}${text}`
  return [
    row('Relay', `${status.name} (${status.region})  ${status.id}`),
    row('State', `${status.state}${others.length === 0 ? '' : `; ${others.join('; ')}`}`),
    row('Running', `${status.version}, for ${spanText(status.uptimeSeconds)}, process ${status.pid}`),
    ...status.addresses.map((address, index) => row(index === 0 ? 'Addresses' : '', address)),
    row('Accounts', `${accounts.here} here, ${accounts.connected} connected${accounts.awaited === 0 ? '' : `, ${accounts.awaited} awaited`}; registration is ${accounts.registration}`),
    row('Connections', `${connections.open} of ${connections.max}, ${connections.devices} of devices, ${connections.pending} shaking hands`),
    row('Storage', `${bytesText(storage.usedBytes)} used, ${bytesText(storage.freeBytes)} free; nothing new below ${Math.round(storage.reserveBytes / 2 ** 20)} MB (minFreeMegabytes)`),
    row('Outbox', figure('outbox_length') === 0 ? 'empty' : `${counted(figure('outbox_length'), 'envelope')} for ${counted(figure('outbox_conversations'), 'conversation')} of other relays, the oldest for ${spanText(figure('outbox_oldest_seconds'))}`),
    row('Queues', `${figure('commit_queue_length')} commits, ${figure('fanout_waiting_pairs') + figure('fanout_waiting_small') + figure('fanout_waiting_large')} devices to be served, ${figure('delivery_unacknowledged')} entries unacknowledged, ${figure('replicate_waiting_logs')} logs behind elsewhere`),
    row('Standby', `${counted(figure('standby_shipped_accounts'), 'account')} here ${figure('standby_shipped_accounts') === 1 ? 'has' : 'have'} one${behind === 0 ? '' : `, ${counted(behind, 'standby', 'standbys')} behind for ${spanText(figure('standby_behind_seconds'))} at most`}; stands by for ${counted(figure('standby_accounts'), 'account')} (${bytesText(figure('standby_bytes'))})${figure('standby_to_hand_over') === 0 ? '' : `; ${figure('standby_to_hand_over')} to be handed over`}`),
    ...(figure('guest_outbox_length') === 0 ? [] : [row('Guests', `${counted(figure('guest_outbox_length'), 'envelope')} of theirs on the way`)]),
    ...peers.map(({ id, name, region, isConnected, waiting, isBackingOff }, index) => row(index === 0 ? 'Relays' : '',
      `${name} (${region})  ${shortId(id)}  ${isConnected ? 'connected' : 'no channel'}${isBackingOff ? ', not answering' : ''}${waiting === 0 ? '' : `, ${waiting} waiting`}`)),
    ...(peers.length === 0 ? [row('Relays', 'none heard of')] : []),
    ...(blocked.accounts + blocked.relays === 0 ? [] : [row('Blocked', `${counted(blocked.accounts, 'account')}, ${counted(blocked.relays, 'relay')}`)]),
    ...(restored === undefined ? [] : [restored.restoredAt === restored.takenAt ? row('Repaired', `on ${restored.restoredAt}`) : row('Restored', `on ${restored.restoredAt} from a backup of ${restored.takenAt}`)])
  ]
}

export function topLines ({ logs, accounts, relays, seconds }: TopAnswer, { figures }: Pick<RelayStatus, 'figures'>): string[] {
  const figure = (name: string): number => figures[`heliograph_${name}`] ?? 0
  return [
    `In ${seconds.toFixed(1)} s · outbox ${figure('outbox_length')} (oldest ${spanText(figure('outbox_oldest_seconds'))}) · unacknowledged ${figure('delivery_unacknowledged')} · commits waiting ${figure('commit_queue_length')} · logs in memory ${figure('logs_loaded')}`,
    '',
    ...table(['LOG', 'KIND', 'MEMBERS', 'NEW/S', 'HEAD', 'FOLLOWERS', 'BEHIND'], logs.map((log) => [log.log, log.kind, log.members, log.perSecond, log.head, log.followers, log.behind])),
    '',
    ...table(['ACCOUNT', 'DEVICES', 'SENT/S', 'DELIVERED/S', 'UNACKNOWLEDGED'], accounts.map((one) => [one.account, one.devices, one.submittedPerSecond, one.deliveredPerSecond, one.unacknowledged])),
    '',
    ...table(['RELAY', 'FORWARDED/S', 'WAITING', 'STATE'], relays.map((one) => [one.relay, one.forwardedPerSecond, one.waiting, one.isBackingOff ? 'not answering' : one.isConnected ? 'connected' : 'no channel']))
  ]
}

export const accountLines = (accounts: readonly AccountRow[], { isFull }: { isFull: boolean }): string[] =>
  table(['ACCOUNT', 'HANDLE', 'DEVICES', 'CONNECTED', 'CHATS', 'KEPT', 'LAST SEEN', ''], accounts.map((one) => [
    isFull ? one.account : shortId(one.account),
    one.handle,
    one.devices,
    one.connected,
    one.logs,
    bytesText(one.logBytes),
    one.connected > 0 ? 'now' : one.lastSeenAt ?? 'never',
    [...(one.isBlocked ? ['blocked'] : []), ...(one.isAwaited ? ['awaited'] : [])].join(', ')
  ]))
