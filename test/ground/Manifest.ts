import * as Schema from "effect/Schema"
import * as Fs from "node:fs"

const Names = Schema.Record({ key: Schema.String, value: Schema.String })

const Manifest = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  type: Schema.String,
  license: Schema.String,
  engines: Schema.Struct({ node: Schema.String }),
  bin: Names,
  exports: Schema.Struct({ ".": Schema.Struct({ types: Schema.String, default: Schema.String }) }),
  files: Schema.Array(Schema.String),
  sideEffects: Schema.Boolean,
  scripts: Names,
  dependencies: Names,
  devDependencies: Names
})

/** The repository's package.json. */
export const manifest = Schema.decodeSync(Schema.parseJson(Manifest))(Fs.readFileSync("package.json", "utf8"))
