/**
 * Hands a stream's elements to a consumer in batches that depend on nothing but how busy the consumer is: what arrives
 * while it waits is handed over at once, and what arrives while it works becomes the next batch. So a single element is
 * never late, and a flood is consumed in large batches.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Stream from "effect/Stream"

export interface Limits<A> {
  /** What an element counts: more than 0. */
  readonly costOf: (element: A) => number
  /** The most that a batch counts. An element that counts more is a batch by itself. */
  readonly most: number
}

interface Part<A> {
  readonly elements: ReadonlyArray<A>
  readonly cost: number
}

/** Splits elements so that no part counts more than a batch may. */
const split = <A>(elements: Iterable<A>, { costOf, most }: Limits<A>): ReadonlyArray<Part<A>> => {
  const parts: Array<Part<A>> = []
  let current: Array<A> = []
  let sum = 0
  const close = () => {
    if (current.length > 0) parts.push({ elements: current, cost: Math.min(sum, most) })
    current = []
    sum = 0
  }
  for (const element of elements) {
    const cost = costOf(element)
    if (sum + cost > most) close()
    current.push(element)
    sum += cost
  }
  close()
  return parts
}

/**
 * Consumes all of a stream, in order. Beside the batch that is being consumed, as much as one batch may count waits in
 * memory; then the stream is not read on. Fails as soon as the consumer fails. If the stream fails, what came before that is
 * consumed first.
 */
export const consume = <A, E, R, E2, R2>(
  source: Stream.Stream<A, E, R>,
  limits: Limits<A>,
  consumer: (batch: ReadonlyArray<A>) => Effect.Effect<void, E2, R2>
): Effect.Effect<void, E | E2, R | R2> =>
  Effect.gen(function*() {
    const room = yield* Effect.makeSemaphore(limits.most)
    const arrived = yield* Mailbox.make<Part<A>, E>()
    const arrive = (part: Part<A>) => Effect.zipRight(room.take(part.cost), arrived.offer(part))
    const read = source.pipe(
      Stream.runForEachChunk((chunk) => Effect.forEach(split(chunk, limits), arrive, { discard: true })),
      Mailbox.into(arrived)
    )
    const consumeArrived = Effect.gen(function*() {
      const [taken, isOver] = yield* arrived.takeAll
      const parts = Chunk.toReadonlyArray(taken)
      yield* room.release(parts.reduce((sum, { cost }) => sum + cost, 0))
      if (parts.length > 0) yield* consumer(parts.flatMap(({ elements }) => elements))
      return isOver
    })
    const consumeAll = Effect.repeat(consumeArrived, { until: (isOver) => isOver })
    yield* Effect.raceFirst(consumeAll, Effect.zipRight(read, Effect.never))
  })
