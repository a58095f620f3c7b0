/** Additions to the OpenAPI document that the API's definition cannot express. */
import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import { SessionEventView } from "../domain/EventText.ts"
import { ErrorBody } from "./Errors.ts"

type Transform = Context.Tag.Service<typeof OpenApi.Transform>

/** What the document says of an operation. */
export const describe = (summary: string, description?: string) => OpenApi.annotations({ summary, description })

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` })

/** The event route can also return an array. */
export const alsoAnswersEvents: Transform = (operation) => {
  const { "200": stream, ...others } = operation["responses"]
  const events = { schema: { type: "array", items: reference("SessionEvent") } }
  return {
    ...operation,
    responses: { ...others, "200": { ...stream, content: { ...stream.content, "application/json": events } } }
  }
}

const error = { "application/json": { schema: reference("Error") } }

/** Every error has one shape, and each operation lists the errors that it can have. */
const responsesOf = (
  path: string,
  method: string,
  responses: OpenApi.OpenAPISpecResponses
): OpenApi.OpenAPISpecResponses =>
  Record.filterMap(responses, (response, status) => {
    const isError = Number(status) >= 400 && path !== "/ready"
    if (!isError) return status === "400" ? Option.none() : Option.some(response)
    const comesUp = status === "401" ||
      path.startsWith("/api/") && (method === "post" || !["413", "415"].includes(status))
    return comesUp ? Option.some({ ...response, content: error }) : Option.none()
  })

type Paths = Record.ReadonlyRecord<string, Record.ReadonlyRecord<string, OpenApi.OpenAPISpecOperation>>

const withErrorShape = (paths: Paths): Paths =>
  Record.map(paths, (operations, path) =>
    Record.map(operations, (operation, method) => ({
      ...operation,
      responses: responsesOf(path, method, operation.responses)
    })))

/** Schemas of an error that no client sees. */
const unused = new Set(["HttpApiDecodeError", "Issue", "PropertyKey"])

const Event = Schema.encodedSchema(SessionEventView).annotations({ identifier: "SessionEvent" })

/** For `HttpApi.annotateContext`. */
export const annotations = OpenApi.annotations({
  title: "OpenTL",
  version: "1",
  description: "A background coding agent for engineering teams: a task becomes a reviewed pull request.",
  license: { name: "Apache-2.0" },
  transform: (spec) => ({
    ...spec,
    paths: withErrorShape(spec["paths"]),
    components: {
      ...spec["components"],
      schemas: Record.filter({ ...spec["components"].schemas }, (_, name) => !unused.has(name))
    }
  })
}).pipe(Context.add(HttpApi.AdditionalSchemas, [ErrorBody, Event]))
