/**
 * The state of the connection in a few words: what a person looks at when nothing seems to happen.
 */
import { ERRORS } from '../../protocol/errors.ts'
import { printableName } from '../describe-messages.ts'
import type { ChatState } from './chat-state.ts'

export interface ConnectionText { readonly text: string, readonly level: 'good' | 'busy' | 'bad' }

export function connectionText ({ connection, retryAtMs, nowMs, waiting }: Pick<ChatState, 'connection' | 'retryAtMs' | 'nowMs' | 'waiting'>): ConnectionText {
  const relay = connection.relay === undefined ? '' : printableName(connection.relay)
  const queue = waiting === 0 ? '' : ` · ${waiting} waiting`
  switch (connection.state) {
    case 'online': {
      const rtt = connection.rttMs === undefined ? '' : ` · ${connection.rttMs < 1 ? '<1' : Math.round(connection.rttMs)} ms`
      return { level: 'good', text: `● online${relay === '' ? '' : ` · ${relay}`}${rtt}${queue}` }
    }
    case 'connecting':
      return { level: 'busy', text: `◌ connecting${relay === '' ? '' : ` to ${relay}`} …${queue}` }
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil(((retryAtMs ?? nowMs) - nowMs) / 1000))
      return { level: 'bad', text: `○ ${seconds === 0 ? 'reconnecting …' : `reconnecting in ${seconds} s …`}${queue}` }
    }
    case 'offline': {
      // Without a reason nothing has been tried yet: the first screen is drawn before the first attempt.
      if (connection.error === undefined) return { level: 'busy', text: `◌ connecting …${queue}` }
      return { level: 'bad', text: `○ offline: ${ERRORS[connection.error.code].says}${queue}` }
    }
  }
}
