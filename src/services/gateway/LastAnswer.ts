/**
 * How a session's last model call ended. Some agents end their turn as if all was well after an error of the model: the
 * gateway saw it, and is believed instead.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Json from "../support/Json.ts"

/** How a call ended. */
export interface Answer {
  /** The model that was asked, as far as it is known. */
  readonly model: string | undefined
  /** Whether it offered tools: an agent's work, not a title or a summary that it asks for beside. */
  readonly hasTools: boolean
  /** What the provider or the gateway answered instead, in a few words. */
  readonly failure: string | undefined
}

export class LastAnswer {
  readonly #model: string | undefined
  #work: Answer | undefined
  #beside: Answer | undefined

  /** `model` is the one that the agent works with: some ask others beside. */
  constructor(model: string | undefined) {
    this.#model = model
  }

  note(answer: Answer): void {
    const isOfModel = this.#model === undefined || answer.model === undefined || answer.model === this.#model
    if (answer.hasTools && isOfModel) this.#work = answer
    else this.#beside = answer
  }

  /**
   * Why the last call of the agent's work failed; undefined if it succeeded. Without any such call, the last one beside
   * counts.
   */
  get failure(): string | undefined {
    return (this.#work ?? this.#beside)?.failure
  }

  /** What decides about it, for another one: noted in this order, it says the same. */
  get kept(): ReadonlyArray<Answer> {
    return [this.#beside, this.#work].filter((answer) => answer !== undefined)
  }
}

const longest = 300

const Message = Schema.Struct({ message: Schema.String })
const Failure = Schema.Struct({ error: Schema.optional(Schema.NullOr(Schema.Union(Message, Schema.String))) })
/** Where Gemini was asked for an array of answers, an error is in an array, too. */
const FailureBody = Json.parse(Schema.Union(Failure, Schema.Tuple([Failure], Schema.Unknown)))

const decodeBody = Schema.decodeEither(FailureBody)
const decodeError = Schema.decodeEither(Json.parse(Message))

/** What the body of an error says. */
export const ofBody = (status: number, body: string): string => {
  const said = Either.match(decodeBody(body), {
    onLeft: () => "",
    onRight: (body) => {
      const { error } = "error" in body ? body : Array.isArray(body) ? body[0] : { error: undefined }
      return error == null ? "" : typeof error === "string" ? error : error.message
    }
  })
  return said === "" ? `status ${status}` : `${said.slice(0, longest)} (status ${status})`
}

/** What an `error` in the middle of a stream says; undefined for `null`, which says that there was none. */
export const ofEvent = (error: string): string | undefined =>
  error === "null" ? undefined : Either.match(decodeError(error), {
    onLeft: () => "an error without a message",
    onRight: ({ message }) => message.slice(0, longest)
  })
