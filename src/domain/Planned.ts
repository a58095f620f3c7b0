/** What a planner comes to: a plan, or, where the task is unclear and it may ask, questions in place of one. */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Plan from "./Plan.ts"

export const Planned = Schema.Union(
  Schema.TaggedStruct("Plan", { plan: Plan.Plan }),
  Schema.TaggedStruct("Questions", { questions: Schema.NonEmptyArray(Schema.String) })
)
export type Planned = typeof Planned.Type

const PlannedType = Schema.typeSchema(Planned)

/** A model's answer is only read. */
const unwritten = (planned: Planned, _: unknown, ast: ConstructorParameters<typeof ParseResult.Forbidden>[0]) =>
  ParseResult.fail(new ParseResult.Forbidden(ast, planned, "a planner's answer is not written"))

/** The answer of a planner that may not ask. */
export const PlanAlone = Schema.transformOrFail(Plan.PlanAnswer, PlannedType, {
  strict: true,
  decode: (answer) => ParseResult.succeed<Planned>({ _tag: "Plan", plan: Plan.fromAnswer(answer) }),
  encode: unwritten
})

/** The most questions that a planner asks. */
const mostQuestions = 3

const { steps, summary, title, ...others } = Plan.PlanAnswer.fields

const Asking = Schema.Struct({
  questions: Schema.optionalWith(Schema.Array(Schema.NonEmptyTrimmedString).pipe(Schema.maxItems(mostQuestions)), {
    default: () => []
  }).annotations({
    description: `at most ${mostQuestions} questions in place of a plan; empty where the task is clear enough`
  }),
  title: Schema.optional(title),
  summary: Schema.optional(summary),
  steps: Schema.optional(steps),
  ...others
})

/** The answer of a planner that may ask. */
export const PlanOrQuestions = Schema.transformOrFail(Asking, PlannedType, {
  strict: true,
  decode: ({ questions: [first, ...more], steps, summary, title, ...rest }, _, ast) =>
    first !== undefined
      ? ParseResult.succeed<Planned>({ _tag: "Questions", questions: [first, ...more] })
      : title === undefined || summary === undefined || steps === undefined
      ? ParseResult.fail(
        new ParseResult.Type(ast, rest, "either questions, or a plan with title, summary and steps")
      )
      : ParseResult.succeed<Planned>({ _tag: "Plan", plan: Plan.fromAnswer({ title, summary, steps, ...rest }) }),
  encode: unwritten
})
