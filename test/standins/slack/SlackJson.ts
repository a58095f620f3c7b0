/** Reading JSON of unknown shape, for both chat stand-ins. */
import type * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** A JSON object whose fields are still to be looked at. */
export interface JsonObject {
  readonly [key: string]: unknown
}

export const isJsonObject = (value: unknown): value is JsonObject => Predicate.isReadonlyRecord(value)

/** Reads JSON text; none when it is not JSON. */
export const parseJson: (text: unknown) => Option.Option<unknown> = Schema.decodeUnknownOption(
  Schema.parseJson(Schema.Unknown)
)

/** Form fields and query parameters as an object; of a name given twice the last counts. */
export const fromEntries = (entries: Iterable<readonly [string, unknown]>): JsonObject => Object.fromEntries(entries)

/** The value at a path of fields; undefined where the path ends early. */
export const at = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((inner, key) => isJsonObject(inner) ? inner[key] : undefined, value)

export const stringAt = (value: unknown, ...path: ReadonlyArray<string>): string | undefined => {
  const found = at(value, ...path)
  return Predicate.isString(found) ? found : undefined
}

export const arrayAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

/** A number, or the text of one, as form fields carry it. */
export const numberAt = (value: unknown, ...path: ReadonlyArray<string>): number | undefined => {
  const found = at(value, ...path)
  const read = Predicate.isString(found) && found.trim() !== "" ? Number(found) : found
  return Predicate.isNumber(read) && Number.isFinite(read) ? read : undefined
}

/** A flag: `true`, `"true"`, `1` and `"1"` are set, all else is not. */
export const flagAt = (value: unknown, ...path: ReadonlyArray<string>): boolean => {
  const found = at(value, ...path)
  return found === true || found === "true" || found === 1 || found === "1"
}

/** The same object with the fields that have no value left out, as the services answer. */
export const compact = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined))
