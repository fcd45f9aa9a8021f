/**
 * Requests with replies, and notifications, both ways over one ByteStream.
 *
 * Owns: matching replies to requests, deadlines, the bound on requests under way, what a malformed frame costs.
 * Does not know: libp2p, what a method does, who the far side is beyond `stream.remotePeer`.
 * Spec: docs/protocol/framing.md. Numbers and schemas: methods.ts.
 */
import type { ByteStream } from './byte-stream.ts'
import type { Clock, Timer } from './clock.ts'
import { ProtocolError, isProtocolError } from './errors.ts'
import { FrameReader, encodeFrame, frameHeaderBytes, frameTypes, type Frame } from './frames.ts'
import { limits } from './limits.ts'
import type { Method, Notification } from './methods.ts'
import { decode, encode } from './wire/codec.ts'
import { Failure } from './wire/gen/service.js'

export interface CallOptions {
  signal?: AbortSignal
  /** default limits.requestTimeoutMs */
  timeoutMs?: number
}

/** `body` and what it refers to are views of the received bytes: copy what is kept. */
export type RequestHandler<Request, Reply> = (request: Request, channel: Channel) => Promise<Partial<Reply>> | Partial<Reply>
export type NotificationHandler<Body> = (body: Body, channel: Channel) => void

export interface ChannelMeter {
  /** A frame came in that could not be read or was refused. */
  refused? (code: string, method: string): void
  /** A handler threw something that is not a ProtocolError: a defect of ours. */
  failed? (method: string, error: unknown): void
}

interface Inbound {
  name: string
  maxBytes: number
  answer? (body: Uint8Array, channel: Channel): Promise<Uint8Array> | Uint8Array
  notice? (body: Uint8Array, channel: Channel): void
}

/** What one side serves. Built once, shared by every channel of a service. */
export class Handlers {
  readonly #byId = new Map<number, Inbound>()

  on<Request, Reply> (method: Method<Request, Reply>, handler: RequestHandler<Request, Reply>): this {
    this.#byId.set(method.id, {
      name: method.name,
      maxBytes: method.maxRequestBytes,
      answer: (body, channel) => {
        const reply = handler(decode(method.request, body), channel)
        return reply instanceof Promise ? reply.then((value) => encode(method.reply, value)) : encode(method.reply, reply)
      }
    })
    return this
  }

  onNotification<Body> (kind: Notification<Body>, handler: NotificationHandler<Body>): this {
    this.#byId.set(kind.id, { name: kind.name, maxBytes: kind.maxBytes, notice: (body, channel) => { handler(decode(kind.body, body), channel) } })
    return this
  }

  get (id: number): Inbound | undefined { return this.#byId.get(id) }
}

/** What fits into a frame. */
const maxBodyBytes = limits.frameBytes - frameHeaderBytes

/** The far side would refuse more, or give the whole stream up. */
function checkSize (body: Uint8Array, maxBytes: number, what: string): void {
  const max = Math.min(maxBytes, maxBodyBytes)
  if (body.byteLength > max) throw new ProtocolError('TOO_LARGE', { max, what })
}

interface Waiting {
  resolve (body: Uint8Array): void
  reject (error: Error): void
  timer: Timer
}

export class Channel {
  readonly stream: ByteStream
  readonly #handlers: Handlers
  readonly #clock: Clock
  readonly #meter: ChannelMeter
  readonly #reader = new FrameReader(limits.frameBytes)
  readonly #waiting = new Map<number, Waiting>()
  readonly #closeListeners: Array<(error?: Error) => void> = []
  #nextId = 1
  /** Since when the frame that is coming in has been coming in. */
  #inFrameSinceMs: number | undefined
  #heardAtMs: number
  #serving = 0
  /** Runs while nothing more is read; then what had come by then is served. */
  #pause: { readonly timer: Timer, onOver? (): void } | undefined
  /** What has come and was not served yet, oldest first. */
  #held: Frame[] = []
  #isServingHeld = false
  /** The stream was told to pause, and not to go on. */
  #isUnread = false
  #malformed = 0
  #closed: { error?: Error } | undefined
  /** Given up by us: what still arrives is not looked at, also when the stream takes a while to end. */
  #isAborted = false

  constructor (stream: ByteStream, components: { handlers: Handlers, clock: Clock, meter?: ChannelMeter }) {
    this.stream = stream
    this.#handlers = components.handlers
    this.#clock = components.clock
    this.#meter = components.meter ?? {}
    this.#heardAtMs = components.clock.nowMs()
  }

