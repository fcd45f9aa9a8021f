/**
 * What can be typed after a slash. Pure: text in, intention out.
 */
export type ChatCommand =
  | { readonly kind: 'say', readonly text: string }
  | { readonly kind: 'help' }
  | { readonly kind: 'add', readonly who: string, readonly name?: string }
  | { readonly kind: 'chat', readonly who: string }
  | { readonly kind: 'verify', readonly answer?: 'yes' | 'no' }
  | { readonly kind: 'invite' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'nothing' }
  /** Not understood; a sentence that helps. */
  | { readonly kind: 'wrong', readonly sentence: string }

export const chatHelp: ReadonlyArray<readonly [what: string, does: string]> = [
  ['/add WHO [NAME]', 'add a person by handle, account id or invite link'],
  ['/chat NAME', 'switch to a conversation'],
  ['/verify', 'show the safety number; /verify yes when it matches'],
  ['/invite', 'show a link by which others add you'],
  ['/quit', 'leave (also Ctrl-C)'],
  ['Tab, Shift-Tab', 'next, previous conversation'],
  ['↑ ↓', 'what you sent before'],
  ['PgUp, PgDn', 'scroll the messages'],
  ['Alt-Enter', 'new line in a message'],
  ['//text', 'send a message that starts with a slash']
]

const takesNothing = { '/help': 'help', '/?': 'help', '/invite': 'invite', '/quit': 'quit', '/exit': 'quit', '/q': 'quit' } as const

export function parseChatLine (line: string): ChatCommand {
  if (line.trim() === '') return { kind: 'nothing' }
  if (line.startsWith('//')) return { kind: 'say', text: line.slice(1) }
  if (!line.startsWith('/')) return { kind: 'say', text: line }
  const [name = '', ...rest] = line.trim().split(/\s+/)
  const argument = rest.join(' ')
  if (Object.hasOwn(takesNothing, name)) return { kind: takesNothing[name as keyof typeof takesNothing] }
  switch (name) {
    case '/add': {
      const [who, ...named] = rest
      if (who === undefined) return { kind: 'wrong', sentence: 'Whom? Give a handle, an account id or an invite link: /add ada@eu-1.example.org' }
      return { kind: 'add', who, ...(named.length === 0 ? {} : { name: named.join(' ') }) }
    }
    case '/chat':
      return argument === '' ? { kind: 'wrong', sentence: 'With whom? /chat NAME' } : { kind: 'chat', who: argument }
    case '/verify':
      if (argument === '') return { kind: 'verify' }
      if (argument === 'yes' || argument === 'no') return { kind: 'verify', answer: argument }
      return { kind: 'wrong', sentence: 'Say /verify to see the number, /verify yes when both of you see the same, /verify no to take it back.' }
    default:
      return { kind: 'wrong', sentence: `There is no ${name.slice(0, 20)}. /help lists what there is.` }
  }
}
