/** What planner and reviewer say, without the secrets in it: it is stored, shown and passed on. */
import * as Effect from "effect/Effect"
import type { Plan } from "../../domain/Plan.ts"
import type { ReviewAnswer } from "../../domain/Review.ts"
import * as OutputRedaction from "../../services/gate/OutputRedaction.ts"

export const make = Effect.map(OutputRedaction.make, ({ forRun }) => {
  /** The same for every text of one answer. */
  const withText = <A>(
    change: (text: (whole: string) => Effect.Effect<string>) => Effect.Effect<A>
  ): Effect.Effect<A> => Effect.flatMap(forRun, ({ text }) => change(text))

  const plan = (said: Plan): Effect.Effect<Plan> =>
    withText(Effect.fnUntraced(function*(text) {
      const { acceptance, markdown, steps, title } = said
      return {
        ...said,
        title: yield* text(title),
        markdown: yield* text(markdown),
        ...(steps === undefined ? {} : { steps: yield* Effect.forEach(steps, text) }),
        ...(acceptance === undefined ? {} : { acceptance: yield* Effect.forEach(acceptance, text) })
      }
    }))

  const texts = <S extends Iterable<string>>(said: S) => withText((text) => Effect.forEach(said, text))

  const review = (said: ReviewAnswer): Effect.Effect<ReviewAnswer> =>
    withText(Effect.fnUntraced(function*(text) {
      const { findings, remarks, summary, ticks } = said
      return {
        ...said,
        summary: yield* text(summary),
        findings: yield* Effect.forEach(
          findings,
          (finding) => Effect.map(text(finding.comment), (comment) => ({ ...finding, comment }))
        ),
        ...(remarks === undefined ? {} : { remarks: yield* Effect.forEach(remarks, text) }),
        ...(ticks === undefined ? {} : {
          ticks: yield* Effect.forEach(ticks, (tick) =>
            tick.where === undefined
              ? Effect.succeed(tick)
              : Effect.map(text(tick.where), (where) => ({ ...tick, where })))
        })
      }
    }))

  return { plan, texts, review }
})
