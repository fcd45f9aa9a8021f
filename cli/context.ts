/**
 * What a command gets from outside: streams, environment, the options that every command has. Made once in
 * heliograph.ts; tests make their own. Nothing else under cli/ reads `process`.
 */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { Client, ClientConfig } from '../client/client.ts'

/** What the commands use of the client engine; tests bring one of their own. */
export type ClientLike = Pick<Client,
  'account' | 'createAccount' | 'start' | 'connection' | 'findPerson' | 'addContact' | 'contacts' | 'contact' |
  'safetyNumber' | 'setVerified' | 'inviteLink' | 'send' | 'markRead' | 'conversations' | 'history' | 'on' | 'outboxLength' | 'flushed'> & {
    readonly chats: Pick<Client['chats'],
      'send' | 'forward' | 'react' | 'edit' | 'deleteForMe' | 'deleteForEveryone' | 'vote' | 'pin' | 'star' | 'starred' | 'openOnce' | 'message' | 'info' | 'mute' | 'archive' |
      'setDraft' | 'setTimer' | 'block' | 'unblock' | 'blocked' | 'isBlocked' | 'report' | 'requests' | 'accept' | 'decline' | 'addPolicy' | 'setAddPolicy' | 'setProfile' | 'profileOf' |
      'lists' | 'createList' | 'changeList' | 'removeList' | 'sendToList'>
    readonly groups: Pick<Client['groups'],
      'create' | 'add' | 'remove' | 'leave' | 'setRole' | 'setSettings' | 'setProfile' | 'createLink' | 'revokeLink' | 'join' | 'reanchor' | 'settled' | 'state' | 'list' | 'receiptsOf'>
    readonly devices: Pick<Client['devices'], 'list' | 'isPrimary' | 'isUnlinked' | 'unlink' | 'rename'> & {
      startLinking (options: Parameters<Client['devices']['startLinking']>[0]): Promise<NewDeviceLike>
      approve (code: string, options?: { signal?: AbortSignal }): Promise<ApprovalLike>
    }
    readonly home: Pick<Client['home'], 'status' | 'setStandby' | 'move'>
    readonly presence: Pick<Client['presence'], 'touch' | 'setState' | 'policy' | 'setPolicy' | 'watch' | 'of' | 'typingIn' | 'typing'>
  }

type NewDevice = Awaited<ReturnType<Client['devices']['startLinking']>>
type Approval = Awaited<ReturnType<Client['devices']['approve']>>
export type NewDeviceLike = Pick<NewDevice, 'code' | 'expiresAtMs' | 'shortCode' | 'linked' | 'hasWholeHistory' | 'cancel'>
export type ApprovalLike = Pick<Approval, 'shortCode' | 'confirm' | 'reject' | 'history'>

export type Message = Awaited<ReturnType<ClientLike['send']>>
export type ChatId = Message['chat']
export type AccountId = Message['sender']
export type MessageId = Message['id']
export type GroupInfo = NonNullable<Awaited<ReturnType<ClientLike['groups']['state']>>>
export type ConversationSummary = Awaited<ReturnType<ClientLike['conversations']>>[number]

export interface OpenedClient {
  readonly client: ClientLike
  /** Stops it and closes what it had open. */
  close (): Promise<void>
}

/** Opens what `folder` keeps: keys, contacts, messages. `verbose` writes the engine's log to standard error. */
export type OpenClient = (options: { folder: string, config: Omit<ClientConfig, 'software'>, verbose: boolean }) => Promise<OpenedClient>

export interface Context {
  readonly stdout: Writable & { isTTY?: boolean, columns?: number }
  readonly stderr: Writable & { isTTY?: boolean }
  readonly stdin: Readable & { isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly nowMs: () => number
  readonly openClient: OpenClient
  /** Ends the process at once; the last resort of a second Ctrl-C. */
  readonly exit: (code: number) => void
  readonly onSignal: (listener: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void) => () => void
  /** In the chat: the client that is open already, and the conversation that is looked at. */
  readonly open?: { readonly client: ClientLike }
  /** Puts a question to the person and waits for the line that they answer with; absent: standard input is asked. */
  readonly ask?: (question: string) => Promise<string>
}

export interface CommonOptions {
  readonly json?: boolean
  readonly data?: string
  readonly verbose?: boolean
}

/** Where this person's keys, contacts and messages are: --data, else HELIOGRAPH_DATA, else ~/.heliograph. */
export function dataDir (context: Context, options: CommonOptions): string {
  const named = options.data ?? context.env.HELIOGRAPH_DATA
  return named === undefined || named === '' ? join(homedir(), '.heliograph') : resolve(context.cwd, named)
}

export const say = (context: Context, line: string): void => { context.stdout.write(`${line}\n`) }
export const warn = (context: Context, line: string): void => { context.stderr.write(`${line}\n`) }
/** One JSON value per line, so that scripts can read it as it comes. */
export const sayJson = (context: Context, value: unknown): void => { context.stdout.write(`${JSON.stringify(value)}\n`) }
