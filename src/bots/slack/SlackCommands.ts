/**
 * Which command a person gives, by `/opentl …`, or by a mention that says nothing else. Pure. A known word alone, or with
 * a session's id, is a command; anything longer is a task.
 *
 * @example
 * read(typed("status 0123456789ab"))    // OnSession status of that session
 * read(typed("stop the login failing")) // Task
 */
import * as Data from "effect/Data"
import { type Verb, verbs } from "../shared/ChatCommand.ts"
import { dropStart, plain, trimStart, type Written } from "../shared/WrittenText.ts"

const isVerb = (word: string): word is Verb => verbs.some((verb) => verb === word)

export type Command = Data.TaggedEnum<{
  Help: {}
  List: {}
  /** Sets the channel's repository, or shows it. */
  Repository: { readonly name: string | undefined }
  OnSession: {
    readonly verb: Verb
    /** The session's id, or the beginning of it. */
    readonly id: string | undefined
    /** Why a plan is rejected; empty where it was not said. */
    readonly reason: string
  }
  Task: { readonly task: Written }
}>
export const Command = Data.taggedEnum<Command>()

/** The beginning of a session's id, long enough that few words look like one. */
const id = /^[0-9a-f]{4,12}$/i
const idAndReason = /^([0-9a-f]{6,12})\s+([^]+)$/i

/** The value of a link counts, not the words that it shows. */
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

/** Reads the words of a message or a command. */
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

/** The same where `run <task>` says that it is a task, whatever its words. */
export const readSlash = (written: Written): Command => {
  const whole = trimStart(written)
  const [run] = /^run(?=\s|$)/i.exec(plain(whole)) ?? []
  if (run !== undefined) return Command.Task({ task: trimStart(dropStart(whole, run.length)) })
  return plain(whole) === "" ? Command.Help() : read(whole)
}
