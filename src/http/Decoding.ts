/** Explains requests that do not decode, in one sentence that names the field. */
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { InvalidRequest } from "../domain/SessionRequest.ts"

const sentence = (
  issues: ReadonlyArray<{ readonly path: ReadonlyArray<PropertyKey>; readonly message: string }>
): string => {
  const { message, path } = issues[0] ?? { message: "it does not have the expected form", path: [] }
  const what = path.length === 0 ? "the request" : `"${path.map(String).join(".")}"`
  const why = message.replace(/\s+/g, " ").slice(0, 300)
  return /^(is|must|does) /.test(why) ? `${what} ${why}` : `${what} is wrong: ${why}`
}

/** The error for the first issue. */
export const invalidRequest = (issues: Parameters<typeof sentence>[0]): InvalidRequest =>
  new InvalidRequest({ reason: sentence(issues) })

export const fromParseError = (error: ParseResult.ParseError): InvalidRequest =>
  invalidRequest(ParseResult.ArrayFormatter.formatErrorSync(error))

/** A whole number in a query or header, bounds included. */
export const wholeNumber = (minimum: number, maximum: number) =>
  Schema.NumberFromString.pipe(Schema.int(), Schema.between(minimum, maximum)).annotations({
    jsonSchema: { type: "integer", minimum, maximum },
    message: () => ({ message: `must be a whole number from ${minimum} to ${maximum}`, override: true })
  })
