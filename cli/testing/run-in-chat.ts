/** Commands in the chat, for tests: the real ones, on a fake client. */
import { PassThrough, Writable } from 'node:stream'
import { runnerFor, type RunInChat } from '../chat/chat-run.ts'
import { runHeliograph } from '../heliograph.ts'
import type { FakeClient } from './fake-client.ts'

const nowhere = (): Writable => new Writable({ write (_chunk, _encoding, done) { done() } })

export const fakeRunner = (client: FakeClient): RunInChat => runnerFor(client, {
  stdout: nowhere(),
  stderr: nowhere(),
  stdin: new PassThrough(),
  env: {},
  cwd: '/',
  nowMs: () => client.nowMs,
  openClient: async () => { throw new Error('the chat has a client') },
  exit: () => {},
  onSignal: () => () => {}
}, runHeliograph)