  /** Start reading. Listeners added before are sure to hear of the end. */
  start (): this {
    this.stream.start({
      onData: (chunk) => { this.#onData(chunk) },
      onClose: (error) => { this.#onClose(error) }
    })
    return this
  }

  /** What the far side may send in one frame from now on: a stranger needs less than a device. At most limits.frameBytes. */
  limitFrames (maxFrameBytes: number): void { this.#reader.maxFrameBytes = Math.min(maxFrameBytes, limits.frameBytes) }

  /**
   * Nothing of the far side is served for so long, and its stream is not read: it is slowed down instead of being told no, again and
   * again. What it answers to us and acknowledges waits as well: for a moment only.
   * @param onOver it is read again, or gone
   * @returns false: it is not read already, or gone
   */
  readLater (ms: number, onOver?: () => void): boolean {
    if (this.#isOver || this.#pause !== undefined) return false
    this.#isUnread = true
    this.stream.pause?.()
    this.#pause = { timer: this.#clock.after(ms, () => { this.readNow() }), ...(onOver === undefined ? {} : { onOver }) }
    return true
  }

  /** Before the time is over. */
  readNow (): void {
    if (this.#pause === undefined) return
    this.#endPause()
    this.#serve([])
  }

  #endPause (): void {
    const pause = this.#pause
    this.#pause = undefined
    pause?.timer.cancel()
    pause?.onOver?.()
  }

  get isClosed (): boolean { return this.#closed !== undefined }

  /** When something came last. */
  get heardAtMs (): number { return this.#heardAtMs }

  /** Something was asked, and not answered yet. */
  get isWaiting (): boolean { return this.#waiting.size > 0 }

  onClose (listener: (error?: Error) => void): void {
    if (this.#closed !== undefined) listener(this.#closed.error)
    else this.#closeListeners.push(listener)
  }

  /** @throws ProtocolError: what the far side answered, TOO_LARGE, TIMEOUT, DISCONNECTED, or the signal's reason */
  async call<Request, Reply> (method: Method<Request, Reply>, request: Partial<Request>, options: CallOptions = {}): Promise<Reply> {
    const body = encode(method.request, request)
    checkSize(body, method.maxRequestBytes, method.name)
    return decode(method.reply, await this.#request(method.id, body, options))
  }

  /** @throws ProtocolError TOO_LARGE. A closed channel drops it. */
  notify<Body> (kind: Notification<Body>, body: Partial<Body>): void {
    if (this.#closed !== undefined) return
    const bytes = encode(kind.body, body)
    checkSize(bytes, kind.maxBytes, kind.name)
    this.stream.send(encodeFrame(frameTypes.notification, kind.id, 0, bytes))
  }

  /**
   * A notification that was encoded before, for who sends the same to many: header (writeFrameHeader) and body.
   * @param frame may be sent on other channels too; never changed afterwards. @throws ProtocolError TOO_LARGE
   */
  notifyFrame<Body> (kind: Notification<Body>, frame: Uint8Array): void {
    if (frame.byteLength - frameHeaderBytes > Math.min(kind.maxBytes, maxBodyBytes)) throw new ProtocolError('TOO_LARGE', { max: kind.maxBytes, what: kind.name })
    if (this.#closed === undefined) this.stream.send(frame)
  }

  async close (): Promise<void> { await this.stream.close() }
  abort (error: Error): void {
    this.#isAborted = true
    this.#held = []
    this.#endPause()
    this.stream.abort(error)
  }

  #request (method: number, body: Uint8Array, { signal, timeoutMs = limits.requestTimeoutMs }: CallOptions): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) { reject(signal.reason as Error); return }
      if (this.#closed !== undefined) { reject(new ProtocolError('DISCONNECTED', { cause: this.#closed.error })); return }
      const id = this.#nextId
      this.#nextId = (this.#nextId + 1) >>> 0 || 1
      const settle = (): void => {
        this.#waiting.delete(id)
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      const onAbort = (): void => { settle(); reject(signal!.reason as Error) }
      const timer = this.#clock.after(timeoutMs, () => { settle(); reject(new ProtocolError('TIMEOUT')) })
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.set(id, {
        timer,
        resolve: (value) => { settle(); resolve(value) },
        reject: (error) => { settle(); reject(error) }
      })
      this.stream.send(encodeFrame(frameTypes.request, method, id, body))
    })
  }

  #onData (chunk: Uint8Array): void {
    if (this.#isOver) return
    this.#heardAtMs = this.#clock.nowMs()
    try {
      const frames = this.#reader.push(chunk)
      this.#checkPace(frames.length)
      this.#serve(frames)
    } catch (error) {
      // The stream cannot be cut into frames any more, or this peer has sent too many bad ones.
      this.#meter.refused?.(isProtocolError(error) ? error.code : 'INTERNAL', 'frame')
      if (!isProtocolError(error)) this.#meter.failed?.('frame', error)
      this.abort(error as Error)
    }
  }

  #serve (frames: readonly Frame[]): void {
    this.#held.push(...frames)
    // Whoever is served may end a pause: what came before goes first all the same.
    if (this.#isServingHeld) return
    this.#isServingHeld = true
    let served = 0
    // A frame may have ended the channel: those behind it in the same chunk are not served any more.
    while (served < this.#held.length && this.#pause === undefined && !this.#isOver) this.#onFrame(this.#held[served++]!)
    this.#held.splice(0, served)
    this.#isServingHeld = false
    if (!this.#isUnread || this.#pause !== undefined || this.#isOver) return
    this.#isUnread = false
    this.stream.resume?.()
  }

  /** [REJECT] a frame a byte at a time holds memory for as long as it likes. @throws ProtocolError TIMEOUT */
  #checkPace (frames: number): void {
    if (!this.#reader.isInFrame) { this.#inFrameSinceMs = undefined; return }
    const nowMs = this.#clock.nowMs()
    if (frames > 0 || this.#inFrameSinceMs === undefined || this.#inFrameSinceMs > nowMs) this.#inFrameSinceMs = nowMs
    else if (nowMs - this.#inFrameSinceMs > limits.frameTimeoutMs) throw new ProtocolError('TIMEOUT', { what: 'frame' })
  }

  get #isOver (): boolean { return this.#closed !== undefined || this.#isAborted }

  #onFrame (frame: Frame): void {
    switch (frame.type) {
      case frameTypes.reply:
        this.#waiting.get(frame.id)?.resolve(frame.body.slice())
        return
      case frameTypes.failure: {
        const waiting = this.#waiting.get(frame.id)
        if (waiting === undefined) return
        try {
          const failure = decode(Failure, frame.body)
          waiting.reject(ProtocolError.fromStatus(failure.status, {
            ...(failure.retryAfterMs > 0 ? { retryAfterMs: failure.retryAfterMs } : {}),
            ...(failure.max > 0 ? { max: failure.max } : {}),
            ...(failure.record === undefined ? {} : { record: failure.record.slice() })
          }))
        } catch (error) {
          waiting.reject(error as Error)
          this.#countMalformed()
        }
        return
      }
      case frameTypes.request:
        this.#onRequest(frame)
        return
      case frameTypes.notification:
        this.#onNotification(frame)
        return
      default:
        this.#refuse(frame, new ProtocolError('MALFORMED', { what: 'frame type' }))
    }
  }

  #onRequest (frame: Frame): void {
    const inbound = this.#handlers.get(frame.method)
    try {
      if (inbound?.answer === undefined) throw new ProtocolError('UNKNOWN_METHOD')
      if (frame.body.byteLength > inbound.maxBytes) throw new ProtocolError('TOO_LARGE', { max: inbound.maxBytes })
      if (this.#serving >= limits.requestsInFlight) throw new ProtocolError('OVERLOADED', { retryAfterMs: limits.retryBaseMs })
      const reply = inbound.answer(frame.body, this)
      if (!(reply instanceof Promise)) { this.#reply(frame, reply); return }
      this.#serving++
      reply.then(
        (body) => { this.#serving--; this.#reply(frame, body) },
        (error: unknown) => { this.#serving--; this.#refuse(frame, error) }
      )
    } catch (error) {
      this.#refuse(frame, error)
    }
  }

  #onNotification (frame: Frame): void {
    const inbound = this.#handlers.get(frame.method)
    try {
      if (inbound?.notice === undefined) throw new ProtocolError('UNKNOWN_METHOD')
      if (frame.body.byteLength > inbound.maxBytes) throw new ProtocolError('TOO_LARGE', { max: inbound.maxBytes })
      inbound.notice(frame.body, this)
    } catch (error) {
      this.#refuse(frame, error)
    }
  }

  #reply (frame: Frame, body: Uint8Array): void {
    if (body.byteLength > maxBodyBytes) { this.#refuse(frame, new Error(`a reply of ${body.byteLength} bytes`)); return }
    if (this.#closed === undefined) this.stream.send(encodeFrame(frameTypes.reply, frame.method, frame.id, body))
  }

  /** Answer with a typed error; a notification has nobody to answer to and is only counted. */
  #refuse (frame: Frame, thrown: unknown): void {
    const name = this.#handlers.get(frame.method)?.name ?? 'unknown'
    const error = isProtocolError(thrown) ? thrown : new ProtocolError('INTERNAL', { cause: thrown })
    if (error !== thrown) this.#meter.failed?.(name, thrown)
    this.#meter.refused?.(error.code, name)
    if (frame.type === frameTypes.request && this.#closed === undefined) {
      this.stream.send(encodeFrame(frameTypes.failure, frame.method, frame.id, encode(Failure, {
        status: error.status,
        retryAfterMs: error.details.retryAfterMs ?? 0,
        max: error.details.max ?? 0,
        ...(error.details.record === undefined ? {} : { record: error.details.record })
      })))
    }
    if (error.code === 'MALFORMED') this.#countMalformed()
  }

  #countMalformed (): void {
    if (++this.#malformed >= limits.malformedFrames) this.abort(new ProtocolError('MALFORMED', { what: 'again and again' }))
  }

  #onClose (error?: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = error === undefined ? {} : { error }
    this.#held = []
    this.#endPause()
    const lost = new ProtocolError('DISCONNECTED', error === undefined ? {} : { cause: error })
    for (const waiting of [...this.#waiting.values()]) waiting.reject(lost)
    for (const listener of this.#closeListeners.splice(0)) listener(error)
  }
}
