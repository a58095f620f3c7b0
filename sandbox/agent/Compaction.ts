/** Shortens a conversation by having the model sum it up. Pure. */
import * as Elision from "./Elision.ts"
import { asText, type TodoList } from "./TodoList.ts"
import { type Transcript, Turn } from "./Transcript.ts"

/** What the model is asked. */
export const summaryRequest = Turn.User({
  text:
    "The conversation has become too long: everything before your last steps will be taken out of it. Write down now " +
    "what you will need to go on, without calling a tool: what was asked, in all its parts; what is done, file by file; " +
    "what you have found out about the code and its checks; what was tried and did not work; what is left to do. " +
    "Be exact with names, paths and commands. Write only what this conversation shows."
})

const heading =
  "[Everything between the task and your last steps was taken out of this conversation to save space. This is " +
  "what you wrote about it. The state of the files is what counts.]"

/**
 * The conversation with the summary in the place of all steps but the last ones. Undefined if there is nothing to sum up, or
 * the summary is no shorter.
 */
export const compact = (transcript: Transcript, summary: string, todo: TodoList): Transcript | undefined => {
  if (summary.trim() === "") return undefined
  const list = todo.length === 0 ? "" : `\n\nYour to-do list:\n${asText(todo)}`
  return Elision.summarized(transcript, `${heading}\n\n${summary.trim()}${list}`)
}
