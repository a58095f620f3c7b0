/** The list by which the model keeps its plan. Pure. */
import type { PlanEntry } from "@agentclientprotocol/sdk"
import * as Schema from "effect/Schema"

/** The most entries of a list, and the most characters of an entry. */
const mostItems = 50
const longestItem = 500

export const TodoItem = Schema.Struct({
  content: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(longestItem)),
  status: Schema.Literal("pending", "in_progress", "done")
})
export type TodoItem = typeof TodoItem.Type

export const TodoList = Schema.Array(TodoItem).pipe(Schema.maxItems(mostItems))
export type TodoList = typeof TodoList.Type

/** As the protocol has it. */
export const planOf = (list: TodoList): Array<PlanEntry> =>
  list.map(({ content, status }) => ({
    content,
    priority: "medium",
    status: status === "done" ? "completed" : status
  }))

const boxes = { pending: "[ ]", in_progress: "[>]", done: "[x]" }

/** For the model, where it cannot see any more what it had written. */
export const asText = (list: TodoList): string =>
  list.map(({ content, status }) => `${boxes[status]} ${content}`).join("\n")
