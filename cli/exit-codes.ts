/**
 * How the `heliograph` command ends. Scripts rely on these; they are never renumbered. Table in docs/cli.md.
 */
export const exitCodes = {
  ok: 0,
  /** It did not work, and trying again will not help. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Not now: no connection, a busy relay, a time limit. What was to be sent is kept and sent later. */
  later: 3,
  /** The person, account, handle or scenario does not exist. */
  notFound: 4,
  /** Ended by Ctrl-C. */
  interrupted: 130
} as const
