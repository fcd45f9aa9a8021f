/**
 * A TCP port that stands for another one far away: what is sent to it arrives there, and back, after the delay of the
 * region pair. Can be cut and healed, and listened to.
 */
import { createServer, Socket, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../protocol/clock.ts'
import { DelayLine } from './delay-line.ts'

export interface DelayProxyOptions {
  readonly targetPort: number
  readonly clock: Clock
  readonly oneWayMs: number
  readonly jitterMs: number
  readonly fraction: () => number
  /** Sees every chunk, as it enters. */
  readonly tap?: (direction: 'there' | 'back', chunk: Uint8Array) => void
}

/** silence: nothing gets through, nobody is told, as when a cable is cut. reset: connections break at once. */
export type CutMode = 'silence' | 'reset'

/** What may be on the way in one direction before the sender has to wait. 80 ms at 400 Mbit/s are 4 MB. */
const maxQueuedBytes = 4 * 1024 * 1024

export class DelayProxy {
  readonly #options: DelayProxyOptions
  readonly #server: Server
  readonly #pairs = new Set<{ lines: DelayLine[], sockets: Socket[], connect: () => void }>()
  #cut: CutMode | undefined

  private constructor (options: DelayProxyOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => { this.#accept(socket) })
  }

  static async open (options: DelayProxyOptions): Promise<DelayProxy> {
    const proxy = new DelayProxy(options)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port (): number { return (this.#server.address() as AddressInfo).port }
  get connections (): number { return this.#pairs.size }

  cut (mode: CutMode): void {
    this.#cut = mode
    for (const pair of this.#pairs) {
      if (mode === 'reset') for (const socket of pair.sockets) socket.destroy()
      else for (const line of pair.lines) line.cut()
    }
  }

  heal (): void {
    this.#cut = undefined
    for (const pair of this.#pairs) {
      pair.connect()
      for (const line of pair.lines) line.heal()
    }
  }

  async close (): Promise<void> {
    const closed = new Promise<void>((resolve) => { this.#server.close(() => { resolve() }) })
    for (const pair of this.#pairs) for (const socket of pair.sockets) socket.destroy()
    await closed
  }

  #accept (near: Socket): void {
    if (this.#cut === 'reset') { near.resetAndDestroy(); return }
    const { targetPort, oneWayMs } = this.#options
    const far = new Socket({ allowHalfOpen: true })
    far.setNoDelay(true)
    let isDialled = false
    const connect = (): void => {
      if (isDialled || this.#cut !== undefined || near.destroyed) return
      isDialled = true
      far.connect(targetPort, '127.0.0.1')
    }
    // The dialler's own handshake was with us and cost nothing: its first bytes pay for the round trip.
    const there = this.#line('there', near, far, 2 * oneWayMs)
    const back = this.#line('back', far, near, 0)
    const pair = { lines: [there, back], sockets: [near, far], connect }
    this.#pairs.add(pair)
    const forget = (): void => {
      this.#pairs.delete(pair)
      for (const line of pair.lines) line.close()
    }
    for (const socket of pair.sockets) {
      // Broken rather than ended: what is on the way is lost, as it is when a host goes.
      socket.on('error', () => { near.destroy(); far.destroy() })
      socket.on('close', (hasError) => {
        if (hasError || this.#cut === 'reset') { near.destroy(); far.destroy() }
        // Ended well on one side: what is on the way to the other still arrives.
        if (near.destroyed && far.destroyed) forget()
      })
    }
    if (this.#cut === 'silence') for (const line of pair.lines) line.cut()
    connect()
  }

  #line (direction: 'there' | 'back', from: Socket, to: Socket, firstExtraMs: number): DelayLine {
    const { clock, oneWayMs, jitterMs, fraction, tap } = this.#options
    let extraMs = firstExtraMs
    const line = new DelayLine({
      clock,
      delayMs: oneWayMs,
      jitterMs,
      fraction,
      deliver: (item) => {
        if (to.destroyed) { from.destroy(); return }
        if (item === 'end') to.end()
        else if (!to.write(item)) from.pause()
        if (line.queuedBytes < maxQueuedBytes && !to.writableNeedDrain) from.resume()
      }
    })
    from.on('data', (chunk: Buffer) => {
      tap?.(direction, chunk)
      line.send(chunk, extraMs)
      extraMs = 0
      if (line.queuedBytes >= maxQueuedBytes) from.pause()
    })
    from.on('end', () => { line.send('end') })
    to.on('drain', () => { if (line.queuedBytes < maxQueuedBytes) from.resume() })
    return line
  }
}
