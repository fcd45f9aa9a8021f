/**
 * Puts the chat on the terminal's second screen and takes it down again, whatever ends it.
 */
import { render } from 'ink'
import type { ChatId, ClientLike, Context } from '../context.ts'
import { ChatApp } from './chat-app.ts'
import { ChatController } from './chat-controller.ts'
import type { RunInChat } from './chat-run.ts'
import { h } from './components/h.ts'

// Terminals disagree on how wide some emoji are (tmux gives a thumb with a skin tone four cells, others two). A line
// that turns out too long must lose its end, not push all that follows down by one.
const autoWrap = { off: '\u001b[?7l', on: '\u001b[?7h' }



export async function runChatScreen (client: ClientLike, context: Context, { openWith, signal, run }: { openWith?: ChatId, signal: AbortSignal, run: RunInChat }): Promise<void> {
  const controller = new ChatController(client, {
    nowMs: context.nowMs,
    after (delayMs, task) {
      const timer = setTimeout(task, delayMs)
      return () => { clearTimeout(timer) }
    }
  }, run)
  await controller.start(openWith)
  context.stdout.write(autoWrap.off)
  const screen = render(h(ChatApp, { controller }), {
    stdout: context.stdout as NodeJS.WriteStream,
    stdin: context.stdin as NodeJS.ReadStream,
    stderr: context.stderr as NodeJS.WriteStream,
    alternateScreen: true,
    exitOnCtrlC: false,
    incrementalRendering: true,
    maxFps: 30,
    interactive: true
  })
  const onAbort = (): void => { screen.unmount() }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    client.start()
    await screen.waitUntilExit()
  } finally {
    signal.removeEventListener('abort', onAbort)
    controller.stop()
    await controller.drafts.stored()
    context.stdout.write(autoWrap.on)
  }
}
