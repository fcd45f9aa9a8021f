/**
 * What can be typed after a slash. Pure: text in, intention out.
 *
 * Most of it is a command of `heliograph`, with the open conversation and a message of it filled in: what can be done in the
 * chat can be done in a script, and the other way round.
 */

/** Stand in `args` for the open conversation, and for the message that is meant. */
export const chatPlace = '\u0000chat'
export const messagePlace = '\u0000message'
/** The other person of the open conversation: there is none in a group. */
export const personPlace = '\u0000person'

/** Which message is meant when none is named: the newest that came, of one's own, of any kind, with a poll, to be seen once. */
export type MessageKind = 'incoming' | 'own' | 'any' | 'poll' | 'once'

export type ChatCommand =
  | { readonly kind: 'say', readonly text: string }
  | { readonly kind: 'reply', readonly text: string, readonly message?: string }
  | { readonly kind: 'help', readonly topic?: string }
  | { readonly kind: 'add', readonly who: string, readonly name?: string }
  | { readonly kind: 'chat', readonly who: string }
  | { readonly kind: 'verify', readonly answer?: 'yes' | 'no' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' }
  /** A command of `heliograph`. `message`: what was named, else which to take; absent: it needs none. */
  | { readonly kind: 'run', readonly args: readonly string[], readonly message?: { readonly named?: string, readonly kind: MessageKind } }
  /** Not understood; a sentence that helps. */
  | { readonly kind: 'wrong', readonly sentence: string }

type Help = ReadonlyArray<readonly [what: string, does: string]>

/** By topic. */
export const chatHelp: Readonly<Record<string, Help>> = {
  basics: [
    ['/add WHO [NAME]', 'add a person by handle, account id or invite link'],
    ['/chat NAME', 'switch to a conversation'],
    ['/verify', 'show the safety number; /verify yes when it matches'],
    ['/invite', 'show a link by which others add you'],
    ['/quit', 'leave (also Ctrl-C)'],
    ['Tab, Shift-Tab', 'next conversation; completes @names'],
    ['↑ ↓', 'what you sent before'],
    ['Ctrl-↑', 'select a message; keys act on it'],
    ['PgUp, PgDn', 'scroll the messages'],
    ['Alt-Enter', 'new line in a message'],
    ['//text', 'send a message that starts with a slash']
  ],
  messages: [
    ['/reply TEXT', 'answer the newest message that came'],
    ['/react 👍', 'put an emoji on it; alone: take it back'],
    ['/edit TEXT', 'change your newest message'],
    ['/delete [me]', 'delete yours for all, or only here'],
    ['/forward WHO…', 'send it on'],
    ['/info', 'times and receipts of your newest'],
    ['/star, /unstar', 'keep it; /starred lists them'],
    ['/pin, /unpin', 'pin it for all; /pins lists them'],
    ['/poll "Q" A B …', 'a poll; /poll several "Q" A B …'],
    ['/vote N…', 'vote in the newest poll'],
    ['/once TEXT', 'to be seen once; /open looks at one'],
    ['/location LAT,LON', 'a place; /card WHO a contact'],
    ['#1f3a9c', 'after a command: which message']
  ],
  chats: [
    ['/mute [8h|off]', 'no notice of what comes'],
    ['/archive [off]', 'out of the list until more comes'],
    ['/timer 1d|off', 'disappear so long after reading'],
    ['/draft', 'what was begun here is kept'],
    ['/accept', 'say yes to a stranger or a group'],
    ['/decline', 'say no: it goes, no more is shown'],
    ['/requests', 'what strangers have sent'],
    ['/block [WHO]', 'hear nothing of them; /unblock'],
    ['/report FILE', 'the newest messages as a file'],
    ['/broadcast …', 'create NAME WHO…, list, send NAME TEXT']
  ],
  groups: [
    ['/group create NAME WHO…', 'make one; "quote more words"'],
    ['/group', 'members, settings, links'],
    ['/group add WHO…', 'remove promote demote transfer'],
    ['/group rename NAME', 'describe TEXT, icon FILE'],
    ['/group settings', '--send|--add|--edit admins'],
    ['/group link', '--expires 7d --uses 5'],
    ['/group revoke ID', 'take a link back'],
    ['/group join LINK', 'get in by a link'],
    ['/group leave', 'leave the open one'],
    ['/group reanchor', 'its relay is gone for good'],
    ['/info', 'who has read your newest']
  ],
  you: [
    ['/profile', 'what they say of themselves'],
    ['/profile name NAME', 'yours; about TEXT'],
    ['/profile picture FILE', 'JPEG or PNG, 16 KiB at most'],
    ['/devices', 'the devices of your account'],
    ['/devices approve CODE', 'link another one'],
    ['/devices unlink NAME', 'log one out; /devices rename'],
    ['/home', 'your relay; /home standby|move NAME'],
    ['/presence', 'who is there'],
    ['/policy', 'who may know: --online contacts']
  ]
}

const takesNothing = { '/invite': 'invite', '/quit': 'quit', '/exit': 'quit', '/q': 'quit' } as const

const run = (...args: string[]): ChatCommand => ({ kind: 'run', args })
const wrong = (sentence: string): ChatCommand => ({ kind: 'wrong', sentence })

/** Words, with "quoted ones" as one. */
export function wordsOf (text: string): string[] {
  return [...text.matchAll(/["“„]([^"”“]*)["”“]|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
}

/** `#1f3a9c` at the beginning names a message. */
function withoutMessage (text: string): { readonly named?: string, readonly rest: string } {
  const [whole, named] = /^#([0-9a-f]{4,32})(?:\s+|$)/i.exec(text) ?? []
  return named === undefined ? { rest: text } : { named, rest: text.slice(whole!.length) }
}

function onMessage (text: string, kind: MessageKind, args: (rest: string) => readonly string[]): ChatCommand {
  const { named, rest } = withoutMessage(text)
  return { kind: 'run', args: args(rest), message: { kind, ...(named === undefined ? {} : { named }) } }
}

const groupActs = new Set(['show', 'add', 'remove', 'leave', 'promote', 'demote', 'transfer', 'rename', 'describe', 'icon', 'settings', 'link', 'revoke', 'receipts', 'reanchor'])
/** Whose one argument is everything that follows. */
const takesText = new Set(['rename', 'describe'])

/** By name; `text` is what follows, `words` the same as words. */
const commands: Readonly<Record<string, (text: string, words: readonly string[]) => ChatCommand>> = {
  '/react': (text) => onMessage(text, 'incoming', (rest) => ['message', 'react', chatPlace, messagePlace, ...(rest === '' ? [] : [rest])]),
  '/edit': (text) => withoutMessage(text).rest === '' ? wrong('What should it say? /edit TEXT') : onMessage(text, 'own', (rest) => ['message', 'edit', chatPlace, messagePlace, '--', rest]),
  '/delete': (text) => onMessage(text, 'own', (rest) => ['message', 'delete', chatPlace, messagePlace, ...(rest === 'me' ? ['--for-me'] : [])]),
  '/star': (text) => onMessage(text, 'any', () => ['message', 'star', chatPlace, messagePlace]),
  '/unstar': (text) => onMessage(text, 'any', () => ['message', 'star', chatPlace, messagePlace, '--remove']),
  '/starred': () => run('message', 'starred'),
  '/pin': (text) => onMessage(text, 'any', () => ['message', 'pin', chatPlace, messagePlace]),
  '/unpin': (text) => onMessage(text, 'any', () => ['message', 'pin', chatPlace, messagePlace, '--remove']),
  '/pins': () => run('conversation', 'pins', chatPlace),
  '/forward': (text) => withoutMessage(text).rest === '' ? wrong('To whom? /forward NAME') : onMessage(text, 'any', (rest) => ['message', 'forward', chatPlace, messagePlace, '--', ...wordsOf(rest)]),
  '/vote': (text) => onMessage(text, 'poll', (rest) => ['message', 'vote', chatPlace, messagePlace, '--', ...wordsOf(rest)]),
  '/open': (text) => onMessage(text, 'once', () => ['message', 'open', chatPlace, messagePlace]),
  '/info': (text) => onMessage(text, 'own', () => ['message', 'info', chatPlace, messagePlace]),
  '/poll' (_text, words) {
    const isSeveral = words[0] === 'several'
    const [question, ...options] = isSeveral ? words.slice(1) : words
    if (question === undefined || options.length < 2) return wrong('A poll needs a question and two answers or more: /poll "Which day?" Monday Tuesday')
    return run('send', chatPlace, '--poll', question, ...options.flatMap((option) => ['--option', option]), ...(isSeveral ? ['--several'] : []))
  },
  '/location': (text) => text === '' ? wrong('Where? /location 52.52,13.40,Berlin') : run('send', chatPlace, `--location=${text}`),
  '/card': (text) => text === '' ? wrong('Whose? /card NAME') : run('send', chatPlace, '--contact', text),
  '/once': (text) => text === '' ? wrong('What should they see once? /once TEXT') : run('send', chatPlace, '--view-once', '--', text),
  '/mute': (text) => run('conversation', 'mute', chatPlace, ...(text === 'off' ? ['--off'] : text === '' ? [] : ['--for', text])),
  '/unmute': () => run('conversation', 'mute', chatPlace, '--off'),
  '/archive': (text) => run('conversation', 'archive', chatPlace, ...(text === 'off' ? ['--off'] : [])),
  '/unarchive': () => run('conversation', 'archive', chatPlace, '--off'),
  '/timer': (text) => text === '' ? wrong('For how long? /timer 1d, /timer off') : run('conversation', 'timer', chatPlace, text),
  '/draft': () => run('conversation', 'draft', chatPlace),
  '/accept': (text) => run('request', 'accept', text === '' ? chatPlace : text),
  '/decline': (text) => run('request', 'decline', text === '' ? chatPlace : text),
  '/requests': () => run('request', 'list'),
  '/block': (text) => run('contact', 'block', text === '' ? personPlace : text),
  '/unblock': (text) => run('contact', 'unblock', text === '' ? personPlace : text),
  '/blocked': () => run('contact', 'blocked'),
  '/report' (_text, [file, ...reason]) {
    return file === undefined ? wrong('To which file? /report FILE [REASON]') : run('contact', 'report', personPlace, '--file', file, ...(reason.length === 0 ? [] : ['--reason', reason.join(' ')]))
  },
  '/broadcast': (_text, words) => words.length === 0 ? run('broadcast', 'list') : run('broadcast', ...words),
  '/group' (text, [act = 'show', ...words]) {
    if (['create', 'list', 'join'].includes(act)) return run('group', act, ...words)
    if (!groupActs.has(act)) return wrong(`There is no /group ${act.slice(0, 20)}. /help groups lists what there is.`)
    return run('group', act, chatPlace, ...(takesText.has(act) && words.length > 0 && !text.includes('"') ? ['--', words.join(' ')] : words))
  },
  '/groups': () => run('group', 'list'),
  '/profile' (text, [what, ...words]) {
    const value = text.slice((what ?? '').length).trim()
    if (what === undefined) return run('profile', 'show', personPlace)
    if (['name', 'about', 'picture'].includes(what) && words.length > 0) return run('profile', 'set', `--${what}=${value}`)
    return what === 'me' ? run('profile', 'show') : run('profile', 'show', text)
  },
  '/devices' (_text, words) { return words.length === 0 ? run('device', 'list') : words[0] === 'link' ? wrong('"heliograph device link" is for the new device, which has no account yet.') : run('device', ...words) },
  '/home': (_text, words) => words.length === 0 ? run('home', 'show') : run('home', ...words),
  '/presence': (_text, words) => run('presence', 'show', ...words),
  '/policy': (_text, words) => run('presence', 'policy', ...words)
}
const aliases: Readonly<Record<string, string>> = { '/device': '/devices', '/?': '/help' }

/** Everything that can stand after a slash, for completion. */
export const chatCommandNames: readonly string[] = ['/add', '/chat', '/help', '/invite', '/quit', '/reply', '/verify', ...Object.keys(commands)].sort()

export function parseChatLine (line: string): ChatCommand {
  if (line.trim() === '') return { kind: 'nothing' }
  if (line.startsWith('//')) return { kind: 'say', text: line.slice(1) }
  if (!line.startsWith('/')) return { kind: 'say', text: line }
  const [typed = '', ...rest] = line.trim().split(/\s+/)
  const name = aliases[typed] ?? typed
  const argument = rest.join(' ')
  /** As it was typed, with its line ends and spaces. */
  const text = line.trim().slice(typed.length).trim()
  if (Object.hasOwn(takesNothing, name)) return { kind: takesNothing[name as keyof typeof takesNothing] }
  if (Object.hasOwn(commands, name)) return commands[name]!(text, wordsOf(text))
  switch (name) {
    case '/help': return { kind: 'help', ...(argument === '' ? {} : { topic: argument.toLowerCase() }) }
    case '/reply': {
      const { named, rest: answer } = withoutMessage(text)
      return answer === '' ? wrong('What do you want to answer? /reply TEXT') : { kind: 'reply', text: answer, ...(named === undefined ? {} : { message: named }) }
    }
    case '/add': {
      const [who, ...named] = rest
      if (who === undefined) return wrong('Whom? Give a handle, an account id or an invite link: /add ada@eu-1.example.org')
      return { kind: 'add', who, ...(named.length === 0 ? {} : { name: named.join(' ') }) }
    }
    case '/chat':
      return argument === '' ? wrong('With whom? /chat NAME') : { kind: 'chat', who: argument }
    case '/verify':
      if (argument === '') return { kind: 'verify' }
      if (argument === 'yes' || argument === 'no') return { kind: 'verify', answer: argument }
      return wrong('Say /verify to see the number, /verify yes when both of you see the same, /verify no to take it back.')
    default:
      return wrong(`There is no ${name.slice(0, 20)}. /help lists what there is.`)
  }
}
