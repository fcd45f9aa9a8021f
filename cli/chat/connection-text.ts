/**
 * The state of the connection in a few words: what a person looks at when nothing seems to happen.
 */
import { ERRORS } from '../../protocol/errors.ts'
import { printableName } from '../describe-messages.ts'
import type { HomeChange } from '../../client/client.ts'
import type { ChatState } from './chat-state.ts'

export interface ConnectionText { readonly text: string, readonly level: 'good' | 'busy' | 'bad' }

/** One line for whoever reads the chat. */
export function homeChangeText ({ reason, from, to }: HomeChange): string {
  const [before, now] = [printableName(from.name), printableName(to.name)]
  switch (reason) {
    case 'dead': return `Your relay ${before} does not answer: you are at ${now} now. Your contacts need to do nothing.`
    case 'forgotten': return `Your relay ${before} has lost what it kept: you are at ${now} now, which has it. Your contacts need to do nothing.`
    case 'asked': return `You are at ${now} now, no longer at ${before}. Your contacts need to do nothing.`
    case 'followed': return `Your account has moved from ${before} to ${now}.`
  }
}

export function connectionText ({ connection, retryAtMs, nowMs, waiting }: Pick<ChatState, 'connection' | 'retryAtMs' | 'nowMs' | 'waiting'>): ConnectionText {
  const relay = connection.relay === undefined ? '' : printableName(connection.relay)
  const queue = waiting === 0 ? '' : ` · ${waiting} waiting`
  if (connection.guestOf !== undefined && connection.state !== 'online') {
    const home = relay === '' ? 'your relay' : relay
    return { level: 'busy', text: `◌ ${home} ${connection.error?.code === 'BLOCKED' ? 'does not serve you' : 'is away'} · writing over ${printableName(connection.guestOf)}${queue}` }
  }
  switch (connection.state) {
    case 'online': {
      const rtt = connection.rttMs === undefined ? '' : ` · ${connection.rttMs < 1 ? '<1' : Math.round(connection.rttMs)} ms`
      return { level: 'good', text: `● online${relay === '' ? '' : ` · ${relay}`}${rtt}${queue}` }
    }
    case 'connecting':
      return { level: 'busy', text: `◌ connecting${relay === '' ? '' : ` to ${relay}`} …${queue}` }
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil(((retryAtMs ?? nowMs) - nowMs) / 1000))
      // Waiting will not help: the person may want to live elsewhere.
      if (connection.error?.code === 'BLOCKED') return { level: 'bad', text: `○ ${relay === '' ? 'your relay' : relay} does not serve you (/home move)${queue}` }
      return { level: 'bad', text: `○ ${seconds === 0 ? 'reconnecting …' : `reconnecting in ${seconds} s …`}${queue}` }
    }
    case 'offline': {
      // Without a reason nothing has been tried yet: the first screen is drawn before the first attempt.
      if (connection.error === undefined) return { level: 'busy', text: `◌ connecting …${queue}` }
      return { level: 'bad', text: `○ offline: ${ERRORS[connection.error.code].says}${queue}` }
    }
  }
}
