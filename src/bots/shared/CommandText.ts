/**
 * Parses the command in a mention, or in a slash command that takes any text. Pure. A known word, alone or with a
 * session's id, is a command; anything longer is a task.
 *
 * @example
 * read(typed("status 0123456789ab"))    // OnSession status of that session
 * read(typed("stop the login failing")) // Task
 */
import * as Data from "effect/Data"
import { type Verb, verbs } from "./ChatCommand.ts"
import { dropStart, plain, trimStart, type Written } from "./WrittenText.ts"

const isVerb = (word: string): word is Verb => verbs.some((verb) => verb === word)

export type Command = Data.TaggedEnum<{
  Help: {}
  List: {}
  /** Sets or shows the channel's repository. */
  Repository: { readonly name: string | undefined }
  OnSession: {
    readonly verb: Verb
    /** The session's id or a prefix of it. */
    readonly id: string | undefined
    /** The reason for rejecting a plan; empty if none was given. */
    readonly reason: string
  }
  Task: { readonly task: Written }
}>
export const Command = Data.taggedEnum<Command>()

/** A prefix of a session's id, long enough that few words look like one. */
const id = /^[0-9a-f]{4,12}$/i
const idAndReason = /^([0-9a-f]{6,12})\s+([^]+)$/i

/** The text, with the value of a link instead of its label. */
const valueOf = (written: Written): string => {
  const [only, ...more] = written.filter(({ text }) => text.trim() !== "")
  return only?._tag === "Reference" && more.length === 0 ? only.value : plain(written).trim()
}

const onSession = (verb: Verb, rest: string): Command | undefined => {
  if (rest === "") return Command.OnSession({ verb, id: undefined, reason: "" })
  if (id.test(rest)) return Command.OnSession({ verb, id: rest.toLowerCase(), reason: "" })
  const [, named, reason] = verb === "reject" ? idAndReason.exec(rest) ?? [] : []
  return named === undefined || reason === undefined
    ? undefined
    : Command.OnSession({ verb, id: named.toLowerCase(), reason })
}

/** Parses the text of a message or a command. */
export const read = (written: Written): Command => {
  const whole = trimStart(written)
  const [begin = "", word = ""] = /^\/?([a-z]+)(?=\s|$)/i.exec(plain(whole)) ?? []
  const after = trimStart(dropStart(whole, begin.length))
  const rest = plain(after).trim()
  const name = word.toLowerCase()
  if (name === "help" && rest === "") return Command.Help()
  if (name === "list" && rest === "") return Command.List()
  if (name === "repo") {
    const repository = valueOf(after)
    if (!/\s/.test(repository)) return Command.Repository({ name: repository === "" ? undefined : repository })
  }
  return (isVerb(name) ? onSession(name, rest) : undefined) ?? Command.Task({ task: whole })
}

/** The same, but `run <task>` marks a task, whatever its words. */
export const readSlash = (written: Written): Command => {
  const whole = trimStart(written)
  const [run] = /^run(?=\s|$)/i.exec(plain(whole)) ?? []
  if (run !== undefined) return Command.Task({ task: trimStart(dropStart(whole, run.length)) })
  return plain(whole) === "" ? Command.Help() : read(whole)
}
