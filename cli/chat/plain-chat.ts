/**
 * The chat without a terminal: lines in, lines out. For pipes, screen readers and terminals that cannot move a cursor.
 */
import { createInterface } from 'node:readline'
import { isPairChat } from '../../client/chat-id.ts'
import type { ClientLike, Context } from '../context.ts'
import { say } from '../context.ts'
import { messageLine, printable, printableName } from '../describe-messages.ts'
import { safetyNumberLines, shortId } from '../describe-people.ts'
import { aboutPerson, aboutText } from '../explain.ts'
import { failureOf } from '../failure.ts'
import { parseChatLine } from './chat-commands.ts'
import { connectionText } from './connection-text.ts'

type AccountId = NonNullable<ClientLike['account']>['id']
type ChatId = Awaited<ReturnType<ClientLike['send']>>['chat']

export async function plainChat (client: ClientLike, context: Context, { openWith, signal }: { openWith?: AccountId, signal: AbortSignal }): Promise<void> {
  const names = new Map<ChatId, string>((await client.contacts()).map((contact) => [contact.account, contact.name]))
  const nameOf = (chat: ChatId): string => printableName(names.get(chat) ?? shortId(chat))
  let current: ChatId | undefined = openWith ?? (await client.conversations()).at(0)?.chat ?? (await client.contacts()).at(0)?.account
  let lastShown = ''
  const unsubscribe = [
    client.on('message', (message) => {
      say(context, messageLine(message, nameOf(message.chat)))
      if (message.chat === current) client.markRead(message.chat).catch((error: unknown) => { say(context, failureOf(error).sentence) })
    }),
    client.on('update', (message) => { say(context, messageLine(message, nameOf(message.chat))) }),
    client.on('contact', (contact) => { names.set(contact.account, contact.name) }),
    client.on('warning', (warning) => { say(context, `! ${printable(warning.text)}`) }),
    client.on('connection', (connection) => {
      const { text } = connectionText({ connection, retryAtMs: connection.retryInMs ?? 0, nowMs: 0, waiting: 0 })
      if (text !== lastShown) say(context, text)
      lastShown = text
    })
  ]
  const enter = async (line: string): Promise<boolean> => {
    const command = parseChatLine(line)
    switch (command.kind) {
      case 'nothing': return true
      case 'quit': return false
      case 'wrong': say(context, command.sentence); return true
      case 'help': say(context, 'A line is a message. /chat NAME, /add WHO [NAME], /verify [yes|no], /invite, /quit'); return true
      case 'invite': say(context, client.inviteLink()); return true
      case 'add': {
        const contact = await client.addContact(command.who, command.name === undefined ? {} : { name: command.name }).catch((error: unknown) => { throw aboutPerson(error, command.who) })
        current = contact.account
        say(context, `Writing to ${printableName(contact.name)} now.`)
        return true
      }
      case 'chat': {
        const contact = await client.contact(command.who)
        if (contact === undefined) { say(context, `There is no contact called ${printableName(command.who)}.`); return true }
        current = contact.account
        for (const message of await client.history(contact.account, { limit: 10 })) say(context, messageLine(message, contact.name))
        return true
      }
      case 'verify': {
        if (current === undefined) { say(context, 'Open a conversation first: /chat NAME'); return true }
        if (!isPairChat(current)) { say(context, 'A safety number belongs to one person: open the conversation with them.'); return true }
        if (command.answer !== undefined) await client.setVerified(current, command.answer === 'yes')
        const { digits, isVerified } = await client.safetyNumber(current)
        say(context, `Safety number with ${nameOf(current)} (${isVerified ? 'verified' : 'not verified'}):`)
        for (const row of safetyNumberLines(digits)) say(context, `  ${row}`)
        return true
      }
      case 'say':
        if (current === undefined) say(context, 'There is nobody to write to yet: /add WHO')
        else say(context, messageLine(await client.send(current, command.text).catch((error: unknown) => { throw aboutText(error, command.text) }), nameOf(current)))
        return true
    }
  }
  const input = createInterface({ input: context.stdin, signal })
  // From here on lines are kept: a pipe may have brought all of them, and its end, before the first is asked for.
  const lines = input[Symbol.asyncIterator]()
  try {
    client.start()
    if (current !== undefined) {
      for (const message of await client.history(current, { limit: 10 })) say(context, messageLine(message, nameOf(current)))
      say(context, `Writing to ${nameOf(current)}. /help lists what you can do.`)
      await client.markRead(current)
    }
    for (let next = await lines.next(); next.done !== true; next = await lines.next()) {
      const line = next.value
      try {
        if (!await enter(line)) break
      } catch (error) {
        say(context, failureOf(error).sentence)
      }
    }
  } finally {
    for (const stop of unsubscribe) stop()
    input.close()
  }
}
