/** Google's Gemini API: what it refuses, what it reads and how it answers, whole or as server-sent events. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { ModelAnswer, ModelMessage, ModelPrompt, ModelRequest } from "./ModelScript.ts"
import { countTokens, ModelRefusal, pieces, promptText, usageOf } from "./ModelScript.ts"
import type { Misfit, ModelWire, Rendered } from "./ModelWire.ts"
import { decodeBody, frame } from "./ModelWire.ts"

const Part = Schema.Struct({
  text: Schema.optional(Schema.String),
  functionCall: Schema.optional(
    Schema.Struct({
      id: Schema.optional(Schema.String),
      name: Schema.NonEmptyString,
      args: Schema.optional(Schema.Unknown)
    })
  ),
  functionResponse: Schema.optional(
    Schema.Struct({ id: Schema.optional(Schema.String), name: Schema.NonEmptyString, response: Schema.Unknown })
  )
})
const Content = Schema.Struct({ role: Schema.optional(Schema.Literal("user", "model")), parts: Schema.Array(Part) })

const Body = Schema.Struct({
  contents: Schema.NonEmptyArray(Content),
  systemInstruction: Schema.optional(Schema.Struct({ parts: Schema.Array(Part) })),
  tools: Schema.optional(Schema.Array(Schema.Struct({
    functionDeclarations: Schema.optional(Schema.Array(Schema.Struct({
      name: Schema.String.pipe(Schema.pattern(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$/)),
      description: Schema.optional(Schema.String),
      parameters: Schema.optional(Schema.Unknown),
      parametersJsonSchema: Schema.optional(Schema.Unknown)
    })))
  })))
})

const decode = decodeBody(Body, ["toolConfig", "generationConfig", "safetySettings", "cachedContent", "labels"])

const invalid = (message: string) => new ModelRefusal({ status: 400, message })

const misfit = ({ detail, kind, path }: Misfit): ModelRefusal =>
  invalid(
    kind === "unknown"
      ? `Invalid JSON payload received. Unknown name "${path.join(".")}": Cannot find field.`
      : `Invalid value at '${path.join(".")}': ${detail}`
  )

const textOf = (parts: ReadonlyArray<typeof Part.Type>): string => parts.flatMap(({ text }) => text ?? []).join("\n")

const readContent = ({ parts, role }: typeof Content.Type): ModelMessage => ({
  role: role === "model" ? "assistant" : "user",
  text: textOf(parts),
  toolCalls: parts.flatMap(({ functionCall: call }) =>
    call === undefined ? [] : [{ id: call.id ?? call.name, name: call.name, input: call.args }]
  ),
  toolResults: parts.flatMap(({ functionResponse: given }) =>
    given === undefined
      ? []
      : [{ callId: given.id ?? given.name, text: JSON.stringify(given.response), isError: false }]
  )
})

/** As many responses as calls, in the next content. */
const isUneven = (messages: ReadonlyArray<ModelMessage>): boolean =>
  messages.some(({ toolResults }, index) =>
    toolResults.length > 0 && toolResults.length !== messages[index - 1]?.toolCalls.length
  )

const prompt = (model: string, stream: boolean, body: typeof Body.Type): Either.Either<ModelPrompt, ModelRefusal> => {
  const messages = body.contents.map(readContent)
  return isUneven(messages)
    ? Either.left(
      invalid(
        "Please ensure that the number of function response parts is equal to the number of function call parts of " +
          "the function call turn."
      )
    )
    : Either.right({
      model,
      system: textOf(body.systemInstruction?.parts ?? []),
      messages,
      tools: (body.tools ?? []).flatMap(({ functionDeclarations = [] }) =>
        functionDeclarations.map(({ description = "", name, parameters, parametersJsonSchema }) => ({
          name,
          description,
          schema: parametersJsonSchema ?? parameters ?? {}
        }))
      ),
      stream,
      streamUsage: true
    })
}

const statuses: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL"
}

const envelope = ({ message, status }: ModelRefusal) => ({
  error: { code: status, message, status: statuses[status] ?? "UNAVAILABLE" }
})

const overloaded = new ModelRefusal({ status: 503, message: "The model is overloaded. Please try again later." })

const render = (request: ModelRequest, answer: ModelAnswer): Rendered => {
  const tokens = usageOf(request, answer)
  const input = tokens.input + tokens.cacheRead + tokens.cacheWrite
  const counts = {
    promptTokenCount: input,
    cachedContentTokenCount: tokens.cacheRead,
    totalTokenCount: input + tokens.output
  }
  const whole = {
    ...counts,
    candidatesTokenCount: tokens.output - tokens.reasoning,
    thoughtsTokenCount: tokens.reasoning
  }
  const calls = answer.toolCalls.map(({ input, name }) => ({ functionCall: { name, args: input } }))
  const reply = (parts: ReadonlyArray<unknown>, usageMetadata: unknown, finishReason?: string) => ({
    candidates: [{
      content: { role: "model", parts },
      ...(finishReason === undefined ? {} : { finishReason }),
      index: 0
    }],
    usageMetadata,
    modelVersion: request.model,
    responseId: `standin${request.index + 1}`
  })
  const finish = answer.stop === "length" ? "MAX_TOKENS" : "STOP"
  return {
    json: JSON.stringify(reply([...(answer.text === "" ? [] : [{ text: answer.text }]), ...calls], whole, finish)),
    frames: [
      ...pieces(answer.text).map((text) => frame(reply([{ text }], counts))),
      ...calls.map((call) => frame(reply([call], counts))),
      frame(reply([{ text: "" }], whole, finish))
    ]
  }
}

/** The address of a call: `model` and `verb`. */
export const geminiPath =
  /^\/v1beta\/models\/(?<model>[^/:]+):(?<verb>generateContent|streamGenerateContent|countTokens)$/

/** The API for a model, which stands in the address, as does whether the answer streams. */
export const gemini = (model: string, stream: boolean): ModelWire => ({
  dialect: "gemini",
  authenticate: (headers, expectedKey) => {
    const key = headers["x-goog-api-key"]
    if (key === undefined || key === "") {
      return Either.left(
        new ModelRefusal({ status: 403, message: "Method doesn't allow unregistered callers (callers without a key)." })
      )
    }
    return expectedKey === undefined || key === expectedKey
      ? Either.void
      : Either.left(invalid("API key not valid. Please pass a valid API key."))
  },
  admit: (body) =>
    Effect.suspend(() =>
      decode(body).pipe(Either.mapLeft(misfit), Either.flatMap((decoded) => prompt(model, stream, decoded)))
    ),
  answer: (request, answer) => Effect.sync(() => render(request, answer)),
  refuse: (refusal) => ({ headers: {}, body: JSON.stringify(envelope(refusal)) }),
  overloaded: { refusal: overloaded, frame: frame(envelope(overloaded)) }
})

/** Answers `countTokens`. */
export const geminiTokens = (
  model: string,
  body: unknown
): Either.Either<{ readonly totalTokens: number }, ModelRefusal> =>
  decode(body).pipe(
    Either.mapLeft(misfit),
    Either.flatMap((decoded) => prompt(model, false, decoded)),
    Either.map((prompt) => ({ totalTokens: countTokens(promptText(prompt)) }))
  )
