/** The variables of a turn: how often the agent runs, what its work must pass, how long everything may take. */
import * as Option from "effect/Option"
import { makerOf } from "../../domain/ModelMaker.ts"
import * as Value from "./ConfigValues.ts"
import { optional, withDefault } from "./ConfigVariable.ts"

export const turnVariables = {
  rounds: withDefault("OPENTL_ROUNDS", "4", {
    accepted: "a whole number from 1 to 50",
    doc: "The most runs of the agent in a turn: the first one, and those that mend what checks, gate or review found.",
    read: Value.integer(1, 50)
  }),
  verify: withDefault("OPENTL_VERIFY", "auto", {
    accepted: "auto or off",
    doc: "Whether the repository's checks are run on what the agent did, before a review.",
    read: Value.literal("auto", "off")
  }),
  verifyTimeout: withDefault("OPENTL_VERIFY_TIMEOUT", "10 minutes", {
    accepted: "a duration from 1 second to 1 day, as in 90s or 10 minutes",
    doc: "The time limit of all checks of a commit together.",
    read: Value.duration("1 second", "1 day")
  }),
  gate: withDefault("OPENTL_GATE", "on", {
    accepted: "on or off",
    doc: "Whether changes with secrets in them are held back.",
    read: Value.literal("on", "off")
  }),
  commits: withDefault("OPENTL_COMMITS", "squash", {
    accepted: "squash or rounds",
    doc: "What becomes a commit: the work of a turn, or that of each of its rounds.",
    read: Value.literal("squash", "rounds")
  }),
  reviewerModel: optional("OPENTL_REVIEWER_MODEL", {
    accepted: "the name of a model of Anthropic's or OpenAI's, or of a server with such an API",
    doc: "The model that reviews, if it is not the one that plans.",
    read: (text) => Option.filter(Value.word(text), (model) => makerOf(model) !== "google")
  }),
  reviewRounds: withDefault("OPENTL_REVIEW_ROUNDS", "2", {
    accepted: "a whole number from 0 to 20",
    doc: "The most reviews of a turn.",
    read: Value.integer(0, 20)
  }),
  sessionTimeout: withDefault("OPENTL_SESSION_TIMEOUT", "30 minutes", {
    accepted: "a duration from 1 second to 1 day, as in 45s, 30 minutes or 2 hours",
    doc: "The time limit of a turn.",
    read: Value.duration("1 second", "1 day")
  }),
  stallTimeout: withDefault("OPENTL_STALL_TIMEOUT", "10 minutes", {
    accepted: "a duration from 1 second to 1 day, as in 45s or 10 minutes, or off",
    doc: "How long an agent may print nothing before its round is ended.",
    read: Value.orOff(Value.duration("1 second", "1 day"))
  }),
  questionTimeout: withDefault("OPENTL_QUESTION_TIMEOUT", "24 hours", {
    accepted: "a duration from 1 minute to 30 days, as in 90m or 24 hours",
    doc: "How long the planner's questions wait for an answer.",
    read: Value.duration("1 minute", "30 days")
  }),
  llmTimeout: withDefault("OPENTL_LLM_TIMEOUT", "5 minutes", {
    accepted: "a duration from 1 second to 1 day, as in 45s or 5 minutes",
    doc: "The time limit of one model call.",
    read: Value.duration("1 second", "1 day")
  })
} as const
