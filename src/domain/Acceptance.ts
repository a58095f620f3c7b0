/** The points by which one sees that a plan is carried out, and how a reviewer ticks them. Pure. */
import * as Schema from "effect/Schema"
import { optional } from "./Wire.ts"

/** The most points of a plan. */
export const maxPoints = 12

export const Tick = Schema.Struct({
  /** The point's number in the plan, from 1. */
  point: Schema.Int.annotations({ description: "the point's number, from 1" }),
  state: Schema.Literal("done", "not_done", "differently"),
  where: optional(Schema.String.annotations({ description: "the place that shows it: path:line, or a few words" }))
})
export type Tick = typeof Tick.Type

/** A point of a plan, and what the reviewer says of it; nothing if it was not judged. */
export interface JudgedPoint {
  readonly text: string
  readonly tick: Tick | undefined
}

const worst = ["not_done", "differently", "done"] as const

/** One tick a point, of points that exist. If there are several, the worst counts. */
export const ticksOf = (ticks: ReadonlyArray<Tick>, points: number): ReadonlyArray<Tick> =>
  Array.from({ length: points }, (_, i) => {
    const ofPoint = ticks.filter(({ point }) => point === i + 1)
    return worst.map((state) => ofPoint.find((tick) => tick.state === state)).find((tick) => tick !== undefined)
  }).flatMap((tick) => tick ?? [])

/** Every point of a plan. */
export const judged = (points: ReadonlyArray<string>, ticks: ReadonlyArray<Tick>): ReadonlyArray<JudgedPoint> =>
  points.map((text, i) => ({ text, tick: ticks.find(({ point }) => point === i + 1) }))

/** The points with their numbers, as a reviewer is given them. */
export const numbered = (points: ReadonlyArray<string>): string =>
  points.map((point, i) => `${i + 1}. ${point.replace(/\s*\n\s*/g, " ")}`).join("\n")

const words = { done: "done", not_done: "not done", differently: "done differently" } as const satisfies Record<
  Tick["state"],
  string
>

/** "1 done; 2 done differently (src/a.ts)" */
export const show = (ticks: ReadonlyArray<Tick>): string =>
  ticks.map(({ point, state, where }) =>
    `${point} ${words[state]}${where === undefined || where.trim() === "" ? "" : ` (${where.trim()})`}`
  ).join("; ")
