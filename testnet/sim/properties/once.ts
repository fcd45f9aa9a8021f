/** Nothing is shown twice: not under its id, not under another, not after a restart, and nothing that nobody wrote. */
import type { Property } from './property.ts'

export const once: Property = {
  name: 'nothing twice',
  watch (world, report) {
    const seen = new Map<unknown, Set<string>>()
    world.onShownListeners.push((device, { chat, text }) => {
      let shown = seen.get(device)
      if (shown === undefined) seen.set(device, shown = new Set())
      const key = `${chat} ${text}`
      if (shown.has(key)) report(`${device.name} shows "${world.readable(text)}" a second time`)
      shown.add(key)
      if (!world.said.some((said) => said.text === text)) report(`${device.name} shows what nobody wrote: "${world.readable(text)}"`)
    })
  },
  check ({ world, histories }) {
    const violations = []
    for (const [device, chats] of histories) {
      for (const messages of chats.values()) {
        const texts = messages.filter(({ state, direction }) => state !== 'failed' || direction === 'out').map(({ text }) => text)
        if (new Set(texts).size === texts.length) continue
        for (const text of new Set(texts.filter((one, i) => texts.indexOf(one) !== i))) violations.push(`${device.name} has "${world.readable(text)}" twice`)
      }
    }
    return violations
  }
}
