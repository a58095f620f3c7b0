/** What a planner comes to: a plan, or, where the task is unclear and it may ask, questions in place of one. */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Plan from "./Plan.ts"
import { optional } from "./Wire.ts"

export const Planned = Schema.Union(
  Schema.TaggedStruct("Plan", { plan: Plan.Plan }),
  Schema.TaggedStruct("Questions", {
    questions: Schema.NonEmptyArray(Schema.String),
    /** What it takes for granted where nobody answers. */
    assumptions: optional(Schema.Array(Schema.String))
  })
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
  assumptions: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] }).annotations({
    description: "for each of the questions what you go on with where nobody answers, in a sentence"
  }),
  title: Schema.optional(title),
  summary: Schema.optional(summary),
  steps: Schema.optional(steps),
  ...others
})

/** The answer of a planner that may ask. */
export const PlanOrQuestions = Schema.transformOrFail(Asking, PlannedType, {
  strict: true,
  decode: ({ assumptions, questions: [first, ...more], steps, summary, title, ...rest }, _, ast) =>
    first !== undefined
      ? ParseResult.succeed<Planned>({
        _tag: "Questions",
        questions: [first, ...more],
        ...(assumptions.length === 0 ? {} : { assumptions: assumptions.slice(0, mostQuestions) })
      })
      : title === undefined || summary === undefined || steps === undefined
      ? ParseResult.fail(
        new ParseResult.Type(ast, rest, "either questions, or a plan with title, summary and steps")
      )
      : ParseResult.succeed<Planned>({ _tag: "Plan", plan: Plan.fromAnswer({ title, summary, steps, ...rest }) }),
  encode: unwritten
})
