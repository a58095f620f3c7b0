import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as JSONSchema from "effect/JSONSchema"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { LanguageModel, LanguageModelError, type ModelQuestion, UnreadableAnswer } from "../../src/index.ts"

/** What the service answers. */
const Reply = Schema.Struct({
  answer: Schema.Unknown,
  input_tokens: Schema.NonNegativeInt,
  output_tokens: Schema.NonNegativeInt
})

/** Plans and reviews come from a service of your own. */
export const layerOwnModel = (url: string) =>
  Layer.effect(
    LanguageModel,
    Effect.map(HttpClient.HttpClient, (client) => {
      const request = <A, I>({ answer, prompt, purpose, system }: ModelQuestion<A, I>) =>
        HttpClientRequest.post(url).pipe(
          HttpClientRequest.bodyUnsafeJson({ purpose, system, prompt, schema: JSONSchema.make(answer) }),
          client.execute,
          Effect.flatMap(HttpClientResponse.filterStatusOk),
          Effect.flatMap(HttpClientResponse.schemaBodyJson(Reply)),
          Effect.mapError((error) =>
            new LanguageModelError({
              provider: "own",
              operation: purpose,
              reason: error.message,
              isRetryable: false
            })
          )
        )

      const ask = <A, I>(question: ModelQuestion<A, I>) =>
        Effect.gen(function*() {
          const { answer, input_tokens, output_tokens } = yield* request(question)
          const usage = { inputTokens: input_tokens, outputTokens: output_tokens, costUsd: 0 }
          const value = yield* Schema.decodeUnknown(question.answer)(answer).pipe(
            Effect.mapError(({ message }) => new UnreadableAnswer({ reason: message, model: "own", usage }))
          )
          return { value, model: "own", usage }
        })

      // any name but "none", which skips plan and review
      return LanguageModel.of({ provider: "openai", ask })
    })
  )
