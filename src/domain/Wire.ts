/**
 * Field names are snake_case on the wire and camelCase in the code. These helpers set a field's wire name where it
 * differs.
 *
 * @example
 * Schema.Struct({ inputTokens: key("input_tokens", Schema.Number), prUrl: optionalKey("pr_url", Schema.String) })
 */
import * as Schema from "effect/Schema"

/** A required field with another name on the wire. */
export const key = <const K extends string, A, I, R>(name: K, schema: Schema.Schema<A, I, R>) =>
  Schema.propertySignature(schema).pipe(Schema.fromKey(name))

/** An optional field (absent, never `undefined`). */
export const optional = <A, I, R>(schema: Schema.Schema<A, I, R>) => Schema.optionalWith(schema, { exact: true })

/** An optional field with another name on the wire. */
export const optionalKey = <const K extends string, A, I, R>(name: K, schema: Schema.Schema<A, I, R>) =>
  Schema.optionalWith(schema, { exact: true }).pipe(Schema.fromKey(name))
