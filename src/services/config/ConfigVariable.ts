/** A configuration variable: its name, its parser, and its texts for people. */
import type * as Redacted from "effect/Redacted"
import type { RepositoryReference } from "../../domain/Repository.ts"
import * as Value from "./ConfigValues.ts"

interface Description<A> {
  /** What is accepted, phrased to complete the sentence "give …". */
  readonly accepted: string
  /** The variable's purpose, in one sentence. */
  readonly doc: string
  /** Whether it is a secret, whose value is never shown. */
  readonly secret?: boolean
  readonly read: Value.Reader<A>
}

export interface Variable<A> extends Required<Description<A>> {
  readonly name: string
  /** The text used if the variable is unset. */
  readonly default: string | undefined
}

export interface WithDefault<A> extends Variable<A> {
  readonly default: string
}

export const withDefault = <A>(name: string, text: string, description: Description<A>): WithDefault<A> => ({
  secret: false,
  ...description,
  name,
  default: text
})

export const optional = <A>(name: string, description: Description<A>): Variable<A> => ({
  secret: false,
  ...description,
  name,
  default: undefined
})

export const secret = (name: string, doc: string): Variable<Redacted.Redacted> =>
  optional(name, { accepted: "one word of printable ASCII characters", doc, secret: true, read: Value.secret })

export const baseUrl = (name: string, text: string, doc: string): WithDefault<string> =>
  withDefault(name, text, { accepted: "an http(s) address without user, query or fragment", doc, read: Value.url })

export const repository = (name: string, doc: string): Variable<RepositoryReference> =>
  optional(name, {
    accepted: "owner/name or a URL on GitHub, or the absolute path of a local git repository",
    doc,
    read: Value.repository
  })

export const words = (name: string, accepted: string, doc: string): WithDefault<ReadonlyArray<string>> =>
  withDefault(name, "", { accepted, doc, read: Value.list(Value.word) })
