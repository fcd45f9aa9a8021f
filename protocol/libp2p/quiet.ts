/**
 * A logger for libp2p that says nothing and costs nothing.
 *
 * libp2p makes a new logger scope per connection and stream and formats names for it; with this one shared object
 * an idle connection is some KB lighter. What operators need to see is logged and counted by our own layers.
 */
import type { ComponentLogger, Logger } from '@libp2p/interface'

const quiet: Logger = Object.assign(() => {}, {
  error: () => {},
  trace: () => {},
  enabled: false,
  newScope: (): Logger => quiet
})

export const quietLogger: ComponentLogger = { forComponent: () => quiet }
