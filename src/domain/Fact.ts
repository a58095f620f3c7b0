/** The shape of a fact: its tag, its version, its fields. */
import * as Schema from "effect/Schema"

/** Every fact carries the version of its shape. */
export const fact = <const Tag extends string, Fields extends Schema.Struct.Fields>(tag: Tag, fields: Fields) =>
  Schema.TaggedStruct(tag, {
    v: Schema.Literal(1).pipe(Schema.propertySignature, Schema.withConstructorDefault(() => 1 as const)),
    ...fields
  })
